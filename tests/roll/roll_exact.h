/* Exact references for rolling sums and moments: integers of 128 bits, and shapes of data. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_ROLL_EXACT_H
#define NORNI_TEST_ROLL_EXACT_H

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "roll/roll.h"

__extension__ typedef __int128 int128;

static inline uint64_t bits_of(double v) {
    uint64_t b;
    memcpy(&b, &v, sizeof b);
    return b;
}

static inline bool same(double a, double b) {
    return bits_of(a) == bits_of(b) || (isnan(a) && isnan(b)) || (a == 0 && b == 0);
}

/* Steele's splitmix64, so that shapes are the same everywhere. */
static inline uint64_t next_bits(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline double next_uniform(uint64_t *state) {
    return ((double)(next_bits(state) >> 11) + 0.5) * 0x1p-53;
}

static inline double next_normal(uint64_t *state) {
    double s = -6;
    for (int i = 0; i < 12; i++)
        s += next_uniform(state);
    return s;
}

/* An exact sum of doubles that are multiples of 2^-grid and below 2^(126 - grid). */
static inline int128 fixed_of(double v, int grid) {
    int e;
    const double m = frexp(v, &e);
    const int128 whole = (int128)(int64_t)(m * 0x1p53);
    const int shift = e - 53 + grid;
    return shift >= 0 ? whole * ((int128)1 << shift) : whole / ((int128)1 << -shift);
}

typedef struct subject {
    double *x;
    norn_alloc alloc;
    norni_arena arena;
} subject;
static subject s; /* a test program's one subject: it says of which array */

static inline int subject_make(void **state) {
    (void)state;
    s.alloc = norni_alloc_default();
    norni_arena_init(&s.arena, &s.alloc);
    return 0;
}

static inline int subject_clear(void **state) {
    (void)state;
    norni_arena_clear(&s.arena);
    return 0;
}

static inline void run_roll(norni_roll_fn *fn, const norni_roll_windows *w,
                            const norni_roll_arg *arg, double *out) {
    norn_err err;
    const norni_arena_mark mark = norni_arena_mark_get(&s.arena);
    assert_int_equal(fn(s.x, w, arg, &s.arena, NULL, out, &err), NORN_OK);
    norni_arena_rewind(&s.arena, mark);
}

static inline norni_roll_windows fixed_windows(size_t n, size_t length, size_t min_periods) {
    return (norni_roll_windows){
        .n = n, .n_out = n, .length = length, .first_end = 1, .min_periods = min_periods};
}

#endif
