/* The EBM's fit: any number of workers, odd tables, bags, cancelling, memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../io/counted.h"
#include "../par/workers.h"
#include "backwards.h"
#include "base/clock.h"
#include "base/fp.h"
#include "base/hash.h"
#include "base/rng.h"
#include "eval/share.h"
#include "models/ebm/ebm_bags.h"

enum { ROWS = 360, COLUMNS = 6, NAMED = 5 /* its column of names */ };

typedef struct sample {
    double x[COLUMNS][ROWS], y[ROWS];
    const double *column[COLUMNS];
    norni_feature_kind kind[COLUMNS];
} sample;

/* Two bumps, a product, holes, names, a column of noise. */
static void make_sample(sample *s) {
    const norni_rng rng = {5, 17};
    static const double of_name[4] = {0, 3, -2, 1};
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < COLUMNS; j++)
            s->x[j][i] = norni_rng_uniform(rng, COLUMNS * i + j) * 4 - 2;
        s->x[NAMED][i] = floor(s->x[NAMED][i] + 2);
        s->y[i] = 3 * s->x[0][i] * s->x[0][i] + 2 * s->x[1][i] * s->x[2][i] +
                  norni_sin(s->x[3][i]) + of_name[(int)s->x[NAMED][i]] +
                  0.3 * norni_rng_normal(rng, 100000 + i);
        if (i % 11 == 3) s->x[1][i] = NORNI_NAN;
    }
    for (size_t j = 0; j < COLUMNS; j++) {
        s->column[j] = s->x[j];
        s->kind[j] = j == NAMED ? NORNI_FEATURE_NOMINAL : NORNI_FEATURE_CONTINUOUS;
    }
}

static norni_ebm_opt short_fit(void) {
    norni_ebm_opt o = norni_ebm_opt_default();
    o.outer_bags = 5;
    o.smoothing_rounds = 30;
    o.interaction_smoothing_rounds = 10;
    o.early_stopping_rounds = 20;
    o.interactions = 3;
    o.max_bins = 64;
    o.max_interaction_bins = 16;
    return o;
}

static norn_status fit(norni_env *env, const sample *s, const norni_ebm_opt *opt, norni_ebm *m,
                       norn_err *err) {
    norni_bins *mains = norni_arena_get(env->arena, 2, sizeof *mains);
    if (mains == NULL) return NORN_E_MEM;
    NORN_TRY(norni_bins_make(env->arena, &env->poll, s->column, s->kind, COLUMNS, ROWS,
                             (uint32_t)opt->max_bins, &mains[0], err));
    NORN_TRY(norni_bins_coarsen(env->arena, &mains[0], (uint32_t)opt->max_interaction_bins,
                                &mains[1], err));
    const norni_ebm_task task = {.n = ROWS, .mains = &mains[0], .pairs = &mains[1], .y = s->y};
    return norni_ebm_fit(env, opt, &task, m, err);
}

static uint64_t hash_of(const norni_ebm *m) {
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, m->bagged_intercept, m->n_bags * sizeof(double));
    norni_hash_stream_add(&h, &m->intercept, sizeof(double));
    norni_hash_stream_add(&h, m->best_iteration, 2 * m->n_bags * sizeof(int32_t));
    for (size_t k = 0; k < m->n_terms; k++) {
        const norni_ebm_term *t = &m->term[k];
        const size_t n = (size_t)t->n_bins[0] * t->n_bins[1];
        norni_hash_stream_add(&h, t->column, sizeof t->column);
        norni_hash_stream_add(&h, t->score, n * sizeof(double));
        norni_hash_stream_add(&h, t->sd, n * sizeof(double));
        norni_hash_stream_add(&h, t->bagged, n * m->n_bags * sizeof(double));
        norni_hash_stream_add(&h, &t->importance, sizeof(double));
    }
    return norni_hash_stream_get(&h).lo;
}

enum { ITEMS = 4 };
typedef struct fit_jobs {
    sample s;
    uint64_t hash[ITEMS];
    size_t n_pairs[ITEMS];
} fit_jobs;

static norn_status fit_in(norni_env *env, fit_jobs *j, size_t item, norn_err *err) {
    norni_ebm m;
    const norni_ebm_opt opt = short_fit();
    env->item = item;
    NORN_TRY(fit(env, &j->s, &opt, &m, err));
    j->hash[item] = hash_of(&m);
    j->n_pairs[item] = m.n_terms - COLUMNS;
    return NORN_OK;
}

static norn_status fit_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena, .share = &share, .poll = norni_ctx_poll(w->ctx)};
    return fit_in(&env, arg, item, err);
}

static void test_any_worker_count(void **state) {
    (void)state;
    static const int32_t workers[] = {1, 2, 3, 7, 64};
    static fit_jobs alone, job;
    const norn_alloc alloc = norni_alloc_default();
    const norni_share backwards = {run_backwards, NULL};
    make_sample(&alone.s);
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < ITEMS; i++) {
            norni_arena arena;
            norn_err err;
            norni_arena_init(&arena, &alloc);
            norni_env env = {.arena = &arena, .share = pass ? &backwards : NULL};
            const uint64_t before = alone.hash[i];
            if (fit_in(&env, &alone, i, &err) != NORN_OK) fail_msg("%s", err.text);
            assert_int_equal(alone.n_pairs[i], 3);
            if (pass) assert_int_equal(alone.hash[i], before);
            norni_arena_clear(&arena);
        }
    assert_true(alone.hash[0] != alone.hash[1]); /* the item's key is heeded */
    for (size_t k = 0; k < sizeof workers / sizeof *workers; k++) {
        norn_ctx *ctx = ctx_of_threads(workers[k]);
        job = alone;
        memset(job.hash, 0, sizeof job.hash);
        const size_t n = k % 2 ? ITEMS : 1;
        assert_int_equal(norni_for(ctx, NULL, n, fit_item, &job, NULL, NULL), NORN_OK);
        assert_memory_equal(job.hash, alone.hash, n * sizeof *job.hash);
        norn_ctx_free(ctx);
    }
}

/* y of any size, and bins of anything. */
static void fit_odd(const double *const *x, size_t k, size_t n, const double *y, norni_arena *arena,
                    norni_ebm *m) {
    static norni_bins mains, pairs;
    norni_ebm_opt opt = short_fit();
    norni_feature_kind kind[4] = {NORNI_FEATURE_CONTINUOUS};
    norn_err err;
    norni_env env = {.arena = arena};
    assert_int_equal(norni_bins_make(arena, NULL, x, kind, k, n, 64, &mains, &err), NORN_OK);
    assert_int_equal(norni_bins_coarsen(arena, &mains, 16, &pairs, &err), NORN_OK);
    const norni_ebm_task task = {.n = n, .mains = &mains, .pairs = &pairs, .y = y};
    if (norni_ebm_fit(&env, &opt, &task, m, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_true(isfinite(m->intercept));
    for (size_t t = 0; t < m->n_terms; t++) {
        const size_t cells = (size_t)m->term[t].n_bins[0] * m->term[t].n_bins[1];
        for (size_t i = 0; i < cells; i++)
            assert_true(isfinite(m->term[t].score[i]) && isfinite(m->term[t].sd[i]));
    }
}

static void test_odd_tables(void **state) {
    (void)state;
    static double a[200], b[200], none[200], y[200], big[200];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_ebm m, scaled;
    norni_arena_init(&arena, &alloc);
    for (size_t i = 0; i < 200; i++) {
        a[i] = (double)(i * 37 % 101), b[i] = 5, none[i] = NORNI_NAN;
        y[i] = a[i] > 50 ? 1 : -1;
        big[i] = ldexp(y[i], 1000);
    }
    const double *x[] = {a, b, none};
    fit_odd(x, 3, 200, y, &arena, &m);
    assert_true(m.term[0].importance > 0.5 && m.term[1].importance < 1e-12);
    assert_true(m.term[2].importance < 1e-12);
    fit_odd(x, 3, 200, big, &arena, &scaled); /* the same fit, in larger units */
    for (uint32_t i = 0; i < m.term[0].n_bins[0]; i++)
        assert_true(scaled.term[0].score[i] == ldexp(m.term[0].score[i], 1000));
    for (size_t i = 0; i < 200; i++)
        big[i] = i % 2 ? 1e300 : -1e300;
    fit_odd(x, 3, 200, big, &arena, &m);
    for (size_t i = 0; i < 200; i++)
        big[i] = i == 7 ? 1 : 0;
    fit_odd(x, 3, 200, big, &arena, &m);
    fit_odd(x, 3, 200, b, &arena, &m); /* a constant */
    assert_true(m.intercept == 5 && m.term[0].importance == 0);
    for (size_t n = 1; n < 12; n++)
        fit_odd(x, 3, n, y, &arena, &m);
    fit_odd(x, 1, 3, y, &arena, &m);
    fit_odd(x, 0, 3, y, &arena, &m);
    assert_true(fabs(m.intercept - (y[0] + y[1] + y[2]) / 3) < 1e-15);
    norni_arena_clear(&arena);
}

static void test_bags(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    static double y[100];
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    norni_env env = {.arena = &arena};
    ebm_job job = {.opt = norni_ebm_opt_default(), .task = {.n = 100, .y = y}, .stream = 77};
    uint32_t seen[3][100] = {{0}};
    for (int32_t way = NORNI_EBM_RANDOM; way <= NORNI_EBM_BLOCKS; way++)
        for (size_t b = 0; b < 14; b++) {
            norni_ebm_bag bag;
            ebm_bag_sums sums;
            job.opt.validation = way;
            assert_int_equal(ebm_bag_make(&env, &job, b, &bag, &sums, &err), NORN_OK);
            assert_int_equal(bag.n_train, 85);
            assert_int_equal(bag.n_validate, 15);
            for (size_t i = 0; i < 15; i++) {
                const uint32_t r = bag.row[85 + i];
                seen[way][r]++;
                if (i > 0) assert_true(r > bag.row[85 + i - 1]);
                if (i > 0 && way != NORNI_EBM_RANDOM) assert_int_equal(r, bag.row[84 + i] + 1);
                if (way == NORNI_EBM_TAIL) assert_int_equal(r, 85 + i);
            }
        }
    for (size_t i = 0; i < 100; i++) {
        assert_in_range(seen[NORNI_EBM_RANDOM][i], 0, 9); /* 14 draws of 0.15 */
        assert_in_range(seen[NORNI_EBM_BLOCKS][i], 1, 5); /* each block twice; the last overlaps */
    }
    norni_arena_clear(&arena);
}

/* All weights 2 are no weights, row by row: smoothing and its passes included. */
static void test_even_weights(void **state) {
    (void)state;
    static sample s;
    static double weight[ROWS], none[ROWS];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_ebm m[2];
    norni_bins mains;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    norni_env env = {.arena = &arena};
    make_sample(&s);
    for (size_t i = 0; i < ROWS; i++)
        weight[i] = 2;
    assert_int_equal(
        norni_bins_make(&arena, NULL, s.column, s.kind, COLUMNS, ROWS, 64, &mains, &err), NORN_OK);
    for (size_t k = 0; k < 2; k++) {
        const norni_ebm_opt opt = short_fit();
        const norni_ebm_task task = {
            .n = ROWS, .mains = &mains, .y = s.y, .init = none, .weight = k ? weight : NULL};
        assert_int_equal(norni_ebm_fit(&env, &opt, &task, &m[k], &err), NORN_OK);
    }
    for (size_t b = 0; b < 5; b++)
        assert_int_equal(m[0].best_iteration[b], m[1].best_iteration[b]);
    for (size_t t = 0; t < COLUMNS; t++)
        for (uint32_t i = 0; i < m[0].term[t].n_bins[0]; i++)
            assert_true(fabs(m[0].term[t].score[i] - m[1].term[t].score[i]) < 1e-10);
    norni_arena_clear(&arena);
}

/* Some rows of a table's bins are a table of these rows. */
static void test_some_rows(void **state) {
    (void)state;
    enum { HALF = ROWS / 2 };
    static sample s;
    static double y[HALF];
    static uint16_t index[COLUMNS][HALF];
    static uint32_t row[HALF];
    const uint16_t *columns[COLUMNS];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_ebm m[2];
    norni_bins all;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    norni_env env = {.arena = &arena};
    make_sample(&s);
    assert_int_equal(norni_bins_make(&arena, NULL, s.column, s.kind, COLUMNS, ROWS, 64, &all, &err),
                     NORN_OK);
    for (size_t i = 0; i < HALF; i++) {
        row[i] = (uint32_t)(2 * i + i % 3 / 2);
        y[i] = s.y[row[i]];
        for (size_t j = 0; j < COLUMNS; j++)
            index[j][i] = all.index[j][row[i]];
    }
    for (size_t j = 0; j < COLUMNS; j++)
        columns[j] = index[j];
    const norni_bins half = {HALF, COLUMNS, all.column, columns};
    for (size_t k = 0; k < 2; k++) {
        const norni_ebm_opt opt = short_fit();
        const norni_ebm_task task = {.n = HALF,
                                     .mains = k ? &half : &all,
                                     .pairs = k ? &half : &all,
                                     .y = y,
                                     .row = k ? NULL : row};
        assert_int_equal(norni_ebm_fit(&env, &opt, &task, &m[k], &err), NORN_OK);
    }
    assert_int_equal(hash_of(&m[0]), hash_of(&m[1]));
    norni_arena_clear(&arena);
}

/* Random cuts, several leaves, missing values: the column's scores still only rise (or fall). */
static void test_monotone(void **state) {
    (void)state;
    static sample s;
    const norn_alloc alloc = norni_alloc_default();
    make_sample(&s);
    for (int32_t leaves = 2; leaves <= 4; leaves++)
        for (int32_t missing = NORNI_EBM_SEPARATE; missing <= NORNI_EBM_GAIN; missing++) {
            norni_arena arena;
            norni_ebm m;
            norni_bins mains;
            norn_err err;
            const int8_t signs[COLUMNS] = {1, -1, 1, -1, 1, 0};
            norni_ebm_opt opt = short_fit();
            opt.max_leaves = leaves;
            opt.missing = missing;
            norni_arena_init(&arena, &alloc);
            norni_env env = {.arena = &arena};
            assert_int_equal(
                norni_bins_make(&arena, NULL, s.column, s.kind, COLUMNS, ROWS, 64, &mains, &err),
                NORN_OK);
            const norni_ebm_task task = {.n = ROWS, .mains = &mains, .y = s.y, .monotone = signs};
            assert_int_equal(norni_ebm_fit(&env, &opt, &task, &m, &err), NORN_OK);
            for (size_t j = 0; j < NAMED; j++)
                for (uint32_t b = 2; b + 1 < m.term[j].n_bins[0]; b++)
                    assert_true((m.term[j].score[b] - m.term[j].score[b - 1]) * signs[j] > -1e-12);
            assert_true(m.term[0].importance > 0.01);
            norni_arena_clear(&arena);
        }
}

typedef struct stopper {
    uint64_t polls, until;
    int64_t last, longest;
} stopper;

static bool stop_at(void *user) {
    stopper *s = user;
    const int64_t now = norni_clock_ns();
    if (s->polls > 0 && now - s->last > s->longest) s->longest = now - s->last;
    s->last = now;
    return ++s->polls >= s->until;
}

static void test_cancel(void **state) {
    (void)state;
    static sample s;
    const norn_alloc alloc = norni_alloc_default();
    const norni_ebm_opt opt = short_fit();
    make_sample(&s);
    uint64_t polls = UINT64_MAX;
    for (uint64_t until = UINT64_MAX; until > 0;
         until = until == UINT64_MAX ? polls : until * 2 / 3) {
        norni_arena arena;
        norni_ebm m;
        norn_err err;
        stopper stop = {.until = until};
        norni_arena_init(&arena, &alloc);
        norni_env env = {.arena = &arena, .poll = {stop_at, &stop}};
        const norn_status st = fit(&env, &s, &opt, &m, &err);
        assert_int_equal(st, until == UINT64_MAX ? NORN_OK : NORN_E_CANCEL);
        if (until == UINT64_MAX) polls = stop.polls;
        assert_true(stop.polls <= polls + 0);
        norni_arena_clear(&arena);
    }
    assert_true(polls > 50);
}

static void test_memory_runs_out(void **state) {
    (void)state;
    static sample s;
    norni_ebm_opt opt = short_fit();
    opt.outer_bags = 2;
    opt.smoothing_rounds = 3;
    opt.max_rounds = 40;
    make_sample(&s);
    size_t n_failed = 0;
    for (size_t until = 1;; until += 1 + until / 8) {
        counted_memory memory = {.real = norni_alloc_default(), .until = until};
        const norn_alloc alloc = {counted_resize, &memory};
        norni_arena arena;
        norni_ebm m;
        norn_err err;
        norni_arena_init(&arena, &alloc);
        norni_env env = {.arena = &arena};
        const norn_status st = fit(&env, &s, &opt, &m, &err);
        norni_arena_clear(&arena);
        assert_int_equal(memory.held, 0);
        if (st == NORN_OK) break;
        assert_int_equal(st, NORN_E_MEM);
        n_failed++;
    }
    assert_true(n_failed > 3);
}

static void test_refused(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    static sample s;
    norni_ebm m;
    norn_err err;
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    norni_env env = {.arena = &arena};
    make_sample(&s);
    norni_ebm_opt opt = short_fit();
    opt.learning_rate = 0;
    assert_int_equal(fit(&env, &s, &opt, &m, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "learning-rate=0"));
    opt = short_fit();
    opt.outer_bags = 0;
    assert_int_equal(fit(&env, &s, &opt, &m, &err), NORN_E_ARG);
    opt = short_fit();
    s.y[3] = NORNI_NAN;
    assert_int_equal(fit(&env, &s, &opt, &m, &err), NORN_E_DATA);
    norni_arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_worker_count),
        cmocka_unit_test(test_odd_tables),
        cmocka_unit_test(test_bags),
        cmocka_unit_test(test_even_weights),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_some_rows),
        cmocka_unit_test(test_monotone),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
