/* The ridge learner's fit: one linear map of a target's window, one of the features, or both. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_RIDGE_STATE_H
#define NORNI_RIDGE_STATE_H

#include "models/learner.h"
#include "models/ridge/feature_columns.h"
#include "models/ridge/window_ridge.h"

typedef enum ridge_kind {
    RIDGE_LAST,     /* the last observed value */
    RIDGE_WINDOW,   /* the target's own window */
    RIDGE_FEATURES, /* the features alone */
    RIDGE_BOTH,     /* the window, and the features on what it leaves */
} ridge_kind;
enum { RIDGE_KINDS = 4, RIDGE_STEPS = 8 };

/* As parameter rows have them. */
typedef struct ridge_opt {
    norni_doubles alpha;
    norni_ints lookbacks;
    int32_t windows;   /* auto|shared|individual */
    int32_t normalise; /* last|mean|none */
    bool drivers;
} ridge_opt;
enum { RIDGE_WINDOWS_AUTO, RIDGE_WINDOWS_SHARED, RIDGE_WINDOWS_OWN };

typedef struct ridge_target {
    ridge_kind kind;
    ridge_scale scale; /* of y */
    double
        error[RIDGE_KINDS]; /* mean squared over the tail, in units of the scale; NaN: not tried */
    /* of the features, per row, for each n_step-th of the steps */
    double penalty[RIDGE_STEPS];
    const double *window;    /* (lookback, horizon), the oldest value first; NULL for FEATURES */
    size_t lookback;         /* 1 for LAST */
    const double *beta;      /* (n_columns, horizon) of standardised columns; NULL: none */
    const double *intercept; /* (horizon) */
} ridge_target;

typedef struct ridge_state {
    size_t n_targets, horizon, n_features, n_columns;
    size_t n_step;              /* by which candidates are chosen */
    const ridge_column *column; /* (n_columns) */
    ridge_target *target;       /* (n_targets) */
    size_t n_rows;              /* origins fitted on */
    size_t n_members;           /* of the windows' mixture; 0: too few rows for windows */
    window_member member[WINDOW_MOST_MEMBERS];
} ridge_state;

norn_status ridge_fit(norni_env *env, const ridge_opt *opt, const norni_lesson *l,
                      ridge_state **out, norn_err *err);
/* window (tg->lookback), oldest first: standardised values of the target up to row t; those that are
 * missing are the last ones before, or the mean. false: nothing was observed yet. */
bool ridge_window_at(const ridge_target *tg, const double *y, size_t t, double *window);
norn_status ridge_explain(norni_env *env, const ridge_state *st, const norni_lesson *l,
                          norni_lesson_part part, norni_explanation *out, norn_err *err);
norn_status ridge_contribute(norni_env *env, const ridge_state *st, const norni_lesson *at,
                             norni_lesson_part part, size_t t, double *out, norn_err *err);
norn_status ridge_save(const ridge_state *st, norni_buf *out, norn_err *err);
norn_status ridge_load(norni_env *env, norni_str saved, ridge_state **out, norn_err *err);

#endif
