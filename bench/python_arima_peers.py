#!/usr/bin/env python3
"""norn's batches of ARIMA models from Python beside statsmodels and statsforecast, on the same series.

Run: tools/run_peers python_arima, which makes .venv-bench (the peers) and .venv-test (norn). Series: NORN_PEER_SERIES (10,000) random
walks with ARMA steps, 100 points each, ARIMA(1,1,1) fitted, 10 periods forecast. Core time of the process (user and system), the least
of three runs, warm, imports excluded; two workers on two idle cores take half of it, and the peers are granted that without loss, too.
The peers fit a part of the series, in process. statsmodels: fit() as documented, and its quickest estimator for such a model,
innovations_mle. NORN_LIB (build/packaging/libnorn.so): the C library called alone, to see what Python adds.
"""
# SPDX-License-Identifier: Apache-2.0
import ctypes
import json
import math
import os
import subprocess
import sys
import time
import warnings

import numpy as np

N = int(os.environ.get("NORN_PEER_SERIES", "10000"))
POINTS, H = 100, 10


def make_series(n):
    rng = np.random.default_rng(2026)
    steps = rng.normal(size=(n, POINTS + 20))
    phi, theta = rng.uniform(-0.5, 0.9, (n, 1)), rng.uniform(-0.5, 0.8, (n, 1))
    w = np.zeros_like(steps)
    for t in range(1, steps.shape[1]):
        w[:, t] = phi[:, 0] * w[:, t - 1] + steps[:, t] + theta[:, 0] * steps[:, t - 1]
    y = np.cumsum(w[:, 20:], axis=1)
    return [np.ascontiguousarray(row) for row in y]


def least(work, repeats=3):
    """(core seconds, wall seconds) of the quickest run, and its answer."""
    best = (math.inf, math.inf)
    for _ in range(repeats):
        core, wall = time.process_time(), time.perf_counter()
        answer = work()
        best = min(best, (time.process_time() - core, time.perf_counter() - wall))
    return best, answer


def c_alone(series, path):
    """norn_forecast_series of the library itself: the same models, without Python around each series."""
    if not os.path.exists(path):
        return None
    lib = ctypes.CDLL(os.path.abspath(path))

    class Options(ctypes.Structure):
        _fields_ = [("horizon", ctypes.c_int32), ("model", ctypes.c_char_p), ("fallback", ctypes.c_char_p), ("season_length", ctypes.c_int32),
                    ("level", ctypes.c_double), ("seed", ctypes.c_uint64)]
    lib.norn_forecast_opt_default.restype = Options
    y, offsets = np.concatenate(series), np.arange(0, len(series) * POINTS + 1, POINTS, dtype=np.uintp)
    mean, ctx, opt = np.empty((len(series), H)), ctypes.c_void_p(), lib.norn_forecast_opt_default()
    err = ctypes.create_string_buffer(260)  # norn_err: a status and its text
    opt.horizon, opt.model, opt.fallback = H, b"arima(1,1,1)", b"none"
    os.environ["NORN_NUM_THREADS"] = "2"
    if lib.norn_ctx_new(None, ctypes.byref(ctx), None):
        return None

    def run():
        status = lib.norn_forecast_series(ctx, y.ctypes.data_as(ctypes.c_void_p), offsets.ctypes.data_as(ctypes.c_void_p),
                                          ctypes.c_size_t(len(series)), ctypes.byref(opt), mean.ctypes.data_as(ctypes.c_void_p), None, None, None, err)
        assert status == 0, err.raw[4:].split(b"\0")[0].decode()
    best, _ = least(run)
    lib.norn_ctx_free(ctx)
    return best, mean


def measure_norn():
    """In the interpreter that has norn; prints JSON."""
    import norn
    series = make_series(N)
    norn.set_num_threads(2)
    fit, fits = least(lambda: norn.batch_fit_arima(series, 1, 1, 1))
    ahead, _ = least(lambda: norn.batch_forecast_arima(fits, h=H))
    both, answers = least(lambda: norn.batch_forecast_arima(series, 1, 1, 1, H))
    engine = c_alone(series, os.environ.get("NORN_LIB", "build/packaging/libnorn.so"))
    same = engine is not None and bool(np.array_equal(engine[1], np.array([a["mean"] for a in answers])))
    print(json.dumps({"version": norn.__version__, "fit": fit, "ahead": ahead, "both": both, "engine": engine and engine[0], "same": same,
                      "n_ok": sum(a["status"] == "ok" for a in answers), "estimates": [f["params"].tolist() for f in fits[:400]]}))


def exact_likelihood(y, phi, theta):
    """Of ARIMA(1,1,1) at these estimates, sigma2 at its best: the dense Gaussian density of the differences."""
    w = np.diff(y)
    n = len(w)
    g = np.empty(n)
    g[0], g[1] = (1 + 2 * phi * theta + theta**2) / (1 - phi**2), (phi + theta) * (1 + phi * theta) / (1 - phi**2)
    for k in range(2, n):
        g[k] = phi * g[k - 1]
    s = g[np.abs(np.subtract.outer(np.arange(n), np.arange(n)))]
    return -0.5 * (n * np.log(2 * np.pi * (w @ np.linalg.solve(s, w)) / n) + n + np.linalg.slogdet(s)[1])


def statsmodels_seconds(series, method):
    from statsmodels.tsa.arima.model import ARIMA
    warnings.filterwarnings("ignore")
    options = {} if method is None else {"method": method}
    ARIMA(series[0], order=(1, 1, 1)).fit(**options).forecast(H)
    start, estimates = time.process_time(), []
    for y in series:
        r = ARIMA(y, order=(1, 1, 1)).fit(**options)
        r.forecast(H)
        estimates.append(r.params[:2])
    return (time.process_time() - start) / len(series), estimates


def statsforecast_seconds(series):
    from statsforecast.models import ARIMA
    warnings.filterwarnings("ignore")
    for y in series[:3]:  # compiles
        ARIMA(order=(1, 1, 1)).forecast(y, H)
    start, estimates = time.process_time(), []
    for y in series:
        try:
            model = ARIMA(order=(1, 1, 1)).fit(y)
            model.predict(H)
            estimates.append((model.model_["coef"]["ar1"], model.model_["coef"]["ma1"]))
        except (ValueError, TypeError):  # it gives up on a few of these series: no finite residual is left
            estimates.append(None)
    return (time.process_time() - start) / len(series), estimates


def statsforecast_frame_seconds(n):
    """Its documented way for many series: a table, n_jobs=2; core seconds with those of its workers."""
    import pandas as pd
    from statsforecast import StatsForecast
    from statsforecast.models import ARIMA, Naive
    series = make_series(N)[:n]
    df = pd.DataFrame({"unique_id": np.repeat(np.arange(n), POINTS), "ds": np.tile(np.arange(POINTS), n), "y": np.concatenate(series)})
    sf = StatsForecast(models=[ARIMA(order=(1, 1, 1))], freq=1, n_jobs=2, fallback_model=Naive())
    before, wall = os.times(), time.perf_counter()
    sf.forecast(df=df, h=H)
    after = os.times()
    core = sum(after[:4]) - sum(before[:4])
    return core / n, (time.perf_counter() - wall) / n


def main():
    python = os.environ.get("NORN_PYTHON", ".venv-test/bin/python")
    norn = json.loads(subprocess.run([python, os.path.abspath(__file__), "--norn"], check=True, capture_output=True, text=True).stdout)
    core = norn["both"][0]
    print(f"ARIMA(1,1,1), {N} series of {POINTS} points, fit and forecast of {H}; norn {norn['version']} ({norn['n_ok']} ok)")
    print(f"  norn: batch_fit_arima {norn['fit'][0]:.2f} core-s ({norn['fit'][1]:.2f} s of wall time), batch_forecast_arima of the fits "
          f"{norn['ahead'][0]:.3f}, both in one call {norn['both'][0]:.2f} ({norn['both'][1]:.2f}): {1e6 * core / N:.0f} core-us a series")
    if norn["engine"]:
        print(f"  the C library alone {norn['engine'][0]:.2f} core-s; from Python {100 * (norn['both'][0] / norn['engine'][0] - 1):+.0f} % in one call; "
              f"forecasts {'equal to the bit' if norn['same'] else 'DIFFER'}")
    import statsforecast
    import statsmodels
    series = make_series(N)
    rows = [(f"statsmodels {statsmodels.__version__} ARIMA.fit()", *statsmodels_seconds(series[:200], None)),
            ("statsmodels innovations_mle", *statsmodels_seconds(series[:100], "innovations_mle")),
            (f"statsforecast {statsforecast.__version__} ARIMA, in process", *statsforecast_seconds(series[:400]))]
    for name, seconds, estimates in rows:
        theirs = [math.nan if e is None else exact_likelihood(y, *e) for y, e in zip(series, estimates)]
        ours = [exact_likelihood(y, *e) for y, e in zip(series, norn["estimates"])][:len(theirs)]
        lower, higher = sum(a < b - 1e-6 for a, b in zip(ours, theirs)), sum(a > b + 1e-3 for a, b in zip(ours, theirs))
        print(f"  {name}: {1e3 * seconds:.2f} core-ms a series ({len(theirs)} series): norn is {seconds * N / core:.0f} times as fast; exact "
              f"likelihood at norn's estimates lower on {lower}, higher by 0.001 on {higher}; the peer failed on {sum(map(math.isnan, theirs))}")
    frame, wall = statsforecast_frame_seconds(min(N, 2000))
    print(f"  statsforecast, a table with n_jobs=2: {1e3 * frame:.2f} core-ms a series ({1e3 * wall:.2f} of wall time): {frame * N / core:.0f} times")


if __name__ == "__main__":
    measure_norn() if "--norn" in sys.argv else main()
