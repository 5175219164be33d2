/* How well each model of a run forecast each target, out of fold. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_SCORE_H
#define NORNI_MULTI_SCORE_H

#include "app/evaluate_table.h"
#include "app/multi_job.h"
#include "eval/step_scores.h"

/* Measures on the targets' own scale, and scaled ones (eval/step_scores.h). */
typedef struct norni_multi_metrics {
    size_t n_specs, n_targets, horizon;
    double *score; /* (n_specs, n_targets, 1 + horizon, NORNI_STEP_SCORES): all steps, then each */
    size_t *n;     /* (n_specs, n_targets, 1 + horizon) pairs counted */
    double *mean;  /* (n_specs, NORNI_STEP_SCORES) over the targets that have it; NaN where the
                      targets' units differ */
    /* MAE over that of the list's `naive` for the same target and rows; NaN where there is no `naive`,
     * or its MAE is 0 */
    double *relative;      /* (n_specs, n_targets, 1 + horizon) */
    double *relative_mean; /* (n_specs) geometric mean over targets, all steps */
    bool has_relative;
} norni_multi_metrics;
#define NORNI_MULTI_RELATIVE "rel_mae"

/* In j->arena. */
NORN_CHECKED norn_status norni_multi_metrics_make(const norni_multi_job *j, norni_multi_metrics *m,
                                                  norn_err *err);
static inline const double *norni_multi_score(const norni_multi_metrics *m, size_t spec,
                                              size_t target, size_t step) {
    return m->score +
           ((spec * m->n_targets + target) * (1 + m->horizon) + step) * NORNI_STEP_SCORES;
}
/* model,target,step,n, the measures and rel_mae: a row for each model's mean over targets, each (model,
 * target), and each step of these; t is open. */
NORN_CHECKED norn_status norni_multi_metrics_table(const norni_multi_job *j,
                                                   const norni_multi_metrics *m, norni_table_out *t,
                                                   norn_err *err);
/* A table for people: model x accuracy, errors, seconds. */
void norni_multi_metrics_words(const norni_multi_job *j, const norni_multi_metrics *m,
                               norni_buf *b);
/* Seconds that the pool spent on parts of the spec. */
double norni_multi_seconds(const norni_multi_job *j, size_t spec);

#endif
