/* One trial: one model fitted to one training set (or moved on to its end), and its forecast. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TRIAL_H
#define NORNI_TRIAL_H

#include "data/panel.h"
#include "models/model.h"

/* A model with its options, as a spec names it. */
typedef struct norni_contender {
    const norni_model *model;
    const void *opt;
    int32_t season; /* in place of the series' own; 0: none given */
} norni_contender;

/* What all trials of a run share. Everything borrowed. */
typedef struct norni_trial_rules {
    size_t horizon;
    norni_doubles levels; /* ascending, in (0,100) */
    norni_ints seasons;   /* of every series; n = 0: from its frequency */
    uint64_t seed;
    uint64_t budget_evals; /* of an item's fit; 0: any number */
    int64_t budget_ns;     /* the same in time; 0: any. Results may then depend on the machine */
    const norni_holidays *holidays; /* or NULL */
    const norni_model_set *models;
} norni_trial_rules;

/* Periods [begin, cutoff) of the panel's series i as a model sees them; *season is where a single
 * season lies. */
norni_series norni_trial_series(const norni_panel *p, size_t i, size_t begin, size_t cutoff,
                                const norni_trial_rules *rules, const norni_contender *who,
                                int32_t *season);
/* The season of MASE: the first of the given ones, else the frequency's (M4). */
int32_t norni_trial_season(const norni_panel *p, size_t i, const norni_trial_rules *rules);

/* How the state at the cut-off comes about. */
typedef struct norni_trial {
    const norni_contender *who;
    norni_series
        series;     /* the training set; when it moves, what of it lies behind the saved state */
    norni_str warm; /* what `save` wrote at an earlier cut-off, or empty: a place to start from */
    bool moves;     /* no fit: the state in `warm` is moved on over `series` */
} norni_trial;

/* An account of the rules' bounds, open from now on. */
norni_effort norni_trial_effort(const norni_trial_rules *rules);
static inline bool norni_trial_bounded(const norni_trial_rules *rules) {
    return rules->budget_evals > 0 || rules->budget_ns > 0;
}
/* The distribution's arrays and the state live in env->arena. A forecast that is not finite is
 * NORN_E_NUMERIC. env->warm is overwritten. */
NORN_CHECKED norn_status norni_trial_run(norni_env *env, const norni_trial_rules *rules,
                                         const norni_trial *t, bool want_levels, norni_dist *d,
                                         void **state, norn_err *err);
/* Whether the model's states can be saved and be moved on without a fit. */
static inline bool norni_model_moves(const norni_model *m) {
    return m->save != NULL && m->load != NULL && m->update != NULL;
}

#endif
