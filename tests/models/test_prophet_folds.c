/* Prophet's plans of a part of the history, and how often a plan of many rows asks whether to stop. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data/calendar.h"
#include "models/prophet/prophet_plan.h"
#include "shared_arena.h"

enum { ROWS = 100, HALF = 50, MANY = 200000 };

static int64_t ds[MANY];
static double y[MANY], still[ROWS], moving[ROWS];

static void fill(size_t n, int64_t step) {
    for (size_t i = 0; i < n; i++) {
        ds[i] = INT64_C(16134) * NORNI_US_DAY + (int64_t)i * step;
        y[i] = (double)(i * 37 % 11);
    }
}

static norni_prophet_spec plain(void) {
    return (norni_prophet_spec){.n_changepoints = 5,
                                .changepoint_range = 0.8,
                                .seasonality_prior = 10,
                                .holidays_prior = 10,
                                .changepoint_prior = 0.05};
}

/* Where a regressor does not vary up to a cut-off the fold knows nothing of it: its column is nought.
 * Those that vary have the fold's own scale. */
static void a_constant_is_centred(void **state) {
    (void)state;
    const norni_str name[2] = {norni_str_of("still"), norni_str_of("moving")};
    const double *columns[2] = {still, moving};
    const norni_prophet_regressor regressor[2] = {{name[0], 10, -1, false, 0, 1},
                                                  {name[1], 10, -1, false, 0, 0}};
    norni_prophet_spec spec = plain();
    norni_prophet_rows rows = {.n = ROWS, .ds = ds, .y = y, .n_x = 2, .x_name = name, .x = columns};
    norni_prophet_plan whole, fold;
    norni_prophet_design whole_design, design;
    fill(ROWS, NORNI_US_DAY);
    for (size_t i = 0; i < ROWS; i++) {
        still[i] = i < HALF ? 100 : 100 + (double)(i % 9);
        moving[i] = 50 + (double)(i * i % 13);
    }
    spec.n_regressor = 2, spec.regressor = regressor;
    assert_int_equal(
        norni_prophet_plan_make(&arena, NULL, &spec, &rows, &whole, &whole_design, NULL, NULL),
        NORN_OK);
    rows.n = HALF;
    assert_int_equal(norni_prophet_plan_within(&arena, NULL, &spec, &rows, &whole, &whole_design,
                                               &fold, &design, NULL),
                     NORN_OK);
    const norni_prophet_regressor *a = whole.regressor, *b = fold.regressor;
    assert_true(a[0].mu > 100 && a[0].sd > 1 && b[0].mu == 100 && b[0].sd == 1);
    assert_true(b[1].mu != a[1].mu && b[1].mu > 40 && b[1].sd != a[1].sd);
    for (size_t i = 0; i < HALF; i++)
        assert_true(design.x[fold.n_column - 2][i] == 0);
    assert_int_equal(
        norni_prophet_plan_make(&arena, NULL, &spec, &rows, &fold, &design, NULL, NULL), NORN_OK);
    assert_true(fold.regressor[0].mu == 0 && fold.regressor[0].sd == 1); /* alone: as it is */
}

static bool count(void *user) {
    ++*(int *)user;
    return false;
}

/* Holidays' columns are set to nought in parts. */
static void many_rows_are_polled(void **state) {
    (void)state;
    int polls = 0;
    const norni_poll poll = {count, &polls};
    const norni_prophet_rows rows = {.n = MANY, .ds = ds, .y = y};
    norni_prophet_spec spec = plain();
    norni_prophet_plan plan;
    norni_prophet_design design;
    fill(MANY, 60000000);
    spec.country = norni_str_of("US");
    assert_int_equal(
        norni_prophet_plan_make(&arena, &poll, &spec, &rows, &plan, &design, NULL, NULL), NORN_OK);
    assert_true(plan.n_column >= 2 && polls >= (int)plan.n_column * (MANY / 40000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_constant_is_centred, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_rows_are_polled, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
