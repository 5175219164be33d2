/* Files put together: their headers found and matched, rows that two files share taken once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/grow.h"
#include "base/map.h"
#include "base/sort.h"
#include "finance/finance_rows.h"

norn_status norni_fin_rows_note(norni_fin_rows *r, norn_err *err, const char *fmt, ...) {
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    const size_t n = norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    norni_str *const note =
        norni_list_grow(r->arena, r->note, r->n_notes, &r->cap_notes, 8, sizeof *note);
    const char *const kept = norni_arena_text(r->arena, text, n);
    if (note == NULL || kept == NULL) return norni_alloc_fail(err, "report", n + 1, 1);
    r->note = note;
    note[r->n_notes++] = (norni_str){kept, n};
    return NORN_OK;
}

const char *norni_fin_rows_text(norni_fin_rows *r, const char *fmt, ...) {
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    const size_t n = norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    return norni_arena_text(r->arena, text, n);
}

/* Does the row look like a header: a date and a number by name? */
static bool heads(const norni_grid_row *row, norni_str map) {
    bool date = false, number = false;
    for (size_t c = 0; c < row->n && c < NORNI_FIN_MOST_COLUMNS; c++) {
        norni_fin_rank rank;
        unsigned role = norni_fin_header_role(row->cell[c], &rank);
        norni_str header, key;
        for (size_t at = 0; norni_fin_map_next(map, &at, &header, &key);) {
            if (!norni_fin_same_header(header, row->cell[c])) continue;
            if (norni_fin_map_key(key, &role, NULL) != NORN_OK) role = NORNI_FIN_ROLE_NONE;
        }
        date = date || role == NORNI_FIN_DATE;
        number = number || role < NORNI_FIN_NUMBERS || role == NORNI_FIN_ROLE_AMOUNT;
    }
    return date && number;
}

/* What is said of the file as a whole. */
static norn_status tell_file(norni_fin_rows *r, const norni_grid *g, norn_err *err) {
    const norni_str cell = norni_fin_quoted(g->first_decoded);
    if (g->sheet_in_vain)
        NORN_TRY(norni_fin_rows_note(r, err, "a sheet is asked for by name%s, which is no workbook",
                                     norni_fin_of_a_file(r)));
    if (g->n_decoded == 0) return NORN_OK;
    return norni_fin_rows_note(
        r, err,
        "text that is not UTF-8 is read as Windows-1252: cells %zu, first \"%.*s\" in line %llu%s",
        g->n_decoded, (int)cell.n, cell.p, (unsigned long long)g->first_decoded_line,
        norni_fin_of_a_file(r));
}

static bool named_as_workbook(const char *name) {
    static const char *const end[] = {".xlsx", ".xlsm", ".xls"};
    const norni_str s = norni_str_of(name);
    for (size_t k = 0; k < sizeof end / sizeof *end; k++) {
        const size_t n = strlen(end[k]);
        if (s.n > n && norni_str_is_nocase((norni_str){s.p + s.n - n, n}, end[k])) return true;
    }
    return false;
}

/* The header is the first row, or one of the first twenty under a title. */
static norn_status find_header(norni_fin_rows *r, const norni_fin_source *s, norni_str map,
                               norni_fin_file *f, norn_err *err) {
    const norni_grid *const g = &s->grid;
    size_t at = 0;
    if (g->n == 0) return norn_fail(err, NORN_E_DATA, "%s: the file is empty", s->name);
    while (at < g->n && at < 20 && !heads(&g->row[at], map))
        at++;
    if (at == g->n || at == 20) {
        at = 0;
        if (g->sheet == NULL && named_as_workbook(s->name))
            return norn_fail(err, NORN_E_FORMAT,
                             "%s: no workbook: its bytes are no zip file, whatever its name says",
                             s->name);
    }
    NORN_TRY(tell_file(r, g, err));
    const norni_grid_row *const row = &g->row[at];
    f->name = s->name;
    f->row = row + 1;
    f->n = g->n - at - 1;
    f->header_line = row->line;
    if (row->n > NORNI_FIN_MOST_COLUMNS)
        return norn_fail(err, NORN_E_LIMIT, "%s: line %llu: %zu columns, at most %d are read",
                         s->name, (unsigned long long)row->line, row->n, NORNI_FIN_MOST_COLUMNS);
    if (f->n == 0)
        return norn_fail(err, NORN_E_DATA, "%s: line %llu: no rows stand beneath the header",
                         s->name, (unsigned long long)row->line);
    f->header = norni_arena_get(r->arena, row->n, sizeof *f->header);
    if (f->header == NULL) return norni_alloc_fail(err, "report", row->n, sizeof *f->header);
    memcpy(f->header, row->cell, row->n * sizeof *f->header);
    if (at > 0)
        NORN_TRY(norni_fin_rows_note(r, err,
                                     "the header is line %llu%s; what stands above it is left out",
                                     (unsigned long long)row->line, norni_fin_of_a_file(r)));
    return NORN_OK;
}

/* Every cell has a header and is not huge. */
static norn_status check_rows(const norni_fin_file *f, size_t n_columns, norn_err *err) {
    for (size_t i = 0; i < f->n; i++) {
        const norni_grid_row *const row = &f->row[i];
        if (row->n > n_columns)
            return norn_fail(
                err, NORN_E_DATA,
                "%s: line %llu: %zu fields, and the header has %zu; is a field with a comma not "
                "quoted?",
                f->name, (unsigned long long)row->line, row->n, n_columns);
        for (size_t c = 0; c < row->n; c++) {
            if (row->cell[c].n > NORNI_FIN_MOST_CELL)
                return norn_fail(err, NORN_E_LIMIT,
                                 "%s: line %llu: column %zu holds %zu bytes, at most %d are read",
                                 f->name, (unsigned long long)row->line, c + 1, row->cell[c].n,
                                 NORNI_FIN_MOST_CELL);
        }
    }
    return NORN_OK;
}

static int compare_grids(const void *arg, size_t x, size_t y) {
    const norni_fin_source *const source = arg;
    const norni_grid *const a = &source[x].grid, *const b = &source[y].grid;
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        const norni_grid_row *const p = &a->row[i], *const q = &b->row[i];
        for (size_t c = 0; c < p->n && c < q->n; c++) {
            const int order = norni_str_cmp(p->cell[c], q->cell[c]);
            if (order != 0) return order;
        }
        if (p->n != q->n) return p->n < q->n ? -1 : 1;
    }
    return a->n == b->n ? 0 : a->n < b->n ? -1 : 1;
}

static int compare_headers(const void *arg, size_t x, size_t y) {
    const norni_str *const header = arg, a = header[x], b = header[y];
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        const int p = a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] + 32 : a.p[i];
        const int q = b.p[i] >= 'A' && b.p[i] <= 'Z' ? b.p[i] + 32 : b.p[i];
        if (p != q) return p < q ? -1 : 1;
    }
    return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

/* Names of `all` that `other` has not, after `head`. */
static void list_missing(norni_buf *b, const char *head, const norni_str *all, size_t n,
                         const norni_str *other, size_t n_other) {
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < n_other && !norni_fin_same_header(all[i], other[k]))
            k++;
        if (k < n_other) continue;
        const norni_str name = norni_fin_quoted(all[i]);
        norni_buf_format(b, "%s%.*s", found++ ? ", " : head, (int)name.n, name.p);
    }
}

static norn_status fail_headers(norni_fin_rows *r, const norni_fin_file *f, size_t n_columns,
                                norn_err *err) {
    const norni_fin_file *const first = &r->file[0];
    norni_buf b;
    norni_buf_init(&b, &r->ctx->alloc);
    list_missing(&b, " missing: ", first->header, r->n_columns, f->header, n_columns);
    list_missing(&b, b.n ? "; extra: " : " extra: ", f->header, n_columns, first->header,
                 r->n_columns);
    if (b.n == 0) norni_buf_text(&b, " a header stands a different number of times");
    const norn_status st = norn_fail(err, NORN_E_DATA, "%s has not the columns of %s:%.*s", f->name,
                                     first->name, (int)b.n, b.p ? b.p : "");
    norni_buf_clear(&b);
    return st;
}

/* Where each of the first file's columns stands in file f. */
static norn_status match_columns(norni_fin_rows *r, norni_fin_file *f, size_t n_columns,
                                 norn_err *err) {
    norni_arena *const a = r->arena;
    const norni_fin_file *const first = &r->file[0];
    const size_t n = r->n_columns;
    if (n != n_columns) return fail_headers(r, f, n_columns, err);
    uint32_t *const column = norni_arena_get(a, n, sizeof *column);
    size_t *const index = norni_arena_get(a, 3 * n, sizeof *index);
    if (column == NULL || index == NULL) return norni_alloc_fail(err, "report", n, sizeof *index);
    for (size_t c = 0; c < n; c++)
        index[c] = index[n + c] = c;
    norni_sort_index(index, n, compare_headers, first->header, index + 2 * n);
    norni_sort_index(index + n, n, compare_headers, f->header, index + 2 * n);
    for (size_t k = 0; k < n; k++) {
        if (!norni_fin_same_header(first->header[index[k]], f->header[index[n + k]]))
            return fail_headers(r, f, n_columns, err);
        column[index[k]] = (uint32_t)index[n + k];
    }
    f->column = column;
    return NORN_OK;
}

/* Names of the table's columns, each once. */
static norn_status name_columns(norni_fin_rows *r, norn_err *err) {
    const norni_fin_file *const f = &r->file[0];
    norni_map seen;
    r->column = norni_arena_zero(r->arena, r->n_columns, sizeof *r->column);
    if (r->column == NULL) return norni_alloc_fail(err, "report", r->n_columns, sizeof *r->column);
    norni_map_init(&seen, &r->ctx->alloc);
    norn_status st = NORN_OK;
    for (size_t c = 0; c < r->n_columns && st == NORN_OK; c++) {
        norni_str name = f->header[c];
        bool added = name.n > 0;
        if (added && norni_map_add(&seen, name, &added) < 0)
            st = norni_alloc_fail(err, "report", 1, 64);
        for (size_t k = 2; !added && st == NORN_OK; k++) {
            const char *const text =
                f->header[c].n == 0
                    ? norni_fin_rows_text(r, "column %zu", c + k - 1)
                    : norni_fin_rows_text(r, "%.*s (%zu)", (int)norni_fin_quoted(f->header[c]).n,
                                          f->header[c].p, k);
            name = norni_str_of(text);
            if (text == NULL || norni_map_add(&seen, name, &added) < 0)
                st = norni_alloc_fail(err, "report", 1, 64);
        }
        const char *const kept =
            st == NORN_OK ? norni_arena_text(r->arena, name.p, name.n) : name.p;
        if (kept == NULL) st = norni_alloc_fail(err, "report", name.n, 1);
        r->column[c].name = (norni_str){kept, name.n}; /* with a NUL, for JSON */
    }
    norni_map_clear(&seen);
    return st;
}

/* Rows that stand in several files; each counts as often as in the file that has it most. */
typedef struct shared_row {
    uint32_t file, seen, kept;
} shared_row;

static void row_text(const norni_fin_rows *r, const norni_fin_line *l, norni_buf *b) {
    b->n = 0;
    for (size_t c = 0; c < r->n_columns; c++) {
        const norni_str s = norni_grid_cell(l->row, r->file[l->file].column[c]);
        norni_buf_add(b, s.p, s.n);
        norni_buf_add(b, "\x1F", 1);
    }
}

static norn_status drop_shared(norni_fin_rows *r, norni_map *map, norni_buf *b, norn_err *err) {
    shared_row *const row = norni_arena_zero(r->arena, r->n, sizeof *row);
    if (row == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *row);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const norni_fin_line l = r->line[i];
        bool added = false;
        row_text(r, &l, b);
        int64_t at = b->failed ? NORNI_MAP_NONE : norni_map_find(map, (norni_str){b->p, b->n});
        if (at == NORNI_MAP_NONE) {
            const char *const kept = b->failed ? NULL : norni_arena_text(r->arena, b->p, b->n);
            at = kept ? norni_map_add(map, (norni_str){kept, b->n}, &added) : NORNI_MAP_NONE;
            if (at == NORNI_MAP_NONE) return norni_alloc_fail(err, "report", b->n, 1);
        }
        shared_row *const s = &row[at];
        if (added || s->file != l.file) s->seen = 0;
        s->file = l.file;
        if (++s->seen <= s->kept) continue;
        s->kept++;
        r->line[n++] = l;
    }
    const size_t dropped = r->n - n;
    r->n = n;
    if (dropped == 0) return NORN_OK;
    return norni_fin_rows_note(
        r, err, "rows that stand in more than one file are counted once: %zu left out", dropped);
}

static norn_status put_together(norni_fin_rows *r, norn_err *err) {
    size_t n = 0;
    for (size_t f = 0; f < r->n_files; f++)
        r->n += r->file[f].n;
    r->rows_read = r->n;
    r->line = norni_arena_get(r->arena, r->n, sizeof *r->line);
    if (r->line == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *r->line);
    for (size_t f = 0; f < r->n_files; f++) {
        for (size_t i = 0; i < r->file[f].n; i++)
            r->line[n++] = (norni_fin_line){&r->file[f].row[i], (uint32_t)f};
    }
    if (r->n_files == 1) return NORN_OK;
    norni_map map;
    norni_buf b;
    norni_map_init(&map, &r->ctx->alloc);
    norni_buf_init(&b, &r->ctx->alloc);
    const norn_status st = drop_shared(r, &map, &b, err);
    norni_buf_clear(&b);
    norni_map_clear(&map);
    return st;
}

norn_status norni_fin_rows_gather(norni_fin_rows *r, const norni_fin_source *source, size_t n,
                                  norni_str map, norn_err *err) {
    size_t *const order = norni_arena_get(r->arena, 2 * n, sizeof *order);
    r->file = norni_arena_zero(r->arena, n, sizeof *r->file);
    if (order == NULL || r->file == NULL)
        return norni_alloc_fail(err, "report", n, sizeof *r->file);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    norni_sort_index(order, n, compare_grids, source, order + n);
    r->n_files = n;
    for (size_t i = 0; i < n; i++) {
        norni_fin_file *const f = &r->file[i];
        const norni_fin_source *const s = &source[order[i]];
        NORN_TRY(find_header(r, s, map, f, err));
        const size_t n_columns = f->row[-1].n;
        if (i == 0) r->n_columns = n_columns;
        NORN_TRY(match_columns(r, f, n_columns, err));
        NORN_TRY(check_rows(f, n_columns, err));
        if (norn_ctx_cancelled(r->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    NORN_TRY(name_columns(r, err));
    return put_together(r, err);
}
