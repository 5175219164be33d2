/* Accuracy measures and interval ends against values worked by hand and R's quantiles. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "eval/levels.h"
#include "eval/metrics.h"

#define ROUGHLY(got, want) assert_true(fabs((got) - (want)) <= 1e-12 * (1 + fabs((double)(want))))

static void point_measures(void **state) {
    (void)state;
    const double y[4] = {100, 0, -50, NORNI_NAN}, f[4] = {110, 0, -40, 7};
    ROUGHLY(norni_smape(y, f, 4), (200.0 * 10 / 210 + 0 + 200.0 * 10 / 90) / 3);
    ROUGHLY(norni_mae(y, f, 4), 20.0 / 3);
    ROUGHLY(norni_rmse(y, f, 4), sqrt(200.0 / 3));
    ROUGHLY(norni_mape(y, f, 4), (10.0 + 20.0) / 2); /* the zero is left out */
    ROUGHLY(norni_mase(y, f, 4, 4), 20.0 / 12);
    assert_true(isnan(norni_mase(y, f, 4, 0)));
    const double sign_y[1] = {5}, sign_f[1] = {-5};
    ROUGHLY(norni_smape(sign_y, sign_f, 1), 200);
}

static void missing_forecasts_never_help(void **state) {
    (void)state;
    const double y[2] = {1, 2}, f[2] = {1, NORNI_NAN}, lo[2] = {0, NORNI_NAN}, hi[2] = {2, 9};
    assert_true(isnan(norni_smape(y, f, 2)));
    assert_true(isnan(norni_mae(y, f, 2)));
    assert_true(isnan(norni_rmse(y, f, 2)));
    assert_true(isnan(norni_mape(y, f, 2)));
    assert_true(isnan(norni_pinball(y, f, 2, 0.5)));
    assert_true(isnan(norni_coverage(y, lo, hi, 2)));
    assert_true(isnan(norni_msis(y, lo, hi, 2, 95, 1)));
    const double none[2] = {NORNI_NAN, NORNI_NAN};
    assert_true(isnan(norni_smape(none, y, 2)) && isnan(norni_coverage(none, lo, hi, 2)));
}

static void scales(void **state) {
    (void)state;
    const double y[6] = {1, 2, 4, NORNI_NAN, 8, 3};
    ROUGHLY(norni_mase_scale(y, 6, 1), (1 + 2 + 5) / 3.0);
    ROUGHLY(norni_mase_scale(y, 6, 2), (3 + 4) / 2.0);
    assert_true(isnan(norni_mase_scale(y, 6, 6)));
    ROUGHLY(norni_owa(10, 2, 20, 2), 0.75);
}

static void interval_measures(void **state) {
    (void)state;
    const double y[3] = {5, 12, -2}, lo[3] = {0, 0, 0}, hi[3] = {10, 10, 10};
    ROUGHLY(norni_coverage(y, lo, hi, 3), 1.0 / 3);
    /* M4: width 10, penalty 2/0.05 = 40 times the two misses of 2 */
    ROUGHLY(norni_msis(y, lo, hi, 3, 95, 2), (30 + 40 * 2 + 40 * 2) / 3.0 / 2);
    const double q[3] = {4, 14, -2};
    ROUGHLY(norni_pinball(y, q, 3, 0.9), (0.9 * 1 + 0.1 * 2 + 0) / 3);
}

static void any_size(void **state) {
    (void)state;
    const double y[2] = {1e300, -1e300}, f[2] = {9e299, -9e299}, tiny[2] = {1e-300, 2e-300},
                 g[2] = {2e-300, 1e-300};
    ROUGHLY(norni_rmse(y, f, 2) / 1e299, 1);
    ROUGHLY(norni_rmse(tiny, g, 2) * 1e300, 1);
    const double top[1] = {1.7e308}, low[1] = {-1.7e308};
    ROUGHLY(norni_smape(top, low, 1), 200);
}

/* R 4.2.2: quantile(c(3,1,4,1,5,9,2,6,5,3,5), c(.025,.1,.5,.9,.975), type = 8) */
static void levels_of_paths(void **state) {
    (void)state;
    double paths[22] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    double mean[2] = {0, 0}, lo[2], hi[2];
    norni_dist d = {
        .kind = NORNI_DIST_PATHS, .horizon = 2, .mean = mean, .paths = paths, .n_paths = 11};
    norni_levels(&d, 80, lo, hi);
    ROUGHLY(lo[0], 1);
    ROUGHLY(hi[0], 7.6);
    assert_true(lo[1] == 7 && hi[1] == 7);
    norni_levels(&d, 95, lo, hi);
    ROUGHLY(lo[0], 1);
    ROUGHLY(hi[0], 9);
}

static void levels_of_normals(void **state) {
    (void)state;
    double mean[2] = {10, -3}, sd[2] = {2, 0}, lo[2], hi[2];
    norni_dist d = {.kind = NORNI_DIST_NORMAL, .horizon = 2, .mean = mean, .sd = sd};
    norni_levels(&d, 95, lo, hi);
    ROUGHLY(hi[0], 10 + 2 * 1.959963984540054);
    ROUGHLY(lo[0], 10 - 2 * 1.959963984540054);
    assert_true(lo[1] == -3 && hi[1] == -3);
    d.kind = NORNI_DIST_POINT;
    norni_levels(&d, 95, lo, hi);
    assert_true(isnan(lo[0]) && isnan(hi[1]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(point_measures),
        cmocka_unit_test(missing_forecasts_never_help),
        cmocka_unit_test(scales),
        cmocka_unit_test(interval_measures),
        cmocka_unit_test(any_size),
        cmocka_unit_test(levels_of_paths),
        cmocka_unit_test(levels_of_normals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
