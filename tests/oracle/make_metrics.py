#!/usr/bin/env python3
"""The measures of tests/eval/test_metrics.c worked out in numpy, from the competitions' definitions: prints the rows that stand there.

Run: python3 tests/oracle/make_metrics.py     (made with numpy 2.4; utilsforecast, where installed, is asked for the same numbers)
"""
# SPDX-License-Identifier: Apache-2.0
import numpy as np

T, H, M = 40, 8, 4
t = np.arange(T + H)
Y = np.round(50 + 0.7 * t + 9 * np.sin(t * np.pi / 2 + 0.4) + ((t * 37) % 11 - 5), 3)
F = np.round(Y[T:] + ((np.arange(H) * 29) % 13 - 6) * 0.75, 3)
LO, HI = np.round(F - 3 - 0.4 * np.arange(H), 3), np.round(F + 3.5 + 0.4 * np.arange(H), 3)
# Intermittent demand that begins late, as M5's series do.
D = np.array([0, 0, 0, 0, 2, 0, 0, 1, 0, 3, 0, 0, 0, 1, 1, 0, 5, 0, 0, 2], float)
DY, DF = np.array([0, 1, 0, 4], float), np.array([0.7, 0.9, 0.8, 0.6])
LEVELS = np.array([0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995])  # M5's nine quantiles
Q = np.round(np.array([np.quantile(D[4:], p) + 0.01 * np.arange(4) for p in LEVELS]), 3)


def pinball(y, q, p):
    return np.mean(np.maximum(p * (y - q), (p - 1) * (y - q)))


def main():
    train, y = Y[:T], Y[T:]
    scale = np.mean(np.abs(train[M:] - train[:-M]))
    first = np.flatnonzero(D)[0]
    steps = np.diff(D[first:])
    alpha = 0.05
    msis = np.mean(HI - LO + 2 / alpha * (LO - y) * (y < LO) + 2 / alpha * (y - HI) * (y > HI)) / scale
    rows = {
        "smape": 200 * np.mean(np.abs(y - F) / (np.abs(y) + np.abs(F))),
        "mase": np.mean(np.abs(y - F)) / scale,
        "mape": 100 * np.mean(np.abs((y - F) / y)),
        "rmse": np.sqrt(np.mean((y - F) ** 2)),
        "msis": msis,
        "coverage": np.mean((y >= LO) & (y <= HI)),
        "pinball 0.9 of HI": pinball(y, HI, 0.9),
        "first demand": first,
        "rmsse": np.sqrt(np.mean((DY - DF) ** 2) / np.mean(steps**2)),
        "spl": np.mean([pinball(DY, q, p) for q, p in zip(Q, LEVELS)]) / np.mean(np.abs(steps)),
    }
    w = np.array([0.2, 0.5, 0.3])
    rows["weighted"] = np.sum(w * np.array([rows["rmsse"], rows["spl"], 2.0]))
    for name, x in rows.items():
        print(f"{name:20} {x:.17g}")
    for name, x in (("Y", Y), ("F", F), ("LO", LO), ("HI", HI), ("Q", Q.ravel())):
        print(name, "{" + ", ".join(f"{v:g}" for v in x) + "}")
    try:
        import pandas as pd
        from utilsforecast import losses
    except ImportError:
        return
    ids = ["a"] * H
    df = pd.DataFrame({"unique_id": ids, "ds": t[T:], "y": y, "m": F, "m-lo": LO, "m-hi": HI})
    past = pd.DataFrame({"unique_id": ["a"] * T, "ds": t[:T], "y": train})
    print("utilsforecast: smape/200", losses.smape(df, ["m"])["m"][0] * 200, "mase", losses.mase(df, ["m"], M, past)["m"][0],
          "rmse", losses.rmse(df, ["m"])["m"][0], "mape*100", losses.mape(df, ["m"])["m"][0] * 100)
    sparse = pd.DataFrame({"unique_id": ["a"] * 4, "ds": range(20, 24), "y": DY, "m": DF})
    begun = pd.DataFrame({"unique_id": ["a"] * (20 - first), "ds": range(first, 20), "y": D[first:]})
    print("rmsse", losses.rmsse(sparse, ["m"], 1, begun)["m"][0])


if __name__ == "__main__":
    main()
