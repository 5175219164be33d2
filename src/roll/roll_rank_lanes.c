/* Ranks in short fixed windows: every value of a window compared with its last, windows in lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "roll/roll_rank_lanes.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#    define WIDE 1
#else
#    define WIDE 0
#endif

enum { CHUNK = 256, ROOM = CHUNK + NORNI_ROLL_RANK_SHORT };

/* Counts of smaller, equal and valid values of the windows that end at y[length - 1 + i]. */
typedef struct counts {
    double less[CHUNK], equal[CHUNK], valid[CHUNK];
} counts;

/* Elements first .. first + count - 1 of x (n), NaN where missing or outside; whether some were. */
static bool fill(const double *x, size_t n, ptrdiff_t first, size_t count, double *y) {
    uint64_t any = 0;
    if (first >= 0 && (size_t)first + count <= n) {
        for (size_t i = 0; i < count; i++) {
            const double v = x[(size_t)first + i];
            any |= norni_roll_missing(v);
            y[i] = v + (v - v); /* infinities become NaN, all else stays */
        }
        return any != 0;
    }
    for (size_t i = 0; i < count; i++) {
        const ptrdiff_t at = first + (ptrdiff_t)i;
        const double v = at < 0 || at >= (ptrdiff_t)n ? NORNI_NAN : x[at];
        y[i] = norni_roll_missing(v) ? NORNI_NAN : v;
    }
    return true;
}

static void count_plain(const double *y, size_t from, size_t count, size_t length, counts *c) {
    for (size_t i = from; i < count; i++) {
        const double last = y[i + length - 1];
        size_t less = 0, equal = 0, valid = 0;
        for (size_t t = 0; t < length; t++) {
            less += y[i + t] < last;
            equal += y[i + t] == last;
            valid += y[i + t] == y[i + t];
        }
        c->less[i] = (double)less, c->equal[i] = (double)equal, c->valid[i] = (double)valid;
    }
}

#if WIDE
__attribute__((target("avx2"))) static inline __m256d number(__m256i minus_count) {
    const __m256d big = _mm256_set1_pd(0x1p52); /* counts below 2^52 are its last bits */
    const __m256i count = _mm256_sub_epi64(_mm256_setzero_si256(), minus_count);
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(count, _mm256_castpd_si256(big))),
                         big);
}

__attribute__((target("avx2"))) static void count_wide(const double *y, size_t count, size_t length,
                                                       bool missing, counts *c) {
    size_t i = 0;
    for (; count - i >= 8; i += 8) {
        const __m256d last = _mm256_loadu_pd(y + i + length - 1),
                      last2 = _mm256_loadu_pd(y + i + length + 3);
        __m256i less = _mm256_setzero_si256(), less2 = less, equal = less, equal2 = less,
                valid = less, valid2 = less;
        for (size_t t = 0; t < length; t++) {
            const __m256d v = _mm256_loadu_pd(y + i + t), v2 = _mm256_loadu_pd(y + i + t + 4);
#    define COUNT(to, a, b, how) \
        to = _mm256_add_epi64(to, _mm256_castpd_si256(_mm256_cmp_pd(a, b, how)))
            COUNT(less, v, last, _CMP_LT_OQ);
            COUNT(less2, v2, last2, _CMP_LT_OQ);
            COUNT(equal, v, last, _CMP_EQ_OQ);
            COUNT(equal2, v2, last2, _CMP_EQ_OQ);
            if (missing) {
                COUNT(valid, v, v, _CMP_EQ_OQ);
                COUNT(valid2, v2, v2, _CMP_EQ_OQ);
            }
#    undef COUNT
        }
        const __m256d all = _mm256_set1_pd((double)length);
        _mm256_storeu_pd(c->less + i, number(less));
        _mm256_storeu_pd(c->less + i + 4, number(less2));
        _mm256_storeu_pd(c->equal + i, number(equal));
        _mm256_storeu_pd(c->equal + i + 4, number(equal2));
        _mm256_storeu_pd(c->valid + i, missing ? number(valid) : all);
        _mm256_storeu_pd(c->valid + i + 4, missing ? number(valid2) : all);
    }
    count_plain(y, i, count, length, c);
}
#endif

void norni_roll_rank_short(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           bool plain, double *out) {
    double y[ROOM];
    counts c;
    const double least = w->min_periods > 1 ? (double)w->min_periods : 1;
    for (size_t k = 0; k < w->n_out; k += CHUNK) {
        const size_t count = w->n_out - k < CHUNK ? w->n_out - k : CHUNK;
        const ptrdiff_t first = w->first_end + (ptrdiff_t)k - (ptrdiff_t)w->length;
        const bool missing = fill(x, w->n, first, count + w->length - 1, y);
#if WIDE
        if (!plain && __builtin_cpu_supports("avx2"))
            count_wide(y, count, w->length, missing, &c);
        else
#endif
            count_plain(y, 0, count, w->length, &c);
        for (size_t i = 0; i < count; i++) {
            const double rank = norni_roll_rank_of(c.less[i], c.equal[i], c.valid[i], arg);
            out[k + i] = c.equal[i] > 0 && c.valid[i] >= least ? rank : NORNI_NAN;
        }
    }
    (void)plain;
}
