/* The options of an evaluation, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_PLAN_H
#define NORNI_EVALUATE_PLAN_H

#include "app/method.h"
#include "eval/standing.h"

typedef struct norni_evaluate_opt {
    norni_panel_opt panel;
    norni_method_opt method;
    int32_t horizon, windows, step, sliding, min_train, refit;
    int32_t warm, metric;
    bool expanding, by_series;
    const char *model, *level;
    const char *actual, *errors, *grid, *exogenous;
} norni_evaluate_opt;

extern const norni_param norni_evaluate_rows[];
extern const size_t norni_n_evaluate_rows;

/* The parts live in the arena it was made in. */
typedef struct norni_evaluate_plan {
    const norni_evaluate_opt *opt;
    const norni_spec *specs; /* (n_specs), as given or from the grid */
    size_t n_specs;
    size_t baseline; /* contender that OWA is against: naive2, n_specs when not asked for */
    const norni_spec *fallback; /* or NULL */
    norni_conformal conformal;
    norni_cv_plan cv; /* its contenders are the specs, then the baseline */
    const char *metric;
    const norni_str *x_cols; /* (n_x_cols) exogenous columns */
    size_t n_x_cols;
} norni_evaluate_plan;

/* Model and fallback where they were not given. */
void norni_evaluate_opt_fill(norni_evaluate_opt *opt);
/* The plan of these options, which are filled and outlive it. */
NORN_CHECKED norn_status norni_evaluate_plan_make(norn_ctx *ctx, const norni_model_set *set,
                                                  const norni_evaluate_opt *opt, norni_arena *arena,
                                                  norni_evaluate_plan *plan, norn_err *err);
/* The value of --metric: the less the better; NaN when the model has none. */
double norni_evaluate_metric(const norni_evaluate_plan *plan, const norni_standing *t);
/* The same of one series' mean scores. */
double norni_evaluate_series_metric(const norni_evaluate_plan *plan,
                                    const norni_series_standing *of, const double *mean);

#endif
