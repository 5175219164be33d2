/* The embedded default model: a linear classifier over hashed word and character n-grams and lexicon features of a tweet. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TWEET_MODEL_H
#define NORNI_TWEET_MODEL_H

#include "text/sentiment.h"

/* The model that stands in the library (data/models/, made by tools/train_tweets). */
NORN_CHECKED norn_status norni_tweet_model_default(const norn_alloc *alloc,
                                                   norni_sentiment_model *out, norn_err *err);
/* One from the bytes of a file of the same format (borrowed for the call); NORN_E_FORMAT for any that is not whole. `name` is copied. */
NORN_CHECKED norn_status norni_tweet_model_read(const norn_alloc *alloc, norni_str bytes,
                                                const char *name, norni_sentiment_model *out,
                                                norn_err *err);
/* VADER as a sentiment model (text/vader.h): label by ±0.05, p by its own map of the compound onto three classes (documented in vader_model.c). `own` as
 * in norni_vader_make. */
NORN_CHECKED norn_status norni_vader_model(const norn_alloc *alloc, norni_str own,
                                           norni_sentiment_model *out, norn_err *err);

#endif
