/* Attention of one head, compiled once for each instruction set: two small products around a softmax. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included after transformer_rows_body.h, with its macros and TALL, the rows of a tile. Every
 * score is one chain of fma over d, every output one over the keys in their order: the bits depend on
 * the text alone. */

enum { FN(BLOCK) = 2 * LANES };

/* c (rows, vecs vectors) = or += a b over k: a (rows, k) rows lda apart, b (k, vecs vectors) ldb apart.
 * rows and vecs are constants wherever this is inlined. */
ROWS_TARGET static inline __attribute__((always_inline)) void FN(tile)(
    const size_t rows, const size_t vecs, size_t k, const float *a, size_t lda, const float *b,
    size_t ldb, float *c, size_t ldc, bool add) {
    VEC s[TALL][2];
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (size_t j = 0; j < vecs; j++)
            s[i][j] = add ? LOAD(c + i * ldc + j * LANES) : SPREAD(0);
    for (size_t p = 0; p < k; p++) {
        VEC v[2];
#pragma GCC unroll 2
        for (size_t j = 0; j < vecs; j++)
            v[j] = LOAD(b + p * ldb + j * LANES);
#pragma GCC unroll 16
        for (size_t i = 0; i < rows; i++) {
            const VEC u = SPREAD(a[i * lda + p]);
#pragma GCC unroll 2
            for (size_t j = 0; j < vecs; j++)
                s[i][j] = FMA(u, v[j], s[i][j]);
        }
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (size_t j = 0; j < vecs; j++)
            STORE(c + i * ldc + j * LANES, s[i][j]);
}

/* All rows (m) of c against one block of b. */
ROWS_TARGET static void FN(block)(size_t m, size_t vecs, size_t k, const float *a, size_t lda,
                                  const float *b, size_t ldb, float *c, size_t ldc, bool add) {
    for (size_t i = 0; i < m;) {
        const size_t left = m - i;
        const float *ai = a + i * lda;
        float *ci = c + i * ldc;
#define CASE(rows)                                               \
    if (left >= (rows)) {                                        \
        if (vecs > 1)                                            \
            FN(tile)(rows, 2, k, ai, lda, b, ldb, ci, ldc, add); \
        else                                                     \
            FN(tile)(rows, 1, k, ai, lda, b, ldb, ci, ldc, add); \
        i += (rows);                                             \
        continue;                                                \
    }
        CASE(TALL)
#if TALL > 4
        CASE(4)
#endif
        CASE(2)
        CASE(1)
#undef CASE
    }
}

/* Scores (t, t rounded up to 16) of all queries against all keys; noughts behind the last key. */
ROWS_TARGET static void FN(scores)(const norni_attention_call *c, size_t wide) {
    float turned[DEPTH * FN(BLOCK)] __attribute__((aligned(64)));
    for (size_t j = 0; j < wide; j += FN(BLOCK))
        for (size_t from = 0; from < c->d; from += DEPTH) {
            const size_t d = c->d - from < DEPTH ? c->d - from : DEPTH;
            for (size_t i = 0; i < FN(BLOCK); i++)
                for (size_t p = 0; p < d; p++)
                    turned[p * FN(BLOCK) + i] = j + i < c->t ? c->k[(j + i) * c->ld + from + p] : 0;
            FN(block)
            (c->t, wide - j > LANES ? 2 : 1, d, c->q + from, c->ld, turned, FN(BLOCK),
             c->scores + j, wide, from > 0);
        }
}

/* Columns [j, j + here) of out, fewer than a whole vector's: v's in a copy with noughts behind. */
ROWS_TARGET static void FN(ragged)(const norni_attention_call *c, size_t wide, size_t j,
                                   size_t here) {
    float part[DEPTH * LANES] __attribute__((aligned(64)));
    float own[TALL * LANES] __attribute__((aligned(64)));
    for (size_t i = 0; i < c->t; i += TALL) {
        const size_t rows = c->t - i < TALL ? c->t - i : TALL;
        for (size_t from = 0; from < c->t; from += DEPTH) {
            const size_t k = c->t - from < DEPTH ? c->t - from : DEPTH;
            for (size_t p = 0; p < k; p++)
                for (size_t e = 0; e < LANES; e++)
                    part[p * LANES + e] = e < here ? c->v[(from + p) * c->ld + j + e] : 0;
            FN(block)
            (rows, 1, k, c->scores + i * wide + from, wide, part, LANES, own, LANES, from > 0);
        }
        for (size_t r = 0; r < rows; r++)
            for (size_t e = 0; e < here; e++)
                c->out[(i + r) * c->ld_out + j + e] = own[r * LANES + e];
    }
}

ROWS_TARGET static void FN(attention)(const norni_attention_call *c) {
    const size_t wide = (c->t + SPAN - 1) / SPAN * SPAN;
    FN(scores)(c, wide);
    for (size_t i = 0; i < c->t; i++)
        FN(softmax)(c->scores + i * wide, c->t, c->scale);
    size_t j = 0;
    for (; j + LANES <= c->d;) {
        const size_t vecs = j + FN(BLOCK) <= c->d ? 2 : 1;
        FN(block)(c->t, vecs, c->t, c->scores, wide, c->v + j, c->ld, c->out + j, c->ld_out, false);
        j += vecs * LANES;
    }
    if (j < c->d) FN(ragged)(c, wide, j, c->d - j);
}

#undef ROWS_TARGET
#undef FN
#undef VEC
#undef LANES
#undef TALL
#undef LOAD
#undef STORE
#undef SPREAD
#undef ADD
#undef SUB
#undef MUL
#undef DIV
#undef FMA
#undef MAX
#undef MIN
#undef PICK
#undef TIMES_POWER
