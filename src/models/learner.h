/* The vtable of models that forecast several targets from drivers, directly for every step of the horizon. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEARNER_H
#define NORNI_LEARNER_H

#include "feat/features.h"
#include "models/explanation.h"
#include "models/model.h"

struct norni_bins; /* feat/bins.h */

/* What may be learned from: rows [0, n), all of them known at the origin row n - 1. Borrowed. */
typedef struct norni_lesson {
    size_t n;
    size_t n_targets, horizon, lookback;
    const norni_str *target_name; /* (n_targets) */
    const double *const *y;       /* (n_targets) columns of (n) or more; NaN = missing */
    const norni_features
        *x; /* n_rows >= n; rows beyond n - 1 are not to be read, but for shifted columns */
    const norni_features *all; /* NULL, or those that x was chosen from: their names alone count */
    const struct norni_bins *bins; /* of x over rows [first, n), when the learner wants them */
    size_t n_season;
    const int32_t *season; /* (n_season) as norni_series */
    int64_t start;
    norni_freq freq;
    const int64_t *times; /* (n + horizon) microseconds or indices of the rows */
    uint64_t key; /* of this lesson's random streams: a hash of its content, never a position */
} norni_lesson;

/* One thing that is fitted: every target and step (whole), or one target at one step. */
typedef struct norni_lesson_part {
    size_t target, step; /* step in [1, horizon]; 0 when whole */
} norni_lesson_part;

typedef struct norni_learner norni_learner;
struct norni_learner {
    const char *name, *summary, *source;
    const norni_param *params;
    size_t n_params, opt_size;
    bool whole; /* fits all targets and steps at once; else a part is (target, step) */
    bool wants_bins;
    bool missing;     /* serves NaN in features; others get them filled */
    bool seasonal;    /* its forecasts depend on the lesson's seasons: specs may give [m] */
    int32_t max_bins; /* wanted of bins; 0 = its option `max-bins` says */
    norn_status (*validate)(const void *opt, const norni_lesson *l, norn_err *err);
    double (*cost)(const void *opt, const norni_lesson *l); /* of a part, in ns */
    size_t (*memory)(const void *opt,
                     const norni_lesson *l); /* of a part while it is fitted, bytes */
    /* Fits a part; *state in env->arena. Parts of it (bags, restarts, blocks of windows) run through
     * env->share, begun costliest first. Rows t in [x->first, n - step) with y[target][t + step]
     * observed are its examples. */
    norn_status (*fit)(norni_env *env, const void *opt, const norni_lesson *l,
                       norni_lesson_part part, void **state, norn_err *err);
    /* Forecasts from origin row t of `at` (t may lie behind the rows that were learned from: same
     * columns, more rows). whole: out (n_targets, horizon), row-major; else out[0]. */
    norn_status (*predict)(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                           double *out, norn_err *err);
    /* The terms whose sum is the forecast; NULL when there is no such thing. whole: of `part`. */
    norn_status (*explain)(norni_env *env, const void *state, const norni_lesson *l,
                           norni_lesson_part part, norni_explanation *out, norn_err *err);
    /* What each term (as in explain) gives to the forecast from origin row t, out (n_terms); their
     * sum and the intercept are the forecast. */
    norn_status (*contribute)(norni_env *env, const void *state, const norni_lesson *at,
                              norni_lesson_part part, size_t t, double *out, norn_err *err);
    void (*describe)(const void *state, char *out, size_t size);
    /* Rows up to and with the origin that a forecast looks at; NULL: those of x alone. */
    size_t (*reach)(const void *state, const norni_lesson *at);
    norn_status (*save)(const void *state, norni_buf *out, norn_err *err);
    norn_status (*load)(norni_env *env, const void *opt, norni_str saved, void **state,
                        norn_err *err);
};

typedef struct norni_learner_set {
    const norni_learner *const *learners; /* (n) */
    size_t n;
} norni_learner_set;

#endif
