/* The exponential smoothing models through their vtable: forecasts, intervals, errors, awkward
 * series. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "models/ets/ets.h"
#include "shared_arena.h"

enum { MAX_H = 24, MAX_N = 300 };

typedef struct outcome {
    norn_status status;
    norni_dist dist;
    double mean[MAX_H], sd[MAX_H], fitted[MAX_N];
    char text[256];
    norn_err err;
} outcome;

/* settings: pairs of name and value, ended by NULL. */
static void run(const norni_model *model, const char *const *settings, const double *y, size_t n,
                int32_t m, size_t h, outcome *out) {
    memset(out, 0, sizeof *out);
    void *opt = norni_arena_zero(&arena, 1, model->opt_size);
    assert_non_null(opt);
    assert_int_equal(norni_param_defaults(model->params, model->n_params, opt, &arena, &out->err),
                     NORN_OK);
    for (; settings && settings[0]; settings += 2) {
        const norni_param *row =
            norni_param_find(model->params, model->n_params, norni_str_of(settings[0]));
        assert_non_null(row);
        assert_int_equal(
            norni_param_set(row, opt, norni_str_of(settings[1]), &arena, "test", &out->err),
            NORN_OK);
    }
    const norni_series s = {.n = n, .y = y, .n_season = m > 1, .season = &m, .horizon = h};
    const norni_group group = {1, &s};
    norni_env env = {.arena = &arena, .seed = 7, .item = 99};
    void *state = NULL;
    out->status = model->validate(opt, &s, &out->err);
    if (out->status == NORN_OK) out->status = model->fit(&env, opt, &group, &state, &out->err);
    if (out->status != NORN_OK) return;
    out->dist.mean = out->mean, out->dist.sd = out->sd;
    out->status = model->predict(&env, state, 0, h, true, &out->dist, &out->err);
    if (out->status != NORN_OK) return;
    assert_int_equal(model->fitted(&env, state, 0, out->fitted, &out->err), NORN_OK);
    model->describe(state, 0, out->text, sizeof out->text);
    for (size_t k = 0; k < h; k++) {
        assert_true(isfinite(out->mean[k]));
        if (out->dist.kind == NORNI_DIST_NORMAL)
            assert_true(out->sd[k] >= 0 && isfinite(out->sd[k]));
    }
    for (size_t t = 0; t < n; t++)
        assert_true(isfinite(out->fitted[t]));
}

static void wave(double *y, size_t n) {
    for (size_t t = 0; t < n; t++)
        y[t] = 100 + 0.5 * (double)t + 10 * sin((double)t * 0.5235987755982988) +
               (double)((t * 7919) % 13);
}

static void test_auto(void **state) {
    (void)state;
    double y[120];
    outcome o;
    wave(y, 120);
    run(&norni_model_auto_ets, NULL, y, 120, 12, 24, &o);
    assert_int_equal(o.status, NORN_OK);
    assert_int_equal(o.dist.kind, NORNI_DIST_NORMAL);
    assert_true(strncmp(o.text, "ETS(", 4) == 0 && strstr(o.text, "gamma=") &&
                strstr(o.text, "aicc="));
    for (size_t k = 0; k < 24; k++) {
        const double t = (double)(120 + k);
        assert_true(fabs(o.mean[k] - (106 + 0.5 * t + 10 * sin(t * 0.5235987755982988))) < 8);
    }
}

static void test_ses_is_the_recursion(void **state) {
    (void)state;
    const double y[8] = {3, 5, 4, 6, 5, 7, 6, 8};
    const char *set[] = {"alpha", "0.5", NULL};
    outcome o;
    run(&norni_model_ses, set, y, 8, 1, 3, &o);
    assert_int_equal(o.status, NORN_OK);
    double level = o.fitted[0];
    for (size_t t = 0; t < 8; t++) {
        assert_true(fabs(o.fitted[t] - level) < 1e-12);
        level += 0.5 * (y[t] - level);
    }
    assert_true(fabs(o.mean[2] - level) < 1e-12);
    assert_true(fabs(o.sd[2] * o.sd[2] - 1.5 * o.sd[0] * o.sd[0]) < 1e-12);
}

static void test_paths(void **state) {
    (void)state;
    double y[96];
    outcome a, b, c;
    wave(y, 96);
    const char *set[] = {"season", "multiplicative", "simulate", "true", "n_paths", "4000", NULL};
    const char *plain[] = {"season", "multiplicative", NULL};
    run(&norni_model_holt_winters, set, y, 96, 12, 12, &a);
    assert_int_equal(a.status, NORN_OK);
    assert_int_equal(a.dist.kind, NORNI_DIST_PATHS);
    assert_int_equal(a.dist.n_paths, 4000);
    run(&norni_model_holt_winters, set, y, 96, 12, 12, &b);
    assert_memory_equal(a.dist.paths, b.dist.paths, 12 * 4000 * sizeof(double));
    run(&norni_model_holt_winters, plain, y, 96, 12, 12, &c);
    assert_int_equal(c.dist.kind, NORNI_DIST_NORMAL);
    /* Simulated and exact moments agree within four standard errors. */
    for (size_t k = 0; k < 12; k++) {
        double sum = 0, sq = 0;
        for (size_t p = 0; p < 4000; p++)
            sum += a.dist.paths[k * 4000 + p];
        const double mean = sum / 4000;
        for (size_t p = 0; p < 4000; p++)
            sq += pow(a.dist.paths[k * 4000 + p] - mean, 2);
        const double sd = sqrt(sq / 3999);
        assert_true(fabs(mean - c.mean[k]) < 4 * c.sd[k] / sqrt(4000.0));
        assert_true(fabs(sd / c.sd[k] - 1) < 4 / sqrt(8000.0));
    }
    const char *trend[] = {"error", "M", "trend", "M", "damped", "yes", NULL};
    run(&norni_model_ets, trend, y, 96, 12, 12, &c);
    assert_int_equal(c.status, NORN_OK);
    assert_int_equal(c.dist.kind, NORNI_DIST_PATHS);
    assert_true(strncmp(c.text, "ETS(M,Md,N)", 11) == 0);
}

static void test_awkward_series(void **state) {
    (void)state;
    double y[MAX_N];
    outcome o;
    /* Any length from one point on, constant or not, with a season or not. */
    for (size_t n = 1; n <= 40; n++)
        for (int32_t m = 1; m <= 12; m += 11)
            for (int kind = 0; kind < 4; kind++) {
                for (size_t t = 0; t < n; t++)
                    y[t] = kind == 0   ? 5
                           : kind == 1 ? (double)t
                           : kind == 2 ? (double)((t * 37) % 11)
                                       : 0;
                run(&norni_model_auto_ets, NULL, y, n, m, 6, &o);
                assert_int_equal(o.status, NORN_OK);
                if (kind == 0) assert_true(fabs(o.mean[5] - 5) < 1e-9);
                if (kind == 3) assert_true(o.mean[5] == 0);
            }
    for (size_t t = 0; t < 60; t++)
        y[t] = (double)NAN;
    run(&norni_model_auto_ets, NULL, y, 60, 12, 6, &o);
    assert_int_equal(o.status, NORN_E_DATA);
    assert_non_null(strstr(o.err.text, "missing"));
    y[30] = 4;
    run(&norni_model_auto_ets, NULL, y, 60, 12, 6, &o);
    assert_int_equal(o.status, NORN_OK);
    assert_true(o.mean[5] == 4);
    y[31] = (double)INFINITY;
    run(&norni_model_auto_ets, NULL, y, 60, 12, 6, &o);
    assert_int_equal(o.status, NORN_E_DATA);
    /* Half of the points missing; a whole season missing; the ends of the range. */
    wave(y, 120);
    for (size_t t = 0; t < 120; t += 2)
        y[t] = (double)NAN;
    run(&norni_model_auto_ets, NULL, y, 120, 12, 6, &o);
    assert_int_equal(o.status, NORN_OK);
    for (int power = -300; power <= 300; power += 600) {
        wave(y, 120);
        for (size_t t = 0; t < 120; t++)
            y[t] *= pow(10, power);
        run(&norni_model_auto_ets, NULL, y, 120, 12, 6, &o);
        assert_int_equal(o.status, NORN_OK);
        assert_true(fabs(o.mean[0] / pow(10, power) - 166) < 15);
    }
    /* A spike among zeros, and long seasons, free and fixed. */
    memset(y, 0, sizeof y);
    y[20] = 1e6;
    run(&norni_model_auto_ets, NULL, y, 48, 12, 6, &o);
    assert_int_equal(o.status, NORN_OK);
    wave(y, 240);
    run(&norni_model_auto_ets, NULL, y, 240, 52, 6, &o);
    assert_int_equal(o.status, NORN_OK);
    run(&norni_model_auto_ets, NULL, y, 240, 100, 6, &o);
    assert_int_equal(o.status, NORN_OK);
}

static void test_errors(void **state) {
    (void)state;
    double y[60];
    outcome o;
    wave(y, 60);
    const char *season[] = {"season", "A", NULL};
    run(&norni_model_ets, season, y, 60, 1, 6, &o);
    assert_int_equal(o.status, NORN_E_ARG);
    run(&norni_model_ets, season, y, 12, 12, 6, &o);
    assert_int_equal(o.status, NORN_E_DATA);
    const char *order[] = {"trend", "A", "alpha", "0.2", "beta", "0.4", NULL};
    run(&norni_model_ets, order, y, 60, 1, 6, &o);
    assert_int_equal(o.status, NORN_E_ARG);
    y[7] = 0;
    const char *mul[] = {"error", "M", NULL};
    run(&norni_model_ets, mul, y, 60, 1, 6, &o);
    assert_int_equal(o.status, NORN_E_DATA);
    assert_non_null(strstr(o.err.text, "above 0"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_auto),   cmocka_unit_test(test_ses_is_the_recursion),
        cmocka_unit_test(test_paths),  cmocka_unit_test(test_awkward_series),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
