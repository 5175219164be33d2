#!/usr/bin/env python3
"""`norn portfolio`: counts, outputs, one answer at any number of workers, memory that does not grow, and what is wrong told with its place.

Run: portfolio_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import glob
import json
import math
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time

import tap

NORN = os.path.abspath(sys.argv[1])
with open(NORN, "rb") as binary:
    SANITIZED = re.search(rb"__[at]san_init", binary.read()) is not None
WORKERS = ("3", "64") if SANITIZED else ("2", "3", "7", "64")  # what a sanitizer sees, it sees at any count
EIGHT = ["BTC", "ETH", "BNB", "SOL", "ADA", "XRP", "MATIC", "DOT"]
SPEC = ["config_id", "assets", "weights", "threshold", "method", "calendar_days", "min_interval_hours", "momentum_filter",
        "test_outperformance", "test_return", "test_sharpe", "test_drawdown", "test_win_rate", "test_consistency",
        "train_outperformance", "generalization_gap", "splits_tested"]
ENV = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
WALK = ["--window-days", "60", "--test-windows", "3"]


def norn(*args, **options):
    return subprocess.run([NORN, "portfolio", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=500, env=ENV, **options)


def answer(*args):
    done = norn(*args, "--summary", "summary.json", "--quiet")
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    with open("summary.json", encoding="utf-8") as f:
        return done.stdout, json.load(f)


def closes(symbols, n, seed=1):
    rng, price = random.Random(seed), [100.0 / (k + 1) for k in range(len(symbols))]
    for _ in range(n):
        market = rng.gauss(0.0008, 0.02)
        price = [p * math.exp(market + rng.gauss(0, 0.03)) for p in price]
        yield price


def write(path, symbols, n, seed=1):
    day = datetime.date(2021, 1, 1)
    with open(path, "w", encoding="utf-8") as f:
        f.write("date," + ",".join(symbols) + "\n")
        for t, row in enumerate(closes(symbols, n, seed)):
            f.write(f"{day + datetime.timedelta(t)}," + ",".join(f"{p:.8g}" for p in row) + "\n")


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def check_counts(check):
    eight, _ = json.loads(norn("eight.csv", "--dry-run", *WALK).stdout), None
    check.that(eight["counts"]["n_configurations"] == 58320 and eight["counts"]["n_usable"] == 58320, "the full grid has 58,320", eight["counts"])
    four = norn("four.csv", "--dry-run", *WALK)
    counts = json.loads(four.stdout)["counts"]
    check.that(counts["n_configurations"] == 58320 and counts["n_distinct"] < counts["n_usable"] < 58320, "fewer remain of four symbols", counts)
    check.that(b"58,320" in four.stderr and f"{counts['n_distinct']:,}".encode() in four.stderr, "and --dry-run says so", four.stderr)
    quick = json.loads(norn("eight.csv", "--dry-run", "--quick", *WALK).stdout)
    check.that(quick["counts"]["n_configurations"] == 12, "--quick has 12", quick["counts"])
    check.that("best_config" not in eight and not os.path.exists("never"), "nothing is simulated")


def check_folder(check):
    done = norn("four.csv", *WALK, "--output", "run", "--plot", "equity.svg")
    check.that(done.returncode == 0, "a search with --output", done.stderr)
    names = sorted(os.path.relpath(p, "run") for p in glob.glob("run/**", recursive=True) if os.path.isfile(p))
    check.that(names == ["OPTIMIZATION_REPORT.txt", "PORTFOLIO_SUMMARY.txt", "data/buy_hold_benchmark.csv", "data/portfolio_equity_curve.csv",
                         "data/rebalance_events.csv", "optimization_results_20231114_2213.csv", "optimized_config.yaml", "report.html"],
               "the files of the description", names)
    table = rows_of("run/optimization_results_20231114_2213.csv")
    best = json.loads(done.stdout)["best_config"]
    check.that(list(table[0])[:17] == SPEC, "the columns of the description, in its order", list(table[0]))
    check.that(len(table) == json.loads(done.stdout)["counts"]["n_usable"], "a row for each usable configuration", len(table))
    value = [(-float(r["test_outperformance"]), int(r["config_id"])) for r in table]
    check.that(value == sorted(value), "ranked by outperformance, ties by id")
    check.that(int(table[0]["config_id"]) == best["config_id"] and float(table[0]["test_sharpe"]) == best["test_sharpe"], "the first is the best")
    same = {r["config_id"]: r for r in table}
    numbers = SPEC[8:]
    check.that(all([r[k] for k in numbers] == [same[r["same_as"]][k] for k in numbers] for r in table), "duplicates have their twin's numbers")
    check_axes(check)
    equity = rows_of("run/data/portfolio_equity_curve.csv")
    assets = best["assets"]
    check.that(len(equity) == 60 and list(equity[0])[:2] == ["timestamp", "total_value"] and f"{assets[0]}_weight" in equity[0], "the equity curve")
    off = max(abs(float(r["total_value"]) - float(r["cash"]) - sum(float(r[a + "_value"]) for a in assets)) for r in equity)
    check.that(off < 1e-6, "cash and holdings are the equity at every bar", off)
    check.that(float(equity[-1]["total_value"]) == best["splits"][-1]["test"]["final_value"], "the curve ends at the last test's value")
    events = rows_of("run/data/rebalance_events.csv")
    check.that(len(events) == best["splits"][-1]["test"]["rebalance_count"], "an event for each rebalance", len(events))
    with open("run/OPTIMIZATION_REPORT.txt", encoding="utf-8") as f:
        text = f.read()
    check.that("PBO" in text and "eflated Sharpe" in text and "TL;DR" in text, "the report tells overfitting")
    with open("equity.svg", encoding="utf-8") as f:
        check.that(f.read().startswith("<svg"), "--plot draws the equity")
    again = norn("four.csv", *WALK, "--output", "run2")
    check.that(again.stdout == done.stdout and all(open(f"run/{n}", "rb").read() == open(f"run2/{n}", "rb").read() for n in names),
               "the same run writes the same bytes")


def check_axes(check):
    """Rows can be told apart: every axis that varies has a column."""
    with open("axes.toml", "w", encoding="utf-8") as f:
        f.write('[universe]\nassets = [["BTC", "ETH"]]\n[rebalance]\nthreshold = [0.05, 0.1]\nband = ["absolute", "relative"]\nto = ["target", "edge"]\n'
                'momentum_days = [10, 20]\nmomentum_limit = [0.1, 0.2]\n[capital]\nstart = [1000, 10000]\ncash_rate = [0, 0.02]\nborrow_rate = [0.05, 0.1]\n')
    done = norn("four.csv", *WALK, "--grid", "axes.toml", "--out", "axes.csv")
    check.that(done.returncode == 0, "a grid with many axes", done.stderr)
    table = rows_of("axes.csv")
    axes = ["momentum_days", "momentum_limit", "capital", "cash_rate", "borrow_rate"]
    check.that(list(table[0])[-6:] == ["generalization_gap_per_window", *axes], "axes without a column get one", list(table[0]))
    keys = ["assets", "weights", "threshold", "method", "calendar_days", "min_interval_hours", "relative", "to_edge", *axes]
    check.that(len({tuple(r[k] for k in keys) for r in table}) == len(table) == 256, "no two rows are the same", len(table))


def check_splits(check):
    best = json.loads(answer("four.csv", *WALK, "--quick")[0])
    splits = best["splits"]
    bars = [(s["train_bars"], s["test_bars"]) for s in splits]
    check.that(bars == [(60, 60), (120, 60), (180, 60)], "expanding: train is all before", bars)
    check.that(all(a["train_end"] < a["test_start"] for a in splits) and splits[0]["test_end"] < splits[1]["test_start"], "tests follow their trains")
    rolling = json.loads(answer("four.csv", *WALK, "--quick", "--scheme", "rolling", "--purge-bars", "2", "--embargo-bars", "5")[0])["splits"]
    check.that([(s["train_bars"], s["test_bars"]) for s in rolling] == [(58, 55)] * 3, "rolling, with purge and embargo", rolling)
    free = json.loads(answer("four.csv", *WALK, "--quick", "--fee-bps", "0", "--slippage-bps", "0")[0])
    check.that(free["best_config"]["test_costs"] == 0 < best["best_config"]["test_costs"], "costs are counted, and can be 0")


def check_history(check):
    """The tests end where the prices end, and know what lies before the first train, however many they are."""
    with open("lookback.toml", "w", encoding="utf-8") as f:
        f.write('[allocation]\nkinds = ["momentum"]\nlookback_days = 150\ntop_k = 1\n[rebalance]\nmethod = ["never"]\n')
    few, many = (json.loads(answer("eight.csv", "--window-days", "40", "--test-windows", n, "--grid", "lookback.toml")[0]) for n in ("2", "5"))
    for a, b in ((few, many),):
        check.that([s["test_end"] for s in a["splits"]] == [s["test_end"] for s in b["splits"]][-2:], "the same last tests", (a["splits"], b["splits"]))
        check.that([s["test"] for s in a["best_config"]["splits"]] == [s["test"] for s in b["best_config"]["splits"]][-2:], "a test does not depend on how many there are", a)
        check.that(a["splits"][-1]["test_end"] == a["data"]["last"] and a["data"]["n_bars"] == 300, "tests end where the prices end", a["data"])
    done = norn("four.csv", "--window-days", "80", "--quick", "--out", "fewer.json", "--output", "fewer")
    with open("fewer.json", encoding="utf-8") as f:
        got = json.load(f)
    with open("fewer/OPTIMIZATION_REPORT.txt", encoding="utf-8") as f:
        report = " ".join(f.read().split())
    check.that(len(got["splits"]) == 2 and got["splits"][-1]["test_end"] == got["data"]["last"], "fewer tests than asked end there, too", got["splits"])
    early = subprocess.run([NORN, "portfolio", "four.csv", *WALK, "--quick"], capture_output=True, env={**ENV, "SOURCE_DATE_EPOCH": "1609632000"})
    check.that(b"296 of 300 bars lie in the future, from 2021-01-05 on" in early.stderr and b"future" not in done.stderr, "bars of days to come are told", early.stderr)
    words = "5 tests are asked for, 2 fit"
    check.that(words.encode() in done.stderr and any(words in n for n in got["notes"]) and words in report, "it is said, noted, and in the report", done.stderr)


def check_workers(check):
    first, told = answer("eight.csv", *WALK, "--threads", "1")
    for n in WORKERS:
        data, summary = answer("eight.csv", *WALK, "--threads", n)
        check.that(data == first and summary["digest"] == told["digest"], f"{n} workers: the same bytes and digest", summary["digest"])
        check.that(len(summary["workers"]) == int(n), f"{n} workers there are", summary["workers"])
    busy = [w["items"] for w in answer("eight.csv", *WALK, "--threads", "2")[1]["workers"]]
    check.that(sum(busy) >= 200 and min(busy) > 0, "200 items or more, and every worker had some", busy)
    check.that(told["n_simulated"] == 4 * told["n_distinct"] and told["backtests_per_second"] > 0, "the rate counts distinct ones", told)
    other = answer("eight.csv", *WALK, "--fee-bps", "10.000001")[1]
    check.that(other["digest"] != told["digest"], "another fee is another digest")


def check_inputs(check):
    first, told = answer("four.csv", *WALK, "--quick")
    wide = rows_of("four.csv")
    with open("long.csv", "w", encoding="utf-8") as f:
        f.write("timestamp,symbol,close\n")
        f.writelines(f"{r['date']},{s}/USDT,{r[s]}\n" for s in ("BTC", "ETH", "BNB", "ADA") for r in wide)
    os.makedirs("ohlcv")
    for s in ("BTC", "ETH", "BNB", "ADA"):
        os.makedirs(f"ohlcv/{s}_USDT")
        with open(f"ohlcv/{s}_USDT/1d.csv", "w", encoding="utf-8") as f:
            f.write("timestamp,open,high,low,close,volume\n")
            f.writelines(f"{r['date']},1,2,0.5,{r[s]},10\n" for r in wide)
    for name in ("long.csv", "ohlcv"):
        check.that(answer(name, *WALK, "--quick", "--timeframe", "1d")[1]["digest"] == told["digest"], f"{name}: the same digest as the wide table")
    own, shuffled = rows_of("own.csv"), random.Random(4)
    cells = [(r["date"], s, r[s]) for s in ("AAA", "BBB", "CCC") for r in own]
    shuffled.shuffle(cells)
    with open("shuffled.csv", "w", encoding="utf-8") as f:
        f.write("timestamp,symbol,close\n")
        f.writelines(",".join(c) + "\n" for c in cells)
    with open("turned.csv", "w", encoding="utf-8") as f:
        f.write("date,CCC,AAA,BBB\n")
        f.writelines(f"{r['date']},{r['CCC']},{r['AAA']},{r['BBB']}\n" for r in own)
    digests = {answer(name, *WALK)[1]["digest"] for name in ("own.csv", "shuffled.csv", "turned.csv")}
    check.that(len(digests) == 1, "one digest, whatever the layout and the order of rows and columns", digests)
    piped = norn("-", *WALK, "--quick", "--quiet", stdin=open("four.csv", encoding="utf-8"))
    check.that(piped.stdout == first, "standard input")
    two = json.loads(answer("eight.csv", *WALK, "--quick", "--symbols", "ETH,BTC")[0])
    check.that(two["data"]["symbols"] == ["ETH", "BTC"], "--symbols", two["data"])
    own, _ = answer("own.csv", *WALK)
    check.that(json.loads(own)["counts"]["n_distinct"] > 10 and any("over these symbols" in n for n in json.loads(own)["notes"]),
               "other symbols: a grid of their own", own)


def check_grid_and_metric(check):
    with open("grid.toml", "w", encoding="utf-8") as f:
        f.write('[allocation]\nkinds = ["equal", "min_variance", "hrp"]\nlookback_days = 30\nestimate_days = 20\n'
                '[rebalance]\nmethod = ["threshold", "hybrid"]\n[threshold]\nmin = 0.02\nmax = 0.1\nstep = 0.02\n[costs]\nfee_bps = [0, 20]\n')
    base = json.loads(answer("four.csv", *WALK, "--grid", "grid.toml", "--metric", "sharpe")[0])
    check.that(base["counts"]["n_configurations"] == 60 and base["metric"]["name"] == "sharpe", "a grid of one's own", base["counts"])
    check.that({a["axis"] for a in base["sensitivity"]} >= {"threshold", "method", "fee_bps"}, "sensitivity for each axis that varies")
    top = [c["test_sharpe"] for c in base["top"]]
    check.that(top == sorted(top, reverse=True), "ranked by the metric", top)
    calm = json.loads(answer("four.csv", *WALK, "--grid", "grid.toml", "--metric", "volatility")[0])
    check.that(calm["metric"]["best"] == calm["best_config"]["test_volatility"] <= calm["metric"]["median"], "the calmest is the best by volatility",
               calm["metric"])


def check_failures(check):
    with open("half.toml", "w", encoding="utf-8") as f:
        f.write('[allocation]\nkinds = ["equal"]\n[rebalance]\nthreshold = [0.02, 0.05, 0.1]\n[capital]\nstart = [1e-12, 10000]\n')
    done = norn("four.csv", *WALK, "--grid", "half.toml", "--summary", "half.json", "--out", "half.csv")
    with open("half.json", encoding="utf-8") as f:
        summary = json.load(f)
    check.that(done.returncode == 4 and (summary["n_ok"], summary["n_failed"]) == (3, 3), "half of them fail: 4", (done.returncode, summary))
    check.that(summary["failures"][0]["item"] == "1" and "capital" in summary["failures"][0]["message"], "and say why", summary["failures"])
    rows = rows_of("half.csv")
    check.that([r["status"] for r in rows] == ["ok"] * 3 + ["argument"] * 3 and rows[-1]["test_sharpe"] == "", "the others have their numbers", rows)
    check.that(norn("four.csv", *WALK, "--grid", "half.toml", "--error-threshold", "0.5", "--out", "half.csv").returncode == 0, "--error-threshold")


def check_wrong(check):
    write("one.csv", ["BTC"], 300)
    write("short.csv", EIGHT[:4], 50)
    for name, text in (("bad.toml", "[rebalance]\nthreshold = [0.1]\nnonsense = 3\n"), ("worse.toml", "[rebalance]\nthreshold = [\n"), ("text.csv", "date,BTC,ETH\n2021-01-01,1,x\n"),
                       ("many.toml", '[allocation]\nkinds = ["equal"]\n[rebalance]\nmethod = ["hybrid"]\n[threshold]\nmin = 0.001\nmax = 0.9\nstep = 0.001\n[every]\nmin = 1\nmax = 300\nstep = 1\n')):
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
    cases = [("no file", ["none.csv"], (1, 3), b"none.csv"),
             ("one symbol", ["one.csv", *WALK], (3,), b"two"),
             ("too few bars", ["short.csv", *WALK], (3,), b"bars"),
             ("a text as a price", ["text.csv", *WALK], (3,), b"x"),
             ("a window of no bars", ["four.csv", "--window-days", "0.01"], (2,), b"window-days"),
             ("--train-windows of an expanding train", ["four.csv", *WALK, "--train-windows", "2"], (2,), b"--scheme rolling"),
             ("an unknown metric", ["four.csv", "--metric", "luck"], (2,), b"metric"),
             ("an unknown timeframe", ["four.csv", "--timeframe", "2h"], (2,), b"timeframe"),
             ("a finer timeframe than the prices", ["four.csv", "--timeframe", "1h"], (3,), b"1h"),
             ("a grid's unknown key", ["four.csv", *WALK, "--grid", "bad.toml"], (2,), b"line 3"),
             ("a grid that does not end", ["four.csv", *WALK, "--grid", "worse.toml"], (2,), b"line"),
             ("no grid there", ["four.csv", *WALK, "--grid", "none.toml"], (2,), b"none.toml"),
             ("--quick and --grid", ["four.csv", *WALK, "--quick", "--grid", "grid.toml"], (2,), b"--quick"),
             ("a negative fee", ["four.csv", "--fee-bps", "-1"], (2,), b"fee-bps"),
             ("--format xlsx", ["four.csv", *WALK, "--format", "xlsx"], (2,), b"format"),
             *((f"--out {name}", ["four.csv", *WALK, "--out", name], (2,), word) for name, word in
               (("x.xlsx", b"xlsx is not written"), ("x.XLSX", b"xlsx is not written"), ("x.pdf", b"pdf is not written; portfolio writes json or csv"),
                ("x.html.gz", b"html is not written"), ("x.txt", b"txt is not written"))),
             ("a table under the name of JSON", ["four.csv", *WALK, "--items", "x.json"], (2,), b"json is not written"),
             ("less memory than there must be", ["eight.csv", *WALK, "--memory-limit", "33MiB", "--grid", "many.toml"], (1,), b"--memory-limit"),
             ("a folder that cannot be", ["four.csv", *WALK, "--output", "four.csv/x"], (1,), b"--output"),
             ("an output over the input", ["four.csv", *WALK, "--out", "four.csv"], (2,), b"four.csv")]
    for name, args, codes, word in cases:
        done = norn(*args)
        check.that(done.returncode in codes and word in done.stderr and not done.stdout, name, (done.returncode, done.stderr, done.stdout[:80]))
    full = norn("four.csv", *WALK, "--quick", "--out", "/dev/full")
    check.that(full.returncode == 1 and b"space" in full.stderr, "a full disk is told", full.stderr)
    check.that(not glob.glob("x.*"), "and nothing is written of all that", glob.glob("x.*"))


def check_help(check):
    text = subprocess.run([NORN, "help", "portfolio"], stdout=subprocess.PIPE, check=True).stdout.decode()
    check.that("--metric outperformance|return|sharpe|sortino|calmar|cagr|max_drawdown|volatility|ulcer|omega|train_outperformance|train_sharpe\n" in text, "choices are whole", text)
    check.that("intervals" not in text and "series and accuracy" not in text and "best portfolio's equity" in text, "the common flags are told in words that hold here", text)
    shown = [line.split()[2:] for line in text.splitlines() if line.startswith("  norn portfolio ")]
    os.makedirs("data/ohlcv", exist_ok=True)
    for symbol in ("BTC", "ETH"):
        with open(f"data/ohlcv/{symbol}.csv", "w", encoding="utf-8") as f:
            f.write("timestamp,close\n")
            f.writelines(f"2021-01-{1 + h // 24:02d} {h % 24:02d}:00,{100 + h % 7}\n" for h in range(0, 480, 4))
    write("prices.csv", EIGHT[:3], 2300)
    for args in shown:
        short = ["--window-days", "4", "--test-windows", "2"] if args[0] == "data/ohlcv" else []
        done = norn(*args, *short)
        check.that(done.returncode == 0, "an example: " + " ".join(args), done.stderr)


def check_disk(check):
    """A folder of outputs is whole or empty."""
    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200000, 200000))
    done = norn("four.csv", *WALK, "--output", "half", "--quiet", preexec_fn=small_files)
    check.that(done.returncode == 1 and b"cannot write" in done.stderr and not done.stdout and not os.path.exists("half"), "no room for one file: none is there, and no folder",
               (done.returncode, done.stderr, os.path.exists("half")))
    os.mkdir("mine")
    done = norn("short.csv", *WALK, "--output", "mine")
    check.that(done.returncode == 3 and os.listdir("mine") == [], "a folder that was there stays, without what was made in it", (done.returncode, os.listdir("mine")))


def check_frugal(check):
    """Less memory puts more aside and changes no byte; a dry run tells what it will be."""
    with open("wide.toml", "w", encoding="utf-8") as f:
        f.write('[allocation]\nkinds = ["equal", "inverse_vol", "erc"]\nlookback_days = 30\nestimate_days = 10\n[rebalance]\nmethod = ["threshold", "hybrid"]\n'
                '[threshold]\nmin = 0.002\nmax = 0.4\nstep = 0.002\n[every]\nmin = 1\nmax = 20\nstep = 1\n[costs]\nfee_bps = [0, 10]\n')
    for name, grid in (("the full grid", []), ("a grid of estimates", ["--grid", "wide.toml"]), ("the small grid", ["--quick"])):
        args = ["eight.csv", *WALK, *grid, "--threads", "2"]
        told = json.loads(norn(*args, "--dry-run").stdout)["effort"]["memory_bytes"]
        body, summary = answer(*args)
        check.that(SANITIZED or 0.75 < told / summary["memory_peak_bytes"] < 1.25, f"{name}: the dry run tells the memory", (told, summary["memory_peak_bytes"]))
        for limit in ("40MiB", "64MiB"):
            check.that(answer(*args, "--memory-limit", limit)[0] == body, f"{name}: the same bytes within {limit}")


def check_memory(check):
    """A million backtests within a limit that their rows alone would pass."""
    with open("million.toml", "w", encoding="utf-8") as f:
        f.write('[allocation]\nkinds = ["equal"]\n[rebalance]\nmethod = ["hybrid"]\n[threshold]\nmin = 0.0002\nmax = 0.1\nstep = 0.0002\n'
                '[every]\nmin = 1\nmax = 50\nstep = 1\n[costs]\nfee_bps = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]\n')
    write("small.csv", EIGHT[:4], 60)
    limit = 300 << 20

    def bound():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    args = ["small.csv", "--window-days", "12", "--test-windows", "3", "--grid", "million.toml", "--quiet", "--summary", "million.json", "--threads", "2"]
    done = norn(*args, "--memory-limit", "200MiB", preexec_fn=None if SANITIZED else bound)
    summary = json.load(open("million.json", encoding="utf-8")) if done.returncode == 0 else {}
    check.that(done.returncode == 0 and summary["n_simulated"] == 1000000, "1,000,000 backtests", (done.returncode, done.stderr, summary))
    if done.returncode == 0:
        check.that(SANITIZED or summary["peak_rss_bytes"] < limit, "within the limit", summary["peak_rss_bytes"])


def check_interrupt(check):
    with open("slow.toml", "w", encoding="utf-8") as f:
        f.write('[allocation]\nkinds = ["equal"]\n[rebalance]\nmethod = ["hybrid"]\n[threshold]\nmin = 0.0005\nmax = 0.4\nstep = 0.0005\n'
                '[every]\nmin = 1\nmax = 500\nstep = 1\n[costs]\nfee_bps = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]\n')
    run = subprocess.Popen([NORN, "portfolio", "eight.csv", *WALK, "--grid", "slow.toml", "--out", "never.json", "--output", "never"], stderr=subprocess.PIPE)
    time.sleep(1.5)
    run.send_signal(signal.SIGINT)
    start = time.monotonic()
    said = run.communicate(timeout=60)
    took = time.monotonic() - start
    check.that(run.returncode == 130 and not glob.glob("never*"), "Ctrl-C: 130, and nothing of it is left", (run.returncode, said, glob.glob("never*")))
    check.that(took < (20 if SANITIZED else 3), "soon", took)


def test(check):
    write("eight.csv", EIGHT, 300)
    write("four.csv", ["BTC", "ETH", "BNB", "ADA"], 300, 2)
    write("own.csv", ["AAA", "BBB", "CCC"], 300, 3)
    for part in (check_counts, check_folder, check_splits, check_history, check_workers, check_inputs, check_grid_and_metric, check_failures, check_wrong, check_help, check_disk, check_frugal, check_memory,
                 check_interrupt):
        part(check)


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
