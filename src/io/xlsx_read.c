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

const char *norni_xlsx_name(const norni_xlsx *x, size_t k) {
    return norni_book_name(&x->book, k);
}

const char *norni_xlsx_chosen(const norni_xlsx *x) {
    return x->book.sheet_name;
}

void norni_xlsx_close(norni_xlsx *x) {
    if (x == NULL) return;
    norn_ctx *ctx = x->ctx;
    norni_sheet_close(&x->sheet);
    norni_book_clear(&x->book);
    norni_zip_close(&x->zip);
    norni_alloc_drop(&ctx->alloc, x, 1, sizeof *x);
}

static norn_status list_names(const norni_book *book, norni_arena *arena, const char *const **name,
                              size_t *n, norn_err *err) {
    *n = 0;
    while (norni_book_name(book, *n) != NULL)
        ++*n;
    const char **names = norni_arena_get(arena, *n, sizeof *names);
    if (names == NULL) return norni_alloc_fail(err, "xlsx", *n, sizeof *names);
    for (size_t k = 0; k < *n; k++) {
        const char *text = norni_book_name(book, k);
        names[k] = norni_arena_text(arena, text, strlen(text));
        if (names[k] == NULL) return norni_alloc_fail(err, "xlsx", strlen(text), 1);
    }
    *name = names;
    return NORN_OK;
}

norn_status norni_xlsx_sheets(norn_ctx *ctx, const char *path, norni_arena *arena,
                              const char *const **name, size_t *n, norn_err *err) {
    norni_zip zip;
    norni_book book;
    *name = NULL;
    *n = 0;
    memset(&zip, 0, sizeof zip);
    norn_status st = norni_zip_open(&zip, ctx, path, err);
    if (st == NORN_OK) {
        norni_book_init(&book, &zip);
        st = norni_book_list(&book, err);
        if (st == NORN_OK) st = list_names(&book, arena, name, n, err);
        norni_book_clear(&book);
    }
    norni_zip_close(&zip);
    return st;
}
