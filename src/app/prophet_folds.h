/* Folds of Prophet's cross-validation, for api_prophet_cv.c. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_FOLDS_H
#define NORNI_PROPHET_FOLDS_H

#include "app/prophet_handle.h"

typedef struct norni_prophet_fold {
    int64_t cutoff;
    size_t n_train, n_end; /* rows [0, n_train) are fitted on, [n_train, n_end) predicted */
    size_t at;             /* of its first row in the table */
} norni_prophet_fold;

typedef struct norni_prophet_folds {
    const norn_prophet_predict_opt *opt;
    size_t n;
    norni_prophet_fold *fold; /* (n) */
    norni_poll poll;
    norni_prophet_spec spec; /* with the whole history's seasonalities */
    norni_prophet_rows rows; /* with y, by time */
    norni_prophet_plan whole;
    norni_prophet_design design;      /* of the whole */
    int64_t *ds, *when;               /* (table rows) */
    double *y, *yhat, *lower, *upper; /* (table rows); bounds NULL without samples */
} norni_prophet_folds;

/* Fits every fold and fills the table's rows. */
NORN_CHECKED norn_status norni_prophet_folds_run(norn_ctx *ctx, norni_arena *arena,
                                                 norni_prophet_folds *f, norn_err *err);

#endif
