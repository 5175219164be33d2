/* Tweets in memory: the table's life, and the names of what was refused or found wrong. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_tweets.h"

void norni_tweets_init(norni_tweets *t, const norn_alloc *alloc) {
    *t = (norni_tweets){.alloc = alloc};
    norni_arena_init(&t->arena, alloc);
}

void norni_tweets_clear(norni_tweets *t) {
    if (t->alloc == NULL) return;
    norni_alloc_drop(t->alloc, t->tweet, t->cap, sizeof *t->tweet);
    norni_arena_clear(&t->arena);
    *t = (norni_tweets){0};
}

const char *norni_tweet_refusal_name(norni_tweet_refusal r) {
    static const char *const name[NORNI_N_REFUSALS] = {
        "syntax", "too_long", "no_text", "duplicate_id", "near_duplicate", "already_stored"};
    return name[r];
}

const char *norni_tweet_fault_name(norni_tweet_fault f) {
    static const char *const name[NORNI_N_FAULTS] = {
        "time", "zone", "count", "utf8", "empty_text", "no_id", "long_text", "near_duplicate"};
    return name[f];
}
