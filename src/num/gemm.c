/* Matrix products, in double and single precision, with the same bits at any blocking and on any machine. */
/* SPDX-License-Identifier: Apache-2.0 */
/* After K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34
 * (2008): a block of b (GEMM_KC, NC) is packed into panels as wide as a tile and stays in the second
 * cache; a panel of a stays in the first; a tile of c stays in registers while k runs. Departures:
 * there is no block of a between the two, for panels are packed as they are needed, and not at all
 * where c is narrow. Lanes go along n, so that no element's sum is ever cut: it is one chain of fma
 * over k, which leaves c and comes back between blocks of GEMM_KC. */
#include "num/gemm.h"
#include "base/simd.h"

#include <math.h>
#include <stdint.h>

#include "num/gemm_kernel.h"

/* Rows of a packed block of b; its bytes; the widest c for which a is used where it lies. */
enum { GEMM_KC = 256, GEMM_PACK_BYTES = 512 * 1024, GEMM_DIRECT = 128, MOST_ROWS = 12 };

size_t norni_gemm_scratch(void) {
    return GEMM_PACK_BYTES + GEMM_KC * MOST_ROWS * sizeof(double);
}

#define GEMM_TARGET
#define FN(x)        gemm_plain_f64_##x
#define REAL         double
#define VEC          double
#define LANES        1
#define VECS         2
#define ROWS         4
#define ZERO         0
#define LOAD(p)      (*(p))
#define STORE(p, v)  (*(p) = (v))
#define SPREAD(x)    (x)
#define FMA(a, b, c) fma(a, b, c)
#include "num/gemm_body.h"

#define GEMM_TARGET
#define FN(x)        gemm_plain_f32_##x
#define REAL         float
#define VEC          float
#define LANES        1
#define VECS         2
#define ROWS         4
#define ZERO         0
#define LOAD(p)      (*(p))
#define STORE(p, v)  (*(p) = (v))
#define SPREAD(x)    (x)
#define FMA(a, b, c) fmaf(a, b, c)
#include "num/gemm_body.h"

#if defined(__x86_64__)
#    include <immintrin.h>

#    define GEMM_TARGET  __attribute__((target("avx2,fma")))
#    define FN(x)        gemm_avx2_f64_##x
#    define REAL         double
#    define VEC          __m256d
#    define LANES        4
#    define VECS         2
#    define ROWS         4
#    define ZERO         _mm256_setzero_pd()
#    define LOAD(p)      _mm256_loadu_pd(p)
#    define STORE(p, v)  _mm256_storeu_pd(p, v)
#    define SPREAD(x)    _mm256_set1_pd(x)
#    define FMA(a, b, c) _mm256_fmadd_pd(a, b, c)
#    include "num/gemm_body.h"

#    define GEMM_TARGET  __attribute__((target("avx2,fma")))
#    define FN(x)        gemm_avx2_f32_##x
#    define REAL         float
#    define VEC          __m256
#    define LANES        8
#    define VECS         2
#    define ROWS         4
#    define ZERO         _mm256_setzero_ps()
#    define LOAD(p)      _mm256_loadu_ps(p)
#    define STORE(p, v)  _mm256_storeu_ps(p, v)
#    define SPREAD(x)    _mm256_set1_ps(x)
#    define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#    include "num/gemm_body.h"

#    define GEMM_TARGET  __attribute__((target("avx512f" NORNI_PREFER_512)))
#    define FN(x)        gemm_avx512_f64_##x
#    define REAL         double
#    define VEC          __m512d
#    define LANES        8
#    define VECS         2
#    define ROWS         12
#    define ZERO         _mm512_setzero_pd()
#    define LOAD(p)      _mm512_loadu_pd(p)
#    define STORE(p, v)  _mm512_storeu_pd(p, v)
#    define SPREAD(x)    _mm512_set1_pd(x)
#    define FMA(a, b, c) _mm512_fmadd_pd(a, b, c)
#    include "num/gemm_body.h"

#    define GEMM_TARGET  __attribute__((target("avx512f" NORNI_PREFER_512)))
#    define FN(x)        gemm_avx512_f32_##x
#    define REAL         float
#    define VEC          __m512
#    define LANES        16
#    define VECS         2
#    define ROWS         12
#    define ZERO         _mm512_setzero_ps()
#    define LOAD(p)      _mm512_loadu_ps(p)
#    define STORE(p, v)  _mm512_storeu_ps(p, v)
#    define SPREAD(x)    _mm512_set1_ps(x)
#    define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#    include "num/gemm_body.h"
#endif

const norni_gemm_kernel *norni_gemm_kernel_get(norni_gemm_simd widest) {
    static const norni_gemm_kernel plain = {"baseline", gemm_plain_f64_product,
                                            gemm_plain_f32_product};
#if defined(__x86_64__)
    static const norni_gemm_kernel avx2 = {"avx2", gemm_avx2_f64_product, gemm_avx2_f32_product};
    static const norni_gemm_kernel avx512 = {"avx512", gemm_avx512_f64_product,
                                             gemm_avx512_f32_product};
    if (widest >= NORNI_GEMM_AVX512 && __builtin_cpu_supports("avx512f")) return &avx512;
    if (widest >= NORNI_GEMM_AVX2 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return &avx2;
#endif
    (void)widest;
    return &plain;
}

void norni_gemm_f64(const norni_gemm *g, const double *a, const double *b, double *c,
                    void *scratch) {
    norni_gemm_kernel_get(NORNI_GEMM_AVX512)->f64(g, a, b, c, scratch);
}

void norni_gemm_f32(const norni_gemm *g, const float *a, const float *b, float *c, void *scratch) {
    norni_gemm_kernel_get(NORNI_GEMM_AVX512)->f32(g, a, b, c, scratch);
}
