/* The wide layout: a time a line, a series a column. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/panel_cells.h"

enum { MOST_COLUMNS = 1000000 };

norn_status norni_table_open_wide(norni_table *t, norn_err *err) {
    if (t->cut.n_header < 2)
        return norn_fail(err, NORN_E_DATA,
                         "the wide layout needs a time column and a column a series");
    if (t->cut.n_header > MOST_COLUMNS)
        return norn_fail(err, NORN_E_LIMIT, "line %llu: %zu columns; at most %d are allowed",
                         (unsigned long long)t->cut.header_line, t->cut.n_header,
                         (int)MOST_COLUMNS);
    t->has_id = true;
    t->time_name = t->cut.header[0];
    t->cut.by_series = false;
    NORN_TRY(norni_cutter_begin(&t->cut, err));
    return norni_table_style(t, 0, err);
}

static norn_status parse_record(norni_fields *f, norni_cell_clock *clock, const char *at,
                                int64_t *time, double *y, norn_err *err) {
    const norni_table *t = f->t;
    const size_t n = t->cut.n_header;
    norn_err cell = {NORN_OK, ""};
    bool good = true;
    for (size_t k = 0; good; k++) {
        const bool is_end = at == f->end || norni_csv_is_eol(&f->marks->syntax, *at);
        const norni_str field = norni_field(f, at);
        if (is_end && norni_fields_odd(f, at)) NORN_TRY(norni_fields_check(f, at, err));
        good = k == 0 ? norni_cell_time(clock, field, t->cut.header[0], time, &cell)
                      : norni_cell_value(field, t->cut.header[k], &y[k - 1], &cell);
        if (good && is_end != (k + 1 == n)) {
            (void)norn_fail(&cell, NORN_E_FORMAT, "%s%zu fields where the header has %zu",
                            is_end ? "" : "more than ", k + 1, n);
            good = false;
        }
        f->p = at + 1;
        if (good && is_end) return NORN_OK;
        if (good) at = norni_csv_mark(f->marks);
    }
    while (at != f->end && !norni_csv_is_eol(&f->marks->syntax, *at))
        at = norni_csv_mark(f->marks);
    NORN_TRY(norni_fields_check(f, at, err));
    return norni_fields_raise(f, &cell, err);
}

norn_status norni_parse_wide(const norni_table *t, const norni_chunk *chunk, norni_arena *arena,
                             norni_chunk_rows *out, norn_err *err) {
    norni_fields f;
    norni_cell_clock clock = {.style = t->style, .epoch = t->opt.epoch};
    const size_t n_series = t->cut.n_header - 1, most = chunk->count.lines + 1;
    const char *at = NULL;
    size_t numbers;
    *out = (norni_chunk_rows){.n = 0};
    NORN_TRY(norni_fields_init(&f, t, chunk, arena, err));
    /* Blank lines count as lines, but hold no delimiter; the last record may be one too short. */
    const size_t most_rows = norni_chunk_delimiters(chunk) / n_series + 1;
    if (!norni_mul_size(most < most_rows ? most : most_rows, n_series, &numbers))
        numbers = SIZE_MAX;
    out->time = norni_arena_get(arena, most, sizeof *out->time);
    out->y = norni_arena_get(arena, numbers, sizeof *out->y);
    if (!out->time || !out->y) return norni_alloc_fail(err, "input", numbers, sizeof *out->y);
    while (norni_fields_record(&f, &at)) {
        NORN_TRY(parse_record(&f, &clock, at, &out->time[out->n], out->y + out->n * n_series, err));
        out->n++;
    }
    return norni_fields_lines(&f, out, err);
}
