"""Rolling windows over tables: several columns and operations, per series and by spans of time, in one call."""
# SPDX-License-Identifier: Apache-2.0
from norn import _norn
from norn._roll_kinds import is_column, joined, opened
from norn._spans import refuse, window_of


def _column_of(op):
    """The alias of an operation's text, else the text."""
    head = op.partition("(")[0]
    return head.partition("=")[0].strip() if "=" in head else op.strip()


def _others(ops, names):
    """Columns that cov, corr and slope name."""
    inside = [op[op.index("(") + 1:op.rindex(")")] for op in ops if "(" in op and ")" in op]
    words = {w.partition("=")[2] or w for text in inside for w in (part.strip() for part in text.split(","))}
    return [n for n in names if str(n) in words]


def _texts(ops):
    if ops is None:
        raise TypeError("rolling: ops is missing; give operations as \"mean\", \"quantile(0.9)\"")
    ops = list(ops) if isinstance(ops, (list, tuple)) else [ops]
    for op in ops:
        if not isinstance(op, str):
            raise TypeError(f"ops: {op!r} is no text; give operations as \"mean\", \"quantile(0.9)\"")
    if not ops:
        raise refuse("ops: none is given")
    return ops


def _listed(columns):
    """One name or several."""
    if columns is None:
        return None
    return [columns] if isinstance(columns, (str, int)) else list(columns)


def _keys(by, names):
    """The columns of ids; a pandas column may be named by a tuple."""
    if by is None:
        return []
    return list(by) if isinstance(by, (list, tuple)) and by not in names else [by]


def _window(window, ops):
    """The window; operations that fade have none."""
    if window is not None:
        return window_of(window)
    if not all(op.partition("(")[0].rpartition("=")[2].strip().startswith("ewm") for op in ops):
        raise TypeError("rolling: the window is missing: a number of rows, a span of time as '7D', or 'expanding'; only ewm needs none")
    return window_of("expanding")


def _check_names(names, used):
    for n in used:
        if n not in names:
            raise refuse(f"rolling: the table has no column {n!r}")
        if names.count(n) > 1:
            raise refuse(f"rolling: {names.count(n)} columns of the table are named {n!r}; rename all but one")


def rolling(df, window=None, ops=None, on=None, by=None, columns=None, *, min_periods=None, center=False, closed=None):
    """Rolling operations over the columns of a table; a table of its kind comes back.

    window : values, a span of time as ``"7D"`` (then ``on`` names the column of times, or the index of a pandas table holds
        them; ``pandas.Timedelta`` and offsets are taken too), or ``"expanding"``; ewm operations need none
    ops : one or several of ``"mean"``, ``"quantile(0.9)"``, ``"p9=quantile(0.9)"``, ``"corr(other)"``, ``"ewm(0.3)"`` …
    on : the column of times, along which the windows run; None: the rows as they stand
    by : the column of series' ids, or several that name a series together: no window reaches out of its series
    columns : what is rolled (default: y, or every column of numbers)

    Returns by, on, the rolled columns and a column for each operation: ``mean`` where one column is rolled, ``price_mean``
    where several are. Rows stay in their order. A LazyFrame of Polars is collected, and a DataFrame comes back.
    """
    if is_column(df):
        raise TypeError(f"rolling: a {type(df).__name__} is one column, and a table is needed; give norn.rolling_mean(x, window) and its like, "
                        "or a table of it")
    table, ops, columns = opened(df), _texts(ops), _listed(columns)
    window = _window(window, ops)
    if hasattr(table, "use"):
        table.use([n for n in (on, *(by if isinstance(by, (list, tuple)) else [by]), *(columns or [])) if n is not None])
    names = list(table.names())
    by = _keys(by, names)
    _check_names(names, [n for n in (on, *by, *(columns or [])) if n is not None])
    if columns is None:
        columns = ["y"] if "y" in names else [n for n in names if n != on and n not in by and table.numeric(n)]
        _check_names(names, columns)
    if not columns:
        raise refuse("rolling: the table has no column of numbers; name one with columns=")
    named = [f"{c}_{_column_of(op)}" if len(columns) > 1 else _column_of(op) for c in columns for op in ops]
    kept = list(dict.fromkeys(c for c in (*by, on, *columns) if c is not None))
    twice = next((c for k, c in enumerate(named) if c in kept or c in named[:k]), None)
    if twice is not None:
        raise refuse(f"rolling: two columns of the answer would be named '{twice}'; give an operation an alias, as 'm2=mean'")
    others = [n for n in _others(ops, names) if n not in columns]
    _check_names([str(n) for n in names if n in others or n in columns], [str(n) for n in others])
    if hasattr(table, "open"):
        table.open({*kept, *others})
    ids = joined([table.key(c).whole(c, "id") for c in by]) if by else None
    text, times, ticks = window.on(_times(table, on, window))
    read = [table.numbers(c) for c in columns + others]
    answers = _norn.roll_columns(read, [str(c) for c in columns + others], len(columns), ops, ids, times, ticks, text, min_periods,
                                 bool(center), closed)
    return table.build(kept, dict(zip(named, answers)))


def _times(table, on, window):
    """The key along which windows run, or None."""
    if not window.is_span:
        return None if on is None else table.key(on).ordered(on).whole(on)
    times = table.index_key() if on is None else table.key(on)
    if times is None:
        raise refuse(f"rolling: the window {window.given!r} is a span of time; name the column of times with on=")
    if on is None:
        return times.whole("the index").along_rows()
    return times.times(on, window.given).whole(on)
