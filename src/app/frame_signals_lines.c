/* A frame's rows as lines of JSON, a tweet each. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/frame_signals.h"
#include "io/writer.h"

/* With a zone a time is UTC and says so; without one it is as it stands. */
static void put_time(norni_json *j, const norni_frame_column *c, int64_t t) {
    const norni_time_style clock = {
        .kind = NORNI_TIME_DATETIME, .sep = 'T', .seconds = true, .digits = 6};
    const norni_time_style day = {.kind = NORNI_TIME_DATE, .sep = '-'};
    char text[48];
    size_t n = norni_time_print(text, t, c->date ? &day : &clock);
    if (c->zoned && !c->date) text[n++] = 'Z';
    norni_json_str(j, (norni_str){text, n});
}

static void put_cell(norni_json *j, const norni_frame_column *c, size_t i) {
    const bool whole = c->kind == NORNI_FRAME_INTEGER || c->kind == NORNI_FRAME_TIME;
    if (whole && c->integer[i] == NORNI_TIME_NONE)
        norni_json_null(j);
    else if (c->kind == NORNI_FRAME_NUMBER)
        norni_json_num(j, c->number[i]);
    else if (c->kind == NORNI_FRAME_INTEGER)
        norni_json_int(j, c->integer[i]);
    else if (c->kind == NORNI_FRAME_TIME)
        put_time(j, c, c->integer[i]);
    else if (c->code[i] < c->n_text)
        norni_json_str(j, c->text[c->code[i]]);
    else
        norni_json_null(j);
}

static void put_key(norni_buf *b, norni_json *j, norni_str name, size_t *n) {
    if ((*n)++ > 0) norni_buf_text(b, ",");
    norni_json_init(j, b);
    norni_json_str(j, name);
    norni_buf_text(b, ":");
    norni_json_init(j, b);
}

static void put_line(norni_buf *b, const norni_frame *data, const norni_frame *lists, size_t i) {
    norni_json j;
    size_t n = 0;
    norni_buf_text(b, "{");
    for (size_t k = 0; data != NULL && k < data->n_columns; k++) {
        put_key(b, &j, data->column[k].name, &n);
        put_cell(&j, &data->column[k], i);
    }
    for (size_t k = 0; lists != NULL && k < lists->n_columns; k++) {
        const norni_frame_column *c = &lists->column[k];
        put_key(b, &j, c->name, &n);
        if (c->kind == NORNI_FRAME_TEXT && c->code[i] < c->n_text)
            norni_buf_add(b, c->text[c->code[i]].p, c->text[c->code[i]].n);
        else
            norni_json_null(&j);
    }
    norni_buf_text(b, "}\n");
}

norn_status norni_frame_signals_lines(norn_ctx *ctx, const norni_frame *data,
                                      const norni_frame *lists, norni_buf *out, norn_err *err) {
    const size_t n = data != NULL && data->n_columns > 0 ? data->n : lists != NULL ? lists->n : 0;
    if (data != NULL && lists != NULL && data->n_columns > 0 && lists->n_columns > 0 &&
        data->n != lists->n)
        return norn_fail(err, NORN_E_ARG, "signals: %zu rows of values, %zu of lists", data->n,
                         lists->n);
    for (size_t i = 0; i < n && !out->failed; i++) {
        put_line(out, data, lists, i);
        if (i % 256 == 0 && norn_ctx_cancelled(ctx))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    return out->failed ? norni_alloc_fail(err, "signals", out->cap, 2) : NORN_OK;
}
