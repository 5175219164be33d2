/* Sums of powers slid over windows: one after another, or four runs of windows in SIMD lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fp.h"
#include "roll/roll_var.h"

#include <math.h>

static inline double pick(double a, double b, double x) {
    return a == b ? x : NORNI_NAN;
}

#define LANE         double
#define LANE_NAME(x) one_##x
#define LANE_FN      static inline __attribute__((always_inline))
#define LANE_FMA     fma
#define LANE_SQRT    sqrt
#define LANE_SET(x)  (x)
#define LANE_PICK    pick
#include "roll/roll_var_lane.h"
#undef LANE
#undef LANE_NAME
#undef LANE_FN
#undef LANE_FMA
#undef LANE_SQRT
#undef LANE_SET
#undef LANE_PICK

static int order_of(norni_roll_central kind) {
    return kind == NORNI_ROLL_KURT ? 4 : kind == NORNI_ROLL_SKEW ? 3 : 2;
}

#if NORNI_ROLL_WIDE
NORNI_ROLL_AVX2 static inline __m256d pick_lanes(__m256d a, __m256d b, __m256d x) {
    return _mm256_blendv_pd(_mm256_set1_pd(NORNI_NAN), x, _mm256_cmp_pd(a, b, _CMP_EQ_OQ));
}

#    define LANE         __m256d
#    define LANE_NAME(x) four_##x
#    define LANE_FN      NORNI_ROLL_AVX2 static inline __attribute__((always_inline))
#    define LANE_FMA     _mm256_fmadd_pd
#    define LANE_SQRT    _mm256_sqrt_pd
#    define LANE_SET(x)  _mm256_set1_pd(x)
#    define LANE_PICK    pick_lanes
#    include "roll/roll_var_lane.h"

NORNI_ROLL_AVX2 static inline __attribute__((always_inline)) size_t begin_order(
    const norni_roll_var_job *j, size_t length, int order, one_sums *sum) {
    const __m256d m[3] = {_mm256_set1_pd(j->m[0]), _mm256_set1_pd(j->m[1]),
                          _mm256_set1_pd(j->m[2])};
    four_sums s;
    size_t i = 0;
    for (int k = 0; k < 4; k++)
        s.hi[k] = s.mid[k] = s.low[k] = _mm256_setzero_pd();
    for (; i + 4 <= length; i += 4)
        four_put(&s, _mm256_loadu_pd(j->y + i), true, m, order, true);
    for (int k = 0; k < order; k++) {
        double hi[4], mid[4], low[4];
        _mm256_storeu_pd(hi, s.hi[k]);
        _mm256_storeu_pd(mid, s.mid[k]);
        _mm256_storeu_pd(low, s.low[k]);
        for (int lane = 0; lane < 4; lane++)
            sum->hi[k] += hi[lane], sum->mid[k] += mid[lane], sum->low[k] += low[lane];
    }
    return i;
}
/* Adds the first values, whole vectors of them; returns how many. */
NORNI_ROLL_AVX2 static size_t begin(const norni_roll_var_job *j, size_t length, int order,
                                    one_sums *sum) {
    if (order == 4) return begin_order(j, length, 4, sum);
    return order == 3 ? begin_order(j, length, 3, sum) : begin_order(j, length, 2, sum);
}
#endif

static inline __attribute__((always_inline)) void slide_one(norni_roll_var_job *j,
                                                            norni_roll_central kind, bool three,
                                                            bool wide) {
    const int order = order_of(kind);
    one_sums s = {{0}, {0}, {0}};
    (void)wide; /* where there are no lanes */
    const double *y = j->y;
    size_t from = j->c.lo, to = j->c.lo;
#if NORNI_ROLL_WIDE
    if (wide) {
        size_t lo, hi;
        norni_roll_window(j->w, j->c.from, &lo, &hi); /* lo is c.lo */
        to += begin(j, hi - lo, order, &s);
    }
#endif
    for (size_t k = j->c.from; k < j->c.to; k++) {
        size_t lo, hi;
        norni_roll_window(j->w, k, &lo, &hi);
        if (lo >= to && lo > from) from = to = lo, s = (one_sums){{0}, {0}, {0}};
        for (; to < hi; to++)
            one_put(&s, y[to - j->c.lo], true, j->m, order, three);
        for (; from < lo; from++)
            one_put(&s, y[from - j->c.lo], false, j->m, order, three);
        const size_t i = k - j->c.from;
        const double n = j->count != NULL ? j->count[i] : (double)(hi - lo);
        const double last = hi > lo ? y[hi - 1 - j->c.lo] : 0;
        const double v = one_finish(&s, j, kind, n, last, three) * j->factor;
        j->out[i] = v;
        j->uncertain |= v != v;
    }
}

static inline __attribute__((always_inline)) void slide_kinds(norni_roll_var_job *j, bool three,
                                                              bool wide) {
    if (j->kind == NORNI_ROLL_KURT)
        slide_one(j, NORNI_ROLL_KURT, three, wide);
    else if (j->kind == NORNI_ROLL_SKEW)
        slide_one(j, NORNI_ROLL_SKEW, three, wide);
    else if (j->kind == NORNI_ROLL_VAR)
        slide_one(j, NORNI_ROLL_VAR, three, wide);
    else if (j->kind == NORNI_ROLL_STD)
        slide_one(j, NORNI_ROLL_STD, three, wide);
    else if (j->kind == NORNI_ROLL_SEM)
        slide_one(j, NORNI_ROLL_SEM, three, wide);
    else
        slide_one(j, NORNI_ROLL_ZSCORE, three, wide);
}

static void slide_plain(norni_roll_var_job *j) {
    slide_kinds(j, true, false);
}

#if NORNI_ROLL_WIDE
NORNI_ROLL_AVX2 static void slide_fma(norni_roll_var_job *j) {
    slide_kinds(j, false, false);
}

NORNI_ROLL_AVX2 static void slide_fma_long(norni_roll_var_job *j) {
    slide_kinds(j, true, true);
}

/* v[i] of four lanes' next four values becomes v[t], the lanes' values at time t, and back. */
NORNI_ROLL_AVX2 static inline __attribute__((always_inline)) void transpose(__m256d *v) {
    const __m256d a = _mm256_unpacklo_pd(v[0], v[1]), b = _mm256_unpackhi_pd(v[0], v[1]),
                  c = _mm256_unpacklo_pd(v[2], v[3]), d = _mm256_unpackhi_pd(v[2], v[3]);
    v[0] = _mm256_permute2f128_pd(a, c, 0x20);
    v[1] = _mm256_permute2f128_pd(b, d, 0x20);
    v[2] = _mm256_permute2f128_pd(a, c, 0x31);
    v[3] = _mm256_permute2f128_pd(b, d, 0x31);
}

NORNI_ROLL_AVX2 static inline __attribute__((always_inline)) void load_lanes(const double *p,
                                                                             size_t run,
                                                                             __m256d *v) {
    for (size_t i = 0; i < 4; i++)
        v[i] = _mm256_loadu_pd(p + i * run);
    transpose(v);
}

/* Lane i works on windows i * run .. (i + 1) * run of the chunk; run is a multiple of 4. */
NORNI_ROLL_AVX2 static inline __attribute__((always_inline)) void slide_four(
    norni_roll_var_job *j, norni_roll_central kind, size_t run, bool counted, int order,
    bool three) {
    const size_t length = j->c.longest;
    const double *y = j->y;
    const __m256d m[3] = {_mm256_set1_pd(j->m[0]), _mm256_set1_pd(j->m[1]),
                          _mm256_set1_pd(j->m[2])};
    four_sums s;
    const __m256d factor = _mm256_set1_pd(j->factor);
    __m256d n[4], in[4], away[4], res[4], nan = _mm256_setzero_pd();
    for (int k = 0; k < 4; k++)
        s.hi[k] = s.mid[k] = s.low[k] = _mm256_setzero_pd(), n[k] = _mm256_set1_pd((double)length);
    for (size_t i = 0; i + 1 < length; i++) /* all of the first window but its last value */
        four_put(&s, _mm256_set_pd(y[i + 3 * run], y[i + 2 * run], y[i + run], y[i]), true, m,
                 order, three);
    for (size_t k = 0; k < run; k += 4) {
        load_lanes(y + k + length - 1, run, in);
        load_lanes(y + k, run, away);
        if (counted) load_lanes(j->count + k, run, n);
        for (int t = 0; t < 4; t++) {
            four_put(&s, in[t], true, m, order, three);
            res[t] = four_finish(&s, j, kind, counted ? n[t] : n[0], in[t], three);
            if (kind <= NORNI_ROLL_SEM) res[t] *= factor;
            nan = _mm256_or_pd(nan, _mm256_cmp_pd(res[t], res[t], _CMP_UNORD_Q));
            four_put(&s, away[t], false, m, order, three);
        }
        transpose(res);
        for (size_t i = 0; i < 4; i++)
            _mm256_storeu_pd(j->out + k + i * run, res[i]);
    }
    j->uncertain = _mm256_movemask_pd(nan) != 0;
}

NORNI_ROLL_AVX2 static void slide_var(norni_roll_var_job *j, size_t run) {
    if (j->count != NULL)
        slide_four(j, NORNI_ROLL_VAR, run, true, 2, false);
    else
        slide_four(j, NORNI_ROLL_VAR, run, false, 2, false);
}
NORNI_ROLL_AVX2 static void slide_std(norni_roll_var_job *j, size_t run) {
    if (j->count != NULL)
        slide_four(j, NORNI_ROLL_STD, run, true, 2, false);
    else
        slide_four(j, NORNI_ROLL_STD, run, false, 2, false);
}
NORNI_ROLL_AVX2 static void slide_sem(norni_roll_var_job *j, size_t run) {
    if (j->count != NULL)
        slide_four(j, NORNI_ROLL_SEM, run, true, 2, false);
    else
        slide_four(j, NORNI_ROLL_SEM, run, false, 2, false);
}
NORNI_ROLL_AVX2 static void slide_zscore(norni_roll_var_job *j, size_t run) {
    if (j->count != NULL)
        slide_four(j, NORNI_ROLL_ZSCORE, run, true, 2, false);
    else
        slide_four(j, NORNI_ROLL_ZSCORE, run, false, 2, false);
}
NORNI_ROLL_AVX2 static void slide_skew(norni_roll_var_job *j, size_t run) {
    if (j->count != NULL)
        slide_four(j, NORNI_ROLL_SKEW, run, true, 3, false);
    else
        slide_four(j, NORNI_ROLL_SKEW, run, false, 3, false);
}
NORNI_ROLL_AVX2 static void slide_kurt(norni_roll_var_job *j, size_t run) {
    if (j->count != NULL)
        slide_four(j, NORNI_ROLL_KURT, run, true, 4, false);
    else
        slide_four(j, NORNI_ROLL_KURT, run, false, 4, false);
}
/* Long windows: three parts of each sum. */
NORNI_ROLL_AVX2 static void slide_long(norni_roll_var_job *j, size_t run) {
    if (j->kind == NORNI_ROLL_KURT)
        slide_four(j, NORNI_ROLL_KURT, run, j->count != NULL, 4, true);
    else if (j->kind == NORNI_ROLL_SKEW)
        slide_four(j, NORNI_ROLL_SKEW, run, j->count != NULL, 3, true);
    else
        slide_four(j, j->kind, run, j->count != NULL, 2, true);
}
#endif

/* Where grids of two levels begin to miss bits, and where lanes pay. */
enum { LONGEST_TWO = 1 << 13, LEAST_RUNS = 64 };

static void grids(norni_roll_var_job *j, bool three) {
    int bits = 4;
    while (((size_t)1 << (bits - 1)) < j->c.longest)
        bits++;
    for (int k = 0; k < 3; k++)
        j->m[k] = ldexp(1.5, bits - 1 + k * (bits - 54));
    j->unit = three ? ldexp(1, 3 * bits - 160) + ldexp(1, bits - 104) : ldexp(1, 2 * bits - 107);
}

size_t norni_roll_var_slide(norni_roll_var_job *j) {
#if NORNI_ROLL_WIDE
    static void (*const lanes[])(norni_roll_var_job *, size_t) = {
        slide_var, slide_std, slide_sem, slide_zscore, slide_skew, slide_kurt};
    const bool avx2 = norni_roll_has_avx2();
    const size_t n = j->c.to - j->c.from;
    if (avx2 && j->c.regular && n >= LEAST_RUNS && n >= j->c.longest / 8) {
        const bool three = j->c.longest > LONGEST_TWO;
        /* Lanes' lines must not all fall on one set of the cache. */
        const size_t quarter = n / 4 / 4 * 4,
                     run = quarter > 1024 ? (quarter - 136) / 512 * 512 + 136 : quarter;
        grids(j, three);
        (three ? slide_long : lanes[j->kind])(j, run);
        return 4 * run;
    }
    if (avx2) {
        const bool three = j->c.longest > LONGEST_TWO;
        grids(j, three);
        (three ? slide_fma_long : slide_fma)(j);
        return n;
    }
#endif
    grids(j, true);
    slide_plain(j);
    return j->c.to - j->c.from;
}
