#!/usr/bin/env python3
"""norn's rolling windows beside pandas, Polars, bottleneck and a copy of the same array: 1e6 float64, windows of 10, 100 and 1000.

Run: rolling_peers.py LIBNORN.so [--cpu] [OP…]   (tools/run_peers rolling). Two threads unless NORN_NUM_THREADS says otherwise; Polars is given the same number.
Every call runs warm, results into what the library allocates itself (norn: into a given array, as memcpy). Printed: the best wall time in ms
of several calls, in brackets norn's CPU time, then how many times as long the peers take.
With --cpu everything is CPU time of all threads: for a machine that does other work besides, where wall times say little.
"""
# SPDX-License-Identifier: Apache-2.0
import ctypes as C
import os
import sys
import time

CPU = "--cpu" in sys.argv[1:3]
THREADS = int(os.environ.get("NORN_NUM_THREADS", "2"))
os.environ["POLARS_MAX_THREADS"] = str(THREADS)

import bottleneck as bn
import numpy as np
import pandas as pd
import polars as pl

N = 1_000_000


class CtxOpt(C.Structure):
    _fields_ = [("alloc", C.c_void_p), ("alloc_user", C.c_void_p), ("n_threads", C.c_int32), ("log", C.c_void_p), ("log_user", C.c_void_p), ("level", C.c_int)]


class Opt(C.Structure):
    _fields_ = [("kind", C.c_int), ("window", C.c_size_t), ("span", C.c_int64), ("min_periods", C.c_int64), ("center", C.c_bool), ("closed", C.c_int)]


class Data(C.Structure):
    _fields_ = [("n", C.c_size_t), ("n_columns", C.c_size_t), ("n_rolled", C.c_size_t), ("columns", C.c_void_p), ("names", C.c_void_p),
                ("offsets", C.c_void_p), ("n_groups", C.c_size_t), ("times", C.c_void_p)]


class Err(C.Structure):
    _fields_ = [("code", C.c_int), ("text", C.c_char * 256)]


class Norn:
    def __init__(self, path):
        self.lib, self.ctx, self.err = C.CDLL(path), C.c_void_p(), Err()
        opt = CtxOpt(n_threads=THREADS)
        assert self.lib.norn_ctx_new(C.byref(opt), C.byref(self.ctx), C.byref(self.err)) == 0

    def op(self, text, window, x, y, out):
        opt = Opt(window=window, min_periods=-1)
        columns, names = (C.c_void_p * 2)(x.ctypes.data, y.ctypes.data), (C.c_char_p * 2)(b"x", b"y")
        data = Data(n=len(x), n_columns=2, n_rolled=1, columns=C.addressof(columns), names=C.addressof(names))
        outs, ops = (C.c_void_p * 1)(out.ctypes.data), (C.c_char_p * 1)(text.encode())

        def call(keep=(columns, names, x, y, out)):
            if self.lib.norn_rolling_columns(self.ctx, C.byref(data), ops, C.c_size_t(1), C.byref(opt), outs, C.byref(self.err)) != 0:
                raise ValueError(self.err.text.decode())
        return call


def best(call, seconds=0.6, least=3):
    """Best wall and CPU time of a call in ms."""
    call()
    wall = cpu = 1e9
    start, k = time.perf_counter(), 0
    while k < least or time.perf_counter() - start < seconds:
        w, c = time.perf_counter(), time.process_time()
        call()
        wall, cpu, k = min(wall, time.perf_counter() - w), min(cpu, time.process_time() - c), k + 1
        if time.perf_counter() - start > 10 * seconds:
            break
    return (cpu if CPU else wall) * 1e3, cpu * 1e3


def peers(x, y):
    """op -> (window -> calls of pandas, Polars, bottleneck); None where it has none."""
    s, t, p = pd.Series(x), pd.Series(y), pl.Series(x)
    frame = pl.DataFrame({"x": x, "y": y})
    plain = lambda name: (lambda w: lambda: getattr(s.rolling(w), name)()) if hasattr(s.rolling(1), name) else None  # first, last: pandas 3
    polar = lambda name, **more: (lambda w: lambda: getattr(p, name)(w, **more)) if hasattr(p, name) else None
    neck = lambda name, **more: lambda w: lambda: getattr(bn, name)(x, w, **more)
    return {
        "sum": (plain("sum"), polar("rolling_sum"), neck("move_sum")), "mean": (plain("mean"), polar("rolling_mean"), neck("move_mean")),
        "var": (plain("var"), polar("rolling_var"), neck("move_var", ddof=1)), "std": (plain("std"), polar("rolling_std"), neck("move_std", ddof=1)),
        "sem": (plain("sem"), None, None), "min": (plain("min"), polar("rolling_min"), neck("move_min")),
        "max": (plain("max"), polar("rolling_max"), neck("move_max")), "argmin": (None, None, neck("move_argmin")), "argmax": (None, None, neck("move_argmax")),
        "median": (plain("median"), polar("rolling_median"), neck("move_median")),
        "quantile(0.9)": (lambda w: lambda: s.rolling(w).quantile(0.9),
                          lambda w: lambda: p.rolling_quantile(0.9, interpolation="linear", window_size=w), None),
        "rank": (plain("rank"), polar("rolling_rank"), neck("move_rank")), "skew": (plain("skew"), polar("rolling_skew"), None),
        "kurt": (plain("kurt"), polar("rolling_kurtosis"), None), "count": (plain("count"), None, None), "first": (plain("first"), None, None),
        "last": (plain("last"), None, None), "zscore": (lambda w: lambda: (s - s.rolling(w).mean()) / s.rolling(w).std(), None, None),
        "product": (lambda w: lambda: s.rolling(w).apply(np.prod, raw=True) if w == 10 else None, None, None),
        "cov(y)": (lambda w: lambda: s.rolling(w).cov(t), lambda w: lambda: frame.select(pl.rolling_cov("x", "y", window_size=w)), None),
        "corr(y)": (lambda w: lambda: s.rolling(w).corr(t), lambda w: lambda: frame.select(pl.rolling_corr("x", "y", window_size=w)), None),
        "slope": (None, None, None),
        "ewm(0.1)": (lambda w: lambda: s.ewm(alpha=0.1).mean(), lambda w: lambda: p.ewm_mean(alpha=0.1), None),
        "ewm_var(0.1)": (lambda w: lambda: s.ewm(alpha=0.1).var(), lambda w: lambda: p.ewm_var(alpha=0.1), None),
        "ewm_std(0.1)": (lambda w: lambda: s.ewm(alpha=0.1).std(), lambda w: lambda: p.ewm_std(alpha=0.1), None),
    }


def small_calls(norn):
    """A call over 100 points through ctypes, less what an empty one costs."""
    x, out = np.arange(100.0), np.empty(100)
    opt, err = Opt(window=10, min_periods=-1), Err()
    args = (norn.ctx, C.c_void_p(x.ctypes.data), C.c_size_t(100), b"mean", C.byref(opt), C.c_void_p(out.ctypes.data), C.byref(err))

    def many(f, args):
        for _ in range(2000):
            f(*args)
    full, empty = best(lambda: many(norn.lib.norn_rolling, args)), best(lambda: many(norn.lib.norn_ctx_cancelled, args))
    print(f"\na mean over 100 points: {(full[1] - empty[1]) / 2:.2f} us beside ctypes' own {empty[1] / 2:.2f} us")


def main():
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    y, out = 0.5 * x + rng.normal(size=N), np.zeros(N)
    norn, calls = Norn(sys.argv[1]), peers(x, y)
    asked = [a for a in sys.argv[2:] if a != "--cpu"] or list(calls)
    copy = best(lambda: np.copyto(out, x), 1, 200)
    print(f"pandas {pd.__version__}, polars {pl.__version__}, bottleneck {bn.__version__}, numpy {np.__version__}; {THREADS} threads; {N:,} float64; {'CPU' if CPU else 'wall'} ms")
    print(f"copy into a given array {copy[0]:.2f} ms, np.copy {best(lambda: np.copy(x), 0.5, 50)[0]:.2f} ms")
    print(f"{'op':14} {'window':>6} {'norn':>8} {'(CPU)':>8} {'x copy':>7} {'pandas':>9} {'times':>6} {'polars':>9} {'times':>6} {'bneck':>9} {'times':>6}")
    for op in asked:
        for window in (10, 100, 1000) if not op.startswith("ewm") else (10,):
            mine, cpu = best(norn.op(op, window, x, y, out))
            cells = ""
            for make in calls[op]:
                took = best(make(window), 0.3, 2)[0] if make is not None else None
                cells += f" {took:9.1f} {took / mine:6.1f}" if took is not None and took > 0.01 else f" {'-':>9} {'-':>6}"
            print(f"{op:14} {window:6} {mine:8.2f} {cpu:8.2f} {mine / copy[0]:7.1f}{cells}", flush=True)
    small_calls(norn)


if __name__ == "__main__":
    main()
