/* What every sentiment model gives, and the one door to all of them: texts in, probabilities of three classes out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SENTIMENT_H
#define NORNI_SENTIMENT_H

#include "base/str.h"
#include "par/pool.h"

enum { NORNI_NEGATIVE, NORNI_NEUTRAL, NORNI_POSITIVE, NORNI_N_SENTIMENTS };

typedef struct norni_sentiment {
    double p[NORNI_N_SENTIMENTS]; /* calibrated probabilities, sum 1 */
    int32_t label; /* NORNI_NEGATIVE …; by the model's own rule, not always the largest p */
    double score;  /* p_positive - p_negative, in [-1, 1]; VADER: its compound */
} norni_sentiment;

/* A model behind one small vtable; free it with norni_sentiment_free. Shared by all workers once it is made. */
typedef struct norni_sentiment_model {
    const char *name; /* "default", "vader", or the folder's name; lives as long as the model */
    void *self;
    /* Scores n texts (UTF-8; what is not is mended) in parallel, each into its own out[i]: a result depends on its text alone, never on
     * its neighbours or on workers. `worker` as in norni_for. An empty text is neutral with p = (1/3, 1/3, 1/3), score 0. */
    norn_status (*score)(norn_ctx *ctx, norni_worker *worker, const void *self,
                         const norni_str *texts, size_t n, norni_sentiment *out, norn_err *err);
    void (*free)(void *self);
} norni_sentiment_model;

static inline void norni_sentiment_free(norni_sentiment_model *m) {
    if (m->free != NULL) m->free(m->self);
    *m = (norni_sentiment_model){0};
}
/* What an empty text is. */
static inline norni_sentiment norni_sentiment_none(void) {
    return (norni_sentiment){{1.0 / 3, 1.0 / 3, 1.0 / 3}, NORNI_NEUTRAL, 0};
}
/* One text; scratch in the worker's arena, which is rewound behind it. */
typedef norn_status (*norni_sentiment_fn)(norni_worker *worker, const void *self, norni_str text,
                                          norni_sentiment *out, norn_err *err);
/* For models that take one text after the other: fixed blocks of texts in parallel. */
NORN_CHECKED norn_status norni_sentiment_each(norn_ctx *ctx, norni_worker *worker, const void *self,
                                              norni_sentiment_fn one, const norni_str *texts,
                                              size_t n, norni_sentiment *out, norn_err *err);
/* "negative", "neutral", "positive" */
static inline const char *norni_sentiment_name(int32_t label) {
    return label == NORNI_NEGATIVE ? "negative" : label == NORNI_POSITIVE ? "positive" : "neutral";
}

#endif
