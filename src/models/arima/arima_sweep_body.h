/* Sweeps over vectors, compiled once for each instruction set: see arima_sweep.c. */
/* SPDX-License-Identifier: Apache-2.0 */

static SWEEP_TARGET void FN(add)(double *restrict a, const double *restrict k, size_t r, double g) {
    for (size_t i = 0; i < r; i++)
        a[i] += g * k[i];
}

static SWEEP_TARGET void FN(turn)(double *restrict l, double *restrict k, size_t r, double c) {
    for (size_t i = 0; i < r; i++) {
        const double l1 = l[i], k1 = k[i];
        l[i] = l1 - c * k1;
        k[i] = k1 - c * l1;
    }
}

static SWEEP_TARGET double FN(dot)(const double *a, const double *b, size_t n) {
    lanes s0 = {0, 0, 0, 0}, s1 = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        lanes x0, x1, y0, y1;
        memcpy(&x0, a + i, sizeof x0);
        memcpy(&x1, a + i + 4, sizeof x1);
        memcpy(&y0, b + i, sizeof y0);
        memcpy(&y1, b + i + 4, sizeof y1);
        s0 += x0 * y0;
        s1 += x1 * y1;
    }
    s0 += s1;
    double s = (s0[0] + s0[2]) + (s0[1] + s0[3]);
    for (; i < n; i++)
        s += a[i] * b[i];
    return s;
}
