/* Correlations and straight lines between the months of two metrics. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_MATRIX_H
#define NORNI_FINANCE_MATRIX_H

#include "finance/finance_months.h"

/* Pearson's over the months that have both; NaN: fewer than three, or one of them does not vary. Values of any size. */
double norni_fin_pearson(const double *x, const double *y, size_t n);

typedef struct norni_fin_line {
    double slope, intercept, r_squared; /* NaN: not defined */
} norni_fin_line;
/* Least squares of y on x over the months that have both. */
norni_fin_line norni_fin_line_fit(const double *x, const double *y, size_t n);

/* correlations: correlation_matrix, scatters, regressions, regional_correlations. */
NORN_CHECKED norn_status norni_fin_related_json(norni_json *j, const norni_fin_book *book,
                                                norni_arena *arena, norn_err *err);

#endif
