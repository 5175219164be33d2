"""Rolling windows over tables: several columns and operations, per series and by spans of time, in one call."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import operator

from norn import _norn
from norn._roll_kinds import opened, refuse


def _column_of(op):
    """The alias of an operation's text, else the text."""
    head = op.partition("(")[0]
    return head.partition("=")[0].strip() if "=" in head else op.strip()


def _others(ops, names):
    """Columns that cov, corr and slope name."""
    inside = [op[op.index("(") + 1:op.rindex(")")] for op in ops if "(" in op and ")" in op]
    words = {w.partition("=")[2] or w for text in inside for w in (part.strip() for part in text.split(","))}
    return [n for n in names if str(n) in words]


def window_text(window):
    """A window as the library's text: "7", "7D", "expanding"."""
    if isinstance(window, str):
        return window
    if isinstance(window, datetime.timedelta):
        return f"{window // datetime.timedelta(microseconds=1)}us"
    try:
        return str(operator.index(window))
    except TypeError:
        raise TypeError(f"window: {window!r} is neither a number of rows, nor a span of time as '7D', nor 'expanding'") from None


def is_span(window):
    """Whether a window's text is a span of time."""
    return window.strip() != "expanding" and not window.strip().isdigit()


def _texts(ops):
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


def _check_names(names, used):
    for n in used:
        if n not in names:
            raise refuse(f"rolling: the table has no column {n!r}")
        if names.count(n) > 1:
            raise refuse(f"rolling: {names.count(n)} columns of the table are named {n!r}; rename all but one")


def rolling(df, window, ops, on=None, by=None, columns=None, *, min_periods=None, center=False, closed=None):
    """Rolling operations over the columns of a table; a table of its kind comes back.

    window : values, a span of time as ``"7D"`` (then ``on`` names the column of times, or the index of a pandas table holds
        them), or ``"expanding"``
    ops : one or several of ``"mean"``, ``"quantile(0.9)"``, ``"p9=quantile(0.9)"``, ``"corr(other)"``, ``"ewm(0.3)"`` …
    on : the column of times, along which the windows run; None: the rows as they stand
    by : the column of series' ids: no window reaches out of its series
    columns : what is rolled (default: y, or every column of numbers)

    Returns by, on, the rolled columns and a column for each operation: ``mean`` where one column is rolled, ``price_mean``
    where several are. Rows stay in their order.
    """
    table, ops, window, columns = opened(df), _texts(ops), window_text(window), _listed(columns)
    if hasattr(table, "use"):
        table.use([n for n in (on, by, *(columns or [])) if n is not None])
    names = list(table.names())
    _check_names(names, [n for n in (on, by, *(columns or [])) if n is not None])
    if columns is None:
        columns = ["y"] if "y" in names else [n for n in names if n not in (on, by) and table.numeric(n)]
        _check_names(names, columns)
    if not columns:
        raise refuse("rolling: the table has no column of numbers; name one with columns=")
    named = [f"{c}_{_column_of(op)}" if len(columns) > 1 else _column_of(op) for c in columns for op in ops]
    kept = list(dict.fromkeys(c for c in (by, on, *columns) if c is not None))
    twice = next((c for k, c in enumerate(named) if c in kept or c in named[:k]), None)
    if twice is not None:
        raise refuse(f"rolling: two columns of the answer would be named '{twice}'; give an operation an alias, as 'm2=mean'")
    others = [n for n in _others(ops, names) if n not in columns]
    _check_names([str(n) for n in names if n in others or n in columns], [str(n) for n in others])
    if hasattr(table, "open"):
        table.open({*kept, *others})
    times, ids = _times(table, on, window), None if by is None else table.key(by).whole(by, "id")
    read = [table.numbers(c) for c in columns + others]
    answers = _norn.roll_columns(read, [str(c) for c in columns + others], len(columns), ops, ids and ids.values, times and times.values,
                                 times.ticks or 1 if times else 1, window, min_periods, bool(center), closed)
    return table.build(kept, dict(zip(named, answers)))


def _times(table, on, window):
    """The key along which windows run, or None."""
    if not is_span(window):
        return None if on is None else table.key(on).ordered(on).whole(on)
    times = table.index_key() if on is None else table.key(on)
    if times is None:
        raise refuse(f"rolling: the window {window!r} is a span of time; name the column of times with on=")
    name = "the index" if on is None else on
    return times.times(name, window).whole(name)
