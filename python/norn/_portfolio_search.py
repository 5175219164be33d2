"""norn.portfolio.grid, norn.ParallelOptimizer and its serial twin: the walk-forward search of `norn portfolio`."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import sys
import tempfile
import time

import numpy as np

from norn import _norn
from norn._arguments import jobs, whole
from norn._norn import NornArgumentError, NornError
from norn.forecaster import _bar
from norn._portfolio_prices import _Prices, _said, _texts

_WORDS = ("assets", "weights", "method", "status", "clock")
_TRUTHS = ("momentum_filter", "relative", "to_edge")
_COUNTS = ("config_id", "rank", "same_as", "splits_tested", "delay_bars")


# ---- grids ----

def _toml_value(v, name):
    if isinstance(v, (bool, np.bool_)):
        return "true" if v else "false"
    if isinstance(v, (int, np.integer)):
        return str(int(v))
    if isinstance(v, (float, np.floating)):
        return repr(float(v))
    if isinstance(v, str):
        return json.dumps(v, ensure_ascii=False)
    if isinstance(v, (list, tuple, np.ndarray)):
        return "[" + ", ".join(_toml_value(x, name) for x in v) + "]"
    raise NornArgumentError(f"grid: {name}={v!r} is neither a number, a text, a truth value nor a list of them")


def _toml(grid):
    """A dict of sections as TOML; {"min": …, "max": …, "step": …} becomes a table of its own."""
    lines, later = [], []
    for section, keys in grid.items():
        if not isinstance(keys, dict):
            raise NornArgumentError(f"grid: {section}={keys!r}; a dict of sections is needed, as {{'rebalance': {{'threshold': [0.05, 0.1]}}}}")
        lines.append(f"[{section}]")
        for key, v in keys.items():
            if isinstance(v, dict):
                later.append(f'["{section}.{key}"]')
                later += [f"{k} = {_toml_value(x, f'{section}.{key}.{k}')}" for k, x in v.items()]
            else:
                lines.append(f"{key} = {_toml_value(v, f'{section}.{key}')}")
    return "\n".join(lines + later) + "\n"


# ---- answers ----

def _cells(name, values):
    if name in _WORDS:
        return np.array(values, dtype=object)
    if name in _TRUTHS:
        return np.array([v == "true" for v in values])
    return _whole(name, np.array([float(v) if v else np.nan for v in values]))


def _whole(name, x):
    """Counts as integers, other numbers as doubles."""
    if name in _WORDS or name in _TRUTHS:
        return x
    counts = name in _COUNTS and not np.isnan(x.astype("float64")).any()
    return x.astype("int64" if counts else "float64")


def _head(body):
    return body.partition(b"\n")[0].decode("utf-8").split(",")


def _table(body):
    """A CSV as a dict of arrays; pandas reads it where it is at hand (the same numbers, in a fifth of the time)."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and body:
        exact = {"float_precision": "round_trip"} if tuple(int(v) for v in pandas.__version__.split(".")[:2]) < (3, 1) else {}  # since 3.1 it always is
        df = pandas.read_csv(io.BytesIO(body), dtype={**dict.fromkeys(_WORDS, object), **dict.fromkeys(_TRUTHS, bool)}, keep_default_na=False,
                             na_values={c: [""] for c in _head(body) if c not in _WORDS}, **exact)
        return {c: _whole(c, df[c].to_numpy()) for c in df.columns}
    rows = csv.reader(io.StringIO(body.decode("utf-8")))
    head = next(rows, [])
    columns = zip(*rows) if head else ()
    out = {name: _cells(name, column) for name, column in zip(head, columns)}
    return out or {name: _cells(name, ()) for name in head}


class GridResult:
    """What norn.portfolio.grid gives.

    Attributes
    ----------
    best : the best configuration by the metric, a dict with its single splits
    results : every configuration that could be simulated, ranked; a DataFrame of pandas or Polars where the prices came as one, else a dict
        of arrays
    splits, out_of_sample, overfitting, sensitivity, counts, metric, notes : parts of the answer of ``norn portfolio --format json``
    answer : that answer as a dict; digest : of all numbers
    """

    def __init__(self, answer, results, info):
        self.answer, self.results, self.info = answer, results, info
        self.best, self.digest = answer.get("best_config"), info["digest"]
        for part in ("splits", "out_of_sample", "overfitting", "sensitivity", "counts", "metric", "notes"):
            setattr(self, part, answer.get(part))

    def __repr__(self):
        best = f", best {self.best['config_id']}" if self.best else ""
        return f"GridResult({self.counts['n_configurations']} configurations{best})"


def _put_signal(v, path):
    """A table of hourly signals as the CSV that --signal reads: the time first."""
    kind = type(v).__module__.partition(".")[0]
    if kind == "pandas":
        v.to_csv(path, index="time" not in v.columns, index_label="time", date_format="%Y-%m-%dT%H:%M:%S.%f%z")
    elif kind == "polars":
        zoned = any(getattr(t, "time_zone", None) for t in v.dtypes)
        v.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%S%.6f" + ("%:z" if zoned else ""))
    elif kind == "pyarrow":
        import pyarrow.csv
        pyarrow.csv.write_csv(v, path)
    elif isinstance(v, dict) and v:
        columns = [list(c) for c in v.values()]
        if len({len(c) for c in columns}) > 1:
            raise NornArgumentError("signal: its columns have different lengths")
        with open(path, "w", newline="", encoding="utf-8") as f:
            out = csv.writer(f)
            out.writerow(v)
            out.writerows(["" if x is None or x != x else x for x in row] for row in zip(*columns))
    else:
        raise NornArgumentError(f"signal={type(v).__name__}; a path, a DataFrame (pandas, Polars), a table of pyarrow or a dict of columns is needed")


@contextlib.contextmanager
def _signal(given):
    """The options with the signals as a file."""
    v = given.get("signal")
    if v is None or isinstance(v, (str, bytes, os.PathLike)):
        yield given if v is None else {**given, "signal": os.fsdecode(v)}
        return
    with tempfile.TemporaryDirectory(prefix="norn-") as folder:
        path = os.path.join(folder, "signal.csv")
        _put_signal(v, path)
        yield {**given, "signal": path}


def _search(prices, grid, given, n_jobs, verbose):
    """(answer, table as bytes, info, prices)"""
    with _signal(given) as given:
        return _search_files(prices, grid, given, n_jobs, verbose)


def _search_files(prices, grid, given, n_jobs, verbose):
    book = _Prices(prices, given.get("timeframe") or "1d")
    tick = _bar(0) if verbose else None
    try:
        body, table, info = _norn.portfolio_search(book.frame, book.paths, grid, _texts(given), n_jobs, tick)
    finally:
        if tick:
            tick.bar.close()
    _said(info)
    return json.loads(body), table, info, book


def grid(prices, grid=None, *, quick=False, output=None, n_jobs=-1, verbose=False, **options):
    """Tries a grid of rebalancing configurations over walk-forward windows, and says how far the best of them is luck.

    Parameters
    ----------
    prices : as in simulate
    grid : a path to a grid in TOML (docs/portfolio-grid.md), its text, or a dict of the same sections, as
        ``{"universe": {"assets": [["BTC", "ETH"]]}, "rebalance": {"threshold": {"min": 0.05, "max": 0.2, "step": 0.05}}}``; None: the
        reference's 58,320 configurations (12 with quick=True) where its coins are there, else one over the symbols
    output : a folder for the results table, YAML, reports, equity and trades of the best; None: no files
    n_jobs : workers; -1 or None: all. Results are the same at any number.
    verbose : show progress (through tqdm)
    options : of ``norn portfolio`` with underscores: window_days, test_windows, timeframe, metric, fee_bps, slippage_bps, capital,
        convention, scheme, train_windows, purge_bars, embargo_bars, symbols, dry_run, …; signal: hourly signals as a filter, a path or a
        table with the time as its column ``time`` (of pandas: or its index), with signal_min, signal_column, signal_unknown, signal_max_age

    Returns a GridResult. Raises NornArgumentError for arguments, NornError for data that cannot serve.
    """
    given = {"quick": bool(quick), "output": None if output is None else os.fsdecode(output), **options}
    toml = None
    if isinstance(grid, dict):
        toml = _toml(grid)
    elif isinstance(grid, str) and "\n" in grid:
        toml = grid
    elif grid is not None:
        given["grid"] = os.fsdecode(grid)
    answer, table, info, book = _search(prices, toml, given, jobs(n_jobs), verbose)
    root = type(book.kind).__name__
    if root == "_Pandas":
        import pandas as pd
        results = pd.DataFrame(_table(table))
    elif root == "_Polars":
        import polars as pl
        results = pl.DataFrame({k: v.tolist() if v.dtype == object else v for k, v in _table(table).items()})
    else:
        results = _table(table)
    return GridResult(answer, results, info)


grid.__module__ = GridResult.__module__ = "norn.portfolio"  # where they are found


# ---- the reference's classes ----

_AVERAGES = {"train_avg_outperformance": "train_outperformance", "train_avg_return": "train_return", "train_avg_sharpe": "train_sharpe",
             "train_avg_drawdown": "train_drawdown", "test_avg_outperformance": "test_outperformance", "test_avg_return": "test_return",
             "test_avg_sharpe": "test_sharpe", "test_avg_drawdown": "test_drawdown"}


def _rows(table):
    """Every configuration as a dict, ranked: the table's columns, and the averages by the reference's names."""
    columns = {k: v.tolist() for k, v in table.items()}
    columns["assets"] = [a.split("|") for a in columns.get("assets", [])]
    columns |= {name: columns[of] for name, of in _AVERAGES.items() if of in columns}
    names = list(columns)
    return [dict(zip(names, row)) for row in zip(*columns.values())]


class ParallelOptimizer:
    """The walk-forward search over rebalancing configurations, with the reference's arguments and answers.

    Parameters
    ----------
    window_days, timeframe, test_windows, quick_mode : as ``norn portfolio``'s --window-days, --timeframe, --test-windows, --quick
    workers : None: all usable cores. Results are the same at any number.
    prices : as in norn.portfolio.simulate; None: the folder data/ohlcv, with BTC_USDT/1h.csv and so on
    options : any other of ``norn portfolio`` (fee_bps, slippage_bps, metric, …): fees are 10 and slippage 5 hundredths of a per cent if
        nothing is said; 0 and 0 give the reference's arithmetic
    """

    def __init__(self, window_days=365, timeframe="1h", test_windows=5, quick_mode=False, workers=None, prices=None, **options):
        self.window_days, self.timeframe, self.test_windows, self.quick_mode = window_days, timeframe, test_windows, quick_mode
        self.workers, self.prices, self.options = workers, prices, options

    def _optimize(self, output_dir, n_jobs):
        if self.options.get("dry_run"):
            raise NornArgumentError("dry_run: an optimiser simulates; norn.portfolio.grid(prices, dry_run=True) counts")
        prices = self.prices
        if prices is None:
            prices = os.path.join("data", "ohlcv")
            if not os.path.isdir(prices):
                raise NornError(f"prices: there is no folder {prices}; give prices=, or files as {prices}/BTC_USDT/{self.timeframe}.csv")
        given = {"window_days": self.window_days, "timeframe": self.timeframe, "test_windows": whole(self.test_windows, "test_windows"),
                 "quick": bool(self.quick_mode), "output": None if output_dir is None else os.fsdecode(output_dir), **self.options}
        answer, table, _, _ = _search(prices, None, given, n_jobs, False)
        rows = _rows(_table(table))
        best = next((r for r in rows if r["config_id"] == answer["best_config"]["config_id"]), {})
        return {"best_config": {**best, **answer["best_config"]}, "all_results": rows, "splits": answer["splits"]}

    def optimize(self, output_dir="optimization_results"):
        """{best_config, all_results, splits, duration, workers_used}; output_dir None: no files."""
        began = time.monotonic()
        n = jobs(self.workers)
        out = self._optimize(output_dir, n)
        return out | {"duration": time.monotonic() - began, "workers_used": n or _norn.get_num_threads()}


class ComprehensiveOptimizer(ParallelOptimizer):
    """The same on one worker, with the same numbers."""

    def __init__(self, window_days=365, timeframe="1h", test_windows=5, quick_mode=False, prices=None, **options):
        super().__init__(window_days, timeframe, test_windows, quick_mode, 1, prices, **options)

    def optimize(self, output_dir="optimization_results"):
        """{best_config, all_results, splits}"""
        return self._optimize(output_dir, 1)
