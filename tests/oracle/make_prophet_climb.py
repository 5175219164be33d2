#!/usr/bin/env python3
"""Makes tests/fixtures/prophet_climb.csv: what Stan reaches on small multiplicative and logistic problems, and Prophet's trends.

prophet 1.3.0 (cmdstan 2.37), numpy, pandas. Command, from the root of the repository:
    python3 tests/oracle/make_prophet_climb.py > tests/fixtures/prophet_climb.csv
The log posterior is worked out here in float64 from Stan's estimates, printed with 17 digits. A case is a line
    case,NAME,GROWTH,n,changes,columns,tau,log posterior
and lines days (t and the Fourier columns follow from them), y (scaled), cap (scaled), change (row of each changepoint) and one per column:
    fourier,MODE,PRIOR,PERIOD,PAIR,SIN or COS,EVERY    over days; rows whose place is a multiple of EVERY > 0 are switched off
    values,MODE,PRIOR,...
A trend is a line trend,GROWTH,k,m,cap,n,changes and lines t, change, delta, out.
"""
# SPDX-License-Identifier: Apache-2.0
import logging
import os
import sys
import warnings

import numpy as np
import pandas as pd
from prophet import Prophet

logging.disable(logging.CRITICAL)
warnings.filterwarnings("ignore")
GROWTH = ("linear", "logistic", "flat")


def log_posterior(d, p):
    """Of Stan's estimates p with the data d handed to Stan, by Prophet's formulas without constants."""
    t, s, y = np.asarray(d["t"]), np.asarray(d["t_change"]), np.asarray(d["y"])
    delta, beta, sigma, k, m = p["delta"], p["beta"], p["sigma_obs"], p["k"], p["m"]
    growth = GROWTH[d["trend_indicator"]]
    if growth == "flat":
        trend = np.full(len(t), m)
    elif growth == "linear":
        trend = Prophet.piecewise_linear(t, delta, k, m, s)
    else:
        trend = Prophet.piecewise_logistic(t, np.asarray(d["cap"]), delta, k, m, s)
    x = np.asarray(d["X"], float)
    r = y - trend * (1 + x @ (np.asarray(d["s_m"]) * beta)) - x @ (np.asarray(d["s_a"]) * beta)
    prior = np.asarray(d["sigmas"], float)
    return (-k * k / 50 - m * m / 50 - np.abs(delta).sum() / d["tau"] - (beta**2 / (2 * prior**2)).sum() - 2 * sigma**2
            - len(y) * np.log(sigma) - r @ r / (2 * sigma**2))


def stan(model, frame):
    """The data that Prophet hands to Stan, and Stan's estimates."""
    kept, inner = {}, model.stan_backend.fit

    def fit(init, data, **kwargs):
        kept.update(data)
        return inner(init, data, **kwargs)

    model.stan_backend.fit = fit
    model.fit(frame, sig_figs=17)
    got = model.stan_fit.optimized_params_dict
    vector = lambda name: np.array([v for key, v in got.items() if key.startswith(name + "[")], float)
    return kept, {"k": got["k"], "m": got["m"], "sigma_obs": got["sigma_obs"], "delta": vector("delta"), "beta": vector("beta")}


def text(values):
    return ",".join(repr(float(v)) for v in values)


def series(rng, kind):
    """A frame and a model of it: changing trend, seasons, noise; every mode and condition."""
    growth = ("linear", "linear", "logistic", "logistic", "linear", "flat")[kind % 6]
    n = int(rng.integers(28, 75))
    step = int(rng.choice([1, 7, 30]))
    ds = pd.Timestamp("2015-01-01") + pd.to_timedelta(np.arange(n) * step, unit="D")
    t, days = np.arange(n) / (n - 1), np.asarray((ds - pd.Timestamp("1970-01-01")).days, float)
    z = rng.normal(0, 2) * t + rng.normal(0, 1) + sum(rng.normal(0, 4) * np.maximum(t - c, 0) for c in rng.random(3))
    trend = {"linear": z + rng.uniform(2, 6), "logistic": 1 / (1 + np.exp(-1.5 * z)), "flat": np.full(n, 1.5)}[growth]
    season = 0.2 * np.sin(2 * np.pi * days / 365.25 + 1) + 0.1 * np.cos(2 * np.pi * days / 7)
    y = trend * (1 + season) + rng.normal(0, rng.choice([0.01, 0.05, 0.2]), n)
    model = Prophet(growth=growth, yearly_seasonality=False, weekly_seasonality=False, daily_seasonality=False,
                    changepoint_prior_scale=float(rng.choice([0.05, 0.05, 0.005, 0.5])), n_changepoints=int(rng.choice([25, 25, 8, 0])))
    modes = ["multiplicative", "additive"]
    plan = [("annual", 365.25, int(rng.integers(1, 4)), modes[int(rng.random() < 0.3)], 0)]
    if step == 1:
        plan.append(("week", 7, 2, modes[int(rng.random() < 0.5)], int(rng.choice([0, 0, 3]))))
    if growth == "logistic" and rng.random() < 0.5:
        plan = [(a, b, c, "additive", e) for a, b, c, _, e in plan]
    frame = pd.DataFrame({"ds": ds, "y": y})
    for name, period, order, mode, every in plan:
        if every:
            frame["on_" + name] = np.arange(n) % every != 0
        model.add_seasonality(name, period, order, prior_scale=float(rng.choice([10, 10, 0.1])), mode=mode,
                              condition_name="on_" + name if every else None)
    if rng.random() < 0.4:
        frame["x"] = (np.arange(n) % 11 == 4) * 1.0
        frame["y"] += 0.5 * frame["x"]
        model.add_regressor("x", mode=modes[int(rng.random() < 0.5)])
    if growth == "logistic":
        frame["cap"] = frame["y"].max() * float(rng.choice([1.001, 1.1, 2]))
    frame["y"] = np.round(frame["y"], 4)
    return growth, frame, model, plan


def passengers():
    """The classic series of airline passengers, 1949 to 1960 (Box and Jenkins)."""
    with open(os.path.join(os.path.dirname(__file__), "../models/passengers.h")) as f:
        body = f.read()
    y = [float(v) for v in body[body.index("{") + 1:body.index("}")].replace("\n", " ").split(",") if v.strip()]
    frame = pd.DataFrame({"ds": pd.date_range("1949-01-01", periods=144, freq="MS"), "y": y})
    model = Prophet(yearly_seasonality=False, weekly_seasonality=False, daily_seasonality=False)
    model.add_seasonality("annual", 365.25, 10, prior_scale=10.0, mode="multiplicative")
    return "linear", frame, model, [("annual", 365.25, 10, "multiplicative", 0)]


def write_case(name, growth, frame, model, plan):
    d, p = stan(model, frame)
    if p["sigma_obs"] < 1e-4:
        return False
    n = d["T"]
    days = np.asarray((frame["ds"] - pd.Timestamp("1970-01-01")).dt.days)
    rows = np.searchsorted(np.asarray(d["t"]), np.asarray(d["t_change"]))
    none = len(model.changepoints) == 0
    columns, made = [], []
    for name_s, period, order, mode, every in plan:
        prior = model.seasonalities[name_s]["prior_scale"]
        for pair in range(1, order + 1):
            for what, f in (("sin", np.sin), ("cos", np.cos)):
                columns.append(f"fourier,{mode},{prior:g},{period!r},{pair},{what},{every}")
                c = f(2 * np.pi * pair * days / period)
                made.append(c * (np.arange(n) % every != 0) if every else c)
    if "x" in frame:
        columns.append(f"values,{model.extra_regressors['x']['mode']},{model.extra_regressors['x']['prior_scale']:g},{text(frame['x'])}")
        made.append(frame["x"])
    assert np.abs(np.array(made).T - np.asarray(d["X"], float)).max() < 1e-12
    best, tau = log_posterior(d, p), d["tau"]
    print(f"case,{name},{growth},{n},{0 if none else len(rows)},{len(columns)},{tau!r},{float(best)!r}")
    print("days," + ",".join(str(v) for v in days))
    print("y," + text(np.asarray(d["y"])))
    print("cap," + (text(np.asarray(d["cap"])) if growth == "logistic" else ""))
    print("change," + ("" if none else ",".join(str(v) for v in rows)))
    for c in columns:
        print(c)
    return True


def write_trends(rng):
    for growth in GROWTH:
        for n_change in (0, 1, 7):
            if growth == "flat" and n_change:
                continue
            t = np.round(np.sort(rng.uniform(-0.2, 1.6, 12)), 6)
            if n_change == 7:
                t = rng.permutation(t)
            s, delta = np.round(np.sort(rng.random(n_change)), 6), np.round(rng.normal(0, 1, n_change), 6)
            if n_change:
                t[3] = s[0]
            k, m, cap = (round(float(v), 6) for v in (rng.normal(0, 2), rng.normal(0, 1), rng.uniform(0.5, 2)))
            if growth == "linear":
                out = Prophet.piecewise_linear(t, delta, k, m, s)
            elif growth == "logistic":
                out = Prophet.piecewise_logistic(t, np.full(len(t), cap), delta, k, m, s)
            else:
                out = Prophet.flat_trend(t, m)
            print(f"trend,{growth},{k!r},{m!r},{cap!r},{len(t)},{n_change}")
            for name, values in (("t", t), ("change", s), ("delta", delta), ("out", out)):
                print(name + "," + text(values))


def main():
    write_trends(np.random.default_rng(1))
    write_case("passengers", *passengers())
    made = seed = 0
    while made < 50:
        rng = np.random.default_rng(1000 + seed)
        try:
            made += write_case(f"s{seed}", *series(rng, seed))
        except RuntimeError as problem:  # Stan gave up
            print(problem, file=sys.stderr)
        seed += 1


if __name__ == "__main__":
    main()
