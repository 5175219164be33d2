/* Runs of neighbouring windows whose values are looked over before they are summed. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_SUM_CHUNK_H
#define NORNI_ROLL_SUM_CHUNK_H

#include "roll/roll.h"

/* NORNI_ROLL_PLAIN: tests build these files again without lanes. */
#if defined(__x86_64__) && !defined(NORNI_ROLL_PLAIN)
#    include <immintrin.h>
#    define NORNI_ROLL_WIDE 1
#    define NORNI_ROLL_AVX2 __attribute__((target("avx2,fma")))
#else
#    define NORNI_ROLL_WIDE 0
#    define NORNI_ROLL_AVX2
#endif

/* Windows [from, to) read the values [lo, hi). Where a chunk ends depends on the call's range, so no
 * value may: sums are exact, or rounded as if they were. */
typedef struct norni_roll_chunk {
    size_t from, to, lo, hi;
    size_t longest;     /* values of the longest window, missing ones too */
    bool regular;       /* every window has w->length values */
    bool missing;       /* some of the values are */
    double least, most; /* of those that are not; both 0 where none is */
} norni_roll_chunk;

/* The chunk that begins at window `from` < n_out. Reading all chunks of a call reads each value about
 * three times at most, or once for each window where windows lie far apart. */
norni_roll_chunk norni_roll_chunk_at(const double *x, const norni_roll_windows *w, size_t from);
/* least, most and missing of c->lo .. c->hi. */
void norni_roll_chunk_scan(norni_roll_chunk *c, const double *x);
/* to (c->hi - c->lo): (x - pivot) * scale, 0 where missing. */
void norni_roll_chunk_copy(const norni_roll_chunk *c, const double *x, double pivot, double scale,
                           double *to);
/* count (c->to - c->from): values of each window that are not missing. */
void norni_roll_chunk_count(const norni_roll_chunk *c, const double *x, const norni_roll_windows *w,
                            double *count);
/* out (c->to - c->from): NaN where a window has fewer values than min_periods or than `least`; count may be NULL where none
 * is missing. */
void norni_roll_chunk_blank(const norni_roll_chunk *c, const norni_roll_windows *w,
                            const double *count, size_t least, double *out);

#if NORNI_ROLL_WIDE
/* The last of p and the first three of c; the last two and the first two. */
NORNI_ROLL_AVX2 static inline __m256d norni_shift1(__m256d p, __m256d c) {
    return _mm256_shuffle_pd(_mm256_permute2f128_pd(p, c, 0x21), c, 5);
}
NORNI_ROLL_AVX2 static inline __m256d norni_shift2(__m256d p, __m256d c) {
    return _mm256_permute2f128_pd(p, c, 0x21);
}
#endif

static inline bool norni_roll_has_avx2(void) {
#if NORNI_ROLL_WIDE
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

#endif
