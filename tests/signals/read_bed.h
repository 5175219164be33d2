/* A bed for the tests of reading tweets: a context whose memory counts and fails on demand, and texts read in one call. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef READ_BED_H
#define READ_BED_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "signals/signals_read.h"

typedef struct bed {
    norn_alloc below;
    atomic_long calls, live;
    long fail_at;
    bool onwards;
    norn_ctx *ctx;
} bed;

static inline void *bed_resize(void *user, void *ptr, size_t old, size_t size) {
    bed *b = user;
    if (size == 0) {
        if (ptr) atomic_fetch_sub(&b->live, 1);
        return b->below.resize(b->below.user, ptr, old, 0);
    }
    const long call = atomic_fetch_add(&b->calls, 1) + 1;
    if (b->fail_at > 0 && (call == b->fail_at || (b->onwards && call > b->fail_at))) return NULL;
    void *p = b->below.resize(b->below.user, ptr, old, size);
    if (p && !ptr) atomic_fetch_add(&b->live, 1);
    return p;
}

/* Fills *b, which must not move; false: out of memory. */
static inline bool bed_open(bed *b, int32_t n_threads, long fail_at, bool onwards) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    *b = (bed){.below = norni_alloc_default(), .fail_at = fail_at, .onwards = onwards};
    opt.alloc = (norn_alloc){bed_resize, b};
    opt.n_threads = n_threads;
    return norn_ctx_new(&opt, &b->ctx, NULL) == NORN_OK;
}

static inline void bed_close(bed *b) {
    norn_ctx_free(b->ctx);
    b->ctx = NULL;
}

static inline norn_status bed_read(bed *b, norni_str text, const norni_tweets_read_opt *opt,
                                   norni_tweets *t, norn_err *err) {
    norni_source *in = NULL;
    norn_status st = norni_source_bytes(b->ctx, text.p, text.n, NULL, &in, err);
    if (st != NORN_OK) return st;
    st = norni_tweets_read(b->ctx, in, 0, opt, t, err);
    norni_source_close(in);
    return st;
}

/* A number of everything that the table says. */
static inline norni_hash128 bed_hash(const norni_tweets *t) {
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    for (size_t k = 0; k < t->n; k++) {
        const norni_tweet *w = &t->tweet[k];
        const norni_str text[] = {w->id, w->user, w->content, w->text, w->stamp, w->language};
        const int64_t number[] = {w->time,       w->likes,      w->retweets, w->replies,
                                  w->views,      w->twin,       w->faults,   (int64_t)w->line,
                                  w->n_hashtags, w->n_mentions, w->n_urls};
        for (size_t i = 0; i < 6; i++) {
            norni_hash_stream_add(&h, &text[i].n, sizeof text[i].n);
            if (text[i].n) norni_hash_stream_add(&h, text[i].p, text[i].n);
        }
        norni_hash_stream_add(&h, number, sizeof number);
        for (uint32_t i = 0; i < w->n_hashtags; i++)
            norni_hash_stream_add(&h, w->hashtag[i].p, w->hashtag[i].n);
        for (size_t i = 0; i < t->n_extra; i++)
            if (w->extra[i].n) norni_hash_stream_add(&h, w->extra[i].p, w->extra[i].n);
    }
    norni_hash_stream_add(&h, t->refused, sizeof t->refused);
    norni_hash_stream_add(&h, t->fault, sizeof t->fault);
    for (size_t k = 0; k < t->n_extra; k++)
        norni_hash_stream_add(&h, t->extra_name[k].p, t->extra_name[k].n);
    return norni_hash_stream_get(&h);
}

#define assert_text(s, want)                                                         \
    do {                                                                             \
        const norni_str text_ = (s);                                                 \
        if (!norni_str_is(text_, want))                                              \
            fail_msg("%s is \"%.*s\", not \"%s\"", #s, (int)text_.n, text_.p, want); \
    } while (0)

#endif
