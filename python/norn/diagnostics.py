"""Cross-validation and error measures of norn.Prophet, with the names, arguments and columns of prophet.diagnostics."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
from copy import deepcopy

import numpy as np

from norn import _norn
from norn._norn import NornArgumentError, NornError
from norn._prophet import Prophet
from norn._prophet_rows import stamps

import pandas as pd

__all__ = ["generate_cutoffs", "cross_validation", "single_cutoff_forecast", "prophet_copy", "performance_metrics",
           "register_performance_metric", "rolling_mean_by_h", "rolling_median_by_h", "mse", "rmse", "mae", "mape", "mdape", "smape", "coverage"]

log = logging.getLogger("norn")


# ---- cut-offs ----

def _us(time):
    """A Timedelta or Timestamp, or what makes one, in microseconds."""
    return int(time.to_numpy().astype("timedelta64[us]" if isinstance(time, pd.Timedelta) else "datetime64[us]").view("int64"))


def _cutoffs(ds, horizon, initial, period):
    """Cut-offs in microseconds, ascending: from the last one that leaves a horizon, back by period while `initial` remains."""
    if horizon <= 0:
        raise NornArgumentError("horizon must be longer than 0")
    if period <= 0:
        raise NornArgumentError("period must be longer than 0")
    first, at = ds[0], ds[-1] - horizon
    if at < first:
        raise NornArgumentError("Less data than horizon.")
    out = []
    while at >= first + initial:
        out.append(at)
        at -= period
        seen = np.searchsorted(ds, at, side="right")  # rows up to at
        if at > first and seen == np.searchsorted(ds, at + horizon, side="right"):  # a hole: none to compare with
            at = ds[seen - 1] - horizon
    if len(out) == 0:
        raise NornArgumentError("Less data than horizon after initial window. Make horizon or initial shorter.")
    return np.array(out[::-1], dtype="int64")


def generate_cutoffs(df, horizon, initial, period):
    """The cut-offs of cross_validation for the times df["ds"], ascending; horizon, initial and period are Timedeltas."""
    ds = np.sort(df["ds"].to_numpy().astype("datetime64[us]").view("int64"))
    made = _cutoffs(ds, _us(pd.Timedelta(horizon)), _us(pd.Timedelta(initial)), _us(pd.Timedelta(period)))
    log.info("Making %d forecasts with cutoffs between %s and %s", len(made), pd.Timestamp(made[0], unit="us"), pd.Timestamp(made[-1], unit="us"))
    return list(pd.to_datetime(stamps(made, "us")))


def _window(model, ds, horizon, period, initial, cutoffs):
    """Cut-offs in microseconds; says so where the first leaves less than the longest season."""
    longest = pd.Timedelta(days=max((float(s["period"]) for s in model.seasonalities.values()), default=0.0))
    if cutoffs is None:
        period = 0.5 * horizon if period is None else pd.Timedelta(period)
        initial = max(3 * horizon, longest) if initial is None else pd.Timedelta(initial)
        made = _cutoffs(ds, _us(horizon), _us(initial), _us(period))
        log.info("Making %d forecasts with cutoffs between %s and %s", len(made), pd.Timestamp(made[0], unit="us"), pd.Timestamp(made[-1], unit="us"))
    else:
        made = np.array([_us(pd.Timestamp(c)) for c in cutoffs], dtype="int64")
        if len(made) == 0:
            raise NornArgumentError("cutoffs is empty")
        if made.min() <= ds[0]:
            raise NornArgumentError(f"Minimum cutoff value is not strictly greater than min date in history: {pd.Timestamp(int(made.min()), unit='us')}, "
                                    f"and the history begins at {pd.Timestamp(int(ds[0]), unit='us')}")
        if made.max() > ds[-1] - _us(horizon):
            raise NornArgumentError("Maximum cutoff value is greater than end date minus horizon, no value for cross-validation remaining: "
                                    f"{pd.Timestamp(int(made.max()), unit='us')}, and the history ends at {pd.Timestamp(int(ds[-1]), unit='us')}")
        initial = pd.Timedelta(int(made[0] - ds[0]), unit="us")
    if initial < longest:
        log.warning("Seasonality has period of %s days which is larger than initial window. Consider increasing initial.",
                    max(float(s["period"]) for s in model.seasonalities.values()))
    return made


# ---- cross-validation ----

def prophet_copy(m, cutoff=None):
    """An unfitted model of m's settings, with the seasonalities that its fit took, and given changepoints before the last row up to `cutoff`."""
    if m._rows is None:
        raise NornError("This is for copying a fitted Prophet object.")
    changepoints = None
    if m.specified_changepoints:
        changepoints = m.changepoints
        if cutoff is not None:
            ds = m._rows.ds
            upto = ds[ds <= _us(pd.Timestamp(cutoff))]
            changepoints = changepoints[changepoints < pd.Timestamp(int(upto[-1]), unit="us")]
    other = type(m)(growth=m.growth, changepoints=changepoints, n_changepoints=m.n_changepoints, changepoint_range=m.changepoint_range,
                    yearly_seasonality=False, weekly_seasonality=False, daily_seasonality=False, holidays=m.holidays,
                    seasonality_mode=m.seasonality_mode, seasonality_prior_scale=m.seasonality_prior_scale,
                    holidays_prior_scale=m.holidays_prior_scale, changepoint_prior_scale=m.changepoint_prior_scale,
                    interval_width=m.interval_width, uncertainty_samples=m.uncertainty_samples, scaling=m.scaling, holidays_mode=m.holidays_mode,
                    seed=m.seed, intervals=m.intervals, parameter_uncertainty=m.parameter_uncertainty)
    other.seasonalities, other.extra_regressors = deepcopy(m.seasonalities), deepcopy(m.extra_regressors)
    other.country_holidays = m.country_holidays
    return other


def single_cutoff_forecast(df, model, cutoff, horizon, predict_columns):
    """One cut-off of cross_validation: a copy of `model`, fitted to the rows of df up to it, and its forecast of (cutoff, cutoff + horizon].

    df : ds, y and what else the model needs, in the units that fit takes. Gives predict_columns, y and cutoff; bounds as cross_validation's.
    """
    cutoff, horizon = pd.Timestamp(cutoff), pd.Timedelta(horizon)
    past = df[df["ds"] <= cutoff]
    if len(past) < 2:
        raise NornError("Less than two datapoints before cutoff. Increase initial window.")
    ahead = df[(df["ds"] > cutoff) & (df["ds"] <= cutoff + horizon)]
    one = prophet_copy(model, cutoff)
    one.intervals, one.seed = "exact", (int(model.seed or 0) ^ _us(cutoff)) % 2**64  # as the library has them
    made = one.fit(past).predict(ahead.drop(columns="y"))
    return pd.concat([made[predict_columns], ahead[["y"]].reset_index(drop=True), pd.DataFrame({"cutoff": [cutoff] * len(made)})], axis=1)


def _raw(model):
    """A model's history in the units that fit takes."""
    rows = model._rows
    columns = {"ds": rows.stamps(), "y": rows.y}
    columns.update((name, column) for name, column in (("cap", rows.cap), ("floor", rows.floor)) if column is not None)
    return pd.DataFrame(columns | rows.x)


def _mapped(model, cutoffs, horizon, columns, pool):
    """Cut-off by cut-off, by the map of `pool`."""
    n, df = len(cutoffs), _raw(model)
    made = pool.map(single_cutoff_forecast, [df] * n, [model] * n, [pd.Timestamp(int(c), unit="us") for c in cutoffs], [horizon] * n, [columns] * n)
    return pd.concat(list(made), axis=0).reset_index(drop=True)


class _Here:
    map = staticmethod(map)


def _at_once(model, cutoffs, horizon, columns):
    """All cut-offs in one call of the library."""
    rows = model._rows
    spec = prophet_copy(model)._specify(fixed=True)
    ds, of, made = _norn.prophet_cv(spec, rows.call(), cutoffs, _us(horizon), model._options(True, False, exact=True), 0)
    frame = {"ds": stamps(ds, rows.unit), **{name: made[name] for name in columns if name != "ds"}, "y": made["y"], "cutoff": stamps(of, rows.unit)}
    return pd.DataFrame(frame)


def cross_validation(model, horizon, period=None, initial=None, parallel=None, cutoffs=None, disable_tqdm=False, extra_output_columns=None):
    """Forecasts of a fitted model from past cut-offs, each with a model fitted to the rows up to it.

    horizon, period, initial : Timedeltas or their texts, as "365 days"; period defaults to half the horizon, initial to three horizons, at
        least the longest season
    parallel : None, "threads", "processes" or "dask" run on all of Norn's workers; an object with a map method is called with
        single_cutoff_forecast
    cutoffs : cut-offs of one's own
    disable_tqdm : taken; the whole takes milliseconds and shows no bar
    extra_output_columns : further columns of predict, as "trend"

    Gives a frame of ds, yhat, yhat_lower, yhat_upper, y, cutoff. With linear and flat growth the bounds are those of infinitely many draws.
    """
    if not isinstance(model, Prophet):
        raise NornArgumentError(f"cross_validation: model is a {type(model).__name__}; a norn.Prophet is needed")
    if model._rows is None:
        raise NornError("Model has not been fit. Fitting the model provides contextual parameters for cross validation.")
    horizon = pd.Timedelta(horizon)
    columns = ["ds", "yhat"] + (["yhat_lower", "yhat_upper"] if model.uncertainty_samples else [])
    extra = [extra_output_columns] if isinstance(extra_output_columns, str) else list(extra_output_columns or [])
    columns += [name for name in extra if name not in columns]
    made = _window(model, model._rows.ds, horizon, period, initial, cutoffs)
    if parallel is not None and not isinstance(parallel, str) and hasattr(parallel, "map"):
        return _mapped(model, made, horizon, columns, parallel)
    if parallel and parallel not in ("threads", "processes", "dask"):
        raise NornArgumentError("'parallel' should be one of threads, processes, dask, or an instance with a 'map' method")
    if extra:
        return _mapped(model, made, horizon, columns, _Here)
    return _at_once(model, made, horizon, columns)


# ---- measures ----

PERFORMANCE_METRICS = {}


def register_performance_metric(func):
    """Makes func(df, w) a metric of performance_metrics under its own name; it gives a frame of horizon and that name."""
    PERFORMANCE_METRICS[func.__name__] = func
    return func


def rolling_mean_by_h(x, h, w, name):
    """Means of x over at least w values up to each horizon; the earliest horizon that is only partly needed counts by its mean.

    Gives a frame of horizon (ascending, from where w values are there) and `name`.
    """
    x, h = np.asarray(x, dtype="float64"), np.asarray(h)
    seen = ~np.isnan(x)
    at, place = np.unique(h, return_inverse=True)
    n = np.bincount(place[seen], minlength=len(at))
    total = np.concatenate(([0.0], np.cumsum(np.bincount(place[seen], weights=x[seen], minlength=len(at)))))
    count = np.concatenate(([0], np.cumsum(n)))
    enough = count[1:] >= w
    last = count[1:][enough]
    before = np.interp(last - w, count, total)
    return pd.DataFrame({"horizon": at[enough], name: (total[1:][enough] - before) / w})


def rolling_median_by_h(x, h, w, name):
    """Medians of x over at least w values up to each horizon; of earlier horizons the last values are taken, in the order given.

    Gives a frame of horizon (ascending, from where w values are there) and `name`.
    """
    x, h = np.asarray(x, dtype="float64"), np.asarray(h)
    at, first, place, n = np.unique(h, return_index=True, return_inverse=True, return_counts=True)
    horizons, medians = [], []
    for i in range(len(at)):
        more = max(w - n[i], 0)
        if more > first[i]:
            if horizons:
                horizons, medians = [], []
            continue
        horizons.append(at[i])
        medians.append(np.median(np.concatenate((x[place == i], x[first[i] - more:first[i]]))))
    return pd.DataFrame({"horizon": np.array(horizons, dtype=at.dtype), name: np.array(medians, dtype="float64")})


def _metric(name, about, value, rolling=rolling_mean_by_h):
    """Registers one measure: value(df) for each row, averaged over horizons unless w < 0."""
    def measure(df, w):
        each = value(df)
        if w < 0:
            return pd.DataFrame({"horizon": df["horizon"], name: each})
        return rolling(np.asarray(each), df["horizon"].to_numpy(), w, name)
    measure.__name__ = measure.__qualname__ = name
    measure.__doc__ = f"{about}: a frame of horizon and {name}, over windows of w rows (w < 0: each row)."
    return register_performance_metric(measure)


def _percent(df):
    return ((df["y"] - df["yhat"]) / df["y"]).abs()


def _symmetric(df):
    return ((df["y"] - df["yhat"]).abs() / ((df["y"].abs() + df["yhat"].abs()) / 2)).fillna(0)


mse = _metric("mse", "Mean squared error", lambda df: (df["y"] - df["yhat"]) ** 2)
mae = _metric("mae", "Mean absolute error", lambda df: (df["y"] - df["yhat"]).abs())
mape = _metric("mape", "Mean absolute error as a share of y", _percent)
mdape = _metric("mdape", "Median absolute error as a share of y", _percent, rolling_median_by_h)
smape = _metric("smape", "Mean absolute error as a share of the mean of |y| and |yhat|", _symmetric)
coverage = _metric("coverage", "Share of y within yhat_lower and yhat_upper",
                   lambda df: (df["y"] >= df["yhat_lower"]) & (df["y"] <= df["yhat_upper"]))


@register_performance_metric
def rmse(df, w):
    """Root of the mean squared error: a frame of horizon and rmse, over windows of w rows (w < 0: each row)."""
    out = mse(df, w).rename(columns={"mse": "rmse"})
    out["rmse"] = np.sqrt(out["rmse"])
    return out


_DEFAULT = ("mse", "rmse", "mae", "mape", "mdape", "smape", "coverage")


def performance_metrics(df, metrics=None, rolling_window=0.1, monthly=False):
    """Measures by horizon of cross_validation's frame: a frame of horizon and a column for each metric; None where none is left.

    metrics : names; default mse, rmse, mae, mape, mdape, smape, coverage. mape is left out where a y is 0, coverage without intervals.
    rolling_window : share of the rows in each window; 0: each horizon on its own; 1: all rows; < 0: no averaging
    monthly : horizons are calendar months from the cut-off's
    """
    names = list(_DEFAULT if metrics is None else metrics)
    if "yhat_lower" not in df or "yhat_upper" not in df:
        names = [name for name in names if name != "coverage"]
    if len(set(names)) != len(names):
        raise NornArgumentError("Input metrics must be a list of unique values")
    if not set(names) <= set(PERFORMANCE_METRICS):
        raise NornArgumentError(f"Valid values for metrics are: {list(PERFORMANCE_METRICS)}")
    table = df.copy()
    if monthly:
        months = [table[name].dt.year * 12 + table[name].dt.month for name in ("ds", "cutoff")]
        table["horizon"] = (months[0] - months[1]).astype("int64")
    else:
        table["horizon"] = table["ds"] - table["cutoff"]
    table = table.sort_values("horizon")  # not stable, as Prophet's: medians depend on the order within a horizon
    if "mape" in names and table["y"].abs().min() < 1e-8:
        log.info("Skipping MAPE because y close to 0")
        names.remove("mape")
    if not names:
        return None
    w = int(rolling_window * len(table))
    if w >= 0:
        w = min(max(w, 1), len(table))
    made = [PERFORMANCE_METRICS[name](table, w) for name in names]
    out = made[0]
    for name, one in zip(names[1:], made[1:]):
        out[name] = one[name]
    return out
