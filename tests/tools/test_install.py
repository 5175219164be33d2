#!/usr/bin/env python3
"""What `make install` gives: everything lies where it belongs, and a program builds and runs against it by norn.pc.

Run: test_install.py BUILD   (TAP on stdout; installs into a temporary folder)
"""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import subprocess
import sys
import tempfile

PROGRAM = """#include <norn/forecast.h>
#include <stdio.h>
int main(void) {
    norn_ctx *ctx = NULL;
    norn_err err = {NORN_OK, ""};
    norn_ctx_opt opt = norn_ctx_opt_default();
    opt.n_threads = -1;
    if (norn_ctx_new(&opt, &ctx, &err) != NORN_E_ARG || err.text[0] == 0) return 1;
    opt.n_threads = 2;
    if (norn_ctx_new(&opt, &ctx, &err) != NORN_OK) return 2;
    const double y[6] = {1, 2, 3, 4, 5, 6};
    const size_t offsets[2] = {0, 6};
    double mean[2];
    norn_forecast_opt f = norn_forecast_opt_default();
    f.horizon = 2;
    f.season_length = 1;
    f.model = "drift";
    if (norn_forecast_series(ctx, y, offsets, 1, &f, mean, NULL, NULL, NULL, &err) != NORN_OK || mean[1] != 8) return 3;
    printf("%d %s\\n", (int)norn_ctx_threads(ctx), norn_status_name(NORN_OK));
    norn_ctx_free(ctx);
    return 0;
}
"""


def run(command, **more):
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


class Installed:
    def __init__(self, build, folder):
        self.folder, self.root = folder, os.path.join(folder, "root")
        self.done = run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", self.root])
        self.files = {}
        for at, _, leaves in os.walk(self.root):
            for leaf in leaves:
                self.files[leaf] = os.path.join(at, leaf)

    def read(self, leaf):
        with open(self.files[leaf], encoding="utf-8") as f:
            return f.read()

    def pkg_config(self, *words):
        env = {**os.environ, "PKG_CONFIG_PATH": os.path.dirname(self.files["norn.pc"]), "PKG_CONFIG_SYSROOT_DIR": self.root}
        return run(["pkg-config", *words, "norn"], env=env).stdout.split()

    def program(self, name, link, env=None):
        """Builds PROGRAM and runs it; (good, words)."""
        source, target = os.path.join(self.folder, "use.c"), os.path.join(self.folder, name)
        with open(source, "w", encoding="utf-8") as f:
            f.write(PROGRAM)
        built = run(["cc", "-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Werror", source, "-o", target,
                     *self.pkg_config("--cflags"), *link])
        if built.returncode != 0:
            return False, built.stdout
        ran = run([target], env={**os.environ, **(env or {})})
        return ran.returncode == 0 and ran.stdout == "2 ok\n", ran.stdout


def cases(i):
    """Yields (good, what, detail)."""
    yield i.done.returncode == 0, "meson install succeeds", i.done.stdout
    wanted = ["norn.pc", "libnorn.so", "libnorn.a", "status.h", "ctx.h", "norn.1", "_norn", "norn.fish"]
    missing = [leaf for leaf in wanted if leaf not in i.files]
    yield not missing, "library, headers, norn.pc, man page and completions are there", str(missing)
    if missing:
        return
    command = next((p for p in (os.path.join(at, "norn") for at, _, _ in os.walk(i.root)) if p.endswith("bin/norn")
                    and os.access(p, os.X_OK)), None)
    version = run([command, "version"]).stdout if command else ""
    stated = re.search(r"^Version: (.*)$", i.read("norn.pc"), re.M).group(1)
    yield version == f"norn {stated}\n", "the command runs and says norn.pc's version", f"{command}: {version!r}"
    yield i.root not in i.read("norn.pc"), "norn.pc does not name the staging folder", i.read("norn.pc")
    lib = os.path.dirname(i.files["libnorn.so"])
    good, words = i.program("shared", i.pkg_config("--libs"), {"LD_LIBRARY_PATH": lib})
    yield good, "a program runs against libnorn.so by norn.pc", words
    static = [i.files["libnorn.a"] if w == "-lnorn" else w for w in i.pkg_config("--static", "--libs")]
    good, words = i.program("static", static)
    yield good, "a program runs against libnorn.a by norn.pc", words
    helped = run([command, "help", "forecast"]).stdout
    flags = re.findall(r"^  (?:-\w, |    )--([\w-]+)", helped, re.M)
    page, shells = i.read("norn.1").replace("\\-", "-"), [i.read("_norn"), i.read("norn.fish")]
    bash = next(p for p in (os.path.join(at, "norn") for at, _, _ in os.walk(i.root)) if "bash-completion" in p and os.path.isfile(p))
    with open(bash, encoding="utf-8") as f:
        shells.append(f.read())
    lacking = [f for f in flags if f"--{f}" not in page or any(f"-l {f}" not in s and f"--{f}" not in s for s in shells)]
    yield len(flags) > 10 and not lacking, "man page and completions know every flag of forecast", f"{len(flags)} flags, lacking {lacking}"
    said = run(["bash", "-c", f'source "{bash}"; COMP_WORDS=(norn fore); COMP_CWORD=1; _norn; echo "${{COMPREPLY[@]}}"'])
    yield said.stdout == "forecast\n", "bash completes a command", said.stdout


def main():
    count = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for good, what, detail in cases(Installed(os.path.abspath(sys.argv[1]), folder)):
            count, failed = count + 1, failed + (not good)
            print(f"{'ok' if good else 'not ok'} {count} - {what}" + ("" if good else "\n# " + str(detail).replace("\n", "\n# ")))
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
