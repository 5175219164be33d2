/* Blocked Cholesky: the same as row by row, solutions of leading blocks, what is not positive definite. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "../base/one_arena.h"
#include "base/rng.h"
#include "num/least_squares.h"
#include "num/spd.h"

enum { MOST = 200, SIDES = 5 };

static double a[MOST * MOST], l[MOST * MOST], plain[MOST * MOST], b[MOST * SIDES], x[MOST * SIDES];

/* exp(-|i - j| / 7) and a bit on the diagonal; nonsense above it, which nobody may read. */
static void fill(size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = j > i ? 1e30 : exp(-(double)(i - j) / 7) + (i == j ? 0.1 : 0);
}

static norn_status factor(size_t n, norni_spd *s, const norni_poll *poll) {
    assert_int_equal(norni_spd_init(&arena, poll, n, s, NULL), NORN_OK);
    memcpy(l, a, n * n * sizeof *a);
    s->a = l;
    return norni_spd_factor(s, NULL);
}

static void test_solve(void **state) {
    (void)state;
    const norni_rng rng = {1, 2};
    const size_t sizes[] = {1, 2, 63, 64, 65, 128, 199};
    for (size_t c = 0; c < sizeof sizes / sizeof *sizes; c++) {
        const size_t n = sizes[c];
        norni_spd s;
        fill(n);
        assert_int_equal(factor(n, &s, NULL), NORN_OK);
        memcpy(plain, a, n * n * sizeof *a);
        assert_int_equal(norni_cholesky(plain, n, 1e-14), 0);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                assert_true(fabs(l[i * n + j] - plain[i * n + j]) < 1e-13);
        for (size_t rows = n; rows > 0; rows /= 2) { /* every leading block */
            for (size_t i = 0; i < rows * SIDES; i++)
                b[i] = x[i] = norni_rng_normal(rng, i);
            assert_int_equal(norni_spd_forward(&s, rows, x, SIDES, NULL), NORN_OK);
            assert_int_equal(norni_spd_backward(&s, rows, x, SIDES, NULL), NORN_OK);
            for (size_t i = 0; i < rows; i++) {
                for (size_t k = 0; k < SIDES; k++) {
                    double sum = 0;
                    for (size_t j = 0; j < rows; j++)
                        sum += a[i >= j ? i * n + j : j * n + i] * x[j * SIDES + k];
                    assert_true(fabs(sum - b[i * SIDES + k]) < 1e-11);
                }
            }
        }
    }
}

static void test_refused(void **state) {
    (void)state;
    norni_spd s;
    fill(100);
    a[70 * 100 + 70] = 0.5;
    assert_int_equal(factor(100, &s, NULL), NORN_E_NUMERIC);
    fill(100);
    a[90 * 100 + 3] = __builtin_nan("");
    assert_int_equal(factor(100, &s, NULL), NORN_E_NUMERIC);
}

static bool stop_now(void *user) {
    (void)user;
    return true;
}

static void test_cancel(void **state) {
    (void)state;
    norni_spd s;
    fill(100);
    assert_int_equal(factor(100, &s, &(norni_poll){stop_now, NULL}), NORN_E_CANCEL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_solve, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
