/* The Autoformer as a learner: what it learns, that helpers do not show, and odd tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "../par/workers.h"
#include "backwards.h"
#include "base/clock.h"
#include "base/fp.h"
#include "eval/share.h"
#include "models/autoformer/autoformer_learner.h"
#include "shared_arena.h"

enum { TARGETS = 3, ROWS = 240, AHEAD = 4, OUT = TARGETS * AHEAD };

static const norni_learner *const learner = &norni_learner_autoformer;
static double column[TARGETS + 1][ROWS];
static const double *y[TARGETS + 1];
static int64_t times[ROWS + AHEAD];
static norni_feature_column driver;
static norni_features features;

/* Two seasons with noise, and one that follows the first; then a driver. */
static norni_lesson make_lesson(size_t n) {
    static const int32_t season[1] = {12};
    static const norni_str names[TARGETS] = {{"a", 1}, {"b", 1}, {"c", 1}};
    for (size_t t = 0; t < ROWS + AHEAD; t++)
        times[t] = (int64_t)t;
    for (size_t t = 0; t < ROWS; t++) {
        const double phase = 0.5235987755982988 * (double)t;
        column[0][t] = 100 + 10 * norni_sin(phase) + norni_rng_normal((norni_rng){1, 1}, t);
        column[1][t] = 5 * norni_cos(phase / 2) + norni_rng_normal((norni_rng){1, 2}, t);
        column[2][t] = -0.5 * column[0][t] + 0.01 * (double)t;
        column[3][t] = norni_sin(phase + 1);
    }
    for (size_t j = 0; j <= TARGETS; j++)
        y[j] = column[j];
    driver = (norni_feature_column){
        .name = {"d", 1}, .origin = NORNI_ORIGIN_LAG, .source = 9, .at = column[TARGETS]};
    features = (norni_features){.n_rows = ROWS, .horizon = AHEAD, .n = 1, .col = &driver};
    return (norni_lesson){.n = n,
                          .n_targets = TARGETS,
                          .horizon = AHEAD,
                          .target_name = names,
                          .y = y,
                          .x = &features,
                          .n_season = 1,
                          .season = season,
                          .freq = {.unit = NORNI_UNIT_INDEX, .step = 1},
                          .times = times,
                          .key = 3};
}

static autoformer_opt options(const char *settings) {
    const norni_model m = {
        .params = learner->params, .n_params = learner->n_params, .opt_size = learner->opt_size};
    const autoformer_opt small =
        *(const autoformer_opt *)options_of(&m,
                                            "seq-len=24;d-model=16;d-ff=24;moving-avg=7;e-layers=1;"
                                            "batch=16;epochs=2;learning-rate=0.01;base=none");
    autoformer_opt o = small;
    char text[128];
    for (const char *p = settings; *p; p += strcspn(p, ";") + (p[strcspn(p, ";")] == ';')) {
        const size_t n = strcspn(p, ";"), name = strcspn(p, "=");
        memcpy(text, p, n);
        text[n] = 0;
        const norni_param *row = norni_param_find(m.params, m.n_params, (norni_str){text, name});
        assert_non_null(row);
        assert_int_equal(
            norni_param_set(row, &o, norni_str_of(text + name + 1), &arena, "test", NULL), NORN_OK);
    }
    return o;
}

static norn_status fit_and_predict(norni_env *env, const autoformer_opt *o, const norni_lesson *l,
                                   size_t t, double *out, norn_err *err) {
    void *state;
    NORN_TRY(learner->fit(env, o, l, (norni_lesson_part){0, 0}, &state, err));
    return learner->predict(env, state, l, t, out, err);
}

/* Mean square over origins behind the lesson, in units of the targets' deviations. */
static double score(norni_env *env, const void *state, norni_lesson at, bool mean) {
    static const double middle[TARGETS] = {100, 0, -49}, sd[TARGETS] = {7.1, 3.7, 3.6};
    double out[OUT], sum = 0, n = 0;
    at.n = ROWS;
    for (size_t t = 200; t + AHEAD < ROWS; t += 3) {
        assert_int_equal(learner->predict(env, state, &at, t, out, NULL), NORN_OK);
        for (size_t i = 0; i < OUT; i++) {
            const double told = mean ? middle[i / AHEAD] : out[i];
            const double e = (told - column[i / AHEAD][t + 1 + i % AHEAD]) / sd[i / AHEAD];
            sum += e * e, n++;
        }
    }
    return sum / n;
}

static void learns(void **state) {
    (void)state;
    static const char *const settings[] = {"epochs=8", "epochs=4;base=last",
                                           "epochs=4;drivers=true;seeds=2"};
    const norni_lesson l = make_lesson(200);
    for (size_t k = 0; k < 3; k++) {
        norni_env env = {.arena = &arena, .seed = 1};
        const autoformer_opt o = options(settings[k]);
        void *fitted;
        char text[512];
        norn_err err = {0};
        if (learner->fit(&env, &o, &l, (norni_lesson_part){0, 0}, &fitted, &err) != NORN_OK)
            fail_msg("%s", err.text);
        learner->describe(fitted, text, sizeof text);
        const double got = score(&env, fitted, l, false), mean = score(&env, fitted, l, true);
        print_message("# %s: %.3f, mean %.3f; %s\n", settings[k], got, mean, text);
        assert_true(got < 0.6 * mean);
        assert_true(learner->cost(&o, &l) > 0 && learner->memory(&o, &l) > 100000);
    }
}

/* ---- helpers ---- */

/* One pass over a walk that has gone far from its mean: with the defaults' base the forecast stands where
 * the newest observed value stands, missing values behind it or not. */
static void follows_a_walk(void **state) {
    (void)state;
    const norni_model m = {
        .params = learner->params, .n_params = learner->n_params, .opt_size = learner->opt_size};
    autoformer_opt o = options("epochs=1");
    o.base = ((const autoformer_opt *)options_of(&m, ""))->base;
    double own = 0, last = 0, out[OUT];
    for (size_t gap = 0; gap <= 3; gap += 3) {
        norni_lesson l = make_lesson(200);
        l.n_targets = 1;
        double level = 140;
        for (size_t t = 0; t < ROWS; t++)
            column[0][t] = level += 0.2 + 1.2 * norni_rng_normal((norni_rng){5, 5}, t);
        norni_env env = {.arena = &arena, .seed = 1};
        void *fitted;
        assert_int_equal(learner->fit(&env, &o, &l, (norni_lesson_part){0, 0}, &fitted, NULL),
                         NORN_OK);
        l.n = ROWS;
        for (size_t t = 203; t + 1 < ROWS; t += 3) {
            double kept[3];
            memcpy(kept, &column[0][t + 1 - gap], gap * sizeof *kept);
            for (size_t k = 0; k < gap; k++)
                column[0][t - k] = NORNI_NAN;
            assert_int_equal(learner->predict(&env, fitted, &l, t, out, NULL), NORN_OK);
            memcpy(&column[0][t + 1 - gap], kept, gap * sizeof *kept);
            own += fabs(out[0] - column[0][t + 1]);
            last += fabs(column[0][t - gap] - column[0][t + 1]);
        }
    }
    assert_true(own < 1.3 * last);
}

typedef struct job {
    autoformer_opt opt;
    norni_lesson lesson;
    double out[2][OUT];
} job;

static norn_status fit_item(norni_worker *w, size_t i, void *arg, norn_err *err) {
    job *j = arg;
    const norni_share share = norni_share_of(w);
    norni_env env = {
        .arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx), .seed = 4, .item = i};
    return fit_and_predict(&env, &j->opt, &j->lesson, 150, j->out[i], err);
}

static void any_worker_count(void **state) {
    (void)state;
    static const int32_t workers[] = {1, 2, 3, 7, 64};
    static job alone, with;
    alone.lesson = make_lesson(200);
    alone.opt = options("dropout=0.1;epochs=1;e-layers=2;batch=20");
    for (size_t i = 0; i < 2; i++) {
        norni_env env = {.arena = &arena, .seed = 4, .item = i};
        assert_int_equal(fit_and_predict(&env, &alone.opt, &alone.lesson, 150, alone.out[i], NULL),
                         NORN_OK);
    }
    assert_memory_not_equal(alone.out[0], alone.out[1], sizeof alone.out[0]);
    for (size_t k = 0; k < 5; k++) {
        norn_ctx *ctx = ctx_of_threads(workers[k]);
        with = alone;
        memset(with.out, 0, sizeof with.out);
        assert_int_equal(norni_for(ctx, NULL, 1 + k % 2, fit_item, &with, NULL, NULL), NORN_OK);
        assert_memory_equal(with.out, alone.out, (1 + k % 2) * sizeof with.out[0]);
        norn_ctx_free(ctx);
    }
}

static void any_order(void **state) {
    (void)state;
    size_t parts = 0;
    const norni_share share = {run_backwards, &parts};
    const norni_lesson l = make_lesson(200);
    const autoformer_opt o = options("epochs=1");
    double out[2][OUT];
    for (size_t i = 0; i < 2; i++) {
        norni_env env = {.arena = &arena, .share = i ? &share : NULL};
        assert_int_equal(fit_and_predict(&env, &o, &l, 150, out[i], NULL), NORN_OK);
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    assert_true(parts > 100);
}

static void cancel_is_quick(void **state) {
    (void)state;
    static job j;
    j.lesson = make_lesson(ROWS);
    j.opt = options("d-model=512;d-ff=2048;batch=64;epochs=100");
    assert_cancel_is_quick(2, fit_item, &j);
}

/* ---- odd tables ---- */

static void odd_tables(void **state) {
    (void)state;
    for (int k = 0; k < 8; k++) {
        norni_lesson l = make_lesson(k == 6 ? 9 : k == 7 ? 30 : 150);
        norni_env env = {.arena = &arena};
        const autoformer_opt o = options(k == 5   ? "base=ridge;epochs=1"
                                         : k == 3 ? "drivers=true;epochs=1"
                                                  : "epochs=1");
        double out[OUT];
        norn_err err = {0};
        for (size_t t = 0; t < ROWS; t++) {
            if (k == 0 && t % 3) column[1][t] = NORNI_NAN;
            if (k == 1) column[1][t] = 7.5;
            if (k == 2) column[1][t] = NORNI_NAN;
            if (k == 3) column[1][t] *= 1e300, column[3][t] *= 1e-300;
            if (k == 4) column[1][t] = t == 60 ? 1e200 : t % 2 ? -1 : 1;
            if (k == 5) column[1][t] = t < 40 ? NORNI_NAN : 3;
        }
        if (fit_and_predict(&env, &o, &l, 8, out, &err) != NORN_OK) fail_msg("%d: %s", k, err.text);
        for (size_t i = 0; i < OUT; i++) {
            const bool missing = k == 2 && i / AHEAD == 1;
            assert_true(isfinite(out[i]) != missing);
            if (k == 1 && i / AHEAD == 1) assert_true(out[i] == 7.5);
        }
    }
}

static void too_short(void **state) {
    (void)state;
    norn_err err = {0};
    const autoformer_opt o = options(""), even = options("moving-avg=8"),
                         wide = options("d-model=12");
    norni_lesson l = make_lesson(AHEAD + 4);
    assert_int_equal(learner->validate(&o, &l, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "8 rows"));
    l.n = 100;
    assert_int_equal(learner->validate(&o, &l, &err), NORN_OK);
    assert_int_equal(learner->validate(&even, &l, &err), NORN_E_ARG);
    assert_int_equal(learner->validate(&wide, &l, &err), NORN_E_ARG);
}

/* A window's forecast does not change with what comes behind it. */
static void no_look_ahead(void **state) {
    (void)state;
    norni_lesson l = make_lesson(150);
    norni_env env = {.arena = &arena};
    const autoformer_opt o = options("drivers=true;epochs=1;base=last");
    double before[OUT], after[OUT];
    void *fitted;
    assert_int_equal(learner->fit(&env, &o, &l, (norni_lesson_part){0, 0}, &fitted, NULL), NORN_OK);
    l.n = ROWS;
    assert_int_equal(learner->predict(&env, fitted, &l, 180, before, NULL), NORN_OK);
    for (size_t t = 181; t < ROWS; t++)
        for (size_t j = 0; j <= TARGETS; j++)
            column[j][t] = 1e6;
    assert_int_equal(learner->predict(&env, fitted, &l, 180, after, NULL), NORN_OK);
    assert_memory_equal(before, after, sizeof before);
    column[3][180] += 1; /* what is known counts */
    assert_int_equal(learner->predict(&env, fitted, &l, 180, after, NULL), NORN_OK);
    assert_memory_not_equal(before, after, sizeof before);
}

static void kept(void **state) {
    (void)state;
    static const char *const settings[] = {"epochs=1;seeds=2;drivers=true", "epochs=1;base=ridge"};
    const norni_lesson l = make_lesson(150);
    for (size_t k = 0; k < 2; k++) {
        norni_env env = {.arena = &arena};
        const autoformer_opt o = options(settings[k]);
        void *fitted, *loaded;
        double before[OUT], after[OUT];
        norni_buf b;
        norn_err err = {0};
        norni_buf_init(&b, &alloc);
        assert_int_equal(learner->fit(&env, &o, &l, (norni_lesson_part){0, 0}, &fitted, NULL),
                         NORN_OK);
        assert_int_equal(learner->save(fitted, &b, NULL), NORN_OK);
        if (learner->load(&env, &o, (norni_str){b.p, b.n}, &loaded, &err) != NORN_OK)
            fail_msg("%s", err.text);
        assert_int_equal(learner->predict(&env, fitted, &l, 140, before, NULL), NORN_OK);
        assert_int_equal(learner->predict(&env, loaded, &l, 140, after, NULL), NORN_OK);
        assert_memory_equal(before, after, sizeof before);
        for (size_t n = 0; n < b.n; n += 1 + b.n / 97) /* torn */
            assert_int_equal(learner->load(&env, &o, (norni_str){b.p, n}, &loaded, NULL),
                             NORN_E_FORMAT);
        for (size_t i = 0; i < 120 && i < b.n;
             i++) { /* a byte of the head turned: refused or served */
            b.p[i] = (char)(b.p[i] ^ 0x41);
            const norn_status st = learner->load(&env, &o, (norni_str){b.p, b.n}, &loaded, NULL);
            assert_true(st == NORN_OK || st == NORN_E_FORMAT);
            b.p[i] = (char)(b.p[i] ^ 0x41);
        }
        norni_buf_clear(&b);
    }
}

/* An account that ends in the midst of an epoch gives the best so far. */
static void effort(void **state) {
    (void)state;
    const norni_lesson l = make_lesson(200);
    const autoformer_opt o = options("epochs=50");
    norni_effort account = {.limit = 5};
    norni_env env = {.arena = &arena, .effort = &account};
    double out[OUT];
    assert_int_equal(fit_and_predict(&env, &o, &l, 150, out, NULL), NORN_OK);
    assert_true(account.cut && account.spent <= 6);
}

/* ---- time stamps ---- */

static void marks(void **state) {
    (void)state;
    const norni_civil c = {
        .year = 2021, .month = 12, .day = 31, .hour = 23, .minute = 59, .second = 30};
    const int64_t us = norni_us_from_civil(&c); /* a Friday of ISO week 52 */
    static const struct {
        norni_unit unit;
        size_t n;
        float first, last;
    } cases[] = {{NORNI_UNIT_SECOND, 6, 30.0f / 59 - 0.5f, 364.0f / 365 - 0.5f},
                 {NORNI_UNIT_MINUTE, 5, 0.5f, 364.0f / 365 - 0.5f},
                 {NORNI_UNIT_HOUR, 4, 0.5f, 364.0f / 365 - 0.5f},
                 {NORNI_UNIT_DAY, 3, 4.0f / 6 - 0.5f, 364.0f / 365 - 0.5f},
                 {NORNI_UNIT_BUSINESS_DAY, 3, 4.0f / 6 - 0.5f, 364.0f / 365 - 0.5f},
                 {NORNI_UNIT_WEEK, 2, 0.5f, 51.0f / 52 - 0.5f},
                 {NORNI_UNIT_MONTH, 1, 0.5f, 0.5f},
                 {NORNI_UNIT_QUARTER, 1, 0.5f, 0.5f},
                 {NORNI_UNIT_YEAR, 0, 0, 0}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const autoformer_calendar own = {.unit = cases[k].unit};
        float out[AUTOFORMER_MARKS];
        assert_int_equal(autoformer_marks_count(&own), cases[k].n);
        autoformer_marks_of(&own, us, out);
        if (!cases[k].n) continue;
        assert_true(fabsf(out[0] - cases[k].first) < 1e-6f);
        assert_true(fabsf(out[cases[k].n - 1] - cases[k].last) < 1e-6f);
    }
    const autoformer_calendar index = {.unit = NORNI_UNIT_INDEX, .n_season = 1, .season = {5}};
    float out[AUTOFORMER_MARKS];
    autoformer_marks_of(&index, -1, out);
    assert_true(out[0] == 0.5f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(follows_a_walk),
                                       cmocka_unit_test(learns),
                                       cmocka_unit_test(any_worker_count),
                                       cmocka_unit_test(any_order),
                                       cmocka_unit_test(cancel_is_quick),
                                       cmocka_unit_test(odd_tables),
                                       cmocka_unit_test(too_short),
                                       cmocka_unit_test(no_look_ahead),
                                       cmocka_unit_test(kept),
                                       cmocka_unit_test(effort),
                                       cmocka_unit_test(marks)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
