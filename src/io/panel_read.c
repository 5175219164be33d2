/* Reading a panel from a file: long, wide or rows layout. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/panel_read.h"

#include "io/panel_cells.h"

static norn_status keep_name(norni_panel *out, norni_str name, norni_str *to, norn_err *err) {
    if (name.p == NULL) return NORN_OK;
    to->p = norni_arena_text(&out->arena, name.p, name.n);
    to->n = name.n;
    return to->p ? NORN_OK : norni_alloc_fail(err, "panel", name.n, 1);
}

static norn_status keep_names(const norni_table *t, norni_panel *out, norn_err *err) {
    out->has_id = t->has_id;
    NORN_TRY(keep_name(out, t->id_name, &out->id_name, err));
    NORN_TRY(keep_name(out, t->time_name, &out->time_name, err));
    NORN_TRY(keep_name(out, t->target_name, &out->target_name, err));
    if (t->rows.n_x == 0) return NORN_OK;
    out->x_names = norni_arena_zero(&out->arena, t->rows.n_x, sizeof *out->x_names);
    if (out->x_names == NULL)
        return norni_alloc_fail(err, "panel", t->rows.n_x, sizeof *out->x_names);
    for (size_t k = 0; k < t->rows.n_x; k++)
        NORN_TRY(keep_name(out, t->rows.x_names[k], &out->x_names[k], err));
    return NORN_OK;
}

static norn_status build_panel(norni_table *t, norni_panel *out, norni_align_report *report,
                               norn_err *err) {
    switch (t->opt->layout) {
        case NORNI_LAYOUT_LONG: NORN_TRY(norni_table_long(t, err)); break;
        case NORNI_LAYOUT_WIDE: NORN_TRY(norni_table_wide(t, err)); break;
        case NORNI_LAYOUT_ROWS: NORN_TRY(norni_table_rows(t, err)); break;
    }
    NORN_TRY(norni_panel_align(t->csv.ctx, &t->rows, &t->style, &t->opt->align, out, report, err));
    return keep_names(t, out, err);
}

/* The text is taken over. */
static norn_status read_text(norn_ctx *ctx, norni_text text, const norni_read_opt *opt,
                             norni_panel *out, norni_align_report *report, norn_err *err) {
    norni_table t = {.opt = opt, .keep = &out->arena};
    norni_arena_init(&t.arena, &ctx->alloc);
    norn_status st = norni_csv_open(ctx, text, opt->delimiter, opt->chunk_bytes, &t.csv, err);
    if (st == NORN_OK) st = build_panel(&t, out, report, err);
    norni_csv_close(&t.csv);
    norni_arena_clear(&t.arena);
    if (st != NORN_OK) norni_panel_clear(out);
    return st;
}

norn_status norni_panel_read(norn_ctx *ctx, const char *path, const norni_read_opt *opt,
                             norni_panel *out, norni_align_report *report, norn_err *err) {
    norni_text text;
    memset(out, 0, sizeof *out);
    NORN_TRY(norni_file_read(ctx, path, &text, err));
    norni_arena_init(&out->arena, &ctx->alloc);
    return read_text(ctx, text, opt, out, report, err);
}

norn_status norni_panel_parse(norn_ctx *ctx, const char *bytes, size_t n, const norni_read_opt *opt,
                              norni_panel *out, norni_align_report *report, norn_err *err) {
    memset(out, 0, sizeof *out);
    if (n > SIZE_MAX - NORNI_CSV_PAD) return norni_alloc_fail(err, "input", n, 1);
    char *copy = norni_alloc_get(&ctx->alloc, n + NORNI_CSV_PAD, 1);
    if (copy == NULL) return norni_alloc_fail(err, "input", n, 1);
    if (n > 0) memcpy(copy, bytes, n);
    memset(copy + n, 0, NORNI_CSV_PAD);
    norni_arena_init(&out->arena, &ctx->alloc);
    return read_text(ctx, (norni_text){copy, n, n + NORNI_CSV_PAD, false}, opt, out, report, err);
}
