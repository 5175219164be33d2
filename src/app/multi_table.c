/* A table made ready for learning: features, targets that can be trained, rolling origins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_table.h"

#include <math.h>

#include "base/fp.h"

enum { LEAST_EXAMPLES = 4 }; /* of the last step, in the newest fit */

static bool hold(size_t *value, size_t most) {
    if (*value <= most) return false;
    *value = most;
    return true;
}

bool norni_multi_features_fit(norni_features_opt *x, size_t n_rows, norni_arena *arena) {
    const size_t most = n_rows / 4 > 1 ? n_rows / 4 : 1;
    bool cut = hold(&x->lookback, most);
    if (hold(&x->driver_lookback, most)) cut = true;
    int32_t *kept = norni_arena_get(arena, x->windows.n, sizeof *kept);
    size_t n = 0;
    for (size_t i = 0; kept != NULL && i < x->windows.n; i++) {
        if ((size_t)x->windows.v[i] <= most) kept[n++] = x->windows.v[i];
    }
    if (kept != NULL && n < x->windows.n) {
        x->windows = (norni_ints){n, kept};
        cut = true;
    }
    return cut;
}

static bool any_missing(const double *x, size_t from, size_t to) {
    for (size_t t = from; t < to; t++) {
        if (isnan(x[t])) return true;
    }
    return false;
}

/* A lag is its column moved: every column is looked at once. */
static norn_status find_gaps(norni_arena *arena, norni_multi_table *t, norn_err *err) {
    const norni_wide *w = &t->wide;
    bool *gappy = norni_arena_zero(arena, t->x.n, sizeof *gappy);
    signed char *column = norni_arena_zero(arena, w->n_columns, 1);
    if (!gappy || !column) return norni_alloc_fail(err, "multi", t->x.n, 2);
    for (size_t j = 0; j < t->x.n; j++) {
        const norni_feature_column *c = &t->x.col[j];
        const bool moved = c->origin == NORNI_ORIGIN_LAG && !c->shifted && c->source < w->n_columns;
        if (!moved) {
            gappy[j] = any_missing(c->at, t->x.first, w->n_rows + (c->shifted ? t->x.horizon : 0));
            continue;
        }
        signed char *known = &column[c->source];
        if (*known == 0) *known = any_missing(w->column[c->source].at, 0, w->n_rows) ? 2 : 1;
        gappy[j] = *known == 2;
    }
    t->gappy = gappy;
    return NORN_OK;
}

static norn_status find_targets(bool loads, norni_arena *arena, norni_multi_table *t,
                                norn_err *err) {
    const size_t least = loads ? 0 : t->x.first + t->x.horizon;
    NORN_TRY(norni_features_targets(arena, &t->wide, &t->n_targets, &t->y, &t->target, err));
    const size_t n = t->n_targets;
    norni_str *name = norni_arena_get(arena, n, sizeof *name);
    const double **y = norni_arena_get(arena, n, sizeof *y);
    t->why = norni_arena_zero(arena, n, sizeof *t->why);
    t->trained = norni_arena_get(arena, n, sizeof *t->trained);
    if (!name || !y || !t->why || !t->trained) return norni_alloc_fail(err, "multi", n, 64);
    for (size_t i = 0; i < n; i++) {
        size_t seen = 0, usable = 0;
        for (size_t r = 0; r < t->wide.n_rows; r++) {
            const bool there = !isnan(t->y[i][r]);
            seen += there;
            usable += there && r >= least;
        }
        t->why[i] = seen == 0     ? "it has no observed value"
                    : usable == 0 ? "it has no observed value behind the first origin's horizon"
                                  : NULL;
        if (t->why[i] != NULL) continue;
        name[t->n_trained] = t->target[i];
        y[t->n_trained] = t->y[i];
        t->trained[t->n_trained++] = i;
    }
    t->trained_name = name;
    t->trained_y = y;
    return NORN_OK;
}

static double deviation(const double *y, size_t n) {
    double mean = 0, squares = 0;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        count++;
        const double d = y[i] - mean;
        mean += d / (double)count;
        squares += d * (y[i] - mean);
    }
    return count > 0 ? sqrt(squares / (double)count) : NORNI_NAN;
}

/* Origins a whole number of seasons apart would see each step at one place in the season only. */
static size_t step_of(const norni_multi_plan *plan, const norni_multi_table *t) {
    const bool own = plan->opt->step == 0 && t->n_season > 0;
    return plan->step + (own && plan->step % (size_t)t->season[0] == 0 ? 1 : 0);
}

static norn_status find_origins(const norni_multi_plan *plan, norni_arena *arena,
                                norni_multi_table *t, norn_err *err) {
    const size_t n = t->wide.n_rows, half = n - n / 2, given = (size_t)plan->opt->min_train;
    const bool loads = plan->opt->load != NULL; /* nothing is fitted: there are no origins */
    size_t least = loads ? t->x.first + 1 : t->x.first + plan->horizon + LEAST_EXAMPLES;
    if (n < least && loads)
        return norn_fail(err, NORN_E_DATA,
                         "%zu rows are too few: the kept models look back over %zu", n, least);
    if (n < least)
        return norn_fail(err, NORN_E_DATA,
                         "%zu rows are too few: lags of %zu rows and a horizon of %zu need %zu at "
                         "least; ask for less --lookback, --driver-lookback or --horizon",
                         n, t->x.first, plan->horizon, least);
    if (given == 0 && half > least) least = half;
    if (given > least) least = given;
    t->splits = (norni_splits){.horizon = plan->horizon,
                               .n_windows = plan->windows,
                               .step = step_of(plan, t),
                               .least = least};
    t->n_windows = loads ? 0 : norni_splits_count(&t->splits, n);
    t->origin = norni_arena_get(arena, t->n_windows, sizeof *t->origin);
    t->scale = norni_arena_get(arena, t->n_targets, sizeof *t->scale);
    if (!t->origin || !t->scale) return norni_alloc_fail(err, "multi", t->n_windows, 8);
    for (size_t k = 0; k < t->n_windows; k++)
        t->origin[k] = norni_splits_cutoff(&t->splits, n, k) - 1;
    for (size_t i = 0; i < t->n_targets; i++)
        t->scale[i] = deviation(t->y[i], t->n_windows > 0 ? t->origin[0] + 1 : n);
    return NORN_OK;
}

/* The seasons asked for, else the frequency's. */
static norn_status find_season(const norni_multi_plan *plan, norni_arena *arena,
                               norni_multi_table *t, norn_err *err) {
    const norni_ints *given = &plan->opt->seasons;
    int32_t *own = norni_arena_get(arena, 1, sizeof *own);
    if (own == NULL) return norni_alloc_fail(err, "multi", 1, sizeof *own);
    *own = norni_freq_season(t->wide.freq);
    t->season = given->n > 0 ? given->v : own;
    t->n_season = given->n > 0 ? given->n : 1;
    if (t->season[0] < 2) t->n_season = 0;
    return NORN_OK;
}

/* Features of the season, too. */
static norn_status take_season(norni_arena *arena, norni_multi_table *t, norn_err *err) {
    int32_t *season = norni_arena_get(arena, t->n_season, sizeof *season);
    if (season == NULL) return norni_alloc_fail(err, "multi", t->n_season, sizeof *season);
    if (t->n_season > 0) memcpy(season, t->season, t->n_season * sizeof *season);
    t->made_of.seasons = (norni_ints){t->n_season, season};
    return NORN_OK;
}

norn_status norni_multi_table_make(norn_ctx *ctx, const norni_multi_plan *plan,
                                   const norni_features_opt *opt, norni_arena *arena,
                                   norni_multi_table *t, norn_err *err) {
    const norni_poll poll = norni_ctx_poll(ctx);
    NORN_TRY(find_season(plan, arena, t, err));
    t->made_of = *opt;
    if (opt->seasons.n == 0) NORN_TRY(take_season(arena, t, err));
    NORN_TRY(norni_features_make(arena, &poll, &t->wide, &t->made_of, &t->x, err));
    NORN_TRY(find_gaps(arena, t, err));
    NORN_TRY(find_targets(plan->opt->load != NULL, arena, t, err));
    NORN_TRY(find_origins(plan, arena, t, err));
    if (t->n_trained > 0) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "target '%.*s' cannot be forecast: %s",
                     (int)(t->target[0].n > 60 ? 60 : t->target[0].n), t->target[0].p, t->why[0]);
}
