/* The trainer's tweets: files of labelled texts, and the sparse design of their features. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "base/fp.h"
#include "base/grow.h"
#include "train_tweets.h"

enum {
    TWEET_BLOCK = 256
}; /* texts of an item of work: fixed, so that sums are the same at any worker count */

static norn_status file_read(const norn_alloc *alloc, const char *path, char **out, size_t *size,
                             norn_err *err) {
    norni_buf b;
    size_t n = 1;
    FILE *f = fopen(path, "rb");
    if (f == NULL) return norn_fail(err, NORN_E_IO, "train: %s cannot be opened", path);
    norni_buf_init(&b, alloc);
    while (n > 0 && norni_buf_reserve(&b, 1 << 16)) {
        n = fread(b.p + b.n, 1, 1 << 16, f);
        b.n += n;
    }
    (void)fclose(f);
    *out = norni_alloc_resize(alloc, b.p, b.cap, b.n + 1, 1);
    *size = b.n;
    return b.failed || *out == NULL ? norni_alloc_fail(err, "train", b.n, 1) : NORN_OK;
}

static norn_status add_lines(tweets *t, size_t file, norni_arena *arena, size_t cap[2],
                             norn_err *err) {
    const char *at = t->bytes[file], *end = at + t->size[file];
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) stop = end;
        if (stop - at < 2 || at[0] < '0' || at[0] > '2' || at[1] != '\t')
            return norn_fail(err, NORN_E_FORMAT,
                             "train: tweet %zu: a label 0, 1 or 2, a tab and a text are wanted",
                             t->n + 1);
        norni_str *text = norni_list_grow(arena, t->text, t->n, &cap[0], 1024, sizeof *text);
        uint8_t *label = norni_list_grow(arena, t->label, t->n, &cap[1], 1024, sizeof *label);
        if (text == NULL || label == NULL)
            return norni_alloc_fail(err, "train", t->n, sizeof *text);
        text[t->n] = (norni_str){at + 2, (size_t)(stop - at) - 2};
        label[t->n++] = (uint8_t)(at[0] - '0');
        t->text = text;
        t->label = label;
        at = stop + (stop < end);
    }
    return NORN_OK;
}

norn_status tweets_read(const norn_alloc *alloc, const char *const path[2], norni_arena *arena,
                        tweets *out, norn_err *err) {
    size_t cap[2] = {0};
    *out = (tweets){0};
    for (size_t f = 0; f < 2; f++) {
        NORN_TRY(file_read(alloc, path[f], &out->bytes[f], &out->size[f], err));
        NORN_TRY(add_lines(out, f, arena, cap, err));
        if (f == 0) out->n_train = out->n;
    }
    return NORN_OK;
}

/* A hash and what is known of it. */
typedef struct entry {
    uint32_t hash, df, last, id; /* last: 1 + the last tweet that held it */
    bool used;
} entry;

typedef struct vocabulary {
    entry *slot;
    size_t n_slots, n;
} vocabulary;

static entry *find(const vocabulary *v, uint32_t hash) {
    size_t at = (size_t)(hash * UINT64_C(0x9E3779B97F4A7C15) >> 40) & (v->n_slots - 1);
    while (v->slot[at].used && v->slot[at].hash != hash)
        at = (at + 1) & (v->n_slots - 1);
    return &v->slot[at];
}

typedef struct job {
    const tweets *t;
    norni_vader *vader;
    norni_tweet_negations negations;
    norni_tweet_features *f; /* (n) */
    norni_arena *arena;      /* (blocks) the features lie in */
} job;

static norn_status extract(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const job *a = arg;
    const size_t end = (item + 1) * TWEET_BLOCK < a->t->n ? (item + 1) * TWEET_BLOCK : a->t->n;
    for (size_t i = item * TWEET_BLOCK; i < end; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(&worker->arena);
        NORN_TRY(norni_tweet_features_of(a->vader, &a->negations, a->t->text[i], &worker->arena,
                                         &a->f[i], err));
        for (size_t g = 0; g < N_GROUPS; g++) {
            uint32_t *kept = norni_arena_get(&a->arena[item], a->f[i].n[g] + 1, sizeof *kept);
            if (kept == NULL) return norni_alloc_fail(err, "train", a->f[i].n[g], sizeof *kept);
            memcpy(kept, a->f[i].hash[g], a->f[i].n[g] * sizeof *kept);
            a->f[i].hash[g] = kept;
        }
        norni_arena_rewind(&worker->arena, mark);
    }
    return NORN_OK;
}

/* The features that enough training tweets hold get numbers, in the order of their first place. */
static norn_status count(const job *a, double min_df, norni_arena *arena, vocabulary *v, design *d,
                         norn_err *err) {
    v->n_slots = (size_t)1 << 23;
    v->slot = norni_arena_zero(arena, v->n_slots, sizeof *v->slot);
    if (v->slot == NULL) return norni_alloc_fail(err, "train", v->n_slots, sizeof *v->slot);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < a->t->n_train; i++)
            for (size_t g = 0; g < N_GROUPS; g++)
                for (size_t k = 0; k < a->f[i].n[g]; k++) {
                    entry *e = find(v, a->f[i].hash[g][k]);
                    if (pass == 0 && !e->used) {
                        if (++v->n > v->n_slots / 4 * 3)
                            return norn_fail(err, NORN_E_ARG, "train: more than %zu features",
                                             v->n);
                        *e = (entry){.hash = a->f[i].hash[g][k], .used = true};
                    }
                    if (pass == 0 && e->last != i + 1) {
                        e->df++;
                        e->last = (uint32_t)(i + 1);
                    }
                    if (pass == 1 && e->df >= min_df && e->id == 0) {
                        d->hash[d->n_features] = e->hash;
                        d->idf[d->n_features] =
                            norni_log((1 + (double)a->t->n_train) / (1 + (double)e->df)) + 1;
                        e->id = (uint32_t)++d->n_features;
                    }
                }
        if (pass == 0) {
            d->hash = norni_arena_get(arena, v->n, sizeof *d->hash);
            d->idf = norni_arena_get(arena, v->n, sizeof *d->idf);
            if (d->hash == NULL || d->idf == NULL)
                return norni_alloc_fail(err, "train", v->n, sizeof *d->idf);
        }
    }
    return NORN_OK;
}

/* Columns of the rows that are there. */
static norn_status make_columns(design *d, norni_arena *arena, norn_err *err) {
    size_t n = 0;
    for (size_t g = 0; g < N_GROUPS; g++)
        n += d->row_at[g][d->n_rows];
    d->col_at = norni_arena_zero(arena, d->n_features + 2, sizeof *d->col_at);
    d->col_row = norni_arena_get(arena, n + 1, sizeof *d->col_row);
    d->norm = norni_arena_zero(arena, d->n_features + 1, sizeof *d->norm);
    if (d->col_at == NULL || d->col_row == NULL || d->norm == NULL)
        return norni_alloc_fail(err, "train", n, sizeof *d->col_row);
    for (size_t g = 0; g < N_GROUPS; g++)
        for (size_t at = 0; at < d->row_at[g][d->n_rows]; at++)
            d->col_at[d->row_id[g][at] + 2]++;
    for (size_t j = 1; j < d->n_features + 2; j++)
        d->col_at[j] += d->col_at[j - 1];
    for (size_t i = 0; i < d->n_rows; i++)
        for (size_t g = 0; g < N_GROUPS; g++)
            for (size_t at = d->row_at[g][i]; at < d->row_at[g][i + 1]; at++) {
                const size_t j = d->row_id[g][at];
                d->col_row[d->col_at[j + 1]++] = (uint32_t)(i * N_GROUPS + g);
                d->norm[j] += d->scale[g][i] * d->scale[g][i] * d->idf[j] * d->idf[j];
            }
    for (size_t j = 0; j < d->n_features; j++)
        d->norm[j] = sqrt(d->norm[j]);
    return NORN_OK;
}

static void make_dense(const job *a, design *d) {
    for (size_t k = 0; k < N_DENSE; k++) {
        double sum = 0, squares = 0;
        const double n = (double)a->t->n_train;
        for (size_t i = 0; i < a->t->n_train; i++) {
            sum += a->f[i].dense[k];
            squares += a->f[i].dense[k] * a->f[i].dense[k];
        }
        const double var = squares / n - sum / n * (sum / n);
        d->mean[k] = sum / n;
        d->spread[k] = var > 1e-12 ? sqrt(var) / DENSE_UNIT : 1;
        for (size_t i = 0; i < a->t->n; i++)
            d->dense[i * N_DENSE + k] = (a->f[i].dense[k] - d->mean[k]) / d->spread[k];
    }
}

static norn_status make_rows(const job *a, const settings *set, const vocabulary *v,
                             norni_arena *arena, design *d, norn_err *err) {
    d->n_rows = a->t->n;
    for (size_t g = 0; g < N_GROUPS; g++) {
        size_t n = 0;
        for (size_t i = 0; i < d->n_rows; i++)
            n += a->f[i].n[g];
        d->row_at[g] = norni_arena_zero(arena, d->n_rows + 1, sizeof *d->row_at[g]);
        d->row_id[g] = norni_arena_get(arena, n + 1, sizeof *d->row_id[g]);
        d->scale[g] = norni_arena_get(arena, d->n_rows, sizeof *d->scale[g]);
        if (d->row_at[g] == NULL || d->row_id[g] == NULL || d->scale[g] == NULL)
            return norni_alloc_fail(err, "train", n, sizeof(uint32_t));
        n = 0;
        for (size_t i = 0; i < d->n_rows; i++) {
            const norni_tweet_features *f = &a->f[i];
            for (size_t k = 0; k < f->n[g]; k++) {
                const entry *e = find(v, f->hash[g][k]);
                if (e->used && e->id > 0) d->row_id[g][n++] = e->id - 1;
            }
            d->row_at[g][i + 1] = n;
            d->scale[g][i] =
                f->n[g] > 0 ? (g == 0 ? set->word : set->piece) / sqrt((double)f->n[g]) : 0;
        }
    }
    d->dense = norni_arena_get(arena, d->n_rows, N_DENSE * sizeof *d->dense);
    if (d->dense == NULL)
        return norni_alloc_fail(err, "train", d->n_rows, N_DENSE * sizeof *d->dense);
    make_dense(a, d);
    return make_columns(d, arena, err);
}

norn_status design_make(norn_ctx *ctx, const tweets *t, const settings *set, norni_arena *arena,
                        design *out, norn_err *err) {
    const size_t n_blocks = (t->n + TWEET_BLOCK - 1) / TWEET_BLOCK;
    job a = {.t = t};
    vocabulary v = {0};
    *out = (design){0};
    norni_tweet_negations_init(&a.negations);
    a.f = norni_arena_zero(arena, t->n, sizeof *a.f);
    a.arena = norni_arena_zero(arena, n_blocks, sizeof *a.arena);
    if (a.f == NULL || a.arena == NULL) return norni_alloc_fail(err, "train", t->n, sizeof *a.f);
    for (size_t b = 0; b < n_blocks; b++)
        norni_arena_init(&a.arena[b], &ctx->alloc);
    norn_status st = norni_vader_make(&ctx->alloc, (norni_str){"", 0}, &a.vader, err);
    if (st == NORN_OK) st = norni_for(ctx, NULL, n_blocks, extract, &a, NULL, err);
    if (st == NORN_OK) st = count(&a, set->min_df, arena, &v, out, err);
    if (st == NORN_OK) st = make_rows(&a, set, &v, arena, out, err);
    norni_vader_free(a.vader);
    for (size_t b = 0; b < n_blocks; b++)
        norni_arena_clear(&a.arena[b]);
    return st;
}

norn_status design_keep(const design *d, const bool *keep, norni_arena *arena, design *out,
                        norn_err *err) {
    *out = *d;
    uint32_t *id = norni_arena_get(arena, d->n_features, sizeof *id);
    out->hash = norni_arena_get(arena, d->n_features, sizeof *out->hash);
    out->idf = norni_arena_get(arena, d->n_features, sizeof *out->idf);
    if (id == NULL || out->hash == NULL || out->idf == NULL)
        return norni_alloc_fail(err, "train", d->n_features, sizeof *id);
    out->n_features = 0;
    for (size_t j = 0; j < d->n_features; j++) {
        if (!keep[j]) continue;
        out->hash[out->n_features] = d->hash[j];
        out->idf[out->n_features] = d->idf[j];
        id[j] = (uint32_t)out->n_features++;
    }
    for (size_t g = 0; g < N_GROUPS; g++) {
        size_t n = 0;
        out->row_at[g] = norni_arena_zero(arena, d->n_rows + 1, sizeof *out->row_at[g]);
        out->row_id[g] =
            norni_arena_get(arena, d->row_at[g][d->n_rows] + 1, sizeof *out->row_id[g]);
        if (out->row_at[g] == NULL || out->row_id[g] == NULL)
            return norni_alloc_fail(err, "train", d->n_rows, sizeof *id);
        for (size_t i = 0; i < d->n_rows; i++) {
            for (size_t at = d->row_at[g][i]; at < d->row_at[g][i + 1]; at++)
                if (keep[d->row_id[g][at]]) out->row_id[g][n++] = id[d->row_id[g][at]];
            out->row_at[g][i + 1] = n;
        }
    }
    return make_columns(out, arena, err);
}
