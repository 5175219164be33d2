/* A small sheet or delimited text whole, as rows of text cells. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/grid_read.h"

#include "base/grow.h"
#include "io/csv_cut.h"
#include "io/csv_head.h"
#include "io/latin.h"

typedef struct grid_list {
    norni_arena *arena;
    norni_grid_row *row;
    size_t n, cap;
    norni_str *cell; /* of the row being read */
    size_t cap_cells;
    norni_grid told; /* of it the decoded cells */
    bool whole;      /* cells keep their blanks, and rows of nothing stay, but for empty lines */
} grid_list;

static norn_status keep_row(grid_list *l, size_t n, uint64_t line, bool empty, norn_err *err) {
    if (l->told.n_decoded > 0 && l->told.first_decoded_line == 0) l->told.first_decoded_line = line;
    while (n > 0 && l->cell[n - 1].n == 0)
        n--;
    if (n == 0 && (empty || !l->whole)) return NORN_OK;
    norni_grid_row *row = norni_list_grow(l->arena, l->row, l->n, &l->cap, 64, sizeof *row);
    if (row == NULL) return norni_alloc_fail(err, "sheet", l->cap, sizeof *row);
    l->row = row;
    norni_str *cell = norni_arena_get(l->arena, n + 1, sizeof *cell);
    if (cell == NULL) return norni_alloc_fail(err, "sheet", n, sizeof *cell);
    if (n > 0) memcpy(cell, l->cell, n * sizeof *cell);
    row[l->n++] = (norni_grid_row){n, cell, line};
    return NORN_OK;
}

/* Cells lie where they lay in the chunk, in `text`, its copy; each with a NUL behind it, where a mark or
 * a blank stood. One whose doubled quotes were made single lies by itself. */
static norn_status keep_cell(grid_list *l, const norni_chunk *chunk, char *text, size_t k,
                             norni_str s, norn_err *err) {
    if (k == l->cap_cells) {
        norni_str *cell = norni_list_grow(l->arena, l->cell, k, &l->cap_cells, 64, sizeof *cell);
        if (cell == NULL) return norni_alloc_fail(err, "sheet", l->cap_cells, sizeof *cell);
        l->cell = cell;
    }
    if (!l->whole) s = norni_str_trim(s);
    const uintptr_t from = (uintptr_t)chunk->p, at = (uintptr_t)s.p;
    if (!norni_utf8_valid(s)) {
        s = norni_latin_decode(l->arena, s);
        if (s.p == NULL) return norni_alloc_fail(err, "sheet", s.n, 3);
        if (l->told.n_decoded++ == 0) l->told.first_decoded = s;
    } else if (s.n == 0) {
        s.p = "";
    } else if (at >= from && at < from + chunk->n) {
        text[at - from + s.n] = '\0';
        s.p = text + (at - from);
    } else {
        s.p = norni_arena_text(l->arena, s.p, s.n);
        if (s.p == NULL) return norni_alloc_fail(err, "sheet", s.n, 1);
    }
    l->cell[k] = s;
    return NORN_OK;
}

static norn_status fail_text(const norni_chunk *chunk, const char *at, const char *what,
                             norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "line %llu: %s",
                     (unsigned long long)norni_chunk_line(chunk, at), what);
}

static norn_status take_chunk(grid_list *l, const norni_chunk *chunk, norni_csv_marks *m,
                              norn_err *err) {
    const char *p = chunk->p, *record = p, *counted = p, *end = p + chunk->n;
    uint64_t line = chunk->first_line; /* of `counted` */
    size_t k = 0;
    norni_csv_marks_init(m, &chunk->syntax, chunk->quoting, p, end);
    if (chunk->count.has_nul)
        return fail_text(chunk, memchr(p, 0, chunk->n), "a NUL byte; the file is not text", err);
    char *const text = norni_arena_text(l->arena, p, chunk->n);
    if (text == NULL) return norni_alloc_fail(err, "sheet", chunk->n, 1);
    while (p < end) {
        const char *at = norni_csv_mark(m);
        const bool quoted = chunk->quoting != NORNI_CSV_PLAIN && *p == '"';
        if (m->wrong != NULL && m->wrong <= at)
            return fail_text(chunk, m->wrong, "text stands behind a closing quote", err);
        if (at == end)
            return fail_text(chunk, record, "a quote opens here and is never closed", err);
        norni_str s = {p, (size_t)(at - p)};
        if (quoted) s = norni_csv_unquote(l->arena, p, at);
        if (s.p == NULL) return norni_alloc_fail(err, "sheet", s.n, 1);
        NORN_TRY(keep_cell(l, chunk, text, k++, s, err));
        p = at + 1;
        if (!norni_csv_is_eol(&chunk->syntax, *at)) continue;
        line += norni_csv_count_bytes(&chunk->syntax, counted, (size_t)(record - counted)).lines;
        counted = record;
        NORN_TRY(keep_row(l, k, line, at == record, err));
        k = 0;
        record = p;
    }
    return NORN_OK;
}

static norn_status read_all(norni_cutter *cut, norni_chunk *chunk, grid_list *l, norn_err *err) {
    uint64_t bytes = 0;
    bool end = false;
    norni_csv_marks *m = norni_arena_get(l->arena, 1, sizeof *m);
    if (m == NULL) return norni_alloc_fail(err, "sheet", 1, sizeof *m);
    NORN_TRY(norni_cutter_begin(cut, err));
    for (;;) {
        NORN_TRY(norni_cutter_next(cut, chunk, &end, err));
        if (end) return NORN_OK;
        bytes += chunk->n;
        if (bytes > NORNI_GRID_MOST_BYTES)
            return norn_fail(err, NORN_E_LIMIT, "more than %d MiB of text in one sheet",
                             NORNI_GRID_MOST_BYTES >> 20);
        NORN_TRY(take_chunk(l, chunk, m, err));
        if (norn_ctx_cancelled(cut->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
}

/* The names of a workbook's sheets. */
static norn_status keep_sheets(const norni_cutter *cut, norni_arena *arena, norni_grid *out,
                               norn_err *err) {
    const norni_source *const s = cut->source;
    size_t n = 0;
    out->sheet_in_vain = cut->source_opt.sheet != NULL && !norni_source_is_table(s);
    if (!norni_source_is_table(s)) return NORN_OK;
    while (norni_source_sheet(s, n) != NULL)
        n++;
    const char **const name = norni_arena_zero(arena, n + 1, sizeof *name);
    if (name == NULL) return norni_alloc_fail(err, "sheet", n, sizeof *name);
    for (size_t k = 0; k <= n; k++) {
        const char *const text = k < n ? norni_source_sheet(s, k) : norni_source_sheet_read(s);
        name[k] = norni_arena_text(arena, text, strlen(text));
        if (name[k] == NULL) return norni_alloc_fail(err, "sheet", strlen(text), 1);
    }
    out->sheet = name[n];
    out->sheet_names = name;
    out->n_sheets = n;
    return NORN_OK;
}

static norn_status grid_of(norni_cutter *cut, bool whole, norni_arena *arena, norni_grid *out,
                           norn_err *err) {
    norni_chunk chunk = {.p = NULL};
    grid_list list = {.arena = arena, .whole = whole};
    *out = (norni_grid){.n = 0};
    NORN_TRY(norni_cutter_open(cut, err));
    norn_status st = keep_sheets(cut, arena, &list.told, err);
    if (st == NORN_OK) st = read_all(cut, &chunk, &list, err);
    norni_chunk_clear(&cut->ctx->alloc, &chunk);
    norni_cutter_close(cut);
    *out = list.told;
    out->n = list.n;
    out->row = list.row;
    return st;
}

norn_status norni_grid_read(norn_ctx *ctx, const char *path, const char *sheet, norni_arena *arena,
                            norni_grid *out, norn_err *err) {
    norni_cutter cut = {.ctx = ctx, .path = &path, .n_inputs = 1, .keep_head = true};
    cut.source_opt.sheet = sheet;
    return grid_of(&cut, false, arena, out, err);
}

norn_status norni_grid_parse_whole(norn_ctx *ctx, const void *bytes, size_t n, norni_arena *arena,
                                   norni_grid *out, norn_err *err) {
    norni_cutter cut = {.ctx = ctx, .bytes = bytes, .n_bytes = n, .n_inputs = 1, .keep_head = true};
    return grid_of(&cut, true, arena, out, err);
}

norn_status norni_grid_parse(norn_ctx *ctx, const void *bytes, size_t n, const char *sheet,
                             norni_arena *arena, norni_grid *out, norn_err *err) {
    norni_cutter cut = {.ctx = ctx, .bytes = bytes, .n_bytes = n, .n_inputs = 1, .keep_head = true};
    cut.source_opt.sheet = sheet;
    return grid_of(&cut, false, arena, out, err);
}
