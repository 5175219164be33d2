/* The chart of --plot-components: what the first series' model is made of. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_PARTS_H
#define NORNI_FORECAST_PARTS_H

#include "app/forecast_answer.h"

typedef struct norni_forecast_parts {
    norn_ctx *ctx;
    norni_buf id;  /* of the series */
    norni_buf svg; /* its chart; empty when there is none */
    norni_buf why; /* there is none */
    bool seen;
} norni_forecast_parts;

/* NORN_E_ARG: none of the models is made of parts; the text names those that are. */
NORN_CHECKED norn_status norni_forecast_parts_check(const norni_forecast_plan *plan, norn_err *err);
void norni_forecast_parts_init(norni_forecast_parts *c, norn_ctx *ctx);
/* A norni_forecast_watch's function; user is the chart. The first series' model is fitted once more:
 * of the fits of a run only their answers are left. */
norn_status norni_forecast_parts_see(void *user, const norni_forecast *f, norn_err *err);
/* Writes the chart, or says why there is none. */
NORN_CHECKED norn_status norni_forecast_parts_write(const norni_op_env *env,
                                                    const norni_forecast_parts *c, const char *path,
                                                    norn_err *err);
void norni_forecast_parts_clear(norni_forecast_parts *c);

#endif
