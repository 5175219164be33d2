/* Matrix products, in double and single precision, with the same bits at any blocking and on any machine. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GEMM_H
#define NORNI_GEMM_H

#include <stdbool.h>
#include <stddef.h>

/* Every element of c is a chain of fused multiply-adds over the inner index in ascending order, from
 * 0 or from what c held: width of the vectors, blocking, and how rows are cut among calls never show. */

/* Row-major a (m, k), or its transpose stored as (k, m); b (k, n), or stored as (n, k); c (m, n). */
typedef struct norni_gemm {
    size_t m, n, k;
    size_t lda, ldb, ldc;    /* elements from row to row as stored */
    bool a_turned, b_turned; /* stored as (k, m), as (n, k) */
    bool add;                /* c += a b; else c = a b */
} norni_gemm;

/* Bytes of scratch (64-aligned) that a call wants; the same for any m, n, k. */
size_t norni_gemm_scratch(void);
void norni_gemm_f64(const norni_gemm *g, const double *a, const double *b, double *c,
                    void *scratch);
void norni_gemm_f32(const norni_gemm *g, const float *a, const float *b, float *c, void *scratch);

#endif
