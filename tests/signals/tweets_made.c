/* Tweets made for tests: by hand, and many by a generator; and a model that says what it was told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tweets_made.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

uint64_t made_draw(uint64_t *state, uint64_t below) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % below;
}

void made_init(norni_tweets *t) {
    static norn_alloc alloc;
    alloc = norni_alloc_default();
    norni_tweets_init(t, &alloc);
}

static norni_str keep(norni_tweets *t, const char *text) {
    if (text == NULL) return (norni_str){"", 0};
    const size_t n = strlen(text);
    const char *p = norni_arena_text(&t->arena, text, n);
    assert_non_null(p);
    return (norni_str){p, n};
}

void made_add(norni_tweets *t, const made_tweet *row) {
    if (t->n == t->cap) {
        const size_t cap = t->cap ? 2 * t->cap : 64;
        norni_tweet *more = norni_alloc_resize(t->alloc, t->tweet, t->cap, cap, sizeof *more);
        assert_non_null(more);
        t->tweet = more;
        t->cap = cap;
    }
    norni_tweet *to = &t->tweet[t->n++];
    *to = (norni_tweet){.id = keep(t, row->id),
                        .user = keep(t, row->user),
                        .text = keep(t, row->text),
                        .time = row->time,
                        .likes = row->likes,
                        .retweets = row->retweets,
                        .replies = row->replies,
                        .views = row->views,
                        .line = t->n,
                        .twin = UINT32_MAX};
    to->content = to->text;
    norni_str rest = keep(t, row->tags);
    norni_str *tag = norni_arena_get(&t->arena, rest.n + 1, sizeof *tag);
    assert_non_null(tag);
    for (uint32_t k = 0; rest.n > 0; k++) {
        const char *comma = memchr(rest.p, ',', rest.n);
        const size_t n = comma ? (size_t)(comma - rest.p) : rest.n;
        tag[k] = (norni_str){rest.p, n};
        to->n_hashtags = k + 1;
        rest.p += comma ? n + 1 : n;
        rest.n -= comma ? n + 1 : n;
    }
    to->hashtag = tag;
}

static norn_status say(norn_ctx *ctx, norni_worker *worker, const void *self,
                       const norni_str *texts, size_t n, norni_sentiment *out, norn_err *err) {
    const made_model *m = self;
    (void)ctx;
    (void)worker;
    (void)texts;
    if (m->fails != NORN_OK) return norn_fail(err, m->fails, "made: told to fail");
    assert_int_equal(n, m->n);
    memcpy(out, m->say, n * sizeof *out);
    return NORN_OK;
}

norni_sentiment_model made_model_of(const made_model *m) {
    union {
        const void *in;
        void *out;
    } self = {m};
    return (norni_sentiment_model){"made", self.out, say, NULL};
}

void made_many(norni_tweets *t, size_t n, uint64_t seed, size_t n_users, size_t n_tags,
               int64_t span) {
    uint64_t state = seed;
    for (size_t i = 0; i < n; i++) {
        char id[32], user[32], tags[96];
        size_t at = 0;
        (void)snprintf(id, sizeof id, "%llu", (unsigned long long)(1000000007 + i * 7919));
        /* some write much, most little */
        const uint64_t u = made_draw(&state, n_users) * made_draw(&state, n_users) / n_users;
        (void)snprintf(user, sizeof user, "user%llu", (unsigned long long)u);
        tags[0] = '\0';
        for (uint64_t k = made_draw(&state, 6); k > 0; k--) {
            const uint64_t tag = made_draw(&state, n_tags) * made_draw(&state, n_tags) / n_tags;
            at += (size_t)snprintf(tags + at, sizeof tags - at, "%stag%llu", at ? "," : "",
                                   (unsigned long long)tag);
        }
        made_add(t, &(made_tweet){.id = i % 37 == 5 ? NULL : id,
                                  .user = i % 11 == 3 ? NULL : user,
                                  .text = "made",
                                  .tags = tags,
                                  .time = i % 53 == 1
                                              ? NORNI_TWEET_NO_TIME
                                              : INT64_C(1700000000000000) +
                                                    (int64_t)made_draw(&state, UINT64_C(1) << 31) %
                                                        (span / 1000000) * 1000000,
                                  .likes = (int64_t)made_draw(&state, 1000) - 1,
                                  .retweets = (int64_t)made_draw(&state, 100) - 1,
                                  .replies = (int64_t)made_draw(&state, 30) - 1,
                                  .views = (int64_t)made_draw(&state, 100000) - 1});
    }
}

static void made_terms(norni_signals *s, norni_signal *x, uint64_t *state) {
    x->n_terms = (uint32_t)made_draw(state, NORNI_SIGNAL_TERMS + 1);
    x->n_features = x->n_terms;
    for (uint32_t k = 0; k < x->n_terms; k++) {
        const size_t share = s->n_terms / NORNI_SIGNAL_TERMS;
        x->term[k] = (uint32_t)(k * share + made_draw(state, share));
        x->term_score[k] = 1.0 / (k + 1) + (double)made_draw(state, 100) / 1000;
    }
}

void made_signals(const norni_tweets *t, uint64_t seed, norni_signals *s) {
    static norn_alloc alloc;
    uint64_t state = seed;
    alloc = norni_alloc_default();
    *s = (norni_signals){.tweets = t, .opt = norni_signal_opt_default(), .model = "made"};
    norni_arena_init(&s->arena, &alloc);
    s->n_terms = 60;
    norni_str *term = norni_arena_get(&s->arena, s->n_terms, sizeof *term);
    s->signal = norni_arena_zero(&s->arena, t->n, sizeof *s->signal);
    assert_non_null(term);
    assert_non_null(s->signal);
    for (size_t k = 0; k < s->n_terms; k++) {
        char name[16];
        const int n = snprintf(name, sizeof name, "term%02d", (int)k);
        term[k] = (norni_str){norni_arena_text(&s->arena, name, (size_t)n), (size_t)n};
    }
    s->term = term;
    for (size_t i = 0; i < t->n; i++) {
        norni_signal *x = &s->signal[i];
        x->confidence = (double)made_draw(&state, 1000) / 1000;
        x->signal_score = (double)made_draw(&state, 1401) / 1000 - 0.6;
        x->combined = x->signal_score;
        x->virality_score = (double)made_draw(&state, 100) / 100;
        x->base_confidence = x->content_quality = x->confidence;
        x->mood = x->combined > 0.1    ? NORNI_MOOD_BULLISH
                  : x->combined < -0.1 ? NORNI_MOOD_BEARISH
                                       : NORNI_MOOD_NEUTRAL;
        x->label = x->confidence < 0.3     ? NORNI_SIGNAL_IGNORE
                   : x->signal_score > 0.2 ? NORNI_SIGNAL_BUY
                                           : NORNI_SIGNAL_HOLD;
        made_terms(s, x, &state);
    }
}

void made_shuffled(const norni_tweets *t, uint64_t seed, norni_tweets *out, size_t *from) {
    uint64_t state = seed;
    made_init(out);
    out->tweet = norni_alloc_get(out->alloc, t->n, sizeof *out->tweet);
    assert_non_null(out->tweet);
    out->n = out->cap = t->n;
    for (size_t i = 0; i < t->n; i++)
        from[i] = i;
    for (size_t i = t->n; i > 1; i--) {
        const size_t j = made_draw(&state, i), was = from[i - 1];
        from[i - 1] = from[j];
        from[j] = was;
    }
    for (size_t i = 0; i < t->n; i++)
        out->tweet[i] = t->tweet[from[i]];
}

static void *made_resize(void *user, void *ptr, size_t old, size_t size) {
    made_memory *m = user;
    if (size == 0) {
        if (ptr != NULL) atomic_fetch_sub(&m->live, 1);
        return m->below.resize(m->below.user, ptr, old, 0);
    }
    if (atomic_fetch_add(&m->calls, 1) + 1 >= m->fail_at && m->fail_at > 0) return NULL;
    void *p = m->below.resize(m->below.user, ptr, old, size);
    if (p != NULL && ptr == NULL) atomic_fetch_add(&m->live, 1);
    return p;
}

norn_alloc made_alloc(made_memory *m) {
    m->below = norni_alloc_default();
    return (norn_alloc){made_resize, m};
}

norn_ctx *made_ctx(int32_t threads, const norn_alloc *alloc) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = threads;
    if (alloc != NULL) opt.alloc = *alloc;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}
