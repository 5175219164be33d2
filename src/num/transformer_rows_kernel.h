/* The kernels behind num/transformer_rows.h, one table for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TRANSFORMER_ROWS_KERNEL_H
#define NORNI_TRANSFORMER_ROWS_KERNEL_H

#include <stddef.h>

typedef enum norni_rows_simd { /* none wider than asked, for tests */
                               NORNI_ROWS_PLAIN,
                               NORNI_ROWS_AVX2,
                               NORNI_ROWS_AVX512,
} norni_rows_simd;

/* See norni_attention(). */
typedef struct norni_attention_call {
    const float *q, *k, *v; /* (t, d), rows ld apart */
    size_t t, d, ld;
    float scale;
    float *out; /* (t, d), rows ld_out apart */
    size_t ld_out;
    float *scores; /* (t, t rounded up to 16) */
} norni_attention_call;

typedef struct norni_rows_kernel {
    const char *name;
    void (*layer_norm)(float *x, const float *more, size_t n, const float *gain, const float *shift,
                       float eps);                    /* one row */
    void (*softmax)(float *x, size_t n, float scale); /* one row, of scale x */
    void (*gelu)(float *x, size_t n);
    void (*tanh)(float *x, size_t n);
    void (*attention)(const norni_attention_call *c);
} norni_rows_kernel;

const norni_rows_kernel *norni_rows_kernel_get(norni_rows_simd widest);

#endif
