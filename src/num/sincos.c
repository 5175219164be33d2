/* Sines and cosines in lanes, compiled for several instruction sets, and the choice among them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As base/fp_trig.c (Cody and Waite), without branches: x - k pi/2 with pi/2 in three parts, of which
 * the first two have 33 bits, so that their products with k are exact for |x| <= 2^20; the Taylor
 * series on [-pi/4, pi/4]; sine and cosine of one argument share all but the two series. Plain IEEE
 * operations, lane by lane: the bits depend on no instruction set. Larger arguments go through
 * norni_sin and norni_cos. */
#include "num/sincos.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/fp.h"
#include "base/simd.h"

#define SINCOS_TARGET
#define FN(x)        base_##x
#define SINCOS_WIDTH 2
#include "num/sincos_body.h"
#undef SINCOS_TARGET
#undef FN
#undef SINCOS_WIDTH

#if defined(__x86_64__)
#    define SINCOS_TARGET __attribute__((target("avx2")))
#    define FN(x)         avx2_##x
#    define SINCOS_WIDTH  4
#    include "num/sincos_body.h"
#    undef SINCOS_TARGET
#    undef FN
#    undef SINCOS_WIDTH
#    define SINCOS_TARGET __attribute__((target("avx512f,avx512dq,avx512vl" NORNI_PREFER_512)))
#    define FN(x)         avx512_##x
#    define SINCOS_WIDTH  8
#    include "num/sincos_body.h"
#    undef SINCOS_TARGET
#    undef FN
#    undef SINCOS_WIDTH
#endif

/* The lanes' domain: beyond it the products with k would be rounded. */
static const double most = 0x1p20;

void norni_sincos_capped(int cap, const double *x, size_t n, double *sine, double *cosine) {
    bool far = false;
    for (size_t i = 0; i < n; i++)
        far |= !(fabs(x[i]) <= most);
#if defined(__x86_64__)
    if (cap >= NORNI_SINCOS_AVX512 && __builtin_cpu_supports("avx512f") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        avx512_run(x, n, sine, cosine);
    else if (cap >= NORNI_SINCOS_AVX2 && __builtin_cpu_supports("avx2"))
        avx2_run(x, n, sine, cosine);
    else
#endif
        base_run(x, n, sine, cosine);
    (void)cap;
    for (size_t i = 0; far && i < n; i++)
        if (!(fabs(x[i]) <= most)) {
            sine[i] = norni_sin(x[i]);
            cosine[i] = norni_cos(x[i]);
        }
}

void norni_sincos(const double *x, size_t n, double *sine, double *cosine) {
    norni_sincos_capped(NORNI_SINCOS_AVX512, x, n, sine, cosine);
}
