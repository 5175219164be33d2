/* Products of signed bytes with a packed matrix: AVX2, AVX-512 and VNNI. */
/* SPDX-License-Identifier: Apache-2.0 */
/* All paths sum x (w + 128) and take 128 (sum of x) off. Exact: |x| <= 127 and w + 128 <= 255, so the
 * magnitudes of k terms add up to at most 32,385 k < 2^31 - 128 127 k for k <= 44,000; a model's k is
 * 4096 at most. vpmaddubsw would saturate; vpmaddwd adds two products of at most 32,385 each. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "num/packed_kernel.h"

#if defined(__x86_64__)
#    include <immintrin.h>

/* What a call lays out in its scratch. */
typedef struct rows_s8 {
    float *scale;   /* (M) */
    int32_t *shift; /* (M): 128 x the sum of a row */
    int8_t *plain;  /* (12, K): rows before they are turned */
    int8_t *panels; /* (M / 12, K / 4, 12, 4); of words behind one of bytes where words are used */
    size_t deep;    /* K */
} rows_s8;

static rows_s8 lay_out(const packed_call *c) {
    const size_t tall = packed_up(c->m, PACKED_TALL), deep = packed_up(c->p->k, 4);
    rows_s8 r = {.scale = c->scratch, .deep = deep};
    r.shift = (int32_t *)(void *)(r.scale + tall);
    r.plain = (int8_t *)(r.shift + tall);
    r.panels = r.plain + PACKED_TALL * deep;
    return r;
}

/* ---- AVX2 ---- */

#    define PACKED_TARGET __attribute__((target("avx2,fma")))
#    define FN(x)         packed_s8_avx2_##x
#    define LANES         8
#    define IVEC          __m256i
#    define ZERO_I        _mm256_setzero_si256()
#    define ADD_I(a, b)   _mm256_add_epi32(a, b)
#    define STORE_I(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), v)
#    define SIZE_MAX_OF(s, p)                                                         \
        _mm256_max_epi32(s, _mm256_and_si256(_mm256_castps_si256(_mm256_loadu_ps(p)), \
                                             _mm256_set1_epi32(0x7fffffff)))
#    define NEAREST(p, pre, inverse)                                                             \
        _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_mul_ps(_mm256_loadu_ps(p), _mm256_set1_ps(pre)), \
                                         _mm256_set1_ps(inverse)))
#    define NARROW(p, v)                                                                  \
        _mm_storel_epi64((__m128i *)(void *)(p),                                          \
                         _mm_packs_epi16(_mm_packs_epi32(_mm256_castsi256_si128(v),       \
                                                         _mm256_extracti128_si256(v, 1)), \
                                         _mm_setzero_si128()))
#    include "num/packed_quantise_body.h"

#    define ROWS       4
#    define VECS       2
#    define WIDEN_W(p) _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(p)))
#    define FOUR(p)    _mm256_castpd_si256(_mm256_broadcast_sd((const double *)(const void *)(p)))
#    define MADD(a, b) _mm256_madd_epi16(a, b)
#    include "num/packed_words_body.h"

#    undef PACKED_TARGET
#    undef FN
#    undef LANES
#    undef IVEC
#    undef ZERO_I
#    undef ADD_I
#    undef STORE_I
#    undef SIZE_MAX_OF
#    undef NEAREST
#    undef NARROW
#    undef ROWS
#    undef VECS
#    undef WIDEN_W
#    undef FOUR
#    undef MADD

/* ---- AVX-512 ---- */

#    define PACKED_TARGET __attribute__((target("avx512f,avx512bw")))
#    define FN(x)         packed_s8_avx512_##x
#    define LANES         16
#    define IVEC          __m512i
#    define ZERO_I        _mm512_setzero_si512()
#    define ADD_I(a, b)   _mm512_add_epi32(a, b)
#    define STORE_I(p, v) _mm512_storeu_si512(p, v)
#    define SIZE_MAX_OF(s, p)                                                         \
        _mm512_max_epi32(s, _mm512_and_si512(_mm512_castps_si512(_mm512_loadu_ps(p)), \
                                             _mm512_set1_epi32(0x7fffffff)))
#    define NEAREST(p, pre, inverse)                                                             \
        _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_mul_ps(_mm512_loadu_ps(p), _mm512_set1_ps(pre)), \
                                         _mm512_set1_ps(inverse)))
#    define NARROW(p, v) _mm_storeu_si128((__m128i *)(void *)(p), _mm512_cvtsepi32_epi8(v))
#    include "num/packed_quantise_body.h"

#    define ROWS       6
#    define VECS       4
#    define WIDEN_W(p) _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(const void *)(p)))
#    define FOUR(p)    _mm512_set1_epi64(word_at(p))
#    define MADD(a, b) _mm512_madd_epi16(a, b)

static inline int64_t word_at(const int16_t *p) {
    int64_t x;
    memcpy(&x, p, sizeof x);
    return x;
}
#    include "num/packed_words_body.h"

/* ---- VNNI ---- */

/* As an instruction, for gcc 12 copies the sums back and forth around the intrinsic. */
#    define DOT(s, w, x) __asm__("vpdpbusd %2, %1, %0" : "+v"(s) : "v"(w), "v"(x))

/* What a tile needs to make floats of its sums. */
typedef struct end_s8 {
    const float *row, *column, *bias;
    const int32_t *shift;
} end_s8;

PACKED_TARGET static inline __attribute__((always_inline)) void vnni_tile(
    const size_t rows, size_t k4, const int8_t *a, const uint8_t *b, float *y, size_t ldy,
    end_s8 e) {
    __m512i s[PACKED_TALL][2];
#    pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
        s[i][0] = s[i][1] = _mm512_setzero_si512();
        __builtin_prefetch(y + i * ldy, 1);
        __builtin_prefetch(y + i * ldy + 16, 1);
    }
    for (size_t p = 0; p < k4; p++, a += 4 * PACKED_TALL, b += 4 * PACKED_WIDE) {
        const __m512i v = _mm512_loadu_si512(b), w = _mm512_loadu_si512(b + 64);
#    pragma GCC unroll 12
        for (size_t i = 0; i < rows; i++) {
            int32_t four;
            memcpy(&four, a + 4 * i, sizeof four);
            const __m512i u = _mm512_set1_epi32(four);
            DOT(s[i][0], v, u);
            DOT(s[i][1], w, u);
        }
    }
    const __m512 c0 = _mm512_loadu_ps(e.column), c1 = _mm512_loadu_ps(e.column + 16);
    const __m512 b0 = _mm512_loadu_ps(e.bias), b1 = _mm512_loadu_ps(e.bias + 16);
#    pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
        const __m512i off = _mm512_set1_epi32(e.shift[i]);
        const __m512 by = _mm512_set1_ps(e.row[i]);
        const __m512 f0 = _mm512_cvtepi32_ps(_mm512_sub_epi32(s[i][0], off));
        const __m512 f1 = _mm512_cvtepi32_ps(_mm512_sub_epi32(s[i][1], off));
        _mm512_storeu_ps(y + i * ldy, _mm512_fmadd_ps(f0, _mm512_mul_ps(by, c0), b0));
        _mm512_storeu_ps(y + i * ldy + 16, _mm512_fmadd_ps(f1, _mm512_mul_ps(by, c1), b1));
    }
}

#    define TILE(rows)                                                                      \
        PACKED_TARGET static __attribute__((noinline)) void vnni_##rows(                    \
            size_t k4, const int8_t *a, const uint8_t *b, float *y, size_t ldy, end_s8 e) { \
            vnni_tile(rows, k4, a, b, y, ldy, e);                                           \
        }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
#    undef TILE

typedef void (*vnni_fn)(size_t, const int8_t *, const uint8_t *, float *, size_t, end_s8);
static const vnni_fn vnni_tiles[PACKED_TALL] = {vnni_1, vnni_2, vnni_3, vnni_4,  vnni_5,  vnni_6,
                                                vnni_7, vnni_8, vnni_9, vnni_10, vnni_11, vnni_12};

PACKED_TARGET static void vnni_rows(const packed_call *c) {
    const rows_s8 r = lay_out(c);
    const size_t n = c->p->n, k4 = r.deep / 4;
    for (size_t i = 0; i < c->m; i += PACKED_TALL)
        packed_s8_avx512_panel(c, &r, i, r.panels + i * r.deep);
    for (size_t j = 0; j < n; j += PACKED_WIDE) {
        const size_t here = n - j < PACKED_WIDE ? n - j : PACKED_WIDE;
        float bias[PACKED_WIDE] __attribute__((aligned(64))) = {0};
        float own[PACKED_TALL * PACKED_WIDE] __attribute__((aligned(64)));
        if (c->bias) memcpy(bias, c->bias + j, here * sizeof *bias);
        for (size_t i = 0; i < c->m; i += PACKED_TALL) {
            const size_t rows = c->m - i < PACKED_TALL ? c->m - i : PACKED_TALL;
            const end_s8 end = {r.scale + i, (const float *)c->p->data + j, bias, r.shift + i};
            float *y = c->y + i * c->ldy + j;
            const bool whole = here == PACKED_WIDE;
            vnni_tiles[rows - 1](k4, r.panels + i * r.deep, packed_bytes_of(c->p) + j * r.deep,
                                 whole ? y : own, whole ? c->ldy : PACKED_WIDE, end);
            for (size_t e = 0; !whole && e < rows; e++)
                memcpy(y + e * c->ldy, own + e * PACKED_WIDE, here * sizeof *y);
        }
    }
}

packed_fn packed_s8_of(norni_packed_simd widest) {
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    if (widest >= NORNI_PACKED_VNNI && wide && __builtin_cpu_supports("avx512vnni"))
        return vnni_rows;
    if (widest >= NORNI_PACKED_AVX512 && wide) return packed_s8_avx512_rows;
    if (widest >= NORNI_PACKED_AVX2 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return packed_s8_avx2_rows;
    return NULL;
}
#else
packed_fn packed_s8_of(norni_packed_simd widest) {
    (void)widest;
    return NULL;
}
#endif
