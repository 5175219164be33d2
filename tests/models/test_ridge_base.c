/* Bases of learners: the kinds, what they know, scikit-learn's numbers, kept states, odd series. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/learner_base.h"
#include "lesson_case.h"

static void fit(norni_base_kind kind, const norni_lesson *l, size_t step, norni_base **b) {
    norn_err err;
    norni_env env = {.arena = &arena};
    assert_int_equal(norni_base_fit(&env, kind, l, (norni_lesson_part){0, step}, b, &err), NORN_OK);
}

static void test_plain(void **state) {
    (void)state;
    double y[60];
    const double *columns[] = {y};
    for (size_t t = 0; t < 60; t++)
        y[t] = (double)t;
    y[50] = y[59] = NORNI_NAN;
    const int32_t season = 7;
    lesson_case c = lesson_of(columns, 1, 60, 10);
    c.lesson.season = &season, c.lesson.n_season = 1;
    norni_base *b;
    fit(NORNI_BASE_NONE, &c.lesson, 3, &b);
    assert_true(norni_base_at(b, &c.lesson, 40) == 0);
    fit(NORNI_BASE_LAST, &c.lesson, 3, &b);
    assert_true(norni_base_at(b, &c.lesson, 50) == 49);
    fit(NORNI_BASE_SEASONAL, &c.lesson, 3, &b);
    assert_true(norni_base_at(b, &c.lesson, 40) == 36); /* row 43 less 7 */
    assert_true(norni_base_at(b, &c.lesson, 54) == 43); /* 50 is missing */
    assert_true(norni_base_at(b, &c.lesson, 2) == 2);   /* no season yet */
    fit(NORNI_BASE_SEASONAL, &c.lesson, 8, &b);
    assert_true(norni_base_at(b, &c.lesson, 40) == 34); /* row 48 less 14 */
}

/* Rows after the origin, and their being there at all, do not show. */
static void test_leak(void **state) {
    (void)state;
    double y[300], changed[300];
    const norni_rng rng = {3, 1};
    double level = 5;
    for (size_t t = 0; t < 300; t++) {
        level += norni_rng_normal(rng, t);
        y[t] = changed[t] = level + 3 * sin((double)t);
        if (t > 200) changed[t] = 1e6;
    }
    const double *a[] = {y}, *d[] = {changed};
    lesson_case c = lesson_of(a, 1, 180, 5), whole = lesson_of(d, 1, 300, 5);
    for (int kind = NORNI_BASE_LAST; kind <= NORNI_BASE_AUTO; kind++) {
        norni_base *b;
        fit((norni_base_kind)kind, &c.lesson, 4, &b);
        c.lesson.n = 201;
        assert_true(norni_base_at(b, &c.lesson, 200) == norni_base_at(b, &whole.lesson, 200));
        c.lesson.n = 180;
    }
}

/* tests/oracle/ridge_numbers.py base: scikit-learn's Ridge over the same penalties and tail. 1e-9:
 * sin(1.7 t^2) differs between numpy and libm by its argument's rounding. */
static void test_sklearn(void **state) {
    (void)state;
    static const struct {
        size_t step;
        double at[3];
    } right[] = {
        {1, {21.401368382449288, 21.631549649317574, 20.66063710323631}},  /* penalty 0.1 */
        {5, {20.037421958877655, 20.96446497938633, 21.513654479681623}},  /* penalty 0.3 */
        {12, {21.99034499935899, 21.501668023654897, 20.109813291805164}}, /* penalty 0.03 */
        {20, {20.64255602989638, 19.880528825481694, 20.320445857234578}}, /* penalty 0.3 */
    };
    double y[400];
    for (size_t t = 0; t < 400; t++) {
        const double x = (double)t;
        y[t] = 20 + sin(x * 2 * 3.141592653589793 / 12) * (1 + 0.3 * sin(0.37 * x)) +
               0.4 * sin(1.7 * x * x) + 0.002 * x;
        if (t % 41 == 13) y[t] = NORNI_NAN;
    }
    const double *columns[] = {y};
    const int32_t season = 12;
    lesson_case c = lesson_of(columns, 1, 400, 5);
    c.lesson.season = &season, c.lesson.n_season = 1;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        norni_base *b;
        fit(NORNI_BASE_RIDGE, &c.lesson, right[i].step, &b);
        for (size_t k = 0; k < 3; k++)
            assert_true(fabs(norni_base_at(b, &c.lesson, 399 - 50 * k) - right[i].at[k]) < 1e-9);
    }
}

/* A wave of the season with noise: ridge; a walk: the last value; noise about 0: no base, or a ridge
 * that comes to the same. */
static void test_auto(void **state) {
    (void)state;
    double wave[600], walk[600];
    const norni_rng rng = {9, 2};
    double level = 0;
    for (size_t t = 0; t < 600; t++) {
        wave[t] = 10 * sin((double)t * 2 * 3.141592653589793 / 24) + norni_rng_normal(rng, 2 * t);
        walk[t] = level += norni_rng_normal(rng, 2 * t + 1);
    }
    const double *columns[] = {wave};
    const int32_t season = 24;
    lesson_case c = lesson_of(columns, 1, 600, 5);
    c.lesson.season = &season, c.lesson.n_season = 1;
    norni_base *b;
    fit(NORNI_BASE_AUTO, &c.lesson, 12, &b);
    assert_int_equal(norni_base_taken(b), NORNI_BASE_RIDGE);
    columns[0] = walk;
    c = lesson_of(columns, 1, 600, 5);
    fit(NORNI_BASE_AUTO, &c.lesson, 1, &b);
    assert_true(fabs(norni_base_at(b, &c.lesson, 599) - walk[599]) < 0.5);
}

/* Noise about a level: the mean is as good as a ridge, or a little better, and AUTO has a base more often
 * than not (the mean alone would be taken for 17 of these 20); SOME has always one. */
static void test_none(void **state) {
    (void)state;
    double y[600];
    const double *columns[] = {y};
    size_t none = 0;
    norni_base *b;
    for (uint32_t seed = 0; seed < 20; seed++) {
        const norni_rng rng = {seed, 3};
        for (size_t t = 0; t < 600; t++)
            y[t] = 50 + norni_rng_normal(rng, t);
        const lesson_case c = lesson_of(columns, 1, 600, 5);
        fit(NORNI_BASE_AUTO, &c.lesson, 1, &b);
        none += norni_base_taken(b) == NORNI_BASE_NONE;
        fit(NORNI_BASE_SOME, &c.lesson, 1, &b);
        assert_int_not_equal(norni_base_taken(b), NORNI_BASE_NONE);
    }
    assert_true(none < 10);
}

/* y follows its value five rows back: the weights say so, and sum to 1. */
static void test_told(void **state) {
    (void)state;
    double y[600];
    const double *columns[] = {y};
    char text[128];
    norni_base *b;
    for (size_t t = 0; t < 600; t++)
        y[t] = (t < 6 ? 0 : 0.9 * y[t - 6]) + norni_rng_normal((norni_rng){4, 3}, t);
    const lesson_case c = lesson_of(columns, 1, 600, 5);
    fit(NORNI_BASE_RIDGE, &c.lesson, 1, &b);
    norni_base_describe(b, text, sizeof text);
    assert_non_null(strstr(text, "ridge: 0."));
    const char *end = strstr(text, " lag5");
    assert_true(end != NULL && strstr(text, "lag") == end + 1);
    norni_base_describe(b, text, 9); /* cut, and ended */
    assert_true(strlen(text) < 9);
    fit(NORNI_BASE_LAST, &c.lesson, 1, &b);
    norni_base_describe(b, text, sizeof text);
    assert_string_equal(text, "last");
}

static void test_kept(void **state) {
    (void)state;
    double y[200];
    for (size_t t = 0; t < 200; t++)
        y[t] = cos((double)t) + 0.01 * (double)t;
    const double *columns[] = {y};
    lesson_case c = lesson_of(columns, 1, 200, 5);
    for (int kind = NORNI_BASE_NONE; kind <= NORNI_BASE_AUTO; kind++) {
        norni_base *b, *back;
        norni_buf buf;
        norni_buf_init(&buf, &alloc);
        fit((norni_base_kind)kind, &c.lesson, 6, &b);
        assert_int_equal(norni_base_save(b, &buf, NULL), NORN_OK);
        norni_unpack u = {{buf.p, buf.n}, false};
        assert_int_equal(norni_base_load(&arena, &u, &back, NULL), NORN_OK);
        assert_true(norni_unpack_end(&u));
        assert_int_equal(norni_base_taken(b), norni_base_taken(back));
        for (size_t t = 0; t < 200; t++)
            assert_true(norni_base_at(b, &c.lesson, t) == norni_base_at(back, &c.lesson, t));
        for (size_t n = 0; n < buf.n; n++) {
            norni_unpack cut = {{buf.p, n}, false};
            assert_int_equal(norni_base_load(&arena, &cut, &back, NULL), NORN_E_FORMAT);
        }
        norni_buf_clear(&buf);
    }
}

static void test_odd(void **state) {
    (void)state;
    double y[120];
    const double *columns[] = {y};
    for (int which = 0; which < 7; which++) {
        const size_t n = which == 5 ? 1 : which == 6 ? 12 : 120;
        for (size_t t = 0; t < 120; t++) {
            const double sign = t % 2 ? 1 : -1;
            y[t] = which == 0   ? 7
                   : which == 1 ? NORNI_NAN
                   : which == 2 ? sign * 1e300
                   : which == 3 ? (t == 60 ? 1e-300 : 0)
                   : which == 4 ? (t % 3 ? NORNI_NAN : (double)t)
                                : (double)t;
        }
        for (int kind = NORNI_BASE_LAST; kind <= NORNI_BASE_AUTO; kind++) {
            lesson_case c = lesson_of(columns, 1, n, 0);
            norni_base *b;
            fit((norni_base_kind)kind, &c.lesson, 2, &b);
            for (size_t t = 0; t < n; t++) {
                const double v = norni_base_at(b, &c.lesson, t);
                assert_true(which == 1 ? isnan(v) || v == 0 : isfinite(v));
                if (which == 0 && norni_base_taken(b) != NORNI_BASE_NONE) assert_true(v == 7);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leak, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sklearn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_auto, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
