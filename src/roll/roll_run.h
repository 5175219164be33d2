/* Rolling operations over columns and groups: which call does what, on how many cores. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_RUN_H
#define NORNI_ROLL_RUN_H

#include "par/pool.h"
#include "roll/roll_bounds.h"
#include "roll/roll_ops.h"

/* Groups lie one behind the other; no window reaches out of its group. */
typedef struct norni_roll_groups {
    const size_t *offsets; /* (n_groups + 1) */
    size_t n_groups;
    const int64_t *times; /* (rows of all groups), ascending in each; read for a SPAN alone */
} norni_roll_groups;

/* One operation on one column. */
typedef struct norni_roll_task {
    const norni_roll_op *op;
    const double *x, *other; /* by offset; other NULL: none */
    double *out;             /* (offsets[n_groups] - offsets[0]); overlaps nothing */
} norni_roll_task;

/* The same bits at any number of workers. `worker` as in norni_for. NORN_E_MEM, NORN_E_CANCEL; `spec`
 * is checked and times ascend. */
NORN_CHECKED norn_status norni_roll_run(norn_ctx *ctx, norni_worker *worker,
                                        const norni_roll_groups *groups,
                                        const norni_roll_spec *spec, const norni_roll_task *tasks,
                                        size_t n_tasks, norn_err *err);

#endif
