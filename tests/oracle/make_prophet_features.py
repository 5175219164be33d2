#!/usr/bin/env python3
"""What Prophet makes of a specification and rows before it fits: scales, changepoints, columns, features.

Run: python3 tests/oracle/make_prophet_features.py > tests/fixtures/prophet_features.txt   (made with prophet 1.3.0, pandas 3.1, holidays
0.109, which Norn's table is made from; the cases are told again in tests/models/test_prophet_plan.c).
Rows: case NAME; scale start t_scale(us) y_scale y_min; season NAME period order prior mult; regressor NAME mu sd; change us...;
change_t ...; column name prior mult sum weighted-sum (both over the rows fitted on); row INDEX t y_scaled cap_scaled features...;
ahead INDEX t cap_scaled features... (rows to predict). Times are microseconds since 1970.
"""
# SPDX-License-Identifier: Apache-2.0
import logging
import warnings

import numpy as np
import pandas as pd
import holidays
import prophet
from prophet import Prophet

warnings.filterwarnings("ignore")
logging.getLogger("prophet").setLevel(logging.ERROR)
DAY = 86400 * 10**6


def stamps(us):
    return pd.Series(pd.to_datetime(np.asarray(us, dtype="int64"), unit="us"))


def noise(i, seed):
    """Whole eighths: exact in doubles, and the same in C."""
    return ((i * 7919 + seed * 104729) % 2003) / 8.0


def frame(start, step, n, seed=1, gap=0):
    i = np.arange(n)
    df = pd.DataFrame({"ds": stamps(start + i * step), "y": [noise(int(k), seed) for k in i]})
    if gap:
        df.loc[i % gap == 3, "y"] = np.nan
    return df


def us(text):
    return int(pd.Timestamp(text).as_unit("us").asm8.view("i8"))


def floats(values):
    return " ".join(repr(float(v)) for v in values)


def show(name, m, df, future):
    print("case", name)
    history = df.copy()
    data = m.preprocess(history)
    unit = lambda s: int(pd.Timedelta(s).as_unit("us").asm8.view("i8"))
    print("scale", us(m.start), unit(m.t_scale), repr(float(m.y_scale)), repr(float(m.y_min)))
    for k, s in m.seasonalities.items():
        print("season", k, repr(float(s["period"])), s["fourier_order"], repr(float(s["prior_scale"])), int(s["mode"] == "multiplicative"))
    for k, r in m.extra_regressors.items():
        print("regressor", k, repr(float(r["mu"])), repr(float(r["std"])))
    print("change", *[us(c) for c in m.changepoints])
    print("change_t", floats(data.t_change) if len(m.changepoints) else "")
    x = np.asarray(data.X, dtype=float)
    n = len(x)
    for k, c in enumerate(data.X.columns):
        print("column", c.replace(" ", "~"), repr(float(data.sigmas[k])), int(data.s_m.iloc[k]), repr(float(x[:, k].sum())),
              repr(float((x[:, k] * np.arange(n)).sum() / n)))
    cap = m.history["cap_scaled"] if m.growth == "logistic" else np.zeros(n)
    for i in (0, 1, n // 3, n - 1):
        print("row", i, repr(float(data.t.iloc[i])), repr(float(data.y.iloc[i])), repr(float(cap[i])), floats(x[i]))
    ahead = m.setup_dataframe(future.copy())
    features = m.make_all_seasonality_features(ahead)[0]
    assert list(features.columns) == list(data.X.columns)
    for i in (0, len(ahead) // 2, len(ahead) - 1):
        c = ahead["cap_scaled"].iloc[i] if m.growth == "logistic" else 0.0
        print("ahead", i, repr(float(ahead["t"].iloc[i])), repr(float(c)), floats(features.iloc[i]))


print(f"# prophet {prophet.__version__} pandas {pd.__version__} numpy {np.__version__} holidays {holidays.__version__}")

START = us("2014-03-05")
# Three years of days with gaps: yearly and weekly.
show("daily", Prophet(), frame(START, DAY, 1000, 1, 17), frame(START + 1000 * DAY, DAY, 60)[["ds"]])
# Five-minute rows of three weeks, off the whole minute: weekly and daily; y below zero; minmax.
df = frame(us("2017-05-01 00:00:07.250"), 300 * 10**6, 6000, 2)
df["y"] = df["y"] - 500
show("five_minutes", Prophet(scaling="minmax"), df, frame(us("2017-05-21 20:00:07.250"), 300 * 10**6, 200)[["ds"]])
# Monthly rows before 1970: yearly alone; more changepoints than rows.
ds = [us(f"{1961 + k // 12}-{k % 12 + 1:02d}-01") for k in range(30)]
df = pd.DataFrame({"ds": stamps(ds), "y": [noise(k, 3) for k in range(30)]})
show("monthly", Prophet(n_changepoints=25), df, pd.DataFrame({"ds": stamps(ds[:5])}))
# Own seasonalities: one that replaces weekly, one on a condition, an explicit yearly in the place of the user's.
df = frame(START, DAY, 200, 4)
df["on"] = (np.arange(200) % 7 < 5).astype(float)
m = Prophet(yearly_seasonality=3, daily_seasonality=True, seasonality_mode="multiplicative", seasonality_prior_scale=3.0)
m.add_seasonality("monthly", 30.5, 5, prior_scale=0.1)
m.add_seasonality("yearly", 365.25, 2, mode="additive")
m.add_seasonality("weekly", 7, 2)
m.add_seasonality("works", 7, 3, mode="additive", condition_name="on")
ahead = frame(START + 200 * DAY, DAY, 30)[["ds"]]
ahead["on"] = (np.arange(30) % 7 < 5).astype(float)
show("seasons", m, df, ahead)
# Holidays with windows, priors and another mode; names of which one begins another; rows of six hours.
days = pd.DataFrame({"holiday": ["game", "game", "game night", "far", "play off"], "ds": pd.to_datetime(["2015-02-01", "2015-02-20", "2015-02-03", "2030-01-01", "2015-02-10"]),
                     "lower_window": [-1, -2, 0, 0, 0], "upper_window": [1, 0, 11, 0, 0], "prior_scale": [5.0, 5.0, np.nan, 2.0, 1.0]})
m = Prophet(holidays=days, holidays_mode="multiplicative", holidays_prior_scale=7.0)
show("holidays", m, frame(us("2015-01-20"), DAY // 4, 140, 5), frame(us("2015-02-24"), DAY // 4, 12)[["ds"]])
# Public holidays, over the turn of a year, with a year without rows in between.
df = pd.concat([frame(us("2013-11-20"), DAY, 30, 6), frame(us("2015-12-20"), DAY, 40, 7)], ignore_index=True)
m = Prophet(n_changepoints=5)
m.add_country_holidays("US")
show("country", m, df, frame(us("2016-05-28"), DAY, 45)[["ds"]])
# Regressors: binary, constant, standardised by force or not at all; given changepoints; a regressor's mode.
n = 120
df = frame(START, DAY, n, 8, 13)
i = np.arange(n)
df["binary"] = (i % 3 == 0).astype(float)
df["constant"] = 4.0
df["number"] = [noise(int(k), 9) + 1000 for k in i]
df["forced"] = df["binary"]
df["raw"] = [noise(int(k), 10) for k in i]
m = Prophet(changepoints=pd.to_datetime(["2014-06-01", "2014-04-01", "2014-04-01"]), changepoint_prior_scale=0.3, weekly_seasonality=False)
m.add_regressor("number", prior_scale=0.5)
m.add_regressor("binary")
m.add_regressor("constant")
m.add_regressor("forced", standardize=True, mode="multiplicative")
m.add_regressor("raw", standardize=False)
ahead = frame(START + n * DAY, DAY, 9)[["ds"]]
for k, c in enumerate(["binary", "constant", "number", "forced", "raw"]):
    ahead[c] = [float(j % 2 + k) for j in range(9)]
show("regressors", m, df, ahead)
# Logistic growth with a floor, both scalings, and without one.
for name, scaling, with_floor in (("logistic", "absmax", False), ("floor", "absmax", True), ("floor_minmax", "minmax", True), ("no_floor_minmax", "minmax", False)):
    df = frame(START, DAY, 90, 11)
    df["cap"] = 300.0 + np.arange(90)
    ahead = frame(START + 90 * DAY, DAY, 9)[["ds"]]
    ahead["cap"] = 400.0
    if with_floor:
        df["floor"] = -10.0 - np.arange(90) % 4
        ahead["floor"] = 1.5
    show(name, Prophet(growth="logistic", scaling=scaling, changepoint_range=0.5, n_changepoints=7), df, ahead)
# Nothing at all: the column of zeros; no changepoints; repeated times.
df = frame(START, DAY, 40, 12)
df["ds"] = stamps([START + (k // 2) * DAY for k in range(40)])
show("bare", Prophet(growth="flat", weekly_seasonality=False, n_changepoints=0), df, df[["ds"]].head(3))
