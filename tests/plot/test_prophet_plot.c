/* Prophet's charts through the public calls: every component has its panel, bounds and limits are drawn, wrong calls are refused. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include <norn/prophet.h>

#include "svg_check.h"

#define DAY INT64_C(86400000000)
enum { N = 800, H = 60, ALL = N + H };

/* Two years of days with a week, a year, a promotion and Christmas. */
typedef struct sample {
    norn_ctx *ctx;
    norn_prophet *p;
    int64_t ds[ALL];
    double y[N], promo[ALL], summer[ALL], cap[ALL];
    const char *name[2];
    const double *x[2];
    norn_prophet_rows past, ahead;
    norn_prophet_table forecast;
    norn_prophet_chart chart;
    norn_err err;
} sample;

static int set_up(void **state) {
    static sample s;
    s = (sample){.name = {"promo", "summer"}};
    if (norn_ctx_new(NULL, &s.ctx, NULL) != NORN_OK) return -1;
    for (int64_t i = 0; i < ALL; i++) {
        s.ds[i] = (17000 + i) * DAY; /* from 2016-07-18 */
        s.promo[i] = i % 11 == 0;
        s.summer[i] = i % 365 < 60;
        s.cap[i] = 40;
        if (i < N)
            s.y[i] = 10 + 0.01 * (double)i + (double)(i % 7) + 2 * s.promo[i] +
                     sin((double)i / 58.1) + 0.1 * (double)(i * 37 % 17);
    }
    s.y[17] = (double)NAN;
    s.x[0] = s.promo;
    s.x[1] = s.summer;
    s.past =
        (norn_prophet_rows){.n = N, .ds = s.ds, .y = s.y, .n_x = 2, .x_name = s.name, .x = s.x};
    s.ahead = s.past;
    s.ahead.n = ALL;
    s.ahead.y = NULL;
    *state = &s;
    return 0;
}

static int tear_down(void **state) {
    sample *s = *state;
    norn_prophet_chart_free(&s->chart);
    norn_prophet_table_free(&s->forecast);
    norn_prophet_free(s->p);
    norn_ctx_free(s->ctx);
    return 0;
}

#define OK(call)                                                    \
    do {                                                            \
        if ((call) != NORN_OK) fail_msg(#call ": %s", s->err.text); \
    } while (0)

static void fit(sample *s, const norn_prophet_opt *opt) {
    const norn_prophet_seasonality monthly = {"monthly", 30.5, 3, (double)NAN, 1, NULL},
                                   hot = {"hot_week", 7, 2, (double)NAN, -1, "summer"};
    const norn_prophet_regressor promo = {"promo", (double)NAN, -1, -1, 0, 0};
    const norn_prophet_predict_opt how = {
        .samples = 100, .interval_width = 0.9, .components = true};
    OK(norn_prophet_new(s->ctx, opt, &s->p, &s->err));
    OK(norn_prophet_add_seasonality(s->p, &monthly, &s->err));
    OK(norn_prophet_add_seasonality(s->p, &hot, &s->err));
    OK(norn_prophet_add_regressor(s->p, &promo, &s->err));
    OK(norn_prophet_add_country(s->p, "US", &s->err));
    OK(norn_prophet_fit(s->ctx, s->p, &s->past, NULL, &s->err));
    OK(norn_prophet_predict(s->ctx, s->p, &s->ahead, &how, &s->forecast, &s->err));
}

static const char *checked(const sample *s) {
    assert_non_null(s->chart.svg);
    assert_int_equal(strlen(s->chart.svg), s->chart.n);
    const char *const fault = fault_of(s->chart.svg);
    if (fault) fail_msg("%s\n%.3000s", fault, s->chart.svg);
    return s->chart.svg;
}

static void components_have_panels(void **state) {
    sample *s = *state;
    fit(s, NULL);
    norn_prophet_plot_opt opt = norn_prophet_plot_opt_default();
    opt.interval_width = 0.9;
    OK(norn_prophet_plot_components(s->ctx, s->p, &s->past, &s->forecast, &opt, &s->chart,
                                    &s->err));
    const char *const svg = checked(s);
    assert_non_null(strstr(svg,
                           "one panel each: trend, holidays, weekly, yearly, hot_week, "
                           "monthly, extra_regressors_additive."));
    assert_int_equal(count_of(svg, ">90% interval<"), 1);
    assert_int_equal(count_of(svg, ">Sunday<"), 2); /* seven days, once for each of two weeks */
    assert_true(count_of(svg, "%</text>") >= 2);    /* monthly is multiplicative */
    assert_non_null(strstr(svg, ">Jul<"));
}

static void panels_follow_the_forecast(void **state) {
    sample *s = *state;
    fit(s, NULL);
    const double *const trend[1] = {s->forecast.value[0]};
    const char *const name[1] = {"trend"};
    const norn_prophet_table bare = {
        .n = s->forecast.n, .n_column = 1, .ds = s->forecast.ds, .name = name, .value = trend};
    OK(norn_prophet_plot_components(s->ctx, s->p, NULL, &bare, NULL, &s->chart, &s->err));
    const char *svg = checked(s);
    assert_non_null(strstr(svg, "one panel each: trend."));
    assert_null(strstr(svg, "interval"));
    norn_prophet_chart_free(&s->chart);
    /* hourly history: the week is a curve */
    for (int64_t i = 0; i < N; i++)
        s->ds[i] = i * DAY / 24;
    OK(norn_prophet_plot_components(s->ctx, s->p, &s->past, &s->forecast, NULL, &s->chart,
                                    &s->err));
    svg = checked(s);
    assert_int_equal(count_of(svg, ">Sunday<"), 4); /* both ends of two weeks */
}

static void forecasts_over_histories(void **state) {
    sample *s = *state;
    fit(s, NULL);
    OK(norn_prophet_plot(s->ctx, &s->past, &s->forecast, NULL, &s->chart, &s->err));
    const char *svg = checked(s);
    assert_non_null(strstr(svg, "nc-pt"));
    assert_int_equal(count_of(svg, ">80% interval<"), 1);
    norn_prophet_chart_free(&s->chart);
    norn_prophet_plot_opt opt = norn_prophet_plot_opt_default();
    opt.uncertainty = false;
    opt.title = "A & B";
    OK(norn_prophet_plot(s->ctx, NULL, &s->forecast, &opt, &s->chart, &s->err));
    svg = checked(s);
    assert_null(strstr(svg, "interval<"));
    assert_null(strstr(svg, ">History<"));
    assert_non_null(strstr(svg, "A &amp; B"));
}

static void limits_are_drawn(void **state) {
    sample *s = *state;
    norn_prophet_opt opt = norn_prophet_opt_default();
    opt.growth = NORN_PROPHET_LOGISTIC;
    s->past.cap = s->ahead.cap = s->cap;
    fit(s, &opt);
    OK(norn_prophet_plot(s->ctx, &s->past, &s->forecast, NULL, &s->chart, &s->err));
    assert_true(count_of(checked(s), ">cap<") >= 1);
    norn_prophet_chart_free(&s->chart);
    OK(norn_prophet_plot_components(s->ctx, s->p, &s->past, &s->forecast, NULL, &s->chart,
                                    &s->err));
    const char *const svg = checked(s);
    assert_true(count_of(svg, ">cap<") >= 1);
    assert_null(strstr(svg, ">floor<"));
}

static void wrong_calls_are_refused(void **state) {
    sample *s = *state;
    norn_prophet *bare;
    OK(norn_prophet_new(s->ctx, NULL, &bare, &s->err));
    assert_int_equal(
        norn_prophet_plot_components(s->ctx, bare, NULL, &s->forecast, NULL, &s->chart, &s->err),
        NORN_E_ARG);
    norn_prophet_free(bare);
    fit(s, NULL);
    static const norn_prophet_plot_opt bad[] = {{.interval_width = 0},
                                                {.interval_width = (double)NAN},
                                                {.interval_width = 1.5},
                                                {.interval_width = 0.8, .weekly_start = 7},
                                                {.interval_width = 0.8, .yearly_start = -1},
                                                {.interval_width = 0.8, .width = 10}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(norn_prophet_plot(s->ctx, NULL, &s->forecast, &bad[i], &s->chart, &s->err),
                         NORN_E_ARG);
        assert_int_equal(norn_prophet_plot_components(s->ctx, s->p, NULL, &s->forecast, &bad[i],
                                                      &s->chart, &s->err),
                         NORN_E_ARG);
        assert_null(s->chart.svg);
    }
    const norn_prophet_table none = {.n = 0};
    assert_int_equal(norn_prophet_plot(s->ctx, NULL, &none, NULL, &s->chart, &s->err), NORN_E_ARG);
    assert_int_equal(
        norn_prophet_plot_components(s->ctx, s->p, NULL, &none, NULL, &s->chart, &s->err),
        NORN_E_ARG);
    assert_int_equal(norn_prophet_plot(s->ctx, NULL, NULL, NULL, &s->chart, &s->err), NORN_E_ARG);
    norn_prophet_chart_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(components_have_panels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(panels_follow_the_forecast, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forecasts_over_histories, set_up, tear_down),
        cmocka_unit_test_setup_teardown(limits_are_drawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_calls_are_refused, set_up, tear_down)};
    return cmocka_run_group_tests_name("prophet_plot", tests, NULL, NULL);
}
