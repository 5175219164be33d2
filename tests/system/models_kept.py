#!/usr/bin/env python3
"""Models kept and taken up again: --save, --load, new observations, files that are no stores, bounds on the work.

Run: models_kept.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

NORN = os.path.abspath(sys.argv[1])
N_SERIES = 3000
MANY = ["--horizon", "6", "--model", "ses,seasonal_naive,theta", "--level", "80", "--error-threshold", "1"]


def month(t):
    return f"{2000 + t // 12}-{t % 12 + 1:02d}-01"


def value(rng, i, t):
    return 100 + i % 700 + 20 * (t % 12 == 5) + 0.3 * t + 5 * rng.gauss(0, 1)


def write_panel(path, first, last, n_series=N_SERIES, skip=(), every=1):
    """Periods [first, last) of each series, the same values in every file."""
    with open(path, "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        for i in range(0, n_series, every):
            rng = random.Random(i)
            for t in range(64):
                y = value(rng, i, t)
                if not first <= t < last or t in skip or t < i % 9:
                    continue
                text = "" if i % 97 == 3 and t % 17 == 2 else f"{y:.3f}"
                f.write(f"s{i:05d},{month(t)},{text}\n")


def run(*more, **options):
    return subprocess.run([NORN, "forecast"] + list(more), stderr=subprocess.PIPE, timeout=300, **options)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def summary(path="sum.json"):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def table(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


class Checks:
    def __init__(self):
        self.n, self.failed = 0, 0

    def that(self, good, name, why=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {name}{'' if good else '  # ' + str(why)}", flush=True)


def saved_and_loaded(check):
    """The same store at any number of workers, the same forecasts from it with the data and without."""
    done = run("old.csv", *MANY, "--save", "m.norn", "--out", "want.csv", "--summary", "want.json")
    want, digest, store = read("want.csv"), summary("want.json")["digest"], read("m.norn")
    check.that(done.returncode == 0, "--save", done.stderr)
    check.that(len(store) < 1000 * N_SERIES, f"{len(store) // N_SERIES} bytes a series of three models")
    for threads in ("1", "2", "3", "7", "64"):
        done = run("old.csv", *MANY, "--save", "m2.norn", "--out", "o.csv", "--threads", threads)
        check.that(done.returncode == 0 and read("m2.norn") == store, f"the same store with {threads} workers", done.stderr)
        for data in (["old.csv"], []):
            done = run(*data, *MANY, "--load", "m.norn", "--out", "o.csv", "--summary", "sum.json", "--threads", threads)
            same = done.returncode == 0 and read("o.csv") == want and summary()["digest"] == digest
            check.that(same, f"--load {'with' if data else 'without'} DATA, {threads} workers: same bytes, same digest", done.stderr)
    done = run("old.csv", *MANY, "--save", "m2.norn", "--out", "o.csv", "--memory-limit", "40MiB")
    check.that(read("m2.norn") == store, "the same store from small batches", done.stderr)
    done = run(*MANY, "--load", "m.norn", "--save", "m2.norn", "--out", "o.csv")
    check.that(read("m2.norn") == store, "loaded and saved without data: the same store", done.stderr)
    done = run("--horizon", "6", "--load", "m.norn", "--level", "80", "--out", "o.csv", "--error-threshold", "1")
    check.that(read("o.csv") == want, "models and fallback are the store's own when not given", done.stderr)
    done = run("--horizon", "6", "--load", "m.norn", "--level", "80", "--model", "theta", "--out", "o.csv", "--error-threshold", "1")
    part = [(r["unique_id"], r["theta"]) for r in table("want.csv")]
    check.that([(r["unique_id"], r["theta"]) for r in table("o.csv")] == part, "some of the models alone", done.stderr)


def moved_on(check):
    """New rows alone, with the history before them, and in two steps: the same forecasts."""
    run("old.csv", *MANY, "--save", "m.norn", "--out", "o.csv")
    done = run("new.csv", *MANY, "--load", "m.norn", "--out", "want.csv", "--summary", "want.json", "--save", "end.norn")
    want = read("want.csv")
    check.that(done.returncode == 0 and b"go on from m.norn" in done.stderr, "new rows move the models on", done.stderr)
    for threads in ("1", "7"):
        done = run("all.csv", *MANY, "--load", "m.norn", "--out", "o.csv", "--summary", "sum.json", "--threads", threads, "--save", "e2.norn")
        check.that(read("o.csv") == want and summary()["digest"] == summary("want.json")["digest"] and read("e2.norn") == read("end.norn"),
                   f"earlier rows are ignored ({threads} workers)", done.stderr)
    shutil.copy("m.norn", "step.norn")
    for piece in ("new1.csv", "new2.csv"):
        done = run(piece, *MANY, "--load", "step.norn", "--save", "step.norn", "--out", "o.csv")
    check.that(read("o.csv") == want and read("step.norn") == read("end.norn"), "two steps through one file, in place", done.stderr)
    done = run(*MANY, "--load", "end.norn", "--out", "o.csv")
    check.that(read("o.csv") == want, "what was moved on and kept forecasts the same without data", done.stderr)
    first = {r["unique_id"]: r["ds"] for r in reversed(table("want.csv"))}
    check.that(first["s00000"] == month(60), "forecasts begin behind the new rows", first["s00000"])


def by_hand(check):
    """Simple smoothing's filter in Python, from the kept level and alpha, over values and gaps: the same bits."""
    small = ["--horizon", "2", "--model", "ses", "--level", "none"]
    write_panel("a.csv", 0, 48, 40)
    write_panel("b.csv", 48, 60, 40, skip=(50, 51, 55))
    run("a.csv", *small, "--save", "s.norn", "--out", "a.out", "--items", "a.items")
    done = run("b.csv", *small, "--load", "s.norn", "--out", "b.out")
    level = {r["unique_id"]: float(r["ses"]) for r in table("a.out")}
    alpha = {r["unique_id"]: float(r["parameters"].split("alpha=")[1].split()[0]) for r in table("a.items") if r["served"] == "ses"}
    for r in table("b.csv"):
        i = r["unique_id"]
        if r["y"] and i in alpha:
            level[i] += alpha[i] * (float(r["y"]) - level[i])
    got = {r["unique_id"]: (float(r["ses"]), r["ds"]) for r in table("b.out") if r["ses"]}
    bad = [i for i in alpha if got[i][0] != level[i] or got[i][1] != month(61)]
    check.that(done.returncode == 0 and len(alpha) == 40 and not bad, "ses moved on is its filter, to the bit, through gaps", (bad, done.stderr))


def strangers(check):
    """Series that are only in the data, or only in the store."""
    small = ["--horizon", "3", "--model", "auto_ets", "--level", "none"]
    write_panel("half.csv", 0, 48, 60, every=2)
    write_panel("both.csv", 0, 60, 30)
    run("half.csv", *small, "--save", "h.norn", "--out", "h.out")
    done = run("both.csv", *small, "--load", "h.norn", "--save", "u.norn", "--out", "b.out", "--summary", "sum.json")
    s = summary()
    check.that(done.returncode == 0 and s["n_series_loaded"] == 15 and s["n_series_fitted"] == 15 and s["n_items"] == 30,
               "15 series go on, 15 are fitted and said so, 15 kept ones are not forecast", (s, done.stderr))
    run("both.csv", *small, "--out", "fresh.out")
    fresh, mixed = table("fresh.out"), table("b.out")
    odd = [(a, b) for a, b in zip(fresh, mixed) if int(a["unique_id"][1:]) % 2 and a != b]
    check.that(not odd, "fitted series are those of an ordinary run", odd[:1])
    done = run(*small, "--load", "u.norn", "--out", "all.out")
    ids = {r["unique_id"] for r in table("all.out")}
    check.that(len(ids) == 45, "--save keeps those without data as they were", (len(ids), done.stderr))
    kept = {(r["unique_id"], r["ds"]): r["auto_ets"] for r in table("all.out")}
    old = [r for r in table("h.out") if int(r["unique_id"][1:]) >= 30]
    check.that(len(old) == 45 and all(kept.get((r["unique_id"], r["ds"])) == r["auto_ets"] for r in old), "and they forecast the same", len(old))


def times(check):
    """Times that contradict the kept frequency are that item's error; other time kinds go on, too."""
    small = ["--horizon", "2", "--model", "naive,ses", "--level", "none", "--error-threshold", "1"]
    write_panel("a.csv", 0, 48, 4)
    run("a.csv", *small, "--save", "t.norn", "--out", "o.csv")
    write("bad.csv", b"unique_id,ds,y\ns00000,2004-01-01,5\ns00001,2004-01-17,5\ns00002,2004-03-01,5\ns00003,9999-01-01,5\n")
    done = run("bad.csv", *small, "--load", "t.norn", "--save", "t2.norn", "--out", "o.csv", "--items", "i.csv")
    rows = {(r["unique_id"], r["model"]): r for r in table("i.csv")}
    check.that(done.returncode == 0 and rows["s00000", "naive"]["status"] == "ok" and rows["s00002", "ses"]["status"] == "ok", "good series go on", done.stderr)
    why = rows["s00001", "ses"]
    check.that(why["status"] == "data" and "2004-01-17 does not lie on the grid" in why["message"], "a time off the grid fails its item", why)
    why = rows["s00003", "naive"]
    check.that(why["status"] == "data" and "periods are missing" in why["message"], "a year that is a typing error fails its item", why)
    done = run(*small, "--load", "t2.norn", "--out", "o2.csv")
    ends = {r["unique_id"]: r["ds"] for r in reversed(table("o2.csv"))}
    check.that(ends == {"s00000": "2004-02-01", "s00001": "2004-01-01", "s00002": "2004-04-01", "s00003": "2004-01-01"},
               "those that could not go on are kept as they were", ends)
    done = run("bad.csv", *small, "--load", "t.norn", "--out", "o.csv", "--items", "i.csv", "--gaps", "error")
    rows = {(r["unique_id"], r["model"]): r for r in table("i.csv")}
    check.that(rows["s00002", "ses"]["status"] == "data" and "--gaps" in rows["s00002", "ses"]["message"], "--gaps error", rows["s00002", "ses"])
    write("i1.csv", b"unique_id,ds,y\n" + b"".join(f"x,{d},{d % 7}\nq,{3 * d},{d}\n".encode() for d in (1, 2, 4, 5, 7, 9)))
    write("i2.csv", b"unique_id,ds,y\nx,11,3\nq,30,5\nq,33,7\n")
    done = run("i1.csv", *small, "--save", "i.norn", "--out", "o.csv")
    done = run("i2.csv", *small, "--load", "i.norn", "--out", "o.csv")
    ends = [(r["unique_id"], r["ds"], r["naive"]) for r in table("o.csv")]
    check.that(ends == [("x", "12", "3"), ("x", "13", "3"), ("q", "36", "7"), ("q", "39", "7")], "integer times, of step 1 and 3", (ends, done.stderr))
    days = [f"2024-01-{d:02d}" for d in (1, 2, 5, 9, 10, 17, 30)]
    write("r1.csv", ("unique_id,ds,y\n" + "".join(f"r,{d}T00:00:{k * k:02d},{k}\n" for k, d in enumerate(days))).encode())
    write("r2.csv", b"unique_id,ds,y\nr,2024-02-03T00:00:01,9\n")
    write("r12.csv", read("r1.csv") + read("r2.csv")[15:])
    run("r1.csv", *small, "--save", "r.norn", "--out", "o1.csv")
    run(*small, "--load", "r.norn", "--out", "o2.csv")
    check.that(read("o1.csv") == read("o2.csv"), "irregular times go on by their median step, kept too", read("o2.csv"))
    run("r2.csv", *small, "--load", "r.norn", "--out", "o2.csv")
    run("r12.csv", *small, "--out", "o1.csv")
    check.that([r["ds"] for r in table("o1.csv")] == [r["ds"] for r in table("o2.csv")] and table("o2.csv")[0]["naive"] == "9",
               "new irregular times are new observations", read("o2.csv"))


def awkward_series(check):
    """Failures and fallbacks are kept as they were; what failed is fitted when data come."""
    rows = "unique_id,ds,y\n" + "".join(f"neg,{month(t)},{t - 9}\nvoid,{month(t)},\n" for t in range(40))
    write("w.csv", rows.encode())
    small = ["--horizon", "2", "--model", "ets(error=M),naive", "--level", "90", "--error-threshold", "1"]
    run("w.csv", *small, "--save", "w.norn", "--out", "want.csv", "--items", "want.items", "--summary", "want.json")
    done = run(*small, "--load", "w.norn", "--out", "o.csv", "--items", "i.csv", "--summary", "sum.json")
    pick = [(r["unique_id"], r["model"], r["status"], r["served"], r["message"]) for r in table("i.csv")]
    want = [(r["unique_id"], r["model"], r["status"], r["served"], r["message"]) for r in table("want.items")]
    check.that(pick == want and read("o.csv") == read("want.csv") and summary()["digest"] == summary("want.json")["digest"],
               "fallbacks and failures come back with their words and digest", (pick, done.stderr))
    check.that(any(r[3] == "seasonal_naive" for r in want) and any(r[2] == "data" for r in want), "(there were such)", want)
    write("w2.csv", ("unique_id,ds,y\n" + "".join(f"void,{month(t)},{t}\n" for t in range(30, 45))).encode())
    done = run("w2.csv", *small, "--load", "w.norn", "--out", "o.csv", "--summary", "sum.json")
    s = summary()
    check.that(s["n_series_fitted"] == 1 and s["n_ok"] == 2, "a series of failures is fitted when it has data", (s, done.stderr))


def wrong_use(check):
    keep = ["--horizon", "2", "--load", "m.norn"]
    run("old.csv", *MANY, "--save", "m.norn", "--out", "o.csv")
    shutil.copy("new.csv", "d.csv")
    os.remove("o.csv")
    for name, words, args in (
            ("another model", b"holds no model 'naive'", ["d.csv", *keep, "--model", "naive"]),
            ("the model with other parameters", b"was fitted as ses(", ["d.csv", *keep, "--model", "ses=ses(alpha=0.5)"]),
            ("another season length", b"season-length", ["d.csv", *keep, "--season-length", "4"]),
            ("another fallback", b"fallback", ["d.csv", *keep, "--fallback", "none"]),
            ("--fitted", b"no history", ["d.csv", *keep, "--fitted"]),
            ("no data and no store", b"DATA is missing", ["--horizon", "2"]),
            ("a store on standard output", b"'-'", ["d.csv", "--horizon", "2", "--save", "-"]),
            ("a compressed store", b".gz", ["d.csv", "--horizon", "2", "--save", "m.norn.gz"]),
            ("a budget below 0", b"--budget-evals", ["d.csv", "--horizon", "2", "--budget-evals", "-1"])):
        done = run(*args, "--out", "o.csv")
        check.that(done.returncode == 2 and words in done.stderr and not os.path.exists("o.csv"), f"usage: {name}", (done.returncode, done.stderr))
    whole = read("m.norn")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 16
    newer = bytearray(whole)
    newer[8] = 2
    for name, words, data in (
            ("torn", b"cut short", whole[:-9]), ("half", b"cut short", whole[:len(whole) // 2]), ("with one bit changed", b"is damaged", bytes(flipped)),
            ("empty", b"no model store", b""), ("of other data", b"no model store", read("d.csv")), ("of a newer norn", b"reads format 1", bytes(newer))):
        write("x.norn", data)
        for source in (["d.csv"], []):
            done = run(*source, "--horizon", "2", "--load", "x.norn", "--save", "y.norn", "--out", "o.csv")
            check.that(done.returncode == 3 and words in done.stderr and b"x.norn" in done.stderr and not os.path.exists("o.csv") and not os.path.exists("y.norn"),
                       f"a store {name} is refused{'' if source else ' without data'}", (done.returncode, done.stderr))
    done = run("d.csv", "--horizon", "2", "--load", "none.norn", "--out", "o.csv")
    check.that(done.returncode == 3 and b"none.norn" in done.stderr, "a store that is not there", (done.returncode, done.stderr))


def full_disk(check):
    """A limit on file sizes stands for a disk that fills up."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
    before = read("m.norn")
    done = run("new.csv", *MANY, "--load", "m.norn", "--save", "m.norn", "--out", "-", preexec_fn=limit, stdout=subprocess.DEVNULL)
    check.that(done.returncode == 1 and b"m.norn" in done.stderr and read("m.norn") == before, "a full disk leaves the old store", (done.returncode, done.stderr))
    left = [n for n in os.listdir(".") if n.startswith(".norn")]
    check.that(not left, "and nothing beside it", left)


def resumed(check):
    """Run folders hold models, too."""
    args = ["new.csv", *MANY, "--load", "m.norn"]
    run(*args, "--save", "want.norn", "--out", "want.csv")
    for k in range(2):
        done = run(*args, "--save", "again.norn", "--resume", "folder", "--out", "o.csv", "--summary", "sum.json")
        check.that(done.returncode == 0 and read("o.csv") == read("want.csv") and read("again.norn") == read("want.norn"),
                   f"--resume with --load and --save, {'from records' if k else 'first'}", done.stderr)
    s = summary()
    check.that(s["n_resumed"] == s["n_items"], "every item from its record", s["n_resumed"])
    done = run(*args, "--resume", "folder", "--out", "o.csv")
    check.that(done.returncode == 2 and b"models kept" in done.stderr, "a folder of a run that keeps models is not one of a run that does not", done.stderr)
    done = run("new.csv", *MANY, "--load", "want.norn", "--save", "again.norn", "--resume", "folder", "--out", "o.csv")
    check.that(done.returncode == 2 and b"models taken up" in done.stderr, "nor one of another store", done.stderr)


def budgets(check):
    few = ["few.csv", "--horizon", "3", "--model", "auto_ets,dynamic_opt_theta,naive", "--level", "80"]
    write_panel("few.csv", 0, 60, 60)
    run(*few, "--out", "free.csv", "--summary", "free.json")
    cuts = []
    for evals in ("1", "10", "100", "1000000"):
        digests = set()
        for threads in ("1", "3", "64"):
            done = run(*few, "--budget-evals", evals, "--out", "o.csv", "--items", "i.csv", "--summary", "sum.json", "--threads", threads)
            s, items = summary(), table("i.csv")
            digests.add(s["digest"])
            stops = [r["stop"] for r in items]
            good = done.returncode == 0 and s["n_ok"] == 180 and s["deterministic"] and s["n_cut"] == sum(x == "budget_evals" for x in stops)
            if not good:
                break
        cuts.append(s["n_cut"])
        check.that(good and len(digests) == 1 and all(r["auto_ets"] for r in table("o.csv")),
                   f"--budget-evals {evals}: an answer everywhere, one digest at any number of workers, {s['n_cut']} cut", (digests, done.stderr))
    check.that(cuts[0] == 120 and cuts[0] >= cuts[1] >= cuts[2] > cuts[3] == 0, "fewer are cut by wider bounds; naive never", cuts)
    check.that(s["digest"] == summary("free.json")["digest"], "a bound that nobody meets changes nothing")
    for k in range(2):
        done = run(*few, "--budget-evals", "10", "--out", "o.csv", "--items", "i.csv", "--summary", "sum.json", "--resume", "bounded")
        check.that(summary()["n_cut"] == cuts[1] and sum(r["stop"] == "budget_evals" for r in table("i.csv")) == cuts[1],
                   f"the record of --resume says what was cut ({'second' if k else 'first'} run)", done.stderr)
    with open("long.csv", "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        rng = random.Random(1)
        for t in range(300000):
            f.write(f"long,{t},{100 + 10 * rng.random() + t % 24}\n")
    started = time.monotonic()
    done = run("long.csv", "--horizon", "24", "--season-length", "24", "--model", "auto_ets", "--level", "80", "--budget-ms", "100",
               "--out", "o.csv", "--items", "i.csv", "--summary", "sum.json")
    spent = time.monotonic() - started
    s, item = summary(), table("i.csv")[0]
    check.that(done.returncode == 0 and s["deterministic"] is False and item["status"] == "ok" and item["stop"] == "budget_ms" and s["n_cut"] == 1,
               "--budget-ms: 300,000 points are served by the best found in time, and it says so", (item, done.stderr))
    check.that(float(item["seconds"]) < 3 and spent < 30, f"within the time and a few passes ({float(item['seconds']):.2f} s)", item["seconds"])


def main():
    folder = tempfile.mkdtemp()
    check = Checks()
    os.chdir(folder)
    try:
        for path, first, last in (("old.csv", 0, 48), ("new.csv", 48, 60), ("new1.csv", 48, 53), ("new2.csv", 53, 60), ("all.csv", 0, 60)):
            write_panel(path, first, last)
        for part in (saved_and_loaded, moved_on, by_hand, strangers, times, awkward_series, wrong_use, full_disk, resumed, budgets):
            part(check)
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)
    print(f"1..{check.n}")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
