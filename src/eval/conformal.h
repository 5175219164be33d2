/* Prediction intervals from a model's own rolling-origin errors, pooled across series where a series
 * has few: a decorator for any model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CONFORMAL_H
#define NORNI_CONFORMAL_H

#include "eval/splits.h"
#include "eval/trial.h"

typedef struct norni_conformal {
    size_t windows; /* of calibration inside each training set at most, >= 1 */
    size_t step; /* periods between their cut-offs; 0: as many as the training set affords, at most
                       the horizon */
} norni_conformal;

/* Calibration windows of a training set of n periods: the newer half at most is forecast. */
norni_splits norni_conformal_splits(const norni_conformal *c, size_t n, size_t horizon);
/* Rank in n sorted scores whose value covers `level` per cent of further ones: ceil((n+1) level/100);
 * 0 when that is beyond n. */
size_t norni_conformal_rank(size_t n, double level);

/* The scores |y - forecast| / scale of many items (a training set and a model each), and what turns
 * them into intervals. Lives in the arena it was made in. */
typedef struct norni_conformal_set {
    norni_conformal how;
    size_t horizon, n_items;
    double *score; /* (n_items, windows, horizon); NaN = none */
    double *scale; /* (n_items) MASE's scale of the training set; 0: it never changes */
} norni_conformal_set;

NORN_CHECKED norn_status norni_conformal_set_init(norni_conformal_set *set, norni_arena *arena,
                                                  const norni_conformal *how, size_t horizon,
                                                  size_t n_items, norn_err *err);
/* Forecasts the calibration windows inside `s` and keeps their scores; different items may be
 * calibrated at once. A window that the model cannot serve has no score; fails for memory and cancel
 * alone. The first window's fit is where the later ones start (with `warm`). The rules' bounds hold
 * for each window by itself; env->effort and env->warm are left empty. */
NORN_CHECKED norn_status norni_conformal_calibrate(norni_conformal_set *set, size_t item,
                                                   norni_env *env, const norni_trial_rules *rules,
                                                   const norni_contender *who,
                                                   const norni_series *s, bool warm, norn_err *err);
/* The item has no scores of its own. */
void norni_conformal_blank(norni_conformal_set *set, size_t item);
/* Writes the intervals of the items listed (n), which form one pool. mean (n_items, horizon); lo, hi
 * (n_items, n_levels, horizon), NaN where the scores are too few for the level. An item's own scores
 * serve when they suffice for the widest level at every step, else the pool's. *n_without: items left
 * without an interval at some step. */
NORN_CHECKED norn_status norni_conformal_apply(const norni_conformal_set *set, const size_t *item,
                                               size_t n, const norni_doubles *levels,
                                               const double *mean, double *lo, double *hi,
                                               norni_arena *scratch, size_t *n_without,
                                               norn_err *err);

#endif
