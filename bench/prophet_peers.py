#!/usr/bin/env python3
"""Times norn.Prophet and prophet 1.3 in one run: python bench/prophet_peers.py FOLDER [--quick]; FOLDER holds Prophet's example_*.csv.

Needs a Python with norn, prophet 1.3.0 (its Stan model comes with it) and pandas. Both run in this process, warm, imports excluded; norn's time
is the least of five, prophet's the least of two. NORN_NUM_THREADS sets norn's workers (prophet's fit has one thread). Log posteriors are
those of prophet's model at each one's estimates, computed here in NumPy, so that neither judges itself.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import logging
import os
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import norn  # noqa: E402
import norn.diagnostics  # noqa: E402
import prophet  # noqa: E402
import prophet.diagnostics  # noqa: E402

SETS = (("Peyton Manning", "example_wp_log_peyton_manning.csv", "D", 365), ("retail sales", "example_retail_sales.csv", "MS", 12),
        ("yosemite", "example_yosemite_temps.csv", "5min", 288))


def least(f, n):
    """(least seconds of n calls, the last answer)"""
    seconds = []
    for _ in range(n):
        at = time.perf_counter()
        answer = f()
        seconds.append(time.perf_counter() - at)
    return min(seconds), answer


def log_posterior(reference, params):
    """Prophet's log posterior, without constants, of `params` on the data of a fitted prophet model (linear growth, additive terms)."""
    h = reference.history
    X, priors, _, _ = reference.make_all_seasonality_features(h)
    k, m, sigma = (float(np.ravel(params[name])[0]) for name in ("k", "m", "sigma_obs"))
    delta, beta = np.ravel(params["delta"]), np.ravel(params["beta"])
    trend = prophet.Prophet.piecewise_linear(h["t"].to_numpy(), delta, k, m, reference.changepoints_t)
    rest = h["y_scaled"].to_numpy() - trend - X.to_numpy() @ beta
    return (-k * k / 50 - m * m / 50 - np.abs(delta).sum() / reference.changepoint_prior_scale - (beta**2 / np.square(priors)).sum() / 2
            - 2 * sigma**2 - len(h) * np.log(sigma) - rest @ rest / (2 * sigma**2))


def row(what, ours, theirs, more=""):
    print(f"| {what} | {1e3 * ours:,.2f} | {1e3 * theirs:,.1f} | {theirs / ours:,.0f} | {more} |", flush=True)


def one_set(name, df, freq, ahead, repeats):
    ours, m = least(lambda: norn.Prophet().fit(df), repeats[0])
    theirs, p = least(lambda: prophet.Prophet().fit(df), repeats[1])
    lp = [log_posterior(p, one.params) for one in (m, p)]
    gap = np.abs(m.predict()["yhat"] - p.predict()["yhat"]).max() / p.y_scale
    row(f"{name} ({len(df):,} rows): fit", ours, theirs, f"log posterior {lp[0]:.4f} and {lp[1]:.4f}: {lp[0] - lp[1]:+.4f}; |yhat| apart {100 * gap:.2f} % of y_scale")
    future = p.make_future_dataframe(ahead, freq=freq, include_history=False)
    ours, f = least(lambda: m.predict(future), repeats[0])
    theirs, g = least(lambda: p.predict(future), repeats[1])
    width = [(one["yhat_upper"] - one["yhat_lower"]).mean() for one in (f, g)]
    row(f"{name}: predict {ahead} rows, 1,000 draws", ours, theirs, f"mean width {width[0]:.4g} and {width[1]:.4g}")
    return m, p


def validation(name, df, m, p, horizon, repeats, **window):
    ours, a = least(lambda: norn.diagnostics.cross_validation(m, horizon, **window), repeats[0])
    theirs, b = least(lambda: prophet.diagnostics.cross_validation(p, horizon, disable_tqdm=True, **window), 1)
    c = norn.diagnostics.cross_validation(norn.Prophet(parameter_uncertainty=True).fit(df), horizon, **window)
    cover = [((f["yhat_lower"] <= f["y"]) & (f["y"] <= f["yhat_upper"])).mean() for f in (a, b, c)]
    error = [np.sqrt(((f["y"] - f["yhat"]) ** 2).mean()) for f in (a, b)]
    row(f"{name}: cross-validation, {a['cutoff'].nunique()} cut-offs of {horizon}", ours, theirs,
        f"80 % intervals cover {100 * cover[0]:.1f} % and {100 * cover[1]:.1f} % (norn with parameter_uncertainty {100 * cover[2]:.1f} %); rmse {error[0]:.4g} and {error[1]:.4g}")


def many(n, peers):
    rng = np.random.default_rng(4)
    days = pd.date_range("2022-01-01", periods=730)
    t = np.arange(730)
    y = (50 + rng.normal(size=(n, 1)) * t / 200 + 5 * rng.normal(size=(n, 1)) * np.sin(2 * np.pi * t / 7) + 8 * np.sin(2 * np.pi * t / 365.25)
         + rng.normal(size=(n, 730)))
    frames = [pd.DataFrame({"ds": days, "y": row}) for row in y]
    seconds, made = least(lambda: norn.Prophet().fit_many(frames), 2)
    at = time.perf_counter()
    theirs = [prophet.Prophet().fit(f) for f in frames[:peers]]
    each = (time.perf_counter() - at) / peers
    gain = [log_posterior(p, m.params) - log_posterior(p, p.params) for m, p in zip(made, theirs)]
    row(f"{n:,} daily series of 730: fit", seconds, each * n, f"{n / seconds:,.0f} fits a second; prophet from {peers} series, one core; "
        f"log posterior above its by {min(gain):.4f} to {max(gain):.4f}")


def main():
    p = argparse.ArgumentParser(description=__doc__.split(":")[0])
    p.add_argument("folder")
    p.add_argument("--quick", action="store_true", help="fewer repeats, no yosemite, 500 series")
    a = p.parse_args()
    repeats = (3, 1) if a.quick else (5, 2)
    print(f"norn {norn.__version__}, {norn.get_num_threads()} workers; prophet {prophet.__version__}; {os.cpu_count()} cores\n")
    print("| what | norn ms | prophet ms | ratio | |\n|---|---|---|---|---|")
    for name, file, freq, ahead in SETS[:2] if a.quick else SETS:
        df = pd.read_csv(os.path.join(a.folder, file), parse_dates=["ds"])
        m, q = one_set(name, df, freq, ahead, repeats)
        if name == "Peyton Manning":
            validation(name, df, m, q, "365 days", repeats)
        elif name == "retail sales":
            validation(name, df, m, q, "365 days", repeats)
        else:
            validation(name, df, m, q, "3 days", repeats, initial="30 days", period="10 days")
    many(500 if a.quick else 10_000, 5 if a.quick else 20)


if __name__ == "__main__":
    main()
