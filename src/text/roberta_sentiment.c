/* A RoBERTa classifier as a sentiment model: its labels as three classes, its logits as probabilities. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fp.h"
#include "text/roberta_parts.h"

/* Class of a label by its name alone, or -1. */
static int32_t class_by_name(norni_str label) {
    static const struct {
        const char *name;
        int32_t is;
    } row[] = {{"negative", NORNI_NEGATIVE},
               {"bearish", NORNI_NEGATIVE},
               {"neutral", NORNI_NEUTRAL},
               {"positive", NORNI_POSITIVE},
               {"bullish", NORNI_POSITIVE}};
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++)
        if (norni_str_is_nocase(label, row[k].name)) return row[k].is;
    return -1;
}

/* Class of label k by its number, where a model of three has no better names: TweetEval's order. */
static int32_t class_by_number(norni_str label, size_t k) {
    char text[32];
    (void)norni_format(text, sizeof text, "LABEL_%zu", k);
    return norni_str_is_nocase(label, text) || norni_str_is(label, text + 6) ? (int32_t)k : -1;
}

static norn_status fail_labels(const norni_roberta *r, norn_err *err) {
    char text[160] = "";
    size_t n = 0;
    for (size_t k = 0; k < norni_roberta_n_labels(r) && n + 1 < sizeof text; k++)
        n += norni_format(text + n, sizeof text - n, "%s%.*s", k > 0 ? ", " : "",
                          (int)r->config.label[k].n, r->config.label[k].p);
    return norn_fail(err, NORN_E_DATA,
                     "roberta: labels %s: negative, neutral and positive, or bearish and bullish, "
                     "are wanted",
                     text);
}

/* r->class of every label: three classes, or negative and positive alone. */
static norn_status find_classes(norni_roberta *r, norn_err *err) {
    const size_t n = norni_roberta_n_labels(r);
    unsigned seen = 0;
    for (size_t k = 0; k < n && n <= NORNI_N_SENTIMENTS; k++) {
        int32_t is = class_by_name(r->config.label[k]);
        if (is < 0 && n == NORNI_N_SENTIMENTS) is = class_by_number(r->config.label[k], k);
        if (is < 0 || seen >> is & 1) return fail_labels(r, err);
        seen |= 1U << is;
        r->label_class[k] = is;
    }
    const unsigned two = 1U << NORNI_NEGATIVE | 1U << NORNI_POSITIVE;
    return seen == 7 || seen == two ? NORN_OK : fail_labels(r, err);
}

static norni_sentiment of_logits(const norni_roberta *r, const float *logit) {
    const size_t n = norni_roberta_n_labels(r);
    norni_sentiment s = {0};
    double sum = 0, e[NORNI_N_SENTIMENTS];
    float most = logit[0];
    for (size_t k = 1; k < n; k++)
        if (logit[k] > most) most = logit[k];
    for (size_t k = 0; k < n; k++)
        sum += e[k] = norni_exp((double)logit[k] - (double)most);
    for (size_t k = 0; k < n; k++)
        s.p[r->label_class[k]] = e[k] / sum;
    for (int32_t k = 1; k < NORNI_N_SENTIMENTS; k++)
        if (s.p[k] > s.p[s.label]) s.label = k;
    s.score = s.p[NORNI_POSITIVE] - s.p[NORNI_NEGATIVE];
    return s;
}

static norn_status score(norn_ctx *ctx, norni_worker *worker, const void *self,
                         const norni_str *texts, size_t n, norni_sentiment *out, norn_err *err) {
    static const norni_sentiment nothing = {{1.0 / 3, 1.0 / 3, 1.0 / 3}, NORNI_NEUTRAL, 0};
    const norni_roberta *r = self;
    const size_t n_labels = norni_roberta_n_labels(r);
    float *logits = norni_alloc_get(&ctx->alloc, n, n_labels * sizeof *logits);
    if (logits == NULL) return norni_alloc_fail(err, "roberta", n, n_labels * sizeof *logits);
    const norn_status st = norni_roberta_logits(ctx, worker, r, texts, n, logits, NULL, err);
    for (size_t k = 0; st == NORN_OK && k < n; k++)
        out[k] = norni_str_trim(texts[k]).n > 0 ? of_logits(r, logits + k * n_labels) : nothing;
    norni_alloc_drop(&ctx->alloc, logits, n, n_labels * sizeof *logits);
    return st;
}

static void free_self(void *self) {
    norni_roberta_free(self);
}

norn_status norni_roberta_model(norni_roberta *r, norni_sentiment_model *out, norn_err *err) {
    *out = (norni_sentiment_model){0};
    NORN_TRY(find_classes(r, err));
    *out = (norni_sentiment_model){r->name, r, score, free_self};
    return NORN_OK;
}
