"""Windows as they are given: numbers of rows, spans of time in pandas' and Python's words, "expanding"."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import fractions
import operator
import re

import numpy as np

from norn import _norn

_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "sec": 10**9, "min": 60 * 10**9, "T": 60 * 10**9, "h": 3600 * 10**9, "H": 3600 * 10**9,
       "d": 86400 * 10**9, "D": 86400 * 10**9, "w": 7 * 86400 * 10**9, "W": 7 * 86400 * 10**9}
_PART = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)?\s*([A-Za-z]+)\s*")


def refuse(text):
    """What cannot be used, as the library says it."""
    error = _norn.NornArgumentError(text)
    error.status = "argument"
    return error


class Window:
    """rows: its text for the library, where it is no span of time; ns: nanoseconds of a span, else None."""

    def __init__(self, given, rows=None, ns=None):
        self.given, self.rows, self.ns = given, rows, ns
        if ns is not None and ns < 1:
            raise refuse(f"window: {given!r} is no span of time above 0")

    @property
    def is_span(self):
        return self.ns is not None

    def on(self, key):
        """(text, times, ticks of a microsecond) for rows at the times of a key; exact to the nanosecond."""
        if not self.is_span:
            return self.rows, key and key.values, key and key.ticks or 1
        if self.ns % 1000 == 0:
            return f"{self.ns // 1000}us", key.values, key.ticks
        values = key.values
        if key.ticks == 1 and len(values):  # times in whole microseconds, the span not: both in nanoseconds
            least, most = int(values.min()), int(values.max())
            if (most - least) * 1000 + self.ns >= 2**63:
                raise refuse(f"window: {self.given!r} has parts of a microsecond, and the times span more than 292 years")
            values = (values - least) * 1000
        return f"{self.ns}us", values, 1


def _of_text(text):
    """A span as "1D12h", "1.5D", "5ns"; what is none is left to the library, which says so."""
    at, ns = 0, fractions.Fraction(0)
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or part[2] not in _NS or (part[1] is None and at > 0):
            return Window(text, rows=text)
        ns += fractions.Fraction(part[1].rstrip(".") if part[1] is not None else 1) * _NS[part[2]]
        at = part.end()
    if not text.strip():
        return Window(text, rows=text)
    if ns.denominator != 1:
        raise refuse(f"window: {text!r} is no whole number of nanoseconds")
    return Window(text, ns=int(ns))


def _of_timedelta(window):
    if isinstance(window, np.timedelta64):
        if np.isnat(window) or np.datetime_data(window.dtype)[0] in ("generic", "Y", "M"):
            raise refuse(f"window: {window!r} has no fixed length")
        unit, step = np.datetime_data(window.dtype)
        return int(window.astype("int64")) * step * _NS[{"m": "min"}.get(unit, unit)] if unit not in ("ps", "fs", "as") else 0
    if window != window:
        raise refuse(f"window: {window!r} has no length")
    return (window // datetime.timedelta(microseconds=1)) * 1000 + getattr(window, "nanoseconds", 0)


def _of_offset(window):
    """Nanoseconds of pandas' offsets."""
    if type(window).__name__ == "Day":
        return window.n * _NS["D"]
    try:
        return int(window.nanos)
    except (ValueError, AttributeError):
        raise refuse(f"window: {window!r} has no fixed length; give a number of days, as '60D'") from None


def window_of(window):
    """The window that is meant."""
    if isinstance(window, Window):
        return window
    if isinstance(window, str):
        return _of_text(window)
    if isinstance(window, (datetime.timedelta, np.timedelta64)):
        return Window(window, ns=_of_timedelta(window))
    if type(window).__module__.startswith("pandas") and hasattr(window, "freqstr"):
        return Window(window, ns=_of_offset(window))
    try:
        if isinstance(window, (bool, np.bool_)):
            raise TypeError
        return Window(window, rows=str(operator.index(window)))
    except TypeError:
        raise TypeError(f"window: {window!r} is neither a number of rows, nor a span of time as '7D', nor 'expanding'") from None
