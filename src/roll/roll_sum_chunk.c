/* Runs of neighbouring windows whose values are looked over before they are summed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "roll/roll_sum_chunk.h"

#include "base/fp.h"

enum {
    SPAN = 1 << 14
}; /* values of a chunk, unless windows are longer: they stay in the L2 cache */

static bool is_regular(const norni_roll_windows *w, size_t k) {
    const ptrdiff_t end = w->first_end + (ptrdiff_t)k;
    return w->lo == NULL && end >= 0 && (size_t)end >= w->length && (size_t)end <= w->n;
}

norni_roll_chunk norni_roll_chunk_at(const double *x, const norni_roll_windows *w, size_t from) {
    norni_roll_chunk c = {.from = from, .to = from + 1, .regular = is_regular(w, from)};
    norni_roll_window(w, from, &c.lo, &c.hi);
    c.longest = c.hi - c.lo;
    if (c.regular) {
        const size_t more = c.longest < SPAN / 2 ? SPAN - c.longest : c.longest,
                     there = w->n - c.hi + 1, left = w->n_out - from;
        size_t n = more < there ? more : there;
        if (n > left) n = left;
        c.to = from + n;
        c.hi += n - 1;
    } else {
        /* Long windows: so many that reading the first one is a small part of the work, as each chunk
         * of expanding windows begins at the first value. */
        const size_t span = c.longest < SPAN / 2 ? SPAN : 2 * c.longest;
        const size_t most = c.longest / 4 < SPAN ? SPAN : c.longest / 4;
        while (c.to < w->n_out && c.to - from < most && !is_regular(w, c.to)) {
            size_t lo, hi;
            norni_roll_window(w, c.to, &lo, &hi);
            if (hi - c.lo > span) break;
            if (hi - lo > c.longest) c.longest = hi - lo;
            if (hi > c.hi) c.hi = hi;
            c.to++;
        }
    }
    norni_roll_chunk_scan(&c, x);
    return c;
}

/* Both become NaN or wrong where a value is missing, which then shows in `missing`. */
static void scan_plain(norni_roll_chunk *c, const double *x, size_t from) {
    double least = c->least, most = c->most, zero = 0;
    for (size_t i = from; i < c->hi; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        zero += x[i] - x[i];
    }
    c->least = least, c->most = most;
    c->missing = c->missing || zero != 0 || zero != zero;
}

#if NORNI_ROLL_WIDE
/* All ones where a value is not missing. */
NORNI_ROLL_AVX2 static inline __m256d valid(__m256d v) {
    return _mm256_cmp_pd(_mm256_sub_pd(v, v), _mm256_setzero_pd(), _CMP_EQ_OQ);
}

NORNI_ROLL_AVX2 static size_t scan_avx2(norni_roll_chunk *c, const double *x) {
    const __m256d zero = _mm256_setzero_pd();
    __m256d least[2], most[2], sum[2];
    for (int j = 0; j < 2; j++)
        least[j] = most[j] = _mm256_set1_pd(x[c->lo]), sum[j] = zero;
    size_t i = c->lo;
    for (; c->hi - i >= 8; i += 8) {
        for (int j = 0; j < 2; j++) {
            const __m256d v = _mm256_loadu_pd(x + i + 4 * j);
            least[j] = _mm256_min_pd(v, least[j]);
            most[j] = _mm256_max_pd(v, most[j]);
            sum[j] = _mm256_fmadd_pd(v, zero, sum[j]); /* NaN from NaN and infinities */
        }
    }
    double a[4], b[4], z[4];
    _mm256_storeu_pd(a, _mm256_min_pd(least[0], least[1]));
    _mm256_storeu_pd(b, _mm256_max_pd(most[0], most[1]));
    _mm256_storeu_pd(z, _mm256_add_pd(sum[0], sum[1]));
    for (int j = 0; j < 4; j++) {
        if (a[j] < c->least) c->least = a[j];
        if (b[j] > c->most) c->most = b[j];
        if (z[j] != 0) c->missing = true;
    }
    return i;
}

/* The same past missing values, which become NaN: a minimum's second operand is then its result. */
NORNI_ROLL_AVX2 static size_t rescan_avx2(const norni_roll_chunk *c, const double *x, double *least,
                                          double *most) {
    const __m256d nan = _mm256_set1_pd(NORNI_NAN);
    __m256d a = _mm256_set1_pd(*least), b = _mm256_set1_pd(*most);
    size_t i = c->lo;
    for (; c->hi - i >= 4; i += 4) {
        const __m256d v = _mm256_loadu_pd(x + i), y = _mm256_blendv_pd(nan, v, valid(v));
        a = _mm256_min_pd(y, a);
        b = _mm256_max_pd(y, b);
    }
    double l[4], m[4];
    _mm256_storeu_pd(l, a);
    _mm256_storeu_pd(m, b);
    for (int j = 0; j < 4; j++) {
        if (l[j] < *least) *least = l[j];
        if (m[j] > *most) *most = m[j];
    }
    return i;
}
#endif

void norni_roll_chunk_scan(norni_roll_chunk *c, const double *x) {
    size_t i = c->lo;
    c->missing = false;
    c->least = c->most = c->hi > c->lo ? x[c->lo] : 0;
#if NORNI_ROLL_WIDE
    if (c->hi - c->lo >= 16 && norni_roll_has_avx2()) i = scan_avx2(c, x);
#endif
    scan_plain(c, x, i);
    if (!c->missing) return;
    double least = NORNI_INF, most = -NORNI_INF;
    i = c->lo;
#if NORNI_ROLL_WIDE
    if (norni_roll_has_avx2()) i = rescan_avx2(c, x, &least, &most);
#endif
    for (; i < c->hi; i++) {
        const double v = x[i], zero = v - v;
        least = zero == 0 && v < least ? v : least;
        most = zero == 0 && v > most ? v : most;
    }
    c->least = least <= most ? least : 0, c->most = least <= most ? most : 0;
}

#if NORNI_ROLL_WIDE
NORNI_ROLL_AVX2 static size_t copy_avx2(const double *x, size_t n, double pivot, double scale,
                                        double *to) {
    const __m256d p = _mm256_set1_pd(pivot), f = _mm256_set1_pd(scale);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const __m256d v = _mm256_loadu_pd(x + i), y = _mm256_mul_pd(_mm256_sub_pd(v, p), f);
        _mm256_storeu_pd(to + i, _mm256_and_pd(y, valid(v)));
    }
    return i;
}

/* Counts of regular windows as roll_sum.c slides its sums: count has those of the first four. */
NORNI_ROLL_AVX2 static size_t count_avx2(const double *old, const double *new, size_t n,
                                         double *count) {
    const __m256d one = _mm256_set1_pd(1);
    __m256d s = _mm256_loadu_pd(count), d = _mm256_setzero_pd(), d2 = d;
    double first[4] = {0};
    for (size_t k = 1; k < 4; k++)
        first[k] = count[k] - count[k - 1];
    d = _mm256_loadu_pd(first);
    d2 = _mm256_set_pd(first[3] + first[2], first[2] + first[1], 0, 0);
    size_t k = 4;
    for (; k + 4 <= n; k += 4) {
        const __m256d in = _mm256_and_pd(valid(_mm256_loadu_pd(new + k - 1)), one),
                      away = _mm256_and_pd(valid(_mm256_loadu_pd(old + k - 1)), one),
                      e = _mm256_sub_pd(in, away), e2 = _mm256_add_pd(e, norni_shift1(d, e));
        s = _mm256_add_pd(s, _mm256_add_pd(e2, norni_shift2(d2, e2)));
        _mm256_storeu_pd(count + k, s);
        d = e, d2 = e2;
    }
    return k;
}
#endif

void norni_roll_chunk_copy(const norni_roll_chunk *c, const double *x, double pivot, double scale,
                           double *to) {
    size_t i = c->lo;
#if NORNI_ROLL_WIDE
    if (norni_roll_has_avx2()) i += copy_avx2(x + c->lo, c->hi - c->lo, pivot, scale, to);
#endif
    for (; i < c->hi; i++)
        to[i - c->lo] = norni_roll_missing(x[i]) ? 0 : (x[i] - pivot) * scale;
}

void norni_roll_chunk_count(const norni_roll_chunk *c, const double *x, const norni_roll_windows *w,
                            double *count) {
    size_t from = c->lo, to = c->lo, n = 0;
    for (size_t k = c->from; k < c->to; k++) {
        size_t lo, hi;
#if NORNI_ROLL_WIDE
        if (c->regular && k == c->from + 4 && norni_roll_has_avx2()) {
            k = c->from + count_avx2(x + c->lo, x + c->lo + c->longest, c->to - c->from, count);
            if (k == c->to) return;
            n = (size_t)count[k - c->from - 1];
            norni_roll_window(w, k - 1, &from, &to);
        }
#endif
        norni_roll_window(w, k, &lo, &hi);
        if (lo >= to) from = to = lo, n = 0;
        for (; to < hi; to++)
            n += !norni_roll_missing(x[to]);
        for (; from < lo; from++)
            n -= !norni_roll_missing(x[from]);
        count[k - c->from] = (double)n;
    }
}

void norni_roll_chunk_blank(const norni_roll_chunk *c, const norni_roll_windows *w,
                            const double *count, size_t least, double *out) {
    const double most = (double)(w->min_periods > least ? w->min_periods : least);
    if (most <= 0 || (count == NULL && c->regular && (double)c->longest >= most)) return;
    for (size_t k = c->from; k < c->to; k++) {
        size_t lo, hi;
        norni_roll_window(w, k, &lo, &hi);
        const double n = count != NULL ? count[k - c->from] : (double)(hi - lo);
        if (n < most) out[k - c->from] = NORNI_NAN;
    }
}
