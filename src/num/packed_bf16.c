/* Products of bf16 with a packed matrix, for machines with the instruction. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Its own bits: vdpbf16ps adds two products at a time, rounds between them as it likes and takes
 * denormals for noughts. x and w are rounded to the nearest, ties to even. A row of y depends on its
 * row of x alone here too: every element is one chain over pairs of terms in ascending order. */
#include <stdint.h>
#include <string.h>

#include "num/packed_kernel.h"

#if defined(__x86_64__)
#    include <immintrin.h>

#    define BF16_TARGET  __attribute__((target("avx512f,avx512bf16")))
#    define DOT(s, w, x) __asm__("vdpbf16ps %2, %1, %0" : "+v"(s) : "v"(w), "v"(x))

BF16_TARGET static inline __attribute__((always_inline)) void tile(const size_t rows, size_t k2,
                                                                   const uint32_t *a,
                                                                   const uint32_t *b, float *y,
                                                                   size_t ldy, const float *bias) {
    __m512 s[PACKED_TALL][2];
#    pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
        s[i][0] = _mm512_loadu_ps(bias);
        s[i][1] = _mm512_loadu_ps(bias + 16);
        __builtin_prefetch(y + i * ldy, 1);
        __builtin_prefetch(y + i * ldy + 16, 1);
    }
    for (size_t p = 0; p < k2; p++, a += PACKED_TALL, b += PACKED_WIDE) {
        const __m512i v = _mm512_loadu_si512(b), w = _mm512_loadu_si512(b + 16);
#    pragma GCC unroll 12
        for (size_t i = 0; i < rows; i++) {
            const __m512i u = _mm512_set1_epi32((int)a[i]);
            DOT(s[i][0], v, u);
            DOT(s[i][1], w, u);
        }
    }
#    pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
        _mm512_storeu_ps(y + i * ldy, s[i][0]);
        _mm512_storeu_ps(y + i * ldy + 16, s[i][1]);
    }
}

#    define TILE(rows)                                                             \
        BF16_TARGET static __attribute__((noinline)) void tile_##rows(             \
            size_t k2, const uint32_t *a, const uint32_t *b, float *y, size_t ldy, \
            const float *bias) {                                                   \
            tile(rows, k2, a, b, y, ldy, bias);                                    \
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

typedef void (*tile_fn)(size_t, const uint32_t *, const uint32_t *, float *, size_t, const float *);
static const tile_fn tiles[PACKED_TALL] = {tile_1, tile_2, tile_3, tile_4,  tile_5,  tile_6,
                                           tile_7, tile_8, tile_9, tile_10, tile_11, tile_12};

/* A row to halves, noughts behind its k. */
BF16_TARGET static void halves(const float *x, size_t k, uint16_t *to) {
    size_t i = 0;
    for (; i + 16 <= k; i += 16) {
        const __m256bh h = _mm512_cvtneps_pbh(_mm512_loadu_ps(x + i));
        memcpy(to + i, &h, sizeof h);
    }
    float last[16] = {0};
    memcpy(last, x + i, (k - i) * sizeof *x);
    const __m256bh h = _mm512_cvtneps_pbh(_mm512_loadu_ps(last));
    memcpy(to + i, &h, (packed_up(k, 2) - i) * sizeof *to);
}

/* The panels (M / 12, K / 2, 12, 2) of x; `plain` holds 12 rows before they are turned. */
BF16_TARGET static void panels(const packed_call *c, uint16_t *plain, uint32_t *to) {
    const size_t deep = packed_up(c->p->k, 2);
    for (size_t i = 0; i < c->m; i += PACKED_TALL) {
        const size_t rows = c->m - i < PACKED_TALL ? c->m - i : PACKED_TALL;
        for (size_t j = 0; j < rows; j++)
            halves(c->x + (i + j) * c->ldx, c->p->k, plain + j * deep);
        packed_turn((const uint32_t *)(const void *)plain, deep / 2, rows, deep / 2,
                    to + i * deep / 2);
    }
}

BF16_TARGET static void rows_bf16(const packed_call *c) {
    const size_t n = c->p->n, deep = packed_up(c->p->k, 2);
    uint32_t *a = (uint32_t *)c->scratch + PACKED_TALL * deep / 2;
    panels(c, c->scratch, a);
    for (size_t j = 0; j < n; j += PACKED_WIDE) {
        const size_t here = n - j < PACKED_WIDE ? n - j : PACKED_WIDE;
        const uint32_t *b = (const uint32_t *)c->p->data + j * deep / 2;
        float bias[PACKED_WIDE] __attribute__((aligned(64))) = {0};
        float own[PACKED_TALL * PACKED_WIDE] __attribute__((aligned(64)));
        if (c->bias) memcpy(bias, c->bias + j, here * sizeof *bias);
        for (size_t i = 0; i < c->m; i += PACKED_TALL) {
            const size_t rows = c->m - i < PACKED_TALL ? c->m - i : PACKED_TALL;
            const bool whole = here == PACKED_WIDE;
            float *y = c->y + i * c->ldy + j;
            tiles[rows - 1](deep / 2, a + i * deep / 2, b, whole ? y : own,
                            whole ? c->ldy : PACKED_WIDE, bias);
            for (size_t e = 0; !whole && e < rows; e++)
                memcpy(y + e * c->ldy, own + e * PACKED_WIDE, here * sizeof *y);
        }
    }
}

packed_fn packed_bf16_of(norni_packed_simd widest) {
    return widest >= NORNI_PACKED_VNNI && __builtin_cpu_supports("avx512bf16") ? rows_bf16 : NULL;
}
#else
packed_fn packed_bf16_of(norni_packed_simd widest) {
    (void)widest;
    return NULL;
}
#endif
