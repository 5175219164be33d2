"""Forecasts and rolling windows of many time series, the same bits at any number of workers."""
# SPDX-License-Identifier: Apache-2.0
import importlib

from norn import _norn
from norn._norn import NornArgumentError, NornError, __version__, get_num_threads, set_num_threads

# Every rolling operation of the library: rolling_mean, rolling_std, …, ewm_mean, …
for _name in _norn.rolling_names:
    globals()[_name] = getattr(_norn, _name)
del _name

# What is imported when it is first asked for, and from where.
_LATER = {
    "ARIMA": "norn._arima",
    "batch_fit_arima": "norn._arima",
    "batch_forecast_arima": "norn._arima",
    "lagrs": "norn.lagrs",
    "Forecaster": "norn.forecaster",
    "StatsForecast": "norn.forecaster",
    "ConformalIntervals": "norn.forecaster",
    "models": "norn.models",
    "EBMRegressor": "norn._ebm",
    "merge_ebms": "norn._ebm",
    "full_report": "norn._finance",
    "simulate": "norn._finance",
    "multi": "norn._multi",
    "MultiResult": "norn._multi",
    "ComprehensiveOptimizer": "norn._portfolio_search",
    "ParallelOptimizer": "norn._portfolio_search",
    "Prophet": "norn._prophet",
    "diagnostics": "norn.diagnostics",
    "plot": "norn.plot",
    "portfolio": "norn.portfolio",
    "aggregate_signals": "norn._signals",
    "analyze_tweets": "norn._signals",
    "hourly_signals": "norn._signals",
    "signal_report": "norn._signals",
    "sentiment": "norn._text",
    "TfidfVectorizer": "norn._text",
    "serialize": "norn.serialize",
    "utilities": "norn.utilities",
    "rolling": "norn._tables",
}

__all__ = ["NornArgumentError", "NornError", "__version__", "get_num_threads", "set_num_threads", *_norn.rolling_names, *_LATER]


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module 'norn' has no attribute '{name}'")
    module = importlib.import_module(_LATER[name])
    value = module if _LATER[name] == f"norn.{name}" else getattr(module, name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *_LATER})
