"""Tables of other packages for norn.rolling: columns out as numbers and as keys of rows, and the table back with the answers beside."""
# SPDX-License-Identifier: Apache-2.0
import numpy as np

from norn import _norn
from norn._frames import Table, array_column, kind_of
from norn._spans import refuse

NO_TIME = np.iinfo("int64").min
_DAY = 86_400_000_000


class Key:
    """A column that orders or groups rows: int64, NO_TIME where the cell is empty; ticks of a microsecond, 0 for what are no times."""

    def __init__(self, values, ticks=0, what="integers"):
        self.values, self.ticks, self.what = np.ascontiguousarray(values, dtype="int64"), ticks, what

    def whole(self, name, of="time"):
        """Itself, when no cell is empty."""
        empty = self.values == NO_TIME
        if empty.any():
            raise refuse(f"{name}: row {int(empty.argmax()) + 1} has no {of} (NaT, NaN or null); leave such rows out")
        return self

    def ordered(self, name):
        """Itself, when it orders rows."""
        if self.what == "texts":
            raise refuse(f"{name}: it holds texts, which order no rows; make times of them (pandas.to_datetime), or numbers")
        return self

    def along_rows(self):
        """Itself; where times never rise, their distances behind the first row, so that windows run along the rows, as in pandas."""
        if len(self.values) > 1 and self.values[0] > self.values[-1] and (self.values[1:] <= self.values[:-1]).all():
            return Key(-self.values, self.ticks, self.what)
        return self

    def times(self, name, window):
        """Itself, when it can measure a span of time."""
        if not self.ticks:
            raise refuse(f"{name}: it holds {self.what}, and the window {window!r} is a span of time; make times of it "
                         "(pandas.to_datetime(…, unit='s')), or give a number of rows")
        return self


def time_key(values):
    """NumPy's times, exactly: nanoseconds stay what they are."""
    unit, step = np.datetime_data(values.dtype)
    if unit in ("ps", "fs", "as", "generic"):
        raise TypeError(f"times of {values.dtype} are not read; give datetime64[ns], [us], [ms] or [s]")
    if unit == "ns" and step == 1:
        return Key(values.view("int64"), 1000, "times")
    return Key(values.astype(f"{values.dtype.kind}8[us]").view("int64"), 1, "times")


def index_key(index):
    """A pandas index of times; None: it is another one."""
    if hasattr(index, "to_timestamp"):
        index = index.to_timestamp()
    kind = getattr(getattr(index, "dtype", None), "kind", "")
    if kind not in ("M", "m"):
        return None
    if getattr(index, "tz", None) is not None:
        index = index.tz_convert("UTC").tz_localize(None)
    return time_key(index.to_numpy())


def joined(keys):
    """One id for each combination of several keys' values."""
    ids = keys[0].values
    for key in keys[1:]:
        if not len(ids):
            return ids
        pair = [ids, key.values]
        least, most = [int(v.min()) for v in pair], [int(v.max()) for v in pair]
        for k in (0, 1):
            if most[k] - least[k] >= 2**31:  # ids far from each other: their places among all
                pair[k] = np.unique(pair[k], return_inverse=True)[1].astype("int64")
                least[k], most[k] = 0, int(pair[k].max())
        ids = (pair[0] - least[0]) * (most[1] - least[1] + 1) + (pair[1] - least[1])
    return ids


def _float_key(x):
    bits = (np.ascontiguousarray(x, dtype="float64") + 0.0).view("int64")
    return Key(np.where(np.isnan(x), NO_TIME, np.where(bits < 0, bits ^ np.int64(2**63 - 1), bits)), 0, "numbers")


def _whole_key(name, x):
    if x.dtype == np.uint64 and len(x) and x.max() > 2**63 - 1:
        raise refuse(f"{name}: an unsigned integer is above 2^63 - 1")
    return Key(x, 0, "booleans" if x.dtype.kind == "b" else "integers")


def _row_key(row):
    """A column of norn._frames as a key."""
    kind, values = row[1], row[2]
    if kind == "time":
        return Key(values, 1, "times")
    if kind == "text":
        return Key(np.where(values < 0, NO_TIME, values), 0, "texts")
    return _float_key(values) if kind == "number" else Key(values)


def _row_numbers(row):
    if row[1] == "number":
        return row[2]
    if row[1] == "integer":
        return np.where(row[2] == NO_TIME, np.nan, row[2].astype("float64"))
    raise TypeError(f"column {row[0]}: it holds {row[1]}s, not numbers")


class _Arrays:
    """A dictionary of arrays; and the base of the other kinds."""

    def __init__(self, data):
        self.data = data

    def names(self):
        return list(self.data)

    def numeric(self, name):
        return np.asarray(self.data[name]).dtype.kind in "fiub"

    def _array(self, name):
        values = self.data[name]
        if isinstance(values, np.ma.MaskedArray) and values.dtype.kind in "fiub":
            return values.astype("float64").filled(np.nan)
        return values.filled() if isinstance(values, np.ma.MaskedArray) else np.asarray(values)

    def numbers(self, name):
        values = self._array(name)
        if values.dtype.kind in "fiub" and values.ndim == 1:
            return np.ascontiguousarray(values, dtype="float64")
        return _row_numbers(array_column(str(name), values))

    def key(self, name):
        values = self._array(name)
        if values.ndim == 1 and values.dtype.kind in "mM":
            return time_key(values)
        return _whole_key(name, values) if values.ndim == 1 and values.dtype.kind in "iub" else _row_key(array_column(str(name), values))

    def index_key(self):
        """Times that belong to the rows without being a column."""
        return None

    def build(self, kept, answers):
        return {**{n: np.ma.array(self.data[n]) if isinstance(self.data[n], np.ma.MaskedArray) else np.array(self.data[n]) for n in kept}, **answers}


def _codes(s):
    """Codes of a pandas Series' values, -1 where there is none: in pieces, between which Ctrl-C is heard."""
    import pandas as pd
    seen, codes, piece = {}, [], 1 << 19
    for at in range(0, max(len(s), 1), piece):
        local, values = pd.factorize(s.iloc[at:at + piece])
        place = np.array([*(seen.setdefault(v, len(seen)) for v in values), -1], dtype="int64")
        codes.append(place[local])
    return np.concatenate(codes)


class _Pandas(_Arrays):
    """A pandas DataFrame; ids and times may be its index."""

    def use(self, wanted):
        """Levels of the index that are asked for become columns."""
        levels = [n for n in self.data.index.names if n is not None and n in wanted and n not in self.data.columns]
        if levels:
            self.data = self.data.reset_index(level=levels)

    def names(self):
        return list(self.data.columns)

    def numeric(self, name):
        import pandas as pd
        dtypes = [t for n, t in zip(self.data.columns, self.data.dtypes) if n == name]
        return all(pd.api.types.is_numeric_dtype(t) or pd.api.types.is_bool_dtype(t) for t in dtypes)

    def numbers(self, name):
        s = self.data[name]
        if not self.numeric(name) or s.dtype.kind == "c":
            return _row_numbers(array_column(str(name), s.to_numpy(dtype=object)))
        if isinstance(s.dtype, np.dtype):
            return np.ascontiguousarray(s.to_numpy(), dtype="float64")
        return np.ascontiguousarray(s.to_numpy(dtype="float64", na_value=np.nan))

    def key(self, name):
        import pandas as pd
        s = self.data[name]
        if isinstance(s.dtype, pd.PeriodDtype):
            return index_key(pd.PeriodIndex(s))
        if pd.api.types.is_datetime64_any_dtype(s.dtype):
            return index_key(pd.DatetimeIndex(s))
        if pd.api.types.is_timedelta64_dtype(s.dtype):
            return index_key(pd.TimedeltaIndex(s))
        if self.numeric(name):
            if pd.api.types.is_float_dtype(s.dtype) or s.isna().any():
                return _float_key(s.to_numpy(dtype="float64", na_value=np.nan))
            return _whole_key(name, s.to_numpy())
        first = s.first_valid_index() if s.dtype == object else None
        if first is not None and not isinstance(s[s.notna()].iloc[0], str):
            row = array_column(str(name), s.to_numpy(dtype=object))
            if row[1] != "text":
                return _row_key(row)
        codes = s.cat.codes.to_numpy(dtype="int64") if isinstance(s.dtype, pd.CategoricalDtype) else _codes(s)
        return Key(np.where(codes < 0, NO_TIME, codes), 0, "texts")

    def index_key(self):
        return index_key(self.data.index)

    def build(self, kept, answers):
        import pandas as pd
        return pd.concat([self.data.loc[:, list(kept)], pd.DataFrame(answers, index=self.data.index, copy=False)], axis=1)


class _Polars(_Arrays):
    """Polars' frames; a LazyFrame is collected."""

    def __init__(self, data):
        super().__init__(data.collect() if type(data).__name__ == "LazyFrame" else data)

    def names(self):
        return self.data.columns

    def numeric(self, name):
        import polars as pl
        dtype = self.data.schema[name]
        return dtype.is_numeric() or dtype == pl.Boolean

    def numbers(self, name):
        import polars as pl
        if not self.numeric(name):
            raise TypeError(f"column {name}: it holds {self.data.schema[name]}, not numbers")
        return np.ascontiguousarray(self.data[name].cast(pl.Float64).to_numpy())

    def key(self, name):
        import polars as pl
        s, dtype = self.data[name], self.data.schema[name]
        if dtype.is_float() or dtype.is_decimal():
            return _float_key(self.numbers(name))
        if dtype == pl.String:
            s = s.cast(pl.Categorical)
        elif dtype.is_nested() or dtype in (pl.Binary, pl.Object, pl.Time):
            raise TypeError(f"column {name}: it holds {dtype}, which orders no rows")
        values = s.to_physical().cast(pl.Int64).fill_null(NO_TIME).to_numpy()
        if dtype == pl.Date:
            return Key(np.where(values == NO_TIME, NO_TIME, values * _DAY), 1, "times")
        if not dtype.is_temporal():
            return Key(values, 0, "integers" if dtype.is_integer() else "texts")
        if dtype.time_unit == "ms":
            return Key(np.where(values == NO_TIME, NO_TIME, values * 1000), 1, "times")
        return Key(values, 1000 if dtype.time_unit == "ns" else 1, "times")

    def build(self, kept, answers):
        import polars as pl
        return self.data.select(list(kept)).with_columns([pl.Series(n, a) for n, a in answers.items()])


class _PyArrow(_Arrays):
    """pyarrow's tables, batches and readers; DuckDB's relations through them."""

    def __init__(self, data):
        import pyarrow as pa
        self.duck = "duckdb" in type(data).__module__
        if self.duck:
            data = data if hasattr(data, "__arrow_c_stream__") else data.arrow()
        elif hasattr(data, "to_table"):  # a data set
            data = data.to_table()
        super().__init__(data.read_all() if hasattr(data, "read_all") else pa.table(data))

    def names(self):
        return self.data.schema.names

    def numeric(self, name):
        import pyarrow.types as types
        t = self.data.schema.field(self.names().index(name)).type
        return types.is_integer(t) or types.is_floating(t) or types.is_boolean(t) or types.is_decimal(t)

    def _column(self, name):
        return self.data.column(self.names().index(name))

    def numbers(self, name):
        import pyarrow as pa
        column = self._column(name)
        if not self.numeric(name) and not pa.types.is_null(column.type):
            raise TypeError(f"column {name}: it holds {column.type}, not numbers")
        return np.ascontiguousarray(column.cast(pa.float64(), safe=False).to_numpy())

    def key(self, name):
        import pyarrow as pa
        column = self._column(name)
        t, types = column.type, pa.types
        if types.is_floating(t) or types.is_decimal(t):
            return _float_key(self.numbers(name))
        if types.is_dictionary(t) or types.is_string(t) or types.is_large_string(t) or types.is_string_view(t):
            coded = column.unify_dictionaries() if types.is_dictionary(t) else column.dictionary_encode()
            codes = [c.indices.cast("int64").fill_null(NO_TIME).to_numpy() for c in coded.chunks]
            return Key(np.concatenate(codes) if codes else np.empty(0), 0, "texts")
        if types.is_date(t):
            column = column.cast(pa.timestamp("us"))
        elif types.is_timestamp(t) or types.is_duration(t):
            unit = t.unit if t.unit == "ns" else "us"
            column = column.cast(pa.timestamp(unit, t.tz) if types.is_timestamp(t) else pa.duration(unit))
        elif not types.is_integer(t) and not types.is_boolean(t):
            raise TypeError(f"column {name}: it holds {t}, which orders no rows")
        values = (column.cast("int8") if types.is_boolean(t) else column).cast("int64").fill_null(NO_TIME).to_numpy()
        timely = types.is_temporal(t)
        return Key(values, (1000 if getattr(column.type, "unit", "") == "ns" else 1) if timely else 0, "times" if timely else "integers")

    def build(self, kept, answers):
        import pyarrow as pa
        table = self.data.select(list(kept))
        for name, a in answers.items():
            table = table.append_column(name, pa.array(a))
        if not self.duck:
            return table
        import duckdb
        return duckdb.from_arrow(table)


class _Stream(_Arrays):
    """Whatever else lends an Arrow stream: norn's own frames read it."""

    def __init__(self, data):
        super().__init__(data)
        self.stream = data.__arrow_c_stream__()
        self.schema = _norn.stream_schema(self.stream)[0]
        self.formats, self.rows = {}, {}

    def names(self):
        return [name for name, _ in self.schema]

    def numeric(self, name):
        return all(format in "cCsSiIlLefgbn" or format.startswith("d:") for n, format in self.schema if n == name)

    def open(self, wanted):
        frame, self.formats = _norn.frame_from_stream(self.stream, wanted, True)
        self.rows = {row[0]: row for row in _norn.frame_columns(frame)}

    def numbers(self, name):
        return _row_numbers(self.rows[name])

    def key(self, name):
        return _row_key(self.rows[name])

    def build(self, kept, answers):
        return Table(_norn.frame_from_columns([self.rows[n] for n in kept] + [(n, "number", a) for n, a in answers.items()]), self.formats)


def is_column(data):
    """Whether it is one column, where a table is needed."""
    if isinstance(data, (list, tuple)) or type(data).__name__ in ("Series", "Index", "ChunkedArray") or getattr(data, "ndim", 2) == 1:
        return True
    return hasattr(data, "__arrow_c_array__") and not hasattr(data, "__arrow_c_stream__") and not hasattr(data, "schema")


def opened(data):
    """The wrapper that knows this kind of table."""
    kind = type(kind_of(data)).__name__
    return {"_Pandas": _Pandas, "_Polars": _Polars, "_PyArrow": _PyArrow, "_DuckDB": _PyArrow, "_Arrow": _Stream}.get(kind, _Arrays)(data)
