#!/usr/bin/env python3
"""Every kind of bad input: what norn says, its exit code, and the table in docs/bad-input.md that is made from this list.

Run: bad_input.py NORN [--doc FILE]   (TAP on stdout; --doc writes the table instead and runs nothing)
"""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import shutil
import subprocess
import sys
import tempfile

GOOD = "unique_id,ds,y\n" + "".join(f"a,2020-{m:02d}-01,{100 + m}\n" for m in range(1, 13))
H = ["--horizon", "3"]


class Case:
    """One row: a name, the file's bytes (None: no file), the arguments behind DATA, exit code, a pattern of the message."""

    def __init__(self, name, data, args, code, pattern, **more):
        self.name, self.data, self.args, self.code, self.pattern = name, data, args, code, pattern
        self.more = more


CASES = [
    # the table's file
    Case("empty file", "", H, 3, r"empty"),
    Case("header without rows", "unique_id,ds,y\n", H, 3, r"no (data )?rows?|no data"),
    Case("missing file", None, H, 3, r"No such file"),
    Case("directory instead of a file", None, H, 3, r"[Dd]irectory", directory=True),
    Case("no permission to read", GOOD, H, 3, r"Permission denied", forbid=True),
    Case("ragged row, too few fields", GOOD + "a,2021-01-01\n", H, 3, r"line 14"),
    Case("ragged row, too many fields", GOOD + "a,2021-01-01,3,4,5\n", H, 3, r"line 14"),
    Case("unclosed quote", GOOD + '"a,2021-01-01,3\n', H, 3, r"line 14.*quote"),
    Case("NUL byte", GOOD.encode() + b"a,2021-01-01,\x003\n", H, 3, r"NUL"),
    Case("UTF-16", GOOD.encode("utf-16"), H, 3, r"UTF-16"),
    Case("duplicate date", GOOD + "a,2020-05-01,7\n", H, 3, r"2020-05-01.*(twice|duplicate)|(twice|duplicate).*2020-05-01"),
    Case("bad date", GOOD + "a,2021-02-30,7\n", H, 3, r"line 14.*2021-02-30"),
    Case("ambiguous date", "unique_id,ds,y\na,01/02/2020,1\na,02/02/2020,2\n", H, 3, r"line 2.*01/02/2020"),
    Case("text instead of a number", GOOD + "a,2021-01-01,abc\n", H, 3, r"line 14.*abc"),
    Case("number out of range (1e400)", GOOD + "a,2021-01-01,1e400\n", H, 3, r"line 14.*1e400"),
    Case("infinite number", GOOD + "a,2021-01-01,inf\n", H, 3, r"line 14.*inf"),
    Case("missing value column", "unique_id,ds,value\na,2020-01-01,1\n", H, 3, r"'?y'?.*--target-col"),
    Case("missing time column", "unique_id,when,y\na,2020-01-01,1\n", H, 3, r"'?ds'?.*--time-col"),
    Case("named id column absent", GOOD, H + ["--id-col", "shop"], 3, r"shop"),
    Case("duplicate column name", "unique_id,ds,y,y\na,2020-01-01,1,2\n", H, 3, r"y.*twice|twice.*y|duplicate"),
    Case("mixed date styles", GOOD + "a,202101,7\n", H, 3, r"line 14"),
    Case("zoned and unzoned times", "unique_id,ds,y\na,2020-01-01T00:00:00Z,1\na,2020-01-01T01:00:00,2\n", H, 3, r"line 3.*zone"),
    Case("gap when gaps are refused", GOOD.replace("a,2020-05-01,105\n", ""), H + ["--gaps", "error"], 3, r"2020-05-01"),
    Case("binary rubbish", bytes(range(1, 256)) * 4, H, 3, r"line|quote|column|header"),
    # the command line
    Case("horizon 0", GOOD, ["--horizon", "0"], 2, r"horizon.*0.*\[1, 100000\]"),
    Case("horizon is text", GOOD, ["--horizon", "six"], 2, r"horizon.*six"),
    Case("horizon absent", GOOD, [], 2, r"--horizon H is needed"),
    Case("negative season", GOOD, H + ["--season-length", "-4"], 2, r"season-length.*-4"),
    Case("season of text", GOOD, H + ["--season-length", "x"], 2, r"season-length.*x"),
    Case("unknown model", GOOD, H + ["--model", "autoets"], 2, r"unknown model 'autoets'; did you mean auto_ets"),
    Case("model not offered", GOOD, H + ["--model", "tbats"], 2, r"tbats is not offered"),
    Case("unknown model parameter", GOOD, H + ["--model", "ets(colour=red)"], 2, r"no parameter 'colour'"),
    Case("model parameter out of range", GOOD, H + ["--model", "window_average(window=0)"], 2, r"window.*0"),
    Case("unclosed bracket in a model", GOOD, H + ["--model", "ets(error=A"], 2, r"ets\(error=A"),
    Case("same model twice", GOOD, H + ["--model", "naive,naive"], 2, r"'naive' stands twice"),
    Case("level 0", GOOD, H + ["--level", "0"], 2, r"level: '0'"),
    Case("level 100", GOOD, H + ["--level", "80,100"], 2, r"level: '100'"),
    Case("unknown frequency", GOOD, H + ["--freq", "fortnight"], 2, r"fortnight"),
    Case("unknown flag", GOOD, H + ["--horison", "3"], 2, r"unknown flag --horison; did you mean --horizon"),
    Case("flag without its value", GOOD, ["--horizon"], 2, r"--horizon needs a value"),
    Case("flag given twice", GOOD, H + H, 2, r"--horizon is given twice"),
    Case("threads 0", GOOD, H + ["--threads", "0"], 2, r"--threads: '0'"),
    Case("bad delimiter", GOOD, H + ["--delimiter", "ab"], 2, r"delimiter: 'ab'"),

    Case("unknown command", None, [], 2, r"unknown command 'forcast'; did you mean forecast", command=["forcast", "x.csv"]),
    Case("no command", None, [], 2, r"Usage: norn", command=[]),
    # the machine
    Case("full disk", GOOD, H + ["--out", "/dev/full"], 1, r"No space left on device"),
    Case("full disk, standard output", GOOD, H, 1, r"No space left on device", stdout="/dev/full"),
    Case("output folder absent", GOOD, H + ["--out", "no/such/folder/f.csv"], 1, r"no/such/folder/f.csv.*No such file"),
    Case("output is a directory", GOOD, H + ["--out", "."], 1, r"directory"),
    # series that cannot be used: the batch goes on
    Case("all-missing series, no fallback", "unique_id,ds,y\n" + "".join(f"a,{t},\n" for t in range(5)),
         H + ["--fallback", "none"], 4, r"1 of 1 items failed"),
]


def run_case(norn, case, folder):
    path = os.path.join(folder, "data.csv")
    if case.data is not None:
        with open(path, "wb") as f:
            f.write(case.data if isinstance(case.data, bytes) else case.data.encode())
    if case.more.get("directory"):
        os.mkdir(path)
    drop = None
    if case.more.get("forbid"):
        os.chmod(path, 0)
        if os.geteuid() == 0:
            drop = lambda: os.setuid(65534)
    command = [norn] + case.more["command"] if "command" in case.more else [norn, "forecast", "data.csv"] + case.args
    out = open(case.more.get("stdout", os.path.join(folder, "stdout")), "wb")
    done = subprocess.run(command, cwd=folder, stdout=out, stderr=subprocess.PIPE, preexec_fn=drop, timeout=120)
    out.close()
    text = done.stderr.decode("utf-8", "replace")
    problems = []
    if done.returncode != case.code:
        problems.append(f"exit code {done.returncode}, wanted {case.code}")
    if not re.search(case.pattern, text, re.S):
        problems.append(f"no /{case.pattern}/ in: {text.strip()}")
    if case.code in (2, 3) and "stdout" not in case.more and os.path.getsize(os.path.join(folder, "stdout")) > 0:
        problems.append("something was written to standard output")
    left = [n for n in os.listdir(folder) if n not in ("data.csv", "stdout")]
    if left:
        problems.append(f"left behind: {left}")
    message = [line for line in text.strip().splitlines() if line.startswith("norn")]
    return problems, message[0] if message else ""


def main():
    norn = os.path.abspath(sys.argv[1])
    doc = sys.argv[sys.argv.index("--doc") + 1] if "--doc" in sys.argv else None
    base = tempfile.mkdtemp()
    os.chmod(base, 0o755)
    copy = os.path.join(base, "norn")  # where any user may run it
    shutil.copy(norn, copy)
    os.chmod(copy, 0o755)
    rows = []
    if not doc:
        print(f"1..{len(CASES)}")
    for k, case in enumerate(CASES, 1):
        folder = os.path.join(base, str(k))
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        problems, message = run_case(copy, case, folder)
        rows.append((case.name, case.code, message))
        if not doc:
            print(f"{'not ok' if problems else 'ok'} {k} {case.name}")
            for p in problems:
                print("# " + p.replace("\n", "\n# "))
    shutil.rmtree(base)
    if doc:
        with open(doc, "w") as f:
            f.write("# Bad input\n\nEvery kind of bad input that the tests try, what `norn` says and its exit code "
                    "(2 wrong usage, 3 input not usable, 1 the run failed, 4 too many items failed).\n"
                    "Made by `tests/system/bad_input.py build/norn --doc docs/bad-input.md`; tested by the same list.\n\n"
                    "| what | exit code | message |\n|---|---|---|\n")
            for name, code, message in rows:
                f.write(f"| {name} | {code} | {message.replace('|', chr(92) + '|')} |\n")


if __name__ == "__main__":
    main()
