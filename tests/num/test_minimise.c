/* Brent's minimiser on smooth, kinked, flat and broken functions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "num/minimise.h"

typedef struct probe {
    double at;
    uint32_t n_evals;
    double lo, hi; /* extremes asked for */
} probe;

static double count(double x, probe *p) {
    p->n_evals++;
    if (x < p->lo) p->lo = x;
    if (x > p->hi) p->hi = x;
    return x;
}

static double square(double x, void *arg) {
    probe *p = arg;
    x = count(x, p) - p->at;
    return 3 + x * x;
}
static double kink(double x, void *arg) {
    probe *p = arg;
    return fabs(count(x, p) - p->at);
}
/* Brent's own example: many poles, a minimum between each two. */
static double poles(double x, void *arg) {
    count(x, arg);
    double sum = 0;
    for (int i = 1; i <= 20; i++) {
        const double d = (2 * i - 5) / (x - i * i);
        sum += d * d;
    }
    return sum;
}
static double flat(double x, void *arg) {
    count(x, arg);
    return 0;
}
static double half_broken(double x, void *arg) {
    probe *p = arg;
    x = count(x, p);
    return x > 0.5 ? NORNI_NAN : (x - 0.2) * (x - 0.2);
}

static probe fresh(double at) {
    return (probe){.at = at, .lo = NORNI_INF, .hi = -NORNI_INF};
}

static void smooth(void **state) {
    (void)state;
    double value;
    for (double at = -1.9; at < 1.9; at += 0.13) {
        probe p = fresh(at);
        assert_true(fabs(norni_brent(square, &p, -2, 2, 1e-6, 100, &value) - at) < 3e-6);
        assert_true(value >= 3 && value < 3 + 1e-10);
        assert_true(p.n_evals < 20); /* a parabola ends it, not the golden section's 45 */
        assert_true(p.lo >= -2 && p.hi <= 2);
    }
}

static void published_example(void **state) {
    (void)state;
    /* Brent (1973), table 5.6.1: the minima between i^2 and (i+1)^2, i = 1, 2 */
    const int gap[2] = {1, 2};
    const double least[2] = {3.0229153, 6.6837536}, at_least[2] = {3.6766990169, 1.1118500100};
    for (int k = 0; k < 2; k++) {
        probe p = fresh(0);
        double value;
        const double lo = gap[k] * gap[k], hi = (gap[k] + 1) * (gap[k] + 1);
        const double x = norni_brent(poles, &p, lo + 1e-9, hi - 1e-9, 1e-9, 100, &value);
        assert_true(fabs(x - least[k]) < 1e-6);
        assert_true(fabs(value - at_least[k]) < 1e-8);
    }
}

static void kinked_flat_and_broken(void **state) {
    (void)state;
    double value;
    probe p = fresh(0.37);
    assert_true(fabs(norni_brent(kink, &p, 0, 1, 1e-9, 200, &value) - 0.37) < 1e-8);
    p = fresh(0);
    const double x = norni_brent(flat, &p, 0, 1, 1e-6, 50, NULL);
    assert_true(x >= 0 && x <= 1 && p.n_evals <= 50);
    p = fresh(0);
    assert_true(fabs(norni_brent(half_broken, &p, 0, 1, 1e-8, 100, &value) - 0.2) < 1e-6);
}

static void edges_and_limits(void **state) {
    (void)state;
    double value;
    probe p = fresh(5);
    assert_true(fabs(norni_brent(square, &p, 0, 1, 1e-8, 100, &value) - 1) < 1e-7);
    p = fresh(-5);
    assert_true(norni_brent(square, &p, 0, 1, 1e-8, 100, &value) < 1e-7);
    p = fresh(0.3);
    (void)norni_brent(square, &p, 0, 1, 1e-12, 7, &value);
    assert_true(p.n_evals <= 7);
    p = fresh(0.3);
    assert_true(norni_brent(square, &p, 0.5, 0.5, 1e-8, 100, &value) == 0.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smooth),
        cmocka_unit_test(published_example),
        cmocka_unit_test(kinked_flat_and_broken),
        cmocka_unit_test(edges_and_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
