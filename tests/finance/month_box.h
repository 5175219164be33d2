/* A book made of months by hand, for tests of what is found in them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MONTH_BOX_H
#define MONTH_BOX_H

#include <stdlib.h>
#include <string.h>

#include "../base/one_arena.h"
#include "base/ctx.h"
#include "finance/finance_findings.h"

enum { MONTH_MOST = 120 };

typedef struct month_box {
    norni_fin_book book;
    double value[NORNI_FIN_METRICS][MONTH_MOST];
    size_t rows[MONTH_MOST];
} month_box;

/* n months from January 2020 with 100 rows each, and no metric. */
static inline month_box *month_box_new(size_t n) {
    month_box *box = norni_arena_zero(&arena, 1, sizeof *box);
    assert_true(box && n <= MONTH_MOST);
    box->book.all.n = n;
    box->book.all.first = 2020 * 12;
    box->book.all.rows = box->rows;
    for (size_t i = 0; i < n; i++)
        box->rows[i] = 100;
    return box;
}

static inline double *month_metric(month_box *box, int metric) {
    box->book.all.value[metric] = box->value[metric];
    return box->value[metric];
}

static inline norn_ctx *month_ctx(void) {
    norn_ctx *ctx = NULL;
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    return ctx;
}

#endif
