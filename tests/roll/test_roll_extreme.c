/* Rolling minima, maxima and their places beside naive twins, and SIMD beside plain C. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "roll_twin.h"

#include "roll/roll_extreme_lanes.h"

/* The place of the extreme in [lo, hi), hi where none is valid. */
static size_t best_of(const double *x, size_t lo, size_t hi, size_t min_periods, bool most) {
    size_t best = hi, n_valid = 0;
    for (size_t i = lo; i < hi; i++) {
        if (!isfinite(x[i])) continue;
        n_valid++;
        if (best == hi || (most ? x[i] > x[best] : x[i] < x[best])) best = i;
    }
    return n_valid < min_periods ? hi : best;
}

static double twin_min(const double *x, size_t lo, size_t hi, size_t m, const norni_roll_arg *arg) {
    (void)arg;
    const size_t i = best_of(x, lo, hi, m, false);
    return i == hi ? NORNI_NAN : x[i];
}
static double twin_max(const double *x, size_t lo, size_t hi, size_t m, const norni_roll_arg *arg) {
    (void)arg;
    const size_t i = best_of(x, lo, hi, m, true);
    return i == hi ? NORNI_NAN : x[i];
}
static double twin_argmin(const double *x, size_t lo, size_t hi, size_t m,
                          const norni_roll_arg *arg) {
    (void)arg;
    const size_t i = best_of(x, lo, hi, m, false);
    return i == hi ? NORNI_NAN : (double)(i - lo);
}
static double twin_argmax(const double *x, size_t lo, size_t hi, size_t m,
                          const norni_roll_arg *arg) {
    (void)arg;
    const size_t i = best_of(x, lo, hi, m, true);
    return i == hi ? NORNI_NAN : (double)(i - lo);
}

static void equals_twin(void **state) {
    (void)state;
    const twin_op ops[] = {{"min", norni_roll_min, twin_min},
                           {"max", norni_roll_max, twin_max},
                           {"argmin", norni_roll_argmin, twin_argmin},
                           {"argmax", norni_roll_argmax, twin_argmax}};
    const norni_roll_arg arg = {0};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        twin_rounds(&ops[i], &arg, 1200);
}

static void lanes_equal_plain(void **state) {
    (void)state;
    static double x[TWIN_MAX], out[2][TWIN_MAX], scratch[2 * TWIN_MAX];
    twin_state = 77;
    for (int r = 0; r < 1500; r++) {
        const size_t n = 1 + twin_below(r % 10 ? 300 : TWIN_MAX), n_out = twin_below(n + 1);
        twin_fill(x, n, r % TWIN_KINDS);
        norni_roll_extreme_fixed f = {.x = x, .n = n, .length = 1 + twin_below(n)};
        f.first = (ptrdiff_t)twin_below(2 * n) - (ptrdiff_t)n;
        f.flip = twin_below(2);
        bool missing[2];
        for (int plain = 0; plain < 2; plain++) {
            f.plain = plain;
            assert_true(norni_roll_extreme_scratch(f.length, n_out) <= 2 * TWIN_MAX);
            norni_roll_extreme_sweep(&f, n_out, scratch, out[plain]);
            missing[plain] = f.missing;
        }
        assert_int_equal(missing[0], missing[1]);
        assert_memory_equal(out[0], out[1], n_out * sizeof(double));
        if (f.length > NORNI_ROLL_EXTREME_SHORT) continue;
        for (int plain = 0; plain < 2; plain++) {
            f.plain = plain;
            norni_roll_extreme_place(&f, n_out, out[plain]);
        }
        assert_memory_equal(out[0], out[1], n_out * sizeof(double));
    }
}

/* pandas 3.1.1: Series([3, 1, nan, 2, 2, inf, -1]).rolling(3, min_periods=m).min() and max(). */
static void pandas_rows(void **state) {
    (void)state;
    const double nan = NORNI_NAN, x[] = {3, 1, nan, 2, 2, NORNI_INF, -1};
    const double min1[] = {3, 1, 1, 1, 2, 2, -1}, max2[] = {nan, 3, 3, 2, 2, 2, 2};
    norni_roll_windows w = {.n = 7, .n_out = 7, .length = 3, .first_end = 1, .min_periods = 1};
    double out[7];
    norni_arena arena;
    norn_err err;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_roll_min(x, &w, NULL, &arena, NULL, out, &err), NORN_OK);
    assert_memory_equal(out, min1, sizeof out);
    w.min_periods = 2;
    assert_int_equal(norni_roll_max(x, &w, NULL, &arena, NULL, out, &err), NORN_OK);
    for (size_t k = 0; k < 7; k++)
        twin_same(out[k], max2[k], "max", 0, k);
    norni_arena_clear(&arena);
}

static void polls_in_long_windows(void **state) {
    (void)state;
    twin_polls_often(norni_roll_min, TWIN_LONG / 4, false, 4);
    twin_polls_often(norni_roll_argmin, TWIN_LONG / 4, false, 16);
    twin_polls_often(norni_roll_argmax, TWIN_LONG + 1, false, 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_twin),
        cmocka_unit_test(lanes_equal_plain),
        cmocka_unit_test(pandas_rows),
        cmocka_unit_test(polls_in_long_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
