/* Scores, standings and calibration by hand: what is averaged over what, and what is left out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/fp.h"
#include "cv_models.h"
#include "eval/metrics.h"
#include "eval/standing.h"

#define ROUGHLY(got, want) assert_true(fabs((got) - (want)) <= 1e-12 * (1 + fabs((double)(want))))

static void names(void **state) {
    (void)state;
    double v[2] = {80, 99.5};
    const norni_doubles levels = {2, v};
    char text[48];
    static const char *const want[] = {
        "smape", "mase",        "rmse",    "mae",      "mape",          "rmsse",     "pinball",
        "spl",   "coverage-80", "msis-80", "width-80", "coverage-99.5", "msis-99.5", "width-99.5"};
    assert_int_equal(norni_score_count(2), 14);
    for (size_t k = 0; k < 14; k++) {
        norni_score_name(k, &levels, text, sizeof text);
        assert_string_equal(text, want[k]);
    }
    norni_calibration_name(norni_calibration_line(1, NORNI_LEVEL_LINE_WIDTH), &levels, text,
                           sizeof text);
    assert_string_equal(text, "width-99.5");
}

static void scores_of_one_item(void **state) {
    (void)state;
    const double y[3] = {5, NORNI_NAN, 9}, mean[3] = {6, 1, 7}, lo[6] = {4, 0, 8, 3, 0, 6},
                 hi[6] = {8, 2, 10, 9, 9, 12};
    const double train[6] = {0, 0, 4, 4, 7, 5};
    double v[2] = {50, 90}, out[14];
    const norni_doubles levels = {2, v};
    const norni_score_scale s = norni_score_scale_of(train, 6, 2);
    ROUGHLY(s.mase, (4 + 4 + 3 + 1) / 4.0);
    ROUGHLY(s.rmsse, sqrt((0 + 9 + 4) / 3.0)); /* from the first demand on */
    ROUGHLY(s.spl, (0 + 3 + 2) / 3.0);
    norni_score_item(y, mean, lo, hi, 3, &levels, &s, out);
    ROUGHLY(out[NORNI_SCORE_MAE], 1.5);
    ROUGHLY(out[NORNI_SCORE_MASE], 0.5);
    ROUGHLY(out[norni_score_of_level(0, NORNI_LEVEL_COVERAGE)], 1);
    ROUGHLY(out[norni_score_of_level(0, NORNI_LEVEL_WIDTH)], (4 + 2) / 2.0 / 3);
    ROUGHLY(out[norni_score_of_level(1, NORNI_LEVEL_WIDTH)], (6 + 6) / 2.0 / 3);
    const double median = 0.5 * (0.5 + 1), low50 = 0.25 * (1 + 1) / 2, high50 = 0.25 * (3 + 1) / 2,
                 low90 = 0.05 * (2 + 3) / 2, high90 = 0.05 * (4 + 3) / 2;
    ROUGHLY(out[NORNI_SCORE_PINBALL], (median + low50 + high50 + low90 + high90) / 5);
    ROUGHLY(out[NORNI_SCORE_SPL], out[NORNI_SCORE_PINBALL] / s.spl);
    const double flat[4] = {3, 3, 3, 3};
    const norni_score_scale none = norni_score_scale_of(flat, 4, 1);
    norni_score_item(y, mean, lo, hi, 3, &levels, &none, out);
    assert_true(isnan(out[NORNI_SCORE_MASE]) && isnan(out[NORNI_SCORE_RMSSE]) &&
                isnan(out[norni_score_of_level(0, NORNI_LEVEL_WIDTH)]));
    ROUGHLY(out[NORNI_SCORE_MAE], 1.5);
}

enum { H = 2, SERIES = 3 };

/* Three series and three models: one serves all, one fails where there is little (and has no fallback),
 * one is the same as the first. OWA of the second is over the series that it served, against the
 * baseline on those alone. */
static void standings(void **state) {
    (void)state;
    norn_ctx *ctx;
    norni_panel panel;
    norni_arena arena;
    norni_cv cv;
    norni_scores s;
    norni_standing total[3];
    double level = 90, mean[3][SERIES][NORNI_SCORES + NORNI_LEVEL_SCORES];
    norni_series_standing of[3][SERIES];
    const size_t length[SERIES] = {60, 45, 30};
    const norni_contender who[3] = {
        {.model = &cv_plain}, {.model = &cv_short}, {.model = &cv_plain}};
    const norni_cv_plan plan = {.contenders = who,
                                .n_contenders = 3,
                                .rules = {.horizon = H, .levels = {1, &level}},
                                .splits = {.horizon = H, .n_windows = 3, .step = 2, .least = 2},
                                .refit = 1,
                                .max_attempts = 1,
                                .grain = 1};
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    cv_make_panel(&panel, ctx, length, SERIES);
    panel.y[59] = NORNI_NAN; /* the last value of the first series */
    norni_arena_init(&arena, &ctx->alloc);
    assert_int_equal(norni_cv_run(ctx, NULL, &panel, 0, SERIES, &plan, &arena, &cv, NULL), NORN_OK);
    assert_int_equal(norni_scores_make(ctx, NULL, &cv, &arena, &s, NULL), NORN_OK);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(norni_standing_init(&total[k], &arena, H, 1, NULL), NORN_OK);
        for (size_t i = 0; i < SERIES; i++) {
            of[k][i] = norni_standing_series(&s, i, k, 2, mean[k][i]);
            norni_standing_add(&total[k], &s, i, k, &of[k][i], mean[k][i]);
        }
    }
    /* cut-offs 39, 41, 43 of the second series: the first of them is too short for cv_short */
    assert_int_equal(of[1][1].n_failed, 1);
    assert_int_equal(of[1][1].n_folds, 2);
    assert_int_equal(of[1][2].n_folds, 0);
    assert_int_equal(total[1].n_series, 2);
    assert_int_equal(total[1].n_failed, 4);
    assert_int_equal(total[0].n_folds, 9);
    assert_true(isnan(mean[1][2][NORNI_SCORE_SMAPE]));
    ROUGHLY(norni_standing_owa(&total[0]), 1);
    ROUGHLY(norni_standing_owa(&total[1]), 1); /* where it serves it is the baseline's equal */
    ROUGHLY(norni_series_owa(&of[1][1]), 1);
    assert_true(norni_mean_get(&total[1].score[NORNI_SCORE_SMAPE]) !=
                norni_mean_get(&total[0].score[NORNI_SCORE_SMAPE]));
    double want = 0;
    for (size_t fold = 0; fold < 3; fold++) {
        const double *y = norni_panel_y(&panel, 1) + 39 + 2 * fold;
        const double f[2] = {y[-1], 0},
                     scale = norni_mase_scale(norni_panel_y(&panel, 1), 39 + 2 * fold, 12);
        double sum = 0;
        for (size_t t = 0; t < 39 + 2 * fold; t++)
            sum += norni_panel_y(&panel, 1)[t];
        want += (fabs(y[0] - f[0]) + fabs(y[1] - sum)) / 2 / scale / 3;
    }
    assert_true(fabs(mean[0][1][NORNI_SCORE_MASE] - want) < 1e-9 * want);
    /* along the horizon: the missing value is in no mean */
    const norni_calibration *c = &total[0].calibration;
    assert_int_equal(c->cell[NORNI_LINE_SMAPE * H + 0].n, 9);
    assert_int_equal(c->cell[NORNI_LINE_SMAPE * H + 1].n, 8);
    assert_int_equal(c->cell[norni_calibration_line(0, NORNI_LEVEL_LINE_COVERAGE) * H + 1].n, 8);
    double cover = 0;
    for (size_t i = 0; i < SERIES; i++) {
        for (size_t fold = 0; fold < 3; fold++) {
            const size_t item = i * 9 + fold;
            const double y = norni_cv_actual(&cv, item)[0];
            cover += (y >= cv.lo[item * H] && y <= cv.hi[item * H]) / 9.0;
        }
    }
    ROUGHLY(norni_calibration_at(c, norni_calibration_line(0, NORNI_LEVEL_LINE_COVERAGE), 0),
            cover);
    norni_cv_clear(&cv);
    norni_arena_clear(&arena);
    norni_panel_clear(&panel);
    norn_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(scores_of_one_item),
        cmocka_unit_test(standings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
