"""Tweets of a caller as the library reads them, and analysed tweets back in the caller's kind."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import json
import numbers

import numpy as np

from norn import _norn
from norn._frames import _Pandas, array_column, as_array, kind_of
from norn._norn import NornArgumentError

FIELDS = [name for name, _, _ in _norn.signals_fields()]
OF_TWEET = {name for name, _, own in _norn.signals_fields() if own}
ADDED = {name for name in FIELDS if name not in OF_TWEET}
GROUPS = {group for _, group, _ in _norn.signals_fields() if group}


# ---- values ----

def is_missing(value):
    """None, NaN, pandas.NA, NaT."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):  # pandas.NA has no truth value; neither has an array
        return type(value).__name__ == "NAType"


def _plain(value):
    """What json has no form for."""
    if is_missing(value):
        return None
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, np.datetime64):
        return str(value)
    if isinstance(value, np.generic):
        return _clean(value.item())
    if isinstance(value, np.ndarray):
        return _clean(value.tolist())
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, bool | int | float | list | tuple | dict):
        return value
    if isinstance(value, numbers.Number):
        return float(value)
    if hasattr(value, "tolist"):
        return _clean(value.tolist())
    return str(value)


def _clean(value):
    """The same with None for numbers that JSON has not."""
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, dict):
        return {k: _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(v) for v in value]
    return value


def _json(value):
    """A value as JSON in ASCII: lone surrogates stay escapes, which the library mends."""
    try:
        return json.dumps(value, allow_nan=False, default=_plain)
    except ValueError:
        return json.dumps(_clean(value), allow_nan=False, default=_plain)


def lines_of(tweets):
    """A list of dicts as lines of JSON."""
    out = []
    for i, tweet in enumerate(tweets):
        if not isinstance(tweet, dict):
            raise NornArgumentError(f"tweets[{i}] is a {type(tweet).__name__}, and a dict is needed")
        try:
            out.append(_json(tweet))
        except (TypeError, ValueError, RecursionError) as why:
            raise NornArgumentError(f"tweets[{i}] cannot be read: {why}") from None
    out.append("")
    return "\n".join(out).encode("ascii")


def whole_text(text):
    """A str that can be UTF-8: halves of surrogate pairs become U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


# ---- columns ----

def _texts(name, values):
    """A column of texts, whatever they are: (name, "text", codes, texts)."""
    texts = [v if type(v) is str else _text(v) for v in values]
    there = np.fromiter((t is not None for t in texts), dtype=bool, count=len(texts))
    codes = np.where(there, np.cumsum(there) - 1, -1)
    return (name, "text", codes, [t for t in texts if t is not None])


def _text(value):
    """Any value as a text; None: it is missing."""
    if isinstance(value, str):
        return str(value)
    value = _plain(value)
    return _json(value) if isinstance(value, (list, tuple, dict, float)) else value if value is None else str(value)


def _first(values):
    return next((v for v in values if v is not None and not is_missing(v)), None)


def _is_nested(values):
    return isinstance(_first(values), (list, tuple, set, frozenset, dict, np.ndarray))


def _nested(name, values):
    """A column of lists: their JSON."""
    try:
        return (name, "text", np.arange(len(values), dtype="int64"), ["null" if is_missing(v) else _json(v) for v in values])
    except (TypeError, ValueError, RecursionError) as why:
        raise NornArgumentError(f"column {name} cannot be read: {why}") from None


def frame_of(rows):
    """A frame of columns, or None of none."""
    if not rows:
        return None
    try:
        return _norn.frame_from_columns(rows)
    except UnicodeEncodeError:
        return _norn.frame_from_columns([(*r[:3], [whole_text(t) for t in r[3]]) if r[1] == "text" else r for r in rows])


class Tweets:
    """A table of tweets of one kind: frames() for the library, join() back."""

    def __init__(self, data):
        self.data = data

    def names(self):
        return [str(n) for n in self.data]

    def column(self, name):
        """(row of frame_from_columns, whether it is nested)"""
        values = self.data[name]
        if not hasattr(values, "dtype") or values.dtype.kind in "OUS":
            values = [values[i] for i in range(len(values))] if hasattr(values, "dtype") else list(values)
            if _is_nested(values):
                return _nested(name, values), True
            return _texts(name, values), False
        if values.dtype.kind == "f":  # a long double is no double
            values = values.astype("float64")
        return array_column(name, values), False

    def frames(self, options):
        """(values, lists) of the columns that mean something."""
        names = self.names()
        means = _norn.signals_names(names, options)
        wanted = [n for n, m in zip(names, means) if m]
        twice = next((n for n in wanted if names.count(n) > 1), None)
        if twice is not None:
            raise NornArgumentError(f"tweets: {names.count(twice)} columns are named '{twice}'; rename all but one")
        if not wanted:
            raise NornArgumentError(f"tweets: no column has a tweet's text; name it with text_col (columns: {', '.join(names[:20])})")
        rows = [self.column(n) for n in wanted]
        return frame_of([r for r, nested in rows if not nested]), frame_of([r for r, nested in rows if nested])

    def renamed(self):
        """{name: new name} of columns that are called as one of those that are added."""
        names, out = self.names(), {}
        for n in names:
            new = n
            while new in ADDED or (new != n and (new in names or new in out.values())):
                new = "input_" + new
            if new != n:
                out[n] = new
        return out

    def have(self):
        return [n for n in self.names() if n in OF_TWEET]

    def join(self, row, columns, lists):
        """The rows that stayed, and the added columns behind their own."""
        new = self.renamed()
        out = {new.get(n, n): _array(self.data[n])[row] for n in self.names()}
        added = {r[0]: as_array(r) for r in columns}
        added.update({r[0]: _ragged(start, r) for start, (r,) in lists})
        return out | _ordered(added)

    def build(self, columns):
        """A table of this kind of a dict of arrays."""
        return columns


def _ordered(added):
    """Columns in the order of analyzed_tweets.csv."""
    return {n: added[n] for n in FIELDS if n in added}


def _array(values):
    if hasattr(values, "dtype"):
        return np.asarray(values)
    out = np.empty(len(values), dtype=object)
    if _is_nested(values):
        out[:] = list(values)
        return out
    return np.asarray(values)


def ragged(start, row):
    """A column of lists as a list of lists."""
    flat = as_array(row).tolist()
    edges = start.tolist()
    return [flat[a:b] for a, b in zip(edges, edges[1:])]


def _ragged(start, row):
    out = np.empty(len(start) - 1, dtype=object)
    out[:] = ragged(start, row)
    return out


class _PandasTweets(Tweets):
    def names(self):
        return [n for n in self.data.columns if isinstance(n, str)]

    def column(self, name):
        from pandas.api import types
        s = self.data[name]
        if types.is_object_dtype(s.dtype) or types.is_string_dtype(s.dtype):
            values = s.to_numpy(dtype=object)
            if _is_nested(values):
                return _nested(name, values), True
            return _texts(name, values), False
        if types.is_datetime64_any_dtype(s.dtype):
            zone = getattr(s.dt, "tz", None) is not None
            s = s.dt.tz_convert("UTC").dt.tz_localize(None) if zone else s
            return (name, "time", np.ascontiguousarray(s.to_numpy(dtype="datetime64[us]")).view("int64"), False, zone), False
        return _Pandas(self.data[[name]].reset_index(drop=True))._column(name), False

    def join(self, row, columns, lists):
        import pandas as pd
        left = self.data.iloc[row].rename(columns=self.renamed())
        added = {}
        for r in columns:
            values = as_array(r)
            added[r[0]] = pd.DatetimeIndex(values).tz_localize("UTC") if r[1] == "time" else values
        added.update({r[0]: _ragged(start, r) for start, (r,) in lists})
        return pd.concat([left, pd.DataFrame(_ordered(added), index=left.index)], axis=1)

    def build(self, columns):
        import pandas as pd
        return pd.DataFrame(columns)


class _PolarsTweets(Tweets):
    def __init__(self, data):
        super().__init__(data.collect() if type(data).__name__ == "LazyFrame" else data)

    def names(self):
        return list(self.data.columns)

    def column(self, name):
        import polars as pl
        s = self.data[name]
        if s.dtype.is_nested() or s.dtype == pl.Object:
            return _nested(name, s.to_list()), True
        if isinstance(s.dtype, pl.Datetime) and s.dtype.time_zone:
            s = s.dt.convert_time_zone("UTC")
            return (name, "time", s.dt.epoch("us").fill_null(_NONE).to_numpy().astype("int64"), False, True), False
        if s.dtype == pl.Categorical or isinstance(s.dtype, pl.Enum):
            s = s.cast(pl.String)
        if s.dtype == pl.String:
            return _texts(name, s.to_list()), False
        return _norn.frame_columns(kind_of(s.to_frame()).open({name}))[0], False

    def join(self, row, columns, lists):
        import polars as pl
        added = {}
        for r in columns:
            if r[1] == "integer":
                s = pl.Series(r[0], r[2])
                added[r[0]] = s.set(s == _NONE, None)
            elif r[1] == "time":
                s = pl.Series(r[0], r[2])
                added[r[0]] = s.set(s == _NONE, None).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
            else:
                added[r[0]] = pl.Series(r[0], as_array(r).tolist(), dtype=pl.String) if r[1] == "text" else pl.Series(r[0], r[2])
        for start, (r,) in lists:
            added[r[0]] = pl.Series(r[0], ragged(start, r), dtype=pl.List(pl.Float64 if r[1] == "number" else pl.String))
        return self.data[row].rename(self.renamed()).with_columns(list(_ordered(added).values()))

    def build(self, columns):
        import polars as pl
        return pl.DataFrame({n: v.tolist() if v.dtype == object else v for n, v in columns.items()}).with_columns(
            pl.col(n).dt.replace_time_zone("UTC") for n, v in columns.items() if v.dtype.kind == "M")


class _ArrowTweets(Tweets):
    """pyarrow's tables, and whatever lends an Arrow stream, through pyarrow."""

    def __init__(self, data):
        import pyarrow as pa
        try:
            super().__init__(data if isinstance(data, pa.Table) else pa.table(data))
        except (pa.ArrowException, TypeError, ValueError) as why:
            raise NornArgumentError(f"tweets: a {type(data).__name__} is no table: {why}") from None

    def names(self):
        return list(self.data.schema.names)

    def column(self, name):
        import pyarrow as pa
        c = self.data.column(name)
        kind = c.type
        if pa.types.is_nested(kind):
            return _nested(name, c.to_pylist()), True
        if pa.types.is_dictionary(kind):
            c, kind = c.cast(kind.value_type), kind.value_type
        if pa.types.is_timestamp(kind) and kind.tz:
            c = c.cast(pa.timestamp("us", "UTC"))
            values = c.cast(pa.int64()).fill_null(_NONE).to_numpy()
            return (name, "time", np.ascontiguousarray(values), False, True), False
        if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            return _texts(name, c.to_pylist()), False
        return _norn.frame_columns(kind_of(pa.table({name: c})).open({name}))[0], False

    def join(self, row, columns, lists):
        import pyarrow as pa
        new = self.renamed()
        table = self.data.take(pa.array(row))
        table = table.rename_columns([new.get(n, n) for n in self.names()])
        added = {}
        for r in columns:
            if r[1] in ("integer", "time"):
                kind = pa.timestamp("us", "UTC") if r[1] == "time" else pa.int64()
                values = pa.array(r[2], pa.int64(), mask=r[2] == _NONE).cast(kind)
            else:
                values = pa.array(as_array(r), pa.string()) if r[1] == "text" else pa.array(r[2])
            added[r[0]] = values
        for start, (r,) in lists:
            items = pa.array(r[2]) if r[1] == "number" else pa.array(as_array(r), pa.string())
            added[r[0]] = pa.ListArray.from_arrays(pa.array(start.astype("int32")), items)
        for name, values in _ordered(added).items():
            table = table.append_column(name, values)
        return table

    def build(self, columns):
        import pyarrow as pa
        table = pa.table({n: pa.array(v, from_pandas=v.dtype.kind != "f") for n, v in columns.items()})
        for i, field in enumerate(table.schema):
            if pa.types.is_timestamp(field.type):
                table = table.set_column(i, field.name, table.column(i).cast(pa.timestamp("us", "UTC")))
        return table


class _DuckTweets(_ArrowTweets):
    def __init__(self, data):
        arrow = data.arrow()
        super().__init__(arrow.read_all() if hasattr(arrow, "read_all") else arrow)

    def join(self, row, columns, lists):
        return self.build(super().join(row, columns, lists))

    def build(self, columns):
        import duckdb
        return duckdb.from_arrow(super().build(columns) if isinstance(columns, dict) else columns)


_NONE = np.iinfo("int64").min


def table_of(data):
    """The wrapper of a table."""
    root, name = type(data).__module__.partition(".")[0], type(data).__name__
    if root == "pandas" and name == "DataFrame":
        return _PandasTweets(data)
    if root == "polars" and name in ("DataFrame", "LazyFrame"):
        return _PolarsTweets(data)
    if "duckdb" in root and name == "DuckDBPyRelation":
        return _DuckTweets(data)
    if hasattr(data, "__arrow_c_stream__") or root == "pyarrow":
        return _ArrowTweets(data)
    if isinstance(data, dict):
        return Tweets(data)
    raise TypeError(f"tweets is a {type(data).__module__}.{name}; give a list of dicts, a path, or a table: pandas, Polars, pyarrow, DuckDB, a "
                    "dict of arrays")
