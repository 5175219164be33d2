/* What the model "prophet" says of the horizon and of the history. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "models/prophet/prophet_plan.h"
#include "models/prophet/prophet_state.h"

/* A column of n values: x's behind `lead` rows. */
static double *led_column(norni_arena *arena, const double *x, size_t n, size_t lead) {
    double *out = norni_arena_get(arena, n, sizeof *out);
    for (size_t i = 0; i < n && out; i++)
        out[i] = x[i < lead ? 0 : i - lead];
    return out;
}

static norn_status limit_column(norni_arena *arena, norni_prophet_limit limit, size_t n,
                                size_t lead, const double *const *x, const double **out,
                                norn_err *err) {
    double *column = NULL;
    *out = NULL;
    if (limit.column < 0 && isnan(limit.value)) return NORN_OK;
    if (limit.column >= 0) {
        column = led_column(arena, x[limit.column], n, lead);
    } else {
        column = norni_arena_get(arena, n, sizeof *column);
        for (size_t i = 0; i < n && column; i++)
            column[i] = limit.value;
    }
    if (!column) return norni_alloc_fail(err, "prophet", n, sizeof *column);
    *out = column;
    return NORN_OK;
}

norn_status norni_prophet_rows_of(norni_arena *arena, const norni_prophet_use *use,
                                  const int64_t *ds, size_t n, size_t lead, const double *const *x,
                                  norni_prophet_rows *out, norn_err *err) {
    *out = (norni_prophet_rows){.n = n, .ds = ds};
    if (!x && (use->n_x || use->cap.column >= 0 || use->floor.column >= 0))
        return norn_fail(err, NORN_E_DATA,
                         "prophet: the model has regressors or limits in columns, and their values "
                         "over the horizon are not known");
    NORN_TRY(limit_column(arena, use->cap, n, lead, x, &out->cap, err));
    NORN_TRY(limit_column(arena, use->floor, n, lead, x, &out->floor, err));
    const double **column = norni_arena_get(arena, use->n_x, sizeof *column);
    if (!column) return norni_alloc_fail(err, "prophet", use->n_x, sizeof *column);
    for (size_t k = 0; k < use->n_x; k++) {
        column[k] = lead ? led_column(arena, x[use->column[k]], n, lead) : x[use->column[k]];
        if (!column[k]) return norni_alloc_fail(err, "prophet", n, sizeof(double));
    }
    out->n_x = use->n_x;
    out->x_name = use->name;
    out->x = column;
    return NORN_OK;
}

static int64_t time_ahead(const norni_prophet_clock *c, int64_t k) {
    if (!c->irregular) return norni_freq_at(c->freq, c->from, c->at + k);
    int64_t t;
    if (__builtin_mul_overflow(c->step, k + 1, &t) || __builtin_add_overflow(c->last, t, &t))
        return NORNI_TIME_NONE;
    return t;
}

norn_status norni_prophet_rows_ahead(norni_arena *arena, const norni_prophet_state *st,
                                     size_t horizon, norni_prophet_rows *rows, norn_err *err) {
    const size_t gap = st->clock.gap, n = gap + horizon;
    int64_t *ds = norni_arena_get(arena, n, sizeof *ds);
    if (!ds) return norni_alloc_fail(err, "prophet", n, sizeof *ds);
    for (size_t i = 0; i < n; i++) {
        ds[i] = time_ahead(&st->clock, (int64_t)i - (int64_t)gap);
        if (ds[i] < NORNI_TIME_MIN || ds[i] > NORNI_TIME_MAX)
            return norn_fail(err, NORN_E_DATA,
                             "prophet: step %zu lies outside the years 1 to 9999; ask for a "
                             "shorter --horizon",
                             i < gap ? 1 : i - gap + 1);
    }
    const double *const *x = st->horizon >= horizon ? st->x_future : NULL;
    for (size_t k = 0; k < st->use.n_x && x; k++)
        if (st->use.column[k] >= st->n_x_future) x = NULL;
    if (st->use.cap.column >= (int32_t)st->n_x_future ||
        st->use.floor.column >= (int32_t)st->n_x_future)
        x = NULL;
    return norni_prophet_rows_of(arena, &st->use, ds, n, gap, x, rows, err);
}

static norn_status draw_paths(norni_env *env, const norni_prophet_state *st, size_t n_draws,
                              const norni_prophet_design *design, const norni_prophet_parts *parts,
                              norni_dist *out, norn_err *err) {
    const norni_prophet_fitted fitted = norni_prophet_fitted_of(st);
    const norni_prophet_draws draws = {.ahead = st->ahead,
                                       .n = n_draws,
                                       .seed = env->seed,
                                       .item = env->item,
                                       .skip = st->clock.gap};
    out->n_paths = n_draws;
    out->paths = norni_arena_get(env->arena, out->horizon * n_draws, sizeof *out->paths);
    if (!out->paths)
        return norni_alloc_fail(err, "prophet", out->horizon * n_draws, sizeof *out->paths);
    out->kind = NORNI_DIST_PATHS;
    return norni_prophet_draw(env->arena, &env->poll, &fitted, design, parts, &draws, NULL,
                              out->paths, err);
}

norn_status norni_prophet_predict_ahead(norni_env *env, const void *state, size_t g, size_t horizon,
                                        bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const norni_prophet_state *st = state;
    const norni_prophet_fitted fitted = norni_prophet_fitted_of(st);
    const size_t gap = st->clock.gap, n = gap + horizon;
    norni_prophet_rows rows;
    norni_prophet_design design;
    norni_prophet_parts parts;
    NORN_TRY(norni_prophet_rows_ahead(env->arena, st, horizon, &rows, err));
    NORN_TRY(norni_prophet_design_make(env->arena, &env->poll, &st->plan, &rows, &design, err));
    NORN_TRY(
        norni_prophet_parts_make(env->arena, &env->poll, &fitted, &design, false, &parts, err));
    out->kind = NORNI_DIST_POINT;
    out->horizon = horizon;
    memcpy(out->mean, parts.yhat + gap, horizon * sizeof *out->mean);
    const size_t n_draws = env->n_paths ? env->n_paths : st->n_draws;
    if (!want_levels || n_draws == 0) return NORN_OK;
    double *sd = norni_arena_get(env->arena, n, sizeof *sd);
    if (!sd) return norni_alloc_fail(err, "prophet", n, sizeof *sd);
    const bool exact = st->ahead == NORNI_PROPHET_EXACT && env->n_paths == 0;
    if (!exact || !norni_prophet_moments(&fitted, &design, &parts, st->ahead, NULL, sd))
        return draw_paths(env, st, n_draws, &design, &parts, out, err);
    memcpy(out->sd, sd + gap, horizon * sizeof *out->sd);
    out->kind = NORNI_DIST_NORMAL;
    return NORN_OK;
}

norn_status norni_prophet_fitted_values(norni_env *env, const void *state, size_t g, double *out,
                                        norn_err *err) {
    (void)g;
    const norni_prophet_state *st = state;
    norni_prophet_fitted fitted = norni_prophet_fitted_of(st);
    const size_t n = st->series->n;
    fitted.spread = NULL; /* the values alone */
    norni_prophet_design design = st->design;
    norni_prophet_parts parts;
    if (design.row) { /* periods without a value, too */
        norni_prophet_rows rows;
        NORN_TRY(
            norni_prophet_rows_of(env->arena, &st->use, st->ds, n, 0, st->series->x, &rows, err));
        NORN_TRY(norni_prophet_design_make(env->arena, &env->poll, &st->plan, &rows, &design, err));
    }
    NORN_TRY(
        norni_prophet_parts_make(env->arena, &env->poll, &fitted, &design, false, &parts, err));
    memcpy(out, parts.yhat, n * sizeof *out);
    return NORN_OK;
}
