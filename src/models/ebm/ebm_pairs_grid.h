/* Two columns of one bag laid out as a grid of bins: what FAST and the pairs' trees both stand on. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_PAIRS_GRID_H
#define NORNI_EBM_PAIRS_GRID_H

#include "models/ebm/ebm_stages.h"
#include "models/ebm/ebm_step.h"

/* A larger table than this is no pair's. */
enum { NORNI_EBM_CELLS_MOST = 1 << 20 };

/* Columns of the pairs' bins for one bag's rows, gathered so that rows are read side by side. The bins
 * of an axis that take part are [least, least + n): those of values, bin 0 only where a row of the bag
 * has no value, the last only where a row's value was not seen. */
typedef struct norni_ebm_side {
    uint32_t least, n;
    uint32_t n_bins;     /* of the whole axis */
    const uint16_t *bin; /* (n_train + n_validate), counted from `least` */
} norni_ebm_side;

/* out (task->pairs->n_columns); columns that `wanted` (n_columns) does not ask for are left empty. */
NORN_CHECKED norn_status norni_ebm_sides(norni_env *env, const norni_ebm_task *task,
                                         const norni_ebm_bag *bag, const bool *wanted,
                                         norni_ebm_side *out, norn_err *err);

/* By how much that step lowers the loss, times 2. */
static inline double norni_ebm_worth(const norni_ebm_opt *o, double g, double w) {
    const double s = norni_ebm_shrunk(o, g), h = w + o->reg_lambda;
    if (o->max_delta_step > 0) {
        const double u = norni_ebm_step(o, g, w);
        return -u * (2 * s + u * h);
    }
    return s / h * s;
}

#endif
