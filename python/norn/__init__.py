"""Forecasts and rolling windows of many time series, the same bits at any number of workers."""
# SPDX-License-Identifier: Apache-2.0
from norn._norn import NornArgumentError, NornError, __version__, get_num_threads, set_num_threads

__all__ = ["NornArgumentError", "NornError", "__version__", "get_num_threads", "set_num_threads"]
