/* Items of an evaluation told to who watches, each when it is done. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_TELL_H
#define NORNI_EVALUATE_TELL_H

#include "app/evaluate_plan.h"

typedef struct norni_evaluate_tell {
    const norni_op_env *env; /* its `item` is called, one call at a time */
    const norni_evaluate_plan *plan;
    norni_cv_memory hooks; /* for the plan; its arg is this struct, which must stay where it is */
    pthread_mutex_t lock;
} norni_evaluate_tell;

/* {"id", "status", "model", "spec", "cutoff", "mean": […], "lo-95": […], "hi-95": […]} of each (series, model, fold). Does nothing
 * where nobody watches, or where a run folder has the plan's hooks. */
void norni_evaluate_tell_init(norni_evaluate_tell *t, const norni_op_env *env,
                              norni_evaluate_plan *plan);
void norni_evaluate_tell_clear(norni_evaluate_tell *t);

#endif
