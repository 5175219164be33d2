/* Tweets made for tests: by hand, from the twin's fixture, and many by a generator; and a model that says what it was told. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TWEETS_MADE_H
#define TWEETS_MADE_H

#include <stdatomic.h>

#include "signals/signals_aggregate.h"

/* What a test says of one tweet; texts NULL: unknown, tags parted by ','. */
typedef struct made_tweet {
    const char *id, *user, *text, *tags;
    int64_t time, likes, retweets, replies, views;
} made_tweet;

/* Adds a tweet (test memory never fails). */
void made_add(norni_tweets *t, const made_tweet *row);
void made_init(norni_tweets *t);

/* A model whose answers were given, one for each text in order; norni_sentiment_free is not needed. */
typedef struct made_model {
    const norni_sentiment *say; /* (n) */
    size_t n;
    norn_status fails;
} made_model;
norni_sentiment_model made_model_of(const made_model *m);

/* A linear congruential generator. */
uint64_t made_draw(uint64_t *state, uint64_t below);
/* Signals as if scored, for tests of the aggregation: confidences, scores, labels, moods, terms; s->tweets is t. Free with norni_signals_clear. */
void made_signals(const norni_tweets *t, uint64_t seed, norni_signals *s);
/* n tweets of n_users users over n_tags tags and `span` microseconds. */
void made_many(norni_tweets *t, size_t n, uint64_t seed, size_t n_users, size_t n_tags,
               int64_t span);
/* Tweets of t in another order (the same texts; t must outlive it). */
void made_shuffled(const norni_tweets *t, uint64_t seed, norni_tweets *out, size_t *from);

/* Asks for memory fail from the fail_at-th on; counts what lives. */
typedef struct made_memory {
    norn_alloc below;
    atomic_long calls, live;
    long fail_at;
} made_memory;
norn_alloc made_alloc(made_memory *m);
norn_ctx *made_ctx(int32_t threads, const norn_alloc *alloc);

#endif
