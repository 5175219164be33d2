/* The default model's features and weights, for the files that score with them and for the trainer. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TWEET_MODEL_PARTS_H
#define NORNI_TWEET_MODEL_PARTS_H

#include "text/sentiment.h"
#include "text/vader.h"

enum {
    TWEET_N_GROUPS = 2,                  /* of hashed features: words, characters */
    TWEET_N_DENSE = 40,                  /* numbers of a tweet: VADER's, and counts */
    TWEET_MODEL_BYTES = 1000000,         /* a file's size at most */
    TWEET_TEXT_BYTES = NORNI_VADER_BYTES /* that are read of a text */
};

/* Words that turn round what follows, by their hashes. */
typedef struct norni_tweet_negations {
    uint64_t slot[128]; /* open addressing; 0: empty */
} norni_tweet_negations;
void norni_tweet_negations_init(norni_tweet_negations *set);

/* A text's features: every occurrence of a hashed one, and the numbers. */
typedef struct norni_tweet_features {
    uint32_t *hash[TWEET_N_GROUPS]; /* (n[g]) */
    size_t n[TWEET_N_GROUPS];
    double dense[TWEET_N_DENSE];
} norni_tweet_features;
/* Of the first TWEET_TEXT_BYTES bytes; in the arena. */
NORN_CHECKED norn_status norni_tweet_features_of(const norni_vader *vader,
                                                 const norni_tweet_negations *negations,
                                                 norni_str text, norni_arena *scratch,
                                                 norni_tweet_features *out, norn_err *err);

/* All numbers of a model; the sum of a class is
 *     bias + dense' weights + sum over groups g of scale[g] / sqrt(n[g]) * (sum of the int8 weights of the features that stand here)
 * and p the softmax of slope * sum + log prior + shift; the label is the class of the largest p / prior. */
typedef struct norni_tweet_weights {
    uint32_t n_features;
    uint32_t *hash;               /* (n_features), rising */
    int8_t *weight;               /* (n_features, 3) */
    double scale[TWEET_N_GROUPS]; /* of an int8 step */
    double bias[NORNI_N_SENTIMENTS];
    double dense[TWEET_N_DENSE][NORNI_N_SENTIMENTS];
    double slope, shift[NORNI_N_SENTIMENTS], prior[NORNI_N_SENTIMENTS];
} norni_tweet_weights;

/* A file of the weights, and back; what is read lies in the arena. */
NORN_CHECKED norn_status norni_tweet_weights_write(const norni_tweet_weights *w, norni_str note,
                                                   norni_buf *out, norn_err *err);
NORN_CHECKED norn_status norni_tweet_weights_read(norni_str bytes, norni_arena *arena,
                                                  norni_tweet_weights *out, norn_err *err);

#endif
