"""Writes tests/fixtures/prophet_written.json: models as prophet 1.3.0 saves them, and its predictions from them.

    python tests/oracle/make_prophet_json.py tests/fixtures/prophet_written.json      (prophet 1.3.0, pandas 3.1, holidays 0.109)
"""
# SPDX-License-Identifier: Apache-2.0
import json
import logging
import os
import sys
import warnings

import numpy as np
import pandas as pd
from prophet import Prophet
from prophet.serialize import model_to_json

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
HERE = os.path.dirname(os.path.abspath(__file__))


def inputs():
    """120 working days with a regressor, a condition, a capacity and a floor."""
    df = pd.read_csv(os.path.join(HERE, "..", "fixtures", "prophet_data.csv")).head(120)
    i = np.arange(len(df))
    return df.assign(x=np.round(np.sqrt(i), 3), b=i % 2, on=(i // 10 % 2).astype(bool), cap=90.0, floor=2.0)


def models():
    """(name, model): every kind of term, growth and scaling."""
    holidays = pd.DataFrame({"ds": pd.to_datetime(["2012-06-06", "2012-09-04"]), "holiday": ["sale", "fair"], "lower_window": [-1, 0],
                             "upper_window": [1, 2], "prior_scale": [3.0, 8.0]})
    yield "defaults", Prophet()
    full = Prophet(holidays=holidays, seasonality_mode="multiplicative", holidays_mode="additive", changepoints=["2012-06-15", "2012-08-01"])
    full.add_seasonality("on_week", 7, 3, prior_scale=2.0, condition_name="on").add_seasonality("monthly", 30.5, 2, mode="additive")
    yield "full", full.add_regressor("x", prior_scale=0.5).add_regressor("b", mode="additive")
    yield "logistic, floor", Prophet(growth="logistic")
    yield "flat, minmax", Prophet(growth="flat", scaling="minmax", weekly_seasonality=2)
    yield "no changepoints", Prophet(n_changepoints=0, yearly_seasonality=False, weekly_seasonality=False)
    yield "logistic, minmax", Prophet(growth="logistic", scaling="minmax")


def main():
    df, out = inputs(), []
    for name, m in models():
        m.fit(df)
        rows = pd.concat([df.tail(12), df.tail(12).assign(ds=pd.date_range("2012-11-15", periods=12).strftime("%Y-%m-%d"))]).drop(columns="y")
        f = m.predict(rows)
        kept = [c for c in f if c != "ds" and not c.endswith(("_lower", "_upper"))]
        out.append({"name": name, "model": model_to_json(m), "rows": {c: rows[c].tolist() for c in rows}, "columns": list(f.columns),
                    "values": {c: f[c].tolist() for c in kept}})
    with open(sys.argv[1], "w", encoding="utf-8") as f:
        json.dump({"made_by": "prophet 1.3.0: python tests/oracle/make_prophet_json.py", "models": out}, f, indent=0)
        f.write("\n")


if __name__ == "__main__":
    main()
