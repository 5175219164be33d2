#!/usr/bin/env python3
"""The reference system's rebalancing arithmetic (no costs, no cash), in plain Python, with empyrical's metrics, for test_portfolio_sim_reference.c.

Prices are made from a linear congruential generator that the C test has too. Run: python3 tests/oracle/portfolio_reference_rules.py
"""
# SPDX-License-Identifier: Apache-2.0
from importlib.metadata import version

import empyrical
import numpy as np

BARS, ASSETS, CAPITAL = 500, 3, 10000.0
WEIGHTS = [0.5, 0.3, 0.2]
CASES = [  # method, threshold, days, hours, momentum, hours of a bar
    ("threshold", 0.02, 30, 24, False, 24),
    ("threshold", 0.03, 30, 72, True, 24),
    ("calendar", 0.1, 7, 24, False, 24),
    ("hybrid", 0.04, 14, 48, False, 24),
    ("hybrid", 0.02, 7, 72, True, 4),
    ("calendar", 0.1, 14, 24, True, 1),
]


def prices():
    x, rows, row = 12345, [], [100.0, 20.0, 3.0]
    for _ in range(BARS):
        for a in range(ASSETS):
            x = (1103515245 * x + 12345) % 2**31
            row[a] *= 1 + (x / 2**31 - 0.485) * 0.06 * (a + 1)
        rows.append(list(row))
    return np.array(rows)


def simulate(p, method, threshold, days, hours, momentum, bar_hours):
    shares = np.array(WEIGHTS) * CAPITAL / p[0]
    last, count, equity = 0, 0, []
    back = 30 * 24 // bar_hours  # 30 days of bars, at each timeframe
    for t in range(len(p)):
        value = (shares * p[t]).sum()
        deviation = np.abs(shares * p[t] / value - WEIGHTS).max()
        gone = (t - last) * bar_hours
        due = method in ("threshold", "hybrid") and deviation > threshold
        due |= method in ("calendar", "hybrid") and gone >= days * 24
        if t > 0 and due and gone >= hours:
            rises = momentum and t >= back and value / (shares * p[t - back]).sum() - 1 > 0.2
            if not rises:
                shares = np.array(WEIGHTS) * value / p[t]
                last, count = t, count + 1
        equity.append((shares * p[t]).sum())
    return np.array(equity), count


def main():
    p = prices()
    print(f"/* empyrical-reloaded {version('empyrical-reloaded')}, numpy {np.__version__} */")
    for case in CASES:
        v, count = simulate(p, *case)
        r, year = v[1:] / v[:-1] - 1, 365 * 24 // case[5]
        hold = (np.array(WEIGHTS) * CAPITAL / p[0] * p[-1]).sum() / CAPITAL - 1
        numbers = [v[-1], v[-1] / CAPITAL - 1, hold,
                   empyrical.annual_return(r, annualization=year), empyrical.annual_volatility(r, annualization=year),
                   empyrical.sharpe_ratio(r, annualization=year), empyrical.sortino_ratio(r, annualization=year),
                   empyrical.calmar_ratio(r, annualization=year), empyrical.omega_ratio(r), empyrical.max_drawdown(r)]
        print("    {" + ", ".join(repr(float(x)) for x in numbers) + f", {count}}},  /* {case} */")


if __name__ == "__main__":
    main()
