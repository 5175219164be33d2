#!/usr/bin/env python3
"""Weights of tests/portfolio/test_portfolio_alloc*.c by other hands: scikit-learn, cvxopt, scipy, skfolio, PyPortfolioOpt, pandas.

Run: python3 tests/oracle/portfolio_weights.py ../shared/data/prices > tests/fixtures/portfolio_weights.txt
"""
# SPDX-License-Identifier: Apache-2.0
import sys
import warnings
from importlib.metadata import version

import cvxopt
import numpy as np
import pandas as pd
from pypfopt.hierarchical_portfolio import HRPOpt
from scipy.optimize import minimize, root
from sklearn.covariance import LedoitWolf

warnings.filterwarnings("ignore")
cvxopt.solvers.options.update(show_progress=False, abstol=1e-15, reltol=1e-15, feastol=1e-13, maxiters=200)
TOOLS = ("scikit-learn", "cvxopt", "scipy", "skfolio", "PyPortfolioOpt", "pandas", "numpy")


def put(name, x):
    x = np.atleast_2d(np.asarray(x, float))
    print("=", name, *x.shape)
    for row in x:
        print(*(repr(float(v)) for v in row))


def objective(cov, mu, aversion, w):
    return aversion / 2 * w @ cov @ w - mu @ w


def programme(cov, mu, aversion, lo, hi):
    """The better one of cvxopt's interior point and scipy's SLSQP started there."""
    k = len(cov)
    scale = aversion * np.max(np.diag(cov))
    box = np.vstack([-np.eye(k), np.eye(k)]), np.r_[np.full(k, -float(lo)), np.full(k, float(hi))]
    found = cvxopt.solvers.qp(cvxopt.matrix(cov * aversion / scale), cvxopt.matrix(-mu / scale), cvxopt.matrix(box[0]),
                              cvxopt.matrix(box[1]), cvxopt.matrix(np.ones((1, k))), cvxopt.matrix([1.0]))
    a = np.array(found["x"]).ravel()
    b = minimize(lambda w: objective(cov, mu, aversion, w) / scale, a, jac=lambda w: (aversion * cov @ w - mu) / scale, method="SLSQP",
                 bounds=[(lo, hi)] * k, constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(k)},
                 options={"ftol": 1e-16, "maxiter": 500}).x
    feasible = abs(b.sum() - 1) < 1e-12 and b.min() >= lo - 1e-12 and b.max() <= hi + 1e-12
    return b if feasible and objective(cov, mu, aversion, b) < objective(cov, mu, aversion, a) else a


def equal_risk(cov, budget):
    c = cov / np.max(np.diag(cov))
    y = root(lambda z: np.exp(z) * (c @ np.exp(z)) - budget, -np.log(np.diag(c)) / 2, tol=1e-15).x
    return np.exp(y) / np.exp(y).sum()


def peers(x, cov, w_min, w_erc):
    """What skfolio says, as a remark: its conic solver stops early, so in percent."""
    from skfolio import RiskMeasure
    from skfolio.moments import EmpiricalCovariance
    from skfolio.optimization import MeanRisk, RiskBudgeting
    from skfolio.prior import EmpiricalPrior
    prior = EmpiricalPrior(covariance_estimator=EmpiricalCovariance())
    a = MeanRisk(risk_measure=RiskMeasure.VARIANCE, prior_estimator=prior).fit(100 * x).weights_
    b = RiskBudgeting(risk_measure=RiskMeasure.VARIANCE, prior_estimator=prior).fit(100 * x).weights_
    print("# skfolio from these: minimum variance %.1e, equal risk %.1e" % (np.abs(a - w_min).max(), np.abs(b - w_erc).max()))


def case(name, x, year):
    n, k = x.shape
    zero, mean = np.zeros(k), x.mean(0)
    shrunk = LedoitWolf().fit(x)
    sample = np.cov(x.T)
    put(name + ".returns", x)
    put(name + ".lw_shrinkage", shrunk.shrinkage_)
    put(name + ".lw_cov", shrunk.covariance_)
    for tag, cov in (("lw", shrunk.covariance_), ("sample", sample)):
        for lo, hi in ((0, 1), (0, 0.3), (-0.1, 0.4)):
            put("%s.min_variance_%s_%g_%g" % (name, tag, lo, hi), programme(cov, zero, 1, lo, hi))
            put("%s.mean_variance_%s_%g_%g" % (name, tag, lo, hi), programme(cov * year, mean * year, 4, lo, hi))
    erc = equal_risk(shrunk.covariance_, np.full(k, 1 / k))
    put(name + ".erc_lw", erc)
    if n > k + 1:
        put(name + ".erc_sample", equal_risk(sample, np.full(k, 1 / k)))
        put(name + ".budget", np.arange(1, k + 1))
        put(name + ".erc_budget", equal_risk(sample, np.arange(1, k + 1) / (k * (k + 1) / 2)))
        peers(x, sample, programme(sample, zero, 1, 0, 1), equal_risk(sample, np.full(k, 1 / k)))
    put(name + ".inverse_vol", 1 / x.std(0, ddof=1) / (1 / x.std(0, ddof=1)).sum())
    put(name + ".hrp", list(HRPOpt(pd.DataFrame(x, columns=range(k))).optimize("single").values()))


def main():
    folder = sys.argv[1]
    print("# " + __doc__.splitlines()[0])
    print("# " + __doc__.splitlines()[2])
    print("# " + ", ".join("%s %s" % (t, version(t)) for t in TOOLS))
    prices = pd.read_csv(folder + "/pypfopt_stock_prices.csv", index_col=0)
    returns = prices.pct_change(fill_method=None)
    late = returns.iloc[-300:].dropna()
    case("eight", late.iloc[-70:, [1, 3, 6, 10, 13, 16, 17, 19]].round(6).to_numpy(), 252)
    case("many", late.iloc[-9:, :14].round(6).to_numpy(), 252)
    gaps = returns.iloc[-40:, [0, 4, 9, 14]].round(5)
    gaps.iloc[:12, 1] = np.nan
    gaps.iloc[20:25, 3] = np.nan
    put("gaps.returns", gaps)
    put("gaps.cov", gaps.cov())
    put("gaps.hrp", list(HRPOpt(gaps.set_axis(range(4), axis=1)).optimize("single").values()))
    file = pd.read_csv(folder + "/pypfopt_weights_hrp.csv", index_col=0).iloc[:, 0]
    put("file.cov", returns.dropna(how="all").cov())
    put("file.corr", returns.dropna(how="all").corr())
    put("file.hrp", file.reindex(prices.columns))


if __name__ == "__main__":
    main()
