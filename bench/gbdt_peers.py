#!/usr/bin/env python3
"""Boosted trees beside LightGBM and XGBoost: error and CPU seconds of the same fit, in one run, one thread each."""
# SPDX-License-Identifier: Apache-2.0
# gbdt_peers.py BENCH_GBDT FOLDER [ETTh1.csv] [task ...]: tables are written to FOLDER and read by all. Tasks: ett (OT an hour ahead, 8,640
# rows of 15 columns), ett-base (the same less the last value), synthetic (100,000 rows of 20 columns). Imports and reading are not timed; each
# is run three times in turn, the least counts.
import os
import subprocess
import sys
import time

import numpy as np

TREES, RATE, LEAVES = 200, 0.05, 31


def ett(path, base):
    rows = [line.split(",") for line in open(path).read().split("\n")[1:] if line]
    z = np.array([[float(v) for v in r[1:]] for r in rows])
    ot, t0 = z[:, -1], 24
    n = 8640 + 2880
    at = np.arange(t0, t0 + n)
    lags = [ot[at - k] for k in (1, 2, 3, 4, 5, 6, 8, 12, 23, 24)]
    others = [z[at - 1, j] for j in (0, 1, 2)]
    hour = np.array([int(rows[i][0][11:13]) for i in at], float)
    day = (at // 24 % 7).astype(float)
    x = np.column_stack(lags + others + [hour, day])
    return x, ot[at] - (ot[at - 1] if base else 0), 8640


def synthetic():
    g = np.random.default_rng(7)
    x = g.normal(size=(120000, 20))
    y = (10 * np.sin(x[:, 0] * x[:, 1]) + 5 * (x[:, 2] - 0.5) ** 2 + 3 * x[:, 3] + 2 * np.abs(x[:, 4]) + x[:, 5] * (x[:, 6] > 0)
         + g.normal(size=len(x)))
    return x, y, 100000


def write(path, x, y, n_train):
    with open(path, "wb") as f:
        np.array([len(x), x.shape[1], n_train], "<i8").tofile(f)
        x.T.astype("<f8").tofile(f)
        y.astype("<f8").tofile(f)


def ours(bench, path):
    out = subprocess.run([bench, path, "runs=1", f"n_trees={TREES}", f"learning_rate={RATE}", f"leaves={LEAVES}"], capture_output=True,
                         text=True, check=True).stdout.split()
    return float(out[1]) + float(out[3]), float(out[7])


def rmse(p, y):
    return float(np.sqrt(np.mean((p - y) ** 2)))


def light(x, y, n):
    import lightgbm
    t = time.process_time()
    d = lightgbm.Dataset(x[:n], y[:n])
    m = lightgbm.train({"objective": "regression", "num_leaves": LEAVES, "learning_rate": RATE, "num_threads": 1, "verbosity": -1}, d, TREES)
    return time.process_time() - t, rmse(m.predict(x[n:]), y[n:])


def extreme(x, y, n):
    import xgboost
    t = time.process_time()
    d = xgboost.QuantileDMatrix(x[:n], y[:n], max_bin=256, nthread=1)
    m = xgboost.train({"tree_method": "hist", "grow_policy": "lossguide", "max_leaves": LEAVES, "max_depth": 0, "eta": RATE, "nthread": 1}, d, TREES)
    return time.process_time() - t, rmse(m.predict(xgboost.DMatrix(x[n:])), y[n:])


def main():
    bench, folder, path = sys.argv[1:4]
    tasks = {"ett": lambda: ett(path, False), "ett-base": lambda: ett(path, True), "synthetic": synthetic}
    for name in sys.argv[4:] or tasks:
        x, y, n = tasks[name]()
        table = os.path.join(folder, f"gbdt_{name}.bin")
        write(table, x, y, n)
        runs = {"norn": [], "lightgbm": [], "xgboost": []}
        for _ in range(3):
            runs["norn"].append(ours(bench, table))
            runs["lightgbm"].append(light(x, y, n))
            runs["xgboost"].append(extreme(x, y, n))
        for who, got in runs.items():
            print(f"{name:10} {who:9} {min(s for s, _ in got):8.3f} s  rmse {got[0][1]:.6f}")


if __name__ == "__main__":
    main()
