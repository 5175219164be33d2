/* The head of a table of many columns: which row holds the names, which column the time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WIDE_HEAD_H
#define NORNI_WIDE_HEAD_H

#include "data/wide.h"
#include "io/panel_cells.h"

typedef struct norni_wide_head {
    size_t n;           /* columns, the time's among them */
    norni_str *name;    /* (n) unique; in the table's arena */
    bool *named;        /* (n) false: the header's cell is empty */
    size_t time;        /* number of the time column */
    uint64_t data_line; /* of the first row of data: what stands above it is none */
    size_t n_above;     /* rows above it, the header left out */
} norni_wide_head;

/* Opens t->cut (keep_head, one input) and finds names, time column and t->style. Rows above the first
 * one with a time are the header's: the one with the most different names is it. NORN_E_DATA: there is
 * no time in the first rows. */
NORN_CHECKED norn_status norni_wide_head_read(norni_table *t, const norni_wide_opt *opt,
                                              norni_wide_head *out, norn_err *err);

#endif
