/* The Theta family: the search's optimum, statsforecast's objectives, gaps, sizes, sample paths. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/theta/theta.h"
#include "models/theta/theta_fit.h"
#include "num/decompose.h"
#include "run_model.h"

static const norni_model *const all[] = {
    &norni_model_theta,         &norni_model_opt_theta,
    &norni_model_dynamic_theta, &norni_model_dynamic_opt_theta,
    &norni_model_auto_theta,
};
enum { N_ALL = sizeof all / sizeof all[0] };

static run_answer run(const norni_model *m, const double *y, size_t n, int32_t season) {
    return run_model(&(run_case){.model = m, .y = y, .n = n, .m = season});
}

static void walk(double *y, size_t n, uint64_t item, double drift) {
    const norni_rng rng = {3, item};
    double level = 50;
    for (size_t t = 0; t < n; t++) {
        level += drift + norni_rng_normal(rng, 2 * t);
        y[t] = level + norni_rng_normal(rng, 2 * t + 1);
    }
}

/* Text of the series `name` in simple_r.csv as numbers; 0 when there is none. */
static size_t read_series(const char *name, double *y) {
    static char line[1 << 16];
    size_t n = 0;
    FILE *f = fopen(NORN_FIXTURES "/simple_r.csv", "r");
    assert_non_null(f);
    while (n == 0 && fgets(line, sizeof line, f)) {
        if (strncmp(line, "y,", 2) != 0 || strncmp(line + 2, name, strlen(name)) != 0) continue;
        char *at = strchr(strchr(line + 2, ',') + 1, ',') + 1, *end = at;
        while (n < RUN_MOST) {
            y[n] = strtod(at, &end);
            if (end == at) break;
            at = end;
            n++;
        }
    }
    (void)fclose(f);
    return n;
}

/* Never a worse objective; where it is the same to 1e-5, the same forecasts. statsforecast's search
 * stops early and starts anywhere, so most objectives here are lower. */
static void against_statsforecast(void **state) {
    (void)state;
    static char line[4096];
    static double y[RUN_MOST];
    size_t checked = 0, same = 0;
    FILE *f = fopen(NORN_FIXTURES "/theta_sf.csv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char model[32], name[32];
        int m, adjusted;
        double sse, alpha, theta;
        int used = 0;
        if (line[0] == '#') continue;
        assert_int_equal(sscanf(line, "%31[^,],%31[^,],%d,%d,%lf %lf %lf,%n", model, name, &m,
                                &adjusted, &sse, &alpha, &theta, &used),
                         7);
        const size_t n = read_series(name, y);
        size_t k = 1;
        while (strcmp(all[k]->name, model) != 0)
            k++;
        const run_answer a = run(all[k], y, n, m);
        assert_int_equal(a.status, NORN_OK);
        assert_true((strstr(a.text, "seasonal=none") == NULL) == (adjusted == 1));
        const double mine = strtod(strstr(a.text, "sse=") + 4, NULL);
        if (!(mine <= sse * (1 + 1e-9)))
            fail_msg("%s on %s: %.12g, statsforecast %.12g", model, name, mine, sse);
        checked++;
        if (mine < sse * (1 - 1e-5)) continue;
        same++;
        char *at = line + used;
        for (size_t h = 0; h < RUN_H; h++) {
            const double want = strtod(at, &at);
            if (fabs(a.mean[h] - want) > 1e-3 * fabs(want))
                fail_msg("%s on %s, step %zu: %.9g, statsforecast %.9g", model, name, h + 1,
                         a.mean[h], want);
        }
    }
    (void)fclose(f);
    assert_int_equal(checked, 40);
    assert_true(same >= 10);
}

/* No step in alpha, level or weight lowers the sum of squares, with gaps and without. */
static void search_is_an_optimum(void **state) {
    (void)state;
    double x[40], a[40], b[40];
    for (uint64_t item = 0; item < 40; item++) {
        walk(x, 40, item, item % 3 ? 0.4 : -0.2);
        for (size_t t = 1; t < 39 && item % 2; t++) {
            if ((t * t + item) % 5 == 0) x[t] = NORNI_NAN;
        }
        theta_data d = {.n = 40, .first = 3, .gaps = item % 2, .x = x, .line_a = a, .line_b = b};
        for (theta_kind kind = THETA_STANDARD; kind <= THETA_DOTM; kind++) {
            norni_theta_lines(&d, norni_theta_is_dynamic(kind));
            const theta_fit f = norni_theta_search(&d, kind, &(theta_search){.near = 0});
            const double step[3] = {1e-3, 1e-2, 1e-2};
            for (int k = 0; k < 6; k++) {
                theta_fit g = f;
                const double s = k % 2 ? -step[k / 2] : step[k / 2];
                if (k / 2 == 0) g.alpha += s;
                if (k / 2 == 1) g.level0 += s;
                if (k / 2 == 2) g.weight += s;
                if (k / 2 == 2 && !norni_theta_is_optimised(kind)) continue;
                const double lo = kind == THETA_STANDARD ? 1e-4 : 0.1,
                             hi = kind == THETA_STANDARD ? 0.9999 : 0.99;
                if (g.alpha < lo || g.alpha > hi || g.weight < 0 || g.weight > 1) continue;
                norni_theta_pass(&d, &g, NULL);
                if (g.sse < f.sse * (1 - 1e-10))
                    fail_msg("item %u kind %d step %d: %.15g < %.15g", (unsigned)item, (int)kind, k,
                             g.sse, f.sse);
            }
        }
    }
}

/* The running line is the least-squares line of what was seen, gaps or not. */
static void running_line(void **state) {
    (void)state;
    double x[30], a[30], b[30], level, slope;
    walk(x, 30, 5, 1);
    x[4] = x[5] = x[17] = NORNI_NAN;
    const theta_data d = {.n = 30, .gaps = true, .x = x, .line_a = a, .line_b = b};
    norni_theta_lines(&d, true);
    for (size_t t = 2; t < 30; t++) {
        norni_line_fit(x, t, &level, &slope);
        assert_true(fabs(a[t] - level) < 1e-10 && fabs(b[t] - slope) < 1e-11);
    }
}

/* A straight line is an optimised theta model without error: it must go on through every gap. */
static void line_goes_on(void **state) {
    (void)state;
    double y[30];
    for (size_t t = 0; t < 30; t++)
        y[t] = 3 + 2 * (double)t;
    y[9] = y[10] = y[18] = y[28] = y[29] = NORNI_NAN;
    const run_answer a = run(&norni_model_opt_theta, y, 30, 1);
    assert_int_equal(a.status, NORN_OK);
    for (size_t h = 0; h < RUN_H; h++)
        assert_true(fabs(a.mean[h] - (63 + 2 * (double)h)) < 1e-6);
    assert_true(fabs(a.fitted[10] - 23) < 1e-6 && isnan(a.fitted[29]));
    /* Half the slope per period behind the end, as R's formula has it. */
    const run_answer s = run(&norni_model_theta, y, 30, 1);
    assert_true(fabs(s.mean[5] - s.mean[4] - 1) < 1e-9);
    assert_true(s.mean[0] > 59 && s.sd[0] > 0);
}

static void sizes_and_heights(void **state) {
    (void)state;
    const int powers[] = {985, -1000, 40};
    double y[60], z[60];
    walk(y, 60, 1, 0.3);
    for (size_t t = 0; t < 60; t++)
        y[t] *= 1 + 0.2 * (double)(t % 4 == 1);
    for (size_t i = 0; i < N_ALL; i++) {
        const run_answer a = run(all[i], y, 60, 4);
        assert_non_null(strstr(a.text, "multiplicative"));
        for (size_t k = 0; k < 3; k++) {
            for (size_t t = 0; t < 60; t++)
                z[t] = ldexp(y[t], powers[k]);
            const run_answer b = run(all[i], z, 60, 4);
            for (size_t h = 0; h < RUN_H; h++) {
                assert_true(fabs(ldexp(b.mean[h], -powers[k]) - a.mean[h]) < 1e-9 * a.mean[h]);
                assert_true(fabs(ldexp(b.hi[h], -powers[k]) - a.hi[h]) < 1e-9 * a.hi[h]);
            }
        }
        const run_answer flat = run(all[i], y, 60, 1);
        for (size_t t = 0; t < 60; t++)
            z[t] = y[t] + 1e7; /* the height must not blur the search */
        const run_answer high = run(all[i], z, 60, 1);
        for (size_t h = 0; h < RUN_H; h++)
            assert_true(fabs(high.mean[h] - 1e7 - flat.mean[h]) < 1e-4);
    }
}

static void seasons(void **state) {
    (void)state;
    double y[48];
    for (size_t t = 0; t < 48; t++)
        y[t] = 20 + (t % 4 == 2 ? 15.0 : -5.0) + 0.1 * (double)(t * t % 3);
    y[0] = 0; /* no longer above 0: the season comes out by subtraction */
    for (size_t i = 0; i < N_ALL; i++) {
        run_case c = {.model = all[i], .y = y, .n = 48, .m = 4};
        const run_answer a = run_model(&c);
        assert_non_null(strstr(a.text, "additive"));
        assert_true(a.mean[2] - a.mean[1] > 15);
        c.name = "season", c.value = "none";
        assert_non_null(strstr(run_model(&c).text, "none"));
        c.value = "multiplicative";
        const run_answer refused = run_model(&c);
        assert_int_equal(refused.status, NORN_E_DATA);
        assert_non_null(strstr(refused.err.text, "values above 0"));
        c.value = "additive", c.m = 7; /* asked for: no test */
        assert_non_null(strstr(run_model(&c).text, "additive"));
        c.n = 14;
        assert_non_null(strstr(run_model(&c).text, "none")); /* R: more than two cycles */
    }
}

static void paths(void **state) {
    (void)state;
    double y[50];
    walk(y, 50, 9, 0.3);
    y[49] = NORNI_NAN;
    run_case c = {.model = &norni_model_dynamic_theta,
                  .name = "n_paths",
                  .value = "4000",
                  .y = y,
                  .n = 50,
                  .m = 1,
                  .item = 11};
    const run_answer a = run_model(&c), b = run_model(&c);
    assert_true(a.kind == NORNI_DIST_PATHS && memcmp(a.lo, b.lo, sizeof a.lo) == 0);
    c.item = 12;
    assert_true(memcmp(a.lo, run_model(&c).lo, sizeof a.lo) != 0);
    for (size_t h = 0; h < RUN_H; h++) { /* near the static model's exact interval, a bit wider */
        const double half = (a.hi[h] - a.lo[h]) / 2, exact = 1.959963984540054 * a.sd[h];
        assert_true(a.lo[h] < a.mean[h] && a.mean[h] < a.hi[h]);
        assert_true(half > 0.9 * exact && half < 1.5 * exact);
    }
    assert_true(run(&norni_model_opt_theta, y, 50, 1).kind == NORNI_DIST_NORMAL);
}

static bool stop_at_once(void *user) {
    (void)user;
    return true;
}

static bool stop_after(void *user) {
    size_t *left = user;
    return *left == 0 || --*left == 0;
}

static void cancelled(void **state) {
    (void)state;
    double y[50];
    walk(y, 50, 9, 0.3);
    for (size_t i = 0; i < N_ALL; i++) {
        const run_case c = {.model = all[i], .y = y, .n = 50, .m = 1, .poll = {stop_at_once, NULL}};
        assert_int_equal(run_model(&c).status, NORN_E_CANCEL);
    }
    double x[50], a[50], b[50];
    walk(x, 50, 9, 0.3);
    const theta_data d = {.n = 50, .first = 3, .x = x, .line_a = a, .line_b = b};
    const norni_poll poll = {stop_at_once, NULL};
    /* At every question asked, those of the simulation included. */
    size_t k = 1;
    for (norn_status st = NORN_E_CANCEL; st != NORN_OK; k++) {
        size_t left = k;
        const run_case c = {.model = all[4], .y = y, .n = 50, .m = 1, .poll = {stop_after, &left}};
        st = run_model(&c).status;
        assert_true(st == NORN_OK || st == NORN_E_CANCEL);
        assert_true(k < 1000);
    }
    assert_true(k > 10);
    norni_theta_lines(&d, false);
    assert_int_equal(norni_theta_search(&d, THETA_OTM, &(theta_search){.poll = &poll}).stop,
                     NORN_STOP_CANCELLED);
}

static void short_and_flat(void **state) {
    (void)state;
    double y[12] = {4, 6, 5, 7, 6, 8, 7, 9, 8, 10, 9, 11};
    const double flat[12] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3}, none[2] = {NORNI_NAN, NORNI_NAN},
                 wide[2] = {-NORNI_INF, 1};
    for (size_t i = 0; i < N_ALL; i++) {
        for (size_t n = 1; n <= 12; n++) {
            const run_answer a = run(all[i], y, n, 4);
            assert_int_equal(a.status, NORN_OK);
            for (size_t h = 0; h < RUN_H; h++)
                assert_true(isfinite(a.mean[h]) && fabs(a.mean[h]) < 100);
        }
        const run_answer a = run(all[i], flat, 12, 4);
        assert_true(a.mean[14] == 3 && a.lo[14] == 3 && a.hi[14] == 3);
        assert_int_equal(run(all[i], none, 2, 1).status, NORN_E_DATA);
        assert_int_equal(run(all[i], wide, 2, 1).status, NORN_E_DATA);
    }
}

static void short_of_memory(void **state) {
    (void)state;
    static double y[1000];
    walk(y, 1000, 2, 0.1);
    for (size_t i = 0; i < N_ALL; i++)
        assert_true(run_short_of_memory((run_case){.model = all[i], .y = y, .n = 1000, .m = 4}) >
                    0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_statsforecast),
        cmocka_unit_test(search_is_an_optimum),
        cmocka_unit_test(running_line),
        cmocka_unit_test(line_goes_on),
        cmocka_unit_test(sizes_and_heights),
        cmocka_unit_test(seasons),
        cmocka_unit_test(paths),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(short_and_flat),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
