/* The operations `text sentiment`, `text tfidf` and `text tokenize`: the parts of signals alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_TEXT_H
#define NORNI_OP_TEXT_H

#include "app/text_plan.h"

/* `opt` is a norni_text_opt. */
NORN_CHECKED norn_status norni_op_text_sentiment(const norni_op_env *env, const void *opt,
                                                 norni_op_result *out, norn_err *err);
NORN_CHECKED norn_status norni_op_text_tfidf(const norni_op_env *env, const void *opt,
                                             norni_op_result *out, norn_err *err);
NORN_CHECKED norn_status norni_op_text_tokenize(const norni_op_env *env, const void *opt,
                                                norni_op_result *out, norn_err *err);

#endif
