/* The two sweeps over a state vector of the step-by-step filter, for several instruction sets. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/arima/arima_track.h"

/* No sums across elements: every width gives the same bits. */
#define SWEEPS(name, target)                                                                     \
    static target void name##_add(double *restrict a, const double *restrict k, size_t r,        \
                                  double g) {                                                    \
        for (size_t i = 0; i < r; i++)                                                           \
            a[i] += g * k[i];                                                                    \
    }                                                                                            \
    static target void name##_turn(double *restrict l, double *restrict k, size_t r, double c) { \
        for (size_t i = 0; i < r; i++) {                                                         \
            const double l1 = l[i], k1 = k[i];                                                   \
            l[i] = l1 - c * k1;                                                                  \
            k[i] = k1 - c * l1;                                                                  \
        }                                                                                        \
    }
SWEEPS(base, )
#if defined(__x86_64__)
SWEEPS(avx2, __attribute__((target("avx2"))))
#endif
#undef SWEEPS

arima_sweeps arima_sweeps_get(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) return (arima_sweeps){avx2_add, avx2_turn};
#endif
    return (arima_sweeps){base_add, base_turn};
}
