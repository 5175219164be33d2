#!/usr/bin/env python3
"""LightGBM's trees on small tables whose bins are the same whoever cuts them: writes tests/fixtures/gbdt_lightgbm.csv."""
# SPDX-License-Identifier: Apache-2.0
# make_gbdt_lightgbm.py > gbdt_lightgbm.csv, with lightgbm 4.7.0. Columns hold few whole numbers, so that every midpoint is a cut. Rows: "case"
# (With curvatures that vary LightGBM estimates counts from them: no least count there.)
# NAME; "gain" of the first tree's splits as they were made; "row" x1..x4 y prediction; an empty cell is missing.
import lightgbm
import numpy as np

CASES = {
    "squared": {"objective": "regression"},
    "penalties": {"objective": "regression", "lambda_l1": 0.2, "lambda_l2": 5.0},
    "missing": {"objective": "regression"},
    "depth": {"objective": "regression", "max_depth": 2, "min_data_in_leaf": 5},
    "poisson": {"objective": "poisson", "min_data_in_leaf": 1},
    "tweedie": {"objective": "tweedie", "tweedie_variance_power": 1.3, "min_data_in_leaf": 1},
    "absolute": {"objective": "regression_l1"},
    "quantile": {"objective": "quantile", "alpha": 0.8},
    "monotone": {"objective": "regression", "monotone_constraints": [-1, 0, 1, 0], "monotone_constraints_method": "basic"},
}


def splits(node, found):
    if "split_gain" in node:
        found.append((node["split_index"], node["split_gain"]))
        splits(node["left_child"], found)
        splits(node["right_child"], found)
    return found


def main():
    print("# lightgbm", lightgbm.__version__, "by tests/oracle/make_gbdt_lightgbm.py")
    for k, (name, more) in enumerate(CASES.items()):
        g = np.random.default_rng(100 + k)
        x = g.integers(0, (12, 30, 5, 2), size=(240, 4)).astype(float)
        level = 3 + 0.4 * x[:, 0] + 2 * np.sin(x[:, 1] / 4) + (x[:, 2] > 2) * x[:, 3] * 3
        y = np.round(level + g.normal(size=240), 3)
        if name in ("poisson", "tweedie"):
            y = g.poisson(np.exp(level / 6)).astype(float)
        if name == "missing":
            x[g.random(240) < 0.2, 0] = np.nan
            x[(y > 8) & (g.random(240) < 0.5), 1] = np.nan
        params = {"num_leaves": 8, "learning_rate": 0.1, "min_data_in_leaf": 20, "min_data_in_bin": 1, "max_bin": 255, "num_threads": 1,
                  "deterministic": True, "force_row_wise": True, "verbosity": -1, "feature_pre_filter": False, **more}
        m = lightgbm.train(params, lightgbm.Dataset(x, y, params=params), 5)
        p = m.predict(x)
        print("case,%s" % name)
        for _, gain in sorted(splits(m.dump_model()["tree_info"][0]["tree_structure"], [])):
            print("gain,%.9g" % gain)
        for i in range(len(y)):
            print("row,%s,%.9g,%.15g" % (",".join("" if np.isnan(v) else "%d" % v for v in x[i]), y[i], p[i]))


if __name__ == "__main__":
    main()
