/* What one look over a series tells: how much was seen, where, how large; and scaling by a power of
 * two. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EXTENT_H
#define NORNI_EXTENT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct norni_extent {
    size_t n_seen;      /* entries that are not NaN */
    size_t first, last; /* of those; n and 0 when there is none */
    double least;       /* smallest value; inf when there is none */
    bool infinite;      /* an entry is infinite */
    /* y 2^-exponent can be squared and summed without overflow or loss; 0 (leave the bits alone)
     * for all series of common size. */
    int exponent;
} norni_extent;

norni_extent norni_extent_of(const double *y, size_t n);
/* out (n) = y 2^-exponent; NaN stays NaN. */
void norni_rescale(const double *y, size_t n, int exponent, double *out);

#endif
