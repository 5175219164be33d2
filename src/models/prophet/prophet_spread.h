/* The uncertainty of a fit's estimates, and what it says of rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_SPREAD_H
#define NORNI_PROPHET_SPREAD_H

#include "models/prophet/prophet_predict.h"

/* Where a coordinate stands: beta j is place j, and behind the n_column of them k, m and the deltas. */
enum { NORNI_PROPHET_AT_K, NORNI_PROPHET_AT_M, NORNI_PROPHET_AT_DELTA };

/* The estimates' normal law around the optimum. Coordinates that are not listed are certain: deltas at
 * 0, what growth does not use, and what the data and the prior leave without bound. In the arena. */
typedef struct norni_prophet_spread {
    size_t n;
    uint32_t *at;   /* (n) ascending places */
    double *unit;   /* (n) > 0 */
    double *factor; /* (n, n) lower, row-major: L L' is the precision of coordinates over units */
} norni_prophet_spread;

/* What is asked of rows. */
typedef enum norni_prophet_of {
    NORNI_PROPHET_OF_YHAT,
    NORNI_PROPHET_OF_TREND,
    NORNI_PROPHET_OF_COMPONENT
} norni_prophet_of;

/* sd (n of parts) that the estimates' law gives the trend, yhat or a component (else NULL) of rows, in
 * the unit of its values. */
NORN_CHECKED norn_status norni_prophet_spread_sd(
    norni_arena *arena, const norni_poll *poll, const norni_prophet_fitted *fitted,
    const norni_prophet_design *design, const norni_prophet_parts *parts, norni_prophet_of of,
    const norni_prophet_component *component, double *sd, norn_err *err);

/* Draws of the coordinates, (s->n) columns of n_draw values: their distance from the optimum. Under
 * logistic growth m's column holds that of -k m. Draw d is the same however many there are. */
NORN_CHECKED norn_status norni_prophet_spread_draw(norni_arena *arena, const norni_poll *poll,
                                                   const norni_prophet_fitted *fitted,
                                                   uint64_t seed, uint64_t item, size_t n_draw,
                                                   double ***out, norn_err *err);

#endif
