"""The forecasts of one finance report beside pmdarima and Prophet: the same series, hold-outs, choice and refit, in one run.

Run through `tools/run_peers report [TABLE.csv]`; the default table is tools/make_finance_data.py's large one. Norn's time is the whole command: reading, report, JSON.
"""
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
import pmdarima
from prophet import Prophet

NORN, TABLE = sys.argv[1], sys.argv[2]
HORIZON, SEASON = 3, 12
warnings.simplefilter("ignore")
for name in ("prophet", "cmdstanpy"):
    logging.getLogger(name).setLevel(logging.ERROR)


def held_out(n):
    return 6 if n >= 30 else 4 if n >= 24 else 3 if n >= 18 else 2


def read_series(path):
    series = {}
    with open(path, newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            series.setdefault(row["unique_id"], []).append((row["ds"], float(row["y"]) if row["y"] else float("nan")))
    return series


def arima(y, horizon):
    model = pmdarima.auto_arima(y, seasonal=len(y) >= 2 * SEASON, m=SEASON, seasonal_test="ocsb", stepwise=True, suppress_warnings=True, error_action="ignore")
    return model.predict(horizon, return_conf_int=True)[0]


def prophet(ds, y, horizon):
    model = Prophet(yearly_seasonality=True, weekly_seasonality=False, daily_seasonality=False, interval_width=0.95)
    model.fit(pd.DataFrame({"ds": ds, "y": y}))
    return model.predict(model.make_future_dataframe(horizon, freq="MS", include_history=False))["yhat"].to_numpy()


def one_series(rows):
    """Both candidates on the hold-out, the better one on everything: what a report does for a series."""
    ds = pd.to_datetime([d for d, _ in rows])
    y = pd.Series([v for _, v in rows]).interpolate(limit_direction="both").to_numpy()
    h = held_out(len(y))
    def rmse(p):
        return float(np.sqrt(np.mean((np.asarray(p) - y[-h:]) ** 2)))
    scores = {}
    try:
        scores["AutoARIMA"] = rmse(arima(y[:-h], h))
    except Exception as why:  # pmdarima gives up on some series: it then has no score, as in the reference
        scores["AutoARIMA"] = float("inf")
        print(f"# pmdarima: {why}", file=sys.stderr)
    scores["Prophet"] = rmse(prophet(ds[:-h], y[:-h], h))
    (arima(y, HORIZON) if scores["AutoARIMA"] < scores["Prophet"] else prophet(ds, y, HORIZON))
    return scores


def main():
    with tempfile.TemporaryDirectory() as folder:
        answer, monthly = os.path.join(folder, "report.json"), os.path.join(folder, "series.csv")
        command = [NORN, "report", TABLE, "--out", answer, "--cache", "off", "--quiet"]
        subprocess.run([*command, "--series", monthly], check=True)
        seconds = []
        for _ in range(5):
            begun = time.perf_counter()
            subprocess.run(command, check=True)
            seconds.append(time.perf_counter() - begun)
        series = read_series(monthly)
        with open(answer, encoding="utf-8") as f:
            json.load(f)
    prophet(pd.date_range("2020-01-01", periods=30, freq="MS"), np.arange(30.0) + np.sin(np.arange(30)), 3)  # warm
    begun, ours = time.perf_counter(), sorted(seconds)[len(seconds) // 2]
    for rows in series.values():
        one_series(rows)
    theirs = time.perf_counter() - begun
    print(f"table {os.path.basename(TABLE)}: {len(series)} series")
    print(f"norn report, whole command, median of 5: {ours:.3f} s (least {min(seconds):.3f})")
    print(f"pmdarima {pmdarima.__version__} + Prophet, the same {len(series)} series' back-tests and forecasts alone: {theirs:.1f} s")
    print(f"ratio {theirs / ours:.0f}")


main()
