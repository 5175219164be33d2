/* Columns of features as a ridge sees them: standardised, outliers clipped, names as indicators. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FEATURE_COLUMNS_H
#define NORNI_FEATURE_COLUMNS_H

#include "feat/features.h"

/* z = (clip(x) - mean) / sd; a missing x is the mean. */
typedef struct ridge_scale {
    double mean, sd, low, high; /* sd 0: nothing varies */
} ridge_scale;

/* Of rows [from, to) of x: mean and deviation, outliers brought to 6 deviations, three times over. */
ridge_scale ridge_scale_of(const double *x, size_t from, size_t to);
double ridge_scaled(const ridge_scale *s, double x); /* 0 for a missing one */

typedef struct ridge_column {
    uint32_t feature;
    int32_t code; /* of a nominal feature: 1 where it has this code, else 0; -1: a number */
    bool shifted; /* read in the row that is forecast */
    bool carried; /* of a target's own past: a missing one is the newest one before, not the mean */
    ridge_scale scale;
} ridge_column;

typedef struct ridge_columns {
    size_t n, n_origin; /* columns; the first n_origin are those of the origin row */
    const ridge_column *column;
} ridge_columns;

/* Columns that vary over rows [first, n), in the features' order, shifted ones last. Lags, seasons and
 * rolling features of `target` (n_targets names) are carried. */
NORN_CHECKED norn_status ridge_columns_make(norni_arena *arena, const norni_poll *poll,
                                            const norni_features *x, size_t n,
                                            const norni_str *target, size_t n_targets,
                                            ridge_columns *out, norn_err *err);
/* The standardised value of a column for origin row t and step h. */
double ridge_column_at(const ridge_column *c, const norni_features *x, size_t t, size_t h);

#endif
