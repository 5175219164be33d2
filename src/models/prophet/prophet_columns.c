/* The feature columns of a fit, in Prophet's order and by Prophet's names. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sort.h"
#include "models/prophet/prophet_plan_parts.h"

void norni_prophet_column_name(const norni_prophet_column *column, char *out, size_t size) {
    const int n = (int)column->component.n, part = (int)column->part;
    const char *name = column->component.p;
    switch (column->kind) {
        case NORNI_PROPHET_SEASON:
            (void)norni_format(out, size, "%.*s_delim_%d", n, name, part + 1);
            return;
        case NORNI_PROPHET_HOLIDAY:
            (void)norni_format(out, size, "%.*s_delim_%c%d", n, name, part >= 0 ? '+' : '-',
                               part >= 0 ? part : -part);
            return;
        case NORNI_PROPHET_REGRESSOR:
        case NORNI_PROPHET_ZEROS: break;
    }
    (void)norni_format(out, size, "%.*s", n, name);
}

static size_t count_columns(const norni_prophet_plan *plan, const norni_prophet_holiday *holiday) {
    size_t n = plan->n_regressor;
    for (size_t i = 0; i < plan->n_season; i++)
        n += 2 * (size_t)plan->season[i].order;
    for (size_t i = 0; i < plan->n_holiday_name; i++)
        n += (size_t)(holiday[i].upper - holiday[i].lower) + 1;
    return n;
}

static size_t add_seasons(const norni_prophet_plan *plan, norni_prophet_column *column) {
    size_t n = 0;
    for (size_t i = 0; i < plan->n_season; i++)
        for (int32_t part = 0; part < 2 * plan->season[i].order; part++)
            column[n++] = (norni_prophet_column){
                NORNI_PROPHET_SEASON,  plan->season[i].name,          i, part,
                plan->season[i].prior, plan->season[i].multiplicative};
    return n;
}

static int by_text(const void *arg, size_t a, size_t b) {
    const norni_str *key = arg;
    return norni_str_cmp(key[a], key[b]);
}

/* The holidays' columns, sorted by the bytes of their names. */
static norn_status add_holidays(norni_arena *arena, const norni_prophet_plan *plan,
                                const norni_prophet_holiday *holiday, size_t n,
                                norni_prophet_column *column, norn_err *err) {
    norni_prophet_column *all = norni_arena_get(arena, n, sizeof *all);
    norni_str *key = norni_arena_get(arena, n, sizeof *key);
    size_t *order = norni_arena_get(arena, n, sizeof *order),
           *scratch = norni_arena_get(arena, n, sizeof *scratch), k = 0;
    if (all == NULL || key == NULL || order == NULL || scratch == NULL)
        return norni_alloc_fail(err, "prophet", n, sizeof *all);
    for (size_t i = 0; i < plan->n_holiday_name; i++)
        for (int32_t off = holiday[i].lower; off <= holiday[i].upper; off++, k++) {
            const size_t room = holiday[i].name.n + 24;
            char *text = norni_arena_get(arena, room, 1);
            if (text == NULL) return norni_alloc_fail(err, "prophet", room, 1);
            all[k] =
                (norni_prophet_column){NORNI_PROPHET_HOLIDAY, plan->holiday_name[i],        i, off,
                                       holiday[i].prior,      plan->holidays_multiplicative};
            norni_prophet_column_name(&all[k], text, room);
            key[k] = norni_str_of(text);
            order[k] = k;
        }
    norni_sort_index(order, n, by_text, key, scratch);
    for (size_t i = 0; i < n; i++)
        column[i] = all[order[i]];
    return NORN_OK;
}

norn_status norni_prophet_columns(norni_arena *arena, const norni_prophet_holiday *holiday,
                                  norni_prophet_plan *plan, norn_err *err) {
    const size_t n = count_columns(plan, holiday);
    norni_prophet_column *column = norni_arena_get(arena, n + 1, sizeof *column);
    if (column == NULL) return norni_alloc_fail(err, "prophet", n + 1, sizeof *column);
    size_t at = add_seasons(plan, column);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norn_status st =
        add_holidays(arena, plan, holiday, n - at - plan->n_regressor, column + at, err);
    norni_arena_rewind(arena, mark);
    at = n - plan->n_regressor;
    for (size_t i = 0; i < plan->n_regressor; i++)
        column[at++] =
            (norni_prophet_column){NORNI_PROPHET_REGRESSOR,  plan->regressor[i].name,          i, 0,
                                   plan->regressor[i].prior, plan->regressor[i].multiplicative};
    if (n == 0)
        column[0] =
            (norni_prophet_column){NORNI_PROPHET_ZEROS, norni_str_of("zeros"), 0, 0, 1, false};
    plan->column = column;
    plan->n_column = n ? n : 1;
    return st;
}
