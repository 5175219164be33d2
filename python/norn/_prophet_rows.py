"""Rows for norn.Prophet out of data frames: times, numbers, regressors, holidays, as the library takes them."""
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

try:
    import pandas as pd
except ImportError as e:  # as in Prophet, whose answers are data frames
    raise ImportError("norn.Prophet works on pandas' data frames, and pandas is not installed: pip install pandas") from e

from norn._norn import NornArgumentError

DAY = 86_400_000_000  # microseconds


def as_frame(df, what="df"):
    """A pandas frame of whatever table was given; not copied where it is one already."""
    if isinstance(df, pd.DataFrame):
        return df
    if type(df).__module__.partition(".")[0] == "polars":
        return pd.DataFrame({name: _of_polars(df[name]) for name in df.columns})
    if hasattr(df, "to_pandas"):
        return df.to_pandas()
    if isinstance(df, dict):
        return pd.DataFrame(df)
    raise NornArgumentError(f"Prophet: {what} is a {type(df).__name__}; a pandas.DataFrame is needed")


def _of_polars(column):
    """Texts and other objects as they are: polars' to_numpy would want pyarrow for some of them."""
    plain = column.dtype.is_numeric() or column.dtype.is_temporal() or column.dtype == bool
    try:
        return column.to_numpy() if plain else column.to_list()
    except ImportError:
        return column.to_list()


def _one_of_each(df, what, names):
    """A frame with two columns of a name gives a frame for it."""
    if df.columns.is_unique:
        return
    for name in names:
        n = list(df.columns).count(name)
        if n > 1:
            raise NornArgumentError(f"Prophet: {what} has {n} columns {name!r}; each name may stand for one")


def times(column, name="ds"):
    """A column as (microseconds since 1970 as int64, unit of its time stamps). Missing ones are INT64_MIN.

    Texts, dates, datetimes and whole numbers as 20260131 are taken, time zones are not.
    """
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu":
        column = column.astype(str)
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind != "M":
        try:
            column = pd.to_datetime(column)
        except (ValueError, TypeError) as e:
            raise NornArgumentError(f"Prophet: column {name} holds what is no date: {e}") from None
    if getattr(column.dtype, "tz", None) is not None:
        raise NornArgumentError(f"Column {name} has timezone specified, which is not supported. Remove timezone.")
    values = column.to_numpy()
    if values.dtype.kind != "M":  # objects, of several zones for example
        raise NornArgumentError(f"Prophet: column {name} holds what is no date, or dates of several time zones")
    return np.ascontiguousarray(values.astype("datetime64[us]").view("int64")), np.datetime_data(values.dtype)[0]


MISSING = np.iinfo("int64").min


def numbers(column, name):
    """A column as float64 of its own; missing values are NaN."""
    try:
        if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "fiub":
            column = pd.to_numeric(column)
        return np.array(column.to_numpy(dtype="float64", na_value=np.nan), dtype="float64")
    except (ValueError, TypeError) as e:
        raise NornArgumentError(f"Prophet: column {name} holds what is no number: {e}") from None


def stamps(us, unit):
    """Microseconds as time stamps of a unit."""
    return us.view("datetime64[us]").astype(f"datetime64[{unit}]", copy=False)


class Rows:
    """Columns of a fit or a prediction, ascending by ds: ds in microseconds, the others float64 or None."""

    def __init__(self, ds, unit, y=None, cap=None, floor=None, x=None, frame=None):
        self.ds, self.unit, self.y, self.cap, self.floor, self.x, self.frame = ds, unit, y, cap, floor, x or {}, frame

    def call(self):
        """As the extension module takes them."""
        return self.ds, self.y, self.cap, self.floor, list(self.x), list(self.x.values())

    def take(self, at):
        """Some rows, by a slice, a mask or places."""
        some = lambda column: None if column is None else np.ascontiguousarray(column[at])
        return Rows(some(self.ds), self.unit, some(self.y), some(self.cap), some(self.floor), {k: some(v) for k, v in self.x.items()},
                    self.frame)

    def stamps(self):
        """The times as time stamps."""
        return stamps(self.ds, self.unit)


def _find(df, name, kind):
    if name not in df:
        raise NornArgumentError(f"{kind} {name!r} missing from dataframe")
    return df[name]


def _condition(df, name):
    column = _find(df, name, "Condition")
    try:
        values = column.to_numpy(dtype="float64", na_value=np.nan)
    except (ValueError, TypeError):
        values = np.array([np.nan])
    if not np.isin(values, (0.0, 1.0)).all():
        raise NornArgumentError(f"Found non-boolean in column {name!r}")
    return np.array(values)


def rows_of(df, regressors, conditions, logistic, fitting, keep_frame=False):
    """Checked rows of a frame, ascending by ds. When fitting, rows without y are left out."""
    if "ds" not in df or (fitting and "y" not in df):
        raise NornArgumentError('Dataframe must have columns "ds" and "y" with the dates and values respectively.' if fitting
                                else 'Dataframe must have a column "ds" with the dates.')
    _one_of_each(df, "the frame", ("ds", "y", "cap", "floor", *regressors, *conditions))
    if len(df) == 0:
        raise NornArgumentError("Dataframe has less than 2 non-NaN rows." if fitting else "Dataframe has no rows.")
    ds, unit = times(df["ds"])
    every, y, keep = ds, None, None
    if fitting:
        y = numbers(df["y"], "y")
        keep = ~np.isnan(y)
        if keep.all():
            keep = None
        else:
            df, ds, y = df[keep], ds[keep], y[keep]
    if (ds == MISSING).any():
        raise NornArgumentError("Found NaN in column ds.")
    x = {}
    for name in regressors:
        x[name] = numbers(_find(df, name, "Regressor"), name)
        if np.isnan(x[name]).any():
            raise NornArgumentError(f"Found NaN in column {name!r}")
    for name in conditions:
        x[name] = _condition(df, name)
    cap = numbers(df["cap"], "cap") if "cap" in df and logistic else None
    floor = numbers(df["floor"], "floor") if "floor" in df and logistic else None
    rows = Rows(ds, unit, y, cap, floor, x)
    order = None
    if (ds[1:] < ds[:-1]).any():
        order = np.argsort(ds, kind="stable")
        rows = rows.take(order)
    if keep_frame:
        rows.frame = (df if order is None else df.iloc[order]).copy()
    return rows, every


def holiday_columns(holidays):
    """A checked copy of a holidays frame, and its columns as the library takes them."""
    if holidays is None:
        return None, None
    if not isinstance(holidays, dict) and (hasattr(holidays, "to_pandas") or type(holidays).__module__.partition(".")[0] == "polars"):
        holidays = as_frame(holidays, "holidays")
    if not (isinstance(holidays, pd.DataFrame) and "ds" in holidays and "holiday" in holidays):
        raise NornArgumentError('holidays must be a DataFrame with "ds" and "holiday" columns.')
    _one_of_each(holidays, "holidays", ("ds", "holiday", "lower_window", "upper_window", "prior_scale"))
    table = holidays.copy()
    ds, unit = times(table["ds"])
    if (ds == MISSING).any() or table["holiday"].isnull().any():
        raise NornArgumentError("Found a NaN in holidays dataframe.")
    table["ds"] = stamps(ds, unit)
    has = [name in table for name in ("lower_window", "upper_window")]
    if sum(has) == 1:
        raise NornArgumentError("Holidays must have both lower_window and upper_window, or neither")
    lower = numbers(table["lower_window"], "lower_window") if has[0] else np.zeros(len(table))
    upper = numbers(table["upper_window"], "upper_window") if has[1] else np.zeros(len(table))
    if (lower > 0).any():
        raise NornArgumentError("Holiday lower_window should be <= 0")
    if (upper < 0).any():
        raise NornArgumentError("Holiday upper_window should be >= 0")
    bare = np.isnan(lower) | np.isnan(upper)
    if (np.abs(np.concatenate((lower, upper))) > 1e6).any():
        raise NornArgumentError("Prophet: a holiday's window is wider than 1,000,000 days")
    window = [np.where(bare, 0, side).astype("int64") for side in (lower, upper)]
    prior = numbers(table["prior_scale"], "prior_scale") if "prior_scale" in table else np.full(len(table), np.nan)
    names = [str(name) for name in table["holiday"]]
    return table, (names, ds // DAY, *window, prior)
