/* The run folder of an evaluation: its items' results as records, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_RECORD_H
#define NORNI_EVALUATE_RECORD_H

#include "app/evaluate_plan.h"
#include "store/run_store.h"

typedef struct norni_evaluate_memory {
    norni_cv_memory hooks; /* for the plan; its arg is this struct, which must stay where it is */
    norni_run_store *store;
    norni_hash128 plan_key; /* of everything but the data that bears on a result */
} norni_evaluate_memory;

/* Opens --resume's folder; without one *out is empty and the plan is left alone. */
NORN_CHECKED norn_status norni_evaluate_memory_open(const norni_op_env *env,
                                                    norni_evaluate_plan *plan,
                                                    const norni_inputs *in,
                                                    norni_evaluate_memory *out, norn_err *err);
NORN_CHECKED norn_status norni_evaluate_memory_close(norni_evaluate_memory *m, norn_err *err);

#endif
