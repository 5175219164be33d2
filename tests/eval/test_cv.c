/* Cross-validation: cut-offs, what each fold may know, warm starts, refits, fallbacks, workers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/fp.h"
#include "cv_models.h"

enum { H = 3 };

static void cut_offs(void **state) {
    (void)state;
    norni_splits s = {.horizon = 3, .n_windows = 4, .step = 2, .sliding = 0, .least = 2};
    assert_int_equal(norni_splits_need(&s, 1), 5);
    assert_int_equal(norni_splits_need(&s, 4), 11);
    assert_int_equal(norni_splits_count(&s, 4), 0);
    assert_int_equal(norni_splits_count(&s, 5), 1);
    assert_int_equal(norni_splits_count(&s, 6), 1);
    assert_int_equal(norni_splits_count(&s, 10), 3);
    assert_int_equal(norni_splits_count(&s, 11), 4);
    assert_int_equal(norni_splits_count(&s, 1000), 4);
    assert_int_equal(norni_splits_cutoff(&s, 11, 0), 2);
    assert_int_equal(norni_splits_cutoff(&s, 11, 3), 8);
    assert_int_equal(norni_splits_cutoff(&s, 10, 0), 3); /* the oldest of four is left out */
    assert_int_equal(norni_splits_begin(&s, 8), 0);
    s.sliding = 5;
    assert_int_equal(norni_splits_begin(&s, 8), 3);
    assert_int_equal(norni_splits_begin(&s, 4), 0);
    s.step = SIZE_MAX / 2;
    assert_true(norni_splits_need(&s, 4) == SIZE_MAX);
    assert_int_equal(norni_splits_count(&s, 1000), 1);
}

typedef struct fixture {
    norn_ctx *ctx;
    norni_panel panel;
    norni_arena arena;
    norni_contender who[4], fallback;
    norni_cv_plan plan;
    norni_cv cv;
    norn_err err;
    double level[2];
} fixture;

static void set_up(fixture *f, int32_t threads, const size_t *length, size_t n_series) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    memset(f, 0, sizeof *f);
    opt.n_threads = threads;
    assert_int_equal(norn_ctx_new(&opt, &f->ctx, NULL), NORN_OK);
    cv_make_panel(&f->panel, f->ctx, length, n_series);
    norni_arena_init(&f->arena, &f->ctx->alloc);
    f->level[0] = 50;
    f->level[1] = 90;
    f->plan = (norni_cv_plan){
        .contenders = f->who,
        .n_contenders = 1,
        .rules = {.horizon = H, .levels = {2, f->level}},
        .splits = {.horizon = H, .n_windows = 4, .step = 5, .least = 2},
        .refit = 1,
        .warm = true,
        .max_attempts = 2,
        .grain = 1,
    };
}

static void run(fixture *f) {
    assert_int_equal(norni_cv_run(f->ctx, NULL, &f->panel, 0, f->panel.n_series, &f->plan,
                                  &f->arena, &f->cv, &f->err),
                     NORN_OK);
}

static void tear_down(fixture *f) {
    norni_cv_clear(&f->cv);
    norni_arena_clear(&f->arena);
    norni_panel_clear(&f->panel);
    norn_ctx_free(f->ctx);
}

static double first_step(const fixture *f, size_t series, size_t who, size_t fold) {
    const size_t item = (series * f->plan.n_contenders + who) * f->cv.n_folds + fold;
    return f->cv.mean[item * H];
}

static void folds_see_their_training_set(void **state) {
    (void)state;
    fixture f;
    const size_t length[] = {30, 9, 4};
    set_up(&f, 2, length, 3);
    f.who[0].model = &cv_last;
    f.plan.describe = true;
    run(&f);
    assert_int_equal(f.cv.n_folds, 4);
    const double *y = norni_panel_y(&f.panel, 0);
    for (size_t k = 0; k < 4; k++) {
        const size_t cutoff = 27 - 5 * (3 - k);
        const norni_cv_place p = norni_cv_place_of(&f.cv, k);
        assert_true(p.present && p.served && p.cutoff == cutoff && p.begin == 0);
        assert_true(first_step(&f, 0, 0, k) == y[cutoff - 1]);
        assert_ptr_equal(norni_cv_actual(&f.cv, k), y + cutoff);
        assert_true(f.cv.hi[(k * 2 + 1) * H] > f.cv.hi[k * 2 * H]);
    }
    assert_string_equal(f.cv.described[0], "n=12");
    /* 9 periods afford one window; 4 afford none, and say what is needed */
    assert_int_equal(norni_cv_folds(&f.plan, &f.panel, 1), 1);
    assert_int_equal(f.cv.outcome[4].attempts, 0);
    assert_true(isnan(f.cv.mean[4 * H]));
    assert_int_equal(f.cv.outcome[7].attempts, 1);
    assert_true(first_step(&f, 1, 0, 3) == norni_panel_y(&f.panel, 1)[5]);
    assert_int_equal(f.cv.outcome[11].status, NORN_E_DATA);
    assert_string_equal(f.cv.outcome[11].message,
                        "the series has 4 periods; one window needs 5 (horizon 3 behind a training "
                        "set of 2)");
    assert_int_equal(f.cv.n_present, 6);
    assert_int_equal(f.cv.n_ok, 5);
    assert_int_equal(f.cv.n_failed, 1);
    tear_down(&f);
}

static void sliding_windows(void **state) {
    (void)state;
    fixture f;
    const size_t length[] = {30};
    set_up(&f, 1, length, 1);
    f.who[0].model = &cv_tell;
    f.plan.splits.sliding = 13;
    f.plan.warm = false;
    run(&f);
    const double want[] = {12, 13, 13, 13};
    for (size_t k = 0; k < 4; k++)
        assert_true(first_step(&f, 0, 0, k) == 1e6 * want[k]);
    tear_down(&f);
}

/* Fits at later folds start from the oldest fold, never from a neighbour, at any number of workers. */
static void warm_starts_come_from_the_oldest(void **state) {
    (void)state;
    for (int32_t threads = 1; threads < 4; threads += 2) {
        fixture f;
        const size_t length[] = {30, 15};
        set_up(&f, threads, length, 2);
        f.who[0].model = &cv_tell;
        f.who[1].model = &cv_plain;
        f.plan.n_contenders = 2;
        run(&f);
        assert_true(first_step(&f, 0, 0, 0) == 12e6);
        for (size_t k = 1; k < 4; k++)
            assert_true(first_step(&f, 0, 0, k) == 1e6 * (12 + 5 * (double)k) + 12);
        assert_true(first_step(&f, 1, 0, 1) == 2e6); /* of three folds, the oldest */
        assert_true(first_step(&f, 1, 0, 2) == 7e6 + 2);
        assert_true(first_step(&f, 1, 0, 3) == 12e6 + 2);
        tear_down(&f);
    }
}

static void folds_between_refits_move_on(void **state) {
    (void)state;
    static const double want[3][4] = {
        {12e6, 12e6 + 5e3, 12e6 + 10e3, 12e6 + 15e3},   /* refit 0 */
        {12e6, 12e6 + 5e3, 22e6 + 12, 22e6 + 5e3 + 12}, /* refit 2 */
        {12e6, 12e6 + 5e3, 12e6 + 10e3, 27e6 + 12},     /* refit 3 */
    };
    static const size_t refit[3] = {0, 2, 3};
    for (int c = 0; c < 3; c++) {
        fixture f;
        const size_t length[] = {30};
        set_up(&f, 3, length, 1);
        f.who[0].model = &cv_tell;
        f.plan.refit = refit[c];
        f.plan.splits.sliding = c == 0 ? 4 : 0; /* what is moved on over does not depend on it */
        run(&f);
        for (size_t k = 0; k < 4; k++) {
            const double fit = c == 0 ? want[c][k] - 8e6 : want[c][k];
            assert_true(first_step(&f, 0, 0, k) == fit);
        }
        tear_down(&f);
    }
    fixture f;
    const size_t length[] = {30};
    set_up(&f, 1, length, 1);
    f.who[0].model = &cv_peek; /* saves, but cannot be moved on */
    f.plan.refit = 2;
    assert_int_equal(norni_cv_check(&f.plan, &f.err), NORN_E_ARG);
    f.plan.refit = 1;
    assert_int_equal(norni_cv_check(&f.plan, &f.err), NORN_OK);
    f.who[0].model = &cv_tell;
    f.plan.refit = 0;
    assert_int_equal(norni_cv_check(&f.plan, &f.err), NORN_OK);
    tear_down(&f);
}

static void moving_on_gives_what_a_fit_gives(void **state) {
    (void)state;
    fixture f, g;
    const size_t length[] = {30, 22};
    set_up(&f, 1, length, 2);
    set_up(&g, 1, length, 2);
    f.who[0].model = g.who[0].model = &cv_last;
    g.plan.refit = 0;
    run(&f);
    run(&g);
    for (size_t k = 0; k < f.cv.n_items * H; k++)
        assert_true(f.cv.mean[k] == g.cv.mean[k] || (isnan(f.cv.mean[k]) && isnan(g.cv.mean[k])));
    tear_down(&f);
    tear_down(&g);
}

static void failures_are_served(void **state) {
    (void)state;
    fixture f;
    const size_t length[] = {50};
    set_up(&f, 2, length, 1);
    f.who[0].model = &cv_short;
    f.fallback.model = &cv_last;
    f.plan.splits.n_windows = 3; /* cut-offs 37, 42, 47 */
    f.plan.fallback = &f.fallback;
    run(&f);
    assert_true(f.cv.outcome[0].fallback && f.cv.outcome[0].attempts == 3);
    assert_string_equal(f.cv.outcome[0].message, "test: 37 periods are too few");
    assert_ptr_equal(norni_cv_served(&f.cv, 0), &f.fallback);
    assert_ptr_equal(norni_cv_served(&f.cv, 1), &f.who[0]);
    assert_true(first_step(&f, 0, 0, 0) == norni_panel_y(&f.panel, 0)[36]);
    assert_int_equal(f.cv.n_fallback, 1);
    norni_cv_clear(&f.cv);
    f.plan.fallback = NULL;
    run(&f);
    assert_int_equal(f.cv.outcome[0].status, NORN_E_NUMERIC);
    assert_true(isnan(first_step(&f, 0, 0, 0)) && isnan(f.cv.lo[0]));
    assert_null(norni_cv_served(&f.cv, 0));
    assert_int_equal(f.cv.n_failed, 1);
    tear_down(&f);
}

/* Whether changing every value behind `cutoff` of series 0 leaves the folds up to it as they are, bit
 * by bit. A fold at that cut-off is among them. */
static bool blind_to_the_future(const norni_model *model, const norni_conformal *conformal,
                                size_t refit) {
    bool same = true;
    const size_t length[] = {60, 60};
    for (size_t fold = 0; fold < 4; fold++) {
        fixture f, g;
        set_up(&f, 3, length, 1);
        set_up(&g, 1, length, 1);
        f.who[0].model = g.who[0].model = model;
        f.plan.conformal = g.plan.conformal = conformal;
        f.plan.refit = g.plan.refit = refit;
        const size_t cutoff = 57 - 5 * (3 - fold);
        for (size_t t = cutoff; t <= g.panel.n_obs; t++)
            g.panel.y[t] = 1e5 - g.panel.y[t];
        run(&f);
        run(&g);
        const size_t n = (fold + 1) * H * sizeof(double);
        same = same && memcmp(f.cv.mean, g.cv.mean, n) == 0 &&
               memcmp(f.cv.lo, g.cv.lo, 2 * n) == 0 && memcmp(f.cv.hi, g.cv.hi, 2 * n) == 0;
        tear_down(&f);
        tear_down(&g);
    }
    return same;
}

static void folds_are_blind_to_the_future(void **state) {
    (void)state;
    const norni_conformal conformal = {.windows = 5, .step = 1};
    assert_true(blind_to_the_future(&cv_last, NULL, 1));
    assert_true(blind_to_the_future(&cv_last, NULL, 0));
    assert_true(blind_to_the_future(&cv_last, NULL, 2));
    assert_true(blind_to_the_future(&cv_tell, NULL, 1));
    assert_true(blind_to_the_future(&cv_last, &conformal, 1));
    /* planted: a model that looks one value too far is caught */
    assert_false(blind_to_the_future(&cv_peek, NULL, 1));
    assert_false(blind_to_the_future(&cv_peek, &conformal, 1));
}

static void held_out_values(void **state) {
    (void)state;
    fixture f;
    const size_t length[] = {30, 12};
    const double y[2 * H] = {1, 2, 3, NORNI_NAN, NORNI_NAN, NORNI_NAN};
    const char *why[2] = {NULL, "--actual has no series 's1'"};
    const norni_holdout held = {.y = y, .why = why};
    set_up(&f, 2, length, 2);
    f.who[0].model = &cv_tell;
    f.plan.holdout = &held;
    run(&f);
    assert_int_equal(f.cv.n_folds, 1);
    assert_true(first_step(&f, 0, 0, 0) == 30e6); /* all of the data */
    assert_ptr_equal(norni_cv_actual(&f.cv, 0), y);
    assert_int_equal(f.cv.outcome[1].status, NORN_E_DATA);
    assert_string_equal(f.cv.outcome[1].message, why[1]);
    tear_down(&f);
}

static void exogenous_columns(void **state) {
    (void)state;
    fixture f;
    const size_t length[] = {30};
    norni_str name = norni_str_of("price");
    double x[30];
    set_up(&f, 2, length, 1);
    for (size_t t = 0; t < 30; t++)
        x[t] = (double)(100 + t);
    x[8] = NORNI_NAN; /* matters only where the series has a value */
    f.panel.y[8] = NORNI_NAN;
    f.panel.n_x = 1;
    f.panel.x = x;
    f.panel.x_names = &name;
    f.who[0].model = &cv_columns;
    f.who[1].model = &cv_tell;
    f.plan.n_contenders = 2;
    run(&f);
    for (size_t fold = 0; fold < 4; fold++) {
        const double cutoff = 27 - 5 * (3 - (double)fold);
        assert_true(first_step(&f, 0, 0, fold) == 1e6 * (100 + cutoff) + 99 + cutoff);
    }
    norni_cv_clear(&f.cv);
    f.panel.y[8] = 1;
    run(&f);
    assert_int_equal(f.cv.outcome[0].status, NORN_E_DATA);
    assert_string_equal(f.cv.outcome[0].message,
                        "exogenous column 'price' has no value where the series has one");
    assert_int_equal(f.cv.outcome[4].status, NORN_OK); /* it does not use them */
    norni_cv_clear(&f.cv);
    x[8] = 1;
    x[28] = NORNI_NAN;
    run(&f);
    assert_int_equal(f.cv.outcome[2].status, NORN_OK);
    assert_string_equal(f.cv.outcome[3].message,
                        "exogenous column 'price' has no value at step 2 of the horizon");
    norni_cv_clear(&f.cv);
    const double y[H] = {1, 2, 3}, after[H] = {5, 6, 7}, *const columns[1] = {after};
    const char *why[1] = {NULL};
    const norni_holdout held = {.y = y, .x = columns, .why = why};
    x[28] = 128;
    f.plan.holdout = &held;
    run(&f);
    assert_true(f.cv.mean[1] == 1e6 * 6 + 129);
    tear_down(&f);
}

static void same_bits_at_any_number_of_workers(void **state) {
    (void)state;
    size_t length[200];
    for (size_t i = 0; i < 200; i++)
        length[i] = 3 + i % 50;
    static const int32_t threads[] = {1, 2, 3, 7, 64};
    const norni_conformal conformal = {.windows = 3, .step = 0};
    fixture base;
    for (size_t c = 0; c < 5; c++) {
        fixture f;
        set_up(&f, threads[c], length, 200);
        f.who[0].model = &cv_tell;
        f.who[1].model = &cv_short;
        f.who[2].model = &cv_last;
        f.fallback.model = &cv_plain;
        f.plan.fallback = &f.fallback;
        f.plan.n_contenders = 3;
        f.plan.conformal = &conformal;
        run(&f);
        if (c == 0) {
            base = f;
            base.cv.plan = &base.plan;
            continue;
        }
        const size_t n = f.cv.n_items * H * sizeof(double);
        assert_memory_equal(f.cv.mean, base.cv.mean, n);
        assert_memory_equal(f.cv.lo, base.cv.lo, 2 * n);
        assert_memory_equal(f.cv.hi, base.cv.hi, 2 * n);
        assert_int_equal(f.cv.n_failed, base.cv.n_failed);
        assert_int_equal(f.cv.n_fallback, base.cv.n_fallback);
        tear_down(&f);
    }
    assert_true(base.cv.n_fallback > 0 && base.cv.n_failed > 0);
    tear_down(&base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_offs),
        cmocka_unit_test(folds_see_their_training_set),
        cmocka_unit_test(sliding_windows),
        cmocka_unit_test(warm_starts_come_from_the_oldest),
        cmocka_unit_test(folds_between_refits_move_on),
        cmocka_unit_test(moving_on_gives_what_a_fit_gives),
        cmocka_unit_test(failures_are_served),
        cmocka_unit_test(folds_are_blind_to_the_future),
        cmocka_unit_test(held_out_values),
        cmocka_unit_test(exogenous_columns),
        cmocka_unit_test(same_bits_at_any_number_of_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
