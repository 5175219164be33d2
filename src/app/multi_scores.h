/* Forecasts of a multi-target run beside what happened, for error analysis; and what explains them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_SCORES_H
#define NORNI_MULTI_SCORES_H

#include "app/common.h"
#include "data/wide.h"
#include "models/explanation.h"

/* Out-of-fold: every forecast is from a model that saw nothing behind its origin. Borrowed. */
typedef struct norni_multi_scores {
    size_t n_targets, n_models, n_origins, horizon;
    const norni_str *target; /* (n_targets) */
    const norni_str *model;  /* (n_models) */
    const size_t *origin;    /* (n_origins) rows of the table, ascending */
    const int64_t *times;    /* of the table's rows and the horizon behind them */
    norni_time_style style;
    norni_freq freq;
    const double *actual;   /* (n_targets, n_origins, horizon), NaN = missing */
    const double *forecast; /* (n_models, n_targets, n_origins, horizon), NaN = none */
    const double *scale; /* (n_targets) standard deviation of the target where models were fitted */
} norni_multi_scores;

/* What explains one model's forecast of one target at one step. */
typedef struct norni_multi_reason {
    norni_str target, model;
    size_t step;
    norni_explanation why;
    int64_t time; /* of the row forecast, in the table's style */
    norni_time_style style;
    double forecast;
    const double *contribution; /* (why.n_terms) to that forecast; NULL: not known */
} norni_multi_reason;

/* Writes the error analysis into the folder (made when it is not there). Errors: NORN_E_IO, NORN_E_MEM. */
NORN_CHECKED norn_status norni_multi_errors_write(norn_ctx *ctx, const norni_multi_scores *s,
                                                  const char *folder, norn_err *err);
/* Writes explanations as JSON, CSV, SVG and one HTML page that needs nothing else. */
NORN_CHECKED norn_status norni_multi_reasons_write(norn_ctx *ctx, const norni_multi_reason *r,
                                                   size_t n, const char *folder, norn_err *err);

#endif
