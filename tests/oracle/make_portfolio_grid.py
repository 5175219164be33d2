#!/usr/bin/env python3
"""The reference's portfolio grid enumerated from its description, and which configurations are the same in effect, by comparing all."""
# SPDX-License-Identifier: Apache-2.0
# Independent of the engine: plain nested loops over the lists of the reference's description, classes by a dictionary over what each
# method looks at. Writes tests/fixtures/portfolio_grid.csv: python3 tests/oracle/make_portfolio_grid.py
import itertools
import os
import platform

SYMBOLS = "BTC ETH BNB SOL ADA XRP MATIC DOT".split()
PAIRS = ["BTC ETH", "BTC BNB", "ETH BNB"]
TRIPLES = [" ".join(c) for c in itertools.combinations(SYMBOLS[:6], 3)]
QUADS = ["BTC ETH SOL BNB", "BTC ETH ADA BNB", "BTC ETH SOL MATIC"]
FIVES = ["BTC ETH BNB SOL ADA", "BTC ETH BNB SOL MATIC"]
FULL = (PAIRS + TRIPLES)[:15] + QUADS + FIVES
QUICK = ["BTC ETH", "BTC ETH BNB", "BTC ETH SOL BNB"]
WEIGHTS = {
    2: [(50, 50), (60, 40), (70, 30), (40, 60)],
    3: [(33, 33, 34), (50, 30, 20), (40, 35, 25), (60, 25, 15)],
    4: [(25, 25, 25, 25), (40, 30, 15, 15), (35, 35, 15, 15), (50, 25, 15, 10), (30, 30, 20, 20)],
    5: [(20, 20, 20, 20, 20), (35, 25, 20, 10, 10), (30, 25, 20, 15, 10)],
}
RULES = list(itertools.product((.05, .08, .10, .12, .15, .20), ("threshold", "calendar", "hybrid"), (7, 14, 30, 60, 90),
                               (12, 24, 48, 72), (False, True)))
QUICK_RULES = [(t, "threshold", 30, 24, False) for t in (.10, .15)]


def weights_of(named, there, k):
    """Scheme k of the count that is left; equal weights where its list is shorter."""
    if there == named or k < len(WEIGHTS[there]):
        return tuple(w / 100 for w in WEIGHTS[there][k])
    return (1 / there,) * there


def grid(panel, quick):
    """(assets, weights, rule) by id, None where fewer than two assets are there."""
    for text in QUICK if quick else FULL:
        named = text.split()
        there = [s for s in named if s in panel]
        for k in range(len(WEIGHTS[len(named)][:2 if quick else None])):
            for rule in QUICK_RULES if quick else RULES:
                yield (tuple(there), weights_of(len(named), len(there), k), rule) if len(there) > 1 else None


def effect(config, bar_hours):
    """All that the simulation of a configuration looks at."""
    assets, weights, (threshold, method, days, hours, momentum) = config
    kept = max(bar_hours, 24 * days if method == "calendar" else 0)
    seen = [assets, weights, method, momentum, hours if hours > kept else 0]
    if method != "calendar":
        seen.append(threshold)
    if method != "threshold":
        seen.append(days)
    return tuple(seen)


def fnv(state, text):
    for byte in text.encode():
        state = (state ^ byte) * 0x100000001b3 % 2**64
    return state


def summary(panel, quick, bar_hours):
    """Counts, and a hash over every configuration's line."""
    first, usable, state = {}, 0, 0xcbf29ce484222325
    for number, config in enumerate(grid(panel, quick), 1):
        if config is None:
            state = fnv(state, f"{number}|-\n")
            continue
        usable += 1
        same = first.setdefault(effect(config, bar_hours), number)
        assets, weights, (threshold, method, days, hours, momentum) = config
        state = fnv(state, "|".join([str(number), " ".join(assets), " ".join(f"{w:.4f}" for w in weights), f"{threshold:g}", method,
                                     str(days), str(hours), str(int(momentum)), str(same)]) + "\n")
    return number, usable, len(first), f"{state:016x}"


def main():
    lines = [f"# tests/oracle/make_portfolio_grid.py, Python {platform.python_version()}",
             "panel,quick,bar_hours,configurations,usable,distinct,fnv1a"]
    for panel in (SYMBOLS, "BTC ETH BNB ADA".split(), "XRP MATIC SOL BTC".split(), ["ADA", "XRP"], ["DOT"]):
        for quick in (1, 0):
            for bar_hours in (1, 24):
                lines.append(",".join(map(str, (" ".join(panel), quick, bar_hours, *summary(panel, quick, bar_hours)))))
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "fixtures", "portfolio_grid.csv"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
