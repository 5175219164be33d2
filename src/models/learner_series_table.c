/* The lesson of one series: its own lags, rolling values, seasons, calendar, and its columns. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Lags: a season of them, or 12, at most 36 and a quarter of the rows; means and standard deviations over
 * a season (or 7 rows); the value whole seasons before the row forecast; the row's place in each season;
 * its date; columns known ahead as they are in that row. Where the series must be differenced to be
 * stationary (KPSS), a learner of thresholds is shown its values less the last one: levels that were never
 * seen could not be told apart. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/hash.h"
#include "feat/features.h"
#include "models/learner_series_parts.h"
#include "num/extent.h"
#include "num/unit_root.h"

enum { MOST_LAGS = 36, FEW_LAGS = 12, FEW_ROWS = 7, LEAST_EXAMPLES = 12, MOST_SEASONS = 4 };

/* How far the features look back. */
typedef struct look {
    size_t lags, window, n_season;
    int32_t season[MOST_SEASONS];
} look;

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static look look_of(size_t n, const int32_t *season, size_t n_season, size_t horizon) {
    const size_t room = n > horizon ? (n - horizon) / 4 : 0;
    look k = {FEW_LAGS, FEW_ROWS, 0, {0}};
    for (size_t i = 0; i < n_season && k.n_season < MOST_SEASONS; i++) {
        if (season[i] >= 2 && 3 * (size_t)season[i] <= n) k.season[k.n_season++] = season[i];
    }
    if (k.n_season > 0) k.lags = k.window = (size_t)k.season[0];
    k.lags = least(least(k.lags, MOST_LAGS), room);
    k.window = least(k.window, room);
    if (k.lags < 1) k.lags = 1;
    if (k.window < 2) k.window = 2;
    return k;
}

size_t series_columns(size_t n, int32_t season, size_t horizon) {
    const look k = look_of(n, &season, 1, horizon);
    return k.lags + 2 + 2 * k.n_season + 4;
}

/* y scaled, the last values known, and how much there is. */
static norn_status read_series(const char *name, norni_arena *arena, const norni_series *s,
                               series_lesson *out, norn_err *err) {
    const norni_extent e = norni_extent_of(s->y, s->n);
    if (e.infinite)
        return norn_fail(err, NORN_E_DATA, "%s: the series has an infinite value", name);
    if (e.n_seen < s->horizon + LEAST_EXAMPLES)
        return norn_fail(err, NORN_E_DATA,
                         "%s: a horizon of %zu needs %zu observed values or more, the series has "
                         "%zu",
                         name, s->horizon, s->horizon + LEAST_EXAMPLES, e.n_seen);
    const size_t n = s->n - e.first;
    double *y = norni_arena_get(arena, n, sizeof *y);
    out->known = norni_arena_get(arena, n, sizeof *out->known);
    if (!y || !out->known) return norni_alloc_fail(err, name, n, 2 * sizeof *y);
    norni_rescale(s->y + e.first, n, e.exponent, y);
    for (size_t t = 0; t < n; t++)
        out->known[t] = isnan(y[t]) ? out->known[t - 1] : y[t]; /* y[0] is observed */
    out->y[0] = y;
    out->exponent = e.exponent;
    out->skip = e.first;
    return NORN_OK;
}

static norn_status fill_times(const char *name, norni_arena *arena, const norni_series *s,
                              size_t skip, norni_wide *w, norn_err *err) {
    int64_t *times = norni_arena_get(arena, w->n_rows + w->n_ahead, sizeof *times);
    if (!times) return norni_alloc_fail(err, name, w->n_rows + w->n_ahead, sizeof *times);
    for (size_t t = 0; t < w->n_rows + w->n_ahead; t++) {
        if (s->times && t < w->n_rows)
            times[t] = s->times[skip + t];
        else if (s->times)
            times[t] = times[t - 1] + norni_times_step(s->times, s->n);
        else
            times[t] = norni_freq_at(s->freq, s->start, (int64_t)(skip + t));
    }
    w->times = times;
    w->start = times[0];
    w->freq = s->freq;
    w->style.kind = s->freq.unit == NORNI_UNIT_INDEX ? NORNI_TIME_INDEX : NORNI_TIME_DATETIME;
    return NORN_OK;
}

/* Column 0: the series as a target, behind it its columns: known ahead, or not. */
static norn_status fill_columns(const char *name, norni_arena *arena, const norni_series *s,
                                const double *y, size_t skip, norni_wide *w, norn_err *err) {
    w->n_columns = 1 + s->n_x;
    w->column = norni_arena_zero(arena, w->n_columns, sizeof *w->column);
    if (!w->column) return norni_alloc_fail(err, name, w->n_columns, sizeof *w->column);
    w->column[0] = (norni_wide_column){.name = {"y", 1}, .role = NORNI_ROLE_TARGET, .at = y};
    for (size_t k = 0; k < s->n_x; k++) {
        double *x = norni_arena_get(arena, w->n_rows + w->n_ahead, sizeof *x);
        char *text = norni_arena_get(arena, 24, 1);
        if (!x || !text) return norni_alloc_fail(err, name, w->n_rows + w->n_ahead, sizeof *x);
        memcpy(x, s->x[k] + skip, w->n_rows * sizeof *x);
        if (s->x_future) memcpy(x + w->n_rows, s->x_future[k], w->n_ahead * sizeof *x);
        w->column[1 + k] = (norni_wide_column){
            .name =
                s->x_name ? s->x_name[k] : (norni_str){text, norni_format(text, 24, "x%zu", k + 1)},
            .role = s->x_future ? NORNI_ROLE_KNOWN : NORNI_ROLE_DRIVER,
            .at = x};
    }
    return NORN_OK;
}

/* Whether the series wanders. */
static norn_status wanders(const char *name, norni_env *env, const series_lesson *p, bool *out,
                           norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    const norni_ndiffs_opt opt = {.test = NORNI_UNIT_KPSS, .alpha = 0.05, .max_d = 1};
    const size_t n = p->wide.n_rows;
    double *scratch = norni_arena_get(env->arena, norni_unit_root_scratch(n), sizeof *scratch);
    if (!scratch) return norni_alloc_fail(err, name, norni_unit_root_scratch(n), sizeof *scratch);
    const int32_t d = norni_ndiffs(p->known, n, &opt, scratch, &env->poll);
    norni_arena_rewind(env->arena, mark);
    if (d < 0) return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", name);
    *out = d > 0;
    return NORN_OK;
}

/* The target's features less the last value known at their origin; season's values, which lie a fixed way
 * before the row forecast, less the mean of the season that they end. */
static norn_status relate(const char *name, norni_arena *arena, const series_lesson *p,
                          norni_feature_column *col, size_t *n_col, norn_err *err) {
    const size_t n = p->wide.n_rows, n_all = n + p->wide.n_ahead;
    size_t kept = 0;
    for (size_t j = 0; j < *n_col; j++) {
        norni_feature_column c = col[j];
        const bool level = c.origin == NORNI_ORIGIN_LAG && !c.shifted && c.lag == 0;
        const bool spread = c.origin == NORNI_ORIGIN_ROLL && memmem(c.name.p, c.name.n, "std", 3);
        if (c.source == 0 && level && *n_col > 1) continue;
        if (c.source == 0 && !spread && !level) {
            double *at = norni_arena_get(arena, n_all, sizeof *at);
            if (!at) return norni_alloc_fail(err, name, n_all, sizeof *at);
            for (size_t t = 0; t < n_all; t++) {
                at[t] = NORNI_NAN;
                if (!c.shifted && t < n && t >= p->features.first) at[t] = c.at[t] - p->known[t];
                if (!c.shifted || t < 2 * c.lag || t - c.lag >= n) continue;
                double sum = 0; /* lag is whole seasons */
                for (size_t i = t - 2 * c.lag + 1; i <= t - c.lag; i++)
                    sum += p->known[i];
                at[t] = c.at[t] - sum / (double)c.lag;
            }
            c.at = at;
        }
        col[kept++] = c;
    }
    *n_col = kept;
    return NORN_OK;
}

/* The place of the row forecast in each season. */
static norn_status add_places(const char *name, norni_arena *arena, const series_lesson *p,
                              const look *k, norni_feature_column *col, size_t *n_col,
                              norn_err *err) {
    const size_t n = p->wide.n_rows + p->wide.n_ahead;
    for (size_t i = 0; i < k->n_season; i++) {
        double *at = norni_arena_get(arena, n, sizeof *at);
        char *text = norni_arena_get(arena, 24, 1);
        if (!at || !text) return norni_alloc_fail(err, name, n, sizeof *at);
        for (size_t t = 0; t < n; t++)
            at[t] = (double)((t + p->skip) % (size_t)k->season[i]);
        col[(*n_col)++] =
            (norni_feature_column){.name = {text, norni_format(text, 24, "season%d", k->season[i])},
                                   .origin = NORNI_ORIGIN_CALENDAR,
                                   .source = SIZE_MAX,
                                   .shifted = true,
                                   .at = at};
    }
    return NORN_OK;
}

/* Missing values of what was lagged become the last ones before. */
static norn_status fill_gaps(const char *name, norni_arena *arena, const norni_features *x,
                             norni_feature_column *col, norn_err *err) {
    for (size_t j = 0; j < x->n; j++) {
        const size_t n = x->n_rows + (col[j].shifted ? x->horizon : 0);
        double *at = norni_arena_get(arena, n, sizeof *at), last = 0;
        if (!at) return norni_alloc_fail(err, name, n, sizeof *at);
        for (size_t t = x->first; t < n; t++)
            at[t] = last = isfinite(col[j].at[t]) ? col[j].at[t] : last;
        col[j].at = at;
    }
    return NORN_OK;
}

static norn_status make_features(const norni_learner *learner, norni_env *env, const look *k,
                                 series_lesson *p, norn_err *err) {
    const char *name = learner->name;
    int32_t window = (int32_t)k->window, season[MOST_SEASONS];
    memcpy(season, k->season, sizeof season);
    const norni_features_opt opt = {.horizon = p->wide.n_ahead,
                                    .lookback = k->lags,
                                    .windows = {1, &window},
                                    .mean = true,
                                    .std = true,
                                    .seasons = {k->n_season, season},
                                    .calendar = true,
                                    .known = true};
    bool related = false;
    NORN_TRY(norni_features_make(env->arena, &env->poll, &p->wide, &opt, &p->features, err));
    size_t n = p->features.n;
    norni_feature_column *col = norni_arena_get(env->arena, n + MOST_SEASONS, sizeof *col);
    if (!col) return norni_alloc_fail(err, name, n + MOST_SEASONS, sizeof *col);
    memcpy(col, p->features.col, n * sizeof *col);
    if (learner->missing) NORN_TRY(wanders(name, env, p, &related, err));
    if (related) NORN_TRY(relate(name, env->arena, p, col, &n, err));
    NORN_TRY(add_places(name, env->arena, p, k, col, &n, err));
    p->features.n = n;
    p->features.col = col;
    return learner->missing ? NORN_OK : fill_gaps(name, env->arena, &p->features, col, err);
}

norn_status series_lesson_make(const norni_learner *learner, norni_env *env, const norni_series *s,
                               series_lesson *out, norn_err *err) {
    static const norni_str target = {"y", 1};
    const char *name = learner->name;
    *out = (series_lesson){0};
    NORN_TRY(read_series(name, env->arena, s, out, err));
    out->wide = (norni_wide){.n_rows = s->n - out->skip, .n_ahead = s->horizon};
    const look k = look_of(out->wide.n_rows, s->season, s->n_season, s->horizon);
    NORN_TRY(fill_times(name, env->arena, s, out->skip, &out->wide, err));
    NORN_TRY(fill_columns(name, env->arena, s, out->y[0], out->skip, &out->wide, err));
    NORN_TRY(make_features(learner, env, &k, out, err));
    int32_t *season = norni_arena_get(env->arena, MOST_SEASONS, sizeof *season);
    if (!season) return norni_alloc_fail(err, name, MOST_SEASONS, sizeof *season);
    memcpy(season, k.season, sizeof k.season);
    out->lesson =
        (norni_lesson){.n = out->wide.n_rows,
                       .n_targets = 1,
                       .horizon = s->horizon,
                       .lookback = k.lags,
                       .target_name = &target,
                       .y = out->y,
                       .x = &out->features,
                       .n_season = k.n_season,
                       .season = season,
                       .start = out->wide.start,
                       .freq = s->freq,
                       .times = out->wide.times,
                       .key = norni_hash64(out->known, out->wide.n_rows * sizeof(double))};
    return NORN_OK;
}

static int32_t bins_wanted(const norni_learner *learner, const void *opt) {
    const norni_param *row =
        norni_param_find(learner->params, learner->n_params, norni_str_of("max_bins"));
    int32_t n = learner->max_bins;
    if (n <= 0 && row) memcpy(&n, (const char *)opt + row->offset, sizeof n);
    return n > 2 ? n : 255;
}

norn_status series_bins_make(const norni_learner *learner, norni_env *env, const void *opt,
                             norni_lesson *l, norn_err *err) {
    if (!learner->wants_bins) return NORN_OK;
    const norni_features *x = l->x;
    const double **at = norni_arena_get(env->arena, x->n, sizeof *at);
    norni_feature_kind *kind = norni_arena_get(env->arena, x->n, sizeof *kind);
    norni_bins *bins = norni_arena_get(env->arena, 1, sizeof *bins);
    if (!at || !kind || !bins) return norni_alloc_fail(err, learner->name, x->n, sizeof *at);
    for (size_t j = 0; j < x->n; j++)
        at[j] = x->col[j].at + x->first, kind[j] = x->col[j].kind;
    NORN_TRY(norni_bins_make(env->arena, &env->poll, at, kind, x->n, l->n - x->first,
                             (uint32_t)bins_wanted(learner, opt), bins, err));
    l->bins = bins;
    return NORN_OK;
}

/* All up to 12, then a third further each time. */
size_t series_steps(size_t horizon, size_t *out) {
    size_t n = 0;
    for (size_t h = 1; h < horizon; h = horizon <= 12 || h < 3 ? h + 1 : (4 * h + 2) / 3)
        out[n++] = h;
    out[n++] = horizon;
    return n;
}
