/* A target's measures worked by hand, and the cover of intervals made of errors step by step. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "eval/step_band.h"
#include "eval/step_scores.h"

#define ROUGHLY(got, want) assert_true(fabs((got) - (want)) <= 1e-12 * (1 + fabs((double)(want))))

static void worked_by_hand(void **state) {
    (void)state;
    const double y[4] = {10, NORNI_NAN, 20, 30}, f[4] = {12, 1, 20, 26};
    double s[NORNI_STEP_SCORES];
    assert_int_equal(norni_step_scores(y, f, 4, 2, s), 3);
    ROUGHLY(s[NORNI_STEP_MSE], 20.0 / 3);
    ROUGHLY(s[NORNI_STEP_MAE], 2);
    ROUGHLY(s[NORNI_STEP_RMSE], sqrt(20.0 / 3));
    ROUGHLY(s[NORNI_STEP_RMAE], sqrt(2.0));
    ROUGHLY(s[NORNI_STEP_R2], 1 - 20.0 / 200);
    ROUGHLY(s[NORNI_STEP_MAPE], (20 + 0 + 400.0 / 30) / 3);
    ROUGHLY(s[NORNI_STEP_ACCURACY], 100 - (20 + 0 + 400.0 / 30) / 3);
    ROUGHLY(s[NORNI_STEP_MAX_ERROR], 4);
    ROUGHLY(s[NORNI_STEP_SCALED_MSE], 5.0 / 3);
    ROUGHLY(s[NORNI_STEP_SCALED_MAE], 1);
}

static void edges(void **state) {
    (void)state;
    const double y[2] = {5, 5}, f[2] = {50, 5}, gap[2] = {5, NORNI_NAN},
                 none[2] = {NORNI_NAN, NORNI_NAN};
    double s[NORNI_STEP_SCORES];
    assert_int_equal(norni_step_scores(y, f, 2, 0, s), 2);
    assert_true(isnan(s[NORNI_STEP_R2]) && isnan(s[NORNI_STEP_SCALED_MSE]));
    assert_true(s[NORNI_STEP_ACCURACY] == 0); /* 450 % off on average is no negative accuracy */
    assert_int_equal(norni_step_scores(y, gap, 2, 1, s), 2);
    for (int i = 0; i < NORNI_STEP_SCORES; i++)
        assert_true(isnan(s[i]));
    assert_int_equal(norni_step_scores(none, f, 2, 1, s), 0);
    assert_true(isnan(s[NORNI_STEP_MAE]));
}

/* Actuals that stand still have no R2, though their mean is a rounding off; the least real move has one. */
static void actuals_that_stand_still(void **state) {
    (void)state;
    double y[21], f[21], s[NORNI_STEP_SCORES];
    for (int size = 0; size < 3; size++) {
        for (size_t i = 0; i < 21; i++) {
            y[i] = size == 0 ? 0.11066 : size == 1 ? -1234.567 : 3.3e-9;
            f[i] = 1.01 * y[i];
        }
        assert_int_equal(norni_step_scores(y, f, 21, 1, s), 21);
        assert_true(isnan(s[NORNI_STEP_R2]));
        assert_true(fabs(s[NORNI_STEP_MAPE] - 1) < 1e-9 && s[NORNI_STEP_ACCURACY] > 98.99);
        y[7] *= 1 + 1e-9;
        assert_int_equal(norni_step_scores(y, f, 21, 1, s), 21);
        assert_true(s[NORNI_STEP_R2] < 0);
    }
}

/* 99 errors: the 80th covers 80 %, the 95th 95 %; 5 alone: the pool of 7 steps does, scaled by step. */
static void ranks_and_pools(void **state) {
    (void)state;
    enum { N = 99, H = 7 };
    double miss[N * H], v[2] = {80, 95}, half[2 * H];
    const norni_doubles levels = {2, v};
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    size_t without;
    norni_arena_init(&arena, &alloc);
    for (size_t i = 0; i < N; i++) {
        for (size_t h = 0; h < H; h++)
            miss[i * H + h] = (double)((i * 37) % N + 1) * (double)(h + 1);
    }
    assert_int_equal(norni_step_band(&arena, miss, N, H, &levels, half, &without, NULL), NORN_OK);
    assert_int_equal(without, 0);
    for (size_t h = 0; h < H; h++) {
        ROUGHLY(half[h], 80.0 * (double)(h + 1));
        ROUGHLY(half[H + h], 95.0 * (double)(h + 1));
    }
    assert_int_equal(norni_step_band(&arena, miss, 5, H, &levels, half, &without, NULL), NORN_OK);
    assert_int_equal(without, 0);
    ROUGHLY(half[6] / half[0], 7);
    assert_true(half[H] > half[0]);
    assert_int_equal(norni_step_band(&arena, miss, 2, H, &levels, half, &without, NULL), NORN_OK);
    assert_int_equal(without, H); /* 14 errors say nothing about 95 % */
    assert_true(isfinite(half[0]) && isnan(half[H]));
    assert_int_equal(norni_step_band(&arena, miss, 0, H, &levels, half, &without, NULL), NORN_OK);
    assert_int_equal(without, H);
    norni_arena_clear(&arena);
}

/* Of 4,000 trials of 24 earlier errors each, 80 % and 95 % must be covered: 20/25 and 24/25 exactly. */
static void covers_as_often_as_it_says(void **state) {
    (void)state;
    enum { N = 24, TRIALS = 4000 };
    double miss[N], v[2] = {80, 95}, half[2];
    const norni_doubles levels = {2, v};
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    size_t without, inside[2] = {0, 0};
    norni_arena_init(&arena, &alloc);
    for (uint64_t t = 0; t < TRIALS; t++) {
        const norni_rng rng = {3, t};
        for (size_t i = 0; i < N; i++)
            miss[i] = fabs(norni_rng_normal(rng, i));
        assert_int_equal(norni_step_band(&arena, miss, N, 1, &levels, half, &without, NULL),
                         NORN_OK);
        const double next = fabs(norni_rng_normal(rng, N));
        inside[0] += next <= half[0];
        inside[1] += next <= half[1];
    }
    /* three standard deviations of a share of 4,000 */
    assert_true(fabs((double)inside[0] / TRIALS - 0.80) < 0.019);
    assert_true(fabs((double)inside[1] / TRIALS - 0.96) < 0.0093);
    norni_arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(worked_by_hand), cmocka_unit_test(edges),
                                       cmocka_unit_test(actuals_that_stand_still),
                                       cmocka_unit_test(ranks_and_pools),
                                       cmocka_unit_test(covers_as_often_as_it_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
