/* The derivative pass compiled for several instruction sets, and the choice among them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/ets/ets_pass.h"

#include <math.h>

#include "base/fp.h"

/* Moves the product's binary exponent into a sum of logarithms. */
static double ets_log_take(double *prod) {
    int e = 0;
    *prod = frexp(*prod, &e);
    return e * 0.693147180559945309417;
}

#define ETS_TARGET
#define FN(x)     ets_base_##x
#define ETS_WIDTH 2
#include "models/ets/ets_kernel_body.h"
#undef ETS_TARGET
#undef FN
#undef ETS_WIDTH

#if defined(__x86_64__)
#    define ETS_TARGET __attribute__((target("avx2")))
#    define FN(x)      ets_avx2_##x
#    define ETS_WIDTH  4
#    include "models/ets/ets_kernel_body.h"
#    undef ETS_TARGET
#    undef FN
#    undef ETS_WIDTH
#    define ETS_TARGET __attribute__((target("avx512f,avx512dq,avx512vl")))
#    define FN(x)      ets_avx512_##x
#    define ETS_WIDTH  8
#    include "models/ets/ets_kernel_body.h"
#    undef ETS_TARGET
#    undef FN
#    undef ETS_WIDTH
#endif

const ets_kernel *ets_kernel_get(int cap) {
    static const ets_kernel base = {"baseline", ets_base_pass, ets_base_gram};
#if defined(__x86_64__)
    static const ets_kernel avx2 = {"avx2", ets_avx2_pass, ets_avx2_gram};
    static const ets_kernel avx512 = {"avx512", ets_avx512_pass, ets_avx512_gram};
    if (cap >= ETS_SIMD_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return &avx512;
    if (cap >= ETS_SIMD_AVX2 && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)cap;
    return &base;
}
