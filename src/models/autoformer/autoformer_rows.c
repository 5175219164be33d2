/* Row operations of the network behind one table for each precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* In single precision the normal distribution function of gelu is Abramowitz and Stegun's 7.1.26
 * (absolute error 7.5e-8) with an own exp; in double precision base/fp.h's. */
#include "models/autoformer/autoformer_rows.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/simd.h"

/* Blocks of Philox side by side. */
enum { AUTOFORMER_BLOCKS = 16 };

/* Phi(x) and the density at x. */
static inline void gelu_double(double x, double *cdf, double *density) {
    *cdf = norni_normal_cdf(x);
    *density = 0x1.9884533d43651p-2 * norni_exp(-0.5 * x * x); /* 1 / sqrt(2 pi) */
}

/* e^y for -87 < y <= 0; less becomes e^-87. 2^n by the exponent's bits, e^r by its series to r^6. */
static inline __attribute__((always_inline)) float exp_below(float y) {
    y = y > -87.0f ? y : -87.0f;
    const float round = 12582912.0f; /* 1.5 2^23: leaves the nearest integer in the low bits */
    const float shifted = y * 1.44269504f + round, n = shifted - round;
    const float r = (y - n * 0.693359375f) - n * -2.12194440e-4f;
    float p = 1.0f / 720;
    p = 1.0f / 120 + r * p;
    p = 1.0f / 24 + r * p;
    p = 1.0f / 6 + r * p;
    p = 0.5f + r * p;
    p = 1 + r * p;
    p = 1 + r * p;
    uint32_t bits;
    float scale;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 127) << 23;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

static inline __attribute__((always_inline)) void gelu_float(float x, float *cdf, float *density) {
    const float a = x < 0 ? -x : x, e = exp_below(-0.5f * x * x);
    const float t = 1 / (1 + 0.3275911f * 0.70710678f * a);
    float p = 1.061405429f;
    p = -1.453152027f + t * p;
    p = 1.421413741f + t * p;
    p = -0.284496736f + t * p;
    p = 0.254829592f + t * p;
    const float tail = 0.5f * (t * p * e);
    *cdf = x < 0 ? tail : 1 - tail;
    *density = 0.39894228f * e;
}

#define REAL      double
#define LANES     8
#define ROWS_GELU gelu_double
#define ROWS_SQRT sqrt
#define ROWS_TARGET
#define FN(x) autoformer64_##x
#include "models/autoformer/autoformer_rows_body.h"
#undef REAL
#undef LANES
#undef ROWS_GELU
#undef ROWS_SQRT

#define REAL      float
#define LANES     16
#define ROWS_GELU gelu_float
#define ROWS_SQRT sqrtf
#define ROWS_TARGET
#define FN(x) autoformer32_##x
#include "models/autoformer/autoformer_rows_body.h"

#if defined(__x86_64__)
typedef autoformer32_adam_arg autoformer32_avx2_adam_arg, autoformer32_avx512_adam_arg;
#    define ROWS_TARGET __attribute__((target("avx2")))
#    define FN(x)       autoformer32_avx2_##x
#    include "models/autoformer/autoformer_rows_body.h"
#    define ROWS_TARGET \
        __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw" NORNI_PREFER_512)))
#    define FN(x) autoformer32_avx512_##x
#    include "models/autoformer/autoformer_rows_body.h"
#endif

#define TABLE(p)                                                                                  \
    {                                                                                             \
        p##_add, p##_times, p##_bias, p##_sum_rows, p##_split, p##_split_back, p##_gather,        \
            p##_gather_back, p##_diagonals, p##_norm, p##_norm_back, p##_gelu, p##_drop, p##_adam \
    }

const autoformer64_rows *autoformer64_rows_get(int widest) {
    static const autoformer64_rows plain = TABLE(autoformer64);
    (void)widest;
    return &plain;
}

const autoformer32_rows *autoformer32_rows_get(int widest) {
    static const autoformer32_rows plain = TABLE(autoformer32);
#if defined(__x86_64__)
    static const autoformer32_rows avx2 = TABLE(autoformer32_avx2);
    static const autoformer32_rows avx512 = TABLE(autoformer32_avx512);
    if (widest >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return &avx512;
    if (widest >= 1 && __builtin_cpu_supports("avx2")) return &avx2;
#endif
    (void)widest;
    return &plain;
}
