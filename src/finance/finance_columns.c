/* The number columns of a report: which column is revenue, expenses and so on, and its cells as numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_rows.h"

norni_str *norni_fin_rows_column(norni_fin_rows *r, size_t c) {
    norni_str *const cell = norni_arena_get(r->arena, r->n, sizeof *cell);
    for (size_t i = 0; cell != NULL && i < r->n; i++)
        cell[i] = norni_fin_rows_cell(r, i, c);
    return cell;
}

/* What all columns of numbers say of the decimal mark. */
static const norni_fin_marks *marks_of_all(norni_fin_rows *r) {
    for (size_t c = 0; c < r->n_columns && !r->marks_known; c++) {
        const unsigned role = r->column[c].role;
        if (role >= NORNI_FIN_NUMBERS && role != NORNI_FIN_ROLE_AMOUNT) continue;
        const size_t before = r->marks.maybe_point;
        for (size_t i = 0; i < r->n; i++)
            norni_fin_marks_add(&r->marks, norni_fin_rows_cell(r, i, c));
        r->marks.columns += r->marks.maybe_point > before;
    }
    r->marks_known = true;
    return &r->marks;
}

norn_status norni_fin_rows_numbers(norni_fin_rows *r, const norni_str *cell, norni_fin_numbers *out,
                                   norn_err *err) {
    norni_fin_marks marks = {.point = 0};
    *out = (norni_fin_numbers){.x = norni_arena_get(r->arena, r->n, sizeof *out->x)};
    if (out->x == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *out->x);
    for (size_t i = 0; i < r->n; i++)
        norni_fin_marks_add(&marks, cell[i]);
    out->decimal = norni_fin_marks_decide(&marks, &marks, &out->unsure);
    if (out->unsure) out->decimal = norni_fin_marks_decide(&marks, marks_of_all(r), &out->unsure);
    for (size_t i = 0; i < r->n; i++) {
        const norni_fin_cell kind = norni_fin_number_parse(cell[i], out->decimal, &out->x[i]);
        out->n_numbers += kind == NORNI_FIN_CELL_NUMBER;
        if (kind == NORNI_FIN_CELL_OTHER && out->n_other++ == 0) out->first_other = i;
    }
    return NORN_OK;
}

norn_status norni_fin_rows_tell_marks(norni_fin_rows *r, size_t c, const norni_fin_numbers *x,
                                      norn_err *err) {
    const norni_str name = norni_fin_quoted(r->column[c].name);
    if (!x->unsure) return NORN_OK;
    if (x->decimal == ',')
        return norni_fin_rows_note(
            r, err,
            "column %.*s: each . has three digits behind it, as in 1.234: it "
            "is taken as the mark of thousands",
            (int)name.n, name.p);
    return norni_fin_rows_note(
        r, err, "column %.*s: no cell tells whether . or , is the decimal mark; . is taken for it",
        (int)name.n, name.p);
}

/* Column c as key k, or why it is not: most cells must be numbers. */
static norn_status try_number(norni_fin_rows *r, size_t c, norni_fin_key k, norni_fin_table *t,
                              norni_str **original, norn_err *err) {
    norni_fin_column *const column = &r->column[c];
    const norni_str name = norni_fin_quoted(column->name);
    norni_fin_numbers x;
    norni_str *const cell = norni_fin_rows_column(r, c);
    if (cell == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *cell);
    NORN_TRY(norni_fin_rows_numbers(r, cell, &x, err));
    if (x.n_numbers == 0 || x.n_other > x.n_numbers) {
        const norni_fin_line *const l = &r->line[x.n_other > 0 ? x.first_other : 0];
        const norni_str shown = norni_fin_quoted(cell[x.n_other > 0 ? x.first_other : 0]);
        column->why = x.n_other == 0 ? "the column is empty" : "most of its cells are no numbers";
        if (column->rank != NORNI_FIN_BY_HAND) return NORN_OK;
        return norn_fail(err, NORN_E_DATA,
                         "%s: line %llu: column %.*s is to be %s by hand: \"%.*s\" is no number",
                         r->file[l->file].name, (unsigned long long)l->row->line, (int)name.n,
                         name.p, norni_fin_key_name(k), (int)shown.n, shown.p);
    }
    t->number[k] = x.x;
    original[k] = cell;
    column->key = norni_fin_key_name(k);
    column->why = norni_fin_rank_text(column->rank);
    if (x.n_other > 0) {
        const norni_fin_line *const l = &r->line[x.first_other];
        const norni_str shown = norni_fin_quoted(cell[x.first_other]);
        NORN_TRY(norni_fin_rows_note(r, err,
                                     "column %.*s: cells that are no numbers count as missing: "
                                     "%zu, first \"%.*s\" in line %llu%s",
                                     (int)name.n, name.p, x.n_other, (int)shown.n, shown.p,
                                     (unsigned long long)l->row->line, norni_fin_of_a_file(r)));
    }
    return norni_fin_rows_tell_marks(r, c, &x, err);
}

static norn_status choose(norni_fin_rows *r, norni_fin_key k, norni_fin_table *t,
                          norni_str **original, norn_err *err) {
    size_t winner = r->n_columns;
    for (unsigned rank = NORNI_FIN_BY_HAND; rank <= NORNI_FIN_LAST_RESORT && winner == r->n_columns;
         rank++) {
        for (size_t c = 0; c < r->n_columns && winner == r->n_columns; c++) {
            const norni_fin_column *const column = &r->column[c];
            if (column->role != (unsigned)k || column->rank != (norni_fin_rank)rank ||
                column->why != NULL)
                continue;
            NORN_TRY(try_number(r, c, k, t, original, err));
            if (t->number[k] != NULL) winner = c;
        }
    }
    for (size_t c = 0; c < r->n_columns && winner < r->n_columns; c++) {
        norni_fin_column *const column = &r->column[c];
        if (column->role != (unsigned)k || column->why != NULL) continue;
        const norni_str name = norni_fin_quoted(r->column[winner].name);
        column->why = norni_fin_rows_text(r, "%s is %.*s already", norni_fin_key_name(k),
                                          (int)name.n, name.p);
        if (column->why == NULL) return norni_alloc_fail(err, "report", 1, 64);
    }
    return NORN_OK;
}

static norn_status fail_none(const norni_fin_rows *r, norn_err *err) {
    const norni_fin_file *const f = &r->file[0];
    for (size_t c = 0; c < r->n_columns; c++) {
        if (r->column[c].role >= NORNI_FIN_NUMBERS) continue;
        const norni_str name = norni_fin_quoted(r->column[c].name);
        return norn_fail(err, NORN_E_DATA,
                         "%s: line %llu: no column of numbers that is known: of column %.*s: %s",
                         f->name, (unsigned long long)f->header_line, (int)name.n, name.p,
                         r->column[c].why);
    }
    NORN_TRY(norni_fin_rows_headed(r, err));
    return norn_fail(
        err, NORN_E_DATA,
        "%s: line %llu: none of the %zu headers is known for revenue, expenses, profit, cashflow, "
        "marketing_spend, assets, liabilities, ar or ap; say which with --map Header=revenue",
        f->name, (unsigned long long)f->header_line, r->n_columns);
}

norn_status norni_fin_rows_keys(norni_fin_rows *r, norni_fin_table *t,
                                norni_str *original[NORNI_FIN_NUMBERS], norn_err *err) {
    bool any = false;
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        NORN_TRY(choose(r, (norni_fin_key)k, t, original, err));
        any = any || t->number[k] != NULL;
        if (norn_ctx_cancelled(r->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    if (t->number[NORNI_FIN_REVENUE] == NULL && t->number[NORNI_FIN_EXPENSES] == NULL)
        NORN_TRY(norni_fin_rows_ledger(r, t, original, err));
    return any || t->number[NORNI_FIN_REVENUE] != NULL ? NORN_OK : fail_none(r, err);
}
