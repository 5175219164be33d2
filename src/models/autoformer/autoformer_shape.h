/* How large a network is, and where each of its weights lies in one flat array. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AUTOFORMER_SHAPE_H
#define NORNI_AUTOFORMER_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct autoformer_shape {
    size_t channels; /* in and out */
    size_t targets;  /* the first of them, which the loss is of */
    size_t marks;    /* features of a time stamp */
    size_t len_enc, len_label, horizon;
    size_t len_dec; /* len_label + horizon */
    size_t d, ff;
    size_t n_enc, n_dec;       /* layers */
    size_t window;             /* of the moving average, odd */
    size_t lags_enc, lags_dec; /* gathered by an auto-correlation */
} autoformer_shape;

/* Rows of a window that are embedded: three channels' neighbours, and the marks. */
static inline size_t autoformer_inputs(const autoformer_shape *s) {
    return 3 * s->channels + s->marks;
}
/* Auto-correlations: one in each encoder layer, two (own, then of the encoder) in each decoder's. */
static inline size_t autoformer_attentions(const autoformer_shape *s) {
    return s->n_enc + 2 * s->n_dec;
}

/* Encoder layer: query, key, value (3 d, d); out (d, d); first (ff, d); second (d, ff). No biases:
 * they would go to the trend, which an encoder drops, or move all correlations alike. */
typedef struct autoformer_enc {
    size_t qkv, out, first, second;
} autoformer_enc;

/* Decoder layer: its own qkv (3 d, d), bias of value (d), out (d, d) with bias (d); of the encoder:
 * query (d, d), key and value (2 d, d) with bias (2 d; the key's counts only where keys are padded),
 * out (d, d) with bias (d); first (ff, d); second (d, ff); trend (3 C, d), row c + C s for shift s. */
typedef struct autoformer_dec {
    size_t qkv, value_bias, out, out_bias;
    size_t query, key_value, key_value_bias, cross_out, cross_bias;
    size_t first, second, trend;
} autoformer_dec;

/* Embeddings (d, 3 C + marks): column c + C s of neighbour s (before, itself, behind), then marks. */
static inline size_t autoformer_emb_enc(const autoformer_shape *s) {
    return (void)s, 0;
}
static inline size_t autoformer_emb_dec(const autoformer_shape *s) {
    return s->d * autoformer_inputs(s);
}

static inline autoformer_enc autoformer_enc_at(const autoformer_shape *s, size_t layer) {
    const size_t dd = s->d * s->d, f = s->d * s->ff;
    const size_t at = 2 * s->d * autoformer_inputs(s) + layer * (4 * dd + 2 * f);
    return (autoformer_enc){at, at + 3 * dd, at + 4 * dd, at + 4 * dd + f};
}

/* Scale of the encoder's norm (d). Its shift is dropped with the mean over time. */
static inline size_t autoformer_gamma_enc(const autoformer_shape *s) {
    return autoformer_enc_at(s, s->n_enc).qkv;
}

static inline autoformer_dec autoformer_dec_at(const autoformer_shape *s, size_t layer) {
    const size_t d = s->d, dd = d * d, f = d * s->ff, t = 3 * s->channels * d;
    autoformer_dec w;
    w.qkv = autoformer_gamma_enc(s) + d + layer * (8 * dd + 5 * d + 2 * f + t);
    w.value_bias = w.qkv + 3 * dd;
    w.out = w.value_bias + d;
    w.out_bias = w.out + dd;
    w.query = w.out_bias + d;
    w.key_value = w.query + dd;
    w.key_value_bias = w.key_value + 2 * dd;
    w.cross_out = w.key_value_bias + 2 * d;
    w.cross_bias = w.cross_out + dd;
    w.first = w.cross_bias + d;
    w.second = w.first + f;
    w.trend = w.second + f;
    return w;
}

/* Scale of the decoder's norm (d), then the head (C, d) and its bias (C). */
static inline size_t autoformer_gamma_dec(const autoformer_shape *s) {
    return autoformer_dec_at(s, s->n_dec).qkv;
}
static inline size_t autoformer_head(const autoformer_shape *s) {
    return autoformer_gamma_dec(s) + s->d;
}
static inline size_t autoformer_head_bias(const autoformer_shape *s) {
    return autoformer_head(s) + s->channels * s->d;
}
static inline size_t autoformer_weights(const autoformer_shape *s) {
    return autoformer_head_bias(s) + s->channels;
}

#endif
