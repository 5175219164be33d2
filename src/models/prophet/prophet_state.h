/* The state of a fitted "prophet": shared by its files alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_STATE_H
#define NORNI_PROPHET_STATE_H

#include "models/prophet/prophet_opts.h"
#include "models/prophet/prophet_spread.h"

/* Where the series ends and how its times go on. Time k (0 is the first of the horizon) is
 *   last + (k + 1) step              in an irregular series
 *   norni_freq_at(freq, from, at + k) else */
typedef struct norni_prophet_clock {
    norni_freq freq;
    bool irregular;
    int64_t from, at, last, step;
    size_t gap; /* periods at the end without a value, and those that updates added */
} norni_prophet_clock;

typedef struct norni_prophet_state {
    norni_prophet_plan plan;
    norni_prophet_fit fit;
    double mean_step;
    size_t n_used; /* rows with y */
    norni_prophet_clock clock;
    norni_prophet_use use;
    norni_prophet_spread spread; /* n = 0: estimates are taken as certain */
    norni_prophet_ahead ahead;   /* from the options */
    size_t n_draws;
    /* borrowed from the series of the fit or of the last update */
    const double *const *x_future; /* or NULL */
    size_t n_x_future, horizon;    /* of it */
    /* of a fit, not of a loaded state */
    const norni_series *series;
    const int64_t *ds;           /* (series->n) */
    norni_prophet_design design; /* of the rows with y */
    char notes[320];
} norni_prophet_state;

/* prophet_keep.c */
norn_status norni_prophet_save(const void *state, size_t g, norni_buf *out, norn_err *err);
norn_status norni_prophet_load(norni_env *env, const void *opt, norni_str saved, void **state,
                               norn_err *err);
norn_status norni_prophet_update(norni_env *env, void *state, const norni_series *more,
                                 norn_err *err);
/* A fit that `save` wrote for the same shape, in the arena; NULL when there is none. */
const norni_prophet_fit *norni_prophet_kept_fit(norni_arena *arena, norni_str saved,
                                                const norni_prophet_plan *plan);
/* prophet_ahead.c */
norn_status norni_prophet_predict_ahead(norni_env *env, const void *state, size_t g, size_t horizon,
                                        bool want_levels, norni_dist *out, norn_err *err);
norn_status norni_prophet_fitted_values(norni_env *env, const void *state, size_t g, double *out,
                                        norn_err *err);
/* Rows of n times, with limits and regressors picked from x (columns of n behind the first `lead`
 * rows, which hold x's first value); x NULL: there is none. */
NORN_CHECKED norn_status norni_prophet_rows_of(norni_arena *arena, const norni_prophet_use *use,
                                               const int64_t *ds, size_t n, size_t lead,
                                               const double *const *x, norni_prophet_rows *out,
                                               norn_err *err);
/* The rows from the last value on: `gap` that lie behind it, then the horizon. */
NORN_CHECKED norn_status norni_prophet_rows_ahead(norni_arena *arena, const norni_prophet_state *st,
                                                  size_t horizon, norni_prophet_rows *rows,
                                                  norn_err *err);

static inline norni_prophet_fitted norni_prophet_fitted_of(const norni_prophet_state *st) {
    return (norni_prophet_fitted){&st->plan, &st->fit, st->mean_step,
                                  st->spread.n ? &st->spread : NULL};
}

#endif
