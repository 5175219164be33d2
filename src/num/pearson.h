/* Pearson's correlation, and Granger's test of who moves first. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PEARSON_H
#define NORNI_PEARSON_H

#include "base/arena.h"
#include "base/poll.h"

/* Over the pairs that are both there (NaN = missing), in [-1, 1]; NaN where either does not vary beyond rounding, or with
 * fewer than two pairs. *pairs (may be NULL): their number. */
double norni_pearson(const double *x, const double *y, size_t n, size_t *pairs);

typedef struct norni_granger_result {
    double f, p; /* NaN: no test: too few rows, columns that explain each other, a perfect fit */
    size_t df_lag, df_rest;
} norni_granger_result;
/* Do x's last `lag` values help to forecast y (n each, no gaps) beyond y's own last `lag`? Least squares with a constant on
 * rows lag .. n - 1, with and without them: F = (S0 - S1) / S1 * df_rest / lag (statsmodels' ssr_ftest). `period` of 2 and
 * more: both have a mean for each season too, and what recurs each period tells nothing. */
NORN_CHECKED norn_status norni_granger(const double *y, const double *x, size_t n, size_t lag,
                                       size_t period, const norni_poll *poll, norni_arena *scratch,
                                       norni_granger_result *out, norn_err *err);

#endif
