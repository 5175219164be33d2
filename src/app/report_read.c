/* The files of a report: read, cleaned, and put into months. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/report_read.h"

/* What is behind the file's name in a text that begins with it. */
static const char *behind_name(const char *name, const char *text) {
    const size_t n = strlen(name);
    return strncmp(text, name, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2 : text;
}

static const char *name_of(const norni_report_files *files, size_t i) {
    const char *path = files->in.path[i], *slash = strrchr(path, '/');
    if (files->name != NULL) return files->name[i];
    return slash ? slash + 1 : path;
}

static norn_status read_one(norn_ctx *ctx, const norni_report_files *files, size_t i,
                            norni_arena *arena, norni_grid *out, norn_err *err) {
    if (files->bytes != NULL && files->bytes[i].p != NULL)
        return norni_grid_parse(ctx, files->bytes[i].p, files->bytes[i].n, files->sheet, arena, out,
                                err);
    return norni_grid_read(ctx, files->in.path[i], files->sheet, arena, out, err);
}

/* Of a single file whoever asked knows the name. */
static norn_status read_all(norn_ctx *ctx, const norni_report_files *files,
                            const norni_fin_read_opt *read, norni_arena *arena,
                            norni_fin_table *table, norn_err *err) {
    const size_t n = files->in.n;
    norni_fin_source *source = norni_arena_zero(arena, n, sizeof *source);
    norn_err why = {NORN_OK, ""};
    norn_status st = NORN_OK;
    if (source == NULL) return norni_alloc_fail(err, "report", n, sizeof *source);
    for (size_t i = 0; i < n; i++) {
        source[i].name = name_of(files, i);
        st = read_one(ctx, files, i, arena, &source[i].grid, &why);
        if (st != NORN_OK && n > 1) return norn_fail(err, st, "%s: %s", source[i].name, why.text);
        if (st != NORN_OK) return norn_fail(err, st, "%s", why.text);
    }
    st = norni_fin_read(ctx, source, n, read, arena, table, &why);
    if (st == NORN_OK) return st;
    return norn_fail(err, st, "%s", n > 1 ? why.text : behind_name(source[0].name, why.text));
}

norn_status norni_report_read(norn_ctx *ctx, const norni_report_files *files,
                              const norni_fin_read_opt *read, norni_arena *arena,
                              norni_fin_book *book, bool *input_failed, norn_err *err) {
    memset(book, 0, sizeof *book);
    norn_status st = read_all(ctx, files, read, arena, &book->table, err);
    if (st == NORN_OK) st = norni_fin_book_make(book, arena, err);
    *input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    return st;
}
