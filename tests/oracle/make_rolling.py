#!/usr/bin/env python3
"""pandas' rolling, expanding and ewm on one small table with missing values: tests/fixtures/rolling_pandas.txt.

Run: python make_rolling.py > ../fixtures/rolling_pandas.txt   (pandas 3.1.1, numpy 2)
Lines: x|…, z|…, t|… (48 values each), then OP|WINDOW|MIN_PERIODS|CENTER|CLOSED|VALUES; values are apart by spaces, 13 digits.
"""
# SPDX-License-Identifier: Apache-2.0
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240501)
N = 48
x = np.round(rng.normal(size=N) * 10 + 5, 1)
z = np.round(rng.normal(size=N) + 0.5 * x, 2)
x[[3, 11, 12, 13, 30]] = np.nan
z[[3, 20, 21]] = np.nan
x[25] = np.inf
x[34:42] = 2.5
t = np.cumsum(rng.integers(0, 5, size=N)) * 1_800_000_000 + 1_600_000_000_000_000

PLAIN = {"count": lambda r: r.count(), "first": lambda r: r.first(), "last": lambda r: r.last(), "sum": lambda r: r.sum(),
         "mean": lambda r: r.mean(), "var": lambda r: r.var(), "std": lambda r: r.std(), "var(ddof=0)": lambda r: r.var(ddof=0),
         "sem": lambda r: r.std() / np.sqrt(C.count()), "min": lambda r: r.min(), "max": lambda r: r.max(), "median": lambda r: r.median(),
         "quantile(0.9)": lambda r: r.quantile(0.9), "quantile(0.25,interpolation=lower)": lambda r: r.quantile(0.25, interpolation="lower"),
         "quantile(0.7,midpoint)": lambda r: r.quantile(0.7, interpolation="midpoint"), "skew": lambda r: r.skew(), "kurt": lambda r: r.kurt(),
         "cov(z)": lambda r: r.cov(Z), "corr(z)": lambda r: r.corr(Z), "cov(z,ddof=0)": lambda r: r.cov(Z, ddof=0)}
RANK = {"rank": lambda r: r.rank(), "rank(method=max,ascending=false,pct=true)": lambda r: r.rank(method="max", ascending=False, pct=True)}


def show(op, window, periods, center, closed, values):
    print("|".join([op, window, str(periods), str(int(center)), closed, " ".join(f"{v:.13g}" for v in np.asarray(values, float))]))


for name, column in (("x", x), ("z", z), ("t", t)):
    print(name + "|" + " ".join(str(v) for v in column.tolist()))
for window, periods, center, closed in (("5", -1, False, "right"), ("4", 2, True, "right"), ("6", 1, False, "left"), ("7", 3, False, "both"),
                                        ("3", 0, True, "neither"), ("100", 2, False, "right"), ("3h", -1, False, "right"),
                                        ("4h", 2, True, "both"), ("90min", 1, False, "neither"), ("expanding", 3, False, "right")):
    timed = window[-1] in "hn"
    index = pd.to_datetime(t, unit="us") if timed else None
    X, Z = pd.Series(x, index=index), pd.Series(z, index=index)
    # pandas' count has infinities in it, its own sem therefore too: C is without them
    r, C = (s.expanding(periods) if window == "expanding" else
            s.rolling(window if timed else int(window), min_periods=None if periods < 0 else periods, center=center, closed=closed)
            for s in (X, X.replace(np.inf, np.nan)))
    # pandas' rank is of the value that came last into the window: the last one only where the window ends at its row
    for op, f in {**PLAIN, **(RANK if not center and closed in ("right", "both") else {})}.items():
        show(op, window, periods, center, closed, f(r))
X = pd.Series(np.where(np.isinf(x), np.nan, x))
for text, args in (("0.3", {"alpha": 0.3}), ("span=5,adjust=false", {"span": 5, "adjust": False}), ("com=2,ignore_na=true", {"com": 2, "ignore_na": True}),
                   ("halflife=3,adjust=false,ignore_na=true", {"halflife": 3, "adjust": False, "ignore_na": True})):
    for periods in (0, 4):
        e = X.ewm(min_periods=periods, **args)
        show(f"ewm({text})", "expanding", periods, False, "right", e.mean())
        for bias in (False, True):
            show(f"ewm_var({text},bias={str(bias).lower()})", "expanding", periods, False, "right", e.var(bias=bias))
        show(f"ewm_std({text})", "expanding", periods, False, "right", e.std())
