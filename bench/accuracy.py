#!/usr/bin/env python3
"""Accuracy on M4 beside R's forecast, on the same series: writes docs/accuracy.md.

Run: accuracy.py NORN R_FOLDER [--write docs/accuracy.md]
R_FOLDER holds {yearly,quarterly,weekly,hourly}.csv made by bench/accuracy_r.R; NORN_DATA (default ../shared/data) holds m4/.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import os
import subprocess
import sys
import tempfile

GROUPS = [("yearly", 1, 6), ("quarterly", 4, 8), ("weekly", 1, 13), ("hourly", 24, 48)]
MODELS = "naive2,ses,holt,damped=holt(damped=true),theta,auto_ets,near=auto_ets(search=near)"


def read_long(path):
    series = {}
    with open(path, newline="") as f:
        for row in csv.DictReader(f):
            series.setdefault(row["unique_id"], []).append(float(row["y"]))
    return series


def scores(train, test, forecast, m):
    smape = sum(200 * abs(y - p) / (abs(y) + abs(p)) if y or p else 0.0 for y, p in zip(test, forecast)) / len(test)
    scale = sum(abs(a - b) for a, b in zip(train[m:], train)) / (len(train) - m)
    return smape, sum(abs(y - p) for y, p in zip(test, forecast)) / len(test) / scale


def norn_scores(norn, folder, name, m, h):
    train_path = os.path.join(folder, f"{name}_train.csv")
    train, test = read_long(train_path), read_long(os.path.join(folder, f"{name}_test.csv"))
    with tempfile.TemporaryDirectory() as tmp:
        out, summary = os.path.join(tmp, "f.csv"), os.path.join(tmp, "s.json")
        subprocess.run([norn, "forecast", train_path, "--horizon", str(h), "--season-length", str(m), "--model", MODELS,
                        "--level", "none", "--quiet", "--out", out, "--summary", summary], check=True)
        forecasts = {}
        with open(out, newline="") as f:
            rows = csv.reader(f)
            columns = next(rows)[2:]
            for row in rows:
                for c, v in zip(columns, row[2:]):
                    forecasts.setdefault((row[0], c), []).append(float(v))
        with open(summary) as f:
            run = json.load(f)
    return {key: scores(train[key[0]], test[key[0]], p, m) for key, p in forecasts.items()}, run


def mean(values):
    return sum(values) / len(values)


def main():
    norn, r_folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    data = os.path.join(os.environ.get("NORN_DATA", "../shared/data"), "m4")
    if not os.path.isdir(data):
        sys.exit(f"accuracy: {data} is absent; set NORN_DATA to a folder with m4/")
    with open(os.path.join(data, "naive2.json")) as f:
        naive2 = json.load(f)
    lines = ["# Accuracy on M4 beside R's forecast", "",
             "Made by `bench/accuracy.py build/norn R_FOLDER --write docs/accuracy.md`, R's scores by `bench/accuracy_r.R` (R forecast 8.20,",
             "defaults), both on the same series of the half of M4 that the tests hold; sMAPE in per cent and MASE as the competition defines them.",
             "A ratio below 1 is better than R; the aim is at most 1.005.", "",
             "## naive2 against the reference", "", "| group | series | sMAPE | reference | MASE | reference |", "|---|---|---|---|---|---|"]
    table = ["", "## Models against R", "", "`near` is `auto_ets(search=near)`; R's is `ets` in both rows.", "", "| group | series | model | sMAPE | R | ratio | MASE | R | ratio |",
             "|---|---|---|---|---|---|---|---|---|"]
    worst = 0.0
    for name, m, h in GROUPS:
        mine, run = norn_scores(norn, data, name, m, h)
        ids = [i for i, c in mine if c == "naive2"]
        own = [mine[i, "naive2"] for i in ids]
        ref = naive2[name]
        lines.append(f"| {name} | {len(ids)} | {mean([s for s, _ in own]):.3f} | {ref['smape']:.3f} | "
                     f"{mean([a for _, a in own]):.3f} | {ref['mase']:.3f} |")
        path = os.path.join(r_folder, f"{name}.csv")
        if not os.path.exists(path):
            continue
        theirs = {}
        with open(path, newline="") as f:
            for row in csv.DictReader(f):
                if row["mase"] not in ("NA", "") and row["smape"] not in ("NA", "NaN"):
                    theirs[row["unique_id"], row["method"]] = (float(row["smape"]), float(row["mase"]))
        for model in ("ses", "holt", "damped", "theta", "auto_ets", "near"):
            peer = "auto_ets" if model == "near" else model
            keys = [(i, model) for i, method in theirs if method == peer and (i, model) in mine]
            if not keys:
                continue
            a, b = [mine[k] for k in keys], [theirs[i, peer] for i, _ in keys]
            s, rs, q, rq = mean([x for x, _ in a]), mean([x for x, _ in b]), mean([x for _, x in a]), mean([x for _, x in b])
            worst = max(worst, s / rs, q / rq)
            table.append(f"| {name} | {len(keys)} | {model} | {s:.3f} | {rs:.3f} | {s / rs:.4f} | {q:.3f} | {rq:.3f} | {q / rq:.4f} |")
        print(f"{name}: {run['n_items']} items in {run['elapsed_seconds']:.2f} s, digest {run['digest']}", file=sys.stderr)
    lines += table + ["", f"Worst ratio: {worst:.4f}."]
    text = "\n".join(lines) + "\n"
    if "--write" in sys.argv:
        with open(sys.argv[sys.argv.index("--write") + 1], "w") as f:
            f.write(text)
    print(text)


if __name__ == "__main__":
    main()
