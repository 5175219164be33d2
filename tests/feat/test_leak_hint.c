/* Columns made of a target's future are asked about, whatever their form; honest tables raise no question. */
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
#include "feat/leak_hint.h"

enum { N = 500, AHEAD = 7, ROOM = N + 40, MOST = 24, BEFORE = 10 };

typedef struct bench {
    norn_ctx *ctx;
    norni_arena arena;
    norni_wide w;
    norni_wide_column column[MOST];
    double v[MOST][BEFORE + ROOM];
    uint64_t draw;
    const norni_leak_hint *hint;
    size_t n_hints;
} bench;

static double normal(bench *b) {
    return norni_rng_normal((norni_rng){17, 1}, b->draw++);
}

/* On or off, for three weeks or so. */
static double uniform_switch(bench *b, double now) {
    return norni_rng_uniform((norni_rng){19, 1}, b->draw++) < 0.05 ? 1 - now : now;
}

static double *add(bench *b, const char *name, norni_role role) {
    double *v = b->v[b->w.n_columns] + BEFORE;
    b->column[b->w.n_columns++] =
        (norni_wide_column){.name = norni_str_of(name), .role = role, .at = v};
    return v;
}

static void look(bench *b, size_t n_rows, size_t horizon, size_t season) {
    norn_err err = {NORN_OK, ""};
    const norni_leak_hint_opt opt = {n_rows, horizon, 6, season};
    b->w.column = b->column;
    b->w.n_rows = N;
    if (norni_leak_hint_find(b->ctx, NULL, &b->w, &opt, &b->arena, &b->hint, &b->n_hints, &err) !=
        NORN_OK)
        fail_msg("%s", err.text);
}

/* a: the persistence of the target; 1: a walk. */
static double *fresh(bench *b, double a) {
    b->w.n_columns = 0;
    double *y = add(b, "y", NORNI_ROLE_TARGET), level = 0;
    for (int t = -BEFORE; t < ROOM; t++) {
        level = a * level + normal(b);
        y[t] = 100 + level;
    }
    double *noise = add(b, "noise", NORNI_ROLE_DRIVER), *walk = add(b, "walk", NORNI_ROLE_DRIVER),
           walked = 0;
    for (int t = -BEFORE; t < ROOM; t++) {
        noise[t] = normal(b);
        walk[t] = walked += normal(b);
    }
    return y;
}

static double after(const double *y, int from, int to) {
    double sum = 0;
    for (int k = from; k <= to; k++)
        sum += y[k];
    return sum / (to - from + 1);
}

enum { WEEK, SUM, CENTRED, MOVE, PER_CENT, REST, SQUARE, RANK, NOISY, LOG, INVERSE, FORMS };
static const char *const form_name[FORMS] = {"mean of the next week",
                                             "sum of the next 3",
                                             "centred mean of 3",
                                             "change",
                                             "change in per cent",
                                             "residual",
                                             "square",
                                             "rank",
                                             "with noise",
                                             "log",
                                             "inverse"};

static double made_of(bench *b, const double *y, int t, int form) {
    double rank = 0;
    switch (form) {
        case WEEK: return after(y, t + 1, t + 7);
        case SUM: return 3 * after(y, t + 1, t + 3);
        case CENTRED: return after(y, t - 1, t + 1);
        case MOVE: return y[t + 1] - y[t];
        case PER_CENT: return 100 * (y[t + 1] - y[t]) / y[t];
        case REST: return y[t + 1] - 0.7 * y[t];
        case SQUARE: return y[t + 1] * y[t + 1];
        case RANK:
            for (int s = 0; s < N; s++)
                rank += y[s] < y[t + 1];
            return rank;
        case NOISY: return y[t + 2] + 0.05 * normal(b);
        case LOG: return norni_log(y[t + 1]);
        default: return 1000 / (y[t + 1] - 60);
    }
}

static void made_of_the_future(void **state) {
    bench *b = *state;
    for (int form = 0; form < FORMS; form++) {
        for (int kind = 0; kind < 2; kind++) {
            const double *y = fresh(b, kind ? 1 : 0.7);
            double *x = add(b, "x", NORNI_ROLE_DRIVER);
            for (int t = 0; t < N; t++)
                x[t] = made_of(b, y, t, form);
            look(b, N - 60, AHEAD, 7);
            char text[400] = "none";
            if (b->n_hints > 0) norni_leak_hint_text(&b->w, b->hint, text, sizeof text);
            if (b->n_hints != 1 || b->hint->column != 3 || b->hint->other != SIZE_MAX)
                fail_msg("%s of %s: %zu hints: %s", form_name[form], kind ? "a walk" : "an AR",
                         b->n_hints, text);
            assert_true(b->hint->share > 0.95);
            assert_non_null(strstr(text, "column x explains "));
            assert_non_null(strstr(text, " % of what y's own past leaves "));
            assert_non_null(strstr(text, " ahead: is it known by then?"));
            norni_arena_clear(&b->arena);
        }
    }
}

static void two_that_sum_to_it(void **state) {
    bench *b = *state;
    char text[400];
    const double *y = fresh(b, 1);
    double *p = add(b, "p", NORNI_ROLE_DRIVER), *q = add(b, "q", NORNI_ROLE_DRIVER);
    for (int t = 0; t < N; t++) {
        p[t] = 3 * normal(b);
        q[t] = y[t + 1] - p[t];
    }
    look(b, N - 60, AHEAD, 7);
    assert_int_equal(b->n_hints, 1);
    norni_leak_hint_text(&b->w, b->hint, text, sizeof text);
    assert_string_equal(text,
                        "columns p and q together explain 100 % of what y's own past leaves 1 "
                        "row ahead: are they known by then?");
}

static void words_of_the_future(void **state) {
    bench *b = *state;
    const double *y = fresh(b, 0.7);
    double *x = add(b, "x", NORNI_ROLE_DRIVER);
    for (int t = 0; t < N; t++)
        x[t] = floor(2 * (y[t + 1] - 90) + 0.5);
    b->column[3].nominal = true;
    look(b, N - 60, AHEAD, 7);
    assert_int_equal(b->n_hints, 1);
    assert_int_equal(b->hint->column, 3);
    assert_int_equal(b->hint->step, 1);
}

/* Walks, what is known today, patterns, switches, yields that stand for weeks, words of a month, wild values. */
static void honest_tables(void **state) {
    bench *b = *state;
    for (int round = 0; round < 24; round++) {
        const double *y = fresh(b, round % 2 ? 1 : 0.7);
        double *z = add(b, "yield", NORNI_ROLE_TARGET), *w = add(b, "weekly", NORNI_ROLE_TARGET),
               *d = add(b, "decade", NORNI_ROLE_TARGET), *o = add(b, "on", NORNI_ROLE_TARGET);
        double *same = add(b, "same", NORNI_ROLE_DRIVER), *weak = add(b, "weak", NORNI_ROLE_DRIVER),
               *week = add(b, "week", NORNI_ROLE_DRIVER), *ten = add(b, "ten", NORNI_ROLE_DRIVER),
               *off = add(b, "off", NORNI_ROLE_DRIVER), *blend = add(b, "blend", NORNI_ROLE_STATIC),
               *crude = add(b, "crude", NORNI_ROLE_DRIVER),
               *wild = add(b, "wild", NORNI_ROLE_DRIVER), *line = add(b, "line", NORNI_ROLE_DRIVER);
        b->column[b->w.n_columns - 3].nominal = true;
        for (int t = 0; t < ROOM; t++) {
            const bool turn = t == 0 || t % 30 == 0;
            z[t] = turn ? 0.2 + 0.01 * normal(b) : z[t - 1];
            blend[t] = turn ? 5 + normal(b) : blend[t - 1];
            crude[t] = (double)(t / 30 % 6);
            w[t] = (double)((t * 3) % 7) + (round % 3 ? 0.01 * normal(b) : 0);
            d[t] = (double)(t * t % 10) + (round % 3 ? 0.01 * normal(b) : 0);
            week[t] = (double)((t * 3 + 9) % 7);
            ten[t] = (double)((t + 3) * (t + 3) % 10);
            o[t] = uniform_switch(b, t > 0 ? o[t - 1] : 1);
            off[t] = uniform_switch(b, t > 0 ? off[t - 1] : 0);
            same[t] = 2 * y[t] + y[t - 1];
            weak[t] = y[t + 2] + 0.8 * normal(b);
            wild[t] = normal(b) + (t == 200 ? 1e7 : 0);
            line[t] = 3 * t;
        }
        look(b, round % 4 == 3 ? 70 : N - 60, round % 5 == 4 ? 24 : AHEAD, round % 2 ? 7 : 24);
        if (b->n_hints > 0) {
            char text[400];
            norni_leak_hint_text(&b->w, b->hint, text, sizeof text);
            fail_msg("round %d: %zu hints: %s", round, b->n_hints, text);
        }
        norni_arena_clear(&b->arena);
    }
}

/* Nothing behind the training rows is looked at, and fewer than 40 pairs say nothing. */
static void rows_that_count(void **state) {
    bench *b = *state;
    const double *y = fresh(b, 1);
    double *x = add(b, "x", NORNI_ROLE_DRIVER);
    for (int t = 0; t < N; t++)
        x[t] = y[t + 1] - y[t];
    look(b, 48, AHEAD, 7);
    assert_int_equal(b->n_hints, 0);
    look(b, 120, AHEAD, 7);
    assert_int_equal(b->n_hints, 1);
    const double share = b->hint->share;
    for (int t = 120; t < N; t++)
        b->v[0][BEFORE + t] = b->v[3][BEFORE + t] = 1e9 * normal(b);
    look(b, 120, AHEAD, 7);
    assert_int_equal(b->n_hints, 1);
    assert_true(b->hint->share == share);
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
        cmocka_unit_test_setup_teardown(made_of_the_future, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_that_sum_to_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_of_the_future, set_up, tear_down),
        cmocka_unit_test_setup_teardown(honest_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_that_count, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
