/* Rows of texts and numbers as CSV, JSON or a workbook's sheet. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evaluate_table.h"

#include <assert.h>

#include "app/common.h"

norn_status norni_table_open(norn_ctx *ctx, const char *path, int32_t format, const char *sheet,
                             norni_table_out *t, norn_err *err) {
    *t = (norni_table_out){.out = {.fd = -1}, .json = format == NORNI_FORMAT_JSON, .escape = true};
    if (format == NORNI_FORMAT_XLSX) return norni_xlsx_out_open(ctx, path, sheet, &t->sheet, err);
    NORN_TRY(norni_out_open(&t->out, &ctx->alloc, path, err));
    t->open = true;
    if (!t->json) return NORN_OK;
    norni_json_init(&t->j, &t->out.buf);
    norni_json_open(&t->j, '{');
    return NORN_OK;
}

void norni_table_fact(norni_table_out *t, const char *key, double x) {
    if (!t->json) return;
    norni_json_key_num(&t->j, key, x);
}

void norni_table_fact_text(norni_table_out *t, const char *key, norni_str s) {
    if (!t->json) return;
    norni_json_key_str(&t->j, key, s);
}

static void end_table(norni_table_out *t) {
    if (t->json && t->column != NULL) norni_json_close(&t->j, ']');
    t->column = NULL;
}

norn_status norni_table_begin(norni_table_out *t, const char *name, const char *const *column,
                              size_t n_columns, norn_err *err) {
    end_table(t);
    t->column = column;
    t->n_columns = n_columns;
    t->at = 0;
    t->any_row = false;
    if (t->json) {
        norni_json_key(&t->j, name);
        norni_json_open(&t->j, '[');
        return NORN_OK;
    }
    for (size_t c = 0; c < n_columns; c++) {
        const norni_str text = norni_str_of(column[c]);
        if (t->sheet) {
            NORN_TRY(norni_xlsx_out_text(t->sheet, text, err));
            continue;
        }
        if (c > 0) norni_buf_text(&t->out.buf, ",");
        norni_csv_text(&t->out.buf, text, t->escape);
    }
    if (t->sheet) return norni_xlsx_out_row(t->sheet, err);
    norni_buf_text(&t->out.buf, "\n");
    return NORN_OK;
}

/* What stands before a cell. */
static void before_cell(norni_table_out *t) {
    assert(t->at < t->n_columns);
    if (t->json) {
        if (t->at == 0) norni_json_open(&t->j, '{');
        norni_json_key(&t->j, t->column[t->at]);
    } else if (t->sheet == NULL && t->at > 0) {
        norni_buf_text(&t->out.buf, ",");
    }
    t->at++;
}

norn_status norni_table_text(norni_table_out *t, norni_str s, norn_err *err) {
    before_cell(t);
    if (t->sheet) return norni_xlsx_out_text(t->sheet, s, err);
    if (t->json)
        norni_json_str(&t->j, s);
    else
        norni_csv_text(&t->out.buf, s, t->escape);
    return NORN_OK;
}

norn_status norni_table_num(norni_table_out *t, double x, norn_err *err) {
    before_cell(t);
    if (t->sheet) return norni_xlsx_out_num(t->sheet, x, err);
    if (t->json)
        norni_json_num(&t->j, x);
    else
        norni_csv_num(&t->out.buf, x);
    return NORN_OK;
}

norn_status norni_table_row(norni_table_out *t, norn_err *err) {
    assert(t->at == t->n_columns);
    t->at = 0;
    t->any_row = true;
    if (t->sheet) return norni_xlsx_out_row(t->sheet, err);
    if (t->json) norni_json_close(&t->j, '}');
    norni_buf_text(&t->out.buf, "\n");
    if (t->out.buf.failed) return norni_alloc_fail(err, "output", t->out.buf.cap, 2);
    return norni_out_flush(&t->out, (size_t)1 << 20, err);
}

norn_status norni_table_commit(norni_table_out *t, norn_err *err) {
    end_table(t);
    if (t->sheet) {
        norni_xlsx_out *sheet = t->sheet;
        t->sheet = NULL; /* freed by the commit, whatever comes of it */
        return norni_xlsx_out_commit(sheet, err);
    }
    if (t->json) {
        norni_json_close(&t->j, '}');
        norni_buf_text(&t->out.buf, "\n");
    }
    if (t->out.buf.failed) return norni_alloc_fail(err, "output", t->out.buf.cap, 2);
    return norni_out_commit(&t->out, err);
}

void norni_table_abort(norni_table_out *t) {
    norni_xlsx_out_abort(t->sheet);
    t->sheet = NULL;
    if (t->open) norni_out_abort(&t->out);
    t->open = false;
}
