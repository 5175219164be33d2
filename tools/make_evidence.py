#!/usr/bin/env python3
"""Runs the commands that docs/parallelization-evidence.md and docs/optimization-guide.md name, and writes what they print beside them.

make_evidence.py [DOC…]              every block of the documents anew (NORN names the command, default build/norn)
make_evidence.py data SERIES FILE    the panel that they measure on: monthly series, made, always the same
make_evidence.py time COMMAND…       wall clock (the least of three) of a command, of some their peak resident memory and digest

A block begins with `<!-- machine -->`, `<!-- run: COMMAND -->` or `<!-- times` and lines `label | COMMAND` up to `-->`; it ends with `<!-- end -->`.
Lines `<!-- setup: COMMAND -->` are run first, all blocks of a document in one folder that goes afterwards. Run it on a quiet machine.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import math
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOCS = ("docs/parallelization-evidence.md", "docs/optimization-guide.md")
BLOCK = re.compile(r"<!-- (machine|run: .*?|times\n.*?)\s*-->\n(.*?)<!-- end -->", re.S)
SETUP = re.compile(r"<!-- setup: (.*?) -->")
SUMMED = re.compile(r"norn (forecast|evaluate|rolling|report|portfolio) [^;|&]*$")
LONG = 20  # seconds; what takes longer is run once


def make_data(n_series, path):
    rng = random.Random(1)
    with open(path, "w", encoding="utf-8") as out:
        out.write("unique_id,ds,y\n")
        for i in range(n_series):
            level, slope, wave, noise = rng.uniform(100, 1000), rng.uniform(-2, 5), rng.uniform(0, 0.3), rng.uniform(1, 40)
            for t in range(rng.randint(48, 144)):
                y = (level + slope * t) * (1 + wave * math.sin(t * math.pi / 6)) + rng.gauss(0, noise)
                out.write(f"S{i:05d},{2010 + t // 12}-{t % 12 + 1:02d}-01,{y:.2f}\n")


def run_once(command):
    """Seconds, what it said; ends the tool where it fails."""
    start = time.perf_counter()
    done = subprocess.run(["bash", "-c", command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    seconds, said = time.perf_counter() - start, done.stderr.decode("utf-8", "replace")
    if done.returncode != 0:
        sys.exit(f"{command}: exit status {done.returncode}\n{said}")
    return seconds, said


def measure(command):
    """Least seconds of three; peak MiB and digest of a single run of the command, from a summary that is asked for besides."""
    seconds, summary = math.inf, {}
    for _ in range(3):
        if SUMMED.match(command):
            now, _ = run_once(f"{command} --summary summary.json")
            with open("summary.json", encoding="utf-8") as f:
                summary = json.load(f)
        else:
            now, _ = run_once(command)
        seconds = min(seconds, now)
        if seconds > LONG:
            break
    peak = number(summary["peak_rss_bytes"] / 2**20) if summary else ""
    return seconds, peak, summary["digest"][:13] + "…" if summary else ""


def number(x):
    return f"{x:.3g}" if x < 1000 else f"{x:,.0f}"


def machine():
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    version = subprocess.run(["norn", "version"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    with open("/proc/loadavg", encoding="utf-8") as f:
        load = f.read().split()[0]
    cores = len(os.sched_getaffinity(0))
    return f"Measured {time.strftime('%Y-%m-%d')}, {version}: {model}, {cores} usable cores, Linux {os.uname().release}, load {load} when it began.\n"


def times(lines):
    rows = [[part.strip() for part in line.split(" | ", 1)] for line in lines.strip().split("\n")]
    out = ["| | command | seconds | peak MiB | digest |", "|---|---|---|---|---|"]
    for label, command in rows:
        seconds, peak, digest = measure(command)
        shown = command.replace("|", "\\|")
        out.append(f"| {label} | `{shown}` | {number(seconds)} | {peak} | {digest} |")
        print(f"  {number(seconds)} s  {command}", flush=True)
    return "\n".join(out) + "\n"


def told(command):
    """What a command says to people, as it is; its results go to no one."""
    seconds, said = run_once(command)
    print(f"  {number(seconds)} s  {command}", flush=True)
    return f"```\n$ {command}\n{said.rstrip()}\n```\n"


def refresh(path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    folder, home = tempfile.mkdtemp(), os.getcwd()
    os.chdir(folder)
    os.symlink(os.path.join(ROOT, "data"), "data")
    try:
        for command in SETUP.findall(text):
            subprocess.run(["bash", "-c", command], check=True, stdout=subprocess.DEVNULL)
        begun = machine()  # before the load is our own

        def block(found):
            kind = found.group(1)
            if kind == "machine":
                body = begun
            elif kind.startswith("run: "):
                body = told(kind[5:].strip())
            else:
                body = times(kind[len("times\n"):])
            return found.group(0)[:found.start(2) - found.start(0)] + body + "<!-- end -->"

        text = BLOCK.sub(block, text)
    finally:
        os.chdir(home)
        shutil.rmtree(folder, ignore_errors=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main(args):
    norn = os.path.abspath(os.environ.get("NORN", os.path.join(ROOT, "build", "norn")))
    if args[:1] == ["data"]:
        make_data(int(args[1]), args[2])
        return
    place = tempfile.mkdtemp()  # `norn` and `make_evidence.py` by their names, whatever theirs are
    os.symlink(norn, os.path.join(place, "norn"))
    os.symlink(os.path.abspath(__file__), os.path.join(place, "make_evidence.py"))
    os.environ["PATH"] = place + os.pathsep + os.environ["PATH"]
    try:
        if args[:1] == ["time"]:
            seconds, peak, digest = measure(shlex.join(args[1:]) if len(args) > 2 else args[1])
            print(f"{number(seconds)} s{f', peak {peak} MiB, digest {digest}' if digest else ''}")
            return
        for doc in args or [os.path.join(ROOT, d) for d in DOCS]:
            print(doc, flush=True)
            refresh(os.path.abspath(doc))
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1:])
