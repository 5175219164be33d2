# F and p of Granger's test with a mean for each month, by numpy's least squares: the numbers of test_outliers.c, granger_season.
# SPDX-License-Identifier: Apache-2.0
import numpy as np
from scipy.stats import f as fisher

n, lag = 48, 2
i = np.arange(n)
x = ((i * i * 7) % 11).astype(float)
y = ((i * i * 5) % 13) + 3.0 * (i % 12 == 11)
y[1:] += 0.8 * x[:-1]
rows = n - lag
month = np.zeros((rows, 12))
month[np.arange(rows), (np.arange(rows) + lag) % 12] = 1
own = np.column_stack([y[lag - k : n - k] for k in (1, 2)])
other = np.column_stack([x[lag - k : n - k] for k in (1, 2)])


def rest(a):
    b = np.linalg.lstsq(a, y[lag:], rcond=None)[0]
    return ((y[lag:] - a @ b) ** 2).sum()


s0, s1 = rest(np.column_stack([month, own])), rest(np.column_stack([month, own, other]))
df = rows - 16
f = (s0 - s1) / s1 * df / lag
print(repr(f), repr(fisher.sf(f, lag, df)), df)
