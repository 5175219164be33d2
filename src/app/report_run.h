/* A report from files to bytes: read, forecast, tell, keep. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_REPORT_RUN_H
#define NORNI_REPORT_RUN_H

#include "app/report_kept.h"

/* How a run went, beside its answer. */
typedef struct norni_report_course {
    bool whole; /* the answer was kept: nothing was read or forecast */
    bool input_failed;
    size_t n_hits, n_misses; /* of the cache */
    double forecast_seconds;
    int32_t workers;
} norni_report_course;

/* The files of opt->data (patterns are expanded) to JSON or a page in out->body, which is the caller's to clear
 * (norni_report_answer_clear) in any case. env->item gets each series when it is done, env->stage the stages; env->cache keeps the
 * answer and every series. --series and --items are written on the way. */
NORN_CHECKED norn_status norni_report_run(const norni_op_env *env, const norni_report_opt *opt,
                                          norni_report_answer *out, norni_report_course *course,
                                          norn_err *err);

#endif
