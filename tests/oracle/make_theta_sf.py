#!/usr/bin/env python3
"""statsforecast's four Theta models on the series of simple_r.csv: objective, parameters, forecasts.

Run: python3 tests/oracle/make_theta_sf.py     (made with statsforecast 2.1.1; reads fixtures/simple_r.csv, writes fixtures/theta_sf.csv)
Rows: model,series,season,adjusted(0/1),sse alpha theta,15 forecasts; sse sums e^2 of the adjusted series from the fourth point
on, as the objective does.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import warnings

import numpy as np
import statsforecast
from statsforecast.theta import auto_theta, forecast_theta
from statsmodels.tsa.seasonal import seasonal_decompose

warnings.filterwarnings("ignore")
FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")
with open(os.path.join(FIXTURES, "simple_r.csv")) as f, open(os.path.join(FIXTURES, "theta_sf.csv"), "w") as out:
    print(f"# statsforecast {statsforecast.__version__} numpy {np.__version__}", file=out)
    for line in f:
        kind, name, m, values = (line.rstrip("\n").split(",") + ["", "", ""])[:4]
        if kind != "y":
            continue
        y = np.array([float(v) for v in values.split()])
        for model, norn in (("OTM", "opt_theta"), ("DSTM", "dynamic_theta"), ("DOTM", "dynamic_opt_theta"), (None, "auto_theta")):
            fit = auto_theta(y, int(m), model=model)
            e = fit["residuals"]  # reported times the season's index
            if fit.get("decompose", False):
                assert fit["decomposition_type"] == "multiplicative"
                e = e / seasonal_decompose(y, model="multiplicative", period=int(m)).seasonal
            sse = float(np.sum(e[3:] ** 2))
            par = fit["par"]
            mean = forecast_theta(fit, 15)["mean"]
            print(f"{norn},{name},{m},{int(bool(fit.get('decompose', False)))},{sse:.17g} {par['alpha']:.17g} {par['theta']:.17g},"
                  + " ".join(f"{v:.17g}" for v in mean), file=out)
