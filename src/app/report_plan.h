/* The options of `norn report`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_REPORT_PLAN_H
#define NORNI_REPORT_PLAN_H

#include "app/cache_door.h"
#include "finance/finance_read.h"
#include "finance/finance_report.h"

typedef struct norni_report_opt {
    norni_cache_door_opt door;
    norni_inputs data;
    int32_t mode, dates;
    const char *models, *map, *sheet, *series;
    double level;
    /* Of a server alone, no flags: what stands in the answer in place of this moment's. */
    int64_t unix_seconds; /* 0: now */
    const char *session_id, *task_id;
    const norni_str *bytes; /* (data.n) what stands in the files, where it is in memory; or NULL */
    norni_inputs names; /* of the files, for messages, one for each; n 0: their paths' last parts */
} norni_report_opt;

extern const norni_param norni_report_rows[];
extern const size_t norni_n_report_rows;
extern const norni_param norni_report_input_rows[];
extern const size_t norni_n_report_input_rows;
/* The common rows that mean nothing here, for norni_op. */
#define NORNI_REPORT_UNLISTED "|resume|plot|chunk-size|no-escape-formulas|"

typedef struct norni_report_plan {
    const norni_report_opt *opt;
    norni_fin_read_opt read;
    norni_fin_report_opt report; /* hooks and cache are the run's */
    bool html;
} norni_report_plan;

/* Lives in the arena; the options outlive it. */
NORN_CHECKED norn_status norni_report_plan_make(const norni_op_env *env,
                                                const norni_report_opt *opt, norni_arena *arena,
                                                norni_report_plan *plan, norn_err *err);
/* Everything that an answer depends on besides the files, as text. */
void norni_report_plan_print(const norni_report_plan *plan, norni_buf *out);

#endif
