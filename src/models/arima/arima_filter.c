/* Sparse lag filters over a series, vector by vector where the lag allows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "models/arima/arima_work.h"

void arima_filter_ar(const double *c, size_t n_c, size_t step, const double *x, size_t from,
                     size_t n, double *restrict out) {
    for (size_t t = from; t < n; t++)
        out[t] = x[t];
    for (size_t j = 0; j < n_c; j++) {
        const double cj = c[j];
        const double *const past = x - (j + 1) * step;
        for (size_t t = from; t < n; t++)
            out[t] -= cj * past[t];
    }
}

typedef double lanes __attribute__((vector_size(32)));

/* One chain: each value waits for the one before it. */
static inline __attribute__((always_inline)) void divide_chain(const double *c, const size_t n_c,
                                                               double *x, size_t from, size_t n) {
    double past[ARIMA_MOST_FACTOR];
    for (size_t j = 0; j < n_c; j++)
        past[j] = 0;
    for (size_t t = from; t < n; t++) {
        double e = x[t];
        for (size_t j = n_c; j-- > 0;) /* the newest last: the chain waits for it alone */
            e -= c[j] * past[j];
        for (size_t j = n_c; j-- > 1;)
            past[j] = past[j - 1];
        x[t] = past[0] = e;
    }
}

static void divide_one(const double *c, size_t n_c, double *x, size_t from, size_t n) {
    switch (n_c) { /* known lengths stay in registers */
        case 1: divide_chain(c, 1, x, from, n); break;
        case 2: divide_chain(c, 2, x, from, n); break;
        case 3: divide_chain(c, 3, x, from, n); break;
        case 4: divide_chain(c, 4, x, from, n); break;
        case 5: divide_chain(c, 5, x, from, n); break;
        default: divide_chain(c, n_c, x, from, n);
    }
}

static inline __attribute__((always_inline)) void divide_lanes(const double *c, const size_t n_c,
                                                               double *const *x, size_t from,
                                                               size_t n) {
    double *const x0 = x[0], *const x1 = x[1], *const x2 = x[2], *const x3 = x[3];
    lanes past[ARIMA_MOST_FACTOR], weight[ARIMA_MOST_FACTOR];
    for (size_t j = 0; j < n_c; j++) {
        past[j] = (lanes){0, 0, 0, 0};
        weight[j] = (lanes){c[j], c[j], c[j], c[j]};
    }
    for (size_t t = from; t < n; t++) {
        lanes e = {x0[t], x1[t], x2[t], x3[t]};
        for (size_t j = n_c; j-- > 0;)
            e -= weight[j] * past[j];
        for (size_t j = n_c; j-- > 1;)
            past[j] = past[j - 1];
        past[0] = e;
        x0[t] = e[0];
        x1[t] = e[1];
        x2[t] = e[2];
        x3[t] = e[3];
    }
}

/* Four chains at a time wait together. */
static void divide_four(const double *c, size_t n_c, double *const *x, size_t from, size_t n) {
    switch (n_c) {
        case 1: divide_lanes(c, 1, x, from, n); break;
        case 2: divide_lanes(c, 2, x, from, n); break;
        case 3: divide_lanes(c, 3, x, from, n); break;
        case 4: divide_lanes(c, 4, x, from, n); break;
        case 5: divide_lanes(c, 5, x, from, n); break;
        default: divide_lanes(c, n_c, x, from, n);
    }
}

static void divide_apart(const double *c, size_t n_c, size_t step, double *x, size_t from,
                         size_t n) {
    for (size_t t = from + step; t < n; t += step) { /* a season at a time */
        const size_t end = t + step < n ? t + step : n;
        for (size_t j = 0; j < n_c && (j + 1) * step <= t - from; j++) {
            const double cj = c[j];
            const double *const past = x - (j + 1) * step;
            for (size_t i = t; i < end; i++)
                x[i] -= cj * past[i];
        }
    }
}

void arima_filter_ma(const double *c, size_t n_c, size_t step, double *const *x, size_t n_x,
                     double *spare, size_t from, size_t n) {
    if (n_c == 0) return;
    for (size_t k = 0; k < n_x && step > 1; k++)
        divide_apart(c, n_c, step, x[k], from, n);
    for (size_t k = 0; k < n_x && step == 1; k += 4) {
        if (n_x - k == 1) {
            divide_one(c, n_c, x[k], from, n);
            return;
        }
        double *four[4];
        for (size_t i = 0; i < 4; i++)
            four[i] = k + i < n_x ? x[k + i] : spare;
        divide_four(c, n_c, four, from, n);
    }
}
