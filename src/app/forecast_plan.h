/* The options of a forecast, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_PLAN_H
#define NORNI_FORECAST_PLAN_H

#include "app/forecast_answer.h"
#include "app/method.h"

typedef struct norni_forecast_opt {
    norni_panel_opt panel;
    norni_method_opt method;
    int32_t horizon;
    bool fitted;
    const char *model, *level;
    const char *future;      /* exogenous values over the horizon */
    const char *save, *load; /* model stores */
    const char *plot_components;
} norni_forecast_opt;

extern const norni_param norni_forecast_rows[];
extern const size_t norni_n_forecast_rows;

/* Model and fallback where they were not given. */
void norni_forecast_opt_fill(norni_forecast_opt *opt);
/* The plan of these options, which are filled; its parts live in the arena. */
NORN_CHECKED norn_status norni_forecast_plan_make(const norni_model_set *set,
                                                  const norni_forecast_opt *opt, norni_arena *arena,
                                                  norni_forecast_plan *plan, norn_err *err);

#endif
