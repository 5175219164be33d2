/* `norn multi` with small learners: what is forecast, that nothing looks ahead, leaks, fallbacks, odd tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../par/workers.h"
#include "app/frame_multi.h"
#include "models/naive/naive_learner.h"
#include "multi_learners.h"

enum { N = 120, COLUMNS = 7, H = 3, MOST_OPTIONS = 16 };

static int64_t day[N];
static double a[N], b[N], feed[N], api[N], noise[N];
static uint32_t mode[N];
static const norni_str mode_text[2] = {{"summer", 6}, {"winter", 6}};
static norni_frame_column column[COLUMNS] = {
    {.name = {"date", 4}, .kind = NORNI_FRAME_TIME, .integer = day, .date = true},
    {.name = {"A", 1}, .kind = NORNI_FRAME_NUMBER, .number = a},
    {.name = {"B", 1}, .kind = NORNI_FRAME_NUMBER, .number = b},
    {.name = {"feed", 4}, .kind = NORNI_FRAME_NUMBER, .number = feed},
    {.name = {"API", 3}, .kind = NORNI_FRAME_NUMBER, .number = api},
    {.name = {"noise", 5}, .kind = NORNI_FRAME_NUMBER, .number = noise},
    {.name = {"mode", 4}, .kind = NORNI_FRAME_TEXT, .code = mode, .text = mode_text, .n_text = 2}};

static void make(void) {
    const norni_rng rng = {11, 5};
    for (size_t t = 0; t < N; t++) {
        day[t] = (20000 + (int64_t)t) * NORNI_US_DAY;
        feed[t] = 50 + 10 * norni_rng_normal(rng, t);
        api[t] = 36 + (double)(t / 30);
        noise[t] = norni_rng_uniform(rng, 1000 + t);
        mode[t] = t / 40 % 2;
        b[t] = 200 + 3 * norni_rng_normal(rng, 2000 + t) + 5 * (double)(t % 7);
        a[t] = 1000 + (t >= H ? 4 * feed[t - H] : 200) + norni_rng_normal(rng, 3000 + t);
    }
    for (size_t t = 5; t < N; t += 13)
        noise[t] = NORNI_NAN;
}

static const norni_learner *const with_naive[] = {&learner_line, &norni_learner_naive};
static const norni_learner_set naive_set = {with_naive, 2};
static const norni_learner_set *used = &test_set;

/* Options as name, value, …, NULL; everything else as a test wants it. */
static norn_status run_on(norn_ctx *ctx, const norni_frame *data, const norni_frame *future,
                          norni_frame_multi_result *out, norn_err *err, ...) {
    const char *option[MOST_OPTIONS], *value[MOST_OPTIONS];
    norni_frame_call call = {.data = data, .future = future, .learners = used};
    va_list ap;
    va_start(ap, err);
    for (const char *o; (o = va_arg(ap, const char *)) != NULL;) {
        option[call.n_options] = o;
        value[call.n_options++] = va_arg(ap, const char *);
    }
    va_end(ap);
    call.option = option;
    call.value = value;
    const norn_status st = norni_frame_multi(ctx, &call, out, err);
    norni_buf_add(&out->base.said, "", 1); /* tests read these as C strings */
    norni_buf_add(&out->base.failed, "", 1);
    return st;
}

static const double *numbers(const norni_frame *f, const char *name) {
    const norni_frame_column *c = norni_frame_find(f, norni_str_of(name));
    assert_non_null(c);
    return c->number;
}

static const norni_frame plant = {N, COLUMNS, column};

/* ---- what is forecast ---- */

static void forecasts_are_what_they_say(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of_threads(2);
    make();
    if (run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "static", "API", "horizon", "3",
               "model", "line,flat,ensemble,m=ensemble(weights=mean)", "windows", "10", "step", "2",
               "refit", "4", "lookback", "4", "explain", "-", NULL))
        fail_msg("%s", err.text);
    assert_int_equal(r.base.frame.n, 2 * H);
    assert_int_equal(r.trials.n, 2 * 10 * H);
    const double *line = numbers(&r.trials, "line"), *flat = numbers(&r.trials, "flat"),
                 *mix = numbers(&r.trials, "ensemble"), *mean = numbers(&r.trials, "m"),
                 *y = numbers(&r.trials, "y");
    for (size_t k = 0; k < 10; k++) {
        const size_t cut = N - H - 2 * (9 - k), fitted = N - H - 2 * (9 - k / 4 * 4);
        double sum = 0;
        for (size_t t = 0; t < fitted; t++)
            sum += b[t];
        for (size_t h = 0; h < H; h++) {
            const size_t i = (10 + k) * H + h, of_a = k * H + h;
            assert_true(y[i] == b[cut + h]);
            assert_true(fabs(flat[i] - sum / (double)fitted) < 1e-9);
            assert_true(fabs(mean[i] - (line[i] + flat[i]) / 2) < 1e-9);
            const double lo = fmin(line[i], flat[i]), hi = fmax(line[i], flat[i]);
            assert_true(mix[i] >= lo - 1e-9 && mix[i] <= hi + 1e-9);
            /* feed three rows before says what A is: the line found it at step 3 */
            if (h == H - 1) assert_true(fabs(line[of_a] - y[of_a]) < 6);
        }
    }
    /* the first window has nothing to weigh by */
    assert_true(fabs(mix[0] - (line[0] + flat[0]) / 2) < 1e-9);
    const double *ahead = numbers(&r.base.frame, "line"),
                 *lo = numbers(&r.base.frame, "line-lo-80"),
                 *hi = numbers(&r.base.frame, "line-hi-80");
    assert_true(fabs(ahead[2] - (1000 + 4 * feed[N - 1])) < 5);
    for (size_t i = 0; i < 2 * H; i++)
        assert_true(lo[i] < ahead[i] && ahead[i] < hi[i] &&
                    fabs(hi[i] + lo[i] - 2 * ahead[i]) < 1e-9);
    /* explanations at steps 1 and 3: they add up */
    assert_int_equal(r.n_reasons, 4);
    for (size_t k = 0; k < 4; k++)
        assert_true(fabs(r.reason[k].why.intercept + r.reason[k].contribution[0] -
                         r.reason[k].forecast) < 1e-9);
    assert_true(norni_str_is(r.reason[1].why.term[0].name, "feed_lag0"));
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

static void weights_follow_the_errors(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_ctx *ctx = ctx_of_threads(1);
    make();
    assert_int_equal(run_on(ctx, &plant, NULL, &r, NULL, "targets", "A", "horizon", "3", "model",
                            "line,flat,ensemble", "windows", "12", "step", "2", NULL),
                     NORN_OK);
    const double *w = numbers(&r.weights, "weight");
    assert_int_equal(r.weights.n, 2);
    assert_true(fabs(w[0] + w[1] - 1) < 1e-12 && w[0] > 0.6 && w[1] >= 0);
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

/* ---- the same at any worker count ---- */

static void digest_is_the_same_at_any_worker_count(void **state) {
    (void)state;
    static const int32_t threads[] = {1, 2, 3, 7, 64};
    static const char *const chunk[] = {"1", "1000", "7", "64", "3"};
    char digest[NORNI_DIGEST_TEXT] = "";
    make();
    for (size_t i = 0; i < 5; i++) {
        int32_t idle = 1;
        for (int try = 0; idle > 0 && try < 8; try++) { /* the machine may be busy */
            norni_frame_multi_result r;
            norn_ctx *ctx = ctx_of_threads(threads[i]);
            assert_int_equal(
                run_on(ctx, &plant, NULL, &r, NULL, "targets", "A,B", "horizon", "3", "model",
                       "line(delay=2000),flat,sick(delay=1000),ensemble", "windows", "16", "step",
                       "2", "refit", "1", "chunk-size", chunk[i], "max-features", "9", NULL),
                NORN_OK);
            assert_int_equal(r.base.counts.n_items, 8);
            if (digest[0] == '\0') memcpy(digest, r.base.counts.digest, sizeof digest);
            assert_string_equal(r.base.counts.digest, digest);
            norni_worker_stat stat[64];
            assert_int_equal(norni_pool_stats(ctx, stat, threads[i], false, NULL), NORN_OK);
            idle = 0;
            for (int32_t w = 0; w < threads[i]; w++)
                idle += stat[w].n_items == 0;
            norni_frame_multi_clear(&r);
            norn_ctx_free(ctx);
        }
        /* all of them worked (17 fits, 13 parts each); of 64, some are too late on a slow machine */
        assert_true(idle == 0 || (threads[i] > 7 && threads[i] - idle > 7));
    }
}

/* One ulp of one driver changes it. */
static void digest_sees_one_ulp(void **state) {
    (void)state;
    char digest[2][NORNI_DIGEST_TEXT];
    norn_ctx *ctx = ctx_of_threads(2);
    make();
    for (int i = 0; i < 2; i++) {
        norni_frame_multi_result r;
        assert_int_equal(run_on(ctx, &plant, NULL, &r, NULL, "targets", "B", "horizon", "3",
                                "model", "flat", "windows", "2", NULL),
                         NORN_OK);
        memcpy(digest[i], r.base.counts.digest, sizeof digest[i]);
        b[N - 1] = nextafter(b[N - 1], 1e9);
        norni_frame_multi_clear(&r);
    }
    assert_string_not_equal(digest[0], digest[1]);
    norn_ctx_free(ctx);
}

/* ---- nothing looks ahead ---- */

static void later_rows_change_no_earlier_forecast(void **state) {
    (void)state;
    norni_frame_multi_result r[2];
    norn_ctx *ctx = ctx_of_threads(2);
    const size_t cut = N - H - 2 * 9; /* rows known at the first origin */
    make();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(run_on(ctx, &plant, NULL, &r[i], NULL, "targets", "A,B", "horizon", "3",
                                "model", "line,flat,ensemble", "windows", "10", "step", "2",
                                "max-features", "12", "outliers", "clip", NULL),
                         NORN_OK);
        for (size_t t = cut; t < N; t++) { /* the future becomes another one */
            a[t] = 5 - a[t] * 1.5;
            b[t] *= -3;
            feed[t] = 1e4 + (double)(t * 37 % 11);
            noise[t] = t % 3 ? NORNI_NAN : -7;
            api[t] = 50;
        }
    }
    static const char *const model[] = {"line", "flat", "ensemble"};
    for (size_t m = 0; m < 3; m++) {
        const double *x = numbers(&r[0].trials, model[m]), *z = numbers(&r[1].trials, model[m]);
        for (size_t target = 0; target < 2; target++) {
            assert_memory_equal(x + target * 10 * H, z + target * 10 * H, H * sizeof *x);
            assert_memory_not_equal(x + target * 10 * H + 9 * H, z + target * 10 * H + 9 * H,
                                    H * sizeof *x); /* the last origin saw the change */
        }
    }
    norni_frame_multi_clear(&r[0]);
    norni_frame_multi_clear(&r[1]);
    norn_ctx_free(ctx);
}

static void planted_leaks_are_refused(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of_threads(2);
    make();
    for (size_t t = 0; t < N; t++)
        noise[t] = t + 2 < N ? 7 - 0.5 * b[t + 2] : 1; /* B two rows later, in another unit */
    assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "horizon", "3", "model",
                            "flat", NULL),
                     NORN_E_DATA);
    assert_non_null(strstr(err.text, "noise"));
    assert_non_null(strstr(err.text, "2 rows ahead"));
    norni_frame_multi_clear(&r);
    assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "horizon", "3", "model",
                            "flat", "allow-leaks", "true", NULL),
                     NORN_OK);
    assert_non_null(strstr(r.base.said.p, "leak"));
    norni_frame_multi_clear(&r);
    assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "horizon", "1", "model",
                            "flat", NULL),
                     NORN_E_DATA); /* the row before tells of one row ahead */
    norni_frame_multi_clear(&r);
    for (size_t t = 0; t + 2 < N; t++)
        noise[t] += 0.05 * sin((double)(t * t)); /* nearly: warned of, used */
    assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "horizon", "3", "model",
                            "flat", NULL),
                     NORN_OK);
    assert_non_null(strstr(r.base.said.p, "moves as"));
    norni_frame_multi_clear(&r);
    make();
    for (size_t t = 0; t < N; t++) { /* two ramps tell each other's future, and their own */
        b[t] = 3 * (double)t;
        noise[t] = 100 - (double)t;
    }
    assert_int_equal(
        run_on(ctx, &plant, NULL, &r, &err, "targets", "B", "horizon", "3", "model", "flat", NULL),
        NORN_OK);
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

/* ---- parts that fail ---- */

/* The future in a form of its own is used and asked about; a target that no test row observes is named. */
static void doubts_are_said(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of_threads(2);
    for (int i = 0; i < 2; i++) {
        make();
        for (size_t t = 0; t + 1 < N && i == 0; t++)
            noise[t] = b[t + 1] - b[t];
        for (size_t t = N - 10; t < N && i == 0; t++)
            a[t] = NORNI_NAN;
        if (run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "horizon", "3", "model", "flat",
                   "windows", "2", NULL))
            fail_msg("%s", err.text);
        char said[2000]; /* what was said has no end of its own */
        snprintf(said, sizeof said, "%.*s", (int)r.base.said.n, r.base.said.p);
        const char *asked = strstr(said,
                                   "column noise explains 100 % of what B's own past leaves "
                                   "1 row ahead: is it known by then?"),
                   *unmet = strstr(said, "target A has no observed value in the rows");
        if ((asked != NULL) != (i == 0) || (unmet != NULL) != (i == 0)) fail_msg("%d: %s", i, said);
        norni_frame_multi_clear(&r);
    }
    norn_ctx_free(ctx);
}

static void failed_parts_are_the_last_value(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_ctx *ctx = ctx_of_threads(2);
    make();
    assert_int_equal(run_on(ctx, &plant, NULL, &r, NULL, "targets", "A,B", "horizon", "3", "model",
                            "sick,line", "windows", "4", NULL),
                     NORN_OK);
    const double *sick = numbers(&r.base.frame, "sick"), *line = numbers(&r.base.frame, "line");
    assert_true(sick[0] == line[0] && sick[1] == a[N - 1] && sick[2] == line[2]);
    assert_true(sick[3 + 1] == b[N - 1]);
    assert_int_equal(r.base.counts.n_ok, 4);
    assert_int_equal(r.base.counts.n_fallback, 2);
    assert_int_equal(r.base.counts.n_failed, 0);
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

/* ---- odd tables ---- */

static void odd_targets_are_served_or_named(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of_threads(2);
    make();
    for (size_t t = 0; t < N; t++) {
        a[t] = 42;
        b[t] = NORNI_NAN;
    }
    assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B,feed", "horizon", "3",
                            "model", "line,flat,ensemble", "windows", "4", NULL),
                     NORN_OK);
    const double *line = numbers(&r.base.frame, "line"), *mix = numbers(&r.base.frame, "ensemble");
    for (size_t h = 0; h < H; h++) {
        assert_true(line[h] == 42 && mix[h] == 42);
        assert_true(isnan(line[H + h]) && isfinite(line[2 * H + h]));
    }
    assert_int_equal(r.base.counts.n_failed, 3);
    assert_non_null(strstr(r.base.failed.p, "B, line: it has no observed value"));
    norni_frame_multi_clear(&r);
    assert_int_equal(
        run_on(ctx, &plant, NULL, &r, &err, "targets", "B", "horizon", "3", "model", "flat", NULL),
        NORN_E_DATA);
    assert_non_null(strstr(err.text, "no observed value"));
    norni_frame_multi_clear(&r);
    const norni_frame one = {1, COLUMNS, column}, few = {24, COLUMNS, column};
    make();
    assert_int_equal(run_on(ctx, &one, NULL, &r, &err, "targets", "A", "model", "flat", NULL),
                     NORN_E_DATA);
    assert_non_null(strstr(err.text, "too few"));
    norni_frame_multi_clear(&r);
    if (run_on(ctx, &few, NULL, &r, &err, "targets", "A", "horizon", "3", "model", "line", NULL))
        fail_msg("%s", err.text);
    assert_non_null(strstr(r.base.said.p, "held to a quarter"));
    norni_frame_multi_clear(&r);
    /* twenty origins would be 100 of 120 rows: half of them are what statistics are from */
    assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "A", "static", "API", "horizon",
                            "5", "model", "line", NULL),
                     NORN_OK);
    assert_null(strstr(r.base.said.p, "API is not used"));
    norni_frame_multi_clear(&r);
    assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "Z", "model", "flat", NULL),
                     NORN_E_ARG);
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

/* 5,000 columns, 30 % of the cells missing, some of them constant or empty. */
static void wide_and_full_of_holes(void **state) {
    (void)state;
    enum { WIDE = 5000, ROWS = 60 };
    static char name[WIDE][12];
    norni_frame_column *c = calloc(WIDE + 2, sizeof *c);
    double *v = malloc((size_t)WIDE * ROWS * sizeof *v);
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of_threads(3);
    assert_true(c && v);
    make();
    c[0] = column[0];
    c[1] = column[1];
    for (size_t k = 0; k < WIDE; k++) {
        double *x = v + k * ROWS;
        for (size_t t = 0; t < ROWS; t++) {
            const double u = norni_rng_uniform((norni_rng){k, 2}, 2 * t);
            x[t] = u < 0.27 ? NORNI_NAN : norni_rng_normal((norni_rng){k, 2}, 2 * t + 1);
            if (k % 50 == 0) x[t] = 3;
            if (k % 50 == 1) x[t] = NORNI_NAN;
        }
        c[2 + k] = (norni_frame_column){
            .name = {name[k], (size_t)snprintf(name[k], sizeof name[k], "tag%zu", k)},
            .kind = NORNI_FRAME_NUMBER,
            .number = x};
    }
    const norni_frame wide = {ROWS, WIDE + 2, c};
    for (int i = 0; i < 2; i++) {
        if (run_on(ctx, &wide, NULL, &r, &err, "targets", "A", "horizon", "3", "model",
                   "line,flat,ensemble", "windows", "4", "missing", i ? "none" : "ffill",
                   "max-missing", "0.5", "driver-lookback", "3", NULL))
            fail_msg("%s", err.text);
        assert_int_equal(r.base.counts.n_ok, 3);
        assert_int_equal(r.base.counts.n_fallback, 0);
        norni_frame_multi_clear(&r);
    }
    free(c);
    free(v);
    norn_ctx_free(ctx);
}

/* ---- specs ---- */

static void specs_are_read(void **state) {
    (void)state;
    static const char *const bad[][2] = {{"lin", "did you mean line"},
                                         {"line,line", "give one an alias, as a=line"},
                                         {"x=line,x=flat", "alias 'x' stands twice"},
                                         {"flat[7]", "flat uses no season; leave out [7]"},
                                         {"line,ensemble[7]", "ensemble uses no season"},
                                         {"line(delay=x)", "delay"},
                                         {"line(speed=1)", "no parameter 'speed'"},
                                         {"ensemble(weights=best)", "weights"},
                                         {"ensemble", "needs learners beside it"}};
    norni_frame_multi_result r;
    norn_ctx *ctx = ctx_of_threads(1);
    make();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        norn_err err = {NORN_OK, ""};
        assert_int_equal(
            run_on(ctx, &plant, NULL, &r, &err, "targets", "A", "model", bad[i][0], NULL),
            NORN_E_ARG);
        if (strstr(err.text, bad[i][1]) == NULL) fail_msg("%s: %s", bad[i][0], err.text);
        norni_frame_multi_clear(&r);
    }
    assert_int_equal(run_on(ctx, &plant, NULL, &r, NULL, "targets", "A", "windows", "2", "model",
                            "flat,x=line(delay=1)", NULL),
                     NORN_OK);
    (void)numbers(&r.base.frame, "x");
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

/* ---- known ahead ---- */

static void known_columns_are_used_where_they_stand(void **state) {
    (void)state;
    double later[H] = {90, 10, 50};
    int64_t later_day[H];
    norni_frame_column ahead[2] = {
        {.name = {"date", 4}, .kind = NORNI_FRAME_TIME, .integer = later_day, .date = true},
        {.name = {"feed", 4}, .kind = NORNI_FRAME_NUMBER, .number = later}};
    const norni_frame future = {H, 2, ahead};
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of_threads(2);
    make();
    for (size_t h = 0; h < H; h++)
        later_day[h] = day[N - 1] + (int64_t)(h + 1) * NORNI_US_DAY;
    for (size_t t = 0; t < N; t++)
        b[t] = 10 + 2 * feed[t] + 0.001 * noise[t % 5]; /* of the same row */
    assert_int_equal(run_on(ctx, &plant, &future, &r, &err, "targets", "B", "horizon", "3", "model",
                            "line", "allow-leaks", "true", NULL),
                     NORN_OK);
    const double *line = numbers(&r.base.frame, "line");
    for (size_t h = 0; h < H; h++)
        assert_true(fabs(line[h] - (10 + 2 * later[h])) < 0.1);
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

/* ---- the last value ---- */

/* `naive` is the yardstick: 1 everywhere; ratios of MAE; the ensemble of what stands still is it. */
static void naive_is_the_yardstick(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = ctx_of_threads(2);
    make();
    used = &naive_set;
    for (size_t t = 0; t < N; t++)
        b[t] = 10 + (double)(t / 9 * 7 % 5); /* stands still, and jumps */
    if (run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "horizon", "3", "model",
               "line,n=naive,ensemble", "windows", "12", "step", "2", NULL))
        fail_msg("%s", err.text);
    const double *rel = numbers(&r.metrics, "rel_mae"), *mae = numbers(&r.metrics, "mae"),
                 *n = numbers(&r.trials, "n"), *mix = numbers(&r.trials, "ensemble");
    const size_t per = 1 + H;
    for (size_t target = 0; target < 2; target++) {
        for (size_t h = 0; h < per; h++) {
            const size_t naive = (2 + target) * per + h, line = target * per + h;
            assert_true(rel[naive] == 1);
            assert_true(fabs(rel[line] - mae[line] / mae[naive]) < 1e-12);
        }
    }
    assert_true(rel[0] < 1 && rel[per] > 1); /* A follows the feed, B nothing */
    assert_true(rel[4 * per] < 0.2 && rel[5 * per] < 1.1);
    for (size_t k = 0; k < 12; k++) {
        const size_t origin = N - H - 2 * (11 - k) - 1;
        assert_true(n[k * H] == a[origin] && n[(12 + k) * H + 2] == b[origin]);
    }
    assert_true(mix[0] == n[0]); /* nothing is known at the first origin */
    norni_frame_multi_clear(&r);
    assert_int_equal(run_on(ctx, &plant, NULL, &r, NULL, "targets", "A", "horizon", "3", "model",
                            "line", "windows", "2", NULL),
                     NORN_OK);
    assert_true(isnan(numbers(&r.metrics, "rel_mae")[0]));
    used = &test_set;
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

/* ---- origins ---- */

static size_t origins(norn_ctx *ctx, const char *flag, const char *value, const char *quick,
                      int64_t *apart) {
    norni_frame_multi_result r;
    norn_err err = {NORN_OK, ""};
    if (run_on(ctx, &plant, NULL, &r, &err, "targets", "A", "horizon", "7", "lookback", "7",
               "model", "flat", "quick", quick, flag, value, NULL))
        fail_msg("%s", err.text);
    const norni_frame_column *cutoff = norni_frame_find(&r.trials, norni_str_of("cutoff"));
    const size_t n = r.trials.n / 7;
    assert_non_null(cutoff);
    *apart = n > 1 ? (cutoff->integer[7] - cutoff->integer[0]) / NORNI_US_DAY : 0;
    norni_frame_multi_clear(&r);
    return n;
}

static void origins_are_as_asked(void **state) {
    (void)state;
    norn_ctx *ctx = ctx_of_threads(1);
    int64_t apart;
    make();
    assert_int_equal(origins(ctx, "refit", "2", "true", &apart), 5);
    assert_int_equal(apart, 8); /* 7 would be the same weekday again and again */
    assert_int_equal(origins(ctx, "windows", "6", "true", &apart), 6);
    assert_int_equal(origins(ctx, "step", "7", "true", &apart), 5);
    assert_int_equal(apart, 7);
    assert_int_equal(origins(ctx, "season-length", "5", "true", &apart), 5);
    assert_int_equal(apart, 7);
    assert_int_equal(origins(ctx, "step", "2", "false", &apart), 20);
    norn_ctx_free(ctx);
}

/* Observed every third day, forecast one day ahead every third day: never on that day. */
static void targets_that_no_origin_meets_are_named(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_ctx *ctx = ctx_of_threads(1);
    for (int i = 0; i < 2; i++) {
        make();
        for (size_t t = 0; t < N; t++)
            if (t % 3 != 0) b[t] = NORNI_NAN;
        assert_int_equal(run_on(ctx, &plant, NULL, &r, NULL, "targets", "A,B", "horizon", "1",
                                "model", "flat", "windows", "6", "step", i ? "2" : "3", NULL),
                         NORN_OK);
        const norni_buf *b_said = &r.base.said;
        const char *said = "target B: no origin meets an observed value",
                   *none = "target A: no origin";
        assert_true((memmem(b_said->p, b_said->n, said, strlen(said)) != NULL) == (i == 0));
        assert_null(memmem(b_said->p, b_said->n, none, strlen(none)));
        norni_frame_multi_clear(&r);
    }
    norn_ctx_free(ctx);
}

/* ---- roles, folders ---- */

static void a_target_has_one_role(void **state) {
    (void)state;
    norni_frame_multi_result r;
    norn_ctx *ctx = ctx_of_threads(1);
    static const char *const list[] = {"drop", "static", "known"};
    make();
    for (size_t i = 0; i < 3; i++) {
        norn_err err = {NORN_OK, ""};
        assert_int_equal(run_on(ctx, &plant, NULL, &r, &err, "targets", "A,B", "model", "flat",
                                list[i], "B", NULL),
                         NORN_E_ARG);
        assert_non_null(strstr(err.text, "B is a target, too"));
        norni_frame_multi_clear(&r);
    }
    assert_int_equal(
        run_on(ctx, &plant, NULL, &r, NULL, "targets", "A", "model", "flat", "static", "A*", NULL),
        NORN_OK);
    norni_frame_multi_clear(&r);
    norn_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(forecasts_are_what_they_say),
                                       cmocka_unit_test(weights_follow_the_errors),
                                       cmocka_unit_test(digest_is_the_same_at_any_worker_count),
                                       cmocka_unit_test(digest_sees_one_ulp),
                                       cmocka_unit_test(later_rows_change_no_earlier_forecast),
                                       cmocka_unit_test(planted_leaks_are_refused),
                                       cmocka_unit_test(doubts_are_said),
                                       cmocka_unit_test(failed_parts_are_the_last_value),
                                       cmocka_unit_test(odd_targets_are_served_or_named),
                                       cmocka_unit_test(wide_and_full_of_holes),
                                       cmocka_unit_test(specs_are_read),
                                       cmocka_unit_test(naive_is_the_yardstick),
                                       cmocka_unit_test(origins_are_as_asked),
                                       cmocka_unit_test(targets_that_no_origin_meets_are_named),
                                       cmocka_unit_test(a_target_has_one_role),
                                       cmocka_unit_test(known_columns_are_used_where_they_stand)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
