"""norn.portfolio: one portfolio over prices, a walk-forward search over many, weights, metrics, and how much of a result is luck."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from norn import _norn
from norn._arguments import jobs, whole
from norn._frames import as_array, kind_of
from norn._norn import NornArgumentError
from norn._portfolio_prices import _Prices, _TIMES, _array, _number, _said, _texts

__all__ = ["Simulation", "GridResult", "simulate", "grid", "weights", "metrics", "deflated_sharpe", "pbo"]


# ---- targets ----

def _matrix_by_date(weights, freq):
    """(times, names, matrix) of a table of target weights."""
    w = _Prices(weights, freq)
    if w.names is None or w.time is None:
        raise NornArgumentError("weights: a table with a time column and a column for each symbol is needed")
    matrix = np.column_stack([np.asarray(as_array(r), dtype="float64") for r in w.rows[1:]])
    keep = ~np.isnan(matrix).all(axis=1)
    if np.isnan(matrix[keep]).any():
        raise NornArgumentError("weights: a row holds numbers and gaps; give a number for each symbol (0: none), or gaps alone (no new target)")
    times, matrix = w.time[keep], matrix[keep]
    if len(times) == 0 or (np.diff(times) <= 0).any():
        raise NornArgumentError("weights: dates that ascend, without a date twice, are needed")
    return times, w.names, matrix


def _targets(weights, prices, freq):
    """(times or None, names, matrix) of weights in any form."""
    if isinstance(weights, dict) and weights and all(np.ndim(v) == 0 for v in weights.values()):
        names = [str(k) for k in weights]
        return None, names, np.array([[_number(v, f"weights[{k!r}]") for k, v in weights.items()]])
    if type(weights).__module__.partition(".")[0] == "pandas" and type(weights).__name__ == "Series":
        return _targets(weights.to_dict(), prices, freq)
    if isinstance(weights, (list, tuple, np.ndarray)):
        x = _array(weights, "weights")
        names = prices.names
        if names is None:
            raise NornArgumentError("weights: of prices in files or long tables a dict is needed, as {'BTC': 0.6, 'ETH': 0.4}")
        if x.ndim == 1 and len(x) == len(names):
            return None, names, x[None, :]
        if x.ndim == 2 and x.shape[1] == len(names) and prices.time is not None and len(x) == len(prices.time):
            keep = ~np.isnan(x).all(axis=1)
            return prices.ascending("weights")[keep], names, x[keep]
        raise NornArgumentError(f"weights: an array of shape {x.shape}; {len(names)} numbers, or a row of them for each bar, are needed")
    return _matrix_by_date(weights, freq)


def _signal(values, prices, name):
    """(bars, assets) of truth values."""
    if values is None:
        return np.zeros((len(prices.time), len(prices.names)), dtype=bool)
    x = np.asarray(values)
    x = x[:, None] if x.ndim == 1 else x
    want = (len(prices.time), len(prices.names))
    if x.ndim == 2 and x.shape[1] == 1 and x.shape[0] == want[0]:
        x = np.broadcast_to(x, want)
    if x.shape != want:
        raise NornArgumentError(f"{name}: an array of shape {x.shape}; prices have {want}")
    if x.dtype.kind not in "biuf" and not all(isinstance(v, (bool, np.bool_)) for v in x.ravel()):
        raise NornArgumentError(f"{name}: truth values are needed")
    return x.astype(bool)


def _positions(entries, exits, prices):
    """1 where a column is held: in at an entry, out at an exit, both at once change nothing."""
    if prices.names is None or prices.time is None:
        raise NornArgumentError("entries and exits are arrays beside the prices: these are needed in memory, a column for each symbol")
    signal = _signal(entries, prices, "entries").astype(np.int8) - _signal(exits, prices, "exits").astype(np.int8)
    bars = np.arange(len(signal))[:, None]
    last = np.maximum.accumulate(np.where(signal != 0, bars, -1), axis=0)
    held = np.where(last >= 0, np.take_along_axis(signal, np.maximum(last, 0), axis=0), -1) > 0
    changed = np.ones(len(held), dtype=bool)
    changed[1:] = (held[1:] != held[:-1]).any(axis=1)
    return prices.ascending("entries and exits")[changed], prices.names, held[changed].astype("float64")


# ---- one portfolio ----

class Simulation:
    """What norn.portfolio.simulate gives. Of pandas prices the tables are pandas' (index: time), else arrays of NumPy.

    Attributes
    ----------
    time : the bars, datetime64; symbols : the assets
    equity, cash, buyhold : at the close of each bar, after its trades. Of several portfolios (signals without group_by) a column each
    values, weights : of each asset, money and share of the equity
    returns : equity over the equity one bar before, less 1
    events : rebalances: bar, time, total_value (before), max_deviation, turnover, cost, weights_before; of several portfolios also symbol
    stats : a dict; of several portfolios a dict of each symbol's
    n_estimate_fallbacks : estimates of weights that were not possible (equal weights instead)
    """

    def __init__(self, answer, grouped, use_pandas):
        self._pandas, self.symbols = use_pandas, answer["symbols"]
        self.time = answer["time"].view("datetime64[us]")
        self.periods_per_year = answer["periods_per_year"]
        self.n_estimate_fallbacks = answer["n_estimate_fallbacks"]
        paths, self._several = answer["paths"], len(answer["paths"]) > 1 and not grouped
        n, k = len(self.time), len(self.symbols)
        single = len(paths) == 1
        values = paths[0]["value"].reshape(n, k) if single else np.column_stack([p["value"] for p in paths])
        columns = {name: paths[0][name] if single else np.column_stack([p[name] for p in paths]) for name in ("equity", "cash", "buyhold")}
        if grouped and not single:
            columns = {name: x.sum(axis=1) for name, x in columns.items()}
        equity = columns["equity"]
        whole_of = equity if equity.ndim == 2 else equity[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = np.where(whole_of > 0, values / whole_of, 0.0)
            returns = np.where(equity[:-1] > 0, equity[1:] / equity[:-1] - 1, 0.0)
        self._raw = columns | {"returns": returns}
        self.equity, self.cash, self.buyhold = (self._table(columns[c]) for c in ("equity", "cash", "buyhold"))
        self.values, self.weights, self.returns = self._table(values), self._table(shares), self._table(returns, 1)
        self.events = [e | ({} if single else {"symbol": s}) for s, p in zip(self.symbols if not single else [None], paths) for e in p["events"]]
        for e in self.events:
            e["time"] = np.datetime64(e["time"], "us")
        self.stats = paths[0]["stats"] if single else {s: p["stats"] for s, p in zip(self.symbols, paths)}
        if grouped and not single:
            self.stats = self._sum_stats(paths)

    def _sum_stats(self, paths):
        out = metrics(self._raw["returns"], periods_per_year=self.periods_per_year)
        out |= {"final_value": float(self._raw["equity"][-1]), "costs": sum(p["stats"]["costs"] for p in paths),
                "n_rebalances": sum(p["stats"]["n_rebalances"] for p in paths)}
        return out

    def _table(self, x, skip=0):
        if not self._pandas:
            return x
        import pandas as pd
        index = pd.DatetimeIndex(self.time[skip:], name="time")
        return pd.Series(x, index=index) if x.ndim == 1 else pd.DataFrame(x, index=index, columns=self.symbols)

    def metrics(self, convention="empyrical", **options):
        """norn.portfolio.metrics of the returns; of several portfolios a dict of each symbol's."""
        options = {"periods_per_year": self.periods_per_year, "times": self.time} | options
        if not self._several:
            return metrics(self._raw["returns"], convention, **options)
        return {s: metrics(self._raw["returns"][:, k], convention, **options) for k, s in enumerate(self.symbols)}

    def __repr__(self):
        what = f"{len(self.symbols)} portfolios" if self._several else f"{len(self.symbols)} assets"
        return f"Simulation({what}, {len(self.time)} bars, {len(self.events)} rebalances)"


def simulate(prices, weights=None, entries=None, exits=None, *, kind=None, fees=0.0, slippage=0.0, group_by=False, freq="1d", **rule):
    """Buys at the first close and follows the weights, bar by bar.

    Parameters
    ----------
    prices : a table (pandas, Polars, pyarrow, DuckDB, a dict of arrays) with a time column (or a pandas index of times) and a column of
        closes for each symbol, or rows of symbol, time, close; a 2-D array; a path, a folder of OHLCV files or a list of paths
    weights : a list or a dict by symbol (the same all the time); or a table of target weights by date, or an array with a row for each bar
        (NaN: no new target). What is not in them is cash; above 1 in sum is borrowed
    entries, exits : truth values beside the prices: all in, all out at that bar's close. Each column is a portfolio of its own;
        group_by=True adds them up
    kind : in place of weights: ``"equal"``, ``"inverse_vol"``, ``"min_variance"``, ``"mean_variance"``, ``"erc"``, ``"hrp"``,
        ``"momentum"``, with lookback_days, estimate_days, shrinkage, … of docs/portfolio-allocations.md
    fees, slippage : shares of what is traded (0.001 is 10 bps)
    freq : of prices without times
    rule : method (``"threshold"``, ``"calendar"``, ``"hybrid"``, ``"on_target"``, ``"never"``), threshold, band, to, clock, every
        (or calendar_days), min_interval_hours, momentum_days, momentum_limit, turnover_cap, delay_bars, min_trade, fixed_fee, capital, cash_rate,
        borrow_rate; align, splits, symbols, timeframe, periods_per_year. Weights by date and signals are followed at once (on_target, without an
        interval) if nothing else is said; other weights are kept within 10 points, at least 24 hours apart

    Returns a Simulation. Raises NornArgumentError for arguments, NornError for data that cannot serve.
    """
    book = _Prices(prices, freq)
    if (weights is not None) + (entries is not None or exits is not None) + (kind is not None) != 1:
        raise NornArgumentError("simulate: weights, or entries and exits, or kind are needed, one of them")
    each = entries is not None or exits is not None
    times, names, matrix = None, [], None
    if each:
        times, names, matrix = _positions(entries, exits, book)
    elif weights is not None:
        times, names, matrix = _targets(weights, book, freq)
    if times is not None or each:
        rule = {"method": "on_target", "min_interval_hours": 0} | rule
    options = _texts({"kind": kind, "fees": _number(fees, "fees"), "slippage": _number(slippage, "slippage"), **rule})
    flat = None if matrix is None else np.ascontiguousarray(matrix, dtype="float64").ravel()
    if flat is not None and not np.isfinite(flat).all():
        raise NornArgumentError("weights: finite numbers are needed")
    answer = _norn.portfolio_path(book.frame, book.paths, names, times, flat, each, options)
    _said(answer)
    return Simulation(answer, bool(group_by), book.is_pandas())


# ---- weights, metrics, luck ----

def _columns(data, name):
    """(matrix, names, whether pandas') of a table or an array."""
    if type(data).__module__.partition(".")[0] == "pandas":
        frame = data.to_frame() if type(data).__name__ == "Series" else data
        numeric = frame.select_dtypes("number")
        return numeric.to_numpy(dtype="float64"), [str(c) for c in numeric.columns], True
    if isinstance(data, (np.ndarray, list, tuple)):
        x = _array(data, name)
        x = x[:, None] if x.ndim == 1 else x
        if x.ndim != 2:
            raise NornArgumentError(f"{name}: an array of {x.ndim} dimensions; (bars, assets) is needed")
        return x, None, False
    kind = kind_of(data)
    rows = [r for r in _norn.frame_columns(kind.open(set(kind.names()))) if r[1] in ("number", "integer") and r[0].lower() not in _TIMES]
    if not rows:
        raise NornArgumentError(f"{name}: no column of numbers")
    return np.column_stack([np.asarray(as_array(r), dtype="float64") for r in rows]), [r[0] for r in rows], False


def weights(data, kind="min_variance", *, prices=None, periods_per_year=252, **options):
    """Weights of an allocation (docs/portfolio-allocations.md) from a table or array of returns or prices, a column for each asset.

    prices : whether the numbers are prices; None: they are when all of them are above 0 and one is above 1. NaN is missing.
    options : shrinkage, risk_aversion, min_weight, max_weight, top_k, skip_days, leverage, vol_target, max_leverage

    Returns an array, of a pandas table a Series by column.
    """
    x, names, is_pandas = _columns(data, "weights")
    seen = x[~np.isnan(x)]
    if prices is None:
        prices = len(seen) > 0 and bool((seen > 0).all() and (seen > 1).any())
    if prices:
        with np.errstate(divide="ignore", invalid="ignore"):
            x = x[1:] / x[:-1] - 1
        x = x[~np.isnan(x).all(axis=1)]
    given = _texts({"kind": kind, "periods_per_year": _number(periods_per_year, "periods_per_year"), **options})
    out = _norn.portfolio_weights(np.ascontiguousarray(x).ravel(), x.shape[1], given)
    if not is_pandas:
        return out
    import pandas as pd
    return pd.Series(out, index=names)


def _series(returns):
    """(numbers, times of the equity or None) of one series of returns."""
    index = getattr(returns, "index", None)
    x = np.ascontiguousarray(_array(returns, "returns"))
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    if x.ndim != 1:
        raise NornArgumentError(f"returns: an array of {x.ndim} dimensions where one is needed")
    if type(index).__name__ != "DatetimeIndex" or len(x) < 2:
        return x, None
    t = index.tz_convert("UTC").tz_localize(None) if index.tz is not None else index
    t = t.to_numpy(dtype="datetime64[us]").view("int64")
    return x, np.concatenate([[2 * t[0] - t[1]], t])


def metrics(returns, convention="empyrical", *, periods_per_year=252, risk_free=0.0, required=0.0, cutoff=0.05, times=None):
    """Performance of a series of returns in a named convention: ``"empyrical"``, ``"quantstats"``, ``"bt"``, ``"vectorbt"``, ``"calendar"``.

    risk_free, required : of a year; cutoff : of value at risk
    times : datetime64 of the equity's bars, one more than returns (of a pandas Series: its index, and one step before it)

    Returns a dict: total_return, cagr, volatility, sharpe, sortino, calmar, omega, max_drawdown, drawdown_bars, value_at_risk,
    expected_shortfall, ulcer, tail_ratio, stability, skew, kurtosis, win_rate, best, worst. NaN: not defined.
    """
    x, own = _series(returns)
    if times is not None:
        own = np.ascontiguousarray(np.asarray(times, dtype="datetime64[us]").view("int64"))
    numbers = [_number(v, n) for v, n in ((periods_per_year, "periods_per_year"), (risk_free, "risk_free"), (required, "required"), (cutoff, "cutoff"))]
    return _norn.portfolio_metrics(x, own, str(convention), *numbers)


def deflated_sharpe(returns, n_trials=None, sharpe_std=None, *, trials=None):
    """How sure it is that the best of many trials has any skill (Bailey and Lopez de Prado 2014).

    returns : of the trial that was chosen
    n_trials, sharpe_std : how many trials there were, and the standard deviation of their Sharpe ratios per period
    trials : in place of both: the Sharpe ratios per period of all trials, or their returns (bars, trials)

    Returns a dict: deflated_sharpe (the probability), probabilistic_sharpe, expected_max_sharpe, sharpe, skew, kurtosis, min_track_record …
    """
    x, _ = _series(returns)
    if trials is not None:
        t = _array(trials, "trials")
        if t.ndim == 2:
            t = t.mean(axis=0) / t.std(axis=0, ddof=1)
        t = t[np.isfinite(t)]
        if len(t) < 2:
            raise NornArgumentError("trials: two or more trials with a Sharpe ratio are needed")
        n_trials, sharpe_std = len(t), float(t.std(ddof=1))
    if n_trials is None or sharpe_std is None:
        raise NornArgumentError("deflated_sharpe: n_trials and sharpe_std are needed, or trials")
    return _norn.portfolio_deflated(x, _number(n_trials, "n_trials"), _number(sharpe_std, "sharpe_std"))


def pbo(returns, n_blocks=16, *, n_jobs=-1):
    """Probability of backtest overfitting by combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado, Zhu 2017).

    returns : (bars, trials), a column for each configuration that was tried; blocks differ by one bar at most
    n_blocks : even, 2 to 16

    Returns a dict: pbo, loss_probability, slope, intercept, r_squared, median_logit, and arrays over the splits: logits, in_sample,
    out_of_sample (Sharpe ratios per period of the best one in sample).
    """
    x, _, _ = _columns(returns, "returns")
    n_blocks = whole(n_blocks, "n_blocks")
    if not 2 <= n_blocks <= 16 or n_blocks % 2:
        raise NornArgumentError(f"n_blocks={n_blocks}; an even number from 2 to 16 is needed")
    if np.isnan(x).any():
        raise NornArgumentError("returns: a gap; every trial needs the same bars")
    if len(x) // n_blocks < 2 or x.shape[1] < 2:
        raise NornArgumentError(f"returns of shape {x.shape}: two trials and {2 * n_blocks} bars are needed")
    edges = [len(x) * b // n_blocks for b in range(n_blocks + 1)]
    blocks = [x[a:b] for a, b in zip(edges, edges[1:])]
    sums = np.stack([np.stack([np.full(x.shape[1], float(len(b))), b.sum(axis=0), (b**2).sum(axis=0)], axis=-1) for b in blocks])
    return _norn.portfolio_pbo(np.ascontiguousarray(sums.transpose(1, 0, 2)).ravel(), x.shape[1], n_blocks, jobs(n_jobs))


def __getattr__(name):
    if name in ("grid", "GridResult"):
        from norn import _portfolio_search
        return getattr(_portfolio_search, name)
    raise AttributeError(f"module 'norn.portfolio' has no attribute '{name}'")
