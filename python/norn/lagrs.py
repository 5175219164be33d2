"""lagrs' own names: ``import norn.lagrs as lagrs`` runs what was written for lagrs.

``rolling_mean``, ``ARIMA(p, d, q)`` with ``fit`` and ``forecast``, ``batch_fit_arima``. As there, a model has no constant
unless ``constant`` says so, and ``params`` is a list of the AR and then the MA coefficients. What lagrs got wrong is put
right; docs/migration.md says what differs.
"""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any, Iterable

import numpy as np

from norn import NornError, __version__
from norn import _arima
from norn._arima import _kept
from norn._norn import NornArgumentError
from norn._norn import rolling_mean as _rolling_mean

__all__ = ["ARIMA", "NornArgumentError", "NornError", "__version__", "batch_fit_arima", "batch_forecast_arima", "rolling_mean"]


def rolling_mean(series: Any, window: int) -> Any:
    """Means of windows of `window` values (1 or more): an array as long as the series, whose first window - 1 are NaN."""
    return _rolling_mean(series, window)


def _plain(answer):
    """A result with lagrs' keys first, params as a list."""
    if "params" not in answer:
        return answer
    return answer | {"params": answer["params"].tolist()}


class ARIMA(_arima.ARIMA):
    """ARIMA(p, d, q) without a constant, unless ``constant`` is "auto", "mean" or "drift"."""

    def __init__(self, p: int, d: int, q: int, *, constant: str = "none"):
        super().__init__(p, d, q, constant=constant)

    def fit(self, y: Any) -> dict[str, Any]:  # type: ignore[override]
        """Fits the model to y (n,); a dict as ``norn.ARIMA.fit`` returns it, params a list."""
        return _plain(super().fit(y))

    def forecast(self, steps: int) -> np.ndarray:  # type: ignore[override]
        """An array (steps,) of forecasts. Raises NornError before ``fit``."""
        return super().forecast(steps)


def batch_fit_arima(series_list: Iterable[Any], p: int, d: int, q: int, *, constant: str = "none",
                    n_jobs: int | None = None) -> list[dict[str, Any]]:
    """Fits every series of a list in parallel: a list of dicts in the same order.

    A series that cannot be fitted has its reason in ``message``, and ``status`` other than "ok".
    """
    return [_plain(a) for a in _arima.batch_fit_arima(series_list, p, d, q, constant=constant, n_jobs=n_jobs)]


def batch_forecast_arima(models: Iterable[Any], steps: int, *, n_jobs: int | None = None) -> list[np.ndarray]:
    """Forecasts of fitted models (``ARIMA`` objects or ``batch_fit_arima``'s dicts): a list of arrays (steps,) in the same order.

    Raises NornArgumentError for an item that is no fitted model, NornError for one that cannot be forecast.
    """
    models = list(models)
    for i, model in enumerate(models):
        if type(_kept(model)) is not bytes:
            raise NornArgumentError(f"batch_forecast_arima: item {i} is no fitted model: {_kept(model) or type(model).__name__}")
    answers = _arima.batch_forecast_arima(models, h=steps, n_jobs=n_jobs)
    for i, answer in enumerate(answers):
        if answer["status"] != "ok":
            raise NornError(f"batch_forecast_arima: item {i}: {answer['message']}")
    return [answer["mean"] for answer in answers]
