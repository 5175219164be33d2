/* Prediction intervals for every step of a horizon from out-of-fold errors. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_STEP_BAND_H
#define NORNI_STEP_BAND_H

#include "base/arena.h"
#include "base/param.h"

/* miss (n_origins, horizon): |y - forecast| of forecasts by models that had not seen y; NaN = none.
 * half (n_levels, horizon): the interval is forecast -+ half; NaN where the errors are too few for the
 * level. levels ascending. *n_without: steps left without one. Scratch is given back. */
NORN_CHECKED norn_status norni_step_band(norni_arena *scratch, const double *miss, size_t n_origins,
                                         size_t horizon, const norni_doubles *levels, double *half,
                                         size_t *n_without, norn_err *err);

#endif
