/* Row kernels of a transformer: layer norm, softmax, exact GELU, tanh, attention of one head. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "num/transformer_rows.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "num/transformer_rows_kernel.h"

/* Lanes of a sum; the depth to which keys are turned at a time. ROUNDER + x leaves the nearest whole
 * number of |x| < 2^22 in the low bits. */
enum { SPAN = 16, DEPTH = 128 };
#define ROUNDER 12582912.0F

static inline float times_power(float p, float t) {
    uint32_t a, b;
    memcpy(&a, &p, sizeof a);
    memcpy(&b, &t, sizeof b);
    a += b << 23;
    memcpy(&p, &a, sizeof p);
    return p;
}

#define ROWS_TARGET
#define FN(x)             rows_plain_##x
#define VEC               float
#define LANES             1
#define TALL              4
#define LOAD(p)           (*(p))
#define STORE(p, v)       (*(p) = (v))
#define SPREAD(x)         ((float)(x))
#define ADD(a, b)         ((a) + (b))
#define SUB(a, b)         ((a) - (b))
#define MUL(a, b)         ((a) * (b))
#define DIV(a, b)         ((a) / (b))
#define FMA(a, b, c)      fmaf(a, b, c)
#define MAX(a, b)         ((a) > (b) ? (a) : (b))
#define MIN(a, b)         ((a) < (b) ? (a) : (b))
#define PICK(a, b, x, y)  ((a) < (b) ? (x) : (y))
#define TIMES_POWER(p, t) times_power(p, t)
#include "num/transformer_rows_body.h"
#include "num/transformer_rows_attention_body.h"

#if defined(__x86_64__)
#    include <immintrin.h>

#    define ROWS_TARGET      __attribute__((target("avx2,fma")))
#    define FN(x)            rows_avx2_##x
#    define VEC              __m256
#    define LANES            8
#    define TALL             6
#    define LOAD(p)          _mm256_loadu_ps(p)
#    define STORE(p, v)      _mm256_storeu_ps(p, v)
#    define SPREAD(x)        _mm256_set1_ps(x)
#    define ADD(a, b)        _mm256_add_ps(a, b)
#    define SUB(a, b)        _mm256_sub_ps(a, b)
#    define MUL(a, b)        _mm256_mul_ps(a, b)
#    define DIV(a, b)        _mm256_div_ps(a, b)
#    define FMA(a, b, c)     _mm256_fmadd_ps(a, b, c)
#    define MAX(a, b)        _mm256_max_ps(a, b)
#    define MIN(a, b)        _mm256_min_ps(a, b)
#    define PICK(a, b, x, y) _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ))
#    define TIMES_POWER(p, t)                                        \
        _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), \
                                             _mm256_slli_epi32(_mm256_castps_si256(t), 23)))
#    include "num/transformer_rows_body.h"
#    include "num/transformer_rows_attention_body.h"

#    define ROWS_TARGET      __attribute__((target("avx512f")))
#    define FN(x)            rows_avx512_##x
#    define VEC              __m512
#    define LANES            16
#    define TALL             12
#    define LOAD(p)          _mm512_loadu_ps(p)
#    define STORE(p, v)      _mm512_storeu_ps(p, v)
#    define SPREAD(x)        _mm512_set1_ps(x)
#    define ADD(a, b)        _mm512_add_ps(a, b)
#    define SUB(a, b)        _mm512_sub_ps(a, b)
#    define MUL(a, b)        _mm512_mul_ps(a, b)
#    define DIV(a, b)        _mm512_div_ps(a, b)
#    define FMA(a, b, c)     _mm512_fmadd_ps(a, b, c)
#    define MAX(a, b)        _mm512_max_ps(a, b)
#    define MIN(a, b)        _mm512_min_ps(a, b)
#    define PICK(a, b, x, y) _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x)
#    define TIMES_POWER(p, t)                                        \
        _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(p), \
                                             _mm512_slli_epi32(_mm512_castps_si512(t), 23)))
#    include "num/transformer_rows_body.h"
#    include "num/transformer_rows_attention_body.h"
#endif

const norni_rows_kernel *norni_rows_kernel_get(norni_rows_simd widest) {
#define TABLE(which)                                                                    \
    {                                                                                   \
#        which, rows_##which##_layer_norm, rows_##which##_softmax, rows_##which##_gelu, \
            rows_##which##_tanh, rows_##which##_attention                               \
    }
    static const norni_rows_kernel plain = TABLE(plain);
#if defined(__x86_64__)
    static const norni_rows_kernel avx2 = TABLE(avx2), avx512 = TABLE(avx512);
    if (widest >= NORNI_ROWS_AVX512 && __builtin_cpu_supports("avx512f")) return &avx512;
    if (widest >= NORNI_ROWS_AVX2 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return &avx2;
#endif
#undef TABLE
    (void)widest;
    return &plain;
}

void norni_rows_layer_norm(float *x, const float *more, size_t m, size_t n, size_t ldx,
                           const float *gain, const float *shift, float eps) {
    const norni_rows_kernel *k = norni_rows_kernel_get(NORNI_ROWS_AVX512);
    for (size_t i = 0; i < m; i++)
        k->layer_norm(x + i * ldx, more ? more + i * ldx : NULL, n, gain, shift, eps);
}

void norni_rows_softmax(float *x, size_t m, size_t n, size_t ldx) {
    const norni_rows_kernel *k = norni_rows_kernel_get(NORNI_ROWS_AVX512);
    for (size_t i = 0; i < m; i++)
        k->softmax(x + i * ldx, n, 1);
}

void norni_rows_gelu(float *x, size_t n) {
    norni_rows_kernel_get(NORNI_ROWS_AVX512)->gelu(x, n);
}

void norni_rows_tanh(float *x, size_t n) {
    norni_rows_kernel_get(NORNI_ROWS_AVX512)->tanh(x, n);
}

void norni_attention(const float *q, const float *k, const float *v, size_t t, size_t d, size_t ld,
                     float scale, float *out, size_t ld_out, float *scores) {
    const norni_attention_call c = {q, k, v, t, d, ld, scale, out, ld_out, scores};
    norni_rows_kernel_get(NORNI_ROWS_AVX512)->attention(&c);
}
