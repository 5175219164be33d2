/* The learner `naive`: last and seasonal values, gaps, explanations that add up, states kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "lesson_case.h"
#include "models/naive/naive_learner.h"

enum { N = 40, H = 10 };

static double ya[N], yb[N];
static const double *const targets[] = {ya, yb};

/* a counts the rows, b is missing in its first two, its last three and every fifth. */
static lesson_case make(void) {
    for (size_t t = 0; t < N; t++) {
        ya[t] = (double)t;
        yb[t] = t < 2 || t + 3 >= N || t % 5 == 0 ? NORNI_NAN : 100 - (double)t;
    }
    return lesson_of(targets, 2, N, 3);
}

static void *fit(const lesson_case *c, int32_t season) {
    const norni_learner *l = &norni_learner_naive;
    norni_env env = {.arena = &arena};
    void *opt = norni_arena_zero(&arena, 1, l->opt_size), *state = NULL;
    assert_non_null(opt);
    assert_int_equal(norni_param_defaults(l->params, l->n_params, opt, &arena, NULL), NORN_OK);
    memcpy((char *)opt + l->params[0].offset, &season, sizeof season);
    assert_int_equal(l->fit(&env, opt, &c->lesson, (norni_lesson_part){0, 0}, &state, NULL),
                     NORN_OK);
    assert_true(l->cost(opt, &c->lesson) > 0 && l->memory(opt, &c->lesson) > 0);
    return state;
}

static void predict(const void *st, const norni_lesson *at, size_t t, double *out) {
    norni_env env = {.arena = &arena};
    assert_int_equal(norni_learner_naive.predict(&env, st, at, t, out, NULL), NORN_OK);
}

static void last_values(void **state) {
    (void)state;
    const lesson_case c = make();
    double out[2 * H];
    const void *st = fit(&c, 0);
    predict(st, &c.lesson, N - 1, out);
    for (size_t h = 0; h < H; h++)
        assert_true(out[h] == N - 1 && out[H + h] == 100 - 36.0);
    predict(st, &c.lesson, 20, out); /* an earlier origin knows no later row */
    assert_true(out[0] == 20 && out[H] == 100 - 19.0);
    predict(st, &c.lesson, 1, out);
    assert_true(out[0] == 1 && isnan(out[H])); /* nothing was observed by then */
}

static void seasonal_values(void **state) {
    (void)state;
    const lesson_case c = make();
    double out[2 * H];
    const void *st = fit(&c, 7);
    predict(st, &c.lesson, 30, out);
    for (size_t h = 1; h <= H; h++)
        assert_true(out[h - 1] == (double)(30 + h - (h > 7 ? 14 : 7)));
    assert_true(out[H] == 100 - 24.0);     /* row 24 for row 31 */
    assert_true(out[H + 1] == 100 - 18.0); /* row 25 is missing: row 18 */
    predict(st, &c.lesson, 3, out);        /* no season has passed: the last value */
    assert_true(out[0] == 3 && out[3] == 0);
}

static void explanations_add_up(void **state) {
    (void)state;
    const lesson_case c = make();
    const norni_learner *l = &norni_learner_naive;
    norni_env env = {.arena = &arena};
    for (int32_t season = 0; season <= 7; season += 7) {
        const void *st = fit(&c, season);
        for (size_t i = 0; i < 2; i++) {
            const norni_lesson_part part = {i, 4};
            norni_explanation why;
            double out[2 * H], given;
            assert_int_equal(l->explain(&env, st, &c.lesson, part, &why, NULL), NORN_OK);
            assert_int_equal(l->contribute(&env, st, &c.lesson, part, 30, &given, NULL), NORN_OK);
            predict(st, &c.lesson, 30, out);
            assert_int_equal(why.n_terms, 1);
            assert_true(why.additive && why.term[0].axis[0].linear && why.term[0].score[0] == 1);
            assert_true(fabs(why.intercept + given - out[i * H + 3]) < 1e-12);
            assert_true(why.term[0].importance > 0);
            assert_true(norni_str_is(why.term[0].name, season ? (i ? "b_season7" : "a_season7")
                                                              : (i ? "b_last" : "a_last")));
        }
    }
}

static void states_are_kept(void **state) {
    (void)state;
    const lesson_case c = make();
    const norni_learner *l = &norni_learner_naive;
    norni_env env = {.arena = &arena};
    norni_buf buf;
    double out[2][2 * H];
    void *back;
    char text[64];
    const void *st = fit(&c, 7);
    norni_buf_init(&buf, arena.alloc);
    assert_int_equal(l->save(st, &buf, NULL), NORN_OK);
    assert_int_equal(l->load(&env, NULL, (norni_str){buf.p, buf.n}, &back, NULL), NORN_OK);
    predict(st, &c.lesson, 25, out[0]);
    predict(back, &c.lesson, 25, out[1]);
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    l->describe(back, text, sizeof text);
    assert_string_equal(text, "value of 7 periods before");
    for (size_t n = 0; n < buf.n; n++)
        assert_int_equal(l->load(&env, NULL, (norni_str){buf.p, n}, &back, NULL), NORN_E_FORMAT);
    norni_lesson one = c.lesson;
    one.n_targets = 1;
    assert_int_equal(l->predict(&env, st, &one, 25, out[0], NULL), NORN_E_DATA);
    norni_buf_clear(&buf);
}

static void values_of_any_size(void **state) {
    (void)state;
    const lesson_case c = make();
    double out[2 * H];
    for (size_t t = 0; t < N; t++)
        ya[t] = t % 2 ? 1.7e308 : -1.7e308;
    const void *st = fit(&c, 0);
    predict(st, &c.lesson, N - 1, out);
    assert_true(out[0] == 1.7e308);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(last_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(seasonal_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(explanations_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(states_are_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_of_any_size, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
