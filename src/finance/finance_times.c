/* The date's column: which one it is, and rows put in time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_dates.h"
#include "finance/finance_rows.h"

/* Where the dates of one column stand. */
typedef struct reading {
    norni_fin_date *date; /* (n) */
    size_t filled, readable, splits;
} reading;

static void read_column(const norni_fin_rows *r, size_t c, reading *out) {
    norni_str last = {NULL, 0};
    norni_fin_date d = {.form = NORNI_FIN_DATE_NONE};
    out->filled = out->readable = out->splits = 0;
    for (size_t i = 0; i < r->n; i++) {
        const norni_str cell = norni_fin_rows_cell(r, i, c);
        if (i == 0 || cell.n != last.n || memcmp(cell.p, last.p, cell.n) != 0)
            d = norni_fin_date_read(cell);
        last = cell;
        out->date[i] = d;
        out->filled += cell.n > 0;
        out->readable += d.form != NORNI_FIN_DATE_NONE || d.far;
        out->splits += d.form == NORNI_FIN_DATE_SPLIT;
    }
}

static bool is_month_header(norni_str header) {
    char buf[NORNI_FIN_HEADER_MOST];
    const norni_str s = {buf, norni_fin_header_plain(header, buf)};
    return norni_str_is(s, "month") || norni_str_is(s, "month name") ||
           norni_str_is(s, "quarter") || norni_str_is(s, "period") ||
           norni_str_is(s, "fiscal month") || norni_str_is(s, "fiscal quarter");
}

/* 1..12 of a month's cell: 3, 03, M3, Mar; Q2 and quarters begin at their first month. 0: none. */
static int32_t month_of(norni_str s, bool quarter) {
    double x;
    if (s.n > 1 && ((*s.p | 32) == 'm' || (*s.p | 32) == 'q' || (*s.p | 32) == 'p') &&
        s.p[1] >= '0' && s.p[1] <= '9') {
        quarter = (*s.p | 32) == 'q';
        s = (norni_str){s.p + 1, s.n - 1};
    }
    if (norni_fin_number_parse(s, '.', &x) != NORNI_FIN_CELL_NUMBER) return norni_fin_month_name(s);
    if (quarter) return x == 1 || x == 2 || x == 3 || x == 4 ? (int32_t)x * 3 - 2 : 0;
    return x >= 1 && x <= 12 && x == (int32_t)x ? (int32_t)x : 0;
}

/* A column of months beside one of years. */
static void read_months(const norni_fin_rows *r, size_t c, size_t year, reading *out) {
    char buf[NORNI_FIN_HEADER_MOST];
    const norni_str head = {buf, norni_fin_header_plain(r->column[c].name, buf)};
    const bool quarter = norni_str_is(head, "quarter") || norni_str_is(head, "fiscal quarter");
    out->filled = out->readable = out->splits = 0;
    for (size_t i = 0; i < r->n; i++) {
        const norni_str cell = norni_fin_rows_cell(r, i, c);
        const norni_fin_date y = norni_fin_date_read(norni_fin_rows_cell(r, i, year));
        const int32_t m = month_of(cell, quarter);
        out->date[i] = (norni_fin_date){.form = NORNI_FIN_DATE_NONE};
        out->filled += cell.n > 0;
        if (y.form != NORNI_FIN_DATE_YEAR || m == 0) continue;
        norni_civil civil = norni_civil_from_us(y.day_first);
        civil.month = m;
        out->date[i].form = NORNI_FIN_DATE_SURE;
        out->date[i].day_first = out->date[i].month_first = norni_us_from_civil(&civil);
        out->readable++;
    }
}

static size_t find_role(const norni_fin_rows *r, unsigned role) {
    size_t c = 0;
    while (c < r->n_columns && (r->column[c].role != role || r->column[c].why != NULL))
        c++;
    return c;
}

static bool most_are_dates(const reading *d) {
    return d->readable > 0 && 2 * d->readable >= d->filled;
}

/* No header is known for a date: the first column nearly all of whose cells are written as dates. */
static bool by_cells(norni_fin_rows *r, size_t c, reading *d) {
    if (r->column[c].role != NORNI_FIN_ROLE_NONE || r->column[c].rank == NORNI_FIN_BY_HAND)
        return false;
    const norni_fin_date first = norni_fin_date_read(norni_fin_rows_cell(r, 0, c));
    double x;
    if (first.form == NORNI_FIN_DATE_NONE && norni_fin_rows_cell(r, 0, c).n > 0) return false;
    read_column(r, c, d);
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        const norni_fin_date_form form = d->date[i].form;
        if (form != NORNI_FIN_DATE_SURE && form != NORNI_FIN_DATE_SPLIT) continue;
        n += norni_fin_number_parse(norni_fin_rows_cell(r, i, c), '.', &x) != NORNI_FIN_CELL_NUMBER;
    }
    return n > 0 && 10 * n >= 9 * d->filled;
}

/* A header that is a number or a date. */
static bool is_value(norni_str s) {
    double x;
    return norni_fin_number_parse(s, '.', &x) == NORNI_FIN_CELL_NUMBER ||
           norni_fin_date_read(s).form != NORNI_FIN_DATE_NONE;
}

norn_status norni_fin_rows_headed(const norni_fin_rows *r, norn_err *err) {
    const norni_fin_file *const f = &r->file[0];
    const unsigned long long line = (unsigned long long)f->header_line;
    size_t n = 0, first = 0;
    for (size_t c = 0; c < r->n_columns; c++) {
        if (is_value(f->header[c]) && n++ == 0) first = c;
    }
    if (n == 0) return NORN_OK;
    const norni_str shown = norni_fin_quoted(f->header[first]);
    if (first > 0 && n >= 3 && norni_fin_date_read(f->header[first]).form != NORNI_FIN_DATE_NONE)
        return norn_fail(err, NORN_E_DATA,
                         "%s: line %llu: dates stand in the header (\"%.*s\" …): a report needs a "
                         "row for each date and a "
                         "column for revenue, expenses …; turn the table",
                         f->name, line, (int)shown.n, shown.p);
    return norn_fail(err, NORN_E_DATA,
                     "%s: line %llu: no header row: column %zu is headed \"%.*s\"", f->name, line,
                     first + 1, (int)shown.n, shown.p);
}

static norn_status fail_no_date(const norni_fin_rows *r, norn_err *err) {
    const norni_fin_file *const f = &r->file[0];
    size_t c = 0;
    while (c < r->n_columns && r->column[c].role != NORNI_FIN_DATE)
        c++;
    if (c < r->n_columns) {
        size_t i = 0;
        while (i + 1 < r->n && norni_fin_rows_cell(r, i, c).n == 0)
            i++;
        const norni_str name = norni_fin_quoted(r->column[c].name),
                        cell = norni_fin_quoted(norni_fin_rows_cell(r, i, c));
        return norn_fail(err, NORN_E_DATA,
                         "%s: line %llu: column %.*s: \"%.*s\" is no date that can be read",
                         r->file[r->line[i].file].name, (unsigned long long)r->line[i].row->line,
                         (int)name.n, name.p, (int)cell.n, cell.p);
    }
    NORN_TRY(norni_fin_rows_headed(r, err));
    const norni_str shown = norni_fin_quoted(f->header[0]);
    return norn_fail(err, NORN_E_DATA,
                     "%s: line %llu: no column of dates: none of the %zu headers (%.*s …) is known "
                     "for one; say which "
                     "with --map Header=date",
                     f->name, (unsigned long long)f->header_line, r->n_columns, (int)shown.n,
                     shown.p);
}

/* The date's column by its header, best first; else by its cells. */
static norn_status choose(norni_fin_rows *r, reading *d, size_t *chosen, norn_err *err) {
    const size_t year = find_role(r, NORNI_FIN_ROLE_YEAR);
    for (unsigned rank = NORNI_FIN_BY_HAND; rank <= NORNI_FIN_LAST_RESORT; rank++) {
        for (size_t c = 0; c < r->n_columns; c++) {
            norni_fin_column *const column = &r->column[c];
            if (column->role != NORNI_FIN_DATE || column->rank != (norni_fin_rank)rank) continue;
            *chosen = c;
            read_column(r, c, d);
            column->why = norni_fin_rank_text(column->rank);
            if (most_are_dates(d)) return NORN_OK;
            if (year < r->n_columns && is_month_header(column->name)) {
                read_months(r, c, year, d);
                r->column[year].why = "the year of the date";
                if (most_are_dates(d)) return NORN_OK;
                r->column[year].why = NULL;
            }
            column->why = "most of its cells are no dates";
            if (rank == NORNI_FIN_BY_HAND) return fail_no_date(r, err);
        }
    }
    for (size_t c = 0; c < r->n_columns; c++) {
        *chosen = c;
        if (!by_cells(r, c, d)) continue;
        r->column[c].why = norni_fin_rank_text(NORNI_FIN_BY_CELLS);
        const norni_str name = norni_fin_quoted(r->column[c].name);
        return norni_fin_rows_note(r, err, "column %.*s is taken as the date: its cells are dates",
                                   (int)name.n, name.p);
    }
    if (year < r->n_columns) {
        read_column(r, *chosen = year, d);
        r->column[year].why = norni_fin_rank_text(NORNI_FIN_STAND_IN);
        if (most_are_dates(d)) return NORN_OK;
    }
    return fail_no_date(r, err);
}

static norn_status date_notes(norni_fin_rows *r, size_t c, const norni_fin_date *date,
                              norn_err *err) {
    bool serial = false, year = false, zoned = false;
    const norni_str name = norni_fin_quoted(r->column[c].name);
    for (size_t i = 0; i < r->n; i++) {
        serial = serial || date[i].form == NORNI_FIN_DATE_SERIAL;
        year = year || date[i].form == NORNI_FIN_DATE_YEAR;
        zoned = zoned || date[i].zoned;
    }
    if (serial)
        NORN_TRY(norni_fin_rows_note(
            r, err, "column %.*s: numbers are taken as a spreadsheet's days since 1900",
            (int)name.n, name.p));
    if (year)
        NORN_TRY(norni_fin_rows_note(r, err,
                                     "column %.*s: years alone stand at their first of January",
                                     (int)name.n, name.p));
    if (zoned)
        NORN_TRY(norni_fin_rows_note(r, err,
                                     "column %.*s: zones are left out: the day as written counts",
                                     (int)name.n, name.p));
    return NORN_OK;
}

/* Rows whose date cannot be read, told. */
static norn_status tell_undated(norni_fin_rows *r, size_t c, const int64_t *time, norn_err *err) {
    size_t n = 0, first = 0;
    for (size_t i = r->n; i-- > 0;) {
        if (time[i] != NORNI_TIME_NONE) continue;
        first = i;
        n++;
    }
    if (n == 0) return NORN_OK;
    if (n == r->n) return fail_no_date(r, err);
    const norni_str cell = norni_fin_quoted(norni_fin_rows_cell(r, first, c));
    return norni_fin_rows_note(
        r, err,
        "rows without a date that can be read are left out: %zu, first \"%.*s\" in line %llu%s", n,
        (int)cell.n, cell.p, (unsigned long long)r->line[first].row->line, norni_fin_of_a_file(r));
}

norn_status norni_fin_rows_times(norni_fin_rows *r, int64_t **out, norn_err *err) {
    reading d = {norni_arena_get(r->arena, r->n, sizeof *d.date), 0, 0, 0};
    int64_t *const time = norni_arena_get(r->arena, r->n, sizeof *time);
    bool *const day_first = norni_arena_zero(r->arena, r->n_files, sizeof *day_first);
    size_t c = 0;
    if (d.date == NULL || time == NULL || day_first == NULL)
        return norni_alloc_fail(err, "report", r->n, sizeof *d.date);
    NORN_TRY(choose(r, &d, &c, err));
    r->column[c].role = NORNI_FIN_DATE;
    r->column[c].key = norni_fin_key_name(NORNI_FIN_DATE);
    for (size_t k = 0; k < r->n_columns; k++) {
        norni_fin_column *const other = &r->column[k];
        if (other->role != NORNI_FIN_DATE || other->why != NULL) continue;
        other->why =
            norni_fin_rows_text(r, "the date is %.*s already",
                                (int)norni_fin_quoted(r->column[c].name).n, r->column[c].name.p);
        if (other->why == NULL) return norni_alloc_fail(err, "report", 1, 64);
    }
    if (d.splits > 0) NORN_TRY(norni_fin_rows_orders(r, c, d.date, day_first, err));
    for (size_t i = 0; i < r->n; i++) {
        const norni_fin_date *const date = &d.date[i];
        time[i] = date->form == NORNI_FIN_DATE_NONE ? NORNI_TIME_NONE
                  : day_first[r->line[i].file]      ? date->day_first
                                                    : date->month_first;
    }
    NORN_TRY(norni_fin_rows_short_years(r, c, d.date, time, err));
    NORN_TRY(date_notes(r, c, d.date, err));
    *out = time;
    NORN_TRY(tell_undated(r, c, time, err));
    return norni_fin_rows_sort(r, c, time, err);
}
