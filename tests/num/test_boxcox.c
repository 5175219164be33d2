/* Box-Cox against R's, where powers cancel, and outside the domain. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "num/boxcox.h"
#include "r_rows.h"

enum { MOST = 1200, MOST_SEASON = 48 };

static double y[MOST], scratch[4 * MOST + 2 * MOST_SEASON];
static char line[ROW_LINE];

static double lambda_of(size_t n, int32_t m, norni_boxcox_rule rule, double lower) {
    norni_boxcox_opt opt = norni_boxcox_opt_default(m);
    double lambda = -9;
    opt.rule = rule;
    opt.lower = lower;
    assert_int_equal(norni_boxcox_lambda(y, n, &opt, scratch, NULL, &lambda, NULL), NORN_OK);
    return lambda;
}

static void hold(const char *name, size_t n, int32_t m, const double *want) {
    const double lower[3] = {-1, -0.9, -1};
    for (int k = 0; k < 3; k++) {
        if (isnan(want[k])) continue; /* not positive: by likelihood R stops */
        const double got =
            lambda_of(n, m, k == 2 ? NORNI_BOXCOX_LIKELIHOOD : NORNI_BOXCOX_GUERRERO, lower[k]);
        /* 1e-4 is a little less than what R's optimize ends with; a grid has no such freedom. */
        if (fabs(got - want[k]) > (k == 2 ? 1e-9 : 1e-4))
            fail_msg("%s: lambda %d is %.10g, R's %.10g", name, k, got, want[k]);
    }
}

static void near(double got, double want, double tol) {
    if (isnan(want) && !isfinite(got)) return;
    if (!(fabs(got - want) <= tol * fmax(1e-300, fabs(want))))
        fail_msg("%.17g is not %.17g", got, want);
}

/* What rounding of lambda w + 1 and of its power leaves of a value that comes back from w. */
static double loss(double w, double lambda) {
    if (lambda == 0) return 1e-13;
    return 1e-14 / fabs(lambda) * (1 + fabs(lambda * w)) / fabs(lambda * w + 1);
}

/* A row of values at one lambda. R's (x^l - 1)/l loses digits as l falls or x^l nears 1. */
static void hold_values(const char *kind, const double *given, const double *want) {
    static double back[12];
    double x[12], got[12], variance[12];
    const double lambda = want[0], digits = lambda ? 1e-14 / fabs(lambda) : 1e-14;
    for (int i = 0; i < 12; i++) {
        x[i] = lambda > 0 && i % 2 ? -given[i] : given[i];
        variance[i] = 0.01 * (i + 2);
    }
    if (!strcmp(kind, "forward")) {
        norni_boxcox(x, 12, lambda, got);
        memcpy(back, got, sizeof back);
    } else if (!strcmp(kind, "inverse")) {
        norni_boxcox_inverse(back, 12, lambda, NULL, got);
        for (int i = 0; i < 12; i++)
            near(got[i], x[i], loss(back[i], lambda));
    } else {
        for (int i = 0; i < 12; i++)
            x[i] = lambda < 0 ? -fabs(back[i]) : fabs(back[i]);
        norni_boxcox_inverse(x, 12, lambda, variance, got);
        memcpy(back, x, sizeof back);
    }
    for (int i = 0; i < 12; i++)
        near(got[i], want[i + 1], !strcmp(kind, "forward") ? digits : 3 * loss(back[i], lambda));
}

static void classics_and_values(void **state) {
    (void)state;
    FILE *f = row_open("boxcox_r.csv");
    char name[64] = "", kind[16];
    int m = 0;
    size_t n = 0, n_series = 0, n_values = 0;
    while (fgets(line, ROW_LINE, f)) {
        double want[13];
        assert_int_equal(sscanf(line, "%15[^,]", kind), 1);
        const size_t k = row_numbers(row_column(line, 1), want, 13);
        if (!strcmp(kind, "series")) {
            assert_int_equal(sscanf(line, "series,%63[^,],%d", name, &m), 2);
            n = row_numbers(row_column(line, 3), y, MOST);
        } else if (!strcmp(kind, "lambda")) {
            assert_int_equal(k, 3);
            hold(name, n, m, want);
            n_series++;
        } else {
            assert_int_equal(k, 13);
            hold_values(kind, y, want);
            n_values++;
        }
    }
    assert_int_equal(fclose(f), 0);
    assert_true(n_series >= 44 && n_values == 30);
}

static void competition(void **state) {
    (void)state;
    FILE *f = row_open("boxcox_m.csv");
    char row[512];
    size_t n_series = 0;
    while (fgets(row, sizeof row, f)) {
        double want[3];
        char file[256], id[64];
        int m;
        assert_int_equal(sscanf(row, "%255[^,],%63[^,],%d", file, id, &m), 3);
        const size_t n = row_series(file, id, y, MOST, line);
        if (n == 0) break;
        assert_int_equal(row_numbers(row_column(row, 3), want, 3), 3);
        hold(id, n, m, want);
        n_series++;
    }
    assert_int_equal(fclose(f), 0);
    if (n_series == 0)
        print_message(
            "# the competitions' data (NORN_DATA) are not here\n"); /* meson fails skips */
    else
        assert_true(n_series >= 200);
}

/* Near lambda = 0 the transformation is log y, and there and back is where one came from. */
static void without_cancellation(void **state) {
    (void)state;
    static const double lambda[7] = {-1e-6, -1e-12, -1e-300, 0, 1e-300, 1e-12, 1e-6};
    static const double x[6] = {1e-300, 1e-3, 1, 1.5, 1e8, 1e300};
    for (int k = 0; k < 7; k++) {
        double w[6], back[6];
        norni_boxcox(x, 6, lambda[k], w);
        norni_boxcox_inverse(w, 6, lambda[k], NULL, back);
        for (int i = 0; i < 6; i++) {
            const double l = log(x[i]), u = lambda[k] * l;
            assert_true(fabs(w[i] - l * (1 + u / 2 * (1 + u / 3 * (1 + u / 4 * (1 + u / 5))))) <=
                        8e-16 * fabs(l));
            near(back[i], x[i], 3e-13); /* log 1e300 = 690 holds 690 eps */
        }
    }
}

static void domain(void **state) {
    (void)state;
    const double bad[4] = {1, NORNI_NAN, 3, -2}, infinite[2] = {1, NORNI_INF};
    double out[4];
    norn_err err;
    assert_int_equal(norni_boxcox_check(bad, 4, 0.5, &err), NORN_OK);
    assert_int_equal(norni_boxcox_check(bad, 3, -0.5, &err), NORN_OK);
    assert_int_equal(norni_boxcox_check(bad, 4, 0, &err), NORN_E_DATA);
    assert_string_equal(err.text, "boxcox: lambda=0 takes values above 0 only, but value 4 is -2");
    assert_int_equal(norni_boxcox_check(infinite, 2, 0.5, &err), NORN_E_DATA);
    assert_int_equal(norni_boxcox_check(bad, 4, NORNI_NAN, &err), NORN_E_ARG);
    norni_boxcox(bad, 4, -0.5, out);
    assert_true(out[0] == 0 && isnan(out[1]) && isnan(out[3]));
    const double above[4] = {2, 2.0001, -3, NORNI_NAN};
    norni_boxcox_inverse(above, 4, -0.5, NULL, out);
    assert_true(isinf(out[0]) && out[0] > 0 && isnan(out[1]) && out[2] > 0 && isnan(out[3]));
    y[0] = -1, y[1] = 2, y[2] = 3, y[3] = 5;
    norni_boxcox_opt opt = norni_boxcox_opt_default(1);
    double lambda;
    opt.rule = NORNI_BOXCOX_LIKELIHOOD;
    assert_int_equal(norni_boxcox_lambda(y, 4, &opt, scratch, NULL, &lambda, &err), NORN_E_DATA);
    y[0] = NORNI_INF;
    assert_int_equal(norni_boxcox_lambda(y, 4, &opt, scratch, NULL, &lambda, &err), NORN_E_DATA);
}

/* Short, constant, missing, huge: an answer always, and the same in any unit. */
static void any_series(void **state) {
    (void)state;
    static const double size[4] = {1e-300, 1, 1e10, 1e290};
    for (int rule = 0; rule < 2; rule++) {
        double first[2] = {0, 0};
        for (int k = 0; k < 4; k++) {
            for (size_t t = 0; t < 48; t++)
                y[t] = (double)(10 + t + 5 * (t % 4) * (1 + t / 12)) * size[k];
            const double lambda = lambda_of(48, 4, (norni_boxcox_rule)rule, -1);
            if (k == 0) first[rule] = lambda;
            assert_true(fabs(lambda - first[rule]) < 1e-4 && fabs(lambda) < 1.9);
        }
        for (size_t t = 0; t < 48; t++)
            y[t] = 7;
        assert_true(lambda_of(48, 4, (norni_boxcox_rule)rule, -1) == 1);
        for (size_t n = 0; n < 9; n++)
            assert_true(isfinite(lambda_of(n, 4, (norni_boxcox_rule)rule, -1)));
        for (size_t t = 0; t < 48; t++)
            y[t] = exp(0.25 * (double)t); /* a line in logs, the same spread everywhere there */
        assert_true(fabs(lambda_of(48, 1, (norni_boxcox_rule)rule, -1)) < 1e-3);
        for (size_t t = 0; t < 48; t++)
            y[t] = NORNI_NAN;
        assert_true(lambda_of(48, 4, (norni_boxcox_rule)rule, -1) == 1);
    }
}

static bool stop_at_once(void *user) {
    (void)user;
    return true;
}

static void cancelled(void **state) {
    (void)state;
    const norni_poll poll = {stop_at_once, NULL};
    for (size_t t = 0; t < 48; t++)
        y[t] = (double)(10 + t * t % 17);
    for (int rule = 0; rule < 2; rule++) {
        norni_boxcox_opt opt = norni_boxcox_opt_default(4);
        double lambda;
        opt.rule = (norni_boxcox_rule)rule;
        assert_int_equal(norni_boxcox_lambda(y, 48, &opt, scratch, &poll, &lambda, NULL),
                         NORN_E_CANCEL);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classics_and_values),  cmocka_unit_test(competition),
        cmocka_unit_test(without_cancellation), cmocka_unit_test(domain),
        cmocka_unit_test(any_series),           cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
