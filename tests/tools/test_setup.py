#!/usr/bin/env python3
"""tools/setup_debian with a make-believe dpkg and apt-get: quiet when all is there, installs what is missing and nothing else.

Run: test_setup.py   (TAP on stdout); nothing is installed.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
SETUP = os.path.join(TOP, "tools", "setup_debian")
NEEDED = ("bash", "env", "sort", "mktemp", "cat", "rm")
FAKES = {"id": 'echo "$FAKE_UID"',
         "dpkg-query": 'for last; do :; done; case " $FAKE_INSTALLED " in *" $last "*) printf installed ;; *) exit 1 ;; esac',
         "npm": "exit 0",
         "apt-get": 'echo "apt-get $* front=$DEBIAN_FRONTEND" >>"$FAKE_LOG"; exit "${FAKE_FAILS:-0}"'}
SUDO = 'echo sudo >>"$FAKE_LOG"; exec "$@"'
BUILD = "gcc libc6-dev make meson ninja-build pkg-config python3 libxxhash-dev zlib1g-dev libzstd-dev libzip-dev libexpat1-dev libcurl4-openssl-dev libmicrohttpd-dev libjansson-dev libsqlite3-dev libhiredis-dev"


class World:
    def __init__(self, folder):
        self.bin, self.log = os.path.join(folder, "bin"), os.path.join(folder, "log")
        os.makedirs(self.bin)
        for name in NEEDED:
            os.symlink(shutil.which(name), os.path.join(self.bin, name))
        for name, body in FAKES.items():
            self.fake(name, body)

    def fake(self, name, body):
        path = os.path.join(self.bin, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!{shutil.which('bash')}\n{body}\n")
        os.chmod(path, 0o755)

    def drop(self, name):
        os.remove(os.path.join(self.bin, name))

    def run(self, *sets, uid=0, installed="", fails=0):
        if os.path.exists(self.log):
            os.remove(self.log)
        done = subprocess.run([SETUP, *sets], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={
            "PATH": self.bin, "FAKE_UID": str(uid), "FAKE_INSTALLED": installed, "FAKE_LOG": self.log, "FAKE_FAILS": str(fails)})
        asked = []
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8") as f:
                asked = f.read().splitlines()
        return done.returncode, done.stdout, done.stderr, asked


def cases(world):
    """Yields (good, what, detail)."""
    r = world.run(installed=BUILD)
    yield r == (0, "", "", []), "all there: quiet, nothing is asked", r
    r = world.run("build", installed=BUILD.replace(" meson", "").replace(" libxxhash-dev", ""))
    install = [line for line in r[3] if " install " in line]
    yield (r[0] == 0 and r[3][0].startswith("apt-get update") and len(install) == 1 and "sudo" not in r[3]
           and install[0].split("--no-install-recommends ")[1] == "libxxhash-dev meson front=noninteractive"), \
        "root: updates, then installs exactly what is missing, without questions", r
    r = world.run("build", "test", installed=BUILD)
    yield r[0] == 0 and any("libcmocka-dev" in line for line in r[3]), "the set test adds cmocka", r
    r = world.run(uid=1000, installed="gcc")
    yield r[0] == 1 and "root or sudo" in r[2] and "meson" in r[2] and not r[3], "neither root nor sudo: says what is missing", r
    r = world.run(uid=1000, installed=BUILD)
    yield r == (0, "", "", []), "neither root nor sudo, but all there: quiet", r
    r = world.run("cellar", installed=BUILD)
    yield r[0] == 2 and "unknown set 'cellar'" in r[2], "an unknown set is refused", r
    r = world.run(installed="", fails=100)
    yield r[0] == 1 and "could not install" in r[2], "a failing apt-get fails the set-up", r
    world.drop("npm")
    r = world.run(installed=BUILD)
    yield r[0] == 0 and any(" npm front" in line for line in r[3]), "no npm on the path: its package is installed", r
    world.fake("npm", "exit 0")
    world.fake("sudo", SUDO)
    r = world.run(uid=1000, installed=BUILD.replace(" meson", ""))
    yield (r[0] == 0 and r[3].count("sudo") == 2 and any("meson front=noninteractive" in line for line in r[3])), \
        "a user with sudo: apt-get runs under sudo, without questions", r


def main():
    count = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for good, what, detail in cases(World(folder)):
            count, failed = count + 1, failed + (not good)
            print(f"{'ok' if good else 'not ok'} {count} - {what}" + ("" if good else f"\n# {detail}"))
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
