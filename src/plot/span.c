/* The stretch of numbers that an axis shows: what is drawn of a value, and room around the data. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/span.h"

#include <math.h>
#include <stdbool.h>

static const double value_limit = 5e307;  /* so that differences of two values stay finite */
static const double value_least = 1e-300; /* smaller ones are drawn as 0 */

double norni_span_drawn(double v) {
    return v > value_limit ? value_limit : v < -value_limit ? -value_limit : v;
}

void norni_span_widen(norni_span *s, const double *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(v[i])) continue;
        if (v[i] < s->lo) s->lo = v[i];
        if (v[i] > s->hi) s->hi = v[i];
    }
}

norni_span norni_span_pad(norni_span s) {
    double lo = norni_span_drawn(s.lo), hi = norni_span_drawn(s.hi);
    const double size = fabs(lo) > fabs(hi) ? fabs(lo) : fabs(hi);
    double pad = 0.06 * (hi - lo);
    if (size < value_least) {
        lo = -1;
        hi = 1;
        pad = 0;
    } else if (hi - lo < size * 1e-9) {
        pad = hi > lo ? size * 1e-9 : size * 0.1; /* a constant; or the noise of rounding */
    }
    const bool from_zero = lo >= 0 && lo - pad < 0.1 * hi;
    const bool to_zero = hi <= 0 && hi + pad > 0.1 * lo;
    return (norni_span){from_zero ? 0 : lo - pad, to_zero ? 0 : hi + pad};
}
