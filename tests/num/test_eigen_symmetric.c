/* Eigenvalues and vectors: closed forms, A v = d v, orthogonality, sizes of entry, numpy's numbers. */
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
#include "num/eigen_symmetric.h"

enum { MOST = 130 };

static double a[MOST * MOST], v[MOST * MOST], d[MOST];

/* Decomposes a (n, n) and asserts A v = d v, V V' = I, d ascending: errors in units of `tol` |A|. */
static void check(size_t n, double tol) {
    double most = 0;
    memcpy(v, a, n * n * sizeof *a);
    assert_int_equal(norni_eigen_symmetric(&arena, NULL, n, v, d, NULL), NORN_OK);
    for (size_t i = 0; i < n * n; i++)
        most = fabs(a[i]) > most ? fabs(a[i]) : most;
    for (size_t k = 0; k < n; k++) {
        const double *x = v + k * n;
        if (k > 0) assert_true(d[k - 1] <= d[k]);
        for (size_t i = 0; i < n; i++) {
            double sum = 0, dot = 0;
            for (size_t j = 0; j < n; j++) {
                sum += a[i * n + j] * x[j];
                dot += v[i * n + j] * x[j];
            }
            assert_true(fabs(sum - d[k] * x[i]) <= tol * (double)n * most);
            assert_true(fabs(dot - (i == k ? 1 : 0)) <= tol * (double)n);
        }
    }
}

static void test_closed_form(void **state) {
    (void)state;
    const size_t n = 101; /* second differences: 2 - 2 cos(k pi / (n + 1)) */
    memset(a, 0, sizeof a);
    for (size_t i = 0; i < n; i++) {
        a[i * n + i] = 2;
        if (i + 1 < n) a[i * n + i + 1] = a[(i + 1) * n + i] = -1;
    }
    check(n, 1e-14);
    for (size_t k = 0; k < n; k++) {
        const double right =
            2 - 2 * cos((double)(k + 1) * 3.14159265358979323846 / (double)(n + 1));
        assert_true(fabs(d[k] - right) < 1e-13);
    }
}

static void test_random(void **state) {
    (void)state;
    const norni_rng rng = {5, 1};
    const size_t sizes[] = {1, 2, 3, 4, 7, 40, 129};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const size_t n = sizes[s];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++)
                a[i * n + j] = a[j * n + i] = norni_rng_normal(rng, i * n + j);
        check(n, 1e-14);
    }
}

/* Everything equal, blocks of nought, one entry, and sizes far from 1. */
static void test_odd(void **state) {
    (void)state;
    const size_t n = 30;
    memset(a, 0, sizeof a);
    check(n, 1e-14);
    for (size_t i = 0; i < n * n; i++)
        a[i] = 1;
    check(n, 1e-14);
    assert_true(fabs(d[n - 1] - (double)n) < 1e-12 && fabs(d[0]) < 1e-13);
    memset(a, 0, sizeof a);
    a[3 * n + 20] = a[20 * n + 3] = 4;
    check(n, 1e-14);
    assert_true(fabs(d[0] + 4) < 1e-15 && fabs(d[n - 1] - 4) < 1e-15);
    const double sizes[] = {1e300, 1e-300};
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                a[i * n + j] = sizes[s] / (double)(i + j + 1);
        check(n, 1e-14);
        assert_true(fabs(d[n - 1] / sizes[s] - 1.9864925686087371) < 1e-14);
    }
    a[5] = __builtin_nan("");
    assert_int_equal(norni_eigen_symmetric(&arena, NULL, n, a, d, NULL), NORN_E_NUMERIC);
}

/* numpy 2 (LAPACK's dsyevd) of a[i][j] = sin(i j + 1) + (i == j) (i + 1): tests/oracle/ridge_numbers.py */
static void test_numpy(void **state) {
    (void)state;
    static const double right[] = {
        0.0892618073221183, 1.0027071116041584, 2.614865619066253,  2.9769103862952955,
        4.813169116340711,  5.887595343981512,  6.327450413148674,  8.843789653873392,
        9.907842041306782,  10.736780142295286, 12.140797210496096, 13.89269855488782,
    };
    const size_t n = sizeof right / sizeof *right;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = sin((double)(i * j) + 1) + (i == j ? (double)(i + 1) : 0);
    check(n, 1e-14);
    for (size_t k = 0; k < n; k++)
        assert_true(fabs(d[k] - right[k]) < 1e-13);
}

static bool stop_now(void *user) {
    (void)user;
    return true;
}

static void test_cancel(void **state) {
    (void)state;
    for (size_t i = 0; i < 100; i++)
        a[i] = 1.0 / (double)(i / 10 + i % 10 + 1);
    assert_int_equal(norni_eigen_symmetric(&arena, &(norni_poll){stop_now, NULL}, 10, a, d, NULL),
                     NORN_E_CANCEL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_closed_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_numpy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
