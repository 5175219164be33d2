/* The panels of Prophet's components: which and in which order, their times, and their values against the Fourier sums. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "data/calendar.h"
#include "models/prophet/prophet_panels.h"
#include "models/prophet/prophet_plan.h"

enum { N = 900 };
#define DAY NORNI_US_DAY

typedef struct sample {
    norn_alloc alloc;
    norni_arena arena;
    int64_t ds[N];
    double y[N], cap[N], price[N], summer[N];
    norni_str x_name[2];
    const double *x[2];
    norni_prophet_season season[3];
    norni_prophet_regressor regressor[2];
    norni_holiday holiday[2];
    norni_prophet_spec spec;
    norni_prophet_rows rows;
    norni_prophet_plan plan;
    norni_prophet_design design;
    norni_prophet_parts parts;
    norni_prophet_fit fit;
    norni_prophet_fitted fitted;
    size_t n_panel;
    const norni_plot_part *panel;
} sample;

static const norni_poll no_poll = {0};

static int set_up(void **state) {
    static sample s;
    memset(&s, 0, sizeof s);
    s.alloc = norni_alloc_default();
    norni_arena_init(&s.arena, &s.alloc);
    for (int64_t i = 0; i < N; i++) {
        s.ds[i] = (16000 + i) * DAY;
        s.y[i] = 20 + 0.01 * (double)i + (double)(i * 37 % 11);
        s.cap[i] = 60;
        s.price[i] = (double)(i * 13 % 29);
        s.summer[i] = i % 365 < 100;
    }
    s.x_name[0] = norni_str_of("price");
    s.x_name[1] = norni_str_of("summer");
    s.x[0] = s.price;
    s.x[1] = s.summer;
    s.season[0] = (norni_prophet_season){norni_str_of("quarterly"), 91.3125, 3, 10, false, {0}};
    s.season[1] =
        (norni_prophet_season){norni_str_of("hot"), 7, 2, 10, true, norni_str_of("summer")};
    s.season[2] = (norni_prophet_season){norni_str_of("daily"), 1, 1, 10, false, {0}};
    s.regressor[0] = (norni_prophet_regressor){norni_str_of("price"), 10, -1, true, 0, 1};
    s.holiday[0] = (norni_holiday){norni_str_of("launch"), 16100, 0, 1, NORNI_NAN};
    s.holiday[1] = (norni_holiday){norni_str_of("launch"), 16500, 0, 1, NORNI_NAN};
    s.spec = (norni_prophet_spec){.growth = NORNI_PROPHET_LINEAR,
                                  .n_changepoints = 5,
                                  .changepoint_range = 0.8,
                                  .yearly = 10,
                                  .weekly = 3,
                                  .seasonality_prior = 10,
                                  .holidays_prior = 10,
                                  .changepoint_prior = 0.05,
                                  .n_season = 3,
                                  .season = s.season,
                                  .n_holiday = 2,
                                  .holiday = s.holiday,
                                  .n_regressor = 1,
                                  .regressor = s.regressor};
    s.rows = (norni_prophet_rows){
        .n = N, .ds = s.ds, .y = s.y, .cap = s.cap, .n_x = 2, .x_name = s.x_name, .x = s.x};
    *state = &s;
    return 0;
}

static int tear_down(void **state) {
    norni_arena_clear(&((sample *)*state)->arena);
    return 0;
}

#define OK(call) assert_int_equal(call, NORN_OK)

/* Estimates out of thin air: panels do not ask how good they are. */
static void make_fit(sample *s) {
    norn_err err = {NORN_OK, ""};
    if (norni_prophet_plan_make(&s->arena, &no_poll, &s->spec, &s->rows, &s->plan, &s->design, NULL,
                                &err) != NORN_OK)
        fail_msg("%s", err.text);
    s->fit.k = 0.3;
    s->fit.m = 0.4;
    s->fit.sigma = 0.1;
    s->fit.delta = norni_arena_zero(&s->arena, s->plan.n_change, sizeof(double));
    s->fit.beta = norni_arena_zero(&s->arena, s->plan.n_column, sizeof(double));
    assert_true(s->fit.delta && s->fit.beta);
    for (size_t j = 0; j < s->plan.n_column; j++)
        s->fit.beta[j] = 0.01 * (double)((j * 7 + 3) % 19) - 0.08;
    s->fitted = (norni_prophet_fitted){&s->plan, &s->fit, 1.0 / (N - 1), NULL};
    OK(norni_prophet_parts_make(&s->arena, &no_poll, &s->fitted, &s->design, true, &s->parts,
                                NULL));
}

static const double *column(const void *arg, norni_str name, const char *suffix) {
    const sample *const s = arg;
    if (suffix[0] != '\0') return NULL;
    if (norni_str_is(name, "trend")) return s->parts.trend;
    for (size_t k = 0; k < s->parts.n_component; k++) {
        if (norni_str_cmp(s->parts.component[k].name, name) == 0)
            return s->parts.component[k].value;
    }
    return NULL;
}

static void make_panels(sample *s, norni_prophet_panel_opt opt) {
    const norni_prophet_shown shown = {N, s->ds, column, s};
    opt.uncertainty = opt.limits = true;
    norn_err err = {NORN_OK, ""};
    if (norni_prophet_panels(&s->arena, &no_poll, &s->fitted, &shown, &opt, &s->n_panel, &s->panel,
                             &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static const norni_plot_part *panel(const sample *s, const char *name) {
    for (size_t k = 0; k < s->n_panel; k++) {
        if (norni_str_is(s->panel[k].name, name)) return &s->panel[k];
    }
    fail_msg("no panel %s", name);
    return NULL;
}

/* The Fourier sum of Prophet's paper, with the C library's functions. */
static double fourier(const sample *s, const char *name, int64_t ds) {
    double sum = 0;
    for (size_t j = 0; j < s->plan.n_column; j++) {
        const norni_prophet_column *const c = &s->plan.column[j];
        if (c->kind != NORNI_PROPHET_SEASON || !norni_str_is(c->component, name)) continue;
        const double angle = 2 * 3.14159265358979323846 * (double)(c->part / 2 + 1) *
                             ((double)ds / (double)DAY) / s->plan.season[c->source].period;
        sum += s->fit.beta[j] * (c->part % 2 ? cos(angle) : sin(angle)) *
               (c->multiplicative ? 1 : s->plan.y_scale);
    }
    return sum;
}

static void check_values(const sample *s, const char *name, size_t n, double tolerance) {
    const norni_plot_part *const p = panel(s, name);
    assert_int_equal(p->n, n);
    for (size_t i = 0; i < p->n; i++) {
        const double want = fourier(s, name, p->times[i]);
        if (!(fabs(p->y[i] - want) <= tolerance))
            fail_msg("%s, point %zu: %.17g, wanted %.17g", name, i, p->y[i], want);
    }
}

static void panels_as_prophet_orders_them(void **state) {
    sample *s = *state;
    static const char *const names[] = {
        "trend", "holidays", "weekly",    "yearly",
        "daily", "hot",      "quarterly", "extra_regressors_multiplicative"};
    make_fit(s);
    make_panels(s, (norni_prophet_panel_opt){.step = DAY});
    assert_int_equal(s->n_panel, sizeof names / sizeof names[0]);
    for (size_t k = 0; k < s->n_panel; k++)
        assert_true(norni_str_is(s->panel[k].name, names[k]));
    assert_true(panel(s, "hot")->percent && !panel(s, "weekly")->percent);
    assert_true(panel(s, "extra_regressors_multiplicative")->percent);
    assert_ptr_equal(panel(s, "trend")->times, s->ds);
    assert_null(panel(s, "trend")->lo);
}

static void values_are_the_fourier_sums(void **state) {
    sample *s = *state;
    make_fit(s);
    make_panels(s, (norni_prophet_panel_opt){.step = DAY});
    /* angles grow to 2 pi 17167 k: their rounding is 1e-11 of a turn at most */
    check_values(s, "weekly", 7, 1e-8);
    check_values(s, "yearly", 365, 1e-8);
    check_values(s, "quarterly", 200, 1e-8);
    check_values(s, "daily", 200, 1e-8);
    check_values(s, "hot", 7, 1e-8); /* its condition holds */
    make_panels(s, (norni_prophet_panel_opt){.step = DAY / 24});
    check_values(s, "weekly", 200, 1e-8);
    check_values(s, "yearly", 365, 1e-8);
}

static void times_and_spans(void **state) {
    sample *s = *state;
    const int64_t sunday = norni_days_from_civil(2017, 1, 1) * DAY;
    make_fit(s);
    make_panels(s, (norni_prophet_panel_opt){.step = DAY, .weekly_start = 1, .yearly_start = 31});
    assert_int_equal(panel(s, "weekly")->times[0], sunday + DAY);
    assert_int_equal(panel(s, "weekly")->times[6], sunday + 7 * DAY);
    assert_int_equal(panel(s, "yearly")->times[0], sunday + 31 * DAY);
    assert_int_equal(panel(s, "daily")->times[0], sunday);
    assert_true(panel(s, "daily")->times[199] == sunday + DAY);
    assert_true(llabs(panel(s, "quarterly")->times[199] - sunday - (int64_t)(91.3125 * 86400e6)) <
                2);
    assert_int_equal(panel(s, "weekly")->span, NORNI_SPAN_WEEK);
    assert_int_equal(panel(s, "hot")->span, NORNI_SPAN_WEEK);
    assert_int_equal(panel(s, "yearly")->span, NORNI_SPAN_YEAR);
    assert_int_equal(panel(s, "daily")->span, NORNI_SPAN_DAY);
    assert_int_equal(panel(s, "quarterly")->span, NORNI_SPAN_PERIOD);
    const int64_t odd[] = {5, 5, 9, 7, 7, 17};
    assert_int_equal(norni_prophet_least_step(odd, 6), 2);
    assert_int_equal(norni_prophet_least_step(odd, 2), 0);
    assert_int_equal(norni_prophet_least_step(odd, 0), 0);
}

/* Limits in the rows of seasonalities suit the model, whatever its scale. */
static void logistic_growth_of_both_scalings(void **state) {
    sample *s = *state;
    s->spec.growth = NORNI_PROPHET_LOGISTIC;
    for (int k = 0; k < 2; k++) {
        s->spec.minmax = k == 1;
        make_fit(s);
        make_panels(s, (norni_prophet_panel_opt){.step = DAY});
        check_values(s, "weekly", 7, 1e-8);
    }
    static double floor_at[N];
    for (size_t i = 0; i < N; i++)
        floor_at[i] = 5;
    s->rows.floor = floor_at;
    make_fit(s);
    make_panels(s, (norni_prophet_panel_opt){.step = DAY});
    check_values(s, "weekly", 7, 1e-8);
}

static void periods_beyond_all_calendars(void **state) {
    sample *s = *state;
    s->season[0].period = 1e12;
    s->season[2].period = 2e-4; /* told apart on the history, not over the other's period */
    make_fit(s);
    make_panels(s, (norni_prophet_panel_opt){.step = DAY});
    assert_int_equal(panel(s, "quarterly")->n, 200);
    assert_true(panel(s, "quarterly")->times[199] <= NORNI_TIME_MAX);
    for (size_t i = 0; i < 200; i++)
        assert_true(isfinite(panel(s, "daily")->y[i]));
    check_values(s, "quarterly", 200, 1e-9);
    check_values(s, "hot", 7, 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(panels_as_prophet_orders_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_are_the_fourier_sums, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_and_spans, set_up, tear_down),
        cmocka_unit_test_setup_teardown(logistic_growth_of_both_scalings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(periods_beyond_all_calendars, set_up, tear_down)};
    return cmocka_run_group_tests_name("prophet_panels", tests, NULL, NULL);
}
