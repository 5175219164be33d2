/* Sheets with a series a row and a day a column (monitoring tags), or a day a row (laboratory). */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "base/grow.h"
#include "app/multi_etl_parts.h"

enum { HEAD_ROWS = 20, FIRST_YEAR_DAY = 7305 }; /* 1990-01-01: no plant's data are older */

norn_status norni_etl_note(norni_etl_sheet *s, norn_err *err, const char *fmt, ...) {
    char text[400];
    va_list ap;
    size_t n = norni_format(text, sizeof text, "%s%s%s: ", s->path, s->name ? ", sheet " : "",
                            s->name ? s->name : "");
    va_start(ap, fmt);
    n += norni_vformat(text + n, sizeof text - n, fmt, ap);
    va_end(ap);
    norni_str *note =
        norni_list_grow(&s->arena, s->note, s->n_notes, &s->cap_notes, 8, sizeof *note);
    const char *kept = norni_arena_text(&s->arena, text, n);
    if (note == NULL || kept == NULL) return norni_alloc_fail(err, "etl", n, 1);
    s->note = note;
    note[s->n_notes++] = (norni_str){kept, n};
    return NORN_OK;
}

/* Where the header of a sheet is, and what its columns are. */
typedef struct tag_head {
    size_t row, n_days;
    int64_t tag, label;              /* columns; -1: there is none */
    size_t *column;                  /* (n_days) of the days */
    size_t n_bogus, first_bogus;     /* dates of no plant; column of the first, from 1 */
    size_t n_undated, first_undated; /* headed columns behind the first day that are no dates */
} tag_head;

static int64_t find_column(const norni_grid_row *row, const char *const *names, size_t n_names) {
    for (size_t j = 0; j < n_names; j++) {
        for (size_t k = 0; k < row->n; k++) {
            if (norni_etl_alike(row->cell[k], names[j])) return (int64_t)k;
        }
    }
    return -1;
}

static bool find_head(const norni_grid *g, bool lab, tag_head *h) {
    static const char *const tags[] = {"DCS Tag", "Tag",        "Tags",
                                       "Tag No",  "Tag Number", "Tag Name"},
                             *const tests[] = {"Tag",       "Parameter", "Property",  "Test",
                                               "Test Name", "Analysis",  "Component", "DCS Tag"},
                             *const labels[] = {"Tag",    "Description",  "Name",
                                                "Stream", "Sample Point", "Product"};
    for (h->row = 0; h->row < g->n && h->row < HEAD_ROWS; h->row++) {
        const norni_grid_row *row = &g->row[h->row];
        h->tag = find_column(row, lab ? tests : tags, lab ? 8 : 6);
        if (h->tag < 0) continue;
        h->label = -1;
        for (size_t j = 0; j < sizeof labels / sizeof *labels && h->label < 0; j++) {
            const int64_t at = find_column(row, &labels[j], 1);
            if (at != h->tag) h->label = at;
        }
        return true;
    }
    return false;
}

static norn_status find_days(norni_etl_sheet *s, const norni_grid_row *row, tag_head *h,
                             norn_err *err) {
    s->day = norni_arena_get(&s->arena, row->n, sizeof *s->day);
    h->column = norni_arena_get(&s->arena, row->n, sizeof *h->column);
    if (s->day == NULL || h->column == NULL)
        return norni_alloc_fail(err, "etl", row->n, sizeof *s->day);
    for (size_t k = 0; k < row->n; k++) {
        int64_t day = 0;
        if ((int64_t)k == h->tag || (int64_t)k == h->label || row->cell[k].n == 0) continue;
        if (!norni_etl_day(row->cell[k], &day)) {
            if (s->n_days > 0 && h->n_undated++ == 0) h->first_undated = k + 1;
            continue;
        }
        if (day < FIRST_YEAR_DAY) {
            if (h->n_bogus++ == 0) h->first_bogus = k + 1;
            continue;
        }
        s->day[s->n_days] = day;
        h->column[s->n_days++] = k;
    }
    s->n_dropped += h->n_bogus + h->n_undated;
    if (h->n_bogus > 0)
        NORN_TRY(norni_etl_note(s, err,
                                "%zu columns are dated before 1990 (first: column %zu, "
                                "'%.*s'): left out",
                                h->n_bogus, h->first_bogus, (int)row->cell[h->first_bogus - 1].n,
                                row->cell[h->first_bogus - 1].p));
    if (h->n_undated == 0) return NORN_OK;
    const norni_str cell = row->cell[h->first_undated - 1];
    return norni_etl_note(s, err, "%zu columns have no date (first: column %zu, '%.*s'): left out",
                          h->n_undated, h->first_undated, (int)(cell.n > 40 ? 40 : cell.n), cell.p);
}

/* The month that most days are in; the earlier of equals. */
static int32_t common_month(const int64_t *day, size_t n) {
    int32_t best = NORNI_ETL_NO_MONTH;
    size_t most = 0;
    for (size_t k = 0; k < n; k++) {
        const int32_t month = norni_etl_month(day[k]);
        size_t count = 0;
        for (size_t j = 0; j < n; j++)
            count += norni_etl_month(day[j]) == month;
        if (count < most || (count == most && best != NORNI_ETL_NO_MONTH && month >= best))
            continue;
        most = count;
        best = month;
    }
    return best;
}

typedef struct text_cells {
    size_t n, row, column; /* the first one's place, from 1 */
    norni_str first;
} text_cells;

static void count_text(text_cells *t, const norni_grid_row *row, size_t column) {
    if (t->n++ > 0) return;
    t->row = (size_t)row->line;
    t->column = column + 1;
    t->first = row->cell[column];
}

static norn_status say_text(norni_etl_sheet *s, const text_cells *t, norn_err *err) {
    s->n_dropped += t->n;
    if (t->n == 0) return NORN_OK;
    return norni_etl_note(
        s, err, "%zu cells are text, counted as missing (first: row %zu, column %zu, '%.*s')", t->n,
        t->row, t->column, (int)(t->first.n > 40 ? 40 : t->first.n), t->first.p);
}

/* "Lab_Kerosene_Flash_Point"; blanks and signs become one underscore. */
static norn_status lab_name(norni_etl_sheet *s, norni_str stream, norni_str test, norni_str *out,
                            norn_err *err) {
    char *to = norni_arena_get(&s->arena, stream.n + test.n + 8, 1);
    if (to == NULL) return norni_alloc_fail(err, "etl", test.n, 1);
    memcpy(to, "Lab", 3);
    size_t n = 3;
    for (int part = 0; part < 2; part++) {
        const norni_str p = part == 0 ? stream : test;
        bool gap = true;
        for (size_t k = 0; k < p.n; k++) {
            const char c = p.p[k];
            const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                               (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
            if (plain && gap) to[n++] = '_';
            if (plain) to[n++] = c;
            gap = !plain;
        }
    }
    *out = (norni_str){to, n};
    return NORN_OK;
}

/* A row that names nothing, as of totals. */
static bool no_series(norni_str tag, norni_str label) {
    const norni_str name = tag.n > 0 ? tag : label;
    return name.n == 0 || norni_etl_alike(name, "Total") || norni_etl_alike(name, "Average");
}

static norn_status take_series(norni_etl_sheet *s, const norni_grid_row *row, const tag_head *h,
                               text_cells *text, norn_err *err) {
    const norni_str tag = norni_grid_cell(row, (size_t)h->tag),
                    label =
                        h->label >= 0 ? norni_grid_cell(row, (size_t)h->label) : (norni_str){"", 0};
    if (no_series(tag, label)) return NORN_OK;
    double *v = s->v + s->n_series * s->n_days;
    bool any = false;
    for (size_t d = 0; d < s->n_days; d++) {
        const norni_str cell = norni_grid_cell(row, h->column[d]);
        if (!norni_etl_number(cell, &v[d])) count_text(text, row, h->column[d]);
        any = any || !isnan(v[d]);
    }
    if (!any) return NORN_OK;
    norni_str *name = &s->series[s->n_series++];
    if (s->kind == NORNI_ETL_LAB) return lab_name(s, label, tag, name, err);
    *name = norni_etl_series_name(tag, label);
    return NORN_OK;
}

/* Sheets with a day a row. */
typedef struct day_rows {
    size_t head; /* row behind the header */
    const norni_grid_row *names;
    int64_t date, stream;
    size_t cap; /* series that there is room for */
} day_rows;

static bool row_day(const day_rows *d, const norni_grid_row *row, int64_t *day) {
    return norni_etl_day(norni_grid_cell(row, (size_t)d->date), day) && *day >= FIRST_YEAR_DAY;
}

/* Number of the series, a new one of missing values when there is none of the name. */
static norn_status series_number(norni_etl_sheet *s, day_rows *d, norni_str name, size_t *out,
                                 norn_err *err) {
    for (*out = 0; *out < s->n_series; ++*out) {
        if (norni_str_cmp(s->series[*out], name) == 0) return NORN_OK;
    }
    if (s->n_series == d->cap) {
        const size_t cap = d->cap ? 2 * d->cap : 32;
        norni_str *names = norni_arena_get(&s->arena, cap, sizeof *names);
        size_t cells;
        if (!norni_mul_size(cap, s->n_days, &cells)) cells = SIZE_MAX;
        double *v = norni_arena_get(&s->arena, cells, sizeof *v);
        if (names == NULL || v == NULL) return norni_alloc_fail(err, "etl", cells, sizeof *v);
        if (d->cap > 0) {
            memcpy(names, s->series, s->n_series * sizeof *names);
            memcpy(v, s->v, s->n_series * s->n_days * sizeof *v);
        }
        s->series = names;
        s->v = v;
        d->cap = cap;
    }
    for (size_t t = 0; t < s->n_days; t++)
        s->v[s->n_series * s->n_days + t] = NORNI_NAN;
    s->series[s->n_series++] = name;
    return NORN_OK;
}

static norn_status take_day(norni_etl_sheet *s, day_rows *d, const norni_grid_row *row, size_t day,
                            text_cells *text, norn_err *err) {
    const norni_str where =
        d->stream >= 0 ? norni_grid_cell(row, (size_t)d->stream) : (norni_str){"", 0};
    for (size_t k = 0; k < d->names->n; k++) {
        double v;
        norni_str name;
        size_t j;
        if ((int64_t)k == d->date || (int64_t)k == d->stream || d->names->cell[k].n == 0) continue;
        if (!norni_etl_number(norni_grid_cell(row, k), &v)) count_text(text, row, k);
        if (isnan(v)) continue;
        NORN_TRY(lab_name(s, where, d->names->cell[k], &name, err));
        NORN_TRY(series_number(s, d, name, &j, err));
        s->v[j * s->n_days + day] = v;
    }
    return NORN_OK;
}

/* A day a row, several rows of one day: those are joined by their mean later. */
static norn_status read_by_day(norni_etl_sheet *s, const norni_grid *g, norn_err *err) {
    static const char *const dates[] = {"Date", "Sample Date", "Sampled Date", "Day", "Timestamp"},
                             *const streams[] = {"Stream", "Sample Point", "Product", "Sample"};
    day_rows d = {.date = -1};
    text_cells text = {.n = 0};
    int64_t day;
    for (d.head = 0; d.head < g->n && d.head < HEAD_ROWS && d.date < 0; d.head++)
        d.date = find_column(&g->row[d.head], dates, 5);
    if (d.date < 0)
        return norni_etl_note(s, err, "neither tags nor dates head its columns: not used");
    d.names = &g->row[d.head - 1];
    d.stream = find_column(d.names, streams, 4);
    s->day = norni_arena_get(&s->arena, g->n, sizeof *s->day);
    if (s->day == NULL) return norni_alloc_fail(err, "etl", g->n, sizeof *s->day);
    for (size_t r = d.head; r < g->n; r++) {
        if (row_day(&d, &g->row[r], &day))
            s->day[s->n_days++] = day;
        else
            s->n_dropped++;
    }
    for (size_t r = d.head, at = 0; r < g->n; r++) {
        if (row_day(&d, &g->row[r], &day)) NORN_TRY(take_day(s, &d, &g->row[r], at++, &text, err));
    }
    s->month = common_month(s->day, s->n_days);
    return say_text(s, &text, err);
}

norn_status norni_etl_read_tags(norni_etl_sheet *s, const norni_grid *g, norn_err *err) {
    tag_head h = {.n_days = 0};
    text_cells text = {.n = 0};
    size_t cells;
    if (!find_head(g, s->kind == NORNI_ETL_LAB, &h)) {
        if (s->kind == NORNI_ETL_LAB) return read_by_day(s, g, err);
        return norn_fail(err, NORN_E_DATA,
                         "no row with the heading Tag or DCS Tag was found in the first %d rows",
                         (int)HEAD_ROWS);
    }
    NORN_TRY(find_days(s, &g->row[h.row], &h, err));
    if (s->n_days == 0) {
        if (s->kind == NORNI_ETL_LAB) return read_by_day(s, g, err);
        return norn_fail(err, NORN_E_DATA, "row %llu heads no column with a date",
                         (unsigned long long)g->row[h.row].line);
    }
    if (!norni_mul_size(g->n, s->n_days, &cells)) cells = SIZE_MAX;
    s->series = norni_arena_get(&s->arena, g->n, sizeof *s->series);
    s->v = norni_arena_get(&s->arena, cells, sizeof *s->v);
    if (s->series == NULL || s->v == NULL) return norni_alloc_fail(err, "etl", cells, sizeof *s->v);
    for (size_t r = h.row + 1; r < g->n; r++)
        NORN_TRY(take_series(s, &g->row[r], &h, &text, err));
    s->month = common_month(s->day, s->n_days);
    return say_text(s, &text, err);
}
