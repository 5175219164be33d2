/* What rolling quantiles and ranks share: the values of a block sorted once, and bitmaps of their places. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_ORDER_H
#define NORNI_ROLL_ORDER_H

#include "base/fp.h"
#include "roll/roll.h"

enum { NORNI_ROLL_ORDER_WORD = 64 };
#define NORNI_ROLL_ORDER_NONE UINT32_MAX

/* The values of one stretch, sorted; equal values stand in the order of their places, -0 is 0. */
typedef struct norni_roll_order {
    double *sorted; /* (n_valid) */
    uint32_t *rank; /* (size) of each value; NONE: missing */
    uint64_t *bits; /* (size / 64 + 2) for the caller, zeroed by the ranking */
    size_t n_valid;
    size_t size;      /* most values of a stretch */
    uint32_t *bucket; /* scratch: (size) */
    uint32_t *index;  /* (2 size) */
    double *value;    /* (2 size) */
    uint32_t *count;  /* (buckets of size + 1) */
} norni_roll_order;

/* Memory for stretches of up to size values (at most 2^29). */
norn_status norni_roll_order_init(norni_roll_order *o, size_t size, norni_arena *arena,
                                  norn_err *err);
/* Ranks x[0 .. n). */
void norni_roll_order_rank(norni_roll_order *o, const double *x, size_t n);

/* A run of windows whose values are sorted together. */
typedef struct norni_roll_stretch {
    size_t first, last; /* windows first .. last-1 */
    size_t from, to;    /* their values */
} norni_roll_stretch;

/* The stretch that begins at window `first`: at most about four times its longest window, so that
 * values sorted twice are few, and never short. */
norni_roll_stretch norni_roll_order_stretch(const norni_roll_windows *w, size_t first);
/* The longest of all stretches; fails where it is too long. */
norn_status norni_roll_order_longest(const norni_roll_windows *w, size_t *size, norn_err *err);

#endif
