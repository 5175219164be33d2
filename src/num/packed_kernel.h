/* The layout and the kernels behind num/gemm_packed.h, one table for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PACKED_KERNEL_H
#define NORNI_PACKED_KERNEL_H

#include "num/gemm_packed.h"

/* Columns of a packed panel of w, rows of a packed panel of x: the tile of the widest kernel. */
enum { PACKED_WIDE = 32, PACKED_TALL = 12 };

/* Terms of a chain of fma before it leaves y and comes back. */
enum { PACKED_DEPTH = 1536 };

/* Layouts, the same for every instruction set; K is k rounded up to `deep`, N is n to PACKED_WIDE:
 * f32  (N / 32, k, 32) floats
 * s8   N floats of scales, then (N / 32, K / 4, 32, 4) bytes of weight + 128, with K a multiple of 4
 * bf16 (N / 32, K / 2, 32, 2) upper halves of floats, with K a multiple of 2
 * and of x, M being m rounded up to 12: (M / 12, k, 12) floats; M floats of scales, M int32 of
 * 128 x sums and (M / 12, K / 4, 12, 4) signed bytes; (M / 12, K / 2, 12, 2) halves. */
static inline size_t packed_up(size_t x, size_t step) {
    return (x + step - 1) / step * step;
}

/* Depth to which k is rounded up. */
static inline size_t packed_deep(norni_packed_kind kind) {
    return kind == NORNI_PACKED_F32 ? 1 : kind == NORNI_PACKED_S8 ? 4 : 2;
}

/* The weights of an s8 matrix behind its scales. */
static inline const uint8_t *packed_bytes_of(const norni_packed *p) {
    return (const uint8_t *)p->data + packed_up(p->n, PACKED_WIDE) * sizeof(float);
}

/* A call: y (m, n) = x (m, k) wT + bias. */
typedef struct packed_call {
    const norni_packed *p;
    const float *x;
    size_t ldx, m;
    const float *bias; /* (n) or NULL */
    float *y;
    size_t ldy;
    void *scratch;
} packed_call;

typedef void (*packed_fn)(const packed_call *c);

/* The kernels of an instruction set that the machine has, none wider than asked; NULL: none but the plain
 * ones. */
packed_fn packed_f32_of(norni_packed_simd widest);
packed_fn packed_s8_of(norni_packed_simd widest);
packed_fn packed_bf16_of(norni_packed_simd widest);

/* Rows of words (rows <= 12, k) to a panel (k, 12), noughts behind the last row. */
void packed_turn(const uint32_t *in, size_t ld, size_t rows, size_t k, uint32_t *out);

/* A row of x as signed bytes (k, then noughts to a multiple of 4): the scale of its largest magnitude
 * to 127, and 128 x the sum of what was written. A row with a NaN or an infinity becomes noughts with
 * a NaN for its scale, so that all its products are NaN. */
typedef struct packed_scale {
    float scale, pre, inverse; /* q = nearest(x pre inverse); pre keeps the inverse finite */
} packed_scale;
packed_scale packed_scale_of(float largest);
uint16_t packed_half(float x); /* to bf16, ties to even; NaN stays NaN */

#endif
