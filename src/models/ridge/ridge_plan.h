/* The ridge learner's fit while it is made: series, ranges of origins, windows, candidates. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_RIDGE_PLAN_H
#define NORNI_RIDGE_PLAN_H

#include "models/ridge/feature_moments.h"
#include "models/ridge/ridge_state.h"

enum { RIDGE_AHEAD = 64 };

typedef struct ridge_plan {
    norni_env *env;
    const ridge_opt *opt;
    const norni_lesson *l;
    ridge_state *st;
    const double **z; /* (n_targets) of (n): scaled, the last value where one is missing */
    size_t from, to;  /* origins */
    size_t old_to,
        tail_from; /* [from, old_to) choose by [tail_from, to); tail_from = to: no tail */
    bool windows;  /* there are enough rows for them */
    size_t n_lookbacks, lookback[WINDOW_MOST_LOOKBACKS];
    window_fit early, whole; /* of the older origins, of all; without windows: the last value */
    const double *ones;      /* (horizon) */
    size_t n_step, step[RIDGE_STEPS]; /* 1, 2, ...: by which candidates are chosen */
    void *scratch;                    /* of products */
} ridge_plan;

/* Whether features alone serve better than on what the window leaves. Not where the last value is near (a
 * mean square below half the variance): alone they draw a level that has moved back to the rows' mean. */
static inline bool ridge_goes_alone(const double *error) {
    return error[RIDGE_FEATURES] < error[RIDGE_BOTH] && !(error[RIDGE_LAST] < 0.5);
}

/* Responses for features: of target `target[j]`, scaled, or less what the window says. */
typedef struct ridge_response {
    const ridge_plan *p;
    const window_fit *fit;
    size_t n;
    const size_t *target; /* (n) */
    const bool *rest;     /* (n) less the window's forecast */
    size_t from, to;      /* origins that `ahead` holds */
    double *ahead;        /* (n, RIDGE_AHEAD, horizon) */
} ridge_response;

norn_status ridge_response_init(const ridge_plan *p, const window_fit *fit, size_t n,
                                const size_t *target, const bool *rest, ridge_response *out,
                                norn_err *err);
void ridge_response_at(void *user, size_t t, const size_t *step, size_t n_step, double *out);
/* The features' candidates: their errors into the targets, and the better penalties. */
norn_status ridge_try_features(ridge_plan *p, const ridge_columns *columns, norn_err *err);
/* Fits the features of the targets that took them, to all origins. */
norn_status ridge_fit_features(ridge_plan *p, const ridge_columns *columns, norn_err *err);

#endif
