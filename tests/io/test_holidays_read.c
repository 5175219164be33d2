/* A user's holidays: what is read in which order, what is refused with which words, lack of memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "data/calendar.h"
#include "counted.h"
#include "io/holidays_read.h"

/* A context over an allocator that fails on demand and is counted. */
typedef struct place {
    counted_memory memory;
    norn_ctx *ctx;
    norni_arena arena;
    norni_holidays got;
    norn_err err;
} place;

static int set_up(void **state) {
    static place p;
    p = (place){.memory.real = norni_alloc_default()};
    const norn_ctx_opt opt = {.alloc = {counted_resize, &p.memory}};
    if (norn_ctx_new(&opt, &p.ctx, NULL) != NORN_OK) return -1;
    norni_arena_init(&p.arena, &p.ctx->alloc);
    *state = &p;
    return 0;
}

static int tear_down(void **state) {
    place *p = *state;
    norni_arena_clear(&p->arena);
    norn_ctx_free(p->ctx);
    return p->memory.held == 0 ? 0 : -1;
}

static norn_status parse(place *p, const char *text) {
    p->err = (norn_err){NORN_OK, ""};
    return norni_holidays_parse(p->ctx, text, strlen(text), &p->arena, &p->got, &p->err);
}

static void good(place *p, const char *text, size_t n) {
    if (parse(p, text) != NORN_OK) fail_msg("%s\n%s", text, p->err.text);
    assert_int_equal(p->got.n, n);
}

static void assert_row(const place *p, size_t i, const char *name, const char *day, int32_t lower,
                       int32_t upper, double prior) {
    const norni_holiday *const h = &p->got.row[i];
    const norni_civil c = norni_civil_from_us(h->day * NORNI_US_DAY);
    char text[32];
    (void)snprintf(text, sizeof text, "%04d-%02d-%02d", c.year, c.month, c.day);
    assert_int_equal(h->name.n, strlen(name));
    assert_memory_equal(h->name.p, name, h->name.n);
    assert_string_equal(text, day);
    assert_int_equal(h->lower, lower);
    assert_int_equal(h->upper, upper);
    assert_true(h->prior == prior || (isnan(prior) && isnan(h->prior)));
}

static void rows_in_their_order(void **state) {
    place *p = *state;
    good(p, "holiday,ds\nplayoff,2014-01-12\nsuperbowl,2010-02-07\n", 2);
    assert_row(p, 0, "playoff", "2014-01-12", 0, 0, NAN);
    assert_row(p, 1, "superbowl", "2010-02-07", 0, 0, NAN);
    good(p,
         "prior_scale;upper_window;region;ds;lower_window;holiday\n"
         "5;1;n;1969-12-31 23:59:59;-2;a\n"
         ";;;2020-02-29T01:00;;\"b \"\"x\"\"; c\"\r\n"
         "\n"
         "0.5;0;;0001-01-01;0;\xC3\x9C"
         "bung",
         3);
    assert_row(p, 0, "a", "1969-12-31", -2, 1, 5);
    assert_row(p, 1, "b \"x\"; c", "2020-02-29", 0, 0, NAN);
    assert_row(p, 2,
               "\xC3\x9C"
               "bung",
               "0001-01-01", 0, 0, 0.5);
}

static void many_rows(void **state) {
    place *p = *state;
    static char text[200000];
    size_t n = (size_t)snprintf(text, sizeof text, "ds,holiday\n");
    for (int i = 0; i < 5000; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%04d-%02d-%02d,day %d\n", 1900 + i / 300,
                              1 + i % 12, 1 + i % 25, i % 7);
    good(p, text, 5000);
    assert_row(p, 4999, "day 1", "1916-08-25", 0, 0, NAN);
}

static void rows_said_twice(void **state) {
    place *p = *state;
    good(p, "holiday,ds\na,2020-01-01\nb,2020-01-01\na,2020-01-01\na,2020-01-02\n", 3);
    assert_row(p, 2, "a", "2020-01-02", 0, 0, NAN);
    good(p,
         "holiday,ds,lower_window,upper_window,prior_scale\na,2020-01-01,0,1,\na,2020-01-01,0,1,3\n"
         "a,2021-01-01,,,3\n",
         2);
    assert_row(p, 0, "a", "2020-01-01", 0, 1, 3);
    assert_row(p, 1, "a", "2021-01-01", 0, 0, 3);
}

static void what_is_refused(void **state) {
    place *p = *state;
    static const char *const cases[][2] = {
        {"", "empty"},
        {"holiday,ds\n", "no data rows behind the header"},
        {"holiday\nx\n", "column 'ds' is missing; the columns are holiday, ds and"},
        {"ds\n2020-01-01\n", "column 'holiday' is missing"},
        {"holiday,ds,ds\n", "column 'ds' stands twice"},
        {"Holiday,ds\n", "column 'Holiday' is not known; did you mean holiday?"},
        {"holiday,ds,lower_windows\n", "did you mean lower_window?"},
        {"holiday,ds,lower_window\na,2020-01-01,0\n",
         "column 'upper_window' is missing: both lower_window and upper_window, or neither"},
        {"holiday,ds,upper_window\na,2020-01-01,0\n", "column 'lower_window' is missing"},
        {"holiday,ds\na,2020-01-01\n\n,2020-01-02\n", "line 4, column holiday: the name is empty"},
        {"holiday,ds\na,\n", "line 2, column ds: '' is not a day"},
        {"holiday,ds\na,2020-02-30\n", "line 2, column ds: '2020-02-30' is not a day"},
        {"holiday,ds\na,17\n", "column ds: '17' is not a day; write it as 2020-12-25"},
        {"holiday,ds\na,2020-Q1\n", "column ds: '2020-Q1' is not a day"},
        {"holiday,ds\na\n", "line 2, 1 field where the header has 2"},
        {"holiday,ds\na,2020-01-01,3\n", "line 2, 3 fields where the header has 2"},
        {"holiday,ds\n\"a,2020-01-01\n", "line 2: a quote opens here and is never closed"},
        {"holiday,ds,lower_window,upper_window\na,2020-01-01,1,0\n",
         "line 2, column lower_window: '1' is outside [-3660, 0], whole days before"},
        {"holiday,ds,lower_window,upper_window\na,2020-01-01,0,-1\n",
         "line 2, column upper_window: '-1' is outside [0, 3660], whole days behind"},
        {"holiday,ds,lower_window,upper_window\na,2020-01-01,-1.5,0\n", "'-1.5' is outside"},
        {"holiday,ds,lower_window,upper_window\na,2020-01-01,0,1e300\n", "'1e300' is outside"},
        {"holiday,ds,lower_window,upper_window\na,2020-01-01,x,0\n",
         "line 2, column lower_window: 'x' is not a number"},
        {"holiday,ds,prior_scale\na,2020-01-01,0\n", "line 2, column prior_scale: '0' is not > 0"},
        {"holiday,ds,prior_scale\na,2020-01-01,-2\n", "'-2' is not > 0"},
        {"holiday,ds,prior_scale\na,2020-01-01,2\nb,2020-01-01,1\na,2021-01-01,3\n",
         "line 4, column prior_scale: holiday 'a' has 3 here and 2 in line 2; a holiday has one"},
        {"holiday,ds,lower_window,upper_window\na,2020-01-01,-1,0\na,2020-01-01,-2,0\n",
         "line 3, column holiday: 'a' stands for the same day in line 2, with another window"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const norn_status st = parse(p, cases[i][0]);
        if ((st != NORN_E_DATA && st != NORN_E_FORMAT) || p->err.code != st ||
            strstr(p->err.text, cases[i][1]) == NULL)
            fail_msg("%s\n%d %s", cases[i][0], (int)st, p->err.text);
        assert_int_equal(p->got.n, 0);
    }
    assert_int_equal(norni_holidays_read(p->ctx, "no/such/file.csv", &p->arena, &p->got, &p->err),
                     NORN_E_IO);
}

static void without_memory(void **state) {
    place *p = *state;
    static const char text[] =
        "holiday,ds,lower_window,upper_window,prior_scale\n"
        "\"a \"\"b\"\"\",2020-01-01,-1,1,3\nc,2020-01-02,0,0,\n";
    norni_arena_clear(&p->arena);
    for (size_t until = 1; until < 200; until++) {
        p->memory.calls = 0;
        p->memory.until = until;
        norni_arena_init(&p->arena, &p->ctx->alloc);
        const norn_status st = parse(p, text);
        norni_arena_clear(&p->arena);
        p->memory.until = 0;
        if (st == NORN_OK && p->memory.calls < until) return;
        assert_int_equal(st, NORN_E_MEM);
    }
    fail();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_in_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_said_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory, set_up, tear_down)};
    return cmocka_run_group_tests_name("holidays_read", tests, NULL, NULL);
}
