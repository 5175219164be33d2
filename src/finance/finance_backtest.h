/* One series of a report: every candidate tried on a hold-out, the best one fitted to all months. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_BACKTEST_H
#define NORNI_FINANCE_BACKTEST_H

#include "finance/finance_forecast.h"

enum { NORNI_FIN_TEXT = 256 }; /* as an error's text */

/* Where the answer of one series is put, by whichever worker has it. */
typedef struct norni_fin_slot {
    norni_fin_score *score;            /* (n_candidates) */
    char (*described)[NORNI_FIN_TEXT]; /* (n_candidates) */
    char (*message)[NORNI_FIN_TEXT];   /* (n_candidates) */
    char fitted[NORNI_FIN_TEXT], reason[NORNI_FIN_TEXT];
} norni_fin_slot;

/* The series as `norn evaluate` reads it from --series: series i of a panel. */
typedef struct norni_fin_task {
    const norni_panel *panel;
    size_t i;
    const norni_fin_forecast_opt *opt;
    norni_fin_series *series;
    norni_fin_slot *slot;
} norni_fin_task;

/* Months held out of n: 6 of 30 and more, 4 of 24, 3 of 18, else 2. */
size_t norni_fin_holdout(size_t n);
/* accuracy_percentage of a back-test: y (n) what happened; NaN where none is defined. */
double norni_fin_accuracy_of(const norni_fin_score *score, const double *y, size_t n);
/* Fills series and slot. A series that cannot be forecast is NORN_OK with its own status; fails only for cancel and
 * memory. */
NORN_CHECKED norn_status norni_fin_backtest(norni_worker *w, const norni_fin_task *task,
                                            norn_err *err);

/* The task's key in a cache, and its answer as bytes and back. false: these bytes are not such an answer. */
void norni_fin_record_key(const norni_fin_task *task, norni_buf *params, norni_buf *content);
void norni_fin_record_pack(const norni_fin_task *task, norni_buf *out);
NORN_CHECKED bool norni_fin_record_unpack(const norni_fin_task *task, norni_str bytes);

#endif
