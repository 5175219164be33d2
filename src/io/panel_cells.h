/* Cells of a table as numbers and times, records as fields: what the three layouts share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_CELLS_H
#define NORNI_PANEL_CELLS_H

#include "io/csv_cut.h"
#include "io/csv_head.h"
#include "io/panel_read.h"

typedef struct norni_table norni_table;

/* A number, or NaN for a missing token (empty, NA, N/A, NaN, nan, null, NULL, None). false:
 * neither; err says why, as "column y: 'abc' is not a number …". */
bool norni_cell_value(norni_str field, norni_str column, double *out, norn_err *err);

/* The style of the file's times, from its first record; NORN_E_DATA without a line. */
NORN_CHECKED norn_status norni_cell_style(norni_str field, norni_str column,
                                          const norni_read_opt *opt, norni_time_style *style,
                                          norn_err *err);

/* A reader of times of one style; keeps the last month, since neighbours share it. */
typedef struct norni_cell_clock {
    norni_time_style style;
    norni_epoch epoch;
    char month[8];      /* "2020-05-" of the last date */
    int64_t month_days; /* days of that month's day 0 */
    int32_t month_len;
} norni_cell_clock;
bool norni_cell_time(norni_cell_clock *clock, norni_str field, norni_str column, int64_t *out,
                     norn_err *err);
/* "2020-05-17", ten bytes; the month is kept, since neighbours often share it. false: ask the other. */
bool norni_cell_month(norni_cell_clock *clock, uint64_t text);
static inline bool norni_cell_day(norni_cell_clock *clock, norni_str f, int64_t *out) {
    uint64_t month, seen;
    if (f.n != 10) return false;
    memcpy(&month, f.p, 8);
    memcpy(&seen, clock->month, 8);
    if (month != seen && !norni_cell_month(clock, month)) return false;
    const unsigned a = (unsigned)(unsigned char)f.p[8] - '0',
                   b = (unsigned)(unsigned char)f.p[9] - '0';
    const int32_t day = (int32_t)(10 * a + b);
    if (a > 9 || b > 9 || day < 1 || day > clock->month_len) return false;
    *out = (clock->month_days + day) * NORNI_US_DAY;
    return true;
}

/* The same number by eight bytes at once, for the common short decimal; false: ask the other.
 * NORNI_TEXT_PAD bytes behind p are readable. */
static inline bool norni_cell_short(const char *p, size_t n, double *out) {
    static const double tenth[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};
    const bool negative = *p == '-';
    uint64_t w, dot;
    p += negative;
    n -= negative;
    if (n - 1 >= 8) return false;
    memcpy(&w, p, 8);
    /* The last byte to the top, zeros in front. */
    w <<= 64 - 8 * n;
    if (n < 8) w |= UINT64_C(0x3030303030303030) >> (8 * n);
    const uint64_t x = w ^ UINT64_C(0x2E2E2E2E2E2E2E2E);
    dot = (x - UINT64_C(0x0101010101010101)) & ~x & UINT64_C(0x8080808080808080);
    unsigned behind = 0;
    if (dot != 0) { /* the bytes before the point move up over it */
        const unsigned at = (unsigned)__builtin_ctzll(dot) & ~7u;
        if (n == 1) return false;
        const uint64_t low = w & ((UINT64_C(1) << at) - 1),
                       high = at == 56 ? 0 : w >> (at + 8) << (at + 8);
        w = high | low << 8 | 0x30;
        behind = 7 - at / 8;
    }
    if (((w + UINT64_C(0x0606060606060606)) | w) & UINT64_C(0xC0C0C0C0C0C0C0C0)) return false;
    if (((w & UINT64_C(0xF0F0F0F0F0F0F0F0)) ^ UINT64_C(0x3030303030303030)) |
        (((w + UINT64_C(0x0606060606060606)) & UINT64_C(0xF0F0F0F0F0F0F0F0)) ^
         UINT64_C(0x3030303030303030)))
        return false;
    w -= UINT64_C(0x3030303030303030);
    w = w * 10 + (w >> 8);
    w = ((w & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064) +
         ((w >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001)) >>
        32;
    /* The sign goes in front of the division, so that nothing waits for its end; -0 is 0. */
    const int64_t digits = (int64_t)(uint32_t)w;
    *out = (double)(negative ? -digits : digits) / tenth[behind];
    return true;
}

/* Room for rows that grows within an arena. */
typedef struct norni_run_list {
    norni_run *run;
    norni_str *id; /* of each run */
    size_t n, cap;
} norni_run_list;
bool norni_run_add(norni_run_list *list, norni_arena *arena, norni_str id, size_t first, size_t n);

/* What the header says; read only while chunks are parsed. */
struct norni_table {
    norni_cutter cut;
    norni_read_opt opt;
    norni_arena arena;
    norni_time_style style;
    int32_t *role; /* LONG: (n_header) */
    size_t n_x;
    norni_str *x_names; /* (n_x) */
    norni_str id_name, time_name, target_name;
    bool has_id;
    norni_reader_sample sample;
};

/* Rows of one chunk, in file order, all in one arena but ids, which may lie in the chunk's text. */
typedef struct norni_chunk_rows {
    size_t n;
    norni_run_list runs; /* LONG, ROWS; run.id is the run's number */
    int64_t *time;       /* (n), LONG and WIDE */
    double *y;           /* (n); WIDE: (n, n_header - 1) */
    double **x;          /* (n_x) of (n) */
    uint64_t first_line;
    uint32_t *line; /* (n) line of each row behind first_line, or NULL: 0, 1, 2 … */
    size_t input;
} norni_chunk_rows;

static inline uint64_t norni_row_line(const norni_chunk_rows *rows, size_t row) {
    return rows->first_line + (rows->line ? rows->line[row] : row);
}

/* Header and first time of each layout; then the rows of a chunk. Errors carry "line 7, column y: …".
 */
NORN_CHECKED norn_status norni_table_open_long(norni_table *t, norn_err *err);
NORN_CHECKED norn_status norni_table_open_rows(norni_table *t, norn_err *err);
NORN_CHECKED norn_status norni_table_open_wide(norni_table *t, norn_err *err);
NORN_CHECKED norn_status norni_parse_long(const norni_table *t, const norni_chunk *chunk,
                                          norni_arena *arena, norni_chunk_rows *out, norn_err *err);
NORN_CHECKED norn_status norni_parse_rows(const norni_table *t, const norni_chunk *chunk,
                                          norni_arena *arena, norni_chunk_rows *out, norn_err *err);
NORN_CHECKED norn_status norni_parse_wide(const norni_table *t, const norni_chunk *chunk,
                                          norni_arena *arena, norni_chunk_rows *out, norn_err *err);

/* A walk over a chunk's records and fields. */
typedef struct norni_fields {
    const norni_table *t;
    const norni_chunk *chunk;
    norni_arena *arena;
    norni_csv_marks *marks;
    const char *p, *end, *record; /* next field; the text's end; the record's beginning */
    bool quoted;
} norni_fields;

NORN_CHECKED norn_status norni_fields_init(norni_fields *f, const norni_table *t,
                                           const norni_chunk *chunk, norni_arena *arena,
                                           norn_err *err);
/* Steps to the next record that is not blank; false: the chunk is over. *at: its first mark. */
static inline bool norni_fields_record(norni_fields *f, const char **at) {
    for (;;) {
        const char *mark = norni_csv_mark(f->marks);
        f->record = f->p;
        if (f->p >= f->end) return false;
        *at = mark;
        if (mark != f->p || mark == f->end || !norni_csv_is_eol(&f->marks->syntax, *mark))
            return true;
        f->p++;
    }
}
static inline norni_str norni_field(const norni_fields *f, const char *at) {
    if (f->quoted && *f->p == '"') return norni_csv_unquote(f->arena, f->p, at);
    return (norni_str){f->p, (size_t)(at - f->p)};
}
/* What a record may hide: an unclosed quote, text behind a closing one, a NUL. Call it with the
 * record's last mark; false: *err says what. */
static inline bool norni_fields_odd(const norni_fields *f, const char *last) {
    return last == f->end || f->marks->wrong != NULL || f->chunk->count.has_nul;
}
NORN_CHECKED norn_status norni_fields_check(const norni_fields *f, const char *last, norn_err *err);
/* Lifts a cell's failure into the call's, with place and line. */
norn_status norni_fields_raise(const norni_fields *f, const norn_err *cell, norn_err *err);
/* Fills out->line where rows and lines do not run in step. */
NORN_CHECKED norn_status norni_fields_lines(const norni_fields *f, norni_chunk_rows *out,
                                            norn_err *err);

/* How many delimiters the chunk has, those in quotes included. */
size_t norni_chunk_delimiters(const norni_chunk *chunk);
/* Column by name; -1 when absent. */
int64_t norni_table_column(const norni_table *t, const char *name);
/* What was read behind the header and not parsed yet, borrowed, as a chunk. */
norni_chunk norni_table_rest(const norni_table *t);
/* The chunk at the head of the input with a first time in column `column`, for its style. */
NORN_CHECKED norn_status norni_table_style(norni_table *t, size_t column, norn_err *err);

#endif
