/* An EBM's options: interpret's defaults, and what is allowed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "models/ebm/ebm_bags.h"

norni_ebm_opt norni_ebm_opt_default(void) {
    return (norni_ebm_opt){
        .max_bins = 1024,
        .max_interaction_bins = 64,
        .interactions = -5,
        .outer_bags = 14,
        .validation_size = 0.15,
        .validation = NORNI_EBM_RANDOM,
        .learning_rate = 0.04,
        .greedy_ratio = 10,
        .smoothing_rounds = 500,
        .interaction_smoothing_rounds = 100,
        .max_rounds = 50000,
        .early_stopping_rounds = 100,
        .early_stopping_tolerance = 1e-5,
        .min_samples_leaf = 4,
        .gain_scale = 5,
        .min_cat_samples = 10,
        .cat_smooth = 10,
        .missing = NORNI_EBM_SEPARATE,
        .max_leaves = 2,
        .shuffle = true,
    };
}

/* A row of what is allowed: NaN is never. */
typedef struct allowed {
    const char *name;
    double value, least, most;
} allowed;

norn_status ebm_check(const norni_ebm_opt *o, const norni_ebm_task *t, norn_err *err) {
    const allowed rows[] = {
        {"outer-bags", o->outer_bags, 1, 100000},
        {"validation-size", o->validation_size, 0, 1e15},
        {"validation", o->validation, NORNI_EBM_RANDOM, NORNI_EBM_BLOCKS},
        {"learning-rate", o->learning_rate, 1e-12, 1},
        {"greedy-ratio", o->greedy_ratio, 0, 1e9},
        {"smoothing-rounds", o->smoothing_rounds, 0, 1e9},
        {"interaction-smoothing-rounds", o->interaction_smoothing_rounds, 0, 1e9},
        {"max-rounds", o->max_rounds, 0, 1e9},
        {"early-stopping-rounds", o->early_stopping_rounds, 0, 1e6},
        {"early-stopping-tolerance", o->early_stopping_tolerance, -1e9, 1e9},
        {"min-samples-leaf", o->min_samples_leaf, 0, 2e9},
        {"min-hessian", o->min_hessian, 0, 1e300},
        {"reg-alpha", o->reg_alpha, 0, 1e300},
        {"reg-lambda", o->reg_lambda, 0, 1e300},
        {"max-delta-step", o->max_delta_step, 0, 1e300},
        {"gain-scale", o->gain_scale, 0, 1e300},
        {"min-cat-samples", o->min_cat_samples, 0, 1e300},
        {"cat-smooth", o->cat_smooth, 0, 1e300},
        {"missing", o->missing, NORNI_EBM_SEPARATE, NORNI_EBM_GAIN},
        {"max-leaves", o->max_leaves, 1, 65535},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const allowed *r = &rows[i];
        if (!(r->value >= r->least && r->value <= r->most))
            return norn_fail(err, NORN_E_ARG, "ebm: %s=%g is outside [%g, %g]", r->name, r->value,
                             r->least, r->most);
    }
    if (t->n == 0 || t->mains == NULL || t->y == NULL)
        return norn_fail(err, NORN_E_DATA, "ebm: there is no row to learn from");
    if (t->row == NULL && t->mains->n < t->n)
        return norn_fail(err, NORN_E_ARG, "ebm: %zu rows of bins, %zu wanted", t->mains->n, t->n);
    for (size_t i = 0; i < t->n; i++) {
        if (!isfinite(t->y[i]) || (t->init && !isfinite(t->init[i])))
            return norn_fail(err, NORN_E_DATA, "ebm: y is not a number in row %zu", i);
        if (t->weight && !(t->weight[i] > 0 && isfinite(t->weight[i])))
            return norn_fail(err, NORN_E_DATA, "ebm: weight=%g in row %zu is not above 0",
                             t->weight[i], i);
    }
    return NORN_OK;
}
