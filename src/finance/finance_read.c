/* From files as people keep them to the table of a report, and what is said of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_read.h"

#include "finance/finance_rows.h"

/* Which sheet a refused workbook was read from, and which others there are. */
static void name_sheets(const norni_fin_source *source, size_t n, norn_ctx *ctx, norn_err *err) {
    for (size_t i = 0; i < n; i++) {
        const norni_grid *const g = &source[i].grid;
        if (g->n_sheets < 2) continue;
        char why[sizeof err->text];
        norni_buf b;
        norni_format(why, sizeof why, "%s", err->text);
        norni_buf_init(&b, &ctx->alloc);
        for (size_t k = 0, told = 0; k < g->n_sheets && told < 8; k++) {
            if (strcmp(g->sheet_names[k], g->sheet) == 0) continue;
            norni_buf_format(&b, "%s\"%s\"", told++ ? ", " : "", g->sheet_names[k]);
        }
        (void)norn_fail(err, err->code,
                        "%s; the sheet that was read is \"%s\"; --sheet chooses of %.*s", why,
                        g->sheet, (int)b.n, b.p ? b.p : "");
        norni_buf_clear(&b);
        return;
    }
}

static norn_status read_table(norn_ctx *ctx, const norni_fin_source *source, size_t n,
                              const norni_fin_read_opt *opt, norni_arena *arena,
                              norni_fin_table *out, norn_err *err) {
    norni_fin_rows r = {.ctx = ctx, .arena = arena, .dates = opt->dates};
    norni_str *original[NORNI_FIN_NUMBERS] = {NULL};
    int64_t *time = NULL;
    *out = (norni_fin_table){0};
    if (n == 0) return norn_fail(err, NORN_E_ARG, "report: no file is given");
    NORN_TRY(norni_fin_rows_gather(&r, source, n, opt->map, err));
    NORN_TRY(norni_fin_rows_roles(&r, opt->map, err));
    NORN_TRY(norni_fin_rows_times(&r, &time, err));
    if (norn_ctx_cancelled(ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    NORN_TRY(norni_fin_rows_spacing(&r, time, &out->months_apart, err));
    out->n = r.n;
    out->time = time;
    NORN_TRY(norni_fin_rows_keys(&r, out, original, err));
    NORN_TRY(norni_fin_rows_fill(&r, out, original, err));
    NORN_TRY(norni_fin_rows_groups(&r, out, err));
    NORN_TRY(norni_fin_rows_extras(&r, out, err));
    out->rows_read = r.rows_read;
    out->n_undated = r.n_undated;
    out->note = r.note;
    out->n_notes = r.n_notes;
    return NORN_OK;
}

norn_status norni_fin_read(norn_ctx *ctx, const norni_fin_source *source, size_t n,
                           const norni_fin_read_opt *opt, norni_arena *arena, norni_fin_table *out,
                           norn_err *err) {
    norn_err why = {NORN_OK, ""};
    const norn_status st = read_table(ctx, source, n, opt, arena, out, &why);
    if (st == NORN_E_DATA) name_sheets(source, n, ctx, &why);
    if (st != NORN_OK && err != NULL) *err = why;
    return st;
}

static void shape(norni_json *j, const char *key, size_t rows, size_t columns) {
    norni_json_key(j, key);
    norni_json_open(j, '[');
    norni_json_int(j, (int64_t)rows);
    norni_json_int(j, (int64_t)columns);
    norni_json_close(j, ']');
}

static void imputed(norni_json *j, const norni_fin_table *t) {
    norni_json_key(j, "missing_values_imputed");
    norni_json_bool(j, t->n_corrections > 0);
    norni_json_key(j, "imputed_columns_summary");
    norni_json_open(j, '{');
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        if (t->imputed[k] > 0)
            norni_json_key_count(j, norni_fin_key_name((norni_fin_key)k), t->imputed[k]);
    }
    norni_json_close(j, '}');
}

/* Headers as keys of an object: a key's text ends with a NUL, as in the arena. */
static void mappings(norni_json *j, const norni_fin_table *t, bool reasons) {
    norni_json_key(j, reasons ? "header_reasons" : "header_mappings");
    norni_json_open(j, reasons ? '[' : '{');
    for (size_t i = 0; i < t->n_mapping; i++) {
        const norni_fin_mapping *const m = &t->mapping[i];
        if (!reasons) {
            if (m->key != NULL) norni_json_key_str(j, m->header.p, norni_str_of(m->key));
            continue;
        }
        norni_json_open(j, '{');
        norni_json_key_str(j, "header", m->header);
        norni_json_key(j, "key");
        if (m->key != NULL)
            norni_json_str(j, norni_str_of(m->key));
        else
            norni_json_null(j);
        norni_json_key_str(j, "reason", norni_str_of(m->why));
        norni_json_close(j, '}');
    }
    norni_json_close(j, reasons ? ']' : '}');
}

void norni_fin_validation_json(norni_json *j, const norni_fin_table *t, int64_t unix_seconds) {
    char id[40];
    const size_t n = norni_format(id, sizeof id, "ds_%lld", (long long)unix_seconds);
    norni_json_open(j, '{');
    norni_json_key_str(j, "dataset_id", (norni_str){id, n});
    shape(j, "original_shape", t->rows_read, t->columns_read);
    shape(j, "cleaned_shape", t->n, t->columns_kept);
    imputed(j, t);
    mappings(j, t, false);
    mappings(j, t, true);
    norni_json_key(j, "derived_columns");
    norni_json_open(j, '[');
    for (unsigned k = 0; k < NORNI_FIN_NUMBERS; k++) {
        if (t->derived[k]) norni_json_str(j, norni_str_of(norni_fin_key_name((norni_fin_key)k)));
    }
    norni_json_close(j, ']');
    norni_json_key_count(j, "undated_rows", t->n_undated);
    norni_json_key(j, "notes");
    norni_json_open(j, '[');
    for (size_t i = 0; i < t->n_notes; i++)
        norni_json_str(j, t->note[i]);
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

void norni_fin_corrections_json(norni_json *j, const norni_fin_table *t, norni_str when) {
    norni_json_open(j, '[');
    for (size_t i = 0; i < t->n_corrections; i++) {
        const norni_fin_correction *const c = &t->correction[i];
        norni_json_open(j, '{');
        norni_json_key_count(j, "row_id", c->row);
        norni_json_key_str(j, "column", norni_str_of(c->column));
        norni_json_key_str(j, "original", c->original);
        norni_json_key_num(j, "correction", c->correction);
        norni_json_key_str(j, "method", norni_str_of(c->method));
        norni_json_key_str(j, "timestamp", when);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}
