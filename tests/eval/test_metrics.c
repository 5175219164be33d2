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

/* tests/oracle/make_metrics.py: numpy 2.4 from the competitions' definitions, utilsforecast agreeing
 * to the last digit on those it has. */
static void competitions_numbers(void **state) {
    (void)state;
    static const double y[48] = {
        48.505, 57.99, 50.895, 39.81, 56.305, 65.79, 47.695, 47.61, 64.105, 62.59, 55.495, 44.41,
        60.905, 70.39, 52.295, 52.21, 68.705, 67.19, 60.095, 60.01, 65.505, 74.99, 56.895, 56.81,
        73.305, 71.79, 64.695, 64.61, 70.105, 79.59, 72.495, 61.41, 77.905, 76.39, 69.295, 69.21,
        74.705, 84.19, 77.095, 66.01, 82.505, 91.99, 73.895, 73.81, 79.305, 88.79, 81.695, 70.61};
    static const double f[8] = {78.005, 89.74, 73.895, 76.06, 83.805, 85.79, 80.945, 72.11};
    static const double lo[8] = {75.005, 86.34, 70.095, 71.86, 79.205, 80.79, 75.545, 66.31};
    static const double hi[8] = {81.505, 93.64, 78.195, 80.76, 88.905, 91.29, 86.845, 78.41};
    const double scale = norni_mase_scale(y, 40, 4), *after = y + 40;
    ROUGHLY(norni_smape(after, f, 8), 2.8830999159646633);
    ROUGHLY(norni_mase(after, f, 8, scale), 0.40721525096525096);
    ROUGHLY(norni_mape(after, f, 8), 2.8804935631550066);
    ROUGHLY(norni_rmse(after, f, 8), 2.7936870798283762);
    ROUGHLY(norni_msis(after, lo, hi, 8, 95, scale), 2.4845559845559846);
    ROUGHLY(norni_coverage(after, lo, hi, 8), 0.875);
    ROUGHLY(norni_pinball(after, hi, 8, 0.9), 0.58687499999999992);
}

static void m5_numbers(void **state) {
    (void)state;
    static const double y[20] = {0, 0, 0, 0, 2, 0, 0, 1, 0, 3, 0, 0, 0, 1, 1, 0, 5, 0, 0, 2};
    static const double after[4] = {0, 1, 0, 4}, f[4] = {0.7, 0.9, 0.8, 0.6};
    static const double p[9] = {0.005, 0.025, 0.165, 0.25, 0.5, 0.75, 0.835, 0.975, 0.995};
    static const double base[9] = {0, 0, 0, 0, 0, 1.25, 2, 4.25, 4.85};
    double q[36];
    for (int k = 0; k < 36; k++)
        q[k] = base[k / 4] + 0.01 * (k % 4);
    const size_t first = norni_first_demand(y, 20);
    assert_true(first == 4);
    const double rmsse = norni_rmsse(after, f, 4, norni_rmsse_scale(y + first, 20 - first));
    const double spl =
        norni_scaled_pinball(after, q, 4, p, 9, norni_mase_scale(y + first, 20 - first, 1));
    ROUGHLY(rmsse, 0.7715649681005482);
    ROUGHLY(spl, 0.17972222222222223);
    const double x[3] = {rmsse, spl, 2}, w[3] = {0.2, 0.5, 0.3}, none[3] = {0, 0.5, 0};
    ROUGHLY(norni_weighted_mean(x, w, 3), 0.84417410473122079);
    ROUGHLY(norni_weighted_mean(x, none, 3), spl);
    const double gone[2] = {NORNI_NAN, 1}, half[2] = {0.5, 0.5}, rest[2] = {0, 1};
    assert_true(isnan(norni_weighted_mean(gone, half, 2)));
    ROUGHLY(norni_weighted_mean(gone, rest, 2), 1);
    const double zeros[3] = {0, NORNI_NAN, 0}, huge[3] = {1e300, -1e300, 1e300};
    assert_true(norni_first_demand(zeros, 3) == 3);
    assert_true(isnan(norni_rmsse_scale(zeros, 3)) && isnan(norni_rmsse_scale(huge, 1)));
    ROUGHLY(norni_rmsse_scale(huge, 3) / 1e300, 2);
    assert_true(isnan(norni_rmsse(after, f, 4, 0)));
    assert_true(isnan(norni_scaled_pinball(after, q, 4, p, 9, 0)));
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
        cmocka_unit_test(competitions_numbers),
        cmocka_unit_test(m5_numbers),
        cmocka_unit_test(levels_of_paths),
        cmocka_unit_test(levels_of_normals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
