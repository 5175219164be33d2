/* Products of many rows with one matrix that is packed once: y = x wT + bias in single precision, int8 and bf16. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GEMM_PACKED_H
#define NORNI_GEMM_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* w is (n, k) row-major as PyTorch's Linear keeps it; x (m, k), y (m, n), row-major. A row of y depends on its row of x alone: m, blocking and instruction set never show
 * (fp32: one chain of fma over k ascending from the bias; int8: exact integer sums; bf16 needs its instruction). `scratch` 64-aligned, norni_packed_scratch() bytes, one per
 * worker. No allocation inside. */
typedef enum norni_packed_kind {
    NORNI_PACKED_F32,
    NORNI_PACKED_S8,
    NORNI_PACKED_BF16
} norni_packed_kind;

typedef enum norni_packed_simd { /* for tests: none wider than asked */
                                 NORNI_PACKED_PLAIN,
                                 NORNI_PACKED_AVX2,
                                 NORNI_PACKED_AVX512,
                                 NORNI_PACKED_VNNI, /* AVX-512 with VNNI and bf16 where the machine has it */
} norni_packed_simd;

typedef struct norni_packed {
    norni_packed_kind kind;
    size_t n, k;
    void *data; /* norni_packed_bytes(kind, n, k), 64-aligned, the caller's */
} norni_packed;

bool norni_packed_usable(norni_packed_kind kind); /* bf16: only with avx512_bf16 */
size_t norni_packed_bytes(norni_packed_kind kind, size_t n, size_t k);
size_t norni_packed_scratch(size_t m, size_t k); /* bytes for a call with up to m rows */
/* Packs rows [from, to) of w (which points at its row 0), so that loading can be cut among workers; s8: symmetric scales per row of w (output channel), largest magnitude to 127. */
void norni_packed_put(const norni_packed *p, const float *w, size_t ldw, size_t from, size_t to);
/* y (m, n) = x wT + bias (NULL: 0). s8: each row of x is quantised by its own largest magnitude (symmetric, round to nearest even). */
void norni_packed_rows(const norni_packed *p, const float *x, size_t ldx, size_t m,
                       const float *bias, float *y, size_t ldy, void *scratch,
                       norni_packed_simd widest);

#endif
