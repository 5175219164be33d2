/* What the parts of rolling minima and maxima share: values made ready, and fixed windows in lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_EXTREME_LANES_H
#define NORNI_ROLL_EXTREME_LANES_H

#include "base/fp.h"
#include "roll/roll.h"

/* Everything is a minimum of ready values: maxima flip the sign, missing values are infinite, and -0
 * becomes 0, so that the order of comparisons never shows in the bits. */
static inline double norni_roll_extreme_ready(double v, bool flip) {
    const double ready = flip ? 0.0 - v : v + 0.0;
    return norni_roll_missing(v) ? NORNI_INF : ready;
}

/* Fixed windows: element e is x[first + e], and infinite outside of x. */
typedef struct norni_roll_extreme_fixed {
    const double *x;
    size_t n;               /* values */
    ptrdiff_t first;        /* where window 0 begins; may lie outside */
    size_t length;          /* 1 .. n */
    bool flip;              /* a maximum */
    bool plain;             /* without SIMD, for the tests */
    bool missing;           /* out: some value was missing */
    const norni_poll *poll; /* asked between pieces of a sweep over long windows */
    bool cancelled;         /* out: the answers are not whole */
} norni_roll_extreme_fixed;

/* Doubles of scratch that a sweep needs; none for short windows. */
size_t norni_roll_extreme_scratch(size_t length, size_t n_out);
/* out[k] = the minimum (or maximum) of elements k .. k + length - 1, NaN where none is valid. */
void norni_roll_extreme_sweep(norni_roll_extreme_fixed *f, size_t n_out, double *scratch,
                              double *out);
/* The same for the place of the first such element, for short windows (length at most
 * NORNI_ROLL_EXTREME_SHORT): out[k] = place from 0, NaN where none is valid. */
enum { NORNI_ROLL_EXTREME_SHORT = 20 };
void norni_roll_extreme_place(norni_roll_extreme_fixed *f, size_t n_out, double *out);

#endif
