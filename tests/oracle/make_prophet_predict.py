#!/usr/bin/env python3
"""Prophet's predictions from given parameters: trend, components, yhat, and the spread of its draws.

prophet 1.3.0, numpy 2, pandas 2 or 3 (MIT). Run: python tests/oracle/make_prophet_predict.py > tests/fixtures/prophet_predict.csv
Each case is fitted by Stan; its estimates go into the file, and what Prophet makes of them. Lines:
  case,NAME | row,ds,y,cap,floor,promo,heat,open (history) | ahead,... (the same, without y) | column,NAME,BETA
  fit,k,m,sigma | delta,... | part,NAME,value at each row ahead ...
  spread,MODE,WHAT,draws,sd...,lower...,upper... (80 %; at each row of `at`)
"""
# SPDX-License-Identifier: Apache-2.0
import logging
import sys

import numpy as np
import pandas as pd
from prophet import Prophet

logging.disable(logging.CRITICAL)
AT = (0, 10, 39, 79)
DRAWS = {"steps": 20000, "poisson": 4000}


def text(x):
    return "" if x is None or (isinstance(x, float) and np.isnan(x)) else repr(float(x)) if not isinstance(x, str) else x


def rows_text(kind, df):
    for r in df.itertuples():
        stamp = int(pd.Timestamp(r.ds).value // 1000)
        cells = [getattr(r, c, None) for c in ("y", "cap", "floor", "promo", "heat", "open")]
        yield ",".join([kind, str(stamp)] + [text(float(c)) if c is not None else "" for c in cells])


def data(n, ahead, freq, seed, start="2019-11-20"):
    rng = np.random.default_rng(seed)
    ds = pd.date_range(start, periods=n + ahead, freq=freq)
    t = np.arange(n + ahead) / n
    hour = ds.hour.values + 24 * np.arange(n + ahead) if freq == "h" else 24.0 * np.arange(n + ahead)
    df = pd.DataFrame({"ds": ds})
    df["promo"] = (rng.uniform(size=n + ahead) < 0.2).astype(float)
    df["heat"] = np.round(15 + 8 * np.sin(hour / 700) + rng.normal(size=n + ahead), 3)
    df["open"] = (ds.day_of_week < 5).astype(float)
    y = 20 + 9 * t - 12 * np.maximum(t - 0.4, 0) + 2 * np.sin(2 * np.pi * hour / 168) + 1.5 * df["promo"] + 0.1 * df["heat"]
    y = y + np.sin(2 * np.pi * hour / 24) * (freq == "h") + 0.6 * rng.normal(size=n + ahead)
    df["y"] = np.round(y, 3)
    return df


def spread(model, future, name, vectorized):
    model.uncertainty_samples = DRAWS[name]
    draws = model.predictive_samples(future, vectorized=vectorized)
    for what in ("trend", "yhat"):
        x = draws[what][list(AT), :]
        cells = [x.std(axis=1, ddof=1), np.percentile(x, 10, axis=1), np.percentile(x, 90, axis=1)]
        yield ",".join(["spread", name, what, str(DRAWS[name])] + [text(v) for c in cells for v in c])


def case(name, model, df, n, modes):
    np.random.seed(7)
    past, future = df[:n].copy(), df[n:].drop(columns="y").copy()
    model.fit(past)
    out = [f"case,{name}"]
    out += list(rows_text("row", past)) + list(rows_text("ahead", future))
    features, _, _, _ = model.make_all_seasonality_features(model.setup_dataframe(past.copy()))
    p = model.params
    beta = p["beta"].reshape(-1)
    out += [f"column,{c},{text(b)}" for c, b in zip(features.columns, beta)]
    out.append("fit," + ",".join(text(p[k].item()) for k in ("k", "m", "sigma_obs")))
    n_change = len(model.changepoints)
    out.append(",".join(["delta"] + [text(d) for d in p["delta"].reshape(-1)[:n_change]]))
    model.uncertainty_samples = 0
    f = model.predict(future)
    for c in f.columns:
        if c not in ("ds", "cap", "floor"):
            out.append(",".join(["part", c] + [text(v) for v in f[c]]))
    for mode in modes:
        out += list(spread(model, future, mode, mode == "steps"))
    return out


def main():
    lines = []
    party = pd.DataFrame({"holiday": "party", "ds": pd.to_datetime(["2019-12-10", "2020-03-10", "2020-12-20"]),
                          "lower_window": -2, "upper_window": 1})
    rest = pd.DataFrame({"holiday": "Rest", "ds": pd.to_datetime(["2019-12-25", "2020-12-25"]), "lower_window": 0, "upper_window": 0})
    m = Prophet(holidays=pd.concat([party, rest]), yearly_seasonality=3)
    m.add_seasonality("monthly", 30.5, 3)
    m.add_regressor("promo")
    m.add_regressor("heat", mode="multiplicative")
    lines += case("linear", m, data(380, 80, "D", 1), 380, ("steps", "poisson"))
    df = data(300, 80, "D", 2)
    df["cap"], df["floor"] = 40.0 + np.arange(len(df)) / 100, 5.0
    m = Prophet(growth="logistic", seasonality_mode="multiplicative", changepoint_prior_scale=0.5)
    lines += case("logistic", m, df, 300, ("steps", "poisson"))
    m = Prophet(growth="flat", weekly_seasonality=False, yearly_seasonality=False, daily_seasonality=False)
    lines += case("flat", m, data(120, 80, "D", 3), 120, ("steps",))
    m = Prophet(scaling="minmax", holidays=party, holidays_mode="multiplicative", n_changepoints=0)
    lines += case("minmax", m, data(380, 80, "D", 4), 380, ())
    m = Prophet(changepoints=["2019-11-24", "2019-11-27"])
    m.add_seasonality("office", 7, 2, condition_name="open", mode="multiplicative")
    df = data(260, 80, "h", 5)
    df["open"] = df["open"].astype(bool)
    lines += case("hourly", m, df, 260, ())
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
