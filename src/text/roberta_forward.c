/* The forward pass of a RoBERTa classifier over texts that lie one behind the other, without padding. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Liu et al., "RoBERTa: a robustly optimized BERT pretraining approach", 2019; Vaswani et al. 2017, layer norm behind each part:
 *   x0 = norm(word[id] + type[0] + position[pad + 1 + i])
 *   a  = x + dense(concat over heads of softmax(q kT / sqrt d) v);  x = norm(a)
 *   x  = norm(x + down(gelu(up(x))))
 *   logits = out_proj(tanh(dense(x of token 0)))
 * Rows are independent but for attention, which stays within a text: so a text's bits do not depend on its neighbours. Behind the last layer's
 * attention only token 0 of each text is asked for, and only it is computed. int8 and bf16 are for the layers' matrices; the
 * embeddings, the norms, softmax and the head stay in fp32. */
#include "base/ctx.h"
#include "num/transformer_rows.h"
#include "text/roberta_parts.h"

enum { INNER_FLOATS = 1 << 21 }; /* of the widest rows at a time */

/* Scratch of one batch; h = hidden. */
typedef struct pass {
    const norni_roberta *r;
    const norni_roberta_batch *b;
    norni_poll poll;
    float *x;      /* (rows, h) */
    float *qkv;    /* (n_tokens, 3 h) */
    float *ctx;    /* (n_tokens, h) */
    float *y;      /* (n_tokens, h) */
    float *inner;  /* (chunk, inner) */
    float *scores; /* (longest, longest to 16) */
    void *packed;
    size_t h, rows, chunk;
} pass;

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static norn_status get_memory(pass *p, norni_arena *a, norn_err *err) {
    const size_t n = p->b->n_tokens, h = p->h, inner = (size_t)p->r->config.inner,
                 t = p->b->longest;
    p->chunk = INNER_FLOATS / inner; /* inner is at most 2^16 */
    if (p->chunk > n) p->chunk = n;
    const size_t packed = larger(norni_packed_scratch(n, h), norni_packed_scratch(p->chunk, inner));
    p->x = norni_arena_get(a, n, h * sizeof *p->x);
    p->qkv = norni_arena_get(a, n, 3 * h * sizeof *p->x);
    p->ctx = norni_arena_get(a, n, h * sizeof *p->x);
    p->y = norni_arena_get(a, n, h * sizeof *p->x);
    p->inner = norni_arena_get(a, p->chunk, inner * sizeof *p->x);
    p->scores = norni_arena_get(a, t, (t + 15) / 16 * 16 * sizeof *p->x);
    p->packed = norni_arena_get(a, packed, 1);
    if (p->x && p->qkv && p->ctx && p->y && p->inner && p->scores && p->packed) return NORN_OK;
    return norni_alloc_fail(err, "roberta", n, 6 * h * sizeof *p->x);
}

/* y (m, w.n) = x wT + bias; polls first. */
static norn_status linear(const pass *p, const norni_roberta_linear *l, const float *x, size_t m,
                          float *y, norn_err *err) {
    if (norni_poll_stop(&p->poll)) return norn_fail(err, NORN_E_CANCEL, "roberta: cancelled");
    norni_packed_rows(&l->w, x, l->w.k, m, l->bias, y, l->w.n, p->packed, NORNI_PACKED_VNNI);
    return NORN_OK;
}

static void norm(const pass *p, const norni_roberta_norm *n, float *x, const float *more,
                 size_t m) {
    norni_rows_layer_norm(x, more, m, p->h, p->h, n->gain, n->shift, (float)p->r->config.eps);
}

/* The sum of three embeddings of each token, in transformers' order: word and type, then position. */
static void embed(const pass *p) {
    const norni_roberta *r = p->r;
    const size_t h = p->h, first = (size_t)r->config.pad + 1;
    float *row = p->x, *position = p->y;
    for (size_t t = 0; t < p->b->n; t++) {
        const size_t n = p->b->n_row[t];
        for (size_t i = 0; i < n; i++, row += h) {
            const int64_t id = i == 0       ? r->config.bos
                               : i + 1 == n ? r->config.eos
                                            : p->b->id[t][i - 1];
            norni_tensor_floats(r->word, (size_t)id * h, h, row);
            norni_tensor_floats(r->position, (first + i) * h, h, position);
            for (size_t k = 0; k < h; k++)
                row[k] = row[k] + r->type[k] + position[k];
        }
    }
    norm(p, &r->embedded, p->x, NULL, p->b->n_tokens);
}

/* Each head of each text by itself. */
static norn_status attend(const pass *p, norn_err *err) {
    const size_t h = p->h, n_heads = (size_t)p->r->config.heads, d = h / n_heads;
    const float scale = (float)(1 / __builtin_sqrt((double)d));
    size_t at = 0;
    for (size_t t = 0; t < p->b->n; t++) {
        const size_t n = p->b->n_row[t];
        if (norni_poll_stop(&p->poll)) return norn_fail(err, NORN_E_CANCEL, "roberta: cancelled");
        for (size_t k = 0; k < n_heads; k++) {
            const float *q = p->qkv + at * 3 * h + k * d;
            norni_attention(q, q + h, q + 2 * h, n, d, 3 * h, scale, p->ctx + at * h + k * d, h,
                            p->scores);
        }
        at += n;
    }
    return NORN_OK;
}

/* Leaves token 0 of each text, one below the other, in x and ctx. */
static void keep_first(pass *p) {
    const size_t bytes = p->h * sizeof *p->x;
    size_t at = 0;
    for (size_t t = 0; t < p->b->n; t++) { /* t <= at: only downwards */
        memmove(p->x + t * p->h, p->x + at * p->h, bytes);
        memmove(p->ctx + t * p->h, p->ctx + at * p->h, bytes);
        at += p->b->n_row[t];
    }
    p->rows = p->b->n;
}

static norn_status run_layer(pass *p, size_t k, norn_err *err) {
    const norni_roberta_layer *l = &p->r->layer[k];
    NORN_TRY(linear(p, &l->qkv, p->x, p->rows, p->qkv, err));
    NORN_TRY(attend(p, err));
    if (k + 1 == (size_t)p->r->config.layers) keep_first(p);
    NORN_TRY(linear(p, &l->out, p->ctx, p->rows, p->y, err));
    norm(p, &l->attended, p->x, p->y, p->rows);
    for (size_t at = 0, n; at < p->rows; at += n) {
        n = p->rows - at < p->chunk ? p->rows - at : p->chunk;
        NORN_TRY(linear(p, &l->up, p->x + at * p->h, n, p->inner, err));
        norni_rows_gelu(p->inner, n * l->up.w.n);
        NORN_TRY(linear(p, &l->down, p->inner, n, p->y + at * p->h, err));
    }
    norm(p, &l->done, p->x, p->y, p->rows);
    return NORN_OK;
}

static norn_status run_head(const pass *p, float *logits, norn_err *err) {
    const norni_roberta *r = p->r;
    NORN_TRY(linear(p, &r->head, p->x, p->rows, p->y, err));
    norni_rows_tanh(p->y, p->rows * p->h);
    NORN_TRY(linear(p, &r->last, p->y, p->rows, logits, err));
    for (size_t k = 0; k < p->rows * r->last.w.n; k++)
        if (!__builtin_isfinite(logits[k]))
            return norn_fail(err, NORN_E_DATA,
                             "roberta: a logit is not finite: the model's weights are too large");
    return NORN_OK;
}

norn_status norni_roberta_forward(norn_ctx *ctx, norni_arena *scratch, const norni_roberta *r,
                                  const norni_roberta_batch *b, float *logits, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    pass p = {.r = r,
              .b = b,
              .poll = norni_ctx_poll(ctx),
              .h = (size_t)r->config.hidden,
              .rows = b->n_tokens};
    norn_status st = get_memory(&p, scratch, err);
    if (st == NORN_OK) embed(&p);
    for (size_t k = 0; st == NORN_OK && k < (size_t)r->config.layers; k++)
        st = run_layer(&p, k, err);
    if (st == NORN_OK) st = run_head(&p, logits, err);
    norni_arena_rewind(scratch, mark);
    return st;
}
