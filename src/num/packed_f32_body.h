/* Single precision products with a packed matrix, compiled once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. PACKED_TARGET, FN(x), VEC, LANES, ROWS (of a tile; divides
 * PACKED_TALL), LOAD, STORE, SPREAD (one number into all lanes) and FMA(a, b, c) say for what. */

enum { FN(WIDTH) = 2 * LANES };

/* c (rows, two vectors) over k: every element one chain of fma, from `start` (two vectors) or, where
 * that is NULL, from c. a (k, 12) and b (k, 32) are columns of panels. */
PACKED_TARGET static inline __attribute__((always_inline)) void FN(tile)(const size_t rows,
                                                                         size_t k, const float *a,
                                                                         const float *b, float *c,
                                                                         size_t ldc,
                                                                         const float *start) {
    VEC s[ROWS][2];
#pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
        const float *from = start ? start : c + i * ldc;
        s[i][0] = LOAD(from);
        s[i][1] = LOAD(from + LANES);
        __builtin_prefetch(c + i * ldc, 1);
        __builtin_prefetch(c + i * ldc + LANES, 1);
    }
    for (size_t p = 0; p < k; p++, a += PACKED_TALL, b += PACKED_WIDE) {
        const VEC v = LOAD(b), w = LOAD(b + LANES);
#pragma GCC unroll 12
        for (size_t i = 0; i < rows; i++) {
            const VEC u = SPREAD(a[i]);
            s[i][0] = FMA(u, v, s[i][0]);
            s[i][1] = FMA(u, w, s[i][1]);
        }
    }
#pragma GCC unroll 12
    for (size_t i = 0; i < rows; i++) {
        STORE(c + i * ldc, s[i][0]);
        STORE(c + i * ldc + LANES, s[i][1]);
    }
}

#define TILE(rows)                                                                            \
    PACKED_TARGET static __attribute__((noinline)) void FN(tile_##rows)(                      \
        size_t k, const float *a, const float *b, float *c, size_t ldc, const float *start) { \
        FN(tile)(rows, k, a, b, c, ldc, start);                                               \
    }
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
#if ROWS > 6
TILE(7)
TILE(8)
TILE(9)
TILE(10)
TILE(11)
TILE(12)
#endif
#undef TILE

typedef void (*FN(tile_fn))(size_t, const float *, const float *, float *, size_t, const float *);
static const FN(tile_fn) FN(tiles)[ROWS] = {
    FN(tile_1), FN(tile_2), FN(tile_3), FN(tile_4),  FN(tile_5),  FN(tile_6),
#if ROWS > 6
    FN(tile_7), FN(tile_8), FN(tile_9), FN(tile_10), FN(tile_11), FN(tile_12),
#endif
};

/* A tile of which only `here` columns lie inside c. */
PACKED_TARGET static void FN(edge)(size_t rows, size_t here, size_t k, const float *a,
                                   const float *b, float *c, size_t ldc, const float *start) {
    float own[ROWS * FN(WIDTH)] __attribute__((aligned(64))) = {0};
    float from[FN(WIDTH)] __attribute__((aligned(64))) = {0};
    for (size_t j = 0; start && j < here; j++)
        from[j] = start[j];
    for (size_t i = 0; !start && i < rows; i++)
        memcpy(own + i * FN(WIDTH), c + i * ldc, here * sizeof *c);
    FN(tiles)[rows - 1](k, a, b, own, FN(WIDTH), start ? from : NULL);
    for (size_t i = 0; i < rows; i++)
        memcpy(c + i * ldc, own + i * FN(WIDTH), here * sizeof *c);
}

/* All rows against columns [j, j + 2 vectors) and k terms. */
PACKED_TARGET static void FN(columns)(const packed_call *c, const float *a, size_t j, size_t k,
                                      const float *b, const float *start) {
    const size_t n = c->p->n, here = n - j < FN(WIDTH) ? n - j : FN(WIDTH);
    for (size_t i = 0; i < c->m; i += ROWS) {
        const size_t rows = c->m - i < ROWS ? c->m - i : ROWS;
        const float *from = a + i / PACKED_TALL * PACKED_TALL * c->p->k + i % PACKED_TALL;
        float *y = c->y + i * c->ldy + j;
        if (here == FN(WIDTH))
            FN(tiles)[rows - 1](k, from, b, y, c->ldy, start);
        else
            FN(edge)(rows, here, k, from, b, y, c->ldy, start);
    }
}

PACKED_TARGET static void FN(rows)(const packed_call *c) {
    static const float none[PACKED_WIDE] __attribute__((aligned(64)));
    const size_t n = c->p->n, k = c->p->k;
    float *a = c->scratch;
    for (size_t i = 0; i < c->m; i += PACKED_TALL)
        packed_turn((const uint32_t *)(const void *)(c->x + i * c->ldx), c->ldx,
                    c->m - i < PACKED_TALL ? c->m - i : PACKED_TALL, k,
                    (uint32_t *)(void *)(a + i * k));
    size_t from = 0;
    do {
        const size_t deep = k - from < PACKED_DEPTH ? k - from : PACKED_DEPTH;
        for (size_t j = 0; j < n; j += FN(WIDTH)) {
            const float *b = (const float *)c->p->data + j / PACKED_WIDE * PACKED_WIDE * k +
                             from * PACKED_WIDE + j % PACKED_WIDE;
            const float *start = from > 0 ? NULL : c->bias ? c->bias + j : none;
            FN(columns)(c, a + from * PACKED_TALL, j, deep, b, start);
        }
        from += deep;
    } while (from < k);
}

#undef PACKED_TARGET
#undef FN
#undef VEC
#undef LANES
#undef ROWS
#undef LOAD
#undef STORE
#undef SPREAD
#undef FMA
