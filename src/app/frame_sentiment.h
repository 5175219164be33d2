/* Texts of callers in memory: what a sentiment model says of each, and their TF-IDF weights. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_SENTIMENT_H
#define NORNI_FRAME_SENTIMENT_H

#include "app/frame.h"
#include "text/sentiment.h"
#include "text/tfidf.h"

/* out (n), by the options of `norn text sentiment`; a text that is not UTF-8 is mended. */
NORN_CHECKED norn_status norni_frame_sentiment(norn_ctx *ctx, const norni_frame_call *call,
                                               const norni_str *text, size_t n,
                                               norni_sentiment *out, norn_err *err);
/* A vocabulary of the texts and their weights, by the options of `norn text tfidf`. *out is the caller's (norni_tfidf_free) and
 * outlives the context; rows (norni_tfidf_rows_clear) do not, whatever is returned. */
NORN_CHECKED norn_status norni_frame_tfidf(norn_ctx *ctx, const norni_frame_call *call,
                                           const norni_str *text, size_t n, norni_tfidf **out,
                                           norni_tfidf_rows *rows, norn_err *err);

#endif
