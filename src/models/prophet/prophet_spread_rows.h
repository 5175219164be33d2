/* Derivatives of what Prophet predicts, row by row, in the coordinates of a spread. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_SPREAD_ROWS_H
#define NORNI_PROPHET_SPREAD_ROWS_H

#include "models/prophet/prophet_spread.h"

/* Rows as derivatives see them. */
typedef struct norni_prophet_ground {
    const norni_prophet_plan *plan;
    const norni_prophet_fit *fit;
    const norni_prophet_design *design;
    const norni_prophet_spread *s;
    const double *slope, *lift,
        *base;    /* (n) of the trend; 1 + X b_m; what shares multiply, in y_scale */
    double scale; /* of yhat and trend: 1 / sigma, or 1 */
    norni_prophet_of of;
    const norni_prophet_component *component;
} norni_prophet_ground;

NORN_CHECKED norn_status norni_prophet_ground_make(norni_arena *arena,
                                                   const norni_prophet_fitted *f,
                                                   const norni_prophet_design *d,
                                                   const norni_prophet_parts *parts,
                                                   norni_prophet_ground *g, norn_err *err);
/* Rows [from, from + rows) of coordinate c's derivative; false: they are 0. */
bool norni_prophet_derive(const norni_prophet_ground *g, const norni_prophet_spread *s, size_t c,
                          size_t from, size_t rows, double *out);
/* n columns of `rows` values. */
NORN_CHECKED norn_status norni_prophet_ground_columns(norni_arena *arena, size_t n, size_t rows,
                                                      double ***out, norn_err *err);

#endif
