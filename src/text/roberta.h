/* A RoBERTa sequence classifier from a Hugging Face folder: fp32, int8 or bf16, ragged batches, one copy of the weights for all workers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROBERTA_H
#define NORNI_ROBERTA_H

#include "text/sentiment.h"

typedef enum norni_precision {
    NORNI_PRECISION_FP32,
    NORNI_PRECISION_INT8,
    NORNI_PRECISION_BF16
} norni_precision;
/* Whether this machine has what the precision needs; *why (may be NULL) says what it lacks. fp32 and int8 always are. */
bool norni_precision_usable(norni_precision p, const char **why);

typedef struct norni_roberta norni_roberta;

typedef struct norni_roberta_opt {
    norni_precision precision;
    size_t batch_tokens; /* tokens packed into one pass; 0: 512. Never changes a result */
    bool
        raw; /* true: texts go to the tokenizer as they are; false: cardiffnlp's recipe (@user, http) first */
} norni_roberta_opt;

/* config.json, vocab.json, merges.txt, model.safetensors of `folder`. NORN_E_IO and NORN_E_FORMAT name the file and what is wrong; a folder with
 * pytorch_model.bin alone is told of tools/convert_roberta. */
NORN_CHECKED norn_status norni_roberta_open(norn_ctx *ctx, const char *folder,
                                            const norni_roberta_opt *opt, norni_roberta **out,
                                            norn_err *err);
void norni_roberta_free(norni_roberta *r); /* NULL is legal */
size_t norni_roberta_n_labels(const norni_roberta *r);
norni_str norni_roberta_label(const norni_roberta *r, size_t k); /* id2label */

/* logits (n, n_labels) of n texts, row-major; texts longer than the model's positions are cut (*n_cut, may be NULL). A row depends on its text alone. */
NORN_CHECKED norn_status norni_roberta_logits(norn_ctx *ctx, norni_worker *worker,
                                              const norni_roberta *r, const norni_str *texts,
                                              size_t n, float *logits, size_t *n_cut,
                                              norn_err *err);
/* As a sentiment model, which owns r from then on: labels negative/neutral/positive (any case), bearish/bullish, LABEL_0 … of three, or 0 … of three; NORN_E_DATA names
 * the labels when they mean nothing here. Of two labels p_neutral is 0. */
NORN_CHECKED norn_status norni_roberta_model(norni_roberta *r, norni_sentiment_model *out,
                                             norn_err *err);

#endif
