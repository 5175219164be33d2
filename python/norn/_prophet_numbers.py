"""A Prophet fit's numbers as Prophet's attributes, and the attributes as numbers to restore a fit from."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pandas as pd

from norn._norn import NornArgumentError
from norn._prophet_rows import holiday_columns

_MODES = ("additive", "multiplicative")


# ---- out: state -> attributes ----

def _mode(flag):
    return _MODES[bool(flag)]


def seasonalities_of(state):
    """{name: {period, fourier_order, prior_scale, mode, condition_name}} in the order of the columns."""
    return OrderedDict((name, {"period": period, "fourier_order": order, "prior_scale": prior, "mode": _mode(mult == 1), "condition_name": condition})
                       for name, period, order, prior, mult, condition in state["seasons"])


def regressors_of(state, given):
    """{name: {prior_scale, standardize, mu, std, mode}}; `given` has standardize as the user wrote it."""
    return OrderedDict((name, {"prior_scale": prior, "standardize": given[name]["standardize"], "mu": mu, "std": sd, "mode": _mode(mult == 1)})
                       for name, prior, _, mult, mu, sd in state["regressors"])


def _at(change_t, t):
    """How many changepoints lie at or before each t."""
    return np.searchsorted(change_t, t, side="right")


def piecewise_linear(t, deltas, k, m, changepoint_ts):
    """The linear trend k t + m with slope changes `deltas` at `changepoint_ts` (ascending), at times t."""
    deltas, changepoint_ts = np.asarray(deltas, dtype="float64"), np.asarray(changepoint_ts, dtype="float64")
    at = _at(changepoint_ts, t)
    slope = k + np.concatenate(([0.0], np.cumsum(deltas)))
    offset = m - np.concatenate(([0.0], np.cumsum(deltas * changepoint_ts)))
    return slope[at] * t + offset[at]


def piecewise_logistic(t, cap, deltas, k, m, changepoint_ts):
    """The logistic trend below `cap` whose rate changes by `deltas` at `changepoint_ts` (ascending), joined smoothly."""
    rate, offset = [float(np.asarray(k).item())], [float(np.asarray(m).item())]
    with np.errstate(all="ignore"):
        for delta, s in zip(deltas, changepoint_ts):
            rate.append(rate[-1] + delta)
            offset.append(offset[-1] if delta == 0 else s - (s - offset[-1]) * rate[-2] / np.float64(rate[-1]))
        at = _at(changepoint_ts, t)
        return cap / (1 + np.exp(-np.array(rate)[at] * (t - np.array(offset)[at])))


def params_of(state, growth, t, cap):
    """Prophet's params: each number as an array of one row."""
    k, m, delta, change_t = state["k"], state["m"], state["delta"], state["change_t"]
    if len(delta) == 0:  # one change of 0 at the start stands for none
        delta, change_t = np.zeros(1), np.zeros(1)
    if growth == "linear":
        trend = piecewise_linear(t, delta, k, m, change_t)
    elif growth == "logistic":
        trend = piecewise_logistic(t, cap, delta, k, m, change_t)
    else:
        trend = np.full(len(t), m)
    rows = (("lp__", state["log_posterior"]), ("k", k), ("m", m), ("delta", delta), ("sigma_obs", state["sigma"]), ("beta", state["beta"]), ("trend", trend))
    return OrderedDict((name, np.array(value, dtype="float64").reshape(1, -1)) for name, value in rows)


def component_modes(state, regressors, holidays_mode):
    """{"additive": [component, …], "multiplicative": […]} in Prophet's order: seasonalities, holidays, regressors, groups."""
    modes = {"additive": [], "multiplicative": []}
    for row in state["seasons"]:
        modes[_mode(row[4] == 1)].append(row[0])
    modes[holidays_mode].extend(state["holiday_names"])
    for name, row in regressors.items():
        modes[row["mode"]].append(name)
    for mode in _MODES:
        modes[mode] += [f"{mode}_terms", f"extra_regressors_{mode}"]
    modes[holidays_mode].append("holidays")
    return modes


def component_cols(components, multiplicative, holiday_names, regressors):
    """Which column belongs to which component, as a frame of 0 and 1 (columns, components)."""
    n = len(components)
    names = np.array(components, dtype=object)
    mult = np.array(multiplicative, dtype=bool)
    real = names != "zeros"
    of_regressor = np.isin(names, list(regressors))
    member = {name: names == name for name in dict.fromkeys(components) if name != "zeros"}
    groups = {"additive_terms": real & ~mult, "multiplicative_terms": real & mult, "extra_regressors_additive": of_regressor & ~mult,
              "extra_regressors_multiplicative": of_regressor & mult}
    if holiday_names:
        groups["holidays"] = np.isin(names, list(holiday_names))
    member |= {name: flags for name, flags in groups.items() if flags.any()}
    order = sorted(member) + [name for name in ("additive_terms", "multiplicative_terms") if name not in member]
    none = np.zeros(n, dtype=bool)
    table = np.array([member.get(name, none) for name in order], dtype="int64").T
    return pd.DataFrame(table, index=pd.RangeIndex(n, name="col"), columns=pd.Index(order, name="component"))


def changepoint_places(n_rows, share, n):
    """Rows at which automatic changepoints lie."""
    size = int(np.floor(n_rows * share))
    return np.linspace(0, size - 1, n + 1).round().astype(int)[1:]


# ---- in: attributes -> state ----

def _one(params, name):
    values = np.asarray(params[name], dtype="float64").ravel()
    if len(values) != 1:
        raise NornArgumentError(f"Prophet: params[{name!r}] has {len(values)} draws; models of one estimate are taken, not samples of mcmc_samples > 0")
    return float(values[0])


def _holiday_columns(model):
    """[(column, component, multiplicative, prior scale), …] of the holidays seen in training."""
    seen = [] if model.train_holiday_names is None else [str(name) for name in model.train_holiday_names]
    days, prior = {name: set() for name in seen}, {}
    _, columns = holiday_columns(model.holidays)
    for name, _, lower, upper, scale in zip(*columns) if columns else ():
        if name in days:
            days[name].update(range(int(lower), int(upper) + 1))
            prior.setdefault(name, scale)
    rows = []
    for name in seen:
        scale = prior.get(name, np.nan)
        for day in days[name] or {0}:
            rows.append((f"{name}_delim_{'+' if day >= 0 else '-'}{abs(day)}", name, model.holidays_mode == "multiplicative",
                         model.holidays_prior_scale if np.isnan(scale) else scale))
    return sorted(rows), seen


def columns_of(model):
    """[(column, component, multiplicative, prior scale), …] of all features, in order; and the holidays' names."""
    rows = []
    for name, s in model.seasonalities.items():
        rows += [(f"{name}_delim_{i + 1}", name, s["mode"] == "multiplicative", float(s["prior_scale"])) for i in range(2 * int(s["fourier_order"]))]
    of_holidays, seen = _holiday_columns(model)
    rows += of_holidays
    rows += [(name, name, r["mode"] == "multiplicative", float(r["prior_scale"])) for name, r in model.extra_regressors.items()]
    return rows or [("zeros", "zeros", False, 1.0)], seen


def season_rows(seasonalities):
    """As the extension module takes seasonalities."""
    return [(name, float(s["period"]), int(s["fourier_order"]), float(s["prior_scale"]), int(s["mode"] == "multiplicative"), s["condition_name"])
            for name, s in seasonalities.items()]


def regressor_rows(regressors):
    """As the extension module takes regressors."""
    code = lambda standardize: -1 if isinstance(standardize, str) and standardize == "auto" else int(bool(standardize))
    return [(name, float(r["prior_scale"]), code(r["standardize"]), int(r["mode"] == "multiplicative"), float(r["mu"]), float(r["std"]))
            for name, r in regressors.items()]


def state_of(model, ds):
    """A fitted model's attributes as the state that restores it. ds: the history's times, in microseconds."""
    columns, seen = columns_of(model)
    change = model.changepoints.to_numpy().astype("datetime64[us]").view("int64")
    n = len(change)
    delta = np.asarray(model.params["delta"], dtype="float64").ravel()
    beta = np.asarray(model.params["beta"], dtype="float64").ravel()
    k = _one(model.params, "k") + (float(delta.sum()) if n == 0 else 0.0)
    if n and len(delta) != n or len(beta) != len(columns):
        raise NornArgumentError(f"Prophet: params have {len(delta)} changes and {len(beta)} coefficients; changepoints and components ask for "
                                f"{n} and {len(columns)}")
    lp = model.params.get("lp__")
    start, t_scale = _us(model.start), _us(model.t_scale)
    t = (ds - start) / t_scale
    return {
        "start": start, "t_scale": t_scale, "y_scale": float(model.y_scale), "y_min": float(model.y_min), "floor": bool(model.logistic_floor),
        "change": np.ascontiguousarray(change), "change_t": np.ascontiguousarray(np.asarray(model.changepoints_t, dtype="float64")[:n]),
        "seasons": season_rows(model.seasonalities), "regressors": regressor_rows(model.extra_regressors), "holiday_names": seen,
        "columns": [c[0] for c in columns], "components": [c[1] for c in columns], "multiplicative": [c[2] for c in columns],
        "priors": np.array([c[3] for c in columns]), "n_rows": len(ds), "mean_step": float((t[-1] - t[0]) / (len(t) - 1)) if len(t) > 1 else 0.0,
        "k": k, "m": _one(model.params, "m"), "sigma": _one(model.params, "sigma_obs"), "delta": delta[:n], "beta": beta,
        "log_posterior": float("nan") if lp is None else float(np.ravel(lp)[0]), "kkt": model.kkt, "exact": bool(model.exact), "passes": int(model.passes),
    }


def _us(time):
    """A Timestamp or Timedelta in microseconds."""
    return int(np.asarray(time.to_numpy()).astype("datetime64[us]" if isinstance(time, pd.Timestamp) else "timedelta64[us]").view("int64"))
