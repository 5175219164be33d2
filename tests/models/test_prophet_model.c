/* Prophet in the vtable: options, dates, gaps, limits, columns, kept states, paths, errors that name the remedy. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/prophet/prophet.h"
#include "models/prophet/prophet_opts.h"
#include "shared_arena.h"

enum { N = 400, H = 30, N_X = 3 };

/* Daily from 2018-01-01: a trend with a bend, a week, a promotion that adds 3, little noise. */
typedef struct series {
    double y[N], x[N_X][N + H];
    const double *past[N_X], *ahead[N_X];
    norni_str name[N_X];
    norni_series s;
} series;

static const double week[] = {2, 1, 0, -1, -2, 3, -3};

static double true_value(size_t t, double promo) {
    const double u = (double)t;
    return 50 + 0.1 * u - (u > 200 ? 0.15 * (u - 200) : 0) + week[t % 7] + 3 * promo;
}

static void make_series(series *d, size_t n_x) {
    static const char *const names[N_X] = {"promo", "cap", "floor"};
    const norni_rng rng = {4, 2};
    for (size_t t = 0; t < N + H; t++) {
        d->x[0][t] = n_x && norni_rng_uniform(rng, 5000 + t) < 0.2 ? 1 : 0;
        d->x[1][t] = 120;
        d->x[2][t] = 10;
        if (t < N) d->y[t] = true_value(t, d->x[0][t]) + 0.2 * norni_rng_normal(rng, t);
    }
    for (size_t k = 0; k < N_X; k++) {
        d->name[k] = norni_str_of(names[k]);
        d->past[k] = d->x[k];
        d->ahead[k] = d->x[k] + N;
    }
    d->s = (norni_series){.n = N,
                          .y = d->y,
                          .start = norni_days_from_civil(2018, 1, 1) * NORNI_US_DAY,
                          .freq = {NORNI_UNIT_DAY, 1, 0},
                          .n_x = n_x,
                          .x_name = n_x ? d->name : NULL,
                          .x = n_x ? d->past : NULL,
                          .x_future = n_x ? d->ahead : NULL,
                          .horizon = H};
}

typedef struct run {
    norni_env env;
    void *opt, *state;
    double mean[H], sd[H];
    norni_dist d;
    norn_err err;
    char text[512];
} run;

static norn_status fit(run *r, const char *settings, const norni_series *s) {
    const norni_model *m = &norni_model_prophet;
    r->env = (norni_env){
        .arena = &arena, .seed = 3, .item = 8, .warm = r->env.warm, .n_paths = r->env.n_paths};
    r->opt = options_of(m, settings);
    r->d = (norni_dist){.horizon = H, .mean = r->mean, .sd = r->sd};
    NORN_TRY(m->check_models(r->opt, NULL, &r->err));
    NORN_TRY(m->validate(r->opt, s, &r->err));
    NORN_TRY(m->fit(&r->env, r->opt, &(norni_group){1, s}, &r->state, &r->err));
    m->describe(r->state, 0, r->text, sizeof r->text);
    return NORN_OK;
}

static norn_status predict(run *r, bool levels) {
    return norni_model_prophet.predict(&r->env, r->state, 0, H, levels, &r->d, &r->err);
}

static void must(run *r, norn_status status) {
    if (status != NORN_OK) fail_msg("%s", r->err.text);
}

static void assert_said(run *r, norn_status status, norn_status wanted, const char *part) {
    assert_int_equal(status, wanted);
    if (!strstr(r->err.text, part)) fail_msg("'%s' does not say '%s'", r->err.text, part);
}

static void test_forecast(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL};
    make_series(&d, 1);
    must(&r, fit(&r, "growth=linear", &d.s));
    must(&r, predict(&r, true));
    assert_int_equal(r.d.kind, NORNI_DIST_PATHS);
    assert_int_equal(r.d.n_paths, 1000);
    for (size_t h = 0; h < H; h++)
        assert_true(fabs(r.mean[h] - true_value(N + h, d.ahead[0][h])) < 0.5);
    assert_non_null(strstr(r.text, "Prophet(linear, 25 changepoints, weekly, promo) k="));
    double fitted[N];
    must(&r, norni_model_prophet.fitted(&r.env, r.state, 0, fitted, &r.err));
    for (size_t t = 0; t < N; t++)
        assert_true(fabs(fitted[t] - d.y[t]) < 1.2);
}

static void test_estimates(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL};
    norni_estimates e;
    make_series(&d, 1);
    must(&r, fit(&r, "", &d.s));
    must(&r, norni_model_prophet.estimates(&r.env, r.state, 0, &e, &r.err));
    assert_int_equal(e.n, 3 + 25 + 6 + 1);
    assert_string_equal(e.name[0], "k");
    assert_string_equal(e.name[3], "delta1");
    assert_string_equal(e.name[28], "weekly_delim_1");
    assert_string_equal(e.name[34], "promo");
    assert_true(fabs(sqrt(e.sigma2) - 0.2) < 0.05);
}

/* Every option that a spec takes changes what it should. */
static void test_options(void **state) {
    (void)state;
    static const struct {
        const char *settings, *said;
    } cases[] = {
        {"growth=flat", "Prophet(flat, weekly)"},
        {"changepoints=3", "3 changepoints"},
        {"changepoints_at=2018-03-01;2018-07-20", "2 changepoints"},
        {"weekly=false", "25 changepoints) k="},
        {"yearly=3;weekly=true;daily=false", "yearly+weekly"},
        {"yearly=true", "yearly"},
        {"seasonality_mode=multiplicative", "weekly) k="},
        {"holidays=US", " holidays) k="},
        {"holidays=US;holidays_mode=multiplicative;scaling=minmax", " holidays) k="},
        {"seasonalities=monthly:30.5:5;quarterly:91.25:3:1:multiplicative", "weekly"},
        {"growth=logistic;cap=90;floor=20", "Prophet(logistic, 25 changepoints, weekly)"},
        {"uncertainty_samples=0", "weekly) k="},
        {"changepoint_range=0.5;changepoint_prior_scale=0.5", "weekly) k="},
    };
    series d;
    make_series(&d, 0);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        run r = {.state = NULL};
        norni_arena_reset(&arena);
        /* options_of splits at ';': lists are set by hand */
        const bool list = strstr(cases[k].settings, "_at=") || strstr(cases[k].settings, "ies=");
        if (list) {
            const char *eq = strchr(cases[k].settings, '=');
            must(&r, fit(&r, "", &d.s));
            const norni_param *row =
                norni_param_find(norni_model_prophet.params, norni_model_prophet.n_params,
                                 (norni_str){cases[k].settings, (size_t)(eq - cases[k].settings)});
            assert_non_null(row);
            must(&r, norni_param_set(row, r.opt, norni_str_of(eq + 1), &arena, "test", &r.err));
            must(&r,
                 norni_model_prophet.fit(&r.env, r.opt, &(norni_group){1, &d.s}, &r.state, &r.err));
            norni_model_prophet.describe(r.state, 0, r.text, sizeof r.text);
        } else {
            must(&r, fit(&r, cases[k].settings, &d.s));
        }
        if (!strstr(r.text, cases[k].said))
            fail_msg("%s: '%s' does not say '%s'", cases[k].settings, r.text, cases[k].said);
        must(&r, predict(&r, true));
        for (size_t h = 0; h < H; h++)
            assert_true(isfinite(r.mean[h]));
        if (strstr(cases[k].settings, "samples=0")) assert_int_equal(r.d.kind, NORNI_DIST_POINT);
    }
}

static void test_bad_options(void **state) {
    (void)state;
    static const struct {
        const char *settings, *said;
    } cases[] = {
        {"yearly=often", "prophet: yearly=often is not auto, true, false or a number"},
        {"weekly=-3", "weekly=-3"},
        {"seasonalities=monthly:30.5", "'monthly:30.5' is not name:days:pairs"},
        {"seasonalities=m:0:3", "'m:0:3'"},
        {"seasonalities=m:7:3:1:often", "'m:7:3:1:often'"},
        {"changepoints_at=tomorrow", "'tomorrow' is not a time"},
        {"holidays=Atlantis", "'Atlantis' is no country"},
        {"freq=often", "freq=often"},
        {"growth=logistic", "cap=NUMBER"},
        {"growth=logistic;cap=high", "cap=high is neither a number nor a column"},
        {"growth=logistic;cap=1;floor=5", "cap=1 must be greater than floor=5"},
    };
    series d;
    make_series(&d, 0);
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        run r = {.state = NULL};
        norni_arena_reset(&arena);
        const norn_status status = fit(&r, cases[k].settings, &d.s);
        assert_true(status == NORN_E_ARG || status == NORN_E_DATA);
        assert_said(&r, status, status, cases[k].said);
    }
}

/* The columns cap and floor are limits, whatever their order; others are regressors. */
static void test_limits(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL}, by_number = {.state = NULL};
    make_series(&d, 3);
    must(&r, fit(&r, "growth=logistic", &d.s));
    must(&r, predict(&r, false));
    assert_non_null(strstr(r.text, "weekly, promo) k="));
    d.s.n_x = 1;
    must(&by_number, fit(&by_number, "growth=logistic;cap=120;floor=10", &d.s));
    must(&by_number, predict(&by_number, false));
    assert_memory_equal(r.mean, by_number.mean, sizeof r.mean);
    for (size_t h = 0; h < H; h++)
        assert_true(fabs(r.mean[h] - true_value(N + h, d.ahead[0][h])) < 2);
}

static void test_dates(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL};
    make_series(&d, 0);
    d.s.freq = (norni_freq){NORNI_UNIT_INDEX, 1, 0};
    d.s.start = 1;
    assert_said(&r, fit(&r, "", &d.s), NORN_E_DATA, "prophet(freq=D)");
    must(&r, fit(&r, "freq=D", &d.s));
    must(&r, predict(&r, false));
    for (size_t h = 0; h < H; h++)
        assert_true(fabs(r.mean[h] - true_value(N + h, 0)) < 0.5);
}

/* An irregular series: its own times, going on by the median step. */
static void test_irregular(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL}, regular = {.state = NULL};
    int64_t times[N];
    double y[N];
    size_t n = 0;
    make_series(&d, 0);
    for (size_t t = 0; t < N; t++) {
        if (t % 11 == 4) continue;
        times[n] = d.s.start + (int64_t)t * NORNI_US_DAY;
        y[n++] = d.y[t];
    }
    for (size_t t = 4; t < N; t += 11)
        d.y[t] = NORNI_NAN;
    must(&regular, fit(&regular, "", &d.s));
    must(&regular, predict(&regular, false));
    d.s.n = n;
    d.s.y = y;
    d.s.times = times;
    d.s.freq.unit = NORNI_UNIT_IRREGULAR;
    must(&r, fit(&r, "", &d.s));
    must(&r, predict(&r, false));
    assert_memory_equal(r.mean, regular.mean, sizeof r.mean);
}

/* Missing values at the end: the forecast does not move, and it is less certain. */
static void test_gap_at_end(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL}, cut = {.state = NULL};
    double mean[H + 20], sd[H + 20];
    make_series(&d, 0);
    for (size_t t = N - 20; t < N; t++)
        d.y[t] = NORNI_NAN;
    must(&r, fit(&r, "paths=exact;changepoint_prior_scale=5", &d.s));
    must(&r, predict(&r, true));
    assert_int_equal(r.d.kind, NORNI_DIST_NORMAL);
    d.s.n = N - 20;
    must(&cut, fit(&cut, "paths=exact;changepoint_prior_scale=5", &d.s));
    norni_dist longer = {.horizon = H + 20, .mean = mean, .sd = sd};
    must(&cut,
         norni_model_prophet.predict(&cut.env, cut.state, 0, H + 20, true, &longer, &cut.err));
    assert_memory_equal(mean + 20, r.mean, sizeof r.mean);
    assert_memory_equal(sd + 20, r.sd, sizeof r.sd);
    assert_true(r.sd[H - 1] > r.sd[0]);
}

static norni_str keep(run *r) {
    norni_buf b;
    norni_buf_init(&b, &alloc);
    must(r, norni_model_prophet.save(r->state, 0, &b, &r->err));
    const norni_str kept = {norni_arena_text(&arena, b.p, b.n), b.n};
    norni_buf_clear(&b);
    return kept;
}

static norni_holiday party_day(int32_t year) {
    return (norni_holiday){norni_str_of("party"), norni_days_from_civil(year, 2, 14), -1, 2,
                           NORNI_NAN};
}

/* Kept and loaded: the same bits; moved on: the same forecast from the new end on. */
static void test_kept(void **state) {
    (void)state;
    static const char *const settings[] = {"", "growth=logistic;cap=120;floor=10", "growth=flat",
                                           "holidays=US;yearly=4;scaling=minmax", "weekly=false"};
    const norni_holiday party[] = {party_day(2018), party_day(2019)};
    const norni_holidays own = {2, party};
    for (size_t k = 0; k < sizeof settings / sizeof *settings; k++) {
        series d;
        run r = {.state = NULL}, loaded = {.state = NULL};
        norni_arena_reset(&arena);
        make_series(&d, 0);
        d.s.holidays = &own;
        must(&r, fit(&r, settings[k], &d.s));
        must(&r, predict(&r, true));
        const norni_str kept = keep(&r);
        loaded.env = r.env;
        loaded.d = (norni_dist){.horizon = H, .mean = loaded.mean, .sd = loaded.sd};
        must(&loaded,
             norni_model_prophet.load(&loaded.env, r.opt, kept, &loaded.state, &loaded.err));
        must(&loaded, predict(&loaded, true));
        assert_memory_equal(r.mean, loaded.mean, sizeof r.mean);
        assert_memory_equal(r.d.paths, loaded.d.paths, H * r.d.n_paths * sizeof(double));
        const norni_str again = keep(&loaded);
        assert_int_equal(again.n, kept.n);
        assert_memory_equal(again.p, kept.p, kept.n);
        const norni_series more = {.n = 5, .y = d.y, .horizon = H};
        must(&loaded, norni_model_prophet.update(&loaded.env, loaded.state, &more, &loaded.err));
        must(&loaded, predict(&loaded, true));
        assert_memory_equal(r.mean + 5, loaded.mean, (H - 5) * sizeof(double));
        for (size_t n = 0; n < kept.n; n += 7) { /* cut anywhere: refused */
            void *bad;
            assert_int_equal(norni_model_prophet.load(&loaded.env, r.opt, (norni_str){kept.p, n},
                                                      &bad, &loaded.err),
                             NORN_E_FORMAT);
        }
    }
}

/* parameter_uncertainty: wider, kept with the model; a model kept without it says so. */
static void test_uncertain(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL}, plain = {.state = NULL}, loaded = {.state = NULL};
    make_series(&d, 0);
    must(&plain, fit(&plain, "paths=exact", &d.s));
    must(&plain, predict(&plain, true));
    must(&r, fit(&r, "paths=exact;parameter_uncertainty=true", &d.s));
    must(&r, predict(&r, true));
    assert_memory_equal(r.mean, plain.mean, sizeof r.mean);
    for (size_t i = 0; i < H; i++)
        assert_true(r.sd[i] > plain.sd[i] && r.sd[i] < 2 * plain.sd[i]);
    const norni_str kept = keep(&r), without = keep(&plain);
    loaded.env = r.env;
    loaded.d = (norni_dist){.horizon = H, .mean = loaded.mean, .sd = loaded.sd};
    must(&loaded, norni_model_prophet.load(&loaded.env, r.opt, kept, &loaded.state, &loaded.err));
    must(&loaded, predict(&loaded, true));
    assert_memory_equal(r.sd, loaded.sd, sizeof r.sd);
    must(&loaded,
         norni_model_prophet.load(&loaded.env, plain.opt, kept, &loaded.state, &loaded.err));
    must(&loaded, predict(&loaded, true));
    assert_memory_equal(plain.sd, loaded.sd, sizeof r.sd);
    must(&loaded,
         norni_model_prophet.load(&loaded.env, r.opt, without, &loaded.state, &loaded.err));
    must(&loaded, predict(&loaded, true));
    assert_memory_equal(plain.sd, loaded.sd, sizeof r.sd);
    norni_model_prophet.describe(loaded.state, 0, loaded.text, sizeof loaded.text);
    assert_non_null(strstr(loaded.text, "lacks its estimates' uncertainty"));
    assert_true(kept.n > without.n);
    for (size_t n = without.n + 1; n < kept.n; n += 11) {
        void *bad;
        assert_int_equal(
            norni_model_prophet.load(&loaded.env, r.opt, (norni_str){kept.p, n}, &bad, &loaded.err),
            NORN_E_FORMAT);
    }
}

/* Bytes that changed on the way: refused, or a model like any other. */
static void test_damaged(void **state) {
    (void)state;
    const norni_holiday party[] = {party_day(2018), party_day(2019)};
    const norni_holidays own = {2, party};
    series d;
    run r = {.state = NULL};
    make_series(&d, 0);
    d.s.holidays = &own;
    must(&r, fit(&r, "holidays=US;growth=logistic;cap=120;parameter_uncertainty=true", &d.s));
    const norni_str kept = keep(&r);
    char *const bytes = norni_arena_text(&arena, kept.p, kept.n);
    assert_non_null(bytes);
    size_t refused = 0;
    for (size_t at = 0; at < kept.n; at++) {
        const norni_arena_mark mark = norni_arena_mark_get(&arena);
        const uint64_t word = norni_rng_u64((norni_rng){9, 9}, at);
        bytes[at] = (char)(kept.p[at] ^ (1 << (word % 8)));
        r.d = (norni_dist){.horizon = H, .mean = r.mean, .sd = r.sd};
        if (norni_model_prophet.load(&r.env, r.opt, (norni_str){bytes, kept.n}, &r.state, &r.err) !=
            NORN_OK)
            refused++;
        else
            (void)!predict(&r, at % 16 == 0);
        bytes[at] = kept.p[at];
        norni_arena_rewind(&arena, mark);
    }
    assert_true(refused > 0);
}

static void test_kept_columns(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL}, loaded = {.state = NULL};
    make_series(&d, 1);
    must(&r, fit(&r, "", &d.s));
    must(&r, predict(&r, false));
    loaded.env = r.env;
    loaded.d = (norni_dist){.horizon = H, .mean = loaded.mean, .sd = loaded.sd};
    must(&loaded,
         norni_model_prophet.load(&loaded.env, r.opt, keep(&r), &loaded.state, &loaded.err));
    assert_said(&loaded, predict(&loaded, false), NORN_E_DATA, "not known");
    norni_series none = d.s;
    none.n = 0;
    must(&loaded, norni_model_prophet.update(&loaded.env, loaded.state, &none, &loaded.err));
    must(&loaded, predict(&loaded, false));
    assert_memory_equal(r.mean, loaded.mean, sizeof r.mean);
}

/* A warm start is a place to start from, never an answer. */
static void test_warm(void **state) {
    (void)state;
    static const char *const settings[] = {"", "seasonality_mode=multiplicative",
                                           "growth=logistic;cap=120"};
    for (size_t k = 0; k < 3; k++) {
        series d;
        run early = {.state = NULL}, cold = {.state = NULL}, warm = {.state = NULL};
        norni_arena_reset(&arena);
        make_series(&d, 0);
        d.s.n = N - 40;
        must(&early, fit(&early, settings[k], &d.s));
        d.s.n = N;
        must(&cold, fit(&cold, settings[k], &d.s));
        must(&cold, predict(&cold, false));
        warm.env.warm = keep(&early);
        must(&warm, fit(&warm, settings[k], &d.s));
        must(&warm, predict(&warm, false));
        for (size_t h = 0; h < H; h++) /* of about 90 */
            assert_true(fabs(cold.mean[h] - warm.mean[h]) < (k == 0 ? 1e-6 : 1e-2));
        warm.env.warm = norni_str_of("nothing of the kind");
        must(&warm, fit(&warm, settings[k], &d.s));
    }
}

/* As many paths as asked for, each the same whatever their number; poisson and exact as well. */
static void test_paths(void **state) {
    (void)state;
    static const char *const settings[] = {"paths=steps", "paths=poisson", "paths=exact",
                                           "growth=logistic;cap=120"};
    for (size_t k = 0; k < 4; k++) {
        series d;
        run few = {.state = NULL}, many = {.state = NULL};
        norni_arena_reset(&arena);
        make_series(&d, 0);
        assert_true(norni_model_prophet.paths(NULL, NULL));
        few.env.n_paths = 7;
        many.env.n_paths = 1200;
        must(&few, fit(&few, settings[k], &d.s));
        must(&few, predict(&few, true));
        must(&many, fit(&many, settings[k], &d.s));
        must(&many, predict(&many, true));
        assert_int_equal(few.d.kind, NORNI_DIST_PATHS);
        assert_int_equal(few.d.n_paths, 7);
        for (size_t h = 0; h < H; h++)
            assert_memory_equal(few.d.paths + 7 * h, many.d.paths + 1200 * h, 7 * sizeof(double));
    }
}

/* Values of any size: the forecast scales with them. */
static void test_sizes(void **state) {
    (void)state;
    static const double sizes[] = {1e-300, 1e-6, 1e6, 1e300};
    series d;
    run one = {.state = NULL};
    make_series(&d, 0);
    must(&one, fit(&one, "", &d.s));
    must(&one, predict(&one, true));
    for (size_t k = 0; k < 4; k++) {
        run r = {.state = NULL};
        double y[N];
        for (size_t t = 0; t < N; t++)
            y[t] = d.y[t] * sizes[k];
        norni_series s = d.s;
        s.y = y;
        must(&r, fit(&r, "", &s));
        must(&r, predict(&r, true));
        for (size_t h = 0; h < H; h++) {
            assert_true(fabs(r.mean[h] / sizes[k] - one.mean[h]) < 1e-6 * one.mean[h]);
            assert_true(isfinite(r.d.paths[h * r.d.n_paths]));
        }
    }
}

static void test_hard_series(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL};
    make_series(&d, 0);
    for (size_t t = 0; t < N; t++)
        d.y[t] = 7;
    must(&r, fit(&r, "", &d.s));
    must(&r, predict(&r, true));
    for (size_t h = 0; h < H; h++)
        assert_true(fabs(r.mean[h] - 7) < 1e-6);
    d.s.n = 2;
    must(&r, fit(&r, "", &d.s));
    must(&r, predict(&r, true));
    d.s.n = 1;
    assert_said(&r, fit(&r, "", &d.s), NORN_E_DATA, "at least 2");
    d.s.n = N;
    d.y[5] = NORNI_INF;
    assert_said(&r, fit(&r, "", &d.s), NORN_E_DATA, "infinity");
}

static bool stop_at_once(void *user) {
    return (void)user, true;
}

static void test_cancelled(void **state) {
    (void)state;
    series d;
    run r = {.state = NULL};
    make_series(&d, 0);
    must(&r, fit(&r, "", &d.s));
    r.env.poll = (norni_poll){stop_at_once, NULL};
    assert_int_equal(predict(&r, true), NORN_E_CANCEL);
    assert_int_equal(
        norni_model_prophet.fit(&r.env, r.opt, &(norni_group){1, &d.s}, &r.state, &r.err),
        NORN_E_CANCEL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_forecast),  TEST(test_estimates), TEST(test_options),      TEST(test_bad_options),
        TEST(test_limits),    TEST(test_dates),     TEST(test_irregular),    TEST(test_gap_at_end),
        TEST(test_kept),      TEST(test_warm),      TEST(test_kept_columns), TEST(test_paths),
        TEST(test_uncertain), TEST(test_sizes),     TEST(test_cancelled),    TEST(test_hard_series),
        TEST(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
