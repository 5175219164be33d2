/* The chart of --plot: the first series of a run with their forecasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_CHART_H
#define NORNI_FORECAST_CHART_H

#include "app/forecast_answer.h"

enum { NORNI_CHART_SERIES = 12 };

/* Copies of the first series and their answers. */
typedef struct norni_chart_series norni_chart_series;
typedef struct norni_forecast_chart {
    norn_ctx *ctx;
    norni_arena arena;
    norni_chart_series *series[NORNI_CHART_SERIES];
    size_t n;
    norni_time_style style;
    norni_str target_name;
} norni_forecast_chart;

void norni_forecast_chart_init(norni_forecast_chart *c, norn_ctx *ctx);
/* A norni_forecast_watch's function; user is the chart. */
norn_status norni_forecast_chart_see(void *user, const norni_forecast *f, norn_err *err);
/* `n_all`: series of the run, so that the chart can say how many it leaves out. */
NORN_CHECKED norn_status norni_forecast_chart_write(norni_forecast_chart *c, size_t n_all,
                                                    const char *path, norn_err *err);
void norni_forecast_chart_clear(norni_forecast_chart *c);

#endif
