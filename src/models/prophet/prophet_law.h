/* How a trend's changes behind the history are drawn, row after row, for many draws side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_LAW_H
#define NORNI_PROPHET_LAW_H

#include <math.h>

#include "base/rng.h"
#include "models/prophet/prophet_predict.h"

/* The law of the changes. */
typedef struct norni_prophet_changes {
    size_t first;  /* row behind the history (t > 1); n when there is none, or nothing changes */
    double step;   /* the mean distance of those rows, or of the history's when there is one */
    double chance; /* STEPS: of a change at a row, in [0, 1] */
    double rate;   /* POISSON: changes in a unit of t */
    double scale;  /* of the Laplace distribution of a change: the mean size of the history's */
} norni_prophet_changes;

norni_prophet_changes norni_prophet_changes_of(const norni_prophet_fitted *fitted,
                                               const norni_prophet_design *design);

/* What a walk goes over. */
typedef struct norni_prophet_way {
    norni_prophet_changes law;
    bool poisson;
    bool even;       /* STEPS: rows are taken as law.step apart, as Prophet does in linear growth */
    size_t n;        /* rows behind the history, >= 1 */
    const double *t; /* (n) of them */
    norni_rng rng;
} norni_prophet_way;

typedef struct norni_prophet_walk norni_prophet_walk;

/* n draws before the first of these rows; in the arena. */
NORN_CHECKED norn_status norni_prophet_walk_start(norni_arena *arena, const norni_poll *poll,
                                                  const norni_prophet_way *way, size_t n,
                                                  norni_prophet_walk **out, norn_err *err);
/* Moves on to the next row; returns (n) what the changes have added to the trend's argument there. */
const double *norni_prophet_walk_on(norni_prophet_walk *w);

/* Draw d's normal at row i is draw i 2^32 + d of the stream; its changes come from blocks of the
 * upper half, which no row's normals reach. */
static inline uint64_t norni_prophet_noise_at(size_t row) {
    return (uint64_t)row << 32;
}

/* And draw d's normal for coordinate c of the estimates: behind those of 2^31 rows. */
static inline uint64_t norni_prophet_estimate_at(size_t c) {
    return UINT64_C(1) << 63 | (uint64_t)c << 32;
}

/* sqrt(a^2 + b^2) without overflow. */
static inline double norni_prophet_length(double a, double b) {
    const double x = fabs(a), y = fabs(b), large = x > y ? x : y, ratio = (x > y ? y : x) / large;
    return large > 0 ? large * sqrt(1 + ratio * ratio) : 0;
}

/* What is normal of y in row i: the noise, and the estimates' uncertainty. */
static inline double norni_prophet_noise(const norni_prophet_parts *parts, size_t i, double noise) {
    return parts->yhat_sd ? norni_prophet_length(parts->yhat_sd[i], noise) : noise;
}

/* Bounds of STEPS' distribution without draws (prophet_moments.c). Not for logistic growth with rows
 * behind the history. */
NORN_CHECKED norn_status norni_prophet_exact_bounds(norni_arena *arena, const norni_poll *poll,
                                                    const norni_prophet_fitted *fitted,
                                                    const norni_prophet_design *design,
                                                    const norni_prophet_parts *parts, double width,
                                                    const norni_prophet_bounds *out, norn_err *err);

#endif
