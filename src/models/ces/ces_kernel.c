/* The filter compiled for several instruction sets, and the choice among them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ces/ces_kernel.h"

#define CES_TARGET
#define FN(x)     ces_base_##x
#define CES_WIDTH 2
#include "models/ces/ces_kernel_body.h"
#undef CES_TARGET
#undef FN
#undef CES_WIDTH

#if defined(__x86_64__)
#    define CES_TARGET __attribute__((target("avx2")))
#    define FN(x)      ces_avx2_##x
#    define CES_WIDTH  4
#    include "models/ces/ces_kernel_body.h"
#    undef CES_TARGET
#    undef FN
#    undef CES_WIDTH
#    define CES_TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#    define FN(x)      ces_avx512_##x
#    define CES_WIDTH  8
#    include "models/ces/ces_kernel_body.h"
#    undef CES_TARGET
#    undef FN
#    undef CES_WIDTH
#endif

const ces_kernel *ces_kernel_get(int cap) {
    static const ces_kernel base = {"baseline", ces_base_run, ces_base_coast};
#if defined(__x86_64__)
    static const ces_kernel avx2 = {"avx2", ces_avx2_run, ces_avx2_coast};
    static const ces_kernel avx512 = {"avx512", ces_avx512_run, ces_avx512_coast};
    if (cap >= CES_SIMD_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &avx512;
    if (cap >= CES_SIMD_AVX2 && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)cap;
    return &base;
}
