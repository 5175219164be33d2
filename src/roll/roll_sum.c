/* Rolling sum and mean: the exact sum of each window, rounded once. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With M = 1.5 * 2^52 * g, h = (x + M) - M is x rounded to a multiple of g, and x - h is exact (Rump,
 * Ogita, Oishi, "Accurate floating-point summation I", SIAM J. Sci. Comput. 31, 2008). With g from
 * the largest value of a chunk, c bits above it, 2^(c-1) parts h sum without rounding; so do the
 * parts of x - h on a second grid. Sliding sums of both parts are exact in any order and bear no
 * trace of where they began; their sum, rounded once, is a function of the window's values alone.
 * Where the smallest bit lies below the second grid a third one is taken, then the wide sum. */
#include "base/fp.h"
#include "roll/roll_sum_chunk.h"
#include "roll/roll_sum_wide.h"

#include <math.h>
#include <string.h>

typedef struct job {
    const double *x, *values; /* values: x, or a copy without missing values, from c.lo on */
    const norni_roll_windows *w;
    norni_roll_chunk c;
    const double *count; /* of each window of the chunk, NULL: none missing */
    double m[3];         /* the grids' M */
    bool mean;
    double *out; /* of window c.from */
} job;

typedef struct parts {
    double hi, mid, low;
} parts;

/* sum + rest is the exact sum (to 106 bits). A mean rounded from both is right to the last bit but
 * for ties; that of equal values is that value. */
static inline __attribute__((always_inline)) double mean_of(double sum, double rest, double n) {
    const double inverse = 1 / n, q = sum * inverse;
    return fma(fma(-q, n, sum) + rest, inverse, q);
}

static inline __attribute__((always_inline)) double two_sum(double a, double b, double *rest) {
    const double s = a + b, t = s - a;
    *rest = (a - (s - t)) + (b - t);
    return s;
}

/* Sum of three exact parts rounded once: the smaller ones are rounded to odd first (Boldo and
 * Melquiond, "Emulation of FMA and correctly rounded sums", IEEE Trans. Comput. 57, 2008). */
static inline __attribute__((always_inline)) double round_three(parts p, double *rest) {
    double ul, tl, r;
    const double uh = two_sum(p.mid, p.low, &ul), th = two_sum(p.hi, uh, &tl);
    const double v = two_sum(tl, ul, &r);
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    if (r != 0 && !(bits & 1)) bits += (r > 0) == (v > 0) ? 1 : ~UINT64_C(0);
    double odd;
    memcpy(&odd, &bits, sizeof odd);
    const double s = th + odd;
    *rest = ((th - s) + v) + r;
    return s;
}

/* Adds (sign 1) or takes away (-1) one value; false where something lies below the last grid. */
static inline __attribute__((always_inline)) bool put(parts *s, const double *m, double x,
                                                      double sign, bool three) {
    const double h = (x + m[0]) - m[0], rest = x - h, k = (rest + m[1]) - m[1];
    s->hi += sign * h;
    s->mid += sign * k;
    if (!three) return rest == k;
    const double left = rest - k, l = (left + m[2]) - m[2];
    s->low += sign * l;
    return left == l;
}

#if NORNI_ROLL_WIDE
typedef struct lanes {
    __m256d hi, mid;
} lanes;

/* a + b and a - b by the units that multiply: additions alone would leave them idle. */
NORNI_ROLL_AVX2 static inline __m256d plus(__m256d a, __m256d b) {
    return _mm256_fmadd_pd(a, _mm256_set1_pd(1), b);
}
NORNI_ROLL_AVX2 static inline __m256d minus(__m256d a, __m256d b) {
    return _mm256_fnmadd_pd(b, _mm256_set1_pd(1), a);
}

/* Exact parts of four values; what lies below the second grid leaves a mark in *lost. */
NORNI_ROLL_AVX2 static inline lanes part(__m256d x, __m256d m0, __m256d m1, __m256d *lost) {
    const __m256d h = _mm256_sub_pd(plus(x, m0), m0), rest = minus(x, h);
    if (lost != NULL) {
        const __m256d k = _mm256_sub_pd(plus(rest, m1), m1);
        *lost = _mm256_or_pd(*lost, _mm256_xor_pd(rest, k));
    }
    return (lanes){h, rest};
}

/* Adds the first values, whole vectors of them; returns how many. */
NORNI_ROLL_AVX2 static size_t begin(const job *j, size_t length, bool three, parts *sum,
                                    bool *exact) {
    const __m256d zero = _mm256_setzero_pd(), m0 = _mm256_set1_pd(j->m[0]),
                  m1 = _mm256_set1_pd(j->m[1]), m2 = _mm256_set1_pd(j->m[2]);
    __m256d hi = zero, mid = zero, low = zero, lost = zero;
    size_t i = 0;
    for (; i + 4 <= length; i += 4) {
        lanes p = part(_mm256_loadu_pd(j->values + i), m0, m1, three ? NULL : &lost);
        if (three) {
            const __m256d k = _mm256_sub_pd(plus(p.mid, m1), m1), left = minus(p.mid, k),
                          l = _mm256_sub_pd(plus(left, m2), m2);
            lost = _mm256_or_pd(lost, _mm256_xor_pd(left, l));
            low = _mm256_add_pd(low, l);
            p.mid = k;
        }
        hi = _mm256_add_pd(hi, p.hi);
        mid = _mm256_add_pd(mid, p.mid);
    }
    double a[4], b[4], c[4];
    _mm256_storeu_pd(a, hi);
    _mm256_storeu_pd(b, mid);
    _mm256_storeu_pd(c, low);
    for (int k = 0; k < 4; k++)
        sum->hi += a[k], sum->mid += b[k], sum->low += c[k];
    *exact &= _mm256_movemask_pd(_mm256_cmp_pd(lost, zero, _CMP_NEQ_UQ)) == 0;
    return i;
}
#endif

static inline __attribute__((always_inline)) bool slide(const job *j, bool three, bool wide) {
    parts s = {0, 0, 0};
    bool exact = true;
    (void)wide; /* where there are no lanes */
    const double *v = j->values;
    size_t from = j->c.lo, to = j->c.lo;
#if NORNI_ROLL_WIDE
    if (wide) {
        size_t lo, hi;
        norni_roll_window(j->w, j->c.from, &lo, &hi); /* lo is c.lo */
        to += begin(j, hi - lo, three, &s, &exact);
    }
#endif
    for (size_t k = j->c.from; k < j->c.to; k++) {
        size_t lo, hi;
        norni_roll_window(j->w, k, &lo, &hi);
        if (lo >= to && lo > from) from = to = lo, s = (parts){0, 0, 0};
        for (; to < hi; to++)
            exact &= put(&s, j->m, v[to - j->c.lo], 1, three);
        for (; from < lo; from++)
            put(&s, j->m, v[from - j->c.lo], -1, three);
        double rest;
        const double sum = three ? round_three(s, &rest) : two_sum(s.hi, s.mid, &rest);
        const size_t i = k - j->c.from;
        const double n = j->count != NULL ? j->count[i] : (double)(hi - lo);
        j->out[i] = j->mean ? mean_of(sum, rest, n) : sum;
    }
    return exact;
}

static bool slide_two(const job *j) {
    return slide(j, false, false);
}

static bool slide_three(const job *j) {
    return slide(j, true, false);
}

#if NORNI_ROLL_WIDE
NORNI_ROLL_AVX2 static bool slide_two_fma(const job *j) {
    return slide(j, false, true);
}

NORNI_ROLL_AVX2 static bool slide_three_fma(const job *j) {
    return slide(j, true, true);
}

NORNI_ROLL_AVX2 static inline __m256d finish(const job *j, lanes s, __m256d n, __m256d inverse) {
    const __m256d sum = _mm256_add_pd(s.hi, s.mid);
    if (!j->mean) return sum;
    /* hi is a multiple of mid's last place: no order of sizes is needed. */
    const __m256d rest = _mm256_sub_pd(s.mid, _mm256_sub_pd(sum, s.hi));
    const __m256d q = _mm256_mul_pd(sum, inverse);
    return _mm256_fmadd_pd(plus(_mm256_fnmadd_pd(q, n, sum), rest), inverse, q);
}

/* Four windows at a time. Between a window and the fourth after it four values enter and four leave:
 * those differences are summed over lanes by two shifts, so that sums go from vector to vector. */
NORNI_ROLL_AVX2 static bool slide_avx2(const job *j) {
    const size_t length = j->c.longest, n_out = j->c.to - j->c.from;
    const __m256d m0 = _mm256_set1_pd(j->m[0]), m1 = _mm256_set1_pd(j->m[1]);
    bool exact = true;
    __m256d lost = _mm256_setzero_pd(), n = _mm256_set1_pd((double)length),
            inverse = _mm256_set1_pd(1 / (double)length);
    const double *old = j->values, *new = j->values + length;
    double hi[4] = {0}, mid[4] = {0}, dh[4] = {0}, dm[4] = {0};
    parts first = {0, 0, 0};
    for (size_t i = begin(j, length, false, &first, &exact); i < length; i++)
        exact &= put(&first, j->m, j->values[i], 1, false);
    hi[0] = first.hi, mid[0] = first.mid;
    for (int k = 1; k < 4; k++) { /* n_out >= 4 */
        parts d = {0, 0, 0};
        if (!put(&d, j->m, new[k - 1], 1, false)) return false;
        put(&d, j->m, old[k - 1], -1, false);
        dh[k] = d.hi, dm[k] = d.mid;
        hi[k] = hi[k - 1] + d.hi, mid[k] = mid[k - 1] + d.mid;
    }
    lanes s = {_mm256_loadu_pd(hi), _mm256_loadu_pd(mid)};
    lanes one = {_mm256_loadu_pd(dh), _mm256_loadu_pd(dm)};
    lanes two = {_mm256_set_pd(dh[3] + dh[2], dh[2] + dh[1], 0, 0),
                 _mm256_set_pd(dm[3] + dm[2], dm[2] + dm[1], 0, 0)};
    size_t k = 0;
    for (;; k += 4) {
        if (j->count != NULL) {
            n = _mm256_loadu_pd(j->count + k);
            inverse = _mm256_div_pd(_mm256_set1_pd(1), n);
        }
        _mm256_storeu_pd(j->out + k, finish(j, s, n, inverse));
        if (k + 8 > n_out) break;
        const lanes in = part(_mm256_loadu_pd(new + k + 3), m0, m1, &lost),
                    away = part(_mm256_loadu_pd(old + k + 3), m0, m1, NULL);
        const lanes d = {minus(in.hi, away.hi), minus(in.mid, away.mid)};
        const lanes d2 = {_mm256_add_pd(d.hi, norni_shift1(one.hi, d.hi)),
                          _mm256_add_pd(d.mid, norni_shift1(one.mid, d.mid))};
        s.hi = _mm256_add_pd(s.hi, plus(d2.hi, norni_shift2(two.hi, d2.hi)));
        s.mid = _mm256_add_pd(s.mid, plus(d2.mid, norni_shift2(two.mid, d2.mid)));
        one = d, two = d2;
    }
    exact &= _mm256_movemask_pd(_mm256_cmp_pd(lost, _mm256_setzero_pd(), _CMP_NEQ_UQ)) == 0;
    _mm256_storeu_pd(hi, s.hi);
    _mm256_storeu_pd(mid, s.mid);
    parts last = {hi[3], mid[3], 0};
    for (k += 4; k < n_out; k++) {
        exact &= put(&last, j->m, new[k - 1], 1, false);
        put(&last, j->m, old[k - 1], -1, false);
        double rest;
        const double sum = two_sum(last.hi, last.mid, &rest);
        j->out[k] = j->mean ? mean_of(sum, rest, j->count ? j->count[k] : (double)length) : sum;
    }
    return exact;
}
#endif

static void put_wide(norni_wide *s, double x) {
    if (!norni_roll_missing(x)) norni_wide_add(s, x);
}

/* Any values at all. A mean need not overflow where its sum does. */
static void slide_wide(const job *j) {
    norni_wide s;
    norni_wide_clear(&s);
    const double *v = j->values;
    size_t from = j->c.lo, to = j->c.lo;
    for (size_t k = j->c.from; k < j->c.to; k++) {
        size_t lo, hi;
        norni_roll_window(j->w, k, &lo, &hi);
        if (lo >= to) from = to = lo, norni_wide_clear(&s);
        for (; to < hi; to++)
            put_wide(&s, v[to - j->c.lo]);
        for (; from < lo; from++)
            put_wide(&s, -v[from - j->c.lo]);
        const size_t i = k - j->c.from;
        const double n = j->count != NULL ? j->count[i] : (double)(hi - lo);
        const double sum = norni_wide_round(&s, 0);
        j->out[i] = sum;
        if (!j->mean) continue;
        if (norni_roll_missing(sum)) {
            j->out[i] = ldexp(norni_wide_round(&s, -64) / n, 64);
        } else {
            norni_wide left = s;
            norni_wide_add(&left, -sum);
            j->out[i] = mean_of(sum, norni_wide_round(&left, 0), n);
        }
    }
}

static double power(int e) {
    return ldexp(1.5, e < -1022 ? -1022 : e); /* there the grid is 2^-1074: all is exact */
}

/* Sums of a chunk by the cheapest way that is exact. Grid g is 2^(e + bits - 53) for values below
 * 2^e; the rest is at most g / 2. */
static void sum_chunk(job *j) {
    const double most = fmax(-j->c.least, j->c.most);
    int e, bits = 4;
    frexp(most, &e);
    while (((size_t)1 << (bits - 1)) < j->c.longest)
        bits++;
    const bool in_range = e + bits < 1020;
    for (int k = 0; k < 3; k++)
        j->m[k] = power((in_range ? e : 0) + bits - 1 + k * (bits - 54));
    const bool avx2 = norni_roll_has_avx2();
#if NORNI_ROLL_WIDE
    if (in_range && avx2 && j->c.regular && j->c.to - j->c.from >= 4 && e > -900 && slide_avx2(j))
        return;
    if (in_range && avx2 && ((!j->c.regular && slide_two_fma(j)) || slide_three_fma(j))) return;
#endif
    if (in_range && !avx2 && (slide_two(j) || slide_three(j))) return;
    slide_wide(j);
}

static norn_status run(const double *x, const norni_roll_windows *w, bool mean, norni_arena *arena,
                       const norni_poll *poll, double *out, norn_err *err) {
    for (size_t k = 0; k < w->n_out;) {
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        job j = {.x = x, .w = w, .mean = mean, .out = out + k, .c = norni_roll_chunk_at(x, w, k)};
        const norni_arena_mark mark = norni_arena_mark_get(arena);
        j.values = x + j.c.lo;
        if (j.c.missing) {
            double *values = norni_arena_get(arena, j.c.hi - j.c.lo, sizeof *values),
                   *count = norni_arena_get(arena, j.c.to - j.c.from, sizeof *count);
            if (values == NULL || count == NULL) return norn_fail(err, NORN_E_MEM, "out of memory");
            norni_roll_chunk_copy(&j.c, x, 0, 1, values);
            norni_roll_chunk_count(&j.c, x, w, count);
            j.values = values, j.count = count;
        }
        sum_chunk(&j);
        norni_roll_chunk_blank(&j.c, w, j.count, mean ? 1 : 0, j.out);
        norni_arena_rewind(arena, mark);
        k = j.c.to;
    }
    return NORN_OK;
}

norn_status norni_roll_sum(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    (void)arg;
    return run(x, w, false, arena, poll, out, err);
}

norn_status norni_roll_mean(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    (void)arg;
    return run(x, w, true, arena, poll, out, err);
}
