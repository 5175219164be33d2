#!/usr/bin/env python3
"""Makes hourly closes of made-up markets for trials and benchmarks of `norn portfolio`.

Run: make_price_data.py OUT [--hours 8760] [--seed 20260901] [--layout wide|long|folder] [--symbols BTC,ETH,...] [--assets N]
                        [--start 2019-01-01] [--step 1] [--epoch]

OUT is a file, or with --layout folder a folder that gets SYMBOL_USDT/1h.csv for each symbol. The symbols are the eight of the reference,
or those given; --assets N adds X001, X002, ... until there are N. Each hour's return is a market's, a group's and the symbol's own
noise with calm and wild spells, so that closes are correlated, wander apart and come back. Only sums and products of Python's
own Mersenne twister are used, so that the bytes are the same everywhere. No real prices are in it.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import datetime
import os
import random

SYMBOLS = ["BTC", "ETH", "BNB", "SOL", "ADA", "XRP", "MATIC", "DOT"]
FIRST = {"BTC": 30000.0, "ETH": 2000.0, "BNB": 300.0, "SOL": 40.0, "ADA": 0.5, "XRP": 0.6, "MATIC": 1.0, "DOT": 8.0}
TIMEFRAME = {1: "1h", 4: "4h", 24: "1d"}


def bell(rng):
    """Mean 0, variance 1: four uniform numbers."""
    return (rng.random() + rng.random() + rng.random() + rng.random() - 2.0) * 1.7320508075688772


def closes(symbols, n, seed):
    """Rows of closes, one for each bar."""
    rng = random.Random(seed)
    k = len(symbols)
    price = [FIRST.get(s, 100.0) for s in symbols]
    beta = [0.8 + 0.05 * (i % 9) for i in range(k)]
    own = [0.004 + 0.0006 * (i % 7) for i in range(k)]
    mood, groups = 1.0, 3
    for _ in range(n):
        mood = max(0.4, min(3.0, 1.0 + 0.995 * (mood - 1.0) + 0.06 * bell(rng)))
        market = 0.00006 + 0.0045 * mood * bell(rng)
        group = [0.002 * mood * bell(rng) for _ in range(groups)]
        for i in range(k):
            r = beta[i] * market + group[i % groups] + own[i] * mood * bell(rng)
            price[i] *= 1.0 + max(-0.3, min(0.3, r))
        yield price


def text(x):
    return f"{x:.7g}"


def times(a):
    day = datetime.datetime.fromisoformat(a.start).replace(tzinfo=datetime.timezone.utc)
    for t in range(a.hours):
        at = day + datetime.timedelta(hours=a.step * t)
        yield str(int(at.timestamp() * 1000)) if a.epoch else at.strftime("%Y-%m-%d %H:%M:%S")


def write_tables(a, symbols):
    with open(a.out, "w", newline="", encoding="utf-8") as f:
        f.write("timestamp," + ("symbol,close" if a.layout == "long" else ",".join(symbols)) + "\n")
        for at, row in zip(times(a), closes(symbols, a.hours, a.seed)):
            if a.layout == "wide":
                f.write(at + "," + ",".join(map(text, row)) + "\n")
            else:
                f.write("".join(f"{at},{s},{text(x)}\n" for s, x in zip(symbols, row)))


def write_folder(a, symbols):
    rng = random.Random(a.seed + 1)  # of what no one reads: highs, lows, volumes
    files = []
    for s in symbols:
        folder = os.path.join(a.out, s + "_USDT")
        os.makedirs(folder, exist_ok=True)
        files.append(open(os.path.join(folder, TIMEFRAME.get(a.step, f"{a.step}h") + ".csv"), "w", newline="", encoding="utf-8"))
        files[-1].write("timestamp,open,high,low,close,volume\n")
    before = None
    for at, row in zip(times(a), closes(symbols, a.hours, a.seed)):
        for i, (f, x) in enumerate(zip(files, row)):
            o = before[i] if before else x
            high, low = max(o, x) * (1.0 + 0.004 * rng.random()), min(o, x) * (1.0 - 0.004 * rng.random())
            f.write(f"{at},{text(o)},{text(high)},{text(low)},{text(x)},{text(1000.0 * rng.random())}\n")
        before = list(row)
    for f in files:
        f.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("out")
    p.add_argument("--hours", type=int, default=8760, help="bars")
    p.add_argument("--seed", type=int, default=20260901)
    p.add_argument("--layout", choices=["wide", "long", "folder"], default="wide")
    p.add_argument("--symbols", default=",".join(SYMBOLS))
    p.add_argument("--assets", type=int, default=0)
    p.add_argument("--start", default="2019-01-01")
    p.add_argument("--step", type=int, default=1, help="hours of a bar")
    p.add_argument("--epoch", action="store_true", help="times as milliseconds since 1970, as ccxt gives them")
    a = p.parse_args()
    symbols = a.symbols.split(",")
    symbols += [f"X{i:03d}" for i in range(1, a.assets - len(symbols) + 1)]
    (write_folder if a.layout == "folder" else write_tables)(a, symbols)


if __name__ == "__main__":
    main()
