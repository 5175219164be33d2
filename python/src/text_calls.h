/* Sentiment and TF-IDF of texts from Python: norn.sentiment, norn.TfidfVectorizer. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_TEXT_CALLS_H
#define NORNPY_TEXT_CALLS_H

#include "python/src/state.h"

/* sentiment([texts], {option: text}, n_threads) -> (labels as 0, 1, 2, score, p_negative, p_neutral, p_positive), arrays. */
PyObject *nornpy_sentiment(PyObject *module, PyObject *args);
/* tfidf_fit([texts], {option: text}, n_threads) -> (model, (start, index, value)) */
PyObject *nornpy_tfidf_fit(PyObject *module, PyObject *args);
/* tfidf_transform(model, [texts], n_threads) -> (start, index, value) */
PyObject *nornpy_tfidf_transform(PyObject *module, PyObject *args);
/* tfidf_view(model) -> ([terms], df, idf) */
PyObject *nornpy_tfidf_view(PyObject *module, PyObject *model);

#endif
