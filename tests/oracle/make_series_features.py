#!/usr/bin/env python3
"""Features of three made series from their definitions, in plain Python: tests/fixtures/series_features.csv.

Run: make_series_features.py (from anywhere)
Rows: case, season, "y" and the values; then case, season, a feature's name and its value; "scale" is the scale.
"""
# SPDX-License-Identifier: Apache-2.0
import math
import os


def made(n, m, trend, wave, noise, seed):
    state, out = seed, []
    for t in range(n):
        state = (1103515245 * state + 12345) % 2 ** 31
        out.append(round(100 + trend * t + 0.01 * t * t + wave * math.sin(2 * math.pi * t / m if m > 1 else t / 5) + noise * (state / 2 ** 31 - 0.5), 4))
    return out


def mean(x):
    return math.fsum(x) / len(x)


def var(x):
    m = mean(x)
    return math.fsum((a - m) ** 2 for a in x) / len(x)


def acf(x, lag):
    m, v = mean(x), var(x)
    if lag >= len(x) or v == 0:
        return 0.0
    return math.fsum((x[t] - m) * (x[t - lag] - m) for t in range(lag, len(x))) / (len(x) * v)


def slope(x):
    n, m = len(x), mean(x)
    c = [t - (n - 1) / 2 for t in range(n)]
    return math.fsum(a * (b - m) for a, b in zip(c, x)) / math.fsum(a * a for a in c)


def change(y, lag, a, b):
    return mean([abs(y[t] - y[t - lag]) for t in range(a, b)])


def features(y, m):
    n = len(y)
    d = [b - a for a, b in zip(y, y[1:])]
    d2 = [b - a for a, b in zip(d, d[1:])]
    scale, step = change(y, m, m, n), change(y, 1, 1, n)
    last = min(n, max(2 * m, 6))
    half, recent = m + (n - m) // 2, min(n - m, last)
    f = {"length": math.log(n), "seasons": math.log(n / m), "noise": math.log(scale / abs(y[-1])), "step": math.log(step / scale)}
    f["recent_scale"] = math.log(change(y, m, n - recent, n) / scale)
    f["scale_growth"] = math.log(change(y, m, half, n) / change(y, m, m, half))
    f["acf1"], f["diff_acf1"], f["diff_acf2"] = acf(y, 1), acf(d, 1), acf(d, 2)
    f["diff_acf_ss"] = sum(acf(d, k) ** 2 for k in range(1, 7))
    f["diff_acf_m"] = acf(d, m) if m > 1 else 0.0
    f["diff2_acf1"] = acf(d2, 1)
    s, total = slope(y), n * var(y)
    c = [t - (n - 1) / 2 for t in range(n)]
    rest = [v - mean(y) - s * a for v, a in zip(y, c)]
    q = [a * a - mean([b * b for b in c]) for a in c]
    quadratic = math.fsum(a * (v - mean(y)) for a, v in zip(q, y))
    f["linearity"] = 1 - var(rest) / var(y)
    f["slope"] = math.asinh(s / step)
    f["curvature"] = math.copysign(quadratic ** 2 / (math.fsum(a * a for a in q) * total), quadratic)
    f["recent_slope"] = math.asinh(slope(y[-last:]) / step)
    f["slope_change"] = math.asinh((slope(y[-last:]) - s) / step)
    f["place"] = math.asinh((y[-1] - mean(y)) / math.sqrt(var(y)))
    f["range_place"] = (y[-1] - min(y)) / (max(y) - min(y))
    f["last_recent"] = math.asinh((y[-1] - mean(y[-last:])) / scale)
    f["direction"] = mean(d) / step
    f["rises"] = mean([float(x > 0) for x in d[-12:]])
    f["flats"] = mean([float(x == 0) for x in d])
    third, fourth = mean([(x - mean(d)) ** 3 for x in d]), mean([(x - mean(d)) ** 4 for x in d])
    f["skew"] = math.asinh(third / var(d) ** 1.5)
    f["kurtosis"] = math.log(fourth / var(d) ** 2)
    sums = [math.fsum(v - mean(y) for v in y[:t + 1]) for t in range(n)]
    f["kpss"] = math.log(math.fsum(a * a for a in sums) / (n * n * var(y)))
    size = max(m, 10)
    blocks = [y[n - (b + 1) * size:n - b * size] for b in range(n // size)]
    levels, spreads = [mean(b) / math.sqrt(var(y)) for b in blocks], [var(b) / var(y) for b in blocks]
    k = len(blocks)
    f["lumpiness"] = max(math.log(max(var(spreads) * k / (k - 1), 1e-6)), -8)  # logarithms are held to 8
    f["stability"] = var(levels) * k / (k - 1)
    third = n // 3
    f["growth"] = math.log(mean(y[-third:]) / mean(y[:third]))
    f["multiplicative"] = math.log(change(y, 1, n - third, n) / change(y, 1, 1, third + 1)) - f["growth"]
    f["season_strength"], f["season_size"], f["trend_strength"] = 0.0, 0.0, f["linearity"]
    if m > 1:
        h = m // 2
        weight = [0.5] + [1.0] * (m - 1) + [0.5] if m % 2 == 0 else [1.0] * m
        trend = {t: sum(w * y[t - h + j] for j, w in enumerate(weight)) / m for t in range(h, n - h)}
        index = [mean([y[t] - trend[t] for t in trend if (t - h) % m == j]) for j in range(m)]
        index = [v - mean(index) for v in index]
        left = [y[t] - trend[t] - index[(t - h) % m] for t in trend]
        f["season_strength"] = 1 - var(left) / var([y[t] - trend[t] for t in trend])
        f["trend_strength"] = 1 - var(left) / var([y[t] - index[(t - h) % m] for t in trend])
        f["season_size"] = math.log(1 + mean([abs(v) for v in index]) / scale)
    f["largest_step"] = math.log(max(abs(x) for x in d) / step)
    f["last_step"], f["step_before"] = math.asinh(d[-1] / step), math.asinh(d[-2] / step)
    above = [v > mean(y) for v in y]
    f["crossings"] = sum(a != b for a, b in zip(above, above[1:])) / n
    f["line_acf1"] = acf(rest, 1)
    f["log_season"] = math.log(m)
    return f, scale


def main():
    rows = []
    for case, (n, m, args) in enumerate([(29, 1, (2.5, 6, 8, 1)), (61, 4, (0.4, 12, 5, 2)), (75, 12, (-0.5, 20, 9, 3)), (50, 7, (1.0, 3, 30, 4))]):
        y = made(n, m, *args)
        f, scale = features(y, m)
        rows.append(f"{case},{m},y," + ",".join(repr(v) for v in y))
        rows += [f"{case},{m},{name},{value!r}" for name, value in [*f.items(), ("scale", scale)]]
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")
    with open(os.path.join(folder, "series_features.csv"), "w") as out:
        out.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
