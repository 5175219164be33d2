/* The simulator's kernels for each instruction set, and which of them this machine runs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_lanes.h"
#include "base/simd.h"

#include <string.h>

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

#define INLINE      static inline __attribute__((always_inline))
#define RARE        static __attribute__((noinline, cold))
#define LOAD(x)     (*(const vec *)(const void *)((x) + o))
#define STORE(x, v) (*(vec *)(void *)((x) + o) = (v))
/* Equities of the lanes at bar t. */
#define CURVE(g, t) ((g)->curve + 8 * ((t)&NORNI_PORT_BURST_MASK))

/* Numbers of assets that have kernels of their own, 10 kB each. Sanitizers would take minutes over more. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#    define FEW(x) x(4)
#else
#    define FEW(x) x(2) x(3) x(4) x(5)
#endif

/* Masks as vectors of ones and noughts. `a > b ? a : b` and its like name what happens to NaN: b. */
#define NONE      ((mask){0})
#define AND(a, b) ((a) & (b))
#define OR(a, b)  ((a) | (b))
#define GT(a, b)  ((a) > (b))
#define GE(a, b)  ((a) >= (b))
#define LT(a, b)  ((a) < (b))
#define LE(a, b)  ((a) <= (b))
#define NE(a, b)  ((a) != (b))
#define ABS(a)    ((vec)((mask)(a)&0x7fffffffffffffffLL))

/* Two lanes: what every machine has. */
#define TARGET
#define FN(x) lanes_plain_##x
#define vec   lanes_plain_vec
#define mask  lanes_plain_mask
#define LANES 2
typedef double vec __attribute__((vector_size(16), may_alias));
typedef long long mask __attribute__((vector_size(16), may_alias));
#define SELECT(m, a, b) ((vec)(((m) & (mask)(a)) | (~(m) & (mask)(b))))
#define FROM(bits)      ((((mask){1, 2}) & (long long)(bits)) != 0)
#if defined(__x86_64__)
#    define MAX(a, b) ((vec)_mm_max_pd(a, b))
#    define MIN(a, b) ((vec)_mm_min_pd(a, b))
#    define BITS(m)   ((unsigned)_mm_movemask_pd((__m128d)(m)))
#else
#    define MAX(a, b) SELECT(GT(a, b), a, b)
#    define MIN(a, b) SELECT(LT(a, b), a, b)
#    define BITS(m)   ((unsigned)((m)[0] & 1) | (unsigned)((m)[1] & 2))
#endif
#include "portfolio/portfolio_lanes_body.h"

#if defined(__x86_64__)
#    undef TARGET
#    undef FN
#    undef vec
#    undef mask
#    undef LANES
#    undef SELECT
#    undef FROM
#    undef MAX
#    undef MIN
#    undef BITS
#    if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#        undef FEW
#        define FEW(x) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10)
#    endif
#    define TARGET __attribute__((target("avx2")))
#    define FN(x)  lanes_avx2_##x
#    define vec    lanes_avx2_vec
#    define mask   lanes_avx2_mask
#    define LANES  4
typedef double vec __attribute__((vector_size(32), may_alias));
typedef long long mask __attribute__((vector_size(32), may_alias));
#    define SELECT(m, a, b) ((vec)_mm256_blendv_pd(b, a, (__m256d)(m)))
#    define FROM(bits)      ((((mask){1, 2, 4, 8}) & (long long)(bits)) != 0)
#    define MAX(a, b)       ((vec)_mm256_max_pd(a, b))
#    define MIN(a, b)       ((vec)_mm256_min_pd(a, b))
#    define BITS(m)         ((unsigned)_mm256_movemask_pd((__m256d)(m)))
#    include "portfolio/portfolio_lanes_body.h"

/* AVX-512 has masks of its own. */
#    undef TARGET
#    undef FN
#    undef vec
#    undef mask
#    undef LANES
#    undef NONE
#    undef AND
#    undef OR
#    undef GT
#    undef GE
#    undef LT
#    undef LE
#    undef NE
#    undef SELECT
#    undef MAX
#    undef MIN
#    undef ABS
#    undef FROM
#    undef BITS
#    define TARGET __attribute__((target("avx512f,avx512dq,avx512vl" NORNI_PREFER_512)))
#    define FN(x)  lanes_avx512_##x
#    define vec    lanes_avx512_vec
#    define mask   __mmask8
#    define LANES  8
typedef double vec __attribute__((vector_size(64), may_alias));
#    define NONE            ((__mmask8)0)
#    define AND(a, b)       ((__mmask8)((a) & (b)))
#    define OR(a, b)        ((__mmask8)((a) | (b)))
#    define GT(a, b)        _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ)
#    define GE(a, b)        _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ)
#    define LT(a, b)        _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ)
#    define LE(a, b)        _mm512_cmp_pd_mask(a, b, _CMP_LE_OQ)
#    define NE(a, b)        _mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ)
#    define SELECT(m, a, b) _mm512_mask_blend_pd(m, b, a)
#    define MAX(a, b)       _mm512_max_pd(a, b)
#    define MIN(a, b)       _mm512_min_pd(a, b)
#    define ABS(a)          _mm512_abs_pd(a)
#    define FROM(bits)      ((__mmask8)(bits))
#    define BITS(m)         ((unsigned)(m))
#    include "portfolio/portfolio_lanes_body.h"
#endif

#define KERNEL(word, name) \
    { name, lanes_##word##_scan, lanes_##word##_trade, lanes_##word##_digest }

const norni_port_kernel *norni_port_kernel_get(norni_port_simd widest) {
    static const norni_port_kernel plain = KERNEL(plain, "baseline");
#if defined(__x86_64__)
    static const norni_port_kernel avx2 = KERNEL(avx2, "avx2");
    static const norni_port_kernel avx512 = KERNEL(avx512, "avx512");
    if (widest >= NORNI_PORT_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &avx512;
    if (widest >= NORNI_PORT_AVX2 && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)widest;
    return &plain;
}
