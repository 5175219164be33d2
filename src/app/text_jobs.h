/* The work of the operations on texts, from texts in memory to the file of --out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEXT_JOBS_H
#define NORNI_TEXT_JOBS_H

#include "app/text_write.h"

/* Each row as it stands, and behind it label, score, p_negative, p_neutral, p_positive (a name that is taken gets _norn behind it). */
NORN_CHECKED norn_status norni_text_sentiment(const norni_op_env *env, const norni_text_opt *opt,
                                              const norni_texts *t, norni_op_result *out,
                                              norn_err *err);
/* CSV: row, term, value, a line for each term of each text. JSON: {"row", "terms": {term: value}}. */
NORN_CHECKED norn_status norni_text_tfidf(const norni_op_env *env, const norni_text_opt *opt,
                                          const norni_texts *t, norni_op_result *out,
                                          norn_err *err);
/* CSV: row, token, kind, start, end (code points); with a vocabulary row, n_tokens, ids (parted by blanks). JSON: lists in a row's object. */
NORN_CHECKED norn_status norni_text_tokenize(const norni_op_env *env, const norni_text_opt *opt,
                                             const norni_texts *t, norni_op_result *out,
                                             norn_err *err);

#endif
