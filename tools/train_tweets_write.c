/* The trainer's last step: weights rounded to int8, and the model's file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>

#include "base/fp.h"
#include "base/hash.h"
#include "base/sort.h"
#include "train_tweets.h"

enum { MOST_STEPS = 127 };

/* A feature's weights as they stand in the sums, less what all classes share. */
static void centred(const design *d, const double *w, size_t j, double *v) {
    const double mean = (w[3 * j] + w[3 * j + 1] + w[3 * j + 2]) / 3;
    for (size_t c = 0; c < N_CLASSES; c++)
        v[c] = (w[j * N_CLASSES + c] - mean) * d->idf[j];
}

static double step_of(const design *d, const double *w) {
    double most = 0;
    for (size_t j = 0; j < d->n_features; j++) {
        double v[N_CLASSES];
        centred(d, w, j, v);
        for (size_t c = 0; c < N_CLASSES; c++)
            most = fabs(v[c]) > most ? fabs(v[c]) : most;
    }
    return most > 0 ? most / MOST_STEPS : 1;
}

static int by_hash(const void *arg, size_t a, size_t b) {
    const design *d = arg;
    return d->hash[a] < d->hash[b] ? -1 : d->hash[a] > d->hash[b];
}

/* In the order of the hashes; a feature whose weights are all rounded to 0 is left out. */
static norn_status round_all(const design *d, const double *w, double step, norni_arena *arena,
                             norni_tweet_weights *out, norn_err *err) {
    size_t *order = norni_arena_get(arena, d->n_features, sizeof *order);
    size_t *scratch = norni_arena_get(arena, d->n_features, sizeof *scratch);
    out->hash = norni_arena_get(arena, d->n_features, sizeof *out->hash);
    out->weight = norni_arena_get(arena, d->n_features, N_CLASSES);
    if (order == NULL || scratch == NULL || out->hash == NULL || out->weight == NULL)
        return norni_alloc_fail(err, "train", d->n_features, sizeof *order);
    for (size_t j = 0; j < d->n_features; j++)
        order[j] = j;
    norni_sort_index(order, d->n_features, by_hash, d, scratch);
    for (size_t k = 0; k < d->n_features; k++) {
        double v[N_CLASSES];
        int8_t q[N_CLASSES];
        centred(d, w, order[k], v);
        for (size_t c = 0; c < N_CLASSES; c++)
            q[c] = (int8_t)lrint(v[c] / step);
        if (q[0] == 0 && q[1] == 0 && q[2] == 0) continue;
        memcpy(out->weight + (size_t)out->n_features * N_CLASSES, q, N_CLASSES);
        out->hash[out->n_features++] = d->hash[order[k]];
    }
    return NORN_OK;
}

/* How the model was made, for who opens its file. */
static void write_note(norni_buf *b, const tweets *t, const settings *set) {
    char digest[2][NORNI_DIGEST_TEXT];
    for (size_t f = 0; f < 2; f++)
        norni_hash_text(norni_hash_128(t->bytes[f], t->size[f]), digest[f]);
    norni_buf_format(b,
                     "train %s val %s min_df=%g ridge=%g dense_ridge=%g word=%g piece=%g "
                     "balance=%g keep=%g steps=%g folds=%g",
                     digest[0], digest[1], set->min_df, set->ridge, set->dense_ridge, set->word,
                     set->piece, set->balance, set->keep, set->steps, set->folds);
}

norn_status model_write(norn_ctx *ctx, const tweets *t, const settings *set, const design *d,
                        const double *w, const double *x, const double *prior, norni_arena *arena,
                        const char *path, norn_err *err) {
    const double step = step_of(d, w);
    const double *dense = w + d->n_features * N_CLASSES, *bias = dense + N_DENSE * N_CLASSES;
    norni_tweet_weights out = {
        .scale = {set->word * step, set->piece * step}, .slope = x[0], .shift = {x[1], 0, x[2]}};
    norni_buf note, file;
    NORN_TRY(round_all(d, w, step, arena, &out, err));
    for (size_t c = 0; c < N_CLASSES; c++) {
        out.prior[c] = prior[c];
        out.bias[c] = bias[c] * DENSE_UNIT;
        for (size_t k = 0; k < N_DENSE; k++) {
            out.dense[k][c] = dense[k * N_CLASSES + c] / d->spread[k];
            out.bias[c] -= out.dense[k][c] * d->mean[k];
        }
    }
    norni_buf_init(&note, &ctx->alloc);
    norni_buf_init(&file, &ctx->alloc);
    write_note(&note, t, set);
    norn_status st = note.failed
                         ? norni_alloc_fail(err, "train", 1024, 1)
                         : norni_tweet_weights_write(&out, (norni_str){note.p, note.n}, &file, err);
    FILE *f = st == NORN_OK ? fopen(path, "wb") : NULL;
    if (st == NORN_OK && (f == NULL || fwrite(file.p, 1, file.n, f) != file.n || fclose(f) != 0))
        st = norn_fail(err, NORN_E_IO, "train: %s cannot be written", path);
    if (st == NORN_OK)
        printf("%s: %zu features, %zu bytes, step %.3g\n%.*s\n", path, (size_t)out.n_features,
               file.n, step, (int)note.n, note.p);
    if (st == NORN_OK && file.n > TWEET_MODEL_BYTES)
        st = norn_fail(err, NORN_E_ARG,
                       "train: the file takes more than 1,000,000 bytes: keep fewer features");
    norni_buf_clear(&note);
    norni_buf_clear(&file);
    return st;
}
