"""norn.multi: several targets of one table with their drivers, forecast by ridge, EBM, boosted trees, Autoformer and ensembles."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging

from norn import _norn
from norn._arguments import jobs, level_list, level_name, whole
from norn._frames import kind_of
from norn._norn import NornArgumentError
from norn.forecaster import _bar, freq_text
from norn.models import text

log = logging.getLogger("norn")
_WRITTEN = ("out", "output", "summary", "items", "plot")  # files of the command; save and errors are written here, too
_TIMES = ("ds", "date", "datetime", "timestamp", "time")


class MultiResult:
    """What norn.multi gives. The tables are of the kind of the table that came in.

    Attributes
    ----------
    forecast : unique_id (the target), ds (the period), then a column for each model and its ``-lo-L`` and ``-hi-L``
    metrics : model, target, step ("all", "1", …), mse, mae, rmse, rmae, r2, mape, accuracy, max_error … of the out-of-fold forecasts
    weights : what each ensemble gives to each model for each target
    cross_validation : every out-of-fold forecast with its cut-off and what happened
    explanations : a dict for each model, target and step explained: intercept, forecast, terms (name, importance, contribution, axes,
        scores, sd, weights)
    info : n_items, n_ok, n_fallback, n_failed, digest, failures
    """

    def __init__(self, forecast, metrics, weights, cross_validation, explanations, info):
        self.forecast, self.metrics, self.weights, self.cross_validation = forecast, metrics, weights, cross_validation
        self.explanations, self.info = explanations, info

    def explain(self, target, model=None, step=None):
        """The terms of one forecast, the largest contribution first: a list of (name, contribution, importance).

        target : its name; model, step : which, where several are explained; None: the first
        """
        for e in self.explanations:
            if e["target"] == target and model in (None, e["model"]) and step in (None, e["step"]):
                def size(t):
                    return -abs(t["contribution"] if t["contribution"] is not None else t["importance"])
                return [(t["name"], t["contribution"], t["importance"]) for t in sorted(e["terms"], key=size)]
        there = sorted({(e["target"], e["model"], e["step"]) for e in self.explanations})
        raise NornArgumentError(f"explain: nothing explains target={target!r}, model={model!r}, step={step!r}; there are {there[:6]}")

    def __repr__(self):
        return f"MultiResult({self.info['n_items']} items, {self.info['n_failed']} failed, {len(self.explanations)} explanations)"


def _list(value, name):
    """One or several names, or globs, as the library takes them."""
    if value is None:
        return None
    try:
        names = [value] if isinstance(value, str) else [str(v) for v in iter(value)]
    except TypeError:
        names = []
    if isinstance(value, bytes) or (not names and not hasattr(value, "__len__")):
        raise NornArgumentError(f"{name}={value!r}: a name, or a list of names, is needed")
    if not isinstance(value, str) and any("," in n for n in names):
        raise NornArgumentError(f"{name}: a name with a comma in it can not stand in a list; rename the column")
    return ",".join(names)


def multi(df, targets=None, static=None, horizon=7, lookback=28, models=None, *, known=None, future=None, X_df=None, level=(80, 95), time_col=None, freq=None,
          explain=True, quick=False, n_jobs=-1, seed=0, verbose=False, **options):
    """Forecasts several targets of a table from their own past and from drivers, each step of the horizon directly.

    Parameters
    ----------
    df : a row for each period: a time column and columns of numbers or words; pandas, Polars, pyarrow, DuckDB or a dict of arrays
    targets : columns to forecast; names or globs as ``"Total_*"``
    static : columns that change seldom and are taken as they stand, as a blend's shares; names or globs
    horizon : periods ahead, 1 or more
    lookback : periods of the targets' past that a forecast may look at
    models : specs as ``["ridge", "ebm(interactions=3)", "gbdt", "autoformer", "ensemble"]``; None: the library's choice
    known : columns known ahead; their values over the horizon are in ``future``
    future, X_df : a table with the time column and the known columns over the horizon (two words for one)
    level : levels of the conformal intervals in per cent; None: none
    time_col : None: ds, date, datetime, timestamp or time
    freq : as in Forecaster; None: from the times
    explain : whether the forecasts are explained
    quick : fewer origins and features
    n_jobs : workers; -1 or None: all. Results are the same at any number.
    seed : of bags and networks
    verbose : show progress (through tqdm)
    options : anything else that ``norn multi`` takes, with underscores (windows, step, refit, missing, max_features, errors, save, load …)

    Returns a MultiResult. A column that holds a target's future is refused (``allow_leaks=True`` uses it). Raises
    NornArgumentError for arguments, NornError for data that cannot serve.
    """
    kind = kind_of(df)
    names = kind.names()
    if time_col is None:
        time_col = next((n for n in _TIMES if n in names), None)
    given = {"targets": _list(targets, "targets"), "static": _list(static, "static"), "known": _list(known, "known"), "horizon": whole(horizon, "horizon"),
             "lookback": whole(lookback, "lookback"), "time-col": time_col, "freq": freq_text(freq), "seed": whole(seed, "seed"),
             "level": ",".join(level_name(v) for v in level_list(level)) or "none", "quick": bool(quick), "explain": "-" if explain else None}
    if models is not None:
        if isinstance(models, bytes) or not hasattr(models, "__iter__"):
            raise NornArgumentError(f"models={models!r}: a spec, or a list of specs, is needed")
        given["model"] = models if isinstance(models, str) else ",".join(str(m) for m in models)
    written = next((k for k in _WRITTEN if options.get(k) is not None), None)
    if written is not None:
        raise NornArgumentError(f"{written}: this file is the command's; the MultiResult holds what stands in it")
    given |= {k.replace("_", "-"): v for k, v in options.items()}
    future = X_df if future is None else future
    if future is not None:
        later = kind_of(future)
        frame = later.open(set(later.names()))
    else:
        frame = None
    tick = _bar(0) if verbose else None
    try:
        texts = {k: text(v) for k, v in given.items() if v is not None}
        forecast, metrics, weights, trials, reasons, info = _norn.multi(kind.open(set(names)), frame, texts, jobs(n_jobs), tick)
    finally:
        if tick:
            tick.bar.close()
    for line in info.pop("said").splitlines():
        log.log(logging.WARNING if "leak" in line or "fallback" in line or "dropped" in line else logging.INFO, line)
    info["failures"] = info.pop("failed").splitlines()
    info.pop("first_status")
    for line in info["failures"][:10]:
        log.warning("failed: %s", line)
    return MultiResult(kind.build(forecast), kind.build(metrics), kind.build(weights), kind.build(trials), reasons, info)
