/* One call of `norn multi` from its options to its answer, whoever reads the table. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_CALL_H
#define NORNI_MULTI_CALL_H

#include "app/multi_answer.h"
#include "app/multi_kept.h"
#include "app/multi_run.h"
#include "app/multi_score.h"

typedef struct norni_multi_call {
    const norni_op_env *env;
    norni_multi_opt opt; /* filled */
    norni_arena arena;   /* of everything below */
    norni_multi_plan plan;
    norni_multi_kept kept; /* of --load */
    norni_multi_table table;
    norni_multi_job job;
    norni_multi_metrics metrics;
    norni_multi_answer answer;
    norni_str *model_names; /* (n_specs) */
    bool input_failed;      /* the status is about the table */
} norni_multi_call;

/* c is zero; clear is due whatever is returned. Options are checked, kept learners opened. */
NORN_CHECKED norn_status norni_multi_call_begin(norni_multi_call *c, const norni_op_env *env,
                                                const norni_multi_opt *opt, norn_err *err);
/* c->table.wide and its report are there: roles of kept learners, leaks, features, origins. */
NORN_CHECKED norn_status norni_multi_call_table(norni_multi_call *c, norn_err *err);
/* Everything is fitted, forecast, mixed and scored; store and tally may be NULL. */
NORN_CHECKED norn_status norni_multi_call_run(norni_multi_call *c, norni_run_store *store,
                                              norni_hash128 plan_key, norni_tally *tally,
                                              norn_err *err);
/* Out-of-fold forecasts beside what happened. */
norni_multi_scores norni_multi_call_scores(const norni_multi_call *c);
/* All reasons as one list, in c->arena: by target, model, step. */
NORN_CHECKED norn_status norni_multi_call_reasons(norni_multi_call *c, norni_multi_reason **out,
                                                  size_t *n, norn_err *err);
void norni_multi_call_clear(norni_multi_call *c);

#endif
