/* What one look over a series tells: how much was seen, where, how large; and scaling by a power of
 * two. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "num/extent.h"

#include <math.h>

#include "base/fp.h"

/* Squares of values within 2^+-400 and sums of 2^100 of them stay inside double's range. */
enum { PLAIN_EXPONENT = 400 };

norni_extent norni_extent_of(const double *y, size_t n) {
    norni_extent e = {.first = n, .least = NORNI_INF};
    double largest = 0;
    for (size_t t = 0; t < n; t++) {
        const double size = fabs(y[t]);
        if (isnan(size)) continue;
        if (e.n_seen == 0) e.first = t;
        e.n_seen++;
        e.last = t;
        largest = size > largest ? size : largest;
        e.least = y[t] < e.least ? y[t] : e.least;
    }
    e.infinite = isinf(largest);
    if (largest > 0 && !e.infinite) (void)frexp(largest, &e.exponent);
    if (e.exponent > -PLAIN_EXPONENT && e.exponent < PLAIN_EXPONENT) e.exponent = 0;
    return e;
}

void norni_rescale(const double *y, size_t n, int exponent, double *out) {
    for (size_t t = 0; t < n; t++)
        out[t] = exponent ? ldexp(y[t], -exponent) : y[t];
}
