/* Forecasting a panel: every (series, model) is one item with its own outcome, and a digest over
 * all. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_RUN_H
#define NORNI_FORECAST_RUN_H

#include "app/common.h"
#include "app/spec.h"

/* What to compute; everything borrowed. */
typedef struct norni_forecast_plan {
    const norni_spec *specs; /* (n_specs) */
    size_t n_specs;
    const norni_spec *fallback; /* NULL: none */
    int32_t horizon;
    norni_doubles levels; /* ascending, in (0,100) */
    norni_ints seasons;   /* n = 0: from each series' frequency */
    bool fitted;
    bool describe; /* keep the parameters' texts for --items */
    uint64_t seed;
    uint32_t max_attempts;
    size_t grain;
    double error_threshold;
} norni_forecast_plan;

/* The answer. Item = series * n_specs + spec. */
typedef struct norni_forecast {
    const norn_alloc *alloc;
    const norni_panel *panel;        /* borrowed */
    const norni_forecast_plan *plan; /* borrowed */
    size_t n_items;
    double *mean;        /* (n_items, horizon); NaN where the item failed */
    double *lo, *hi;     /* (n_items, n_levels, horizon) */
    double *fitted;      /* (n_specs, n_obs), or NULL */
    char **served;       /* (n_items) parameters as text, or NULL */
    norni_hash128 *hash; /* (n_items) */
    norni_batch batch;
    norni_hash128 digest;
} norni_forecast;

/* *out is owned by the caller (norni_forecast_clear); after an error there is nothing to clear. */
NORN_CHECKED norn_status norni_forecast_run(const norni_op_env *env, const norni_panel *panel,
                                            const norni_forecast_plan *plan, norni_forecast *out,
                                            norn_err *err);
void norni_forecast_clear(norni_forecast *f);

/* The model that served an item: its own, the fallback's, or "" when it failed. */
norni_str norni_forecast_model(const norni_forecast *f, size_t item);

#endif
