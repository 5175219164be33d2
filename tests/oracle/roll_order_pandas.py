#!/usr/bin/env python3
"""Writes tests/fixtures/roll_order_pandas.txt: rolling medians, quantiles, ranks, minima and maxima as pandas gives them."""
# SPDX-License-Identifier: Apache-2.0
import sys

import numpy as np
import pandas as pd


def text(values):
    return " ".join("nan" if np.isnan(v) else "inf" if v == np.inf else "-inf" if v == -np.inf else repr(float(v)) for v in values)


def arrays(rng):
    yield np.round(rng.standard_normal(24), 6)
    yield rng.integers(0, 4, 30).astype(float)
    gaps = rng.integers(-3, 9, 36).astype(float)
    gaps[rng.random(36) < 0.3] = np.nan
    gaps[7] = np.inf
    gaps[30] = -np.inf
    yield gaps


def main():
    rng = np.random.default_rng(5)
    out = open(sys.argv[1] if len(sys.argv) > 1 else "tests/fixtures/roll_order_pandas.txt", "w")
    out.write(f"# pandas {pd.__version__}, numpy {np.__version__}, tests/oracle/roll_order_pandas.py\n")
    out.write("# x n values..., or: op window min_periods q how results... for the x above\n")
    for x in arrays(rng):
        s = pd.Series(x)
        out.write(f"x {len(x)} {text(x)}\n")
        for window, periods in ((1, 1), (2, 1), (3, 3), (8, 0), (17, 5), (40, 2)):
            r = s.rolling(window, min_periods=periods)
            rows = [("median", 0.5, "-", r.median()), ("min", 0, "-", r.min()), ("max", 0, "-", r.max())]
            for q in (0.0, 0.1, 0.25, 0.5, 0.9, 1.0):
                for how in ("linear", "lower", "higher", "nearest", "midpoint"):
                    if window in (3, 8) or q in (0.1, 0.5):
                        rows.append(("quantile", q, how, r.quantile(q, interpolation=how)))
            for method in ("average", "min", "max"):
                for ascending in (True, False):
                    for pct in (False, True):
                        how = f"{method},{int(ascending)},{int(pct)}"
                        rows.append(("rank", 0, how, r.rank(method=method, ascending=ascending, pct=pct)))
            for op, q, how, y in rows:
                out.write(f"{op} {window} {periods} {q} {how} {text(y)}\n")


main()
