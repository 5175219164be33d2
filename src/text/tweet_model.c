/* The default sentiment model at work: a table of features' weights, and tweets scored in blocks. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A tweet's class sums are integers over its hashed features, then a few doubles added in a fixed order: the same bits on any machine and at
 * any worker count. The table's slot holds a hash and its three weights in eight bytes, so a look-up touches one line of the cache. */
#include "text/tweet_model.h"

#include <math.h>

#include "base/fp.h"
#include "text/tweet_model_parts.h"
#include "tweet_model_table.h"

typedef struct slot {
    uint32_t hash;
    int8_t weight[NORNI_N_SENTIMENTS];
    int8_t used;
} slot;

typedef struct tweet_model {
    norn_alloc alloc;
    norni_arena arena;
    norni_vader *vader;
    norni_tweet_negations negations;
    norni_tweet_weights w; /* hash and weight stand in the table only */
    slot *table;           /* (n_slots), a power of two */
    size_t n_slots;
    char *name;
} tweet_model;

static size_t place_of(const tweet_model *m, uint32_t hash) {
    return (hash ^ hash >> 15) & (m->n_slots - 1);
}

static norn_status make_table(tweet_model *m, norni_str bytes, norn_err *err) {
    norni_arena scratch;
    norni_arena_init(&scratch, &m->alloc);
    norn_status st = norni_tweet_weights_read(bytes, &scratch, &m->w, err);
    if (st == NORN_OK) {
        for (m->n_slots = 64; m->n_slots < (size_t)m->w.n_features / 2 * 3;)
            m->n_slots *= 2;
        m->table = norni_arena_zero(&m->arena, m->n_slots, sizeof *m->table);
        if (m->table == NULL) st = norni_alloc_fail(err, "tweet model", m->n_slots, sizeof(slot));
    }
    for (size_t j = 0; st == NORN_OK && j < m->w.n_features; j++) {
        size_t at = place_of(m, m->w.hash[j]);
        while (m->table[at].used)
            at = (at + 1) & (m->n_slots - 1);
        m->table[at] = (slot){.hash = m->w.hash[j], .used = 1};
        memcpy(m->table[at].weight, m->w.weight + j * NORNI_N_SENTIMENTS, NORNI_N_SENTIMENTS);
    }
    m->w.hash = NULL;
    m->w.weight = NULL;
    norni_arena_clear(&scratch);
    return st;
}

static void add_up(const tweet_model *m, const uint32_t *hash, size_t n, double scale, double *z) {
    int32_t sum[NORNI_N_SENTIMENTS] = {0};
    for (size_t k = 0; k < n; k++) {
        size_t at = place_of(m, hash[k]);
        while (m->table[at].used && m->table[at].hash != hash[k])
            at = (at + 1) & (m->n_slots - 1);
        for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++) /* of an empty slot 0 */
            sum[c] += m->table[at].weight[c];
    }
    const double unit = n > 0 ? scale / sqrt((double)n) : 0;
    for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++)
        z[c] += unit * sum[c];
}

static void judge(const tweet_model *m, const norni_tweet_features *f, norni_sentiment *out) {
    const norni_tweet_weights *w = &m->w;
    double z[NORNI_N_SENTIMENTS], sum = 0, most = -NORNI_INF;
    memcpy(z, w->bias, sizeof z);
    for (size_t k = 0; k < TWEET_N_DENSE; k++)
        for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++)
            z[c] += f->dense[k] * w->dense[k][c];
    for (size_t g = 0; g < TWEET_N_GROUPS; g++)
        add_up(m, f->hash[g], f->n[g], w->scale[g], z);
    out->label =
        NORNI_NEUTRAL; /* of the largest p / prior, which is that of the largest z here; ties are neutral */
    for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++) {
        z[c] = w->slope * z[c] + w->shift[c];
        if (z[c] > z[out->label]) out->label = (int32_t)c;
    }
    for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++) {
        z[c] += norni_log(w->prior[c]);
        most = z[c] > most ? z[c] : most;
    }
    for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++)
        sum += out->p[c] = norni_exp(z[c] - most);
    for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++)
        out->p[c] /= sum;
    out->score = out->p[NORNI_POSITIVE] - out->p[NORNI_NEGATIVE];
}

typedef struct job {
    const tweet_model *m;
    const norni_str *texts;
    size_t n;
    norni_sentiment *out;
} job;

static norn_status score_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const job *a = arg;
    const norni_poll poll = norni_ctx_poll(worker->ctx);
    const size_t first = item * TWEET_BLOCK;
    const size_t end = a->n - first < TWEET_BLOCK ? a->n : first + TWEET_BLOCK;
    for (size_t i = first; i < end; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(&worker->arena);
        norni_tweet_features f;
        const norn_status st = norni_tweet_features_of(a->m->vader, &a->m->negations, a->texts[i],
                                                       &worker->arena, &f, err);
        if (st == NORN_OK && f.n[0] > 0) judge(a->m, &f, &a->out[i]);
        if (st == NORN_OK && f.n[0] == 0)
            a->out[i] = (norni_sentiment){{1.0 / 3, 1.0 / 3, 1.0 / 3}, NORNI_NEUTRAL, 0};
        norni_arena_rewind(&worker->arena, mark);
        if (st != NORN_OK) return st;
        if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "sentiment: cancelled");
    }
    return NORN_OK;
}

static norn_status score(norn_ctx *ctx, norni_worker *worker, const void *self,
                         const norni_str *texts, size_t n, norni_sentiment *out, norn_err *err) {
    job a = {.m = self, .texts = texts, .n = n, .out = out};
    return norni_for(ctx, worker, n / TWEET_BLOCK + (n % TWEET_BLOCK != 0), score_block, &a, NULL,
                     err);
}

static void free_model(void *self) {
    tweet_model *m = self;
    const norn_alloc alloc = m->alloc;
    norni_vader_free(m->vader);
    norni_arena_clear(&m->arena);
    norni_alloc_drop(&alloc, m, 1, sizeof *m);
}

norn_status norni_tweet_model_read(const norn_alloc *alloc, norni_str bytes, const char *name,
                                   norni_sentiment_model *out, norn_err *err) {
    tweet_model *m = norni_alloc_zero(alloc, 1, sizeof *m);
    *out = (norni_sentiment_model){0};
    if (m == NULL) return norni_alloc_fail(err, "tweet model", 1, sizeof *m);
    m->alloc = *alloc;
    norni_arena_init(&m->arena, &m->alloc);
    norni_tweet_negations_init(&m->negations);
    norn_status st = make_table(m, bytes, err);
    if (st == NORN_OK) {
        m->name = norni_arena_text(&m->arena, name, strlen(name));
        if (m->name == NULL) st = norni_alloc_fail(err, "tweet model", strlen(name), 1);
    }
    if (st == NORN_OK) st = norni_vader_make(alloc, (norni_str){"", 0}, &m->vader, err);
    if (st != NORN_OK) {
        free_model(m);
        return st;
    }
    *out = (norni_sentiment_model){m->name, m, score, free_model};
    return NORN_OK;
}

norn_status norni_tweet_model_default(const norn_alloc *alloc, norni_sentiment_model *out,
                                      norn_err *err) {
    const norni_str bytes = {(const char *)tweet_model_bytes, sizeof tweet_model_bytes};
    return norni_tweet_model_read(alloc, bytes, "default", out, err);
}
