/* Prophet's public calls: what they give, what they refuse, the same bits however they run. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>
#include <unistd.h>

#include <norn/prophet.h>
#include "base/fp.h"
#include "base/hash.h"
#include "base/rng.h"
#include "base/sort.h"
#include "counting.h"
#include "data/calendar.h"
#include "par/pool.h"
#include "prophet_bed.h"

static void same_estimates(const norn_prophet *a, const norn_prophet *b) {
    const norn_prophet_state s = state_of(a), t = state_of(b);
    assert_true(s.k == t.k && s.m == t.m && s.sigma == t.sigma &&
                s.log_posterior == t.log_posterior);
    assert_int_equal(s.n_change, t.n_change);
    assert_int_equal(s.n_column, t.n_column);
    assert_memory_equal(s.delta, t.delta, s.n_change * sizeof(double));
    assert_memory_equal(s.beta, t.beta, s.n_column * sizeof(double));
    assert_int_equal(s.n_note, t.n_note);
    for (size_t i = 0; i < s.n_note; i++)
        assert_string_equal(s.note[i], t.note[i]);
}

/* ---- one model ---- */

static void a_fit_tells_its_state(void **state) {
    (void)state;
    norn_ctx *ctx = new_ctx(1, NULL);
    norn_prophet *p = fitted(ctx, RICH, N);
    const norn_prophet_state s = state_of(p);
    assert_int_equal(s.n_rows, N - 22);
    assert_int_equal(s.start, ds[1]); /* the first row is without y */
    assert_int_equal(s.n_change, 4);
    assert_int_equal(s.n_season, 3); /* works, yearly, weekly */
    assert_string_equal(s.season[0].name, "works");
    assert_string_equal(s.season[0].condition, "on");
    assert_null(s.season[1].condition);
    assert_int_equal(s.season[1].order, 3);
    assert_string_equal(s.column[0], "works_delim_1");
    assert_string_equal(s.component[0], "works");
    assert_string_equal(s.column[s.n_column - 1], "price");
    assert_true(s.regressor[0].mu == 0 && s.regressor[0].sd == 1 && s.regressor[1].sd > 1);
    assert_true(s.prior[s.n_column - 1] == 0.5 && s.prior[s.n_column - 2] == 10);
    assert_string_equal(s.holiday_name[0], "sale");
    assert_int_equal(s.n_note, 1);
    assert_non_null(strstr(s.note[0], "daily"));
    assert_true(s.exact && s.kkt < 1e-6 && isfinite(s.log_posterior));
    assert_true(fabs(s.mean_step * (double)(s.n_rows - 1) - 1) < 1e-15);
    norn_prophet_free(p);
    norn_ctx_free(ctx);
}

static void a_prediction_has_prophets_columns(void **state) {
    (void)state;
    static const char *const want[] = {"trend",       "cap",         "yhat_lower",   "yhat_upper",
                                       "trend_lower", "trend_upper", "Christmas Day"};
    norn_ctx *ctx = new_ctx(1, NULL);
    norn_prophet *p = fitted(ctx, RICH, N);
    norn_prophet_table t = predict(ctx, p, N - 20, AHEAD, NULL);
    for (size_t k = 0; k < sizeof want / sizeof want[0]; k++)
        assert_string_equal(t.name[k], want[k]);
    assert_string_equal(t.name[t.n_column - 1], "yhat");
    const double *trend = column(&t, "trend"), *additive = column(&t, "additive_terms"),
                 *yhat = column(&t, "yhat"),
                 *sum[] = {column(&t, "holidays"), column(&t, "weekly"), column(&t, "works"),
                           column(&t, "yearly"), column(&t, "extra_regressors_additive")};
    for (size_t i = 0; i < t.n; i++) {
        double all = 0;
        for (size_t k = 0; k < 5; k++)
            all += sum[k][i];
        assert_true(fabs(all - additive[i]) < 1e-9 &&
                    fabs(trend[i] + additive[i] - yhat[i]) < 1e-9);
        assert_true(column(&t, "yhat_lower")[i] < yhat[i] && yhat[i] < column(&t, "yhat_upper")[i]);
        assert_true(column(&t, "works_lower")[i] == column(&t, "works")[i]);
        assert_true(column(&t, "sale")[i] != 0 || i != 100);
    }
    norn_prophet_table_free(&t);
    norn_prophet_predict_opt bare = norn_prophet_predict_opt_default();
    bare.samples = 0;
    bare.components = false;
    t = predict(ctx, p, N, AHEAD, &bare);
    assert_int_equal(t.n_column, 3); /* trend, cap, yhat */
    norn_prophet_table_free(&t);
    norn_prophet_table_free(&t);
    norn_prophet_free(p);
    p = fitted(ctx, LOGISTIC, N);
    t = predict(ctx, p, N, AHEAD, &bare);
    assert_int_equal(t.n_column, 4);
    assert_string_equal(t.name[2], "floor");
    norn_prophet_table_free(&t);
    norn_prophet_free(p);
    norn_ctx_free(ctx);
}

/* Bounds are numpy's quantiles of the same draws; in the history, whose trend is certain unless the
 * estimates are not, those of infinitely many. */
static void check_draws(bool parameters) {
    enum { ROWS = 12, DRAWS = 200 };
    static double trend[ROWS * DRAWS], yhat[ROWS * DRAWS];
    norn_ctx *ctx = new_ctx(1, NULL);
    norn_prophet *p = fitted(ctx, PLAIN, N);
    norn_prophet_predict_opt opt = norn_prophet_predict_opt_default();
    opt.samples = DRAWS;
    opt.seed = 5;
    opt.parameters = parameters;
    const norn_prophet_rows r = rows(N - 4, ROWS), fit = rows(0, N);
    if (parameters) assert_int_equal(norn_prophet_spread(ctx, p, &fit, NULL), NORN_OK);
    assert_int_equal(norn_prophet_samples(ctx, p, &r, &opt, trend, yhat, NULL), NORN_OK);
    norn_prophet_table t = predict(ctx, p, N - 4, ROWS, &opt);
    const double sigma = state_of(p).sigma * state_of(p).y_scale;
    for (size_t i = 0; i < ROWS; i++) {
        norni_sort_doubles(yhat + i * DRAWS, DRAWS);
        const double place = 0.1 * (DRAWS - 1);
        const size_t below = (size_t)place;
        const double *sorted = yhat + i * DRAWS,
                     want = sorted[below] +
                            (place - (double)below) * (sorted[below + 1] - sorted[below]);
        const double lower = column(&t, "yhat_lower")[i], upper = column(&t, "yhat_upper")[i],
                     half = upper - column(&t, "yhat")[i];
        if (i < 4 && !parameters) { /* 200 draws: the quantile's own sd is 0.1 of half, seed 5 */
            assert_true(fabs(half - norni_normal_quantile(0.9) * sigma) <= 1e-12 * fabs(upper));
            assert_true(fabs(lower - want) < 0.35 * half);
        } else {
            assert_true(fabs(lower - want) <= 1e-12 * fabs(want));
        }
    }
    norn_prophet_table_free(&t);
    norn_prophet_free(p);
    norn_ctx_free(ctx);
}

static void draws_agree_with_bounds(void **state) {
    (void)state;
    check_draws(false);
    check_draws(true);
}

static void assert_wider(const norn_prophet_table *a, const norn_prophet_table *b,
                         const char *lower, const char *upper) {
    double more = 0;
    for (size_t i = 0; i < a->n; i++)
        more += (column(a, upper)[i] - column(a, lower)[i]) -
                (column(b, upper)[i] - column(b, lower)[i]);
    if (!(more > 0)) fail_msg("%s is no wider: %g", upper, more);
}

/* The estimates' uncertainty: asked for first, of the rows that were fitted; it widens all bounds and
 * moves no forecast; a restored model has the same. */
static void estimates_may_be_uncertain(void **state) {
    (void)state;
    for (int kind = 0; kind < N_KINDS; kind++) {
        norn_ctx *ctx = new_ctx(2, NULL);
        norn_prophet *p = fitted(ctx, kind, N), *q = new_model(ctx, kind);
        norn_prophet_predict_opt opt = norn_prophet_predict_opt_default();
        const norn_prophet_rows fit = rows(0, N), fewer = rows(0, N - 3), ahead = rows(N - 9, 20);
        norn_prophet_table plain = predict(ctx, p, N - 9, 20, &opt), none;
        norn_err err;
        opt.parameters = true;
        assert_int_equal(norn_prophet_predict(ctx, p, &ahead, &opt, &none, &err), NORN_E_ARG);
        assert_non_null(strstr(err.text, "norn_prophet_spread"));
        assert_int_equal(norn_prophet_spread(ctx, q, &fit, &err), NORN_E_ARG); /* not fitted */
        const norn_prophet_state s = state_of(p);
        assert_int_equal(norn_prophet_restore(q, &s, NULL), NORN_OK);
        assert_int_equal(norn_prophet_spread(ctx, p, &fewer, &err), NORN_E_ARG);
        assert_non_null(strstr(err.text, "rows that were fitted"));
        for (int twice = 0; twice < 2; twice++)
            assert_int_equal(norn_prophet_spread(ctx, p, &fit, NULL), NORN_OK);
        assert_int_equal(norn_prophet_spread(ctx, q, &fit, NULL), NORN_OK);
        norn_prophet_table wide = predict(ctx, p, N - 9, 20, &opt),
                           again = predict(ctx, q, N - 9, 20, &opt);
        same_table(&wide, &again);
        assert_memory_equal(column(&wide, "yhat"), column(&plain, "yhat"), 20 * sizeof(double));
        assert_wider(&wide, &plain, "yhat_lower", "yhat_upper");
        assert_wider(&wide, &plain, "trend_lower", "trend_upper");
        assert_wider(&wide, &plain, "weekly_lower", "weekly_upper");
        opt.parameters = false;
        norn_prophet_table back = predict(ctx, p, N - 9, 20, &opt);
        same_table(&back, &plain);
        norn_prophet_table_free(&plain);
        norn_prophet_table_free(&wide);
        norn_prophet_table_free(&again);
        norn_prophet_table_free(&back);
        norn_prophet_free(p);
        norn_prophet_free(q);
        norn_ctx_free(ctx);
    }
}

static void rows_may_come_in_any_order(void **state) {
    (void)state;
    static int64_t mixed_ds[N];
    static double mixed_y[N];
    norn_ctx *ctx = new_ctx(1, NULL);
    norn_prophet *a = fitted(ctx, PLAIN, N), *b = new_model(ctx, PLAIN);
    for (size_t i = 0; i < N; i++) {
        mixed_ds[i] = ds[i * 7 % N ? i * 7 % N : 0];
        mixed_y[i] = y[i * 7 % N];
    }
    norn_prophet_rows r = {.n = N, .ds = mixed_ds, .y = mixed_y};
    assert_int_equal(norn_prophet_fit(ctx, b, &r, NULL, NULL), NORN_OK);
    same_estimates(a, b);
    norn_prophet_table t = predict(ctx, a, 0, N, NULL), u;
    assert_int_equal(norn_prophet_predict(ctx, b, &r, NULL, &u, NULL), NORN_OK);
    assert_memory_equal(t.ds, u.ds, N * sizeof *t.ds);
    assert_memory_equal(column(&t, "yhat"), column(&u, "yhat"), N * sizeof(double));
    norn_prophet_table_free(&t);
    norn_prophet_table_free(&u);
    norn_prophet_free(a);
    norn_prophet_free(b);
    norn_ctx_free(ctx);
}

/* A warm start reaches the same optimum, from a history of another length and shape too. */
static void a_warm_start_changes_nothing_but_the_way(void **state) {
    (void)state;
    norn_ctx *ctx = new_ctx(1, NULL);
    norn_prophet *cold = fitted(ctx, RICH, N), *before = fitted(ctx, PLAIN, N - 90),
                 *warm = new_model(ctx, RICH);
    const norn_prophet_rows r = rows(0, N);
    assert_int_equal(norn_prophet_fit(ctx, warm, &r, before, NULL), NORN_OK);
    const norn_prophet_state a = state_of(cold), b = state_of(warm);
    assert_true(fabs(a.log_posterior - b.log_posterior) <= 1e-6);
    norn_prophet_free(cold);
    norn_prophet_free(before);
    norn_prophet_free(warm);
    norn_ctx_free(ctx);
}

static void a_restored_model_predicts_the_same(void **state) {
    (void)state;
    norn_ctx *ctx = new_ctx(1, NULL);
    for (int kind = 0; kind < N_KINDS; kind++) {
        norn_prophet *p = fitted(ctx, kind, N), *q = new_model(ctx, kind);
        const norn_prophet_state s = state_of(p);
        norn_err err;
        if (norn_prophet_restore(q, &s, &err) != NORN_OK) fail_msg("%s", err.text);
        same_estimates(p, q);
        norn_prophet_table t = predict(ctx, p, N - 10, AHEAD, NULL);
        norn_prophet_free(p); /* the restored one stands by itself */
        norn_prophet_table u = predict(ctx, q, N - 10, AHEAD, NULL);
        same_table(&t, &u);
        norn_prophet_table_free(&t);
        norn_prophet_table_free(&u);
        norn_prophet_free(q);
    }
    norn_ctx_free(ctx);
}

static void wrong_states_are_refused(void **state) {
    (void)state;
    norn_ctx *ctx = new_ctx(1, NULL);
    norn_prophet *p = fitted(ctx, RICH, N), *q = new_model(ctx, RICH),
                 *plain = new_model(ctx, PLAIN);
    const norn_prophet_state good = state_of(p);
    norn_prophet_state s = good;
    double beta[512];
    memcpy(beta, good.beta, good.n_column * sizeof *beta);
    s.n_column--;
    assert_int_equal(norn_prophet_restore(q, &s, NULL), NORN_E_ARG);
    s = good;
    s.sigma = 0;
    assert_int_equal(norn_prophet_restore(q, &s, NULL), NORN_E_ARG);
    s = good;
    s.t_scale = 0;
    assert_int_equal(norn_prophet_restore(q, &s, NULL), NORN_E_ARG);
    s = good;
    beta[3] = NORNI_NAN;
    s.beta = beta;
    assert_int_equal(norn_prophet_restore(q, &s, NULL), NORN_E_ARG);
    s = good;
    s.n_season = 0;
    assert_int_equal(norn_prophet_restore(q, &s, NULL), NORN_E_ARG);
    assert_int_equal(norn_prophet_restore(plain, &good, NULL), NORN_E_ARG);
    assert_int_equal(norn_prophet_restore(p, &good, NULL), NORN_E_ARG);
    assert_int_equal(norn_prophet_restore(q, &good, NULL), NORN_OK);
    norn_prophet_free(p);
    norn_prophet_free(q);
    norn_prophet_free(plain);
    norn_ctx_free(ctx);
}

static void wrong_calls_are_refused(void **state) {
    (void)state;
    norn_ctx *ctx = new_ctx(1, NULL);
    norn_prophet *p = new_model(ctx, RICH), *q;
    norn_err err;
    norn_prophet_table t;
    norn_prophet_opt opt = norn_prophet_opt_default();
    const norn_prophet_rows r = rows(0, N);
    opt.changepoint_range = 2;
    assert_int_equal(norn_prophet_new(ctx, &opt, &q, &err), NORN_E_ARG);
    opt = norn_prophet_opt_default();
    opt.country = "Utopia";
    assert_int_equal(norn_prophet_new(ctx, &opt, &q, &err), NORN_E_ARG);
    assert_null(q);
    norn_prophet_seasonality s = {"sale", 7, 2, NORNI_NAN, -1, NULL};
    assert_int_equal(norn_prophet_add_seasonality(p, &s, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "already used for a holiday"));
    s.name = "other";
    s.condition = "promo"; /* a regressor's */
    assert_int_equal(norn_prophet_add_seasonality(p, &s, &err), NORN_E_ARG);
    s = (norn_prophet_seasonality){"works",   7,  0,
                                   NORNI_NAN, -1, "on"}; /* replaces; wrong: the old one stays */
    assert_int_equal(norn_prophet_add_seasonality(p, &s, &err), NORN_E_ARG);
    norn_prophet_regressor x = {"Thanksgiving Day", 1, -1, -1, 0, 0};
    assert_int_equal(norn_prophet_add_regressor(p, &x, &err), NORN_E_ARG);
    assert_int_equal(norn_prophet_add_country(p, "", &err), NORN_E_ARG);
    norn_prophet_holiday h = {"price", 17000, 0, 0, NORNI_NAN};
    assert_int_equal(norn_prophet_add_holidays(p, &h, 1, &err), NORN_E_ARG);
    assert_int_equal(norn_prophet_predict(ctx, p, &r, NULL, &t, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "has not been fit"));
    assert_int_equal(norn_prophet_fit(ctx, p, &(norn_prophet_rows){.n = 5}, NULL, &err),
                     NORN_E_ARG);
    assert_int_equal(norn_prophet_fit(ctx, p, &r, NULL, &err), NORN_OK);
    assert_int_equal(state_of(p).season[0].order, 2);
    assert_int_equal(norn_prophet_fit(ctx, p, &r, NULL, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "only be fit once"));
    s = (norn_prophet_seasonality){"more", 7, 1, NORNI_NAN, -1, NULL};
    assert_int_equal(norn_prophet_add_seasonality(p, &s, &err), NORN_E_ARG);
    norn_prophet_predict_opt o = norn_prophet_predict_opt_default();
    o.interval_width = 1.5;
    assert_int_equal(norn_prophet_predict(ctx, p, &r, &o, &t, &err), NORN_E_ARG);
    assert_int_equal(
        norn_prophet_predict(ctx, p, &(norn_prophet_rows){.n = 3, .ds = ds}, NULL, &t, &err),
        NORN_E_DATA);
    assert_non_null(strstr(err.text, "missing"));
    norn_prophet_table_free(&t);
    norn_prophet_free(p);
    norn_ctx_free(ctx);
}

/* ---- cross-validation ---- */

static size_t cutoffs_of(int64_t *out) {
    size_t n = 0;
    for (size_t i = N - 30; i > 380; i -= 45)
        out[n++] = ds[i] + 5; /* between rows; latest first */
    return n;
}

/* Each fold is what a fit of its rows alone gives, bit by bit: what is shared changes nothing. */
static void folds_are_fits_of_their_rows(void **state) {
    (void)state;
    norn_ctx *ctx = new_ctx(2, NULL);
    int64_t cutoff[32];
    norn_err err;
    const size_t n = cutoffs_of(cutoff);
    norn_prophet_predict_opt opt = norn_prophet_predict_opt_default();
    opt.samples = 0;
    for (int kind = 0; kind < N_KINDS; kind++) {
        const norn_prophet_rows all = rows(0, N);
        norn_prophet *p = new_model(ctx, kind);
        norn_prophet_table t;
        if (norn_prophet_cv(ctx, p, &all, cutoff, n, 30 * DAY, &opt, &t, &err) != NORN_OK)
            fail_msg("%s", err.text);
        size_t at = 0;
        for (size_t i = 0; i < n; i++) {
            size_t until = 0, end;
            while (ds[until] <= cutoff[i])
                until++;
            for (end = until; end < N && ds[end] <= cutoff[i] + 30 * DAY;)
                end++;
            if (kind == RICH && ds[700] >= ds[until - 1]) { /* a given changepoint falls out */
                for (; at < t.n && t.cutoff[at] == cutoff[i];)
                    at++;
                continue;
            }
            norn_prophet *q = new_model(ctx, kind);
            const norn_prophet_rows before = rows(0, until);
            if (kind != RICH) { /* which has a yearly seasonality by itself */
                const norn_prophet_seasonality weekly = {"weekly", 7, 3, NORNI_NAN, -1, NULL},
                                               yearly = {"yearly", 365.25, 10, NORNI_NAN, -1, NULL};
                assert_int_equal(norn_prophet_add_seasonality(q, &yearly, NULL), NORN_OK);
                assert_int_equal(norn_prophet_add_seasonality(q, &weekly, NULL), NORN_OK);
            }
            if (norn_prophet_fit(ctx, q, &before, NULL, &err) != NORN_OK) fail_msg("%s", err.text);
            norn_prophet_table u = predict(ctx, q, until, end - until, &opt);
            for (size_t k = 0; k < u.n; k++) {
                if (isnan(y[until + k])) continue;
                assert_int_equal(t.ds[at], u.ds[k]);
                assert_int_equal(t.cutoff[at], cutoff[i]);
                assert_true(column(&t, "y")[at] == y[until + k]);
                assert_true(column(&t, "yhat")[at] == column(&u, "yhat")[k]);
                at++;
            }
            norn_prophet_table_free(&u);
            norn_prophet_free(q);
        }
        assert_int_equal(at, t.n);
        norn_prophet_table_free(&t);
        norn_prophet_free(p);
    }
    norn_ctx_free(ctx);
}

static void a_fit_and_its_specification_validate_the_same(void **state) {
    (void)state;
    norn_ctx *ctx = new_ctx(2, NULL);
    int64_t cutoff[32];
    const size_t n = cutoffs_of(cutoff);
    const norn_prophet_rows all = rows(0, N);
    norn_prophet *p = new_model(ctx, RICH), *q = fitted(ctx, RICH, N);
    norn_prophet_table t, u;
    norn_err err;
    if (norn_prophet_cv(ctx, p, &all, cutoff, n, 30 * DAY, NULL, &t, &err) != NORN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(norn_prophet_cv(ctx, q, &all, cutoff, n, 30 * DAY, NULL, &u, &err), NORN_OK);
    same_table(&t, &u);
    assert_int_equal(t.n_column, 4);
    norn_prophet_table_free(&t);
    norn_prophet_table_free(&u);
    assert_int_equal(norn_prophet_cv(ctx, p, &all, cutoff, 0, 30 * DAY, NULL, &t, &err),
                     NORN_E_ARG);
    assert_int_equal(norn_prophet_cv(ctx, p, &all, &ds[1], 1, 30 * DAY, NULL, &t, &err),
                     NORN_E_DATA);
    assert_non_null(strstr(err.text, "initial"));
    norn_ctx_cancel(ctx);
    assert_int_equal(norn_prophet_cv(ctx, p, &all, cutoff, n, 30 * DAY, NULL, &t, &err),
                     NORN_E_CANCEL);
    assert_null(t.owner);
    norn_prophet_free(p);
    norn_prophet_free(q);
    norn_ctx_free(ctx);
}

/* ---- many series ---- */

enum { SERIES = 220, LONGEST = 260 };
static double many_y[SERIES][LONGEST];
static norn_prophet_rows many[SERIES];

/* Two thirds share three calendars; some are constant, short, or wrong. */
static void make_many(void) {
    static int64_t own[SERIES][LONGEST];
    const norni_rng rng = {3, 9};
    for (size_t s = 0; s < SERIES; s++) {
        const size_t n = s % 3 == 0 ? LONGEST : s % 3 == 1 ? 90 : 20 + s;
        for (size_t i = 0; i < n; i++) {
            own[s][i] = ds[0] + (int64_t)(i * (s % 3 == 1 ? 7 : 1)) * DAY;
            many_y[s][i] = 10 + (double)(s % 9) * 0.01 * (double)i + (i % 7 == s % 7) +
                           0.2 * norni_rng_normal(rng, s * 1000 + i);
            if (s % 17 == 4) many_y[s][i] = 3;
        }
        if (s % 6 == 3) many_y[s][12] = NORNI_NAN;
        if (s == 30) many_y[s][7] = NORNI_INF;
        many[s] = (norn_prophet_rows){
            .n = s == 31 ? 1 : n, .ds = s % 2 ? own[s] : own[s % 3], .y = many_y[s]};
    }
}

static void many_fits_are_single_fits(void **state) {
    (void)state;
    static norn_prophet *out[SERIES];
    static norn_status status[SERIES];
    norn_ctx *ctx = new_ctx(2, NULL);
    norn_prophet *p = new_model(ctx, PLAIN);
    assert_int_equal(norn_prophet_fit_many(ctx, p, many, SERIES, out, status, NULL), NORN_OK);
    /* The specification goes on growing; what was fitted keeps its own. */
    const norn_prophet_seasonality more = {"more", 9, 1, NORNI_NAN, -1, NULL};
    assert_int_equal(norn_prophet_add_seasonality(p, &more, NULL), NORN_OK);
    for (size_t s = 0; s < SERIES; s++) {
        norn_prophet *q = new_model(ctx, PLAIN);
        assert_int_equal(norn_prophet_fit(ctx, q, &many[s], NULL, NULL), status[s]);
        assert_int_equal(status[s], s == 30 || s == 31 ? NORN_E_DATA : NORN_OK);
        assert_int_equal(out[s] == NULL, status[s] != NORN_OK);
        if (out[s]) same_estimates(out[s], q);
        norn_prophet_free(q);
        norn_prophet_free(out[s]);
    }
    norn_prophet_free(p);
    norn_ctx_free(ctx);
}

/* ---- any number of workers ---- */

/* An allocator that now and then sleeps, so that workers overtake each other. */
typedef struct sleepy {
    norn_alloc below;
    atomic_ulong calls;
} sleepy;

static void *sleepy_resize(void *user, void *ptr, size_t old, size_t size) {
    sleepy *s = user;
    const unsigned long call = atomic_fetch_add(&s->calls, 1);
    if (size && call % 3 == 0) usleep((useconds_t)(norni_rng_u64((norni_rng){8, call}, 0) % 300));
    return s->below.resize(s->below.user, ptr, old, size);
}

static norni_hash128 run_all(int32_t threads) {
    static norn_prophet *out[SERIES];
    static norni_worker_stat stat[64];
    sleepy slow = {.below = norni_alloc_default()};
    const norn_alloc alloc = {sleepy_resize, &slow};
    norn_ctx *ctx = new_ctx(threads, &alloc);
    norn_prophet *p = new_model(ctx, PLAIN), *rich = new_model(ctx, RICH);
    norni_hash_stream h;
    norn_prophet_table t;
    int64_t cutoff[256];
    size_t n = 0, alive = 0;
    for (size_t i = 400; i < N - 1; i += 2)
        cutoff[n++] = ds[i];
    norni_hash_stream_init(&h);
    assert_int_equal(norn_prophet_fit_many(ctx, p, many, SERIES, out, NULL, NULL), NORN_OK);
    for (size_t s = 0; s < SERIES; s++) {
        if (!out[s]) continue;
        const norn_prophet_state f = state_of(out[s]);
        norni_hash_stream_add(&h, &f.k, 1 * sizeof(double));
        norni_hash_stream_add(&h, &f.log_posterior, 1 * sizeof(double));
        norni_hash_stream_add(&h, f.delta, f.n_change * sizeof(double));
        norni_hash_stream_add(&h, f.beta, f.n_column * sizeof(double));
        norn_prophet_free(out[s]);
    }
    const norn_prophet_rows all = rows(0, N);
    norn_prophet_predict_opt opt = norn_prophet_predict_opt_default();
    opt.samples = 20;
    opt.parameters = true;
    assert_int_equal(norn_prophet_cv(ctx, rich, &all, cutoff, n, 9 * DAY, &opt, &t, NULL), NORN_OK);
    for (size_t k = 0; k < t.n_column; k++)
        norni_hash_stream_add(&h, t.value[k], t.n * sizeof(double));
    norn_prophet_table_free(&t);
    assert_int_equal(norni_pool_stats(ctx, stat, 64, false, NULL), NORN_OK);
    for (int32_t k = 0; k < threads; k++)
        alive += stat[k].n_items > 0;
    assert_true(alive == (size_t)threads || (threads > 7 && alive > 7));
    norn_prophet_free(p);
    norn_prophet_free(rich);
    norn_ctx_free(ctx);
    return norni_hash_stream_get(&h);
}

static void bits_do_not_depend_on_workers(void **state) {
    (void)state;
    static const int32_t threads[] = {1, 2, 3, 7, 64};
    norni_hash128 first = {0, 0};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        const norni_hash128 h = run_all(threads[i]);
        if (i == 0) first = h;
        assert_true(h.hi == first.hi && h.lo == first.lo);
    }
}

/* ---- memory that runs out ---- */

static norn_status run_on(counting *c, int how) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norn_prophet *p = NULL, *q = NULL, *out[4] = {0};
    norn_prophet_table t = {0};
    norn_prophet_opt o = norn_prophet_opt_default();
    norn_prophet_predict_opt few = norn_prophet_predict_opt_default();
    const norn_prophet_holiday day = {"sale", norni_days_from_civil(2015, 5, 4), -1, 2, NORNI_NAN};
    const norn_prophet_regressor x = {"price", NORNI_NAN, -1, -1, 0, 0};
    const norn_prophet_rows r = rows(0, 120), ahead = rows(120, 9);
    norn_status st;
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 2;
    o.country = "US";
    few.samples = 8;
    few.parameters = true;
    NORN_TRY_GOTO(norn_ctx_new(&opt, &ctx, NULL), end);
    NORN_TRY_GOTO(norn_prophet_new(ctx, &o, &p, NULL), end);
    NORN_TRY_GOTO(norn_prophet_add_holidays(p, &day, 1, NULL), end);
    if (how < 2) NORN_TRY_GOTO(norn_prophet_add_regressor(p, &x, NULL), end);
    if (how == 0) {
        NORN_TRY_GOTO(norn_prophet_fit(ctx, p, &r, NULL, NULL), end);
        NORN_TRY_GOTO(norn_prophet_spread(ctx, p, &r, NULL), end);
        NORN_TRY_GOTO(norn_prophet_predict(ctx, p, &ahead, &few, &t, NULL), end);
        NORN_TRY_GOTO(norn_prophet_new(ctx, &o, &q, NULL), end);
        NORN_TRY_GOTO(norn_prophet_add_holidays(q, &day, 1, NULL), end);
        NORN_TRY_GOTO(norn_prophet_add_regressor(q, &x, NULL), end);
        const norn_prophet_state s = state_of(p);
        NORN_TRY_GOTO(norn_prophet_restore(q, &s, NULL), end);
    } else if (how == 1) {
        NORN_TRY_GOTO(norn_prophet_cv(ctx, p, &r, &ds[80], 1, 9 * DAY, &few, &t, NULL), end);
    } else {
        const norn_prophet_rows four[] = {r, r, rows(0, 60), r};
        norn_status each[4] = {0};
        NORN_TRY_GOTO(norn_prophet_fit_many(ctx, p, four, 4, out, each, NULL), end);
        for (size_t i = 0; i < 4; i++)
            if (each[i] != NORN_OK) st = each[i];
    }
end:
    norn_prophet_table_free(&t);
    for (size_t i = 0; i < 4; i++)
        norn_prophet_free(out[i]);
    norn_prophet_free(p);
    norn_prophet_free(q);
    norn_ctx_free(ctx);
    return st;
}

static void memory_may_run_out_anywhere(void **state) {
    (void)state;
    for (int how = 0; how < 3; how++) {
        counting all = {.below = norni_alloc_default()};
        assert_int_equal(run_on(&all, how), NORN_OK);
        assert_int_equal(atomic_load(&all.live), 0);
        const long n = atomic_load(&all.calls);
        long refused = 0;
        assert_true(n > 15);
        for (long k = 1; k <= 2 * n; k++) {
            counting c = {.below = norni_alloc_default(), .fail_at = (k + 1) / 2, .onwards = k % 2};
            const norn_status st = run_on(&c, how);
            if (st != NORN_OK && st != NORN_E_MEM)
                fail_msg("%d, allocation %ld: %s", how, k, norn_status_name(st));
            if (atomic_load(&c.live) != 0)
                fail_msg("%d, allocation %ld: %ld blocks leak", how, k, atomic_load(&c.live));
            refused += st == NORN_E_MEM;
        }
        assert_true(refused > n);
    }
}

static int set_up(void **state) {
    (void)state;
    make_data();
    make_many();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_tells_its_state),
        cmocka_unit_test(a_prediction_has_prophets_columns),
        cmocka_unit_test(draws_agree_with_bounds),
        cmocka_unit_test(estimates_may_be_uncertain),
        cmocka_unit_test(rows_may_come_in_any_order),
        cmocka_unit_test(a_warm_start_changes_nothing_but_the_way),
        cmocka_unit_test(a_restored_model_predicts_the_same),
        cmocka_unit_test(wrong_states_are_refused),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(folds_are_fits_of_their_rows),
        cmocka_unit_test(a_fit_and_its_specification_validate_the_same),
        cmocka_unit_test(many_fits_are_single_fits),
        cmocka_unit_test(bits_do_not_depend_on_workers),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests_name("api_prophet", tests, set_up, NULL);
}
