/* Cells of a table as numbers and times: what the three layouts share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/panel_cells.h"

#include <math.h>

#include "base/numtext.h"
#include "base/fp.h"

static bool is_missing(norni_str s) {
    static const char *const tokens[] = {"NA", "N/A", "NaN", "nan", "NAN", "null", "NULL", "None"};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        if (norni_str_is(s, tokens[i])) return true;
    }
    return false;
}

/* Long texts are cut in messages. */
static int shown_length(norni_str s) {
    return (int)(s.n > 40 ? 40 : s.n);
}

/* A number with commas in it, as 1,5 or 1,234.5. */
static bool has_commas(norni_str field) {
    if (memchr(field.p, ',', field.n) == NULL) return false;
    for (size_t i = 0; i < field.n; i++) {
        if (memchr("0123456789,.-+", field.p[i], 14) == NULL) return false;
    }
    return true;
}

static bool fail_value(norni_str field, norni_str column, norni_num_result r, norn_err *err) {
    if (column.n == 0) column = norni_str_of("(without a name)");
    const char *why = r == NORNI_NUM_OVERFLOW ? "is too large for a number (at most 1.8e308)"
                      : has_commas(field)
                          ? "is not a number; write it with a point and without commas, as 1234.5"
                          : "is not a number; use an empty field, NA, NaN or null for missing";
    (void)norn_fail(err, NORN_E_DATA, "column %.*s: '%.*s' %s", shown_length(column), column.p,
                    shown_length(field), field.p, why);
    return false;
}

bool norni_cell_value(norni_str field, norni_str column, double *out, norn_err *err) {
    static const double ten[] = {1e0, 1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7, 1e8,
                                 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16};
    /* Up to 15 digits around a point: both numbers are exact, so one division is exactly rounded.
     */
    if (field.n >= 1 && field.n <= 16) {
        const char *p = field.p, *end = p + field.n;
        const bool negative = *p == '-';
        uint64_t digits = 0;
        size_t n = 0, behind = 0;
        bool point = false, plain = true;
        for (p += negative; p < end && plain; p++) {
            const unsigned d = (unsigned)(unsigned char)*p - '0';
            if (d < 10) {
                digits = 10 * digits + d;
                n++;
                behind += point;
            } else {
                plain = *p == '.' && !point;
                point = true;
            }
        }
        if (plain && n >= 1 && n <= 15) {
            const double value = (double)digits / ten[behind];
            *out = negative && value != 0 ? -value : value;
            return true;
        }
    }
    const norni_num_result r = norni_num_parse(field.p, field.n, out);
    if (r == NORNI_NUM_OK) return true;
    if (r == NORNI_NUM_EMPTY || is_missing(norni_str_trim(field))) {
        *out = NORNI_NAN;
        return true;
    }
    return fail_value(field, column, r, err);
}

static bool fail_time(norni_str field, norni_str column, norn_err *err) {
    const char *hint =
        memchr(field.p, '/', field.n)
            ? "is not a time that can be told apart; write year-month-day, as 2020-01-31"
            : "is not a time of the calendar (as 2020-01-31, 2020-01-31 12:00, 2020-Q1, 1976 Jul, "
              "2021W05 or an integer)";
    (void)norn_fail(err, NORN_E_DATA, "column %.*s: '%.*s' %s", shown_length(column), column.p,
                    shown_length(field), field.p, hint);
    return false;
}

static bool is_integer(norni_str field, int64_t *out) {
    const norni_str s = norni_str_trim(field);
    return norni_int_parse(s.p, s.n, out) == NORNI_NUM_OK;
}

norn_status norni_cell_style(norni_str field, norni_str column, const norni_read_opt *opt,
                             norni_time_style *style, norn_err *err) {
    int64_t t;
    bool zoned;
    const norni_epoch epoch = opt->epoch;
    const bool index = opt->align.has_freq && opt->align.freq.unit == NORNI_UNIT_INDEX,
               whole = is_integer(field, &t);
    if (!norni_time_parse(field, &t, style, &zoned)) {
        (void)fail_time(field, column, err);
        return NORN_E_DATA;
    }
    if (whole && (index || epoch != NORNI_EPOCH_NONE)) /* asked for: no calendar in the digits */
        *style = (norni_time_style){.kind = NORNI_TIME_INDEX};
    if (epoch == NORNI_EPOCH_NONE) return NORN_OK;
    if (!whole) {
        return norn_fail(err, NORN_E_DATA,
                         "column %.*s: '%.*s' is not an integer, but --epoch was given",
                         shown_length(column), column.p, shown_length(field), field.p);
    }
    style->kind = epoch == NORNI_EPOCH_S ? NORNI_TIME_EPOCH_S : NORNI_TIME_EPOCH_MS;
    return NORN_OK;
}

static bool index_time(norni_str f, int64_t *out) {
    int64_t value = 0;
    if (f.n == 0 || f.n > 18) return false;
    for (size_t i = 0; i < f.n; i++) {
        const unsigned d = (unsigned)(unsigned char)f.p[i] - '0';
        if (d > 9) return false;
        value = 10 * value + (int64_t)d;
    }
    *out = value;
    return true;
}

/* Eight bytes "YYYY-MM-" at once: digits where digits must be, hyphens where hyphens must be. */
bool norni_cell_month(norni_cell_clock *clock, uint64_t text) {
    char p[8];
    if (clock->style.kind != NORNI_TIME_DATE) return false;
    memcpy(p, &text, 8);
    const uint64_t digits =
        (uint64_t)(unsigned char)(p[0] - '0') | (uint64_t)(unsigned char)(p[1] - '0') << 8 |
        (uint64_t)(unsigned char)(p[2] - '0') << 16 | (uint64_t)(unsigned char)(p[3] - '0') << 24 |
        (uint64_t)(unsigned char)(p[5] - '0') << 32 | (uint64_t)(unsigned char)(p[6] - '0') << 40;
    /* a byte above 9 shows in the high half of itself plus 6 */
    if (((digits | (digits + UINT64_C(0x060606060606))) & UINT64_C(0xF0F0F0F0F0F0)) != 0 ||
        p[4] != '-' || p[7] != '-')
        return false;
    const int32_t year =
                      1000 * (p[0] - '0') + 100 * (p[1] - '0') + 10 * (p[2] - '0') + (p[3] - '0'),
                  month = 10 * (p[5] - '0') + (p[6] - '0');
    if (year < 1 || month < 1 || month > 12) return false;
    memcpy(clock->month, p, 8);
    clock->month_days = norni_days_from_civil(year, month, 1) - 1;
    clock->month_len = norni_days_in_month(year, month);
    return true;
}

bool norni_cell_time(norni_cell_clock *clock, norni_str field, norni_str column, int64_t *out,
                     norn_err *err) {
    norni_time_style style;
    bool zoned;
    if (norni_cell_day(clock, field, out)) return true;
    if (clock->style.kind == NORNI_TIME_INDEX && index_time(field, out)) return true;
    if (!norni_time_parse(field, out, &style, &zoned)) return fail_time(field, column, err);
    norni_time_kind kind = clock->style.kind;
    if (kind == NORNI_TIME_EPOCH_S || kind == NORNI_TIME_EPOCH_MS) {
        const int64_t unit = kind == NORNI_TIME_EPOCH_S ? NORNI_US_SECOND : 1000;
        if (!is_integer(field, out)) return fail_time(field, column, err);
        if (!__builtin_mul_overflow(*out, unit, out) && *out >= NORNI_TIME_MIN &&
            *out <= NORNI_TIME_MAX)
            return true;
        (void)norn_fail(err, NORN_E_DATA, "column %.*s: '%.*s' lies outside the years 1 to 9999",
                        shown_length(column), column.p, shown_length(field), field.p);
        return false;
    }
    if (style.kind == NORNI_TIME_DATE && kind == NORNI_TIME_DATETIME)
        kind = NORNI_TIME_DATE; /* midnight without its clock */
    if ((style.kind != kind && !(kind == NORNI_TIME_DATE && style.kind == NORNI_TIME_DATETIME)) ||
        style.compact != clock->style.compact) {
        (void)norn_fail(err, NORN_E_DATA,
                        "column %.*s: '%.*s' is written in another style than the first time",
                        shown_length(column), column.p, shown_length(field), field.p);
        return false;
    }
    if (style.kind == NORNI_TIME_DATETIME && style.zone != clock->style.zone) {
        (void)norn_fail(err, NORN_E_DATA, "column %.*s: '%.*s' %s a time zone, the first time %s",
                        shown_length(column), column.p, shown_length(field), field.p,
                        style.zone ? "names" : "lacks", style.zone ? "does not" : "does");
        return false;
    }
    return true;
}

bool norni_run_add(norni_run_list *list, norni_arena *arena, norni_str id, size_t first, size_t n) {
    if (list->n == list->cap) {
        const size_t cap = list->cap ? 2 * list->cap : 256;
        norni_run *run = norni_arena_get(arena, cap, sizeof *run);
        norni_str *ids = norni_arena_get(arena, cap, sizeof *ids);
        if (run == NULL || ids == NULL) return false;
        if (list->n > 0) {
            memcpy(run, list->run, list->n * sizeof *run);
            memcpy(ids, list->id, list->n * sizeof *ids);
        }
        list->run = run;
        list->id = ids;
        list->cap = cap;
    }
    list->run[list->n] = (norni_run){(uint32_t)list->n, first, n};
    list->id[list->n++] = id;
    return true;
}

int64_t norni_table_column(const norni_table *t, const char *name) {
    for (size_t k = 0; k < t->cut.n_header; k++) {
        if (norni_str_is(t->cut.header[k], name)) return (int64_t)k;
    }
    return -1;
}

size_t norni_chunk_delimiters(const norni_chunk *chunk) {
    const char d = chunk->syntax.delimiter;
    const norni_csv_syntax as_lines = {d, d, d, false};
    return norni_csv_count_bytes(&as_lines, chunk->p, chunk->n).lines;
}

norn_status norni_fields_init(norni_fields *f, const norni_table *t, const norni_chunk *chunk,
                              norni_arena *arena, norn_err *err) {
    *f = (norni_fields){.t = t, .chunk = chunk, .arena = arena};
    f->marks = norni_arena_get(arena, 1, sizeof *f->marks);
    if (f->marks == NULL) return norni_alloc_fail(err, "input", 1, sizeof *f->marks);
    f->p = f->record = chunk->p;
    f->end = chunk->p + chunk->n;
    f->quoted = chunk->quoting != NORNI_CSV_PLAIN;
    norni_csv_marks_init(f->marks, &chunk->syntax, chunk->quoting, chunk->p, f->end);
    return NORN_OK;
}

/* Where the quote that is still open at the chunk's end stands. */
static const char *open_quote(const norni_fields *f) {
    norni_csv_marks *m = f->marks;
    norni_csv_marks_init(m, &f->chunk->syntax, NORNI_CSV_ODD, f->record, f->end);
    while (norni_csv_mark(m) != m->end) {
    }
    return m->opened ? m->opened : f->record;
}

static norn_status fail_at(const norni_fields *f, const char *at, const char *what, norn_err *err) {
    char place[160];
    norni_chunk_place(&f->t->cut, f->chunk, place);
    return norn_fail(err, NORN_E_FORMAT, "%sline %llu: %s", place,
                     (unsigned long long)norni_chunk_line(f->chunk, at), what);
}

norn_status norni_fields_check(const norni_fields *f, const char *last, norn_err *err) {
    const char *wrong = f->marks->wrong,
               *nul = f->chunk->count.has_nul ? memchr(f->record, 0, (size_t)(last - f->record))
                                              : NULL;
    if (nul != NULL && (wrong == NULL || nul < wrong)) /* what comes first */
        return fail_at(f, nul, "a NUL byte; the file is not text", err);
    if (wrong != NULL && wrong <= last)
        return fail_at(f, wrong, "text stands behind a closing quote", err);
    if (nul != NULL) return fail_at(f, nul, "a NUL byte; the file is not text", err);
    if (last == f->end)
        return fail_at(f, open_quote(f), "a quote opens here and is never closed", err);
    return NORN_OK;
}

norn_status norni_fields_raise(const norni_fields *f, const norn_err *cell, norn_err *err) {
    char place[160];
    norni_chunk_place(&f->t->cut, f->chunk, place);
    return norn_fail(err, cell->code, "%sline %llu, %s", place,
                     (unsigned long long)norni_chunk_line(f->chunk, f->record), cell->text);
}

norn_status norni_fields_lines(const norni_fields *f, norni_chunk_rows *out, norn_err *err) {
    norni_fields g;
    const char *at = NULL;
    out->first_line = f->chunk->first_line;
    out->input = f->chunk->input;
    if (out->n == f->chunk->count.lines) return NORN_OK;
    out->line = norni_arena_get(f->arena, out->n, sizeof *out->line);
    if (out->line == NULL) return norni_alloc_fail(err, "input", out->n, sizeof *out->line);
    NORN_TRY(norni_fields_init(&g, f->t, f->chunk, f->arena, err));
    const char *counted = g.p;
    uint64_t line = f->chunk->first_line;
    for (size_t row = 0; row < out->n && norni_fields_record(&g, &at); row++) {
        /* The records before; a CR before an LF belongs to it. */
        line +=
            norni_csv_count_bytes(&f->chunk->syntax, counted, (size_t)(g.record - counted)).lines;
        counted = g.record;
        out->line[row] = (uint32_t)(line - f->chunk->first_line);
        while (!norni_csv_is_eol(&g.marks->syntax, *at))
            at = norni_csv_mark(g.marks);
        g.p = at + 1;
    }
    return NORN_OK;
}

norni_chunk norni_table_rest(const norni_table *t) {
    norni_chunk rest = t->cut.rest;
    bool open;
    rest.p += t->cut.rest_at;
    rest.n -= t->cut.rest_at;
    rest.quoting = norni_csv_quoting_of(&t->cut.syntax, rest.p, rest.n, &open);
    rest.count = norni_csv_count_bytes(&t->cut.syntax, rest.p, rest.n);
    return rest;
}

norn_status norni_table_style(norni_table *t, size_t column, norn_err *err) {
    const norni_chunk head = norni_table_rest(t);
    norni_fields f;
    norn_err cell = {NORN_OK, ""};
    const char *at = NULL;
    NORN_TRY(norni_fields_init(&f, t, &head, &t->arena, err));
    if (!norni_fields_record(&f, &at))
        return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
    for (size_t k = 0;; k++) {
        if (k == column) {
            const norn_status st = norni_cell_style(norni_field(&f, at), t->cut.header[column],
                                                    &t->opt, &t->style, &cell);
            if (st == NORN_OK) return st;
            while (at != f.end && !norni_csv_is_eol(&f.marks->syntax, *at))
                at = norni_csv_mark(f.marks);
            NORN_TRY(norni_fields_check(&f, at, err));
            return norni_fields_raise(&f, &cell, err);
        }
        if (at == f.end || norni_csv_is_eol(&f.marks->syntax, *at)) return NORN_OK;
        f.p = at + 1;
        at = norni_csv_mark(f.marks);
    }
}
