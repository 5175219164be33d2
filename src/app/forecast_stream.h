/* A forecast run from reader to files: batch by batch, in bounded memory, in input order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_STREAM_H
#define NORNI_FORECAST_STREAM_H

#include "app/forecast_plan.h"
#include "app/panel_stream.h"

/* What a run was, in numbers. */
typedef struct norni_forecast_totals {
    norni_stream_totals run;
    size_t n_ok, n_fallback, n_failed, n_cut;
    size_t n_without;        /* items whose errors were too few for a conformal interval */
    size_t n_taken, n_fresh; /* series: with kept models, and without; of a run that loads some */
    norni_freq freq;         /* of the first series */
    int64_t start;
    bool mixed;               /* other series have another frequency */
    norni_spool failures;     /* of the summary: JSON objects, each with a comma before it */
    norni_buf first_failures; /* lines for people: the first three */
    norni_buf first_fallback; /* why the first of n_fallback items was not served by its own */
} norni_forecast_totals;

void norni_forecast_totals_clear(norni_forecast_totals *t);

/* Called with each panel's answer, in order; for charts. */
typedef struct norni_forecast_watch {
    norn_status (*see)(void *user, const norni_forecast *f, norn_err *err);
    void *user;
} norni_forecast_watch;

/* Runs the whole input (reader NULL: the series of shared->models) and writes --out, --items and
 * --save. Rows of a series that do not stand together make
 * it start again with everything in memory. *t is the caller's to clear, whatever is returned. After
 * NORN_E_CANCEL what was done lies beside --out as `.partial`. */
NORN_CHECKED norn_status norni_forecast_stream(
    const norni_op_env *env, const norni_forecast_opt *opt, const norni_forecast_plan *plan,
    norni_reader *reader, const norni_forecast_shared *shared, const norni_forecast_watch *watch,
    norni_forecast_totals *t, bool *input_failed, norn_err *err);

#endif
