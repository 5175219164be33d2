#!/usr/bin/env python3
"""Runs that die and go on: kill -9 at random moments, torn and damaged records, interrupts, folders of other runs.

Run: resume.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time

from tap import run_in_folder

NORN = os.path.abspath(sys.argv[1])
with open(NORN, "rb") as binary:
    KILLS = 7 if re.search(rb"__[at]san_init", binary.read()) else 20
ARGS = ["--horizon", "8", "--model", "auto_ets,theta", "--level", "80", "--fallback", "naive", "--error-threshold", "1"]


def write_data(path):
    rng = random.Random(7)
    with open(path, "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        for i in range(1500):
            level = 100 + 900 * rng.random()
            for t in range(40 + i % 50):
                y = "" if i % 97 == 3 else f"{level * (1 + 0.2 * (t % 12 == 5)) + 10 * rng.gauss(0, 1):.3f}"
                f.write(f"s{i:05d},{2000 + t // 12}-{t % 12 + 1:02d}-01,{y}\n")


def command(*more):
    return [NORN, "forecast", "data.csv"] + ARGS + list(more)


def run(*more, **options):
    return subprocess.run(command(*more), stderr=subprocess.PIPE, timeout=300, **options)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def summary(path="sum.json"):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def killed_often(check, want_csv, want_digest, whole_seconds):
    rng = random.Random(11)
    for k in range(KILLS):
        p = subprocess.Popen(command("--resume", "run", "--out", "out.csv", "--summary", "sum.json"), stderr=subprocess.DEVNULL)
        time.sleep(whole_seconds * (0.02 + 0.1 * rng.random()))
        p.send_signal(signal.SIGKILL)
        p.wait()
    left = [n for n in os.listdir(".") if n not in ("data.csv", "run", "out.csv", "sum.json")]
    check.that(not left, "killed runs leave no files behind", left)
    size = os.path.getsize("run/items.log")
    check.that(size > 0, f"after {KILLS} kills items are kept", size)
    done = run("--resume", "run", "--out", "out.csv", "--summary", "sum.json")
    check.that(done.returncode == 0, "the run ends after the kills", done.stderr)
    s = summary()
    found = s["n_resumed"]
    check.that(found > 0, f"{found} of {s['n_items']} items came from the killed runs", found)
    check.that(s["digest"] == want_digest, "same digest as an undisturbed run", s["digest"])
    check.that(read("out.csv") == want_csv, "same bytes as an undisturbed run")


def all_kept(check, want_digest):
    done = run("--resume", "run", "--out", "again.csv", "--summary", "sum.json", "--threads", "1")
    s = summary()
    check.that(done.returncode == 0 and s["n_resumed"] == s["n_items"], "a finished run folder holds every item", (s["n_resumed"], done.returncode, done.stderr))
    check.that(s["digest"] == want_digest, "all from records: same digest")


def damaged(check, want_csv):
    log = read("run/items.log")
    for name, bytes_left in (("torn tail", log[:-7]), ("rubbish behind", log + b"NRN1" + b"\0" * 9),
                             ("a flipped bit in the middle", log[:len(log) // 2] + bytes([log[len(log) // 2] ^ 4]) + log[len(log) // 2 + 1:]),
                             ("an empty log", b"")):
        with open("run/items.log", "wb") as f:
            f.write(bytes_left)
        done = run("--resume", "run", "--out", "out.csv", "--quiet")
        check.that(done.returncode == 0 and read("out.csv") == want_csv, f"{name}: recomputed, same bytes", done.stderr)


def full_disk(check, want_csv):
    """A limit on file sizes stands for a disk that fills up while records are written."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
    done = run("--resume", "small", "--out", "small.csv", preexec_fn=limit)
    check.that(done.returncode == 1 and b"small" in done.stderr and b"File too large" in done.stderr, "a full disk is an error with the folder's name", done.stderr)
    check.that(not os.path.exists("small.csv"), "and leaves no output")
    done = run("--resume", "small", "--out", "small.csv", "--summary", "sum.json")
    check.that(done.returncode == 0 and read("small.csv") == want_csv and summary()["n_resumed"] > 0, "with room again the run goes on", done.stderr)


def other_runs(check):
    nine = [NORN, "forecast", "data.csv", "--horizon", "9"] + ARGS[2:] + ["--resume", "run", "--out", "x.csv"]
    done = subprocess.run(nine, stderr=subprocess.PIPE, timeout=60)
    check.that(done.returncode == 2 and b"another run" in done.stderr and b"horizon" in done.stderr, "another horizon is another run", done.stderr)
    with open("data.csv", "a", encoding="ascii") as f:
        f.write("z,2000-01-01,1\n")
    done = run("--resume", "run", "--out", "x.csv")
    check.that(done.returncode == 2 and b"input" in done.stderr, "changed data are another run", done.stderr)
    os.mkdir("full")
    with open("full/precious.txt", "w", encoding="ascii") as f:
        f.write("mine\n")
    done = run("--resume", "full", "--out", "x.csv")
    check.that(done.returncode == 2 and b"not empty" in done.stderr, "a folder with other files is refused", done.stderr)
    check.that(not os.path.exists("x.csv"), "refused runs write nothing")


def in_use(check):
    p = subprocess.Popen(command("--resume", "busy", "--out", "b.csv"), stderr=subprocess.DEVNULL)
    for _ in range(200):
        if os.path.exists("busy/items.log"):
            break
        time.sleep(0.005)
    done = run("--resume", "busy", "--out", "x.csv")
    check.that(p.poll() is not None or (done.returncode == 2 and b"another process" in done.stderr),
               "a folder in use is refused", done.stderr)
    p.kill()
    p.wait()


def interrupted(check):
    p = subprocess.Popen(command("--resume", "stop", "--out", "stop.csv"), stderr=subprocess.PIPE)
    time.sleep(0.15)
    p.send_signal(signal.SIGINT)
    started = time.monotonic()
    text = p.communicate(timeout=60)[1]
    check.that(p.returncode in (0, 130), "an interrupt ends with 130 (or the run was over)", p.returncode)
    check.that(time.monotonic() - started < 5, "and soon")
    if p.returncode == 130:
        check.that(b"kept in stop" in text and not os.path.exists("stop.csv"), "what is done is kept, no output pretends to be whole", text)
        if os.path.exists("stop.csv.partial"):
            lines = read("stop.csv.partial").decode().splitlines()
            check.that(lines[0].startswith("unique_id,ds,") and (len(lines) - 1) % 8 == 0, "the partial output is whole series", len(lines))
    done = run("--resume", "stop", "--out", "stop.csv", "--quiet")
    check.that(done.returncode == 0, "and goes on afterwards", done.stderr)


def every_part(check):
    write_data("data.csv")
    started = time.monotonic()
    done = run("--out", "want.csv", "--summary", "want.json")
    whole_seconds = time.monotonic() - started
    want_csv, want_digest = read("want.csv"), summary("want.json")["digest"]
    check.that(done.returncode == 0, "the undisturbed run", done.stderr)
    os.remove("want.csv")
    os.remove("want.json")
    killed_often(check, want_csv, want_digest, whole_seconds)
    all_kept(check, want_digest)
    damaged(check, want_csv)
    full_disk(check, want_csv)
    in_use(check)
    interrupted(check)
    other_runs(check)


if __name__ == "__main__":
    sys.exit(run_in_folder(every_part))
