/* The stretch of numbers that an axis shows: what is drawn of a value, and room around the data. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SPAN_H
#define NORNI_SPAN_H

#include <stddef.h>

/* lo > hi: nothing finite was seen. */
typedef struct norni_span {
    double lo, hi;
} norni_span;

static inline norni_span norni_span_none(void) {
    return (norni_span){__builtin_inf(), -__builtin_inf()};
}
/* A value as it is drawn: cut so that differences of two stay finite. */
double norni_span_drawn(double v);
/* Takes in the finite ones of v (n). */
void norni_span_widen(norni_span *s, const double *v, size_t n);
/* Some room above and below, never an empty range, and the zero line where it is near: lo < hi, fit
 * for norni_ticks_number. lo <= hi. */
norni_span norni_span_pad(norni_span s);

#endif
