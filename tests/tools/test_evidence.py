#!/usr/bin/env python3
"""tools/make_evidence.py with a make-believe norn: what is printed stands below its command, failures leave the document as it was; and the documents' blocks.

Run: test_evidence.py   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
TOOL = os.path.join(TOP, "tools", "make_evidence.py")
NORN = """#!/usr/bin/env python3
import json, sys
if "version" in sys.argv:
    print("norn 9.9")
if "fails" in sys.argv:
    sys.exit("made to fail")
if "--summary" in sys.argv:
    json.dump({"peak_rss_bytes": 3 * 2**20, "digest": "xxh3:0123456789abcdef"}, open(sys.argv[sys.argv.index("--summary") + 1], "w"))
print("said by", *sys.argv[1:], "here" if __import__("os").path.exists("made") else "nowhere", file=sys.stderr)
"""
DOC = """# Words
<!-- setup: touch made -->
<!-- machine -->
old
<!-- end -->
between
<!-- run: norn bench proof -->
<!-- end -->
<!-- times
one | norn forecast x.csv --quiet
two or more | norn text y | cat
-->
old
<!-- end -->
behind
"""
failed = n = 0


def that(good, name, why=""):
    global failed, n
    n += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {n} - {name}{'' if good else '  # ' + str(why)}", flush=True)


def main(folder):
    norn, doc = os.path.join(folder, "fake"), os.path.join(folder, "doc.md")
    with open(norn, "w", encoding="utf-8") as f:
        f.write(NORN)
    os.chmod(norn, 0o755)

    def run(text, *args):
        with open(doc, "w", encoding="utf-8") as f:
            f.write(text)
        done = subprocess.run([sys.executable, TOOL, *(args or (doc,))], env={**os.environ, "NORN": norn}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, check=False)
        with open(doc, encoding="utf-8") as f:
            return done, f.read()

    done, text = run(DOC)
    that(done.returncode == 0, "a document is made anew", done.stderr.decode())
    that("```\n$ norn bench proof\nsaid by bench proof here\n```\n<!-- end -->" in text, "what a command says stands below it; the folder is prepared", text)
    that(re.search(r"\| one \| `norn forecast x.csv --quiet` \| [0-9.]+ \| 3 \| xxh3:01234567… \|", text) is not None, "seconds, memory, digest", text)
    that(re.search(r"\| two or more \| `norn text y \\\| cat` \| [0-9.]+ \|  \|  \|", text) is not None, "a pipe is shown as one, and has seconds alone", text)
    that("norn 9.9" in text and "\nold\n" not in text and text.startswith("# Words\n") and "\nbetween\n" in text and text.endswith("\nbehind\n"), "old blocks go, words stay", text)
    done, again = run(text)
    that(done.returncode == 0 and re.sub(r"\d", "", again) == re.sub(r"\d", "", text), "once more: the same document", again)
    bad = DOC.replace("bench proof", "bench fails")
    done, text = run(bad)
    that(done.returncode != 0 and b"made to fail" in done.stderr and text == bad, "a failure ends it, and leaves the document", done.stderr)
    for name in ("a.csv", "b.csv"):
        run(DOC, "data", "20", os.path.join(folder, name))
    a, b = (open(os.path.join(folder, name), encoding="utf-8").read() for name in ("a.csv", "b.csv"))
    that(a == b and len({line.split(",")[0] for line in a.split("\n")[1:-1]}) == 20, "data: always the same")
    done, _ = run(DOC, "time", "norn version")
    that(done.returncode == 0 and re.fullmatch(rb"[0-9.]+ s\n", done.stdout), "time", done.stdout)
    sys.path.insert(0, os.path.dirname(TOOL))
    import make_evidence
    for path in make_evidence.DOCS:
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            text = f.read()
        blocks = make_evidence.BLOCK.findall(text)
        that(len(blocks) > 5 and len(blocks) == text.count("<!-- end -->") and all(body.strip() for _, body in blocks), f"{path}: every block is filled", [k for k, body in blocks if not body.strip()])


place = tempfile.mkdtemp()
try:
    main(place)
finally:
    shutil.rmtree(place, ignore_errors=True)
print(f"1..{n}")
sys.exit(1 if failed else 0)
