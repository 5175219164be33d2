/* Sums of bytes through products of 16-bit words, compiled once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included after packed_quantise_body.h, with its macros and ROWS and VECS (of a tile; ROWS
 * divides PACKED_TALL), WIDEN_W(p) (bytes to words), WIDEN_X(p) (signed bytes to words), FOUR(p) (four
 * words into every quarter of a vector's lanes) and MADD. */

/* A vector holds two partial sums of each of its columns. */
enum { FN(WIDTH) = LANES / 2 * VECS };

PACKED_TARGET static inline __attribute__((always_inline)) void FN(tile)(
    const size_t rows, size_t k4, const int16_t *a, const uint8_t *b, int32_t *sums) {
    IVEC s[ROWS][VECS];
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (size_t j = 0; j < VECS; j++)
            s[i][j] = ZERO_I;
    for (size_t p = 0; p < k4; p++, a += 4 * PACKED_TALL, b += 4 * PACKED_WIDE) {
        IVEC w[VECS];
#pragma GCC unroll 4
        for (size_t j = 0; j < VECS; j++)
            w[j] = WIDEN_W(b + j * LANES * 2);
#pragma GCC unroll 6
        for (size_t i = 0; i < rows; i++) {
            const IVEC x = FOUR(a + 4 * i);
#pragma GCC unroll 4
            for (size_t j = 0; j < VECS; j++)
                s[i][j] = ADD_I(s[i][j], MADD(x, w[j]));
        }
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (size_t j = 0; j < VECS; j++) {
            int32_t lane[LANES] __attribute__((aligned(64)));
            STORE_I(lane, s[i][j]);
            for (size_t e = 0; e < LANES / 2; e++)
                sums[i * FN(WIDTH) + j * LANES / 2 + e] = lane[2 * e] + lane[2 * e + 1];
        }
}

PACKED_TARGET static __attribute__((noinline)) void FN(tile_all)(size_t k4, const int16_t *a,
                                                                 const uint8_t *b, int32_t *sums) {
    FN(tile)(ROWS, k4, a, b, sums);
}

PACKED_TARGET static __attribute__((noinline)) void FN(tile_one)(size_t k4, const int16_t *a,
                                                                 const uint8_t *b, int32_t *sums) {
    FN(tile)(1, k4, a, b, sums);
}

/* Columns [j, j + WIDTH) of rows [i, i + rows). */
PACKED_TARGET static void FN(finish)(const packed_call *c, const rows_s8 *r, size_t i, size_t rows,
                                     size_t j, const int32_t *sums) {
    const float *scale = (const float *)c->p->data + j;
    const size_t here = c->p->n - j < FN(WIDTH) ? c->p->n - j : FN(WIDTH);
    for (size_t e = 0; e < rows; e++)
        for (size_t g = 0; g < here; g++)
            c->y[(i + e) * c->ldy + j + g] =
                fmaf((float)(sums[e * FN(WIDTH) + g] - r->shift[i + e]), r->scale[i + e] * scale[g],
                     c->bias ? c->bias[j + g] : 0);
}

PACKED_TARGET static void FN(rows)(const packed_call *c) {
    const rows_s8 r = lay_out(c);
    const size_t k4 = r.deep / 4, step = PACKED_TALL * r.deep;
    int8_t *bytes = r.panels;
    int16_t *words = (int16_t *)(void *)(bytes + step);
    for (size_t i = 0; i < c->m; i += PACKED_TALL) {
        FN(panel)(c, &r, i, bytes);
        for (size_t p = 0; p < step; p++)
            words[i * r.deep + p] = bytes[p];
    }
    int32_t sums[ROWS * FN(WIDTH)] __attribute__((aligned(64)));
    for (size_t j = 0; j < c->p->n; j += FN(WIDTH))
        for (size_t i = 0; i < c->m;) {
            const size_t rows = i % ROWS == 0 && c->m - i >= ROWS ? ROWS : 1;
            const int16_t *a = words + i / PACKED_TALL * step + i % PACKED_TALL * 4;
            const uint8_t *b = packed_bytes_of(c->p) + j / PACKED_WIDE * PACKED_WIDE * r.deep +
                               j % PACKED_WIDE * 4;
            (rows > 1 ? FN(tile_all) : FN(tile_one))(k4, a, b, sums);
            FN(finish)(c, &r, i, rows, j, sums);
            i += rows;
        }
}
