"""Rolling windows over series of other packages: a column of doubles out of each, and back into its kind."""
# SPDX-License-Identifier: Apache-2.0
import numpy as np

from norn import _norn
from norn._spans import refuse, window_of


def _copied(what, remedy):
    return TypeError(f"x: {what} would have to be copied; give {remedy}, or leave out zero_copy_only")


def _table(what):
    return TypeError(f"x: a {what} is a table, and one column is rolled; give one, as df['y'], or norn.rolling(df, window, ops)")


def _masked(x, zero_copy_only):
    """Masked values are missing ones."""
    if x.dtype.kind not in "fiub":
        raise TypeError(f"x: a masked array of {x.dtype} holds no numbers; give x.astype('float64')")
    if not np.ma.getmaskarray(x).any():
        return x.data, lambda out: out
    if zero_copy_only:
        raise _copied("a masked array", "x.astype('float64').filled(numpy.nan)")
    return x.astype("float64").filled(np.nan), lambda out: out


def _pandas(x, zero_copy_only):
    import pandas as pd
    if isinstance(x, pd.Index):
        x = x.to_series(index=range(len(x)))
    if isinstance(x.dtype, np.dtype):
        values = x.to_numpy()
        if x.dtype.kind not in "fiub":
            raise TypeError(f"x: a pandas Series of {x.dtype} holds no numbers; give x.astype('float64')")
    else:
        if zero_copy_only:
            raise _copied(f"a pandas Series of {x.dtype}", "x.astype('float64')")
        try:
            values = x.to_numpy(dtype="float64", na_value=np.nan)
        except (TypeError, ValueError) as e:
            raise TypeError(f"x: a pandas Series of {x.dtype} holds no numbers; give x.astype('float64')") from e
    return values, lambda out: pd.Series(out, index=x.index, name=x.name, copy=False)


def _polars(x, zero_copy_only):
    import polars as pl
    if not isinstance(x, pl.Series):
        raise _table(f"Polars {type(x).__name__}") if hasattr(x, "collect_schema") else TypeError(f"x: a Polars {type(x).__name__} is no column of numbers")
    if not (x.dtype.is_numeric() or x.dtype == pl.Boolean):
        raise TypeError(f"x: a Polars Series of {x.dtype} holds no numbers; give x.cast(polars.Float64)")
    if zero_copy_only and (x.dtype != pl.Float64 or x.null_count() or x.n_chunks() != 1):
        raise _copied(f"a Polars Series of {x.dtype} with {x.null_count()} nulls in {x.n_chunks()} chunks",
                      "x.cast(polars.Float64).fill_null(float('nan')).rechunk()")
    values = (x if x.dtype == pl.Float64 else x.cast(pl.Float64)).to_numpy(allow_copy=not zero_copy_only)
    return values, lambda out: pl.Series(x.name, out)


def _pyarrow(x, zero_copy_only):
    import pyarrow as pa
    import pyarrow.types as types
    if not isinstance(x, (pa.Array, pa.ChunkedArray)):
        raise _table(f"pyarrow {type(x).__name__}") if hasattr(x, "schema") else TypeError(f"x: a pyarrow {type(x).__name__} is no column of numbers")
    if not (types.is_integer(x.type) or types.is_floating(x.type) or types.is_boolean(x.type)):
        raise TypeError(f"x: a pyarrow array of {x.type} holds no numbers; give x.cast('float64')")
    chunks = x.num_chunks if isinstance(x, pa.ChunkedArray) else 1
    if zero_copy_only and (x.type != pa.float64() or x.null_count or chunks != 1):
        raise _copied(f"a pyarrow array of {x.type} with {x.null_count} nulls in {chunks} chunks",
                      "x.cast('float64').fill_null(float('nan')).combine_chunks()")
    if chunks == 1 and isinstance(x, pa.ChunkedArray):
        x = x.chunk(0)
    plain = x if x.type == pa.float64() else x.cast(pa.float64(), safe=False)
    values = plain.to_numpy() if isinstance(plain, pa.ChunkedArray) else plain.to_numpy(zero_copy_only=zero_copy_only)
    return values, pa.array


def _arrow(x):
    """What lends an Arrow array, or a stream of them, and is of no package that is known."""
    if hasattr(x, "__arrow_c_stream__"):
        stream = x.__arrow_c_stream__()
        if _norn.stream_schema(stream)[1] == "+s":
            raise _table(type(x).__name__)
        frame = _norn.frame_from_array(stream)[0]
    else:
        frame = _norn.frame_from_array(*x.__arrow_c_array__())[0]
    name, kind, values = _norn.frame_columns(frame)[0][:3]
    if kind not in ("number", "integer"):
        raise TypeError(f"x: a {type(x).__name__} of {kind}s holds no numbers")
    return (values if kind == "number" else np.where(values == np.iinfo("int64").min, np.nan, values.astype("float64"))), lambda out: out


def _numbers(x):
    """A list, or what makes an array of itself; texts that look like numbers are none."""
    try:
        values = np.asarray(x)
        numbers = np.asarray(values, dtype="float64") if values.dtype.kind not in "SUMm" else None
    except (TypeError, ValueError) as e:
        raise TypeError(f"x: {e}; give numpy.asarray(x, dtype='float64')") from e
    if values.dtype.kind in "SUMm" or (values.dtype == object and any(isinstance(v, (str, bytes)) for v in values.flat)):
        raise TypeError(f"x: a {type(x).__name__} of {'times' if values.dtype.kind in 'Mm' else 'texts'} holds no numbers; "
                        "give numpy.asarray(x).astype('float64')")
    return numbers


def _other(x, zero_copy_only):
    if isinstance(x, dict) or (hasattr(x, "columns") and (hasattr(x, "__arrow_c_stream__") or type(x).__name__ == "DuckDBPyRelation")):
        raise _table(type(x).__name__)
    if zero_copy_only:
        raise _copied(f"a {type(x).__name__}", "numpy.asarray(x, dtype='float64')")
    if not hasattr(x, "__array__") and (hasattr(x, "__arrow_c_stream__") or hasattr(x, "__arrow_c_array__")):
        return _arrow(x)
    if isinstance(x, (str, bytes, bytearray)) or not (hasattr(x, "__array__") or hasattr(x, "__len__")):
        raise TypeError(f"x: a {type(x).__name__} is no column of numbers; give numpy.asarray(x, dtype='float64')")
    return _numbers(x), lambda out: out


def column(x, zero_copy_only=False):
    """(array, what makes an answer's array an object of x's kind)"""
    if isinstance(x, np.ma.MaskedArray):
        return _masked(x, zero_copy_only)
    if isinstance(x, np.ndarray):
        return x, lambda out: out
    root = type(x).__module__.partition(".")[0]
    take = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}.get(root, _other)
    return take(x, zero_copy_only)


def _take_span(x, named, window):
    """The window and the times of x's index, when the window is a span of time."""
    from norn._roll_kinds import index_key
    window = window_of(window)
    if not window.is_span:
        return window.rows
    key = index_key(getattr(x, "index", None)) if type(x).__module__.startswith("pandas") else None
    if key is None:
        raise TypeError(f"window: {window.given!r} is a span of time, which needs a pandas Series with times as its index; see norn.rolling(df, on=…)")
    text, named["_times"], named["_ticks"] = window.on(key.whole("the index").along_rows())
    return text


def _aligned(x, other, zero_copy_only):
    """Two pandas Series over all labels of both indexes, as pandas pairs them."""
    if x.index.equals(other.index):
        return x, other
    for name, s in (("x", x), ("other", other)):
        if not s.index.is_unique:
            raise refuse(f"{name}: its index has {s.index[s.index.duplicated()][0]!r} twice and differs from the other's, so that rows cannot be "
                         "paired; give arrays (x.to_numpy()) to pair them as they stand, or a unique index")
    if zero_copy_only:
        raise _copied("a pair of pandas Series with different indexes", "other.reindex(x.index)")
    return x.align(other, join="outer")


def _is_series(x):
    return type(x).__module__.startswith("pandas") and type(x).__name__ == "Series"


def roll(name, args, named):
    """rolling_NAME of something that lends no buffer."""
    function = getattr(_norn, name)
    args, out = list(args), named.get("out")
    if args:
        x = args[0]
    else:
        x = named.pop("x")
        args = [x]
    if type(x).__module__.startswith("pandas") and getattr(x, "ndim", 1) == 2:
        if out is not None:
            raise TypeError("out: it is for one column; a DataFrame's are several")
        return x.apply(lambda c: roll(name, [c, *args[1:]], dict(named)))
    zero_copy_only = bool(named.get("zero_copy_only"))
    if name in ("rolling_cov", "rolling_corr"):  # by name, whose places are other than those of one column
        named = {**dict(zip(("other", "window", "ddof"), args[1:])), **named}
        args = args[:1]
    other = named.get("other")
    if other is not None:
        if _is_series(x) and _is_series(other):
            x, other = _aligned(x, other, zero_copy_only)
        named["other"] = column(other, zero_copy_only)[0]
    values, back = column(x, zero_copy_only)
    args[0] = values
    if name.startswith("rolling_"):
        if len(args) > 1 and not isinstance(args[1], int):
            args[1] = _take_span(x, named, args[1])
        elif "window" in named and not isinstance(named["window"], int):
            named["window"] = _take_span(x, named, named["window"])
    answer = function(*args, **named)
    return answer if out is not None else back(answer)
