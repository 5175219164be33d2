/* The default sentiment model at work: a table of features' weights, and tweets scored in blocks. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A tweet's class sums are integers over its hashed features, then a few doubles added in a fixed order: the same bits on any machine and at
 * any worker count. The table's bucket holds four hashes and their weights in half a line of the cache, and is searched without a branch: what a
 * look-up finds is as good as random, and a wrong guess of the processor would cost more than the search. */
#include "text/tweet_model.h"

#include <math.h>

#include "base/fp.h"
#include "text/tweet_model_parts.h"
#include "tweet_model_table.h"

enum { BUCKET = 4, USED = 1 << 24, AHEAD = 16 };

typedef struct bucket {
    uint32_t hash[BUCKET];
    uint32_t
        weight[BUCKET]; /* three int8 from the lowest byte on, and USED; filled from the first */
} bucket;

typedef struct tweet_model {
    norn_alloc alloc;
    norni_arena arena;
    norni_vader *vader;
    norni_tweet_negations negations;
    norni_tweet_weights w; /* hash and weight stand in the table only */
    bucket *table;         /* (n_buckets), a power of two */
    size_t n_buckets;
    char *name;
} tweet_model;

static size_t place_of(const tweet_model *m, uint32_t hash) {
    return (hash ^ hash >> 15) & (m->n_buckets - 1);
}

static void put(tweet_model *m, uint32_t hash, const int8_t *weight) {
    size_t at = place_of(m, hash), k = 0;
    while (m->table[at].weight[k] != 0) { /* USED stands in every slot that is taken */
        k = (k + 1) % BUCKET;
        if (k == 0) at = (at + 1) & (m->n_buckets - 1);
    }
    m->table[at].hash[k] = hash;
    m->table[at].weight[k] = USED;
    for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++)
        m->table[at].weight[k] |= (uint32_t)(uint8_t)weight[c] << (8 * c);
}

/* The packed weights of a hash, 0: no feature. */
static inline uint32_t find(const tweet_model *m, uint32_t hash) {
    for (size_t at = place_of(m, hash);; at = (at + 1) & (m->n_buckets - 1)) {
        const bucket *b = &m->table[at];
        uint32_t found = 0;
        for (size_t k = 0; k < BUCKET; k++)
            found |= b->weight[k] & (0U - (uint32_t)(b->hash[k] == hash));
        if (found != 0 || b->weight[BUCKET - 1] == 0) return found;
    }
}

static norn_status make_table(tweet_model *m, norni_str bytes, norn_err *err) {
    norni_arena scratch;
    norni_arena_init(&scratch, &m->alloc);
    norn_status st = norni_tweet_weights_read(bytes, &scratch, &m->w, err);
    if (st == NORN_OK) {
        for (m->n_buckets = 64; m->n_buckets * BUCKET < (size_t)m->w.n_features / 2 * 3;)
            m->n_buckets *= 2;
        m->table = norni_arena_zero(&m->arena, m->n_buckets, sizeof *m->table);
        if (m->table == NULL)
            st = norni_alloc_fail(err, "tweet model", m->n_buckets, sizeof *m->table);
    }
    for (size_t j = 0; st == NORN_OK && j < m->w.n_features; j++)
        put(m, m->w.hash[j], m->w.weight + j * NORNI_N_SENTIMENTS);
    m->w.hash = NULL;
    m->w.weight = NULL;
    norni_arena_clear(&scratch);
    return st;
}

static void add_up(const tweet_model *m, const uint32_t *hash, size_t n, double scale, double *z) {
    int32_t sum[NORNI_N_SENTIMENTS] = {0};
    for (size_t k = 0; k < n && k < AHEAD; k++)
        __builtin_prefetch(&m->table[place_of(m, hash[k])]);
    for (size_t k = 0; k < n; k++) {
        if (k + AHEAD < n) __builtin_prefetch(&m->table[place_of(m, hash[k + AHEAD])]);
        const uint32_t found = find(m, hash[k]);
        for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++)
            sum[c] += (int8_t)(uint8_t)(found >> (8 * c));
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

static norn_status score_one(norni_worker *worker, const void *self, norni_str text,
                             norni_sentiment *out, norn_err *err) {
    const tweet_model *m = self;
    norni_tweet_features f;
    NORN_TRY(norni_tweet_features_of(m->vader, &m->negations, text, &worker->arena, &f, err));
    *out = norni_sentiment_none();
    if (f.n[0] > 0) judge(m, &f, out);
    return NORN_OK;
}

static norn_status score(norn_ctx *ctx, norni_worker *worker, const void *self,
                         const norni_str *texts, size_t n, norni_sentiment *out, norn_err *err) {
    return norni_sentiment_each(ctx, worker, self, score_one, texts, n, out, err);
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
