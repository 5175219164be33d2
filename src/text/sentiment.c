/* Sentiment models that take one text after the other: fixed blocks of texts in parallel. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "text/sentiment.h"

enum { BLOCK = 256 };

typedef struct job {
    const void *self;
    norni_sentiment_fn one;
    const norni_str *texts;
    size_t n;
    norni_sentiment *out;
} job;

static norn_status score_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const job *a = arg;
    const norni_poll poll = norni_ctx_poll(worker->ctx);
    const size_t first = item * BLOCK, end = a->n - first < BLOCK ? a->n : first + BLOCK;
    for (size_t i = first; i < end; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(&worker->arena);
        const norn_status st = a->one(worker, a->self, a->texts[i], &a->out[i], err);
        norni_arena_rewind(&worker->arena, mark);
        if (st != NORN_OK) return st;
        if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "sentiment: cancelled");
    }
    return NORN_OK;
}

norn_status norni_sentiment_each(norn_ctx *ctx, norni_worker *worker, const void *self,
                                 norni_sentiment_fn one, const norni_str *texts, size_t n,
                                 norni_sentiment *out, norn_err *err) {
    job a = {.self = self, .one = one, .texts = texts, .n = n, .out = out};
    return norni_for(ctx, worker, n / BLOCK + (n % BLOCK != 0), score_block, &a, NULL, err);
}
