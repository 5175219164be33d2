#!/usr/bin/env python3
"""What scipy, scikit-learn and statsmodels say of small samples: writes tests/fixtures/finance_stats.csv."""
# SPDX-License-Identifier: Apache-2.0
# make_finance_stats.py [months] > finance_stats.csv (with "months": finance_granger.csv), with scipy 1.17.1, scikit-learn 1.9.1, statsmodels 0.15.0. Rows, comma-separated:
#   f x d1 d2 tail | t x df tail | isf p df x | beta a b x value | grubbs n alpha critical (NIST's formula on scipy's t)
#   sample NAME d x...     (row-major)   then of that sample:
#   lof k factor... | svm nu gamma decision... | forest score...  (2000 trees on all points: a mean over chance)
#   pair NAME x... | second NAME y...    then of that pair:  pearson r | granger lag F p  (does x tell of y)
import sys
import warnings

import numpy as np
import scipy.stats as st
from scipy.special import betainc
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM
from statsmodels.tsa.stattools import grangercausalitytests


def row(*cells):
    print(",".join(c if isinstance(c, str) else repr(float(c)) for c in cells))


def distributions():
    for d1, d2 in ((1, 5), (1, 30), (2, 17), (3, 29), (3, 300), (10, 2.5), (100, 80)):
        for x in (1e-6, 0.03, 0.5, 1, 2.7, 9, 60, 1e4):
            row("f", x, d1, d2, st.f.sf(x, d1, d2))
    for df in (1, 2, 4.5, 10, 34, 400):
        for x in (0, 0.1, 1.3, 4, 12, 150):
            row("t", x, df, st.t.sf(x, df))
        for p in (0.5, 0.3, 0.05, 1e-3, 1e-6, 1e-12):
            row("isf", p, df, st.t.isf(p, df))
    for a, b in ((0.5, 0.5), (1, 3), (20, 7), (300, 200), (0.01, 40)):
        for x in (1e-9, 0.02, 0.3, 0.61, 0.99):
            row("beta", a, b, x, betainc(a, b, x))
    for n in (3, 5, 12, 36, 200):
        for alpha in (0.05, 0.01):
            t = st.t.isf(alpha / (2 * n), n - 2)
            row("grubbs", n, alpha, (n - 1) / np.sqrt(n) * np.sqrt(t * t / (n - 2 + t * t)))


def samples():
    g = np.random.default_rng(8)
    line = g.normal(size=36)
    line[7] = 6
    plane = g.normal(size=(60, 2)) * (1, 30)
    plane[11] = (4, -200)
    heavy = g.standard_t(2, size=24)
    for name, x, k in (("line", line[:, None], 7), ("plane", plane, 12), ("heavy", heavy[:, None], 5)):
        x = np.round(x, 6)
        row("sample", name, x.shape[1], *x.ravel())
        row("lof", k, *-LocalOutlierFactor(n_neighbors=k).fit(x).negative_outlier_factor_)
        for nu in (0.02, 0.1, 0.5):
            gamma = 1 / (x.shape[1] * x.var())
            svm = OneClassSVM(nu=nu, gamma=gamma, tol=1e-12).fit(x)
            row("svm", nu, gamma, *svm.decision_function(x))
        forest = IsolationForest(n_estimators=2000, max_samples=len(x), random_state=1).fit(x)
        row("forest", *-forest.score_samples(x))


def pairs():
    g = np.random.default_rng(3)
    warnings.simplefilter("ignore")
    for name, n, scale, lag in (("lead2", 35, 1, 2), ("none", 23, 1, 0), ("large", 60, 1e7, 1)):
        x = g.normal(size=n).cumsum() if name == "large" else g.normal(size=n)
        y = g.normal(size=n) + (0.8 * np.roll(x, lag) if lag else 0)
        x, y = np.round(x * scale, 6), np.round(y * scale + 5 * scale, 6)
        row("pair", name, *x)
        row("second", name, *y)
        row("pearson", st.pearsonr(x, y)[0])
        for k, (tests, _) in grangercausalitytests(np.column_stack([y, x]), maxlag=3).items():
            f, p = tests["ssr_ftest"][:2]
            row("granger", k, f, p)


def months():
    """Two metrics of 48 months, and tests on their changes: the first as the second's cause (12), and the other way (21)."""
    warnings.simplefilter("ignore")
    g = np.random.default_rng(12)
    second = 200 + np.round(np.cumsum(g.normal(size=48) + 1) * 10, 3)
    first = np.round(5 * np.roll(second, 2) + 30 * g.normal(size=48), 3)
    first[:2] = first[2] - 60, first[2] - 25
    row("first", *first)
    row("second", *second)
    row("pearson", st.pearsonr(first, second)[0])
    change = np.diff(first), np.diff(second)
    for name, effect, cause in (("granger12", 1, 0), ("granger21", 0, 1)):
        for k, (tests, _) in grangercausalitytests(np.column_stack([change[effect], change[cause]]), maxlag=3).items():
            row(name, k, *tests["ssr_ftest"][:2])


def main():
    if sys.argv[1:] == ["months"]:
        print("# by tests/oracle/make_finance_stats.py months")
        months()
        return
    print("# by tests/oracle/make_finance_stats.py")
    distributions()
    samples()
    pairs()


if __name__ == "__main__":
    main()
