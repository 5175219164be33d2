/* How uncertain a fit's estimates are: the curvature of Prophet's posterior at its optimum. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_CURVATURE_H
#define NORNI_PROPHET_CURVATURE_H

#include "models/prophet/prophet_spread.h"

/* From the rows that were fitted (y is not read). */
NORN_CHECKED norn_status norni_prophet_spread_make(norni_arena *arena, const norni_poll *poll,
                                                   const norni_prophet_plan *plan,
                                                   const norni_prophet_fit *fit,
                                                   const norni_prophet_design *design,
                                                   norni_prophet_spread *out, norn_err *err);

#endif
