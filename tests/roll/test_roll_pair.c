/* Rolling covariance, correlation and slope against two passes in long double, on hard values too. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "roll_twin.h"

static void *resize(void *user, void *p, size_t old, size_t size) {
    (void)user, (void)old;
    if (size > 0) return realloc(p, size);
    free(p);
    return NULL;
}
static const norn_alloc heap = {resize, NULL};

typedef struct sums {
    long double n, xx, xy, yy;
} sums;

/* Sums about the means over the whole pairs of a window; y NULL: the place. */
static sums twin_sums(const double *x, const double *y, size_t lo, size_t hi) {
    sums s = {0};
    long double mx = 0, my = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = lo; i < hi; i++) {
            const double b = y ? y[i] : (double)i;
            if (norni_roll_missing(x[i]) || norni_roll_missing(b)) continue;
            if (pass == 0) {
                s.n++, mx += x[i], my += b;
                continue;
            }
            s.xx += (x[i] - mx) * (x[i] - mx);
            s.xy += (x[i] - mx) * (b - my);
            s.yy += (b - my) * (b - my);
        }
        if (pass == 0) mx /= s.n, my /= s.n;
    }
    return s;
}

/* Where the twin itself is certain (a constant part: exactly 0) the kernel must be close: cov to 1e-12 of
 * sqrt(xx yy), which is what rounding leaves of a product of deviations; corr the same; slope in its units. */
static void check(const double *x, const double *y, const norni_roll_windows *w, int32_t ddof,
                  norni_arena *arena, const char *what) {
    static double out[3][TWIN_MAX];
    static norni_roll_fn *const fn[] = {norni_roll_cov, norni_roll_corr, norni_roll_slope};
    const norni_roll_arg arg = {.ddof = ddof, .other = y};
    for (int k = 0; k < 3; k++) {
        if (y != NULL || k == 2)
            assert_int_equal(fn[k](x, w, &arg, arena, NULL, out[k], NULL), NORN_OK);
    }
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        norni_roll_window(w, k, &lo, &hi);
        const sums s = twin_sums(x, y, lo, hi);
        const bool enough = s.n >= 1 && s.n >= (long double)w->min_periods;
        const long double both = sqrtl(s.xx) * sqrtl(s.yy);
        for (int f = y ? 0 : 2; f < 3; f++) {
            const double got = out[f][k];
            const bool some =
                enough && (f == 0 ? s.n > ddof : s.n > 1 && s.yy > 0 && (f == 2 || s.xx > 0));
            const long double want = f == 0   ? s.xy / (s.n - ddof)
                                     : f == 1 ? s.xy / both
                                              : s.xy / s.yy,
                              unit = f == 0   ? both / (s.n - ddof)
                                     : f == 1 ? 1
                                              : sqrtl(s.xx / s.yy);
            if (!some || (double)fabsl(want) > 1e308 || !isfinite((double)unit)) {
                if (!some && !isnan(got)) fail_msg("%s: %d at %zu is %g", what, f, k, got);
                continue;
            }
            if (!(fabsl(got - want) <= 1e-12L * unit + 1e-300L))
                fail_msg("%s: function %d, window %zu [%zu, %zu): %.17g, not %.17g", what, f, k, lo,
                         hi, got, (double)want);
        }
    }
}

/* Deviations in the data of one long window; offset 1e9, outliers at a split, missing pairs. */
static void hard_values(void **state) {
    (void)state;
    static double x[TWIN_MAX], y[TWIN_MAX];
    static const size_t lengths[] = {1, 2, 3, 7, 64, 200, 1024};
    norni_arena arena;
    norni_arena_init(&arena, &heap);
    twin_state = 99;
    for (int kind = 0; kind < 9; kind++) {
        for (size_t i = 0; i < TWIN_MAX; i++) {
            const double u = twin_unit(), v = twin_unit();
            x[i] = kind == 1 ? 1e9 + u : kind == 2 ? 1e300 * u : kind == 3 ? 1e-170 * u : u;
            y[i] = kind == 1 ? v - 1e9 : kind == 2 ? 1e-300 * v : kind == 3 ? 1e170 * v : v + u;
            if (kind == 4) x[i] = i / 500 % 2 ? 3.3 : u;       /* long constant parts */
            if (kind == 5) x[i] = i % 1024 == 1023 ? 1e12 : u; /* at splits */
            if (kind == 6)
                x[i] = i % 1024 > 700 && i % 1024 < 1100 ? NORNI_NAN : u; /* before them */
            if (kind == 7 && twin_below(3) == 0) *(twin_below(2) ? &x[i] : &y[i]) = NORNI_NAN;
            if (kind == 8) x[i] = twin_below(4) ? 0 : (double)twin_below(3), y[i] = -2 * x[i];
        }
        for (size_t v = 0; v < sizeof lengths / sizeof *lengths; v++) {
            char what[64];
            snprintf(what, sizeof what, "kind %d, length %zu", kind, lengths[v]);
            const norni_roll_windows w = {.n = TWIN_MAX,
                                          .n_out = TWIN_MAX,
                                          .length = lengths[v],
                                          .first_end = 1,
                                          .min_periods = 1};
            if (lengths[v] > 200 && kind != 1 && kind != 5) continue; /* the twin is slow */
            check(x, y, &w, v % 2 == 0, &arena, what);
            check(x, NULL, &w, 1, &arena, what);
        }
    }
    norni_arena_clear(&arena);
}

static void any_windows(void **state) {
    (void)state;
    static double x[TWIN_MAX], y[TWIN_MAX];
    static size_t lo[TWIN_MAX], hi[TWIN_MAX];
    norni_arena arena;
    norni_arena_init(&arena, &heap);
    twin_state = 4;
    for (int round = 0; round < 120; round++) {
        const size_t n = 1 + twin_below(600);
        const int kinds[] = {0, 1, 3, 6, 7, 8, 9};
        twin_fill(x, n, kinds[twin_below(7)]);
        twin_fill(y, n, kinds[twin_below(7)]);
        norni_roll_windows w = twin_windows(n, 1 + twin_below(n), lo, hi);
        w.min_periods = twin_below(4);
        char what[64];
        snprintf(what, sizeof what, "round %d", round);
        check(x, y, &w, (int32_t)twin_below(3), &arena, what);
        check(x, NULL, &w, 1, &arena, what);
    }
    norni_arena_clear(&arena);
}

/* A call that begins later gives the same bits. */
static void any_beginning(void **state) {
    (void)state;
    static double x[TWIN_MAX], y[TWIN_MAX], all[TWIN_MAX], part[TWIN_MAX];
    static norni_roll_fn *const fn[] = {norni_roll_cov, norni_roll_corr, norni_roll_slope};
    norni_arena arena;
    norni_arena_init(&arena, &heap);
    twin_state = 12;
    twin_fill(x, TWIN_MAX, 9);
    twin_fill(y, TWIN_MAX, 0);
    const norni_roll_arg arg = {.ddof = 1, .other = y};
    for (int round = 0; round < 60; round++) {
        const size_t length = 1 + twin_below(round % 2 ? 3000 : 100), from = twin_below(TWIN_MAX);
        norni_roll_windows w = {
            .n = TWIN_MAX, .n_out = TWIN_MAX, .length = length, .first_end = 1, .min_periods = 2};
        norni_roll_fn *const f = fn[round % 3];
        assert_int_equal(f(x, &w, &arg, &arena, NULL, all, NULL), NORN_OK);
        w.n_out = 1 + twin_below(TWIN_MAX - from);
        w.first_end = 1 + (ptrdiff_t)from;
        assert_int_equal(f(x, &w, &arg, &arena, NULL, part, NULL), NORN_OK);
        assert_memory_equal(part, all + from, w.n_out * sizeof *part);
    }
    norni_arena_clear(&arena);
}

static void exact_cases(void **state) {
    (void)state;
    double out[4];
    const double x[] = {1, 2, 3, 4}, y[] = {2, 4, 6, 8}, c[] = {0.1, 0.1, 0.1, 0.1};
    norni_arena arena;
    norni_arena_init(&arena, &heap);
    const norni_roll_windows w = {
        .n = 4, .n_out = 4, .length = 3, .first_end = 1, .min_periods = 3};
    norni_roll_arg arg = {.ddof = 1, .other = y};
    assert_int_equal(norni_roll_corr(x, &w, &arg, &arena, NULL, out, NULL), NORN_OK);
    assert_true(isnan(out[0]) && isnan(out[1]) && out[2] == 1 && out[3] == 1);
    arg.other = c;
    assert_int_equal(norni_roll_cov(x, &w, &arg, &arena, NULL, out, NULL), NORN_OK);
    assert_true(out[2] == 0 && out[3] == 0);
    assert_int_equal(norni_roll_corr(x, &w, &arg, &arena, NULL, out, NULL), NORN_OK);
    assert_true(isnan(out[2]) && isnan(out[3]));
    arg.other = NULL;
    assert_int_equal(norni_roll_slope(y, &w, &arg, &arena, NULL, out, NULL), NORN_OK);
    assert_true(out[2] == 2 && out[3] == 2);
    assert_int_equal(norni_roll_slope(c, &w, &arg, &arena, NULL, out, NULL), NORN_OK);
    assert_true(out[2] == 0 && out[3] == 0);
    norni_arena_clear(&arena);
}

int main(void) {
    (void)twin_rounds;
    const struct CMUnitTest tests[] = {cmocka_unit_test(hard_values), cmocka_unit_test(any_windows),
                                       cmocka_unit_test(any_beginning),
                                       cmocka_unit_test(exact_cases)};
    return cmocka_run_group_tests_name("roll_pair", tests, NULL, NULL);
}
