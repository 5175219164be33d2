#!/usr/bin/env python3
"""A whole fit by interpret 0.7.8, mains and five pairs on diabetes, made compact; writes tests/fixtures/ebm_whole.txt."""
# SPDX-License-Identifier: Apache-2.0
# Needs interpret-core 0.7.8, numpy 2.4, scikit-learn 1.9. Run from the repository: python3 tests/oracle/make_ebm_whole.py
# Smoothing and random orders are off, sums in float64 without SIMD. Each value is replaced by its rank among its column's, which
# changes nothing but the cuts' numbers: k stands for k + 0.5. Numbers in the file, by white space: n features; per feature the number of
# cuts and these, then the same of pairs; rows: y, two bag flags, ranks; steps of both stages and bags; intercept; number of terms; per
# term: its features (-1: none), importance, 24 x (cell, score, deviation).
import numpy as np
from sklearn.datasets import load_diabetes

from interpret import develop
from interpret.glassbox import ExplainableBoostingRegressor

OUT = "tests/fixtures/ebm_whole.txt"


def main():
    X, y = load_diabetes(return_X_y=True)
    rng = np.random.default_rng(23)
    bags = np.ones((len(y), 2), np.int8)
    for b in range(2):
        bags[rng.permutation(len(y))[:66], b] = -1
    import interpret.glassbox._ebm._ebm as ebm
    bin_rows, seen = ebm.bin_native_by_dimension, {}

    def bins_seen(n_classes, level, bins, *rest):
        seen[level] = [b[min(level, len(b)) - 1] for b in bins]
        return bin_rows(n_classes, level, bins, *rest)

    ebm.bin_native_by_dimension = bins_seen
    for option in ("randomize_initial_feature_order", "randomize_greedy_feature_order"):
        develop.set_option(option, False)
    develop.set_option("acceleration", 0)
    m = ExplainableBoostingRegressor(max_bins=40, max_interaction_bins=12, interactions=5, smoothing_rounds=0, interaction_smoothing_rounds=0, outer_bags=2, n_jobs=1,
                                     feature_types=["quantile"] * X.shape[1])
    m.fit(X, y, bags=bags)
    n, f = X.shape
    rank = np.array([np.unique(X[:, j], return_inverse=True)[1] for j in range(f)]).T
    out = [f"{n} {f}"]
    for level in (1, 2):
        for j in range(f):
            at = [int(rank[X[:, j] < c, j].max()) for c in seen[level][j]]
            out.append(" ".join(map(str, [len(at)] + at)))
    for i in range(n):
        out.append(" ".join([repr(float(y[i]))] + [str(int(b)) for b in bags[i]] + [str(int(b)) for b in rank[i]]))
    out.append(" ".join(str(int(s)) for stage in m.best_iteration_ for s in stage))
    out.append(f"{float(m.intercept_)!r} {len(m.term_features_)}")
    cell = np.random.default_rng(1)
    for k, features in enumerate(m.term_features_):
        score, sd = m.term_scores_[k].ravel(), m.standard_deviations_[k].ravel()
        seen_cells = np.flatnonzero(m.bin_weights_[k].ravel())
        at = cell.choice(seen_cells, 24)
        pair = list(map(int, features)) + [-1] * (2 - len(features))
        out.append(" ".join(map(str, pair)) + f" {float(m.term_importances()[k])!r} " +
                   " ".join(f"{i} {float(score[i])!r} {float(sd[i])!r}" for i in at))
    with open(OUT, "w") as fh:
        fh.write("\n".join(out) + "\n")
    print(m.best_iteration_, m.term_features_[f:])


main()
