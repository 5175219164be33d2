/* QR and Cholesky: certified numbers, ranks, columns of every size, clear failures. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/least_squares.h"

enum { N = 40, P = 8 };

static uint32_t bits = 1;
static double uniform(void) {
    bits = bits * 1664525u + 1013904223u;
    return (double)(bits >> 8) / 0x1p24 - 0.5;
}

static double a[N * P], given[N * P], y[N], work[3 * P], coef[P], diag[P], aside[P];
static size_t pivot[P];

static norni_qr factored(size_t n, size_t p, norni_qr_pivot how) {
    norni_qr q = {.n = n, .p = p, .a = a, .work = work, .pivot = pivot};
    memcpy(given, a, n * p * sizeof *a);
    assert_true(norni_qr_factor(&q, how, 1e-7, NULL));
    return q;
}

static void near(double got, double want, double tol) {
    if (!(fabs(got - want) <= tol * fmax(1e-300, fabs(want))))
        fail_msg("%.17g is not %.17g", got, want);
}

/* J. Longley, JASA 62 (1967): NIST's certified regression, condition about 5e9. */
static void longley(void **state) {
    (void)state;
    static const double x[6][16] = {
        {83, 88.5, 88.2, 89.5, 96.2, 98.1, 99, 100, 101.2, 104.6, 108.4, 110.8, 112.6, 114.2, 115.7,
         116.9},
        {234.289, 259.426, 258.054, 284.599, 328.975, 346.999, 365.385, 363.112, 397.469, 419.18,
         442.769, 444.546, 482.704, 502.601, 518.173, 554.894},
        {235.6, 232.5, 368.2, 335.1, 209.9, 193.2, 187, 357.8, 290.4, 282.2, 293.6, 468.1, 381.3,
         393.1, 480.6, 400.7},
        {159, 145.6, 161.6, 165, 309.9, 359.4, 354.7, 335, 304.8, 285.7, 279.8, 263.7, 255.2, 251.4,
         257.2, 282.7},
        {107.608, 108.632, 109.773, 110.929, 112.075, 113.27, 115.094, 116.219, 117.388, 118.734,
         120.445, 121.95, 123.366, 125.368, 127.852, 130.081},
        {1947, 1948, 1949, 1950, 1951, 1952, 1953, 1954, 1955, 1956, 1957, 1958, 1959, 1960, 1961,
         1962}};
    static const double employed[16] = {60.323, 61.122, 60.171, 61.187, 63.221, 63.639,
                                        64.989, 63.761, 66.019, 67.857, 68.169, 66.513,
                                        68.655, 69.564, 69.331, 70.551};
    static const double want[7] = {
        -3482.2586345958148,   0.015061872271372779,  -0.035819179292591, -0.02020229803816824,
        -0.010332268671735891, -0.051104105653579195, 1.8291514646135503};
    static const double se[7] = {890.4203836073757,     0.084914925774767377,  0.033491007772243411,
                                 0.0048839968165170283, 0.0021427416316167573, 0.22607320006937262,
                                 0.45547849914221344};
    for (int how = 0; how < 2; how++) {
        for (size_t i = 0; i < 16; i++) {
            a[i] = 1;
            y[i] = employed[i];
            for (size_t j = 0; j < 6; j++)
                a[(j + 1) * 16 + i] = x[j][i];
        }
        const norni_qr q = factored(16, 7, (norni_qr_pivot)how);
        assert_int_equal(q.rank, 7);
        norni_qr_rotate(&q, y);
        norni_qr_solve(&q, y, coef);
        norni_qr_inverse_diag(&q, diag, aside);
        norni_qr_residuals(&q, y);
        const double rss = norni_dot(y, y, 16);
        near(rss, 0.83642405550591969, 1e-9);
        for (size_t j = 0; j < 7; j++) {
            near(coef[j], want[j], 1e-8); /* eps times the condition, some decades to spare */
            near(sqrt(rss / 9 * diag[j]), se[j], 1e-8);
        }
    }
}

/* Random systems: the residuals are orthogonal to every column, Q Q'y = y, and the factor's inverse
 * agrees with Cholesky's on A'A. */
static void random_systems(void **state) {
    (void)state;
    for (int k = 0; k < 200; k++) {
        const size_t p = 1 + (size_t)k % P, n = p + (size_t)k % 17;
        double back[N], own[N], normal[P * P], e[P];
        for (size_t i = 0; i < n * p; i++)
            a[i] = uniform();
        for (size_t i = 0; i < n; i++)
            own[i] = back[i] = y[i] = uniform();
        const norni_qr q = factored(n, p, (norni_qr_pivot)(k / 3 % 2));
        assert_int_equal(q.rank, p);
        norni_qr_rotate(&q, back);
        norni_qr_rotate_back(&q, back);
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(back[i] - own[i]) < 1e-14);
        norni_qr_rotate(&q, y);
        norni_qr_solve(&q, y, coef);
        norni_qr_residuals(&q, y);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < p; j++)
                own[i] -= given[j * n + i] * coef[j];
        for (size_t i = 0; i < n; i++)
            assert_true(fabs(own[i] - y[i]) < 1e-9);
        norni_qr_inverse_diag(&q, diag, aside);
        for (size_t i = 0; i < p; i++) {
            assert_true(fabs(norni_dot(given + i * n, y, n)) < 1e-13);
            for (size_t j = 0; j <= i; j++)
                normal[i * p + j] = norni_dot(given + i * n, given + j * n, n);
        }
        if (n < p + 3) continue; /* squared condition */
        assert_int_equal(norni_cholesky(normal, p, 0), 0);
        for (size_t i = 0; i < p; i++) {
            memset(e, 0, sizeof e);
            e[i] = 1;
            norni_cholesky_forward(normal, p, e);
            near(norni_dot(e, e, p), diag[i], 1e-6);
            norni_cholesky_backward(normal, p, e);
            near(e[i], diag[i], 1e-6);
        }
    }
}

/* A constant twice and a sum of columns: in order, the later ones go, as in R's lm. */
static void ranks(void **state) {
    (void)state;
    for (int how = 0; how < 2; how++) {
        for (size_t i = 0; i < N; i++) {
            a[i] = 1;
            a[N + i] = 3;
            a[2 * N + i] = (double)i;
            a[3 * N + i] = 2 * (double)i - 1;
            a[4 * N + i] = uniform();
            a[5 * N + i] = 0;
            y[i] = 4 + 0.5 * (double)i;
        }
        const norni_qr q = factored(N, 6, (norni_qr_pivot)how);
        assert_int_equal(q.rank, 3);
        norni_qr_rotate(&q, y);
        norni_qr_solve(&q, y, coef);
        norni_qr_inverse_diag(&q, diag, aside);
        norni_qr_residuals(&q, y);
        for (size_t i = 0; i < N; i++)
            assert_true(fabs(y[i]) < 1e-12);
        assert_true(coef[5] == 0 && isnan(diag[5]));
        if (how != NORNI_QR_IN_ORDER) continue;
        assert_true(pivot[0] == 0 && pivot[1] == 2 && pivot[2] == 4);
        near(coef[0], 4, 1e-12);
        near(coef[2], 0.5, 1e-12);
        assert_true(coef[1] == 0 && coef[3] == 0 && isnan(diag[1]) && isnan(diag[3]));
    }
}

/* n < p: as many columns as rows. No rows at all: rank 0. */
static void more_columns_than_rows(void **state) {
    (void)state;
    for (int how = 0; how < 2; how++) {
        for (size_t i = 0; i < 3 * 5; i++)
            a[i] = uniform();
        for (size_t i = 0; i < 3; i++)
            y[i] = uniform();
        const norni_qr q = factored(3, 5, (norni_qr_pivot)how);
        assert_int_equal(q.rank, 3);
        norni_qr_rotate(&q, y);
        norni_qr_residuals(&q, y);
        for (size_t i = 0; i < 3; i++)
            assert_true(fabs(y[i]) < 1e-13);
        assert_int_equal(factored(0, 2, (norni_qr_pivot)how).rank, 0);
    }
}

/* Columns of 1e300 and 1e-300 side by side: neither overflow nor loss. */
static void columns_of_every_size(void **state) {
    (void)state;
    static const double size[3] = {1e300, 1, 1e-305};
    for (int how = 0; how < 2; how++) {
        for (size_t i = 0; i < N; i++) {
            y[i] = 0;
            for (size_t j = 0; j < 3; j++) {
                const double u = uniform();
                a[j * N + i] = u * size[j];
                y[i] += u * (double)(j + 1);
            }
        }
        const norni_qr q = factored(N, 3, (norni_qr_pivot)how);
        assert_int_equal(q.rank, 3);
        norni_qr_rotate(&q, y);
        norni_qr_solve(&q, y, coef);
        for (size_t j = 0; j < 3; j++)
            near(coef[j], (double)(j + 1) / size[j], 1e-10); /* 1e-305 holds about 13 digits */
    }
}

/* The diagonal of the inverse falls with the square of a column's size. */
static void sizes_of_the_inverse(void **state) {
    (void)state;
    static const double size[3] = {1e120, 1, 1e-120};
    double plain[3], at_one[N * 3];
    for (size_t i = 0; i < 3 * N; i++)
        at_one[i] = a[i] = uniform();
    norni_qr q = factored(N, 3, NORNI_QR_LARGEST);
    norni_qr_inverse_diag(&q, plain, aside);
    for (size_t i = 0; i < 3 * N; i++)
        a[i] = at_one[i] * size[i / N];
    q = factored(N, 3, NORNI_QR_LARGEST);
    assert_int_equal(q.rank, 3);
    norni_qr_inverse_diag(&q, diag, aside);
    for (size_t j = 0; j < 3; j++)
        near(diag[j] * size[j] * size[j], plain[j], 1e-12);
}

static void cholesky_fails_clearly(void **state) {
    (void)state;
    double good[9] = {4, -7, -7, 2, 5, -7, 2, 3, 6}, bad[9] = {1, 0, 0, 2, 4, 0, 0, 1, 1};
    double broken[4] = {1, 0, NORNI_NAN, 3}, nearly[4] = {1, 0, 1, 1 + 1e-15};
    double x[3] = {1, 2, 3};
    const double b[3] = {4 * 1 + 2 * 2 + 2 * 3, 2 * 1 + 5 * 2 + 3 * 3, 2 * 1 + 3 * 2 + 6 * 3};
    assert_int_equal(norni_cholesky(good, 3, 1e-12), 0);
    assert_true(good[1] == -7 && good[2] == -7 && good[5] == -7);
    near(norni_cholesky_log_det(good, 3), 4.1588830833596715, 1e-14); /* log 64 */
    memcpy(x, b, sizeof x);
    norni_cholesky_forward(good, 3, x);
    norni_cholesky_backward(good, 3, x);
    for (int i = 0; i < 3; i++)
        near(x[i], i + 1, 1e-13);
    assert_int_equal(norni_cholesky(bad, 3, 0), 2);
    assert_int_equal(norni_cholesky(broken, 2, 0), 2);
    assert_int_equal(norni_cholesky(nearly, 2, 1e-12), 2);
}

static bool stop_at_once(void *user) {
    (void)user;
    return true;
}

static void cancelled(void **state) {
    (void)state;
    const norni_poll poll = {stop_at_once, NULL};
    norni_qr q = {.n = 5, .p = 2, .a = a, .work = work, .pivot = pivot};
    assert_false(norni_qr_factor(&q, NORNI_QR_LARGEST, 1e-7, &poll));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longley),
        cmocka_unit_test(random_systems),
        cmocka_unit_test(ranks),
        cmocka_unit_test(more_columns_than_rows),
        cmocka_unit_test(columns_of_every_size),
        cmocka_unit_test(sizes_of_the_inverse),
        cmocka_unit_test(cholesky_fails_clearly),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
