/* The answer of a run over many targets in the shape of a forecast's: its writers serve both. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ANSWER_H
#define NORNI_MULTI_ANSWER_H

#include "app/forecast_answer.h"
#include "app/multi_job.h"

/* A series is a target, a spec a model, ensembles among them. Borrows the job. */
typedef struct norni_multi_answer {
    norni_panel panel;
    norni_forecast_plan plan;
    norni_forecast f;
    norni_hash128 digest;
    size_t n_items, n_ok, n_fallback, n_failed; /* of (target, model) */
    size_t n_parts_fallback, n_parts_failed;
} norni_multi_answer;

/* Of a run whose ensembles are mixed. An item has the fallback where a part of what follows DATA has;
 * an ensemble failed where all its members have. norni_multi_answer_clear is due whatever is returned. */
NORN_CHECKED norn_status norni_multi_answer_make(const norni_multi_job *j, norni_multi_answer *a,
                                                 norn_err *err);
void norni_multi_answer_clear(norni_multi_answer *a);

#endif
