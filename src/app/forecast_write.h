/* Forecasts as CSV or JSON, and the row for each item. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_WRITE_H
#define NORNI_FORECAST_WRITE_H

#include "app/forecast_run.h"

/* Writes the table to `path` ("-" = stdout) in `format`: id, time, then per model its forecast and
 * lo/hi per level; with fitted values also the history's rows and a column y. Series in input
 * order, then time. */
NORN_CHECKED norn_status norni_forecast_write(norn_ctx *ctx, const norni_forecast *f,
                                              const char *path, int32_t format, size_t chunk,
                                              norn_err *err);
/* `unique_id,model,status,served,attempts,seconds,parameters,message` for each item. */
NORN_CHECKED norn_status norni_forecast_write_items(norn_ctx *ctx, const norni_forecast *f,
                                                    const char *path, norn_err *err);

#endif
