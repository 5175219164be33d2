/* Kept EBMs: the same bits back, anything else refused or sound, at every byte; copies; out of memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/ebm/ebm_clone.h"
#include "run_model.h"
#include "shared_arena.h"

enum { ROWS = 200, COLUMNS = 4 };

typedef struct small_case {
    double x[COLUMNS][ROWS], y[ROWS];
    norni_bins mains, pairs;
    norni_ebm m;
} small_case;

static norn_status fit_small(small_case *c, norni_arena *a, norn_err *err) {
    static const norni_feature_kind kind[COLUMNS] = {
        NORNI_FEATURE_CONTINUOUS, NORNI_FEATURE_NOMINAL, NORNI_FEATURE_CONTINUOUS,
        NORNI_FEATURE_CONTINUOUS};
    const norni_rng rng = {2, 2};
    const double *at[COLUMNS];
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < COLUMNS; j++)
            c->x[j][i] = floor(20 * norni_rng_uniform(rng, 8 * i + j));
        c->x[1][i] = floor(c->x[1][i] / 5);
        if (i % 9 == 0) c->x[2][i] = NORNI_NAN;
        c->x[3][i] = NORNI_NAN;
        c->y[i] = c->x[0][i] + 3 * c->x[1][i] + norni_rng_normal(rng, 8 * i + 7);
    }
    for (size_t j = 0; j < COLUMNS; j++)
        at[j] = c->x[j];
    norni_env env = {.arena = a};
    norni_ebm_opt o = norni_ebm_opt_default();
    o.outer_bags = 2;
    o.smoothing_rounds = o.interaction_smoothing_rounds = 3;
    o.max_rounds = 6;
    o.interactions = 2;
    NORN_TRY(norni_bins_make(a, NULL, at, kind, COLUMNS, ROWS, 32, &c->mains, err));
    NORN_TRY(norni_bins_coarsen(a, &c->mains, 8, &c->pairs, err));
    const norni_ebm_task task = {.n = ROWS, .mains = &c->mains, .pairs = &c->pairs, .y = c->y};
    return norni_ebm_fit(&env, &o, &task, &c->m, err);
}

static norni_buf saved_case(small_case *c) {
    norni_buf b;
    norn_err err;
    if (fit_small(c, &arena, &err) != NORN_OK) fail_msg("%s", err.text);
    norni_buf_init(&b, &alloc);
    assert_int_equal(norni_ebm_save(&c->m, &b, NULL), NORN_OK);
    return b;
}

static void same_bits_back(void **state) {
    (void)state;
    static small_case c;
    norni_buf b = saved_case(&c), again;
    norni_ebm back, copy;
    double said[ROWS], by_back[ROWS];
    assert_int_equal(norni_ebm_load(&arena, (norni_str){b.p, b.n}, &back, NULL), NORN_OK);
    assert_int_equal(norni_ebm_clone(&arena, &back, &copy, NULL), NORN_OK);
    norni_buf_init(&again, &alloc);
    assert_int_equal(norni_ebm_save(&copy, &again, NULL), NORN_OK);
    assert_int_equal(b.n, again.n);
    assert_memory_equal(b.p, again.p, b.n);
    norni_ebm_predict(&c.m, c.mains.index, c.pairs.index, ROWS, said);
    norni_ebm_predict(&back, c.mains.index, c.pairs.index, ROWS, by_back);
    assert_memory_equal(said, by_back, sizeof said);
    for (size_t j = 0; j < COLUMNS; j++) {
        uint16_t bin[ROWS];
        norni_bins_place(&back.mains[j], c.x[j], ROWS, bin);
        assert_memory_equal(bin, c.mains.index[j], sizeof bin);
        norni_bins_place(&back.pairs[j], c.x[j], ROWS, bin);
        assert_memory_equal(bin, c.pairs.index[j], sizeof bin);
    }
    norni_buf_clear(&b);
    norni_buf_clear(&again);
}

static void every_end_is_refused(void **state) {
    (void)state;
    static small_case c;
    norni_buf b = saved_case(&c);
    norni_ebm back;
    const norni_arena_mark mark = norni_arena_mark_get(&arena);
    for (size_t n = 0; n < b.n; n += 1 + n / 200) {
        char *cut = malloc(n + 1); /* of its own: what lies behind is seen by the sanitiser */
        assert_non_null(cut);
        memcpy(cut, b.p, n);
        assert_int_equal(norni_ebm_load(&arena, (norni_str){cut, n}, &back, NULL), NORN_E_FORMAT);
        free(cut);
        norni_arena_rewind(&arena, mark);
    }
    norni_buf_add(&b, "", 1);
    assert_int_equal(norni_ebm_load(&arena, (norni_str){b.p, b.n}, &back, NULL), NORN_E_FORMAT);
    norni_buf_clear(&b);
}

/* All that is done with a model, on a model that was read from changed bytes. */
static void use_model(norni_ebm *m) {
    double out[3], mean[3], sd[3];
    uint16_t *bin = norni_arena_get(&arena, 3 * m->n_columns, sizeof *bin);
    const uint16_t **at[2];
    double *terms = norni_arena_get(&arena, 3 * (m->n_terms + 1), sizeof *terms);
    assert_true(bin && terms);
    for (int level = 0; level < 2; level++) {
        const norni_bin_column *c = level ? m->pairs : m->mains;
        at[level] = norni_arena_get(&arena, m->n_columns, sizeof *at[level]);
        assert_non_null(at[level]);
        uint16_t *own = norni_arena_get(&arena, 3 * m->n_columns, sizeof *own);
        assert_non_null(own);
        for (size_t j = 0; j < m->n_columns; j++) {
            const double x[] = {NORNI_NAN, -1e9, 1e9};
            at[level][j] = own + 3 * j;
            if (c) norni_bins_place(&c[j], x, 3, own + 3 * j);
        }
    }
    norni_ebm_predict(m, at[0], at[1], 3, out);
    norni_ebm_contribute(m, at[0], at[1], 3, terms);
    norni_ebm_spread(m, at[0], at[1], 3, mean, sd);
    for (size_t t = 0; t < m->n_terms; t++)
        (void)(norni_ebm_monotonise(m, t, 0, &arena, NULL) == NORN_OK);
}

/* Changed bytes, drawn: refused, or a model that may be used. */
static void changed_bytes(void **state) {
    (void)state;
    static small_case c;
    norni_buf b = saved_case(&c);
    const norni_rng rng = {9, 1};
    size_t refused = 0;
    char *bad = malloc(b.n);
    assert_non_null(bad);
    const norni_arena_mark mark = norni_arena_mark_get(&arena);
    for (uint64_t k = 0; k < 4000; k++) {
        norni_ebm back;
        memcpy(bad, b.p, b.n);
        /* Heads are short: half of the draws go there. */
        const size_t within = k % 2 ? b.n : 400;
        for (uint64_t i = 0; i <= k % 3; i++)
            bad[norni_rng_u64(rng, 8 * k + i) % within] =
                (char)(unsigned char)norni_rng_u64(rng, 8 * k + 4 + i);
        const norn_status st = norni_ebm_load(&arena, (norni_str){bad, b.n}, &back, NULL);
        assert_true(st == NORN_OK || st == NORN_E_FORMAT);
        refused += st == NORN_E_FORMAT;
        if (st == NORN_OK) use_model(&back);
        norni_arena_rewind(&arena, mark);
    }
    assert_true(refused > 500);
    free(bad);
    norni_buf_clear(&b);
}

/* Numbers that must not be: each is named. */
static void wrong_numbers(void **state) {
    (void)state;
    static small_case c;
    norn_err err;
    norni_ebm back;
    assert_int_equal(fit_small(&c, &arena, &err), NORN_OK);
    double *const at[] = {&c.m.intercept, &c.m.term[0].score[1], &c.m.term[0].sd[1],
                          &c.m.term[0].weight[1], &c.m.term[0].bagged[1]};
    for (size_t k = 0; k < sizeof at / sizeof *at; k++) {
        const double was = *at[k];
        for (int bad = 0; bad < 3; bad++) {
            norni_buf b;
            norni_buf_init(&b, &alloc);
            *at[k] = bad == 0 ? NORNI_NAN : bad == 1 ? NORNI_INF : -1;
            assert_int_equal(norni_ebm_save(&c.m, &b, NULL), NORN_OK);
            const bool legal = bad == 2 && (k < 2 || k == 4); /* scores may be below 0 */
            assert_int_equal(norni_ebm_load(&arena, (norni_str){b.p, b.n}, &back, NULL),
                             legal ? NORN_OK : NORN_E_FORMAT);
            norni_buf_clear(&b);
        }
        *at[k] = was;
    }
}

/* Fit, copy and load under 0, 1, 2, ... requests of memory: out of memory, never worse. */
static void short_of_memory(void **state) {
    (void)state;
    static small_case c;
    norni_buf b = saved_case(&c);
    size_t enough = 0;
    for (size_t k = 0; k < 200 && !enough; k++) {
        run_short_memory s = {norni_alloc_default(), k};
        const norn_alloc few = {run_short_resize, &s};
        static small_case own;
        norni_arena a;
        norni_ebm back, copy;
        norni_arena_init(&a, &few);
        norn_status st = fit_small(&own, &a, NULL);
        if (st == NORN_OK) st = norni_ebm_load(&a, (norni_str){b.p, b.n}, &back, NULL);
        if (st == NORN_OK) st = norni_ebm_clone(&a, &back, &copy, NULL);
        assert_true(st == NORN_OK || st == NORN_E_MEM);
        if (st == NORN_OK) enough = k;
        norni_arena_clear(&a);
    }
    assert_true(enough > 2);
    norni_buf_clear(&b);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(same_bits_back), TEST(every_end_is_refused), TEST(changed_bytes),
        TEST(wrong_numbers),  TEST(short_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
