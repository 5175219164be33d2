/* Holidays: which of them a history shows, and the rows that their days touch. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As in Prophet, a holiday counts as seen when it is among the user's rows, whenever its days are, or
 * among the country's in a year that has a row; and it touches every row of its calendar days. */
#include <math.h>

#include "base/grow.h"
#include "base/map.h"
#include "data/calendar.h"
#include "models/prophet/prophet_plan_parts.h"

static int64_t floor_day(int64_t ds) {
    return ds / NORNI_US_DAY - (ds % NORNI_US_DAY < 0);
}

/* The first row from `from` on whose time is not before ds. */
static size_t first_row(const norni_prophet_design *design, int64_t ds, size_t from) {
    size_t low = from, high = design->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (design->ds[mid] < ds)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int32_t year_of(int64_t ds) {
    return norni_civil_from_us(ds).year;
}

static int64_t year_begin(int32_t year) {
    return norni_days_from_civil(year, 1, 1) * NORNI_US_DAY;
}

/* Every public holiday of the years that have a row: fn for each run of such years. */
typedef norn_status (*years_fn)(void *user, const norni_holidays *holidays, norn_err *err);
static norn_status each_year(norni_arena *arena, const char *country,
                             const norni_prophet_design *design, years_fn fn, void *user,
                             norn_err *err) {
    size_t row = 0;
    while (row < design->n) {
        const int32_t first = year_of(design->ds[row]);
        int32_t last = first;
        do {
            row = first_row(design, year_begin(last + 1), row);
        } while (row < design->n && year_of(design->ds[row]) == last + 1 && ++last);
        norni_holidays holidays;
        NORN_TRY(norni_country_holidays(country, first, last, arena, &holidays, err));
        NORN_TRY(fn(user, &holidays, err));
    }
    return NORN_OK;
}

typedef struct gathered {
    norni_map map; /* of names to holiday */
    norni_arena *arena;
    double usual; /* prior */
    norni_prophet_holiday *holiday;
    size_t n, room;
} gathered;

static norn_status gather_row(gathered *g, const norni_holiday *h, norn_err *err) {
    const double prior = isnan(h->prior) ? g->usual : h->prior;
    bool added;
    const int64_t at = norni_map_add(&g->map, h->name, &added);
    if (at == NORNI_MAP_NONE) return norni_alloc_fail(err, "prophet", g->n + 1, sizeof *g->holiday);
    if (added) {
        norni_prophet_holiday *all =
            norni_list_grow(g->arena, g->holiday, g->n, &g->room, 32, sizeof *all);
        if (all == NULL) return norni_alloc_fail(err, "prophet", g->room, sizeof *all);
        g->holiday = all;
        all[g->n++] = (norni_prophet_holiday){h->name, h->lower, h->upper, prior};
        return NORN_OK;
    }
    norni_prophet_holiday *have = &g->holiday[at];
    if (have->prior != prior)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: holiday '%.*s' does not have consistent prior scale "
                         "specification: %g and %g",
                         (int)h->name.n, h->name.p, have->prior, prior);
    if (h->lower < have->lower) have->lower = h->lower;
    if (h->upper > have->upper) have->upper = h->upper;
    return NORN_OK;
}

static norn_status gather_public(void *user, const norni_holidays *holidays, norn_err *err) {
    for (size_t i = 0; i < holidays->n; i++)
        NORN_TRY(gather_row(user, &holidays->row[i], err));
    return NORN_OK;
}

norn_status norni_prophet_holidays(norni_arena *arena, const char *country,
                                   const norni_prophet_design *design, norni_prophet_plan *plan,
                                   const norni_prophet_holiday **out, norn_err *err) {
    gathered g = {.arena = arena, .usual = plan->holidays_prior};
    norn_status st = NORN_OK;
    norni_map_init(&g.map, arena->alloc);
    for (size_t i = 0; st == NORN_OK && i < plan->n_holiday; i++)
        st = gather_row(&g, &plan->holiday[i], err);
    if (st == NORN_OK && country) st = each_year(arena, country, design, gather_public, &g, err);
    norni_map_clear(&g.map);
    if (st != NORN_OK) return st;
    norni_str *name = norni_arena_get(arena, g.n, sizeof *name);
    if (name == NULL) return norni_alloc_fail(err, "prophet", g.n, sizeof *name);
    for (size_t i = 0; i < g.n; i++)
        name[i] = g.holiday[i].name;
    plan->n_holiday_name = g.n;
    plan->holiday_name = name;
    *out = g.holiday;
    return NORN_OK;
}

/* Columns of each name stand in a row of `place`, by days off. */
typedef struct touched {
    const norni_prophet_plan *plan;
    const norni_prophet_design *design;
    norni_map map;
    const int32_t *lower, *upper; /* (n_holiday_name) the first and last day off with a column */
    double *const *const *column; /* (n_holiday_name) of (days off); NULL: no column */
    double *const *x;
} touched;

static void touch_row(touched *t, const norni_holiday *h, size_t name) {
    const norni_prophet_design *design = t->design;
    const int64_t first = floor_day(design->ds[0]), last = floor_day(design->ds[design->n - 1]);
    for (int32_t off = h->lower; off <= h->upper; off++) {
        const int64_t day = h->day + off;
        if (day < first || day > last) continue;
        if (off < t->lower[name] || off > t->upper[name]) continue; /* of a plan that was read */
        double *x = t->column[name][off - t->lower[name]];
        if (x == NULL) continue;
        size_t row = first_row(design, day * NORNI_US_DAY, 0);
        for (; row < design->n && design->ds[row] < (day + 1) * NORNI_US_DAY; row++)
            x[row] = 1;
    }
}

static norn_status touch_all(void *user, const norni_holidays *holidays, norn_err *err) {
    touched *t = user;
    (void)err;
    for (size_t i = 0; i < holidays->n; i++) {
        const int64_t name = norni_map_find(&t->map, holidays->row[i].name);
        if (name != NORNI_MAP_NONE) touch_row(t, &holidays->row[i], (size_t)name);
    }
    return NORN_OK;
}

/* Fills map, lower and column from the plan's columns. */
static norn_status lay_out(norni_arena *arena, touched *t, norn_err *err) {
    const norni_prophet_plan *plan = t->plan;
    const size_t n = plan->n_holiday_name;
    int32_t *lower = norni_arena_zero(arena, n, sizeof *lower),
            *upper = norni_arena_zero(arena, n, sizeof *upper);
    double ***column = norni_arena_get(arena, n, sizeof *column);
    if (lower == NULL || upper == NULL || column == NULL)
        return norni_alloc_fail(err, "prophet", n, sizeof *column);
    for (size_t k = 0; k < plan->n_column; k++) {
        const norni_prophet_column *c = &plan->column[k];
        if (c->kind != NORNI_PROPHET_HOLIDAY) continue;
        if (c->part < lower[c->source]) lower[c->source] = c->part;
        if (c->part > upper[c->source]) upper[c->source] = c->part;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t days = (size_t)(upper[i] - lower[i]) + 1;
        column[i] = norni_arena_zero(arena, days, sizeof **column);
        if (column[i] == NULL || norni_map_add(&t->map, plan->holiday_name[i], NULL) < 0)
            return norni_alloc_fail(err, "prophet", days, sizeof **column);
    }
    for (size_t k = 0; k < plan->n_column; k++) {
        const norni_prophet_column *c = &plan->column[k];
        if (c->kind == NORNI_PROPHET_HOLIDAY)
            column[c->source][c->part - lower[c->source]] = t->x[k];
    }
    t->lower = lower;
    t->upper = upper;
    t->column = (double *const *const *)column;
    return NORN_OK;
}

norn_status norni_prophet_holiday_features(norni_arena *arena, const norni_prophet_plan *plan,
                                           const norni_prophet_design *design, double *const *x,
                                           norn_err *err) {
    if (plan->n_holiday_name == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    touched t = {.plan = plan, .design = design, .x = x};
    const char *country = NULL;
    norni_map_init(&t.map, arena->alloc);
    norn_status st = lay_out(arena, &t, err);
    if (st == NORN_OK) st = touch_all(&t, &(norni_holidays){plan->n_holiday, plan->holiday}, err);
    if (st == NORN_OK && plan->country.n && norni_country_find(plan->country, &country))
        st = each_year(arena, country, design, touch_all, &t, err);
    norni_map_clear(&t.map);
    norni_arena_rewind(arena, mark);
    return st;
}
