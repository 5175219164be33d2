/* An intermittent series as its demands, their smoothed sizes, and sample paths of what may come. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_DEMAND_H
#define NORNI_DEMAND_H

#include "base/pack.h"
#include "models/model.h"

typedef struct norni_demand {
    size_t n_seen; /* observed periods: the clock of these models stands still in the others */
    size_t n;      /* of those, with demand */
    size_t *at;    /* (n) their places among the observed, from 1 */
    double *size;  /* (n) scaled */
    int exponent;  /* y = size 2^exponent */
} norni_demand;

/* Refuses values below 0, infinite ones, and a series without any value. */
norn_status norni_demand_read(const norni_series *s, const char *part, norni_arena *arena,
                              norni_demand *out, norn_err *err);
double norni_demand_scaled(double y, int exponent);
/* The same for values that come later, and for any that the scale cannot hold. */
norn_status norni_demand_check(const norni_series *more, int exponent, const char *part,
                               norn_err *err);

enum { NORNI_SIZES_KEPT = 512 };

/* Sizes of demands under simple exponential smoothing, and the last of them. */
typedef struct norni_sizes {
    double alpha, level; /* level: forecast of the next size; 0 before the first */
    double rest;         /* the level before the oldest size kept */
    uint64_t total;
    double kept[NORNI_SIZES_KEPT]; /* a ring; the newest at (total - 1) % KEPT */
} norni_sizes;

void norni_sizes_init(norni_sizes *s, double alpha);
void norni_sizes_add(norni_sizes *s, double x);
/* A size by its weight in the level; u uniform in (0,1). */
double norni_sizes_draw(const norni_sizes *s, double u);
void norni_sizes_pack(const norni_sizes *s, norni_buf *out);
void norni_sizes_unpack(norni_unpack *u, norni_sizes *s);

/* The point forecast `mean` (scaled) for every period, and around it n_paths sample paths. */
norn_status norni_demand_ahead(norni_env *env, const norni_sizes *sizes, double mean, int exponent,
                               size_t n_paths, bool want_levels, size_t horizon, norni_dist *out,
                               norn_err *err);

#endif
