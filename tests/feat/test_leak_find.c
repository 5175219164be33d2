/* The leak finder: planted futures are found with their lead, honest tables raise no alarm. */
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
#include "base/rng.h"
#include "feat/leak_find.h"

enum { N = 420, AHEAD = 7, LAG = 6, ROOM = N + 40, MOST = 40 };

typedef struct bench {
    norn_ctx *ctx;
    norni_arena arena;
    norni_wide w;
    double v[MOST][ROOM]; /* a few rows longer than the table, so that leaks can be cut from it */
    norni_wide_array column[MOST];
    char name[MOST][16];
    size_t n;
    uint64_t draw;
    const norni_leak_pair *leak;
    size_t n_leaks;
} bench;

static double normal(bench *b) {
    return norni_rng_normal((norni_rng){7, 1}, b->draw++);
}

static double uniform(bench *b) {
    return norni_rng_uniform((norni_rng){7, 1}, b->draw++);
}

static double *add_column(bench *b, const char *name) {
    snprintf(b->name[b->n], sizeof b->name[b->n], "%s", name);
    b->column[b->n] = (norni_wide_array){norni_str_of(b->name[b->n]), b->v[b->n], NULL, 0};
    return b->v[b->n++];
}

static double *add_walk(bench *b, const char *name) {
    double *v = add_column(b, name), level = 100;
    for (size_t t = 0; t < ROOM; t++)
        v[t] = level += normal(b);
    return v;
}

/* A level a month, as a blend's yield. */
static double *add_steps(bench *b, const char *name) {
    double *v = add_column(b, name);
    for (size_t t = 0; t < ROOM; t++)
        v[t] = t % 30 == 0 ? 0.2 + 0.01 * normal(b) : v[t - 1];
    return v;
}

static void look(bench *b, const char *targets, const char *known, double missing) {
    int64_t time[N];
    norni_wide_opt opt = norni_wide_opt_default();
    norni_wide_report report;
    norn_err err = {NORN_OK, ""};
    for (int t = 0; t < N; t++)
        time[t] = (19000 + t) * NORNI_US_DAY;
    for (size_t c = 0; c < b->n && missing > 0; c++) {
        for (size_t t = 0; t < N; t++) {
            if (uniform(b) < missing) b->v[c][t] = NORNI_NAN;
        }
    }
    int64_t later[AHEAD];
    norni_wide_array ahead[MOST];
    size_t n_ahead = 0;
    for (int h = 0; h < AHEAD; h++)
        later[h] = (19000 + N + h) * NORNI_US_DAY;
    for (size_t c = 0; c < b->n && known != NULL; c++) {
        if (!norni_wide_listed(known, b->column[c].name)) continue;
        ahead[n_ahead] = b->column[c];
        ahead[n_ahead++].v += N;
    }
    const norni_wide_arrays in = {.n = N,
                                  .n_columns = b->n,
                                  .time = time,
                                  .style = {.kind = NORNI_TIME_DATE, .sep = '-'},
                                  .column = b->column,
                                  .n_future = n_ahead > 0 ? AHEAD : 0,
                                  .n_future_columns = n_ahead,
                                  .future_time = later,
                                  .future = ahead};
    opt.targets = targets;
    opt.known = known;
    opt.horizon = AHEAD;
    opt.max_missing = 0.5;
    if (norni_wide_of_arrays(b->ctx, NULL, &in, &opt, &b->arena, &b->w, &report, &err) != NORN_OK)
        fail_msg("%s", err.text);
    if (norni_leak_find(b->ctx, NULL, &b->w, AHEAD, LAG, &b->arena, &b->leak, &b->n_leaks, &err) !=
        NORN_OK)
        fail_msg("%s", err.text);
}

static void expect(bench *b, const char *column, const char *target, int64_t lead, bool exact) {
    for (size_t k = 0; k < b->n_leaks; k++) {
        const norni_leak_pair *l = &b->leak[k];
        if (!norni_str_is(b->w.column[l->column].name, column) ||
            !norni_str_is(b->w.column[l->target].name, target))
            continue;
        assert_int_equal(l->lead, lead);
        assert_int_equal(l->exact, exact);
        return;
    }
    fail_msg("%s is not found as %s, %d ahead", column, target, (int)lead);
}

static void expect_none(bench *b) {
    char text[300];
    if (b->n_leaks == 0) return;
    norni_leak_text(&b->w, &b->leak[0], text, sizeof text);
    fail_msg("%zu leaks: %s", b->n_leaks, text);
}

static void test_exact(void **state) {
    bench *b = *state;
    for (int missing = 0; missing < 2; missing++) {
        b->n = 0;
        double *y = add_walk(b, "y"), *z = add_steps(b, "z"), *x = add_column(b, "x"),
               *s = add_column(b, "s");
        (void)add_walk(b, "other");
        for (size_t t = 0; t < N; t++) {
            x[t] = y[t + 3];
            s[t] = z[t + 5];
        }
        look(b, "y,z", NULL, missing ? 0.3 : 0);
        expect(b, "x", "y", 3, true);
        if (missing == 0) expect(b, "s", "z", 5, true);
        assert_int_equal(b->n_leaks, 2);
        char text[300];
        norni_leak_text(&b->w, &b->leak[0], text, sizeof text);
        if (strstr(text, "column x is target y, 3 rows ahead (equal in 100 % of") == NULL)
            fail_msg("%s", text);
        norni_arena_clear(&b->arena);
    }
}

/* Features look back, so a copy further ahead than the horizon tells it, too. */
static void test_behind_the_horizon(void **state) {
    bench *b = *state;
    double *y = add_walk(b, "y"), *z = add_column(b, "z"), *f = add_column(b, "f"),
           *far = add_column(b, "far");
    for (size_t t = 0; t < N; t++) {
        z[t] = y[t + AHEAD + 1];
        f[t] = 3 - 2 * y[t + AHEAD + LAG];
        far[t] = y[t + AHEAD + LAG + 1]; /* no feature shows a row that is forecast */
    }
    look(b, "y", NULL, 0);
    expect(b, "z", "y", AHEAD + 1, true);
    expect(b, "f", "y", AHEAD + LAG, true);
    assert_int_equal(b->n_leaks, 2);
}

static void test_near(void **state) {
    bench *b = *state;
    double *y = add_walk(b, "y"), *f = add_column(b, "fahrenheit"), *n = add_column(b, "noisy"),
           *w = add_column(b, "weak");
    for (size_t t = 0; t < N; t++) {
        f[t] = 32 + 1.8 * y[t + 1];
        n[t] = -y[t + 7] + 0.01 * normal(b);
        w[t] = y[t + 2] + 0.5 * normal(b); /* a good leading indicator is none */
    }
    f[100] = 5000; /* wild readings */
    y[300] = -5000;
    look(b, "y", NULL, 0);
    expect(b, "fahrenheit", "y", 1, true); /* the same in another unit */
    expect(b, "noisy", "y", 7, false);
    assert_int_equal(b->n_leaks, 2);
    assert_true(b->leak[0].r >= 0.999 && b->leak[0].past < 0.5);
}

/* Known ahead: its value in the row forecast may not be the target, now, later, or a day before. */
static void test_known(void **state) {
    bench *b = *state;
    double *y = add_walk(b, "y"), *p = add_column(b, "p"), *q = add_column(b, "q"),
           *ok = add_column(b, "ok");
    for (size_t t = 0; t < N + AHEAD; t++) {
        p[t] = y[t];
        q[t] = t > 0 ? y[t - 1] : 0;
        ok[t] = t >= AHEAD ? y[t - AHEAD] : 0; /* as the origin of each step knows it */
    }
    look(b, "y", "p,q,ok", 0);
    expect(b, "p", "y", 0, true);
    expect(b, "q", "y", -1, true);
    assert_int_equal(b->n_leaks, 2);
}

/* Targets may give each other away, too. */
static void test_targets(void **state) {
    bench *b = *state;
    double *y = add_walk(b, "y"), *z = add_column(b, "z");
    for (size_t t = 0; t < N; t++)
        z[t] = y[t + 1];
    look(b, "y,z", NULL, 0);
    expect(b, "z", "y", 1, true);
    assert_int_equal(b->n_leaks, 1);
}

static void test_honest(void **state) {
    bench *b = *state;
    for (int round = 0; round < 20; round++) {
        b->n = 0;
        double *y = add_walk(b, "y"), *z = add_steps(b, "z");
        (void)add_steps(b, "steps");
        (void)add_steps(b, "more_steps");
        (void)add_walk(b, "walk");
        double *copy = add_column(b, "copy"), *late = add_column(b, "late"),
               *same = add_column(b, "same"), *week = add_column(b, "week"),
               *week2 = add_column(b, "week2"), *flag = add_column(b, "flag"),
               *flag2 = add_column(b, "flag2"), *tens = add_column(b, "tens"),
               *sine = add_column(b, "sine"), *line = add_column(b, "line"),
               *spike = add_column(b, "spike"), *spike2 = add_column(b, "spike2");
        for (size_t t = 0; t < N; t++) {
            copy[t] = y[t];                 /* the target itself, today */
            late[t] = t > 0 ? y[t - 1] : 0; /* yesterday */
            same[t] = z[t];                 /* a yield, today */
            week[t] = (double)(t % 7);      /* patterns repeat themselves */
            week2[t] = (double)((t + 3) % 7);
            flag[t] = uniform(b) < 0.03; /* switches */
            flag2[t] = t % 30 < 2;
            tens[t] = floor(3 * uniform(b)); /* few values */
            sine[t] = norni_sin(0.05 * (double)t);
            line[t] = 2 * (double)t;
            spike[t] = normal(b) + (t == 100 ? 1e6 : 0);
            spike2[t] = normal(b) + (t == 103 ? 1e6 : 0);
        }
        look(b, "y,z,week2,flag2,tens,spike2,sine", NULL, round % 2 ? 0.2 : 0);
        expect_none(b);
        norni_arena_clear(&b->arena);
    }
}

static int set_up(void **state) {
    static bench b;
    memset(&b, 0, sizeof b);
    if (norn_ctx_new(NULL, &b.ctx, NULL) != NORN_OK) return -1;
    norni_arena_init(&b.arena, &b.ctx->alloc);
    *state = &b;
    return 0;
}

static int tear_down(void **state) {
    bench *b = *state;
    norni_arena_clear(&b->arena);
    norn_ctx_free(b->ctx);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exact, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_behind_the_horizon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_near, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_targets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_honest, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
