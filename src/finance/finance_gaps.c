/* Gaps of a report's numbers: filled by what the other columns say, else by the median; each told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/sort.h"
#include "finance/finance_rows.h"

/* Costs and debts that are written below zero are turned: nine of ten numbers other than 0. */
static norn_status turn_signs(norni_fin_rows *r, norni_fin_table *t, norn_err *err) {
    static const norni_fin_key keys[] = {NORNI_FIN_EXPENSES, NORNI_FIN_MARKETING,
                                         NORNI_FIN_LIABILITIES, NORNI_FIN_AP};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        double *const x = t->number[keys[k]];
        size_t below = 0, above = 0;
        if (x == NULL) continue;
        for (size_t i = 0; i < r->n; i++) {
            below += x[i] < 0;
            above += x[i] > 0;
        }
        if (below == 0 || below < 9 * above) continue;
        for (size_t i = 0; i < r->n; i++)
            x[i] = x[i] == 0 ? 0 : -x[i];
        NORN_TRY(norni_fin_rows_note(r, err, "%s are written below zero: their sign is turned",
                                     norni_fin_key_name(keys[k])));
    }
    return NORN_OK;
}

/* Revenue - expenses = profit, to half a per cent, in 19 of 20 of the rows that have all three. */
static bool identity_holds(const norni_fin_rows *r, const norni_fin_table *t) {
    const double *const a = t->number[NORNI_FIN_REVENUE], *const b = t->number[NORNI_FIN_EXPENSES],
                        *const p = t->number[NORNI_FIN_PROFIT];
    size_t whole = 0, right = 0;
    if (a == NULL || b == NULL || p == NULL) return false;
    for (size_t i = 0; i < r->n; i++) {
        if (isnan(a[i]) || isnan(b[i]) || isnan(p[i])) continue;
        whole++;
        right += fabs(a[i] - b[i] - p[i]) <= 0.005 * (fabs(a[i]) + fabs(b[i])) + 1e-9;
    }
    return 20 * right >= 19 * whole;
}

typedef struct log {
    norni_fin_correction *row;
    size_t n;
} log_list;

static void keep(log_list *l, norni_fin_table *t, norni_fin_key k, size_t i, norni_str text,
                 double x, const char *method) {
    t->number[k][i] = x;
    t->imputed[k]++;
    l->row[l->n++] = (norni_fin_correction){i, norni_fin_key_name(k),
                                            text.n > 0 ? text : (norni_str){"N/A", 3}, x, method};
}

static void fill_identity(const norni_fin_rows *r, norni_fin_table *t,
                          norni_str *const original[NORNI_FIN_NUMBERS], log_list *l) {
    const double *const a = t->number[NORNI_FIN_REVENUE], *const b = t->number[NORNI_FIN_EXPENSES],
                        *const p = t->number[NORNI_FIN_PROFIT];
    for (size_t i = 0; i < r->n; i++) {
        if (isnan(a[i]) + isnan(b[i]) + isnan(p[i]) != 1) continue;
        const norni_fin_key k = isnan(a[i])   ? NORNI_FIN_REVENUE
                                : isnan(b[i]) ? NORNI_FIN_EXPENSES
                                              : NORNI_FIN_PROFIT;
        const double x = isnan(a[i]) ? p[i] + b[i] : isnan(b[i]) ? a[i] - p[i] : a[i] - b[i];
        keep(l, t, k, i, original[k][i], x, "identity");
    }
}

/* Rows that hold either revenue or expenses, nine of ten: the books of a bank. What is empty there is no gap. */
static bool one_sided(const norni_fin_rows *r, const norni_fin_table *t) {
    const double *const a = t->number[NORNI_FIN_REVENUE], *const b = t->number[NORNI_FIN_EXPENSES];
    size_t n = 0, left = 0;
    if (a == NULL || b == NULL) return false;
    for (size_t i = 0; i < r->n; i++) {
        n += isnan(a[i]) != isnan(b[i]);
        left += isnan(b[i]) ? 1 : 0;
    }
    return n >= 2 && 10 * n >= 9 * r->n && left > 0 && left < r->n;
}

static norn_status fill_one_sided(norni_fin_rows *r, norni_fin_table *t,
                                  norni_str *const original[NORNI_FIN_NUMBERS], log_list *l,
                                  norn_err *err) {
    for (size_t i = 0; i < r->n; i++) {
        const bool no_revenue = isnan(t->number[NORNI_FIN_REVENUE][i]),
                   no_expenses = isnan(t->number[NORNI_FIN_EXPENSES][i]);
        if (no_revenue == no_expenses) continue;
        const norni_fin_key k = no_revenue ? NORNI_FIN_REVENUE : NORNI_FIN_EXPENSES;
        keep(l, t, k, i, original[k][i], 0, "other_side");
    }
    return norni_fin_rows_note(r, err, "each row holds revenue or expenses: the other counts as 0");
}

/* Whatever gets its median is told: it is no number of the books. Columns that are mostly made of it by
 * themselves. */
static norn_status tell_medians(norni_fin_rows *r, const norni_fin_table *t, norn_err *err) {
    char few[200] = "";
    size_t at = 0, first = r->n;
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        const char *const name = norni_fin_key_name((norni_fin_key)k);
        size_t n = 0, first_here = r->n;
        for (size_t i = r->n; t->number[k] != NULL && i-- > 0;) {
            if (!isnan(t->number[k][i])) continue;
            first_here = i;
            n++;
        }
        if (2 * n > r->n) {
            NORN_TRY(norni_fin_rows_note(
                r, err, "%s is missing in %zu of %zu rows, which get its median", name, n, r->n));
        } else if (n > 0) {
            at += norni_format(few + at, sizeof few - at, "%s%s %zu", at > 0 ? ", " : "", name, n);
            first = first_here < first ? first_here : first;
        }
    }
    if (at == 0) return NORN_OK;
    return norni_fin_rows_note(
        r, err,
        "cells without a number get their column's median: %s of %zu rows; first line %llu%s", few,
        r->n, (unsigned long long)r->line[first].row->line, norni_fin_of_a_file(r));
}

static double median(double *x, size_t n) {
    norni_sort_doubles(x, n);
    return n % 2 ? x[n / 2] : x[n / 2 - 1] + (x[n / 2] - x[n / 2 - 1]) / 2;
}

static void fill_median(const norni_fin_rows *r, norni_fin_table *t, norni_fin_key k, double middle,
                        norni_str *text, log_list *l) {
    for (size_t i = 0; i < r->n; i++) {
        if (isnan(t->number[k][i])) keep(l, t, k, i, text[i], middle, "median_impute");
    }
}

static norn_status derive(norni_fin_rows *r, norni_fin_table *t, norn_err *err) {
    const double *const a = t->number[NORNI_FIN_REVENUE], *const b = t->number[NORNI_FIN_EXPENSES],
                        *const p = t->number[NORNI_FIN_PROFIT];
    if (a == NULL || (b == NULL) == (p == NULL)) return NORN_OK;
    const norni_fin_key k = b == NULL ? NORNI_FIN_EXPENSES : NORNI_FIN_PROFIT;
    const double *const other = b == NULL ? p : b;
    double *const x = norni_arena_get(r->arena, r->n, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *x);
    for (size_t i = 0; i < r->n; i++)
        x[i] = a[i] - other[i];
    t->number[k] = x;
    t->derived[k] = true;
    return norni_fin_rows_note(r, err, "%s is made: revenue less %s", norni_fin_key_name(k),
                               k == NORNI_FIN_PROFIT ? "expenses" : "profit");
}

norn_status norni_fin_rows_fill(norni_fin_rows *r, norni_fin_table *t,
                                norni_str *const original[NORNI_FIN_NUMBERS], norn_err *err) {
    double middle[NORNI_FIN_NUMBERS];
    double *const scratch = norni_arena_get(r->arena, r->n, sizeof *scratch);
    log_list l = {NULL, 0};
    size_t gaps = 0;
    if (scratch == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *scratch);
    NORN_TRY(turn_signs(r, t, err));
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        size_t n = 0;
        if (t->number[k] == NULL) continue;
        for (size_t i = 0; i < r->n; i++) {
            if (!isnan(t->number[k][i])) scratch[n++] = t->number[k][i];
        }
        gaps += r->n - n;
        middle[k] = n > 0 && n < r->n ? median(scratch, n) : 0;
    }
    if (gaps > 0) {
        l.row = norni_arena_get(r->arena, gaps, sizeof *l.row);
        if (l.row == NULL) return norni_alloc_fail(err, "report", gaps, sizeof *l.row);
        if (one_sided(r, t)) NORN_TRY(fill_one_sided(r, t, original, &l, err));
        if (identity_holds(r, t)) fill_identity(r, t, original, &l);
        NORN_TRY(tell_medians(r, t, err));
        for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
            if (t->number[k] != NULL)
                fill_median(r, t, (norni_fin_key)k, middle[k], original[k], &l);
        }
    }
    t->correction = l.row;
    t->n_corrections = l.n;
    return derive(r, t, err);
}
