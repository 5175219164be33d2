/* The lesson that is made of a series, and the steps that are fitted. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEARNER_SERIES_PARTS_H
#define NORNI_LEARNER_SERIES_PARTS_H

#include "data/wide.h"
#include "feat/bins.h"
#include "models/learner_series.h"

/* All of it in the arena that it was made in. */
typedef struct series_lesson {
    norni_lesson lesson; /* of one target; `bins` are the caller's to make */
    norni_features features;
    norni_wide wide;
    const double *y[1]; /* (n) scaled, NaN = missing */
    double *known;      /* (n) the last observed value up to each row */
    int exponent;
    size_t skip; /* rows before the first observed value */
} series_lesson;

/* NORN_E_DATA: too short, empty or infinite. */
NORN_CHECKED norn_status series_lesson_make(const norni_learner *learner, norni_env *env,
                                            const norni_series *s, series_lesson *out,
                                            norn_err *err);
/* Bins of rows [first, n) where the learner wants them. */
NORN_CHECKED norn_status series_bins_make(const norni_learner *learner, norni_env *env,
                                          const void *opt, norni_lesson *l, norn_err *err);
/* Steps up to `horizon` that have a fit of their own, ascending, the last is the horizon; out
 * (horizon). Returns how many. */
size_t series_steps(size_t horizon, size_t *out);
/* Columns that a series has, about. */
size_t series_columns(size_t n, int32_t season, size_t horizon);

#endif
