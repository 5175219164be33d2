/* The options of `norn multi`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_PLAN_H
#define NORNI_MULTI_PLAN_H

#include "app/common.h"
#include "app/learner_spec.h"
#include "data/wide.h"
#include "feat/features.h"

typedef struct norni_multi_opt {
    norni_panel_opt panel; /* of its rows: time-col, sheet, delimiter, freq */
    const char *targets, *statics, *known, *drop;
    const char *future; /* what is known ahead, over the horizon */
    int32_t horizon, lookback, driver_lookback;
    norni_ints driver_lags, roll, seasons;
    bool roll_drivers, no_calendar;
    const char *model, *level;
    int32_t windows, step, refit, min_train;
    int32_t missing, outliers;
    double max_missing;
    int32_t max_features;
    bool allow_leaks, quick, etl;
    const char *output, *errors, *explain, *analyse; /* folders; a target */
    norni_ints explain_steps;
    const char *save, *load; /* model stores */
} norni_multi_opt;

extern const norni_param norni_multi_rows[];
extern const size_t norni_n_multi_rows;
extern const norni_param norni_multi_method_rows[];
extern const size_t norni_n_multi_method_rows;
/* The panel rows that mean nothing here, for norni_op. */
#define NORNI_MULTI_UNLISTED "|id-col|target-col|layout|epoch|gaps|duplicates|"

/* What to compute; everything borrowed or in the arena it was made in. */
typedef struct norni_multi_plan {
    const norni_multi_opt *opt;
    const norni_learner_spec *specs; /* (n_specs) in the order of the output's columns */
    size_t n_specs, n_learners;      /* learners among them; the others are ensembles */
    norni_doubles levels;            /* ascending, in (0,100) */
    size_t horizon;
    size_t windows, step,
        refit;                /* step 0: the horizon; refit 0: the oldest window's fit serves all */
    size_t max_features;      /* of each target's parts; 0: all */
    norni_ints explain_steps; /* each in [1, horizon] */
    norni_wide_opt wide;
    norni_features_opt features;
    uint64_t seed;
    uint32_t max_attempts;
} norni_multi_plan;

/* NORN_E_ARG: what cannot be asked for together. */
NORN_CHECKED norn_status norni_multi_opt_check(const norni_multi_opt *opt, norn_err *err);
/* NORN_E_ARG: an option that cannot be, or one without effect. */
NORN_CHECKED norn_status norni_multi_plan_make(const norni_learner_set *set,
                                               const norni_multi_opt *opt, norni_arena *arena,
                                               norni_multi_plan *plan, norn_err *err);

#endif
