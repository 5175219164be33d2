/* How several forecasts become one: medians, means and weighted means of what is there. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/combine/blend.h"

#include <math.h>

#include "base/fp.h"
#include "models/combine/members.h"

/* Inserts in order; halves and shares before sums, so that values near the largest do not overflow. */
static double median_of(double *v, size_t n) {
    for (size_t k = 1; k < n; k++) {
        const double x = v[k];
        size_t at = k;
        for (; at > 0 && v[at - 1] > x; at--)
            v[at] = v[at - 1];
        v[at] = x;
    }
    return n % 2 ? v[n / 2] : v[n / 2 - 1] / 2 + v[n / 2] / 2;
}

double norni_blend_column(norni_blend how, const double *x, size_t n, size_t columns, size_t c) {
    double seen[NORNI_MEMBERS_MOST], sum = 0;
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        if (!isnan(x[k * columns + c])) seen[count++] = x[k * columns + c];
    }
    if (count == 0) return NORNI_NAN;
    if (how == NORNI_BLEND_MEDIAN) return median_of(seen, count);
    for (size_t k = 0; k < count; k++)
        sum += seen[k] / (double)count;
    return sum;
}

double norni_blend_weighted(const double *weight, const double *x, size_t n, size_t columns,
                            size_t c) {
    double total = 0, sum = 0;
    for (size_t k = 0; k < n; k++) {
        if (!isnan(x[k * columns + c])) total += weight[k];
    }
    if (!(total > 0)) return norni_blend_column(NORNI_BLEND_MEDIAN, x, n, columns, c);
    for (size_t k = 0; k < n; k++) {
        if (!isnan(x[k * columns + c])) sum += x[k * columns + c] * (weight[k] / total);
    }
    return sum;
}
