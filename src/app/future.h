/* Exogenous values over the horizon, from a file of their own. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FUTURE_H
#define NORNI_FUTURE_H

#include "base/map.h"
#include "io/panel_read.h"

/* The file in memory: every column beside id, time and the data's target is exogenous. Without an id column its rows
 * hold for every series. */
typedef struct norni_future {
    norni_panel panel; /* first column as y, the others as x */
    norni_map ids;
    size_t n_x;
    norni_str *names; /* (n_x), in the file's order */
    size_t *col;      /* (n_x) 0: y, else x's column + 1 */
} norni_future;

/* `like` says how the data are read: names of id and time, delimiter, frequency, epoch. */
NORN_CHECKED norn_status norni_future_read(norn_ctx *ctx, const char *path,
                                           const norni_read_opt *like, norni_future *out,
                                           norn_err *err);
/* Ids and columns of f->panel, which is filled; `target` is no exogenous column. After an error f is
 * empty. */
NORN_CHECKED norn_status norni_future_index(norn_ctx *ctx, norni_str target, norni_future *f,
                                            norn_err *err);
void norni_future_clear(norni_future *f); /* an empty one too */

/* x (n_x): the columns' values at the `horizon` periods behind the end of series i of `p`, borrowed.
 * NORN_E_DATA: the series, a period or a value is missing. */
NORN_CHECKED norn_status norni_future_of(const norni_future *f, const norni_panel *p, size_t i,
                                         size_t horizon, const double **x, norn_err *err);

#endif
