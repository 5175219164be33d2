/* Features of a table: which there are, their values against plain definitions, and that none knows the future. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/ctx.h"
#include "base/fp.h"
#include "feat/features.h"

enum { N = 60, H = 5 };

typedef struct table {
    norn_ctx *ctx;
    norni_arena arena;
    norni_wide w;
    double y[N], x[N], g[N], s[N], plan[N], ahead[H];
} table;

static norni_time_style dates = {.kind = NORNI_TIME_DATE, .sep = '-'};

static void make_table(table *t, int64_t step) {
    int64_t time[N], later[H];
    static const norni_str words[] = {{"a", 1}, {"b", 1}, {"c", 1}};
    const int64_t start = norni_days_from_civil(2024, 2, 20) * NORNI_US_DAY;
    for (int k = 0; k < N; k++) {
        time[k] = start + step * k;
        t->y[k] = k == 17 || k == 18 ? NORNI_NAN : (double)(k * k % 23) + 0.25;
        t->x[k] = (double)(k * 7 % 19);
        t->g[k] = (double)(k % 3);
        t->s[k] = (double)(k / 20);
        t->plan[k] = 100.0 + k;
    }
    for (int k = 0; k < H; k++) {
        later[k] = start + step * (N + k);
        t->ahead[k] = 100.0 + N + k;
    }
    const norni_wide_array column[] = {{{"y", 1}, t->y, NULL, 0},
                                       {{"x", 1}, t->x, NULL, 0},
                                       {{"g", 1}, t->g, words, 3},
                                       {{"s", 1}, t->s, NULL, 0},
                                       {{"plan", 4}, t->plan, NULL, 0}},
                           future[] = {{{"plan", 4}, t->ahead, NULL, 0}};
    const norni_wide_arrays in = {.n = N,
                                  .n_columns = 5,
                                  .n_future = H,
                                  .n_future_columns = 1,
                                  .time = time,
                                  .style = dates,
                                  .column = column,
                                  .future_time = later,
                                  .future = future};
    norni_wide_opt opt = norni_wide_opt_default();
    norni_wide_report report;
    norn_err err;
    opt.targets = "y";
    opt.statics = "s";
    opt.horizon = H;
    norni_arena_init(&t->arena, &t->ctx->alloc);
    if (norni_wide_of_arrays(t->ctx, NULL, &in, &opt, &t->arena, &t->w, &report, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static norni_features make(table *t, const norni_features_opt *opt) {
    norni_features f;
    norn_err err;
    if (norni_features_make(&t->arena, NULL, &t->w, opt, &f, &err) != NORN_OK)
        fail_msg("%s", err.text);
    return f;
}

static const norni_feature_column *find(const norni_features *f, const char *name) {
    for (size_t k = 0; k < f->n; k++) {
        if (norni_str_is(f->col[k].name, name)) return &f->col[k];
    }
    fail_msg("no feature %s", name);
    return NULL;
}

static void is_value(double a, double b) {
    if (!(a == b || (isnan(a) && isnan(b)))) fail_msg("%g where %g should be", a, b);
}

static void is_near(double a, double b) {
    if (!(fabs(a - b) <= 1e-12 * (1 + fabs(b)))) fail_msg("%.17g where %.17g should be", a, b);
}

static void test_lags(void **state) {
    table *t = *state;
    norni_features_opt opt = norni_features_opt_default();
    opt.horizon = H;
    opt.lookback = 4;
    opt.driver_lookback = 2;
    make_table(t, NORNI_US_DAY);
    const norni_features f = make(t, &opt);
    /* 4 lags of y and mean, std; 2 of x and g; s, plan; dow, month, doy */
    assert_int_equal(f.n, 4 + 2 + 4 + 1 + 1 + 4);
    assert_int_equal(f.first, 3);
    for (size_t r = f.first; r < N; r++) {
        is_value(norni_feature_value(find(&f, "y_lag0"), r, 1), t->y[r]);
        is_value(norni_feature_value(find(&f, "y_lag3"), r, 1), t->y[r - 3]);
        is_value(norni_feature_value(find(&f, "x_lag1"), r, 2), t->x[r - 1]);
        is_value(norni_feature_value(find(&f, "s"), r, 2), t->s[r]);
        for (size_t h = 1; h <= H; h++)
            is_value(norni_feature_value(find(&f, "plan@target"), r, h), 100.0 + (double)(r + h));
    }
    assert_int_equal(find(&f, "g_lag0")->kind, NORNI_FEATURE_NOMINAL);
    assert_int_equal(find(&f, "g_lag0")->source, 2);
    /* a view: no copy */
    assert_ptr_equal(find(&f, "y_lag0")->at, t->w.column[0].at);
    assert_ptr_equal(find(&f, "y_lag3")->at + 3, t->w.column[0].at);
    int32_t lags[] = {0, 6, 13};
    opt.lags = (norni_ints){3, lags};
    const norni_features g = make(t, &opt);
    assert_int_equal(g.first, 13);
    is_value(find(&g, "y_lag13")->at[20], t->y[7]);
    assert_int_equal(find(&g, "x_lag1")->lag, 1);
    lags[2] = N;
    norn_err err;
    norni_features out;
    assert_int_equal(norni_features_make(&t->arena, NULL, &t->w, &opt, &out, &err), NORN_E_ARG);
    opt.lags.n = 0;
    opt.horizon = H + 1;
    assert_int_equal(norni_features_make(&t->arena, NULL, &t->w, &opt, &out, &err), NORN_E_ARG);
    opt.horizon = H;
    opt.lookback = N + 1;
    assert_int_equal(norni_features_make(&t->arena, NULL, &t->w, &opt, &out, &err), NORN_E_DATA);
}

static void test_rolls(void **state) {
    table *t = *state;
    int32_t windows[] = {3, 8}, seasons[] = {7, 4};
    norni_features_opt opt = norni_features_opt_default();
    opt.horizon = H;
    opt.windows = (norni_ints){2, windows};
    opt.seasons = (norni_ints){2, seasons};
    opt.least = opt.most = opt.roll_drivers = true;
    make_table(t, NORNI_US_DAY);
    const norni_features f = make(t, &opt);
    for (size_t r = f.first; r < N; r++) {
        double sum = 0, least = NORNI_INF, squares = 0;
        size_t n = 0;
        for (size_t k = r + 1 > 8 ? r - 7 : 0; k <= r; k++) {
            if (isnan(t->y[k])) continue;
            sum += t->y[k];
            least = t->y[k] < least ? t->y[k] : least;
            n++;
        }
        for (size_t k = r + 1 > 8 ? r - 7 : 0; k <= r; k++)
            squares +=
                isnan(t->y[k]) ? 0 : (t->y[k] - sum / (double)n) * (t->y[k] - sum / (double)n);
        if (n >= 4) {
            is_near(find(&f, "y_mean8")->at[r], sum / (double)n);
            is_value(find(&f, "y_min8")->at[r], least);
            is_near(find(&f, "y_std8")->at[r], sqrt(squares / (double)(n - 1)));
        }
        /* the newest value whole weeks before the row forecast that is known: 7 >= 5; two times 4 */
        for (size_t h = 1; h <= H; h++) {
            is_value(norni_feature_value(find(&f, "y_season7"), r, h), t->y[r + h - 7]);
            is_value(norni_feature_value(find(&f, "y_season8"), r, h), t->y[r + h - 8]);
        }
    }
    is_near(find(&f, "x_mean3")->at[10], (t->x[8] + t->x[9] + t->x[10]) / 3);
    for (size_t k = 0; k < f.n; k++) /* a nominal column has no mean */
        assert_false(f.col[k].origin == NORNI_ORIGIN_ROLL && f.col[k].source == 2);
}

static void test_calendar(void **state) {
    table *t = *state;
    norni_features_opt opt = norni_features_opt_default();
    opt.horizon = H;
    make_table(t, NORNI_US_DAY);
    norni_features f = make(t, &opt);
    /* 2024-02-20 is a Tuesday; row 9 is 29 February, row 10 is 1 March */
    is_value(norni_feature_value(find(&f, "dow"), 7, 1), 2); /* 28 February, Wednesday */
    is_value(norni_feature_value(find(&f, "month"), 8, 1), 1);
    is_value(norni_feature_value(find(&f, "month"), 8, 2), 2);
    is_near(norni_feature_value(find(&f, "doy_sin"), 8, 1), sin(2 * M_PI * 59 / 366));
    is_near(norni_feature_value(find(&f, "doy_cos"), N - 1, H), cos(2 * M_PI * 114 / 366));
    assert_int_equal(find(&f, "dow")->kind, NORNI_FEATURE_NOMINAL);
    norni_arena_clear(&t->arena);
    make_table(t, 6 * 3600 * NORNI_US_SECOND);
    f = make(t, &opt);
    is_near(norni_feature_value(find(&f, "hour_sin"), 8, 1), 1); /* 06:00 */
    is_value(norni_feature_value(find(&f, "dow"), 8, 1), 3);
}

static void leak(norni_features *f, const norni_wide *w) {
    norni_feature_column *c = (norni_feature_column *)(uintptr_t)f->col;
    for (size_t k = 0; k < f->n; k++) {
        if (norni_str_is(c[k].name, "x_lag0")) c[k].at = w->column[0].at + 1; /* y of tomorrow */
    }
}

static void test_proof(void **state) {
    table *t = *state;
    int32_t windows[] = {3, 8}, seasons[] = {7};
    norni_features_opt opt = norni_features_opt_default();
    opt.horizon = H;
    opt.windows = (norni_ints){2, windows};
    opt.seasons = (norni_ints){1, seasons};
    opt.least = opt.most = opt.roll_drivers = true;
    make_table(t, NORNI_US_DAY);
    for (size_t row = 8; row < N; row += 7) {
        norn_err err = {NORN_OK, ""};
        if (norni_features_prove(&t->arena, NULL, &t->w, &opt, row, NULL, &err) != NORN_OK)
            fail_msg("%s", err.text);
        if (row + 1 == N) continue; /* nothing lies behind it */
        assert_int_equal(norni_features_prove(&t->arena, NULL, &t->w, &opt, row, leak, &err),
                         NORN_E_INTERNAL);
        if (strstr(err.text, "x_lag0") == NULL) fail_msg("%s", err.text);
    }
}

static int set_up(void **state) {
    static table t;
    memset(&t, 0, sizeof t);
    if (norn_ctx_new(NULL, &t.ctx, NULL) != NORN_OK) return -1;
    *state = &t;
    return 0;
}

static int tear_down(void **state) {
    table *t = *state;
    norni_arena_clear(&t->arena);
    norn_ctx_free(t->ctx);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rolls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_calendar, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_proof, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
