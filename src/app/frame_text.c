/* A frame as the text of a CSV file, for operations that read files alone. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Headers, gaps and dates then have one meaning, whether they come from a file or from a program. */
#include "app/frame_text.h"

#include <math.h>

#include "base/numtext.h"
#include "io/writer.h"

static void put_number(norni_buf *b, double x) {
    char text[NORNI_NUM_MAX + 2];
    if (!isfinite(x)) return;
    size_t n = norni_num_print(text, x);
    if (memchr(text, '.', n) != NULL && memchr(text, 'e', n) == NULL) {
        text[n++] = 'e'; /* 1.234e0 is never a thousand and some */
        text[n++] = '0';
    }
    norni_buf_add(b, text, n);
}

static void put_time(norni_buf *b, const norni_frame_column *c, int64_t t) {
    const norni_time_style day = {.kind = NORNI_TIME_DATE, .sep = '-'};
    const norni_time_style clock = {
        .kind = NORNI_TIME_DATETIME, .sep = ' ', .seconds = true, .digits = 6};
    char text[40];
    const bool whole = c->date || t % NORNI_US_DAY == 0;
    if (t != NORNI_TIME_NONE)
        norni_buf_add(b, text, norni_time_print(text, t, whole ? &day : &clock));
}

static void put_cell(norni_buf *b, const norni_frame_column *c, size_t i) {
    char text[NORNI_NUM_MAX];
    switch (c->kind) {
        case NORNI_FRAME_NUMBER: put_number(b, c->number[i]); return;
        case NORNI_FRAME_INTEGER:
            if (c->integer[i] != NORNI_TIME_NONE)
                norni_buf_add(b, text, norni_int_print(text, c->integer[i]));
            return;
        case NORNI_FRAME_TIME: put_time(b, c, c->integer[i]); return;
        case NORNI_FRAME_TEXT:
            if (c->code[i] < c->n_text) norni_csv_text(b, c->text[c->code[i]], false);
            return;
        default: return;
    }
}

norn_status norni_frame_text(norn_ctx *ctx, const norni_frame *f, const char *part, norni_buf *b,
                             norn_err *err) {
    if (f->n_columns == 0 || f->n == 0)
        return norn_fail(err, NORN_E_DATA, "%s: the table has no rows", part);
    for (size_t c = 0; c < f->n_columns; c++) {
        if (c > 0) norni_buf_text(b, ",");
        norni_csv_text(b, f->column[c].name, false);
    }
    norni_buf_text(b, "\n");
    for (size_t i = 0; i < f->n; i++) {
        for (size_t c = 0; c < f->n_columns; c++) {
            if (c > 0) norni_buf_text(b, ",");
            put_cell(b, &f->column[c], i);
        }
        norni_buf_text(b, "\n");
        if (i % 4096 == 0 && norn_ctx_cancelled(ctx))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    return b->failed ? norni_alloc_fail(err, part, b->cap, 2) : NORN_OK;
}
