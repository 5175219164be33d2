"""Prices as norn.portfolio's calls take them, and how options and notes go to and come from the library."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import logging
import os

import numpy as np

from norn import _norn
from norn._frames import kind_of
from norn._norn import NornArgumentError
from norn.models import text

log = logging.getLogger("norn")
_TIMES = ("ds", "time", "date", "timestamp", "datetime", "open_time")
_IDS = ("unique_id", "symbol", "ticker", "asset")
_STEPS = {"1h": 3600, "4h": 14400, "1d": 86400, "D": 86400, "h": 3600, "1w": 604800, "W": 604800}


def _steps(n, freq):
    """Times of bars that bear none: from 2000-01-01 on."""
    if freq not in _STEPS:
        raise NornArgumentError(f"freq={freq!r}; one of {sorted(_STEPS)} is needed for prices without times")
    start = np.datetime64("2000-01-01", "us").astype("int64")
    return start + np.arange(n, dtype="int64") * (_STEPS[freq] * 1_000_000)


def _is_path(data):
    several = data if isinstance(data, (list, tuple)) else [data]
    return bool(several) and all(isinstance(p, (str, os.PathLike)) for p in several)


def _with_index(df, freq):
    """A pandas DataFrame whose index is its first column, called time."""
    import pandas as pd
    if any(str(c).lower() in _TIMES for c in df.columns):
        return df.reset_index(drop=all(n is None for n in df.index.names))
    index = df.index
    if isinstance(index, pd.MultiIndex):
        return df.reset_index()
    if not isinstance(index, (pd.DatetimeIndex, pd.PeriodIndex)):
        if index.dtype == object or pd.api.types.is_string_dtype(index.dtype):
            index = pd.to_datetime(index)
        else:
            index = pd.DatetimeIndex(_steps(len(df), freq).view("datetime64[us]"))
    out = df.set_axis(index, axis=0).set_axis([str(c) for c in df.columns], axis=1)
    return out.rename_axis("time").reset_index()


class _Prices:
    """Prices as the library takes them: files, or a frame whose first column is the time."""

    def __init__(self, data, freq="1d"):
        self.paths, self.frame, self.kind, self.rows, self.index = [], None, None, [], None
        if _is_path(data):
            self.paths = [os.fsdecode(p) for p in (data if isinstance(data, (list, tuple)) else [data])]
            return
        if type(data).__module__.partition(".")[0] == "pandas":
            frame = data.to_frame() if type(data).__name__ == "Series" else data
            if type(frame).__name__ != "DataFrame":
                raise NornArgumentError("prices: a table, an array, a path or a list of paths is needed")
            self.kind = kind_of(_with_index(frame, freq))
        elif isinstance(data, (np.ndarray, list, tuple)):
            x = _array(data, "prices")
            x = x[:, None] if x.ndim == 1 else x
            if x.ndim != 2 or 0 in x.shape:
                raise NornArgumentError(f"prices: an array of shape {x.shape}; (bars, assets) is needed")
            self.kind = kind_of({"time": _steps(len(x), freq).view("datetime64[us]"), **{f"ASSET{k}": x[:, k] for k in range(x.shape[1])}})
        elif isinstance(data, dict) and not any(str(k).lower() in _TIMES for k in data):
            n = len(next(iter(data.values()), ()))
            self.kind = kind_of({"time": _steps(n, freq).view("datetime64[us]"), **data})
        else:
            self.kind = kind_of(data)
        self._open()

    def _open(self):
        self.frame = self.kind.open(set(self.kind.names()))
        self.rows = _norn.frame_columns(self.frame)
        at = next((i for i, r in enumerate(self.rows) if r[0].lower() in _TIMES), 0)
        if at > 0 and not self.is_long:
            self.rows.insert(0, self.rows.pop(at))
            self.frame = _norn.frame_from_columns(self.rows)

    @property
    def is_long(self):
        """Rows of (symbol, time, price)."""
        return any(r[0].lower() in _IDS for r in self.rows)

    @property
    def names(self):
        """Columns that hold prices; None where only the library knows."""
        return None if self.frame is None or self.is_long else [r[0] for r in self.rows[1:]]

    @property
    def time(self):
        """Microseconds of each row, or None."""
        if self.frame is None or self.is_long or self.rows[0][1] != "time":
            return None
        return np.asarray(self.rows[0][2], dtype="int64")

    def ascending(self, what):
        """time, which arrays beside the prices stand for."""
        if (np.diff(self.time) <= 0).any():
            raise NornArgumentError(f"{what}: beside prices whose times do not ascend; sort them, and give each time once")
        return self.time

    def is_pandas(self):
        return type(self.kind).__name__ == "_Pandas"


def _number(value, name):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise NornArgumentError(f"{name}={value!r} is no number") from None


def _array(values, name):
    """float64 of any shape."""
    try:
        return np.asarray(values, dtype="float64")
    except (TypeError, ValueError):
        raise NornArgumentError(f"{name}: numbers are needed") from None


def _texts(options):
    return {k.replace("_", "-"): text(v) for k, v in options.items() if v is not None}


def _said(answer):
    for line in answer.pop("said").splitlines():
        log.info("%s", line)
