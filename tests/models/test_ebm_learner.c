/* The learner "ebm": bases, steps, screening, terms that add up, the same bits with helpers, no look ahead, kept parts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "../par/workers.h"
#include "base/fp.h"
#include "base/rng.h"
#include "eval/share.h"
#include "models/ebm/ebm_learner.h"
#include "plant_case.h"

enum { WIDE = 300, BINS = 256 };

static norni_ebm_learner_opt *learner_options(const char *settings) {
    return learner_options_of(&norni_learner_ebm, settings);
}

static void *fit_step(const plant *p, const norni_ebm_learner_opt *o, size_t step) {
    return learner_fit(&norni_learner_ebm, p, o, step);
}

static double forecast(const plant *p, const void *state, size_t t) {
    return learner_forecast(&norni_learner_ebm, p, state, t);
}

/* Rows' defaults are interpret's where the rows do not say otherwise. */
static void defaults(void **state) {
    (void)state;
    const norni_ebm_learner_opt *rows = learner_options("");
    norni_ebm_opt same = norni_ebm_opt_default();
    assert_int_equal(rows->ebm.validation, NORNI_EBM_BLOCKS);
    assert_int_equal(rows->ebm.base, NORNI_BASE_AUTO);
    assert_true(rows->ebm.shuffle);
    assert_true(rows->ebm.learning_rate == same.learning_rate);
    assert_true(rows->ebm.greedy_ratio == same.greedy_ratio);
    assert_int_equal(rows->ebm.min_samples_leaf, same.min_samples_leaf);
    assert_int_equal(rows->ebm.max_leaves, same.max_leaves);
    assert_true(rows->ebm.gain_scale == same.gain_scale);
    norn_err err;
    assert_int_equal(norni_learner_ebm.validate(learner_options("max-bins=16"), NULL, &err),
                     NORN_E_ARG);
    assert_non_null(strstr(err.text, "max-interaction-bins=32"));
}

static void steps_and_trends(void **state) {
    (void)state;
    static plant p;
    make_plant(&p, 0.05, BINS);
    assert_follows(&norni_learner_ebm, &p, learner_options("base=ridge"), 1.5);
    char text[200];
    norni_learner_ebm.describe(fit_step(&p, learner_options("base=last"), 1), text, sizeof text);
    assert_non_null(strstr(text, "EBM(base=last) features=5 pairs=10 bags=4 rows="));
}

static void terms_add_up(void **state) {
    (void)state;
    static const char *const settings[] = {"base=ridge", "base=none", "base=last;interactions=0",
                                           "max-features=2;interactions=1"};
    static plant p;
    norni_env env = {.arena = &arena};
    make_plant(&p, 0, BINS);
    for (size_t k = 0; k < 4; k++) {
        void *s = fit_step(&p, learner_options(settings[k]), 2);
        const norni_lesson_part part = {0, 2};
        norni_explanation why;
        assert_int_equal(norni_learner_ebm.explain(&env, s, &p.lesson, part, &why, NULL), NORN_OK);
        assert_true(why.additive);
        if (k == 0) assert_string_equal(why.term[0].name.p, "own past (ridge)");
        assert_terms_add_up(&norni_learner_ebm, &p, s, 2, &why);
        size_t best = 0;
        for (size_t i = 0; i < why.n_terms; i++) {
            const norni_term *t = &why.term[i];
            if (t->axis[0].linear) continue;
            if (why.term[best].axis[0].linear || t->importance > why.term[best].importance)
                best = i;
            double rows = 0;
            for (size_t b = 0; b < t->axis[0].n_bins * (t->n_axes == 2 ? t->axis[1].n_bins : 1);
                 b++)
                rows += t->weight[b];
            assert_true(rows == (double)why.n_rows);
            if (t->n_axes == 2) assert_non_null(strstr(t->name.p, " & "));
        }
        if (k == 2) continue; /* there the last value is what must be undone */
        assert_string_equal(why.term[best].name.p, "driver_lag0");
        assert_int_equal(why.term[best].axis[0].feature, 0);
    }
}

/* Of a wide table the features that tell something are taken, whatever their place. */
static void screens_wide_tables(void **state) {
    (void)state;
    static plant p;
    norni_env env = {.arena = &arena};
    make_plant(&p, 0, BINS);
    norni_feature_column *col = norni_arena_get(&arena, WIDE, sizeof *col);
    norni_features *x = norni_arena_get(&arena, 1, sizeof *x);
    assert_true(col && x);
    for (size_t j = 0; j < WIDE; j++) {
        double *noise = norni_arena_get(&arena, AHEAD_ROWS, sizeof *noise);
        assert_non_null(noise);
        for (size_t t = 0; t < AHEAD_ROWS; t++)
            noise[t] = norni_rng_normal((norni_rng){3, j}, t);
        col[j] = (norni_feature_column){.name = {"noise", 5}, .at = noise};
    }
    col[17] = p.col[3];
    col[250] = p.col[0];
    *x = *p.lesson.x;
    x->n = WIDE;
    x->col = col;
    p.lesson.x = x;
    make_bins(&p, 64);
    norni_explanation why;
    void *s = fit_step(&p, learner_options("max-features=6;base=none;interactions=2"), 2);
    assert_int_equal(
        norni_learner_ebm.explain(&env, s, &p.lesson, (norni_lesson_part){0, 2}, &why, NULL),
        NORN_OK);
    bool day = false, driver = false;
    size_t singles = 0;
    for (size_t i = 0; i < why.n_terms; i++) {
        singles += why.term[i].n_axes == 1;
        day = day || why.term[i].axis[0].feature == 17;
        driver = driver || why.term[i].axis[0].feature == 250;
    }
    assert_true(day && driver && singles == 6);
    for (size_t t = ROWS - 1; t < ROWS + 5; t++)
        assert_true(fabs(forecast(&p, s, t) - p.y[t + 2]) < 1.5);
}

static void monotone_by_name(void **state) {
    (void)state;
    static plant p;
    norni_env env = {.arena = &arena};
    norni_explanation why;
    make_plant(&p, 0, BINS);
    void *s = fit_step(&p, learner_options("monotone=idle:1;base=none;interactions=10"), 2);
    assert_int_equal(
        norni_learner_ebm.explain(&env, s, &p.lesson, (norni_lesson_part){0, 2}, &why, NULL),
        NORN_OK);
    for (size_t i = 0; i < why.n_terms; i++) {
        const norni_term *t = &why.term[i];
        assert_true(t->n_axes == 1 || (t->axis[0].feature != 4 && t->axis[1].feature != 4));
        for (size_t b = 2; t->axis[0].feature == 4 && b + 1 < t->axis[0].n_bins; b++)
            assert_true(t->score[b] >= t->score[b - 1]);
    }
    norn_err err;
    void *none;
    assert_int_equal(norni_learner_ebm.fit(&env, learner_options("monotone=idel:1"), &p.lesson,
                                           (norni_lesson_part){0, 2}, &none, &err),
                     NORN_E_ARG);
    assert_non_null(strstr(err.text, "idel:1"));
    assert_int_equal(
        norni_learner_ebm.validate(learner_options("monotone=idel:1"), &p.lesson, &err),
        NORN_E_ARG);
    assert_non_null(strstr(err.text, "\"idel\""));
    assert_int_equal(
        norni_learner_ebm.validate(learner_options("monotone=idle:-1"), &p.lesson, &err), NORN_OK);
}

/* Nothing to learn above no base: a base is taken, so that the forecast follows the target. */
static void never_the_mean_alone(void **state) {
    (void)state;
    static plant p;
    char text[200];
    make_plant(&p, 0, BINS);
    const norni_rng rng = {8, 1};
    for (uint32_t seed = 0; seed < 4; seed++) {
        for (size_t t = 0; t < AHEAD_ROWS; t++) {
            p.y[t] = 50 + norni_rng_normal(rng, (uint64_t)seed * AHEAD_ROWS + t);
            p.idle[t] = 0;
        }
        p.lesson.x = &(norni_features){
            .n_rows = ROWS, .first = FIRST, .horizon = STEPS, .n = 1, .col = &p.col[4]};
        make_bins(&p, BINS);
        norni_learner_ebm.describe(fit_step(&p, learner_options("interactions=0"), 1), text,
                                   sizeof text);
        assert_null(strstr(text, "base=none"));
    }
}

/* ---- helpers ---- */

typedef struct shared_fit {
    const plant *p;
    const norni_ebm_learner_opt *o;
    norni_buf *out; /* (3): a step each */
} shared_fit;

static norn_status fit_item(norni_worker *w, size_t i, void *arg, norn_err *err) {
    const shared_fit *f = arg;
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx)};
    void *state;
    NORN_TRY(norni_learner_ebm.fit(&env, f->o, &f->p->lesson, (norni_lesson_part){0, i + 1}, &state,
                                   err));
    return norni_learner_ebm.save(state, &f->out[i], err);
}

static void any_worker_count(void **state) {
    (void)state;
    static const int32_t workers[] = {1, 2, 3, 7, 64};
    static plant p;
    norni_buf first[3], alone;
    make_plant(&p, 0.01, BINS);
    const norni_ebm_learner_opt *o = learner_options("outer-bags=5");
    for (size_t k = 0; k < sizeof workers / sizeof *workers; k++) {
        norni_buf b[3];
        norn_ctx *ctx = ctx_of_threads(workers[k]);
        norn_err err;
        for (size_t i = 0; i < 3; i++)
            norni_buf_init(&b[i], &alloc);
        shared_fit f = {&p, o, b};
        if (norni_for(ctx, NULL, 3, fit_item, &f, &(norni_for_opt){0}, &err) != NORN_OK)
            fail_msg("%s", err.text);
        norn_ctx_free(ctx);
        for (size_t i = 0; i < 3; i++) {
            if (k == 0) {
                first[i] = b[i];
                continue;
            }
            assert_int_equal(b[i].n, first[i].n);
            assert_memory_equal(b[i].p, first[i].p, b[i].n);
            norni_buf_clear(&b[i]);
        }
    }
    /* And without anybody to help. */
    norni_buf_init(&alone, &alloc);
    assert_int_equal(norni_learner_ebm.save(fit_step(&p, o, 2), &alone, NULL), NORN_OK);
    assert_int_equal(alone.n, first[1].n);
    assert_memory_equal(alone.p, first[1].p, alone.n);
    norni_buf_clear(&alone);
    for (size_t i = 0; i < 3; i++)
        norni_buf_clear(&first[i]);
}

/* What lies behind the lesson's rows cannot show: bytes of the fit, and a forecast from its last row. */
static void sees_no_future(void **state) {
    (void)state;
    static plant p;
    norni_buf a, b;
    make_plant(&p, 0.02, BINS);
    norni_buf_init(&a, &alloc);
    norni_buf_init(&b, &alloc);
    const norni_ebm_learner_opt *o = learner_options("");
    const void *s = fit_step(&p, o, 4);
    const double at = forecast(&p, s, ROWS - 1);
    assert_int_equal(norni_learner_ebm.save(s, &a, NULL), NORN_OK);
    change_future(&p);
    assert_true(forecast(&p, s, ROWS - 1) == at);
    const void *again = fit_step(&p, o, 4);
    assert_true(forecast(&p, again, ROWS - 1) == at);
    assert_int_equal(norni_learner_ebm.save(again, &b, NULL), NORN_OK);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    /* A change that it may see does show. */
    p.y[ROWS - 1] += 100;
    assert_true(forecast(&p, fit_step(&p, o, 4), ROWS - 1) != at);
    norni_buf_clear(&a);
    norni_buf_clear(&b);
}

static void kept_part(void **state) {
    (void)state;
    static plant p;
    norni_env env = {.arena = &arena};
    norni_explanation why;
    make_plant(&p, 0.02, BINS);
    norni_ebm_learner_opt *o = learner_options("max-features=4");
    void *back = assert_keeps(&norni_learner_ebm, &p, o, fit_step(&p, o, 3));
    assert_int_equal(
        norni_learner_ebm.explain(&env, back, &p.lesson, (norni_lesson_part){0, 3}, &why, NULL),
        NORN_OK);
}

/* Little to learn from: served, or named. */
static void bare_lessons(void **state) {
    (void)state;
    static plant p;
    norni_env env = {.arena = &arena};
    norn_err err;
    void *none;
    const norni_ebm_learner_opt *o = learner_options("");
    make_plant(&p, 0, BINS);
    for (size_t t = 0; t < ROWS; t++)
        p.y[t] = 4;
    assert_true(fabs(forecast(&p, fit_step(&p, o, 1), ROWS - 1) - 4) < 1e-9);
    for (size_t t = 0; t < ROWS; t++)
        p.y[t] = t == ROWS - 5 ? 3 : NORNI_NAN;
    assert_true(isfinite(forecast(&p, fit_step(&p, o, 1), ROWS - 1)));
    for (size_t t = 0; t < ROWS; t++)
        p.y[t] = NORNI_NAN;
    assert_int_equal(
        norni_learner_ebm.fit(&env, o, &p.lesson, (norni_lesson_part){0, 1}, &none, &err),
        NORN_E_DATA);
    assert_non_null(strstr(err.text, "observed"));
    for (size_t t = 0; t < ROWS; t++)
        p.y[t] = (t % 2 ? 1 : -1) * 1e300;
    assert_true(isfinite(forecast(&p, fit_step(&p, o, 1), ROWS - 1)));
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(defaults),         TEST(steps_and_trends),
        TEST(terms_add_up),     TEST(screens_wide_tables),
        TEST(monotone_by_name), TEST(never_the_mean_alone),
        TEST(any_worker_count), TEST(sees_no_future),
        TEST(kept_part),        TEST(bare_lessons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
