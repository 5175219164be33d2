/* Random cases for one model's vtable: any series, options, seasons, regressors, bounds, cancellation, kept states. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORM_CASES_H
#define STORM_CASES_H

#include "models/model.h"

typedef struct storm_counts {
    uint64_t n, ok, refused, failed, cancelled; /* refused: argument or data; failed: numeric */
    uint64_t unbounded; /* finite forecasts with an interval end that is not */
    uint64_t aside;     /* simulated intervals that do not hold the point forecast */
    uint64_t wrong;
} storm_counts;

/* Runs cases [first, first + n) of the seed; what breaks an invariant is printed with the line that repeats it. */
NORN_CHECKED norn_status storm_cases(norn_ctx *ctx, const norni_model_set *set,
                                     const norni_model *model, uint64_t seed, uint64_t first,
                                     uint64_t n, storm_counts *counts);

#endif
