#!/usr/bin/env python3
"""Overfitting, plainly in numpy, and ffn's deflated Sharpe ratio: writes tests/fixtures/portfolio_overfit.txt."""
# SPDX-License-Identifier: Apache-2.0
# make_portfolio_overfit.py > portfolio_overfit.txt, with numpy 2.4.6, scipy 1.17.1, pandas 3.1.1, ffn 1.4.1. Rows, blank-separated:
#   dsr seed n kind trials sharpe_std  sharpe expected_max skew kurtosis probabilistic deflated min_track_record
#   pbo|sum seed T N blocks kind  low lost  sum_of_twice_ranks median_logit slope intercept r_squared   (low, lost: splits counted)
# pbo chooses by the Sharpe ratio, sum by the sum of the numbers, as growths are added up; slope and intercept are per number.
# The returns come from a congruential generator that the C test has too, so that no data need be kept. `cscv` is imported by
# bench/portfolio_peers.py as well.
import itertools
import sys

import numpy as np

STEP, ADD = 6364136223846793005, 1442695040888963407


def draws(seed, n):
    """n numbers in [-0.5, 0.5) with 20 bits, the same as in test_portfolio_overfit.c."""
    out, state = np.empty(n), seed
    for i in range(n):
        state = (state * STEP + ADD) & (2**64 - 1)
        out[i] = (state >> 44) / 2**20 - 0.5
    return out


def returns_of(seed, t, n, kind):
    """(t, n) returns: kind 0 noise; 1 with skill that grows with the column; 2 as 0 with twins, zeros and constants."""
    x = draws(seed, t * n).reshape(t, n) * 0.04
    if kind == 1:
        x += np.arange(n) * 2.0**-13
    if kind == 2:
        x[:, 5] = x[:, 2]
        x[:, 6] = x[:, 2]
        x[:, 7] = 0
        x[:, 8] = 0
        x[:, 9] = -(2.0**-10)
        x[:, n - 1] = x[:, 0]
    return x


def sharpes(x):
    """Per period, of each column; 0 of nothing, -+1e6 of another constant."""
    sd, mean = x.std(axis=0, ddof=1), x.mean(axis=0)
    flat = np.ptp(x, axis=0) == 0
    return np.where(flat, np.sign(mean) * 1e6, mean / np.where(flat, 1, sd))


def mean_rank(values, who):
    return (values < values[who]).sum() + ((values == values[who]).sum() + 1) / 2


def growths(x):
    """Per period, of each column: what log growths add up to."""
    return x.sum(axis=0) / len(x)


def cscv(x, n_blocks, measure=sharpes):
    """For every half of the blocks: (rank out of sample of the best in sample, its measure there, and in sample)."""
    edges = [len(x) * b // n_blocks for b in range(n_blocks + 1)]
    blocks = [x[a:b] for a, b in zip(edges, edges[1:])]
    out = []
    for half in itertools.combinations(range(n_blocks), n_blocks // 2):
        inside = measure(np.concatenate([blocks[b] for b in half]))
        outside = measure(np.concatenate([blocks[b] for b in range(n_blocks) if b not in half]))
        best = int(np.argmax(inside))
        out.append((mean_rank(outside, best), outside[best], inside[best]))
    return np.array(out)


def pbo_row(name, seed, t, n, n_blocks, kind):
    x = returns_of(seed, t, n, kind)
    rank, outside, inside = cscv(x, n_blocks, sharpes if name == "pbo" else growths).T
    logit = np.log(rank / (n + 1 - rank))
    if name == "pbo" and kind != 2 and t % n_blocks == 0 and n <= 20:  # an independent witness
        import ffn
        import pandas as pd

        assert ffn.calc_prob_backtest_overfitting(pd.DataFrame(x), n_blocks) == (logit <= 0).mean()
    slope, intercept = np.nan, np.nan
    if np.ptp(inside) > 0 and kind != 2:
        slope, intercept = np.polyfit(inside, outside, 1)
    r2 = np.corrcoef(inside, outside)[0, 1] ** 2 if kind != 2 else np.nan
    print(name, seed, t, n, n_blocks, kind, int((logit <= 0).sum()), int((outside < 0).sum()), int(round((2 * rank).sum())),
          *map(repr, map(float, (np.median(logit), slope, intercept, r2))))


def dsr_row(seed, n, kind, trials):
    import ffn
    import pandas as pd

    u = draws(seed, n)
    x = pd.Series([u * 0.04 + 0.003, u * u * u * 0.1 + 0.001, np.exp(3 * u) * 0.01 - 0.02][kind])
    sharpe = np.array([(i * 37 % 101) / 500 - 0.08 for i in range(trials)])
    sd = float(np.std(sharpe, ddof=1)) if trials > 1 else 0.0
    sr = x.mean() / x.std()
    skew, kurt = x.skew(), x.kurt() + 3
    from scipy.stats import norm

    record = 1 + (1 - skew * sr + (kurt - 1) / 4 * sr**2) * (norm.ppf(0.95) / sr) ** 2 if sr > 0 else np.nan
    say = (sr, ffn.core.calc_expected_max_sharpe(trials, sd), skew, kurt,
           ffn.calc_deflated_sharpe_ratio(x, [0.1], nperiods=1, annualized_trials=False),
           ffn.calc_deflated_sharpe_ratio(x, sharpe, nperiods=1, annualized_trials=False), record)
    print("dsr", seed, n, kind, trials, repr(sd), *map(repr, map(float, say)))


def main():
    for seed, (n, kind, trials) in enumerate(itertools.product((3, 4, 30, 400), (0, 1, 2), (1, 2, 50, 58320))):
        dsr_row(seed + 1, n, kind, trials)
    for row in ((1, 60, 5, 6, 0), (2, 61, 11, 6, 0), (3, 32, 3, 2, 0), (4, 96, 14, 8, 1), (5, 90, 70, 10, 2), (6, 160, 12, 16, 0),
                (7, 173, 100, 16, 1), (8, 163, 131, 16, 2), (9, 320, 1000, 16, 0)):
        pbo_row("pbo", *row)
    for row in ((2, 61, 11, 6, 0), (5, 90, 70, 10, 2), (7, 173, 100, 16, 1), (8, 163, 131, 16, 2), (9, 320, 1000, 16, 0)):
        pbo_row("sum", *row)


if __name__ == "__main__":
    main()
