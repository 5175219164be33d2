/* What tests of RoBERTa models stand on: a folder, a context, a model, texts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ROBERTA_BED_H
#define ROBERTA_BED_H

#include "base/ctx.h"
#include "made_roberta.h"
#include "text/roberta.h"
#include "text/safetensors.h"
#include "text_fixture.h"

typedef struct bed {
    char folder[64];
    norn_ctx *ctx;
    norni_roberta *r;
    norn_err err;
} bed;

static inline norn_ctx *bed_ctx(int32_t threads, const norn_alloc *alloc) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = threads;
    if (alloc != NULL) opt.alloc = *alloc;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}

static inline void bed_tokens(const bed *t) {
    assert_true(made_copy(NORN_FIXTURES "/bpe_vocab.json", t->folder, "vocab.json"));
    assert_true(made_copy(NORN_FIXTURES "/bpe_merges.txt", t->folder, "merges.txt"));
}

/* A folder with a made model, not yet opened. */
static inline void bed_make(bed *t, const made_roberta *m, int32_t threads) {
    *t = (bed){.folder = "/tmp/norn-roberta-XXXXXX"};
    assert_non_null(mkdtemp(t->folder));
    bed_tokens(t);
    assert_true(made_roberta_write(t->folder, m));
    t->ctx = bed_ctx(threads, NULL);
}

static inline void bed_open(bed *t, const norni_roberta_opt *opt) {
    norni_roberta_free(t->r);
    if (norni_roberta_open(t->ctx, t->folder, opt, &t->r, &t->err) != NORN_OK)
        fail_msg("%s", t->err.text);
}

static inline void bed_close(bed *t) {
    norni_roberta_free(t->r);
    norn_ctx_free(t->ctx);
    made_remove(t->folder);
}

static inline void bed_logits(bed *t, const norni_str *texts, size_t n, float *logits) {
    if (norni_roberta_logits(t->ctx, NULL, t->r, texts, n, logits, NULL, &t->err) != NORN_OK)
        fail_msg("%s", t->err.text);
}

/* Text k of as many as are wanted: made-up words, of 0 to about 40 tokens. */
static inline norni_str bed_text(size_t k, char *out, size_t size) {
    static const char *const word[] = {"nifty",   "up",      "again",
                                       "sell",    "the",     "rally",
                                       "crash",   "great",   "@trader",
                                       "results", "bad",     "not",
                                       "so",      "bullish", "$AAPL",
                                       "100%",    "why?",    "http://a.b/c",
                                       "moon",    "loss",    "#fed",
                                       "it's",    "over",    "buy",
                                       "quiet.",  "day",     "\xF0\x9F\x9A\x80"};
    size_t n = 0, state = k * 2654435761U + 12345;
    out[0] = '\0';
    for (size_t left = (k * 7) % 23; left > 0; left--) {
        state = state * 1103515245U + 12345;
        n += (size_t)snprintf(out + n, size - n, "%s%s", n > 0 ? " " : "",
                              word[(state >> 16 & 0x7FFF) % (sizeof word / sizeof word[0])]);
        assert_true(n < size);
    }
    return (norni_str){out, n};
}

#endif
