/* Products of many columns: with each other, with a vector, over stretches of rows; in lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "num/columns.h"
#include "base/simd.h"

/* Columns between two polls. */
enum { CHUNK = 32 };

#define COLUMNS_TARGET
#define FN(x)  columns_plain_##x
#define TILE_I 1
#define TILE_J 2
#include "num/columns_body.h"
#undef COLUMNS_TARGET
#undef FN
#undef TILE_I
#undef TILE_J

#if defined(__x86_64__)
#    define COLUMNS_TARGET __attribute__((target("avx2")))
#    define FN(x)          columns_avx2_##x
#    define TILE_I         2
#    define TILE_J         2
#    include "num/columns_body.h"
#    undef COLUMNS_TARGET
#    undef FN
#    undef TILE_I
#    undef TILE_J
#    define COLUMNS_TARGET __attribute__((target("avx512f,avx512dq,avx512vl" NORNI_PREFER_512)))
#    define FN(x)          columns_avx512_##x
#    define TILE_I         4
#    define TILE_J         4
#    include "num/columns_body.h"
#    undef COLUMNS_TARGET
#    undef FN
#    undef TILE_I
#    undef TILE_J
#endif

#define KERNEL(word, name)                                                        \
    {                                                                             \
        name, columns_##word##_gram, columns_##word##_dot, columns_##word##_take, \
            columns_##word##_stretch, columns_##word##_eight                      \
    }

const norni_columns_kernel *norni_columns_kernel_get(norni_columns_simd widest) {
    static const norni_columns_kernel plain = KERNEL(plain, "baseline");
#if defined(__x86_64__)
    static const norni_columns_kernel avx2 = KERNEL(avx2, "avx2");
    static const norni_columns_kernel avx512 = KERNEL(avx512, "avx512");
    if (widest >= NORNI_COLUMNS_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &avx512;
    if (widest >= NORNI_COLUMNS_AVX2 && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)widest;
    return &plain;
}

/* pack (p padded to 4, BLOCK): rows [from, to) of the columns times their scale, noughts behind. */
static void pack_rows(const double *const *x, const double *scale, size_t p, size_t from, size_t to,
                      double *pack) {
    const size_t n = to - from, whole = (n + 7) & ~(size_t)7;
    for (size_t j = 0; j < p; j++) {
        const double *in = x[j] + from, u = scale[j];
        double *out = pack + j * NORNI_COLUMNS_BLOCK;
        for (size_t i = 0; i < n; i++)
            out[i] = u * in[i];
        for (size_t i = n; i < whole; i++)
            out[i] = 0;
    }
}

norn_status norni_columns_gram(norni_arena *arena, const norni_poll *poll, const double *const *x,
                               const double *scale, size_t p, size_t from, size_t to, double *xx,
                               norn_err *err) {
    const norni_columns_kernel *k = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    double *pack = norni_arena_zero(arena, (p + 3) / 4 * 4, NORNI_COLUMNS_BLOCK * sizeof *pack);
    if (!pack) return norn_fail(err, NORN_E_MEM, "products: no memory for %zu columns", p);
    norn_status st = NORN_OK;
    for (size_t b = from; b < to && st == NORN_OK; b += NORNI_COLUMNS_BLOCK) {
        const size_t e = to - b < NORNI_COLUMNS_BLOCK ? to : b + NORNI_COLUMNS_BLOCK;
        pack_rows(x, scale, p, b, e, pack);
        for (size_t i = 0; i < p && st == NORN_OK; i += CHUNK) {
            k->gram(pack, (e - b + 7) & ~(size_t)7, i, i + CHUNK < p ? i + CHUNK : p, p, xx);
            if (norni_poll_stop(poll)) st = norn_fail(err, NORN_E_CANCEL, "products: cancelled");
        }
    }
    for (size_t i = 0; i < p; i++)
        for (size_t j = i + 1; j < p; j++)
            xx[i * p + j] = xx[j * p + i];
    norni_arena_rewind(arena, mark);
    return st;
}
