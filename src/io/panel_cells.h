/* Cells of a table as numbers and times: what the three layouts share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_CELLS_H
#define NORNI_PANEL_CELLS_H

#include "io/csv_scan.h"
#include "io/panel_read.h"

/* Where a chunk's parse went wrong: the first bad record and the words, line and column still to
 * come. */
typedef struct norni_cell_fail {
    bool failed;
    size_t record; /* within the chunk */
    norn_err err;
} norni_cell_fail;

/* A number, or NaN for a missing token (empty, NA, N/A, NaN, nan, null, NULL, None). false:
 * neither; err says why, as "column y: 'abc' is not a number …". */
bool norni_cell_value(norni_str field, norni_str column, double *out, norn_err *err);

/* The style of the file's times, from its first record; NORN_E_DATA without a line. */
NORN_CHECKED norn_status norni_cell_style(norni_str field, norni_str column, norni_epoch epoch,
                                          norni_time_style *style, norn_err *err);

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

/* Lifts a chunk's failure into the call's: "line 7, column y: …". */
norn_status norni_cell_raise(const norni_csv *csv, size_t chunk, const norni_cell_fail *fail,
                             norn_err *err);

/* Adds a run to a growing list; false when memory is out. */
typedef struct norni_run_list {
    const norn_alloc *alloc;
    norni_run *run;
    norni_str *id;
    size_t n, cap;
} norni_run_list;
bool norni_run_add(norni_run_list *list, norni_str id, size_t first, size_t n);
void norni_run_clear(norni_run_list *list);

/* What a layout makes: rows for alignment, all in the arena but y's and times' big arrays, which
 * lie in the panel's arena. */
typedef struct norni_table {
    norni_csv csv;
    const norni_read_opt *opt;
    norni_arena arena; /* scratch that dies with the read */
    norni_arena *keep; /* the panel's */
    norni_time_style style;
    norni_rows rows;
    size_t *row_base; /* (n_chunks + 1) first row of each chunk */
    norni_str id_name, time_name, target_name;
    bool has_id;
} norni_table;

NORN_CHECKED norn_status norni_table_long(norni_table *t, norn_err *err);
NORN_CHECKED norn_status norni_table_wide(norni_table *t, norn_err *err);
NORN_CHECKED norn_status norni_table_rows(norni_table *t, norn_err *err);

/* Line of a row of the long or wide layout; arg is the table. */
uint64_t norni_table_line(const void *arg, size_t row);
/* Column by name; -1 when absent. */
int64_t norni_table_column(const norni_table *t, const char *name);

#endif
