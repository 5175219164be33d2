#!/usr/bin/env python3
"""statsforecast's and R's forecasts of intermittent series: means, fitted values, objectives.

Run: .venv-bench/bin/python tests/oracle/make_croston.py   (made with statsforecast 2.1.1, R 4.2.2 forecast 8.20; writes
fixtures/croston_sf.csv). Rows: kind,series,values. kind: y, MODEL (its forecast), fitted:MODEL, r:croston (R's croston, alpha 0.1),
sse:demand, sse:interval (statsforecast's least sums of squares of CrostonOptimized's two searches).
"""
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import warnings

import numpy as np
import statsforecast
from statsforecast._lib import ses
from statsforecast.models import ADIDA, IMAPA, TSB, CrostonClassic, CrostonOptimized, CrostonSBA

warnings.filterwarnings("ignore")
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "croston_sf.csv")
rng = np.random.default_rng(4)
series = {"one_late": np.r_[np.zeros(8), 5.0, 0, 0], "one_first": np.r_[3.0, np.zeros(6)], "two": np.array([0, 2.0, 0, 0, 0, 0, 7, 0]),
          "full": 20 + rng.poisson(4, 30).astype(float), "ones": (rng.random(40) < 0.3).astype(float),
          "none": np.zeros(9)}
for k, (n, p, size) in enumerate([(24, 0.2, 1), (36, 0.5, 3), (60, 0.1, 2), (84, 0.35, 8), (120, 0.05, 4), (120, 0.7, 1), (200, 0.25, 20)]):
    y = np.where(rng.random(n) < p, 1 + rng.poisson(size, n), 0).astype(float)
    series[f"s{k}"] = y
series["real"] = np.where(rng.random(90) < 0.4, np.round(np.exp(rng.normal(1, 1, 90)), 3), 0)
MODELS = {"croston": CrostonClassic(), "croston_sba": CrostonSBA(), "tsb": TSB(0.2, 0.05), "adida": ADIDA(), "imapa": IMAPA(),
          "optimised": CrostonOptimized()}


def num(x):
    return " ".join(f"{v:.17g}" for v in np.atleast_1d(x))


def r_croston(y):
    code = f"suppressPackageStartupMessages(library(forecast)); cat(sprintf('%.17g', croston(ts(c({','.join(map(repr, map(float, y)))})), h=1, alpha=.1)$mean))"
    return subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True).stdout


with open(OUT, "w") as f:
    print(f"# statsforecast {statsforecast.__version__} numpy {np.__version__}, R forecast 8.20", file=f)
    for name, y in series.items():
        print(f"y,{name},{num(y)}", file=f)
        for model, m in MODELS.items():
            r = m.forecast(y, 1, fitted=model != "optimised")
            print(f"{model},{name},{num(r['mean'])}", file=f)
            if "fitted" in r:
                print(f"fitted:{model},{name},{num(r['fitted'])}", file=f)
        if (y > 0).sum() > 1:
            print(f"r:croston,{name},{r_croston(y)}", file=f)
            d, i = y[y > 0], np.diff(np.flatnonzero(y) + 1, prepend=0).astype(float)
            for part, x in (("demand", d), ("interval", i)):
                print(f"sse:{part},{name},{num(ses.ses_sse(ses.golden_section_ses(x, 0.1, 0.3), x))}", file=f)
