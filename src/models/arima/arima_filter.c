/* Sparse lag filters over a series, vector by vector where the lag allows. */
/* SPDX-License-Identifier: Apache-2.0 */
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

static void divide_near(const double *c, size_t n_c, double *x, size_t from, size_t n) {
    for (size_t t = from; t < n; t++) {
        double e = x[t];
        const size_t most = t - from < n_c ? t - from : n_c;
        for (size_t j = most; j-- > 0;) /* the newest last: the chain waits for it alone */
            e -= c[j] * x[t - 1 - j];
        x[t] = e;
    }
}

void arima_filter_ma(const double *c, size_t n_c, size_t step, double *x, size_t from, size_t n) {
    if (n_c == 0) return;
    if (step == 1) {
        divide_near(c, n_c, x, from, n);
        return;
    }
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
