/* The rows layout: a series a line, its id and then its values. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/numtext.h"
#include "io/panel_cells.h"

/* "id,1,2,3" or ",0,1,2": the names that data frames give to columns. */
static bool counts_columns(const norni_cutter *cut) {
    static const char *const ids[] = {"", "id", "unique_id", "series", "series_id", "name"};
    bool named = false;
    int64_t first = 0, k = 0;
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        named = named || norni_str_is_nocase(cut->header[0], ids[i]);
    for (size_t c = 1; c < cut->n_header && named; c++) {
        const norni_str h = cut->header[c];
        named = norni_int_parse(h.p, h.n, &k) == NORNI_NUM_OK;
        if (c == 1) first = k;
        named = named && (first == 0 || first == 1) && k == first + (int64_t)c - 1;
    }
    return named;
}

/* A header has a value field that is no number, or counts its columns; otherwise the first line is a
 * series. */
static bool has_header(const norni_cutter *cut) {
    double x;
    if (counts_columns(cut)) return true;
    for (size_t k = 1; k < cut->n_header; k++) {
        if (!norni_cell_value(cut->header[k], (norni_str){"", 0}, &x, NULL)) return true;
    }
    return cut->n_header == 1;
}

norn_status norni_table_open_rows(norni_table *t, norn_err *err) {
    t->has_id = true;
    t->style = (norni_time_style){.kind = NORNI_TIME_INDEX};
    t->cut.keep_head = !has_header(&t->cut);
    t->cut.by_series = false; /* every record is one */
    return norni_cutter_begin(&t->cut, err);
}

/* One line: its id and its values, without the missing ones at its end. */
static norn_status parse_line(norni_fields *f, const char *at, double *to, norni_str *id, size_t *n,
                              norn_err *err) {
    size_t last = 0;
    norn_err cell;
    char name[32];
    for (size_t k = 0;; k++) {
        const bool is_end = at == f->end || norni_csv_is_eol(&f->marks->syntax, *at);
        const norni_str field = norni_field(f, at);
        if (is_end && norni_fields_odd(f, at)) NORN_TRY(norni_fields_check(f, at, err));
        if (k == 0) {
            *id = field;
        } else {
            double *value = &to[k - 1];
            if (!(field.p == f->p && norni_cell_short(field.p, field.n, value)) &&
                !norni_cell_value(field, (norni_str){"", 0}, value, &cell)) {
                norni_format(name, sizeof name, "%zu", k + 1);
                (void)norni_cell_value(field, norni_str_of(name), value, &cell);
                while (at != f->end && !norni_csv_is_eol(&f->marks->syntax, *at))
                    at = norni_csv_mark(f->marks);
                NORN_TRY(norni_fields_check(f, at, err));
                return norni_fields_raise(f, &cell, err);
            }
            if (!isnan(*value)) last = k;
        }
        f->p = at + 1;
        if (is_end) break;
        at = norni_csv_mark(f->marks);
    }
    *n = last;
    return NORN_OK;
}

norn_status norni_parse_rows(const norni_table *t, const norni_chunk *chunk, norni_arena *arena,
                             norni_chunk_rows *out, norn_err *err) {
    norni_fields f;
    const char *at = NULL;
    size_t n_values = 0;
    norni_str id = {NULL, 0};
    *out = (norni_chunk_rows){.n = 0};
    NORN_TRY(norni_fields_init(&f, t, chunk, arena, err));
    const size_t most = norni_chunk_delimiters(chunk) + 1;
    out->y = norni_arena_get(arena, most, sizeof *out->y);
    if (out->y == NULL) return norni_alloc_fail(err, "input", most, sizeof *out->y);
    while (norni_fields_record(&f, &at)) {
        size_t n = 0;
        NORN_TRY(parse_line(&f, at, out->y + n_values, &id, &n, err));
        if (!norni_run_add(&out->runs, arena, id, n_values, n))
            return norni_alloc_fail(err, "input", out->runs.cap, 64);
        n_values += n;
        out->n++;
    }
    NORN_TRY(norni_fields_lines(&f, out, err)); /* lines of series */
    return NORN_OK;
}
