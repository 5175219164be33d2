/* The kernels of columns.c, compiled once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. COLUMNS_TARGET, FN(x), TILE_I and TILE_J say for what. */

typedef double FN(vec) __attribute__((vector_size(64), aligned(8), may_alias));

COLUMNS_TARGET static inline double FN(join)(const FN(vec) * v) {
    const FN(vec) a = *v;
    return ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
}

COLUMNS_TARGET static void FN(gram)(const double *pack, size_t rows, size_t first, size_t last,
                                    size_t p, double *sum) {
    for (size_t i = first; i < last; i += TILE_I)
        for (size_t j = 0; j < i + TILE_I; j += TILE_J) {
            FN(vec) s[TILE_I][TILE_J] = {{{0}}};
            for (size_t r = 0; r < rows; r += 8) {
                FN(vec) a[TILE_I], b[TILE_J];
#pragma GCC unroll 4
                for (size_t k = 0; k < TILE_I; k++)
                    a[k] = *(const FN(vec) *)(pack + (i + k) * NORNI_COLUMNS_BLOCK + r);
#pragma GCC unroll 4
                for (size_t l = 0; l < TILE_J; l++)
                    b[l] = *(const FN(vec) *)(pack + (j + l) * NORNI_COLUMNS_BLOCK + r);
#pragma GCC unroll 4
                for (size_t k = 0; k < TILE_I; k++)
#pragma GCC unroll 4
                    for (size_t l = 0; l < TILE_J; l++)
                        s[k][l] += a[k] * b[l];
            }
            for (size_t k = 0; k < TILE_I && i + k < p; k++)
                for (size_t l = 0; l < TILE_J && j + l <= i + k; l++)
                    sum[(i + k) * p + j + l] += FN(join)(&s[k][l]);
        }
}

/* Lanes plus the rows from `at` on that fill no whole vector. */
COLUMNS_TARGET static double FN(finish)(const FN(vec) * s, const double *x, const double *y,
                                        size_t at, size_t n) {
    FN(vec) v = *s;
    for (size_t i = at; i < n; i++)
        v[i - at] += y ? x[i] * y[i] : x[i];
    return FN(join)(&v);
}

COLUMNS_TARGET static void FN(dot)(const double *const *x, size_t p, size_t n, const double *y,
                                   double *out) {
    const size_t whole = n & ~(size_t)7;
    size_t j = 0;
    for (; j + 2 <= p; j += 2) { /* y is read once for two columns */
        const double *a = x[j], *b = x[j + 1];
        FN(vec) s = {0}, u = {0};
        for (size_t i = 0; i < whole; i += 8) {
            const FN(vec) w = *(const FN(vec) *)(y + i);
            s += *(const FN(vec) *)(a + i) * w;
            u += *(const FN(vec) *)(b + i) * w;
        }
        out[j] = FN(finish)(&s, a, y, whole, n);
        out[j + 1] = FN(finish)(&u, b, y, whole, n);
    }
    for (; j < p; j++) {
        FN(vec) s = {0};
        for (size_t i = 0; i < whole; i += 8)
            s += *(const FN(vec) *)(x[j] + i) * *(const FN(vec) *)(y + i);
        out[j] = FN(finish)(&s, x[j], y, whole, n);
    }
}

COLUMNS_TARGET static void FN(take)(const double *const *x, size_t p, size_t n, const double *coef,
                                    double *y) {
    for (size_t from = 0; from < n; from += 1024) { /* this much of y stays close */
        const size_t m = n - from < 1024 ? n - from : 1024;
        double *restrict t = y + from;
        size_t j = 0;
        for (; j + 4 <= p; j += 4) {
            const double *a = x[j] + from, *b = x[j + 1] + from;
            const double *c = x[j + 2] + from, *d = x[j + 3] + from;
            const double u = coef[j], v = coef[j + 1], w = coef[j + 2], z = coef[j + 3];
            for (size_t i = 0; i < m; i++)
                t[i] -= (u * a[i] + v * b[i]) + (w * c[i] + z * d[i]);
        }
        for (; j < p; j++) {
            const double *a = x[j] + from, u = coef[j];
            for (size_t i = 0; i < m; i++)
                t[i] -= u * a[i];
        }
    }
}

COLUMNS_TARGET static void FN(stretch)(const double *x, const double *w, size_t n, double *sum,
                                       double *weighted) {
    const size_t whole = n & ~(size_t)7;
    FN(vec) s = {0}, u = {0};
    for (size_t i = 0; i < whole; i += 8) {
        const FN(vec) v = *(const FN(vec) *)(x + i);
        s += v;
        u += v * *(const FN(vec) *)(w + i);
    }
    *sum = FN(finish)(&s, x, NULL, whole, n);
    *weighted = FN(finish)(&u, x, w, whole, n);
}

COLUMNS_TARGET static void FN(eight)(double *restrict t, const double *restrict r, size_t ld,
                                     const double *c, size_t n) {
    const double *r0 = r, *r1 = r + ld, *r2 = r + 2 * ld, *r3 = r + 3 * ld;
    const double *r4 = r + 4 * ld, *r5 = r + 5 * ld, *r6 = r + 6 * ld, *r7 = r + 7 * ld;
    const double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    const double c4 = c[4], c5 = c[5], c6 = c[6], c7 = c[7];
    for (size_t j = 0; j < n; j++)
        t[j] -= ((c0 * r0[j] + c1 * r1[j]) + (c2 * r2[j] + c3 * r3[j])) +
                ((c4 * r4[j] + c5 * r5[j]) + (c6 * r6[j] + c7 * r7[j]));
}
