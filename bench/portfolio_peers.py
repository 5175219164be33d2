#!/usr/bin/env python3
"""Norn beside vectorbt, empyrical, quantstats, skfolio, PyPortfolioOpt, Riskfolio-Lib and plain numpy, on equal portfolio work."""
# SPDX-License-Identifier: Apache-2.0
# portfolio_peers.py --build BUILD --prices FOLDER [--parts abcde] [--quick], in an environment with
#   pip install vectorbt vectorbt-rust empyrical-reloaded quantstats skfolio PyPortfolioOpt riskfolio-lib
# BUILD is a build folder with -Dbench=true (bench/bench_portfolio, bench/bench_portfolio_runs); FOLDER holds pypfopt_stock_prices.csv.
# Everything runs on one thread; seconds are those of the cores (a busy machine does not change them much), the least of several runs,
# warm. Prints the tables of docs/performance.md, section "Portfolio". Results are compared before times are: a difference ends the run.
import argparse
import json
import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"

import subprocess
import sys
import tempfile
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/oracle"))
warnings.simplefilter("ignore")
np.seterr(all="ignore")
BARS, ASSETS, CAPITAL, FEE = 2520, 10, 10000.0, 0.001
DAYS = pd.date_range("2015-01-01", periods=BARS, freq="D")


def least(work, times=3):
    """(seconds of the cores, what the last run gave); one run before them warms up."""
    work()
    best = np.inf
    for _ in range(times):
        start = time.process_time()
        out = work()
        best = min(best, time.process_time() - start)
    return best, out


def agree(what, got, want, tolerance):
    worst = np.max(np.abs(np.asarray(got) - np.asarray(want)) / np.maximum(1e-300, np.abs(want)))
    if not worst <= tolerance:
        sys.exit(f"{what}: differs by {worst:.3g}, allowed {tolerance:g}")
    return worst


class Norn:
    """The bench programs of a build folder, and a folder for what goes between."""

    def __init__(self, build):
        self.build, self.folder = build, tempfile.mkdtemp(prefix="norn_peers_")

    def file(self, name, array=None):
        path = os.path.join(self.folder, name)
        if array is not None:
            np.ascontiguousarray(array, dtype=float).tofile(path)
        return path

    def run(self, program, *args, workers=1):
        done = subprocess.run([os.path.join(self.build, "bench", program), "-w", str(workers), *map(str, args)],
                              check=True, capture_output=True, text=True)
        return {line.split()[0]: [float(v) for v in line.split()[1:]] for line in done.stdout.splitlines()}

    def sim(self, prices, weights, rule, workers=1):
        """(row of times, metrics (n, 6), equity, holdings) of one portfolio for each row of weights."""
        bars, assets = prices.shape
        out = self.file("out")
        row = self.run("bench_portfolio_runs", "sim", self.file("prices", prices), bars, assets,
                       self.file("weights", weights), len(weights), rule, out, workers=workers)
        data = np.fromfile(out)
        rest = data[6 * len(weights):]
        return row, data[: 6 * len(weights)].reshape(-1, 6), rest[:bars], rest[bars:].reshape(bars, assets)


# ---- a: rebalanced every month, fees, six metrics ----

def walks(seed=3):
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal((BARS, ASSETS)) * 0.012 + rng.standard_normal((BARS, 1)) * 0.008 + 0.0003
    return 100 * np.exp(np.cumsum(steps, axis=0))


class Vectorbt:
    def __init__(self, prices, engine):
        import vectorbt

        self.vbt, self.prices, self.engine = vectorbt, prices, engine
        self.first = np.r_[True, DAYS.month[1:] != DAYS.month[:-1]]

    def sizes(self, weights):
        size = np.full((BARS, weights.size), np.nan)
        size[self.first] = weights.ravel()
        return size

    def portfolio(self, size, fees, size_type="targetpercent"):
        n = size.shape[1] // ASSETS
        return self.vbt.Portfolio.from_orders(
            pd.DataFrame(np.tile(self.prices, (1, n)), index=DAYS), size=size, size_type=size_type, fees=fees, init_cash=CAPITAL,
            group_by=np.repeat(np.arange(n), ASSETS), cash_sharing=True, call_seq="auto", freq="1D", engine=self.engine)

    @staticmethod
    def metrics(portfolio):
        r = portfolio.get_returns_acc()
        return np.array([np.asarray(v) for v in (portfolio.total_return(), r.annualized(), r.annualized_volatility(), r.sharpe_ratio(),
                                                 r.sortino_ratio(), r.max_drawdown())])

    def six(self, weights):
        return self.metrics(self.portfolio(self.sizes(weights), FEE))


def segments(v, weights):
    """vectorbt's own function of orders, awake only in the bars that rebalance: what its documentation has for large grids."""
    from numba import njit
    from vectorbt.portfolio import nb
    from vectorbt.portfolio.enums import Direction, SizeType

    @njit
    def before(c, size, kind, direction, value):
        for col in range(c.from_col, c.to_col):
            c.last_val_price[col] = c.close[c.i, col]
        nb.sort_call_seq_nb(c, size[c.from_col:c.to_col], kind, direction, value, False)
        return (size,)

    @njit
    def order(c, size, fees):
        return nb.order_nb(size=size[c.col], price=c.close[c.i, c.col], size_type=SizeType.TargetPercent, fees=fees)

    n = len(weights)
    mask = np.repeat(v.first[:, None], n, axis=1)
    close = pd.DataFrame(np.tile(v.prices, (1, n)), index=DAYS)
    flat = weights.ravel().copy()
    kind, direction = np.full(ASSETS, SizeType.TargetPercent), np.full(ASSETS, Direction.Both)

    def work():
        p = v.vbt.Portfolio.from_order_func(
            close, order, FEE, pre_segment_func_nb=before, pre_segment_args=(flat, kind, direction, np.empty(ASSETS)),
            segment_mask=mask, group_by=np.repeat(np.arange(n), ASSETS), cash_sharing=True, init_cash=CAPITAL, freq="1D",
            ffill_val_price=False, update_value=False)
        return v.metrics(p)

    return work


def part_a(norn, quick):
    prices = walks()
    weights = np.random.default_rng(4).dirichlet(np.full(ASSETS, 3.0), 20000)
    n = 20 if quick else 100
    v = Vectorbt(prices, "auto")
    # the same work: without fees equity and metrics by the same targets; with fees equity by norn's own numbers of shares
    _, metrics, equity, _ = norn.sim(prices, weights[:n], "free")
    p = v.portfolio(v.sizes(weights[:1]), 0.0)
    free = agree("equity without fees", p.value().to_numpy().ravel(), equity, 1e-9)
    r = p.returns().iloc[1:].to_numpy().ravel()
    a = pd.Series(r).vbt.returns(freq="1D")
    agree("metrics without fees", [np.prod(1 + r) - 1, a.annualized(), a.annualized_volatility(), a.sharpe_ratio(), a.sortino_ratio()],
          metrics[0, :5], 1e-9)
    _, _, equity, held = norn.sim(prices, weights[:1], "monthly")
    size = np.full((BARS, ASSETS), np.nan)
    size[v.first] = (held / prices)[v.first]
    paid = agree("equity with fees", v.portfolio(size, FEE, "targetamount").value().to_numpy().ravel(), equity, 1e-9)
    print(f"vectorbt {version('vectorbt')} (engine auto, with vectorbt-rust {version('vectorbt-rust')}), {ASSETS} assets x {BARS} days, "
          f"monthly, fee 10 bps, six metrics; equity agrees to {free:.1g} without fees, {paid:.1g} with")
    print("\n| one thread | backtests a second | norn is |\n|---|---|---|")
    agree("vectorbt's two ways", segments(v, weights[:n])(), v.six(weights[:n]), 1e-6)
    rates = []
    for rule, words in (("monthly", "norn, monthly"), ("bands", "norn, monthly or out of a band of 5 %")):
        rates.append(len(weights) / norn.sim(prices, weights, rule)[0]["cores"][0])
        print(f"| {words} | {rates[-1]:,.0f} | |")
    for words, work in (("vectorbt, from_orders", lambda: v.six(weights[:n])),
                        ("vectorbt, from_order_func with a segment mask", segments(v, weights[:n]))):
        seconds, _ = least(work)
        print(f"| {words}, {n} portfolios at once | {n / seconds:,.0f} | {rates[0] * seconds / n:,.0f} times as fast |")


# ---- b: the reference's proof ----

def reference(prices, weights, threshold=0.10, min_hours=24.0):
    """The loop that spec/portfolio-optimiser.md describes: bought at the first close, back to the weights when one is off by more."""
    shares = CAPITAL * weights / prices[0]
    curve, last = [], None
    for i in range(len(prices)):
        value = float((shares * prices[i]).sum())
        now = shares * prices[i] / value
        if np.abs(now - weights).max() > threshold and (last is None or (i - last) * 24.0 >= min_hours):
            shares = value * weights / prices[i]
            last = i
        curve.append(value)
    curve = np.array(curve)
    r = np.diff(curve) / curve[:-1]
    peak = np.maximum.accumulate(curve)
    return curve[-1] / CAPITAL - 1, r.mean() * 365 / (r.std(ddof=1) * np.sqrt(365)), ((curve - peak) / peak).min(), curve[-1]


def part_b(norn, quick):
    rng = np.random.default_rng(5)
    prices = 100 * np.exp(np.cumsum(rng.standard_normal((1000, 4)) * 0.03, axis=0))
    weights = rng.dirichlet(np.full(4, 4.0), 50)
    seconds, want = least(lambda: np.array([reference(prices, w) for w in weights]), 1 if quick else 3)
    row, metrics, _, _ = norn.sim(prices, np.tile(weights, (32, 1)), "reference")
    agree("total return", metrics[:50, 0], want[:, 0], 1e-9)
    agree("Sharpe", metrics[:50, 3], want[:, 1], 1e-9)
    agree("drawdown", metrics[:50, 5], want[:, 2], 1e-9)
    two = norn.sim(prices, np.tile(weights, (320, 1)), "reference", workers=2)[0]
    rate = 1600 / row["cores"][0]
    print("The reference's proof: 50 configurations, 1,000 days, 4 assets; return, Sharpe ratio and drawdown agree to 1e-9\n")
    print("| | backtests a second | times the reference's 126 |\n|---|---|---|")
    print(f"| the reference, as measured | 126 | 1 |\n| its loop, written plainly in numpy | {50 / seconds:,.0f} | {50 / seconds / 126:.1f} |")
    print(f"| norn, one core | {rate:,.0f} | {rate / 126:,.0f} |")
    print(f"| norn, two workers, by the clock | {16000 / two['seconds'][0]:,.0f} | {16000 / two['seconds'][0] / 126:,.0f} |")
    command = os.path.join(norn.build, "norn")
    if os.path.exists(command):  # draws calendars, intervals, filters and costs too
        told = json.loads(subprocess.run([command, "bench", "proof"], check=True, capture_output=True, text=True).stdout.splitlines()[0])
        rate = told["n_items"] / told["serial"]["cpu_seconds"]
        print(f"| `norn bench proof`: calendars, intervals, filters, costs; one core | {rate:,.0f} | {rate / 126:,.0f} |")
        rate = max(w["backtests_per_second"] for w in told["workers"])
        print(f"| the same, its best number of workers, by the clock | {rate:,.0f} | {rate / 126:,.0f} |")


# ---- c: metrics ----

FIELDS = ("total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "omega", "max_drawdown", "value_at_risk",
          "expected_shortfall", "tail_ratio", "stability", "skew", "kurtosis")


def empyrical_metrics(x):
    import empyrical as e
    from scipy import stats

    return (e.cum_returns_final(x), e.annual_return(x), e.annual_volatility(x), e.sharpe_ratio(x), e.sortino_ratio(x), e.calmar_ratio(x),
            e.omega_ratio(x), e.max_drawdown(x), e.value_at_risk(x), e.conditional_value_at_risk(x), e.tail_ratio(x),
            e.stability_of_timeseries(x), stats.skew(x), stats.kurtosis(x))


def quantstats_metrics(s):
    import quantstats.stats as q

    return (q.comp(s), q.cagr(s), q.volatility(s), q.sharpe(s), q.sortino(s), q.calmar(s), q.omega(s), q.max_drawdown(s),
            q.value_at_risk(s), q.cvar(s), q.tail_ratio(s), q.skew(s), q.kurtosis(s))


def vectorbt_metrics(frame):
    a = frame.vbt.returns(freq="1D")
    return [a.total(), a.annualized(), a.annualized_volatility(), a.sharpe_ratio(), a.sortino_ratio(), a.calmar_ratio(), a.omega_ratio(),
            a.max_drawdown(), a.value_at_risk(), a.cond_value_at_risk(), a.tail_ratio()]


def part_c(norn, quick):
    import vectorbt  # noqa: F401, the accessor

    series = 10000
    x = np.random.default_rng(6).standard_t(4, (series, BARS)) * 0.008 + 0.0002
    n, wide = (20, 200) if quick else (200, 2000)
    path = norn.file("returns", x)
    few = norn.run("bench_portfolio", "metrics", norn.file("few", x[:n]), n, BARS)
    seconds, rows = least(lambda: [empyrical_metrics(r) for r in x[:n]], 2)
    sums = np.sum(rows, axis=0)
    for name, want in zip(FIELDS, sums):
        agree(name, few[name], [want], 1e-10)
    own = norn.run("bench_portfolio", "metrics", path, series, BARS)["cores"][0] / series
    index = pd.date_range("2015-01-01", periods=BARS, freq="B")
    frames = [pd.Series(r, index=index) for r in x[:n]]
    others = [(f"empyrical-reloaded {version('empyrical-reloaded')}, 14 metrics", seconds / n)]
    others.append((f"quantstats {version('quantstats')}, 13 metrics", least(lambda: [quantstats_metrics(s) for s in frames], 2)[0] / n))
    frame = pd.DataFrame(x[:wide].T.copy(), index=index)
    others.append((f"vectorbt {version('vectorbt')}, {wide} columns at once, 11 metrics", least(lambda: vectorbt_metrics(frame), 2)[0] / wide))
    print(f"Metrics of {series:,} series of {BARS:,} returns; sums over {n} series agree with empyrical's to 1e-10\n")
    print("| one thread | microseconds a series | norn is |\n|---|---|---|")
    print(f"| norn, 19 metrics ({own * series:.2f} s in all) | {own * 1e6:,.0f} | |")
    for words, each in others:
        print(f"| {words} | {each * 1e6:,.0f} | {each / own:,.1f} times as fast |")


# ---- d: weights ----

def pypfopt_weights(returns, cov):
    from pypfopt import EfficientFrontier, HRPOpt

    def hrp():
        return pd.Series(HRPOpt(returns).optimize())[returns.columns].to_numpy()

    def least_variance():
        return np.array(list(EfficientFrontier(None, cov).min_volatility().values()))

    return {"min_variance": least_variance, "hrp": hrp}


def skfolio_weights(returns, _):
    from skfolio.cluster import HierarchicalClustering, LinkageMethod
    from skfolio.moments import EmpiricalCovariance
    from skfolio.optimization import HierarchicalRiskParity, MeanRisk, ObjectiveFunction, RiskBudgeting
    from skfolio.prior import EmpiricalPrior

    prior = EmpiricalPrior(covariance_estimator=EmpiricalCovariance(nearest=False))
    models = {"min_variance": MeanRisk(objective_function=ObjectiveFunction.MINIMIZE_RISK, prior_estimator=prior),
              "erc": RiskBudgeting(prior_estimator=prior),
              "hrp": HierarchicalRiskParity(hierarchical_clustering_estimator=HierarchicalClustering(linkage_method=LinkageMethod.SINGLE))}
    return {k: (lambda m=m: m.fit(returns).weights_) for k, m in models.items()}


def riskfolio_weights(returns, _):
    import riskfolio as rp

    def portfolio():
        p = rp.Portfolio(returns=returns)
        p.assets_stats(method_mu="hist", method_cov="hist")
        return p

    def hrp():
        p = rp.HCPortfolio(returns=returns)
        return p.optimization(model="HRP", codependence="pearson", rm="MV", linkage="single", leaf_order=False).to_numpy().ravel()

    return {"min_variance": lambda: portfolio().optimization(model="Classic", rm="MV", obj="MinRisk", hist=True).to_numpy().ravel(),
            "erc": lambda: portfolio().rp_optimization(model="Classic", rm="MV", hist=True).to_numpy().ravel(), "hrp": hrp}


def risk_spread(cov, w):
    share = w * (cov @ w) / (w @ cov @ w)
    return share.max() - share.min()


def part_d(norn, folder):
    prices = pd.read_csv(os.path.join(folder, "pypfopt_stock_prices.csv"), index_col=0, parse_dates=True)
    returns = prices.pct_change(fill_method=None).dropna().iloc[-750:]
    cov = returns.cov()
    row = norn.run("bench_portfolio_runs", "weights", norn.file("stocks", returns.to_numpy()), *returns.shape)
    c = cov.to_numpy()
    print(f"Weights of {returns.shape[1]} stocks from {len(returns)} daily returns, estimation included\n")
    print("| one thread | norn, ms | peer | peer, ms | norn is | largest difference of a weight | norn's objective | the peer's |\n"
          "|---|---|---|---|---|---|---|---|")
    for package, make in (("PyPortfolioOpt", pypfopt_weights), ("skfolio", skfolio_weights), ("riskfolio-lib", riskfolio_weights)):
        for name, work in make(returns, cov).items():
            seconds, w = least(work)
            own, mine = row[name][0], np.array(row[name][1:])
            goals = {"min_variance": lambda v: f"variance {v @ c @ v:.9e}", "erc": lambda v: f"spread of risk {risk_spread(c, v):.1e}"}
            goal = goals.get(name, lambda v: "")
            print(f"| {name} | {own * 1e3:.3f} | {package} {version(package)} | {seconds * 1e3:.2f} | {seconds / own:,.0f} times as fast "
                  f"| {np.abs(w - mine).max():.1e} | {goal(mine)} | {goal(w)} |")


# ---- e: overfitting ----

def numpy_pbo(x, n_blocks):
    """CSCV by block sums and matrix products, 256 splits at once: as fast as plain numpy gets."""
    from itertools import combinations

    n = len(x)
    edges = [x.shape[1] * b // n_blocks for b in range(n_blocks + 1)]
    s = np.array([x[:, a:b].sum(axis=1) for a, b in zip(edges, edges[1:])])
    q = np.array([(x[:, a:b] ** 2).sum(axis=1) for a, b in zip(edges, edges[1:])])
    picks = np.array(list(combinations(range(n_blocks), n_blocks // 2)))
    halves = np.zeros((len(picks), n_blocks))
    np.put_along_axis(halves, picks, 1.0, axis=1)
    low = 0
    for at in range(0, len(halves), 256):
        m = halves[at:at + 256]
        inside, outside = m @ s, (1 - m) @ s
        inside *= np.abs(inside)
        inside /= m @ q
        outside *= np.abs(outside)
        outside /= (1 - m) @ q
        best = inside.argmax(axis=1)
        value = np.take_along_axis(outside, best[:, None], axis=1)
        rank = (outside < value).sum(axis=1) + ((outside == value).sum(axis=1) + 1) / 2
        low += int((2 * rank <= n + 1).sum())
    return low / len(halves)


def part_e(norn, quick):
    trials, days, n_blocks = (2000, 640, 12) if quick else (26568, 640, 16)
    rng = np.random.default_rng(7)
    x = rng.standard_normal((trials, days)) * 0.01 + rng.standard_normal((trials, 1)) * 0.0005
    start = time.process_time()
    want = numpy_pbo(x, n_blocks)
    seconds = time.process_time() - start
    path = norn.file("trials", x)
    one = norn.run("bench_portfolio", "pbo", path, trials, days, n_blocks)
    two = norn.run("bench_portfolio", "pbo", path, trials, days, n_blocks, workers=2)
    agree("pbo", one["pbo"], [want], 1e-12)
    agree("pbo of two workers", two["pbo"], one["pbo"], 0)
    print(f"Probability of overfitting: {trials:,} trials, {int(one['splits'][0]):,} splits; the same share to the last split\n")
    print("| | seconds | norn is |\n|---|---|---|")
    print(f"| norn, one core | {one['cores'][0]:.3f} | |\n| norn, two workers, by the clock | {two['seconds'][0]:.3f} | |")
    print(f"| numpy {np.__version__}, one core | {seconds:.1f} | {seconds / one['cores'][0]:,.0f} times as fast |")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--prices", default=".")
    p.add_argument("--parts", default="abcde")
    p.add_argument("--quick", action="store_true")
    o = p.parse_args()
    norn = Norn(o.build)
    with open("/proc/loadavg") as f:
        print(f"load {f.read().split()[0]} at the start; Python {sys.version.split()[0]}, numpy {np.__version__}, pandas {pd.__version__}")
    for letter in o.parts:
        print()
        if letter == "d":
            part_d(norn, o.prices)
        else:
            {"a": part_a, "b": part_b, "c": part_c, "e": part_e}[letter](norn, o.quick)


main()
