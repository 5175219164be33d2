#!/usr/bin/env python3
"""`norn rolling` on files: right numbers, one digest in every form of file, memory kept, outputs, wrong usage, interrupts.

Run: rolling_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import gzip
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import time

import tap

NORN = os.path.abspath(sys.argv[1])
with open(NORN, "rb") as binary:
    SANITIZED = re.search(rb"__[at]san_init", binary.read()) is not None  # its own memory is not norn's
OPS = "mean,max,p90=quantile(0.9),ewm(0.3),slope"


def run(*args, **options):
    done = subprocess.run([NORN, "rolling", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, **options)
    s = {}
    if "--summary" in args and done.returncode == 0:
        with open(args[args.index("--summary") + 1], encoding="utf-8") as f:
            s = json.load(f)
    return done, s


def make_series(n_series, seed=5):
    rng = random.Random(seed)
    series = {}
    for i in range(n_series):
        y = [f"{rng.gauss(50, 9):.2f}" if rng.random() > 0.03 else "" for _ in range(rng.choice([1, 5, 40, 61]))]
        y[0] = y[-1] = "50"  # the other layouts have no missing ends
        series[f"s{i * 7919 % n_series:05d}"] = y
    return series


def write(path, lines, open_as=open):
    with open_as(path, "wb") as f:
        f.write(("\n".join(lines) + "\n").encode())


def value(text):
    return float(text) if text else math.nan


def rolled(y, w, least, f):
    out = []
    for i in range(len(y)):
        window = [v for v in y[max(0, i - w + 1):i + 1] if not math.isnan(v)]
        out.append(f(window) if len(window) >= least else math.nan)
    return out


def same(got, want):
    return all((math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-12 * max(1, abs(b)) for a, b in zip(got, want)) and len(got) == len(want)


def right_numbers(check):
    series = make_series(60)
    write("a.csv", ["unique_id,ds,y,price"] + [f"{k},{t + 1},{v},{t * t % 17}" for k, y in series.items() for t, v in enumerate(y)])
    done, _ = run("a.csv", "--window", "5", "--op", "mean,max,count", "--cols", "price", "--min-periods", "2")
    rows = list(csv.DictReader(done.stdout.decode().splitlines()))
    check.that(list(rows[0]) == ["unique_id", "ds", "y", "price", "mean", "max", "count", "price_mean", "price_max", "price_count"], "columns", rows[0])
    good, k = True, 0
    for name, texts in series.items():
        mine = rows[k:k + len(texts)]
        k += len(texts)
        y, price = [value(v) for v in texts], [float(t * t % 17) for t in range(len(texts))]
        good &= all(r["unique_id"] == name and r["y"] == (repr(float(v)).removesuffix(".0") if v else "") for r, v in zip(mine, texts))
        good &= same([value(r["mean"]) for r in mine], rolled(y, 5, 2, lambda w: sum(w) / len(w)))
        good &= same([value(r["max"]) for r in mine], rolled(y, 5, 2, max))
        good &= same([value(r["price_mean"]) for r in mine], rolled(price, 5, 2, lambda w: sum(w) / len(w)))
    check.that(good and k == len(rows), "means and maxima of every series, in input order")


def time_windows(check):
    write("t.csv", ["ds,y", "2024-01-01,1", "2024-01-02,2", "2024-01-05,4", "2024-01-06,8", "2024-01-20,16"])
    done, _ = run("t.csv", "--window", "3D", "--op", "sum")
    got = [line.split(",")[-1] for line in done.stdout.decode().splitlines()[1:]]
    check.that(got == ["1", "3", "4", "12", "16"], "windows of three days, rows as they are", got)
    done, _ = run("t.csv", "--window", "3D", "--op", "sum", "--gaps", "fill", "--center")
    check.that(len(done.stdout.splitlines()) == 21, "--gaps fill: a row for each day", done.stdout)
    done, _ = run("t.csv", "--window", "expanding", "--op", "sum", "--closed", "right")
    check.that(done.stdout.decode().splitlines()[-1].endswith(",31"), "expanding", done.stdout)
    write("m.csv", ["ds,y"] + [f"2024-{m:02d},{m}" for m in range(1, 13)])
    done, _ = run("m.csv", "--window", "62D", "--op", "count")
    check.that(done.stdout.decode().splitlines()[3] == "y,2024-03,3,3" or ",2024-03,3,3" in done.stdout.decode(), "months have their days", done.stdout)


def one_digest(check):
    series = make_series(9000)
    lines = [f"{k},{t + 1},{v}" for k, y in series.items() for t, v in enumerate(y)]
    args = ("--window", "7", "--op", OPS, "--min-periods", "3", "--out", "out.csv", "--summary", "s.json")
    write("plain.csv", ["unique_id,ds,y"] + lines)
    _, first = run("plain.csv", *args, "--threads", "1", "--items", "items.csv")
    with open("out.csv", "rb") as f:
        text = f.read()
    with open("items.csv", encoding="utf-8") as f:
        items = list(csv.DictReader(f))
    check.that(first["n_items"] == 45000 == len(items) and first["n_ok"] == 45000 and {r["status"] for r in items} == {"ok"}, "items", first)
    check.that(os.path.getsize("plain.csv") > 3 << 20, "several batches long")
    for limit in ("32MiB", "64MiB", "0.5"):
        done, s = run("plain.csv", *args, "--memory-limit", limit)
        with open("out.csv", "rb") as f:
            check.that(s.get("digest") == first["digest"] and f.read() == text, f"--memory-limit {limit}", done.stderr)
        check.that(limit == "0.5" or SANITIZED or s["peak_rss_bytes"] <= int(limit[:-3]) << 20, f"--memory-limit {limit} is kept", s)
    mixed = lines[:]
    random.Random(3).shuffle(mixed)
    n = max(len(y) for y in series.values())
    width = {k: y for k, y in series.items() if len(y) == n}
    for name, data, more in (
            ("gzip", lambda: write("x.csv.gz", ["unique_id,ds,y"] + lines, gzip.open), ("x.csv.gz",)),
            ("shuffled rows: gathered in memory", lambda: write("x.csv", ["unique_id,ds,y"] + mixed), ("x.csv",)),
            ("rows layout", lambda: write("x.csv", ["id"] + [",".join([k, *y]) for k, y in series.items()]), ("x.csv", "--layout", "rows")),
            ("other names", lambda: write("x.csv", ["shop,day,sales"] + lines),
             ("x.csv", "--id-col", "shop", "--time-col", "day", "--target-col", "sales")),
            ("chunk size 1", lambda: None, ("plain.csv", "--chunk-size", "1")), ("standard output", lambda: None, ("plain.csv",))):
        data()
        done, s = run(*more, *(args if name != "standard output" else args[:6] + args[8:]))
        check.that(s.get("digest") == first["digest"], name, done.stderr)
        if name == "standard output":
            check.that(done.stdout == text, "standard output has the file's bytes")
    with open("plain.csv", "rb") as f:
        done, s = run("-", *args, stdin=f)
    check.that(s.get("digest") == first["digest"], "standard input", done.stderr)
    write("some.csv", ["unique_id,ds,y"] + [f"{k},{t + 1},{v}" for k, y in width.items() for t, v in enumerate(y)])
    write("wide.csv", ["ds," + ",".join(width)] + [",".join([str(t + 1)] + [y[t] for y in width.values()]) for t in range(n)])
    _, a = run("some.csv", *args)
    done, b = run("wide.csv", *args, "--layout", "wide")
    check.that(a["digest"] == b.get("digest"), "wide layout", done.stderr)
    for name in ("o.json", "o.csv.gz", "o.xlsx", "o.json.zst"):
        done, s = run("some.csv", "--window", "7", "--op", OPS, "--min-periods", "3", "--out", name, "--summary", "s.json")
        check.that(s.get("digest") == a["digest"] and os.path.getsize(name) > 1000, f"written as {name}", done.stderr)
    with open("o.json", encoding="utf-8") as f:
        got = json.load(f)
    check.that(got["window"] == "7" and len(got["series"]) == len(width) and
               list(got["series"][0]["columns"]) == ["y", "mean", "max", "p90", "ewm(0.3)", "slope"], "JSON", str(got)[:200])


def larger_than_memory(check):
    rng = random.Random(1)
    block = [f"{rng.gauss(0, 1):.6f},{rng.gauss(9, 1):.6f}" for _ in range(5000)]
    with open("big.csv", "w", encoding="ascii") as f:
        f.write("unique_id,ds,y,price\n")
        for i in range(520):
            f.write("".join(f"series-{i:05d},{t + 1},{block[(i * 37 + t) % 5000]}\n" for t in range(3000)))
    size = os.path.getsize("big.csv")
    done, s = run("big.csv", "--window", "20", "--op", "mean,corr(price)", "--out", "big-out.csv", "--summary", "s.json", "--memory-limit", "32MiB")
    check.that(size > 50 << 20 and s.get("n_items") == 1040, f"{size >> 20} MiB in 32 MiB", done.stderr)
    check.that(SANITIZED or s.get("peak_rss_bytes", 1 << 40) <= 32 << 20, "its peak stays below", s.get("peak_rss_bytes"))
    with open("long.csv", "w", encoding="ascii") as f:  # a series is far longer than a batch is meant to be
        f.write("unique_id,ds,y\n")
        times = [time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(946684800 + 60 * t)) for t in range(100000)]
        for i in range(6):
            f.write("".join(f"s0{i},{at},{block[(i * 37 + t) % 5000].split(',')[0]}\n" for t, at in enumerate(times)))
    want = run("long.csv", "--window", "20", "--op", "mean,std,median", "--out", "o.csv", "--summary", "s.json")[1].get("digest")
    for threads, limit in (("1", "32MiB"), ("2", "32MiB"), ("2", "64MiB"), ("4", "64MiB")):
        done, s = run("long.csv", "--window", "20", "--op", "mean,std,median", "--out", "o.csv", "--summary", "s.json", "--memory-limit", limit, "--threads", threads)
        check.that(s.get("digest") == want and want, f"series that fit one by one: {limit}, {threads} workers", done.stderr)
        # the run begins anew when memory runs out: what the allocator keeps of the first try (MALLOC_PERTURB_ touches all of it) comes on top
        check.that(SANITIZED or s.get("peak_rss_bytes", 1 << 40) <= int(limit[:-3]) + 16 << 20, f"{limit} with {threads} workers is kept", s.get("peak_rss_bytes"))
    os.remove("long.csv")
    os.remove("o.csv")
    with open("one.csv", "w", encoding="ascii") as f:
        f.write("ds,y\n" + "".join(f"{t + 1},{block[t % 5000].split(',')[0]}\n" for t in range(2000000)))
    done, _ = run("one.csv", "--window", "20", "--op", "mean", "--out", "o.csv", "--memory-limit", "32MiB")
    check.that(done.returncode == 1 and b"--memory-limit" in done.stderr and not os.path.exists("o.csv"), "a series that does not fit is refused with the remedy",
               (done.returncode, done.stderr))
    done, a = run("one.csv", "--window", "20", "--op", "mean,median", "--out", "o1.csv", "--summary", "s.json", "--threads", "1")
    done, b = run("one.csv", "--window", "20", "--op", "mean,median", "--out", "o2.csv", "--summary", "s.json", "--threads", "3")
    check.that(a["digest"] == b["digest"], "one long series on three workers", done.stderr)


def wrong_usage(check):
    write("u.csv", ["unique_id,ds,y", "a,1,1", "a,2,2"])
    for args, code, words in (((), 2, "op"), (("--op", "mean"), 2, "--window W is missing"), (("--op", "meen", "--window", "3"), 2, "did you mean mean"),
                              (("--op", "mean,mean", "--window", "3"), 2, "two columns would be called 'mean'"),
                              (("--op", "y=mean", "--window", "3"), 2, "would be called 'y'"),
                              (("--op", "mean", "--window", "3", "--min-periods", "4"), 2, "4 is above the window, 3"),
                              (("--op", "corr(price)", "--window", "3"), 3, "'price' is missing"),
                              (("--op", "mean", "--window", "3", "--cols", "y"), 2, "y is the target"),
                              (("--op", "mean", "--window", "3D"), 3, "needs dates"), (("--op", "mean", "--window", "3", "--resume", "r"), 2, "no run folder"),
                              (("--op", "mean", "--window", "3", "--plot", "p.svg"), 2, "no chart"),
                              (("--op", "mean", "--window", "3", "--layout", "rows", "--cols", "p"), 2, "need the long layout"),
                              (("--op", "mean", "--window", "expanding", "--center"), 2, "from the first value to this one")):
        done, _ = run("u.csv", *args)
        check.that(done.returncode == code and words in done.stderr.decode() and not done.stdout, " ".join(args) or "no flags", (done.returncode, done.stderr))
    shown = subprocess.run([NORN, "rolling", "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
    check.that("--summary" in shown and "--plot" not in shown and "--resume" not in shown, "help lists no flag that is refused", shown)


def interrupted(check):
    if SANITIZED:
        return
    writer = subprocess.Popen([NORN, "rolling", "big.csv", "--window", "500", "--op", "median,quantile(0.1),quantile(0.9),rank,skew", "--out", "cut.csv", "--threads", "1"],
                              stderr=subprocess.PIPE)
    time.sleep(0.5)
    writer.send_signal(signal.SIGINT)
    started = time.monotonic()
    said = writer.communicate(timeout=60)[1]
    check.that(writer.returncode in (130, 0) and time.monotonic() - started < 3, "Ctrl-C ends it", (writer.returncode, said))
    check.that(not os.path.exists("cut.csv") or writer.returncode == 0, "no half file under the name", os.listdir("."))


def test(check):
    right_numbers(check)
    time_windows(check)
    one_digest(check)
    larger_than_memory(check)
    wrong_usage(check)
    interrupted(check)


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
