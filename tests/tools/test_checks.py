#!/usr/bin/env python3
"""Every rule of the checkers is broken once, in a copy of the tree, and the checker must say so; the clean copy must pass.

Run: test_checks.py   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COPIED = ("src", "include", "cli", "server", "tests", "bench", "tools", "packaging")
HEAD = "/* A file that a test planted. */\n/* SPDX-License-Identifier: Apache-2.0 */\n"
BODY = "int planted_{0}(void);\nint planted_{0}(void) {{\n    {1}\n    return 0;\n}}\n"


def unit(statement, before=""):
    return HEAD + before + BODY.format("one", statement)


def include(name):
    return HEAD + f'#include "{name}"\n'


LONG_FUNCTION = HEAD + "int planted_long(void);\nint planted_long(void) {\n" + "    ;\n" * 79 + "}\n"
JUST_SHORT = HEAD + "int planted_long(void);\nint planted_long(void) {\n" + "    ;\n" * 78 + "}\n"
# The words are put together here, so that no search for them finds this file.
UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")
SLASH = "/"
# checker, rule, {path: content}; the finding must name the rule and the first path
FAULTS = [
    ("check_layers", "upwards", {"src/num/planted.c": include("app/common.h")}),
    ("check_layers", "upwards", {"src/base/planted.h": include("par/pool.h")}),
    ("check_layers", "upwards", {"src/app/planted.c": include("cli/cli_args.h")}),
    ("check_layers", "sibling", {"src/par/planted.c": include("data/freq.h")}),
    ("check_layers", "sibling", {"src/num/planted.c": include("io/writer.h")}),
    ("check_layers", "sibling", {"src/io/planted.c": include("num/minimise.h")}),
    ("check_layers", "upwards", {"src/io/planted.c": include("models/model.h")}),
    ("check_layers", "circle", {"src/num/planted_b.h": include("num/planted_a.h"), "src/num/planted_a.h": include("num/planted_b.h")}),
    ("check_layers", "circle", {"src/num/planted.h": include("num/planted.h")}),
    ("check_layers", "unknown-floor", {"src/cellar/planted.c": include("base/str.h")}),
    ("check_layers", "include-path", {"src/data/planted.c": include("freq.h")}),
    ("check_layers", "include-path", {"src/data/planted.c": include("data/no_such.h")}),
    ("check_layers", "include-path", {"src/data/planted.c": HEAD + "#include <norn/no_such.h>\n"}),
    ("check_layers", "public-floor", {"src/data/planted.c": HEAD + "#include <norn/forecast.h>\n", "include/norn/forecast.h": HEAD}),
    ("check_layers", "public-floor", {"src/data/planted.c": HEAD + "#include <norn/planted.h>\n", "include/norn/planted.h": HEAD}),
    ("check_layers", "public-includes-house", {"include/norn/planted.h": include("base/str.h")}),
    ("check_layers", "names-model", {"src/app/planted.c": include("models/cellar/cellar.h"), "src/models/cellar/cellar.h": HEAD}),
    ("check_layers", "names-model", {"src/models/attic/attic.c": include("models/cellar/cellar.h"), "src/models/cellar/cellar.h": HEAD}),
    ("check_layers", "names-model", {"src/app/planted.c": HEAD + "int x = sizeof norni_model_cellar;\n",
                                     "src/models/cellar/cellar.c": HEAD + '    .name = "cellar",\n'}),
    ("check_layers", "names-operation", {"src/app/planted.c": include("app/op_forecast.h")}),
    ("check_layers", "names-operation", {"cli/planted.c": include("app/op_forecast.h")}),
    ("check_layers", "server-bridge", {"server/planted.c": include("app/common.h")}),
    ("check_layers", "names-model", {"server/planted.c": HEAD + 'const char *best = "cellar";\n',
                                     "src/models/cellar/cellar.c": HEAD + 'const norni_model norni_model_cellar = {\n    .name = "cellar",\n'}),
    ("check_style", "stem", {"tests/tools/planted.c": HEAD, "src/num/planted.c": HEAD}),
    ("check_style", "stem", {"src/num/planted.py": '"""A file that a test planted."""\n# SPDX-License-Identifier: Apache-2.0\n',
                             "src/num/planted.c": HEAD}),
    ("check_style", "first-line", {"src/num/planted.c": "#include <math.h>\n/* SPDX-License-Identifier: Apache-2.0 */\n"}),
    ("check_style", "first-line", {"tools/planted": "#!/usr/bin/env bash\nset -e\n# SPDX-License-Identifier: Apache-2.0\n"}),
    ("check_style", "spdx", {"src/num/planted.c": "/* A file that a test planted. */\n"}),
    ("check_style", "file-length", {"src/num/planted.c": HEAD + "\n" * 700}),
    ("check_style", "function-length", {"src/num/planted.c": LONG_FUNCTION}),
    ("check_style", "function-length", {"src/num/planted.h": HEAD + 'extern "C" {\n' + LONG_FUNCTION + "}\n"}),
    ("check_style", "function-length", {"tools/planted.py": '"""A file that a test planted."""\n# SPDX-License-Identifier: Apache-2.0\n'
                                                            "def planted():\n" + "    pass\n" * 81}),
    ("check_style", "machine-path", {"docs/planted.md": f"see {SLASH}root{SLASH}notes\n"}),
    ("check_style", "machine-path", {"src/num/planted.c": HEAD + f'const char *where = "{SLASH}home{SLASH}me{SLASH}x";\n'}),
    ("check_style", "registry-host", {"docs/planted.md": "from " + "pypi" + ".org\n"}),
    ("check_style", "registry-host", {"tools/planted": "#!/usr/bin/env bash\n# A script that a test planted.\npip install -" + "-index-url x\n"}),
] + [("check_style", "unfinished", {"src/num/planted.c": HEAD + f"/* {word}: later */\n"}) for word in UNFINISHED
     ] + [("check_style", "memory", {"src/num/planted.c": unit(s)}) for s in
          ("void *p = malloc(8);", "void *p = calloc(1, 8);", "p = realloc(p, 9);", "free(p);", "char *p = strdup(q);")
          ] + [("check_style", "memory", {"cli/planted.c": unit("free(p);")})
               ] + [("check_style", "printing", {"src/num/planted.c": unit(s)}) for s in
                    ('printf("x");', 'fprintf(stderr, "x");', "exit(1);", "abort();", 'perror("x");', 'puts("x");')
                    ] + [("check_style", "libm", {"src/base/fp.c": unit(f"double v = {f}(w);")}) for f in
                         ("exp", "log", "sin", "cos", "tanh", "log1p", "expf", "lgamma")
                         ] + [("check_style", "libm", {"src/num/planted.c": unit("double v = pow(w, 2.0);")})]

# What looks like a fault and is none: the checker must stay silent.
INNOCENT = [
    ("check_layers", {"src/data/planted.c": include("par/pool.h")}),
    ("check_layers", {"src/io/planted.c": include("par/pool.h") + '#include "data/freq.h"\n#include "base/str.h"\n'}),
    ("check_layers", {"src/num/planted.c": HEAD + '/* #include "app/common.h" */\n// #include "app/common.h"\n'}),
    ("check_layers", {"tests/num/planted.c": include("app/common.h") + '#include "models/model.h"\n'}),
    ("check_style", {"src/num/planted.c": JUST_SHORT}),
    ("check_style", {"src/num/planted.c": unit("/* malloc(8); exp(1) */ const char *s = \"free(p) printf(x)\";")}),
    ("check_style", {"src/num/planted.c": unit("a->free(p); b.exp(1); norni_free(p); norni_exp(1.0); my_log(2); fexp (3); sqrt(4.0);")}),
    ("check_style", {"src/num/planted.c": HEAD + "int x;\n", "src/num/planted.h": HEAD + "extern int x;\n"}),
    ("check_style", {"docs/planted.md": "the folder .." + SLASH + "work" + SLASH + "x and $HOME/x and https://example.org/home/page\n"}),
]


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def say(self, good, what, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {what}")
        if not good:
            print("\n".join("# " + line for line in detail.split("\n")))


def run(tool, *args):
    done = subprocess.run([sys.executable, os.path.join(TOP, "tools", tool), *args], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


class Copy:
    """A copy of the tree in which files are planted and taken away again."""

    def __init__(self, folder):
        self.root = os.path.join(folder, "tree")
        for part in COPIED:
            shutil.copytree(os.path.join(TOP, part), os.path.join(self.root, part), ignore=shutil.ignore_patterns("__pycache__"))

    def with_files(self, files, tool):
        kept = {}
        for path, content in files.items():
            full = os.path.join(self.root, path)
            if os.path.exists(full):
                with open(full, encoding="utf-8") as f:
                    kept[path] = f.read()
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as f:
                f.write(content)
        try:
            return run(tool, self.root)
        finally:
            for path in files:
                full = os.path.join(self.root, path)
                os.remove(full)
                if path in kept:
                    with open(full, "w", encoding="utf-8") as f:
                        f.write(kept[path])


def test_sources(tap, folder):
    copy = Copy(folder)
    before = {tool: run(tool, copy.root) for tool in ("check_layers", "check_style")}
    for tool, (code, said) in before.items():
        tap.say(code == 0, f"{tool} is silent on the tree as it is", said)
    for tool, rule, files in FAULTS:
        code, said = copy.with_files(files, tool)
        path = next(iter(files))
        fresh = set(said.split("\n")) - set(before[tool][1].split("\n"))
        caught = any(re.match(rf"(?:{'|'.join(map(re.escape, files))}):\d+: {rule}: ", line) for line in fresh)
        tap.say(code == 1 and caught, f"{tool} catches {rule} in {path}", said)
    for tool, files in INNOCENT:
        code, said = copy.with_files(files, tool)
        fresh = [line for line in set(said.split("\n")) - set(before[tool][1].split("\n")) if not line.startswith(tool)]
        tap.say(code == before[tool][0] and not fresh, f"{tool} leaves {next(iter(files))} alone", said)
    rows = os.path.join(copy.root, "tools", "long_ok.txt")
    with open(rows, "a", encoding="utf-8") as f:
        f.write("src/num/planted.c:planted_long  # a test's\n")
    code, said = copy.with_files({"src/num/planted.c": LONG_FUNCTION}, "check_style")
    tap.say("planted_long" not in said, "check_style heeds tools/long_ok.txt", said)


HEADER = HEAD + """#define NORN_API __attribute__((visibility("default")))
#define NORN_CHECKED __attribute__((warn_unused_result))
typedef int (*norn_callback)(void *user);
NORN_API int norn_planted_one(void);
NORN_API NORN_CHECKED int norn_planted_two(int a,
                                           norn_callback b);
"""
SOURCE = """#include <norn/planted.h>
int norn_planted_one(void) { return 1; }
int norn_planted_two(int a, norn_callback b) { return b ? a : 0; }
"""
EXPORT_FAULTS = [
    ("name", HEADER, SOURCE + 'NORN_API int norni_leak(void) { return 3; }\n'),
    ("name", HEADER, SOURCE + 'NORN_API int leak;\n'),
    ("unpromised", HEADER, SOURCE + 'NORN_API int norn_secret(void) { return 3; }\n'),
    ("missing", HEADER + "NORN_API int norn_planted_three(void);\n", SOURCE),
    ("missing", HEADER, SOURCE.replace("int norn_planted_one(void) {", "static int other(void) {") + "int (*keep)(void) = other;\n"),
    ("unmarked", HEADER + "int norn_planted_four(void);\n", SOURCE),
    ("name", HEADER + "NORN_API int planted_five(void);\n", SOURCE),
]


def test_exports(tap, folder):
    root, library = os.path.join(folder, "exports"), os.path.join(folder, "exports", "libnorn.so")
    os.makedirs(os.path.join(root, "include", "norn"))

    def build_and_check(header, source):
        with open(os.path.join(root, "include", "norn", "planted.h"), "w", encoding="utf-8") as f:
            f.write(header)
        with open(os.path.join(root, "planted.c"), "w", encoding="utf-8") as f:
            f.write(source)
        subprocess.run(["cc", "-shared", "-fPIC", "-fvisibility=hidden", "-I", os.path.join(root, "include"), "-o", library,
                        os.path.join(root, "planted.c")], check=True)
        return run("check_exports", library, root)

    code, said = build_and_check(HEADER, SOURCE)
    tap.say(code == 0, "check_exports is silent on a library that keeps its promise", said)
    for rule, header, source in EXPORT_FAULTS:
        code, said = build_and_check(header, source)
        tap.say(code == 1 and f": {rule}: " in said, f"check_exports catches {rule}", said)
    code, said = run("check_exports", os.path.join(folder, "tree"))
    tap.say(code != 0 and "libnorn.so" in said, "check_exports refuses a folder without the library", said)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        test_sources(tap, folder)
        test_exports(tap, folder)
    print(f"1..{tap.count}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main())
