#!/usr/bin/env python3
"""Main effects of interpret 0.7.8's ExplainableBoostingRegressor on the diabetes data, in settings without a draw."""
# SPDX-License-Identifier: Apache-2.0
# Run: python3 tests/oracle/make_ebm_mains.py tests/fixtures   (needs interpret-core==0.7.8, scikit-learn)
# Only ties are drawn by interpret once smoothing and shuffles are off. A bin that no training row of a bag
# falls in makes two cuts that part the rows alike: a tie. So the cuts are given, and few enough that every
# bag fills every bin. Data: scikit-learn's diabetes (Efron, Hastie, Johnstone, Tibshirani 2004), unscaled.
import sys

import numpy as np
from interpret import develop
from interpret.glassbox import ExplainableBoostingRegressor
from sklearn.datasets import load_diabetes

OFF = {"randomize_initial_feature_order": False, "randomize_greedy_feature_order": False, "randomize_feature_order": False,
       "acceleration": 0}  # float64, no SIMD
CYCLIC = {"greedy_ratio": 0.0, "cyclic_progress": True, "max_rounds": 50, "early_stopping_rounds": 0}
CASES = {
    "greedy": {},
    "cyclic": CYCLIC,
    "progress": {"cyclic_progress": True, "greedy_ratio": 2.0},
    "leaves3": {"max_leaves": 3},
    "leaves5": {"max_leaves": 5, "min_samples_leaf": 2},
    "monotone": {"monotone_constraints": [-1, 0, 1, -1, 0, 1, -1, 0, -1, 1]},
    "separate": {"missing": "separate", "HOLES": True},
    "separate3": {"missing": "separate", "max_leaves": 3, "HOLES": True},
    "separate0": {"missing": "separate", "min_samples_leaf": 170, "HOLES": True},
    "low": {"missing": "low", "HOLES": True},
    "high": {"missing": "high", "HOLES": True},
    "gain": {"missing": "gain", "HOLES": True},
    "gain3": {"missing": "gain", "max_leaves": 3, "HOLES": True},
    "weights": {"WEIGHTS": True},
    "init": {"INIT": True},
    "reg": {"reg_alpha": 30.0, "reg_lambda": 3.0, "max_delta_step": 8.0},
    "hessian": {"min_hessian": 40.0, "min_samples_leaf": 1},
    "patient": {"early_stopping_rounds": 3, "early_stopping_tolerance": 0.0, "learning_rate": 0.1},
    "names": {"NAMES": True},
}
N_BINS = 16


def bags_of(n, rng):
    bags = np.ones((n, 2), np.int8)
    for b in range(2):
        bags[rng.permutation(n)[: n * 15 // 100], b] = -1
    return bags


def cuts_of(column, bags):
    """Cuts at midpoints, so that each bin holds rows of every bag's training rows."""
    seen = np.unique(column[~np.isnan(column)])
    wanted, cuts, last = len(column) / N_BINS, [], -np.inf
    for low, high in zip(seen[:-1], seen[1:]):
        inside = (column > last) & (column <= low)
        if inside.sum() >= wanted and (column > low).sum() >= wanted:
            if all((inside & (bags[:, b] > 0)).any() for b in range(2)):
                cuts.append((low + high) / 2)
                last = low
    return cuts


def say(f, name, values):
    f.write(name + " " + " ".join(repr(float(v)) if not float(v).is_integer() else str(int(v)) for v in np.ravel(values)) + "\n")


def main(folder):
    x, y = load_diabetes(return_X_y=True, scaled=False)
    n = len(y)
    rng = np.random.default_rng(7)
    bags, hole = bags_of(n, rng), rng.random(x.shape) < 0.06
    weight, init = rng.integers(1, 9, n) / 4.0, np.round(x[:, 2] * 3, 1)
    names = np.minimum(rng.integers(0, 9, n), rng.integers(0, 14, n)).astype(float)
    y_names = y + 12 * (names % 3)
    for option, value in OFF.items():
        develop.set_option(option, value)
    with open(f"{folder}/ebm_diabetes.csv", "w") as f:
        for i in range(n):
            row = [*x[i], y[i], weight[i], init[i], names[i], y_names[i], *bags[i]]
            f.write(",".join(f"{v:.10g}" for v in row) + "," + "".join("01"[h] for h in hole[i].astype(int)) + "\n")
    with open(f"{folder}/ebm_mains.txt", "w") as f:
        f.write("# interpret 0.7.8, tests/oracle/make_ebm_mains.py\n")
        for case, settings in CASES.items():
            kw = {k: v for k, v in settings.items() if not k.isupper()}
            data, target = x.copy(), y
            if "HOLES" in settings:
                data[hole] = np.nan
            types = [cuts_of(data[:, j], bags) for j in range(x.shape[1])]
            if "NAMES" in settings:
                data = data.astype(object)
                data[:, 1] = [f"c{int(v):02d}" for v in names]
                types[1], target = "nominal", y_names
            ebm = ExplainableBoostingRegressor(interactions=0, outer_bags=2, smoothing_rounds=0, feature_types=types, n_jobs=1, **kw)
            ebm.fit(data, target, sample_weight=weight if "WEIGHTS" in settings else None, bags=bags,
                    init_score=init if "INIT" in settings else None)
            f.write(f"case {case}\n")
            say(f, "steps", ebm.best_iteration_)
            say(f, "intercept", [ebm.intercept_, *ebm.bagged_intercept_])
            say(f, "importance", ebm.term_importances())
            for j in range(x.shape[1]):
                say(f, "cuts", types[j] if types[j] != "nominal" else [])
                say(f, "score", ebm.term_scores_[j])
                say(f, "sd", ebm.standard_deviations_[j])
                say(f, "weight", ebm.bin_weights_[j])
            print(case, ebm.best_iteration_, ebm.intercept_)


if __name__ == "__main__":
    main(sys.argv[1])
