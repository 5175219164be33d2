/* The installed C interface: forecasts of arrays, statuses of series, refusals. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include <norn/forecast.h>

enum { H = 3, N = 3 };

static void arrays_in_and_out(void **state) {
    (void)state;
    const double y[] = {1, 2, 3, 4, NAN, NAN, 10, 12, 11, 13, 12, 14};
    const size_t offsets[N + 1] = {0, 4, 6, 12};
    double first[3][N * H], again[3][N * H];
    norn_status status[N];
    norn_forecast_opt o = norn_forecast_opt_default();
    o.horizon = H;
    o.model = "drift";
    for (int threads = 1; threads <= 3; threads += 2) {
        double(*out)[N * H] = threads == 1 ? first : again;
        norn_ctx_opt copt = norn_ctx_opt_default();
        norn_ctx *ctx = NULL;
        copt.n_threads = threads;
        assert_int_equal(norn_ctx_new(&copt, &ctx, NULL), NORN_OK);
        assert_int_equal(
            norn_forecast_series(ctx, y, offsets, N, &o, out[0], out[1], out[2], status, NULL),
            NORN_OK);
        norn_ctx_free(ctx);
    }
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(status[0], NORN_OK);
    assert_int_equal(status[1],
                     NORN_E_DATA); /* nothing observed: not even the fallback can serve it */
    assert_true(fabs(first[0][0] - 5) < 1e-12 && fabs(first[0][2] - 7) < 1e-12);
    assert_true(isnan(first[0][H]) && first[1][2 * H] < first[0][2 * H] &&
                first[2][2 * H] > first[0][2 * H]);
}

static void forecast_one(const char *model, double mean[H]) {
    const double y[] = {112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118,
                        115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140};
    const size_t offsets[] = {0, sizeof y / sizeof y[0]};
    norn_forecast_opt o = norn_forecast_opt_default();
    norn_ctx *ctx = NULL;
    o.horizon = H;
    o.season_length = 12;
    o.model = model;
    o.fallback = "none";
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    assert_int_equal(norn_forecast_series(ctx, y, offsets, 1, &o, mean, NULL, NULL, NULL, NULL),
                     NORN_OK);
    norn_ctx_free(ctx);
}

static void auto_when_no_model_is_named(void **state) {
    (void)state;
    double named[H], unnamed[H], other[H];
    forecast_one(NULL, unnamed);
    forecast_one("auto", named);
    forecast_one("auto_ets", other);
    assert_memory_equal(unnamed, named, sizeof named);
    assert_memory_not_equal(unnamed, other, sizeof other);
}

static void refusals(void **state) {
    (void)state;
    const double y[] = {1, 2, 3};
    const size_t offsets[] = {0, 3}, falling[] = {3, 0};
    double mean[1];
    norn_ctx *ctx = NULL;
    norn_err err;
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    norn_forecast_opt o = norn_forecast_opt_default();
    assert_int_equal(norn_forecast_series(ctx, y, falling, 1, &o, mean, NULL, NULL, NULL, &err),
                     NORN_E_ARG);
    o.horizon = 0;
    assert_int_equal(norn_forecast_series(ctx, y, offsets, 1, &o, mean, NULL, NULL, NULL, &err),
                     NORN_E_ARG);
    assert_string_equal(err.text, "forecast: horizon=0 is outside [1, 100000]");
    o.horizon = 1;
    o.model = "naive,mean";
    assert_int_equal(norn_forecast_series(ctx, y, offsets, 1, &o, mean, NULL, NULL, NULL, &err),
                     NORN_E_ARG);
    o.model = "nothing";
    assert_int_equal(norn_forecast_series(ctx, y, offsets, 1, &o, mean, NULL, NULL, NULL, &err),
                     NORN_E_ARG);
    o.model = "mean";
    assert_int_equal(norn_forecast_series(ctx, y, offsets, 1, &o, mean, NULL, NULL, NULL, &err),
                     NORN_OK);
    assert_true(mean[0] == 2);
    norn_ctx_free(ctx);
    assert_true(strlen(norn_version()) >= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_in_and_out),
                                       cmocka_unit_test(auto_when_no_model_is_named),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
