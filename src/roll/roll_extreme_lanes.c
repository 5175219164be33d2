/* Minima over fixed windows in SIMD lanes: about one comparison for each vector and pass. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Short windows double: minima of 1, 2, 4 ... neighbours, and two overlapping ones make the window.
 *
 * Long ones run van Herk's and Gil and Werman's scheme (van Herk 1992; Gil and Werman 1993) down the
 * lanes instead of along the values. With m[e] = min of elements e .. e+3, a window of w = 4q + r
 * elements is the minimum of m[e], m[e+4], ... m[e+4(q-1)] (the same lane of q vectors), and of
 * m[e+w-4] where r > 0. Each lane slides a window of q over its own column: in blocks of q vectors,
 * suffix minima of one block meet the running minimum of the next. No shuffles, three comparisons for
 * each vector whatever w is. Minima are exact, so that all this gives the same bits as any order. */
#include "roll/roll_extreme_lanes.h"

#include <string.h>

#if defined(__x86_64__)
#    include <immintrin.h>
#    define WIDE 1
#else
#    define WIDE 0
#endif

enum { POLLED = 1 << 15, SHORT = 48, CHUNK = 512, LANES = 4 };

static bool is_wide(const norni_roll_extreme_fixed *f) {
#if WIDE
    return !f->plain && __builtin_cpu_supports("avx2");
#else
    (void)f;
    return false;
#endif
}

size_t norni_roll_extreme_scratch(size_t length, size_t n_out) {
    const size_t block = length / LANES * LANES;
    (void)n_out;
    return length <= SHORT ? 0 : 2 * block + 2 * LANES;
}

#define INLINE static inline __attribute__((always_inline))

/* Ready values of x[0 .. count); whether some were missing. */
INLINE bool ready(const double *x, size_t count, bool flip, double *y) {
    uint64_t any = 0;
    for (size_t i = 0; i < count; i++) {
        any |= norni_roll_missing(x[i]);
        y[i] = norni_roll_extreme_ready(x[i], flip);
    }
    return any != 0;
}

#if WIDE
__attribute__((target("avx2"))) static bool ready_wide(const double *x, size_t count, bool flip,
                                                       double *y) {
    const __m256d zero = _mm256_setzero_pd(), inf = _mm256_set1_pd(NORNI_INF);
    __m256d any = zero;
    size_t i = 0;
    for (; count - i >= 4; i += 4) {
        const __m256d v = _mm256_loadu_pd(x + i);
        const __m256d bad = _mm256_cmp_pd(_mm256_sub_pd(v, v), zero, _CMP_NEQ_UQ);
        const __m256d turned = flip ? _mm256_sub_pd(zero, v) : _mm256_add_pd(v, zero);
        any = _mm256_or_pd(any, bad);
        _mm256_storeu_pd(y + i, _mm256_blendv_pd(turned, inf, bad));
    }
    const bool rest = ready(x + i, count - i, flip, y + i);
    return rest || _mm256_movemask_pd(any) != 0;
}
#endif

/* Elements e .. e + count - 1, made ready. */
static void fill(norni_roll_extreme_fixed *f, size_t e, size_t count, double *y) {
    const ptrdiff_t begin = f->first + (ptrdiff_t)e, n = (ptrdiff_t)f->n;
    size_t i = 0;
    for (; i < count && begin + (ptrdiff_t)i < 0; i++)
        y[i] = NORNI_INF;
    const ptrdiff_t at = begin + (ptrdiff_t)i;
    size_t inside = at < n ? (size_t)(n - at) : 0;
    if (inside > count - i) inside = count - i;
    if (inside > 0) {
#if WIDE
        const bool missing = is_wide(f) ? ready_wide(f->x + at, inside, f->flip, y + i)
                                        : ready(f->x + at, inside, f->flip, y + i);
#else
        const bool missing = ready(f->x + at, inside, f->flip, y + i);
#endif
        f->missing = f->missing || missing;
    }
    for (i += inside; i < count; i++)
        y[i] = NORNI_INF;
}

INLINE double min_of(double a, double b) {
    return a < b ? a : b;
}

/* y[i] = min(y[i], y[i + s]); reads never reach behind what was written. */
INLINE void step(double *y, size_t count, size_t s) {
    for (size_t i = 0; i < count; i++)
        y[i] = min_of(y[i], y[i + s]);
}

INLINE double result(double m, bool flip) {
    return m == NORNI_INF ? NORNI_NAN : flip ? 0.0 - m : m;
}

INLINE void last_step(const double *y, size_t count, size_t s, bool flip, double *out) {
    for (size_t i = 0; i < count; i++)
        out[i] = result(min_of(y[i], y[i + s]), flip);
}

#if WIDE
__attribute__((target("avx2"))) static void step_wide(double *y, size_t count, size_t s) {
    size_t i = 0;
    for (; count - i >= 4; i += 4)
        _mm256_storeu_pd(y + i, _mm256_min_pd(_mm256_loadu_pd(y + i), _mm256_loadu_pd(y + i + s)));
    step(y + i, count - i, s);
}

__attribute__((target("avx2"))) INLINE __m256d result_wide(__m256d m, __m256d flip) {
    const __m256d none = _mm256_cmp_pd(m, _mm256_set1_pd(NORNI_INF), _CMP_EQ_OQ);
    /* 0 - m where flipped, m + 0 elsewhere: neither makes a -0 */
    const __m256d turned = _mm256_add_pd(_mm256_xor_pd(m, flip), _mm256_setzero_pd());
    return _mm256_blendv_pd(turned, _mm256_set1_pd(NORNI_NAN), none);
}

__attribute__((target("avx2"))) static void last_step_wide(const double *y, size_t count, size_t s,
                                                           bool flip, double *out) {
    const __m256d sign = _mm256_set1_pd(flip ? -0.0 : 0.0);
    size_t i = 0;
    for (; count - i >= 4; i += 4) {
        const __m256d m = _mm256_min_pd(_mm256_loadu_pd(y + i), _mm256_loadu_pd(y + i + s));
        _mm256_storeu_pd(out + i, result_wide(m, sign));
    }
    last_step(y + i, count - i, s, flip, out + i);
}
#endif

static void by_doubling(norni_roll_extreme_fixed *f, size_t n_out, double *out) {
    double y[CHUNK + SHORT];
    const bool wide = is_wide(f);
    for (size_t k = 0; k < n_out; k += CHUNK) {
        const size_t count = n_out - k < CHUNK ? n_out - k : CHUNK;
        size_t held = 1, left = count + f->length - 1; /* minima of `held` at `left` places */
        fill(f, k, left, y);
        for (; 2 * held <= f->length; held *= 2) {
            left -= held;
#if WIDE
            if (wide)
                step_wide(y, left, held);
            else
#endif
                step(y, left, held);
        }
#if WIDE
        if (wide)
            last_step_wide(y, count, f->length - held, f->flip, out + k);
        else
#endif
            last_step(y, count, f->length - held, f->flip, out + k);
    }
    (void)wide;
}

/* m[i] = min of y[i .. i+3] for `count` places (a multiple of 4). */
INLINE void quads(const double *y, size_t count, double *m) {
    for (size_t i = 0; i < count; i++)
        m[i] = min_of(min_of(y[i], y[i + 1]), min_of(y[i + 2], y[i + 3]));
}

/* Suffix minima of b's columns, into a (block). */
INLINE void suffixes(const double *b, size_t block, double *a) {
    double s[LANES] = {NORNI_INF, NORNI_INF, NORNI_INF, NORNI_INF};
    for (size_t i = block; i > 0; i -= LANES) {
        for (size_t l = 0; l < LANES; l++) {
            s[l] = min_of(s[l], b[i - LANES + l]);
            a[i - LANES + l] = s[l];
        }
    }
}

/* a: suffix minima of one block and, right behind it, m of the next; rest = length - block. */
INLINE void meet(const double *a, size_t block, size_t rest, size_t count, bool flip, double *out) {
    double p[LANES] = {NORNI_INF, NORNI_INF, NORNI_INF, NORNI_INF};
    for (size_t i = 0; i < count; i++) {
        const size_t l = i % LANES;
        if (i >= LANES) p[l] = min_of(p[l], a[block + i - LANES]);
        out[i] = result(min_of(min_of(a[i], p[l]), a[block + i + rest - LANES]), flip);
    }
}

#if WIDE
__attribute__((target("avx2"))) static void quads_wide(const double *y, size_t count, double *m) {
    for (size_t i = 0; i < count; i += 4) {
        const __m256d a = _mm256_min_pd(_mm256_loadu_pd(y + i), _mm256_loadu_pd(y + i + 1));
        const __m256d b = _mm256_min_pd(_mm256_loadu_pd(y + i + 2), _mm256_loadu_pd(y + i + 3));
        _mm256_storeu_pd(m + i, _mm256_min_pd(a, b));
    }
}

__attribute__((target("avx2"))) static void suffixes_wide(const double *b, size_t block,
                                                          double *a) {
    __m256d s = _mm256_set1_pd(NORNI_INF);
    for (size_t i = block; i > 0; i -= 4) {
        s = _mm256_min_pd(s, _mm256_loadu_pd(b + i - 4));
        _mm256_storeu_pd(a + i - 4, s);
    }
}

__attribute__((target("avx2"))) static void meet_wide(const double *a, size_t block, size_t rest,
                                                      size_t count, bool flip, double *out) {
    const __m256d sign = _mm256_set1_pd(flip ? -0.0 : 0.0);
    const double *b = a + block;
    __m256d p = _mm256_set1_pd(NORNI_INF);
    for (size_t i = 0; i < count; i += 4) {
        if (i > 0) p = _mm256_min_pd(p, _mm256_loadu_pd(b + i - 4));
        const __m256d m = _mm256_min_pd(_mm256_loadu_pd(a + i), p),
                      tail = _mm256_loadu_pd(a + (block + i + rest - 4));
        const __m256d v = result_wide(_mm256_min_pd(m, tail), sign);
        if (count - i >= 4) {
            _mm256_storeu_pd(out + i, v);
        } else {
            double end[LANES];
            _mm256_storeu_pd(end, v);
            memcpy(out + i, end, (count - i) * sizeof *end);
        }
    }
}
#endif

/* m of elements e .. e + count - 1 (a multiple of 4). */
static void fill_quads(norni_roll_extreme_fixed *f, size_t e, size_t count, double *m) {
    double y[CHUNK + LANES];
    for (size_t i = 0; i < count && !f->cancelled; i += CHUNK) {
        const size_t part = count - i < CHUNK ? count - i : CHUNK;
        if (i % POLLED == 0) f->cancelled = norni_poll_stop(f->poll);
        fill(f, e + i, part + LANES - 1, y);
#if WIDE
        if (is_wide(f))
            quads_wide(y, part, m + i);
        else
#endif
            quads(y, part, m + i);
    }
}

static void by_columns(norni_roll_extreme_fixed *f, size_t n_out, double *a, double *out) {
    const size_t block = f->length / LANES * LANES, rest = f->length - block;
    double *b = a + block;
    const bool wide = is_wide(f);
    fill_quads(f, 0, block, b);
    for (size_t k = 0; k < n_out && !f->cancelled; k += block) {
        const size_t count = n_out - k < block ? n_out - k : block,
                     whole = (count + LANES - 1) / LANES * LANES;
#if WIDE
        if (wide)
            suffixes_wide(b, block, a);
        else
#endif
            suffixes(b, block, a);
        fill_quads(f, k + block, whole, b);
#if WIDE
        if (wide)
            meet_wide(a, block, rest, count, f->flip, out + k);
        else
#endif
            meet(a, block, rest, count, f->flip, out + k);
    }
    (void)wide;
}

void norni_roll_extreme_sweep(norni_roll_extreme_fixed *f, size_t n_out, double *scratch,
                              double *out) {
    f->missing = f->cancelled = false;
    if (f->length <= SHORT)
        by_doubling(f, n_out, out);
    else
        by_columns(f, n_out, scratch, out);
}

/* The first place of the minimum, one element of every window at a time. */
INLINE void places(const double *y, size_t count, size_t length, double *restrict best,
                   double *restrict at, double *restrict out) {
    for (size_t i = 0; i < count; i++)
        best[i] = y[i], at[i] = 0;
    for (size_t t = 1; t < length; t++) {
        for (size_t i = 0; i < count; i++) {
            const bool less = y[i + t] < best[i];
            best[i] = less ? y[i + t] : best[i];
            at[i] = less ? (double)t : at[i];
        }
    }
    for (size_t i = 0; i < count; i++)
        out[i] = best[i] == NORNI_INF ? NORNI_NAN : at[i];
}

#if WIDE
__attribute__((target("avx2"))) static void places_wide(const double *y, size_t count,
                                                        size_t length, double *out) {
    const __m256d inf = _mm256_set1_pd(NORNI_INF), nan = _mm256_set1_pd(NORNI_NAN);
    size_t i = 0;
    for (; count - i >= 8; i += 8) {
        __m256d best = _mm256_loadu_pd(y + i), best2 = _mm256_loadu_pd(y + i + 4);
        __m256d at = _mm256_setzero_pd(), at2 = at, t = at;
        for (size_t j = 1; j < length; j++) {
            const __m256d v = _mm256_loadu_pd(y + i + j), v2 = _mm256_loadu_pd(y + i + j + 4);
            const __m256d less = _mm256_cmp_pd(v, best, _CMP_LT_OQ),
                          less2 = _mm256_cmp_pd(v2, best2, _CMP_LT_OQ);
            t = _mm256_add_pd(t, _mm256_set1_pd(1));
            best = _mm256_min_pd(v, best), best2 = _mm256_min_pd(v2, best2);
            at = _mm256_blendv_pd(at, t, less), at2 = _mm256_blendv_pd(at2, t, less2);
        }
        at = _mm256_blendv_pd(at, nan, _mm256_cmp_pd(best, inf, _CMP_EQ_OQ));
        at2 = _mm256_blendv_pd(at2, nan, _mm256_cmp_pd(best2, inf, _CMP_EQ_OQ));
        _mm256_storeu_pd(out + i, at);
        _mm256_storeu_pd(out + i + 4, at2);
    }
    double rest_best[8], rest_at[8];
    places(y + i, count - i, length, rest_best, rest_at, out + i);
}
#endif

void norni_roll_extreme_place(norni_roll_extreme_fixed *f, size_t n_out, double *out) {
    double y[CHUNK + NORNI_ROLL_EXTREME_SHORT];
    f->missing = false;
    for (size_t k = 0; k < n_out; k += CHUNK) {
        const size_t count = n_out - k < CHUNK ? n_out - k : CHUNK;
        fill(f, k, count + f->length - 1, y);
#if WIDE
        if (is_wide(f)) {
            places_wide(y, count, f->length, out + k);
            continue;
        }
#endif
        double best[CHUNK], at[CHUNK];
        places(y, count, f->length, best, at, out + k);
    }
}
