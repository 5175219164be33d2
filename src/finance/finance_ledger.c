/* A ledger's rows, one amount each: revenue where its type is income, expenses where it is an expense. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "finance/finance_rows.h"

typedef enum side { SIDE_NONE, SIDE_IN, SIDE_OUT } side;

/* By the words of a type's cell. */
static side side_of(norni_str cell) {
    static const char *const in[] = {"income", "revenue", "revenues", "sales",   "sale",
                                     "inflow", "receipt", "credit",   "earnings"};
    static const char *const out[] = {"expense",     "expenses", "cost",  "costs", "outflow",
                                      "expenditure", "payment",  "debit", "spend"};
    char buf[NORNI_FIN_HEADER_MOST];
    const size_t n = norni_fin_header_plain(cell, buf);
    for (size_t from = 0, i = 0; i <= n; i++) {
        if (i < n && buf[i] != ' ') continue;
        const norni_str word = {buf + from, i - from};
        for (size_t k = 0; k < sizeof in / sizeof *in; k++) {
            if (norni_str_is(word, in[k])) return SIDE_IN;
        }
        for (size_t k = 0; k < sizeof out / sizeof *out; k++) {
            if (norni_str_is(word, out[k])) return SIDE_OUT;
        }
        from = i + 1;
    }
    return SIDE_NONE;
}

/* Rows of column c that are one of the two sides. */
static size_t sided(const norni_fin_rows *r, size_t c) {
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += side_of(norni_fin_rows_cell(r, i, c)) != SIDE_NONE;
    return n;
}

/* The column that tells the sides: nine of ten rows; headers of types before a Category. */
static size_t find_type(const norni_fin_rows *r) {
    for (int pass = 0; pass < 2; pass++) {
        for (size_t c = 0; c < r->n_columns; c++) {
            const norni_fin_column *const column = &r->column[c];
            if (column->why != NULL || (column->role == NORNI_FIN_ROLE_TYPE) != (pass == 0))
                continue;
            if (norni_fin_header_is_type(column->name) && 10 * sided(r, c) >= 9 * r->n) return c;
        }
    }
    return r->n_columns;
}

/* Amounts to both keys. `sign`: that of expenses, or 0: money out is what is below zero. */
static void part(const norni_fin_rows *r, const double *amount, size_t type, double sign,
                 double *revenue, double *expenses, size_t *n_none) {
    for (size_t i = 0; i < r->n; i++) {
        const double x = amount[i];
        side s = type < r->n_columns ? side_of(norni_fin_rows_cell(r, i, type))
                 : x < 0             ? SIDE_OUT
                                     : SIDE_IN;
        *n_none += s == SIDE_NONE;
        revenue[i] = s == SIDE_IN ? x : 0;
        expenses[i] = s == SIDE_OUT ? sign * x : 0;
    }
}

static norn_status keep_alone(norni_fin_rows *r, size_t c, norni_fin_table *t, norni_str **original,
                              norni_str *cell, double *amount, norn_err *err) {
    const norni_str name = norni_fin_quoted(r->column[c].name);
    t->number[NORNI_FIN_REVENUE] = amount;
    original[NORNI_FIN_REVENUE] = cell;
    r->column[c].key = norni_fin_key_name(NORNI_FIN_REVENUE);
    r->column[c].why = "stands in: no better header";
    return norni_fin_rows_note(r, err, "column %.*s is taken as revenue: nothing says otherwise",
                               (int)name.n, name.p);
}

static norn_status tell(norni_fin_rows *r, size_t c, size_t type, size_t n_none, norn_err *err) {
    const norni_str name = norni_fin_quoted(r->column[c].name);
    r->column[c].why = "a ledger's amount: revenue and expenses are made of it";
    if (type == r->n_columns)
        return norni_fin_rows_note(
            r, err,
            "column %.*s is a ledger's: what is above zero is revenue, what is below is "
            "expenses",
            (int)name.n, name.p);
    const norni_str of = norni_fin_quoted(r->column[type].name);
    r->column[type].why = "a ledger's type: it tells revenue from expenses";
    for (size_t k = 0; k < r->n_columns; k++) { /* a Category that says the same is no department */
        if (r->column[k].why == NULL && norni_fin_header_is_type(r->column[k].name) &&
            10 * sided(r, k) >= 9 * r->n)
            r->column[k].why = "it tells revenue from expenses, too";
    }
    NORN_TRY(norni_fin_rows_note(
        r, err,
        "column %.*s is a ledger's: revenue where %.*s is income, expenses where it is an "
        "expense",
        (int)name.n, name.p, (int)of.n, of.p));
    if (n_none == 0) return NORN_OK;
    return norni_fin_rows_note(
        r, err, "rows that are neither income nor expense count as neither: %zu", n_none);
}

norn_status norni_fin_rows_ledger(norni_fin_rows *r, norni_fin_table *t,
                                  norni_str *original[NORNI_FIN_NUMBERS], norn_err *err) {
    size_t c = 0, below = 0, out = 0, out_below = 0, n_none = 0;
    norni_fin_numbers x;
    while (c < r->n_columns &&
           (r->column[c].role != NORNI_FIN_ROLE_AMOUNT || r->column[c].why != NULL))
        c++;
    if (c == r->n_columns) return NORN_OK;
    norni_str *const cell = norni_fin_rows_column(r, c);
    if (cell == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *cell);
    NORN_TRY(norni_fin_rows_numbers(r, cell, &x, err));
    if (x.n_numbers == 0 || x.n_other > x.n_numbers) {
        r->column[c].why = "most of its cells are no numbers";
        return NORN_OK;
    }
    NORN_TRY(norni_fin_rows_tell_marks(r, c, &x, err));
    const size_t type = find_type(r);
    for (size_t i = 0; i < r->n; i++) {
        const bool spent =
            type < r->n_columns && side_of(norni_fin_rows_cell(r, i, type)) == SIDE_OUT;
        below += x.x[i] < 0;
        out += spent;
        out_below += spent && x.x[i] < 0;
    }
    if (type == r->n_columns && below == 0) return keep_alone(r, c, t, original, cell, x.x, err);
    double *const revenue = norni_arena_get(r->arena, r->n, sizeof *revenue);
    double *const expenses = norni_arena_get(r->arena, r->n, sizeof *expenses);
    if (revenue == NULL || expenses == NULL)
        return norni_alloc_fail(err, "report", r->n, sizeof *revenue);
    const double sign = type == r->n_columns || 2 * out_below >= out ? -1 : 1;
    part(r, x.x, type, sign, revenue, expenses, &n_none);
    t->number[NORNI_FIN_REVENUE] = revenue;
    t->number[NORNI_FIN_EXPENSES] = expenses;
    original[NORNI_FIN_REVENUE] = original[NORNI_FIN_EXPENSES] = cell;
    return tell(r, c, type, n_none, err);
}
