/* A plant for tests of learners of one target at one step: what they must find, and what they must not see. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PLANT_CASE_H
#define PLANT_CASE_H

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "feat/bins.h"
#include "lesson_case.h"

enum { ROWS = 500, FIRST = 8, STEPS = 10, FEATURES = 5, AHEAD_ROWS = ROWS + STEPS };

typedef struct plant {
    double y[AHEAD_ROWS], driver[AHEAD_ROWS], lagged[AHEAD_ROWS], day[AHEAD_ROWS], idle[AHEAD_ROWS];
    norni_feature_column col[FEATURES];
    norni_lesson lesson;
    const double *target[1];
} plant;

static inline void make_bins(plant *p, uint32_t max_bins) {
    const size_t n = p->lesson.x->n;
    const double **x = norni_arena_get(&arena, n, sizeof *x);
    norni_feature_kind *kind = norni_arena_get(&arena, n, sizeof *kind);
    norni_bins *bins = norni_arena_get(&arena, 1, sizeof *bins);
    assert_true(x && kind && bins);
    for (size_t j = 0; j < n; j++)
        x[j] = p->lesson.x->col[j].at + FIRST, kind[j] = p->lesson.x->col[j].kind;
    assert_int_equal(norni_bins_make(&arena, NULL, x, kind, n, ROWS - FIRST, max_bins, bins, NULL),
                     NORN_OK);
    p->lesson.bins = bins;
}

/* y follows the driver two rows later, and the day of the row itself, on a slope. */
static inline void make_plant(plant *p, double slope, uint32_t max_bins) {
    static const char *const name[] = {"driver_lag0", "driver_lag1", "y_lag0", "day", "idle"};
    const norni_rng rng = {6, 6};
    for (size_t t = 0; t < AHEAD_ROWS; t++) {
        p->driver[t] = norni_rng_uniform(rng, t);
        p->idle[t] = norni_rng_uniform(rng, 5000 + t);
        p->lagged[t] = t ? p->driver[t - 1] : NORNI_NAN;
        p->day[t] = (double)(t % 7);
        const double moved = t >= 2 && p->driver[t - 2] > 0.5 ? 3 : 0;
        p->y[t] = slope * (double)t + moved + (p->day[t] > 4 ? 2 : 0) +
                  0.1 * norni_rng_normal(rng, 1000 + t);
    }
    p->target[0] = p->y;
    lesson_case c = lesson_of(p->target, 1, ROWS, FIRST);
    const double *const at[] = {p->driver, p->lagged, p->y, p->day, p->idle};
    for (size_t j = 0; j < FEATURES; j++)
        p->col[j] =
            (norni_feature_column){.name = norni_str_of(name[j]),
                                   .origin = j == 3 ? NORNI_ORIGIN_CALENDAR : NORNI_ORIGIN_LAG,
                                   .shifted = j == 3,
                                   .at = at[j]};
    p->col[3].kind = NORNI_FEATURE_NOMINAL;
    c.features->n = FEATURES;
    c.features->col = p->col;
    p->lesson = c.lesson;
    make_bins(p, max_bins);
}

/* What lies behind the lesson's rows is something else. */
static inline void change_future(plant *p) {
    for (size_t t = ROWS; t < AHEAD_ROWS; t++)
        p->y[t] = p->driver[t] = p->lagged[t] = p->idle[t] = -1e9;
}

static inline void *learner_options_of(const norni_learner *l, const char *settings) {
    const norni_model as_model = {
        .params = l->params, .n_params = l->n_params, .opt_size = l->opt_size};
    return options_of(&as_model, settings);
}

static inline void *learner_fit(const norni_learner *l, const plant *p, const void *opt,
                                size_t step) {
    norn_err err;
    void *state = NULL;
    norni_env env = {.arena = &arena};
    if (l->fit(&env, opt, &p->lesson, (norni_lesson_part){0, step}, &state, &err))
        fail_msg("%s", err.text);
    return state;
}

static inline double learner_forecast(const norni_learner *l, const plant *p, const void *state,
                                      size_t t) {
    norni_env env = {.arena = &arena};
    double out;
    assert_int_equal(l->predict(&env, state, &p->lesson, t, &out, NULL), NORN_OK);
    return out;
}

/* Trends go on, and the day of the row that is forecast is known: they are worth 5. */
static inline void assert_follows(const norni_learner *l, const plant *p, const void *opt,
                                  double most) {
    for (size_t step = 1; step <= 2; step++) {
        double worst = 0;
        void *s = learner_fit(l, p, opt, step);
        for (size_t t = ROWS - 1; t + step < AHEAD_ROWS && t < ROWS + 5; t++)
            worst = fmax(worst, fabs(learner_forecast(l, p, s, t) - p->y[t + step]));
        assert_true(worst < most);
    }
}

/* Contributions (at most 32) and the intercept are the forecast. */
static inline void assert_terms_add_up(const norni_learner *l, const plant *p, const void *state,
                                       size_t step, const norni_explanation *why) {
    norni_env env = {.arena = &arena};
    double out[32];
    assert_true(why->n_terms <= 32);
    for (size_t t = FIRST; t < ROWS; t += 31) {
        double sum = why->intercept;
        assert_int_equal(
            l->contribute(&env, state, &p->lesson, (norni_lesson_part){0, step}, t, out, NULL),
            NORN_OK);
        for (size_t i = 0; i < why->n_terms; i++)
            sum += out[i];
        const double at = learner_forecast(l, p, state, t);
        assert_true(fabs(sum - at) < 1e-9 * (1 + fabs(at)));
    }
}

/* A kept part forecasts the same; one that was cut short is refused. Returns it. */
static inline void *assert_keeps(const norni_learner *l, const plant *p, const void *opt,
                                 const void *state) {
    norni_env env = {.arena = &arena};
    norni_buf b;
    void *back, *none;
    norni_buf_init(&b, &alloc);
    assert_int_equal(l->save(state, &b, NULL), NORN_OK);
    assert_int_equal(l->load(&env, opt, (norni_str){b.p, b.n}, &back, NULL), NORN_OK);
    for (size_t t = FIRST; t < ROWS + 7; t++)
        assert_true(learner_forecast(l, p, state, t) == learner_forecast(l, p, back, t));
    for (size_t n = 0; n < b.n; n += 1 + n / 9)
        assert_int_equal(l->load(&env, opt, (norni_str){b.p, n}, &none, NULL), NORN_E_FORMAT);
    norni_buf_clear(&b);
    return back;
}

#endif
