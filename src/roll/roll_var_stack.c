/* Moments of many windows of one length about values of theirs, four runs of windows at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* roll_var_queue.c's way with borders at equal distances, one for each lane. It costs more than sums that
 * slide on one scale (roll_var_slide.c), but is certain where windows' values are small beside those
 * of their neighbours. */
#include "base/fp.h"
#include "roll/roll_var.h"

#include <math.h>

#if NORNI_ROLL_WIDE
NORNI_ROLL_AVX2 static inline __m256d pick_lanes(__m256d a, __m256d b, __m256d x) {
    return _mm256_blendv_pd(_mm256_set1_pd(NORNI_NAN), x, _mm256_cmp_pd(a, b, _CMP_EQ_OQ));
}

#    define LANE         __m256d
#    define LANE_NAME(x) four_##x
#    define LANE_FN      NORNI_ROLL_AVX2 static inline __attribute__((always_inline, unused))
#    define LANE_FMA     _mm256_fmadd_pd
#    define LANE_SQRT    _mm256_sqrt_pd
#    define LANE_SET(x)  _mm256_set1_pd(x)
#    define LANE_PICK    pick_lanes
#    include "roll/roll_var_lane.h"
#    include "roll/roll_var_pairs.h"

enum { LONGEST_RUN = 4096, LONGEST = 4 * LONGEST_RUN, LONGEST_UNTIDY = 1024 };

LANE_FN __m256d strided(const double *p, size_t run) {
    return _mm256_set_pd(p[3 * run], p[2 * run], p[run], p[0]);
}

/* y - pivot, 0 where missing. */
LANE_FN four_pair away(const double *p, size_t run, __m256d pivot, bool counted) {
    __m256d v = strided(p, run);
    if (counted) v = _mm256_blendv_pd(v, pivot, _mm256_cmp_pd(v, v, _CMP_UNORD_Q));
    return four_sum_exact(v, -pivot);
}

/* What sums of so many values are known to. */
static double known(size_t length, bool tidy) {
    const double n = (double)(2 * length) + 64;
    return (tidy ? n : n * n) * 0x1p-104;
}

/* Windows first + i run + t, t < run <= length, of lane i: they hold the value `run - 1` behind the
 * lane's first. True: some result is NaN. */
LANE_FN bool round_of(const norni_roll_var_job *j, size_t first, size_t run, four_pair *before,
                      norni_roll_central kind, int order, bool counted, bool tidy) {
    const size_t length = j->c.longest;
    const double *y = j->y + first, *border = y + run - 1;
    double *out = j->out + first;
    const __m256d zero = _mm256_setzero_pd(), ddof = _mm256_set1_pd((double)j->ddof),
                  k = _mm256_set1_pd(known(length, tidy)), factor = _mm256_set1_pd(j->factor);
    __m256d pivot = strided(border, run), n = _mm256_set1_pd((double)length);
    if (counted) pivot = _mm256_blendv_pd(pivot, zero, _mm256_cmp_pd(pivot, pivot, _CMP_UNORD_Q));
    __m256d nan = zero;
    four_tail s, from;
    for (int p = 0; p < 4; p++)
        s.t[p] = from.t[p] = (four_pair){zero, zero};
    for (size_t t = run - 1;; t--) { /* sums of [t, border) */
        for (int p = 0; p < order; p++)
            before[t * (size_t)order + (size_t)p] = s.t[p];
        if (t == 0) break;
        four_gather(&s, away(y + t - 1, run, pivot, counted), order, tidy);
    }
    for (size_t i = run; i < length; i++)
        four_gather(&from, away(y + i, run, pivot, counted), order, tidy);
    for (size_t t = 0; t < run; t++) {
        const four_pair last = away(y + t + length - 1, run, pivot, counted);
        if (t > 0) four_gather(&from, last, order, tidy);
        for (int p = 0; p < order; p++)
            s.t[p] = four_add(from.t[p], before[t * (size_t)order + (size_t)p], tidy);
        if (counted) n = strided(j->count + first + t, run);
        __m256d v = four_finish_pairs(&s, kind, n, ddof, last, k);
        if (kind <= NORNI_ROLL_SEM) v = v * factor;
        nan = _mm256_or_pd(nan, _mm256_cmp_pd(v, v, _CMP_UNORD_Q));
        double lane[4];
        _mm256_storeu_pd(lane, v);
        for (size_t i = 0; i < 4; i++)
            out[t + i * run] = lane[i];
    }
    return _mm256_movemask_pd(nan) != 0;
}

LANE_FN void rounds(norni_roll_var_job *j, size_t run, four_pair *before, norni_roll_central kind,
                    bool counted, bool tidy) {
    const int order = kind == NORNI_ROLL_KURT ? 4 : kind == NORNI_ROLL_SKEW ? 3 : 2;
    const size_t n = j->c.to - j->c.from;
    j->uncertain = false;
    for (size_t k = 0; k < n; k += 4 * run) { /* the last round does some windows again */
        const size_t first = k + 4 * run <= n ? k : n - 4 * run;
        j->uncertain |= round_of(j, first, run, before, kind, order, counted, tidy);
    }
}

LANE_FN void rounds_of(norni_roll_var_job *j, size_t run, four_pair *before,
                       norni_roll_central kind) {
    const bool counted = j->count != NULL;
    if (j->c.longest > LONGEST_UNTIDY)
        rounds(j, run, before, kind, counted, true);
    else if (counted)
        rounds(j, run, before, kind, true, false);
    else
        rounds(j, run, before, kind, false, false);
}

NORNI_ROLL_AVX2 static void rounds_kurt(norni_roll_var_job *j, size_t run, four_pair *b) {
    rounds_of(j, run, b, NORNI_ROLL_KURT);
}
NORNI_ROLL_AVX2 static void rounds_skew(norni_roll_var_job *j, size_t run, four_pair *b) {
    rounds_of(j, run, b, NORNI_ROLL_SKEW);
}
NORNI_ROLL_AVX2 static void rounds_zscore(norni_roll_var_job *j, size_t run, four_pair *b) {
    rounds_of(j, run, b, NORNI_ROLL_ZSCORE);
}
NORNI_ROLL_AVX2 static void rounds_var(norni_roll_var_job *j, size_t run, four_pair *b) {
    rounds_of(j, run, b, j->kind);
}
#endif

bool norni_roll_var_stack(norni_roll_var_job *j, norni_arena *arena) {
#if NORNI_ROLL_WIDE
    const size_t n = j->c.to - j->c.from, length = j->c.longest;
    if (!norni_roll_has_avx2() || !j->c.regular || length > LONGEST || length == 0 || n < 16)
        return false;
    const size_t most = length < LONGEST_RUN ? length : LONGEST_RUN,
                 n_rounds = (n + 4 * most - 1) / (4 * most),
                 even = (n + 4 * n_rounds - 1) / (4 * n_rounds), run = 4 * even <= n ? even : n / 4;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    four_pair *before = norni_arena_get(arena, 4 * run, sizeof *before);
    if (before == NULL) return false;
    if (j->kind == NORNI_ROLL_KURT)
        rounds_kurt(j, run, before);
    else if (j->kind == NORNI_ROLL_SKEW)
        rounds_skew(j, run, before);
    else if (j->kind == NORNI_ROLL_ZSCORE)
        rounds_zscore(j, run, before);
    else
        rounds_var(j, run, before);
    norni_arena_rewind(arena, mark);
    return true;
#else
    (void)j, (void)arena;
    return false;
#endif
}
