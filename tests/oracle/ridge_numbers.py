#!/usr/bin/env python3
"""numpy's and scikit-learn's numbers for the tests of eigenvalues and ridge: prints eigen | base | window | feature."""
# SPDX-License-Identifier: Apache-2.0
# Run in a venv with numpy 2 and scikit-learn 1.9: ridge_numbers.py eigen | base | window | feature
import sys

import numpy as np
from sklearn.linear_model import Ridge


def eigen():
    """Eigenvalues of sin(i j + 1) + (i == j) (i + 1), twelve rows."""
    i = np.arange(12)
    a = np.sin(np.outer(i, i) + 1.0) + np.diag(i + 1.0)
    print("    " + ", ".join(repr(float(x)) for x in np.linalg.eigvalsh(a)))
    h = 1.0 / (np.add.outer(np.arange(30), np.arange(30)) + 1.0)
    print("/* Hilbert, 30 rows, largest:", repr(float(np.linalg.eigvalsh(h)[-1])), "*/")


def base_fit(x, y, penalty):
    """Intercept and slopes of sklearn's Ridge on columns of variance 1."""
    sd = x.std(0)
    live = sd > 0
    fit = Ridge(alpha=penalty * len(y), solver="svd").fit(x[:, live] / sd[live], y)
    slope = np.zeros(x.shape[1])
    slope[live] = fit.coef_ / sd[live]
    return y.mean() - x.mean(0) @ slope, slope


def base():
    """The base's ridge at steps 1, 5, 12, 20, from rows 399, 349, 299 of the test's series."""
    n, m = 400, 12
    t = np.arange(n, dtype=float)
    y = 20 + np.sin(t * 2 * np.pi / 12) * (1 + 0.3 * np.sin(0.37 * t)) + 0.4 * np.sin(1.7 * t * t) + 0.002 * t
    y[np.arange(n) % 41 == 13] = np.nan
    carry = y.copy()
    for i in range(1, n):
        if np.isnan(carry[i]):
            carry[i] = carry[i - 1]
    for step in (1, 5, 12, 20):
        ahead = -(-step // m) * m - step
        lags = sorted({k for k in range(1, 32)} | {ahead + k * m for k in range(3)} - {0})
        lags = [k for k in lags if k <= n // 4]
        rows = np.array([r for r in range(5, n - step) if not np.isnan(y[r + step])])

        def window(r):
            return np.array([carry[r - k] - carry[r] if k <= r else 0.0 for k in lags])

        x = np.array([window(r) for r in rows])
        z = np.array([y[r + step] - carry[r] for r in rows])
        tail = len(rows) - len(rows) // 5
        old = rows + step <= rows[tail]
        old[tail:] = False
        best = (np.mean(z[tail:] ** 2), None)
        for penalty in (10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 1e-6):
            a, b = base_fit(x[old], z[old], penalty)
            error = np.mean((z[tail:] - a - x[tail:] @ b) ** 2)
            if error < best[0]:
                best = (error, penalty)
        a, b = base_fit(x, z, best[1])
        at = [carry[r] + a + window(r) @ b for r in (399, 349, 299)]
        print(f"{{{step}, {{{', '.join(repr(float(v)) for v in at)}}}}}, /* penalty {best[1]} */")


def window():
    """Forecasts of three steps from the last row: windows of 5 and 9 of two channels, three normalisations."""
    n, horizon, penalty = 80, 3, 0.05
    t = np.arange(n, dtype=float)
    x = [np.sin(0.7 * t) + 0.2 * np.sin(1.9 * t) + 0.01 * t, np.cos(0.7 * t + 1) - 0.3 * np.sin(2.3 * t)]
    for norm in ("last", "mean", "none"):
        for lookback in (5, 9):
            rows, out = [], []
            for c in x:
                for r in range(8, n - horizon):
                    w = c[r - lookback + 1:r + 1]
                    m = {"last": w[-1], "mean": w.mean(), "none": 0.0}[norm]
                    rows.append(w - m)
                    out.append(c[r + 1:r + 1 + horizon] - m)
            fit = Ridge(alpha=penalty * len(rows), fit_intercept=False, solver="svd").fit(np.array(rows), np.array(out))
            w = x[0][n - lookback:]
            m = {"last": w[-1], "mean": w.mean(), "none": 0.0}[norm]
            print(f"{{WINDOW_{norm.upper()}, {lookback}, {{{', '.join(repr(float(v)) for v in m + fit.predict([w - m])[0])}}}}},")


def feature():
    """Sums of coefficients and of forecasts at steps 1 and 4, columns fewer and more than the 40 origins."""
    n, horizon = 44, 4
    t = np.arange(n + horizon, dtype=float)
    known = np.cos(0.9 * t) + 0.1 * t
    for p in (6, 90):
        x = np.array([np.sin(t[:n] * (0.37 + 0.11 * j) + j * j) for j in range(p)]).T
        y = 2 + x[:, 0] - 0.5 * x[:, 3] + 0.2 * np.sin(3.3 * t[:n])
        for step in (1, 4):
            rows = np.arange(0, n - horizon)
            z = np.column_stack([(x - x.mean(0)) / x.std(0), (known[step:n + step] - known[:n].mean()) / known[:n].std()])
            fit = Ridge(alpha=0.2 * len(rows), solver="svd").fit(z[rows], y[rows + step])
            at = fit.predict(z[39:40])[0]
            print(f"{{{p}, {step}, {float(fit.coef_.sum())!r}, {float(fit.coef_[-1])!r}, {float(at)!r}}},")


if __name__ == "__main__":
    {"eigen": eigen, "base": base, "window": window, "feature": feature}[sys.argv[1]]()
