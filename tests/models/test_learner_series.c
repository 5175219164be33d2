/* Learners as models of one series: trends, seasons, columns, gaps, sizes, steps, what is too short. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/gbdt/gbdt_learner.h"
#include "models/learner_series_parts.h"
#include "models/ridge/ridge.h"
#include "shared_arena.h"

enum { MOST = 600, AHEAD = 60 };

static const norni_model *const both[] = {&norni_model_gbdt, &norni_model_ridge};

typedef struct ahead {
    double mean[AHEAD], sd[AHEAD];
    void *state;
} ahead;

/* Copies what the series borrows to its exact size, so that a reader beyond it is caught. */
static norn_status fit(const norni_model *m, const char *settings, const norni_series *s, ahead *a,
                       norn_err *err) {
    norni_env env = {.arena = &arena};
    norni_dist d = {.horizon = s->horizon, .mean = a->mean, .sd = a->sd};
    double *y = malloc(s->n * sizeof *y);
    norni_series own = *s;
    assert_non_null(y);
    memcpy(y, s->y, s->n * sizeof *y);
    own.y = y;
    norn_status st = m->fit(&env, options_of(m, settings), &(norni_group){1, &own}, &a->state, err);
    if (st == NORN_OK) st = m->predict(&env, a->state, 0, s->horizon, true, &d, err);
    free(y);
    return st;
}

static void fit_well(const norni_model *m, const char *settings, const norni_series *s, ahead *a) {
    norn_err err;
    if (fit(m, settings, s, a, &err) != NORN_OK) fail_msg("%s: %s", m->name, err.text);
}

static norni_series monthly(const double *y, size_t n, size_t horizon) {
    static const int32_t season = 12;
    return (norni_series){.n = n,
                          .y = y,
                          .n_season = 1,
                          .season = &season,
                          .start = 0,
                          .freq = {NORNI_UNIT_MONTH, 1, 1},
                          .horizon = horizon};
}

static double place(size_t t, double slope, double noise) {
    const norni_rng rng = {3, 1};
    return 100 + slope * (double)t + 10 * norni_sin(0.5235987755982988 * (double)t) +
           noise * norni_rng_normal(rng, t);
}

static void trend_and_season(void **state) {
    (void)state;
    double y[200];
    static ahead a;
    for (size_t t = 0; t < 200; t++)
        y[t] = place(t, 0.5, 1);
    const norni_series s = monthly(y, 180, 18);
    for (size_t k = 0; k < 2; k++) {
        double sum = 0;
        fit_well(both[k], "", &s, &a);
        for (size_t h = 0; h < 18; h++) {
            const double e = a.mean[h] - place(180 + h, 0.5, 0);
            sum += e * e / 18;
            assert_true(a.sd[h] > 0.5 && a.sd[h] < 4);
        }
        assert_true(sqrt(sum) < 2); /* the noise is 1; the season's last values would be 6 off */
    }
}

/* A column that is known ahead is worth its future; without one it is worth its past. */
static void columns(void **state) {
    (void)state;
    static double y[MOST], x[MOST];
    const double *column[] = {x}, *future[] = {x + 300};
    const norni_rng rng = {5, 5};
    static ahead with, without;
    for (size_t t = 0; t < 320; t++) {
        x[t] = norni_rng_uniform(rng, t) > 0.5;
        y[t] = 5 + 4 * x[t] + 0.2 * norni_rng_normal(rng, 1000 + t);
    }
    norni_series s = monthly(y, 300, 10);
    s.n_season = 0;
    s.n_x = 1, s.x = column, s.x_future = future;
    for (size_t k = 0; k < 2; k++) {
        fit_well(both[k], "", &s, &with);
        s.x_future = NULL;
        fit_well(both[k], "", &s, &without);
        s.x_future = future;
        double sum = 0, other = 0;
        for (size_t h = 0; h < 10; h++) {
            sum += fabs(with.mean[h] - 5 - 4 * x[300 + h]) / 10;
            other += fabs(without.mean[h] - 5 - 4 * x[300 + h]) / 10;
        }
        assert_true(sum < 0.3);
        assert_true(other > 1.5);
    }
}

static void gaps_and_sizes(void **state) {
    (void)state;
    double y[200], big[200];
    static ahead a, b;
    for (size_t t = 0; t < 200; t++)
        y[t] = t < 7 || t % 11 == 3 || t == 199 ? NORNI_NAN : place(t, 0, 1);
    static const double size[] = {1e290, 1e-290, -1};
    for (size_t k = 0; k < 2; k++) {
        const norni_series s = monthly(y, 200, 12);
        fit_well(both[k], "", &s, &a);
        for (size_t h = 0; h < 12; h++)
            assert_true(fabs(a.mean[h] - place(200 + h, 0, 0)) < 4);
        for (size_t j = 0; j < 3; j++) {
            for (size_t t = 0; t < 200; t++)
                big[t] = y[t] * size[j];
            const norni_series other = monthly(big, 200, 12);
            fit_well(both[k], "", &other, &b);
            for (size_t h = 0; h < 12; h++) {
                /* turned round, equal gains may fall to other columns */
                assert_true(fabs(b.mean[h] / size[j] - a.mean[h]) <
                            (size[j] < 0 ? 1e-2 : 1e-6) * fabs(a.mean[h]));
                assert_true(fabs(b.sd[h] / fabs(size[j]) - a.sd[h]) <
                            (size[j] < 0 ? 0.3 : 1e-3) * a.sd[h]);
            }
        }
        for (size_t t = 0; t < 200; t++)
            big[t] = 42;
        const norni_series flat = monthly(big, 200, 12);
        fit_well(both[k], "", &flat, &b);
        for (size_t h = 0; h < 12; h++) {
            assert_true(fabs(b.mean[h] - 42) < 1e-9);
            assert_true(b.sd[h] < 1e-9);
        }
    }
}

static void too_short(void **state) {
    (void)state;
    double y[64];
    static ahead a;
    norn_err err;
    for (size_t t = 0; t < 64; t++)
        y[t] = place(t, 0, 1);
    for (size_t k = 0; k < 2; k++)
        for (size_t horizon = 1; horizon < 30; horizon += 7) {
            norni_series s = monthly(y, horizon + 11, horizon);
            assert_int_equal(fit(both[k], "", &s, &a, &err), NORN_E_DATA);
            assert_non_null(strstr(err.text, "observed values or more"));
            s.n++;
            fit_well(both[k], "", &s, &a);
            assert_true(isfinite(a.mean[0]) && isfinite(a.sd[0]));
        }
    y[5] = NORNI_INF;
    const norni_series s = monthly(y, 60, 3);
    assert_int_equal(fit(&norni_model_gbdt, "", &s, &a, &err), NORN_E_DATA);
}

static void long_horizons(void **state) {
    (void)state;
    size_t step[AHEAD];
    for (size_t horizon = 1; horizon <= AHEAD; horizon++) {
        const size_t n = series_steps(horizon, step);
        assert_int_equal(step[0], 1);
        assert_int_equal(step[n - 1], horizon);
        if (horizon <= 12) assert_int_equal(n, horizon);
        assert_true(n <= 14);
        for (size_t k = 1; k < n; k++) {
            assert_true(step[k] > step[k - 1]);
            assert_true(step[k] <= step[k - 1] + 1 || 3 * step[k] <= 4 * step[k - 1] + 3);
        }
    }
    static double y[MOST];
    static ahead a;
    for (size_t t = 0; t < MOST; t++)
        y[t] = place(t, 0, 1);
    const norni_series s = monthly(y, MOST - AHEAD, AHEAD);
    fit_well(&norni_model_gbdt, "n_trees=60;learning_rate=0.1", &s, &a);
    for (size_t h = 0; h < AHEAD; h++) {
        assert_true(fabs(a.mean[h] - place(MOST - AHEAD + h, 0, 0)) < 4);
        assert_true(a.sd[h] > 0.7 && a.sd[h] < 3);
    }
}

static void one_step_fits(void **state) {
    (void)state;
    static double y[220], fitted[220];
    static ahead a;
    norni_env env = {.arena = &arena};
    for (size_t t = 0; t < 220; t++)
        y[t] = t < 10 ? NORNI_NAN : place(t, 0, 1);
    const norni_series s = monthly(y, 220, 4);
    for (size_t k = 0; k < 2; k++) {
        double sum = 0, n = 0;
        fit_well(both[k], "", &s, &a);
        assert_int_equal(both[k]->fitted(&env, a.state, 0, fitted, NULL), NORN_OK);
        assert_true(isnan(fitted[15]) && !isnan(fitted[219]) && !isnan(fitted[100]));
        for (size_t t = 0; t < 220; t++) {
            if (isnan(fitted[t])) continue;
            sum += (fitted[t] - y[t]) * (fitted[t] - y[t]);
            n++;
        }
        assert_true(n > 150 && sqrt(sum / n) < 1.5);
    }
}

static bool count_polls(void *user) {
    return ++*(size_t *)user == 40;
}

static void stops_when_told(void **state) {
    (void)state;
    double y[200];
    size_t asked = 0;
    norn_err err;
    void *st;
    for (size_t t = 0; t < 200; t++)
        y[t] = place(t, 0.5, 1);
    const norni_series s = monthly(y, 200, 12);
    norni_env env = {.arena = &arena, .poll = {count_polls, &asked}};
    const norni_model *m = &norni_model_gbdt;
    assert_int_equal(m->fit(&env, options_of(m, ""), &(norni_group){1, &s}, &st, &err),
                     NORN_E_CANCEL);
    assert_int_equal(asked, 40);
    assert_true(m->cost(options_of(m, ""), 200, 12, 12) > m->cost(options_of(m, ""), 100, 12, 12));
    assert_true(m->cost(options_of(m, ""), 200, 12, 12) > m->cost(options_of(m, ""), 200, 12, 3));
    env = (norni_env){.arena = &arena};
    assert_int_equal(
        m->fit(&env, options_of(m, "loss=poisson;base=last"), &(norni_group){1, &s}, &st, &err),
        NORN_E_ARG);
    norni_dist d = {.horizon = 13};
    static ahead a;
    fit_well(m, "n_trees=3", &s, &a);
    assert_int_equal(m->predict(&env, a.state, 0, 13, false, &d, &err), NORN_E_ARG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(trend_and_season, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gaps_and_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_short, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_horizons, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_step_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops_when_told, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("learner_series", tests, NULL, NULL);
}
