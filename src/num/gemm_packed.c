/* Products of many rows with one matrix that is packed once: sizes, packing, plain kernels and dispatch. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "num/gemm_packed.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "num/packed_kernel.h"

enum { BLOCK_BYTES = 4 * 1024 * 1024 };

size_t norni_packed_bytes(norni_packed_kind kind, size_t n, size_t k) {
    const size_t wide = packed_up(n, PACKED_WIDE), deep = packed_up(k, packed_deep(kind));
    switch (kind) {
        case NORNI_PACKED_F32: return wide * deep * sizeof(float);
        case NORNI_PACKED_S8: return wide * (sizeof(float) + deep);
        case NORNI_PACKED_BF16: return wide * deep * sizeof(uint16_t);
    }
    return 0;
}

/* Rows of x to go through all of w at once, in blocks of about equal size: a bound on scratch, not on speed
 * (blocks that fit the second cache were 2 % slower than a whole 512 x 3072, which streams). */
static size_t most_rows(norni_packed_kind kind, size_t k) {
    const size_t deep = packed_up(k, packed_deep(kind));
    size_t row = deep;
    if (kind == NORNI_PACKED_F32) row = sizeof(float) * (deep < PACKED_DEPTH ? deep : PACKED_DEPTH);
    if (kind == NORNI_PACKED_BF16) row = sizeof(uint16_t) * deep;
    return packed_up(BLOCK_BYTES / (row > 0 ? row : 1) + 1, PACKED_TALL);
}

static size_t block_of(norni_packed_kind kind, size_t m, size_t k) {
    const size_t most = most_rows(kind, k), blocks = (m + most - 1) / most;
    return blocks == 0 ? PACKED_TALL : packed_up((m + blocks - 1) / blocks, PACKED_TALL);
}

/* Rows of the largest block of a call with up to m rows: it grows with m, as a block need not. */
static size_t rows_at_once(norni_packed_kind kind, size_t m, size_t k) {
    const size_t most = most_rows(kind, k), tall = packed_up(m, PACKED_TALL);
    return tall < most ? tall : most;
}

size_t norni_packed_scratch(size_t m, size_t k) {
    const size_t deep = packed_up(k, 4), two = 2 * PACKED_TALL * deep;
    /* See the layouts: s8 may hold words, and two panels of 12 rows before them. */
    const size_t f32 = rows_at_once(NORNI_PACKED_F32, m, k) * deep * sizeof(float);
    const size_t s8 = rows_at_once(NORNI_PACKED_S8, m, k) * (8 + 2 * deep) + two;
    const size_t bf16 = rows_at_once(NORNI_PACKED_BF16, m, k) * deep * sizeof(uint16_t) + two;
    const size_t most = f32 > s8 ? f32 : s8;
    return packed_up(most > bf16 ? most : bf16, 64) + 64;
}

packed_scale packed_scale_of(float largest) {
    if (!(largest <= 3.40282347e38f)) return (packed_scale){NAN, 0, 0};
    if (largest == 0) return (packed_scale){0, 0, 0};
    /* 127 / x overflows below 2^-121; 2^100 x is exact. */
    const float pre = largest < 0x1p-100f ? 0x1p100f : 1;
    return (packed_scale){largest / 127, pre, 127 / (largest * pre)};
}

uint16_t packed_half(float x) {
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    if ((u & 0x7fffffff) > 0x7f800000) return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

/* ---- packing w ---- */

/* By the bits without the sign: a NaN is larger than infinity, and the order does not matter. */
static float largest_of(const float *x, size_t k) {
    uint32_t most = 0;
    for (size_t i = 0; i < k; i++) {
        uint32_t u;
        memcpy(&u, x + i, sizeof u);
        u &= 0x7fffffff;
        if (u > most) most = u;
    }
    float y;
    memcpy(&y, &most, sizeof y);
    return y;
}

static void put_s8(const norni_packed *p, const float *w, size_t j) {
    const size_t deep = packed_up(p->k, 4);
    const packed_scale s = w ? packed_scale_of(largest_of(w, p->k)) : packed_scale_of(0);
    ((float *)p->data)[j] = s.scale;
    uint8_t *to = (uint8_t *)p->data + packed_up(p->n, PACKED_WIDE) * sizeof(float) +
                  j / PACKED_WIDE * deep * PACKED_WIDE + j % PACKED_WIDE * 4;
    for (size_t i = 0; i < deep; i++) {
        const int q = w && i < p->k && s.inverse > 0 ? (int)rintf(w[i] * s.pre * s.inverse) : 0;
        to[i / 4 * 4 * PACKED_WIDE + i % 4] = (uint8_t)(q + 128);
    }
}

static void put_bf16(const norni_packed *p, const float *w, size_t j) {
    const size_t deep = packed_up(p->k, 2);
    uint16_t *to = (uint16_t *)p->data + j / PACKED_WIDE * deep * PACKED_WIDE + j % PACKED_WIDE * 2;
    for (size_t i = 0; i < deep; i++)
        to[i / 2 * 2 * PACKED_WIDE + i % 2] = w && i < p->k ? packed_half(w[i]) : 0;
}

static void put_f32(const norni_packed *p, const float *w, size_t j) {
    float *to = (float *)p->data + j / PACKED_WIDE * p->k * PACKED_WIDE + j % PACKED_WIDE;
    for (size_t i = 0; i < p->k; i++)
        to[i * PACKED_WIDE] = w ? w[i] : 0;
}

void norni_packed_put(const norni_packed *p, const float *w, size_t ldw, size_t from, size_t to) {
    assert(from <= to && to <= p->n);
    /* Whoever puts the last row puts the noughts behind it. */
    const size_t end = to == p->n ? packed_up(p->n, PACKED_WIDE) : to;
    for (size_t j = from; j < end; j++) {
        const float *row = j < to ? w + j * ldw : NULL;
        if (p->kind == NORNI_PACKED_F32) put_f32(p, row, j);
        if (p->kind == NORNI_PACKED_S8) put_s8(p, row, j);
        if (p->kind == NORNI_PACKED_BF16) put_bf16(p, row, j);
    }
}

/* ---- plain kernels: the contract, letter by letter ---- */

static void plain_f32(const packed_call *c) {
    const size_t k = c->p->k;
    for (size_t i = 0; i < c->m; i++)
        for (size_t j = 0; j < c->p->n; j++) {
            const float *w =
                (const float *)c->p->data + j / PACKED_WIDE * k * PACKED_WIDE + j % PACKED_WIDE;
            float s = c->bias ? c->bias[j] : 0;
            for (size_t q = 0; q < k; q++)
                s = fmaf(c->x[i * c->ldx + q], w[q * PACKED_WIDE], s);
            c->y[i * c->ldy + j] = s;
        }
}

/* Sums stay exact: |x| <= 127 and w + 128 <= 255, so 2^31 is not reached before k = 66,000. */
static void plain_s8(const packed_call *c) {
    const size_t k = c->p->k, deep = packed_up(k, 4);
    int8_t *q = c->scratch;
    for (size_t i = 0; i < c->m; i++) {
        const float *x = c->x + i * c->ldx;
        const packed_scale s = packed_scale_of(largest_of(x, k));
        for (size_t g = 0; g < k; g++)
            q[g] = s.inverse > 0 ? (int8_t)rintf(x[g] * s.pre * s.inverse) : 0;
        for (size_t j = 0; j < c->p->n; j++) {
            const uint8_t *w =
                packed_bytes_of(c->p) + j / PACKED_WIDE * deep * PACKED_WIDE + j % PACKED_WIDE * 4;
            int32_t sum = 0;
            for (size_t g = 0; g < k; g++)
                sum += q[g] * (w[g / 4 * 4 * PACKED_WIDE + g % 4] - 128);
            c->y[i * c->ldy + j] = fmaf((float)sum, s.scale * ((const float *)c->p->data)[j],
                                        c->bias ? c->bias[j] : 0);
        }
    }
}

static float from_half(uint16_t h) {
    const uint32_t u = (uint32_t)h << 16;
    float x;
    memcpy(&x, &u, sizeof x);
    return x;
}

static void plain_bf16(const packed_call *c) {
    const size_t k = c->p->k, deep = packed_up(k, 2);
    for (size_t i = 0; i < c->m; i++)
        for (size_t j = 0; j < c->p->n; j++) {
            const uint16_t *w = (const uint16_t *)c->p->data +
                                j / PACKED_WIDE * deep * PACKED_WIDE + j % PACKED_WIDE * 2;
            float s = c->bias ? c->bias[j] : 0;
            for (size_t q = 0; q < k; q++)
                s = fmaf(from_half(packed_half(c->x[i * c->ldx + q])),
                         from_half(w[q / 2 * 2 * PACKED_WIDE + q % 2]), s);
            c->y[i * c->ldy + j] = s;
        }
}

/* ---- dispatch ---- */

bool norni_packed_usable(norni_packed_kind kind) {
    return kind != NORNI_PACKED_BF16 || packed_bf16_of(NORNI_PACKED_VNNI) != NULL;
}

void norni_packed_rows(const norni_packed *p, const float *x, size_t ldx, size_t m,
                       const float *bias, float *y, size_t ldy, void *scratch,
                       norni_packed_simd widest) {
    packed_fn run = NULL;
    switch (p->kind) {
        case NORNI_PACKED_F32: run = packed_f32_of(widest); break;
        case NORNI_PACKED_S8: run = packed_s8_of(widest); break;
        case NORNI_PACKED_BF16: run = packed_bf16_of(widest); break;
    }
    static const packed_fn plain[] = {plain_f32, plain_s8, plain_bf16};
    if (!run) run = plain[p->kind];
    const size_t block = block_of(p->kind, m, p->k);
    for (size_t i = 0; i < m; i += block) {
        const packed_call call = {p,    x + i * ldx, ldx, m - i < block ? m - i : block,
                                  bias, y + i * ldy, ldy, scratch};
        run(&call);
    }
}
