/* What profit is learned from: rows or months, and the columns that do not hold profit themselves. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Columns: the number keys but profit, cash flow (a result as profit is) and those that were made from it (expenses as revenue less profit), and the other
 * number columns of the table but those that are named after profit, margins or cash flow, are numbered (ids, codes), never change, or
 * are profit in another unit (|r| above .999). Ratios of profit are no columns at all. A month's value of such a column is the
 * mean of its rows. */
#include "finance/finance_driver_rows.h"

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "data/calendar.h"
#include "num/pearson.h"

static const double THE_SAME = 0.999;

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether `word` (lower case) stands in the name; whole: not inside a longer word. */
static bool names(norni_str name, const char *word, bool whole) {
    const size_t n = strlen(word);
    for (size_t i = 0; i + n <= name.n; i++) {
        size_t k = 0;
        while (k < n) {
            const char c = name.p[i + k];
            if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != word[k]) break;
            k++;
        }
        const bool alone =
            (i == 0 || !is_letter(name.p[i - 1])) && (i + n == name.n || !is_letter(name.p[i + n]));
        if (k == n && (alone || !whole)) return true;
    }
    return false;
}

static bool is_barred(norni_str name) {
    static const char *const profit[] = {"profit",     "margin",     "earning",
                                         "net income", "net_income", "ebit",
                                         "cashflow",   "cash flow",  "cash_flow"};
    static const char *const number[] = {"id",    "ids",   "code", "zip",    "postal",
                                         "phone", "index", "row",  "number", "no",
                                         "year",  "month", "day",  "quarter"};
    for (size_t k = 0; k < sizeof profit / sizeof profit[0]; k++) {
        if (names(name, profit[k], false)) return true;
    }
    for (size_t k = 0; k < sizeof number / sizeof number[0]; k++) {
        if (names(name, number[k], true)) return true;
    }
    return false;
}

/* Row of the i-th example. */
static norn_status draw(const norni_fin_table *t, uint64_t seed, norni_arena *arena,
                        const norni_fin_driver_rows *r, size_t **out, norn_err *err) {
    *out = norni_arena_get(arena, r->n, sizeof **out);
    if (!*out) return norni_alloc_fail(err, "drivers", r->n, sizeof **out);
    const double stretch = (double)t->n / (double)r->n;
    for (size_t i = 0; i < r->n; i++) {
        const double u = norni_rng_uniform((norni_rng){seed, 0x6472697665}, i);
        const size_t at = (size_t)(((double)i + u) * stretch);
        (*out)[i] = r->n == t->n ? i : at < t->n ? at : t->n - 1;
    }
    return NORN_OK;
}

/* Means over the rows of each month that is an example; month (n): its place among all months. */
static void monthly_mean(const norni_fin_book *book, const double *x, const size_t *month, size_t n,
                         double *sum, double *count, double *out) {
    const norni_fin_months *m = &book->all;
    memset(sum, 0, m->n * sizeof *sum);
    memset(count, 0, m->n * sizeof *count);
    for (size_t i = 0; i < book->table.n; i++) {
        if (!isfinite(x[i])) continue;
        const norni_civil day = norni_civil_from_us(book->table.time[i]);
        const int64_t at = (int64_t)day.year * 12 + day.month - 1 - m->first;
        if (at < 0 || at >= (int64_t)m->n) continue;
        sum[at] += x[i], count[at]++;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = count[month[i]] > 0 ? sum[month[i]] / count[month[i]] : NORNI_NAN;
}

typedef struct maker {
    const norni_fin_book *book;
    norni_arena *arena;
    norni_fin_driver_rows *out;
    norni_str *name;
    size_t *from;        /* (n) row or month of each example */
    double *sum, *count; /* (months) */
} maker;

/* Takes `values` (rows; months where months is true) as the next feature unless it says nothing, or all. */
static norn_status add(maker *k, norni_str name, const double *values, bool months, norn_err *err) {
    norni_fin_driver_rows *r = k->out;
    if (r->n_x == NORNI_FIN_DRIVER_COLUMNS) return NORN_OK;
    double *x = norni_arena_get(k->arena, r->n, sizeof *x);
    if (!x) return norni_alloc_fail(err, "drivers", r->n, sizeof *x);
    if (r->by_month && !months) {
        monthly_mean(k->book, values, k->from, r->n, k->sum, k->count, x);
    } else {
        for (size_t i = 0; i < r->n; i++)
            x[i] = isfinite(values[k->from[i]]) ? values[k->from[i]] : NORNI_NAN;
    }
    double least = NORNI_INF, most = -NORNI_INF;
    for (size_t i = 0; i < r->n; i++)
        least = fmin(least, isnan(x[i]) ? NORNI_INF : x[i]),
        most = fmax(most, isnan(x[i]) ? -NORNI_INF : x[i]);
    if (!(least < most)) return NORN_OK;
    k->name[r->n_x] = name;
    r->x[r->n_x++] = x;
    return NORN_OK;
}

static norn_status add_columns(maker *k, norn_err *err) {
    const norni_fin_table *t = &k->book->table;
    const bool by_month = k->out->by_month;
    for (unsigned key = 0; key < NORNI_FIN_NUMBERS; key++) {
        const double *x = by_month ? k->book->all.value[key] : t->number[key];
        if (key == NORNI_FIN_PROFIT || key == NORNI_FIN_CASHFLOW || !x || t->derived[key]) continue;
        NORN_TRY(add(k, norni_str_of(norni_fin_key_name((norni_fin_key)key)), x, by_month, err));
    }
    for (size_t e = 0; e < t->n_extra; e++) {
        const double *x = t->extra[e].number, *profit = t->number[NORNI_FIN_PROFIT];
        if (!x || is_barred(t->extra[e].name)) continue;
        if (profit && fabs(norni_pearson(x, profit, t->n, NULL)) > THE_SAME) continue;
        NORN_TRY(add(k, t->extra[e].name, x, false, err));
    }
    return NORN_OK;
}

/* The whole months that have a profit. */
static norn_status take_months(const norni_fin_months *m, norni_arena *arena,
                               norni_fin_driver_rows *r, size_t **from, norn_err *err) {
    const double *profit = m->value[NORNI_FIN_PROFIT];
    *from = norni_arena_get(arena, m->n, sizeof **from);
    if (!*from) return norni_alloc_fail(err, "drivers", m->n, sizeof **from);
    r->by_month = true;
    r->n = 0;
    for (size_t i = norni_fin_whole_from(m); i < norni_fin_whole_end(m); i++)
        if (isfinite(profit[i])) (*from)[r->n++] = i;
    r->n_all = r->n;
    return NORN_OK;
}

norn_status norni_fin_driver_rows_make(const norni_fin_book *book, uint64_t seed,
                                       norni_arena *arena, norni_fin_driver_rows *out,
                                       norn_err *err) {
    const norni_fin_table *t = &book->table;
    const norni_fin_months *m = &book->all;
    maker k = {.book = book, .arena = arena, .out = out};
    memset(out, 0, sizeof *out);
    if (!m->value[NORNI_FIN_PROFIT]) return NORN_OK;
    if (t->number[NORNI_FIN_PROFIT] && t->n >= 2 * m->n && t->n >= 60) {
        out->n_all = t->n;
        out->n = t->n < NORNI_FIN_DRIVER_ROWS ? t->n : NORNI_FIN_DRIVER_ROWS;
        NORN_TRY(draw(t, seed, arena, out, &k.from, err));
    } else {
        NORN_TRY(take_months(m, arena, out, &k.from, err));
    }
    out->example = !out->by_month ? "row"
                   : m->step == 3 ? "quarter"
                   : m->step > 1  ? "period"
                                  : "month";
    if (out->n < NORNI_FIN_DRIVER_LEAST) return NORN_OK;
    const double *profit = out->by_month ? m->value[NORNI_FIN_PROFIT] : t->number[NORNI_FIN_PROFIT];
    out->y = norni_arena_get(arena, out->n, sizeof *out->y);
    out->x = norni_arena_get(arena, NORNI_FIN_DRIVER_COLUMNS, sizeof *out->x);
    k.name = norni_arena_get(arena, NORNI_FIN_DRIVER_COLUMNS, sizeof *k.name);
    k.sum = norni_arena_get(arena, 2 * m->n, sizeof *k.sum);
    if (!out->y || !out->x || !k.name || !k.sum) return norni_alloc_fail(err, "drivers", out->n, 8);
    k.count = k.sum + m->n;
    for (size_t i = 0; i < out->n; i++)
        out->y[i] = profit[k.from[i]];
    out->name = k.name;
    return add_columns(&k, err);
}
