/* Ridge on windows and features: every target and step from a few factorisations. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "models/learner_series.h"
#include "models/ridge/base_ridge.h"
#include "models/ridge/ridge.h"
#include "models/ridge/ridge_state.h"

static const norni_param ridge_rows[] = {
    {.name = "alpha",
     .type = NORNI_T_DOUBLES,
     .offset = offsetof(ridge_opt, alpha),
     .min = 1e-12,
     .max = 1e12,
     .metavar = "A,..",
     .help =
         "penalties per row to choose from, in squares of standardised columns (default: a grid)"},
    {.name = "lookbacks",
     .type = NORNI_T_INTS,
     .offset = offsetof(ridge_opt, lookbacks),
     .min = 2,
     .max = 100000,
     .metavar = "L,..",
     .help = "lengths of windows of a target's own past, ascending, at most 8 (default: up to five "
             "of 8 to 720, by the rows there are)"},
    {.name = "windows",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(ridge_opt, windows),
     .def = "auto",
     .choices = "auto|shared|individual",
     .help =
         "weights of windows: the same for all targets, each target's own, or a mixture of both"},
    {.name = "normalise",
     .type = NORNI_T_CHOICE,
     .offset = offsetof(ridge_opt, normalise),
     .def = "last",
     .choices = "last|mean|none",
     .help =
         "what is taken off a window before and added behind: its last value, its mean, nothing"},
    {.name = "drivers",
     .type = NORNI_T_BOOL,
     .offset = offsetof(ridge_opt, drivers),
     .def = "true",
     .help = "also learn from the features, where the newest fifth of the rows gains by them"},
};

static norn_status validate_ridge(const void *opt, const norni_lesson *l, norn_err *err) {
    const ridge_opt *o = opt;
    (void)l;
    if (o->lookbacks.n > WINDOW_MOST_LOOKBACKS)
        return norn_fail(err, NORN_E_ARG, "ridge: %zu lookbacks, at most %d are allowed",
                         o->lookbacks.n, (int)WINDOW_MOST_LOOKBACKS);
    for (size_t j = 1; j < o->lookbacks.n; j++)
        if (o->lookbacks.v[j] <= o->lookbacks.v[j - 1])
            return norn_fail(err, NORN_E_ARG, "ridge: lookbacks must ascend, but %d follows %d",
                             (int)o->lookbacks.v[j], (int)o->lookbacks.v[j - 1]);
    return NORN_OK;
}

/* The longest window that a lesson of this size gets. */
static double longest(const ridge_opt *o, const norni_lesson *l) {
    const double most = (double)l->n / 5;
    const double wanted = o->lookbacks.n ? o->lookbacks.v[o->lookbacks.n - 1] : 720;
    return most < wanted ? most : wanted;
}

/* Products and factors at 10 operations a nanosecond. */
static double ridge_cost(const void *opt, const norni_lesson *l) {
    const ridge_opt *o = opt;
    const double n = (double)l->n, h = (double)l->horizon, c = (double)l->n_targets,
                 back = longest(o, l), maps = o->windows == RIDGE_WINDOWS_SHARED ? 1 : c + 1,
                 p = o->drivers ? (double)l->x->n : 0, q = p < n ? p : n;
    const double windows = maps * (10 * back * back * (back / 3 + 96) + 4 * back * back * h) +
                           4 * n * back * c + 2 * n * back * h * c;
    const double features =
        4 * n * p * q + 14 * q * q * (q / 3 + 16 * (c + 8)) + 2 * q * (n + 2 * q) * h * c;
    return 1e5 + (windows + (p > 0 ? features : 0)) / 10;
}

static size_t ridge_memory(const void *opt, const norni_lesson *l) {
    const ridge_opt *o = opt;
    const double n = (double)l->n, h = (double)l->horizon, c = (double)l->n_targets,
                 back = longest(o, l), maps = o->windows == RIDGE_WINDOWS_SHARED ? 1 : c,
                 p = o->drivers ? (double)l->x->n : 0, q = p < n ? p : n;
    const double cells = n * c + 2 * maps * back * h + 3 * back * back + 6 * back * h + 5 * q * q +
                         4 * q * h * (c + 16) + p * (256 + h * c) + 256 * h * (c + 16) + 64 * h * c;
    return (size_t)(8 * cells) + (size_t)1048576;
}

static norn_status fit_ridge(norni_env *env, const void *opt, const norni_lesson *l,
                             norni_lesson_part part, void **state, norn_err *err) {
    ridge_state *st = NULL;
    (void)part;
    NORN_TRY(ridge_fit(env, opt, l, &st, err));
    *state = st;
    return NORN_OK;
}

/* out (horizon) += what the features say, scaled. */
static void add_features(const ridge_state *st, const ridge_target *tg, const norni_lesson *at,
                         size_t t, double *out) {
    const size_t h = st->horizon;
    for (size_t k = 0; k < h; k++)
        out[k] += tg->intercept[k];
    for (size_t j = 0; j < st->n_columns; j++) {
        const ridge_column *c = st->column + j;
        const double z = c->shifted ? 0 : ridge_column_at(c, at->x, t, 0);
        for (size_t k = 0; k < h; k++)
            out[k] += tg->beta[j * h + k] * (c->shifted ? ridge_column_at(c, at->x, t, k + 1) : z);
    }
}

static size_t reach_ridge(const void *state, const norni_lesson *at) {
    (void)at;
    const ridge_state *st = state;
    size_t most = 1;
    for (size_t c = 0; c < st->n_targets; c++)
        most = st->target[c].lookback > most ? st->target[c].lookback : most;
    return most;
}

static norn_status predict_ridge(norni_env *env, const void *state, const norni_lesson *at,
                                 size_t t, double *out, norn_err *err) {
    const ridge_state *st = state;
    const size_t h = st->horizon;
    size_t seen;
    if (at->n_targets != st->n_targets || at->x->n != st->n_features)
        return norn_fail(err, NORN_E_DATA,
                         "ridge: %zu targets and %zu features; it learned %zu and %zu",
                         at->n_targets, at->x->n, st->n_targets, st->n_features);
    const size_t most = reach_ridge(st, at);
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    double *window = norni_arena_get(env->arena, most, sizeof *window);
    if (!window) return norn_fail(err, NORN_E_MEM, "ridge: no memory for a window of %zu", most);
    for (size_t c = 0; c < st->n_targets; c++) {
        const ridge_target *tg = st->target + c;
        double *to = out + c * h;
        for (size_t k = 0; k < h; k++)
            to[k] = 0;
        if (tg->window) (void)ridge_window_at(tg, at->y[c], t, window);
        for (size_t i = 0; i < tg->lookback; i++)
            for (size_t k = 0; k < h; k++)
                to[k] += tg->window[i * h + k] * window[i];
        if (tg->beta) add_features(st, tg, at, t, to);
        const double last = tg->kind == RIDGE_LAST ? base_last(at->y[c], t, &seen) : NORNI_NAN;
        for (size_t k = 0; k < h; k++) /* the last value to the bit */
            to[k] = isnan(last) ? tg->scale.mean + tg->scale.sd * to[k] : last;
    }
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

static norn_status explain_part(norni_env *env, const void *state, const norni_lesson *l,
                                norni_lesson_part part, norni_explanation *out, norn_err *err) {
    return ridge_explain(env, state, l, part, out, err);
}

static norn_status contribute_part(norni_env *env, const void *state, const norni_lesson *at,
                                   norni_lesson_part part, size_t t, double *out, norn_err *err) {
    return ridge_contribute(env, state, at, part, t, out, err);
}

/* "Ridge(window 3, both 8) windows 0.62:512 0.38:96i features alpha 0.3..12" */
static void describe_ridge(const void *state, char *out, size_t size) {
    static const char *const names[] = {"last", "window", "features", "both"};
    const ridge_state *st = state;
    size_t at = norni_format(out, size, "Ridge("), count[RIDGE_KINDS] = {0};
    double low = NORNI_INF, high = 0;
    for (size_t c = 0; c < st->n_targets; c++) {
        const ridge_target *tg = st->target + c;
        count[tg->kind]++;
        if (!tg->beta) continue;
        for (size_t k = 0; k < st->n_step; k++) {
            low = tg->penalty[k] < low ? tg->penalty[k] : low;
            high = tg->penalty[k] > high ? tg->penalty[k] : high;
        }
    }
    const char *comma = "";
    for (size_t k = 0; k < RIDGE_KINDS; k++) {
        if (count[k] == 0) continue;
        at += norni_format(out + at, size - at, "%s%s %zu", comma, names[k], count[k]);
        comma = ", ";
    }
    at += norni_format(out + at, size - at, ")");
    for (size_t i = 0; i < st->n_members; i++) {
        const window_member *m = st->member + i;
        if (count[RIDGE_WINDOW] + count[RIDGE_BOTH] == 0 || !(m->weight > 0)) continue;
        at += norni_format(out + at, size - at, " %g x %zu%s", floor(m->weight * 100 + 0.5) / 100,
                           m->lookback, m->individual ? " own" : "");
    }
    if (low < high)
        norni_format(out + at, size - at, " alpha %g to %g", low, high);
    else if (high > 0)
        norni_format(out + at, size - at, " alpha %g", high);
}

static norn_status save_ridge(const void *state, norni_buf *out, norn_err *err) {
    return ridge_save(state, out, err);
}

static norn_status load_ridge(norni_env *env, const void *opt, norni_str saved, void **state,
                              norn_err *err) {
    ridge_state *st = NULL;
    (void)opt;
    NORN_TRY(ridge_load(env, saved, &st, err));
    *state = st;
    return NORN_OK;
}

const norni_learner norni_learner_ridge = {
    .name = "ridge",
    .summary = "linear in windows of the target and in the features, in closed form",
    .source = "Hoerl and Kennard 1970; Zeng et al. 2023 (NLinear); Toner and Darlow 2024",
    .params = ridge_rows,
    .n_params = sizeof ridge_rows / sizeof *ridge_rows,
    .opt_size = sizeof(ridge_opt),
    .whole = true,
    .missing = true,
    .validate = validate_ridge,
    .cost = ridge_cost,
    .memory = ridge_memory,
    .fit = fit_ridge,
    .predict = predict_ridge,
    .explain = explain_part,
    .contribute = contribute_part,
    .describe = describe_ridge,
    .reach = reach_ridge,
    .save = save_ridge,
    .load = load_ridge,
};

NORNI_SERIES_MODEL(ridge, ridge_rows, ridge_opt,
                   "linear in the series' own windows, seasons and columns, in closed form",
                   "Hoerl and Kennard 1970; Zeng et al. 2023 (NLinear); Toner and Darlow 2024");
