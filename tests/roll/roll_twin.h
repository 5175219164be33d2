/* Random arrays and windows of all shapes, on which an order kernel must equal its naive twin. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_TEST_ROLL_TWIN_H
#define NORN_TEST_ROLL_TWIN_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fp.h"
#include "roll/roll.h"

enum { TWIN_MAX = 4096 };

static uint64_t twin_state;
static uint64_t twin_bits(void) {
    twin_state ^= twin_state << 13, twin_state ^= twin_state >> 7, twin_state ^= twin_state << 17;
    return twin_state;
}
static size_t twin_below(size_t n) {
    return (size_t)(twin_bits() % n);
}
static double twin_unit(void) {
    return (double)(twin_bits() >> 11) * 0x1p-53;
}

enum { TWIN_KINDS = 11 };
static double twin_value(int kind, size_t i) {
    switch (kind) {
        case 0: return twin_unit() - 0.5;
        case 1: return (double)twin_below(5) - 2;                              /* ties, zeros */
        case 2: return twin_below(2) ? 0.0 : -0.0;                             /* both zeros */
        case 3: return (double)i;                                              /* rising */
        case 4: return -(double)i;                                             /* falling */
        case 5: return ldexp(twin_unit() - 0.5, (int)twin_below(2000) - 1000); /* all sizes */
        case 6: return twin_below(3) ? NORNI_NAN : twin_unit();                /* mostly missing */
        case 7: return twin_below(40) ? twin_unit() : twin_below(2) ? NORNI_INF : -NORNI_INF;
        case 8: return 7.25;                                                /* constant */
        case 9: return twin_below(20) ? (double)twin_below(30) : NORNI_NAN; /* ties and gaps */
        default: return (twin_below(2) ? 1 : -1) * (1.7e308 + 1e306 * twin_unit()); /* huge */
    }
}
static void twin_fill(double *x, size_t n, int kind) {
    for (size_t i = 0; i < n; i++)
        x[i] = twin_value(kind, i);
    /* the two zeros of a constant array are the only case that no value tells apart */
    if (kind == 6 && n > 0 && twin_below(3) == 0)
        for (size_t i = 0; i < n; i++)
            x[i] = NORNI_NAN;
}

/* Fixed windows (also beyond both ends) or ascending bounds. */
static norni_roll_windows twin_windows(size_t n, size_t longest, size_t *lo, size_t *hi) {
    norni_roll_windows w = {.n = n};
    w.length = twin_below(longest + 4);
    w.first_end = 1;
    w.n_out = n;
    const size_t shape = twin_below(6);
    if (shape == 1) w.first_end = (ptrdiff_t)(w.length / 2) + 1; /* centred */
    if (shape == 2) w.first_end = (ptrdiff_t)twin_below(n + 1), w.n_out = twin_below(n + 1);
    if (shape == 3) w.first_end = -(ptrdiff_t)twin_below(20), w.n_out = n + twin_below(60);
    if (w.n_out > TWIN_MAX) w.n_out = TWIN_MAX;
    if (shape >= 4) {
        size_t a = 0, b = 0;
        const size_t jump = shape == 4 ? 3 : longest / 2 + 2;
        for (size_t k = 0; k < w.n_out; k++) {
            b += twin_below(4) ? twin_below(3) : twin_below(jump);
            a += twin_below(4) ? twin_below(3) : twin_below(jump);
            if (b > n) b = n;
            if (a > b) a = b;
            if (b - a > longest) a = b - longest;
            lo[k] = a, hi[k] = b;
        }
        w.lo = lo, w.hi = hi;
    }
    const size_t most = w.lo != NULL ? 5 : w.length + 1;
    w.min_periods = twin_below(2) ? twin_below(3) : twin_below(most + 1);
    return w;
}

static void twin_same(double got, double want, const char *name, int round, size_t k) {
    const bool same = got == want || (isnan(got) && isnan(want));
    if (!same || (got == 0 && signbit(got)))
        fail_msg("%s, round %d, window %zu: %.17g, not %.17g", name, round, k, got, want);
}

typedef double twin_fn(const double *x, size_t lo, size_t hi, size_t min_periods,
                       const norni_roll_arg *arg);

typedef struct twin_op {
    const char *name;
    norni_roll_fn *fn;
    twin_fn *twin;
} twin_op;

/* A part of the windows alone gives the same bits. */
static void twin_part(const twin_op *op, const double *x, const norni_roll_windows *w,
                      const norni_roll_arg *arg, norni_arena *arena, const double *whole,
                      int round) {
    static double part[TWIN_MAX];
    norn_err err;
    if (w->n_out == 0) return;
    const size_t from = twin_below(w->n_out);
    norni_roll_windows p = *w;
    p.n_out = twin_below(w->n_out - from) + 1;
    p.first_end += (ptrdiff_t)from;
    if (p.lo != NULL) p.lo += from, p.hi += from;
    assert_int_equal(op->fn(x, &p, arg, arena, NULL, part, &err), NORN_OK);
    if (memcmp(part, whole + from, p.n_out * sizeof *part) != 0)
        fail_msg("%s, round %d: part from %zu differs", op->name, round, from);
}

static void twin_round(const twin_op *op, const norni_roll_arg *arg, size_t n, size_t longest,
                       int kind, int round, norni_arena *arena) {
    static double x[TWIN_MAX], out[TWIN_MAX];
    static size_t lo[TWIN_MAX], hi[TWIN_MAX];
    norn_err err;
    twin_fill(x, n, kind);
    const norni_roll_windows w = twin_windows(n, longest, lo, hi);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    assert_int_equal(op->fn(x, &w, arg, arena, NULL, out, &err), NORN_OK);
    const norni_arena_mark after = norni_arena_mark_get(arena);
    assert_ptr_equal(mark.head, after.head);
    assert_int_equal(mark.used, after.used);
    for (size_t k = 0; k < w.n_out; k++) {
        size_t a, b;
        norni_roll_window(&w, k, &a, &b);
        twin_same(out[k], op->twin(x, a, b, w.min_periods, arg), op->name, round, k);
    }
    twin_part(op, x, &w, arg, arena, out, round);
}

/* Many small arrays and a few larger ones of every kind. */
static void twin_rounds(const twin_op *op, const norni_roll_arg *arg, int rounds) {
    norni_arena arena;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    twin_state = UINT64_C(0x9e3779b97f4a7c15);
    for (int r = 0; r < rounds; r++) {
        const size_t n = r % 8 == 0 ? twin_below(3000) : twin_below(90);
        const size_t longest = r % 8 == 0 && r % 16 != 0 ? twin_below(400) : twin_below(n + 1);
        twin_round(op, arg, n, longest, r % TWIN_KINDS, r, &arena);
    }
    norni_arena_clear(&arena);
}

static inline bool twin_later(void *user) {
    return --*(int *)user < 0;
}

/* One long window after another: a stop is heard within it. */
static inline void twin_hears_cancel(norni_roll_fn *fn) {
    enum { N = 50000 };
    static double x[N], out[N];
    static size_t lo[N], hi[N];
    const norn_alloc alloc = norni_alloc_default();
    const norni_roll_arg arg = {0};
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    for (size_t i = 0; i < N; i++)
        x[i] = twin_unit(), lo[i] = 0, hi[i] = i + 1;
    const norni_roll_windows w = {.n = N, .n_out = N, .lo = lo, .hi = hi};
    for (int polls = 0; polls < 3; polls++) {
        int left = polls;
        const norni_poll poll = {twin_later, &left};
        const norni_arena_mark mark = norni_arena_mark_get(&arena);
        assert_int_equal(fn(x, &w, &arg, &arena, &poll, out, &err), NORN_E_CANCEL);
        assert_ptr_equal(norni_arena_mark_get(&arena).head, mark.head);
    }
    norni_arena_clear(&arena);
}

typedef struct twin_polls {
    size_t asked, at; /* stops at the at-th time alone */
} twin_polls;

static inline bool twin_count(void *user) {
    twin_polls *p = user;
    return ++p->asked == p->at;
}

enum { TWIN_LONG = 1 << 18 };

/* Windows of `length` over TWIN_LONG values, whole ones alone or all: asked more than `least` times, and heard
 * each time. `crowded`: one value far from all the others. */
static inline void twin_polls_often(norni_roll_fn *fn, size_t length, bool crowded, size_t least) {
    double *x = calloc(2 * TWIN_LONG, sizeof *x), *out = x + TWIN_LONG;
    const norn_alloc alloc = norni_alloc_default();
    const norni_roll_arg arg = {0};
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    assert_non_null(x);
    for (size_t i = 0; i < TWIN_LONG; i++)
        x[i] = crowded ? 1 + 1e-9 * twin_unit() : twin_unit();
    if (crowded) x[5] = 1e300;
    norni_roll_windows w = {.n = TWIN_LONG, .n_out = TWIN_LONG, .length = length, .first_end = 1};
    if (length <= TWIN_LONG) w.first_end = (ptrdiff_t)length, w.n_out -= length - 1;
    twin_polls all = {0, 0};
    const norni_poll never = {twin_count, &all};
    assert_int_equal(fn(x, &w, &arg, &arena, &never, out, &err), NORN_OK);
    if (all.asked <= least) fail_msg("%zu polls, more than %zu are due", all.asked, least);
    for (size_t at = 1; at <= all.asked; at += 1 + all.asked / 9) {
        twin_polls one = {0, at};
        const norni_poll stop = {twin_count, &one};
        assert_int_equal(fn(x, &w, &arg, &arena, &stop, out, &err), NORN_E_CANCEL);
        assert_int_equal(one.asked, at);
    }
    norni_arena_clear(&arena);
    free(x);
}

#endif
