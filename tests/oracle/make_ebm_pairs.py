#!/usr/bin/env python3
"""interpret's pairs on diabetes: FAST's strengths, the order of boosting, raw tables; writes tests/fixtures/ebm_pairs.txt."""
# SPDX-License-Identifier: Apache-2.0
# Needs interpret-core 0.7.8, numpy 2.4, scikit-learn 1.9. Run from the repository: python3 tests/oracle/make_ebm_pairs.py
# Smoothing and random orders are off, sums in float64 without SIMD: then nothing is drawn but ties between equal cuts.
# Numbers in the file, by white space: n features bags; per feature n_bins (pairs' level, missing and unseen counted);
# then rows: y, bag flags, each bag's prediction of intercept and mains, bins; per bag the strength of (0,1), (0,2), ...;
# n pairs and the pairs as boosted; per bag steps made; per bag and pair: sum, sum of squares, 32 x (cell, score).
import numpy as np
from sklearn.datasets import load_diabetes

import interpret.glassbox._ebm._ebm as ebm
from interpret import develop
from interpret.glassbox import ExplainableBoostingRegressor

OUT = "tests/fixtures/ebm_pairs.txt"


def main():
    X, y = load_diabetes(return_X_y=True)
    rng = np.random.default_rng(3)
    bags = np.ones((len(y), 2), np.int8)
    for b in range(2):
        bags[rng.permutation(len(y))[:66], b] = -1
    seen = {"rank": [], "boost": []}
    rank, boost, bin_rows = ebm.rank_interactions, ebm.boost, ebm.bin_native_by_dimension

    def rank_seen(**kw):
        r = rank(**kw)
        seen["rank"].append((kw["bag_idx"], r, kw["init_scores"] + kw["intercept"]))
        return r

    def boost_seen(**kw):
        r = boost(**kw)
        seen["boost"].append((kw["bag_idx"], list(kw["term_features"]), r))
        return r

    def bins_seen(n_classes, level, bins, *rest):
        seen["cuts"] = [b[min(level, len(b)) - 1] for b in bins]
        return bin_rows(n_classes, level, bins, *rest)

    ebm.rank_interactions, ebm.boost, ebm.bin_native_by_dimension = rank_seen, boost_seen, bins_seen
    for option in ("randomize_initial_feature_order", "randomize_greedy_feature_order"):
        develop.set_option(option, False)
    develop.set_option("acceleration", 0)
    m = ExplainableBoostingRegressor(interactions=5, smoothing_rounds=0, interaction_smoothing_rounds=0, outer_bags=2, n_jobs=1,
                                     feature_types=["quantile"] * X.shape[1])
    m.fit(X, y, bags=bags)
    cuts = seen["cuts"]
    n, f = X.shape
    out = [f"{n} {f} 2", " ".join(str(len(c) + 3) for c in cuts)]
    index = np.array([1 + np.searchsorted(cuts[j], X[:, j], side="right") for j in range(f)]).T
    said = [s for _, _, s in sorted(seen["rank"], key=lambda r: r[0])]
    for i in range(n):
        out.append(" ".join([repr(float(y[i]))] + [str(int(b)) for b in bags[i]] + [repr(float(s[i])) for s in said] +
                            [str(int(b)) for b in index[i]]))
    for _, strengths, _ in sorted(seen["rank"], key=lambda r: r[0]):
        at = {tuple(map(int, pair)): s for s, pair in strengths}
        out.append(" ".join(repr(float(at[(i, j)])) for i in range(f) for j in range(i + 1, f)))
    stage = sorted((b for b in seen["boost"] if len(b[1][0]) == 2), key=lambda b: b[0])
    pairs = stage[0][1]
    out.append(f"{len(pairs)} " + " ".join(f"{i} {j}" for i, j in pairs))
    out.append(" ".join(str(int(b[2][3])) for b in stage))
    cell = np.random.default_rng(1)
    for _, _, (_, _, tables, _, _) in stage:
        for (i, j), t in zip(pairs, tables):
            assert t.shape == (len(cuts[i]) + 3, len(cuts[j]) + 3)
            t[[0, -1]], t[:, [0, -1]] = 0, 0  # no row is missing or unseen: interpret forces these to 0 later
            flat = t.ravel()
            at = cell.integers(0, flat.size, 32)
            out.append(" ".join([repr(float(flat.sum())), repr(float((flat ** 2).sum()))] + [f"{k} {float(flat[k])!r}" for k in at]))
    with open(OUT, "w") as fh:
        fh.write("\n".join(out) + "\n")


main()
