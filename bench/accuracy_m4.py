#!/usr/bin/env python3
"""Accuracy on the shared half of M4 and on M3, beside the competition's published rows and R: writes docs/accuracy.md.

Run: accuracy_m4.py NORN [--models SPEC;…] [--groups yearly,…] [--r R_FOLDER] [--oof FILE.csv] [--threads N] [--write docs/accuracy.md]
NORN_DATA (default ../shared/data) holds m4/ and competitions/, NORN_ORACLES (default ../shared/oracles) R's fits; R_FOLDER holds
{yearly,quarterly,weekly,hourly}.csv made by bench/accuracy_r.R (other methods of R; may be absent). --oof adds rows scored out of
fold, for what was learned: group,unique_id,model,smape,mase,coverage-95,msis-95.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile

DATA = os.environ.get("NORN_DATA", "../shared/data")
ORACLES = os.environ.get("NORN_ORACLES", "../shared/oracles")
# name, season, horizon
GROUPS = [("yearly", 1, 6), ("quarterly", 4, 8), ("weekly", 1, 13), ("hourly", 24, 48)]
M3_GROUPS = [("yearly", 1, 6), ("quarterly", 4, 8), ("monthly", 12, 18), ("other", 1, 8)]
WANTED = ["naive2", "seasonal_naive", "ses", "holt", "damped=holt(damped=true)", "theta", "auto_theta", "ces", "auto_ets",
          "auto_arima", "mstl", "ensemble", "auto"]
# The competition's rows that stand beside: benchmarks and the best entries.
PUBLISHED = ["Naive2", "SES", "Holt", "Damped", "Com", "Theta", "ETS", "ARIMA", "36", "69", "237", "245", "118"]


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


def mean(values):
    values = [v for v in values if v is not None]
    return sum(values) / len(values) if values else float("nan")


def base_name(spec):
    return spec.split("=")[0] if "=" in spec.split("(")[0] else spec


def offered(norn, wanted):
    """The wanted specs whose model this build has."""
    have = {m["name"] for m in json.loads(subprocess.run([norn, "models", "--json"], check=True, capture_output=True).stdout)}
    return [s for s in wanted if (s.split("=", 1)[1] if "=" in s.split("(")[0] else s).split("(")[0].split("[")[0] in have]


def evaluate(norn, train, test, m, h, models, threads, *more):
    """{(id, model): row of scores}, seconds by model, and the run's summary."""
    with tempfile.TemporaryDirectory() as tmp:
        out, summary = os.path.join(tmp, "e.json"), os.path.join(tmp, "s.json")
        subprocess.run([norn, "evaluate", train, "--actual", test, "--horizon", str(h), "--season-length", str(m), "--model", ",".join(models),
                        "--level", "95", "--by-series", "--quiet", "--threads", threads, "--error-threshold", "1", "--out", out,
                        "--summary", summary, *more], check=True)
        with open(out, encoding="utf-8") as f:
            d = json.load(f)
        with open(summary, encoding="utf-8") as f:
            run = json.load(f)
    rows = {(r["unique_id"], r["model"]): r for r in d["series"]}
    return rows, {r["model"]: r for r in d["models"]}, run


def published():
    """{row: {group: (sMAPE, MASE, MSIS or None, 95 % coverage or None)}} and the entries' names."""
    folder = os.path.join(DATA, "m4", "published")
    points, ends, names = {}, {}, {}

    def table(path, into, n_first, first, second):
        with open(path, newline="", encoding="utf-8") as f:
            rows = list(csv.reader(f))
        heads = [i for i, c in enumerate(rows[1]) if c == "Yearly"]
        groups = ["yearly", "quarterly", "monthly", "weekly", "daily", "hourly"]
        for row in rows[2:]:
            if len(row) <= n_first + 13 or not row[n_first + 1]:
                continue
            try:
                into[row[0]] = {g: (float(row[heads[first] + k]), float(row[heads[second] + k])) for k, g in enumerate(groups)}
            except ValueError:
                continue
    table(os.path.join(folder, "Point_Forecasts_Summary.csv"), points, 4, 0, 1)
    table(os.path.join(folder, "Point_Forecasts_Frequency.csv"), points, 1, 0, 1)
    table(os.path.join(folder, "Prediction_Interval_Summary.csv"), ends, 4, 0, 1)
    table(os.path.join(folder, "Prediction_Intervals_Frequency.csv"), ends, 1, 0, 1)
    with open(os.path.join(folder, "Point_Forecasts_Summary.csv"), newline="", encoding="utf-8") as f:
        for row in csv.reader(f):
            if len(row) > 3 and row[0].isdigit():
                names[row[0]] = row[1].split(",")[0]
    return points, ends, names


def weighted(of, counts):
    """A mean over groups, each with as many votes as it has series."""
    n = sum(counts.values())
    return sum(of[g] * counts[g] for g in counts) / n


def number(x, digits=3):
    return "–" if x is None or x != x else f"{x:.{digits}f}"


def read_oof(path):
    """{group: {(id, model): row}}."""
    out = {}
    if path:
        with open(path, newline="", encoding="utf-8") as f:
            for r in csv.DictReader(f):
                row = {k: float(r[k]) if r.get(k) else None for k in ("smape", "mase", "coverage-95", "msis-95")}
                out.setdefault(r["group"], {})[r["unique_id"], r["model"]] = row
    return out


def m4_sections(norn, models, groups, threads, oof, lines):
    points, ends, names = published()
    results, counts, seconds = {}, {}, {}
    shown = [base_name(s) for s in models]
    for name, m, h in groups:
        rows, total, run = evaluate(norn, os.path.join(DATA, "m4", f"{name}_train.csv"), os.path.join(DATA, "m4", f"{name}_test.csv"), m, h,
                                    models, threads)
        results[name] = rows
        counts[name] = len({i for i, _ in rows})
        seconds[name] = {k: total[k]["seconds"] for k in shown}
        results[name].update(oof.get(name, {}))
        print(f"{name}: {run['n_items']} items, {run['n_fallback']} by fallback, {run['n_failed']} failed, {run['elapsed_seconds']:.1f} s, "
              f"digest {run['digest']}", file=sys.stderr)
        for k in shown:
            t = total[k]
            print(f"  {k:16} smape {t['smape']:.3f} mase {t['mase']:.3f} owa {t['owa']:.4f} coverage {number(t['coverage-95'])} "
                  f"{t['seconds']:.1f} s", file=sys.stderr)
    timed = shown
    shown = shown + sorted({k for of in oof.values() for _, k in of})
    value = {k: {g: {w: mean([r[w] for (_, c), r in results[g].items() if c == k]) for w in ("smape", "mase", "msis-95", "coverage-95")}
                 for g in results} for k in shown}

    def line(label, of, note=""):
        cells, base = [], value["naive2"] if of is not points_of else None
        for g in counts:
            s, a = of(g)[:2]
            bs, ba = (base[g]["smape"], base[g]["mase"]) if base else points["Naive2"][g]
            cells.append(f"{s:.3f} | {a:.3f} | {(s / bs + a / ba) / 2:.3f}")
        s, a = (weighted({g: of(g)[k] for g in counts}, counts) for k in (0, 1))
        if base:
            bs, ba = (weighted({g: base[g][w] for g in counts}, counts) for w in ("smape", "mase"))
        else:
            bs, ba = (weighted({g: points["Naive2"][g][k] for g in counts}, counts) for k in (0, 1))
        return f"| {label} | {s:.3f} | {a:.3f} | **{(s / bs + a / ba) / 2:.4f}** | " + " | ".join(cells) + f" |{note}"

    def points_of(g):
        return points[points_of.row][g]
    head = " | ".join(f"{g} sMAPE | MASE | OWA" for g in counts)
    lines += ["## M4", "", "Series: " + ", ".join(f"{n} {g}" for g, n in counts.items()) + ". The first three columns weigh every series alike, as the",
              "competition does; OWA is that of the totals.", "",
              f"| model | sMAPE | MASE | OWA | {head} |", "|---|" + "---:|" * (3 + 3 * len(counts))]
    for k in shown:
        lines.append(line(k, lambda g, k=k: (value[k][g]["smape"], value[k][g]["mase"])))
    lines += ["", "The competition's published rows for these frequencies, with the same weights. They are over all of M4's series of a frequency, the",
              "rows above over the half that is here (quarterly: its short ones), so that OWA alone can be compared.", "",
              f"| published | sMAPE | MASE | OWA | {head} |", "|---|" + "---:|" * (3 + 3 * len(counts))]
    for row in PUBLISHED:
        if row in points:
            points_of.row = row
            lines.append(line(names.get(row, row), points_of))
    lines += ["", "## Intervals on M4", "", "Share of values inside the 95 % interval and MSIS (mean scaled interval score), weighted as above; published rows below the line,",
              "with the coverage that their ACD gives (it does not say the side; below 95 is taken).", "",
              "| model | coverage | MSIS | " + " | ".join(f"{g} coverage | MSIS" for g in counts) + " |", "|---|" + "---:|" * (2 + 2 * len(counts))]
    for k in shown:
        cover = weighted({g: value[k][g]["coverage-95"] for g in counts}, counts)
        msis = weighted({g: value[k][g]["msis-95"] for g in counts}, counts)
        lines.append(f"| {k} | **{100 * cover:.2f}** | {msis:.2f} | "
                     + " | ".join(f"{100 * value[k][g]['coverage-95']:.2f} | {value[k][g]['msis-95']:.2f}" for g in counts) + " |")
    for row in ("Naive", "ETS", "ARIMA", "36", "69", "238", "245", "118"):
        if row in ends:
            cover = weighted({g: 0.95 - ends[row][g][1] for g in counts}, counts)
            msis = weighted({g: ends[row][g][0] for g in counts}, counts)
            lines.append(f"| *{names.get(row, row)}* | {100 * cover:.2f} | {msis:.2f} | "
                         + " | ".join(f"{95 - 100 * ends[row][g][1]:.2f} | {ends[row][g][0]:.2f}" for g in counts) + " |")
    lines += ["", "## Seconds of work", "", "Summed over the items, whichever worker served them.", "", "| model | " + " | ".join(counts) + " |", "|---|" + "---:|" * len(counts)]
    for k in timed:
        lines.append(f"| {k} | " + " | ".join(f"{seconds[g][k]:.2f}" for g in counts) + " |")
    return results


def conformal_section(norn, models, groups, threads, lines):
    shown = [base_name(s) for s in models]
    table, counts = {}, {}
    for name, m, h in groups:
        rows, _, run = evaluate(norn, os.path.join(DATA, "m4", f"{name}_train.csv"), os.path.join(DATA, "m4", f"{name}_test.csv"), m, h, models,
                                threads, "--intervals", "conformal")
        counts[name] = len({i for i, _ in rows})
        for k in shown:
            table[k, name] = [mean([r[w] for (_, c), r in rows.items() if c == k]) for w in ("coverage-95", "msis-95")]
        print(f"conformal {name}: {run['elapsed_seconds']:.1f} s, digest {run['digest']}", file=sys.stderr)
    lines += ["", "## Conformal intervals on M4", "", "The same forecasts with `--intervals conformal`: from the errors of five earlier cut-offs inside each training set, pooled over the",
              "series of a frequency.", "", "| model | coverage | MSIS | " + " | ".join(f"{g} coverage | MSIS" for g in counts) + " |",
              "|---|" + "---:|" * (2 + 2 * len(counts))]
    for k in shown:
        cover, msis = (weighted({g: table[k, g][w] for g in counts}, counts) for w in (0, 1))
        lines.append(f"| {k} | **{100 * cover:.2f}** | {msis:.2f} | " + " | ".join(f"{100 * table[k, g][0]:.2f} | {table[k, g][1]:.2f}" for g in counts) + " |")


def naive2_section(results, lines):
    with open(os.path.join(DATA, "m4", "naive2.json")) as f:
        reference = json.load(f)
    lines += ["", "## naive2 against the reference", "", "| group | series | sMAPE | reference | MASE | reference |", "|---|---:|---:|---:|---:|---:|"]
    for g, rows in results.items():
        own = [r for (_, c), r in rows.items() if c == "naive2"]
        lines.append(f"| {g} | {len(own)} | {mean([r['smape'] for r in own]):.3f} | {reference[g]['smape']:.3f} | "
                     f"{mean([r['mase'] for r in own]):.3f} | {reference[g]['mase']:.3f} |")


def m3_section(norn, models, threads, lines):
    shown = [base_name(s) for s in models]
    table, counts = {}, {}
    for name, m, h in M3_GROUPS:
        path = os.path.join(DATA, "competitions", f"m3_{name}_")
        rows, _, run = evaluate(norn, path + "train.csv", path + "test.csv", m, h, models, threads, "--layout", "rows")
        counts[name] = (len({i for i, _ in rows}), h)
        for k in shown:
            table[k, name] = tuple(mean([r[w] for (_, c), r in rows.items() if c == k]) for w in ("smape", "mase", "coverage-95"))
        print(f"M3 {name}: {run['n_items']} items in {run['elapsed_seconds']:.1f} s, digest {run['digest']}", file=sys.stderr)
    n, votes = sum(c for c, _ in counts.values()), sum(c * h for c, h in counts.values())
    lines += ["", "## M3", "", f"{n} series. sMAPE over series, and over all forecasts as M3's tables have it (a series of horizon 18 counts three times one of 6);",
              "MASE and the 95 % interval's coverage over series.", "",
              "| model | sMAPE | over forecasts | MASE | coverage | " + " | ".join(f"{g} sMAPE" for g in counts) + " |", "|---|" + "---:|" * (4 + len(counts))]
    for k in shown:
        of = [sum(table[k, g][w] * counts[g][0] for g in counts) / n for w in range(3)]
        pooled = sum(table[k, g][0] * counts[g][0] * counts[g][1] for g in counts) / votes
        lines.append(f"| {k} | **{of[0]:.3f}** | {pooled:.3f} | {of[1]:.4f} | {100 * of[2]:.2f} | " + " | ".join(f"{table[k, g][0]:.3f}" for g in counts) + " |")
    lines += ["", "Published elsewhere: Theta 13.01 over forecasts, the competition's best; statsforecast's ensemble of AutoARIMA, ETS, CES and DOT 12.63",
              "(its README)."]


def r_rows(path, h):
    """{id: (forecast, lo, hi)} of one oracle file."""
    with open(path, newline="") as f:
        return {r["id"]: tuple([float(r[f"{p}{k}"]) for k in range(1, h + 1)] for p in ("f", "lo95_", "hi95_"))
                for r in csv.DictReader(f) if r.get("f1") not in ("", "NA", None)}


def r_section(results, r_folder, lines):
    """Ours against R's on the very same series; the worst ratio."""
    worst = 0.0
    lines += ["", "## Against R's forecast 8.20", "", "On the same series; a ratio below 1 is better than R. ets and auto.arima with their defaults from `NORN_ORACLES`, the others by",
              "`bench/accuracy_r.R`. Coverage is of the 95 % interval.", "",
              "| group | series | model | sMAPE | R | ratio | MASE | R | ratio | coverage | R |", "|---|---:|---|" + "---:|" * 8]
    for name, m, h in [g for g in GROUPS if g[0] in results]:
        rows = results[name]
        pairs = []
        for model, file in (("auto_ets", "ets"), ("auto_arima", "auto_arima")):
            path = os.path.join(ORACLES, f"r_m4_{name}_{file}.csv")
            if os.path.exists(path) and any(c == model for _, c in rows):
                train, test = (read_long(os.path.join(DATA, "m4", f"{name}_{p}.csv")) for p in ("train", "test"))
                theirs = {}
                for i, (f, lo, hi) in r_rows(path, h).items():
                    if i in test:
                        s, a = scores(train[i], test[i], f, m)
                        theirs[i] = (s, a, mean([float(x <= y <= z) for x, y, z in zip(lo, test[i], hi)]))
                pairs.append((model, theirs))
        path = os.path.join(r_folder or "", f"{name}.csv")
        if r_folder and os.path.exists(path):
            for model in ("ses", "holt", "damped", "theta"):
                with open(path, newline="") as f:
                    pairs.append((model, {r["unique_id"]: (float(r["smape"]), float(r["mase"]), None) for r in csv.DictReader(f)
                                          if r["method"] == model and r["mase"] not in ("NA", "") and r["smape"] not in ("NA", "NaN")}))
        for model, theirs in pairs:
            ids = [i for i in theirs if (i, model) in rows]
            if not ids:
                continue
            own = [mean([rows[i, model][w] for i in ids]) for w in ("smape", "mase", "coverage-95")]
            r = [mean([theirs[i][k] for i in ids]) for k in range(3)]
            worst = max(worst, own[0] / r[0], own[1] / r[1])
            lines.append(f"| {name} | {len(ids)} | {model} | {own[0]:.3f} | {r[0]:.3f} | {own[0] / r[0]:.4f} | {own[1]:.3f} | {r[1]:.3f} | "
                         f"{own[1] / r[1]:.4f} | {100 * own[2]:.1f} | {number(100 * r[2], 1)} |")
    lines += ["", f"Worst ratio: {worst:.4f}."]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("norn")
    p.add_argument("--models", help="specs, separated by ; (default: what this build has of the usual ones)")
    p.add_argument("--groups", default=",".join(g for g, _, _ in GROUPS))
    p.add_argument("--r", help="folder made by accuracy_r.R")
    p.add_argument("--oof", help="rows scored out of fold")
    p.add_argument("--no-m3", action="store_true")
    p.add_argument("--no-conformal", action="store_true")
    p.add_argument("--threads", default="auto")
    p.add_argument("--write")
    a = p.parse_args()
    norn = os.path.abspath(a.norn)
    if not os.path.isdir(os.path.join(DATA, "m4")):
        sys.exit(f"accuracy_m4: {DATA}/m4 is absent; set NORN_DATA to a folder with m4/ and competitions/")
    models = a.models.split(";") if a.models else offered(norn, WANTED)
    if "naive2" not in models:
        models.insert(0, "naive2")
    version = subprocess.run([norn, "version"], check=True, capture_output=True, text=True).stdout.split("\n")[0]
    lines = ["# Accuracy", "",
             f"Made by `bench/accuracy_m4.py build/norn --write docs/accuracy.md` ({version}, {platform.machine()}) with `norn evaluate --actual`, on the half",
             "of four of M4's frequencies that the tests hold and on M3. sMAPE in per cent, MASE and OWA as the M4 competition defines them.", "",
             "`auto` is the program's own, whose weights were learned from windows of these series' train parts; [auto-accuracy.md](auto-accuracy.md)",
             "has it out of fold.", ""]
    groups = [g for g in GROUPS if g[0] in a.groups.split(",")]
    results = m4_sections(norn, models, groups, a.threads, read_oof(a.oof), lines)
    if not a.no_conformal:
        conformal_section(norn, models, groups, a.threads, lines)
    naive2_section(results, lines)
    if not a.no_m3:
        m3_section(norn, models, a.threads, lines)
    r_section(results, a.r, lines)
    text = "\n".join(lines) + "\n"
    if a.write:
        with open(a.write, "w", encoding="utf-8") as f:
            f.write(text)
    print(text)


if __name__ == "__main__":
    main()
