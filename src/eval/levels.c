/* Interval ends from a predictive distribution. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/levels.h"

#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/sort.h"

/* Quantile of type 8 (Hyndman and Fan 1996) of sorted x: median-unbiased, as R's forecast takes it.
 */
static double quantile8(const double *x, size_t n, double p) {
    const double at = ((double)n + 1.0 / 3) * p + 1.0 / 3;
    if (at <= 1) return x[0];
    if (at >= (double)n) return x[n - 1];
    const size_t k = (size_t)at;
    if (!(x[k] - x[k - 1] <= DBL_MAX))
        return x[at - (double)k < 0.5 ? k - 1 : k]; /* no room between */
    return x[k - 1] + (at - (double)k) * (x[k] - x[k - 1]);
}

static bool is_sorted(const double *x, size_t n) {
    for (size_t i = 1; i < n; i++) {
        if (x[i - 1] > x[i]) return false;
    }
    return true;
}

void norni_levels(norni_dist *d, double level, double *lo, double *hi) {
    const double tail = (1 - level / 100) / 2, z = -norni_normal_quantile(tail);
    for (size_t h = 0; h < d->horizon; h++) {
        lo[h] = hi[h] = NORNI_NAN;
        if (d->kind == NORNI_DIST_NORMAL) {
            lo[h] = d->mean[h] - z * d->sd[h];
            hi[h] = d->mean[h] + z * d->sd[h];
        } else if (d->kind == NORNI_DIST_PATHS && d->n_paths > 0) {
            double *row = d->paths + h * d->n_paths;
            if (!is_sorted(row, d->n_paths)) norni_sort_doubles(row, d->n_paths);
            lo[h] = quantile8(row, d->n_paths, tail);
            hi[h] = quantile8(row, d->n_paths, 1 - tail);
        }
    }
}
