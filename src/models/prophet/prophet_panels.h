/* What a chart of a fitted Prophet shows, panel by panel. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_PANELS_H
#define NORNI_PROPHET_PANELS_H

#include "models/model.h"
#include "models/prophet/prophet_predict.h"
#include "plot/components.h"

/* A prediction, whose columns are found by name and suffix ("trend", "_lower"); NULL: there is none. */
typedef struct norni_prophet_shown {
    size_t n;
    const int64_t *ds; /* (n) ascending */
    const double *(*column)(const void *arg, norni_str name, const char *suffix); /* (n) */
    const void *arg;
} norni_prophet_shown;

typedef struct norni_prophet_panel_opt {
    bool uncertainty;                   /* bounds, where the prediction has some */
    bool limits;                        /* cap and floor with the trend */
    int32_t weekly_start, yearly_start; /* days that the panel begins behind Sunday, 1 January */
    int64_t step; /* least distance of two rows of the history; 0: there is one row */
} norni_prophet_panel_opt;

/* Least distance of two neighbours in ds (n), 0 where all are the same. */
int64_t norni_prophet_least_step(const int64_t *ds, size_t n);
/* Trend, holidays, weekly, yearly, the other seasonalities by name, extra regressors: those that the
 * model and the prediction both have. Seasonalities are shown over one period of their own, as
 * Prophet's plot_components does. In the arena. */
NORN_CHECKED norn_status norni_prophet_panels(norni_arena *arena, const norni_poll *poll,
                                              const norni_prophet_fitted *fitted,
                                              const norni_prophet_shown *shown,
                                              const norni_prophet_panel_opt *opt, size_t *n,
                                              const norni_plot_part **out, norn_err *err);
/* model.h's `parts`. */
NORN_CHECKED norn_status norni_prophet_show(norni_env *env, const void *state, size_t g,
                                            size_t horizon, double level, size_t *n,
                                            const norni_plot_part **out, norn_err *err);

#endif
