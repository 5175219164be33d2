/* ETS against R's numbers at fixed parameters: likelihood, fitted values, states, means, variances.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/ets/ets_fit.h"

enum { MAX_N = 1200, LINE = 65536 };

static double y[MAX_N], states[64], last[64], fitted_r[16], mean_r[16], var_r[16], stat[8];
static size_t n_y, n_states, n_mean, n_var, season_len;

static size_t numbers(char *text, double *out, size_t cap) {
    size_t n = 0;
    for (char *p = text, *end; n < cap; p = end + (*end == ',')) {
        const double v = strtod(p, &end);
        if (end == p) break;
        out[n++] = v;
    }
    return n;
}

static norni_ets_form form;
static norni_ets_param par;
static int n_checked, seen[2][3][3][2];

static norni_ets_part part_of(char c) {
    return c == 'A' ? NORNI_ETS_ADD : c == 'M' ? NORNI_ETS_MUL : NORNI_ETS_NONE;
}

static void near_to(const char *what, double got, double want, double tol) {
    if (!(fabs(got - want) <= tol * fmax(fabs(want), 1e-6)))
        fail_msg("form %d%d%d%d (%s): got %.17g, R has %.17g", form.error, form.trend, form.season,
                 form.damped, what, got, want);
}

#define near(got, want, tol) near_to(#got, got, want, tol)

static void check_form(void) {
    const size_t m = form.season ? season_len : 1;
    double now[64], fitted[MAX_N], mean[64], var[64], scratch[192];
    memcpy(now, states, sizeof now);
    norni_ets_fitness fit;
    assert_true(norni_ets_loglik(form, m, &par, now, y, n_y, fitted, &fit));
    near(fit.loglik, stat[0], 1e-10);
    const double k = (double)(size_t)stat[6] + 1;
    near(ets_criterion(ETS_IC_AIC, -2 * fit.loglik, (size_t)stat[6], n_y), stat[1], 1e-10);
    near(ets_criterion(ETS_IC_AICC, -2 * fit.loglik, (size_t)stat[6], n_y), stat[2], 1e-10);
    near(ets_criterion(ETS_IC_BIC, -2 * fit.loglik, (size_t)stat[6], n_y), stat[3], 1e-10);
    near(fit.sse / ((double)n_y - (k - 1)), stat[4], 1e-10);
    near(fit.sse, stat[5], 1e-10);
    for (size_t i = 0; i < 6; i++) {
        near(fitted[i], fitted_r[i], 1e-10);
        near(fitted[n_y - 6 + i], fitted_r[6 + i], 1e-10);
    }
    for (size_t i = 0; i < n_states; i++)
        near(now[i], last[i], 1e-9);
    const size_t h = n_var && season_len > 1 ? 2 * season_len + 3 : 8;
    const bool closed = norni_ets_ahead(form, m, &par, last, stat[4], h, mean, var, scratch);
    assert_int_equal(closed, n_var > 0);
    for (size_t i = 0; i < n_mean; i++) {
        const size_t at = i < 4 ? i : h - 8 + i;
        near(mean[at], mean_r[i], 1e-9);
        if (closed) near(var[at], var_r[i], 1e-9);
    }
    seen[form.error - 1][form.trend][form.season][form.damped]++;
    n_checked++;
}

static void test_r_fixture(void **state) {
    (void)state;
    FILE *f = fopen(NORN_FIXTURES "/ets_r.csv", "r");
    assert_non_null(f);
    char *line = malloc(LINE);
    assert_non_null(line);
    bool pending = false;
    while (fgets(line, LINE, f)) {
        char *rest = strchr(line, ',');
        if (!rest) continue;
        *rest++ = 0;
        if (pending && (!strcmp(line, "form") || !strcmp(line, "series")))
            check_form(), pending = false;
        if (!strcmp(line, "series")) {
            rest = strchr(rest, ',') + 1;
            season_len = (size_t)strtod(rest, &rest);
            n_y = numbers(rest + 1, y, MAX_N);
        } else if (!strcmp(line, "form")) {
            rest = strchr(rest, ',') + 1;
            form = (norni_ets_form){part_of(rest[0]), part_of(rest[2]), part_of(rest[4]),
                                    rest[6] == '1'};
            double v[4];
            assert_int_equal(numbers(rest + 8, v, 4), 4);
            par = (norni_ets_param){v[0], v[1], v[2], v[3]};
            pending = true, n_var = 0;
        } else if (!strcmp(line, "states"))
            n_states = numbers(rest, states, 64);
        else if (!strcmp(line, "last"))
            (void)numbers(rest, last, 64);
        else if (!strcmp(line, "stat"))
            assert_int_equal(numbers(rest, stat, 8), 7);
        else if (!strcmp(line, "fitted"))
            assert_int_equal(numbers(rest, fitted_r, 16), 12);
        else if (!strcmp(line, "mean"))
            n_mean = numbers(rest, mean_r, 16);
        else if (!strcmp(line, "var"))
            n_var = numbers(rest, var_r, 16);
    }
    if (pending) check_form();
    free(line);
    fclose(f);
    assert_true(n_checked > 100);
    for (int e = 0; e < 2; e++)
        for (int t = 0; t < 3; t++)
            for (int s = 0; s < 3; s++)
                for (int d = 0; d < (t ? 2 : 1); d++)
                    if (!seen[e][t][s][d])
                        fail_msg("form %d %d %d %d is not in the fixture", e, t, s, d);
}

static void test_missing_points_move_nothing(void **state) {
    (void)state;
    /* With y missing, level and trend follow the forecast and the likelihood counts the rest. */
    const double z[5] = {1, 2, (double)NAN, 4, 5.5};
    double s[2] = {0, 1}, fit[5];
    const norni_ets_param p = {0.5, 0.1, 0, 1};
    norni_ets_fitness out;
    assert_true(
        norni_ets_loglik((norni_ets_form){NORNI_ETS_ADD, NORNI_ETS_ADD, NORNI_ETS_NONE, false}, 1,
                         &p, s, z, 5, fit, &out));
    assert_int_equal(out.n_obs, 4);
    assert_true(fabs(fit[2] - 3) < 1e-15 && fabs(fit[3] - 4) < 1e-15 && fabs(fit[4] - 5) < 1e-15);
    assert_true(fabs(out.sse - 0.25) < 1e-15);
    assert_true(fabs(s[0] - 5.25) < 1e-15 && fabs(s[1] - 1.05) < 1e-15);
}

static void test_region(void **state) {
    (void)state;
    const norni_ets_form aan = {NORNI_ETS_ADD, NORNI_ETS_ADD, NORNI_ETS_NONE, false};
    const norni_ets_form ana = {NORNI_ETS_ADD, NORNI_ETS_NONE, NORNI_ETS_ADD, false};
    const norni_ets_form aaa = {NORNI_ETS_ADD, NORNI_ETS_ADD, NORNI_ETS_ADD, false};
    const norni_ets_form aada = {NORNI_ETS_ADD, NORNI_ETS_ADD, NORNI_ETS_ADD, true};
    assert_true(norni_ets_admissible(aan, 1, &(norni_ets_param){1.5, 0.9, 0, 1}));
    assert_false(norni_ets_admissible(aan, 1, &(norni_ets_param){1.5, 1.1, 0, 1}));
    assert_false(norni_ets_admissible(aan, 1, &(norni_ets_param){2.1, 0.0, 0, 1}));
    assert_true(norni_ets_admissible(ana, 12, &(norni_ets_param){1e-4, 0, 1e-4, 1}));
    assert_false(norni_ets_admissible(ana, 12, &(norni_ets_param){0.5, 0, 1.6, 1}));
    /* R: forecast:::admissible(a, b, g, phi, 12) */
    assert_false(
        norni_ets_admissible(aaa, 12, &(norni_ets_param){0.7694305, 0.3993302, 0.068372631, 1}));
    assert_true(norni_ets_admissible(aaa, 12, &(norni_ets_param){0.5, 0.05, 0.1, 1}));
    assert_false(norni_ets_admissible(
        aada, 7, &(norni_ets_param){0.9567917, 0.4345155, 0.0001383654, 0.9041944}));
    assert_true(norni_ets_admissible(aada, 7, &(norni_ets_param){0.3, 0.1, 0.2, 0.9}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_r_fixture),
        cmocka_unit_test(test_missing_points_move_nothing),
        cmocka_unit_test(test_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
