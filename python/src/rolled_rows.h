/* Rolling operations over rows in any order: sorted by series and time on the way in, back into their order on the way out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_ROLLED_ROWS_H
#define NORNPY_ROLLED_ROWS_H

#include <norn/rolling.h>

/* Rows of a table; everything is borrowed. */
typedef struct nornpy_roll_rows {
    size_t n;                     /* rows */
    size_t n_columns, n_rolled;   /* the first n_rolled columns are rolled, the rest serve pairs */
    const double *const *columns; /* (n_columns) of (n) */
    const char *const *names;     /* (n_columns) */
    const char *const *ops;       /* (n_ops) */
    size_t n_ops;
    const int64_t *ids;   /* (n) equal ones are one series; NULL: all rows are */
    const int64_t *times; /* (n) along which windows run, in the unit of opt.span; NULL: as the rows
                           * stand */
    norn_rolling_opt opt;
} nornpy_roll_rows;

/* out (n_rolled * n_ops) of (n): operation k on column c is out[c * n_ops + k], in the rows' order. Rows of
 * one time keep their order. Errors: norn_rolling_columns'; NORN_E_LIMIT: 2^32 rows out of order. */
NORN_CHECKED norn_status nornpy_roll_rows_run(norn_ctx *ctx, const nornpy_roll_rows *rows,
                                              double *const *out, norn_err *err);

#endif
