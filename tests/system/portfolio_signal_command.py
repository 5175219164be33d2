#!/usr/bin/env python3
"""`norn portfolio --signal`: hourly signals as a filter; what they change, what they never change, and what is wrong told with its place.

Run: portfolio_signal_command.py NORN   (TAP on stdout)
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import datetime
import json
import math
import os
import random
import subprocess
import sys

import tap

NORN = os.path.abspath(sys.argv[1])
SYMBOLS = ["BTC", "ETH", "SOL"]
HOURS = 24 * 200
START = datetime.datetime(2023, 1, 1)
WALK = ["--window-days", "40", "--test-windows", "3"]
ENV = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
GRID = '[universe]\nassets = [["BTC", "ETH", "SOL"], ["BTC", "ETH"]]\n[allocation]\nkinds = ["equal"]\n[rebalance]\nmethod = ["threshold", "never"]\nthreshold = [0.05, 0.1]\n[costs]\nfee_bps = [0, 10]\n'
HEAD = ["time", "signal", "signal_lo", "signal_hi", "confidence", "n", "n_eff", "bullishness", "agreement", "volume_z", "signal_btc"]


def stamp(hour):
    return (START + datetime.timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M:%SZ")


def norn(*args, data="prices.csv"):
    return subprocess.run([NORN, "portfolio", data, "--grid", "grid.toml", *WALK, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, env=ENV)


def answer(*args):
    done = norn(*args, "--quiet")
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)


def signals(seed=5):
    """(market, btc) of every hour; None: nobody wrote."""
    rng, market, coin, rows = random.Random(seed), 0.0, 0.0, []
    for _ in range(HOURS):
        market, coin = 0.98 * market + rng.gauss(0, 0.08), 0.98 * coin + rng.gauss(0, 0.08)
        rows.append((None if rng.random() < 0.2 else round(market, 4), round(coin, 4)))
    return rows


def put(path, rows, at=stamp, head=HEAD):
    with open(path, "w", encoding="utf-8", newline="") as f:
        out = csv.writer(f)
        out.writerow(head)
        for hour, (market, coin) in rows:
            out.writerow(([at(hour), "" if market is None else market, -1, 1, 0.5, 12, 9.5, "", 0.1, "", coin])[:len(head)])


def write_all():
    rng, price = random.Random(1), [100.0, 50.0, 20.0]
    with open("prices.csv", "w", encoding="utf-8") as f:
        f.write("time," + ",".join(SYMBOLS) + "\n")
        for hour in range(HOURS):
            both = rng.gauss(0, 0.004)
            price = [p * math.exp(both + rng.gauss(0, 0.004)) for p in price]
            f.write(stamp(hour) + "," + ",".join(f"{p:.8g}" for p in price) + "\n")
    with open("grid.toml", "w", encoding="utf-8") as f:
        f.write(GRID)
    rows = list(enumerate(signals()))
    put("signals.csv", rows)
    return rows


def known(rows, column, hour, age=24):
    """What is known at a bar, the slow way."""
    for back in range(hour, max(-1, hour - age - 1), -1):
        if rows[back][1][column] is not None:
            return rows[back][1][column]
    return None


def curve(folder):
    with open(os.path.join(folder, "data", "portfolio_equity_curve.csv"), newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def check_what_is_held(check, rows):
    got = answer("--signal", "signals.csv", "--signal-min", "0.1", "--output", "out")
    told = got["signal"]
    check.that(told["columns"] == ["signal_btc", "signal", "signal"] and told["min"] == 0.1 and told["file"] == "signals.csv" and told["unknown"] == "out",
               "which column filters whom is told", told)
    cells = [known(rows, 1 if s == "BTC" else 0, hour) for hour in range(HOURS) for s in SYMBOLS]
    share = sum(x is None or x < 0.1 for x in cells) / len(cells)
    check.that(abs(told["share_out"] - share) < 1e-12, "the share of bars out", (told, share))
    bars, wrong, money, seen = curve("out"), [], [], 0
    names = [k[:-7] for k in bars[0] if k.endswith("_weight")]
    first = datetime.datetime.strptime(bars[0]["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
    for i, bar in enumerate(bars):
        hour = int((first - START).total_seconds() // 3600) + i
        for name in names:
            x = known(rows, 1 if name == "BTC" else 0, hour)
            out = x is None or x < 0.1
            seen += out
            if out != (float(bar[name + "_value"]) == 0):
                wrong.append((bar["timestamp"], name, x))
        total = float(bar["cash"]) + sum(float(bar[n + "_value"]) for n in names)
        if abs(total - float(bar["total_value"])) > 1e-9 * total or float(bar["cash"]) < -1e-6:
            money.append(bar)
    check.that(not wrong and seen > 100, "at every bar just the assets whose last known signal reaches the least are held", (wrong[:3], seen))
    check.that(not money, "cash and holdings are the equity at every bar, and nothing is owed", money[:2])
    with open("out/data/rebalance_events.csv", newline="", encoding="utf-8") as f:
        events = list(csv.DictReader(f))
    best = got["best_config"]
    trades = sum(e["reason"] == "filter" for e in events)
    check.that(trades == best["splits"][-1]["test"]["filter_trades"] > 10, "its trades are told apart from rebalances", (trades, best["splits"][-1]))
    spent = sum(float(e["cost"]) for e in events)
    check.that(spent <= best["splits"][-1]["test"]["costs"] + 1e-6 and (spent > 0) == (best["splits"][-1]["test"]["costs"] > 0), "and cost what trades cost", spent)
    with open("out/OPTIMIZATION_REPORT.txt", encoding="utf-8") as f:
        check.that("Signal filter" in f.read(), "the report says so")
    with open("out/report.html", encoding="utf-8") as f:
        check.that("signal_btc (BTC)" in f.read(), "and the page")


def check_apart(check):
    bare, also = answer(), answer()
    low = answer("--signal", "signals.csv", "--signal-min", "-1000")
    check.that("signal" not in bare and bare["digest"] == also["digest"] and "filter_trades" not in json.dumps(bare), "without --signal nothing is told of it")
    check.that(low["best_config"]["splits"] == [{k: {**v, "filter_trades": 0} for k, v in s.items()} for s in bare["best_config"]["splits"]],
               "a filter that lets all through changes no number", (low["best_config"]["splits"][0], bare["best_config"]["splits"][0]))
    check.that(low["digest"] != bare["digest"], "but the run is another one")
    high = answer("--signal", "signals.csv", "--signal-min", "1000")
    check.that(all(s["test"]["final_value"] == 10000 and s["test"]["costs"] == 0 for s in high["best_config"]["splits"]), "nothing is let through: all is cash", high["best_config"])

    def holds(a):
        return {t["config_id"]: t for t in a["top"]}
    mid = answer("--signal", "signals.csv")
    for one in (mid, high):
        a, b = holds(one), holds(bare)
        check.that(all(math.isclose(a[k]["test_return"] - a[k]["test_outperformance"], b[k]["test_return"] - b[k]["test_outperformance"], abs_tol=1e-12) for k in set(a) & set(b)),
                   "what is bought and held is not filtered")
    check.that(mid["digest"] == answer("--signal", "signals.csv", "--threads", "1")["digest"], "one digest at any number of workers")
    check.that(mid["overfitting"]["n_trials"] == bare["overfitting"]["n_trials"] and mid["overfitting"] != bare["overfitting"], "luck is judged of the filtered ones")


def check_no_look_ahead(check, rows):
    """Later rows, even an hour later, change nothing before; a row that is known earlier does (so the test can fail)."""
    cut = HOURS - 200
    put("until.csv", rows[:cut] + [(h, (-9.0, -9.0)) for h in range(cut, HOURS)])
    answer("--signal", "signals.csv", "--output", "whole")
    answer("--signal", "until.csv", "--output", "until")
    put("early.csv", [(h, r) for h, r in rows], at=lambda h: stamp(h - 1))
    answer("--signal", "early.csv", "--output", "early")
    whole, until, early = curve("whole"), curve("until"), curve("early")
    same = [a for a in whole if a["timestamp"] < stamp(cut)]
    if list(whole[0]) == list(until[0]):
        check.that(len(same) > 300 and until[:len(same)] == same and until[len(same)]["cash"] != whole[len(same)]["cash"], "rows of later hours change no earlier bar, and their own bar at once",
                   [(a, b) for a, b in zip(same, until) if a != b][:1])
    else:
        check.that(False, "both are of the same best set", (list(whole[0]), list(until[0])))
    check.that(early[:len(same)] != same, "known an hour earlier they would")


def check_files(check, rows):
    want = answer("--signal", "signals.csv")
    mixed = list(rows)
    random.Random(2).shuffle(mixed)
    put("mixed.csv", mixed)
    check.that(answer("--signal", "mixed.csv")["digest"] == want["digest"], "rows in any order")
    put("offset.csv", rows, at=lambda h: (START + datetime.timedelta(hours=h + 2)).strftime("%Y-%m-%d %H:%M:%S+02:00"))
    check.that(answer("--signal", "offset.csv")["digest"] == want["digest"], "any offset from UTC")
    put("twice.csv", rows + rows[5:6])
    check.that(answer("--signal", "twice.csv")["digest"] == want["digest"], "a row that stands twice is one")
    one = answer("--signal", "signals.csv", "--signal-column", "SIGNAL_BTC")["signal"]
    check.that(one["columns"] == ["signal_btc"] * 3, "--signal-column is for all, in any case", one)
    other = list(rows)
    other[4000] = (4000, (9.0, 9.0))
    put("other.csv", other)
    check.that(answer("--signal", "other.csv")["signal"]["key"] != want["signal"]["key"], "another value is another key")
    half = rows[:HOURS // 2]
    put("half.csv", half)
    held, out = answer("--signal", "half.csv", "--signal-unknown", "hold")["signal"], answer("--signal", "half.csv")
    check.that(abs(held["share_unknown"] - out["signal"]["share_unknown"]) < 1e-12 and held["share_out"] < out["signal"]["share_out"], "what is not known is held, or cash", (held, out["signal"]))
    check.that(any("no signal is known" in n for n in out["notes"]), "a note tells of much that is not known", out["notes"])
    ever = answer("--signal", "half.csv", "--signal-max-age", "0")["signal"]
    check.that(ever["share_unknown"] < 0.01, "--signal-max-age 0: the last one holds for ever", ever)


def check_wrong(check, rows):
    with open("signals.csv", encoding="utf-8") as f:
        text = f.read()
    lines = text.splitlines(keepends=True)

    def file(name, body):
        with open(name, "w", encoding="utf-8") as f:
            f.write(body)
        return name
    far = START + datetime.timedelta(days=4000)
    put("far.csv", rows, at=lambda h: (far + datetime.timedelta(hours=h)).strftime("%Y-%m-%dT%H:%M:%SZ"))
    put("old.csv", rows[:48], at=lambda h: stamp(h - 200))
    put("coin.csv", [(h, (None, r[1])) for h, r in rows])
    for what, code, words, args in (
            ("a file that is not there", 3, ["--signal: none.csv", "No such file"], ["none.csv"]),
            ("an empty file", 3, ["--signal: nil.csv", "empty"], [file("nil.csv", "")]),
            ("a header alone", 3, ["--signal: head.csv", "no data rows"], [file("head.csv", lines[0])]),
            ("no column of times", 3, ["line 1", "'hour'", "must be the time"], [file("hour.csv", text.replace("time,", "hour,", 1))]),
            ("no column signal", 3, ["no column 'signal'", "signal_btc"], [file("few.csv", text.replace("signal,", "sentiment,", 1))]),
            ("a column that is not there", 3, ["no column 'mood'", "signal_lo"], ["signals.csv", "--signal-column", "mood"]),
            ("a text as a number", 3, ["line 9, column n", "'many'"], [file("word.csv", "".join(lines[:8]) + lines[8].replace(",12,", ",many,") + "".join(lines[9:]))]),
            ("a time that is none", 3, ["line 5, column time", "'yesterday'"], [file("day.csv", "".join(lines[:4]) + "yesterday" + lines[4][20:] + "".join(lines[5:]))]),
            ("some times with a zone", 3, ["line 6", "time zone"], [file("zone.csv", "".join(lines[:5]) + lines[5].replace("Z,", ",", 1) + "".join(lines[6:]))]),
            ("two values of one hour", 3, ["two values at 2023-01-01T03:00:00Z"], [file("two.csv", text + "2023-01-01T03:00:00Z,7,-1,1,0.5,1,1,,,,7\n")]),
            ("no time in common", 3, ["no bar of the prices has a signal", "2033-12-14", "2023-01-01T00:00:00Z to"], ["far.csv"]),
            ("all of it too old", 3, ["no bar of the prices has a signal", "24 hours"], ["old.csv"]),
            ("a column without a value", 3, ["'signal' holds no value"], ["coin.csv", "--signal-column", "signal"]),
            ("whole numbers for times", 3, ["whole numbers, not dates"], [file("index.csv", "time,signal\n" + "".join(f"{i},0.5\n" for i in range(50)))]),
            ("a least that is no number", 2, ["--signal-min", "nan"], ["signals.csv", "--signal-min", "nan"]),
            ("a negative age", 2, ["--signal-max-age"], ["signals.csv", "--signal-max-age", "-1"])):
        done = norn("--signal", *args, "--out", "never.json")
        said = done.stderr.decode()
        check.that(done.returncode == code and all(w in said for w in words) and not os.path.exists("never.json"), what, (done.returncode, said))
    done = norn("--signal-min", "0.2")
    check.that(done.returncode == 2 and b"--signal FILE" in done.stderr, "a least without a file", done.stderr)
    done = norn("--signal", "signals.csv", "--out", "signals.csv")
    check.that(done.returncode == 2 and b"is the input" in done.stderr, "an output over the signals", done.stderr)


def check_delay_of_what_never_trades(check):
    """With a filter a delay makes a difference even to what is bought and held."""
    with open("grid.toml", "w", encoding="utf-8") as f:
        f.write('[universe]\nassets = [["BTC", "ETH"]]\n[allocation]\nkinds = ["equal"]\n[rebalance]\nmethod = "never"\ndelay_bars = [0, 1, 6]\n')
    bare, with_ = answer(), answer("--signal", "signals.csv")
    check.that(bare["counts"]["n_distinct"] == 1 and with_["counts"]["n_distinct"] == 3, "delays of what never trades are different in effect", (bare["counts"], with_["counts"]))
    check.that(len({t["test_return"] for t in with_["top"]}) == 3, "and they are", with_["top"])


def test(check):
    rows = write_all()
    for part in (check_what_is_held, check_no_look_ahead, check_files, check_wrong):
        part(check, rows)
    check_apart(check)
    check_delay_of_what_never_trades(check)


if __name__ == "__main__":
    sys.exit(tap.run_in_folder(test))
