/* Ridge on lag windows of many channels in closed form: look-backs, penalties and their mixture. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WINDOW_RIDGE_H
#define NORNI_WINDOW_RIDGE_H

#include "models/model.h"
#include "models/ridge/window_moments.h"

enum { WINDOW_MOST_LOOKBACKS = 8, WINDOW_MOST_MEMBERS = 2 * WINDOW_MOST_LOOKBACKS };

/* What to fit on what. Rows are origins; an origin t forecasts rows t + 1 to t + horizon. */
typedef struct window_plan {
    size_t n_channels, horizon;
    const double *const *x; /* (n_channels) standardised, nothing missing */
    size_t n_lookbacks;
    const size_t *lookback; /* (n_lookbacks) ascending, each >= 2 */
    window_norm norm;
    size_t n_penalties;
    const double *penalty;        /* (n_penalties) per window, ascending, > 0 */
    bool shared, individual, mix; /* members; mix: weights on them all, else the best alone */
    size_t train_to;              /* origins [lookback - 1, train_to) choose */
    size_t tail_from, tail_to; /* by what they make of these; none: the third penalty, all equal */
    size_t fit_to;             /* [lookback - 1, fit_to) are fitted at last */
} window_plan;

typedef struct window_member {
    bool individual;
    size_t lookback;
    double penalty;    /* of all channels, or of the first */
    double tail_error; /* mean squared, over channels and steps (32 of them at most) */
    double weight;     /* in the mixture */
} window_member;

typedef struct window_fit {
    size_t lookback, horizon, n_channels;
    /* (n_channels) of (lookback, horizon), the oldest value first; the same array for each when all
     * is shared */
    const double **weight;
    size_t n_members;
    window_member member[WINDOW_MOST_MEMBERS];
    double tail_error; /* of the mixture; NaN: there was no tail */
} window_fit;

/* *out in env->arena. also (may be NULL): what was chosen, fitted to origins below also_to, too.
 * Errors: NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status window_ridge_fit(norni_env *env, const window_plan *p, window_fit *out,
                                          size_t also_to, window_fit *also, norn_err *err);
/* out (to - from, horizon): forecasts of channel c, whose values are x, from origins [from, to), from
 * >= lookback - 1. scratch: of products (num/gemm.h). */
void window_ridge_apply(const window_fit *f, size_t c, const double *x, size_t from, size_t to,
                        double *out, void *scratch);
/* w (k), none below 0, sum 1, that makes w' q w least; q (k, k) symmetric, positive semidefinite. */
void window_mix(const double *q, size_t k, double *w);

#endif
