/* Fuzzing the default model's files and the tweets it reads: any bytes are a model or an error, and what is a model scores soundly. */
/* SPDX-License-Identifier: Apache-2.0 */
/* 'F' and a file; 'S' and a file whose checksum is set right; else a text for the embedded model. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "text/tweet_model.h"
#include "text/tweet_tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

static void score(const norni_sentiment_model *m, norni_str text) {
    norn_ctx *ctx = NULL;
    norn_ctx_opt opt = norn_ctx_opt_default();
    norni_sentiment s;
    opt.n_threads = 1;
    demand(norn_ctx_new(&opt, &ctx, NULL) == NORN_OK);
    demand(m->score(ctx, NULL, m->self, &text, 1, &s, NULL) == NORN_OK);
    const double sum = s.p[0] + s.p[1] + s.p[2];
    demand(sum > 1 - 1e-9 && sum < 1 + 1e-9 && s.score >= -1 && s.score <= 1);
    demand(s.label >= NORNI_NEGATIVE && s.label <= NORNI_POSITIVE);
    norn_ctx_free(ctx);
}

static void read_file(const norn_alloc *alloc, norni_str bytes) {
    norni_sentiment_model m;
    norn_err err = {NORN_OK, ""};
    const norn_status st = norni_tweet_model_read(alloc, bytes, "fuzz", &m, &err);
    demand(st == NORN_OK || st == NORN_E_FORMAT);
    demand(st == NORN_OK || (err.text[0] != '\0' && m.self == NULL));
    if (st != NORN_OK) return;
    score(&m, norni_str_of("not a GOOD day!! :( http #sad"));
    norni_sentiment_free(&m);
}

/* Tokens lie in order and hold no byte twice. */
static void cut(const norn_alloc *alloc, norni_str text) {
    norni_arena arena;
    norni_tweet_token *t;
    size_t n, at = 0;
    norni_arena_init(&arena, alloc);
    demand(norni_tweet_tokens(text, &arena, &t, &n, NULL) == NORN_OK);
    for (size_t i = 0; i < n; i++) {
        demand(t[i].at >= at && t[i].n > 0 && t[i].at + t[i].n <= text.n);
        at = t[i].at + t[i].n;
    }
    norni_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    static norni_sentiment_model embedded; /* made once: it is the same for all inputs */
    const norni_str bytes = {(const char *)data + 1, size - 1};
    if (size < 1) return 0;
    if (data[0] == 'F') {
        read_file(&alloc, bytes);
    } else if (data[0] == 'S' && bytes.n >= 8) {
        char *copy = malloc(bytes.n);
        demand(copy != NULL);
        memcpy(copy, bytes.p, bytes.n);
        const uint64_t sum = norni_hash64(copy, bytes.n - 8);
        for (size_t i = 0; i < 8; i++)
            copy[bytes.n - 8 + i] = (char)(sum >> (8 * i));
        read_file(&alloc, (norni_str){copy, bytes.n});
        free(copy);
    } else {
        if (embedded.self == NULL)
            demand(norni_tweet_model_default(&alloc, &embedded, NULL) == NORN_OK);
        cut(&alloc, bytes);
        score(&embedded, bytes);
    }
    return 0;
}
