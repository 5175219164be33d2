/* Columns of a table that know a target's future: the same values some rows ahead, or the same moves. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEAK_FIND_H
#define NORNI_LEAK_FIND_H

#include "data/wide.h"
#include "par/pool.h"

typedef struct norni_leak_pair {
    size_t column, target; /* of the table */
    int64_t lead;          /* x_t tells y_{t+lead}; of a column known ahead it may be 0 or less */
    bool exact;    /* the target itself, maybe in another unit: to be refused; else a warning */
    size_t n_rows; /* compared: x has just changed and y is observed; of moves: both are known */
    double share;  /* of them with equal values; NaN of moves */
    double r;      /* correlation of the changes; NaN of equal values */
    double past;   /* the same number at its best with what is known by then */
} norni_leak_pair;

/* All columns against every target, leads 1 to horizon + lag, the most rows that
 * features look back. At most one leak of each pair, in the order of the
 * columns; all in `arena`. Exact: equal in 98 % of the rows or more, of 8 or more, and not so with any row
 * known by then; or every change is the target's times a number. Else: |r| of the changes of 0.999 or
 * more, and at most 0.9 with rows known by then. `worker` as in norni_for. */
NORN_CHECKED norn_status norni_leak_find(norn_ctx *ctx, norni_worker *worker,
                                         const norni_wide *wide, size_t horizon, size_t lag,
                                         norni_arena *arena, const norni_leak_pair **out, size_t *n,
                                         norn_err *err);
/* "column X is target Y, 3 rows ahead (equal in 418 of 420 rows)"; returns its length. */
size_t norni_leak_text(const norni_wide *wide, const norni_leak_pair *leak, char *out, size_t size);

#endif
