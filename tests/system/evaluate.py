#!/usr/bin/env python3
"""norn evaluate from outside: its numbers against plain Python, every edge of its input, the same digest however it runs.

Run: evaluate.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import math
import os
import random
import signal
import subprocess
import sys
import time
import zipfile

from tap import run_in_folder

NORN = os.path.abspath(sys.argv[1])
H, M = 4, 4


def run(*args, **options):
    p = subprocess.run([NORN, "evaluate", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, text=True, **options)
    p.rows = list(csv.DictReader(p.stdout.splitlines())) if p.returncode in (0, 4) else []
    return p


def make_series(n_series=30):
    rng, series = random.Random(5), {}
    for i in range(n_series):
        n, level = rng.choice([9, 14, 20, 31, 44]), rng.uniform(20, 900)
        series[f"s{i:02d}"] = [round(level * (1 + 0.01 * t + 0.15 * (t % M == 1)) + rng.gauss(0, level / 15), 2) for t in range(n)]
    series["s07"][5] = None
    series["s07"][-2] = None
    return series


def quarter(t):
    return f"{2001 + t // 4}-{3 * (t % 4) + 1:02d}-01"


def write(path, series, first=None):
    with open(path, "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        for k, y in series.items():
            start = first[k] if first else 0
            for t, v in enumerate(y):
                f.write(f"{k},{quarter(start + t)},{'' if v is None else v}\n")


def mean(x):
    x = [v for v in x if v is not None and not math.isnan(v)]
    return sum(x) / len(x) if x else math.nan


def steps(y, m):
    return mean([abs(a - b) for a, b in zip(y[m:], y) if a is not None and b is not None])


def expected(errors, series):
    """Means over folds, then over series, from errors.csv alone."""
    folds = {}
    for r in errors:
        folds.setdefault((r["unique_id"], r["model"], r["cutoff"]), []).append(r)
    per = {}
    for (i, model, cutoff), rows in folds.items():
        n = [quarter(t) for t in range(200)].index(cutoff) + 1
        y = [float(r["y"]) if r["y"] else None for r in rows]
        f = [float(r["forecast"]) for r in rows]
        known = [(a, b, r) for a, b, r in zip(y, f, rows) if a is not None]
        scale = steps(series[i][:n], M)
        s = {"smape": mean([200 * abs(a - b) / (abs(a) + abs(b)) for a, b, _ in known]),
             "mae": mean([abs(a - b) for a, b, _ in known]),
             "rmse": math.sqrt(mean([(a - b) ** 2 for a, b, _ in known])),
             "mape": mean([100 * abs((a - b) / a) for a, b, _ in known]),
             "coverage-80": mean([float(float(r["lo-80"]) <= a <= float(r["hi-80"])) for a, _, r in known]),
             "msis-95": mean([float(r["hi-95"]) - float(r["lo-95"]) + 40 * max(0, float(r["lo-95"]) - a) + 40 * max(0, a - float(r["hi-95"]))
                              for a, _, r in known]) / scale}
        s["mase"] = s["mae"] / scale
        per.setdefault((model, i), []).append(s)
    total = {}
    for (model, _), folds_of in per.items():
        total.setdefault(model, []).append({k: mean([f[k] for f in folds_of]) for k in folds_of[0]})
    out = {m: {k: mean([s[k] for s in of]) for k in of[0]} for m, of in total.items()}
    for m in out:
        out[m]["owa"] = (out[m]["smape"] / out["naive2"]["smape"] + out[m]["mase"] / out["naive2"]["mase"]) / 2
    return out


def close(a, b):
    return abs(a - b) <= 1e-9 * (1 + abs(b))


def numbers(check, series):
    flags = ["data.csv", "--horizon", str(H), "--windows", "3", "--step", "2", "--model", "naive2,theta,drift", "--errors", "dir"]
    p = run(*flags)
    check.that(p.returncode == 0, "cross-validation runs", p.stderr)
    with open("dir/errors.csv", encoding="ascii") as f:
        want = expected(list(csv.DictReader(f)), series)
    wrong = [(r["model"], k, r[k], v) for r in p.rows for k, v in want[r["model"]].items() if not close(float(r[k]), v)]
    check.that(not wrong and len(p.rows) == 3, "the table is what errors.csv gives in plain Python", wrong)
    check.that(all(os.path.getsize(f"dir/{n}") > 100 for n in ("by_horizon.csv", "worst.csv", "by_horizon.svg", "report.md")),
               "the error analysis is whole", os.listdir("dir"))
    with open("dir/by_horizon.csv", encoding="ascii") as f:
        by = [r for r in csv.DictReader(f) if r["model"] == "theta"]
    with open("dir/errors.csv", encoding="ascii") as f:
        rows = [r for r in csv.DictReader(f) if r["model"] == "theta" and r["step"] == "2" and r["y"]]
    cover = mean([float(float(r["lo-95"]) <= float(r["y"]) <= float(r["hi-95"])) for r in rows])
    check.that(len(by) == H and close(float(by[1]["coverage-95"]), cover), "coverage along the horizon", (by[1:2], cover))
    hidden = run("data.csv", "--horizon", str(H), "--windows", "3", "--step", "2", "--model", "theta,drift")
    owa = {r["model"]: r["owa"] for r in p.rows}
    check.that([r["model"] for r in hidden.rows] == ["theta", "drift"] and all(r["owa"] == owa[r["model"]] for r in hidden.rows),
               "naive2 is added silently for OWA", hidden.stdout)
    table = run("data.csv", "--horizon", str(H), "--windows", "3", "--step", "2", "--model", "naive2,theta,drift", "--by-series")
    of = [float(r["smape"]) for r in table.rows if r["model"] == "theta" and r["smape"]]
    check.that(close(mean(of), want["theta"]["smape"]) and len(table.rows) == 3 * len(series), "--by-series has a row for each", len(table.rows))


def windows(check, series):
    p = run("data.csv", "--horizon", str(H), "--model", "naive", "--fallback", "none", "--items", "items.csv")
    with open("items.csv", encoding="ascii") as f:
        items = list(csv.DictReader(f))
    wrong = [r for r in items if r["cutoff"] != quarter(len(series[r["unique_id"]]) - H - 1)]
    check.that(p.returncode == 0 and len(items) == len(series) and not wrong, "one window: the last horizon of every series", wrong[:2])
    p = run("data.csv", "--horizon", "12", "--windows", "5", "--step", "3", "--model", "naive", "--summary", "s.json", "--error-threshold", "1")
    with open("s.json", encoding="utf-8") as f:
        s = json.load(f)
    short = sum(1 for y in series.values() if len(y) < 14)
    fewer = sum(1 for y in series.values() if 14 <= len(y) < 14 + 12)
    check.that(p.returncode == 0 and s["n_failed"] == short and "one window needs 14" in s["failures"][0]["message"] and
               f"{fewer} series are too short for all windows" in p.stderr, "series too short for the horizon fail, others have fewer windows", p.stderr)
    p = run("data.csv", "--horizon", "12", "--model", "naive")
    check.that(p.returncode == 4, "too many of them: exit code 4", p.returncode)
    for bad, words in ((["--step", "0"], "--step: 0 is outside"), (["--windows", "0"], "--windows: 0 is outside"), (["--refit", "-1"], "--refit"),
                       (["--level", "100"], "level"), (["--model", "theta,theta"], "stands twice"), (["--metric", "x"], "--metric"),
                       (["--expanding=false"], "--sliding"), (["--grid", "nope.toml"], "nope.toml"), (["--metric", "msis", "--level", "none"], "level"),
                       (["--actual", "test.csv", "--windows", "2"], "--actual is one hold-out"), (["--actual", "-"], "standard input"),
                       (["--grid", "g.toml", "--model", "naive"], "exclude each other")):
        p = run("data.csv", "--horizon", str(H), *bad)
        check.that(p.returncode in (1, 2) and words in p.stderr, f"{' '.join(bad)}: a usage error that says why", p.stderr)
    a = run("data.csv", "--horizon", str(H), "--windows", "3", "--model", "mean", "--by-series", "--sliding", "6", "--fallback", "none")
    b = run("data.csv", "--horizon", str(H), "--windows", "3", "--model", "mean", "--by-series", "--fallback", "none")
    check.that(a.returncode == 0 and a.stdout != b.stdout, "sliding windows train on less", a.stderr)


def moving_on(check):
    base = ["data.csv", "--horizon", str(H), "--windows", "4", "--step", "1", "--by-series"]
    a, b = run(*base, "--model", "naive,seasonal_naive"), run(*base, "--model", "naive,seasonal_naive", "--refit", "0")
    wrong = [(x, y) for x, y in zip(a.rows, b.rows) if abs(float(x["smape"]) - float(y["smape"])) > 1e-9]
    check.that(b.returncode == 0 and not wrong and len(a.rows) == len(b.rows), "moved on without a fit, simple models answer the same", wrong[:1])
    cold, warm = run(*base, "--model", "theta", "--warm", "off"), run(*base, "--model", "theta")
    check.that(cold.returncode == 0 and warm.returncode == 0, "warm and cold", cold.stderr + warm.stderr)


def held_out(check, series):
    head = {k: y[:-H] for k, y in series.items()}
    tail = {k: y[-H:] for k, y in series.items()}
    first = {k: len(y) for k, y in head.items()}
    write("train.csv", head)
    write("test.csv", tail, first)
    base = ["train.csv", "--horizon", str(H), "--model", "theta,naive"]
    p = run(*base, "--actual", "test.csv", "--errors", "held")
    q = run("data.csv", "--horizon", str(H), "--model", "theta,naive", "--errors", "inside")
    same = [{k: v for k, v in r.items() if k != "seconds"} for r in p.rows] == [{k: v for k, v in r.items() if k != "seconds"} for r in q.rows]
    check.that(p.returncode == 0 and same, "a hold-out file gives what a window at the end gives", p.stderr)
    with open("held/errors.csv", encoding="ascii") as f, open("inside/errors.csv", encoding="ascii") as g:
        check.that(f.read() == g.read(), "to the last bit of every forecast")
    other = {("x" + k if k < "s05" else k): y for k, y in tail.items()}
    write("other.csv", other, {k: first[k.lstrip("x")] for k in other})
    p = run(*base, "--actual", "other.csv", "--summary", "s.json", "--error-threshold", "0.5")
    with open("s.json", encoding="utf-8") as f:
        s = json.load(f)
    check.that(p.returncode == 0 and s["n_failed"] == 10 and "has no series 's00'" in s["failures"][0]["message"] and
               "5 series are not in the data; first: xs00" in p.stderr, "other ids: named on both sides", p.stderr)
    write("none.csv", {"x" + k: y for k, y in tail.items()}, {"x" + k: v for k, v in first.items()})
    p = run(*base, "--actual", "none.csv")
    check.that(p.returncode == 3 and "has no series" in p.stderr, "no id in common: input not usable", (p.returncode, p.stderr))
    holes = {k: [None if t % 2 else v for t, v in enumerate(y)] for k, y in tail.items()}
    holes["s03"] = [None] * H
    write("holes.csv", holes, first)
    p = run(*base, "--actual", "holes.csv", "--by-series", "--error-threshold", "1")
    row = [r for r in p.rows if r["unique_id"] == "s04" and r["model"] == "naive"][0]
    y, last = holes["s04"], head["s04"][-1]
    check.that(close(float(row["mae"]), mean([abs(v - last) for v in y if v is not None])), "missing future values are left out", row)
    check.that([r["smape"] for r in p.rows if r["unique_id"] == "s03"] == ["", ""] and "no value over the horizon" in p.stderr,
               "a future without a value is no score", p.stderr)
    write("short.csv", {k: y[:2] for k, y in tail.items()}, first)
    p = run(*base, "--actual", "short.csv", "--by-series")
    check.that(p.returncode == 0 and all(r["smape"] for r in p.rows if r["unique_id"] != "s07"), "a test file shorter than the horizon", p.stderr)
    whole = {k: head[k] + tail[k] + [1.0] for k in series}
    write("whole.csv", whole)
    p = run(*base, "--actual", "whole.csv", "--errors", "over")
    with open("held/errors.csv", encoding="ascii") as f, open("over/errors.csv", encoding="ascii") as g:
        check.that(p.returncode == 0 and f.read() == g.read() and "lie inside the data" in p.stderr, "values before and behind the horizon are not used")
    with open("index.csv", "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\ns00,1,2\ns00,2,3\n")
    p = run(*base, "--actual", "index.csv")
    check.that(p.returncode == 3 and "both have dates" in p.stderr, "integers against dates: input not usable", (p.returncode, p.stderr))
    with open("rows_train.csv", "w", encoding="ascii") as f, open("rows_test.csv", "w", encoding="ascii") as g:
        f.write("id,values\n" + "".join(f"{k},{','.join('' if v is None else str(v) for v in y)}\n" for k, y in head.items()))
        g.write("id,values\n" + "".join(f"{k},{','.join('' if v is None else str(v) for v in y)}\n" for k, y in tail.items()))
    p = run("rows_train.csv", "--layout", "rows", "--horizon", str(H), "--season-length", "4", "--model", "theta,naive", "--actual", "rows_test.csv")
    q = run(*base, "--actual", "test.csv", "--season-length", "4")
    check.that(p.returncode == 0 and [r["smape"] for r in p.rows] == [r["smape"] for r in q.rows], "the rows layout goes on behind the data's end", p.stderr)


def formats(check):
    base = ["data.csv", "--horizon", str(H), "--windows", "2", "--model", "theta,naive"]
    plain = run(*base)
    run(*base, "--by-series", "--out", "o.json")
    with open("o.json", encoding="utf-8") as f:
        d = json.load(f)
    row = {k: v for k, v in d["models"][0].items() if k != "seconds"}
    want = {k: (float(v) if k != "model" else v) for k, v in plain.rows[0].items() if k != "seconds"}
    check.that(row == want and len(d["by_horizon"]) == 2 * H and d["horizon"] == H and len(d["series"]) == 60, "JSON holds all tables", list(d))
    p = run(*base, "--out", "o.xlsx")
    check.that(p.returncode == 0 and "xl/worksheets/sheet1.xml" in zipfile.ZipFile("o.xlsx").namelist(), "a workbook", p.stderr)
    p = run(*base, "--plot", "chart.svg", "--quiet")
    with open("chart.svg", encoding="utf-8") as f:
        svg = f.read()
    check.that(p.returncode == 0 and p.stderr == "" and "MASE by step" in svg and "naive" in svg, "a chart by step", p.stderr)
    p = run(*base, "--out", "/nowhere/x.csv")
    check.that(p.returncode == 1 and "/nowhere" in p.stderr, "an output that cannot be", p.stderr)
    p = run(*base, "--errors", "data.csv")
    check.that(p.returncode == 1 and "data.csv" in p.stderr, "an --errors folder that is a file", p.stderr)


def conformal(check):
    base = ["data.csv", "--horizon", "2", "--windows", "2", "--model", "naive,window_average", "--intervals", "conformal"]
    p = run(*base)
    point = run("data.csv", "--horizon", "2", "--windows", "2", "--model", "naive,window_average")
    check.that(p.returncode == 0 and all(0.8 < float(r["coverage-95"]) <= 1 for r in p.rows), "conformal intervals for a point-only model", p.stdout)
    check.that(point.rows[1]["coverage-95"] == "" and [r["mase"] for r in p.rows] == [r["mase"] for r in point.rows],
               "without them it has none; the forecasts are the same", point.stdout)
    with open("one.csv", "w", encoding="ascii") as f:
        f.write("ds,y\n" + "".join(f"{quarter(t)},{100 + t % 7}\n" for t in range(60)))
    p = run("one.csv", "--horizon", "2", "--model", "naive", "--intervals", "conformal")
    check.that(p.returncode == 0 and p.rows[0]["coverage-95"] == "" and "too few errors" in p.stderr, "one series, five errors: no promise of 95 %", p.stderr)
    p = run("one.csv", "--horizon", "2", "--model", "naive", "--intervals", "conformal", "--conformal-windows", "20")
    check.that(p.returncode == 0 and p.rows[0]["coverage-95"] != "" and "too few" not in p.stderr, "twenty of its own suffice", p.stderr)


def forecasts(check):
    """norn forecast --intervals conformal: the intervals of a hold-out, the same however it runs."""
    run("train.csv", "--horizon", str(H), "--actual", "test.csv", "--model", "theta,window_average", "--intervals", "conformal", "--errors", "conf")
    with open("conf/errors.csv", encoding="ascii") as f:
        want = {(r["unique_id"], r["ds"], r["model"]): (r["forecast"], r["lo-80"], r["hi-80"], r["lo-95"], r["hi-95"]) for r in csv.DictReader(f)}

    def go(*more, data="train.csv"):
        p = subprocess.run([NORN, "forecast", data, "--horizon", str(H), "--model", "theta,window_average", "--intervals", "conformal", "--quiet",
                            "--summary", "s.json", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, text=True, check=False)
        if p.returncode != 0:
            return p.stderr, ""
        with open("s.json", encoding="utf-8") as f:
            return json.load(f)["digest"], p.stdout
    digest, text = go()
    got = {(r["unique_id"], r["ds"], m): tuple(r[m + e] for e in ("", "-lo-80", "-hi-80", "-lo-95", "-hi-95"))
           for r in csv.DictReader(text.splitlines()) for m in ("theta", "window_average")}
    wrong = [k for k, v in want.items() if got.get(k) != v]
    check.that(want and not wrong, "norn forecast makes the conformal intervals that the evaluation scored", wrong[:2] or digest)
    for more in (("--threads", "1"), ("--threads", "7"), ("--resume", "fc"), ("--resume", "fc", "--threads", "3")):
        check.that(go(*more) == (digest, text), f"conformal forecasts {' '.join(more)}: same digest, same bytes")
    with open("train.csv", encoding="ascii") as f:
        head, *rows = f.read().splitlines()
    random.Random(4).shuffle(rows)
    with open("mixed.csv", "w", encoding="ascii") as f:
        f.write("\n".join([head] + rows) + "\n")
    check.that(go(data="mixed.csv")[0] == digest, "shuffled rows: same digest")
    check.that("kept models have no history" in go("--load", "models")[0], "not with kept models")


def exogenous(check):
    """Two columns, more rows than a slice of the panel holds, in order and shuffled; known over the horizon of each window."""
    rng, rows, future = random.Random(3), [], ["unique_id,ds,a,b"]
    for i in range(700):
        for t in range(104):
            a, b = rng.random(), 10 * rng.random()
            (rows if t < 100 else future).append(f"q{i:03d},{t}," + (f"{5 + 3 * a + 2 * b + rng.gauss(0, 0.1):.4f}," if t < 100 else "") + f"{a:.4f},{b:.4f}")
    for name in ("x.csv", "mixed.csv"):
        with open(name, "w", encoding="ascii") as f:
            f.write("\n".join(["unique_id,ds,y,a,b"] + rows) + "\n")
        rng.shuffle(rows)
    with open("future.csv", "w", encoding="ascii") as f:
        f.write("\n".join(future) + "\n")
    digests = []
    for name in ("x.csv", "mixed.csv"):
        subprocess.run([NORN, "forecast", name, "--future", "future.csv", "--horizon", "4", "--model", "arima(0,0,0)", "--quiet", "--out", "o.csv",
                        "--summary", "s.json"], check=True, timeout=300)
        with open("s.json", encoding="utf-8") as f:
            digests.append(json.load(f)["digest"])
    check.that(digests[0] == digests[1], "exogenous columns in memory: the same as in a stream", digests)
    p = run("x.csv", "--horizon", "4", "--windows", "2", "--model", "x=arima(0,0,0),naive", "--exogenous", "a,b")
    q = run("x.csv", "--horizon", "4", "--windows", "2", "--model", "x=arima(0,0,0)")
    check.that(p.returncode == 0 and float(p.rows[0]["mae"]) < 0.12 < 3 < float(q.rows[0]["mae"]), "a regression on them finds the noise's size", p.stderr)
    p = run("x.csv", "--horizon", "4", "--model", "naive", "--exogenous", "a")
    check.that(p.returncode == 2 and "--model may name one that does: arima, auto_arima" in p.stderr,
               "no model that uses them: a usage error that names some which do", p.stderr)


def grids(check):
    def grid(text, *more):
        with open("g.toml", "w", encoding="utf-8") as f:
            f.write(text)
        return run("data.csv", "--horizon", str(H), "--windows", "2", "--grid", "g.toml", *more)
    p = grid('model = ["naive", "theta"]\n[ets]\nerror = ["A"]\ntrend = ["N", "A"]\n[w]\nmodel = "window_average"\nwindow = [2, 4]\nseason_length = [1, 4]\n')
    values = [float(r["mase"]) for r in p.rows]
    check.that(p.returncode == 0 and len(p.rows) == 8 and values == sorted(values) and f"best of 8 by mase: {p.rows[0]['model']}" in p.stderr,
               "a grid: every combination, the best first", p.stderr)
    check.that("coverage-95" not in p.rows[0], "without intervals where none are asked for", p.rows[0])
    q = grid('[ets]\nerror = "A"\ntrend = ["A"]\ndamped = [true, false]\n', "--metric", "owa")
    check.that(q.returncode == 0 and {r["model"] for r in q.rows} == {"ets(trend=A,damped=yes)", "ets(trend=A)"}, "true and false mean yes and no", q.stderr)
    for text, words in (('[ets]\nerror = ["Q"]\n', "line 2: ets: error 'Q'"), ("[nope]\nx = [1]\n", "unknown model 'nope'"), ("[ets]\nerror = []\n", "line 2: the list is empty"),
                        ("x = 1\n", "line 1: only `model`"), ("[ets]\nerror = [[1]]\n", "line 2: a list inside"), ("", "names no model"), ("[theta]\n", "line 1: a table without a parameter; model ="),
                        ('[ets]\nerror = ["A"]\n\n[theta] # all of it\n[naive]\n', "line 4: a table without a parameter"),
                        ('[ets]\nerror = [\n  "A",\n]\n[theta]', "line 5: a table without a parameter"), ("[ets\n", "line 1"),
                        ('[window_average]\nwindow = ["1,2"]\n', "line 2: a value holds a comma"),
                        (f"[window_average]\nwindow = [{','.join(str(k) for k in range(1, 102))}]\nseason_length = [{','.join(str(k) for k in range(1, 102))}]\n", "more than 10000")):
        p = grid(text)
        check.that(p.returncode in (1, 2) and words in p.stderr, f"a bad grid says why: {words}", p.stderr)


def default(check):
    p = run("data.csv", "--horizon", str(H))
    q = run("data.csv", "--horizon", str(H), "--model", "auto,naive2")
    same = [{k: v for k, v in r.items() if k != "seconds"} for r in p.rows] == [{k: v for k, v in r.items() if k != "seconds"} for r in q.rows]
    check.that(same and [r["model"] for r in p.rows] == ["auto", "naive2"] and p.rows[1]["owa"] == "1", "no model named: the default forecast beside naive2",
               p.stdout)
    f = subprocess.run([NORN, "forecast", "data.csv", "--horizon", str(H), "--quiet"], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    check.that(f.stdout.startswith("unique_id,ds,auto,auto-lo-80,"), "the default forecast is auto's", f.stdout[:80])
    text = subprocess.run([NORN, "help", "forecast"], stdout=subprocess.PIPE, text=True, timeout=60, check=False).stdout
    check.that("(default auto, or --load's)" in text, "and the help says so", text)
    first = run("data.csv", "--horizon", str(H), "--resume", "usual")
    again = run("data.csv", "--horizon", str(H), "--resume", "usual", "--model", "auto,naive2", "--errors", "usual-errors")
    other = run("data.csv", "--horizon", str(H), "--resume", "usual", "--model", "theta")
    check.that(first.returncode == again.returncode == 0 and "items of an earlier run" in again.stderr and
               "there 'model: auto,naive2', here 'model: theta'" in other.stderr, "a run folder knows the default by its name", other.stderr)
    with open("usual-errors/report.md", encoding="utf-8") as f:
        text = f.read()
    check.that("| model | series | mase | smape |" in text and "1 windows" not in text, "the report tells each measure once", text)
    p = run("data.csv", "--horizon", str(H), "--model", "window_average")
    check.that("window_average has no intervals of its own; --intervals conformal" in p.stderr and "intervals hold" not in p.stderr,
               "a model without intervals is told", p.stderr)
    with open("few.csv", "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n" + "".join(f"k,{t},{t % 3}\n" for t in range(1, 9)))
    p = run("few.csv", "--horizon", "1", "--model", "auto_arima,arima(9,0,9)(2,1,2)[12]")
    check.that(p.returncode == 0 and "1 item is served by the fallback (--items lists it); first: k, arima" in p.stderr, "why the fallback served, in words",
               p.stderr)


def digests(check):
    base = ["data.csv", "--horizon", str(H), "--windows", "4", "--step", "2", "--model", "auto_ets,theta,dynamic_theta,naive,window_average", "--by-series",
            "--summary", "s.json", "--out", "o.csv", "--error-threshold", "1"]

    def go(*more):
        p = run(*base, *more)
        with open("s.json", encoding="utf-8") as f, open("o.csv", encoding="ascii") as g:
            s = json.load(f)
            return (s["digest"], g.read()) if p.returncode == 0 else (p.stderr, "")
    for kind in ("model", "conformal"):
        want = go("--intervals", kind, "--threads", "1")
        for w in ("2", "3", "7", "64"):
            got = go("--intervals", kind, "--threads", w)
            check.that(got == want, f"{kind} intervals, {w} workers: same digest, same bytes", got[0])
        got = go("--intervals", kind, "--chunk-size", "1", "--memory-limit", "64MiB")
        check.that(got == want, f"{kind} intervals, small chunks, little memory: the same", got[0])
    every = json.loads(subprocess.run([NORN, "models", "--json"], check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout)
    at, spec = base.index("--model") + 1, {"arima": "arima(1,1,1)(0,1,1)[4]"}
    usual = base[at]
    base[at] = ",".join(spec.get(m["name"], m["name"]) for m in every)
    want = go("--threads", "1")
    with open("s.json", encoding="utf-8") as f:
        s = json.load(f)
    check.that(len(every) > 25 and s["n_ok"] > 2000 and all(go("--threads", w) == want for w in ("3", "7")),
               "every model that is listed: same digest, same bytes at 1, 3 and 7 workers", s["n_ok"])
    base[at] = usual
    want = go("--budget-evals", "20", "--items", "items.csv", "--threads", "1")
    with open("items.csv", encoding="ascii") as f:
        cut = sum(r["stop"] == "budget_evals" for r in csv.DictReader(f))
    with open("s.json", encoding="utf-8") as f:
        s = json.load(f)
    check.that(cut > 0 and s["n_cut"] == cut and s["deterministic"] and go("--budget-evals", "20", "--threads", "3") == want,
               "a bound on the evaluations: counted, the same at any number of workers", (cut, s["n_cut"]))
    go("--budget-ms", "0.001")
    with open("s.json", encoding="utf-8") as f:
        s = json.load(f)
    check.that(s["n_cut"] > 0 and s["n_failed"] == 0 and not s["deterministic"], "a bound in time says that it is one", s["n_cut"])
    want = go()
    with open("data.csv", encoding="ascii") as f:
        head, *rows = f.read().splitlines()
    random.Random(2).shuffle(rows)
    with open("mixed.csv", "w", encoding="ascii") as f:
        f.write("\n".join([head] + rows) + "\n")
    base[0] = "mixed.csv"
    check.that(go()[0] == want[0], "shuffled rows: same digest")
    base[0] = "data.csv"
    check.that(go("--refit", "2")[0] != want[0], "other folds, another digest")
    check.that(go("--resume", "folder")[0] == want[0] and go("--resume", "folder") == want, "from a run folder: same digest, same bytes")
    check.that(go("--resume", "folder", "--seed", "1")[1] == "", "a folder of another run is refused")
    p = run("data.csv", "--horizon", str(H), "--model", "naive", "--memory-limit", "10")
    check.that(p.returncode == 2 and "memory-limit" in p.stderr, "a memory limit that is none", p.stderr)


def interrupted(check):
    with open("long.csv", "w", encoding="ascii") as f:
        f.write("unique_id,ds,y\n")
        rng = random.Random(1)
        for i in range(800):
            f.writelines(f"z{i},{t},{100 + 10 * (t % 12) + rng.gauss(0, 9):.2f}\n" for t in range(150))
    base = [NORN, "evaluate", "long.csv", "--horizon", "6", "--windows", "4", "--season-length", "12", "--model", "auto_ets", "--resume", "cut", "--out", "cut.csv",
            "--summary", "s.json", "--by-series"]
    p = subprocess.Popen(base, stderr=subprocess.PIPE, text=True)
    end = time.time() + 60
    while p.poll() is None and time.time() < end and not (os.path.exists("cut/items.log") and os.path.getsize("cut/items.log")):
        time.sleep(0.01)
    p.send_signal(signal.SIGINT)
    began = time.time()
    _, said = p.communicate(timeout=60)
    check.that(p.returncode == 130 and time.time() - began < 5 and not os.path.exists("cut.csv") and "cut" in said, "an interrupt ends it and leaves the folder", said)
    done = subprocess.run(base, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    with open("s.json", encoding="utf-8") as f:
        s = json.load(f)
    check.that(done.returncode == 0 and s["n_resumed"] > 0, "and the same command goes on", done.stderr)
    whole = subprocess.run([a for a in base if a not in ("--resume", "cut")], stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    with open("s.json", encoding="utf-8") as f:
        check.that(whole.returncode == 0 and json.load(f)["digest"] == s["digest"], "with the digest of an undisturbed run")


def every_part(check):
    series = make_series()
    write("data.csv", series)
    numbers(check, series)
    windows(check, series)
    moving_on(check)
    held_out(check, series)
    formats(check)
    conformal(check)
    forecasts(check)
    exogenous(check)
    grids(check)
    default(check)
    digests(check)
    interrupted(check)


if __name__ == "__main__":
    sys.exit(run_in_folder(every_part))
