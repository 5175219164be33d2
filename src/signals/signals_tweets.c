/* Tweets in memory: the table's life, and the names of what was refused or found wrong. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_tweets.h"

#include "signals/signals_read_parts.h"

void norni_tweets_init(norni_tweets *t, const norn_alloc *alloc) {
    *t = (norni_tweets){.alloc = alloc};
    norni_arena_init(&t->arena, alloc);
    norni_arena_init(&t->names, alloc);
}

void norni_tweets_clear(norni_tweets *t) {
    if (t->alloc == NULL) return;
    norni_alloc_drop(t->alloc, t->tweet, t->cap, sizeof *t->tweet);
    norni_tweet_stream_free(t->alloc, t->stream);
    norni_arena_clear(&t->arena);
    norni_arena_clear(&t->names);
    *t = (norni_tweets){0};
}

void norni_tweets_restart(norni_tweets *t) {
    t->n = 0;
    memcpy(t->refused_before, t->refused, sizeof t->refused);
    norni_arena_reset(&t->arena);
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
