/* The options of `rolling`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLLING_PLAN_H
#define NORNI_ROLLING_PLAN_H

#include "app/common.h"
#include "roll/roll_run.h"

typedef struct norni_rolling_opt {
    norni_panel_opt panel;
    const char *window, *op, *cols;
    int32_t min_periods, closed;
    bool center;
} norni_rolling_opt;

extern const norni_param norni_rolling_rows[];
extern const size_t norni_n_rolling_rows;

/* What to compute; texts lie in the arena or are the options', all with a NUL behind them. */
typedef struct norni_rolling_plan {
    const char *window; /* as given, or "" when only ewm is asked for */
    norni_roll_spec spec;
    norni_roll_op *ops; /* (n_ops) */
    size_t n_ops;
    norni_str target; /* the target column's name */
    norni_str
        *x_names; /* (n_x) further columns that are read; the first n_cols of them are rolled */
    size_t n_x, n_cols;
    size_t *other; /* (n_ops) the second column: 0 the target, k + 1 = x_names[k], SIZE_MAX none */
    norni_str *names; /* (n_out) result columns: those of the target, then of each rolled column */
    size_t n_out;     /* n_ops * (1 + n_cols) */
    bool escape;
    size_t n_batches;  /* alive at once in a streamed run */
    size_t late_cells; /* a batch of more has its text made piece by piece, while it is written */
} norni_rolling_plan;

/* NORN_E_ARG: an operation, window or column that cannot be. */
NORN_CHECKED norn_status norni_rolling_plan_make(const norni_rolling_opt *opt, norni_arena *arena,
                                                 norni_rolling_plan *plan, norn_err *err);

#endif
