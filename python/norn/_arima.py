"""ARIMA models of single series and of lists of series: fit, forecast, move on, keep."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import re
from typing import Any, Iterable, Sequence

import numpy as np

from norn import _norn
from norn._arguments import jobs, level_list, level_name, whole
from norn._norn import NornArgumentError, NornError
from norn._series import column

_FIT, _TAKE, _MOVE, _APPLY = range(4)
_CONSTANTS = ("auto", "none", "mean", "drift")


def _whole(value, name):
    """A whole number of any type."""
    return whole(value, f"arima: {name}")


def _values(y, name="y"):
    """A series as an array: NumPy, pandas, Polars, pyarrow, lists."""
    if type(y) is np.ndarray:
        if y.ndim != 1:
            raise NornArgumentError(f"arima: {name} has {y.ndim} dimensions; one series is one-dimensional")
        return y
    try:
        values = column(y)[0]
    except TypeError as e:
        raise TypeError(str(e).replace("x:", f"{name}:", 1).replace("(x,", f"({name},", 1)) from None
    return _values(np.asarray(values), name)


def _regressors(X, name):
    """(columns, names or None) of an array (n, k), a table, a dict of columns or one column."""
    if X is None:
        return None, None
    if hasattr(X, "columns") and hasattr(X, "__getitem__") and not isinstance(X, np.ndarray):
        names = [str(c) for c in (X.column_names if hasattr(X, "column_names") else X.columns)]
        return [_values(X[c], name) for c in (X.column_names if hasattr(X, "column_names") else X.columns)], names
    if isinstance(X, dict):
        return [_values(v, name) for v in X.values()], [str(k) for k in X]
    if isinstance(X, np.ma.MaskedArray):
        X = X.astype("float64").filled(np.nan)
    array = np.asarray(X, dtype="float64")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise NornArgumentError(f"arima: {name} has {array.ndim} dimensions; rows are periods, columns regressors")
    return [np.ascontiguousarray(array[:, j]) for j in range(array.shape[1])], None


def _levels(level):
    """[(level, low end's key, high end's key), …] in the order asked for."""
    return [(v, f"lo-{level_name(v)}", f"hi-{level_name(v)}") for v in level_list(level)]


def _horizon(h):
    n = _whole(h, "h")
    if n < 1:
        raise NornArgumentError(f"arima: h={h} is outside [1, 100000]")
    return n


def _spec(p, d, q, seasonal, season_length, constant, method):
    sp, sd, sq = (_whole(v, "seasonal") for v in seasonal)
    m, p, d, q = _whole(season_length, "season_length"), _whole(p, "p"), _whole(d, "d"), _whole(q, "q")
    return (f"arima(p={p},d={d},q={q},sp={sp},sd={sd},sq={sq},constant={constant},method={method})"
            + (f"[{m}]" if m > 1 else ""))


def _constant(constant, include_mean, include_drift):
    """`constant`, or what statsforecast's and R's two switches mean."""
    if isinstance(constant, bool):
        constant = "auto" if constant else "none"
    if include_drift:
        return "drift"
    if include_mean is not None:
        return "auto" if include_mean else "none"
    if constant not in _CONSTANTS:
        raise NornArgumentError(f"arima: constant={constant!r} is unknown; one of {', '.join(_CONSTANTS)}")
    return constant


def _shape(answer, level):
    """A forecast as `forecast` gives it out."""
    if level is None:
        return answer["mean"]
    return {k: v for k, v in answer.items() if k not in ("status", "message", "model")}


def _orders_in(data):
    """The arguments of the model that bytes hold: they open with its spec, which names what differs from the defaults."""
    text = data[8:8 + int.from_bytes(data[4:8], "little")].decode()
    head, season = text.partition(")")[0], re.search(r"\[(\d+)\]$", text)
    given = dict(pair.split("=", 1) for pair in head.partition("(")[2].split(",") if pair)
    if not text.startswith("arima"):
        raise NornArgumentError("arima: these bytes hold a model of another kind")
    return {"p": int(given.get("p", 0)), "d": int(given.get("d", 0)), "q": int(given.get("q", 0)),
            "seasonal": tuple(int(given.get(k, 0)) for k in ("sp", "sd", "sq")), "season_length": int(season[1]) if season else 1,
            "constant": given.get("constant", "auto"), "method": given.get("method", "auto")}


class ARIMA:
    """A seasonal ARIMA model of given orders, with regressors and missing values (NaN).

    A series y is anything that holds n numbers: a NumPy array, a pandas, Polars or pyarrow column, a list. Regressors X are an
    array (n, k), a table whose columns give the names, or a dict of columns, without missing values where y has none.

    Parameters
    ----------
    p, d, q : autoregressive terms, differences, moving-average terms
    seasonal : (P, D, Q), with season_length periods a season
    constant : ``"auto"``: a mean where nothing is differenced; ``"none"``, ``"mean"``, ``"drift"`` (with one difference)
    method : ``"auto"``: exact likelihood from least squares, least squares alone on very long series; ``"css_ml"``, ``"ml"``, ``"css"``
    order, seasonal_order : (p, d, q) and (P, D, Q) or (P, D, Q, m), as other packages take them
    include_mean, include_drift : as in R and statsforecast, in place of ``constant``

    ``fit`` returns a dict: params and their names (signs as in R: y_t = φ y_{t-1} + e_t + θ e_{t-1}), log_likelihood,
    aic, aicc, bic (R's counts: sigma2 is a parameter), sigma2, n_used, converged, residuals, fitted.

    Raises NornArgumentError (a ValueError) for orders, series and regressors that cannot be used, NornError where a call needs a
    fitted model.
    """

    def __init__(self, p: int = 0, d: int = 0, q: int = 0, seasonal: Sequence[int] = (0, 0, 0), season_length: int = 1,
                 constant: str = "auto", method: str = "auto", *, order: Sequence[int] | None = None,
                 seasonal_order: Sequence[int] | None = None, include_mean: bool | None = None, include_drift: bool = False):
        if isinstance(p, (tuple, list)):
            order, p = p, 0
        if order is not None:
            if len(order) != 3 or (p, d, q) != (0, 0, 0):
                raise NornArgumentError(f"arima: order={order!r}; three orders (p, d, q) are needed, and given once")
            p, d, q = order
        if seasonal_order is not None:
            if len(seasonal_order) not in (3, 4):
                raise NornArgumentError(f"arima: seasonal_order={seasonal_order!r}; (P, D, Q) or (P, D, Q, m) is needed")
            seasonal, season_length = seasonal_order[:3], seasonal_order[3] if len(seasonal_order) == 4 and seasonal_order[3] else season_length
        if len(seasonal) != 3:
            raise NornArgumentError(f"arima: seasonal={seasonal!r}; three orders (P, D, Q) are needed")
        self._orders = (_whole(p, "p"), _whole(d, "d"), _whole(q, "q"))
        self._seasonal, self._m = tuple(_whole(v, "seasonal") for v in seasonal), _whole(season_length, "season_length")
        self._constant, self._method = _constant(constant, include_mean, include_drift), method
        if any(v < 0 for v in (*self._orders, *self._seasonal)) or self._m < 1:
            raise NornArgumentError(f"arima: orders {self._orders}{self._seasonal}[{self._m}] must not be negative, the season not below 1")
        self._model = self._result = self._x_names = None

    p = property(lambda self: self._orders[0], doc="Autoregressive terms; read-only.")
    d = property(lambda self: self._orders[1], doc="Differences; read-only.")
    q = property(lambda self: self._orders[2], doc="Moving-average terms; read-only.")
    seasonal = property(lambda self: self._seasonal, doc="(P, D, Q); read-only.")
    season_length = property(lambda self: self._m, doc="Periods a season; read-only.")
    constant = property(lambda self: self._constant, doc="auto, none, mean or drift; read-only.")

    @property
    def spec(self) -> str:
        """The model as the command line and ``Forecaster`` write it."""
        return _spec(*self._orders, self._seasonal, self._m, self._constant, self._method)

    def _run(self, task, item, x, future, h, levels, *wanted):
        """wanted: estimates, keep, fitted"""
        flags = (True, *(w in wanted for w in ("estimates", "keep", "fitted")))
        return _norn.model_door(task, self.spec, [item], x, future, h, levels, flags, 0)[0]

    def _fitted_model(self, what):
        if self._model is None:
            raise NornError(f"arima: {what} needs a fitted model; call fit(y) before")
        return self._model

    def _take(self, answer, y):
        """An answer with estimates as the model's own result."""
        for key in ("status", "message"):
            answer.pop(key)
        self._model = answer.pop("model")
        answer["names"] = list(answer["names"])
        if self._x_names:
            answer["names"][-len(self._x_names):] = self._x_names
        fitted = answer["fitted"]
        answer["residuals"] = np.asarray(y, dtype="float64") - fitted
        self._result = answer
        return self._result

    # ---- fitting ----

    def fit(self, y: Any, X: Any = None) -> dict[str, Any]:
        """Fits the model to y (n,), NaN: missing, with the regressors X (n, k), and returns what it estimated.

        Returns a dict: ``params`` (n_params,) and their ``names``, ``log_likelihood``, ``aic``, ``aicc``, ``bic``, ``sigma2`` (units of
        y squared), ``n_used`` (observations left after differencing), ``converged``, ``fitted`` and ``residuals`` (n,), NaN where
        there are none.
        """
        values = _values(y)
        x, names = _regressors(X, "X")
        answer = self._run(_FIT, values, x, None, 0, [], "estimates", "keep", "fitted")
        self._x_names, self._n_x = names, len(x or ())
        return dict(self._take(answer, values))

    @property
    def result_(self) -> dict[str, Any]:
        """What ``fit`` returned. Raises NornError before."""
        self._fitted_model("result_")
        return dict(self._result)

    def __getattr__(self, name):
        """params_, aic_ … as attributes of a fitted model."""
        if name.endswith("_") and not name.startswith("_"):
            result = self.__dict__.get("_result")
            if result is not None and name[:-1] in result:
                return result[name[:-1]]
        raise AttributeError(f"'ARIMA' object has no attribute '{name}'" + ("; call fit(y) before" if self.__dict__.get("_result") is None else ""))

    # ---- forecasting ----

    def _future(self, X, h):
        x, _ = _regressors(X, "X")
        if self._n_x and x is None:
            raise NornArgumentError(f"arima: the model has {self._n_x} regressors; give their values over the horizon as X ({h}, {self._n_x})")
        if len(x or ()) != self._n_x:
            raise NornArgumentError(f"arima: the model has {self._n_x} regressors, X has {len(x or ())}")
        return x

    def forecast(self, h: int, level: float | Sequence[float] | None = None, X: Any = None) -> Any:
        """h periods ahead, in units of y: an array (h,), or with ``level`` a dict of such arrays: mean, lo-80, hi-80 …

        h : 1 to 100000
        level : one or several levels in per cent, inside (0, 100), as ``[80, 95]``, none twice; normal intervals
        X : the regressors over the horizon (h, k), where the model has any
        """
        model, levels, h = self._fitted_model("forecast"), _levels(level), _horizon(h)
        answer = self._run(_TAKE, model, None, self._future(X, h), h, levels)
        return _shape(answer, level)

    def predict(self, h: int, X: Any = None, level: float | Sequence[float] | None = None) -> dict[str, np.ndarray]:
        """``forecast`` with the arguments h, X and level in statsforecast's order; always a dict."""
        answer = self.forecast(h, level, X)
        return answer if isinstance(answer, dict) else {"mean": answer}

    def update(self, y: Any, X: Any = None) -> ARIMA:
        """Moves the model on over y (n,), the observations right behind those it has seen, without fitting; returns self.

        X : their regressors (n, k), where the model has any
        """
        model, values = self._fitted_model("update"), _values(y)
        x, _ = _regressors(X, "X")
        if len(x or ()) != self._n_x:
            raise NornArgumentError(f"arima: the model has {self._n_x} regressors, X has {len(x or ())}")
        self._model = self._run(_MOVE, (model, values), x, None, 0, [], "keep")["model"]
        return self

    def apply(self, y: Any, X: Any = None) -> ARIMA:
        """A new ARIMA: this one's parameters over another series y (n,) with regressors X (n, k), without fitting."""
        model, values = self._fitted_model("apply"), _values(y)
        x, _ = _regressors(X, "X")
        other = ARIMA(*self._orders, self._seasonal, self._m, self._constant, self._method)
        answer = other._run(_APPLY, (model, values), x, None, 0, [], "estimates", "keep", "fitted")
        other._x_names, other._n_x = self._x_names, self._n_x
        other._take(answer, values)
        return other

    def forward(self, y: Any, h: int, X: Any = None, X_future: Any = None,
                level: float | Sequence[float] | None = None) -> dict[str, np.ndarray]:
        """Forecasts h periods behind another series y (n,) with this model's parameters, as statsforecast's forward.

        X (n, k) and X_future (h, k) are regressors; h and level as in ``forecast``. Returns a dict as ``predict``.
        """
        return self.apply(y, X).predict(h, X_future, level)

    # ---- diagnostics ----

    def ljung_box(self, lags: int | None = None) -> dict[str, Any]:
        """Are the residuals' first autocorrelations zero? {lags, statistic, p_value}.

        lags : how many of them, 1 or more; None: as R's checkresiduals takes them
        """
        self._fitted_model("ljung_box")
        e = self._result["residuals"]
        seen = int(np.isfinite(e).sum())
        n_arma = sum(self._orders[::2]) + sum(self._seasonal[::2])
        if lags is None:
            lags = max(min(2 * self._m if self._m > 1 else 10, seen // 5), n_arma + 3)
        statistic, p_value = _norn.ljung_box(e, _whole(lags, "lags"), n_arma)
        return {"lags": int(lags), "statistic": statistic, "p_value": p_value}

    def _polynomial(self, moving):
        """1 + c_1 B + …, seasonal factor multiplied in; params are ar, ma, sar, sma, then the rest."""
        (p, _, q), (sp, _, sq) = self._orders, self._seasonal
        at, counts = (p, p + q + sp) if moving else (0, p + q), (q, sq) if moving else (p, sp)
        factors = []
        for begin, n, step in zip(at, counts, (1, self._m)):
            factor = np.zeros(1 + step * n)
            factor[0] = 1
            factor[step::step] = (1 if moving else -1) * self._result["params"][begin:begin + n]
            factors.append(factor)
        return np.trim_zeros(np.polynomial.polynomial.polymul(*factors), "b")

    def ar_roots(self) -> np.ndarray:
        """Roots of φ(B)Φ(B^m), complex; all lie outside the unit circle."""
        self._fitted_model("ar_roots")
        return np.polynomial.polynomial.polyroots(self._polynomial(False)).astype(complex)

    def ma_roots(self) -> np.ndarray:
        """Roots of θ(B)Θ(B^m), complex."""
        self._fitted_model("ma_roots")
        return np.polynomial.polynomial.polyroots(self._polynomial(True)).astype(complex)

    # ---- keeping ----

    def to_bytes(self) -> bytes:
        """The fitted model as bytes, for ``ARIMA.from_bytes`` and ``batch_forecast_arima``. Raises NornError before ``fit``."""
        return self._fitted_model("to_bytes")

    @classmethod
    def from_bytes(cls, data: bytes) -> ARIMA:
        """A model from the data that ``to_bytes`` wrote: it forecasts and moves on; residuals are not kept. Raises NornArgumentError for other bytes."""
        data = bytes(data)
        answer = _norn.model_door(_TAKE, None, [data], None, None, 0, [], (True, True, False, False), 0)[0]
        made = cls(**_orders_in(data))
        made._model, made._x_names = data, None
        for key in ("status", "message"):
            answer.pop(key)
        answer["names"] = list(answer["names"])
        made._n_x = sum(name[0] == "x" for name in answer["names"])
        answer["residuals"] = answer["fitted"] = np.empty(0)
        made._result = answer
        return made

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the fitted model to the file of this path, written over. Raises NornError before ``fit``, OSError."""
        with open(path, "wb") as f:
            f.write(self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> ARIMA:
        """The model that ``save`` wrote to the file of this path. Raises NornArgumentError for another file, OSError."""
        with open(path, "rb") as f:
            return cls.from_bytes(f.read())

    __str__ = spec.fget  # so that Forecaster(models=[norn.ARIMA(1, 1, 1)]) means this model

    def __repr__(self):
        seasonal = f", seasonal={self._seasonal}, season_length={self._m}" if any(self._seasonal) or self._m > 1 else ""
        constant = f", constant={self._constant!r}" if self._constant != "auto" else ""
        return f"ARIMA({self.p}, {self.d}, {self.q}{seasonal}{constant})"


# ---- lists of series ----

def _is_one_series(ys):
    """Numbers, where series are asked for."""
    if isinstance(ys, np.ndarray):
        return ys.ndim == 0 or (ys.ndim == 1 and ys.dtype != object)
    if hasattr(ys, "dtype") or hasattr(ys, "to_numpy"):  # a column of pandas, Polars or pyarrow
        return not (hasattr(ys, "columns") or hasattr(ys, "column_names")) and str(getattr(ys, "dtype", "")) != "object"
    return isinstance(ys, (list, tuple)) and len(ys) > 0 and all(isinstance(v, (int, float, np.number)) for v in ys)


def _series_list(ys, name):
    """(indices and arrays of the usable ones, {index: (status, why not)} of the others)"""
    if isinstance(ys, (str, bytes, dict)) or not hasattr(ys, "__iter__"):
        raise NornArgumentError(f"arima: {name} is of type {type(ys).__name__}; a list of series is needed")
    if _is_one_series(ys):
        raise NornArgumentError(f"arima: {name} is one series; a list of series is needed: [{name}]")
    at, arrays, bad = [], [], {}
    for i, y in enumerate(ys):
        try:
            arrays.append(y if type(y) is np.ndarray and y.dtype == np.float64 and y.ndim == 1 else _values(y))
            at.append(i)
        except (TypeError, ValueError) as e:
            bad[i] = "argument", str(e)
    return at, arrays, bad


def _merge(at, answers, bad):
    """Answers in the order of the list."""
    if not bad:
        return answers
    out = {i: answer for i, answer in zip(at, answers)}
    out |= {i: {"status": status, "message": why} for i, (status, why) in bad.items()}
    return [out[i] for i in range(len(out))]


def _door(task, spec, items, h, levels, wanted, n_jobs):
    return _norn.model_door(task, spec, items, None, None, h, levels, (False, *wanted), jobs(n_jobs))


def batch_fit_arima(ys: Iterable[Any], p: int, d: int, q: int, *, seasonal: Sequence[int] = (0, 0, 0), season_length: int = 1,
                    constant: str = "auto", method: str = "auto", n_jobs: int | None = None) -> list[dict[str, Any]]:
    """Fits ARIMA(p, d, q) to every series of a list, in parallel; a list of dicts in the same order.

    Each dict has status ("ok", or what kind of failure) and message; where the status is "ok" also what ``ARIMA.fit``
    returns (without residuals), and ``model``: the fitted model as bytes, for ``batch_forecast_arima`` and
    ``ARIMA.from_bytes``. One bad series does not end the batch.

    Parameters
    ----------
    ys : the series, as ``ARIMA.fit`` takes one; of any lengths
    p, d, q, seasonal, season_length, constant, method : as in ``ARIMA``
    n_jobs : workers; None, -1: all. Results are the same at any number.

    Raises NornArgumentError for orders that cannot be, for n_jobs, and where ys is no list.
    """
    spec = _spec(p, d, q, seasonal, season_length, _constant(constant, None, False), method)
    at, arrays, bad = _series_list(ys, "ys")
    return _merge(at, _door(_FIT, spec, arrays, 0, [], (True, True, False), n_jobs), bad)


def batch_forecast_arima(ys: Iterable[Any], p: int | None = None, d: int | None = None, q: int | None = None, h: int | None = None,
                         level: float | Sequence[float] | None = None, *, seasonal: Sequence[int] = (0, 0, 0), season_length: int = 1,
                         constant: str = "auto", method: str = "auto", n_jobs: int | None = None) -> list[dict[str, Any]]:
    """Forecasts h periods of every series of a list, in parallel; a list of dicts in the same order.

    Parameters
    ----------
    ys : arrays, which are fitted with ARIMA(p, d, q), or fitted models: what ``batch_fit_arima`` returned, ``ARIMA`` objects,
        or their bytes; then ``batch_forecast_arima(fitted, h=12)``
    p, d, q, seasonal, season_length, constant, method : as in ``ARIMA``; not with fitted models
    h : periods ahead, 1 to 100000
    level : levels in per cent, inside (0, 100), as ``[80, 95]``
    n_jobs : workers; None, -1: all

    Each dict has status and message; where the status is "ok" also ``mean`` (h,) in units of the series and, with ``level``,
    ``lo-L`` and ``hi-L`` (h,). Raises as ``batch_fit_arima``; TypeError where h or an order is missing.
    """
    if h is None:
        raise TypeError("batch_forecast_arima: h is missing")
    h, levels = _horizon(h), _levels(level)
    if isinstance(ys, (str, bytes, dict, ARIMA)) or not hasattr(ys, "__iter__"):
        raise NornArgumentError(f"arima: ys is of type {type(ys).__name__}; a list of series or of fitted models is needed")
    if _is_one_series(ys):
        raise NornArgumentError("arima: ys is one series; a list of series is needed: [ys]")
    ys = list(ys)
    kept = [_kept(y) for y in ys]
    if any(k is not None for k in kept):
        if p is not None or d is not None or q is not None:
            raise NornArgumentError("batch_forecast_arima: fitted models have their orders; leave p, d, q out")
        at = [i for i, k in enumerate(kept) if type(k) is bytes]
        bad = {i: k or ("argument", "a series among fitted models") for i, k in enumerate(kept) if type(k) is not bytes}
        return _merge(at, _door(_TAKE, None, [kept[i] for i in at], h, levels, (False, False, False), n_jobs), bad)
    if p is None or d is None or q is None:
        if not ys:
            return []
        raise TypeError("batch_forecast_arima: p, d and q are missing; only fitted models go without")
    spec = _spec(p, d, q, seasonal, season_length, _constant(constant, None, False), method)
    at, arrays, bad = _series_list(ys, "ys")
    return _merge(at, _door(_FIT, spec, arrays, h, levels, (False, False, False), n_jobs), bad)


def _kept(y):
    """The bytes of a fitted model; (status, why there are none); None: no model."""
    if isinstance(y, ARIMA):
        return y._model if y._model is not None else ("argument", "the model is not fitted; call fit(y) before")
    if isinstance(y, dict) and "status" in y:
        failed = y["status"] if y["status"] != "ok" else "argument"
        return y.get("model") or (failed, y.get("message") or "no model was kept")
    return y if type(y) is bytes else None
