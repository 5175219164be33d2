/* Accuracy measures of one series' forecast, as plain kernels. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_METRICS_H
#define NORNI_METRICS_H

#include <stddef.h>

/* All: y (n) what happened, f (n) the forecast. A missing y leaves its pair out; a missing f (or
 * interval end) makes the measure NaN, so that no model gains by keeping silent. NaN when no pair is
 * left. */

/* Per cent: mean of 200 |y-f| / (|y|+|f|), 0/0 = 0 (M4). */
double norni_smape(const double *y, const double *f, size_t n);
double norni_mae(const double *y, const double *f, size_t n);
double norni_rmse(const double *y, const double *f, size_t n);
/* Per cent: mean of 100 |y-f| / |y| over y != 0. */
double norni_mape(const double *y, const double *f, size_t n);
/* MAE / scale; NaN unless scale > 0. */
double norni_mase(const double *y, const double *f, size_t n, double scale);
/* MASE's scale: mean of |y_t - y_{t-m}| over the pairs of the training series y (n); NaN when there
 * is none. */
double norni_mase_scale(const double *y, size_t n, size_t m);
/* Mean scaled interval score (M4) of [lo, hi] (n) at `level` in (0,100); NaN unless scale > 0. */
double norni_msis(const double *y, const double *lo, const double *hi, size_t n, double level,
                  double scale);
/* Mean pinball loss of the forecast quantile q (n) at p in (0,1). */
double norni_pinball(const double *y, const double *q, size_t n, double p);
/* Share of y inside [lo, hi] (n), ends included. */
double norni_coverage(const double *y, const double *lo, const double *hi, size_t n);
/* First period with a value other than 0 and not missing: where M5 lets a series begin; n: there is
 * none. */
size_t norni_first_demand(const double *y, size_t n);
/* RMSSE's scale (M5): root of the mean of (y_t - y_{t-1})^2 over the pairs of the training series
 * y (n); NaN when there is none. */
double norni_rmsse_scale(const double *y, size_t n);
/* RMSE / scale; NaN unless scale > 0. */
double norni_rmsse(const double *y, const double *f, size_t n, double scale);
/* Mean pinball loss over n_q quantile forecasts q (n_q, n) at p (n_q), divided by the scale: with
 * norni_mase_scale(.., 1) it is M5's SPL averaged over its quantiles. NaN unless scale > 0. */
double norni_scaled_pinball(const double *y, const double *q, size_t n, const double *p, size_t n_q,
                            double scale);
/* sum w x / sum w over x, w (n): WRMSSE of RMSSE, WSPL of SPL, with the series' shares of the turnover as
 * weights (>= 0). An x that is NaN counts unless its weight is 0. */
double norni_weighted_mean(const double *x, const double *w, size_t n);
/* Overall weighted average: the mean of the two ratios to naive2's means (M4). */
double norni_owa(double smape, double mase, double naive2_smape, double naive2_mase);

#endif
