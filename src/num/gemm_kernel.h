/* The kernels behind num/gemm.h, one for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GEMM_KERNEL_H
#define NORNI_GEMM_KERNEL_H

#include "num/gemm.h"

typedef enum norni_gemm_simd {
    NORNI_GEMM_PLAIN, /* any machine: fma() one at a time */
    NORNI_GEMM_AVX2,  /* with FMA */
    NORNI_GEMM_AVX512,
} norni_gemm_simd;

typedef struct norni_gemm_kernel {
    const char *name;
    void (*f64)(const norni_gemm *g, const double *a, const double *b, double *c, void *scratch);
    void (*f32)(const norni_gemm *g, const float *a, const float *b, float *c, void *scratch);
} norni_gemm_kernel;

/* The widest that the machine has, but none wider than asked. */
const norni_gemm_kernel *norni_gemm_kernel_get(norni_gemm_simd widest);

#endif
