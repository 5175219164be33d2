"""Tables of other packages as Norn's frames, and frames as tables of the kind that came in."""
# SPDX-License-Identifier: Apache-2.0
import datetime

import numpy as np

from norn import _norn


class Table:
    """A table of Norn's own: what comes out where no other kind of table came in.

    Any package that reads Arrow streams takes it: ``pyarrow.table(t)``, ``polars.DataFrame(t)``.
    """

    def __init__(self, frame, formats=None):
        self._frame, self._formats = frame, formats or {}
        self._rows = None

    def _columns(self):
        if self._rows is None:
            self._rows = _norn.frame_columns(self._frame)
        return self._rows

    @property
    def columns(self):
        """Names of the columns."""
        return [row[0] for row in self._columns()]

    def __len__(self):
        rows = self._columns()
        return len(rows[0][2]) if rows else 0

    def __getitem__(self, name):
        for row in self._columns():
            if row[0] == name:
                return as_array(row)
        raise KeyError(name)

    def to_dict(self):
        """A dictionary of NumPy arrays."""
        return {row[0]: as_array(row) for row in self._columns()}

    def __arrow_c_stream__(self, requested_schema=None):
        formats = self._formats
        return _norn.frame_stream(self._frame, [formats.get("ds" if name == "cutoff" else name) or formats.get(name) for name in self.columns])

    def __repr__(self):
        return f"<norn.Table of {len(self)} rows: {', '.join(self.columns)}>"


def as_array(row):
    """One column's row of frame_columns as a NumPy array."""
    kind, values = row[1], row[2]
    if kind == "time":
        return values.view("datetime64[us]").astype("datetime64[D]") if row[3] else values.view("datetime64[us]")
    if kind == "text":
        texts = np.array([*row[3], None], dtype=object)
        return texts[values]
    if kind == "integer" and (values == _NO_INTEGER).any():
        return _with_holes(values)
    return values


_NO_INTEGER = np.iinfo("int64").min  # how a frame of Norn's says that an integer is missing


def _with_holes(values):
    """Integers of which some are missing: doubles with NaN, as in pandas, or objects with None where a double would lose digits."""
    missing = values == _NO_INTEGER
    there = values[~missing]
    if (np.abs(there) > 2**53).any():
        out = values.astype(object)
        out[missing] = None
        return out
    return np.where(missing, np.nan, values.astype("float64"))


# ---- columns out of arrays ----

def _from_objects(name, values):
    """An object array: texts, or dates, or what a text can be made of."""
    first = next((v for v in values if v is not None and v == v), None)
    if isinstance(first, (datetime.datetime, datetime.date, np.datetime64)):
        if getattr(first, "tzinfo", None) is not None:
            raise TypeError(f"column {name}: Python datetimes with a zone; give a column of time stamps (pandas.to_datetime)")
        is_date = not isinstance(first, (datetime.datetime, np.datetime64))
        return (name, "time", np.array(values, dtype="datetime64[us]").view("int64"), is_date, False)
    if isinstance(first, (float, np.floating)):
        return (name, "number", np.array(values, dtype="float64"))
    codes, texts, seen = np.empty(len(values), dtype="int64"), [], {}
    for i, v in enumerate(values):
        if v is None or v != v:
            codes[i] = -1
            continue
        if v not in seen:
            seen[v] = len(texts)
            texts.append(v if isinstance(v, str) else str(v))
        codes[i] = seen[v]
    return (name, "text", codes, texts)


def _unmasked(name, values):
    """A masked array as one whose masked values are missing ones."""
    mask, kind = np.ma.getmaskarray(values), values.dtype.kind
    if not mask.any():
        return values.data
    if kind == "f":
        return values.filled(np.nan)
    if kind in "iub":
        return np.where(mask, _NO_INTEGER, values.data.astype("int64"))
    if kind == "M":
        return values.filled(np.datetime64("NaT"))
    if kind in "UO":
        out = values.data.astype(object)
        out[mask] = None
        return out
    raise TypeError(f"column {name}: a masked array of {values.dtype} holds neither numbers, times nor texts")


def array_column(name, values):
    """A NumPy array (or a list) as a row of frame_from_columns; masked values are missing."""
    values = _unmasked(name, values) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    if values.ndim != 1:
        raise TypeError(f"column {name}: {values.ndim} dimensions where one is needed")
    kind = values.dtype.kind
    if kind == "f":
        return (name, "number", np.ascontiguousarray(values, dtype="float64"))
    if kind in "iub":
        return (name, "integer", np.ascontiguousarray(values, dtype="int64"))
    if kind == "M":
        is_date = np.datetime_data(values.dtype)[0] in "DWMY"
        return (name, "time", np.ascontiguousarray(values.astype("datetime64[us]")).view("int64"), is_date, False)
    if kind in "UO":
        return _from_objects(name, values.astype(object))
    raise TypeError(f"column {name}: an array of {values.dtype} holds neither numbers, times nor texts")


class _Arrays:
    """A dictionary of arrays; and the base of the other kinds: open() gives a frame, build() the kind back."""

    def __init__(self, data):
        self.data = data

    def names(self):
        return list(self.data)

    def open(self, wanted):
        return _norn.frame_from_columns([array_column(n, self.data[n]) for n in self.names() if n in wanted])

    def build(self, frame):
        return Table(frame).to_dict()

    def like(self, frame, names):
        """A frame without rows in the kind of frame's columns of these names, for answers without data."""
        rows = []
        for row in _norn.frame_columns(frame):
            if row[0] in names:
                rows.append((row[0], row[1], row[2][:0], *([[]] if row[1] == "text" else row[3:])))
        return _norn.frame_from_columns(rows)

    def numeric(self, name):
        """Whether the column may be exogenous."""
        return np.asarray(self.data[name]).dtype.kind in "fiub"


class _Pandas(_Arrays):
    """A pandas DataFrame; ids and times may be its index, as older scripts have them."""

    def __init__(self, data):
        if any(name is not None for name in data.index.names):
            data = data.reset_index()
        super().__init__(data)
        self.of = {}  # what columns were: name -> (dtype, {text: value})

    def names(self):
        return [n for n in self.data.columns if isinstance(n, str)]

    def numeric(self, name):
        import pandas as pd
        return pd.api.types.is_numeric_dtype(self.data[name]) or pd.api.types.is_bool_dtype(self.data[name])

    def open(self, wanted):
        return _norn.frame_from_columns([self._column(n) for n in self.names() if n in wanted])

    def _column(self, name):
        import pandas as pd
        from pandas.api import types
        s = self.data[name]
        self.of[name] = (s.dtype, None)
        if isinstance(s.dtype, pd.PeriodDtype):
            s = s.dt.to_timestamp()
        if types.is_datetime64_any_dtype(s.dtype):
            zone = getattr(s.dt, "tz", None) is not None
            if zone:
                wall = s.dt.tz_localize(None)
                if (wall == wall.dt.normalize()).all():  # days are days of the zone, whatever its clocks do
                    s, self.of[name] = wall, (s.dtype, "wall")
                else:
                    s = s.dt.tz_convert("UTC").dt.tz_localize(None)
            return (name, "time", np.ascontiguousarray(s.to_numpy(dtype="datetime64[us]")).view("int64"), False, zone)
        if types.is_bool_dtype(s.dtype) or types.is_numeric_dtype(s.dtype):
            if types.is_float_dtype(s.dtype) or s.isna().any():
                return (name, "number", s.to_numpy(dtype="float64", na_value=np.nan))
            return (name, "integer", np.ascontiguousarray(s.to_numpy(dtype="int64")))
        codes, uniques = pd.factorize(s)
        row = _from_objects(name, np.asarray(uniques, dtype=object))
        if row[1] != "text":
            return _from_objects(name, s.to_numpy(dtype=object))
        codes = codes.astype("int64")
        codes = np.where(codes < 0, -1, row[2][codes]) if len(row[2]) else codes
        self.of[name] = (s.dtype, dict(zip(row[3], uniques)))
        return (name, "text", np.ascontiguousarray(codes), row[3])

    def _back(self, row):
        import pandas as pd
        name, kind, values = row[:3]
        dtype, of_text = self.of.get("ds" if name == "cutoff" and "cutoff" not in self.of else name, (None, None))
        if kind == "text":
            texts = [of_text.get(t, t) for t in row[3]] if of_text else row[3]
            if isinstance(dtype, pd.CategoricalDtype):
                return pd.Categorical(pd.Series(texts, dtype=object).take(values), dtype=dtype)
            column = pd.Series(np.array([*texts, None], dtype=object)[values])
            return column.astype(dtype) if dtype is not None else column.infer_objects()
        if kind == "integer" and dtype is not None and dtype != object:
            return pd.Series(values).astype(dtype)
        if kind != "time":
            return values
        times = pd.Series(values.view("datetime64[us]"))
        if dtype is None:
            return times
        if isinstance(dtype, pd.DatetimeTZDtype):
            if of_text == "wall":
                at = times.dt.tz_localize(dtype.tz, ambiguous=np.ones(len(times), bool), nonexistent="shift_forward")
                return at.astype(dtype)
            return times.dt.tz_localize("UTC").astype(dtype)
        if isinstance(dtype, pd.PeriodDtype):
            return times.dt.to_period(dtype.freq)
        if dtype == object:
            return times.dt.date if row[3] else times
        return times.astype(dtype)

    def build(self, frame):
        import pandas as pd
        return pd.DataFrame({row[0]: self._back(row) for row in _norn.frame_columns(frame)}, copy=False)


class _Arrow(_Arrays):
    """Whatever lends an Arrow stream."""

    def __init__(self, data):
        super().__init__(data)
        self.formats, self.walls = {}, {}  # walls: columns of days in a time zone, and their types

    def names(self):
        columns = getattr(self.data, "column_names", None) or getattr(self.data, "columns", None)
        return [str(c) for c in columns] if columns is not None and not callable(columns) else []

    def numeric(self, name):
        return True

    def open(self, wanted):
        frame, self.formats = _norn.frame_from_stream(self.data.__arrow_c_stream__(), wanted)
        return frame

    def build(self, frame):
        return Table(frame, self.formats)


class _PyArrow(_Arrow):
    """pyarrow's tables, batches and readers."""

    def __init__(self, data):
        super().__init__(data)
        self.had = data.schema

    def names(self):
        return list(self.data.schema.names)

    def numeric(self, name):
        import pyarrow.types as types
        t = self.data.schema.field(name).type
        return types.is_integer(t) or types.is_floating(t) or types.is_boolean(t)

    def open(self, wanted):
        import pyarrow as pa
        import pyarrow.compute as pc
        table = self.data if isinstance(self.data, pa.Table) else None
        for i, field in enumerate(table.schema if table is not None else ()):
            if field.name in wanted and pa.types.is_timestamp(field.type) and field.type.tz:
                wall = pc.local_timestamp(table.column(i))
                if pc.all(pc.equal(pc.floor_temporal(wall, unit="day"), wall)).as_py():
                    table = table.set_column(i, field.name, wall)
                    self.walls[field.name] = field.type
        frame, self.formats = _norn.frame_from_stream((self.data if table is None else table).__arrow_c_stream__(), wanted)
        return frame

    def build(self, frame):
        import pyarrow as pa
        import pyarrow.compute as pc
        table = pa.table(Table(frame, self.formats))
        for name, kind in list(self.walls.items()):
            for n in {name, "cutoff"} & set(table.column_names):
                i = table.column_names.index(n)
                zoned = pc.assume_timezone(table.column(i), kind.tz, ambiguous="earliest", nonexistent="latest")
                table = table.set_column(i, n, zoned.cast(kind))
        for i, field in enumerate(table.schema):
            name = field.name
            at = self.had.get_field_index(name)
            if at >= 0 and self.had.field(at).type != field.type:
                table = table.set_column(i, name, table.column(i).cast(self.had.field(at).type))
        return table


class _Polars(_Arrow):
    """Polars' frames; a LazyFrame is collected."""

    def __init__(self, data):
        super().__init__(data.collect() if type(data).__name__ == "LazyFrame" else data)
        self.had = self.data.schema

    def numeric(self, name):
        import polars as pl
        dtype = self.data.schema[name]
        return dtype.is_numeric() or dtype == pl.Boolean

    def open(self, wanted):
        import polars as pl
        data = self.data
        for name, dtype in data.schema.items():
            if name in wanted and isinstance(dtype, pl.Datetime) and dtype.time_zone:
                wall = data[name].dt.replace_time_zone(None)
                if (wall == wall.dt.truncate("1d")).all():
                    data, self.walls[name] = data.with_columns(wall.alias(name)), dtype
        frame, self.formats = _norn.frame_from_stream(data.__arrow_c_stream__(), wanted)
        return frame

    def build(self, frame):
        import polars as pl
        out = pl.DataFrame(Table(frame, self.formats))
        had = self.had
        for name, dtype in self.walls.items():
            out = out.with_columns([pl.col(n).dt.replace_time_zone(dtype.time_zone, ambiguous="earliest", non_existent="null").cast(dtype)
                                    for n in {name, "cutoff"} & set(out.columns)])
        return out.with_columns([pl.col(n).cast(had[n]) for n in out.columns if n in had and had[n] != out.schema[n]])


class _DuckDB(_Arrow):
    """A relation of DuckDB."""

    def numeric(self, name):
        kind = str(dict(zip(self.data.columns, self.data.types))[name]).upper()
        return kind in ("FLOAT", "DOUBLE", "BOOLEAN", "REAL") or "INT" in kind

    def open(self, wanted):
        if not hasattr(self.data, "__arrow_c_stream__"):
            table = self.data.arrow()
            frame, self.formats = _norn.frame_from_stream(table.__arrow_c_stream__(), wanted)
            return frame
        return super().open(wanted)

    def build(self, frame):
        import duckdb
        import pyarrow as pa
        return duckdb.from_arrow(pa.table(Table(frame, self.formats)))


def kind_of(data):
    """The wrapper that knows this kind of table."""
    root, name = type(data).__module__.partition(".")[0], type(data).__name__
    if root == "pandas" and name == "DataFrame":
        return _Pandas(data)
    if root == "polars" and name in ("DataFrame", "LazyFrame"):
        return _Polars(data)
    if root == "pyarrow" and hasattr(data, "schema"):
        return _PyArrow(data)
    if "duckdb" in root and name == "DuckDBPyRelation":
        return _DuckDB(data)
    if hasattr(data, "__arrow_c_stream__"):
        return _Arrow(data)
    if isinstance(data, dict):
        return _Arrays(data)
    raise TypeError(f"a {type(data).__module__}.{name} is no table that can be read; give a pandas or Polars DataFrame, "
                    "a pyarrow table, a DuckDB relation, anything with __arrow_c_stream__, or a dict of arrays")
