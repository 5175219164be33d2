/* What the search says of each axis of the grid: sensitivity, a heat map of two of them, and the best one's neighbours. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "portfolio/portfolio_optimise_parts.h"

enum { GROUPS = 2048, READ_MOST = 8192, HEAT_MOST = 64, KEPT_MOST = 4 << 20 };

/* Calls see(user, index, value) for every index that has a value, in order. */
typedef void (*see_fn)(void *user, uint64_t index, const norni_port_value *v);
static norn_status each_value(const norni_port_search *s, norni_arena *arena, see_fn see,
                              void *user, norn_err *err) {
    const uint64_t n = s->out->counts.n_all;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norni_port_value *v = norni_arena_get(arena, READ_MOST, sizeof *v);
    norn_status st = v ? NORN_OK : norni_alloc_fail(err, "sensitivity", READ_MOST, sizeof *v);
    for (uint64_t at = 0; st == NORN_OK && at < n; at += READ_MOST) {
        const size_t some = n - at < READ_MOST ? (size_t)(n - at) : READ_MOST;
        st = norni_spool_read(&s->values, at * sizeof *v, v, some * sizeof *v, err);
        for (size_t i = 0; st == NORN_OK && i < some; i++)
            if (v[i].kind == NORNI_PORT_USED) see(user, at + i, &v[i]);
    }
    norni_arena_rewind(arena, mark);
    return st;
}

/* ---- one axis ---- */

typedef struct axis_sums {
    const norni_port_grid *grid;
    norni_port_sensitivity *a;
    norni_sum *sum;    /* (n_values) */
    uint64_t *defined; /* (n_values) */
    uint16_t *group;   /* (n_all) each index' value, or NULL: there are too many */
    double cut;        /* of the best tenth; NaN: not asked */
    uint64_t *top, n_top;
} axis_sums;

static void add_value(void *user, uint64_t index, const norni_port_value *v) {
    axis_sums *w = user;
    const size_t g = norni_port_grid_axis_of(w->grid, w->a->axis, index);
    if (w->group != NULL) w->group[index] = (uint16_t)g;
    w->a->count[g]++;
    if (isnan(v->value)) return;
    w->sum[g] = norni_sum_add(w->sum[g], v->value);
    if (w->defined[g]++ == 0 || v->value > w->a->best[g]) w->a->best[g] = v->value;
    if (v->value >= w->cut) {
        w->top[g]++;
        w->n_top++;
    }
}

static norn_status find_medians(norni_port_search *s, axis_sums *w, norni_arena *arena,
                                norn_err *err) {
    const size_t n = w->a->n_values, most = n < GROUPS ? n : GROUPS;
    uint64_t *rank = norni_arena_get(arena, most, sizeof *rank);
    double *at = norni_arena_get(arena, most, sizeof *at),
           *next = norni_arena_get(arena, most, sizeof *next);
    if (rank == NULL || at == NULL || next == NULL)
        return norni_alloc_fail(err, "medians", most, sizeof *at);
    for (size_t from = 0; from < n; from += GROUPS) {
        const size_t some = n - from < GROUPS ? n - from : GROUPS;
        for (size_t g = 0; g < some; g++)
            rank[g] = w->defined[from + g] ? (w->defined[from + g] - 1) / 2 : UINT64_MAX;
        const norni_port_select q = {.values = &s->values,
                                     .n = s->out->counts.n_all,
                                     .grid = s->grid,
                                     .group = w->group,
                                     .axis = w->a->axis,
                                     .from = from,
                                     .n_groups = some,
                                     .rank = rank,
                                     .at = at,
                                     .next = next};
        NORN_TRY(norni_port_select_run(&q, arena, err));
        for (size_t g = 0; g < some; g++)
            w->a->median[from + g] = w->defined[from + g] % 2 ? at[g] : at[g] / 2 + next[g] / 2;
    }
    return NORN_OK;
}

/* The best 20 or 50 distinct ones; NaN 0. */
static size_t told_of_top(const char *axis) {
    if (strcmp(axis, "assets") == 0) return 20;
    return strcmp(axis, "weights") == 0 ? 50 : 0;
}

static void share_top(norni_port_search *s, axis_sums *w) {
    const size_t told = told_of_top(norni_port_grid_axis_name(s->grid, w->a->axis));
    if (told > 0) {
        w->n_top = s->n_top < told ? s->n_top : told;
        memset(w->top, 0, w->a->n_values * sizeof *w->top);
        for (size_t k = 0; k < w->n_top; k++)
            w->top[norni_port_grid_axis_of(s->grid, w->a->axis, s->top_row[k].id - 1)]++;
    }
    for (size_t g = 0; g < w->a->n_values; g++)
        w->a->top_share[g] = w->n_top ? (double)w->top[g] / (double)w->n_top : NORNI_NAN;
}

static norn_status judge_axis(norni_worker *worker, size_t item, void *search, norn_err *err) {
    norni_port_search *s = search;
    norni_arena *arena = &worker->arena;
    norni_port_sensitivity *a = &s->out->axis[item];
    const size_t n = a->n_values;
    axis_sums w = {.grid = s->grid, .a = a, .cut = s->tenth};
    w.sum = norni_arena_zero(arena, n, sizeof *w.sum);
    w.defined = norni_arena_zero(arena, n, sizeof *w.defined);
    w.top = norni_arena_zero(arena, n, sizeof *w.top);
    const uint64_t n_all = s->out->counts.n_all;
    const bool keep = n_all <= KEPT_MOST && n <= UINT16_MAX;
    w.group = keep ? norni_arena_get(arena, (size_t)n_all, sizeof *w.group) : NULL;
    if (w.sum == NULL || w.defined == NULL || w.top == NULL || (keep && w.group == NULL))
        return norni_alloc_fail(err, "sensitivity", n, sizeof *w.sum);
    NORN_TRY(each_value(s, arena, add_value, &w, err));
    for (size_t g = 0; g < n; g++) {
        const double many = (double)w.defined[g];
        a->mean[g] = many > 0 ? norni_sum_get(w.sum[g]) / many : NORNI_NAN;
        if (w.defined[g] == 0) a->best[g] = NORNI_NAN;
    }
    share_top(s, &w);
    return find_medians(s, &w, arena, err);
}

static norn_status open_axes(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    r->n_axes = norni_port_grid_axes(s->grid);
    r->axis = norni_arena_zero(&r->arena, r->n_axes + 1, sizeof *r->axis);
    if (r->axis == NULL) return norni_alloc_fail(err, "sensitivity", r->n_axes, sizeof *r->axis);
    for (size_t k = 0; k < r->n_axes; k++) {
        norni_port_sensitivity *a = &r->axis[k];
        const size_t n = norni_port_grid_axis_size(s->grid, k);
        *a = (norni_port_sensitivity){.axis = k, .n_values = n};
        a->mean = norni_arena_zero(&r->arena, n, sizeof *a->mean);
        a->median = norni_arena_zero(&r->arena, n, sizeof *a->median);
        a->best = norni_arena_zero(&r->arena, n, sizeof *a->best);
        a->count = norni_arena_zero(&r->arena, n, sizeof *a->count);
        a->top_share = norni_arena_zero(&r->arena, n, sizeof *a->top_share);
        if (a->mean == NULL || a->median == NULL || a->best == NULL || a->count == NULL ||
            a->top_share == NULL)
            return norni_alloc_fail(err, "sensitivity", n, sizeof *a->mean);
    }
    return NORN_OK;
}

/* ---- the best one's neighbours ---- */

typedef struct near_sums {
    const norni_port_search *s;
    uint64_t best;         /* its index */
    const size_t *of_best; /* (n_axes) */
    const bool *ordered;   /* (n_axes) */
    norni_sum sum;
    uint64_t n, axes;
} near_sums;

/* Names have no order: a step among them says nothing of stability. Costs, rates and the delay are the market's, no choices. */
static bool is_ordered(const char *axis) {
    static const char *const chosen[] = {"threshold",          "calendar_days", "every",
                                         "min_interval_hours", "momentum_days", "momentum_limit",
                                         "turnover_cap",       "min_trade"};
    for (size_t k = 0; k < sizeof chosen / sizeof chosen[0]; k++)
        if (strcmp(axis, chosen[k]) == 0) return true;
    return false;
}

enum { NOT_NEAR = 64 }; /* as many axes as bits */

/* The axis on which it is one step away from the best one, and not the same in effect. */
static size_t near_axis(const near_sums *w, uint64_t index) {
    size_t at = NOT_NEAR;
    for (size_t k = 0; k < w->s->out->n_axes; k++) {
        const size_t a = norni_port_grid_axis_of(w->s->grid, k, index), b = w->of_best[k];
        if (a == b) continue;
        if (!w->ordered[k] || (a > b ? a - b : b - a) != 1 || at != NOT_NEAR) return NOT_NEAR;
        at = k;
    }
    if (at == NOT_NEAR || norni_port_grid_same(w->s->grid, index) == w->best) return NOT_NEAR;
    return at;
}

static void add_near(void *user, uint64_t index, const norni_port_value *v) {
    near_sums *w = user;
    if (isnan(v->value)) return;
    const size_t axis = near_axis(w, index);
    if (axis == NOT_NEAR) return;
    w->axes |= UINT64_C(1) << axis;
    w->sum = norni_sum_add(w->sum, v->value);
    w->n++;
}

static norn_status find_plateau(norni_port_search *s, norni_arena *arena, norn_err *err) {
    norni_port_result *r = s->out;
    const size_t n = r->n_axes;
    const double own = s->top_value[0];
    near_sums w = {.s = s, .best = s->top_row[0].id - 1};
    size_t *of_best = norni_arena_get(arena, n + 1, sizeof *of_best);
    bool *ordered = norni_arena_get(arena, n + 1, sizeof *ordered);
    if (of_best == NULL || ordered == NULL)
        return norni_alloc_fail(err, "neighbours", n, sizeof *of_best);
    for (size_t k = 0; k < n; k++) {
        of_best[k] = norni_port_grid_axis_of(s->grid, k, w.best);
        ordered[k] = k < NOT_NEAR && is_ordered(norni_port_grid_axis_name(s->grid, k));
    }
    w.of_best = of_best;
    w.ordered = ordered;
    NORN_TRY(each_value(s, arena, add_near, &w, err));
    r->n_neighbours = w.n;
    r->neighbour_axes = w.axes;
    r->plateau = w.n > 1 && own != 0 ? norni_sum_get(w.sum) / (double)w.n / own : NORNI_NAN;
    return NORN_OK;
}

/* ---- all of them ---- */

/* One order statistic of every configuration: rank from below. */
static norn_status select_one(norni_port_search *s, uint64_t rank, norni_arena *arena, double *at,
                              double *next, norn_err *err) {
    const norni_port_select q = {.values = &s->values,
                                 .n = s->out->counts.n_all,
                                 .grid = s->grid,
                                 .axis = SIZE_MAX,
                                 .n_groups = 1,
                                 .rank = &rank,
                                 .at = at,
                                 .next = next};
    return norni_port_select_run(&q, arena, err);
}

enum { MEDIAN, TENTH, PLATEAU, N_WHOLE };

/* What is found over all of them, each part by itself. */
static norn_status find_whole(norni_worker *worker, size_t item, void *search, norn_err *err) {
    norni_port_search *s = search;
    norni_port_result *r = s->out;
    const uint64_t n = s->n_values, tenth = n / 10 > 0 ? n / 10 : 1;
    double at = NORNI_NAN, next = NORNI_NAN;
    if (item == PLATEAU) return find_plateau(s, &worker->arena, err);
    if (n > 0)
        NORN_TRY(select_one(s, item == MEDIAN ? (n - 1) / 2 : n - tenth, &worker->arena, &at, &next,
                            err));
    if (item == TENTH) {
        s->tenth = at;
        return NORN_OK;
    }
    r->median = n % 2 ? at : at / 2 + next / 2;
    r->mean = n > 0 ? norni_sum_get(s->sum) / (double)n : NORNI_NAN;
    if (n == 0) r->best = r->worst = NORNI_NAN;
    return NORN_OK;
}

/* ---- heat map ---- */

/* How far the means of an axis' values lie apart. */
static double spread(const norni_port_sensitivity *a) {
    double lo = NORNI_INF, hi = -NORNI_INF;
    for (size_t g = 0; g < a->n_values; g++) {
        if (a->mean[g] < lo) lo = a->mean[g];
        if (a->mean[g] > hi) hi = a->mean[g];
    }
    return hi >= lo ? hi - lo : -1;
}

static bool can_show(const norni_port_sensitivity *a) {
    return a->n_values > 1 && a->n_values <= HEAT_MOST;
}

static size_t axis_named(const norni_port_search *s, const char *name) {
    for (size_t k = 0; k < s->out->n_axes; k++)
        if (strcmp(norni_port_grid_axis_name(s->grid, k), name) == 0 && can_show(&s->out->axis[k]))
            return k;
    return SIZE_MAX;
}

static size_t widest_axis(const norni_port_result *r, size_t but) {
    size_t best = SIZE_MAX;
    for (size_t k = 0; k < r->n_axes; k++) {
        if (k == but || !can_show(&r->axis[k])) continue;
        if (best == SIZE_MAX || spread(&r->axis[k]) > spread(&r->axis[best])) best = k;
    }
    return best;
}

typedef struct heat_sums {
    const norni_port_search *s;
    norni_sum *sum;  /* (rows, columns) */
    uint64_t *count; /* (rows, columns) */
} heat_sums;

static void add_heat(void *user, uint64_t index, const norni_port_value *v) {
    heat_sums *w = user;
    const norni_port_result *r = w->s->out;
    if (isnan(v->value)) return;
    const size_t row = norni_port_grid_axis_of(w->s->grid, r->heat_row_axis, index),
                 column = norni_port_grid_axis_of(w->s->grid, r->heat_column_axis, index),
                 cell = row * r->heat_columns + column;
    w->sum[cell] = norni_sum_add(w->sum[cell], v->value);
    w->count[cell]++;
}

static norn_status make_heat(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    heat_sums w = {.s = s};
    size_t row = axis_named(s, "threshold"), column = axis_named(s, "calendar_days");
    if (row == SIZE_MAX || column == SIZE_MAX) {
        row = widest_axis(r, SIZE_MAX);
        column = widest_axis(r, row);
    }
    if (row == SIZE_MAX || column == SIZE_MAX) return NORN_OK;
    r->heat_row_axis = row;
    r->heat_column_axis = column;
    r->heat_rows = r->axis[row].n_values;
    r->heat_columns = r->axis[column].n_values;
    const size_t cells = r->heat_rows * r->heat_columns;
    w.sum = norni_arena_zero(&r->arena, cells, sizeof *w.sum);
    w.count = norni_arena_zero(&r->arena, cells, sizeof *w.count);
    r->heat = norni_arena_get(&r->arena, cells, sizeof *r->heat);
    if (w.sum == NULL || w.count == NULL || r->heat == NULL)
        return norni_alloc_fail(err, "heat map", cells, sizeof *w.sum);
    NORN_TRY(each_value(s, &r->arena, add_heat, &w, err));
    for (size_t c = 0; c < cells; c++)
        r->heat[c] = w.count[c] ? norni_sum_get(w.sum[c]) / (double)w.count[c] : NORNI_NAN;
    return NORN_OK;
}

norn_status norni_port_axes_make(norni_port_search *s, norn_err *err) {
    const norni_for_opt how = {.poll = norni_ctx_poll(s->ctx)};
    NORN_TRY(open_axes(s, err));
    NORN_TRY(norni_for(s->ctx, NULL, N_WHOLE, find_whole, s, &how, err));
    NORN_TRY(norni_for(s->ctx, NULL, s->out->n_axes, judge_axis, s, &how, err));
    return make_heat(s, err);
}
