#!/usr/bin/env python3
"""Faults of the command by their numbers: malloc's garbage, formulas in exports, closed and full outputs, configurations, locales, small limits.

Run: command_faults.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import os
import re
import resource
import signal
import subprocess
import sys
import time
import zipfile

from tap import run_in_folder

NORN = os.path.abspath(sys.argv[1])
with open(NORN, "rb") as binary:
    SANITIZED = re.search(rb"__[at]san_init", binary.read()) is not None
FORECAST = ["forecast", "data.csv", "--horizon", "3", "--model", "auto_ets,theta", "--level", "80", "--quiet"]


def run(*args, env=None, **more):
    more.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([NORN, *args], stderr=subprocess.PIPE, env={**os.environ, **(env or {})}, timeout=120, **more)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write_data(n_series=20, path="data.csv"):
    with open(path, "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        for i in range(n_series):
            for t in range(36):
                f.write(f"s{i},{2020 + t // 12}-{t % 12 + 1:02d}-01,{100 + 3 * i + t % 12 * (1 + i % 5) + (t * 7919 + i * 104729) % 13}\n")


def same_bits(check):
    want = run(*FORECAST, "--threads", "1").stdout
    check.that(want.count(b"\n") == 61, "fault_13 the serial run", want[:80])
    for name, args, env in (("garbage in fresh memory", [], {"MALLOC_PERTURB_": "165"}), ("64 workers on one core", ["--threads", "64"], {}),
                            ("one arena of malloc", ["--threads", "7"], {"MALLOC_ARENA_MAX": "1"})):
        before = os.sched_getaffinity(0)
        if "one core" in name:
            os.sched_setaffinity(0, {min(before)})
        done = run(*FORECAST, *args, env=env)
        os.sched_setaffinity(0, before)
        check.that(done.stdout == want, f"fault_13 {name}: the same bytes", done.stderr)
    for locale, zone in (("de_DE.UTF-8", "Asia/Kathmandu"), ("tr_TR.UTF-8", "America/St_Johns")):
        done = run(*FORECAST, env={"LC_ALL": locale, "LANG": locale, "TZ": zone})
        check.that(done.stdout == want, f"fault_45 {locale}, {zone}: the same bytes", done.stderr)


def formulas(check):
    names = ["=1+1", "+x", "-y", "@SUM(A1)", "-5", "=cmd|' /C calc'!A0"]
    with open("formulas.csv", "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n" + "".join(f'"{n}",{t},{t}\n' for n in names for t in range(1, 6)))
    args = ["forecast", "formulas.csv", "--horizon", "1", "--model", "naive", "--quiet"]
    rows = [line.split(",")[0].strip('"') for line in run(*args).stdout.decode().splitlines()[1:]]
    check.that(rows == ["'=1+1", "'+x", "'-y", "'@SUM(A1)", "-5", "'=cmd|' /C calc'!A0"], "fault_36 texts that a sheet would run get a ' in front, numbers none", rows)
    rows = [line.split(",")[0].strip('"') for line in run(*args, "--no-escape-formulas").stdout.decode().splitlines()[1:]]
    check.that(rows == names, "fault_36 --no-escape-formulas leaves them", rows)
    done = run(*args, "--out", "formulas.xlsx")
    with zipfile.ZipFile("formulas.xlsx") as book:
        text = b"".join(book.read(n) for n in book.namelist() if n.endswith(".xml"))
    check.that(done.returncode == 0 and b"<f>" not in text and b"=1+1" in text, "fault_36 a workbook holds texts, no formulas", done.stderr)


def outputs(check):
    for name, args in (("--out", ["--out", "/dev/full"]), ("--summary", ["--out", "o.csv", "--summary", "/dev/full"])):
        done = run(*FORECAST, *args)
        check.that(done.returncode == 1 and b"No space left" in done.stderr, f"fault_43 a full disk, {name}: exit 1 and the reason", done.stderr)
    reader, writer = os.pipe()
    os.close(reader)
    done = run(*FORECAST, stdout=writer)
    os.close(writer)
    check.that(done.returncode == 1 and b"Broken pipe" in done.stderr, "fault_43 a closed output", done.stderr)
    done = run("forecast", "-", "--horizon", "3", "--model", "naive", "--quiet", stdin=subprocess.DEVNULL)
    check.that(done.returncode == 3 and done.stdout == b"", "fault_43 nothing on standard input: exit 3, no output", done.stderr)
    with open("data.csv", "rb") as f:
        done = run("forecast", "-", *FORECAST[2:], stdin=f)
    check.that(done.stdout == run(*FORECAST).stdout, "fault_43 - is standard input", done.stderr)
    for name, args, code in (("unknown flag", ["--no-such"], 2), ("a folder as the file", [], 3), ("a missing file", [], 3)):
        path = {"a folder as the file": ".", "a missing file": "nowhere.csv"}.get(name, "data.csv")
        done = run("forecast", path, *FORECAST[2:], *args)
        check.that(done.returncode == code and done.stdout == b"" and done.stderr.startswith(b"norn"), f"fault_43 {name}: exit {code}", done.stderr)
    done = run(*FORECAST, "--progress", "always", env={"NO_COLOR": "1"})
    check.that(b"\x1b[3" not in done.stderr and b"\x1b[1m" not in done.stderr, "fault_43 NO_COLOR holds", done.stderr[:200])
    write_data(4000, "many.csv")
    p = subprocess.Popen([NORN, "forecast", "many.csv", "--horizon", "3", "--model", "auto_arima,auto", "--quiet", "--out", "many_out.csv"], stderr=subprocess.PIPE)
    time.sleep(0.7)
    p.send_signal(signal.SIGINT)
    code = p.wait(timeout=60)
    check.that(code == 130 and not os.path.exists("many_out.csv"), "fault_43 SIGINT: exit 130, no output under the final name", code)


def configuration(check):
    for text, words in (("horizon = 3\ncolour = 1\n", b"c.toml:2"), ("horizon = 'x'\n", b"c.toml:1"), ("horizon = 3\n[forecast\n", b"c.toml:2")):
        with open("c.toml", "w", encoding="ascii") as f:
            f.write(text)
        done = run("forecast", "data.csv", "--config", "c.toml")
        where = words.replace(b":", b", line ")
        check.that(done.returncode == 2 and (words in done.stderr or where in done.stderr or b"line " + words[-1:] in done.stderr),
                   f"fault_44 {text!r}: the file and line are named", done.stderr)
    done = run("forecast", "data.csv", "--config", "none.toml")
    check.that(done.returncode == 2 and b"none.toml" in done.stderr, "fault_44 a configuration that is not there", done.stderr)


def small_limits(check):
    """Each is a whole answer or an error with words, never a signal."""
    if SANITIZED:
        check.that(True, "fault_46 # SKIP a sanitizer's own memory does not fit such limits")
        return
    want = run(*FORECAST).stdout
    for name, kind, value in (("32 descriptors", resource.RLIMIT_NOFILE, 32), ("6 descriptors", resource.RLIMIT_NOFILE, 6),
                              ("a stack of 256 KiB", resource.RLIMIT_STACK, 256 << 10), ("60 MB of address space", resource.RLIMIT_AS, 60 << 20),
                              ("25 MB of address space", resource.RLIMIT_AS, 25 << 20), ("no file may grow", resource.RLIMIT_FSIZE, 0)):
        out = ["--out", "o.csv"] if kind == resource.RLIMIT_FSIZE else []
        done = run(*FORECAST, "--threads", "2", *out, preexec_fn=lambda k=kind, v=value: resource.setrlimit(k, (v, v)))
        good = done.stdout == want if done.returncode == 0 else done.returncode in (1, 3, 127) and done.stderr.strip() and done.stdout == b""
        check.that(good, f"fault_46 {name}: exit {done.returncode}, whole or in words", done.stderr)


def every_fault(check):
    write_data()
    same_bits(check)
    formulas(check)
    outputs(check)
    configuration(check)
    small_limits(check)


if __name__ == "__main__":
    sys.exit(run_in_folder(every_fault))
