/* Ticks of numbers, indices and the calendar, their words, and that no label lies on another; paths.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>

#include "data/calendar.h"
#include "plot/axis.h"
#include "plot/svg.h"

/* cmocka's own compares floats. */
#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

/* The labels with blanks between them, "/" before a second row. */
static const char *labels_of(const norni_ticks *t) {
    static char text[4096];
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < t->n; i++) {
        const norni_tick *k = &t->tick[i];
        n += norni_format(text + n, sizeof text - n, "%s%s%s%s", i > 0 ? " " : "", k->label,
                          k->under[0] ? "/" : "", k->under);
    }
    return text;
}

#define MINUS "\xE2\x88\x92"

static void number_ticks(void **state) {
    (void)state;
    static const struct {
        double lo, hi;
        size_t most;
        const char *want;
    } rows[] = {
        {0, 1, 5, "0 0.2 0.4 0.6 0.8 1"},
        {0, 100, 4, "0 50 100"},
        {0, 1250, 6, "0 200 400 600 800 1,000 1,200"},
        {-7, 12, 4, MINUS "5 0 5 10"},
        {-0.3, 0.1, 4, MINUS "0.3 " MINUS "0.2 " MINUS "0.1 0 0.1"},
        {0.0035, 0.0062, 6, "0.0035 0.004 0.0045 0.005 0.0055 0.006"},
        {9.5e5, 1.65e6, 4, "1M 1.2M 1.4M 1.6M"},
        {0, 2.4e5, 3, "0 100,000 200,000"},
        {1234561, 1234589, 3, "1,234,570 1,234,580"},
        {0, 5.2e9, 3, "0 2B 4B"},
        {0, 3.1e12, 3, "0 1T 2T 3T"},
        {0, 3e300, 3, "0 1e300 2e300 3e300"},
        {-1.2e-8, 3e-8, 4, MINUS "1e-8 0 1e-8 2e-8 3e-8"},
        {1e-290, 4e-290, 3, "1e-290 2e-290 3e-290 4e-290"},
        {1e9, 1e9 + 4, 4, "1,000,000,000 1,000,000,001 1,000,000,002 1,000,000,003 1,000,000,004"},
        {1.00000001, 1.00000004, 3, "1.00000001 1.00000002 1.00000003 1.00000004"},
        {0, 1e16, 2, "0 5e15 1e16"},
    };
    norni_ticks t;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        norni_ticks_number(&t, rows[i].lo, rows[i].hi, rows[i].most);
        assert_string_equal(labels_of(&t), rows[i].want);
    }
    norni_ticks_number(&t, 0, 8, 4);
    assert_near(t.tick[1].value, 2, 0);
    assert_near(t.tick[1].at, 0.25, 1e-12);
}

static void values_in_words(void **state) {
    (void)state;
    static const struct {
        double x;
        const char *want;
    } rows[] = {{0, "0"},
                {-0.0, "0"},
                {432, "432"},
                {441.7328, "441.733"},
                {-1.5, MINUS "1.5"},
                {1234567, "1,234,570"},
                {2.5e6, "2.5M"},
                {0.00012345678, "0.000123457"},
                {999999.7, "1,000,000"},
                {1e300, "1e300"},
                {DBL_MAX, "1.79769e308"},
                {1e-7, "1e-7"},
                {5e-324, "0"},
                {2e-300, "2e-300"},
                {(double)NAN, ""},
                {-(double)INFINITY, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[NORNI_TICK_TEXT];
        norni_axis_value(out, rows[i].x);
        assert_string_equal(out, rows[i].want);
    }
}

static void index_ticks(void **state) {
    (void)state;
    static const struct {
        int64_t lo, hi;
        double px;
        const char *want;
    } rows[] = {
        {0, 10, 900, "0 1 2 3 4 5 6 7 8 9 10"},
        {0, 10, 200, "0 2 4 6 8 10"},
        {1949, 1971, 300, "1950 1955 1960 1965 1970"},
        {0, 1000000, 300, "0 0.2M 0.4M 0.6M 0.8M 1M"},
        {0, 45000, 300, "0 10,000 20,000 30,000 40,000"},
        {-25, 25, 200, MINUS "20 " MINUS "10 0 10 20"},
        {INT64_MIN, INT64_MAX, 300, MINUS "5e18 0 5e18"},
        {INT64_MAX - 2, INT64_MAX, 2000,
         "9.223372036854775805e18 9.223372036854775806e18 9.223372036854775807e18"},
    };
    norni_ticks t;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        norni_ticks_index(&t, rows[i].lo, rows[i].hi, rows[i].px, 11);
        assert_string_equal(labels_of(&t), rows[i].want);
    }
}

static int64_t at(const char *text) {
    int64_t us;
    norni_time_style style;
    bool zoned;
    assert_true(norni_time_parse(norni_str_of(text), &us, &style, &zoned));
    return us;
}

static void calendar_ticks(void **state) {
    (void)state;
    static const struct {
        const char *lo, *hi;
        double px;
        const char *want;
    } rows[] = {
        {"1949-01-01", "1962-12-01", 400, "1950 1952 1954 1956 1958 1960 1962"},
        {"1900-03-01", "2020-12-01", 300, "1920 1940 1960 1980 2000 2020"},
        {"2019-02-01", "2021-03-01", 500, "Apr/2019 Jul Oct Jan/2020 Apr Jul Oct Jan/2021"},
        {"2019-02-01", "2021-03-01", 200, "Jul/2019 Jan/2020 Jul Jan/2021"},
        {"2020-01-15", "2020-07-15", 500, "Feb/2020 Mar Apr May Jun Jul"},
        {"2020-12-20", "2021-02-10", 500,
         "21 Dec/2020 28 Dec 4 Jan/2021 11 Jan 18 Jan 25 Jan 1 Feb 8 Feb"},
        {"2020-02-27", "2020-03-03", 400, "27 Feb/2020 28 Feb 29 Feb 1 Mar 2 Mar 3 Mar"},
        {"2020-01-12T22:00", "2020-01-13T10:00", 400,
         "22:00/12 Jan 2020 00:00/13 Jan 2020 02:00 04:00 06:00 08:00 10:00"},
        {"2020-01-12T12:07", "2020-01-12T13:02", 400,
         "12:10/12 Jan 2020 12:20 12:30 12:40 12:50 13:00"},
        {"2020-01-12T12:00:05", "2020-01-12T12:00:31", 400,
         "12:00:05/12 Jan 2020 12:00:10 12:00:15 12:00:20 12:00:25 12:00:30"},
        {"2020-01-12T12:00:00.1", "2020-01-12T12:00:00.45", 400,
         "12:00:00.1/12 Jan 2020 12:00:00.2 12:00:00.3 12:00:00.4"},
        {"2020-01-30", "2020-02-20", 60, "10 Feb/2020"},
    };
    norni_ticks t;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        norni_ticks_calendar(&t, at(rows[i].lo), at(rows[i].hi), rows[i].px, 11);
        assert_string_equal(labels_of(&t), rows[i].want);
    }
    norni_ticks_calendar(&t, at("2020-01-01"), at("2020-03-01"), 100, 11);
    assert_int_equal(t.tick[1].time, at("2020-02-01"));
    assert_near(t.tick[1].at, 31.0 / 60, 1e-12);
}

/* Any span on any width: at least one label, none on another, none outside. */
static void labels_never_overlap(void **state) {
    (void)state;
    const int64_t base = at("2019-11-28");
    for (double span = 3; span < 9e17; span *= 1.37) {
        for (double px = 40; px < 2000; px *= 1.5) {
            for (int index = 0; index < 2; index++) {
                norni_ticks t;
                const int64_t hi = base + (int64_t)span;
                if (index)
                    norni_ticks_index(&t, base, hi, px, 11);
                else
                    norni_ticks_calendar(&t, base, hi, px, 11);
                norni_ticks_settle(&t, px, 11, 30, 18);
                double end = -30, under_end = -30;
                size_t shown = 0;
                for (size_t i = 0; i < t.n; i++) {
                    const norni_tick *k = &t.tick[i];
                    const double w = norni_svg_width(norni_str_of(k->label), 11),
                                 u = norni_svg_width(norni_str_of(k->under), 11);
                    assert_true(k->time >= base && k->time <= hi);
                    if (w > 0) assert_true(k->label_at - w / 2 >= end - 1e-9);
                    if (u > 0) assert_true(k->under_at - u / 2 >= under_end - 1e-9);
                    if (w > 0) end = k->label_at + w / 2;
                    if (u > 0) under_end = k->under_at + u / 2;
                    shown += w > 0;
                }
                assert_true(end <= px + 18 + 1e-9 && under_end <= px + 18 + 1e-9);
                if (px > 100 && !index) assert_true(shown > 0);
            }
        }
    }
}

static void numbers_are_short(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_buf out;
    norni_buf_init(&out, &alloc);
    static const struct {
        double x;
        const char *want;
    } rows[] = {{0, "0"},           {1, "1"},        {-1, "-1"},
                {0.5, ".5"},        {-0.25, "-.25"}, {12.345, "12.35"},
                {1e-9, "0"},        {-0.001, "0"},   {1e300, "10000000"},
                {(double)NAN, "0"}, {0.05, ".05"},   {99.999, "100"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        out.n = 0;
        norni_svg_num(&out, rows[i].x);
        norni_buf_add(&out, "", 1);
        assert_string_equal(out.p, rows[i].want);
    }
    out.n = 0;
    norni_svg_path p = {.b = &out};
    norni_svg_path_move(&p, 1, 2.5);
    norni_svg_path_line(&p, 2, 2);
    norni_svg_path_line(&p, 2, 2.001);
    norni_svg_path_line(&p, 2.5, 3);
    norni_svg_path_line(&p, 5, 3);
    norni_svg_path_line(&p, 5, 1);
    norni_svg_path_close(&p);
    norni_svg_path_dot(&p, 1, 1);
    norni_svg_path_move(&p, 3, 3);
    norni_svg_path_line(&p, 3, 3);
    norni_svg_path_move(&p, 4, 4);
    norni_buf_add(&out, "", 1);
    assert_string_equal(out.p, "M1 2.5l1-.5 .5 1h2.5v-2zM1 1h0M3 3M4 4");
    norni_buf_clear(&out);
}

/* A pixel column keeps first, least, greatest and last in their order in time. */
static void columns_keep_their_extremes(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_buf out;
    norni_buf_init(&out, &alloc);
    static const double y[2][7] = {{5, 4, 1, 6, 9, 7, 8}, {5, 9, 8, 6, 1, 2, 3}};
    static const char *const want[2] = {"M0 5l.2-4 .2 8 .2-1", "M0 5l.1 4 .3-8 .2 2"};
    for (size_t k = 0; k < 2; k++) {
        out.n = 0;
        norni_svg_trace t = {.path.b = &out, .dots.b = &out, .thin = true};
        for (size_t i = 0; i < 7; i++)
            norni_svg_trace_add(&t, 0.1 * (double)i, y[k][i], i == 3);
        norni_svg_trace_end(&t);
        norni_buf_add(&out, "", 1);
        assert_string_equal(out.p, want[k]);
    }
    norni_buf_clear(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_ticks),
        cmocka_unit_test(values_in_words),
        cmocka_unit_test(index_ticks),
        cmocka_unit_test(calendar_ticks),
        cmocka_unit_test(labels_never_overlap),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(columns_keep_their_extremes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
