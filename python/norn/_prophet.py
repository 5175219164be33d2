"""norn.Prophet: Prophet's class over Norn's exact fit, with the same arguments, attributes and data frames."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import threading
import warnings
from collections import OrderedDict
from copy import deepcopy

import numpy as np

from norn import _norn
from norn import _prophet_rows as rows_in  # says so where pandas is missing
from norn import _prophet_numbers as numbers_in
from norn._norn import NornArgumentError, NornError

import pandas as pd

log = logging.getLogger("norn")
_GROWTHS = {"linear": 0, "logistic": 1, "flat": 2}
_STEPS, _POISSON, _EXACT = range(3)
_MAKING = threading.Lock()  # a model's uncertainty is made once
# What a fit sets; taken from the library when it is first asked for.
_OF_FIT = ("start", "y_min", "y_scale", "logistic_floor", "t_scale", "changepoints", "changepoints_t", "n_changepoints", "seasonalities",
           "extra_regressors", "params", "train_component_cols", "component_modes", "train_holiday_names", "log_posterior", "kkt", "exact", "passes")
_BUILT_IN = (("yearly", 365.25), ("weekly", 7), ("daily", 1))
# Prophet's own steps, which its fit and predict call and Norn's do not: overriding them would have no effect.
_NOT_CALLED = frozenset("""add_group_component calculate_initial_params construct_holiday_dataframe flat_growth_init flat_trend fourier_series
    get_changepoint_matrix initialize_scales linear_growth_init logistic_growth_init make_all_seasonality_features make_holiday_features
    make_seasonality_features parse_seasonality_args percentile piecewise_linear piecewise_logistic predict_seasonal_components predict_trend
    predict_uncertainty preprocess regressor_column_matrix sample_model sample_model_vectorized sample_posterior_predictive
    sample_predictive_trend sample_predictive_trend_vectorized set_auto_seasonalities set_changepoints setup_dataframe""".split())


class WarmStart(dict):
    """A fitted model's parameters, and the model itself for Norn's own start (norn.utilities.warm_start_params)."""

    handle = None

    def __reduce_ex__(self, protocol):
        return dict, (dict(self),)  # a copy is the parameters alone


def _choice(value, name, allowed):
    if value not in allowed:
        raise NornArgumentError(f'{name} must be "{allowed[0]}" or "{allowed[1]}"')
    return value


def _scale(value, name):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise NornArgumentError(f"Prophet: {name}={value!r} is no number") from None


class Prophet:
    """Prophet's model (Taylor and Letham 2018), estimated at its exact optimum instead of by Stan.

    The arguments are those of Prophet 1.3, in the same order; docs/prophet.md says what differs.

    Parameters
    ----------
    growth : "linear", "logistic" (needs a column cap) or "flat"
    changepoints : dates at which the trend may change; None: placed automatically
    n_changepoints : how many are placed, evenly over the rows of the first part of the history
    changepoint_range : that part, in [0, 1]
    yearly_seasonality, weekly_seasonality, daily_seasonality : "auto", True, False, or a number of Fourier pairs
    holidays : frame with columns holiday and ds, and lower_window, upper_window (days), prior_scale where wanted
    seasonality_mode, holidays_mode : "additive" or "multiplicative"; holidays_mode None: as seasonality_mode
    seasonality_prior_scale, holidays_prior_scale, changepoint_prior_scale : scales > 0; larger ones let the component move more
    mcmc_samples : 0; sampling is not offered
    interval_width : share of the draws between yhat_lower and yhat_upper, in [0, 1]
    uncertainty_samples : draws for these; 0 or False: none
    stan_backend : taken and not needed
    scaling : "absmax" (y by its largest size) or "minmax" (y to [0, 1])
    seed : of the draws; equal seeds give equal draws on any machine and at any number of workers
    intervals : "draws", or "exact": the bounds that infinitely many draws would have, in closed form (linear and flat growth)
    parameter_uncertainty : whether intervals, of the components too, hold the uncertainty of the estimates themselves, from the curvature
        of the log posterior at its optimum; Prophet's (mcmc_samples=0) and False: estimates are taken as certain

    After fit: params, changepoints, changepoints_t, history, history_dates, start, t_scale (Timedelta), y_scale, y_min, seasonalities,
    extra_regressors, train_holiday_names, train_component_cols, component_modes as in Prophet, and Norn's own log_posterior (without
    constants, as Stan's lp__), kkt (largest violation of the optimum's conditions) and exact (a global optimum given sigma_obs).
    """

    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        idle = sorted(_NOT_CALLED & vars(cls).keys())
        if idle:
            raise NornError(f"Prophet: class {cls.__name__} overrides {', '.join(idle)}, which Norn's fit and predict do not call: it would have no "
                            "effect. Override fit, predict or predictive_samples, or change the frames that they take and give")

    def __init__(self, growth="linear", changepoints=None, n_changepoints=25, changepoint_range=0.8, yearly_seasonality="auto",
                 weekly_seasonality="auto", daily_seasonality="auto", holidays=None, seasonality_mode="additive",
                 seasonality_prior_scale=10.0, holidays_prior_scale=10.0, changepoint_prior_scale=0.05, mcmc_samples=0,
                 interval_width=0.80, uncertainty_samples=1000, stan_backend=None, scaling="absmax", holidays_mode=None, *, seed=0,
                 intervals="draws", parameter_uncertainty=False):
        self.growth = growth
        self.specified_changepoints = changepoints is not None
        self.changepoints, self.n_changepoints = None, n_changepoints
        if isinstance(changepoints, str):
            raise NornArgumentError(f"Prophet: changepoints={changepoints!r} is one text; a list of dates is needed")
        if self.specified_changepoints:
            ds, unit = rows_in.times(pd.Series(list(changepoints), dtype=None if len(changepoints) else "datetime64[ns]"), "changepoints")
            self.changepoints = pd.Series(rows_in.stamps(ds, unit), name="ds")
            self.n_changepoints = len(ds)
        self.changepoint_range = changepoint_range
        self.yearly_seasonality, self.weekly_seasonality, self.daily_seasonality = yearly_seasonality, weekly_seasonality, daily_seasonality
        self.holidays = rows_in.holiday_columns(holidays)[0]
        self.seasonality_mode = seasonality_mode
        self.holidays_mode = seasonality_mode if holidays_mode is None else holidays_mode
        self.seasonality_prior_scale = _scale(seasonality_prior_scale, "seasonality_prior_scale")
        self.changepoint_prior_scale = _scale(changepoint_prior_scale, "changepoint_prior_scale")
        self.holidays_prior_scale = _scale(holidays_prior_scale, "holidays_prior_scale")
        self.mcmc_samples, self.interval_width, self.uncertainty_samples = mcmc_samples, interval_width, uncertainty_samples
        self.scaling, self.seed, self.intervals = scaling, seed, intervals
        self.parameter_uncertainty = bool(parameter_uncertainty)
        self.stan_backend = self.stan_fit = None
        self.start = self.y_min = self.y_scale = self.t_scale = self.changepoints_t = None
        self.logistic_floor = False
        self.seasonalities, self.extra_regressors, self.country_holidays = OrderedDict(), OrderedDict(), None
        self.params, self.fit_kwargs = {}, {}
        self.history = self.history_dates = self.train_component_cols = self.component_modes = self.train_holiday_names = None
        self.log_posterior = self.kkt = self.exact = self.passes = None
        self._handle = self._rows = self._dates = self._kept = self._uncertain = None
        if mcmc_samples:
            raise NornError("Prophet: mcmc_samples > 0 is not offered. Norn finds the posterior's exact mode; its intervals hold the noise and the "
                            "trend's future changes (mcmc_samples=0), conformal intervals from past errors are norn.ConformalIntervals, and "
                            "norn.diagnostics.cross_validation measures what intervals cover")
        if stan_backend is not None:
            warnings.warn(f"Prophet: stan_backend={stan_backend!r} is taken and not needed: Norn has no Stan", UserWarning, stacklevel=2)
        self.validate_inputs()

    # ---- what was asked ----

    def validate_inputs(self):
        """Raises norn.NornArgumentError, a ValueError, for arguments that cannot be used."""
        if self.growth not in _GROWTHS:
            raise NornArgumentError('Parameter "growth" should be "linear", "logistic" or "flat".')
        if isinstance(self.changepoint_range, bool) or not isinstance(self.changepoint_range, (int, float, np.number)):
            raise NornArgumentError("changepoint_range must be a number in [0, 1]")
        if not 0 <= self.changepoint_range <= 1:
            raise NornArgumentError('Parameter "changepoint_range" must be in [0, 1]')
        if self.scaling not in ("absmax", "minmax"):
            raise NornArgumentError("scaling must be one of 'absmax' or 'minmax'")
        _choice(self.seasonality_mode, "seasonality_mode", ("additive", "multiplicative"))
        _choice(self.holidays_mode, "holidays_mode", ("additive", "multiplicative"))
        _choice(self.intervals, "intervals", ("draws", "exact"))
        self._specify()

    def _order(self, name):
        """Fourier pairs of a built-in seasonality as the library takes them."""
        asked = getattr(self, f"{name}_seasonality")
        if isinstance(asked, str) and asked == "auto":
            return -1
        if isinstance(asked, (bool, np.bool_)):
            return -2 if asked else 0
        try:
            return int(asked)
        except (TypeError, ValueError):
            raise NornArgumentError(f"Prophet: {name}_seasonality={asked!r} is none of 'auto', True, False or a number of Fourier terms") from None

    def _specify(self, fixed=False, changepoints=True, **more):
        """The library's model of what was asked. fixed: seasonalities are those of `seasonalities` alone."""
        given = None
        if changepoints and self.specified_changepoints:
            given = np.ascontiguousarray(self.changepoints.to_numpy().astype("datetime64[us]").view("int64"))
        orders = (0, 0, 0) if fixed else tuple(self._order(name) for name, _ in _BUILT_IN)
        seasonalities = more.get("seasonalities", self.seasonalities)
        country = more.get("country", self.country_holidays)
        options = (_GROWTHS[self.growth], given, max(int(self.n_changepoints), 0), float(self.changepoint_range), *orders,
                   self.seasonality_mode == "multiplicative", int(self.holidays_mode == "multiplicative"), self.scaling == "minmax",
                   self.seasonality_prior_scale, self.holidays_prior_scale, self.changepoint_prior_scale,
                   None if country is None else str(country))
        return _norn.prophet_make(options, numbers_in.season_rows(seasonalities),
                                  numbers_in.regressor_rows(more.get("extra_regressors", self.extra_regressors)),
                                  rows_in.holiday_columns(self.holidays)[1])

    def _before_fit(self, what):
        if self._rows is not None:
            raise NornError(f"{what} must be added prior to model fitting.")

    def add_seasonality(self, name, period, fourier_order, prior_scale=None, mode=None, condition_name=None):
        """Adds a seasonality of `period` days with `fourier_order` pairs of sine and cosine; returns self.

        prior_scale, mode : default to the model's; condition_name : column of 0 and 1 (or booleans) that switches it on.
        Raises norn.NornArgumentError (a ValueError) for names taken or reserved, orders, periods and scales that are not > 0.
        """
        self._before_fit("Seasonality")
        if not isinstance(fourier_order, (int, float, np.number)) or not float(fourier_order).is_integer():
            raise NornArgumentError(f"Prophet: fourier_order={fourier_order!r} is no whole number")
        if fourier_order <= 0:
            raise NornArgumentError("Fourier Order must be > 0")
        if condition_name is not None and not isinstance(condition_name, str):
            raise NornArgumentError(f"Prophet: condition_name={condition_name!r} is no text")
        _scale(period, "period")
        row = {"period": period, "fourier_order": int(fourier_order), "prior_scale": self._prior(prior_scale, self.seasonality_prior_scale),
               "mode": self._mode(mode), "condition_name": condition_name}
        self._specify(seasonalities=OrderedDict(self.seasonalities, **{str(name): row}))
        self.seasonalities[str(name)] = row
        return self

    def add_regressor(self, name, prior_scale=None, standardize="auto", mode=None):
        """Adds a column of the frames as a regressor; returns self.

        prior_scale : default holidays_prior_scale; standardize : True, False, or "auto": unless it holds only 0 and 1; mode : default the model's.
        """
        self._before_fit("Regressors")
        row = {"prior_scale": self._prior(prior_scale, self.holidays_prior_scale), "standardize": standardize, "mu": 0.0, "std": 1.0,
               "mode": self._mode(mode)}
        self._specify(extra_regressors=OrderedDict(self.extra_regressors, **{str(name): row}))
        self.extra_regressors[str(name)] = row
        return self

    def add_country_holidays(self, country_name):
        """Adds the public holidays of a country, by code ("US") or name ("UnitedStates"), of 1995 to 2044; returns self."""
        self._before_fit("Country holidays")
        self._specify(country=country_name)
        if self.country_holidays is not None:
            log.warning("Changing country holidays from %r to %r.", self.country_holidays, country_name)
        self.country_holidays = country_name
        return self

    def _prior(self, given, default):
        scale = default if given is None else _scale(given, "prior_scale")
        if not scale > 0:
            raise NornArgumentError("Prior scale must be > 0")
        return scale

    def _mode(self, given):
        return self.seasonality_mode if given is None else _choice(given, "mode", ("additive", "multiplicative"))

    # ---- fit ----

    def _conditions(self):
        return [s["condition_name"] for s in self.seasonalities.values() if s["condition_name"] is not None]

    def _take(self, df, fitting, keep_frame=False):
        frame = rows_in.as_frame(df)
        return frame, *rows_in.rows_of(frame, self.extra_regressors, self._conditions(), self.growth == "logistic", fitting, keep_frame)

    def _warm(self, kwargs):
        """A fitted model to start from, out of what Stan would be given; other arguments of Stan are not needed."""
        init = kwargs.get("init", kwargs.get("inits"))
        handle = getattr(init, "handle", None)
        idle = sorted(name for name in kwargs if name not in ("init", "inits") or handle is None)
        if idle:
            log.info("Prophet.fit: %s: arguments of Stan, taken and not needed: the optimum does not depend on them", ", ".join(idle))
        return handle

    def fit(self, df, **kwargs):
        """Estimates the model from a frame with columns ds and y (and cap, floor, regressors, conditions); returns self.

        ds : dates as text, datetime or number (20260131), without time zones. Rows whose y is missing are left out.
        kwargs : Stan's arguments are taken and not needed; init=norn.utilities.warm_start_params(m) starts from m's fit.
        Raises norn.NornArgumentError (a ValueError) for data that cannot be used, norn.NornError when it is fitted already.
        """
        if self._rows is not None:
            raise NornError("Prophet object can only be fit once. Instantiate a new object.")
        _, rows, every = self._take(df, fitting=True, keep_frame=True)
        self._fit_rows(rows, self._warm(kwargs))
        self.fit_kwargs = deepcopy(kwargs)
        self._dates = None if every is rows.ds or len(every) == len(rows.ds) and (every == rows.ds).all() else every
        return self

    def _size(self):
        """About how many columns the features have."""
        n_holidays = 0 if self.holidays is None else len(self.holidays)
        return 60 + 2 * sum(s["fourier_order"] for s in self.seasonalities.values()) + n_holidays + len(self.extra_regressors)

    def _fit_rows(self, rows, warm=None):
        modes = {self.seasonality_mode, self.holidays_mode, *(s["mode"] for s in self.seasonalities.values()),
                 *(r["mode"] for r in self.extra_regressors.values())}
        handle = self._specify()
        _norn.prophet_fit(handle, rows.call(), warm, (int(self._size()), self.growth != "logistic" and modes == {"additive"}), 0)
        self._fitted(handle, rows)

    def _fitted(self, handle, rows, say=True):
        """Takes a fit over; its numbers are read when they are asked for."""
        self._given = self.extra_regressors
        self._handle, self._rows = handle, rows
        for name in (*_OF_FIT, "history", "history_dates"):
            self.__dict__.pop(name, None)
        if say and log.isEnabledFor(logging.INFO):
            for note in _norn.prophet_state(handle)["notes"]:
                log.info("%s", note)

    def __getattr__(self, name):
        """A fit's numbers that were not asked for yet."""
        own = self.__dict__
        if own.get("_rows") is not None:
            if name in _OF_FIT and own.get("_handle") is not None:
                self._read_fit()
                return own[name]
            if name in ("history", "history_dates"):
                own[name] = self._make_history() if name == "history" else self._make_dates()
                return own[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _read_fit(self):
        state, own, rows = _norn.prophet_state(self._handle), self.__dict__, self._rows
        own["start"], own["t_scale"] = pd.Timestamp(state["start"], unit="us"), pd.Timedelta(state["t_scale"], unit="us")
        own["y_scale"], own["y_min"], own["logistic_floor"] = state["y_scale"], state["y_min"], state["floor"]
        n = len(state["change"])
        own["n_changepoints"] = n
        places = self._places(state["change"], rows)
        own["changepoints"] = pd.Series(rows_in.stamps(state["change"], rows.unit), name="ds", index=places)
        own["changepoints_t"] = state["change_t"] if n else np.zeros(1)
        own["seasonalities"] = numbers_in.seasonalities_of(state)
        own["extra_regressors"] = numbers_in.regressors_of(state, self._given)
        own["train_holiday_names"] = pd.Series(state["holiday_names"]) if state["holiday_names"] else None
        own["component_modes"] = numbers_in.component_modes(state, own["extra_regressors"], self.holidays_mode)
        own["train_component_cols"] = numbers_in.component_cols(state["components"], state["multiplicative"], state["holiday_names"],
                                                                own["extra_regressors"])
        t = (rows.ds - state["start"]) / state["t_scale"]
        own["params"] = numbers_in.params_of(state, self.growth, t, self._cap_scaled() if self.growth == "logistic" else None)
        for name in ("log_posterior", "kkt", "exact", "passes"):
            own[name] = state[name]
        self._kept = self._key()

    def _places(self, change, rows):
        """The changepoints' labels: rows of the history, where they were placed there."""
        if not self.specified_changepoints and len(change):
            at = numbers_in.changepoint_places(len(rows.ds), self.changepoint_range, len(change))
            if len(at) == len(change) and (rows.ds[at] == change).all():
                return at
        return range(len(change))

    def _floor(self, rows):
        """What y is counted from: the column floor, or 0, or the least y."""
        if self.logistic_floor and rows.floor is not None:
            return rows.floor
        return np.full(len(rows.ds), self.y_min if self.scaling == "minmax" else 0.0)

    def _cap_scaled(self):
        return (self._rows.cap - self._floor(self._rows)) / self.y_scale

    def _prepare(self, rows, frame):
        """A frame as Prophet keeps it: sorted, with floor, cap_scaled, t, y_scaled and regressors standardised."""
        frame = pd.DataFrame() if frame is None else frame.reset_index(drop=True)
        frame["ds"] = rows.stamps()
        if rows.y is not None:
            frame["y"] = rows.y
        for name in self._conditions():
            frame[name] = rows.x[name].astype(bool)
        if rows.cap is not None:
            frame["cap"] = rows.cap
        frame["floor"] = floor = self._floor(rows)
        if rows.cap is not None:
            frame["cap_scaled"] = (rows.cap - floor) / self.y_scale
        frame["t"] = (rows.ds - numbers_in._us(self.start)) / numbers_in._us(self.t_scale)
        if rows.y is not None:
            frame["y_scaled"] = (rows.y - floor) / self.y_scale
        for name, row in self.extra_regressors.items():
            frame[name] = (rows.x[name] - row["mu"]) / row["std"]
        return frame

    def _make_history(self):
        return self._prepare(self._rows, self._rows.frame)

    def _make_dates(self):
        ds = self._rows.ds if self._dates is None else self._dates[self._dates != rows_in.MISSING]
        return pd.Series(rows_in.stamps(pd.unique(ds), self._rows.unit), name="ds").sort_values()

    @property
    def feature_columns(self):
        """A frame of the features of a fitted model, in the order of params["beta"]: column, component, mode, prior_scale."""
        self._live()
        columns, _ = numbers_in.columns_of(self)
        return pd.DataFrame([(c, of, "multiplicative" if mult else "additive", prior) for c, of, mult, prior in columns],
                            columns=["column", "component", "mode", "prior_scale"])

    # ---- the library's fit of these attributes ----

    def _key(self):
        """Bytes that say whether the parameters are still those of the fit."""
        return tuple(np.asarray(self.params[name], dtype="float64").tobytes() for name in ("k", "m", "sigma_obs", "delta", "beta"))

    def _live(self):
        """The library's fitted model; made from the attributes where it came from a file, or where they were changed."""
        if self._rows is None:
            raise NornError("Model has not been fit.")
        handle = self._current()
        if self.parameter_uncertainty and self.uncertainty_samples and self._uncertain is not handle:
            with _MAKING:
                _norn.prophet_spread(handle, self._rows.call())
            self._uncertain = handle
        return handle

    def _current(self):
        if self._handle is not None and ("params" not in self.__dict__ or self._kept == self._key()):
            return self._handle
        handle = self._specify(fixed=True)
        _norn.prophet_restore(handle, numbers_in.state_of(self, self._rows.ds))
        self._handle, self._kept = handle, self._key()
        return handle

    def __getstate__(self):
        if self._rows is not None and self._handle is not None and "params" not in self.__dict__:
            self._read_fit()
        return {**self.__dict__, "_handle": None, "_uncertain": None}

    # ---- predict ----

    def _options(self, vectorized, components, exact=False):
        paths = _EXACT if exact or self.intervals == "exact" else _STEPS if vectorized else _POISSON
        return int(self.uncertainty_samples or 0), float(self.interval_width), int(self.seed or 0) % 2**64, paths, components, bool(self.parameter_uncertainty)

    def _ahead(self, df):
        """(rows, frame sorted as they) of a frame to predict; None: the history."""
        if df is None:
            frame = self._rows.frame
            cap = self._rows.cap if self._rows.cap is not None else None if frame is None or "cap" not in frame else frame["cap"].to_numpy()
            return self._rows, cap
        if self.logistic_floor and "floor" not in rows_in.as_frame(df):
            raise NornArgumentError('Expected column "floor".')
        frame, rows, every = self._take(df, fitting=False)
        cap = rows.cap
        if cap is None and "cap" in frame:
            cap = frame["cap"].to_numpy()
            if (every[1:] < every[:-1]).any():
                cap = cap[np.argsort(every, kind="stable")]
        return rows, cap

    def predict(self, df=None, vectorized=True):
        """A frame with the forecast and its components, as Prophet's, ascending by ds.

        df : rows with ds (and cap, floor, regressors, conditions as fitted); None: the history
        vectorized : True: trend changes or not at each future row (Prophet's default); False: at any time (R's)

        Columns: ds, trend, cap, floor, yhat_lower, yhat_upper, trend_lower, trend_upper, each component with its bounds (additive ones in
        units of y, multiplicative ones as shares of the trend), additive_terms, multiplicative_terms, yhat.
        """
        live = self._live()
        rows, cap = self._ahead(df)
        options = self._options(vectorized, True)
        _, _, made = _norn.prophet_predict(live, rows.call(), options)
        out = {"ds": rows.stamps(), "trend": made["trend"]}
        if cap is not None:
            out["cap"] = cap
        if self.logistic_floor:
            out["floor"] = rows.floor
        bounds = ("_lower", "_upper") if options[0] else ()
        for name in ("yhat", "trend") if bounds else ():
            out.update((name + end, made[name + end]) for end in bounds)
        for name in self.train_component_cols.columns:
            out.update((name + end, made[name + end]) for end in ("", *bounds))
        out["yhat"] = made["yhat"]
        return pd.DataFrame(out)

    def predictive_samples(self, df, vectorized=True):
        """{"trend": array, "yhat": array} of draws, (rows ascending by ds, uncertainty_samples)."""
        live = self._live()
        rows, _ = self._ahead(df)
        trend, yhat = _norn.prophet_samples(live, rows.call(), self._options(vectorized, False))
        return {"yhat": yhat, "trend": trend}

    def setup_dataframe(self, df):
        """The frame as a fitted model keeps it: sorted, with floor, cap_scaled, t, y_scaled and standardised regressors."""
        self._live()
        frame, rows, every = self._take(df, fitting=False)
        order = np.argsort(every, kind="stable")
        if "y" in frame:
            rows.y = rows_in.numbers(frame["y"], "y")[order]
        return self._prepare(rows, frame.iloc[order].copy())

    def make_future_dataframe(self, periods, freq="D", include_history=True):
        """A frame of ds: `periods` dates behind the history at a frequency of pandas (None: inferred), with the history's before them."""
        if self._rows is None:
            raise NornError("Model has not been fit.")
        if isinstance(periods, bool) or not isinstance(periods, (int, np.integer)) or periods < 0:
            raise NornArgumentError(f"Prophet.make_future_dataframe: periods={periods!r} is no number of dates, as 30")
        if freq is None:
            freq = pd.infer_freq(self.history_dates.tail(5))
            if freq is None:
                raise NornError("Unable to infer `freq`; give one, as freq='D'")
        last = self.history_dates.max()
        dates = pd.date_range(start=last, periods=periods + 1, freq=freq)
        dates = dates[dates > last][:periods]
        if include_history:
            dates = np.concatenate((self.history_dates.to_numpy(), dates.to_numpy()))
        return pd.DataFrame({"ds": dates})

    # ---- charts ----

    def plot(self, fcst, ax=None, uncertainty=True, plot_cap=True, xlabel="ds", ylabel="y", figsize=(10, 6), include_legend=False):
        """The forecast of predict over the history, as an SVG drawing (norn._prophet_plots.Figure); on matplotlib's axes `ax` where given."""
        from norn import _prophet_plots
        return _prophet_plots.plot(self, fcst, ax, uncertainty, plot_cap, xlabel, ylabel, figsize, include_legend)

    def plot_components(self, fcst, uncertainty=True, plot_cap=True, weekly_start=0, yearly_start=0, figsize=None):
        """The components of predict's frame, a panel each: trend, holidays, seasonalities over their periods, regressors; an SVG drawing.

        weekly_start : weekday that a week begins with, 0: Sunday; yearly_start : day that a year begins with, 0: 1 January
        """
        from norn import _prophet_plots
        return _prophet_plots.plot_components(self, fcst, uncertainty, plot_cap, weekly_start, yearly_start, figsize)

    # ---- many series ----

    def fit_many(self, frames, id_col="unique_id", errors="raise", n_jobs=-1):
        """Fits this specification to many series at once, on all workers; gives fitted models, in the same order.

        frames : a list or dict of frames as fit takes them, or one frame with the column `id_col`; a dict comes back for the last two
        errors : "raise": the first series that fails, named; "skip": it is None, the reason a warning in the log; "none": None, unsaid
        n_jobs : workers; -1: all
        """
        self._before_fit("Series")
        if isinstance(frames, pd.DataFrame):
            if id_col not in frames:
                raise NornArgumentError(f"Prophet.fit_many: the frame has no column {id_col!r}; id_col= names it, or give a list of frames")
            frames = dict(iter(frames.groupby(id_col, sort=False)))
        if errors not in ("raise", "skip", "none"):
            raise NornArgumentError(f"Prophet.fit_many: errors={errors!r} is none of raise, skip, none")
        keys = list(frames) if isinstance(frames, dict) else None
        given = list(frames.values()) if keys is not None else list(frames)
        names = list(range(len(given))) if keys is None else keys
        taken = [self._of_series(name, errors, self._take, df, fitting=True) for name, df in zip(names, given)]
        spec = self._specify()
        good = [i for i, one in enumerate(taken) if one is not None]
        made = _norn.prophet_fit_many(spec, [taken[i][1].call() for i in good], max(int(n_jobs), 0))
        out = [None] * len(given)
        for i, handle in zip(good, made):
            _, rows, every = taken[i]
            if isinstance(handle, str):  # failed: a fit by itself says why
                out[i] = self._of_series(names[i], errors, self._copy().fit, given[i])
                continue
            out[i] = self._copy()
            out[i]._fitted(handle, rows, say=False)
            out[i]._dates = None if len(every) == len(rows.ds) else every
        return out if keys is None else dict(zip(keys, out))

    @staticmethod
    def _of_series(name, errors, work, *args, **named):
        """What `work` gives for one series of several; None where it fails and that is not to be raised."""
        try:
            return work(*args, **named)
        except NornError as e:
            if errors == "raise":
                raise type(e)(f"Prophet.fit_many: series {name!r}: {e}") from None
            if errors == "skip":
                log.warning("Prophet.fit_many: series %r: %s", name, e)
            return None

    def _copy(self):
        """An unfitted model of the same specification."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.seasonalities, other.extra_regressors = OrderedDict(self.seasonalities), OrderedDict(self.extra_regressors)
        return other

    # ---- the model's own curves ----

    piecewise_linear = staticmethod(numbers_in.piecewise_linear)
    piecewise_logistic = staticmethod(numbers_in.piecewise_logistic)

    @staticmethod
    def flat_trend(t, m):
        """The flat trend m at times t."""
        return np.full(np.shape(t), m, dtype="float64")

    @staticmethod
    def fourier_series(dates, period, series_order):
        """(n, 2 series_order) sines and cosines of `dates` for a period in days, counted from 1970-01-01."""
        if not series_order >= 1:
            raise NornArgumentError("series_order must be >= 1")
        days = rows_in.times(dates)[0] / rows_in.DAY
        angle = days[:, None] * (2 * np.pi * np.arange(1, series_order + 1) / period)
        return np.stack((np.sin(angle), np.cos(angle)), axis=2).reshape(len(days), -1)
