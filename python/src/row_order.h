/* The order of rows by series and time, and where each series begins. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_ROW_ORDER_H
#define NORNPY_ROW_ORDER_H

#include "base/arena.h"
#include "base/ctx.h"

typedef struct nornpy_row_order {
    const uint32_t *row;   /* (n) which row stands at each place; NULL: they stand in order */
    const size_t *offsets; /* (n_groups + 1); NULL: one group */
    size_t n_groups;
} nornpy_row_order;

/* Stable, by ids (NULL: one series), in each by times (NULL: as they stand); memory from `arena`.
 * Errors: NORN_E_MEM, NORN_E_CANCEL, NORN_E_LIMIT. */
NORN_CHECKED norn_status nornpy_row_order_find(norn_ctx *ctx, const int64_t *ids,
                                               const int64_t *times, size_t n, norni_arena *arena,
                                               nornpy_row_order *out, norn_err *err);

#endif
