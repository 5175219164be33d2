/* Row kernels of a transformer: layer norm, softmax, exact GELU, tanh; the same bits with every instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TRANSFORMER_ROWS_H
#define NORNI_TRANSFORMER_ROWS_H

#include <stddef.h>

/* x (m, n) in place. Sums run over 16 fixed lanes and one fixed tree, so that every instruction set gives the same bits. */
/* x = (x - mean) / sqrt(var + eps) * gain + shift, biased variance; `more` (m, n) or NULL is added to x first. */
void norni_rows_layer_norm(float *x, const float *more, size_t m, size_t n, size_t ldx,
                           const float *gain, const float *shift, float eps);
/* Rows of scores: exp(x - max) / sum. */
void norni_rows_softmax(float *x, size_t m, size_t n, size_t ldx);
/* x/2 (1 + erf(x/sqrt 2)), absolute error at most 1e-7 (1 + |x|). */
void norni_rows_gelu(float *x, size_t n);
void norni_rows_tanh(float *x, size_t n);
/* Attention of one text and one head: out (t, d) = softmax(q kT * scale) v; q, k, v, out are rows of stride ld; scores (t, t) scratch floats rounded up to 16 a row. */
void norni_attention(const float *q, const float *k, const float *v, size_t t, size_t d, size_t ld,
                     float scale, float *out, size_t ld_out, float *scores);

#endif
