/* MSTL: every season repeated from its last cycle, the rest forecast by any other model. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Bandara, Hyndman, Bergmeir 2021 (num/mstl_split.c); forecasts as R's forecast.mstl(): the series
 * less all its seasons goes to a base model that is told of no season, and the last cycle of each
 * season is added to what it forecasts. Intervals are the base model's, moved by the season: the
 * seasons count as known, so that they are too narrow where seasons change. Fitted values are the
 * base model's one-step values plus the seasons, which have seen the whole series.
 * Missing values stay missing in what the base model gets; one that cannot serve them gets the line
 * between the neighbours (R: the same line for all). Seasons within rounding of the series' size are
 * none: a constant stays a constant. */
#include "models/mstl/mstl.h"

#include <math.h>

#include "base/fp.h"
#include "models/mstl/mstl_state.h"
#include "num/extent.h"
#include "num/mstl_split.h"

enum { ROUNDS = 2 };

static const norni_param mstl_rows[] = {
    {.name = "trend",
     .type = NORNI_T_TEXT,
     .offset = offsetof(mstl_opt, trend),
     .def = "auto_ets",
     .metavar = "MODEL",
     .help = "model, with its defaults, of the series without its seasons"},
    {.name = "settings",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(mstl_opt, settings),
     .def = "r",
     .choices = "r|fine",
     .help = "r: loess at every tenth of a window, 2 passes; fine: at every point, 5 passes"},
    {.name = "robust",
     .type = NORNI_T_BOOL,
     .offset = offsetof(mstl_opt, robust),
     .def = "false",
     .help = "outliers bear on neither season nor trend"},
};

/* Room for the seasons of which the series holds more than two cycles; n_season of them. */
static norn_status make_figures(norni_arena *arena, const norni_series *s, mstl_state *st,
                                norn_err *err) {
    st->period = norni_arena_get(arena, s->n_season, sizeof *st->period);
    st->figure = norni_arena_get(arena, s->n_season, sizeof *st->figure);
    if (!st->period || !st->figure) return norni_alloc_fail(err, "mstl", s->n_season, 16);
    for (size_t k = 0; k < s->n_season; k++) {
        const size_t m = (size_t)s->season[k];
        if (m < 2 || s->n <= 2 * m) continue;
        st->period[st->n_season] = s->season[k];
        st->figure[st->n_season] = norni_arena_zero(arena, m, sizeof(double));
        if (st->figure[st->n_season++] == NULL)
            return norni_alloc_fail(err, "mstl", m, sizeof(double));
    }
    return NORN_OK;
}

/* Adds one season (n) to the total and keeps its last cycle. */
static void take_season(const double *season, size_t n, size_t m, double rounding, double *total,
                        double *figure) {
    double height = 0;
    for (size_t t = 0; t < n; t++)
        height = fabs(season[t]) > height ? fabs(season[t]) : height;
    if (!(height > rounding)) return;
    for (size_t t = 0; t < n; t++)
        total[t] += season[t];
    for (size_t t = n - m; t < n; t++)
        figure[t % m] = season[t];
}

/* The sum of the seasons into total (n), their last cycles into the state. */
static norn_status find_seasons(norni_env *env, const mstl_opt *o, const norni_series *s,
                                mstl_state *st, double *total, norn_err *err) {
    const size_t n = s->n;
    const norni_mstl_opt opt = {.fine = o->settings == 1, .robust = o->robust, .iterate = ROUNDS};
    norni_mstl_parts parts = {
        .period = norni_arena_get(env->arena, st->n_season, sizeof *parts.period),
        .season = norni_arena_get(env->arena, n, st->n_season * sizeof *parts.season),
        .trend = norni_arena_get(env->arena, n, sizeof *parts.trend)};
    if (!parts.period || !parts.season || !parts.trend)
        return norni_alloc_fail(err, "mstl", n, (st->n_season + 1) * sizeof *total);
    NORN_TRY(norni_mstl_split(s->y, n, st->period, st->n_season, &opt, &env->poll, env->arena,
                              &parts, err));
    double size = 0;
    for (size_t t = 0; t < n; t++)
        size = fabs(s->y[t]) > size ? fabs(s->y[t]) : size;
    for (size_t k = 0; k < st->n_season; k++)
        take_season(parts.season + k * n, n, (size_t)st->period[k], 0x1p-44 * size, total,
                    st->figure[k]);
    return NORN_OK;
}

/* Gaps in x (n) filled by lines, at the ends by the nearest value. One value at least is there. */
static void fill_gaps(double *x, size_t n) {
    size_t last = n;
    for (size_t t = 0; t < n; t++) {
        if (isnan(x[t])) continue;
        for (size_t i = last == n ? 0 : last + 1; i < t; i++) {
            const double part = last == n ? 1 : (double)(i - last) / (double)(t - last);
            x[i] = last == n ? x[t] : x[last] * (1 - part) + x[t] * part;
        }
        last = t;
    }
    for (size_t t = last + 1; t < n; t++)
        x[t] = x[last];
}

static norn_status fit_base(norni_env *env, const norni_series *s, double *x, mstl_state *st,
                            norn_err *err) {
    norni_series inner = *s;
    norni_env own = *env;
    bool gaps = false;
    for (size_t t = 0; t < s->n; t++) {
        if (isinf(x[t]))
            return norn_fail(err, NORN_E_NUMERIC, "mstl: a value less its seasons is too large");
        if (isnan(x[t]))
            gaps = true;
        else
            st->last = x[t];
    }
    if (gaps && !st->base->missing) fill_gaps(x, s->n);
    inner.y = x;
    inner.n_season = 0;
    inner.season = NULL;
    own.warm = mstl_base_bytes(env->warm, st->base->name);
    if (st->base->validate) NORN_TRY(st->base->validate(st->base_opt, &inner, err));
    norni_series *kept = norni_arena_get(env->arena, 1, sizeof *kept);
    if (kept == NULL) return norni_alloc_fail(err, "mstl", 1, sizeof *kept);
    *kept = inner; /* models keep what they were given */
    norni_group *group = norni_arena_get(env->arena, 1, sizeof *group);
    if (group == NULL) return norni_alloc_fail(err, "mstl", 1, sizeof *group);
    *group = (norni_group){1, kept};
    return st->base->fit(&own, st->base_opt, group, &st->base_state, err);
}

static norn_status fit_mstl(norni_env *env, const void *opt, const norni_group *group, void **state,
                            norn_err *err) {
    const norni_series *s = &group->series[0];
    const size_t n = s->n;
    mstl_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    double *x = norni_arena_get(env->arena, n, sizeof *x);
    double *total = norni_arena_zero(env->arena, n, sizeof *total);
    const norni_extent e = norni_extent_of(s->y, n);
    if (!st || !x || !total) return norni_alloc_fail(err, "mstl", n, 2 * sizeof *x);
    if (e.n_seen == 0) return norn_fail(err, NORN_E_DATA, "mstl: the series has no observed value");
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "mstl: the series has an infinite value");
    st->n = n;
    st->total = total;
    NORN_TRY(mstl_base(env, opt, st, err));
    NORN_TRY(make_figures(env->arena, s, st, err));
    if (st->n_season > 0) {
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        NORN_TRY(find_seasons(env, opt, s, st, total, err));
        norni_arena_rewind(env->arena, mark);
    }
    for (size_t t = 0; t < n; t++)
        x[t] = s->y[t] - total[t];
    NORN_TRY(fit_base(env, s, x, st, err));
    *state = st;
    return NORN_OK;
}

static norn_status predict_mstl(norni_env *env, const void *state, size_t g, size_t horizon,
                                bool want_levels, norni_dist *out, norn_err *err) {
    const mstl_state *st = state;
    NORN_TRY(st->base->predict(env, st->base_state, g, horizon, want_levels, out, err));
    for (size_t h = 0; h < horizon; h++) {
        const double season = mstl_season_at(st, st->n + h);
        out->mean[h] += season;
        for (size_t p = 0; out->kind == NORNI_DIST_PATHS && p < out->n_paths; p++)
            out->paths[h * out->n_paths + p] += season;
    }
    return NORN_OK;
}

static norn_status fitted_mstl(norni_env *env, const void *state, size_t g, double *out,
                               norn_err *err) {
    const mstl_state *st = state;
    NORN_TRY(st->base->fitted(env, st->base_state, g, out, err));
    for (size_t t = 0; t < st->n; t++)
        out[t] += st->total[t];
    return NORN_OK;
}

static void describe_mstl(const void *state, size_t g, char *out, size_t size) {
    const mstl_state *st = state;
    size_t n = norni_format(out, size, "MSTL[");
    for (size_t k = 0; k < st->n_season; k++)
        n += norni_format(out + n, size - n, k ? ",%d" : "%d", (int)st->period[k]);
    n += norni_format(out + n, size - n, st->n_season ? "] + " : "none] + ");
    st->base->describe(st->base_state, g, out + n, size - n);
}

/* Four rounds of loess a season, and the base model's: known to be small for those of a line. */
static double mstl_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    static const char *const quick[] = {"naive", "drift", "mean", "ses", "theta"};
    const mstl_opt *o = opt;
    double base = 2000;
    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        if (o->trend && strcmp(o->trend, quick[i]) == 0) base = 100;
    }
    const double loess =
        (season > 1 ? 150 : 5) * (o->settings == 1 ? 10 : 1) * (o->robust ? 20 : 1);
    return 2000 + (loess + base) * (double)n + 60 * (double)horizon;
}

const norni_model norni_model_mstl = {
    .name = "mstl",
    .summary = "any number of seasons by loess (STL), the rest by another model",
    .source = "Bandara, Hyndman, Bergmeir 2021; Cleveland and others 1990",
    .params = mstl_rows,
    .n_params = sizeof mstl_rows / sizeof mstl_rows[0],
    .opt_size = sizeof(mstl_opt),
    .intervals = true,
    .missing = true,
    .check_models = mstl_check_models,
    .cost = mstl_cost,
    .fit = fit_mstl,
    .predict = predict_mstl,
    .fitted = fitted_mstl,
    .describe = describe_mstl,
    .save = mstl_save,
    .paths = mstl_paths,
    .load = mstl_load,
    .update = mstl_update};
