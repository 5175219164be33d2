/* Single precision products with a packed matrix: AVX2 and AVX-512. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A tile of y stays in registers while PACKED_DEPTH terms run; a panel of w (PACKED_DEPTH, 32) stays
 * in the second cache for all rows of x, whose packed rows stream past it in order: a tile takes 48
 * bytes of them in its 24 cycles a term. So w is read from memory once a call. Between blocks of terms
 * a chain leaves y and comes back, exactly. */
#include <stdint.h>
#include <string.h>

#include "num/packed_kernel.h"

#if defined(__x86_64__)
#    include <immintrin.h>

static inline __m128 four(const uint32_t *p) {
    return _mm_castsi128_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}

void packed_turn(const uint32_t *in, size_t ld, size_t rows, size_t k, uint32_t *out) {
    const size_t whole = rows & ~(size_t)3, k4 = k & ~(size_t)3;
    for (size_t i = 0; i < whole; i += 4)
        for (size_t p = 0; p < k4; p += 4) {
            const uint32_t *x = in + i * ld + p;
            float *y = (float *)(void *)(out + p * PACKED_TALL + i);
            const __m128 r0 = four(x), r1 = four(x + ld);
            const __m128 r2 = four(x + 2 * ld), r3 = four(x + 3 * ld);
            const __m128 a = _mm_unpacklo_ps(r0, r1), b = _mm_unpacklo_ps(r2, r3);
            const __m128 c = _mm_unpackhi_ps(r0, r1), d = _mm_unpackhi_ps(r2, r3);
            _mm_storeu_ps(y, _mm_movelh_ps(a, b));
            _mm_storeu_ps(y + PACKED_TALL, _mm_movehl_ps(b, a));
            _mm_storeu_ps(y + 2 * PACKED_TALL, _mm_movelh_ps(c, d));
            _mm_storeu_ps(y + 3 * PACKED_TALL, _mm_movehl_ps(d, c));
        }
    for (size_t p = 0; p < k; p++)
        for (size_t i = p < k4 ? whole : 0; i < PACKED_TALL; i++)
            out[p * PACKED_TALL + i] = i < rows ? in[i * ld + p] : 0;
}

#    define PACKED_TARGET __attribute__((target("avx2,fma")))
#    define FN(x)         packed_f32_avx2_##x
#    define VEC           __m256
#    define LANES         8
#    define ROWS          6
#    define LOAD(p)       _mm256_loadu_ps(p)
#    define STORE(p, v)   _mm256_storeu_ps(p, v)
#    define SPREAD(x)     _mm256_set1_ps(x)
#    define FMA(a, b, c)  _mm256_fmadd_ps(a, b, c)
#    include "num/packed_f32_body.h"

#    define PACKED_TARGET __attribute__((target("avx512f")))
#    define FN(x)         packed_f32_avx512_##x
#    define VEC           __m512
#    define LANES         16
#    define ROWS          12
#    define LOAD(p)       _mm512_loadu_ps(p)
#    define STORE(p, v)   _mm512_storeu_ps(p, v)
#    define SPREAD(x)     _mm512_set1_ps(x)
#    define FMA(a, b, c)  _mm512_fmadd_ps(a, b, c)
#    include "num/packed_f32_body.h"

packed_fn packed_f32_of(norni_packed_simd widest) {
    if (widest >= NORNI_PACKED_AVX512 && __builtin_cpu_supports("avx512f"))
        return packed_f32_avx512_rows;
    if (widest >= NORNI_PACKED_AVX2 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return packed_f32_avx2_rows;
    return NULL;
}
#else
packed_fn packed_f32_of(norni_packed_simd widest) {
    (void)widest;
    return NULL;
}
#endif
