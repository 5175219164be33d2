/* From a report's rows to its months: flows summed, balances at the month's end. */
/* SPDX-License-Identifier: Apache-2.0 */
/* An entity is a region and department. Its balance of a month is that of its last row in it; of several rows at that last
 * moment their mean, since none of them is the last. It holds until its next row, and behind its last one for a quarter, or for
 * the longest silence that it had before: after that the entity counts as closed. Totals are running sums of the entities'
 * changes, carried in two doubles, so that the work is one step for each row and month however long an entity is silent. */
#include <assert.h>

#include "base/fp.h"
#include "data/calendar.h"
#include "finance/finance_metrics.h"
#include "finance/finance_span.h"

enum {
    STOCKS = NORNI_FIN_NUMBERS - NORNI_FIN_ASSETS,
    HELD = 3,           /* months that a balance holds behind its last row */
    MOST_MONTHS = 1200, /* a century */
    MOST_GROUPS = 1000,
    MOST_GROUP_MONTHS = 250000, /* of all regions and departments together: 70 MB */
};

/* Rows in time, and each one's month. */
typedef struct month_rows {
    const norni_fin_table *t;
    const int32_t *month; /* (t->n) year * 12 + month - 1 */
    const size_t *row;    /* (n) ascending */
    size_t n;
    norni_fin_span span; /* of the whole table */
    const bool *stray;   /* (t->n) rows whose balances are nobody's, or NULL */
    size_t *left;        /* months that groups may still have, or NULL */
} month_rows;

static int32_t month_of(int64_t us) {
    const norni_civil c = norni_civil_from_us(us);
    return c.year * 12 + c.month - 1;
}

static norn_status months_of_rows(const norni_fin_table *t, norni_arena *arena, const int32_t **out,
                                  norn_err *err) {
    int32_t *month = norni_arena_get(arena, t->n, sizeof *month);
    if (month == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    for (size_t i = 0; i < t->n; i++)
        month[i] = month_of(t->time[i]);
    *out = month;
    return NORN_OK;
}

/* Stable sort of row (n) into out by group; rows of no group come last. counts (n_groups + 2). */
static void by_group(const size_t *row, size_t n, const norni_fin_groups *g, size_t *counts,
                     size_t *out) {
    for (size_t k = 0; k < g->n + 2; k++)
        counts[k] = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t of = g->of[row[i]];
        counts[1 + (of < g->n ? of : g->n)]++;
    }
    for (size_t k = 1; k < g->n + 2; k++)
        counts[k] += counts[k - 1];
    for (size_t i = 0; i < n; i++) {
        const uint32_t of = g->of[row[i]];
        out[counts[of < g->n ? of : g->n]++] = row[i];
    }
}

static uint32_t group_of(const norni_fin_groups *g, size_t row) {
    return g->of == NULL ? UINT32_MAX : g->of[row];
}

static bool same_entity(const norni_fin_table *t, size_t a, size_t b) {
    return group_of(&t->region, a) == group_of(&t->region, b) &&
           group_of(&t->department, a) == group_of(&t->department, b);
}

static void add_flows(const month_rows *rows, norni_fin_months *out) {
    const norni_fin_table *t = rows->t;
    for (int k = 0; k < NORNI_FIN_ASSETS; k++) {
        if (t->number[k] == NULL) continue;
        double *sum = out->value[k];
        /* Rows ascend by time, so a month's stand together. */
        for (size_t i = 0; i < rows->n;) {
            const int32_t month = rows->month[rows->row[i]];
            norni_sum s = {0, 0};
            for (; i < rows->n && rows->month[rows->row[i]] == month; i++)
                s = norni_sum_add(s, t->number[k][rows->row[i]]);
            sum[month - out->first] = norni_sum_get(s);
        }
    }
}

/* The rows of one entity's month, [at, end) of `row`, and the mean of those at its last moment. */
static size_t month_end(const month_rows *rows, const size_t *row, size_t n, size_t at) {
    size_t end = at + 1;
    while (end < n && rows->month[row[end]] == rows->month[row[at]])
        end++;
    return end;
}
static double closing(const norni_fin_table *t, const double *x, const size_t *row, size_t at,
                      size_t end) {
    norni_sum s = {0, 0};
    size_t i = end;
    while (i > at && t->time[row[i - 1]] == t->time[row[end - 1]])
        s = norni_sum_add(s, x[row[--i]]);
    return norni_sum_get(s) / (double)(end - i);
}

/* Adds an entity's changes of one balance to change (n_months): row (n) are its own, in time. */
static void add_changes(const month_rows *rows, const size_t *row, size_t n, const double *x,
                        int32_t first, size_t n_months, norni_sum *change) {
    double held = 0;
    int32_t before = 0, silence = HELD;
    for (size_t at = 0; at < n;) {
        const size_t end = month_end(rows, row, n, at);
        const int32_t month = rows->month[row[at]];
        const double balance = closing(rows->t, x, row, at, end);
        norni_sum *s = &change[month - first];
        *s = norni_sum_add(norni_sum_add(*s, -held), balance);
        if (at > 0 && month - before > silence) silence = month - before;
        held = balance, before = month, at = end;
    }
    const size_t closed = (size_t)(before - first) + (size_t)silence + 1;
    if (closed < n_months) change[closed] = norni_sum_add(change[closed], -held);
}

static norn_status add_stocks(const month_rows *rows, norni_arena *arena, norni_fin_months *out,
                              norn_err *err) {
    const norni_fin_table *t = rows->t;
    bool any = false;
    for (int k = NORNI_FIN_ASSETS; k < NORNI_FIN_NUMBERS; k++)
        any = any || t->number[k] != NULL;
    if (!any) return NORN_OK;
    size_t *held = norni_arena_get(arena, rows->n, sizeof *held);
    size_t *first = norni_arena_get(arena, rows->n, sizeof *first);
    size_t *second = norni_arena_get(arena, rows->n, sizeof *second);
    const size_t groups = (t->region.n > t->department.n ? t->region.n : t->department.n) + 2;
    size_t *counts = norni_arena_get(arena, groups, sizeof *counts);
    norni_sum *change = norni_arena_get(arena, out->n, sizeof *change);
    if (held == NULL || first == NULL || second == NULL || counts == NULL || change == NULL)
        return norn_fail(err, NORN_E_MEM, "report: out of memory");
    const size_t *row = rows->row;
    size_t n = rows->n;
    if (rows->stray != NULL) {
        n = 0;
        for (size_t i = 0; i < rows->n; i++) {
            if (!rows->stray[row[i]]) held[n++] = row[i];
        }
        row = held;
    }
    if (n == 0) return NORN_OK; /* no balance at all */
    const size_t begin = (size_t)(rows->month[row[0]] - out->first);
    if (t->department.of != NULL) by_group(row, n, &t->department, counts, first), row = first;
    if (t->region.of != NULL) by_group(row, n, &t->region, counts, second), row = second;

    for (int k = NORNI_FIN_ASSETS; k < NORNI_FIN_NUMBERS; k++) {
        if (t->number[k] == NULL) continue;
        for (size_t i = 0; i < out->n; i++)
            change[i] = (norni_sum){0, 0};
        for (size_t at = 0; at < n;) {
            size_t end = at + 1;
            while (end < n && same_entity(t, row[at], row[end]))
                end++;
            add_changes(rows, row + at, end - at, t->number[k], out->first, out->n, change);
            at = end;
        }
        norni_sum total = {0, 0};
        for (size_t i = 0; i < out->n; i++) {
            total = norni_sum_add(norni_sum_add(total, change[i].hi), change[i].lo);
            if (i >= begin && out->rows[i] > 0) out->value[k][i] = norni_sum_get(total);
        }
    }
    return NORN_OK;
}

/* Growths of a month that is not whole, or against one, say nothing. */
static void drop_growth(const norni_fin_months *m, size_t i, double *v) {
    const size_t from = norni_fin_whole_from(m), end = norni_fin_whole_end(m);
    const bool part = i < from || i >= end;
    if (part || i < from + 1)
        v[NORNI_FIN_REVENUE_MOM_GROWTH] = v[NORNI_FIN_PROFIT_MOM_GROWTH] =
            v[NORNI_FIN_EXPENSES_MOM_GROWTH] = NORNI_NAN;
    if (part || i < from + 12)
        v[NORNI_FIN_REVENUE_YOY_GROWTH] = v[NORNI_FIN_PROFIT_YOY_GROWTH] = NORNI_NAN;
}

/* All metrics of a month from its numbers; `made` keeps twelve months back, a ring of them. */
static void derive(const norni_fin_table *t, norni_fin_months *out) {
    enum { RING = 13 };
    double made[RING][NORNI_FIN_METRICS];
    for (size_t i = 0; i < out->n; i++) {
        double *v = made[i % RING];
        for (int k = 0; k < NORNI_FIN_NUMBERS; k++)
            v[k] = t->number[k] == NULL ? NORNI_NAN : out->value[k][i];
        norni_fin_period_derive(v, out->days[i], i == 0 ? NULL : made[(i - 1) % RING],
                                i < 12 ? NULL : made[(i - 12) % RING]);
        drop_growth(out, i, v);
        for (int m = 0; m < NORNI_FIN_METRICS; m++) {
            if (out->value[m] != NULL) out->value[m][i] = v[m];
        }
    }
}

/* Yearly growth from the first to the last whole calendar year; NaN unless both sums are above 0. */
static double cagr(const norni_fin_months *m, norni_fin_key key) {
    const double *x = m->value[key];
    if (x == NULL || m->n == 0) return NORNI_NAN;
    double first = NORNI_NAN, last = NORNI_NAN;
    int32_t first_year = 0, last_year = 0;
    const int32_t of_year = m->step > 1 && 12 % m->step == 0 ? 12 / m->step : 12;
    for (size_t i = (size_t)((12 - m->first % 12) % 12); i + 12 <= m->n; i += 12) {
        norni_sum s = {0, 0};
        int32_t there = 0;
        for (size_t k = i; k < i + 12; k++) {
            if (m->rows[k] == 0) continue;
            s = norni_sum_add(s, x[k]), there++;
        }
        const double sum = norni_sum_get(s);
        if (!(sum - sum == 0) || there < of_year) continue;
        if (i < norni_fin_whole_from(m) || i + 12 > norni_fin_whole_end(m)) continue;
        last = sum, last_year = (m->first + (int32_t)i) / 12;
        if (first != first) first = sum, first_year = last_year;
    }
    if (last_year == first_year || !(first > 0) || !(last > 0)) return NORNI_NAN;
    return 100 * (norni_pow(last / first, 1.0 / (last_year - first_year)) - 1);
}

static norn_status room(const month_rows *rows, norni_arena *arena, norni_fin_months *out,
                        norn_err *err) {
    size_t arrays = 0;
    for (unsigned m = 0; m < NORNI_FIN_METRICS; m++)
        arrays += norni_fin_metric_there(rows->t, (norni_fin_metric)m);
    out->rows = norni_arena_zero(arena, out->n, sizeof *out->rows);
    double *room = norni_arena_get(arena, arrays * out->n, sizeof *room);
    double *days = norni_arena_get(arena, out->n, sizeof *days);
    if (out->rows == NULL || room == NULL || days == NULL)
        return norn_fail(err, NORN_E_MEM, "report: out of memory");
    for (size_t i = 0; i < out->n; i++)
        days[i] = norni_fin_span_days(&rows->span, out->first + (int32_t)i);
    out->days = days;
    for (size_t i = 0; i < arrays * out->n; i++)
        room[i] = NORNI_NAN;
    for (unsigned m = 0; m < NORNI_FIN_METRICS; m++) {
        if (!norni_fin_metric_there(rows->t, (norni_fin_metric)m)) continue;
        out->value[m] = room;
        room += out->n;
    }
    return NORN_OK;
}

static norn_status make(const month_rows *rows, norni_arena *arena, norni_fin_months *out,
                        norn_err *err) {
    *out = (norni_fin_months){.revenue_cagr = NORNI_NAN, .profit_cagr = NORNI_NAN};
    if (rows->n == 0) return NORN_OK;
    out->first = rows->month[rows->row[0]];
    out->n = (size_t)(rows->month[rows->row[rows->n - 1]] - out->first) + 1;
    if (out->n > MOST_MONTHS) {
        char from[11], to[11];
        norni_fin_month_text(out->first, from);
        norni_fin_month_text(norni_fin_month_of(out, out->n - 1), to);
        return norn_fail(
            err, NORN_E_DATA,
            "report: dates run from %.*s to %.*s, more than %d years: one of them must be wrong", 7,
            from, 7, to, MOST_MONTHS / 12);
    }
    if (rows->left != NULL && out->n > *rows->left)
        return norn_fail(err, NORN_E_DATA,
                         "report: regions and departments have more than %d months together; "
                         "--map HEADER=none leaves a column out",
                         MOST_GROUP_MONTHS);
    if (rows->left != NULL) *rows->left -= out->n;
    NORN_TRY(room(rows, arena, out, err));
    for (size_t i = 0; i < rows->n; i++)
        out->rows[rows->month[rows->row[i]] - out->first]++;
    out->part_first = rows->span.part_first && out->first == rows->span.first;
    out->part_last = rows->span.part_last && norni_fin_month_of(out, out->n - 1) == rows->span.last;
    out->step = rows->span.step;
    add_flows(rows, out);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    NORN_TRY(add_stocks(rows, arena, out, err));
    norni_arena_rewind(arena, mark);
    derive(rows->t, out);
    out->revenue_cagr = cagr(out, NORNI_FIN_REVENUE);
    out->profit_cagr = cagr(out, NORNI_FIN_PROFIT);
    return NORN_OK;
}

norn_status norni_fin_months_make(const norni_fin_table *t, const uint32_t *of, uint32_t group,
                                  norni_arena *arena, norni_fin_months *out, norn_err *err) {
    month_rows rows = {.t = t};
    NORN_TRY(months_of_rows(t, arena, &rows.month, err));
    rows.span = norni_fin_span_of(t, rows.month);
    NORN_TRY(norni_fin_stray_find(t, arena, &rows.stray, err));
    size_t *row = norni_arena_get(arena, t->n, sizeof *row);
    if (row == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    for (size_t i = 0; i < t->n; i++) {
        if (of == NULL || of[i] == group) row[rows.n++] = i;
    }
    rows.row = row;
    return make(&rows, arena, out, err);
}

static norn_status too_many(const norni_fin_table *t, const norni_fin_groups *g, const char *what,
                            norn_err *err) {
    norni_str header = norni_str_of(what);
    for (size_t i = t->n_mapping; i > 0; i--) { /* the first that bears the key */
        if (t->mapping[i - 1].key != NULL && strcmp(t->mapping[i - 1].key, what) == 0)
            header = t->mapping[i - 1].header;
    }
    const int n = header.n < 40 ? (int)header.n : 40;
    return norn_fail(err, NORN_E_DATA,
                     "report: '%.*s', read as %s, has %zu different values, at most %d are served; "
                     "--map '%.*s=none' leaves it out",
                     n, header.p, what, g->n, MOST_GROUPS, n, header.p);
}

/* The months of each group, its rows picked in one pass over all. */
static norn_status make_groups(const month_rows *all, const norni_fin_groups *g, const char *what,
                               norni_arena *arena, norni_fin_months **out, norn_err *err) {
    *out = NULL;
    if (g->of == NULL || g->n == 0) return NORN_OK;
    if (g->n > MOST_GROUPS) return too_many(all->t, g, what, err);
    norni_fin_months *made = norni_arena_zero(arena, g->n, sizeof *made);
    size_t *row = norni_arena_get(arena, all->n, sizeof *row);
    size_t *end = norni_arena_get(arena, g->n + 2, sizeof *end);
    if (made == NULL || row == NULL || end == NULL)
        return norn_fail(err, NORN_E_MEM, "report: out of memory");
    by_group(all->row, all->n, g, end, row);
    for (size_t k = 0; k < g->n; k++) { /* by_group leaves each group's end */
        month_rows rows = *all;
        const size_t start = k == 0 ? 0 : end[k - 1];
        rows.row = row + start, rows.n = end[k] - start;
        NORN_TRY(make(&rows, arena, &made[k], err));
    }
    *out = made;
    return NORN_OK;
}

norn_status norni_fin_book_make(norni_fin_book *book, norni_arena *arena, norn_err *err) {
    const norni_fin_table *t = &book->table;
    size_t left = MOST_GROUP_MONTHS;
    month_rows rows = {.t = t, .n = t->n};
    NORN_TRY(months_of_rows(t, arena, &rows.month, err));
    rows.span = norni_fin_span_of(t, rows.month);
    NORN_TRY(norni_fin_stray_find(t, arena, &rows.stray, err));
    size_t *row = norni_arena_get(arena, t->n, sizeof *row);
    if (row == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    for (size_t i = 0; i < t->n; i++)
        row[i] = i;
    rows.row = row;
    NORN_TRY(make(&rows, arena, &book->all, err));
    rows.left = &left;
    NORN_TRY(make_groups(&rows, &t->region, "region", arena, &book->region, err));
    NORN_TRY(make_groups(&rows, &t->department, "department", arena, &book->department, err));
    return norni_fin_span_tell(&book->table, &rows.span, rows.stray, arena, err);
}
