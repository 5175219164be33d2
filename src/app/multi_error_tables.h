/* The error analysis as tables and words: all errors, measures by step, worst rows, a report. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ERROR_TABLES_H
#define NORNI_MULTI_ERROR_TABLES_H

#include "app/multi_files.h"
#include "app/multi_scores.h"
#include "eval/step_scores.h"

/* One target under one model. */
typedef struct norni_error_pair {
    size_t target, model;
    const double *y, *f; /* (n_origins, horizon) */
    size_t n;            /* n_origins * horizon */
    size_t counted;      /* of them with an actual value */
    double score[NORNI_STEP_SCORES];
    double bias; /* mean of forecast - actual; NaN where score is */
} norni_error_pair;

norni_error_pair norni_error_pair_of(const norni_multi_scores *s, size_t target, size_t model);
/* "excellent" above 0.8, "good" above 0.6, as the reference says it; then "weak", and "worse than the
 * mean" where it is not above 0; "" for NaN. */
const char *norni_error_grade_r2(double r2);
/* "low" below 10, "moderate" below 20, else "high"; "" for NaN. */
const char *norni_error_grade_mape(double mape);
/* The number as the figures write it: 3 significant digits; "none" for NaN. */
void norni_error_number(char out[NORNI_TICK_TEXT], double x);

/* errors.csv, metrics.csv, worst_days.csv and report.md. */
NORN_CHECKED norn_status norni_error_tables_write(norni_multi_files *files,
                                                  const norni_multi_scores *s, norn_err *err);

#endif
