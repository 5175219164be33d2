/* Any learner as a model of one series: direct forecasts of its steps, normal intervals. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A learner of parts is fitted for every step up to a horizon of 12; for a longer one at steps a third
 * apart, and a step between two of them is forecast by the next one from an origin so many rows back: it
 * knows a little less, and nothing that lies ahead. A learner of whole forecasts is fitted once. The
 * standard deviation of a step is that of its forecasts of the newest fifth of the rows by a fit on the
 * rows before; where there are too few rows for that, of the fit itself, a fifth wider. */
#include "models/learner_series.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/learner_series_parts.h"

enum { MOST_ORIGINS = 64, LEAST_ERRORS = 5, LEAST_KNOWN = 24 };

typedef struct series_state {
    const norni_learner *learner;
    series_lesson made;
    size_t horizon, n_steps;
    size_t *step;      /* (n_steps) that were fitted; whole: the horizon alone */
    void **part;       /* (n_steps) */
    double *mean, *sd; /* (horizon), in the series' own unit */
} series_state;

static norn_status no_memory(const series_state *s, size_t n, norn_err *err) {
    return norni_alloc_fail(err, s->learner->name, n, sizeof(double));
}

/* Step number k is forecast by part *by from `back` rows before. */
static void part_of(const series_state *s, size_t step, size_t *by, size_t *back) {
    size_t k = 0;
    while (s->step[k] < step)
        k++;
    *by = k;
    *back = s->learner->whole ? 0 : s->step[k] - step;
}

/* Forecasts of all steps from origin row t into out (horizon), scaled. */
static norn_status forecast(const series_state *s, norni_env *env, const norni_lesson *l, size_t t,
                            double *out, norn_err *err) {
    if (s->learner->whole) return s->learner->predict(env, s->part[0], l, t, out, err);
    for (size_t h = 1; h <= s->horizon; h++) {
        size_t by, back;
        part_of(s, h, &by, &back);
        out[h - 1] = NORNI_NAN;
        if (t < l->x->first + back) continue;
        NORN_TRY(s->learner->predict(env, s->part[by], l, t - back, &out[h - 1], err));
    }
    return NORN_OK;
}

static norn_status fit_parts(series_state *s, norni_env *env, const void *opt,
                             const norni_lesson *l, norn_err *err) {
    for (size_t k = 0; k < s->n_steps; k++) {
        const norni_lesson_part part = {0, s->learner->whole ? 0 : s->step[k]};
        NORN_TRY(s->learner->fit(env, opt, l, part, &s->part[k], err));
    }
    return NORN_OK;
}

/* Standard deviations from forecasts at origins [from, to), as far as their steps were observed. */
static norn_status spread(series_state *s, norni_env *env, const norni_lesson *l, size_t from,
                          size_t to, double wider, norn_err *err) {
    const size_t n = to - from, n_origins = n < MOST_ORIGINS ? n : MOST_ORIGINS;
    double *out = norni_arena_get(env->arena, s->horizon, sizeof *out);
    double *sum = norni_arena_zero(env->arena, s->horizon, sizeof *sum);
    size_t *count = norni_arena_zero(env->arena, s->horizon, sizeof *count);
    if (!out || !sum || !count) return no_memory(s, 3 * s->horizon, err);
    for (size_t i = 0; i < n_origins; i++) {
        const size_t t = from + i * n / n_origins;
        NORN_TRY(forecast(s, env, l, t, out, err));
        for (size_t h = 0; h < s->horizon && t + h + 1 < s->made.lesson.n; h++) {
            const double e = out[h] - s->made.y[0][t + h + 1];
            if (!isfinite(e)) continue;
            sum[h] += e * e;
            count[h]++;
        }
        if (norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", s->learner->name);
    }
    for (size_t h = 0; h < s->horizon; h++) {
        const double before = h ? s->sd[h - 1] * sqrt((double)(h + 1) / (double)h) : NORNI_NAN;
        s->sd[h] = count[h] >= LEAST_ERRORS || (h == 0 && count[h] > 0)
                       ? wider * sqrt(sum[h] / (double)count[h])
                       : before;
    }
    return NORN_OK;
}

/* The newest fifth held back, and more where the horizon is long; false: too few rows. */
static bool cut_of(const series_state *s, size_t *known) {
    const size_t n = s->made.lesson.n, first = s->made.features.first;
    size_t held = n / 5;
    if (held < s->horizon + LEAST_ERRORS) held = s->horizon + LEAST_ERRORS;
    if (n < held + first + s->horizon + LEAST_KNOWN) return false;
    *known = n - held;
    for (size_t t = first + s->horizon, seen = 0; t < *known; t++) {
        if (!isnan(s->made.y[0][t])) seen++;
        if (seen == LEAST_KNOWN) return true;
    }
    return false;
}

static norn_status spread_held(series_state *s, norni_env *env, const void *opt, size_t known,
                               norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    norni_lesson l = s->made.lesson;
    l.n = known;
    NORN_TRY(series_bins_make(s->learner, env, opt, &l, err));
    NORN_TRY(fit_parts(s, env, opt, &l, err));
    NORN_TRY(spread(s, env, &s->made.lesson, known - 1, s->made.lesson.n - 1, 1, err));
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

static norn_status get_state(const norni_learner *learner, norni_env *env, size_t horizon,
                             series_state **out, norn_err *err) {
    series_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    if (!s) return norni_alloc_fail(err, learner->name, 1, sizeof *s);
    s->learner = learner;
    s->horizon = horizon;
    s->step = norni_arena_get(env->arena, horizon, sizeof *s->step);
    s->part = norni_arena_zero(env->arena, horizon, sizeof *s->part);
    s->mean = norni_arena_get(env->arena, horizon, sizeof *s->mean);
    s->sd = norni_arena_get(env->arena, horizon, sizeof *s->sd);
    if (!s->step || !s->part || !s->mean || !s->sd) return no_memory(s, 4 * horizon, err);
    s->n_steps = 1;
    s->step[0] = horizon;
    if (!learner->whole) s->n_steps = series_steps(horizon, s->step);
    *out = s;
    return NORN_OK;
}

norn_status norni_series_fit(const norni_learner *learner, norni_env *env, const void *opt,
                             const norni_group *group, void **state, norn_err *err) {
    const norni_series *series = &group->series[0];
    series_state *s = NULL;
    size_t known;
    NORN_TRY(get_state(learner, env, series->horizon, &s, err));
    NORN_TRY(series_lesson_make(learner, env, series, &s->made, err));
    norni_lesson *l = &s->made.lesson;
    if (learner->validate) NORN_TRY(learner->validate(opt, l, err));
    const bool held = cut_of(s, &known);
    if (held) NORN_TRY(spread_held(s, env, opt, known, err));
    NORN_TRY(series_bins_make(learner, env, opt, l, err));
    NORN_TRY(fit_parts(s, env, opt, l, err));
    if (!held || isnan(s->sd[0])) NORN_TRY(spread(s, env, l, l->x->first, l->n - 1, 1.2, err));
    NORN_TRY(forecast(s, env, l, l->n - 1, s->mean, err));
    for (size_t h = 0; h < s->horizon; h++) {
        if (!isfinite(s->mean[h]))
            return norn_fail(err, NORN_E_DATA, "%s: no forecast of step %zu comes of this series",
                             learner->name, h + 1);
        s->mean[h] = ldexp(s->mean[h], s->made.exponent);
        s->sd[h] = ldexp(s->sd[h], s->made.exponent);
    }
    *state = s;
    return NORN_OK;
}

norn_status norni_series_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                 bool want_levels, norni_dist *out, norn_err *err) {
    const series_state *s = state;
    (void)env, (void)g;
    if (horizon > s->horizon)
        return norn_fail(err, NORN_E_ARG, "%s: fitted for %zu steps, %zu are wanted",
                         s->learner->name, s->horizon, horizon);
    memcpy(out->mean, s->mean, horizon * sizeof *out->mean);
    if (want_levels) memcpy(out->sd, s->sd, horizon * sizeof *out->sd);
    out->kind = NORNI_DIST_NORMAL;
    return NORN_OK;
}

norn_status norni_series_fitted(norni_env *env, const void *state, size_t g, double *out,
                                norn_err *err) {
    const series_state *s = state;
    const norni_lesson *l = &s->made.lesson;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    double *one = norni_arena_get(env->arena, s->horizon, sizeof *one);
    (void)g;
    if (!one) return no_memory(s, s->horizon, err);
    for (size_t t = 0; t < s->made.skip + l->n; t++)
        out[t] = NORNI_NAN;
    for (size_t t = l->x->first; t + 1 < l->n; t++) {
        NORN_TRY(s->learner->predict(env, s->part[0], l, t, one, err));
        out[s->made.skip + t + 1] = ldexp(one[0], s->made.exponent);
        if (norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", s->learner->name);
    }
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

void norni_series_describe(const void *state, size_t g, char *out, size_t size) {
    const series_state *s = state;
    (void)g;
    s->learner->describe(s->part[0], out, size);
    const size_t n = strlen(out);
    norni_format(out + n, size - n, " columns=%zu fits=%zu", s->made.features.n, s->n_steps);
}

double norni_series_cost(const norni_learner *learner, const void *opt, size_t n, int32_t season,
                         size_t horizon) {
    size_t fits = 1;
    const norni_features x = {
        .n_rows = n, .horizon = horizon, .n = series_columns(n, season, horizon)};
    const norni_lesson l = {.n = n,
                            .n_targets = 1,
                            .horizon = horizon,
                            .lookback = 12,
                            .x = &x,
                            .n_season = season > 1,
                            .season = &season};
    for (size_t h = 1; !learner->whole && h < horizon; fits++)
        h = horizon <= 12 || h < 3 ? h + 1 : (4 * h + 2) / 3;
    return 2 * (double)fits * (learner->cost ? learner->cost(opt, &l) : 1e6);
}
