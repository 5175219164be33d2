/* Prophet's trend at any times, and how it moves with its argument. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_TREND_H
#define NORNI_PROPHET_TREND_H

#include "models/prophet/prophet_types.h"

/* Doubles of scratch for a trend with n_change changepoints. */
static inline size_t norni_prophet_trend_scratch(size_t n_change) {
    return 2 * (n_change + 2);
}

/* out (n): the scaled trend at t (n), in any order (ascending is fastest). cap (n) is read under
 * logistic growth alone, change (n_change, ascending) and delta (n_change) not under flat growth.
 * scratch (norni_prophet_trend_scratch). Finite wherever the estimates, t and cap are and their
 * products do not overflow; a logistic trend has no singular point. */
void norni_prophet_trend(norni_prophet_growth growth, size_t n, const double *t, const double *cap,
                         double k, double m, size_t n_change, const double *change,
                         const double *delta, double *scratch, double *out);
/* The same, and slope (n): the derivative of the trend in its argument z (prophet_trend.c), which is
 * 1 unless logistic. Those of z in the estimates are
 *   linear:   dz/dk = t      dz/dm = 1
 *   logistic: dz/dk = t - m  dz/dm = -k      both: dz/ddelta_j = max(t - s_j, 0)
 *   flat:     dz/dk = 0      dz/dm = 1             dz/ddelta_j = 0 */
void norni_prophet_trend_slope(norni_prophet_growth growth, size_t n, const double *t,
                               const double *cap, double k, double m, size_t n_change,
                               const double *change, const double *delta, double *scratch,
                               double *out, double *slope);

#endif
