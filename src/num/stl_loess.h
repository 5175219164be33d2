/* Loess on a grid of equal steps, as STL needs it: many series at once, or one with gaps. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_STL_LOESS_H
#define NORNI_STL_LOESS_H

#include <stdint.h>

#include "base/poll.h"

typedef struct norni_loess {
    size_t window;  /* q: points in a neighbourhood, odd */
    size_t jump;    /* every jump-th point is computed, those between lie on lines */
    int32_t degree; /* 0: local mean, 1: local line */
    double *row;    /* (2 min(window, points)) scratch */
    const norni_poll *poll;
    size_t work; /* since the last poll */
} norni_loess;

/* Smooths `columns` series at once, none with gaps: point i of series j is y[i stride + j], i < n,
 * and so in out. extend: also one step before and one behind, out[-stride + j] and out[n stride +
 * j]. false: cancelled. */
bool norni_loess_block(norni_loess *l, const double *y, size_t n, size_t stride, size_t columns,
                       bool extend, double *out);

/* What is seen of one series of n points. */
typedef struct norni_loess_seen {
    size_t n, n_seen;     /* n_seen >= 1 */
    const double *pos;    /* (n_seen) ascending, in [0, n); NULL: all n */
    const double *y;      /* (n_seen) */
    const double *weight; /* (n_seen) robustness weights, or NULL */
} norni_loess_seen;

/* Smooths it at all n points into out (n); extend: into out[-1] and out[n], too. */
bool norni_loess_line(norni_loess *l, const norni_loess_seen *s, bool extend, double *out);
/* The mean square error of the values at (at most `most`) points when each is left out of its own. */
bool norni_loess_left_out(norni_loess *l, const norni_loess_seen *s, size_t most, double *error);

#endif
