/* The parts of the model "prophet" over its history and the horizon, for --plot-components. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/prophet/prophet_panels.h"
#include "models/prophet/prophet_plan.h"
#include "models/prophet/prophet_state.h"

/* History and horizon, one behind the other; a column is put together when it is asked for. */
typedef struct whole {
    norni_arena *arena;
    norni_prophet_design design[2];
    norni_prophet_parts parts[2];
    norni_prophet_bounds bounds; /* of the rows ahead; NULL: none */
    size_t skip;                 /* rows ahead that the history has, too */
    bool floor;
    size_t n[2];
} whole;

static const double *component(const norni_prophet_parts *p, norni_str name) {
    for (size_t i = 0; i < p->n_component; i++) {
        if (norni_str_cmp(p->component[i].name, name) == 0) return p->component[i].value;
    }
    return NULL;
}

/* The column in part k, all of its rows. */
static const double *half(const whole *w, size_t k, norni_str name, const char *suffix) {
    const bool bound = suffix[0] != '\0';
    if (norni_str_is(name, "trend")) {
        if (!bound || k == 0) return bound && !w->bounds.trend_lower ? NULL : w->parts[k].trend;
        return strcmp(suffix, "_lower") == 0 ? w->bounds.trend_lower : w->bounds.trend_upper;
    }
    if (bound) return NULL; /* all else is certain */
    if (norni_str_is(name, "cap")) return w->design[k].cap_given;
    if (norni_str_is(name, "floor")) return w->floor ? w->design[k].floor : NULL;
    return component(&w->parts[k], name);
}

static const double *column(const void *arg, norni_str name, const char *suffix) {
    const whole *const w = arg;
    const double *const past = half(w, 0, name, suffix), *const ahead = half(w, 1, name, suffix);
    if (!past || !ahead) return NULL;
    double *const out = norni_arena_get(w->arena, w->n[0] + w->n[1], sizeof *out);
    if (out == NULL) return NULL; /* its panel will be missing */
    memcpy(out, past, w->n[0] * sizeof *out);
    memcpy(out + w->n[0], ahead + w->skip, w->n[1] * sizeof *out);
    return out;
}

static norn_status make_half(norni_env *env, const norni_prophet_state *st, whole *w, size_t k,
                             const norni_prophet_rows *rows, norn_err *err) {
    const norni_prophet_fitted fitted = norni_prophet_fitted_of(st);
    NORN_TRY(
        norni_prophet_design_make(env->arena, &env->poll, &st->plan, rows, &w->design[k], err));
    return norni_prophet_parts_make(env->arena, &env->poll, &fitted, &w->design[k], true,
                                    &w->parts[k], err);
}

static norn_status make_bounds(norni_env *env, const norni_prophet_state *st, double level,
                               whole *w, norn_err *err) {
    const norni_prophet_fitted fitted = norni_prophet_fitted_of(st);
    const norni_prophet_draws draws = {
        .ahead = st->ahead, .n = st->n_draws, .seed = env->seed, .item = env->item};
    const size_t n = w->design[1].n;
    if (level <= 0 || st->n_draws == 0) return NORN_OK;
    double *const at = norni_arena_get(env->arena, 2 * n, sizeof *at);
    if (at == NULL) return norni_alloc_fail(err, "prophet", 2 * n, sizeof *at);
    w->bounds.trend_lower = at;
    w->bounds.trend_upper = at + n;
    return norni_prophet_intervals(env->arena, &env->poll, &fitted, &w->design[1], &w->parts[1],
                                   &draws, level / 100, &w->bounds, err);
}

norn_status norni_prophet_show(norni_env *env, const void *state, size_t g, size_t horizon,
                               double level, size_t *n, const norni_plot_part **out,
                               norn_err *err) {
    (void)g;
    const norni_prophet_state *const st = state;
    const norni_prophet_fitted fitted = norni_prophet_fitted_of(st);
    whole w = {.arena = env->arena, .skip = st->clock.gap, .floor = st->plan.floor};
    norni_prophet_rows past, ahead;
    if (st->series == NULL)
        return norn_fail(err, NORN_E_ARG, "prophet: a kept model has no history to show");
    w.n[0] = st->series->n;
    w.n[1] = horizon;
    NORN_TRY(
        norni_prophet_rows_of(env->arena, &st->use, st->ds, w.n[0], 0, st->series->x, &past, err));
    NORN_TRY(make_half(env, st, &w, 0, &past, err));
    NORN_TRY(norni_prophet_rows_ahead(env->arena, st, horizon, &ahead, err));
    NORN_TRY(make_half(env, st, &w, 1, &ahead, err));
    NORN_TRY(make_bounds(env, st, level, &w, err));
    int64_t *const ds = norni_arena_get(env->arena, w.n[0] + horizon, sizeof *ds);
    if (ds == NULL) return norni_alloc_fail(err, "prophet", w.n[0] + horizon, sizeof *ds);
    memcpy(ds, st->ds, w.n[0] * sizeof *ds);
    memcpy(ds + w.n[0], ahead.ds + w.skip, horizon * sizeof *ds);
    const norni_prophet_shown shown = {w.n[0] + horizon, ds, column, &w};
    const norni_prophet_panel_opt opt = {
        .uncertainty = true, .limits = true, .step = norni_prophet_least_step(st->ds, w.n[0])};
    return norni_prophet_panels(env->arena, &env->poll, &fitted, &shown, &opt, n, out, err);
}
