/* How several forecasts become one: medians, means and weighted means of what is there. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BLEND_H
#define NORNI_BLEND_H

#include <stddef.h>

typedef enum norni_blend { NORNI_BLEND_MEDIAN, NORNI_BLEND_MEAN } norni_blend;

/* Of column c of x (n, columns) row-major, n <= NORNI_MEMBERS_MOST, NaN left out; NaN when all are. */
double norni_blend_column(norni_blend how, const double *x, size_t n, size_t columns, size_t c);
/* The same weighted; the weights (n, >= 0) of what is missing go to the others in proportion. */
double norni_blend_weighted(const double *weight, const double *x, size_t n, size_t columns,
                            size_t c);

#endif
