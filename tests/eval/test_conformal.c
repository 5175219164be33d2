/* Conformal intervals: ranks, calibration windows, own and pooled scores, and the promised coverage. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/fp.h"
#include "base/rng.h"
#include "cv_models.h"

static void ranks(void **state) {
    (void)state;
    assert_int_equal(norni_conformal_rank(19, 95), 19);
    assert_int_equal(norni_conformal_rank(18, 95), 0);
    assert_int_equal(norni_conformal_rank(4, 80), 4);
    assert_int_equal(norni_conformal_rank(3, 80), 0);
    assert_int_equal(norni_conformal_rank(99, 95), 95);
    assert_int_equal(norni_conformal_rank(100, 95), 96);
    assert_int_equal(norni_conformal_rank(1000, 50), 501);
    assert_int_equal(norni_conformal_rank(0, 50), 0);
    for (size_t n = 1; n < 2000; n++) { /* ceil((n+1) 95/100) in whole numbers */
        const size_t want = ((n + 1) * 95 + 99) / 100;
        assert_int_equal(norni_conformal_rank(n, 95), want <= n ? want : 0);
    }
}

static void calibration_windows(void **state) {
    (void)state;
    const norni_conformal five = {.windows = 5, .step = 0}, every = {.windows = 5, .step = 2};
    norni_splits s = norni_conformal_splits(&five, 200, 6);
    assert_int_equal(s.step, 6);
    assert_int_equal(norni_splits_count(&s, 200), 5);
    s = norni_conformal_splits(&five, 40, 6); /* the newer half holds the windows */
    assert_int_equal(norni_splits_count(&s, 40), 5);
    assert_int_equal(s.step, 3);
    assert_true(norni_splits_cutoff(&s, 40, 0) >= 20);
    s = norni_conformal_splits(&every, 40, 6);
    assert_int_equal(s.step, 2);
    s = norni_conformal_splits(&five, 13, 6);
    assert_int_equal(norni_splits_count(&s, 13), 1);
    s = norni_conformal_splits(&five, 10, 6); /* 4 periods to train on, and no more */
    assert_int_equal(norni_splits_count(&s, 10), 1);
    s = norni_conformal_splits(&five, 9, 6);
    assert_int_equal(norni_splits_count(&s, 9), 0);
}

enum { H = 2, N = 30 };

/* One series against its definition: |y - last| / mean |y_t - y_{t-m}| window by window. */
static void scores_by_hand(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_conformal_set set;
    const norni_conformal how = {.windows = 3, .step = 2};
    const norni_contender who = {.model = &cv_last};
    const norni_trial_rules rules = {.horizon = H};
    norni_env env = {.arena = &arena};
    double y[N];
    int32_t m = 4;
    for (size_t t = 0; t < N; t++)
        y[t] = (double)((t * t * 31) % 17);
    const norni_series s = {.n = N, .y = y, .n_season = 1, .season = &m, .horizon = H};
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_conformal_set_init(&set, &arena, &how, H, 2, NULL), NORN_OK);
    assert_int_equal(norni_conformal_calibrate(&set, 1, &env, &rules, &who, &s, true, NULL),
                     NORN_OK);
    for (size_t w = 0; w < 3; w++) {
        const size_t cutoff = N - H - 2 * (2 - w);
        double scale = 0;
        for (size_t t = 4; t < cutoff; t++)
            scale += fabs(y[t] - y[t - 4]);
        scale /= (double)(cutoff - 4);
        assert_true(fabs(set.score[(3 + w) * H] - fabs(y[cutoff] - y[cutoff - 1]) / scale) < 1e-12);
        assert_true(isnan(set.score[w * H]));
    }
    norni_arena_clear(&arena);
}

/* Sets whose scores are known: who is served by its own, who by the pool, who by none. */
static void own_or_pooled(void **state) {
    (void)state;
    enum { ITEMS = 21, W = 19 };
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_conformal_set set;
    const norni_conformal how = {.windows = W};
    double level[2] = {50, 95}, mean[ITEMS], lo[2 * ITEMS], hi[2 * ITEMS];
    const norni_doubles levels = {2, level};
    size_t list[ITEMS], n_without;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_conformal_set_init(&set, &arena, &how, 1, ITEMS, NULL), NORN_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        list[i] = i;
        mean[i] = 10;
        set.scale[i] = 2;
        set.score[i * W] = (double)i; /* one window each */
    }
    for (size_t w = 0; w < W; w++)
        set.score[20 * W + w] = 100 + (double)w; /* the last has all of its own */
    set.scale[3] = 0;                            /* never changes */
    assert_int_equal(
        norni_conformal_apply(&set, list, ITEMS, &levels, mean, lo, hi, &arena, &n_without, NULL),
        NORN_OK);
    assert_int_equal(n_without, 0);
    /* own: rank ceil(20 0.95) = 19 of 19, ceil(20 0.5) = 10 */
    assert_true(hi[2 * 20 + 1] == 10 + 2 * 118 && lo[2 * 20 + 1] == 10 - 2 * 118);
    assert_true(hi[2 * 20] == 10 + 2 * 109);
    /* pooled: 20 + 19 = 39 scores, rank ceil(40 0.95) = 38, ceil(40 0.5) = 20: 0..19, 100..118 */
    assert_true(hi[2 * 0 + 1] == 10 + 2 * 117 && hi[2 * 0] == 10 + 2 * 19);
    assert_true(hi[2 * 3] == 10 && lo[2 * 3 + 1] == 10);
    /* a pool of 18 cannot promise 95 %; it can 50 % */
    assert_int_equal(
        norni_conformal_apply(&set, list, 18, &levels, mean, lo, hi, &arena, &n_without, NULL),
        NORN_OK);
    assert_int_equal(n_without, 18);
    assert_true(isnan(lo[1]) && isnan(hi[1]) && hi[0] == 10 + 2 * 9);
    norni_arena_clear(&arena);
}

/* Series of one kind: the naive forecast's intervals cover what they promise. 500 series x 2 steps,
 * 95 %: standard error 0.7 % for independent hits; 3 of them, and no less than the promise minus that. */
static void coverage_is_kept(void **state) {
    (void)state;
    enum { SERIES = 500, LENGTH = 40 };
    norn_ctx *ctx;
    norni_panel panel;
    norni_arena arena;
    norni_cv cv;
    size_t length[SERIES];
    double level[2] = {80, 95};
    const norni_contender who = {.model = &cv_last};
    const norni_conformal how = {.windows = 4};
    const norni_cv_plan plan = {.contenders = &who,
                                .n_contenders = 1,
                                .rules = {.horizon = 1, .levels = {2, level}},
                                .splits = {.horizon = 1, .n_windows = 2, .step = 1, .least = 2},
                                .refit = 1,
                                .warm = true,
                                .conformal = &how,
                                .max_attempts = 1,
                                .grain = 8};
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    for (size_t i = 0; i < SERIES; i++)
        length[i] = LENGTH;
    cv_make_panel(&panel, ctx, length, SERIES);
    for (size_t i = 0; i < SERIES; i++) { /* random walks of heavy steps and unlike size */
        double *y = panel.y + panel.offsets[i], walk = 0;
        const norni_rng r = {5, i};
        for (size_t t = 0; t < LENGTH; t++) {
            const double u = norni_rng_uniform(r, t) - 0.5;
            walk += (double)(1 + i) * u * u * u;
            y[t] = walk;
        }
    }
    norni_arena_init(&arena, &ctx->alloc);
    assert_int_equal(norni_cv_run(ctx, NULL, &panel, 0, SERIES, &plan, &arena, &cv, NULL), NORN_OK);
    assert_int_equal(cv.n_without, 0);
    size_t inside[2] = {0, 0};
    for (size_t item = 0; item < cv.n_items; item++) {
        const double y = *norni_cv_actual(&cv, item);
        for (size_t l = 0; l < 2; l++)
            inside[l] += y >= cv.lo[item * 2 + l] && y <= cv.hi[item * 2 + l];
    }
    const double n = (double)cv.n_items;
    assert_true((double)inside[1] / n > 0.95 - 0.021 && (double)inside[1] / n < 0.95 + 0.021);
    assert_true((double)inside[0] / n > 0.80 - 0.038 && (double)inside[0] / n < 0.80 + 0.038);
    norni_cv_clear(&cv);
    norni_arena_clear(&arena);
    norni_panel_clear(&panel);
    norn_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks),
        cmocka_unit_test(calibration_windows),
        cmocka_unit_test(scores_by_hand),
        cmocka_unit_test(own_or_pooled),
        cmocka_unit_test(coverage_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
