/* The naive family's variances, gaps, sizes and texts (R's numbers on whole series: test_simple.c). */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/clock.h"
#include "models/naive/naive.h"
#include "run_model.h"

static const norni_model *const all[] = {
    &norni_model_naive, &norni_model_naive2, &norni_model_seasonal_naive,
    &norni_model_drift, &norni_model_mean,   &norni_model_window_average,
};
enum { N_ALL = sizeof all / sizeof all[0] };
#define ROUGHLY(got, want) assert_true(fabs((got) - (want)) <= 1e-12 * (1 + fabs((double)(want))))

static run_answer run(const norni_model *m, const double *y, size_t n, int32_t season) {
    return run_model(&(run_case){.model = m, .y = y, .n = n, .m = season});
}

static void variances(void **state) {
    (void)state;
    const double y[6] = {1, 3, 2, 6, 5, 9}; /* steps 2 -1 4 -1 4: squares 38; slope 8/5 */
    run_answer a = run(&norni_model_naive, y, 6, 1);
    ROUGHLY(a.sd[0], sqrt(38.0 / 5));
    ROUGHLY(a.sd[8], sqrt(38.0 / 5 * 9));
    a = run(&norni_model_drift, y, 6, 1);
    const double s2 = (38 - 64.0 / 5) / 4;
    for (size_t h = 1; h <= RUN_H; h++) {
        ROUGHLY(a.mean[h - 1], 9 + 1.6 * (double)h);
        ROUGHLY(a.sd[h - 1], sqrt(s2 * (double)h * (1 + (double)h / 5)));
    }
    a = run(&norni_model_seasonal_naive, y, 6, 2); /* 1 3 3 3: squares 28 */
    ROUGHLY(a.sd[1], sqrt(28.0 / 4));
    ROUGHLY(a.sd[2], sqrt(28.0 / 4 * 2));
    a = run(&norni_model_mean, y, 6, 1);
    ROUGHLY(a.mean[3], 26.0 / 6);
    ROUGHLY(a.sd[3] * a.sd[3], (156 - 26.0 * 26 / 6) / 5 * (1 + 1.0 / 6));
    a = run(&norni_model_window_average, y, 6, 1);
    assert_true(a.kind == NORNI_DIST_POINT && isnan(a.lo[0]));
}

static void gaps_lengthen_the_way(void **state) {
    (void)state;
    const double y[9] = {NORNI_NAN, 1, 2, NORNI_NAN, 4, NORNI_NAN, 7, NORNI_NAN, NORNI_NAN};
    run_answer a = run(&norni_model_naive, y, 9, 1); /* pairs 1 2 3: squares 14 */
    assert_true(a.mean[0] == 7 && isnan(a.fitted[1]) && a.fitted[3] == 2 && a.fitted[8] == 7);
    ROUGHLY(a.sd[0], sqrt(14.0 / 3 * 3)); /* three periods behind the last value */
    a = run(&norni_model_drift, y, 9, 1); /* slope 6/5, steps of 1, 2 and 2 periods */
    ROUGHLY(a.mean[0], 7 + 1.2 * 3);
    const double e1 = 1 - 1.2, e2 = 2 - 2.4, e3 = 3 - 2.4,
                 s2 = (e1 * e1 + e2 * e2 / 2 + e3 * e3 / 2) / 2;
    ROUGHLY(a.sd[0] * a.sd[0], s2 * 3 + 9 * s2 / 5);
    a = run(&norni_model_seasonal_naive, y, 9, 4); /* seasons: . 4 NORNI_NAN | 1 . | 2 7 | . . */
    assert_true(a.mean[0] == 1 && a.mean[1] == 7 && a.mean[2] == 7 && a.mean[3] == 4);
}

static void one_value_has_no_interval(void **state) {
    (void)state;
    const double y[3] = {NORNI_NAN, 5, NORNI_NAN};
    for (size_t i = 0; i < N_ALL; i++) {
        const run_answer a = run(all[i], y, 3, 1);
        assert_int_equal(a.status, NORN_OK);
        assert_true(a.mean[4] == 5 && isnan(a.lo[4]) && isnan(a.hi[4]));
    }
}

static void refusals(void **state) {
    (void)state;
    const double none[2] = {NORNI_NAN, NORNI_NAN}, wide[2] = {1, NORNI_INF};
    for (size_t i = 0; i < N_ALL; i++) {
        run_answer a = run(all[i], none, 2, 1);
        assert_int_equal(a.status, NORN_E_DATA);
        assert_non_null(strstr(a.err.text, "the series has no observed value"));
        assert_memory_equal(a.err.text, all[i]->name, strlen(all[i]->name));
        assert_int_equal(run(all[i], wide, 2, 1).status, NORN_E_DATA);
    }
}

/* A power of two moves through every step: the same bits, at 1e300 as at 1. */
static void any_size(void **state) {
    (void)state;
    const int powers[] = {995, -1000, 30};
    double y[40], z[40];
    for (size_t t = 0; t < 40; t++)
        y[t] = 5 + (double)(t % 4) + 0.25 * (double)(t * t % 7);
    for (size_t i = 0; i < N_ALL; i++) {
        const run_answer a = run(all[i], y, 40, 4);
        for (size_t k = 0; k < 3; k++) {
            for (size_t t = 0; t < 40; t++)
                z[t] = ldexp(y[t], powers[k]);
            const run_answer b = run(all[i], z, 40, 4);
            for (size_t h = 0; h < RUN_H; h++) {
                ROUGHLY(ldexp(b.mean[h], -powers[k]), a.mean[h]);
                if (a.kind == NORNI_DIST_NORMAL) ROUGHLY(ldexp(b.sd[h], -powers[k]), a.sd[h]);
            }
            for (size_t t = 10; t < 40; t++)
                ROUGHLY(ldexp(b.fitted[t], -powers[k]), a.fitted[t]);
        }
    }
}

static void naive2_takes_the_season(void **state) {
    (void)state;
    double y[24];
    for (size_t t = 0; t < 24; t++)
        y[t] = 100 * (t % 4 == 2 ? 1.3 : 0.9);
    run_answer a = run(&norni_model_naive2, y, 24, 4);
    assert_non_null(strstr(a.text, "multiplicative"));
    for (size_t h = 0; h < RUN_H; h++)
        ROUGHLY(a.mean[h], h % 4 == 2 ? 130 : 90);
    ROUGHLY(a.fitted[10], 130);
    a = run(&norni_model_naive2, y, 11, 4); /* below three cycles there is no test */
    assert_true(a.mean[0] == y[10] && strstr(a.text, "none") != NULL);
    y[5] = -y[5];
    assert_non_null(strstr(run(&norni_model_naive2, y, 24, 4).text, "none"));
}

static void window_counts_what_was_seen(void **state) {
    (void)state;
    const double y[7] = {1, 2, NORNI_NAN, 6, 1e18, NORNI_NAN, 3};
    run_case c = {.model = &norni_model_window_average,
                  .name = "window",
                  .value = "2",
                  .y = y,
                  .n = 7,
                  .m = 1};
    run_answer a = run_model(&c);
    ROUGHLY(a.mean[0] / 5e17, 1 + 3 / 1e18);
    assert_true(isnan(a.fitted[1]) && a.fitted[2] == 1.5 && a.fitted[4] == 4);
    c.value = "0";
    assert_int_equal(run_model(&c).status, NORN_E_ARG);
    const double z[4] = {1e18, 1, 2, 3};
    c = (run_case){.model = &norni_model_window_average,
                   .name = "window",
                   .value = "1",
                   .y = z,
                   .n = 4,
                   .m = 1};
    a = run_model(&c);
    assert_true(a.fitted[3] == 2 && a.mean[0] == 3); /* nothing of 1e18 stays in the sum */
}

/* A long silence must not be walked again and again. */
static void long_gaps_are_cheap(void **state) {
    (void)state;
    enum { LONG = 400000 };
    const norn_alloc alloc = norni_alloc_default();
    double *y = norni_alloc_get(&alloc, 2 * LONG, sizeof *y);
    assert_non_null(y);
    for (size_t t = 0; t < LONG; t++)
        y[t] = t == 0 || t == LONG - 1 ? 3 : NORNI_NAN;
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    const norni_series s = {.n = LONG, .y = y, .horizon = 1};
    norni_env env = {.arena = &arena};
    void *fit = NULL;
    const double start = norni_clock_thread_seconds();
    assert_int_equal(norni_model_drift.fit(&env, NULL, &(norni_group){1, &s}, &fit, NULL), NORN_OK);
    assert_int_equal(norni_model_drift.fitted(&env, fit, 0, y + LONG, NULL), NORN_OK);
    assert_true(y[LONG + LONG - 1] == 3);
    assert_true(norni_clock_thread_seconds() - start < 1);
    norni_arena_clear(&arena);
    norni_alloc_drop(&alloc, y, 2 * LONG, sizeof *y);
}

static void short_of_memory(void **state) {
    (void)state;
    double y[4000];
    for (size_t t = 0; t < 4000; t++)
        y[t] = 1e305 * (1 + (double)(t % 4));
    for (size_t i = 0; i < N_ALL; i++)
        assert_true(run_short_of_memory((run_case){.model = all[i], .y = y, .n = 1000, .m = 4}) >
                    0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variances),
        cmocka_unit_test(gaps_lengthen_the_way),
        cmocka_unit_test(refusals),
        cmocka_unit_test(one_value_has_no_interval),
        cmocka_unit_test(any_size),
        cmocka_unit_test(naive2_takes_the_season),
        cmocka_unit_test(long_gaps_are_cheap),
        cmocka_unit_test(window_counts_what_was_seen),
        cmocka_unit_test(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
