/* `--analyse TARGET`: what a target's values look like, and what cleaning them does to its forecasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ANALYSE_H
#define NORNI_MULTI_ANALYSE_H

#include "app/common.h"
#include "data/wide.h"
#include "models/learner.h"

/* What is analysed, and with what. Borrowed. */
typedef struct norni_analyse_task {
    const norni_wide *table;
    norni_str target;             /* name of a column of numbers */
    const norni_learner *learner; /* fitted once a strategy; the registry's "ebm" */
    uint64_t seed;
    const char *folder; /* made when it is not there */
} norni_analyse_task;

/* Writes analysis.json, <target>_diagnostic_analysis.svg and
 * <target>_cleaning_strategies_comparison.svg into the folder, and appends to `text` what a person
 * reads. The oldest 80 % of the rows are learned from; each strategy cleans only these, and all are
 * measured on the same later rows, in the target's own unit. Errors: NORN_E_ARG (no such column, not
 * of numbers), NORN_E_DATA (too few values), NORN_E_IO, NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_multi_analyse(const norni_op_env *env,
                                             const norni_analyse_task *task, norni_buf *text,
                                             norn_err *err);

#endif
