/* Moments of many windows of one length about values of theirs, runs of windows in SIMD lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
/* roll_var_queue.c's way with borders at equal distances, one for each lane. It costs more than sums that
 * slide on one scale (roll_var_slide.c), but is certain where windows' values are small beside those
 * of their neighbours. Results are certain, so that the number of lanes does not show in them. */
#include "base/fp.h"
#include "roll/roll_var.h"

#include <math.h>

#if NORNI_ROLL_WIDE
enum { LONGEST_RUN = 4096, LONGEST = 4 * LONGEST_RUN, LONGEST_UNTIDY = 1024 };

/* What sums of so many values are known to. */
static double known(size_t length, bool tidy) {
    const double n = (double)(2 * length) + 64;
    return (tidy ? n : n * n) * 0x1p-104;
}

#    define LANE_TARGET NORNI_ROLL_AVX2
#    define LANE_FN     LANE_TARGET static inline __attribute__((always_inline, unused))

LANE_FN __m256d pick_four(__m256d a, __m256d b, __m256d x) {
    return _mm256_blendv_pd(_mm256_set1_pd(NORNI_NAN), x, _mm256_cmp_pd(a, b, _CMP_EQ_OQ));
}
LANE_FN __m256d four_strided(const double *p, size_t run) {
    return _mm256_set_pd(p[3 * run], p[2 * run], p[run], p[0]);
}
/* v, other where that is NaN. */
LANE_FN __m256d four_where(__m256d v, __m256d other) {
    return _mm256_blendv_pd(v, other, _mm256_cmp_pd(v, v, _CMP_UNORD_Q));
}
LANE_FN void four_store(double *p, __m256d v) {
    _mm256_storeu_pd(p, v);
}

#    define LANES        4
#    define LANE         __m256d
#    define LANE_NAME(x) four_##x
#    define LANE_FMA     _mm256_fmadd_pd
#    define LANE_SQRT    _mm256_sqrt_pd
#    define LANE_SET(x)  _mm256_set1_pd(x)
#    define LANE_PICK    pick_four
#    include "roll/roll_var_lane.h"
#    include "roll/roll_var_pairs.h"
#    include "roll/roll_var_stack_lane.h"
#    undef LANE_TARGET
#    undef LANES
#    undef LANE
#    undef LANE_NAME
#    undef LANE_FMA
#    undef LANE_SQRT
#    undef LANE_SET
#    undef LANE_PICK

#    define LANE_TARGET __attribute__((target("avx2,fma,avx512f,avx512dq")))

LANE_FN __m512d pick_eight(__m512d a, __m512d b, __m512d x) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ), _mm512_set1_pd(NORNI_NAN), x);
}
LANE_FN __m512d eight_strided(const double *p, size_t run) {
    return _mm512_set_pd(p[7 * run], p[6 * run], p[5 * run], p[4 * run], p[3 * run], p[2 * run],
                         p[run], p[0]);
}
LANE_FN __m512d eight_where(__m512d v, __m512d other) {
    return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(v, v, _CMP_UNORD_Q), v, other);
}
LANE_FN void eight_store(double *p, __m512d v) {
    _mm512_storeu_pd(p, v);
}

#    define LANES        8
#    define LANE         __m512d
#    define LANE_NAME(x) eight_##x
#    define LANE_FMA     _mm512_fmadd_pd
#    define LANE_SQRT    _mm512_sqrt_pd
#    define LANE_SET(x)  _mm512_set1_pd(x)
#    define LANE_PICK    pick_eight
#    include "roll/roll_var_lane.h"
#    include "roll/roll_var_pairs.h"
#    include "roll/roll_var_stack_lane.h"

static bool has_eight(void) {
#    ifdef NORNI_ROLL_NARROW /* tests build this file again for four lanes */
    return false;
#    endif
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}
#endif

bool norni_roll_var_stack(norni_roll_var_job *j, norni_arena *arena) {
#if NORNI_ROLL_WIDE
    typedef void rounds_fn(norni_roll_var_job *, size_t, void *);
    static rounds_fn *const fn[2][3] = {{four_rounds_var, four_rounds_skew, four_rounds_kurt},
                                        {eight_rounds_var, eight_rounds_skew, eight_rounds_kurt}};
    const size_t n = j->c.to - j->c.from, length = j->c.longest;
    if (!norni_roll_has_avx2() || !j->c.regular || length > LONGEST || length == 0 || n < 32)
        return false;
    const bool wide = has_eight();
    const size_t lanes = wide ? 8 : 4, most = length < LONGEST_RUN ? length : LONGEST_RUN,
                 n_rounds = (n + lanes * most - 1) / (lanes * most),
                 even = (n + lanes * n_rounds - 1) / (lanes * n_rounds),
                 run = lanes * even <= n ? even : n / lanes;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    double *before = norni_arena_get(arena, run * lanes, 8 * sizeof *before);
    if (before == NULL) return false;
    fn[wide][j->kind < NORNI_ROLL_SKEW ? 0 : j->kind - NORNI_ROLL_SKEW + 1](j, run, before);
    norni_arena_rewind(arena, mark);
    return true;
#else
    (void)j, (void)arena;
    return false;
#endif
}
