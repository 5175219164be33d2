#!/usr/bin/env python3
"""A plain walk-forward search of portfolios, from the description alone: numbers for tests/fixtures/portfolio_walk.txt."""
# SPDX-License-Identifier: Apache-2.0
# Written from the reference's description with its mended defects: a test begins where its train ends, the calendar counts from the
# purchase, the momentum filter looks 30 days back at every timeframe, and costs come off the equity so that the weights of what is left
# are the target. It shares no code with Norn. Run: python3 tests/oracle/make_portfolio_walk.py > tests/fixtures/portfolio_walk.txt
import itertools
import math
import sys

BARS, WINDOW, TESTS, SYMBOLS = 420, 100, 3, ["BTC", "ETH", "BNB", "ADA"]
PER_YEAR = 365
WEIGHTS = {
    2: [[.5, .5], [.6, .4], [.7, .3], [.4, .6]],
    3: [[.33, .33, .34], [.5, .3, .2], [.4, .35, .25], [.6, .25, .15]],
    4: [[.25] * 4, [.4, .3, .15, .15], [.35, .35, .15, .15], [.5, .25, .15, .1], [.3, .3, .2, .2]],
    5: [[.2] * 5, [.35, .25, .2, .1, .1], [.3, .25, .2, .15, .1]],
}


def prices():
    """Closes (BARS, 4) from a 64-bit congruential generator: the test makes the same."""
    state, p, out = 12345, [100.0, 50.0, 20.0, 1.0], []
    for _ in range(BARS):
        for k in range(4):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
            u = (state >> 11) / 2.0 ** 53
            p[k] = p[k] * (1.0 + 0.09 * (u - 0.49))
        out.append(list(p))
    return out


def quick_grid():
    sets = [["BTC", "ETH"], ["BTC", "ETH", "BNB"], ["BTC", "ETH", "SOL", "BNB"]]
    for assets in sets:
        for k in range(2):
            for threshold in (.10, .15):
                yield assets, k, threshold, "threshold", 30, 24, False


def full_grid():
    top = ["BTC", "ETH", "BNB", "SOL", "ADA", "XRP"]
    sets = [["BTC", "ETH"], ["BTC", "BNB"], ["ETH", "BNB"]]
    sets += [list(c) for c in itertools.combinations(top, 3)][:12]
    sets += [["BTC", "ETH", "SOL", "BNB"], ["BTC", "ETH", "ADA", "BNB"], ["BTC", "ETH", "SOL", "MATIC"]]
    sets += [["BTC", "ETH", "BNB", "SOL", "ADA"], ["BTC", "ETH", "BNB", "SOL", "MATIC"]]
    for assets in sets:
        for k in range(len(WEIGHTS[len(assets)])):
            yield from ((assets, k) + rest for rest in itertools.product(
                (.05, .08, .10, .12, .15, .20), ("threshold", "calendar", "hybrid"), (7, 14, 30, 60, 90), (12, 24, 48, 72), (False, True)))


def trade(values, cash, target, cost):
    """Values and cash after going to the target: the weights of what is left after costs."""
    before = sum(values) + cash
    after = before
    for _ in range(200):
        after = before - cost * sum(abs(w * after - v) for w, v in zip(target, values))
    new = [w * after for w in target]
    return new, after - sum(new)


def simulate(bars, target, config, cost):
    _, _, threshold, method, days, interval, momentum = config
    values, cash = trade([0.0] * len(target), 10000.0, target, cost)
    shares = [v / p for v, p in zip(values, bars[0])]
    held, spare = list(shares), cash
    equity, last, count = [sum(values) + cash], 0, 0
    for i in range(1, len(bars)):
        values = [s * p for s, p in zip(shares, bars[i])]
        total = sum(values) + cash
        off = max(abs(v / total - w) for v, w in zip(values, target)) > threshold
        due = i - last >= days
        go = {"threshold": off, "calendar": due, "hybrid": off or due}[method]
        go = go and (i - last) * 24 >= interval
        if go and momentum and i >= 30:
            then = sum(s * p for s, p in zip(shares, bars[i - 30]))
            go = not sum(values) > 1.2 * then
        if go:
            values, cash = trade(values, cash, target, cost)
            shares = [v / p for v, p in zip(values, bars[i])]
            total, last, count = sum(values) + cash, i, count + 1
        equity.append(total)
    hold = sum(s * p for s, p in zip(held, bars[-1])) + spare
    returns = [b / a - 1 for a, b in zip(equity, equity[1:])]
    mean = math.fsum(returns) / len(returns)
    std = math.sqrt(math.fsum((r - mean) ** 2 for r in returns) / (len(returns) - 1))
    peak, worst = equity[0], 0.0
    for e in equity:
        peak = max(peak, e)
        worst = min(worst, e / peak - 1)
    return {"return": equity[-1] / 10000 - 1, "over": equity[-1] / 10000 - hold / 10000,
            "sharpe": mean * PER_YEAR / (std * math.sqrt(PER_YEAR)), "drawdown": worst, "count": count}


def scheme(assets, k):
    """The assets that are there, and the weights of as many; where the list is too short, equal parts."""
    there = [SYMBOLS.index(a) for a in assets if a in SYMBOLS]
    schemes = WEIGHTS[len(there)] if len(there) >= 2 else []
    return there, schemes[k] if k < len(schemes) else [1 / max(1, len(there))] * len(there)


def walk(table, config, cost):
    there, target = scheme(config[0], config[1])
    if len(there) < 2:
        return None
    chosen = [[row[k] for k in there] for row in table]
    train, test = [], []
    for i in range(TESTS):
        train.append(simulate(chosen[:WINDOW * (i + 1)], target, config, cost))
        test.append(simulate(chosen[WINDOW * (i + 1):WINDOW * (i + 2)], target, config, cost))

    def mean(rows, key):
        return sum(r[key] for r in rows) / len(rows)
    over = mean(test, "over")
    spread = math.sqrt(sum((r["over"] - over) ** 2 for r in test) / TESTS)
    return [over, mean(test, "return"), mean(test, "sharpe"), mean(test, "drawdown"), sum(r["over"] > 0 for r in test) / TESTS, spread,
            mean(train, "over"), mean(train, "return"), mean(train, "sharpe"), mean(train, "drawdown"), mean(train, "over") - over,
            mean(test, "count")]


def main():
    table = prices()[-WINDOW * (TESTS + 1):]
    print("# tests/oracle/make_portfolio_walk.py, Python %d.%d; columns: grid (0 quick, 1 full), cost of a trade, id," % sys.version_info[:2])
    print("# test outperformance return sharpe drawdown win_rate consistency, train outperformance return sharpe drawdown, gap, rebalances")
    full = list(full_grid())
    assert len(full) == 58320
    picks = [(0, c, cost) for cost in (0.0, 0.0015) for c in enumerate(quick_grid(), 1)]
    picks += [(1, (i + 1, full[i]), (0.0, 0.0015, 0.006)[n % 3]) for n, i in enumerate(range(17, len(full), 577))]
    for grid, (number, config), cost in picks:
        row = walk(table, config, cost)
        print(grid, repr(cost), number, *(["none"] if row is None else map(repr, row)))


if __name__ == "__main__":
    main()
