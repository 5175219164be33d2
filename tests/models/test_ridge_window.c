/* Ridge on windows: moments, scikit-learn's numbers, what the tail chooses, mixtures, odd series. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "models/ridge/window_ridge.h"
#include "num/gemm.h"
#include "shared_arena.h"

enum { N = 400 };
static double a[N], b[N];
static const double *const channels[] = {a, b};

/* The script's two waves. */
static void waves(size_t n) {
    for (size_t t = 0; t < n; t++) {
        const double x = (double)t;
        a[t] = sin(0.7 * x) + 0.2 * sin(1.9 * x) + 0.01 * x;
        b[t] = cos(0.7 * x + 1) - 0.3 * sin(2.3 * x);
    }
}

static void noise(uint64_t key) {
    const norni_rng rng = {key, 0};
    for (size_t t = 0; t < N; t++) {
        a[t] = norni_rng_normal(rng, 2 * t) + (t ? 0.7 * a[t - 1] : 0);
        b[t] = norni_rng_normal(rng, 2 * t + 1) + (t > 1 ? 0.5 * b[t - 2] : 0);
    }
}

static window_fit fit(const window_plan *p) {
    norn_err err;
    window_fit f;
    norni_env env = {.arena = &arena};
    assert_int_equal(window_ridge_fit(&env, p, &f, 0, NULL, &err), NORN_OK);
    return f;
}

static void forecast(const window_fit *f, size_t c, const double *x, size_t t, double *out) {
    void *scratch = norni_arena_get(&arena, norni_gemm_scratch(), 1);
    assert_non_null(scratch);
    window_ridge_apply(f, c, x, t, t + 1, out, scratch);
}

static void test_moments(void **state) {
    (void)state;
    const size_t from = 11, to = 330, lookback = 12, horizon = 5;
    window_moments m;
    noise(1);
    assert_int_equal(window_moments_init(&arena, lookback, horizon, &m, NULL), NORN_OK);
    assert_int_equal(window_moments_fill(&m, channels, 2, from, to, NULL, NULL), NORN_OK);
    assert_true(m.n == 2.0 * 319);
    for (size_t i = 0; i < lookback; i++) {
        for (size_t c = 0; c < lookback + horizon; c++) {
            double sum = 0;
            for (size_t t = from; t < to; t++)
                sum += a[t - i] * a[t + horizon - c] + b[t - i] * b[t + horizon - c];
            assert_true(fabs(sum - m.cross[i * (lookback + horizon) + c]) < 1e-10);
        }
    }
}

/* tests/oracle/ridge_numbers.py window; 1e-10: both solve well-posed equations in doubles. */
static void test_sklearn(void **state) {
    (void)state;
    static const struct {
        window_norm norm;
        size_t lookback;
        double at[3];
    } right[] = {
        {WINDOW_LAST, 5, {-0.0341263933452568, 0.37500471361250454, 1.0336061343891747}},
        {WINDOW_LAST, 9, {0.21493507197207207, 0.8032868715107946, 1.3965537808711066}},
        {WINDOW_MEAN, 5, {-0.041519031409957496, 0.3675534650401086, 1.026047974714222}},
        {WINDOW_MEAN, 9, {0.23479671738268215, 0.8052749963384299, 1.4197086690674658}},
        {WINDOW_NONE, 5, {-0.3437297210602186, 0.017089097767997052, 0.7202020535802025}},
        {WINDOW_NONE, 9, {0.27133287257798616, 0.8869197324852859, 1.5235253782013232}},
    };
    const double penalty = 0.05;
    waves(80);
    for (size_t i = 0; i < 6; i++) {
        const size_t lookbacks[] = {5, 9};
        const window_plan p = {.n_channels = 2,
                               .horizon = 3,
                               .x = channels,
                               .n_lookbacks = 2,
                               .lookback = lookbacks,
                               .norm = right[i].norm,
                               .n_penalties = 1,
                               .penalty = &penalty,
                               .shared = true,
                               .fit_to = 77};
        /* The look-back's own weights: the shorter one's come from the leading block. */
        norni_env env = {.arena = &arena};
        window_fit f, longer;
        assert_int_equal(window_ridge_fit(&env, &p, &f, 0, NULL, NULL), NORN_OK);
        window_plan one = p;
        one.n_lookbacks = 1, one.lookback = lookbacks + 1;
        longer = fit(&one);
        double both[3], long_one[3];
        forecast(&f, 0, a, 79, both);
        forecast(&longer, 0, a, 79, long_one);
        for (size_t k = 0; k < 3; k++) { /* equal weights: (short + long) / 2 */
            const double at = right[i].lookback == 9 ? long_one[k] : 2 * both[k] - long_one[k];
            assert_true(fabs(at - right[i].at[k]) < 1e-10);
        }
    }
}

/* What is chosen is as good on the tail as any member, forecast window by window. */
static void test_tail(void **state) {
    (void)state;
    const size_t lookbacks[] = {2, 6, 20};
    const double penalties[] = {1e-3, 0.1, 1};
    noise(2);
    window_plan p = {.n_channels = 2,
                     .horizon = 4,
                     .x = channels,
                     .n_lookbacks = 3,
                     .lookback = lookbacks,
                     .n_penalties = 3,
                     .penalty = penalties,
                     .shared = true,
                     .individual = true,
                     .mix = true,
                     .train_to = 290,
                     .tail_from = 293,
                     .tail_to = 396,
                     .fit_to = 290};
    const window_fit f = fit(&p);
    double error = 0, out[4], sum = 0;
    for (size_t c = 0; c < 2; c++) {
        for (size_t t = 293; t < 396; t++) {
            forecast(&f, c, channels[c], t, out);
            for (size_t k = 0; k < 4; k++)
                error += pow(out[k] - channels[c][t + 1 + k], 2) / (103 * 8);
        }
    }
    assert_true(fabs(error - f.tail_error) < 1e-10);
    assert_int_equal(f.n_members, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_true(f.tail_error <= f.member[i].tail_error + 1e-12);
        assert_true(f.member[i].weight >= 0);
        sum += f.member[i].weight;
    }
    assert_true(fabs(sum - 1) < 1e-12);
    const window_fit again = fit(&p);
    for (size_t c = 0; c < 2; c++)
        assert_memory_equal(f.weight[c], again.weight[c], 20 * 4 * sizeof(double));
    p.mix = false;
    const window_fit one = fit(&p);
    assert_true(one.tail_error >= f.tail_error - 1e-12);
}

/* Against every mixture of three on a grid. */
static void test_mix(void **state) {
    (void)state;
    const norni_rng rng = {4, 4};
    for (uint64_t r = 0; r < 200; r++) {
        double e[4][3], q[9] = {0}, w[3];
        for (size_t i = 0; i < 12; i++)
            e[i / 3][i % 3] = norni_rng_normal(rng, 12 * r + i) + (double)(r % 3);
        for (size_t i = 0; i < 9; i++)
            for (size_t k = 0; k < 4; k++)
                q[i] += e[k][i / 3] * e[k][i % 3];
        window_mix(q, 3, w);
        double at = 0, least = 1e300;
        for (size_t i = 0; i < 9; i++)
            at += w[i / 3] * q[i] * w[i % 3];
        for (int x = 0; x <= 100; x++) {
            for (int y = 0; x + y <= 100; y++) {
                const double v[] = {x / 100.0, y / 100.0, (100 - x - y) / 100.0};
                double other = 0;
                for (size_t i = 0; i < 9; i++)
                    other += v[i / 3] * q[i] * v[i % 3];
                least = other < least ? other : least;
            }
        }
        assert_true(at <= least + 1e-9 && fabs(w[0] + w[1] + w[2] - 1) < 1e-12);
    }
}

static void test_odd(void **state) {
    (void)state;
    const size_t lookbacks[] = {2, 30};
    const double penalties[] = {1e-4, 1};
    double out[3];
    for (int which = 0; which < 3; which++) {
        for (size_t t = 0; t < N; t++) {
            a[t] = which == 0 ? 0 : which == 1 ? 3 : (t == 100 ? 15 : 0);
            b[t] = t % 2 ? 1 : -1;
        }
        for (int norm = WINDOW_LAST; norm <= WINDOW_NONE; norm++) {
            const window_plan p = {.n_channels = 2,
                                   .horizon = 3,
                                   .x = channels,
                                   .n_lookbacks = 2,
                                   .lookback = lookbacks,
                                   .norm = (window_norm)norm,
                                   .n_penalties = 2,
                                   .penalty = penalties,
                                   .shared = true,
                                   .individual = true,
                                   .mix = true,
                                   .train_to = 200,
                                   .tail_from = 202,
                                   .tail_to = 397,
                                   .fit_to = 397};
            const window_fit f = fit(&p);
            for (size_t c = 0; c < 2; c++) {
                forecast(&f, c, channels[c], 399, out);
                for (size_t k = 0; k < 3; k++)
                    assert_true(isfinite(out[k]) && fabs(out[k]) < 20);
            }
            forecast(&f, 0, a, 399, out);
            if (which == 1 && norm != WINDOW_NONE) assert_true(fabs(out[0] - 3) < 1e-9);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_moments, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sklearn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mix, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
