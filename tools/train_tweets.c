/* Trains the default sentiment model: train_tweets TRAIN.tsv VAL.tsv OUT.bin [setting=value...] */
/* SPDX-License-Identifier: Apache-2.0 */
/* The files are those of tools/prepare_tweets.py. A fit on all features names those worth keeping (|weight| times the root of the column's sum
 * of squares); a second fit on them gives the weights, which are rounded to int8. Slope and shifts of the probabilities come from held-out
 * folds of the training set, each with its own choice of features. The validation set is only judged. The file depends on the input and the
 * settings alone, at any worker count. */
#include "train_tweets.h"

#include <math.h>
#include <stdio.h>

#include "base/fp.h"
#include "base/hash.h"
#include "base/numtext.h"
#include "base/sort.h"
#include "num/lbfgs.h"

static const struct {
    const char *name;
    size_t at;
} setting_row[] = {{"min_df", offsetof(settings, min_df)},
                   {"ridge", offsetof(settings, ridge)},
                   {"dense_ridge", offsetof(settings, dense_ridge)},
                   {"word", offsetof(settings, word)},
                   {"piece", offsetof(settings, piece)},
                   {"balance", offsetof(settings, balance)},
                   {"keep", offsetof(settings, keep)},
                   {"steps", offsetof(settings, steps)},
                   {"folds", offsetof(settings, folds)}};
enum { N_SETTINGS = sizeof setting_row / sizeof setting_row[0] };

static double *setting_of(settings *set, size_t k) {
    return (double *)(void *)((char *)set + setting_row[k].at);
}

static norn_status read_settings(int argc, char **argv, settings *set, norn_err *err) {
    for (int a = 0; a < argc; a++) {
        const char *is = strchr(argv[a], '=');
        size_t k = 0;
        while (k < N_SETTINGS &&
               (is == NULL ||
                !norni_str_is((norni_str){argv[a], (size_t)(is - argv[a])}, setting_row[k].name)))
            k++;
        if (k == N_SETTINGS ||
            norni_num_parse(is + 1, strlen(is + 1), setting_of(set, k)) != NORNI_NUM_OK ||
            !(*setting_of(set, k) >= 0))
            return norn_fail(err, NORN_E_ARG, "train: %s is no setting", argv[a]);
    }
    return NORN_OK;
}

/* All that a run holds. */
typedef struct run {
    norn_ctx *ctx;
    const tweets *t;
    const settings *set;
    norni_arena *arena;
    double share[N_CLASSES];  /* of the classes in training */
    double weight[N_CLASSES]; /* of a tweet */
} run;

static void make_shares(run *r) {
    double count[N_CLASSES] = {0};
    for (size_t i = 0; i < r->t->n_train; i++)
        count[r->t->label[i]]++;
    for (size_t c = 0; c < N_CLASSES; c++) {
        r->share[c] = count[c] / (double)r->t->n_train;
        r->weight[c] = norni_pow(N_CLASSES * r->share[c], -r->set->balance);
    }
}

static int by_value(const void *arg, size_t a, size_t b) { /* the largest first */
    const double *value = arg;
    return value[a] > value[b] ? -1 : value[a] < value[b];
}

/* The spread of a feature's weights over the classes: what all have in common decides nothing. */
static double size_of(const double *w) {
    const double mean = (w[0] + w[1] + w[2]) / 3;
    double s = 0;
    for (size_t c = 0; c < N_CLASSES; c++)
        s += (w[c] - mean) * (w[c] - mean);
    return sqrt(s);
}

/* Fits on all features, keeps the best, fits again: *kept and its weights, and all rows' probabilities. */
static norn_status fit_kept(const run *r, const design *d, const double *row_weight, design *kept,
                            double **w, double *p, norn_err *err) {
    const size_t n = d->n_features;
    double *all = norni_arena_zero(r->arena, weights_n(d), sizeof *all);
    double *value = norni_arena_get(r->arena, n, sizeof *value);
    size_t *order = norni_arena_get(r->arena, n, 2 * sizeof *order);
    bool *keep = norni_arena_zero(r->arena, n, sizeof *keep);
    *w = norni_arena_zero(r->arena, weights_n(d), sizeof **w);
    if (all == NULL || value == NULL || order == NULL || keep == NULL || *w == NULL)
        return norni_alloc_fail(err, "train", n, sizeof *all);
    NORN_TRY(fit(r->ctx, d, r->t->label, row_weight, r->set, all, p, err));
    for (size_t j = 0; j < n; j++) {
        value[j] = size_of(all + j * N_CLASSES) * d->norm[j];
        order[j] = j;
    }
    const size_t most = r->set->keep < (double)n ? (size_t)r->set->keep : n;
    norni_sort_index(order, n, by_value, value, order + n);
    for (size_t k = 0; k < most; k++)
        keep[order[k]] = true;
    NORN_TRY(design_keep(d, keep, r->arena, kept, err));
    size_t m = 0;
    for (size_t j = 0; j < n; j++)
        if (keep[j]) memcpy(*w + N_CLASSES * m++, all + N_CLASSES * j, N_CLASSES * sizeof **w);
    memcpy(*w + N_CLASSES * m, all + N_CLASSES * n, (N_DENSE + 1) * N_CLASSES * sizeof **w);
    return fit(r->ctx, kept, r->t->label, row_weight, r->set, *w, p, err);
}

typedef struct calibration {
    const double *p; /* (n, 3) held out, of the weighted fit */
    const uint8_t *label;
    size_t n;
    const double *prior;
} calibration;

/* p to the power x[0], times prior and exp of the shifts x[1], 0, x[2]; over their sum. */
static void calibrated(const double *p, const double *prior, const double *x, double *out) {
    const double shift[N_CLASSES] = {x[1], 0, x[2]};
    double sum = 0;
    for (size_t c = 0; c < N_CLASSES; c++)
        sum += out[c] =
            norni_exp(x[0] * norni_log(p[c] > 1e-300 ? p[c] : 1e-300) + shift[c]) * prior[c];
    for (size_t c = 0; c < N_CLASSES; c++)
        out[c] /= sum;
}

static double calibration_loss(const double *x, double *gradient, void *arg) {
    const calibration *a = arg;
    double loss = 0, g[N_CLASSES] = {0};
    for (size_t i = 0; i < a->n; i++) {
        const double *p = a->p + i * N_CLASSES;
        double q[N_CLASSES];
        calibrated(p, a->prior, x, q);
        loss -= norni_log(q[a->label[i]] > 1e-300 ? q[a->label[i]] : 1e-300);
        for (size_t c = 0; c < N_CLASSES; c++) {
            const double pulls = q[c] - (a->label[i] == c);
            g[0] += pulls * norni_log(p[c] > 1e-300 ? p[c] : 1e-300);
            if (c != NORNI_NEUTRAL) g[c == NORNI_NEGATIVE ? 1 : 2] += pulls;
        }
    }
    for (size_t k = 0; gradient != NULL && k < N_CLASSES; k++)
        gradient[k] = g[k] / (double)a->n;
    return loss / (double)a->n;
}

static void judge(const char *what, const double *p, const uint8_t *label, size_t n,
                  const double *prior) {
    double hit[N_CLASSES] = {0}, seen[N_CLASSES] = {0}, loss = 0, recall = 0, right = 0;
    for (size_t i = 0; i < n; i++) {
        const double *q = p + i * N_CLASSES;
        size_t got = NORNI_NEUTRAL;
        for (size_t c = 0; c < N_CLASSES; c++)
            if (q[c] / prior[c] > q[got] / prior[got]) got = c;
        seen[label[i]]++;
        hit[label[i]] += got == label[i];
        loss -= norni_log(q[label[i]] > 1e-300 ? q[label[i]] : 1e-300);
    }
    for (size_t c = 0; c < N_CLASSES; c++) {
        recall += hit[c] / seen[c] / N_CLASSES;
        right += hit[c];
    }
    printf("%s: macro-recall %.4f (%.3f %.3f %.3f), accuracy %.4f, log loss %.4f\n", what, recall,
           hit[0] / seen[0], hit[1] / seen[1], hit[2] / seen[2], right / (double)n,
           loss / (double)n);
    (void)fflush(stdout);
}

/* Slope and shifts from folds that were held out: x (3). */
static norn_status calibrate(const run *r, const design *d, double *x, norn_err *err) {
    const size_t n = r->t->n_train, folds = (size_t)r->set->folds;
    double *held = norni_arena_get(r->arena, n, N_CLASSES * sizeof *held);
    double *p = norni_arena_get(r->arena, d->n_rows, N_CLASSES * sizeof *p);
    double *row_weight = norni_arena_zero(r->arena, d->n_rows, sizeof *row_weight);
    if (held == NULL || p == NULL || row_weight == NULL)
        return norni_alloc_fail(err, "train", n, sizeof *held);
    for (size_t f = 0; f < folds; f++) {
        const norni_arena_mark mark = norni_arena_mark_get(r->arena);
        design kept;
        double *w;
        for (size_t i = 0; i < n; i++)
            row_weight[i] = i % folds == f ? 0 : r->weight[r->t->label[i]];
        NORN_TRY(fit_kept(r, d, row_weight, &kept, &w, p, err));
        for (size_t i = f; i < n; i += folds)
            memcpy(held + i * N_CLASSES, p + i * N_CLASSES, N_CLASSES * sizeof *held);
        norni_arena_rewind(r->arena, mark);
    }
    const double flat[N_CLASSES] = {1, 1, 1};
    judge("held out", held, r->t->label, n, flat);
    calibration a = {held, r->t->label, n, r->share};
    double scratch[2 * 8 * 3 + 5 * 3 + 2 * 8];
    const norni_lbfgs_opt opt = norni_lbfgs_opt_default();
    x[0] = 1;
    x[1] = x[2] = 0;
    (void)norni_lbfgs(calibration_loss, &a, x, N_CLASSES, &opt, scratch);
    printf("calibration: slope %.4f, shifts %.4f 0 %.4f\n", x[0], x[1], x[2]);
    return NORN_OK;
}

static norn_status whole(run *r, const char *out_path, norn_err *err) {
    design d, kept;
    double *w, x[N_CLASSES] = {1, 0, 0};
    make_shares(r);
    NORN_TRY(design_make(r->ctx, r->t, r->set, r->arena, &d, err));
    printf("%zu tweets, %zu to train on, %zu features\n", d.n_rows, r->t->n_train, d.n_features);
    double *row_weight = norni_arena_zero(r->arena, d.n_rows, sizeof *row_weight);
    double *p = norni_arena_get(r->arena, d.n_rows, N_CLASSES * sizeof *p);
    if (row_weight == NULL || p == NULL) return norni_alloc_fail(err, "train", d.n_rows, sizeof *p);
    for (size_t i = 0; i < r->t->n_train; i++)
        row_weight[i] = r->weight[r->t->label[i]];
    const norni_arena_mark mark = norni_arena_mark_get(r->arena);
    if (r->set->folds >= 2) NORN_TRY(calibrate(r, &d, x, err));
    norni_arena_rewind(r->arena, mark);
    NORN_TRY(fit_kept(r, &d, row_weight, &kept, &w, p, err));
    const size_t n = r->t->n_train;
    for (size_t i = n; i < d.n_rows; i++)
        calibrated(p + i * N_CLASSES, r->share, x, p + i * N_CLASSES);
    judge("validation, before rounding", p + n * N_CLASSES, r->t->label + n, d.n_rows - n,
          r->share);
    return model_write(r->ctx, r->t, r->set, &kept, w, x, r->share, r->arena, out_path, err);
}

int main(int argc, char **argv) {
    settings set = {.min_df = 3,
                    .ridge = 1.2e-3,
                    .dense_ridge = 0.02,
                    .word = 1,
                    .piece = 1,
                    .balance = 1,
                    .keep = 140000,
                    .steps = 40,
                    .folds = 4};
    norni_arena arena;
    norn_err err = {0};
    tweets t = {0};
    run r = {.t = &t, .set = &set, .arena = &arena};
    if (argc < 4) {
        (void)fprintf(stderr, "train_tweets TRAIN.tsv VAL.tsv OUT.bin [setting=value...]\n");
        return 2;
    }
    norn_status st = norn_ctx_new(NULL, &r.ctx, &err);
    if (st == NORN_OK) {
        const char *const path[2] = {argv[1], argv[2]};
        norni_arena_init(&arena, &r.ctx->alloc);
        st = read_settings(argc - 4, argv + 4, &set, &err);
        if (st == NORN_OK) st = tweets_read(&r.ctx->alloc, path, &arena, &t, &err);
        if (st == NORN_OK) st = whole(&r, argv[3], &err);
        norni_arena_clear(&arena);
        for (size_t f = 0; f < 2; f++)
            norni_alloc_drop(&r.ctx->alloc, t.bytes[f], t.size[f] + 1, 1);
        norn_ctx_free(r.ctx);
    }
    if (st != NORN_OK) (void)fprintf(stderr, "%s\n", err.text);
    return st != NORN_OK;
}
