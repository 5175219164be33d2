/* A RoBERTa classifier in memory, for the files that load it and run it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROBERTA_PARTS_H
#define NORNI_ROBERTA_PARTS_H

#include "num/gemm_packed.h"
#include "text/bpe.h"
#include "text/roberta.h"
#include "text/safetensors.h"

enum { NORNI_ROBERTA_MOST_LABELS = 64 };

/* What config.json says, checked. */
typedef struct norni_roberta_config {
    int64_t hidden, layers, heads, inner, vocab, positions, types;
    int64_t pad, bos, eos;
    double eps;
    int64_t n_labels;
    norni_str label[NORNI_ROBERTA_MOST_LABELS]; /* in the arena that was given */
} norni_roberta_config;

/* Reads config.json's bytes. NORN_E_FORMAT and NORN_E_LIMIT name the field. */
NORN_CHECKED norn_status norni_roberta_config_read(norni_str json, norni_arena *arena,
                                                   norni_roberta_config *out, norn_err *err);

/* A matrix, packed, and its bias. */
typedef struct norni_roberta_linear {
    norni_packed w;
    const float *bias; /* (w.n) */
} norni_roberta_linear;

typedef struct norni_roberta_norm {
    const float *gain, *shift; /* (hidden) */
} norni_roberta_norm;

typedef struct norni_roberta_layer {
    norni_roberta_linear qkv, out, up,
        down; /* (3 hidden, hidden), (hidden, hidden), (inner, hidden), (hidden, inner) */
    norni_roberta_norm attended, done;
} norni_roberta_layer;

struct norni_roberta {
    norn_alloc alloc;
    norni_arena arena; /* all that is small */
    norni_roberta_config config;
    norni_roberta_opt opt;
    norni_bpe *bpe;
    norni_safetensors file;
    void *packed; /* every matrix, one block */
    size_t n_packed;
    const norni_tensor *word, *position; /* (vocab, hidden), (positions, hidden), in the file */
    const float *type;                   /* (hidden) of type 0 */
    norni_roberta_norm embedded;
    norni_roberta_layer *layer;              /* (layers) */
    norni_roberta_linear head, last;         /* (hidden, hidden), (n_labels, hidden), both fp32 */
    size_t most_tokens;                      /* of a text, with the two around it */
    int32_t label_class[NORNI_N_SENTIMENTS]; /* of a sentiment model: the class of label k */
    char name[64];                           /* the folder's last part */
};

/* Finds every tensor in r->file, checks its shape and packs the matrices with all workers. */
NORN_CHECKED norn_status norni_roberta_bind(norn_ctx *ctx, norni_roberta *r, norn_err *err);

/* Texts one behind the other. Text i has n_row[i] >= 2 rows: <s>, id[i] (n_row[i] - 2), </s>. */
typedef struct norni_roberta_batch {
    const int32_t *const *id;
    const uint32_t *n_row;
    size_t n, n_tokens; /* texts; rows of all */
    uint32_t longest;
} norni_roberta_batch;

/* logits (b->n, n_labels). Memory is the arena's, given back. NORN_E_DATA: a logit is no number. */
NORN_CHECKED norn_status norni_roberta_forward(norn_ctx *ctx, norni_arena *scratch,
                                               const norni_roberta *r, const norni_roberta_batch *b,
                                               float *logits, norn_err *err);

#endif
