/* What rolling quantiles and ranks share: the values of a block sorted once, and bitmaps of their places. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_ORDER_SORT_H
#define NORNI_ROLL_ORDER_SORT_H

#include "base/fp.h"
#include "roll/roll.h"

enum { NORNI_ROLL_ORDER_WORD = 64, NORNI_ROLL_ORDER_PIECE = 1 << 15 };
#define NORNI_ROLL_ORDER_NONE UINT32_MAX

/* The values of one stretch in sorted order; equal values stand in the order of their places, -0 is
 * 0. Ranks within a bucket are settled only when asked for. */
typedef struct norni_roll_order {
    double *sorted;    /* (n_valid) */
    uint32_t *rank;    /* (size) of each value; NONE: missing */
    uint32_t *place;   /* (n_valid) the value of each rank */
    uint64_t *bits;    /* (size / 64 + 10) ranks in the window: the caller's, empty at first */
    uint64_t *settled; /* (size / 64 + 2) ranks that are final */
    uint64_t *starts;  /* (size / 64 + 2) ranks where buckets begin, and n_valid */
    size_t n_valid, n_buckets, n_settled;
    size_t size;     /* most values of a stretch */
    uint32_t *count; /* (n_buckets) where buckets end */
    bool plain;      /* set behind init: no SIMD, for the tests */
    bool dense;      /* nothing is missing */
    /* Set behind init: asked every PIECE steps. Once cancelled, all functions return at once, and what they
     * leave can be slid over (ranks lie inside, bits are theirs) though it is no answer. */
    const norni_poll *poll;
    bool cancelled;
    size_t work; /* steps since the last poll */
    uint32_t *bucket, *index;
    double *value; /* (size) scratch */
} norni_roll_order;

/* Ranks of one bucket, [begin, end). */
typedef struct norni_roll_bucket {
    size_t begin, end;
} norni_roll_bucket;

/* Memory for stretches of up to size values (at most 2^29). */
norn_status norni_roll_order_init(norni_roll_order *o, size_t size, norni_arena *arena,
                                  norn_err *err);
/* Puts x[0 .. n) into buckets, none of them settled; false: cancelled. */
bool norni_roll_order_begin(norni_roll_order *o, const double *x, size_t n);
/* The bucket of a rank. */
norni_roll_bucket norni_roll_order_bucket(const norni_roll_order *o, size_t rank);
/* Sorts a bucket: its sorted values, ranks, and bits. */
void norni_roll_order_settle(norni_roll_order *o, norni_roll_bucket b);
/* Begins and settles all; false: cancelled. */
bool norni_roll_order_rank(norni_roll_order *o, const double *x, size_t n);

/* Counts work; true: cancelled. */
bool norni_roll_order_spend(norni_roll_order *o, size_t work);
/* The next piece [*begin, *end) of [0, n), *end 0 at first; false: behind the last one, or cancelled. */
static inline bool norni_roll_order_piece(norni_roll_order *o, size_t *begin, size_t *end,
                                          size_t n) {
    if (norni_roll_order_spend(o, *end - *begin) || *end >= n) return false;
    *begin = *end;
    *end = n - *begin < NORNI_ROLL_ORDER_PIECE ? n : *begin + NORNI_ROLL_ORDER_PIECE;
    return true;
}

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
