#!/usr/bin/env python3
"""statsforecast's complex exponential smoothing on the series of simple_r.csv: parameters, squares, forecasts.

Run: .venv-bench/bin/python tests/oracle/make_ces.py   (made with statsforecast 2.1.1; reads fixtures/simple_r.csv, writes
fixtures/ces_sf.csv). Rows: series,season,form (0 none, 1 simple, 2 partial, 3 full),alpha_0 alpha_1 beta_0 beta_1,sse,15 forecasts;
a second block of rows, form + 10, at parameters fixed by hand. Row auto,series,season,form: what AutoCES takes by AICc.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import warnings

import numpy as np
import statsforecast
from statsforecast.ces import auto_ces, cesmodel, forecast_ces

warnings.filterwarnings("ignore")
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")
FIXED = {"alpha_0": 1.2, "alpha_1": 0.99, "beta_0": 0.2, "beta_1": None}


def num(x):
    return " ".join(f"{v:.17g}" for v in x)


def row(name, m, form, fit):
    par = [0.0 if np.isnan(fit["par"][k]) else fit["par"][k] for k in ("alpha_0", "alpha_1", "beta_0", "beta_1")]
    return f"{name},{m},{form},{num(par)},{np.sum(fit['residuals'] ** 2):.17g},{num(forecast_ces(fit, 15)['mean'])}"


with open(os.path.join(FIXTURES, "simple_r.csv")) as f, open(os.path.join(FIXTURES, "ces_sf.csv"), "w") as out:
    print(f"# statsforecast {statsforecast.__version__} numpy {np.__version__}", file=out)
    for line in f:
        kind, name, m, values = (line.rstrip("\n").split(",") + ["", "", ""])[:4]
        if kind != "y":
            continue
        y, m = np.array([float(v) for v in values.split()]), int(m)
        for form, letter in enumerate("NSPF"):
            if m == 1 and form > 0:
                break
            fit = cesmodel(y, m, letter, None, None, None, None, 3)
            print(row(name, m, form, fit), file=out)
            par = dict(FIXED)
            if letter == "F":
                par.update(beta_0=1.1, beta_1=1.005)
            if letter in "NS":
                par.update(beta_0=None)
            print(row(name, m, form + 10, cesmodel(y, m, letter, nmse=3, **par)), file=out)
        print(f"auto,{name},{m},{'NSPF'.index(auto_ces(y, m)['seasontype'])}", file=out)
