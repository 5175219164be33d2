#!/usr/bin/env python3
"""`norn multi` as a command: its files, equal digests, leaks, odd tables, kept models, interrupts, wrong usage.

Run: multi.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import json
import math
import os
import random
import signal
import subprocess
import sys
import time

import tap

NORN = os.path.abspath(sys.argv[1])
QUICK = ["--horizon", "3", "--lookback", "6", "--driver-lookback", "3", "--windows", "8", "--step", "2", "--refit", "4"]
CHEAP = "ridge,gbdt(n_trees=12,early_stopping=0),ensemble"


def run(*args, **options):
    done = subprocess.run([NORN, "multi", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600, **options)
    s = {}
    if "--summary" in args and done.returncode in (0, 4):
        with open(args[args.index("--summary") + 1], encoding="utf-8") as f:
            s = json.load(f)
    return done, s


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def plant(n=150, seed=3):
    """Columns of a small plant: two products that follow feed and blend some days later."""
    rng = random.Random(seed)
    level, a, b, c = 0.0, [], [], {}
    c["feed"] = []
    for t in range(n):
        level = 0.8 * level + rng.gauss(0, 5)
        c["feed"].append(100 + level)
    c["temp"] = [rng.gauss(20, 3) for _ in range(n)]
    c["API"] = [36 + (t // 30) % 4 for t in range(n)]
    c["crude_A"] = [((t // 30) * 7 % 5) / 5 for t in range(n)]
    c["mode"] = ["summer" if t // 40 % 2 else "winter" for t in range(n)]
    for t in range(n):
        past = c["feed"][max(0, t - 3)] - 100
        a.append(1200 + 4 * past + 30 * c["crude_A"][t] + 10 * math.sin(2 * math.pi * t / 7) + rng.gauss(0, 3))
        b.append(600 - 3 * past + rng.gauss(0, 3))
    return {"Naphtha": a, "Kerosene": b, **c}


def write(path, columns, first="2024-06-01", names=None):
    start = datetime.date.fromisoformat(first)
    names = names or list(columns)
    n = len(columns[names[0]])
    with open(path, "w", encoding="utf-8") as f:
        f.write("date," + ",".join(names) + "\n")
        for t in range(n):
            cells = ["" if isinstance(v := columns[k][t], float) and math.isnan(v) else (f"{v:.4f}" if isinstance(v, float) else str(v)) for k in names]
            f.write(f"{start + datetime.timedelta(days=t)},{','.join(cells)}\n")


def files_and_numbers(check):
    write("plant.csv", plant())
    done, s = run("plant.csv", "--targets", "Naphtha,Kerosene", "--static", "crude_*,API", *QUICK, "--model", CHEAP, "--output", "run",
                  "--items", "items.csv", "--summary", "s.json", "--plot", "plot.svg", "--errors", "errors", "--explain", "why", "--level", "50,80")
    check.that(done.returncode == 0, "a run ends well", done.stderr.decode())
    rows = rows_of("run/forecast.csv")
    check.that(list(rows[0])[:4] == ["unique_id", "ds", "ridge", "ridge-lo-50"] and "ensemble-hi-80" in rows[0], "columns", list(rows[0]))
    check.that([r["ds"] for r in rows[:3]] == ["2024-10-29", "2024-10-30", "2024-10-31"] and [r["unique_id"] for r in rows] == ["Naphtha"] * 3 + ["Kerosene"] * 3, "targets, then days", rows[0])
    check.that(all(float(r["ridge-lo-80"]) <= float(r["ridge-lo-50"]) <= float(r["ridge"]) <= float(r["ridge-hi-50"]) <= float(r["ridge-hi-80"]) for r in rows), "intervals lie in each other")
    check.that(done.stdout.decode().startswith("model ") and "accuracy = 100 - MAPE" in done.stdout.decode(), "the metrics' table goes to stdout with its formula", done.stdout)
    metrics = {(r["model"], r["target"], r["step"]): r for r in rows_of("run/metrics.csv")}
    check.that(len(metrics) == 3 + 3 * 2 * 4, "metrics by model, target and step", len(metrics))
    m = metrics[("ensemble", "Naphtha", "2")]
    check.that(abs(float(m["rmae"]) ** 2 - float(m["mae"])) < 1e-9 and abs(float(m["accuracy"]) + float(m["mape"]) - 100) < 1e-9 and int(m["n"]) == 8, "their formulas", m)
    w = [r for r in rows_of("run/weights.csv") if r["target"] == "Kerosene"]
    check.that(abs(sum(float(r["weight"]) for r in w) - 1) < 1e-12 and all(float(r["weight"]) >= 0 for r in w), "weights sum to 1", w)
    check.that([t["name"] for t in s["targets"]] == ["Naphtha", "Kerosene"] and all(t["status"] == "trained" for t in s["targets"]) and s["n_items"] == 6 and s["n_ok"] == 6, "the summary lists every target", s["targets"])
    check.that(s["operation"] == "multi" and s["deterministic"] and s["peak_rss_bytes"] > 0 and len(s["workers"]) == s["threads"], "run monitoring", s.keys())
    items = rows_of("items.csv")
    check.that(len(items) == s["parts"]["n"] == 3 * (1 + 2 * 3) and all(r["status"] == "ok" for r in items), "a row for each part", len(items))
    check.that(open("plot.svg", encoding="utf-8").read().startswith("<svg") or "<svg" in open("plot.svg", encoding="utf-8").read(200), "chart")
    check.that(os.listdir("errors") and "explanations.html" in os.listdir("why"), "error analysis and explanations", os.listdir("why"))
    reasons = json.load(open("why/explanations.json", encoding="utf-8"))
    check.that(bool(reasons), "explanations are JSON")
    done, _ = run("plant.csv", "--targets", "Naphtha", *QUICK, "--model", "ridge", "--out", "f.json", "--level", "none", "--quiet")
    check.that(done.returncode == 0 and done.stderr == b"" and json.load(open("f.json", encoding="utf-8"))["series"][0]["unique_id"] == "Naphtha", "JSON", done.stderr)
    done, _ = run("plant.csv", "--targets", "Naphtha", *QUICK, "--model", "ridge")
    check.that(done.stdout.decode().splitlines()[0].startswith("unique_id,ds,ridge,ridge-lo-80"), "forecasts go to stdout without --out", done.stdout[:80])


def every_target_at_every_worker_count(check):
    columns = plant(130)
    rng = random.Random(8)
    for k in range(11):
        columns[f"Flow{k}"] = [v * (1 + k / 10) + rng.gauss(0, 4) for v in columns["Naphtha"]]
    write("eleven.csv", columns)
    digests, names = set(), set()
    for workers, chunk, limit in (("1", "1000", "0.8"), ("2", "1", "0.8"), ("3", "7", "64MiB"), ("7", "64", "0.8"), ("64", "1000", "0.8")):
        done, s = run("eleven.csv", "--targets", "Flow*", *QUICK, "--model", CHEAP, "--workers", workers, "--chunk-size", chunk, "--memory-limit", limit,
                      "--summary", "s.json", "--out", "f.csv", "--max-features", "40")
        check.that(done.returncode == 0 and s["n_targets_trained"] == 11, f"eleven targets at {workers} workers", done.stderr.decode())
        digests.add(s["digest"])
        names.add(tuple(t["name"] for t in s["targets"]))
    check.that(len(digests) == 1, "one digest", digests)
    check.that(len(names) == 1 and len(next(iter(names))) == 11, "the same eleven", names)


def memory(check):
    """A limit decides whether a run succeeds, never what it gives; where a part falls to the last value, memory is not why."""
    rng = random.Random(5)
    columns = {"y": [10 + math.sin(t / 9) + rng.gauss(0, 1) for t in range(300)]}
    columns.update({f"x{k}": [rng.gauss(0, 1) for _ in range(300)] for k in range(6)})
    write("small.csv", columns)
    digests = set()
    for limit, threads in (("64MiB", "1"), ("64MiB", "3"), ("90MiB", "1"), ("90MiB", "2"), ("90MiB", "8"), ("1GiB", "4")):
        done, s = run("small.csv", "--targets", "y", "--model", "gbdt(n_trees=40),autoformer(epochs=1,seeds=1)", "--horizon", "2", "--windows", "4",
                      "--memory-limit", limit, "--threads", threads, "--out", "f.csv", "--summary", "s.json")
        if done.returncode == 0:
            check.that(s["parts"]["n_fallback"] == 0, f"--memory-limit {limit}: no fallback", done.stderr.decode())
            digests.add(s["digest"])
        else:
            text = done.stderr.decode()
            check.that(done.returncode == 1 and "does not fit even alone" in text and "--memory-limit" in text and limit != "1GiB", f"--memory-limit {limit}: named", text)
    check.that(len(digests) == 1, "one digest at any memory limit and worker count", digests)
    columns = {"y": [10 + rng.gauss(0, 1) for _ in range(3000)]}
    columns.update({f"x{k}": [rng.randrange(100) for _ in range(3000)] for k in range(700)})
    write("large.csv", columns, first="1990-01-01")
    digests = set()
    for limit, threads in (("40MiB", "1"), ("40MiB", "4"), ("32MiB", "2")):
        done, s = run("large.csv", "--targets", "y", "--model", "ridge,gbdt(n_trees=20)", "--horizon", "2", "--windows", "4", "--memory-limit", limit,
                      "--threads", threads, "--out", "f.csv", "--summary", "s.json")
        text = done.stderr.decode()
        if limit == "32MiB" and done.returncode != 0:
            check.that("memory limit" in text and "raise --memory-limit" in text, "a table without room to learn is refused by name", text)
            continue
        check.that(done.returncode == 0 and s["parts"]["n_fallback"] == 0 and 0 < s["n_drivers_kept"] < 700, f"--memory-limit {limit}: a thinned table leaves room to learn", text)
        check.that("another limit gives another table" in text and f"of 700 drivers the {s['n_drivers_kept']} " in text, "thinning is said", text)
        digests.add((limit, s["digest"]))
    check.that(len({d for d in digests if d[0] == "40MiB"}) == 1, "one digest at any worker count", digests)


def leaks(check):
    columns = plant()
    write("clean.csv", columns)
    n = len(columns["feed"])
    columns["tomorrow"] = columns["Naphtha"][2:] + [1000.0, 1000.0]
    write("leak.csv", columns)
    done, _ = run("leak.csv", "--targets", "Naphtha,Kerosene", *QUICK, "--model", "ridge")
    text = done.stderr.decode()
    check.that(done.returncode == 3 and "tomorrow" in text and "2 rows ahead" in text and "--allow-leaks" in text, "a column that is the future is refused", text)
    done, _ = run("leak.csv", "--targets", "Naphtha,Kerosene", *QUICK, "--model", "ridge", "--drop", "tomorrow", "--out", "a.csv")
    check.that(done.returncode == 0, "without it all is well", done.stderr.decode())
    done, _ = run("leak.csv", "--targets", "Naphtha,Kerosene", *QUICK, "--model", "ridge", "--allow-leaks", "--out", "b.csv")
    check.that(done.returncode == 0 and "leak" in done.stderr.decode(), "--allow-leaks uses it, and says so")
    done, _ = run("clean.csv", "--targets", "Naphtha,Kerosene", *QUICK, "--model", "ridge", "--out", "c.csv")
    check.that(open("a.csv", "rb").read() == open("c.csv", "rb").read(), "a dropped column leaves no trace")
    # the oldest origin's forecasts do not move when everything behind it does
    with open("clean.csv", encoding="utf-8") as f:
        lines = f.read().splitlines()
    first = n - 3 - 7 * 2
    for t in range(first, n):
        cells = lines[1 + t].split(",")
        lines[1 + t] = ",".join([cells[0], str(float(cells[1]) * -2), str(t * t % 91), str(9000 + t), "1", *cells[5:]])
    with open("moved.csv", "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    tables = []
    for name in ("clean.csv", "moved.csv"):
        done, _ = run(name, "--targets", "Naphtha", *QUICK, "--model", CHEAP, "--errors", "e", "--out", "f.csv", "--max-features", "20")
        check.that(done.returncode == 0, f"{name}", done.stderr.decode())
        tables.append(rows_of("e/errors.csv"))
    origin = min(r["origin"] for r in tables[0]) if "origin" in tables[0][0] else None
    if origin is not None:
        old = [[(r["model"], r["step"], r["forecast"]) for r in t if r["origin"] == origin] for t in tables]
        check.that(old[0] == old[1] and len(old[0]) == 9, "the oldest origin's forecasts stay as they were", old[0][:3])


def odd_tables(check):
    columns = plant()
    n = len(columns["feed"])
    columns["Flat"] = [7.0] * n
    columns["Void"] = [math.nan] * n
    columns["hole"] = [math.nan if t % 10 < 4 else 1.0 * t for t in range(n)]
    columns["flatdriver"] = [1.0] * n
    write("odd.csv", columns)
    done, s = run("odd.csv", "--targets", "Naphtha,Flat,Void", *QUICK, "--model", CHEAP, "--out", "f.csv", "--summary", "s.json")
    text = done.stderr.decode()
    rows = rows_of("f.csv")
    check.that(done.returncode == 4 and "Void is not trained" in text and "hole is not used" in text and "flatdriver is not used" in text, "named: a target without values, useless drivers", text)
    check.that(all(abs(float(r["ensemble"]) - 7) < 1e-6 for r in rows if r["unique_id"] == "Flat"), "a constant target is forecast", rows[3])
    check.that(all(r["ridge"] == "" for r in rows if r["unique_id"] == "Void") and [t["status"] for t in s["targets"]] == ["trained", "trained", "failed"], "an empty one is told", s["targets"])
    with open("one.csv", "w", encoding="utf-8") as f:
        f.write("date,A,x\n2024-01-01,1,2\n")
    done, _ = run("one.csv", "--targets", "A", "--model", "ridge")
    check.that(done.returncode == 3 and "too few" in done.stderr.decode(), "a single row is told", done.stderr)
    rng = random.Random(2)
    wide = {"A": columns["Naphtha"][:60]}
    for k in range(5000):
        wide[f"tag{k}"] = [math.nan if rng.random() < 0.3 else rng.random() for _ in range(60)]
    write("wide.csv", wide)
    done, s = run("wide.csv", "--targets", "A", *QUICK, "--model", CHEAP, "--max-missing", "0.6", "--out", "f.csv", "--summary", "s.json")
    check.that(done.returncode == 0 and s["n_features"] > 9000 and s["n_fallback"] == 0, "5,000 columns, 30 % missing", done.stderr.decode()[-400:])
    for words, what in ((["--targets", "Napht"], "did you mean Naphtha"), ([], "targets"), (["--targets", "Naphtha", "--model", "ridg"], "did you mean ridge"),
                        (["--targets", "Naphtha", "--static", "zz*"], "zz"), (["--targets", "Naphtha", "--level", "200"], "level"),
                        (["--targets", "Naphtha", "--out", "odd.csv"], "is the input"), (["--targets", "Naphtha", "--layout", "wide"], "--layout"), (["--targets", "Naphtha", "--load", "x.norn", "--save", "y.norn"], "--load")):
        done, _ = run("odd.csv", *words)
        check.that(done.returncode in (2, 3) and what in done.stderr.decode(), f"wrong usage: {' '.join(words) or 'no targets'}", done.stderr)


def yardstick(check):
    write("plant.csv", plant())
    done, s = run("plant.csv", "--targets", "Naphtha,Kerosene", *QUICK, "--model", "naive,ridge,ensemble", "--output", "yard", "--summary", "s.json", "--save", "yard.norn")
    metrics = {(r["model"], r["target"], r["step"]): r for r in rows_of("yard/metrics.csv")}
    one = metrics[("ridge", "Naphtha", "2")]
    check.that(done.returncode == 0 and "rel mae" in done.stdout.decode().splitlines()[0], "the last value is the yardstick of the table", done.stdout)
    check.that(all(float(r["rel_mae"]) == 1 for r in metrics.values() if r["model"] == "naive"), "its rel_mae is 1", "")
    check.that(abs(float(one["rel_mae"]) - float(one["mae"]) / float(metrics[("naive", "Naphtha", "2")]["mae"])) < 1e-9, "others' is a ratio of MAE", one)
    mean = math.sqrt(float(metrics[("ridge", "Naphtha", "all")]["rel_mae"]) * float(metrics[("ridge", "Kerosene", "all")]["rel_mae"]))
    check.that(abs(float(metrics[("ridge", "all", "all")]["rel_mae"]) - mean) < 1e-9 and abs(s["models"][1]["rel_mae"] - mean) < 1e-9, "over targets the geometric mean", mean)
    check.that(not os.path.exists("yard/summary.json") and {r["model"] for r in rows_of("yard/weights.csv")} == {"naive", "ridge"}, "--summary takes its file; naive has a weight", os.listdir("yard"))
    done, _ = run("plant.csv", "--load", "yard.norn", "--out", "b.csv")
    check.that(done.returncode == 0 and open("b.csv", "rb").read() == open("yard/forecast.csv", "rb").read(), "naive is kept", done.stderr.decode())
    done = subprocess.run([NORN, "help", "multi"], stdout=subprocess.PIPE, check=False)
    check.that(b"default naive,ridge,ebm,gbdt,ensemble" in done.stdout, "it is in the default list", "")
    started = [["--targets", "Naphtha", "--errors", "no/such/x"], ["--targets", "Naphtha", "--explain", "plant.csv"], ["--targets", "Naphtha", "--drop", "Naphtha"],
               ["--targets", "Naphtha", "--static", "Naphtha"], ["--targets", "Naphtha", "--model", "ridge[7]"], ["--targets", "Naphtha", "--model", "a=gbdt,a=ridge"]]
    said = ["--errors: cannot make folder no/such/x", "--explain: cannot make folder plant.csv: Not a directory", "drop: Naphtha is a target", "statics: Naphtha is a target",
            "ridge uses no season", "the alias 'a' stands twice"]
    for words, what in zip(started, said):
        done, _ = run("plant.csv", *words, "--out", "never.csv")
        check.that(done.returncode in (1, 2) and what in done.stderr.decode() and b"features" not in done.stderr and not os.path.exists("never.csv"), f"refused before any work: {' '.join(words[2:])}", done.stderr)
    with open("ahead.csv", "w", encoding="utf-8") as f:
        f.write("date,plan\n" + "".join(f"{datetime.date(2024, 10, 29) + datetime.timedelta(days=k)},{k}\n" for k in range(3)))
    done, _ = run("plant.csv", "--targets", "Naphtha", "--horizon", "3", "--model", "naive", "--future", "ahead.csv", "--out", "f.csv")
    check.that(done.returncode == 0 and "plan is not used: all missing in DATA's rows" in done.stderr.decode(), "a column in --future alone: where it is missing", done.stderr)
    done, s = run("plant.csv", "--targets", "Naphtha", "--quick", "--windows", "8", "--horizon", "3", "--model", "naive", "--out", "f.csv", "--summary", "s.json")
    check.that(done.returncode == 0 and s["n_origins"] == 8 and s["n_fits"] == 2, "--windows wins over --quick", s.get("n_origins"))


def kept(check):
    columns = plant()
    write("all.csv", columns)
    done, _ = run("all.csv", "--targets", "Naphtha,Kerosene", "--static", "crude_*,API", *QUICK, "--model", CHEAP, "--save", "m.norn", "--out", "a.csv")
    check.that(done.returncode == 0, "--save", done.stderr.decode())
    done, s = run("all.csv", "--load", "m.norn", "--out", "b.csv", "--summary", "s.json")
    check.that(done.returncode == 0 and open("a.csv", "rb").read() == open("b.csv", "rb").read() and s["n_fits"] == 1, "--load forecasts the same from the same rows", done.stderr.decode())
    done, _ = run("all.csv", "--load", "m.norn", "--out", "b.csv", "--explain", "why2")
    check.that(done.returncode == 0 and "explanations.html" in os.listdir("why2"), "kept models explain themselves", done.stderr.decode())
    newer = plant(180)
    write("newer.csv", {k: v[100:] for k, v in newer.items()}, first="2024-09-09")
    done, _ = run("newer.csv", "--load", "m.norn", "--out", "c.csv")
    check.that(done.returncode == 0 and rows_of("c.csv")[0]["ds"] == "2024-11-28", "--load goes on from newer rows", done.stderr.decode())
    write("other.csv", {k: v for k, v in columns.items() if k != "temp"})
    done, _ = run("other.csv", "--load", "m.norn")
    check.that(done.returncode == 3 and "'temp'" in done.stderr.decode(), "a table without one of its columns is refused by name", done.stderr)
    for model, fewest in (("ebm(outer_bags=2,max_rounds=20)", 29), ("gbdt(n_trees=12,early_stopping=0)", 29), ("autoformer(epochs=1,seq_len=60,base=none)", 30), ("naive(season=70)", 30)):
        done, _ = run("all.csv", "--targets", "Naphtha", "--drop", "mode", *QUICK, "--model", model, "--save", "few.norn", "--out", "a.csv")
        check.that(done.returncode == 0, f"--save {model}", done.stderr.decode())
        write("few.csv", {k: v[-fewest:] for k, v in columns.items()}, first=str(datetime.date(2024, 6, 1) + datetime.timedelta(days=150 - fewest)))
        done, _ = run("few.csv", "--load", "few.norn", "--out", "b.csv")
        same = done.returncode == 0 and open("a.csv", "rb").read() == open("b.csv", "rb").read()
        check.that(same or (done.returncode == 3 and "rows are too few: the kept models look back over" in done.stderr.decode()), f"{model}: {fewest} rows give the same or are refused", done.stderr)
    data = bytearray(open("m.norn", "rb").read())
    data[len(data) // 2] ^= 1
    open("bad.norn", "wb").write(data)
    done, _ = run("all.csv", "--load", "bad.norn")
    check.that(done.returncode == 3, "a damaged store is refused", done.stderr)


def interrupted(check):
    columns = plant(300)
    write("long.csv", columns)
    args = ["long.csv", "--targets", "Naphtha,Kerosene", "--model", "gbdt(n_trees=150,early_stopping=0),ridge,ensemble", "--windows", "10", "--refit", "1"]
    whole, s = run(*args, "--out", "whole.csv", "--summary", "s.json")
    check.that(whole.returncode == 0, "the whole run", whole.stderr.decode())
    process = subprocess.Popen([NORN, "multi", *args, "--resume", "folder", "--out", "part.csv"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.time() + 60
    while time.time() < deadline and not (os.path.exists("folder/items.log") and os.path.getsize("folder/items.log") > 4000):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    start = time.time()
    _, err = process.communicate(timeout=60)
    check.that(process.returncode == 130 and not os.path.exists("part.csv"), "an interrupt ends it with 130", (process.returncode, err))
    check.that(time.time() - start < 5, "soon", time.time() - start)
    done, again = run(*args, "--resume", "folder", "--out", "part.csv", "--summary", "r.json")
    check.that(done.returncode == 0 and again["n_resumed"] > 0, "it goes on from there", done.stderr.decode())
    check.that(again["digest"] == s["digest"] and open("part.csv", "rb").read() == open("whole.csv", "rb").read(), "to the same end")
    done, _ = run(*args, "--resume", "folder", "--seed", "9")
    check.that(done.returncode == 2, "another run is refused", done.stderr)


def bench(check):
    done = subprocess.run([NORN, "bench", "multi", "--quick", "--model", CHEAP, "--out", "b.json", "--threads", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    report = json.load(open("b.json", encoding="utf-8")) if done.returncode == 0 else {}
    check.that(done.returncode == 0 and report["digests_equal"] and [m["model"] for m in report["models"]][0] == "ridge", "norn bench multi", done.stderr)
    check.that(len(report.get("workers", [])) == 2 and all(m["accuracy"] > 50 and m["serial_peak_bytes"] > 0 for m in report["models"]), "accuracy, seconds, memory", report)


def test(check):
    for part in (files_and_numbers, every_target_at_every_worker_count, memory, leaks, odd_tables, yardstick, kept, interrupted, bench):
        part(check)


sys.exit(tap.run_in_folder(test))
