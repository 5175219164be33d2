#!/usr/bin/env python3
"""fault_03: every open, read, write, sync, rename and close of a run fails once, in every way; never a crash, never half a file.

Run: io_faults.py NORN SHIM   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import errno
import io
import json
import os
import re
import subprocess
import sys

from tap import run_in_folder

NORN, SHIM = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
WAYS = {"open": (errno.EIO, errno.EMFILE, errno.EACCES), "read": (errno.EIO, errno.EINTR, 0), "write": (errno.EIO, errno.ENOSPC, errno.EINTR, 0),
        "sync": (errno.EIO,), "rename": (errno.EIO, errno.ENOSPC), "close": (errno.EIO,)}
HARMLESS = (errno.EINTR, 0)  # a call that was interrupted or did half is done again: nobody may notice
OUTPUTS = ("out.csv", "summary.json", "items.csv", "chart.svg", "report.json")
RUNS = {"forecast": ["forecast", "data.csv", "--horizon", "3", "--model", "naive,ses", "--out", "out.csv", "--summary", "summary.json", "--items", "items.csv",
                     "--plot", "chart.svg", "--quiet"],
        "resume": ["forecast", "data.csv", "--horizon", "3", "--model", "naive", "--out", "out.csv", "--resume", "run", "--quiet"]}


def clear():
    subprocess.run(["rm", "-rf", "run", "mark", *OUTPUTS], check=True)


def outputs():
    """Every output as it stands, without what a clock or the machine put into it."""
    there = {}
    for name in OUTPUTS:
        if not os.path.exists(name):
            continue
        with open(name, encoding="utf-8") as f:
            text = f.read()
        if name == "summary.json":
            there[name] = {k: v for k, v in json.loads(text).items() if k in ("n_items", "n_ok", "n_failed", "digest", "failures")}
        elif name == "items.csv":
            rows = list(csv.DictReader(io.StringIO(text)))
            there[name] = [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
        else:
            there[name] = text
    return there


def one(args, plan):
    clear()
    env = {**os.environ, "LD_PRELOAD": SHIM, "NORN_IO_FAULT": plan, "NORN_IO_MARK": os.path.abspath("mark")}
    return subprocess.run([NORN, *args, "--threads", "2"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


def judged(done, number, want, before):
    """Why this run is not as it should be, or None."""
    if done.returncode < 0 or done.returncode > 5:
        return f"exit {done.returncode}"
    there = outputs()
    wrong = [n for n, b in there.items() if b != want[n]]
    if wrong:
        return f"{wrong} differ from a whole run's"
    if done.returncode != 0 and not done.stderr.strip():
        return "no word of what failed"
    if number in HARMLESS and done.returncode != 0:
        return f"a harmless fault ended the run: {done.stderr.decode()[:200]}"
    if done.returncode == 0 and set(there) != set(want):
        return f"exit 0 without {set(want) - set(there)}"
    left = set(os.listdir(".")) - before - set(OUTPUTS) - {"mark", "run"} - {n + ".partial" for n in OUTPUTS}
    return f"left behind: {left}" if left else None


def every_call(check, name, args):
    clear()
    done = subprocess.run([NORN, *args, "--threads", "2"], stderr=subprocess.PIPE, timeout=60)
    check.that(done.returncode == 0, f"fault_03 {name}: a run without faults", done.stderr)
    want, before = outputs(), set(os.listdir(".")) - set(OUTPUTS) - {"run"}
    for kind, ways in WAYS.items():
        hits, wrong = 0, []
        for number in ways:
            if number == 0 and kind not in ("read", "write"):
                continue
            for at in range(1, 400):
                done = one(args, f"{kind}:{at}:{number}")
                if not os.path.exists("mark"):
                    break  # there are fewer such calls
                hits += 1
                why = judged(done, number, want, before)
                if why:
                    wrong.append((at, number, why))
        check.that(hits > 0, f"fault_03 {name}: {kind} is called, {hits} faults", hits)
        check.that(not wrong, f"fault_03 {name}: {kind}: words or the whole output, nothing half", wrong[:3])


def every_run(check):
    with open("data.csv", "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        for i in range(3):
            for t in range(24):
                f.write(f"s{i},{2020 + t // 12}-{t % 12 + 1:02d}-01,{100 + i * 10 + t % 7}\n")
    for name, args in RUNS.items():
        every_call(check, name, args)


def main():
    with open(NORN, "rb") as binary:
        if re.search(rb"__[at]san_init", binary.read()):
            print("1..1\nok 1 # SKIP fault_03: a sanitizer wants to be the first library, and this test preloads its own")
            return 0
    return run_in_folder(every_run)


if __name__ == "__main__":
    sys.exit(main())
