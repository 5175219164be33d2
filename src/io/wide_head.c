/* The head of a table of many columns: which row holds the names, which column the time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sheets carry a title, merged group names or units above or below the names. So the first rows are
 * looked at together: for each row in turn, the row above it with the most different entries (the first
 * of equals) is taken as the names; if the cell in the time column is a time then, it is the first row
 * of data. A name that stands twice gets the merged group's name above it, or a number. */
#include "io/wide_head.h"

#include "base/grow.h"
#include "base/map.h"

enum { MOST_TOP = 24, MOST_COLUMNS = 1000000 };

typedef struct top_row {
    norni_str *cell; /* (n) in the text that was read, or the arena */
    size_t n, n_different;
    uint64_t line;
} top_row;

typedef struct top_rows {
    norni_arena arena;
    top_row row[MOST_TOP];
    size_t n;
    bool all; /* the input has no further row */
} top_rows;

static norn_status count_different(const norni_table *t, top_row *row, norn_err *err) {
    norni_map map;
    norni_map_init(&map, &t->cut.ctx->alloc);
    bool good = true;
    for (size_t k = 0; good && k < row->n; k++) {
        if (row->cell[k].n > 0) good = norni_map_add(&map, row->cell[k], NULL) >= 0;
    }
    row->n_different = map.n;
    norni_map_clear(&map);
    return good ? NORN_OK : norni_alloc_fail(err, "input", row->n, 32);
}

static norn_status take_row(norni_table *t, norni_arena *arena, norni_fields *f, const char *at,
                            top_row *row, norn_err *err) {
    const char *last = at;
    size_t n = 1, k = 0;
    const char *p = f->p;
    norni_csv_marks *m = f->marks;
    size_t cap = 0;
    norni_str *cell = NULL;
    for (;;) {
        cell = norni_list_grow(arena, cell, k, &cap, 64, sizeof *cell);
        if (cell == NULL) return norni_alloc_fail(err, "input", cap, sizeof *cell);
        f->p = p;
        const norni_str s = norni_field(f, last); /* in the text that was read */
        if (s.p == NULL) return norni_alloc_fail(err, "input", 1, 1);
        cell[k++] = norni_str_trim(s);
        p = last + 1;
        if (last == f->end || norni_csv_is_eol(&m->syntax, *last)) break;
        last = norni_csv_mark(m);
        n++;
    }
    NORN_TRY(norni_fields_odd(f, last) && last != f->end ? norni_fields_check(f, last, err)
                                                         : NORN_OK);
    f->p = p;
    if (n > MOST_COLUMNS)
        return norn_fail(err, NORN_E_LIMIT, "line %llu: %zu columns; at most %d are allowed",
                         (unsigned long long)norni_chunk_line(f->chunk, f->record), n,
                         (int)MOST_COLUMNS);
    row->cell = cell;
    row->n = n;
    row->line = norni_chunk_line(f->chunk, f->record);
    return count_different(t, row, err);
}

/* The first rows of what was read; the last one only when it surely ends. */
static norn_status top_of(norni_table *t, top_rows *top, norn_err *err) {
    const norni_chunk head = norni_table_rest(t);
    norni_fields f;
    const char *at = NULL;
    NORN_TRY(norni_fields_init(&f, t, &head, &top->arena, err));
    top->n = 0;
    top->all = t->cut.source_over;
    while (top->n < MOST_TOP && norni_fields_record(&f, &at)) {
        top_row row = {.n = 0};
        NORN_TRY(take_row(t, &top->arena, &f, at, &row, err));
        if (f.p > f.end && !t->cut.source_over) break; /* torn by the end of what was read */
        top->row[top->n++] = row;
    }
    if (top->n == MOST_TOP) top->all = true; /* no more are looked at */
    return NORN_OK;
}

static const top_row *names_above(const top_rows *top, size_t data) {
    const top_row *best = &top->row[0];
    for (size_t k = 1; k < data; k++) {
        if (top->row[k].n_different > best->n_different) best = &top->row[k];
    }
    return best;
}

/* The time column of a header; -1: the one that was asked for is not there. */
static int64_t time_column(const top_row *names, const char *asked) {
    static const char *const usual[] = {"ds", "date", "datetime", "timestamp", "time"};
    for (size_t k = 0; asked != NULL && k < names->n; k++) {
        if (norni_str_is(names->cell[k], asked)) return (int64_t)k;
    }
    if (asked != NULL) return -1;
    for (size_t u = 0; u < sizeof usual / sizeof *usual; u++) {
        for (size_t k = 0; k < names->n; k++) {
            if (norni_str_is_nocase(names->cell[k], usual[u])) return (int64_t)k;
        }
    }
    return 0;
}

/* Number of the first row of data, and the names above it; NORN_OK with 0: none of the rows is. */
static norn_status find_data(norni_table *t, const norni_wide_opt *opt, const top_rows *top,
                             const top_row **names, size_t *time, size_t *data) {
    *data = 0;
    for (size_t d = 1; d < top->n; d++) {
        norni_time_style style;
        const top_row *above = names_above(top, d);
        const int64_t k = time_column(above, opt->time_col);
        if (k < 0 || (size_t)k >= top->row[d].n) continue;
        const norni_str cell = top->row[d].cell[k];
        if (cell.n == 0 || norni_cell_style(cell, above->cell[k], &t->opt, &style, NULL) != NORN_OK)
            continue;
        t->style = style;
        *names = above;
        *time = (size_t)k;
        *data = d;
        return NORN_OK;
    }
    return NORN_OK;
}

static norn_status fail_head(norni_table *t, const norni_wide_opt *opt, const top_rows *top,
                             norn_err *err) {
    norn_err cell = {NORN_OK, ""};
    norni_time_style style;
    if (top->n < 2) return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
    const top_row *names = names_above(top, top->n - 1), *first = &top->row[names == top->row];
    const int64_t k = time_column(names, opt->time_col);
    if (k < 0)
        return norn_fail(err, NORN_E_ARG, "there is no column named %s to take the time from",
                         opt->time_col);
    if ((size_t)k >= first->n ||
        norni_cell_style(first->cell[k], names->cell[k], &t->opt, &style, &cell) == NORN_OK)
        return norn_fail(err, NORN_E_DATA, "no row of data was found in the first %zu lines",
                         top->n);
    return norn_fail(err, NORN_E_DATA, "line %llu, %s; name the time column with --time-col",
                     (unsigned long long)first->line, cell.text);
}

/* "Flows" of a merged group: the nearest cell of the row above, at or before column k. */
static norni_str group_of(const top_rows *top, const top_row *names, size_t k) {
    if (names == top->row) return (norni_str){"", 0};
    const top_row *above = names - 1;
    for (size_t c = (k < above->n ? k + 1 : above->n); c-- > 0;) {
        if (above->cell[c].n > 0) return above->cell[c];
    }
    return (norni_str){"", 0};
}

/* A name that no column before has: with its group's, or with a number. */
static norn_status settle_name(norni_table *t, const top_rows *top, const top_row *names,
                               norni_map *map, size_t k, norni_str *name, norn_err *err) {
    const norni_str plain = name[k];
    for (uint64_t n = 0;; n++) {
        bool added = false;
        if (n > 0) {
            norni_buf b;
            const norni_str group = n == 1 ? group_of(top, names, k) : (norni_str){"", 0};
            norni_buf_init(&b, &t->cut.ctx->alloc);
            if (group.n > 0) {
                norni_buf_add(&b, group.p, group.n);
                norni_buf_text(&b, " ");
                norni_buf_add(&b, plain.p, plain.n);
            } else {
                norni_buf_add(&b, plain.p, plain.n);
                norni_buf_format(&b, ".%llu", (unsigned long long)n);
            }
            const char *kept = b.failed ? NULL : norni_arena_text(&t->arena, b.p, b.n);
            name[k] = (norni_str){kept, b.n};
            norni_buf_clear(&b);
            if (kept == NULL) return norni_alloc_fail(err, "input", plain.n, 1);
        }
        if (norni_map_add(map, name[k], &added) < 0)
            return norni_alloc_fail(err, "input", map->n, 32);
        if (added) return NORN_OK;
    }
}

static norn_status take_names(norni_table *t, const top_rows *top, const top_row *names,
                              norni_wide_head *out, norn_err *err) {
    norni_map map;
    out->n = names->n;
    out->name = norni_arena_get(&t->arena, names->n, sizeof *out->name);
    out->named = norni_arena_get(&t->arena, names->n, sizeof *out->named);
    if (out->name == NULL || out->named == NULL)
        return norni_alloc_fail(err, "input", names->n, sizeof *out->name);
    norni_map_init(&map, &t->cut.ctx->alloc);
    norn_status st = NORN_OK;
    for (size_t k = 0; st == NORN_OK && k < names->n; k++) {
        const norni_str cell = names->cell[k];
        const char *own = norni_arena_text(&t->arena, cell.p, cell.n);
        if (own == NULL) st = norni_alloc_fail(err, "input", cell.n, 1);
        out->name[k] = (norni_str){own, cell.n};
        out->named[k] = cell.n > 0;
        if (st == NORN_OK && !out->named[k]) {
            char text[40];
            const size_t n = norni_format(text, sizeof text, "column_%zu", k + 1);
            const char *kept = norni_arena_text(&t->arena, text, n);
            if (kept == NULL) st = norni_alloc_fail(err, "input", n, 1);
            out->name[k] = (norni_str){kept, n};
        }
        if (st == NORN_OK) st = settle_name(t, top, names, &map, k, out->name, err);
    }
    norni_map_clear(&map);
    return st;
}

norn_status norni_wide_head_read(norni_table *t, const norni_wide_opt *opt, norni_wide_head *out,
                                 norn_err *err) {
    top_rows top = {.n = 0};
    const top_row *names = NULL;
    size_t data = 0;
    t->cut.keep_head = true;
    NORN_TRY(norni_cutter_open(&t->cut, err));
    norn_status st = NORN_OK;
    norni_arena_init(&top.arena, &t->cut.ctx->alloc);
    NORN_TRY_GOTO(norni_cutter_begin(&t->cut, err), fail);
    for (;;) {
        NORN_TRY_GOTO(top_of(t, &top, err), fail);
        NORN_TRY_GOTO(find_data(t, opt, &top, &names, &out->time, &data), fail);
        if (data > 0 || top.all || t->cut.rest.n >= NORNI_MOST_RECORD) break;
        NORN_TRY_GOTO(norni_cutter_read(&t->cut, &t->cut.rest, 2 * t->cut.rest.n + 4096, err),
                      fail);
    }
    if (data == 0) NORN_TRY_GOTO(fail_head(t, opt, &top, err), fail);
    NORN_TRY_GOTO(take_names(t, &top, names, out, err), fail);
    out->data_line = top.row[data].line;
    out->n_above = data - 1;
fail:
    norni_arena_clear(&top.arena);
    if (st != NORN_OK) norni_cutter_close(&t->cut);
    return st;
}
