/* The ridge learner: scikit-learn's numbers, the gate, explanations, kept states, odd tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "lesson_case.h"
#include "models/ridge/feature_moments.h"
#include "models/ridge/ridge.h"
#include "models/ridge/ridge_state.h"

enum { N = 500, H = 3, WIDE = 5000 };

static double ya[N], yb[N];
static const double *const targets[] = {ya, yb};

static double *numbers(size_t n) {
    double *x = norni_arena_zero(&arena, n, sizeof *x);
    assert_non_null(x);
    return x;
}

/* A lesson with room for `columns` features; horizon H. */
static lesson_case table(size_t n_targets, size_t n, size_t first, size_t columns) {
    lesson_case c = lesson_of(targets, n_targets, n, first);
    c.lesson.horizon = c.features->horizon = H;
    norni_feature_column *col = norni_arena_zero(&arena, columns + 1, sizeof *col);
    assert_non_null(col);
    c.features->col = col;
    return c;
}

static void add_feature(lesson_case *c, const char *name, const double *at, bool shifted) {
    norni_feature_column *col = norni_arena_zero(&arena, c->features->n + 1, sizeof *col);
    assert_non_null(col);
    memcpy(col, c->features->col, c->features->n * sizeof *col);
    col[c->features->n++] =
        (norni_feature_column){.name = norni_str_of(name),
                               .origin = shifted ? NORNI_ORIGIN_KNOWN : NORNI_ORIGIN_LAG,
                               .shifted = shifted,
                               .at = at};
    c->features->col = col;
}

static ridge_opt defaults(void) {
    ridge_opt o = {0};
    norn_err err;
    const norni_learner *r = &norni_learner_ridge;
    assert_int_equal(norni_param_defaults(r->params, r->n_params, &o, &arena, &err), NORN_OK);
    return o;
}

static norn_status try_fit(const lesson_case *c, const ridge_opt *o, void **state, norn_err *err) {
    norni_env env = {.arena = &arena};
    NORN_TRY(norni_learner_ridge.validate(o, &c->lesson, err));
    return norni_learner_ridge.fit(&env, o, &c->lesson, (norni_lesson_part){0, 0}, state, err);
}

static const ridge_state *fit(const lesson_case *c) {
    void *state = NULL;
    norn_err err;
    const ridge_opt o = defaults();
    assert_int_equal(try_fit(c, &o, &state, &err), NORN_OK);
    return state;
}

static void predict(const ridge_state *st, const norni_lesson *at, size_t t, double *out) {
    norni_env env = {.arena = &arena};
    assert_int_equal(norni_learner_ridge.predict(&env, st, at, t, out, NULL), NORN_OK);
}

typedef struct oracle_user {
    const double *y;
} oracle_user;

static void oracle_response(void *user, size_t t, const size_t *step, size_t n_step, double *out) {
    for (size_t k = 0; k < n_step; k++)
        out[k] = ((oracle_user *)user)->y[t + step[k]];
}

/* tests/oracle/ridge_numbers.py feature. 1e-7: where columns outnumber rows, X X' bears a jitter of 1e-9
 * of its diagonal. */
static void test_sklearn(void **state) {
    (void)state;
    static const struct {
        size_t p, step;
        double sum, known, at;
    } right[] = {
        {6, 1, 0.3948275760731735, 0.03503590680211926, 3.1966520088314723},
        {6, 4, 0.38196607764035906, 0.029389725027840874, 1.7500972302870568},
        {90, 1, 0.5459803118085357, 0.0009428907646583866, 3.062656044355619},
        {90, 4, 0.19034419565299493, 0.00630355771494584, 1.2805739703340713},
    };
    enum { ROWS = 44 };
    for (size_t i = 0; i < 4; i++) {
        const size_t p = right[i].p, steps[] = {right[i].step};
        lesson_case c = table(1, ROWS, 0, 0);
        double *known = numbers(ROWS + 4), *y = numbers(ROWS), at = 0, sum = 0;
        norni_env env = {.arena = &arena};
        for (size_t j = 0; j < p; j++) {
            double *x = numbers(ROWS);
            for (size_t t = 0; t < ROWS; t++) {
                x[t] = sin((double)t * (0.37 + 0.11 * (double)j) + (double)(j * j));
                if (j == 0) y[t] = 2 + x[t] + 0.2 * sin(3.3 * (double)t);
                if (j == 3) y[t] -= 0.5 * x[t];
            }
            add_feature(&c, "x", x, false);
        }
        for (size_t t = 0; t < ROWS + 4; t++)
            known[t] = cos(0.9 * (double)t) + 0.1 * (double)t;
        add_feature(&c, "known", known, true);
        ridge_columns columns;
        feature_rows rows;
        feature_moments m;
        feature_weights w;
        oracle_user user = {y};
        const feature_response response = {1, oracle_response, &user};
        assert_int_equal(
            ridge_columns_make(&arena, NULL, c.features, ROWS, NULL, 0, &columns, NULL), NORN_OK);
        assert_int_equal(columns.n, p + 1);
        assert_int_equal(feature_rows_init(&env, c.features, &columns, 0, 40, &rows, NULL),
                         NORN_OK);
        assert_true((rows.r != NULL) == (p > 40));
        assert_int_equal(feature_moments_make(&env, &rows, 0, 40, steps, 1, &response, &m, NULL),
                         NORN_OK);
        assert_int_equal(feature_weights_init(&arena, &m, &w, NULL), NORN_OK);
        assert_int_equal(feature_solve(&env, &m, 0.2, &w, NULL), NORN_OK);
        double *beta = numbers(p);
        assert_int_equal(feature_plain(&env, &rows, w.z, 1, beta, NULL), NORN_OK);
        at = w.s[1];
        for (size_t j = 0; j <= p; j++) {
            const double b = j < p ? beta[j] : w.s[0];
            at += b * ridge_column_at(columns.column + j, c.features, 39, right[i].step);
            sum += b;
        }
        assert_true(fabs(sum - right[i].sum) < 1e-7);
        assert_true(fabs(w.s[0] - right[i].known) < 1e-7);
        assert_true(fabs(at - right[i].at) < 1e-7);
    }
}

/* ya follows a driver at once; yb is a walk that nothing tells. */
static double *driven(uint64_t key) {
    const norni_rng rng = {key, 1};
    double *driver = numbers(N);
    for (size_t t = 0; t < N; t++) {
        driver[t] = 50 + 10 * norni_rng_normal(rng, 3 * t);
        ya[t] = 5 + (t > 0 ? 0.8 * driver[t - 1] : 0) + 0.1 * norni_rng_normal(rng, 3 * t + 1);
        yb[t] = (t > 0 ? yb[t - 1] : 100) + norni_rng_normal(rng, 3 * t + 2);
    }
    return driver;
}

static void test_gate(void **state) {
    (void)state;
    const norni_rng rng = {77, 7};
    double *driver = driven(1), out[2 * H], plain[2 * H];
    lesson_case c = table(2, N - 1, 7, 0);
    add_feature(&c, "driver", driver, false);
    for (size_t j = 0; j < 200; j++) { /* and much that says nothing */
        double *x = numbers(N);
        for (size_t t = 0; t < N; t++)
            x[t] = norni_rng_normal(rng, j * N + t);
        add_feature(&c, "noise", x, false);
    }
    const ridge_state *st = fit(&c);
    assert_true(st->target[0].kind == RIDGE_FEATURES || st->target[0].kind == RIDGE_BOTH);
    assert_true(st->target[1].kind == RIDGE_LAST || st->target[1].kind == RIDGE_WINDOW);
    assert_true(st->target[0].error[st->target[0].kind] < 0.9 * st->target[0].error[RIDGE_LAST]);
    predict(st, &c.lesson, N - 2, out);
    ridge_opt o = defaults();
    o.drivers = false;
    void *without;
    assert_int_equal(try_fit(&c, &o, &without, NULL), NORN_OK);
    predict(without, &c.lesson, N - 2, plain);
    assert_memory_equal(out + H, plain + H, H * sizeof *out); /* the walk is as without drivers */
    assert_true(fabs(out[0] - (5 + 0.8 * driver[N - 2])) <
                fabs(plain[0] - (5 + 0.8 * driver[N - 2])));
}

/* A column known ahead tells the outcome of its own row, at every step. */
static void test_known(void **state) {
    (void)state;
    const norni_rng rng = {5, 2};
    double *price = numbers(N + H), out[H];
    for (size_t t = 0; t < N + H; t++)
        price[t] = norni_rng_normal(rng, t);
    for (size_t t = 0; t < N; t++)
        ya[t] = 10 + 3 * price[t];
    lesson_case c = table(1, N, 7, 0);
    add_feature(&c, "price", price, true);
    const ridge_state *st = fit(&c);
    predict(st, &c.lesson, N - 1, out);
    for (size_t k = 0; k < H; k++)
        assert_true(fabs(out[k] - (10 + 3 * price[N + k])) < 0.01);
}

static void check_sums(const ridge_state *st, const lesson_case *c, size_t n_targets) {
    double out[2 * H];
    norni_env env = {.arena = &arena};
    for (size_t k = 0; k < n_targets * H; k++) {
        const norni_lesson_part part = {k / H, k % H + 1};
        norni_explanation e;
        assert_int_equal(norni_learner_ridge.explain(&env, st, &c->lesson, part, &e, NULL),
                         NORN_OK);
        assert_true(e.additive && e.n_rows > 0);
        double *given = numbers(e.n_terms + 1);
        for (size_t t = 60; t < c->lesson.n; t += 37) {
            double sum = e.intercept;
            predict(st, &c->lesson, t, out);
            assert_int_equal(
                norni_learner_ridge.contribute(&env, st, &c->lesson, part, t, given, NULL),
                NORN_OK);
            for (size_t i = 0; i < e.n_terms; i++)
                sum += given[i];
            assert_true(fabs(sum - out[k]) < 1e-9 * (1 + fabs(out[k])));
        }
        for (size_t i = 0; i < e.n_terms; i++) {
            const norni_term *term = e.term + i;
            assert_true(term->n_axes == 1 && term->name.n > 0 && term->importance >= 0);
            assert_true(term->axis[0].linear ? term->axis[0].n_bins == 0
                                             : term->axis[0].category != NULL);
        }
    }
}

/* A nominal feature with three codes that shift the target, a driver with gaps. */
static void test_explain(void **state) {
    (void)state;
    double *driver = driven(3), *code = numbers(N);
    for (size_t t = 0; t < N; t++) {
        code[t] = (double)((t * t * 7) % 101 % 3);
        if (t + 1 < N) ya[t + 1] += 20 * code[t] * code[t];
        if (t % 3 == 1) driver[t] = NORNI_NAN;
    }
    lesson_case c = table(2, N, 7, 0);
    add_feature(&c, "driver", driver, false);
    add_feature(&c, "code", code, false);
    norni_feature_column *col = norni_arena_get(&arena, 2, sizeof *col);
    memcpy(col, c.features->col, 2 * sizeof *col);
    col[1].kind = NORNI_FEATURE_NOMINAL;
    c.features->col = col;
    const ridge_state *st = fit(&c);
    assert_true(st->target[0].kind == RIDGE_FEATURES || st->target[0].kind == RIDGE_BOTH);
    assert_int_equal(st->n_columns, 4);
    check_sums(st, &c, 2);
    norni_explanation e;
    norni_env env = {.arena = &arena};
    assert_int_equal(
        norni_learner_ridge.explain(&env, st, &c.lesson, (norni_lesson_part){0, 1}, &e, NULL),
        NORN_OK);
    const norni_term *last = e.term + e.n_terms - 1;
    assert_true(norni_str_is(last->name, "code") && last->axis[0].n_bins == 5);
    assert_true(last->score[3] - last->score[1] > 40); /* 80, shrunk */
}

static void test_kept(void **state) {
    (void)state;
    double *driver = driven(4), out[2 * H], again[2 * H];
    char text[200], other[200];
    norni_buf buf;
    norni_env env = {.arena = &arena};
    lesson_case c = table(2, N, 7, 0);
    add_feature(&c, "driver", driver, false);
    const ridge_state *st = fit(&c);
    norni_buf_init(&buf, &alloc);
    assert_int_equal(norni_learner_ridge.save(st, &buf, NULL), NORN_OK);
    void *back;
    assert_int_equal(norni_learner_ridge.load(&env, NULL, (norni_str){buf.p, buf.n}, &back, NULL),
                     NORN_OK);
    for (size_t t = 0; t < N; t += 11) {
        predict(st, &c.lesson, t, out);
        predict(back, &c.lesson, t, again);
        assert_memory_equal(out, again, sizeof out);
    }
    norni_learner_ridge.describe(st, text, sizeof text);
    norni_learner_ridge.describe(back, other, sizeof other);
    assert_string_equal(text, other);
    for (size_t n = 0; n < buf.n; n += 1 + n / 50)
        assert_int_equal(norni_learner_ridge.load(&env, NULL, (norni_str){buf.p, n}, &back, NULL),
                         NORN_E_FORMAT);
    for (size_t i = 0; i < 400 && i < buf.n; i++) { /* spoilt bytes are refused or harmless */
        buf.p[i] = (char)(buf.p[i] ^ 0x55);
        norni_arena_mark mark = norni_arena_mark_get(&arena);
        const norn_status s =
            norni_learner_ridge.load(&env, NULL, (norni_str){buf.p, buf.n}, &back, NULL);
        assert_true(s == NORN_OK || s == NORN_E_FORMAT);
        norni_arena_rewind(&arena, mark);
        buf.p[i] = (char)(buf.p[i] ^ 0x55);
    }
    norni_buf_clear(&buf);
}

/* The same bits twice, and whatever stands behind the lesson's end. */
static void test_same(void **state) {
    (void)state;
    double *driver = driven(5), a[2 * H], b[2 * H];
    lesson_case c = table(2, 300, 7, 0);
    add_feature(&c, "driver", driver, false);
    const ridge_state *one = fit(&c);
    predict(one, &c.lesson, 299, a);
    for (size_t t = 300; t < N; t++)
        driver[t] = ya[t] = yb[t] = 1e9;
    const ridge_state *two = fit(&c);
    c.lesson.n = c.features->n_rows = N;
    predict(two, &c.lesson, 299, b);
    assert_memory_equal(a, b, sizeof a);
}

static void fill_odd(int which, size_t n, double *driver) {
    const norni_rng rng = {8, (uint64_t)which};
    for (size_t t = 0; t < n; t++) {
        const double v = norni_rng_normal(rng, t), sign = t % 2 ? 1 : -1;
        ya[t] = yb[t] = driver[t] = v;
        if (which == 0) ya[t] = yb[t] = driver[t] = 3;
        if (which == 1) ya[t] = sign * 1e300, driver[t] = sign * 1e300;
        if (which == 2) ya[t] = t == 100 ? 1 : 0, driver[t] = t == 200 ? 1e-300 : 0;
        if (which == 3) driver[t] = NORNI_NAN;
        if (which == 4 && (t * 7919) % 10 < 3) ya[t] = driver[t] = NORNI_NAN;
        if (which == 5 && t > 0) ya[t] = NORNI_NAN;
        if (which == 6) driver[t] = t == 50 ? 1e15 : v;
        if (which == 7) ya[t] = t < n / 2 ? NORNI_NAN : v;
    }
}

static void test_odd(void **state) {
    (void)state;
    const size_t sizes[] = {1, 2, 5, 12, 30, 70, N};
    double out[2 * H];
    for (int which = 0; which < 8; which++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            const size_t n = sizes[i];
            if (which == 4 && n == 1) continue; /* nothing is observed */
            double *driver = numbers(n + H);
            fill_odd(which, n, driver);
            lesson_case c = table(2, n, n > 10 ? 7 : 0, 0);
            add_feature(&c, "driver", driver, false);
            add_feature(&c, "ahead", driver, true);
            const ridge_state *st = fit(&c);
            for (size_t t = n > 20 ? n - 20 : 0; t < n; t++) {
                predict(st, &c.lesson, t, out);
                for (size_t k = 0; k < 2 * H; k++)
                    assert_true(isfinite(out[k]));
                if (which == 0) assert_true(out[0] == 3);
            }
            if (n > 80) check_sums(st, &c, 2);
        }
    }
    for (size_t t = 0; t < 100; t++)
        ya[t] = NORNI_NAN;
    lesson_case c = table(2, 100, 7, 0);
    void *st;
    norn_err err;
    const ridge_opt o = defaults();
    assert_int_equal(try_fit(&c, &o, &st, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "target \"a\" has no observed value"));
}

/* 5,000 columns, 500 rows, a third of the cells missing; the one that matters is found. */
static void test_wide(void **state) {
    (void)state;
    const norni_rng rng = {6, 6};
    double *driver = driven(6), *all = numbers((size_t)WIDE * N), out[H];
    lesson_case c = table(1, N - 1, 7, WIDE + 20);
    norni_feature_column *col = norni_arena_zero(&arena, WIDE + 20, sizeof *col);
    for (size_t j = 0; j < WIDE; j++) {
        double *x = all + j * N;
        for (size_t t = 0; t < N; t++)
            x[t] = norni_rng_u64(rng, j * N + t) % 3
                       ? (double)(norni_rng_u64(rng, j * N + t) % 1000)
                       : NORNI_NAN;
        col[j] = (norni_feature_column){.name = {"x", 1}, .at = x};
    }
    for (size_t j = 0; j < 20; j++)
        col[WIDE + j] = (norni_feature_column){.name = {"driver", 6}, .at = driver};
    c.features->col = col, c.features->n = WIDE + 20;
    const ridge_opt o = defaults();
    const size_t said = norni_learner_ridge.memory(&o, &c.lesson);
    norni_arena own;
    norni_arena_init(&own, &alloc);
    norni_env env = {.arena = &own};
    void *fitted;
    assert_int_equal(
        norni_learner_ridge.fit(&env, &o, &c.lesson, (norni_lesson_part){0, 0}, &fitted, NULL),
        NORN_OK);
    const ridge_state *st = fitted;
    assert_true(own.total < 2 * said && said < 4 * own.total);
    predict(st, &c.lesson, N - 2, out);
    for (size_t k = 0; k < H; k++)
        assert_true(isfinite(out[k]));
    assert_true(st->target[0].error[RIDGE_FEATURES] < st->target[0].error[RIDGE_LAST]);
    norni_arena_clear(&own);
}

/* ---- gaps of the target ---- */

enum { OWN_LAGS = 7, TRAINED = 440 };

/* Lags and the mean of the last seven values, as feat/ makes them of y (N). */
static lesson_case own_past(const double *y, size_t n) {
    static const char *const name[OWN_LAGS] = {"a_lag0", "a_lag1", "a_lag2", "a_lag3",
                                               "a_lag4", "a_lag5", "a_lag6"};
    memcpy(ya, y, sizeof ya);
    lesson_case c = table(1, n, OWN_LAGS, 0);
    double *mean = numbers(N);
    for (size_t k = 0; k < OWN_LAGS; k++) {
        double *at = numbers(N);
        for (size_t t = OWN_LAGS; t < N; t++)
            at[t] = y[t - k];
        add_feature(&c, name[k], at, false);
    }
    for (size_t t = OWN_LAGS; t < N; t++) {
        double sum = 0, seen = 0;
        for (size_t k = 0; k < OWN_LAGS; k++)
            if (isfinite(y[t - k])) sum += y[t - k], seen++;
        mean[t] = seen > 0 ? sum / seen : NORNI_NAN;
    }
    add_feature(&c, "a_mean7", mean, false);
    return c;
}

/* Sums of errors one step ahead with the newest `gap` values missing, of the ridge and of the last value. */
static void gap_errors(const ridge_state *st, const double *y, size_t gap, double *own,
                       double *last) {
    double masked[N], out[H];
    for (size_t t = TRAINED; t + 1 < N; t += 3) {
        if (!isfinite(y[t + 1])) continue;
        memcpy(masked, y, sizeof masked);
        for (size_t k = 0; k < gap; k++)
            masked[t - k] = NORNI_NAN;
        size_t newest = t;
        while (!isfinite(masked[newest]))
            newest--;
        const lesson_case c = own_past(masked, N);
        predict(st, &c.lesson, t, out);
        *own += fabs(out[0] - y[t + 1]);
        *last += fabs(masked[newest] - y[t + 1]);
    }
}

/* Walks whose newest values are missing, and those of every weekend: the last value is hard to beat and
 * the training rows' mean is far away. */
static void test_gaps(void **state) {
    (void)state;
    static const size_t gap[] = {0, 1, 3, 10, 0};
    for (size_t kind = 0; kind < 5; kind++) {
        double own = 0, last = 0;
        for (uint32_t seed = 0; seed < 6; seed++) {
            const norni_arena_mark mark = norni_arena_mark_get(&arena);
            const norni_rng rng = {seed, 77};
            double y[N], level = 140;
            for (size_t t = 0; t < N; t++) {
                level += 1.2 * norni_rng_normal(rng, t);
                y[t] = kind == 4 && t % 7 >= 5 ? NORNI_NAN : level;
            }
            const lesson_case c = own_past(y, TRAINED);
            const ridge_state *st = fit(&c);
            assert_int_not_equal(st->target[0].kind,
                                 RIDGE_FEATURES); /* they know but a mean level */
            gap_errors(st, y, gap[kind], &own, &last);
            norni_arena_rewind(&arena, mark);
        }
        assert_true(own < 1.3 * last);
    }
}

static void test_options(void **state) {
    (void)state;
    int32_t wrong[] = {8, 8};
    double *driver = driven(9), penalties[] = {0.1, 10}, out[2 * H];
    int32_t right[] = {4, 30, 100000};
    norn_err err;
    void *st;
    lesson_case c = table(2, N, 7, 0);
    add_feature(&c, "driver", driver, false);
    ridge_opt o = defaults();
    o.lookbacks = (norni_ints){2, wrong};
    assert_int_equal(try_fit(&c, &o, &st, &err), NORN_E_ARG);
    o.lookbacks = (norni_ints){3, right};
    o.alpha = (norni_doubles){2, penalties};
    for (int windows = 0; windows < 3; windows++) {
        for (int normalise = 0; normalise < 3; normalise++) {
            o.windows = windows, o.normalise = normalise;
            assert_int_equal(try_fit(&c, &o, &st, &err), NORN_OK);
            predict(st, &c.lesson, N - 1, out);
            assert_true(isfinite(out[0]) && fabs(out[H] - yb[N - 1]) < 10);
            const ridge_state *r = st;
            assert_int_equal(r->n_members, windows == 0 ? 4 : 2);
            check_sums(r, &c, 2);
        }
    }
}

static bool stop_soon(void *user) {
    return --*(int *)user < 0;
}

static void test_cancel(void **state) {
    (void)state;
    double *driver = driven(2);
    lesson_case c = table(2, N, 7, 0);
    add_feature(&c, "driver", driver, false);
    const ridge_opt o = defaults();
    norn_status st = NORN_E_CANCEL;
    int rounds = 0;
    for (int left = 0; st != NORN_OK; left = left * 2 + 1, rounds++) {
        int count = left;
        void *out;
        norni_env env = {.arena = &arena, .poll = {stop_soon, &count}};
        st = norni_learner_ridge.fit(&env, &o, &c.lesson, (norni_lesson_part){0, 0}, &out, NULL);
        assert_true(st == NORN_OK || st == NORN_E_CANCEL);
    }
    assert_true(rounds > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sklearn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_explain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_odd, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wide, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
