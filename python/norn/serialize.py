"""Fitted Prophet models as JSON, in Prophet's own layout: written for norn and prophet, read from both."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import logging
from collections import OrderedDict
from copy import deepcopy

import numpy as np

from norn import _norn
from norn._norn import NornArgumentError
from norn._prophet import Prophet
from norn._prophet_rows import Rows, numbers, times

import pandas as pd

__all__ = ["model_to_json", "model_from_json", "model_to_dict", "model_from_dict"]

log = logging.getLogger("norn")
# The layout written: that of this version of Prophet.
VERSION = "1.3.0"
SIMPLE_ATTRIBUTES = ["growth", "n_changepoints", "specified_changepoints", "changepoint_range", "yearly_seasonality", "weekly_seasonality",
                     "daily_seasonality", "seasonality_mode", "seasonality_prior_scale", "changepoint_prior_scale", "holidays_prior_scale",
                     "mcmc_samples", "interval_width", "uncertainty_samples", "y_scale", "y_min", "scaling", "logistic_floor",
                     "country_holidays", "component_modes", "holidays_mode"]
PD_SERIES = ["changepoints", "history_dates", "train_holiday_names"]
PD_DATAFRAME = ["holidays", "history", "train_component_cols"]
_OWN = ("log_posterior", "kkt", "exact", "passes", "seed", "intervals", "parameter_uncertainty")


# ---- out ----

def _plain(value):
    """NumPy's numbers and arrays as Python's."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def model_to_dict(model):
    """A fitted model as a dict of plain values, in Prophet's layout; model_from_dict reverses it."""
    if model._rows is None:
        raise NornArgumentError("This can only be used to serialize models that have already been fit.")
    out = {name: _plain(getattr(model, name)) for name in SIMPLE_ATTRIBUTES}
    for name in PD_SERIES:
        value = getattr(model, name)
        out[name] = None if value is None else value.to_json(orient="split", date_format="iso")
    out["start"] = model.start.tz_localize("UTC").timestamp()
    out["t_scale"] = model.t_scale.total_seconds()
    for name in PD_DATAFRAME:
        value = getattr(model, name)
        out[name] = None if value is None else value.to_json(orient="table", index=False)
    out["changepoints_t"] = np.asarray(model.changepoints_t).tolist()
    for name in ("seasonalities", "extra_regressors"):
        value = getattr(model, name)
        out[name] = [list(value), _plain(value)]
    out["fit_kwargs"] = _plain(model.fit_kwargs)
    out["params"] = {name: np.asarray(value).tolist() for name, value in model.params.items()}
    out["__prophet_version"] = VERSION
    out["norn"] = {name: _plain(getattr(model, name)) for name in _OWN}
    return out


def model_to_json(model):
    """A fitted model as JSON text, which norn.serialize and prophet.serialize read."""
    return json.dumps(model_to_dict(model))


# ---- in ----

def _series(text, name):
    """A series of to_json(orient="split")."""
    if text is None:
        return None
    raw = json.loads(text)
    if name == "train_holiday_names":
        return pd.Series([str(v) for v in raw["data"]], index=raw["index"]) if raw["data"] else pd.Series([], dtype="object")
    stamps = pd.to_datetime(raw["data"], unit="ms" if raw["data"] and isinstance(raw["data"][0], (int, float)) else None, utc=True).tz_localize(None)
    return pd.Series(stamps, index=raw["index"], name=raw.get("name") or "ds")


def _frame(text, name):
    """A frame of to_json(orient="table", index=False)."""
    if text is None:
        return None
    raw = json.loads(text)
    frame = pd.DataFrame(raw["data"], columns=[f["name"] for f in raw["schema"]["fields"]])
    if name == "train_component_cols":
        frame.columns.name, frame.index.name = "component", "col"
    elif "ds" in frame:
        frame["ds"] = pd.to_datetime(frame["ds"], utc=True).dt.tz_localize(None)
    return frame


def _rows(model):
    """The history in the units that fit takes."""
    history = model.history
    ds, unit = times(history["ds"])
    x = {name: numbers(history[name], name) * row["std"] + row["mu"] for name, row in model.extra_regressors.items()}
    x |= {name: numbers(history[name], name) for name in model._conditions()}
    logistic = model.growth == "logistic"
    return Rows(ds, unit, numbers(history["y"], "y"), numbers(history["cap"], "cap") if logistic else None,
                numbers(history["floor"], "floor") if logistic and model.logistic_floor else None, x)


def _unknown_holidays(model):
    """Public holidays of a model that the table here has under other names, or not at all: they add nothing over the history's years."""
    if model.country_holidays is None or model.train_holiday_names is None:
        return []
    years = model.history["ds"].dt.year
    days = pd.date_range(f"{years.min()}-01-01", f"{years.max()}-12-31").to_numpy().astype("datetime64[us]").view("int64")
    zero = np.zeros(len(days))
    x = {name: zero for name in (*model.extra_regressors, *model._conditions())}
    cap, floor = (zero + 1, zero) if model.growth == "logistic" else (None, None)
    _, _, made = _norn.prophet_predict(model._live(), Rows(days, "us", None, cap, floor, x).call(), (0, 0.8, 0, 0, True))
    own = set() if model.holidays is None else set(model.holidays["holiday"].astype(str))
    beta = np.asarray(model.params["beta"]).ravel()
    return [name for name in model.train_holiday_names if name not in own and not np.any(made[name])
            and beta[model.train_component_cols[name].to_numpy() == 1].any()]


def _known_country(model):
    """Leaves out a country that the table does not have, and says so: its holidays' effects add nothing then."""
    if model.country_holidays is None:
        return
    try:
        Prophet().add_country_holidays(model.country_holidays)
    except NornArgumentError as e:
        log.warning("model_from_dict: country_holidays is left out: %s; predictions go without its days", e)
        model.country_holidays = None


def model_from_dict(model_dict):
    """The model of a dict of model_to_dict, norn's or prophet's (0.6 to 1.3). Models of mcmc_samples > 0 are refused."""
    d = dict(model_dict)
    d.setdefault("scaling", "absmax")
    d.setdefault("y_min", 0.0)
    d.setdefault("holidays_mode", d.get("seasonality_mode", "additive"))
    missing = [name for name in (*SIMPLE_ATTRIBUTES, *PD_SERIES, *PD_DATAFRAME, "start", "t_scale", "changepoints_t", "seasonalities",
                                 "extra_regressors", "params") if name not in d]
    if missing:
        raise NornArgumentError(f"model_from_dict: {missing[0]!r} is missing; a model written by model_to_dict is needed")
    if d["mcmc_samples"]:
        raise NornArgumentError("model_from_dict: a model of mcmc_samples > 0 holds draws of its parameters, which Norn does not take")
    model = Prophet()
    for name in SIMPLE_ATTRIBUTES:
        setattr(model, name, deepcopy(d[name]))
    for name in PD_SERIES:
        setattr(model, name, _series(d[name], name))
    model.start = pd.Timestamp(round(d["start"] * 1e6), unit="us")
    model.t_scale = pd.Timedelta(round(d["t_scale"] * 1e6), unit="us")
    for name in PD_DATAFRAME:
        setattr(model, name, _frame(d[name], name))
    model.changepoints_t = np.array(d["changepoints_t"], dtype="float64")
    for name in ("seasonalities", "extra_regressors"):
        order, rows = d[name]
        setattr(model, name, OrderedDict((key, dict(rows[key])) for key in order))
    model.fit_kwargs = d.get("fit_kwargs", {})
    model.params = OrderedDict((name, np.array(value, dtype="float64")) for name, value in d["params"].items())
    own = d.get("norn") or {}
    lp = model.params.get("lp__")
    model.log_posterior = own.get("log_posterior", None if lp is None else float(lp.ravel()[0]))
    model.kkt, model.exact, model.passes = own.get("kkt", float("nan")), own.get("exact", False), own.get("passes", 0)
    model.seed, model.intervals = own.get("seed", 0), own.get("intervals", "draws")
    model.parameter_uncertainty = own.get("parameter_uncertainty", False)
    model._rows = _rows(model)
    _known_country(model)
    model._live()  # says what does not fit together
    unknown = _unknown_holidays(model)
    if unknown:
        log.warning("model_from_dict: the table of %s has no holiday named %s: predictions go without it; such days can be given as holidays= of a new fit",
                    model.country_holidays, ", ".join(unknown))
    return model


def model_from_json(model_json):
    """The model of a JSON text that norn's or prophet's model_to_json wrote."""
    return model_from_dict(json.loads(model_json))
