/* The trainer of the default sentiment model: tweets as a sparse design, and a multinomial logistic regression over it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRAIN_TWEETS_H
#define TRAIN_TWEETS_H

#include "text/tweet_model_parts.h"

enum { N_CLASSES = NORNI_N_SENTIMENTS, N_DENSE = TWEET_N_DENSE, N_GROUPS = TWEET_N_GROUPS };

/* The numbers' spread and the bias's column: near those of frequent features, for the minimiser's sake. */
#define DENSE_UNIT 0.25

/* Labelled texts; the first n_train are trained on, the rest is judged. */
typedef struct tweets {
    char *bytes[2]; /* of the two files */
    size_t size[2];
    norni_str *text; /* (n) */
    uint8_t *label;  /* (n) */
    size_t n, n_train;
} tweets;

/* What may be chosen; the choice is made on the validation set. */
typedef struct settings {
    double min_df;      /* training tweets that hold a feature, at least */
    double ridge;       /* weight of half the squared weights against the mean loss */
    double dense_ridge; /* of the numbers' weights, as a share of it */
    double word, piece; /* the groups' shares of a tweet's length */
    double balance;     /* a tweet's weight is its class's share to the power -balance */
    double keep;        /* features of the model */
    double steps;       /* of the minimiser, at most */
    double folds;       /* of the calibration */
} settings;

/* Tweets by features. A feature j of group g stands in row i with the value share[g] / sqrt(features of the group in i) * idf[j], once for
 * every occurrence. */
typedef struct design {
    size_t n_rows, n_features;
    size_t *row_at[N_GROUPS];   /* (n_rows + 1) into row_id */
    uint32_t *row_id[N_GROUPS]; /* features */
    double *scale[N_GROUPS];    /* (n_rows) */
    uint32_t *hash;             /* (n_features) */
    double *idf;                /* (n_features) */
    double *norm;               /* (n_features) root of the sum of squares of its column */
    size_t *col_at;             /* (n_features + 1) into col_row */
    uint32_t *col_row;          /* row * N_GROUPS + group */
    double *dense;              /* (n_rows, N_DENSE): less mean, over spread */
    double mean[N_DENSE], spread[N_DENSE];
} design;

/* Doubles of a fit: the features', the numbers' and the biases, by class. */
static inline size_t weights_n(const design *d) {
    return (d->n_features + N_DENSE + 1) * N_CLASSES;
}

NORN_CHECKED norn_status tweets_read(const norn_alloc *alloc, const char *const path[2],
                                     norni_arena *arena, tweets *out, norn_err *err);
/* Features of all texts; the vocabulary is that of the training part. */
NORN_CHECKED norn_status design_make(norn_ctx *ctx, const tweets *t, const settings *set,
                                     norni_arena *arena, design *out, norn_err *err);
/* The same with the features that `keep` (n_features) says. */
NORN_CHECKED norn_status design_keep(const design *d, const bool *keep, norni_arena *arena,
                                     design *out, norn_err *err);
/* Weights w (weights_n) from where they stand, by rows of positive weight row_weight (n_rows); p (n_rows, 3) all rows' probabilities. */
NORN_CHECKED norn_status fit(norn_ctx *ctx, const design *d, const uint8_t *label,
                             const double *row_weight, const settings *set, double *w, double *p,
                             norn_err *err);
/* The model's file from weights w of d and the calibration x: slope, shifts of negative and positive. */
NORN_CHECKED norn_status model_write(norn_ctx *ctx, const tweets *t, const settings *set,
                                     const design *d, const double *w, const double *x,
                                     const double *prior, norni_arena *arena, const char *path,
                                     norn_err *err);

#endif
