/* Amdahl's law fitted to measured speed-ups, and the median of a few numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
/* G. M. Amdahl, "Validity of the single processor approach", AFIPS 1967: with a share s of the work that
 * stays serial, 1/S(p) = s + (1 - s)/p. With a = 1 - 1/p and y = 1/S - 1/p this is y = s a: least squares
 * give s = sum(a y) / sum(a a). */
#include "app/bench_amdahl.h"

#include <math.h>
#include <stdlib.h>

enum { LEAST_POINTS = 3 };

norni_amdahl norni_amdahl_fit(const int32_t *workers, const double *speed_up, size_t n) {
    norni_amdahl out = {false, n, 0, 0};
    double above = 0, below = 0, squares = 0;
    if (n < LEAST_POINTS) return out;
    for (size_t i = 0; i < n; i++) {
        if (workers[i] < 1 || !(speed_up[i] > 0) || !isfinite(speed_up[i])) return out;
        const double a = 1 - 1.0 / workers[i];
        above += a * (1 / speed_up[i] - 1.0 / workers[i]);
        below += a * a;
    }
    if (!(below > 0)) return out;
    out.serial_share = above / below;
    for (size_t i = 0; i < n; i++) {
        const double p = 1.0 / workers[i];
        const double d = 1 / speed_up[i] - (out.serial_share * (1 - p) + p);
        squares += d * d;
    }
    out.residual = sqrt(squares / (double)n);
    out.fitted = true;
    return out;
}

double norni_amdahl_speed_up(const norni_amdahl *a, double p) {
    const double s = a->serial_share > 0 ? a->serial_share : 0;
    return 1 / (s + (1 - s) / p);
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double norni_median_sort(double *v, size_t n) {
    qsort(v, n, sizeof *v, compare);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}
