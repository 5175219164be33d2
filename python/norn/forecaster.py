"""Forecasts of the series of a table: pandas, Polars, pyarrow, DuckDB or a dict in, the same kind out."""
# SPDX-License-Identifier: Apache-2.0
import logging
import os
import re
import shutil
import tempfile
import weakref

from norn import _norn
from norn._arguments import jobs, level_list, level_name, whole
from norn._frames import kind_of
from norn._norn import NornArgumentError, NornError
from norn.models import Model, text

log = logging.getLogger("norn")
# Polars' words for frequencies, in Norn's.
_POLARS = {"mo": "M", "q": "Q", "y": "Y", "w": "W", "d": "D", "h": "h", "m": "min", "s": "s", "i": "I"}


class ConformalIntervals:
    """Intervals from a model's errors at earlier cut-offs, for any model; given to ``forecast`` and its like.

    Parameters
    ----------
    n_windows : cut-offs, at most; 1 to 1000
    h : accepted and not needed: the intervals cover the forecast's horizon
    method : ``"conformal_distribution"`` or ``"conformal_error"``, which mean the same here
    step : periods between cut-offs, 0 to 100000; 0: as the series affords, up to the horizon

    Raises NornArgumentError for another method. A level of 95 % needs 19 errors, 90 % needs 9; with fewer the interval's ends
    are NaN, and a warning says so.
    """

    def __init__(self, n_windows=5, h=None, method="conformal_distribution", step=0):
        if method not in ("conformal_distribution", "conformal_error"):
            raise NornArgumentError(f"ConformalIntervals: method '{method}' is unknown; conformal_distribution is allowed")
        self.n_windows, self.h, self.method, self.step = int(n_windows), h, method, int(step)


def freq_text(freq):
    """A frequency as the library writes it: pandas' and Polars' words, offsets, integers."""
    if freq is None:
        return None
    if isinstance(freq, int):
        if isinstance(freq, bool) or freq < 1:
            raise NornArgumentError(f"freq={freq!r}; a step from 1 on is needed, or a word as 'D', 'MS', '15min'")
        return "I" if freq == 1 else f"{freq}I"
    word = str(getattr(freq, "freqstr", freq))
    polars = re.fullmatch(r"(\d+)(mo|q|y|w|d|h|m|s|i)", word)
    if polars:
        n, unit = polars.groups()
        return (n if n != "1" else "") + _POLARS[unit]
    if re.fullmatch(r"\d*(Q|QE|QS|Y|YE|YS|A|AS|BQ|BQE|BY|BYE|BA)-[A-Z]{3}", word):  # the data say where quarters and years begin
        word = word.partition("-")[0]
    return word.replace("AS", "YS").replace("A", "Y") if word.lstrip("0123456789") in ("A", "AS") else word


def _keys(columns):
    """id, time and target by the names they have or usually have."""
    return [name or usual for name, usual in zip(columns, ("unique_id", "ds", "y"))]


def _model_list(models):
    """One model or several as a list."""
    several = [models] if isinstance(models, (str, Model)) or not hasattr(models, "__iter__") else list(models)
    if not several:
        raise NornArgumentError("Forecaster: models is empty")
    for m in several:
        if not isinstance(m, (str, Model)) and not hasattr(m, "spec"):
            raise NornArgumentError(f"Forecaster: models={m!r} is no model; a name as 'auto_ets', a spec as 'arima(1,1,1)', norn.ARIMA(…) "
                                    "or an object of norn.models is one, and a list of them is taken, too")
    return several


def _check_intervals(given):
    if given is not None and not isinstance(given, ConformalIntervals):
        raise NornArgumentError(f"prediction_intervals={given!r}; norn.ConformalIntervals(…) or None is needed")


def _remove(folder, pid):
    if os.getpid() == pid:  # a forked child leaves its parent's files alone
        shutil.rmtree(folder, ignore_errors=True)


def _bar(total):
    """Progress through tqdm, or nothing where it is not installed."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    bar = tqdm(total=total or None, unit="model", desc="norn")

    def tick(done, expected):
        if expected and bar.total != expected:
            bar.total = expected
        bar.update(done - bar.n)
    tick.bar = bar
    return tick


class Forecaster:
    """Forecasts every series of a table with every model.

    Parameters
    ----------
    models : one or a list of names, specs as ``"ets(error=M)[12]"``, ``norn.ARIMA`` objects, or objects of ``norn.models``
    freq : ``"D"``, ``"MS"``, ``"15min"``, ``1`` …, pandas' offsets and Polars' words; None: from the data
    season_length : periods a season, or several; None: from the frequency
    n_jobs : workers; -1 or None: all. Results are the same at any number.
    fallback : what serves a series whose model failed; ``"none"`` or None: let it fail
    verbose : show progress (through tqdm)
    fallback_model, df : as statsforecast has them: another word for fallback; the table of later calls
    seed : of simulated intervals and sample paths
    options : anything else that ``norn forecast`` and ``norn evaluate`` take about data and models, with underscores (gaps,
        duplicates, budget_evals …). A table lies in memory, in one piece: options about files and runs (memory_limit, resume,
        chunk_size, out, cache …) are taken and have no effect; a file larger than memory is for the command.

    Tables are long: a row for each series and period, with the columns id (texts or integers; none: one series), time (dates, time
    stamps, integers or texts; none: 1, 2, 3 …) and target (numbers; NaN or null: missing), in any order of rows, and exogenous
    columns where they are used: every further column of numbers, for the models that use such; their values over the horizon are
    ``X_df``, without which such models are refused. Answers are tables of the same kind in the order of the series' first rows.

    After a call ``report_`` says how it went: n_items (series times models, and cut-offs), n_ok, n_fallback (of these, served by
    the fallback), n_failed, failures ("id, model: message", …) and digest: "xxh3:" and 32 hex digits over every output bit, that of
    the command's ``--summary``.

    Raises NornArgumentError (a ValueError) for arguments and data that cannot be used, NornError where every model failed on
    every series, TypeError for a table of an unknown kind, MemoryError. A model that fails on some series raises nothing: see
    ``report_``.
    """

    def __init__(self, models="auto", freq=None, season_length=None, n_jobs=-1, fallback="seasonal_naive", verbose=False, *,
                 fallback_model=None, df=None, seed=0, **options):
        jobs(n_jobs)  # refused here rather than at the first call
        freq_text(freq)
        self.models = _model_list(models)
        self.freq, self.season_length, self.n_jobs, self.verbose, self.seed = freq, season_length, n_jobs, verbose, seed
        self.fallback = fallback if fallback_model is None else fallback_model
        self.options = options
        self.report_, self._kept, self._history, self._given, self._fit_again = {}, None, None, df, None
        self._folder, self._pid, self._n_paths = None, 0, 0
        self._wanted = []  # exogenous columns of the table that was fitted
        self._seasons()

    # ---- options ----

    def _model_specs(self):
        if not self.models:
            raise NornArgumentError("Forecaster: the loaded models predict(h) and forward(df, h); to fit, make a Forecaster(models=…)")
        return ",".join(m.spec if isinstance(m, Model) else str(m) for m in self.models)

    def _seasons(self):
        seasons = self.season_length
        if seasons is None:
            several = [m.season_length for m in self.models if isinstance(m, Model) and hasattr(m.season_length, "__len__")]
            if any(list(s) != list(several[0]) for s in several):
                raise NornArgumentError("season_length: models with different lists of seasons need a Forecaster each")
            seasons = several[0] if several else None
        if seasons is None:
            return None
        several = seasons if hasattr(seasons, "__len__") and not isinstance(seasons, str) else [seasons]
        numbers = [whole(s, "season_length") for s in several]
        if any(n < 1 for n in numbers):
            raise NornArgumentError(f"season_length={seasons!r}; periods a season from 1 on are needed")
        return ",".join(map(str, numbers))

    def _common(self, columns, level, intervals, loads=False):
        _check_intervals(intervals)
        fallback = self.fallback
        options = {"seed": self.seed, "freq": freq_text(self.freq), "season-length": self._seasons(), "id-col": columns[0],
                   "time-col": columns[1], "target-col": columns[2],
                   "level": ",".join(level_name(v) for v in level_list(level)) or "none",
                   "fallback": "none" if fallback is None else fallback.spec.partition("=")[2] if isinstance(fallback, Model) else fallback}
        if loads:  # the kept models say what they are
            for name in ("fallback", "season-length"):
                options.pop(name)
        else:
            options["model"] = self._model_specs()
        if intervals is not None:
            options |= {"intervals": "conformal", "conformal-windows": intervals.n_windows, "conformal-step": intervals.step}
        options |= {k.replace("_", "-"): v for k, v in self.options.items()}
        return options

    def _columns(self, kind, id_col, time_col, target_col):
        """Names that must be there; None: the usual name, which may be absent (one series; times 1, 2, 3 …)."""
        names = kind.names()
        return (None if id_col == "unique_id" and id_col not in names else id_col,
                None if time_col == "ds" and time_col not in names else time_col, target_col)

    def _run(self, operation, frame, future, like, options, n_jobs, *more):
        n_threads = jobs(self.n_jobs if n_jobs is None else n_jobs)
        texts = {k: text(v) for k, v in options.items() if v is not None}
        tick = _bar(0) if self.verbose else None
        try:
            frame, history, info = operation(frame, future, like, texts, n_threads, tick, *more)
        finally:
            if tick:
                tick.bar.close()
        self._report(info)
        return frame, history

    def _report(self, info):
        said, failed, first = info.pop("said").splitlines(), info.pop("failed").splitlines(), info.pop("first_status")
        self.report_ = {**info, "failures": failed}
        for line in said:
            log.log(logging.WARNING if any(w in line for w in ("by the fallback", "too few errors", "no calendar step")) else logging.INFO, line)
        for line in failed[:10]:
            log.warning("failed: %s", line)
        if len(failed) > 10:
            log.warning("… and %d more", len(failed) - 10)
        if info["n_items"] and info["n_failed"] == info["n_items"]:
            error = NornError(f"every model failed on every series; the first: {failed[0]}")
            error.status = first
            raise error

    # ---- forecasts without keeping models ----

    def forecast(self, df=None, h=None, level=None, fitted=False, X_df=None, prediction_intervals=None, id_col="unique_id",
                 time_col="ds", target_col="y", n_jobs=None):
        """Fits every model to every series and forecasts h periods.

        Parameters
        ----------
        df : the table of series
        h : periods ahead, 1 to 100000
        level : one or several levels of prediction intervals in per cent, inside (0, 100), as ``[80, 95]``; None: none
        fitted : keep the one-step fitted values for ``forecast_fitted_values``
        X_df : the exogenous columns over the horizon, a row for each series and period; df has these columns, too. Needed where df
            has further columns of numbers and a model uses such
        prediction_intervals : ``ConformalIntervals``; None: the models' own
        id_col, time_col, target_col : names of df's columns
        n_jobs : workers of this call; None: the Forecaster's

        Returns a table of df's kind with len(series) · h rows: id, time, then a column for each model in the units of the target
        and, with ``level``, its ``-lo-L`` and ``-hi-L`` from the lowest level to the highest. A series that nothing could serve
        has NaN.

        Raises as the class says; NornArgumentError also for levels outside (0, 100) or given twice.
        """
        df, h = self._order(df, h)
        kind = kind_of(df)
        columns = self._columns(kind, id_col, time_col, target_col)
        options = self._common(columns, level, prediction_intervals) | {"horizon": h, "fitted": fitted}
        frame, future = self._open(kind, columns, X_df, "forecast")
        answer, history = self._run(_norn.forecast, frame, future, None, options, n_jobs)
        self._history = None if history is None else (kind, history)
        return kind.build(answer)

    def _order(self, df, h):
        """forecast(12, df) of older scripts, and the table given to the constructor."""
        if isinstance(df, int):
            df, h = h, df
        df = self._given if df is None else df
        if df is None:
            raise TypeError("forecast: df is missing")
        if h is None:
            raise TypeError("forecast: h is missing")
        return df, h

    def _exogenous(self, kind, columns, but=()):
        """The further columns of numbers, where a model uses such."""
        keys = {*_keys(columns), *but}
        return [n for n in kind.names() if n not in keys and kind.numeric(n)] if self._uses_columns() else []

    @staticmethod
    def _want_future(what, names):
        """A model that uses the columns would be another one without them: nothing is dropped in silence."""
        if not names:
            return
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise NornArgumentError(f"{what}: the data have the exogenous column{'s' if len(names) > 1 else ''} {shown}, and a model that uses "
                                f"such: give {'their' if len(names) > 1 else 'its'} values over the horizon as X_df, or leave "
                                f"{'them' if len(names) > 1 else 'it'} out of the data")

    def _open(self, kind, columns, X_df, what):
        keys = set(_keys(columns))
        if X_df is None:
            self._want_future(what, self._exogenous(kind, columns))
            return kind.open(keys), None
        later = kind_of(X_df)
        names = [n for n in later.names() if n not in keys]
        return kind.open(keys | set(names)), later.open((keys - {columns[2]}) | set(names))

    def forecast_fitted_values(self):
        """The one-step fitted values of the last forecast(…, fitted=True), with the observations.

        Returns a table of df's kind with a row for each period of the history (gaps filled in): id, time, target, then a column
        for each model; NaN where a model has no value. Raises NornError where no such forecast went before.
        """
        if self._history is None:
            raise NornError("forecast_fitted_values: call forecast(…, fitted=True) before")
        kind, history = self._history
        return kind.build(history)

    # ---- sample paths ----

    def simulate(self, h, df=None, X_df=None, n_paths=1, id_col="unique_id", time_col="ds", target_col="y", seed=None,
                 error_distribution="normal", error_params=None, n_jobs=None):
        """Draws n_paths joint sample paths of h periods for every series and model.

        Parameters
        ----------
        h : periods, 1 or more
        df : the table of series, whose models are fitted; None: the models that ``fit`` kept
        X_df : exogenous columns over the horizon, as in ``forecast``
        n_paths : paths of each series and model, 1 or more; path k is the same however many there are
        seed : of the draws, a whole number from 0 on; None: the Forecaster's
        error_distribution, error_params : ``"normal"`` and None: the errors that the models are fitted with; no others
        id_col, time_col, target_col, n_jobs : as in ``forecast``

        Returns a table of df's kind with len(series) · n_paths · h rows, series by series, path by path, in order of time:
        id, time, sample_id (0, 1, … n_paths - 1), then a column for each model in the units of the target. Steps of a
        path belong together, so that sums, maxima and first passages of a path are draws of theirs. Each step is
        distributed as ``forecast(…, level=…)`` says. Draws depend on seed, id and path alone, not on n_jobs.

        Raises NornArgumentError for a model without a joint distribution (the text says which have none), and for another
        error_distribution; MemoryError where the rows (8 bytes for each number, some four numbers a row) do not fit.
        """
        if error_distribution != "normal" or error_params is not None:
            raise NornArgumentError(f"simulate: error_distribution={error_distribution!r}, error_params={error_params!r}; the models' "
                                    "own errors are drawn, which are normal: leave both out")
        if isinstance(df, int):  # simulate(df, h)
            h, df = df, h
        h, n_paths = whole(h, "simulate: h"), whole(n_paths, "simulate: n_paths")
        if h < 1 or n_paths < 1:
            raise NornArgumentError(f"simulate: h={h}, n_paths={n_paths}; both are 1 or more")
        drawn = {} if seed is None else {"seed": whole(seed, "simulate: seed")}
        frame = future = like = None
        if df is None and self._given is None:
            path, kind, _, like = self._fitted_path("simulate without df")
            if X_df is None:
                self._want_future("simulate", self._wanted)
            else:
                if self._fit_again is None:
                    raise NornArgumentError("simulate: the kept models use no exogenous columns; give df with X_df")
                df, _, id_col, time_col, target_col = self._fit_again
        if df is None and self._given is None:
            options = self._common((None, None, None), None, None, loads=True) | {"load": path, "freq": None}
        else:
            kind = kind_of(self._given if df is None else df)
            columns = self._columns(kind, id_col, time_col, target_col)
            options = self._common(columns, None, None)
            frame, future = self._open(kind, columns, X_df, "simulate")
        answer, _ = self._run(_norn.simulate, frame, future, like, options | {"horizon": h} | drawn, n_jobs, n_paths)
        return kind.build(answer)

    # ---- models that are kept ----

    def fit(self, df, prediction_intervals=None, h=None, id_col="unique_id", time_col="ds", target_col="y", n_jobs=None):
        """Fits every model to every series and keeps it, for predict, forward and save.

        Parameters
        ----------
        df : the table of series
        prediction_intervals : ``ConformalIntervals`` for ``predict``, which then fits again with df
        h : periods that will be asked for, where known (``auto`` weighs its models for them)
        id_col, time_col, target_col, n_jobs : as in ``forecast``

        Returns this Forecaster. With exogenous columns and models that use them ``predict(h, X_df=…)`` fits again with df. Raises
        as the class says; NornArgumentError also for a model that cannot be kept.
        """
        kind = kind_of(df)
        columns = self._columns(kind, id_col, time_col, target_col)
        exogenous = self._exogenous(kind, columns)
        _check_intervals(prediction_intervals)
        self._given = None
        self._fit_again = None
        if exogenous or prediction_intervals is not None:
            # Such models cannot go on without their history: predict fits them with it.
            self._fit_again = (df, prediction_intervals, id_col, time_col, target_col)
        first = self._seasons()
        options = self._common(columns, None, None) | {"horizon": h or int((first or "1").split(",")[0])}
        path = self._new_path()
        frame = kind.open(set(_keys(columns)))
        self._run(_norn.forecast, frame, None, None, options | {"save": path}, n_jobs)
        self._keep(path, kind, columns, kind.like(frame, _keys(columns)[:2]))
        self._wanted = exogenous
        return self

    def _uses_columns(self):
        able = {row["name"] for row in _norn.model_rows() if row["exogenous"]}
        names = [m._row["name"] if isinstance(m, Model) else re.sub(r"^[^(=]*=", "", str(m)).split("(")[0].split("[")[0] for m in self.models]
        return any(n in able for n in names)

    def _new_path(self):
        """A name in a folder that goes with this object, in the process that made it."""
        if self._folder is None or self._pid != os.getpid():
            self._folder, self._pid = tempfile.mkdtemp(prefix="norn-"), os.getpid()
            weakref.finalize(self, _remove, self._folder, self._pid)
        self._n_paths += 1
        return os.path.join(self._folder, f"models-{self._n_paths}.norn")

    def _keep(self, path, kind, columns, like):
        if self._kept and os.path.dirname(self._kept[0]) == self._folder:
            os.unlink(self._kept[0])
        kind.data = None  # its rows are not needed any more
        self._kept = (path, kind, columns, like)

    def _fitted_path(self, what):
        if not self._kept:
            raise NornError(f"{what}: call fit before")
        return self._kept

    def predict(self, h, level=None, X_df=None, n_jobs=None):
        """Forecasts h periods from the models that fit kept, without fitting again.

        Parameters
        ----------
        h, level, X_df, n_jobs : as in ``forecast``

        Returns what ``forecast`` returns. Raises NornError where nothing was fitted, NornArgumentError where the table that was fitted
        has exogenous columns that a model uses, and X_df is missing.
        """
        path, kind, columns, like = self._fitted_path("predict")
        again = self._fit_again
        if X_df is None:
            self._want_future("predict", self._wanted)
        elif again is None:
            raise NornArgumentError("predict: the kept models use no exogenous columns; leave X_df out, or use forecast(df, h, X_df=…)")
        if again is not None and (X_df is not None or (again[1] is not None and level is not None)):
            df, intervals, id_col, time_col, target_col = again
            return self.forecast(df, h, level, X_df=X_df, prediction_intervals=intervals, id_col=id_col, time_col=time_col,
                                 target_col=target_col, n_jobs=n_jobs)
        options = self._common((None, None, None), level, None, loads=True) | {"horizon": h, "load": path, "freq": None}
        answer, _ = self._run(_norn.forecast, None, None, like, options, n_jobs)
        return kind.build(answer)

    def forward(self, df, h, level=None, n_jobs=None):
        """Moves the kept models on by the new observations in df, without fitting, and forecasts h periods.

        Parameters
        ----------
        df : the new rows, right behind those that the models have seen; series that were not fitted are fitted now, series that
            are not in df stay as they are
        h, level, n_jobs : as in ``forecast``

        Returns what ``forecast`` returns, for the series in df. Raises NornError where nothing was fitted; a series whose new rows
        do not follow its old ones fails by name in ``report_``.
        """
        path, _, columns, _ = self._fitted_path("forward")
        self._refuse_exogenous("forward")
        kind, new = kind_of(df), self._new_path()
        frame = kind.open(set(_keys(columns)))
        options = self._common(columns, level, None, loads=True) | {"horizon": h, "load": path, "save": new}
        answer, _ = self._run(_norn.forecast, frame, None, None, options, n_jobs)
        self._keep(new, kind, columns, kind.like(frame, _keys(columns)[:2]))
        return kind.build(answer)

    def _refuse_exogenous(self, what):
        if self._wanted:
            raise NornArgumentError(f"{what}: models of exogenous columns ({', '.join(self._wanted[:5])}) are not kept; use forecast(df, h, "
                                    "X_df=…), or fit without these columns")

    def save(self, path):
        """Writes the fitted models to a file, which ``Forecaster.load`` and ``norn forecast --load`` go on from.

        path : the file's name, written over. Raises NornError where nothing was fitted, OSError.
        """
        kept = self._fitted_path("save")[0]
        self._refuse_exogenous("save")
        shutil.copyfile(kept, path)

    @classmethod
    def load(cls, path, **named):
        """A Forecaster with the models of a file; ``models`` and the like are the file's.

        path : a file of ``save`` or of ``norn forecast --save``
        named : n_jobs, verbose, seed and the like, as the class takes them

        Raises OSError where it cannot be read, NornArgumentError where it holds no models.
        """
        made = cls("naive", fallback=None, **named)
        made.models = []  # the file's
        kept = made._new_path()
        shutil.copyfile(path, kept)
        _norn.models_check(os.fsdecode(path))
        try:
            import pandas as pd
            kind = kind_of(pd.DataFrame())
        except ImportError:
            kind = kind_of({})
        made._kept = (kept, kind, (None, None, None), None)
        return made

    def __getstate__(self):
        state = self.__dict__.copy()
        state["_history"] = state["_given"] = state["_fit_again"] = state["_folder"] = None
        if self._kept:
            with open(self._kept[0], "rb") as f:
                state["_kept"] = (f.read(), self._kept[1], self._kept[2], _norn.frame_columns(self._kept[3]) if self._kept[3] else None)
        return state

    def __setstate__(self, state):
        kept, self.__dict__ = state.pop("_kept"), state
        self._kept = None
        if kept:
            path = self._new_path()
            with open(path, "wb") as f:
                f.write(kept[0])
            self._kept = (path, kept[1], kept[2], _norn.frame_from_columns(kept[3]) if kept[3] else None)

    # ---- cross-validation ----

    def cross_validation(self, df, h, n_windows=1, step_size=1, test_size=None, input_size=None, level=None, fitted=False, refit=True,
                         prediction_intervals=None, id_col="unique_id", time_col="ds", target_col="y", n_jobs=None):
        """Forecasts from n_windows cut-offs, step_size periods apart, the last one h periods before the end.

        Parameters
        ----------
        df : the table of series
        h : periods forecast from each cut-off, 1 to 100000
        n_windows : cut-offs of each series; shorter series have fewer
        step_size : periods between cut-offs
        test_size : periods that the windows cover, in place of n_windows
        input_size : periods of a training set, at most; None: all
        level, prediction_intervals, id_col, time_col, target_col, n_jobs : as in ``forecast``
        fitted : must be False; fitted values are not kept here
        refit : True: fit at every cut-off; False: at the oldest alone; n: at every n-th, moved on in between

        Returns a table of df's kind, a row for each series, cut-off and period: id, time, cutoff (the last period of the training
        set), the observation, then the models' columns as in ``forecast``. ``report_["digest"]`` is that of ``norn evaluate``.

        Raises as the class says; NornError also where no series affords a window.
        """
        if fitted:
            raise NornArgumentError("cross_validation: fitted values are not kept; call forecast(…, fitted=True)")
        if test_size is not None:
            if (test_size - h) % step_size:
                raise NornArgumentError("cross_validation: test_size - h must be a multiple of step_size")
            n_windows = (test_size - h) // step_size + 1
        kind = kind_of(df)
        columns = self._columns(kind, id_col, time_col, target_col)
        options = self._common(columns, level, prediction_intervals)
        options |= {"horizon": h, "windows": n_windows, "step": step_size, "sliding": input_size, "refit": int(refit)}
        exogenous = self._exogenous(kind, columns, ("cutoff",))
        if exogenous:
            options["exogenous"] = ",".join(exogenous)
        frame = kind.open(set(_keys(columns)) | set(exogenous))
        answer, _ = self._run(_norn.cross_validate, frame, None, None, options, n_jobs)
        return kind.build(answer)

    def __repr__(self):
        return f"Forecaster(models=[{', '.join(str(m) for m in self.models)}])"


# The name that scripts for statsforecast know: `from norn import StatsForecast` in place of its own.
StatsForecast = Forecaster
