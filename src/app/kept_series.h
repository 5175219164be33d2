/* What is kept of one series: where it ended, and the model of each column, as a record and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_KEPT_SERIES_H
#define NORNI_KEPT_SERIES_H

#include "base/arena.h"
#include "data/freq.h"

/* What is kept of one item. */
typedef struct norni_kept_item {
    norn_status status;
    bool fallback;     /* the fallback's model served */
    norni_str model;   /* what its `save` wrote; empty when the item failed */
    norni_str message; /* the first failure, or empty */
} norni_kept_item;

/* An irregular series goes on by the median of its last steps: as many times are kept. */
enum { NORNI_KEPT_TIMES = 32 };

typedef struct norni_kept_series {
    norni_freq freq;
    int64_t n; /* observations that the models have seen */
    size_t n_times;
    int64_t times[NORNI_KEPT_TIMES]; /* the last one is the end; others of irregular series alone */
    size_t n_items;
    norni_kept_item *item; /* (n_items) */
} norni_kept_series;

static inline int64_t norni_kept_end(const norni_kept_series *k) {
    return k->times[k->n_times - 1];
}

void norni_kept_pack(const norni_kept_series *k, norni_buf *out);
/* The record's n_items items, borrowed from it; NORN_E_FORMAT for anything else. */
NORN_CHECKED norn_status norni_kept_unpack(norni_str record, size_t n_items, norni_arena *arena,
                                           norni_kept_series *out, norn_err *err);

#endif
