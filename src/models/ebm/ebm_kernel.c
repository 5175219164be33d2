/* The passes over rows for several sets of instructions, the choice among them, and the histogram. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ebm/ebm_kernel.h"

#include <string.h>
#if defined(__x86_64__)
#    include <immintrin.h>
#endif

/* What the shift adds in a slot. */
static inline double step_of(const ebm_shift *by, uint16_t slot) {
    if (by->zero_apart && slot == 0) return by->zero;
    return slot <= by->cut ? by->left : by->right;
}

/* The sum of 32 lanes, always by the same tree. */
static inline double tree_of(double *lane) {
    for (size_t half = 16; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

/* The greatest of eight lanes' gains; the lowest cut of equal ones. */
static inline ebm_best best_of(const double *gain, const double *at, double all,
                               const double *prefix) {
    ebm_best b = {.all = all};
    for (size_t k = 0; k < 8; k++) {
        const uint32_t cut = (uint32_t)at[k];
        if (gain[k] > b.gain || (gain[k] == b.gain && gain[k] > 0 && cut < b.cut)) {
            b.gain = gain[k];
            b.cut = cut;
        }
    }
    if (b.gain > 0) b.left = prefix[b.cut];
    return b;
}

#define KERNEL_TARGET
#define KERNEL_WIDTH 2
#define FN(x)        ebm_base_##x
#include "models/ebm/ebm_kernel_body.h"
#undef KERNEL_TARGET
#undef KERNEL_WIDTH
#undef FN

#if defined(__x86_64__)
#    define KERNEL_TARGET __attribute__((target("avx2")))
#    define KERNEL_WIDTH  4
#    define FN(x)         ebm_avx2_##x
#    include "models/ebm/ebm_kernel_body.h"
#    undef KERNEL_TARGET
#    undef KERNEL_WIDTH
#    undef FN
/* gcc 12 places vectors of 64 bytes on AddressSanitizer's own stack as if it were aligned to 64 (its bug
 * 110027), so these run without it; the twins of other widths do the same work under its eyes. */
#    define KERNEL_TARGET \
        __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw"), no_sanitize_address))
#    define KERNEL_WIDTH 8
#    define FN(x)        ebm_avx512_##x
#    include "models/ebm/ebm_kernel_body.h"
#    undef KERNEL_TARGET
#    undef KERNEL_WIDTH
#    undef FN
#endif

const ebm_kernel *ebm_kernel_get(int cap) {
    static const ebm_kernel base = {"baseline",      ebm_base_shift, ebm_base_pieces, ebm_base_add,
                                    ebm_base_square, ebm_base_sum,   ebm_base_best};
#if defined(__x86_64__)
    static const ebm_kernel avx2 = {"avx2",          ebm_avx2_shift, ebm_avx2_pieces, ebm_avx2_add,
                                    ebm_avx2_square, ebm_avx2_sum,   ebm_avx2_best};
    static const ebm_kernel avx512 = {"avx512",       ebm_avx512_shift,  ebm_avx512_pieces,
                                      ebm_avx512_add, ebm_avx512_square, ebm_avx512_sum,
                                      ebm_avx512_best};
    if (cap >= EBM_SIMD_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw"))
        return &avx512;
    if (cap >= EBM_SIMD_AVX2 && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)cap;
    return &base;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#    define SLOT(four, k) ((four) >> (16 * (k)) & 0xffff)
#else
#    define SLOT(four, k) ((four) >> (48 - 16 * (k)) & 0xffff)
#endif

/* Four rows a turn: their adds do not wait for each other. The ways lie at fixed distances, so that an
 * address is one register and a number. */
#define SCATTER(name, a, b, c, d)                                                       \
    static void name(const double *restrict r, const uint16_t *restrict slot, size_t n, \
                     double *restrict g) {                                              \
        size_t i = 0;                                                                   \
        for (; i + 4 <= n; i += 4) {                                                    \
            uint64_t four;                                                              \
            memcpy(&four, slot + i, sizeof four);                                       \
            g[(a)*EBM_WAY + SLOT(four, 0)] += r[i];                                     \
            g[(b)*EBM_WAY + SLOT(four, 1)] += r[i + 1];                                 \
            g[(c)*EBM_WAY + SLOT(four, 2)] += r[i + 2];                                 \
            g[(d)*EBM_WAY + SLOT(four, 3)] += r[i + 3];                                 \
        }                                                                               \
        for (; i < n; i++)                                                              \
            g[slot[i]] += r[i];                                                         \
    }

SCATTER(scatter_1, 0, 0, 0, 0)
SCATTER(scatter_2, 0, 1, 0, 1)
SCATTER(scatter_4, 0, 1, 2, 3)

void ebm_scatter(const double *r, const double *weight, const uint16_t *slot, size_t n, double *g,
                 size_t n_ways) {
    if (weight)
        for (size_t i = 0; i < n; i++)
            g[slot[i]] += r[i] * weight[i];
    else if (n_ways == 4)
        scatter_4(r, slot, n, g);
    else if (n_ways == 2)
        scatter_2(r, slot, n, g);
    else
        scatter_1(r, slot, n, g);
}
