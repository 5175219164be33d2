/* Tweets of nearly the same text, found by fingerprints. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_NEAR_H
#define NORNI_SIGNALS_NEAR_H

#include "base/hash.h"
#include "par/pool.h"
#include "signals/signals_tweets.h"

enum { NORNI_NEAR_MOST_BITS = 7 };

typedef struct norni_near_print {
    norni_hash128 exact; /* of the normalised text */
    uint64_t sim;        /* SimHash over threes of words */
    bool blank;          /* no word is left: a twin of nothing */
} norni_near_print;

/* The words of the text in lower case (letters, marks, numbers, emoji), a blank between; without links, @names and the "RT"
 * before one. `out` is emptied first. */
void norni_near_text(norni_str text, norni_buf *low, norni_buf *out);
norni_near_print norni_near_print_of(norni_str normalised);

/* Sets each tweet's `twin`: the earliest tweet with the same normalised text, else the earliest of those that have no twin
 * themselves whose SimHash differs in at most `bits` bits (0: the first alone). Earlier is earlier in time, whatever the order
 * in the file; ties by that order, tweets without a time behind all others: later tweets change no earlier one's twin. Of one
 * band's bucket the first 64 are looked at, so that time is linear whatever the texts are. */
NORN_CHECKED norn_status norni_near_find(norn_ctx *ctx, norni_tweets *t, size_t bits,
                                         norn_err *err);

#endif
