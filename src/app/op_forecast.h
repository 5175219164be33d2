/* The operation `forecast`: a file of series in, forecasts with intervals out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_FORECAST_H
#define NORNI_OP_FORECAST_H

#include "app/forecast_plan.h"

/* `opt` is a norni_forecast_opt. */
NORN_CHECKED norn_status norni_op_forecast(const norni_op_env *env, const void *opt,
                                           norni_op_result *out, norn_err *err);

#endif
