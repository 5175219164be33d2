/* Simple exponential smoothing over a grid of parameters at once, and the best of all of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEVEL_GRID_H
#define NORNI_LEVEL_GRID_H

#include "base/effort.h"
#include "base/poll.h"

enum { NORNI_LEVEL_LANES = 16 };

/* What every lane knows behind the n values added so far. */
typedef struct norni_level_grid {
    size_t n;
    double level[NORNI_LEVEL_LANES], slope[NORNI_LEVEL_LANES]; /* forecast, d/d alpha of it */
    double sse[NORNI_LEVEL_LANES], grad[NORNI_LEVEL_LANES];    /* objective, d/d alpha of it */
} norni_level_grid;

/* alpha of the best level between the lanes, by interpolation; *level (may be NULL) gets the
 * level there. n >= 1. */
double norni_level_grid_best(const norni_level_grid *g, double *level);
void norni_level_grid_add(norni_level_grid *g, double x); /* n = 0 and the first x sets the level */

typedef struct norni_level {
    double alpha, level, sse;
} norni_level;

/* Smooths x (n >= 1) with the given alpha. */
norni_level norni_level_run(const double *x, size_t n, double alpha);
/* The alpha in [0.1, 0.3] with the least sum of squared one-step errors; 0.1 when `effort` (may be
 * NULL) is spent. False: cancelled. */
bool norni_level_fit(const double *x, size_t n, norni_effort *effort, const norni_poll *poll,
                     norni_level *out);

#endif
