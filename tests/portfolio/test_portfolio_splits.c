/* Tests of walk-forward splits: the reference's own example, rolling windows, purge, embargo, too few bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "portfolio/portfolio_splits.h"

static norni_port_split *make(norni_arena *a, size_t bars, norni_port_splits_opt o, size_t *n,
                              norn_status want) {
    norni_port_split *s = NULL;
    norn_err err;
    assert_int_equal(norni_port_splits_make(bars, 1, &o, a, &s, n, &err), want);
    return s;
}

static void expect(const norni_port_split *s, size_t a, size_t b, size_t c, size_t d) {
    assert_int_equal(s->train_first, a);
    assert_int_equal(s->train_end, b);
    assert_int_equal(s->test_first, c);
    assert_int_equal(s->test_end, d);
}

static void splits_expand(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    size_t n;
    (void)state;
    norni_arena_init(&a, &alloc);
    /* 400 daily bars, windows of 100, 3 asked for: the reference's three */
    norni_port_split *s =
        make(&a, 400, (norni_port_splits_opt){.window_days = 100, .n_tests = 3}, &n, NORN_OK);
    assert_int_equal(n, 3);
    expect(&s[0], 0, 100, 100, 200);
    expect(&s[2], 0, 300, 300, 400);
    s = make(&a, 399, (norni_port_splits_opt){.window_days = 100, .n_tests = 3}, &n, NORN_OK);
    assert_int_equal(n, 2); /* fewer than asked: the oldest bars go, never the newest */
    expect(&s[0], 99, 199, 199, 299);
    expect(&s[1], 99, 299, 299, 399);
    s = make(&a, 650, (norni_port_splits_opt){.window_days = 100, .n_tests = 3}, &n, NORN_OK);
    assert_int_equal(n, 3); /* history before the first train */
    expect(&s[0], 250, 350, 350, 450);
    expect(&s[2], 250, 550, 550, 650);
    norni_arena_clear(&a);
}

static void says(size_t bars, norni_port_splits_opt o, const char *want) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    norni_buf b;
    size_t n;
    norni_arena_init(&a, &alloc);
    norni_buf_init(&b, &alloc);
    const norni_port_split *s = make(&a, bars, o, &n, NORN_OK);
    norni_port_splits_note(bars, 1, &o, s, n, &b);
    norni_buf_add(&b, "", 1);
    assert_false(b.failed);
    assert_string_equal(b.p, want);
    norni_buf_clear(&b);
    norni_arena_clear(&a);
}

static void splits_say_what_they_are(void **state) {
    (void)state;
    says(400, (norni_port_splits_opt){.window_days = 100, .n_tests = 3}, "");
    says(400, (norni_port_splits_opt){.window_days = 100.5, .n_tests = 3},
         "a window of 100.5 days is 100 whole bars\n");
    says(1260, (norni_port_splits_opt){.window_days = 365, .n_tests = 5},
         "5 tests are asked for, 2 fit: 1260 bars are 3 windows of 365 bars, the first of them for "
         "the train alone\n"
         "trains and tests take the newest 1095 of 1260 bars; what is older is known to estimates "
         "of weights alone\n");
    says(400, (norni_port_splits_opt){.window_days = 100, .n_tests = 3, .purge = 150},
         "3 tests are asked for, 2 remain: purge (150 bars) and embargo (0) leave fewer than 10 "
         "bars of the train or the test of the first one\n");
}

static void splits_roll_and_keep_apart(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    size_t n;
    (void)state;
    norni_arena_init(&a, &alloc);
    const norni_port_splits_opt o = {.window_days = 50,
                                     .n_tests = 9,
                                     .rolling = true,
                                     .train_windows = 2,
                                     .purge = 3,
                                     .embargo = 4};
    norni_port_split *s = make(&a, 260, o, &n, NORN_OK);
    assert_int_equal(n, 4);
    expect(&s[0], 10, 57, 64, 110);
    expect(&s[3], 110, 207, 214, 260);
    norni_arena_clear(&a);
}

static void splits_say_what_is_missing(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    size_t n;
    (void)state;
    norni_arena_init(&a, &alloc);
    (void)make(&a, 199, (norni_port_splits_opt){.window_days = 100, .n_tests = 3}, &n, NORN_E_DATA);
    (void)make(&a, 199, (norni_port_splits_opt){.window_days = 9, .n_tests = 3}, &n, NORN_E_ARG);
    (void)make(&a, 199, (norni_port_splits_opt){.window_days = 50, .n_tests = 0}, &n, NORN_E_ARG);
    (void)make(&a, 199, (norni_port_splits_opt){.window_days = 50, .n_tests = 2, .purge = 1000}, &n,
               NORN_E_DATA);
    norni_arena_clear(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_expand),
        cmocka_unit_test(splits_say_what_they_are),
        cmocka_unit_test(splits_roll_and_keep_apart),
        cmocka_unit_test(splits_say_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
