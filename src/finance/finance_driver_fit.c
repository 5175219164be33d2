/* Boosted trees on what profit is learned from: the fit, its Shapley values, and how it does out of fold. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A learner forecasts y[t + step] from row t: the lesson's outcomes are moved one row back, so that row t holds what profit of
 * the same example is made from. Its trees stand on no base (an example's past tells nothing here). */
#include "finance/finance_driver_fit.h"

#include <math.h>

#include "base/fp.h"
#include "base/hash.h"
#include "feat/bins.h"

enum { FOLDS = 5, BINS = 64 };

typedef struct setting {
    const char *name, *text;
} setting;

static norn_status set_options(norni_env *env, const norni_learner *l,
                               const norni_fin_driver_rows *rows, norni_fin_driver_fit *out,
                               norn_err *err) {
    char least[8];
    const size_t child = rows->n / 60;
    (void)norni_format(least, sizeof least, "%zu",
                       child < 2    ? (size_t)2
                       : child > 10 ? (size_t)10
                                    : child);
    const setting s[] = {
        {"n-trees", "100"},   {"learning-rate", "0.1"}, {"leaves", rows->n < 100 ? "4" : "8"},
        {"min-child", least}, {"base", "none"},         {"early-stopping", "0"}};
    out->opt = norni_arena_zero(env->arena, 1, l->opt_size);
    if (!out->opt) return norni_alloc_fail(err, "drivers", 1, l->opt_size);
    NORN_TRY(norni_param_defaults(l->params, l->n_params, out->opt, env->arena, err));
    size_t at = norni_format(out->settings, sizeof out->settings, "%s(", l->name);
    for (size_t i = 0; i < sizeof s / sizeof s[0]; i++) {
        const norni_param *row = norni_param_find(l->params, l->n_params, norni_str_of(s[i].name));
        if (!row) continue; /* a learner without such an option has its own way */
        NORN_TRY(
            norni_param_set(row, out->opt, norni_str_of(s[i].text), env->arena, "drivers", err));
        at += norni_format(out->settings + at, sizeof out->settings - at, "%s%s=%s",
                           out->settings[at - 1] == '(' ? "" : ",", row->name, s[i].text);
    }
    (void)norni_format(out->settings + at, sizeof out->settings - at, ")");
    return NORN_OK;
}

typedef struct lesson_room {
    norni_lesson lesson;
    norni_features x;
    norni_bins bins;
} lesson_room;

/* Bins of the first n_train examples alone. */
static norn_status make_bins(norni_env *env, const norni_fin_driver_rows *rows, double *const *x,
                             size_t n_train, norni_bins *out, norn_err *err) {
    norni_feature_kind *kind = norni_arena_zero(env->arena, rows->n_x, sizeof *kind);
    const double **at = norni_arena_get(env->arena, rows->n_x, sizeof *at);
    if (!kind || !at) return norni_alloc_fail(err, "drivers", rows->n_x, sizeof *at);
    for (size_t j = 0; j < rows->n_x; j++)
        at[j] = x[j];
    return norni_bins_make(env->arena, &env->poll, at, kind, rows->n_x, n_train, BINS, out, err);
}

/* A lesson of n examples in the order given (n), the first n_train of which are learned from. */
static norn_status make_lesson(norni_env *env, const norni_fin_driver_rows *rows,
                               const size_t *order, size_t n_train, norni_lesson **out,
                               norn_err *err) {
    static const norni_str profit = {"profit", 6};
    const size_t n = rows->n, n_x = rows->n_x;
    lesson_room *room = norni_arena_zero(env->arena, 1, sizeof *room);
    norni_feature_column *col = norni_arena_zero(env->arena, n_x, sizeof *col);
    double **x = norni_arena_get(env->arena, n_x, sizeof *x);
    double *y = norni_arena_get(env->arena, n + 1, sizeof *y);
    const double **target = norni_arena_get(env->arena, 1, sizeof *target);
    int64_t *times = norni_arena_get(env->arena, n + 2, sizeof *times);
    if (!room || !col || !x || !y || !target || !times)
        return norni_alloc_fail(err, "drivers", n, sizeof *y);
    y[0] = NORNI_NAN;
    for (size_t i = 0; i < n; i++)
        y[i + 1] = rows->y[order[i]];
    for (size_t i = 0; i < n + 2; i++)
        times[i] = (int64_t)i;
    for (size_t j = 0; j < n_x; j++) {
        x[j] = norni_arena_get(env->arena, n + 1, sizeof *x[j]);
        if (!x[j]) return norni_alloc_fail(err, "drivers", n, sizeof *x[j]);
        for (size_t i = 0; i < n; i++)
            x[j][i] = rows->x[j][order[i]];
        x[j][n] = NORNI_NAN;
        col[j] = (norni_feature_column){.name = rows->name[j], .source = j, .at = x[j]};
    }
    NORN_TRY(make_bins(env, rows, x, n_train, &room->bins, err));
    target[0] = y;
    room->x = (norni_features){.n_rows = n + 1, .horizon = 1, .n = n_x, .col = col};
    room->lesson = (norni_lesson){.n = n_train + 1,
                                  .n_targets = 1,
                                  .horizon = 1,
                                  .lookback = 1,
                                  .target_name = &profit,
                                  .y = target,
                                  .x = &room->x,
                                  .bins = &room->bins,
                                  .freq = {NORNI_UNIT_INDEX, 1, 0},
                                  .times = times,
                                  .key = norni_hash64(rows->y, n * sizeof *rows->y)};
    *out = &room->lesson;
    return NORN_OK;
}

norn_status norni_fin_driver_fit_make(norni_env *env, const norni_learner *learner,
                                      const norni_fin_driver_rows *rows, norni_fin_driver_fit *out,
                                      norn_err *err) {
    size_t *order = norni_arena_get(env->arena, rows->n, sizeof *order);
    if (!order) return norni_alloc_fail(err, "drivers", rows->n, sizeof *order);
    for (size_t i = 0; i < rows->n; i++)
        order[i] = i;
    *out = (norni_fin_driver_fit){.learner = learner};
    NORN_TRY(set_options(env, learner, rows, out, err));
    NORN_TRY(make_lesson(env, rows, order, rows->n, &out->lesson, err));
    NORN_TRY(learner->fit(env, out->opt, out->lesson, NORNI_FIN_DRIVER_PART, &out->state, err));
    return learner->explain(env, out->state, out->lesson, NORNI_FIN_DRIVER_PART, &out->why, err);
}

/* Squares of what the fold's fit misses of every FOLDS-th example. */
static norn_status miss_fold(norni_env *env, const norni_fin_driver_fit *fit,
                             const norni_fin_driver_rows *rows, size_t fold, size_t *order,
                             double *missed, norn_err *err) {
    size_t n_train = 0, at;
    norni_lesson *lesson;
    void *state;
    for (size_t i = 0; i < rows->n; i++)
        if (i % FOLDS != fold) order[n_train++] = i;
    at = n_train;
    for (size_t i = fold; i < rows->n; i += FOLDS)
        order[at++] = i;
    NORN_TRY(make_lesson(env, rows, order, n_train, &lesson, err));
    NORN_TRY(fit->learner->fit(env, fit->opt, lesson, NORNI_FIN_DRIVER_PART, &state, err));
    lesson->n = rows->n + 1;
    for (size_t i = n_train; i < rows->n; i++) {
        double says = NORNI_NAN;
        NORN_TRY(fit->learner->predict(env, state, lesson, i, &says, err));
        const double off = says - rows->y[order[i]];
        *missed += off * off;
    }
    return NORN_OK;
}

norn_status norni_fin_driver_r2(norni_env *env, const norni_fin_driver_fit *fit,
                                const norni_fin_driver_rows *rows, double *r2, norn_err *err) {
    size_t *order = norni_arena_get(env->arena, rows->n, sizeof *order);
    if (!order) return norni_alloc_fail(err, "drivers", rows->n, sizeof *order);
    double mean, var, missed = 0;
    *r2 = NORNI_NAN;
    (void)norni_mean_var(rows->y, rows->n, 0, &mean, &var);
    for (size_t fold = 0; fold < FOLDS; fold++) {
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        NORN_TRY(miss_fold(env, fit, rows, fold, order, &missed, err));
        norni_arena_rewind(env->arena, mark);
    }
    const double share = 1 - missed / ((double)rows->n * var);
    *r2 = isfinite(share) ? share : NORNI_NAN;
    return NORN_OK;
}
