/* Unit-root tests and ndiffs against R's, and on series that tests trip over. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "num/unit_root.h"
#include "r_rows.h"

enum { MOST = 4000, N_STAT = 6, N_DECISION = 9 };

static double y[MOST], scratch[8 * MOST + 64];

static norni_unit_root test_of(int k, const double *x, size_t n) {
    const bool trend = k % 2;
    if (k < 2) return norni_kpss(x, n, trend, -1, scratch, NULL);
    if (k < 4) return norni_adf(x, n, trend, 1, scratch, NULL);
    return norni_pp(x, n, trend, -1, scratch, NULL);
}

static norni_ndiffs_opt decision_of(int k) {
    static const double alpha[3] = {0.01, 0.03, 0.1};
    norni_ndiffs_opt opt = norni_ndiffs_opt_default();
    if (k < 6) {
        opt.test = (norni_unit_test)(k / 2);
        opt.trend = k % 2;
    } else {
        opt.alpha = alpha[k - 6];
    }
    return opt;
}

/* A regression without freedom left has no statistic here and noise or none in R: skipped, with the
 * decisions that follow from it. */
static bool free_enough(int test, size_t n, bool trend) {
    return test == 0 || n > (test == 1 ? 6u : 5u) + (trend ? 1 : 0);
}

/* mean^2 / variance */
static double condition(const double *x, size_t n) {
    double mean, var;
    assert_int_equal(norni_mean_var(x, n, 0, &mean, &var), n);
    return mean * mean / var;
}

/* How many numbers were held against R's. */
static size_t hold(const char *name, size_t n_given, const double *want) {
    double x[MOST];
    size_t n = 0, held = 0;
    for (size_t t = 0; t < n_given; t++)
        if (!isnan(y[t])) x[n++] = y[t];
    for (int k = 0; k < N_STAT; k++) {
        const double got = test_of(k, x, n).statistic, r = want[k];
        /* 1e-9; more for PP around a line, where R takes the squares of the level off those of y. */
        const double loss = k == 5 ? 1e-14 * condition(x, n) : 0;
        if (isnan(r) || !free_enough(k / 2, n, k % 2)) continue;
        if (r < -1e9 && got < -1e9) continue; /* an exact recursion: rounding divides */
        if (fabs(got - r) > (1e-9 + loss) * fmax(1, fabs(r)))
            fail_msg("%s: statistic %d is %.17g, R's %.17g", name, k, got, r);
        held++;
    }
    for (int k = 0; k < N_DECISION; k++) {
        const norni_ndiffs_opt opt = decision_of(k);
        if (!free_enough((int)opt.test, n - 2, opt.trend)) continue;
        const int32_t d = norni_ndiffs(y, n_given, &opt, scratch, NULL);
        if (d != (int32_t)want[N_STAT + k])
            fail_msg("%s: decision %d is %d, R's %g", name, k, d, want[N_STAT + k]);
        held++;
    }
    return held;
}

static char line[ROW_LINE];

static void classics_and_simulated(void **state) {
    (void)state;
    FILE *f = row_open("unit_root_r.csv");
    char name[64] = "";
    size_t n = 0, held = 0, n_series = 0;
    while (fgets(line, ROW_LINE, f)) {
        double want[N_STAT + N_DECISION];
        if (!strncmp(line, "series,", 7)) {
            (void)sscanf(line, "series,%63[^,]", name);
            n = row_numbers(row_column(line, 3), y, MOST);
            n_series++;
            continue;
        }
        /* 1e6 and 1e6 + 1e-4 in turn: what R's sums leave of it differs in the fifth digit. */
        if (!strcmp(name, "nearly")) continue;
        assert_int_equal(row_numbers(row_column(line, 1), want, N_STAT + N_DECISION),
                         N_STAT + N_DECISION);
        held += hold(name, n, want);
    }
    assert_int_equal(fclose(f), 0);
    assert_true(n_series >= 85 && held > 1000);
}

static void competitions(void **state) {
    (void)state;
    FILE *f = row_open("unit_root_m.csv");
    char row[2048];
    size_t n_series = 0;
    while (fgets(row, sizeof row, f)) {
        double want[N_STAT + N_DECISION];
        char file[256], id[64];
        assert_int_equal(sscanf(row, "%255[^,],%63[^,]", file, id), 2);
        const size_t n = row_series(file, id, y, MOST, line);
        if (n == 0) break; /* the data are not here */
        assert_int_equal(row_numbers(row_column(row, 2), want, N_STAT + N_DECISION),
                         N_STAT + N_DECISION);
        (void)hold(id, n, want);
        n_series++;
    }
    assert_int_equal(fclose(f), 0);
    if (n_series == 0)
        print_message(
            "# the competitions' data (NORN_DATA) are not here\n"); /* meson fails skips */
    else
        assert_true(n_series >= 300);
}

static int32_t differences(norni_unit_test test, size_t n) {
    norni_ndiffs_opt opt = norni_ndiffs_opt_default();
    opt.test = test;
    return norni_ndiffs(y, n, &opt, scratch, NULL);
}

/* A level needs no difference, an exact line one; a decaying recursion none by ADF and PP. */
static void exact_series(void **state) {
    (void)state;
    for (int test = 0; test < 3; test++) {
        for (size_t t = 0; t < 60; t++)
            y[t] = 3.25;
        assert_int_equal(differences((norni_unit_test)test, 60), 0);
        for (size_t t = 0; t < 60; t++)
            y[t] = 0.1 * (double)t - 7;
        assert_int_equal(differences((norni_unit_test)test, 60), 1);
        for (size_t t = 0; t < 60; t++)
            y[t] = 0.1 * (double)t * (double)t + 0.3;
        if (test == 0) assert_int_equal(differences(NORNI_UNIT_KPSS, 60), 2);
    }
    y[0] = 1;
    for (size_t t = 1; t < 30; t++)
        y[t] = 0.3 * y[t - 1] + 2;
    assert_int_equal(differences(NORNI_UNIT_ADF, 30), 0);
    assert_int_equal(differences(NORNI_UNIT_PP, 30), 0);
}

/* Six points of a walk have one degree of freedom for ADF, five none: that difference is not made,
 * as by R where its test is NaN. */
static void freedom_ends(void **state) {
    (void)state;
    static const double walk[6] = {1, 2.5, 3, 4.7, 6, 8};
    memcpy(y, walk, sizeof walk);
    assert_true(norni_adf(y, 6, false, 1, scratch, NULL).p > 0.05);
    assert_true(isnan(norni_adf(y, 5, false, 1, scratch, NULL).statistic));
    assert_int_equal(differences(NORNI_UNIT_ADF, 6), 0);
    assert_int_equal(differences(NORNI_UNIT_ADF, 5), 0);
}

/* The decision does not hang on the unit, and an infinite value breaks nothing. */
static void any_size(void **state) {
    (void)state;
    static const double size[5] = {1e-300, 1e-12, 1, 1e12, 1e304};
    double base[90];
    uint32_t bits = 7;
    base[0] = 0;
    for (size_t t = 1; t < 90; t++) {
        bits = bits * 1664525u + 1013904223u;
        base[t] = base[t - 1] + (double)(bits >> 8) / 0x1p24 - 0.3;
    }
    for (int test = 0; test < 3; test++) {
        for (int k = 0; k < 5; k++) {
            memcpy(y, base, sizeof base);
            const int32_t own = differences((norni_unit_test)test, 90);
            if (test == 0) assert_int_equal(own, 1);
            for (size_t t = 0; t < 90; t++)
                y[t] = base[t] * size[k];
            assert_int_equal(differences((norni_unit_test)test, 90), own);
        }
        for (size_t n = 0; n < 12; n++)
            assert_in_range(differences((norni_unit_test)test, n), 0, 2);
        y[40] = NORNI_INF;
        assert_int_equal(differences((norni_unit_test)test, 90), 0);
        for (size_t t = 0; t < 90; t++)
            y[t] = NORNI_NAN;
        assert_int_equal(differences((norni_unit_test)test, 90), 0);
    }
}

static void constants(void **state) {
    (void)state;
    const double near[3] = {1, 1 + 1e-8, 1}, far[3] = {1, 1 + 1e-7, 1}, small[3] = {0, 5e-9, 0};
    const double gap[4] = {NORNI_NAN, 2, NORNI_NAN, 2}, huge[2] = {-1.7e308, 1.7e308};
    assert_true(norni_is_constant(near, 3, 0) && !norni_is_constant(far, 3, 0));
    assert_true(!norni_is_constant(small, 3, 0) && norni_is_constant(small, 3, 1e-8));
    assert_true(norni_is_constant(gap, 4, 0) && norni_is_constant(gap, 1, 0));
    assert_true(norni_is_constant(gap, 0, 0) && !norni_is_constant(huge, 2, 0));
}

static bool stop_at_once(void *user) {
    ++*(int *)user;
    return true;
}

static void cancelled(void **state) {
    (void)state;
    int asked = 0;
    const norni_poll poll = {stop_at_once, &asked};
    norni_ndiffs_opt opt = norni_ndiffs_opt_default();
    static double long_y[300000], long_scratch[7 * 300000 + 32];
    for (size_t t = 0; t < 300000; t++)
        long_y[t] = (double)(t * t % 1009);
    for (int test = 0; test < 3; test++) {
        opt.test = (norni_unit_test)test;
        assert_int_equal(norni_ndiffs(long_y, 300000, &opt, long_scratch, &poll), -1);
    }
    assert_true(asked >= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classics_and_simulated),
        cmocka_unit_test(competitions),
        cmocka_unit_test(exact_series),
        cmocka_unit_test(freedom_ends),
        cmocka_unit_test(any_size),
        cmocka_unit_test(constants),
        cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
