/* A sample of tweets: the same ones for a seed, whatever their order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_SAMPLE_H
#define NORNI_SIGNALS_SAMPLE_H

#include "signals/signals_tweets.h"

/* Keeps n tweets (0, or as many as there are: all), in their order: those whose ids draw the least numbers under the seed. */
NORN_CHECKED norn_status norni_signals_sample(norni_tweets *t, size_t n, uint64_t seed,
                                              norn_err *err);

#endif
