/* Cross-validation: every (series, model, fold) of a panel is one item of one pool, with its own
 * outcome. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CV_H
#define NORNI_CV_H

#include "eval/conformal.h"
#include "eval/splits.h"
#include "eval/trial.h"
#include "par/batch.h"

/* Observations behind the end of every series, in place of windows inside them. */
typedef struct norni_holdout {
    const double *y;        /* (n_series, horizon), NaN = missing */
    const double *const *x; /* (n_x of the panel) columns of (n_series, horizon) */
    const char *const *why; /* (n_series) why a series cannot be scored, or NULL where it can */
} norni_holdout;

struct norni_cv;
/* Results of an earlier run; `item` as in norni_cv. */
typedef struct norni_cv_memory {
    bool (*recall)(norni_worker *worker, struct norni_cv *cv, size_t item, void *arg,
                   norni_outcome *outcome);
    norn_status (*remember)(norni_worker *worker, struct norni_cv *cv, size_t item, void *arg,
                            const norni_outcome *outcome, norn_err *err);
    void *arg;
} norni_cv_memory;

/* What to compute; everything borrowed. */
typedef struct norni_cv_plan {
    const norni_contender *contenders; /* (n_contenders) */
    size_t n_contenders;
    const norni_contender *fallback; /* NULL: none */
    norni_trial_rules rules;
    norni_splits splits;          /* without a hold-out */
    const norni_holdout *holdout; /* NULL: rolling origin */
    /* Folds of a (series, model), the oldest first: 0, refit, 2 refit ... are fitted, the others
     * moved on from the last fitted one. refit 1: every fold is fitted; 0: the oldest alone. */
    size_t refit;
    bool warm; /* fits at later folds start from the oldest fold's */
    bool describe;
    const norni_conformal *conformal; /* NULL: the models' own intervals */
    uint32_t max_attempts;
    size_t grain;
    norni_tally *tally;            /* or NULL */
    pthread_rwlock_t *room;        /* as in norni_batch_opt; or NULL */
    const norni_cv_memory *memory; /* or NULL */
} norni_cv_plan;

/* The answer for series [first, first + n_series) of the panel. Item = ((series - first) *
 * n_contenders + contender) * n_folds + fold; the last fold is the newest. A series that affords
 * fewer windows lacks the oldest folds; one that affords none has its newest fold, failed. */
typedef struct norni_cv {
    norn_ctx *ctx;
    norni_arena *arena;
    const norni_panel *panel;
    const norni_cv_plan *plan;
    size_t first, n_series, n_folds, n_items;
    double *mean;           /* (n_items, horizon); NaN where the item failed or is absent */
    double *lo, *hi;        /* (n_items, n_levels, horizon) */
    norni_outcome *outcome; /* (n_items); attempts 0: absent */
    norni_buf *kept;        /* (n_items) what `save` wrote where a later fold starts; or empty */
    char **described;       /* (n_items) parameters as text (allocated), or NULL */
    norni_effort *effort;   /* (n_items) accounts, or NULL when there are no bounds */
    norni_conformal_set conformal;
    size_t n_present, n_ok, n_fallback, n_failed;
    size_t n_without; /* items whose conformal scores were too few for an interval */
} norni_cv;

/* Numbers that the answer keeps for each series, in bytes; saturates. */
size_t norni_cv_bytes(const norni_cv_plan *plan);
/* NORN_E_ARG: a model cannot be moved on without a fit, and refit asks for that. */
NORN_CHECKED norn_status norni_cv_check(const norni_cv_plan *plan, norn_err *err);
/* `worker` as in norni_for. *out is the caller's (norni_cv_clear); after an error there is nothing to
 * clear. */
NORN_CHECKED norn_status norni_cv_run(norn_ctx *ctx, norni_worker *worker, const norni_panel *panel,
                                      size_t first, size_t n_series, const norni_cv_plan *plan,
                                      norni_arena *arena, norni_cv *out, norn_err *err);
void norni_cv_clear(norni_cv *cv);

/* Folds that the panel's series i has (at least 1). */
size_t norni_cv_folds(const norni_cv_plan *plan, const norni_panel *panel, size_t i);
static inline size_t norni_cv_max_folds(const norni_cv_plan *plan) {
    return plan->holdout ? 1 : plan->splits.n_windows;
}

/* An item taken apart. */
typedef struct norni_cv_place {
    size_t series; /* of the panel */
    size_t contender, fold;
    size_t oldest; /* fold that the series begins with */
    bool present;
    bool served;          /* false: the series affords no window at all */
    size_t begin, cutoff; /* periods [begin, cutoff) are the training set */
} norni_cv_place;
norni_cv_place norni_cv_place_of(const norni_cv *cv, size_t item);
/* What happened over the item's horizon, (horizon); NULL when it is not known. */
const double *norni_cv_actual(const norni_cv *cv, size_t item);
/* The model that served the item, or NULL when it failed. */
const norni_contender *norni_cv_served(const norni_cv *cv, size_t item);
/* The bound that stopped the item's fit, as "budget_evals"; "" when none did. */
const char *norni_cv_stop(const norni_cv *cv, size_t item);
/* What a failed item leaves behind is NaN. */
void norni_cv_blank(norni_cv *cv, size_t item);

#endif
