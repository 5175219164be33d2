#!/usr/bin/env python3
"""Writes Stan's answer to Prophet's model on generated series and on Prophet's examples, for tests/models/test_prophet_exact.c."""
# SPDX-License-Identifier: Apache-2.0
# Made with prophet 1.3.0 (cmdstanpy, its bundled Stan model), numpy 2, Python 3.11:
#   make_prophet_map.py > tests/fixtures/prophet_map.csv                    the first 80 generated series
#   make_prophet_map.py examples FILES > tests/fixtures/prophet_examples.csv
#     tests/fixtures/prophet_data{,2,3}.csv and Prophet's examples/*.csv (ds, y), defaults
#   make_prophet_map.py range FROM TO > wider.csv                           more of them
# A generated series is a function of its number alone, by integer arithmetic and +, -, *, /: the C
# test makes the same bits (tests/models/prophet_series.h). The log posterior is worked out here from
# Stan's estimates in float64, by the formula in src/models/prophet/prophet_types.h.
import csv
import logging
import os
import sys

import numpy as np
import pandas as pd
from prophet import Prophet

SPOTS = 5
DAY = 86400 * 10**6


class Draw:
    """The same stream as in tests/models/prophet_series.h."""

    def __init__(self, seed):
        self.s = (seed * 0x9E3779B97F4A7C15 + 12345) % 2**64
        for _ in range(4):
            self.u()

    def u(self):
        self.s = (self.s * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.s >> 11) * 2.0**-53

    def pick(self, n):
        return int(self.u() * n)

    def noise(self):
        a = self.u()
        a = a + self.u()
        a = a + self.u()
        a = a + self.u()
        return (a - 2.0) * 1.7320508075688772


def month_start(i):
    """Days since 1970 of month i (0 = January 1990)."""
    return (np.datetime64("1990-01", "M") + i).astype("datetime64[D]").astype(int).item()


def triangle(day, period):
    x = day / period
    f = x - float(int(np.floor(x)))
    return 4.0 * abs(f - 0.5) - 1.0


def series(seed):
    """(options, ds in microseconds, y) of generated series `seed`."""
    d = Draw(seed)
    kind = d.pick(4)  # daily, daily, hourly, monthly
    u = d.u()
    n = 10 + int(u * u * 1990.0) if kind != 3 else 10 + int(u * 300.0)
    opt = {
        "tau": [0.001, 0.05, 0.05, 0.05, 0.5, 5.0][d.pick(6)],
        "prior": [10.0, 10.0, 0.1][d.pick(3)],
        "changes": [25, 25, 25, 0, 5, 60][d.pick(6)],
        "flat": d.pick(10) == 0,
        "minmax": d.pick(8) == 0,
    }
    gap = [0.0, 0.0, 0.1, 0.5][d.pick(4)]
    outlier = [0.0, 0.0, 0.01, 0.05][d.pick(4)]
    power = d.pick(16) - 6
    level = [0.0, 1.0, 5.0, 100.0][d.pick(4)]
    noise = [0.02, 0.1, 0.5, 2.0][d.pick(4)]
    yearly, weekly, daily = d.u(), d.u(), d.u()
    slope, breaks = 4.0 * (d.u() - 0.5), d.pick(5)
    at = [d.u() for _ in range(breaks)]
    by = [8.0 * (d.u() - 0.5) for _ in range(breaks)]
    scale = 1.0
    for _ in range(abs(power)):
        scale = scale * 10.0 if power > 0 else scale / 10.0
    start = 7000 + d.pick(10000)
    ds, y = [], []
    i = 0
    while len(y) < n:
        out = d.u() < gap
        e = noise * d.noise()
        if d.u() < outlier:
            e = e * 10.0
        if kind == 3:
            us = month_start(i) * DAY
        elif kind == 2:
            us = start * DAY + i * (DAY // 24)
        else:
            us = (start + i) * DAY
        i += 1
        if out:
            continue
        x = float(len(y)) / float(n)
        v = level + slope * x
        for b in range(breaks):
            if x > at[b]:
                v = v + by[b] * (x - at[b])
        day = float(us) / float(DAY)
        v = v + yearly * triangle(day, 365.25)
        v = v + weekly * triangle(day, 7.0)
        v = v + daily * triangle(day, 1.0)
        v = v + e
        ds.append(us)
        y.append(v * scale)
    return opt, np.array(ds), np.array(y)


def log_posterior(k, m, delta, beta, sigma, r2, n, tau, priors, folded):
    """As prophet_types.h; folded: no changepoints, k is the sum of a normal and a Laplace part."""
    pk = k * k / 50.0
    if folded and abs(k) > 25.0 / tau:
        pk = abs(k) / tau - 12.5 / tau**2
    return (-pk - m * m / 50.0 - np.sum(np.abs(delta)) / tau - np.sum(beta**2 / (2 * priors**2))
            - 2 * sigma**2 - n * np.log(sigma) - r2 / (2 * sigma**2))


def fit(df, **options):
    """Stan's estimates: (lp, sigma, scaled fitted values, y_scale)."""
    model = Prophet(uncertainty_samples=0, **options)
    model.fit(df, sig_figs=17)
    x, priors, _, _ = model.make_all_seasonality_features(model.history)
    p = {k: np.asarray(v).reshape(-1) for k, v in model.params.items()}
    t, y = model.history["t"].to_numpy(), model.history["y_scaled"].to_numpy()
    folded = len(model.changepoints) == 0
    if model.growth == "flat":
        trend = np.full(len(t), p["m"][0])
    else:
        trend = p["k"][0] * t + p["m"][0]
        for s, d in zip(model.changepoints_t, p["delta"]):
            trend = trend + d * np.maximum(0.0, t - s)
    fitted = trend + x.to_numpy() @ p["beta"]
    delta = np.zeros(1) if folded else p["delta"]
    sigma = p["sigma_obs"][0]
    lp = log_posterior(p["k"][0], p["m"][0], delta, p["beta"], sigma, np.sum((y - fitted)**2), len(t),
                       model.changepoint_prior_scale, np.array(priors), folded)
    return lp, sigma, fitted, model.y_scale


def row(name, lp, sigma, fitted):
    spots = [fitted[i * (len(fitted) - 1) // (SPOTS - 1)] for i in range(SPOTS)]
    return [name, len(fitted), repr(float(lp)), "%.9g" % sigma] + ["%.9g" % v for v in spots]


def generated(first, last, out):
    for seed in range(first, last):
        opt, ds, y = series(seed)
        df = pd.DataFrame({"ds": pd.to_datetime(ds, unit="us"), "y": y})
        try:
            lp, sigma, fitted, _ = fit(
                df, growth="flat" if opt["flat"] else "linear", changepoint_prior_scale=opt["tau"],
                seasonality_prior_scale=opt["prior"], n_changepoints=opt["changes"],
                scaling="minmax" if opt["minmax"] else "absmax")
        except RuntimeError:  # Stan gave up: there is nothing to beat
            lp, sigma, fitted = -np.inf, 0.0, np.zeros(len(y))
        out.writerow(row(seed, lp, sigma, fitted))
        sys.stdout.flush()


def examples(files, out):
    for name in files:
        df = pd.read_csv(name)
        df["ds"] = pd.to_datetime(df["ds"])
        lp, sigma, fitted, _ = fit(df)
        out.writerow(row(os.path.basename(name)[:-4], lp, sigma, fitted))
        sys.stdout.flush()


def main():
    logging.getLogger("cmdstanpy").disabled = True
    logging.getLogger("prophet").disabled = True
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["name", "n", "lp", "sigma"] + ["fitted%d" % i for i in range(SPOTS)])
    what = sys.argv[1] if len(sys.argv) > 1 else "range"
    if what == "examples":
        examples(sys.argv[2:], out)
    else:
        generated(*((int(v) for v in sys.argv[2:4]) if len(sys.argv) > 2 else (0, 80)), out)


if __name__ == "__main__":
    main()
