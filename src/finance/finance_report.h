/* A whole report: from a book to its one JSON, each series from a cache where nothing changed. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_REPORT_H
#define NORNI_FINANCE_REPORT_H

#include "base/hash.h"
#include "finance/finance_findings.h"
#include "store/cache.h"

typedef struct norni_fin_report_opt {
    norni_fin_mode mode;
    norni_fin_forecast_opt forecast; /* its `done` and `user` are the ones below */
    const norni_learner_set *learners;
    void (*done)(void *user, const norni_fin_series *s, const norni_fin_forecasts *f); /* or NULL */
    /* Between stages: "forecasting" 25 … 50, "regional" 60, "departmental" 70, "analytics" 80. May be NULL. */
    void (*stage)(void *user, const char *stage, int32_t percent);
    void *user;
} norni_fin_report_opt;

typedef struct norni_fin_report {
    const norni_fin_book *book;
    norni_fin_mode mode;
    norni_fin_kpis kpis;
    norni_fin_forecasts forecasts;
    norni_fin_anomalies anomalies;
    norni_fin_correlations correlations;
    norni_fin_drivers drivers;
    double forecast_accuracy;
    char note[256]; /* on how the forecasts fit together, beside the table's notes; may be empty */
    norni_hash128 digest; /* over every number, times of day and ids left out */
} norni_fin_report;

/* All in `arena`. A series that cannot be forecast says why and ends nothing. */
NORN_CHECKED norn_status norni_fin_report_make(norn_ctx *ctx, const norni_fin_book *book,
                                               const norni_fin_report_opt *opt, norni_arena *arena,
                                               norni_fin_report *out, norn_err *err);

/* What differs between two answers to the same question. */
typedef struct norni_fin_stamp {
    int64_t unix_seconds;
    norni_str when;                /* the same as ISO text, "2026-11-21T22:05:00Z" */
    norni_str session_id, task_id; /* "sess_…"; task_id may be empty */
} norni_fin_stamp;
/* The JSON of POST /full_report: session_id, ai_response, conversation_history, full_analysis_report. */
NORN_CHECKED norn_status norni_fin_report_json(const norni_fin_report *r,
                                               const norni_fin_stamp *stamp, norni_arena *arena,
                                               norni_buf *out, norn_err *err);
/* One page of its own: charts as SVG inside, no script needed to read it, printable. */
NORN_CHECKED norn_status norni_fin_report_html(const norni_fin_report *r,
                                               const norni_fin_stamp *stamp, norni_arena *arena,
                                               norni_buf *out, norn_err *err);

#endif
