/* Charts of a model's parts: every part is named, its axis fits its span, gaps and hostile input leave good XML, memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/calendar.h"
#include "plot/components.h"
#include "svg_check.h"

enum { N = 400, N_PARTS = 6 };

typedef struct sample {
    norn_alloc real, alloc;
    norni_buf out;
    int64_t times[N_PARTS][N];
    double y[N_PARTS][N], lo[N], hi[N], cap[N], seen[N];
    norni_plot_part part[N_PARTS];
    size_t calls, until;
    int64_t held;
} sample;

static void *counted(void *user, void *ptr, size_t old, size_t size) {
    sample *s = user;
    if (size > 0 && s->until > 0 && ++s->calls >= s->until) return NULL;
    void *got = s->real.resize(s->real.user, ptr, old, size);
    if (size == 0 || got != NULL) s->held += (int64_t)size - (int64_t)old;
    return got;
}

static void fill(sample *s, size_t k, const char *name, norni_plot_span span, size_t n,
                 int64_t step) {
    const int64_t start = norni_days_from_civil(2017, 1, 1) * NORNI_US_DAY; /* a Sunday */
    s->part[k] = (norni_plot_part){
        .name = norni_str_of(name), .span = span, .n = n, .times = s->times[k], .y = s->y[k]};
    for (size_t i = 0; i < n; i++) {
        s->times[k][i] = start + (int64_t)i * step;
        s->y[k][i] = 0.1 * sin(0.1 * (double)i);
    }
}

static int set_up(void **state) {
    static sample s;
    memset(&s, 0, sizeof s);
    s.real = norni_alloc_default();
    s.alloc = (norn_alloc){counted, &s};
    norni_buf_init(&s.out, &s.alloc);
    fill(&s, 0, "trend", NORNI_SPAN_DATES, N, NORNI_US_DAY);
    fill(&s, 1, "weekly", NORNI_SPAN_WEEK, 7, NORNI_US_DAY);
    fill(&s, 2, "yearly", NORNI_SPAN_YEAR, 365, NORNI_US_DAY);
    fill(&s, 3, "daily", NORNI_SPAN_DAY, 200, NORNI_US_DAY / 199);
    fill(&s, 4, "monthly", NORNI_SPAN_PERIOD, 200, NORNI_US_DAY * 61 / 2 / 199);
    fill(&s, 5, "holidays", NORNI_SPAN_DATES, N, NORNI_US_DAY);
    for (size_t i = 0; i < N; i++) {
        s.lo[i] = s.y[0][i] - 0.02;
        s.hi[i] = s.y[0][i] + 0.02;
        s.cap[i] = 0.3;
        s.seen[i] = s.y[0][i] + 0.01 * (double)(i % 3);
    }
    s.part[0].lo = s.lo;
    s.part[0].hi = s.hi;
    s.part[0].cap = s.cap;
    s.part[2].percent = true;
    *state = &s;
    return 0;
}

static int tear_down(void **state) {
    sample *s = *state;
    s->until = 0;
    norni_buf_clear(&s->out);
    return s->held == 0 ? 0 : -1;
}

static const char *finished(sample *s) {
    norni_buf_add(&s->out, "", 1);
    assert_false(s->out.failed);
    const char *const fault = fault_of(s->out.p);
    if (fault) fail_msg("%s\n%.4000s", fault, s->out.p);
    assert_int_equal(count_of(s->out.p, "nan"), 0);
    assert_int_equal(count_of(s->out.p, "inf"), 0);
    return s->out.p;
}

static const char *draw(sample *s) {
    norn_err err = {NORN_OK, ""};
    s->out.n = 0;
    if (norni_plot_parts(&s->out, norni_str_of("Forecast"), s->part, N_PARTS, 80, 0, &err))
        fail_msg("%s", err.text);
    return finished(s);
}

static void parts_are_named(void **state) {
    sample *s = *state;
    const char *const svg = draw(s);
    static const char *const names[] = {"trend", "weekly",  "yearly",
                                        "daily", "monthly", "holidays"};
    char title[64];
    for (size_t k = 0; k < N_PARTS; k++) {
        (void)snprintf(title, sizeof title, "<title>%s</title>", names[k]);
        assert_int_equal(count_of(svg, title), 1);
    }
    assert_non_null(
        strstr(svg, "one panel each: trend, weekly, yearly, daily, monthly, holidays."));
    assert_int_equal(count_of(svg, "80% interval"), 1);
    assert_int_equal(count_of(svg, ">cap<"), 2); /* the legend and the line's own title */
}

static void axes_fit_their_spans(void **state) {
    sample *s = *state;
    static const char *const words[] = {">Sunday<", ">Monday<", ">Saturday<", ">Jan<",    ">Dec<",
                                        ">00:00<",  ">12:00<",  ">21:00<",    ">0 days<", ">30<"};
    const char *const svg = draw(s);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(svg, words[i]) == NULL) fail_msg("%s is missing", words[i]);
    }
    assert_int_equal(count_of(svg, ">Sunday<"), 1); /* seven days alone */
    assert_true(strstr(svg, ">Sunday<") < strstr(svg, ">Saturday<"));
    assert_non_null(strstr(svg, ">10%<"));
    assert_int_equal(count_of(svg, ">2017<") + count_of(svg, ">2018<") >= 2, 1);
}

static void gaps_and_hostile_input(void **state) {
    sample *s = *state;
    for (size_t i = 0; i < N; i++)
        s->y[5][i] = NAN;
    for (size_t i = 0; i < 365; i++)
        s->y[2][i] = i % 2 ? 1e308 : -1e308;
    for (size_t i = 0; i < 200; i++)
        s->y[3][i] = i % 3 ? (double)INFINITY : (double)i;
    s->lo[7] = NAN;
    s->hi[9] = INFINITY;
    s->part[4].n = 1;
    s->part[1].name = norni_str_of("<week>&\"\x01\xFF");
    (void)draw(s);
    for (size_t k = 0; k < N_PARTS; k++)
        s->part[k].n = 0;
    (void)draw(s);
}

static norni_plot_fit whole(const sample *s) {
    return (norni_plot_fit){.title = norni_str_of("sales"),
                            .y_label = norni_str_of("y"),
                            .times = s->times[0],
                            .y = s->seen,
                            .n = 300,
                            .over = s->part[0],
                            .level = 95};
}

static void history_is_dots(void **state) {
    sample *s = *state;
    norni_plot_fit fit = whole(s);
    s->seen[5] = NAN;
    s->seen[6] = -INFINITY;
    assert_int_equal(norni_plot_fitted(&s->out, &fit, NULL), NORN_OK);
    const char *svg = finished(s), *dots = strstr(svg, "class=\"nc-h nc-pt\" d=\"");
    assert_non_null(dots);
    const char *const end = strchr(dots + 25, '"');
    size_t n = 0;
    for (const char *p = dots; p < end; p++)
        n += *p == 'M';
    assert_true(n > 250 && n <= 298);
    assert_int_equal(count_of(svg, ">95% interval<"), 1);
    assert_int_equal(count_of(svg, "<rect class=\"nc-b nc-c0\""),
                     1); /* the fan's colour beside a cap's line */
    assert_int_equal(count_of(svg, "nc-b nc-n"), 0);
    assert_int_equal(count_of(svg, "History"), 1);
    s->out.n = 0;
    fit.times = NULL;
    fit.over.n = 0;
    assert_int_equal(norni_plot_fitted(&s->out, &fit, NULL), NORN_OK);
    svg = finished(s);
    assert_null(strstr(svg, "History"));
}

static void many_points_make_a_small_file(void **state) {
    sample *s = *state;
    enum { MANY = 200000 };
    int64_t *times = malloc(MANY * sizeof *times);
    double *y = malloc(MANY * sizeof *y);
    assert_true(times && y);
    for (int64_t i = 0; i < MANY; i++) {
        times[i] = i * 1000000;
        y[i] = (double)(i * 7919 % 1009);
    }
    norni_plot_fit fit = whole(s);
    fit.times = times;
    fit.y = y;
    fit.n = MANY;
    fit.over.n = MANY;
    fit.over.times = times;
    fit.over.y = y;
    fit.over.lo = fit.over.hi = fit.over.cap = NULL;
    assert_int_equal(norni_plot_fitted(&s->out, &fit, NULL), NORN_OK);
    assert_true(s->out.n < 4000000);
    free(times);
    free(y);
}

static void without_memory(void **state) {
    sample *s = *state;
    for (size_t until = 1; until < 200; until++) {
        norn_err err = {NORN_OK, ""};
        norni_buf_clear(&s->out);
        norni_buf_init(&s->out, &s->alloc);
        s->calls = 0;
        s->until = until;
        const norn_status st =
            norni_plot_parts(&s->out, norni_str_of("x"), s->part, N_PARTS, 80, 0, &err);
        s->until = 0;
        if (st == NORN_OK) {
            assert_true(s->calls < until);
            return;
        }
        assert_int_equal(st, NORN_E_MEM);
        assert_int_equal(s->out.n, 0);
    }
    fail();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parts_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(axes_fit_their_spans, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gaps_and_hostile_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(history_is_dots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_points_make_a_small_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_memory, set_up, tear_down)};
    return cmocka_run_group_tests_name("components", tests, NULL, NULL);
}
