/* Fuzzing the reader of tweets: any bytes become a table that holds together or an error with words, and a stream in pieces
 * has what the whole has. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "signals/signals_near.h"
#include "signals/signals_read.h"
#include "text/nfkc.h"
#include "text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

static bool is_text(norni_str s) {
    const char *p = s.p, *end = s.p + s.n;
    bool good = true;
    for (size_t n; good && p < end; p += n)
        (void)norni_utf8_next(p, end, &n, &good);
    return good;
}

static void list_holds(const norni_str *item, uint32_t n) {
    for (uint32_t k = 0; k < n; k++) {
        demand(item[k].n > 0 && is_text(item[k]));
        for (uint32_t i = 0; i < k; i++)
            demand(norni_str_cmp(item[i], item[k]) != 0);
    }
}

static void tweet_holds(const norni_tweets *t, size_t k) {
    const norni_tweet *w = &t->tweet[k];
    const norni_str text[] = {w->id, w->user, w->content, w->text, w->stamp, w->language};
    const int64_t count[] = {w->likes, w->retweets, w->replies, w->views};
    for (size_t i = 0; i < 6; i++)
        demand(is_text(text[i]));
    for (size_t i = 0; i < 4; i++)
        demand(count[i] >= -1 && count[i] <= INT64_C(1) << 53);
    for (size_t i = 0; i < t->n_extra; i++)
        demand(is_text(w->extra[i]));
    list_holds(w->hashtag, w->n_hashtags);
    list_holds(w->mention, w->n_mentions);
    list_holds(w->url, w->n_urls);
    demand(w->line > 0);
    /* of an earlier time, so perhaps further down; and no twin itself */
    demand(w->twin == UINT32_MAX || (w->twin < t->n && t->tweet[w->twin].twin == UINT32_MAX));
    demand((w->time != NORNI_TWEET_NO_TIME) == (w->zone != 0));
}

static void table_holds(const norni_tweets *t) {
    uint64_t n = t->n;
    for (size_t r = 0; r < NORNI_N_REFUSALS; r++) {
        n += t->refused[r];
        demand((t->refused[r] > 0) == (t->refused_first[r].line > 0));
    }
    demand(n == t->n_read);
    for (size_t k = 0; k < t->n; k++)
        tweet_holds(t, k);
}

/* The first byte chooses how. */
static norni_tweets_read_opt chosen(uint8_t choice) {
    norni_tweets_read_opt opt = norni_tweets_read_opt_default();
    opt.format = (norni_tweet_format)(choice & 3);
    opt.tags_from_text = choice & 4;
    opt.near_bits = choice >> 3 & 7;
    opt.drop_near = choice & 64;
    opt.text_col = choice & 128 ? "body" : NULL;
    return opt;
}

/* In pieces of `step` bytes more each time; tweets and records of the whole. */
static void stream(norn_ctx *ctx, norni_str s, size_t step, const norni_tweets_read_opt *opt,
                   const norni_tweets *whole) {
    norni_tweets t;
    size_t at = 0, have = 0, k = 0;
    norni_tweets_init(&t, &ctx->alloc);
    while (at < s.n) {
        norn_err err = {NORN_OK, ""};
        size_t used;
        have = s.n - have > step ? have + step : s.n;
        if (norni_tweets_parse(ctx, (norni_str){s.p + at, have - at}, have == s.n, opt, &t, &used,
                               &err) != NORN_OK) {
            demand(whole == NULL && err.text[0] != '\0');
            norni_tweets_clear(&t);
            return;
        }
        demand(used <= have - at && (have < s.n || used == have - at));
        for (size_t i = 0; i < t.n && whole != NULL; i++, k++) {
            demand(k < whole->n && t.tweet[i].line == whole->tweet[k].line);
            demand(norni_str_cmp(t.tweet[i].content, whole->tweet[k].content) == 0);
        }
        norni_tweets_restart(&t);
        at += used;
    }
    if (whole != NULL && s.n > 0) demand(k == whole->n && t.n_read == whole->n_read);
    norni_tweets_clear(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static norn_ctx *ctx;
    norni_source *in = NULL;
    norni_tweets t;
    norn_err err = {NORN_OK, ""};
    if (size < 2) return 0;
    if (ctx == NULL) {
        norn_ctx_opt one = norn_ctx_opt_default();
        one.n_threads = 1;
        demand(norn_ctx_new(&one, &ctx, NULL) == NORN_OK);
    }
    const norni_tweets_read_opt opt = chosen(data[0]);
    const norni_str s = {(const char *)data + 2, size - 2};
    norni_tweets_init(&t, &ctx->alloc);
    norn_status st = norni_source_bytes(ctx, s.p, s.n, NULL, &in, &err);
    if (st == NORN_OK) {
        const bool table = norni_source_is_table(in);
        st = norni_tweets_read(ctx, in, 0, &opt, &t, &err);
        norni_source_close(in);
        demand(st == NORN_OK || (err.text[0] != '\0' && t.n == 0));
        const bool array =
            memchr(s.p, '[', s.n < 64 ? s.n : 64) != NULL && opt.format != NORNI_TWEETS_CSV;
        const bool packed =
            s.n > 1 && ((data[2] == 0x1F && data[3] == 0x8B) || data[2] == 0x28 || data[2] == 0x50);
        if (!array && !table && !packed && opt.format != NORNI_TWEETS_JSON)
            stream(ctx, s, data[1] + 1, &opt, st == NORN_OK ? &t : NULL);
        if (st == NORN_OK) {
            demand(norni_tweets_settle(ctx, &opt, &t, &err) == NORN_OK);
            table_holds(&t);
        }
    }
    norni_tweets_clear(&t);
    norni_buf once, twice;
    norni_buf_init(&once, &ctx->alloc);
    norni_buf_init(&twice, &ctx->alloc);
    norni_nfkc(s, &once);
    norni_nfkc((norni_str){once.p, once.n}, &twice);
    demand(!once.failed && !twice.failed && once.n == twice.n);
    demand(once.n == 0 || memcmp(once.p, twice.p, once.n) == 0);
    norni_buf_clear(&once);
    norni_buf_clear(&twice);
    return 0;
}
