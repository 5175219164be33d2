/* The features of a table of targets and drivers: what is known at the end of each row, and nothing later. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Leak-free by construction: a lag is a view of its column moved back, a rolling window ends with the
 * origin row, a season's value lies at least a horizon behind the row that is forecast, and what belongs
 * to the row forecast comes from its date or from columns known ahead. norni_features_prove checks it. */
#include "feat/features.h"

#include "feat/features_parts.h"

norni_features_opt norni_features_opt_default(void) {
    static int32_t week[] = {7};
    return (norni_features_opt){.horizon = 7,
                                .lookback = 7,
                                .windows = {1, week},
                                .mean = true,
                                .std = true,
                                .calendar = true,
                                .statics = true,
                                .known = true};
}

/* x moved back by `lag` rows, without a copy. An address before x is never read: `first` and `n_rows`
 * say which rows may be. */
static const double *moved(const double *x, size_t lag) {
    return (const double *)((uintptr_t)x - lag * sizeof *x); /* NOLINT(performance-no-int-to-ptr) */
}

static norni_feature_kind kind_of(const norni_wide_column *c) {
    return c->nominal ? NORNI_FEATURE_NOMINAL : NORNI_FEATURE_CONTINUOUS;
}

static norn_status add_lag(norni_feature_list *list, size_t c, size_t lag, norn_err *err) {
    const norni_wide_column *column = &list->wide->column[c];
    const norni_feature_column f = {.kind = kind_of(column),
                                    .origin = NORNI_ORIGIN_LAG,
                                    .source = c,
                                    .lag = lag,
                                    .at = moved(column->at, lag)};
    if (lag > list->first) list->first = lag;
    return norni_feature_add(list, &f, err, "%.*s_lag%zu", (int)column->name.n, column->name.p,
                             lag);
}

static norn_status add_lags(norni_feature_list *list, size_t c, norn_err *err) {
    const norni_features_opt *opt = list->opt;
    const bool driver = list->wide->column[c].role == NORNI_ROLE_DRIVER;
    const norni_ints *lags = driver && opt->driver_lags.n > 0 ? &opt->driver_lags : &opt->lags;
    size_t lookback = opt->lookback;
    if (driver && opt->driver_lags.n == 0 && opt->driver_lookback > 0) {
        lookback = opt->driver_lookback;
        lags = NULL;
    }
    if (lags != NULL && lags->n > 0) {
        for (size_t k = 0; k < lags->n; k++)
            NORN_TRY(add_lag(list, c, (size_t)lags->v[k], err));
        return NORN_OK;
    }
    for (size_t lag = 0; lag < lookback; lag++)
        NORN_TRY(add_lag(list, c, lag, err));
    return NORN_OK;
}

/* The newest value whole seasons before the row forecast that every origin knows. */
static norn_status add_seasons(norni_feature_list *list, size_t c, norn_err *err) {
    const norni_features_opt *opt = list->opt;
    const norni_wide_column *column = &list->wide->column[c];
    for (size_t k = 0; k < opt->seasons.n; k++) {
        const size_t m = (size_t)opt->seasons.v[k], back = (opt->horizon + m - 1) / m * m;
        if (back > list->wide->n_rows / 4) continue;
        const norni_feature_column f = {.kind = kind_of(column),
                                        .origin = NORNI_ORIGIN_LAG,
                                        .source = c,
                                        .lag = back,
                                        .shifted = true,
                                        .at = moved(column->at, back)};
        if (back > list->first) list->first = back;
        NORN_TRY(norni_feature_add(list, &f, err, "%.*s_season%zu", (int)column->name.n,
                                   column->name.p, back));
    }
    return NORN_OK;
}

static norn_status add_others(norni_feature_list *list, norn_err *err) {
    const norni_wide *w = list->wide;
    for (size_t c = 0; c < w->n_columns && list->opt->statics; c++) {
        const norni_wide_column *column = &w->column[c];
        if (column->role != NORNI_ROLE_STATIC) continue;
        const norni_feature_column f = {
            .kind = kind_of(column), .origin = NORNI_ORIGIN_STATIC, .source = c, .at = column->at};
        NORN_TRY(norni_feature_add(list, &f, err, "%.*s", (int)column->name.n, column->name.p));
    }
    for (size_t c = 0; c < w->n_columns && list->opt->known; c++) {
        const norni_wide_column *column = &w->column[c];
        if (column->role != NORNI_ROLE_KNOWN) continue;
        const norni_feature_column f = {.kind = kind_of(column),
                                        .origin = NORNI_ORIGIN_KNOWN,
                                        .source = c,
                                        .shifted = true,
                                        .at = column->at};
        NORN_TRY(
            norni_feature_add(list, &f, err, "%.*s@target", (int)column->name.n, column->name.p));
    }
    return NORN_OK;
}

static norn_status check_ints(const char *what, const norni_ints *list, int32_t least, size_t most,
                              norn_err *err) {
    for (size_t k = 0; k < list->n; k++) {
        if (list->v[k] < least || (size_t)list->v[k] > most)
            return norn_fail(err, NORN_E_ARG, "features: %s %d is outside [%d, %zu]", what,
                             list->v[k], least, most);
    }
    return NORN_OK;
}

static norn_status check(const norni_wide *w, const norni_features_opt *opt, norn_err *err) {
    const size_t most = w->n_rows > 0 ? w->n_rows - 1 : 0;
    if (opt->horizon < 1 || opt->horizon > w->n_ahead)
        return norn_fail(err, NORN_E_ARG,
                         "features: a horizon of %zu; the table goes on for %zu rows", opt->horizon,
                         w->n_ahead);
    NORN_TRY(check_ints("lag", &opt->lags, 0, most, err));
    NORN_TRY(check_ints("lag", &opt->driver_lags, 0, most, err));
    NORN_TRY(check_ints("window", &opt->windows, 1, 1 << 20, err));
    NORN_TRY(check_ints("season", &opt->seasons, 2, 1 << 20, err));
    const size_t lookback =
        opt->lookback > opt->driver_lookback ? opt->lookback : opt->driver_lookback;
    if (lookback > w->n_rows)
        return norn_fail(err, NORN_E_DATA, "features: a lookback of %zu rows, but there are %zu",
                         lookback, w->n_rows);
    return NORN_OK;
}

norn_status norni_features_make(norni_arena *arena, const norni_poll *poll, const norni_wide *wide,
                                const norni_features_opt *opt, norni_features *out, norn_err *err) {
    norni_feature_list list = {.arena = arena, .poll = poll, .wide = wide, .opt = opt};
    NORN_TRY(check(wide, opt, err));
    for (int role = 0; role < 2; role++) { /* targets first */
        for (size_t c = 0; c < wide->n_columns; c++) {
            const norni_role want = role == 0 ? NORNI_ROLE_TARGET : NORNI_ROLE_DRIVER;
            if (wide->column[c].role != want) continue;
            NORN_TRY(add_lags(&list, c, err));
            if (role == 0) NORN_TRY(add_seasons(&list, c, err));
            if (role == 0 || opt->roll_drivers) NORN_TRY(norni_features_roll(&list, c, err));
        }
    }
    NORN_TRY(add_others(&list, err));
    if (opt->calendar) NORN_TRY(norni_features_calendar(&list, err));
    *out = (norni_features){wide->n_rows, list.first, opt->horizon, list.n, list.col};
    return NORN_OK;
}

norn_status norni_features_targets(norni_arena *arena, const norni_wide *wide, size_t *n_targets,
                                   const double *const **y, const norni_str **name, norn_err *err) {
    const size_t n = norni_wide_of_role(wide, NORNI_ROLE_TARGET, NULL);
    const double **column = norni_arena_get(arena, n, sizeof *column);
    norni_str *names = norni_arena_get(arena, n, sizeof *names);
    if (column == NULL || names == NULL) return norni_alloc_fail(err, "features", n, sizeof *names);
    size_t k = 0;
    for (size_t c = 0; c < wide->n_columns; c++) {
        if (wide->column[c].role != NORNI_ROLE_TARGET) continue;
        column[k] = wide->column[c].at;
        names[k++] = wide->column[c].name;
    }
    *n_targets = n;
    *y = column;
    *name = names;
    return NORN_OK;
}
