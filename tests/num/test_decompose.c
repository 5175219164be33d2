/* Decomposition, autocorrelation, season test, line fit, extent: by construction, with gaps, at the
 * edges (R's numbers: tests/models/test_simple.c). */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <float.h>

#include "base/fp.h"
#include "num/decompose.h"
#include "num/extent.h"

enum { N = 61, M = 4 };
static const double pattern[M] = {-2, 1, 4, -3}; /* mean 0 */
#define ROUGHLY(got, want, tol) assert_true(fabs((got) - (want)) <= (tol))

static void season_comes_back(void **state) {
    (void)state;
    double y[N], z[N], figure[M], trend[N], scratch[N];
    for (size_t t = 0; t < N; t++) {
        y[t] = 10 + 0.5 * (double)t + pattern[t % M];
        z[t] = 7 * (1 + pattern[t % M] / 10);
    }
    assert_true(norni_decompose(y, N, M, false, figure, trend, scratch));
    for (size_t j = 0; j < M; j++)
        ROUGHLY(figure[j], pattern[j], 1e-12);
    for (size_t t = 0; t < N; t++) { /* 2 x 4 average: two ends at each side are unknown */
        if (t < 2 || t >= N - 2)
            assert_true(isnan(trend[t]));
        else
            ROUGHLY(trend[t], 10 + 0.5 * (double)t, 1e-12);
    }
    assert_true(norni_decompose(z, N, M, true, figure, NULL, scratch));
    for (size_t j = 0; j < M; j++)
        ROUGHLY(figure[j], 1 + pattern[j] / 10, 1e-12);
    assert_true(norni_decompose(y, N, 5, false, (double[5]){0}, trend, scratch)); /* odd order */
    assert_true(isnan(trend[1]) && !isnan(trend[2]));
}

static void gaps_are_left_out(void **state) {
    (void)state;
    double y[N], figure[M], scratch[N];
    for (size_t t = 0; t < N; t++)
        y[t] = 10 + 0.5 * (double)t + pattern[t % M];
    y[20] = y[21] = y[40] = NORNI_NAN;
    assert_true(norni_decompose(y, N, M, false, figure, NULL, scratch));
    for (size_t j = 0; j < M; j++)
        ROUGHLY(figure[j], pattern[j], 1e-12);
    for (size_t t = 2; t < N; t += M) /* a season never seen: nothing can be averaged over it */
        y[t] = NORNI_NAN;
    assert_false(norni_decompose(y, N, M, false, figure, NULL, scratch));
}

static void too_short(void **state) {
    (void)state;
    double y[8] = {1, 2, 3, 4, 1, 2, 3, 4}, figure[M], scratch[8];
    assert_false(norni_decompose(y, 7, M, false, figure, NULL, scratch));
    assert_true(norni_decompose(y, 8, M, false, figure, NULL, scratch));
    assert_false(norni_decompose(y, 8, 1, false, figure, NULL, scratch));
    assert_false(norni_season_test(y, 7, M, 1.645, scratch));
    assert_false(norni_season_test(y, 8, 1, 1.645, scratch));
}

static void acf_by_hand(void **state) {
    (void)state;
    const double y[5] = {1, 2, 3, 4, 5}; /* deviations -2..2, c0 = 10 */
    double r[4];
    norni_acf(y, 5, 4, r);
    ROUGHLY(r[0], 4.0 / 10, 1e-15);
    ROUGHLY(r[1], -1.0 / 10, 1e-15);
    ROUGHLY(r[3], -4.0 / 10, 1e-15);
    const double gap[5] = {1, 2, NORNI_NAN, 4, 5}; /* deviations -2 -1 . 1 2 */
    norni_acf(gap, 5, 3, r);
    ROUGHLY(r[0], (2 + 2) / 10.0, 1e-15);
    ROUGHLY(r[1], -1 / 10.0, 1e-15); /* the one pair two apart: -1 and 1 */
    const double same[4] = {3, 3, 3, 3};
    norni_acf(same, 4, 3, r);
    assert_true(r[0] == 0 && r[2] == 0);
}

static void season_test_decides(void **state) {
    (void)state;
    double y[48], scratch[12];
    for (size_t t = 0; t < 48; t++)
        y[t] = t % 12 == 3 ? 9 : 1 + 0.01 * (double)(t * t % 7);
    assert_true(norni_season_test(y, 48, 12, 1.645, scratch));
    assert_false(norni_season_test(y, 48, 12, 1e6, scratch));
    for (size_t t = 0; t < 48; t++)
        y[t] = (double)(t * t * 31 % 17);
    assert_false(norni_season_test(y, 48, 12, 3, scratch));
}

static void line(void **state) {
    (void)state;
    double level, slope;
    const double y[5] = {NORNI_NAN, 7, 9, NORNI_NAN, 13};
    norni_line_fit(y, 5, &level, &slope);
    ROUGHLY(level, 3, 1e-12);
    ROUGHLY(slope, 2, 1e-12);
    const double one[2] = {4, NORNI_NAN};
    norni_line_fit(one, 2, &level, &slope);
    assert_true(level == 4 && slope == 0);
}

static void extent(void **state) {
    (void)state;
    const double y[6] = {NORNI_NAN, 3, -8, NORNI_NAN, 5, NORNI_NAN};
    norni_extent e = norni_extent_of(y, 6);
    assert_true(e.n_seen == 3 && e.first == 1 && e.last == 4 && e.least == -8 && e.exponent == 0);
    const double none[2] = {NORNI_NAN, NORNI_NAN}, wide[2] = {NORNI_INF, 1},
                 big[2] = {1e300, -DBL_MAX}, small[2] = {4.9e-324, 1e-300};
    e = norni_extent_of(none, 2);
    assert_true(e.n_seen == 0 && e.first == 2 && e.exponent == 0);
    assert_true(norni_extent_of(wide, 2).infinite);
    double out[2];
    e = norni_extent_of(big, 2);
    norni_rescale(big, 2, e.exponent, out);
    assert_true(fabs(out[1]) >= 0.5 && fabs(out[1]) < 1 && ldexp(out[0], e.exponent) == big[0]);
    e = norni_extent_of(small, 2);
    norni_rescale(small, 2, e.exponent, out);
    assert_true(out[1] >= 0.5 && out[1] < 1 && ldexp(out[0], e.exponent) == small[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(season_comes_back),
        cmocka_unit_test(gaps_are_left_out),
        cmocka_unit_test(too_short),
        cmocka_unit_test(acf_by_hand),
        cmocka_unit_test(season_test_decides),
        cmocka_unit_test(line),
        cmocka_unit_test(extent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
