/* The kernels of gemm.c, compiled once for each instruction set and precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. GEMM_TARGET, FN(x), REAL, VEC, LANES, VECS (vectors of a tile's
 * row), ROWS (of a tile; a multiple of 4), ZERO, LOAD, STORE, SPREAD (one number into all lanes)
 * and FMA(a, b, c) say for what. */

enum { FN(WIDTH) = LANES * VECS, FN(NC) = GEMM_PACK_BYTES / (GEMM_KC * (int)sizeof(REAL)) };

typedef REAL FN(quad)
    __attribute__((vector_size(4 * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));

/* Turns a block of four rows: out[4 j + i] = in[i][j], out's rows `step` apart. */
GEMM_TARGET static inline void FN(turn)(const REAL *in, size_t ld, REAL *out, size_t step) {
    const FN(quad) r0 = *(const FN(quad) *)in, r1 = *(const FN(quad) *)(in + ld);
    const FN(quad) r2 = *(const FN(quad) *)(in + 2 * ld), r3 = *(const FN(quad) *)(in + 3 * ld);
    const FN(quad) a = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
    const FN(quad) b = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
    const FN(quad) c = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
    const FN(quad) d = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
    *(FN(quad) *)out = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    *(FN(quad) *)(out + step) = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    *(FN(quad) *)(out + 2 * step) = __builtin_shufflevector(c, d, 0, 1, 4, 5);
    *(FN(quad) *)(out + 3 * step) = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

/* A panel: out (k, wide) from `used` columns of length k that lie along rows of `in` (used, k) when
 * `turned`, else from rows of `in` (k, used); noughts behind `used`. */
GEMM_TARGET static void FN(pack)(const REAL *in, size_t ld, bool turned, size_t k, size_t used,
                                 size_t wide, REAL *out) {
    if (!turned) {
        for (size_t p = 0; p < k; p++, in += ld, out += wide) {
            for (size_t i = 0; i < used; i++)
                out[i] = in[i];
            for (size_t i = used; i < wide; i++)
                out[i] = 0;
        }
        return;
    }
    const size_t whole = used & ~(size_t)3, k4 = k & ~(size_t)3;
    for (size_t p = 0; p < k4; p += 4)
        for (size_t i = 0; i < whole; i += 4)
            FN(turn)(in + i * ld + p, ld, out + p * wide + i, wide);
    for (size_t p = k4; p < k; p++)
        for (size_t i = 0; i < whole; i++)
            out[p * wide + i] = in[i * ld + p];
    for (size_t p = 0; p < k && whole < wide; p++)
        for (size_t i = whole; i < wide; i++)
            out[p * wide + i] = i < used ? in[i * ld + p] : 0;
}

/* c (rows, vecs vectors) = or += a b over k; a's element (i, p) at a[i a_row + p a_step], b a panel.
 * rows and vecs are constants wherever this is inlined. */
GEMM_TARGET static inline __attribute__((always_inline)) void FN(tile)(
    const size_t rows, const size_t vecs, size_t k, const REAL *a, size_t a_row, size_t a_step,
    const REAL *b, REAL *c, size_t ldc, bool add) {
    VEC s[ROWS][VECS];
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (size_t j = 0; j < vecs; j++)
            s[i][j] = add ? LOAD(c + i * ldc + j * LANES) : ZERO;
    for (size_t p = 0; p < k; p++, a += a_step, b += FN(WIDTH)) {
        VEC v[VECS];
#pragma GCC unroll 4
        for (size_t j = 0; j < vecs; j++)
            v[j] = LOAD(b + j * LANES);
#pragma GCC unroll 16
        for (size_t i = 0; i < rows; i++) {
            const VEC u = SPREAD(a[i * a_row]);
#pragma GCC unroll 4
            for (size_t j = 0; j < vecs; j++)
                s[i][j] = FMA(u, v[j], s[i][j]);
        }
    }
#pragma GCC unroll 16
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (size_t j = 0; j < vecs; j++)
            STORE(c + i * ldc + j * LANES, s[i][j]);
}

#define TILE(rows, vecs)                                                                          \
    GEMM_TARGET static __attribute__((noinline)) void FN(tile_##rows##_##vecs)(                   \
        size_t k, const REAL *a, size_t a_row, size_t a_step, const REAL *b, REAL *c, size_t ldc, \
        bool add) {                                                                               \
        if (a_row == 1)                                                                           \
            FN(tile)(rows, vecs, k, a, 1, a_step, b, c, ldc, add);                                \
        else                                                                                      \
            FN(tile)(rows, vecs, k, a, a_row, 1, b, c, ldc, add);                                 \
    }
#if ROWS > 8
TILE(12, 1)
TILE(12, 2)
#endif
#if ROWS > 4
TILE(8, 1)
TILE(8, 2)
#endif
TILE(4, 1)
TILE(4, 2)
#undef TILE

typedef void (*FN(tile_fn))(size_t, const REAL *, size_t, size_t, const REAL *, REAL *, size_t,
                            bool);

/* The tile for `rows` rows (a multiple of 4) and `vecs` vectors. */
static FN(tile_fn) FN(tile_of)(size_t rows, size_t vecs) {
#if ROWS > 8
    if (rows > 8) return vecs > 1 ? FN(tile_12_2) : FN(tile_12_1);
#endif
#if ROWS > 4
    if (rows > 4) return vecs > 1 ? FN(tile_8_2) : FN(tile_8_1);
#endif
    (void)rows;
    return vecs > 1 ? FN(tile_4_2) : FN(tile_4_1);
}

/* One tile of which only (m, n) lie inside c. */
GEMM_TARGET static void FN(edge)(FN(tile_fn) tile, size_t m, size_t n, size_t k, const REAL *a,
                                 size_t a_row, size_t a_step, const REAL *b, REAL *c, size_t ldc,
                                 bool add) {
    REAL own[ROWS * LANES * VECS] __attribute__((aligned(64))) = {0};
    for (size_t i = 0; add && i < m; i++)
        for (size_t j = 0; j < n; j++)
            own[i * FN(WIDTH) + j] = c[i * ldc + j];
    tile(k, a, a_row, a_step, b, own, FN(WIDTH), add);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            c[i * ldc + j] = own[i * FN(WIDTH) + j];
}

/* Rows [i, i + m) of c, m <= ROWS, against the packed b (k, n). */
GEMM_TARGET static void FN(rows)(const norni_gemm *g, const REAL *a, size_t m, size_t n, size_t k,
                                 const REAL *b, REAL *c, bool add, REAL *pack) {
    size_t a_row = g->a_turned ? 1 : g->lda, a_step = g->a_turned ? g->lda : 1;
    const size_t wide = (m + 3) & ~(size_t)3;
    if (m < wide || n > GEMM_DIRECT) {
        FN(pack)(a, g->lda, !g->a_turned, k, m, wide, pack);
        a = pack, a_row = 1, a_step = wide;
    }
    for (size_t j = 0; j < n; j += FN(WIDTH), b += k * FN(WIDTH)) {
        const size_t here = n - j < FN(WIDTH) ? n - j : FN(WIDTH);
        const FN(tile_fn) tile = FN(tile_of)(wide, here > LANES ? 2 : 1);
        if (m == wide && here % LANES == 0)
            tile(k, a, a_row, a_step, b, c + j, g->ldc, add);
        else
            FN(edge)(tile, m, here, k, a, a_row, a_step, b, c + j, g->ldc, add);
    }
}

GEMM_TARGET static void FN(product)(const norni_gemm *g, const REAL *a, const REAL *b, REAL *c,
                                    void *scratch) {
    REAL *pack_b = scratch, *pack_a = (REAL *)scratch + (size_t)FN(NC) * GEMM_KC;
    if (g->k == 0 && !g->add)
        for (size_t i = 0; i < g->m; i++)
            for (size_t j = 0; j < g->n; j++)
                c[i * g->ldc + j] = 0;
    for (size_t jc = 0; jc < g->n; jc += FN(NC))
        for (size_t pc = 0; pc < g->k; pc += GEMM_KC) {
            const size_t n = g->n - jc < FN(NC) ? g->n - jc : FN(NC);
            const size_t k = g->k - pc < GEMM_KC ? g->k - pc : GEMM_KC;
            for (size_t j = 0; j < n; j += FN(WIDTH)) {
                const REAL *from =
                    g->b_turned ? b + (jc + j) * g->ldb + pc : b + pc * g->ldb + jc + j;
                FN(pack)
                (from, g->ldb, g->b_turned, k, n - j < FN(WIDTH) ? n - j : FN(WIDTH), FN(WIDTH),
                 pack_b + j * k);
            }
            for (size_t i = 0; i < g->m; i += ROWS)
                FN(rows)
            (g, g->a_turned ? a + pc * g->lda + i : a + i * g->lda + pc,
             g->m - i < ROWS ? g->m - i : ROWS, n, k, pack_b, c + i * g->ldc + jc, g->add || pc > 0,
             pack_a);
        }
}

#undef GEMM_TARGET
#undef FN
#undef REAL
#undef VEC
#undef LANES
#undef VECS
#undef ROWS
#undef ZERO
#undef LOAD
#undef STORE
#undef SPREAD
#undef FMA
