#!/usr/bin/env python3
"""tools/setup_web with a make-believe npm, and tools/embed.py: fetches once, says the remedy, makes the same bytes each time.

Run: test_setup_web.py   (TAP on stdout); nothing is fetched.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
TOOL, EMBED, WEB = (os.path.join(TOP, *p) for p in (("tools", "setup_web"), ("tools", "embed.py"), ("web",)))
NEEDED = ("bash", "env", "cat", "cp", "mktemp", "rm", "mv", "mkdir", "dirname", "cut")
NPM = 'echo "npm $*" >>"$FAKE_LOG"; [ "${FAKE_FAILS:-0}" = 0 ] || { echo "no network"; exit 1; }; mkdir -p node_modules/uplot'


class World:
    def __init__(self, folder):
        self.bin, self.log, self.web = (os.path.join(folder, n) for n in ("bin", "log", "web"))
        os.makedirs(self.bin)
        os.makedirs(self.web)
        for name in NEEDED:
            os.symlink(shutil.which(name), os.path.join(self.bin, name))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(os.path.join(WEB, name), self.web)

    def npm(self, there):
        path = os.path.join(self.bin, "npm")
        if there:
            with open(path, "w", encoding="utf-8") as f:
                f.write(f"#!{shutil.which('bash')}\n{NPM}\n")
            os.chmod(path, 0o755)
        elif os.path.exists(path):
            os.remove(path)

    def run(self, kind="build", fails=0):
        if os.path.exists(self.log):
            os.remove(self.log)
        done = subprocess.run([TOOL, kind], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={"PATH": self.bin, "NORN_WEB": self.web, "FAKE_LOG": self.log, "FAKE_FAILS": str(fails)})
        asked = ""
        if os.path.exists(self.log):
            with open(self.log, encoding="utf-8") as f:
                asked = f.read()
        return done.returncode, done.stdout, done.stderr, asked

    def leftovers(self):
        return [n for n in os.listdir(self.web) if n.startswith(".npm-")]


def fetching(world):
    """Yields (good, what, detail) of tools/setup_web."""
    r = world.run()
    yield r[0] == 1 and "npm is missing" in r[2] and "apt-get install npm" in r[2] and not r[3], "without npm the remedy is named", r
    world.npm(True)
    r = world.run(fails=1)
    yield (r[0] == 1 and "no network" in r[2] and "copy web/node_modules" in r[2] and not world.leftovers()
           and not os.path.exists(os.path.join(world.web, "node_modules"))), "a registry out of reach: says so and leaves nothing", r
    r = world.run()
    yield r[0] == 0 and "ci" in r[3] and "--omit=dev" in r[3] and "--ignore-scripts" in r[3] and not world.leftovers(), "the build's packages alone, no scripts run", r
    yield world.run() == (0, "", "", ""), "a second time: quiet, nothing is fetched", None
    r = world.run("test", fails=1)
    yield r[0] == 0 and "browser tests will be skipped" in r[2] and not world.leftovers(), "the tests' packages out of reach: the build's are enough", r
    r = world.run("test")
    yield r[0] == 0 and "--omit=dev" not in r[3], "the tests' packages are fetched when asked for", r
    r = world.run()
    yield r == (0, "", "", ""), "they hold the build's, too", r
    world.npm(False)
    r = world.run("test")
    yield r == (0, "", "", ""), "all there: no npm is needed", r
    world.npm(True)
    with open(os.path.join(world.web, "package-lock.json"), "a", encoding="utf-8") as f:
        f.write("\n")
    r = world.run("test", fails=1)
    yield r[0] == 1 and os.path.isdir(os.path.join(world.web, "node_modules", "uplot")), "a changed lock file is fetched again; a failure leaves the old ones", r
    r = world.run("kitchen")
    yield r[0] == 2 and "unknown set" in r[2], "an unknown set is refused", r
    with open(os.path.join(WEB, "package-lock.json"), encoding="utf-8") as f:
        yield "://" not in f.read(), "the lock file names no host", None


def embed(folder, name, *paths):
    out = os.path.join(folder, name)
    done = subprocess.run([sys.executable, EMBED, out, *paths], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = ""
    if os.path.exists(out):
        with open(out, encoding="ascii") as f:
            text = f.read()
    return done.returncode, text, done.stdout


def embedding(folder):
    """The same of tools/embed.py."""
    def write(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    page, one, two = write("index.html", '<script src="/assets/one.js"></script>'), write("one.js", "import './two.js';\n" + "x" * 200), write("two.js", "1")
    first = embed(folder, "a.c", page, one, two)
    second = embed(folder, "b.c", two, page, one)
    yield first[0] == 0 and first[1] == second[1], "equal bytes whatever the order", first[2]
    yield first[1].count("/assets/one.") == 1 and '{"/", "text/html' in first[1], "hashed names, the page at /", first[1][-900:]
    write("two.js", "2")
    third = embed(folder, "c.c", page, one, two)
    names = [{line.split('"')[1] for line in t.split("\n") if line.startswith('    {"/')} for t in (first[1], third[1])]
    yield names[0] & names[1] == {"/"}, "a change renames what refers to it", names
    write("two.js", "import './one.js';")
    r = embed(folder, "d.c", page, one, two)
    yield r[0] != 0 and "circle" in r[2], "a circle is refused", r
    r = embed(folder, "e.c", page, one)
    yield r[0] != 0 and "two.js" in r[2], "a reference to a file that is not there is refused", r


def main():
    count = failed = 0
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        for good, what, detail in [*fetching(World(folder)), *embedding(other)]:
            count, failed = count + 1, failed + (not good)
            print(f"{'ok' if good else 'not ok'} {count} - {what}" + ("" if good else f"\n# {detail}"))
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
