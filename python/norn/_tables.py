"""Rolling windows over tables: several columns and operations, per series and by spans of time, in one call."""
# SPDX-License-Identifier: Apache-2.0
import numpy as np

from norn import _norn
from norn._frames import kind_of

_CLOSED = ("right", "left", "both", "neither")


def _closed(word):
    if word is None:
        return 0
    if word not in _CLOSED:
        raise _norn.NornArgumentError(f"closed: '{word}' is unknown; one of {', '.join(_CLOSED)}")
    return _CLOSED.index(word)


def _numbers(row):
    """A column as doubles."""
    if row[1] == "number":
        return row[2]
    if row[1] == "integer":
        return row[2].astype("float64")
    raise TypeError(f"column {row[0]}: it holds {row[1]}s, not numbers")


def _column_of(op):
    """The alias of an operation's text, else the text."""
    head = op.partition("(")[0]
    return head.partition("=")[0].strip() if "=" in head else op.strip()


def _others(ops, names):
    """Columns that cov, corr and slope name."""
    inside = [op[op.index("(") + 1:op.rindex(")")] for op in ops if "(" in op and ")" in op]
    words = {w.partition("=")[2] or w for text in inside for w in (part.strip() for part in text.split(","))}
    return [n for n in names if n in words]


def _stands_in_order(ids, times):
    """Whether the series stand together already, each in the order of its times: far cheaper to see than to sort."""
    if ids is None:
        return bool((times[1:] >= times[:-1]).all())
    later = ids[1:] > ids[:-1]
    same = ids[1:] == ids[:-1]
    return bool((later | same if times is None else later | (same & (times[1:] >= times[:-1]))).all())


def _order(ids, times, n):
    """Rows so that each series stands together in the order of its times, and where each begins; None: as they are."""
    keys = [k for k in (times, ids) if k is not None]
    order = np.lexsort(keys) if keys and not _stands_in_order(ids, times) else None
    if ids is None:
        return order, None
    sorted_ids = ids if order is None else ids[order]
    cuts = np.flatnonzero(np.diff(sorted_ids)) + 1
    return order, np.concatenate(([0], cuts, [n])).astype("int64") if n else None


def _key(row):
    return None if row is None else (row[2] if row[1] != "number" else row[2].view("int64"))


def rolling(df, window, ops, on=None, by=None, columns=None, *, min_periods=None, center=False, closed=None):
    """Rolling operations over the columns of a table; a table of its kind comes back.

    window : values, a span of time as ``"7D"`` (then ``on`` names the column of times), or ``"expanding"``
    ops : one or several of ``"mean"``, ``"quantile(0.9)"``, ``"p9=quantile(0.9)"``, ``"corr(other)"``, ``"ewm(0.3)"`` …
    on : the column of times, along which the windows run; None: the rows as they stand
    by : the column of series' ids: no window reaches out of its series
    columns : what is rolled (default: y, or every column of numbers)

    Returns by, on, the rolled columns and a column for each operation: ``mean`` where one column is rolled, ``price_mean``
    where several are. Rows stay in their order.
    """
    kind = kind_of(df)
    ops = [ops] if isinstance(ops, str) else list(ops)
    names = kind.names()
    missing = [n for n in (on, by, *([columns] if isinstance(columns, str) else columns or [])) if n is not None and n not in names]
    if missing:
        raise _norn.NornArgumentError(f"rolling: the table has no column '{missing[0]}'")
    if columns is None:
        columns = ["y"] if "y" in names else [n for n in names if n not in (on, by) and kind.numeric(n)]
    columns = [columns] if isinstance(columns, str) else list(columns)
    if not columns:
        raise _norn.NornArgumentError("rolling: the table has no column of numbers; name one with columns=")
    named = [f"{c}_{_column_of(op)}" if len(columns) > 1 else _column_of(op) for c in columns for op in ops]
    all_names = [*dict.fromkeys(c for c in (by, on, *columns) if c is not None), *named]
    twice = next((c for k, c in enumerate(all_names) if c in all_names[:k]), None)
    if twice is not None:
        raise _norn.NornArgumentError(f"rolling: two columns of the answer would be named '{twice}'; give an operation an alias, as 'm2=mean'")
    others = [n for n in _others(ops, names) if n not in columns]
    rows = {row[0]: row for row in _norn.frame_columns(kind.open({n for n in (on, by) if n} | set(columns) | set(others)))}
    n = len(next(iter(rows.values()))[2]) if rows else 0
    times = _key(rows.get(on))
    order, offsets = _order(_key(rows.get(by)), times, n)
    read = [_numbers(rows[c]) for c in columns + others]
    answers = _roll(read, columns + others, len(columns), ops, offsets, times, order, str(window), min_periods, center, closed)
    kept = [rows[c] for c in dict.fromkeys([by, on, *columns]) if c is not None]
    out = kind.build(_norn.frame_from_columns(kept + [(name, "number", a) for name, a in zip(named, answers)]))
    if type(out).__module__.startswith("pandas") and kind.data is df:
        out.index = df.index
    return out


def _roll(read, names, n_rolled, ops, offsets, times, order, window, min_periods, center, closed):
    if order is not None:
        read, times = [c[order] for c in read], None if times is None else times[order]
    least = -1 if min_periods is None else int(min_periods)
    span = window != "expanding" and not window.isdigit()
    answers = _norn.roll_columns(read, list(names), n_rolled, ops, offsets, times if span else None, window, least, bool(center), _closed(closed))
    if order is None:
        return answers
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return [a[back] for a in answers]


def roll_span(name, values, times, args, named):
    """rolling_NAME over a span of time, for a series with times as its index."""
    op = name.removeprefix("rolling_")
    values = np.ascontiguousarray(values, dtype="float64")
    window = named.get("window", args[0] if args else None)
    given = [a for a in args if a is not window] + [f"{k}={v}" for k, v in named.items()
                                                    if k not in ("window", "min_periods", "center", "closed", "out", "zero_copy_only", "other", "x")]
    read, names = [values], ["x"]
    if named.get("other") is not None:
        read.append(np.ascontiguousarray(named["other"], dtype="float64"))
        names.append("other")
        given.insert(0, "other")
    text = f"{op}({','.join(str(g) for g in given)})" if given else op
    order, _ = _order(None, times, len(times))
    answer = _roll(read, names, 1, [text], None, times, order, window, named.get("min_periods"), named.get("center", False), named.get("closed"))[0]
    if named.get("out") is not None:
        named["out"][:] = answer
        return named["out"]
    return answer
