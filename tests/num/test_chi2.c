/* Chi-square probabilities and Ljung and Box's test against R's, and identities beyond. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "num/chi2.h"
#include "r_rows.h"

enum { MOST = 500 };

static double y[MOST];
static char line[ROW_LINE];

static void near(const char *what, double got, double want, double tol) {
    if (!(fabs(got - want) <= tol * fabs(want)))
        fail_msg("%s is %.17g, not %.17g", what, got, want);
}

static void as_r(void **state) {
    (void)state;
    FILE *f = row_open("chi2_r.csv");
    char kind[16], name[64];
    size_t n = 0, rows = 0;
    while (fgets(line, ROW_LINE, f)) {
        double w[5];
        assert_int_equal(sscanf(line, "%15[^,]", kind), 1);
        (void)row_numbers(row_column(line, 1), w, 5);
        if (!strcmp(kind, "chi2")) {
            /* 1e-12 of both tails, to 1e-300. */
            near(line, norni_chi2_cdf(w[1], w[0]), w[2], 1e-12);
            near(line, norni_chi2_tail(w[1], w[0]), w[3], 1e-12);
        } else if (!strcmp(kind, "lgamma")) {
            assert_true(fabs(norni_log_gamma(w[0]) - w[1]) <= 1e-14 * fmax(1, fabs(w[1])));
        } else if (!strcmp(kind, "series")) {
            assert_int_equal(sscanf(line, "series,%63[^,]", name), 1);
            n = row_numbers(row_column(line, 2), y, MOST);
        } else {
            const norni_ljung_box_result r = norni_ljung_box(y, n, (size_t)w[0], (size_t)w[1]);
            near(name, r.statistic, w[2], 1e-10);
            if (isnan(w[3]) || w[0] <= w[1])
                assert_true(isnan(r.p));
            else
                assert_true(fabs(r.p - w[3]) <= 1e-10); /* R takes p off 1 */
        }
        rows++;
    }
    assert_int_equal(fclose(f), 0);
    assert_true(rows > 250);
}

/* Known in closed form: df = 2 is exponential, and even df are sums of Poisson's terms. */
static void closed_forms(void **state) {
    (void)state;
    for (double x = 1e-3; x < 1400; x *= 1.37) {
        near("df 2", norni_chi2_tail(x, 2), exp(-x / 2), 1e-12);
        near("df 4", norni_chi2_tail(x, 4), exp(-x / 2) * (1 + x / 2), 1e-12);
        near("df 1", norni_chi2_tail(x, 1), erfc(sqrt(x / 2)), 1e-12);
    }
    for (double a = 0.5; a < 2e4; a *= 1.7) {
        for (double k = -5; k < 6; k++) {
            const double x = a + k * sqrt(a) > 0 ? a + k * sqrt(a) : 0.1 * a;
            /* P(a, x) - P(a + 1, x) is the front over a. */
            const double front = exp(a * log(x) - x - lgamma(a + 1));
            const double lower = norni_gamma_lower(a, x), upper = norni_gamma_upper(a, x);
            assert_true(fabs(lower + upper - 1) < 1e-14);
            assert_true(fabs(lower - norni_gamma_lower(a + 1, x) - front) < 1e-14 + 1e-10 * front);
        }
    }
}

static void edges(void **state) {
    (void)state;
    assert_true(norni_chi2_cdf(0, 3) == 0 && norni_chi2_tail(0, 3) == 1);
    assert_true(norni_chi2_cdf(-1, 3) == 0 && norni_chi2_tail(-1, 3) == 1);
    assert_true(norni_chi2_cdf(NORNI_INF, 3) == 1 && norni_chi2_tail(NORNI_INF, 3) == 0);
    assert_true(isnan(norni_chi2_cdf(NORNI_NAN, 3)) && isnan(norni_chi2_tail(1, 0)));
    assert_true(isnan(norni_chi2_tail(1, -2)) && isnan(norni_chi2_tail(1, NORNI_NAN)));
    assert_true(norni_chi2_tail(1e5, 1) == 0 && norni_chi2_cdf(1e-300, 1e4) == 0);
    assert_true(isnan(norni_log_gamma(0)) && isnan(norni_log_gamma(-1.5)));
    double last =
        norni_gamma_upper(99, 90); /* the tail falls without a step where the methods meet */
    for (double x = 90; x < 110; x += 0.01) {
        const double now = norni_gamma_upper(99, x);
        assert_true(now <= last && last - now < 6e-4);
        last = now;
    }
}

static void nothing_to_test(void **state) {
    (void)state;
    for (size_t t = 0; t < 30; t++)
        y[t] = 4;
    assert_true(isnan(norni_ljung_box(y, 30, 5, 0).statistic));
    assert_true(isnan(norni_ljung_box(y, 0, 1, 0).statistic));
    for (size_t t = 0; t < 30; t++)
        y[t] = (double)(t % 7);
    assert_true(isnan(norni_ljung_box(y, 30, 0, 0).statistic));
    assert_true(isnan(norni_ljung_box(y, 5, 5, 0).statistic));
    const norni_ljung_box_result r = norni_ljung_box(y, 30, 3, 3);
    assert_true(r.statistic > 0 && isnan(r.p));
    for (size_t t = 0; t < 30; t++)
        y[t] = NORNI_NAN;
    assert_true(isnan(norni_ljung_box(y, 30, 3, 0).statistic));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_r),
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(edges),
        cmocka_unit_test(nothing_to_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
