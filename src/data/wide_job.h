/* A table on its way from raw rows to columns: what the steps of norni_wide_make share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WIDE_JOB_H
#define NORNI_WIDE_JOB_H

#include "data/wide.h"
#include "par/pool.h"

typedef struct norni_wide_job {
    norn_ctx *ctx;
    norni_worker *worker;
    const norni_wide_raw *raw;
    const norni_wide_opt *opt;
    norni_arena *arena;  /* of the result */
    norni_arena scratch; /* dies with the job */
    norni_wide *out;
    norni_wide_report *report;
    norni_role *role;  /* (n_columns) as told by the names */
    size_t n_raw_rows; /* of all parts */
    size_t *base;      /* (n_parts) a part's first row in `to` */
    uint32_t *to;      /* (n_raw_rows) row of the table, or NORNI_WIDE_NOWHERE */
    size_t n_grid;     /* rows, before those at the end that only KNOWN columns have are cut */
    size_t n_train;    /* rows that statistics may see */
    double **v;        /* (n_columns) of (n_grid), or (n_grid + n_ahead) of KNOWN; NULL: not read */
    size_t *last;      /* (n_columns) behind the last row with a cell */
    size_t *n_filled, *n_clipped; /* (n_columns) */
    norni_str *note;
    size_t cap_notes;
} norni_wide_job;
#define NORNI_WIDE_NOWHERE UINT32_MAX

/* Adds a line to the report; cut at 250 bytes. */
NORN_CHECKED norn_status norni_wide_note(norni_wide_job *job, norn_err *err, const char *fmt, ...)
    NORN_PRINTF(3, 4);
uint64_t norni_wide_line(const norni_wide_part *p, size_t row);

/* wide_times.c: grid, times, and where each row goes. */
NORN_CHECKED norn_status norni_wide_place(norni_wide_job *job, norn_err *err);
/* wide_columns.c: the cells of each column on its rows, words as codes; then n_rows is known. */
NORN_CHECKED norn_status norni_wide_scatter(norni_wide_job *job, norn_err *err);
/* wide_clean.c: dropped, clipped, filled. */
NORN_CHECKED norn_status norni_wide_clean(norni_wide_job *job, norn_err *err);

#endif
