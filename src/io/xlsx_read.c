/* One sheet of a workbook as delimited text: the zip file, the book in it, the sheet in that. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/xlsx_read.h"

#include "io/xlsx_sheet.h"

struct norni_xlsx {
    norn_ctx *ctx;
    norni_zip zip;
    norni_book book;
    norni_sheet sheet;
};

static norn_status open_any(norn_ctx *ctx, const char *path, const void *bytes, size_t n,
                            const char *sheet, norni_xlsx **out, norn_err *err) {
    norn_status st = NORN_OK;
    *out = NULL;
    norni_xlsx *x = norni_alloc_zero(&ctx->alloc, 1, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "xlsx", 1, sizeof *x);
    x->ctx = ctx;
    NORN_TRY_GOTO(path ? norni_zip_open(&x->zip, ctx, path, err)
                       : norni_zip_open_bytes(&x->zip, ctx, bytes, n, err),
                  fail);
    norni_book_init(&x->book, &x->zip);
    NORN_TRY_GOTO(norni_book_read(&x->book, sheet, err), fail);
    NORN_TRY_GOTO(norni_sheet_open(&x->sheet, &x->book, err), fail);
    *out = x;
    return NORN_OK;
fail:
    norni_xlsx_close(x);
    return st;
}

norn_status norni_xlsx_open(norn_ctx *ctx, const char *path, const char *sheet, norni_xlsx **out,
                            norn_err *err) {
    return open_any(ctx, path, NULL, 0, sheet, out, err);
}

norn_status norni_xlsx_open_bytes(norn_ctx *ctx, const void *bytes, size_t n, const char *sheet,
                                  norni_xlsx **out, norn_err *err) {
    return open_any(ctx, NULL, bytes, n, sheet, out, err);
}

norn_status norni_xlsx_text(norni_xlsx *x, char *to, size_t cap, size_t *got, norn_err *err) {
    return norni_sheet_text(&x->sheet, to, cap, got, err);
}

void norni_xlsx_close(norni_xlsx *x) {
    if (x == NULL) return;
    norn_ctx *ctx = x->ctx;
    norni_sheet_close(&x->sheet);
    norni_book_clear(&x->book);
    norni_zip_close(&x->zip);
    norni_alloc_drop(&ctx->alloc, x, 1, sizeof *x);
}
