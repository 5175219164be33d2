/* VADER as a sentiment model: its label by the compound, its three shares of probability by a fixed map. */
/* SPDX-License-Identifier: Apache-2.0 */
/* VADER gives no probabilities. Its compound s in [-1, 1] is mapped onto three classes by an ordered logistic model of slope 5 and thresholds
 * ±0.3:  p_negative = 1 / (1 + exp(5 (s + 0.3))),  p_positive = 1 / (1 + exp(-5 (s - 0.3))),  p_neutral the rest. The slope and thresholds are
 * round numbers, no fit: they give a text without valence 0.64 of neutral, and sure words 0.97. The label is by the authors' own ±0.05. */
#include "base/fp.h"
#include "text/tweet_model.h"
#include "text/tweet_model_parts.h"

#define SLOPE         5
#define THRESHOLD     0.3
#define NEUTRAL_UP_TO 0.05

typedef struct vader_model {
    norn_alloc alloc;
    norni_vader *vader;
} vader_model;

static void judge(const norni_vader_score *s, norni_sentiment *out) {
    const double c = s->compound;
    out->p[NORNI_NEGATIVE] = 1 / (1 + norni_exp(SLOPE * (c + THRESHOLD)));
    out->p[NORNI_POSITIVE] = 1 / (1 + norni_exp(-SLOPE * (c - THRESHOLD)));
    out->p[NORNI_NEUTRAL] = 1 - out->p[NORNI_NEGATIVE] - out->p[NORNI_POSITIVE];
    out->label = c >= NEUTRAL_UP_TO    ? NORNI_POSITIVE
                 : c <= -NEUTRAL_UP_TO ? NORNI_NEGATIVE
                                       : NORNI_NEUTRAL;
    out->score = c;
}

static norn_status score_one(norni_worker *worker, const void *self, norni_str text,
                             norni_sentiment *out, norn_err *err) {
    const vader_model *m = self;
    norni_vader_score s;
    NORN_TRY(norni_vader_score_of(m->vader, text, &worker->arena, &s, err));
    *out = norni_sentiment_none();
    if (s.n_words > 0) judge(&s, out);
    return NORN_OK;
}

static norn_status score(norn_ctx *ctx, norni_worker *worker, const void *self,
                         const norni_str *texts, size_t n, norni_sentiment *out, norn_err *err) {
    return norni_sentiment_each(ctx, worker, self, score_one, texts, n, out, err);
}

static void free_model(void *self) {
    vader_model *m = self;
    const norn_alloc alloc = m->alloc;
    norni_vader_free(m->vader);
    norni_alloc_drop(&alloc, m, 1, sizeof *m);
}

norn_status norni_vader_model(const norn_alloc *alloc, norni_str own, norni_sentiment_model *out,
                              norn_err *err) {
    vader_model *m = norni_alloc_zero(alloc, 1, sizeof *m);
    *out = (norni_sentiment_model){0};
    if (m == NULL) return norni_alloc_fail(err, "vader", 1, sizeof *m);
    m->alloc = *alloc;
    const norn_status st = norni_vader_make(alloc, own, &m->vader, err);
    if (st != NORN_OK) {
        norni_alloc_drop(alloc, m, 1, sizeof *m);
        return st;
    }
    *out = (norni_sentiment_model){"vader", m, score, free_model};
    return NORN_OK;
}
