/* The ARIMA search with helpers: the same bits and the same account as without them, in any order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "../par/workers.h"
#include "base/clock.h"
#include "base/fp.h"
#include "base/rng.h"
#include "eval/share.h"
#include "models/arima/auto_arima.h"

enum { N_SERIES = 3, MOST_N = 620, AHEAD = 6, LONG_N = 10000 };

typedef struct answer {
    norn_status status;
    double mean[AHEAD], sd[AHEAD];
    char text[512];
    uint64_t spent;
    bool cut;
} answer;

typedef struct fit_job {
    double y[N_SERIES][MOST_N];
    const char *name, *value; /* a setting, or NULL */
    uint64_t limit;           /* 0: no account */
    size_t n;                 /* of the first series; the others are a little longer */
    answer out[N_SERIES];
} fit_job;

/* A season, a slow level, noise that remembers; exact likelihoods are worth sharing from 270 on. */
static void make_series(double *y, size_t n, uint64_t seed) {
    const norni_rng rng = {seed, 9};
    double e = 0, level = 50;
    for (size_t t = 0; t < n; t++) {
        e = 0.6 * e + norni_rng_normal(rng, 2 * t);
        level += 0.1 * norni_rng_normal(rng, 2 * t + 1);
        y[t] = level + e + 4 * norni_sin(0.5235987755982988 * (double)t);
    }
}

static norn_status fit_in(norni_env *env, fit_job *j, size_t i, norn_err *err) {
    const norni_model *m = &norni_model_auto_arima;
    answer *a = &j->out[i];
    const int32_t season = 12;
    const norni_series s = {
        .n = j->n + 15 * i, .y = j->y[i], .n_season = 1, .season = &season, .horizon = AHEAD};
    void *opt = norni_arena_get(env->arena, 1, m->opt_size), *state = NULL;
    norni_effort effort = {.limit = j->limit};
    norni_dist d = {.horizon = AHEAD, .mean = a->mean, .sd = a->sd};
    memset(a, 0, sizeof *a);
    env->effort = j->limit ? &effort : NULL;
    NORN_TRY(norni_param_defaults(m->params, m->n_params, opt, env->arena, err));
    if (j->name)
        NORN_TRY(norni_param_set(norni_param_find(m->params, m->n_params, norni_str_of(j->name)),
                                 opt, norni_str_of(j->value), env->arena, m->name, err));
    a->status = m->fit(env, opt, &(norni_group){1, &s}, &state, err);
    a->spent = effort.spent, a->cut = effort.cut;
    if (a->status != NORN_OK) return a->status;
    m->describe(state, 0, a->text, sizeof a->text);
    return m->predict(env, state, 0, AHEAD, true, &d, err);
}

static norn_status fit_item(norni_worker *w, size_t i, void *arg, norn_err *err) {
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx)};
    return fit_in(&env, arg, i, err);
}

/* Without any helper. */
static void fit_alone(fit_job *j) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norn_err err = {0};
    norni_arena_init(&arena, &alloc);
    for (size_t i = 0; i < N_SERIES; i++) {
        norni_env env = {.arena = &arena};
        if (fit_in(&env, j, i, &err) != NORN_OK) fail_msg("%s", err.text);
        norni_arena_reset(&arena);
    }
    norni_arena_clear(&arena);
}

static void init(fit_job *j) {
    memset(j, 0, sizeof *j);
    for (size_t i = 0; i < N_SERIES; i++)
        make_series(j->y[i], MOST_N, 7 + i);
}

static void any_worker_count(void **state) {
    (void)state;
    static const int32_t workers[] = {1, 2, 3, 7, 64};
    static const struct {
        const char *name, *value;
        size_t n;
        uint64_t limit;
    } cases[] = {
        {"max_models", "24", 280, 0},        {"max_models", "24", 280, 1000},
        {"max_models", "5", 280, 0},         {"approximation", "true", 560, 0},
        {"approximation", "true", 560, 900},
    };
    static fit_job alone, job;
    init(&alone);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        alone.name = cases[c].name, alone.value = cases[c].value;
        alone.n = cases[c].n, alone.limit = cases[c].limit;
        fit_alone(&alone);
        for (size_t k = 0; k < 5; k++) {
            norn_ctx *ctx = ctx_of_threads(workers[k]);
            const size_t n = 1 + (k + c) % N_SERIES;
            job = alone;
            memset(job.out, 0, sizeof job.out);
            assert_int_equal(norni_for(ctx, NULL, n, fit_item, &job, NULL, NULL), NORN_OK);
            assert_memory_equal(job.out, alone.out, n * sizeof job.out[0]);
            norn_ctx_free(ctx);
        }
    }
}

/* A helper that takes the parts backwards, and one that never comes to some of them. */
typedef enum order { BACKWARDS, EVERY_THIRD } order;
typedef struct odd_helper {
    order how;
    size_t n_parts;
} odd_helper;

static norn_status run_oddly(void *user, const norni_env *env, size_t n, norni_part_fn fn,
                             void *arg, norn_err *err) {
    odd_helper *h = user;
    const order how = h->how;
    for (size_t i = 0; i < n; i++) {
        norni_env own = *env;
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        if (how == EVERY_THIRD && i % 3) continue;
        NORN_TRY(fn(&own, n - 1 - i, arg, err));
        h->n_parts++;
        norni_arena_rewind(env->arena, mark);
    }
    return NORN_OK;
}

static void any_order(void **state) {
    (void)state;
    static const uint64_t limits[] = {0, 2000};
    static fit_job alone, job;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norn_err err = {0};
    norni_arena_init(&arena, &alloc);
    for (size_t l = 0; l < 2; l++) {
        init(&alone);
        alone.n = 280, alone.limit = limits[l];
        fit_alone(&alone);
        assert_int_equal(alone.out[0].cut, l > 0);
        for (order how = BACKWARDS; how <= EVERY_THIRD; how++) {
            odd_helper helper = {how, 0};
            const norni_share share = {run_oddly, &helper};
            job = alone;
            memset(job.out, 0, sizeof job.out);
            for (size_t i = 0; i < 2; i++) {
                norni_env env = {.arena = &arena, .share = &share};
                assert_int_equal(fit_in(&env, &job, i, &err), NORN_OK);
                norni_arena_reset(&arena);
            }
            assert_memory_equal(job.out, alone.out, 2 * sizeof job.out[0]);
            assert_true(helper.n_parts > 20);
        }
    }
    norni_arena_clear(&arena);
}

static norn_status fit_long(norni_worker *w, size_t i, void *arg, norn_err *err) {
    const norni_model *m = &norni_model_auto_arima;
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx)};
    const int32_t season = 12;
    const norni_series s = {
        .n = LONG_N, .y = arg, .n_season = 1, .season = &season, .horizon = AHEAD};
    void *opt = norni_arena_get(env.arena, 1, m->opt_size), *state = NULL;
    (void)i;
    NORN_TRY(norni_param_defaults(m->params, m->n_params, opt, env.arena, err));
    NORN_TRY(
        norni_param_set(norni_param_find(m->params, m->n_params, norni_str_of("approximation")),
                        opt, norni_str_of("false"), env.arena, m->name, err));
    return m->fit(&env, opt, &(norni_group){1, &s}, &state, err);
}

/* An exact search of so long a series takes many seconds; helpers stop, too. */
static void cancel_is_quick(void **state) {
    (void)state;
    static double y[LONG_N];
    make_series(y, LONG_N, 3);
    assert_cancel_is_quick(3, fit_long, y);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_worker_count),
        cmocka_unit_test(any_order),
        cmocka_unit_test(cancel_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
