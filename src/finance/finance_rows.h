/* The rows of all files put together, on the way to a report's table; inside finance only. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_ROWS_H
#define NORNI_FINANCE_ROWS_H

#include "finance/finance_cells.h"
#include "finance/finance_dates.h"
#include "finance/finance_headers.h"
#include "finance/finance_read.h"

enum {
    NORNI_FIN_MOST_COLUMNS = 4096,
    NORNI_FIN_MOST_CELL = 1 << 20, /* bytes */
    NORNI_FIN_MOST_STAND_IN =
        64,               /* groups of a column that only stands in for a region or department */
    NORNI_FIN_QUOTED = 40 /* bytes of a cell that a message quotes */
};

typedef struct norni_fin_file {
    const char *name;
    const norni_grid_row *row; /* (n) beneath the header */
    size_t n;
    norni_str *header;      /* (n_columns) as they stand */
    const uint32_t *column; /* (n_columns) where each column of the table stands in this file */
    uint64_t header_line;
} norni_fin_file;

typedef struct norni_fin_line {
    const norni_grid_row *row;
    uint32_t file;
} norni_fin_line;

/* What became of a column. */
typedef struct norni_fin_column {
    norni_str name; /* the header; made different where two are alike */
    unsigned role;  /* what its header says */
    norni_fin_rank rank;
    const char *key; /* NULL: kept under its own name */
    const char *why; /* NULL: not settled yet */
} norni_fin_column;

typedef struct norni_fin_rows {
    norn_ctx *ctx;
    norni_arena *arena;
    norni_fin_dates dates;
    norni_fin_file *file; /* (n_files) in an order of their own contents */
    size_t n_files;
    norni_fin_column *column; /* (n_columns) */
    size_t n_columns;
    norni_fin_line *line; /* (n) */
    size_t n, rows_read, n_undated;
    norni_str *note;
    size_t n_notes, cap_notes;
    norni_fin_marks marks; /* of all columns that are numbers by their headers, once asked for */
    bool marks_known;
} norni_fin_rows;

static inline norni_str norni_fin_rows_cell(const norni_fin_rows *r, size_t i, size_t c) {
    const norni_fin_line *const l = &r->line[i];
    return norni_grid_cell(l->row, r->file[l->file].column[c]);
}
static inline norni_str norni_fin_quoted(norni_str s) {
    if (s.n <= NORNI_FIN_QUOTED) return s;
    size_t n = NORNI_FIN_QUOTED;
    while (n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80) /* never half a letter */
        n--;
    return (norni_str){s.p, n};
}

/* Notes name no file: an answer may be kept and given to another whose file holds the same bytes. */
static inline const char *norni_fin_of_a_file(const norni_fin_rows *r) {
    return r->n_files > 1 ? " of a file" : "";
}

/* finance_merge.c: header rows found, files in order, the same columns in all, rows that two files share
 * once. */
NORN_CHECKED norn_status norni_fin_rows_gather(norni_fin_rows *r, const norni_fin_source *source,
                                               size_t n, norni_str map, norn_err *err);
NORN_CHECKED norn_status norni_fin_rows_note(norni_fin_rows *r, norn_err *err, const char *fmt, ...)
    NORN_PRINTF(3, 4);
/* A text of the arena; NULL: no memory. */
const char *norni_fin_rows_text(norni_fin_rows *r, const char *fmt, ...) NORN_PRINTF(2, 3);

/* finance_byhand.c: "Header=key,…" of options. *key: a norni_fin_key, or NORNI_FIN_ROLE_NONE for "none". */
bool norni_fin_map_next(norni_str map, size_t *at, norni_str *header, norni_str *key);
NORN_CHECKED norn_status norni_fin_map_key(norni_str key, unsigned *role, norn_err *err);
bool norni_fin_same_header(norni_str a, norni_str b); /* case and blanks around aside */
NORN_CHECKED norn_status norni_fin_rows_roles(norni_fin_rows *r, norni_str map, norn_err *err);

/* finance_times.c: finds the date's column, reads it, leaves out rows without one, sorts. *time is (r->n). */
NORN_CHECKED norn_status norni_fin_rows_times(norni_fin_rows *r, int64_t **time, norn_err *err);

/* finance_spread.c: rows with a time, ascending, of one time by their cells; a few that stand years away from
 * all others are left out, with a note. c: the date's column. */
NORN_CHECKED norn_status norni_fin_rows_sort(norni_fin_rows *r, size_t c, int64_t *time,
                                             norn_err *err);
/* *apart as of norni_fin_table; notes of books that are not monthly and of months without rows. */
NORN_CHECKED norn_status norni_fin_rows_spacing(norni_fin_rows *r, const int64_t *time,
                                                unsigned *apart, norn_err *err);

/* NORN_E_DATA where a header is a number or a date: there is no header row. Asked before words of other
 * kinds are found. */
NORN_CHECKED norn_status norni_fin_rows_headed(const norni_fin_rows *r, norn_err *err);

/* Why a column is what it is. */
const char *norni_fin_rank_text(norni_fin_rank rank);

/* finance_day_first.c: day_first (n_files) of the dates (n) of column c; NORN_E_DATA where nothing tells. */
NORN_CHECKED norn_status norni_fin_rows_orders(norni_fin_rows *r, size_t c,
                                               const norni_fin_date *date, bool *day_first,
                                               norn_err *err);
/* NORN_E_DATA: two-digit years seem to stand first. */
NORN_CHECKED norn_status norni_fin_rows_short_years(const norni_fin_rows *r, size_t c,
                                                    const norni_fin_date *date, const int64_t *time,
                                                    norn_err *err);

/* finance_columns.c: keys' columns. */
NORN_CHECKED norn_status norni_fin_rows_keys(norni_fin_rows *r, norni_fin_table *t,
                                             norni_str *original[NORNI_FIN_NUMBERS], norn_err *err);
/* Cells of column c (n) in the rows' order; NULL: no memory. */
norni_str *norni_fin_rows_column(norni_fin_rows *r, size_t c);
/* Numbers of cells (r->n); *n_numbers, *n_other count. `cell` as of norni_fin_rows_column. */
typedef struct norni_fin_numbers {
    double *x;
    size_t n_numbers, n_other, first_other;
    char decimal;
    bool unsure;
} norni_fin_numbers;
NORN_CHECKED norn_status norni_fin_rows_numbers(norni_fin_rows *r, const norni_str *cell,
                                                norni_fin_numbers *out, norn_err *err);
/* A note where the cells of column c did not tell the decimal mark. */
NORN_CHECKED norn_status norni_fin_rows_tell_marks(norni_fin_rows *r, size_t c,
                                                   const norni_fin_numbers *x, norn_err *err);
/* finance_ledger.c: revenue and expenses of an amount and a type. */
NORN_CHECKED norn_status norni_fin_rows_ledger(norni_fin_rows *r, norni_fin_table *t,
                                               norni_str *original[NORNI_FIN_NUMBERS],
                                               norn_err *err);
/* finance_groups.c: regions and departments, columns that are none of the keys. */
NORN_CHECKED norn_status norni_fin_rows_groups(norni_fin_rows *r, norni_fin_table *t,
                                               norn_err *err);
NORN_CHECKED norn_status norni_fin_rows_extras(norni_fin_rows *r, norni_fin_table *t,
                                               norn_err *err);
/* finance_gaps.c: signs turned, gaps filled, profit or expenses derived. */
NORN_CHECKED norn_status norni_fin_rows_fill(norni_fin_rows *r, norni_fin_table *t,
                                             norni_str *const original[NORNI_FIN_NUMBERS],
                                             norn_err *err);

#endif
