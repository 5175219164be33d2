/* Columns that explain nearly all of what a target's own past leaves: perhaps they are not known by then. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEAK_HINT_H
#define NORNI_LEAK_HINT_H

#include "data/wide.h"
#include "par/pool.h"

typedef struct norni_leak_hint {
    size_t column, other,
        target; /* of the table; other: of a pair that does it together, else SIZE_MAX */
    size_t step;
    double share; /* of what the past leaves of y_{t+step}, in (0, 1] */
} norni_leak_hint;
typedef struct norni_leak_hint_opt {
    size_t n_rows;       /* training rows: none behind them is looked at */
    size_t horizon, lag; /* lag: rows that features look back */
    size_t season;       /* of the frequency; 0 or 1: none */
} norni_leak_hint_opt;

/* Drivers, statics and other targets against every target. A real driver with a delay may do the same: this
 * is to be asked, never refused. At most one hint for a column and target; all in `arena`. */
NORN_CHECKED norn_status norni_leak_hint_find(norn_ctx *ctx, norni_worker *worker,
                                              const norni_wide *wide,
                                              const norni_leak_hint_opt *opt, norni_arena *arena,
                                              const norni_leak_hint **out, size_t *n,
                                              norn_err *err);
/* "column X explains 97 % of what Y's own past leaves 3 rows ahead: is it known by then?" */
size_t norni_leak_hint_text(const norni_wide *wide, const norni_leak_hint *hint, char *out,
                            size_t size);

#endif
