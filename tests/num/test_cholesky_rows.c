/* Tests of a Cholesky factor that grows and shrinks: the same as one made at once, whatever came and went. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/rng.h"
#include "num/cholesky_rows.h"
#include "num/least_squares.h"

enum { MOST = 12 };
static double a[MOST * MOST], l[MOST * MOST];

static void make_matrix(void) {
    const norni_rng rng = {.seed = 4};
    double x[20 * MOST];
    norni_rng_normals(rng, 0, x, 20 * MOST);
    for (size_t i = 0; i < MOST; i++)
        for (size_t j = 0; j < MOST; j++) {
            a[i * MOST + j] = 0;
            for (size_t t = 0; t < 20; t++)
                a[i * MOST + j] += x[t * MOST + i] * x[t * MOST + j];
        }
}

static bool append(norni_chol *c, size_t *held, size_t i) {
    double beside[MOST];
    for (size_t j = 0; j < c->n; j++)
        beside[j] = a[i * MOST + held[j]];
    held[c->n] = i;
    return norni_chol_append(c, beside, a[i * (MOST + 1)], 0);
}

static void drop(norni_chol *c, size_t *held, size_t at) {
    norni_chol_remove(c, at);
    for (size_t j = at; j < c->n; j++)
        held[j] = held[j + 1];
}

/* The factor of the rows held, and what it solves, are those of a factor made at once. */
static void compare(const norni_chol *c, const size_t *held) {
    const size_t n = c->n;
    double whole[MOST * MOST], x[MOST], y[MOST];
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            whole[i * n + j] = a[held[i] * MOST + held[j]];
        x[i] = y[i] = 1 + (double)i;
    }
    assert_int_equal(norni_cholesky(whole, n, 0), 0);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            assert_true(fabs(c->l[i * MOST + j] - whole[i * n + j]) < 1e-12);
    norni_cholesky_forward(whole, n, x);
    norni_cholesky_backward(whole, n, x);
    norni_chol_solve(c, y);
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(x[i] - y[i]) < 1e-12);
}

static void rows_come_and_go(void **state) {
    (void)state;
    make_matrix();
    norni_chol c = {.most = MOST, .l = l};
    size_t held[MOST];
    for (size_t i = 0; i < MOST; i++) {
        assert_true(append(&c, held, (5 * i) % MOST));
        compare(&c, held);
    }
    const size_t gone[] = {3, 0, 9, 4, 7}; /* the first, the last and some between */
    for (size_t k = 0; k < 5; k++) {
        drop(&c, held, gone[k]);
        compare(&c, held);
    }
    assert_true(append(&c, held, 0)); /* the first that went */
    compare(&c, held);
    while (c.n > 0)
        drop(&c, held, 0);
}

static void what_is_not_definite_is_refused(void **state) {
    (void)state;
    make_matrix();
    norni_chol c = {.most = MOST, .l = l};
    const double beside[] = {2};
    assert_true(norni_chol_append(&c, NULL, 4, 0));
    assert_false(norni_chol_append(&c, beside, 1, 0)); /* a copy of the first: nothing is left */
    assert_false(norni_chol_append(&c, beside, NAN, 0));
    assert_int_equal(c.n, 1);
    assert_true(norni_chol_append(&c, beside, 2, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_come_and_go),
                                       cmocka_unit_test(what_is_not_definite_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
