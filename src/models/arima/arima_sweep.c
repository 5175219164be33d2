/* Sweeps over vectors for several instruction sets, with the same bits on each. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing is summed across elements but by eight partial sums, whatever a machine's vectors hold. */
#include <string.h>

#include "models/arima/arima_work.h"

typedef double lanes __attribute__((vector_size(32)));

#define SWEEP_TARGET
#define FN(x) base_##x
#include "models/arima/arima_sweep_body.h"
#undef SWEEP_TARGET
#undef FN
#if defined(__x86_64__)
#    define SWEEP_TARGET __attribute__((target("avx2")))
#    define FN(x)        avx2_##x
#    include "models/arima/arima_sweep_body.h"
#    undef SWEEP_TARGET
#    undef FN
#endif

arima_sweeps arima_sweeps_get(int cap) {
#if defined(__x86_64__)
    if (cap >= ARIMA_SIMD_AVX2 && __builtin_cpu_supports("avx2"))
        return (arima_sweeps){avx2_add, avx2_turn, avx2_dot};
#endif
    (void)cap;
    return (arima_sweeps){base_add, base_turn, base_dot};
}

double arima_dot(const double *a, const double *b, size_t n) {
    return base_dot(a, b, n);
}
