/* What fits of boosted trees keep to: bits at any worker count, samples, losses, odd tables, kept models. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "../par/workers.h"
#include "backwards.h"
#include "base/fp.h"
#include "base/rng.h"
#include "eval/share.h"
#include "gbdt_case.h"

enum { N = 600, K = 30 };

typedef struct table {
    double value[K][N], y[N];
    const double *x[K];
    norni_feature_kind kind[K];
} table;

/* Numbers, one of them names, some of them with gaps; y of three of them, and noise. */
static void make_table(table *t, uint64_t seed) {
    const norni_rng rng = {seed, 4};
    memset(t, 0, sizeof *t);
    for (size_t j = 0; j < K; j++) {
        t->x[j] = t->value[j];
        for (size_t i = 0; i < N; i++) {
            const double z = norni_rng_normal(rng, j * N + i);
            t->value[j][i] = j == 3   ? floor(8 * norni_rng_uniform(rng, j * N + i))
                             : j == 4 ? floor(3 * z)
                                      : z;
            if (j % 5 == 2 && norni_rng_uniform(rng, 900000 + j * N + i) < 0.1)
                t->value[j][i] = NORNI_NAN;
        }
    }
    t->kind[3] = NORNI_FEATURE_NOMINAL;
    static const double of_name[] = {0, 3, -3, 1, 5, -2, 0, 2};
    for (size_t i = 0; i < N; i++)
        t->y[i] = 2 * t->value[0][i] + of_name[(size_t)t->value[3][i]] +
                  (isnan(t->value[2][i]) ? 4 : t->value[2][i]) +
                  0.3 * norni_rng_normal(rng, 800000 + i);
}

static gbdt_case case_of(const table *t, const norni_gbdt_opt *o) {
    return (gbdt_case){.x = t->x, .k = K, .n = N, .y = t->y, .opt = o, .kind = t->kind};
}

static void row_of(const table *t, size_t i, double x[K]) {
    for (size_t j = 0; j < K; j++)
        x[j] = t->value[j][i];
}

static double rmse_of(const norni_gbdt *m, const table *t) {
    double sum = 0, x[K];
    for (size_t i = 0; i < N; i++) {
        row_of(t, i, x);
        const double e = norni_gbdt_predict(m, x) - t->y[i];
        sum += e * e / N;
    }
    return sqrt(sum);
}

static norni_gbdt_opt short_fit(int32_t trees) {
    norni_gbdt_opt o = norni_gbdt_opt_default();
    o.n_trees = trees, o.learning_rate = 0.1, o.n_leaves = 16;
    return o;
}

static void learns(void **state) {
    (void)state;
    static table t, other;
    make_table(&t, 1);
    make_table(&other, 2);
    const norni_gbdt_opt o = short_fit(200);
    gbdt_case c = case_of(&t, &o);
    const norni_gbdt m = fit_table(&c);
    assert_true(rmse_of(&m, &t) < 0.35);
    assert_true(rmse_of(&m, &other) < 1.2); /* its spread is 4.3; LightGBM: 1.16 */
    double gain[K], most = 0;
    norni_gbdt_gains(&m, gain);
    for (size_t j = 0; j < K; j++)
        most = j != 0 && j != 2 && j != 3 && gain[j] > most ? gain[j] : most;
    assert_true(gain[0] > 20 * most && gain[2] > 10 * most && gain[3] > 20 * most);
}

/* ---- workers ---- */

static void saved(const norni_gbdt *m, norni_buf *out) {
    norn_err err;
    norni_buf_init(out, &alloc);
    assert_int_equal(norni_gbdt_save(m, out, &err), NORN_OK);
}

typedef struct job {
    const norni_bins *bins;
    const norni_gbdt_opt *opt;
    const double *y;
    size_t n;
    norni_buf out[3];
} job;

static norn_status fit_item(norni_worker *w, size_t i, void *arg, norn_err *err) {
    job *j = arg;
    norni_gbdt m;
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena, .share = &share, .seed = 5, .item = i};
    const norni_gbdt_task task = {
        .n = j->n, .n_validate = j->n / 10, .bins = j->bins, .y = j->y, .key = i};
    NORN_TRY(norni_gbdt_fit(&env, j->opt, &task, &m, err));
    return norni_gbdt_save(&m, &j->out[i], err);
}

/* Enough rows that blocks of columns are shared. */
static void any_worker_count(void **state) {
    (void)state;
    enum { MANY = 16000, COLUMNS = 26 };
    static const int32_t workers[] = {1, 2, 3, 7, 64};
    static double value[COLUMNS][MANY], y[MANY];
    const double *x[COLUMNS];
    const norni_rng rng = {8, 8};
    for (size_t j = 0; j < COLUMNS; j++) {
        x[j] = value[j];
        for (size_t i = 0; i < MANY; i++)
            value[j][i] = norni_rng_uniform(rng, j * MANY + i);
    }
    for (size_t i = 0; i < MANY; i++)
        y[i] = norni_sin(6 * value[i % 2][i]) + value[13][i] * value[20][i];
    norni_gbdt_opt o = short_fit(5);
    o.feature_fraction = 0.9;
    const norni_bins bins = bins_of(&(gbdt_case){.x = x, .k = COLUMNS, .n = MANY, .opt = &o});
    job alone = {&bins, &o, y, MANY, {{0}}};
    for (int way = 0; way < 2; way++) {
        o.goss = way == 1;
        for (size_t k = 0; k < 5; k++) {
            norn_ctx *ctx = ctx_of_threads(workers[k]);
            job j = {&bins, &o, y, MANY, {{0}}};
            for (size_t i = 0; i < 3; i++)
                norni_buf_init(&j.out[i], &alloc);
            const size_t n = k == 0 ? 3 : 1 + k % 3;
            assert_int_equal(norni_for(ctx, NULL, n, fit_item, &j, NULL, NULL), NORN_OK);
            for (size_t i = 0; i < 3; i++) {
                if (k == 0) {
                    alone.out[i] = j.out[i];
                    continue;
                }
                if (i < n) {
                    assert_int_equal(j.out[i].n, alone.out[i].n);
                    assert_memory_equal(j.out[i].p, alone.out[i].p, alone.out[i].n);
                }
                norni_buf_clear(&j.out[i]);
            }
            norn_ctx_free(ctx);
        }
        for (size_t i = 0; i < 3; i++)
            norni_buf_clear(&alone.out[i]);
    }
}

/* Histograms kept, subtracted and shared give what histograms added up from the rows give. */
static void any_bookkeeping(void **state) {
    (void)state;
    static table t;
    uint32_t row[N];
    bool taken[K];
    double g[N], h[N];
    size_t n_shared = 0, n_split = 0;
    const norni_share share = {run_backwards, &n_shared};
    norni_gbdt_opt o = short_fit(1);
    norn_err err;
    make_table(&t, 10);
    gbdt_case c = case_of(&t, &o);
    const norni_bins bins = bins_of(&c);
    const norni_gbdt_task task = {.n = N, .bins = &bins, .y = t.y};
    gbdt_data data;
    norni_env env = {.arena = &arena}, shared = {.arena = &arena, .share = &share};
    assert_int_equal(gbdt_pack(&env, &task, &data, &err), NORN_OK);
    memset(taken, 1, sizeof taken);
    o.n_leaves = 25, o.min_child = 3;
    for (size_t i = 0; i < N; i++)
        row[i] = (uint32_t)i, g[i] = -t.y[i], h[i] = 0.1 + fabs(t.value[1][i]);
    for (int wide = 0; wide < 2; wide++) {
        gbdt_words w = {.wide = wide, .word = norni_arena_get(&arena, 2 * N, sizeof(int64_t))};
        gbdt_grower *kept, *lean;
        gbdt_grown a, b;
        assert_non_null(w.word);
        gbdt_words_make(g, wide ? h : NULL, row, N, &w);
        assert_int_equal(
            gbdt_grower_new(&env, &arena, &o, &data, wide, (gbdt_limits){1e9, 0}, &kept, &err),
            NORN_OK);
        assert_int_equal(
            gbdt_grower_new(&env, &arena, &o, &data, wide, (gbdt_limits){0, 0}, &lean, &err),
            NORN_OK);
        assert_int_equal(gbdt_grow(kept, &shared, &w, row, N, taken, &a, &err), NORN_OK);
        assert_int_equal(gbdt_grow(lean, &env, &w, row, N, taken, &b, &err), NORN_OK);
        assert_int_equal(a.tree.n_leaves, 25);
        assert_int_equal(b.tree.n_leaves, 25);
        assert_memory_equal(a.tree.leaf, b.tree.leaf, 25 * sizeof(double));
        for (size_t k = 0; k < 24; k++) {
            assert_true(a.tree.node[k].gain == b.tree.node[k].gain);
            assert_int_equal(a.tree.node[k].column, b.tree.node[k].column);
            assert_int_equal(a.tree.node[k].missing_left, b.tree.node[k].missing_left);
            n_split += a.tree.node[k].set != NULL;
        }
        for (size_t k = 0; k < 25; k++) /* rows of a leaf find their way there again */
            for (size_t i = 0; i < a.tree.cover[k]; i++)
                assert_int_equal(gbdt_leaf_of(&a.tree, &data, a.row[a.begin[k] + i]), k);
    }
    assert_true(n_shared > 0 && n_split > 0);
}

/* ---- samples ---- */

static void samples(void **state) {
    (void)state;
    static table t;
    uint32_t row[N];
    bool taken[K];
    double g[N], h[N], scratch[N];
    const gbdt_draws d = {{1, 2}, 3}, e = {{1, 2}, 4};
    assert_int_equal(gbdt_draw_rows(d, 0.5, N, row), N / 2);
    for (size_t i = 1; i < N / 2; i++)
        assert_true(row[i] > row[i - 1] && row[i] < N);
    const uint32_t first = row[0] + 7 * row[100];
    assert_int_equal(gbdt_draw_rows(e, 0.5, N, row), N / 2);
    assert_int_not_equal(first, row[0] + 7 * row[100]);
    gbdt_draw_columns(d, 0.3, K, taken);
    size_t n = 0;
    for (size_t j = 0; j < K; j++)
        n += taken[j];
    assert_int_equal(n, 9);
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        g[i] = ((double)i + 1) * (i % 2 ? 1 : -1), h[i] = 1;
    }
    n = gbdt_draw_goss(d, 0.2, 0.1, N, g, h, scratch, row);
    assert_int_equal(n, 180); /* 120 steepest, 60 of the others with 8 times their weight */
    for (size_t i = 0; i < n; i++) {
        assert_true(h[row[i]] == (row[i] >= 480 ? 1 : 8));
        sum += h[row[i]];
    }
    assert_true(sum == N);
    make_table(&t, 1);
    norni_gbdt_opt o = short_fit(100);
    o.subsample = 0.6, o.feature_fraction = 0.5;
    gbdt_case c = case_of(&t, &o);
    norni_gbdt m = fit_table(&c);
    assert_true(rmse_of(&m, &t) < 1);
    o = short_fit(100);
    o.goss = true;
    m = fit_table(&c);
    assert_true(rmse_of(&m, &t) < 1);
}

/* ---- losses ---- */

static double share_below(const norni_gbdt *m, const table *t) {
    double n = 0, x[K];
    for (size_t i = 0; i < N; i++) {
        row_of(t, i, x);
        n += t->y[i] < norni_gbdt_predict(m, x);
    }
    return n / N;
}

static void losses(void **state) {
    (void)state;
    static table t;
    make_table(&t, 3);
    norni_gbdt_opt o = short_fit(60);
    gbdt_case c = case_of(&t, &o);
    static const double level[] = {0.1, 0.5, 0.9};
    o.loss = NORNI_GBDT_QUANTILE;
    for (size_t k = 0; k < 3; k++) {
        o.alpha = level[k];
        const norni_gbdt m = fit_table(&c);
        assert_true(fabs(share_below(&m, &t) - level[k]) < 0.06);
    }
    o.loss = NORNI_GBDT_SQUARED;
    const norni_gbdt plain = fit_table(&c);
    for (size_t i = 0; i < N; i += 50) /* twelve rows gone wild */
        t.y[i] += 500;
    for (int loss = NORNI_GBDT_SQUARED; loss <= NORNI_GBDT_HUBER; loss++) {
        o.loss = loss, o.alpha = 0.9;
        const norni_gbdt m = fit_table(&c);
        double sum = 0, x[K];
        for (size_t i = 1; i < N; i += 50) {
            row_of(&t, i, x);
            sum += fabs(norni_gbdt_predict(&m, x) - norni_gbdt_predict(&plain, x)) / 12;
        }
        if (loss == NORNI_GBDT_SQUARED) assert_true(sum > 5);
        if (loss != NORNI_GBDT_SQUARED) assert_true(sum < 2);
    }
    for (size_t i = 0; i < N; i++)
        t.y[i] = i % 4 ? norni_exp(t.value[0][i]) : 0;
    for (int loss = NORNI_GBDT_POISSON; loss <= NORNI_GBDT_TWEEDIE; loss++) {
        o.loss = loss;
        const norni_gbdt m = fit_table(&c);
        double sum = 0, all = 0, x[K];
        for (size_t i = 0; i < N; i++) {
            row_of(&t, i, x);
            sum += norni_gbdt_predict(&m, x);
            all += t.y[i];
            assert_true(norni_gbdt_predict(&m, x) > 0);
        }
        assert_true(fabs(sum - all) < 0.1 * all);
    }
    t.y[7] = -1;
    norn_err err;
    norni_gbdt m;
    norni_env env = {.arena = &arena};
    const norni_bins bins = bins_of(&c);
    const norni_gbdt_task task = {.n = N, .bins = &bins, .y = t.y};
    assert_int_equal(norni_gbdt_fit(&env, &o, &task, &m, &err), NORN_E_DATA);
}

/* ---- shape ---- */

static void monotone(void **state) {
    (void)state;
    static table t;
    make_table(&t, 5);
    static const int8_t sign[K] = {-1, 1};
    for (size_t i = 0; i < N; i++)
        t.y[i] += 3 * norni_sin(3 * t.value[0][i]) - norni_sin(4 * t.value[1][i]);
    norni_gbdt_opt o = short_fit(60);
    gbdt_case c = case_of(&t, &o);
    size_t n_wrong = 0;
    for (int held = 0; held < 2; held++) {
        c.monotone = held ? sign : NULL;
        const norni_gbdt m = fit_table(&c);
        n_wrong = 0;
        for (size_t i = 0; i < 50; i++)
            for (size_t j = 0; j < 2; j++) {
                double x[K], before = NORNI_NAN;
                row_of(&t, i, x);
                for (x[j] = -3; x[j] < 3; x[j] += 0.1) {
                    const double now = norni_gbdt_predict(&m, x);
                    n_wrong += sign[j] * (now - before) < -1e-9;
                    before = now;
                }
            }
        assert_true(held ? n_wrong == 0 : n_wrong > 100);
    }
}

static void stops(void **state) {
    (void)state;
    static table t;
    const norni_rng rng = {77, 7};
    make_table(&t, 6);
    norni_gbdt_opt o = short_fit(400);
    gbdt_case c = case_of(&t, &o);
    c.n_validate = 100;
    norni_gbdt m = fit_table(&c);
    assert_true(m.n_trees > 30 && m.n_trees < 400);
    assert_true(m.validation_loss < 1.5);
    for (size_t i = 0; i < N; i++)
        t.y[i] = norni_rng_normal(rng, i); /* nothing to learn */
    m = fit_table(&c);
    assert_true(m.n_trees < 15);
}

/* ---- odd tables ---- */

static void odd_values(void **state) {
    (void)state;
    static table t;
    norni_gbdt_opt o = short_fit(30);
    double x[K];
    make_table(&t, 7);
    gbdt_case c = case_of(&t, &o);
    const norni_gbdt common = fit_table(&c);
    row_of(&t, 11, x);
    const double at = norni_gbdt_predict(&common, x);
    static const double size[] = {1e300, 1e-300, -1};
    static double y[N];
    for (size_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < N; i++)
            y[i] = t.y[i] * size[k];
        c.y = y;
        const norni_gbdt m = fit_table(&c);
        assert_true(fabs(norni_gbdt_predict(&m, x) - at * size[k]) < 1e-6 * fabs(at * size[k]));
    }
    for (int loss = NORNI_GBDT_SQUARED; loss <= NORNI_GBDT_TWEEDIE; loss++)
        for (size_t k = 0; k < 3; k++) {
            o.loss = loss;
            for (size_t i = 0; i < N; i++)
                y[i] = k == 0 ? 3 : k == 1 ? 0 : i == 5; /* constant, zero, all zero but one */
            const norni_gbdt m = fit_table(&c);
            const double p = norni_gbdt_predict(&m, x);
            assert_true(isfinite(p));
            assert_true(fabs(p - (k == 0 ? 3 : 0)) < (k == 2 ? 0.5 : 1e-9));
        }
    o.loss = NORNI_GBDT_SQUARED;
    c.y = t.y;
    for (size_t n = 1; n < 50; n += 12) { /* few rows, some columns empty */
        c.n = n;
        const norni_gbdt m = fit_table(&c);
        assert_true(isfinite(norni_gbdt_predict(&m, x)));
    }
    for (size_t j = 0; j < K; j++)
        for (size_t i = 0; i < N; i++)
            t.value[j][i] = j % 2 ? NORNI_NAN : 4;
    t.kind[3] = NORNI_FEATURE_CONTINUOUS;
    c.n = N;
    norni_gbdt m = fit_table(&c);
    assert_int_equal(m.tree[0].n_leaves, 1);
    assert_true(fabs(norni_gbdt_predict(&m, x) - m.start) < 1e-9);
}

/* Categories that the fit did not see, and more of them than bytes count. */
static void names(void **state) {
    (void)state;
    static table t;
    make_table(&t, 8);
    for (size_t i = 0; i < N; i++) {
        t.value[0][i] = (double)(i % 300);
        t.y[i] = i % 300 < 150 ? 1 : 2;
    }
    t.kind[0] = NORNI_FEATURE_NOMINAL;
    norni_gbdt_opt o = short_fit(40);
    o.min_child = 2, o.cat_smooth = 0, o.cat_l2 = 0;
    gbdt_case c = case_of(&t, &o);
    const norni_gbdt m = fit_table(&c);
    double x[K];
    row_of(&t, 1, x);
    for (size_t i = 0; i < 300; i++) {
        x[0] = (double)i;
        const double p = norni_gbdt_predict(&m, x);
        assert_true(fabs(p - (i < 150 ? 1 : 2)) < 0.1);
    }
    static const double odd[] = {5000, 1e300, -1, NORNI_NAN};
    for (size_t k = 0; k < 4; k++) {
        x[0] = odd[k];
        const double p = norni_gbdt_predict(&m, x);
        assert_true(p > 0.9 && p < 2.1);
    }
}

/* ---- kept ---- */

static void kept(void **state) {
    (void)state;
    static table t;
    make_table(&t, 9);
    const norni_gbdt_opt o = short_fit(12);
    gbdt_case c = case_of(&t, &o);
    const norni_gbdt m = fit_table(&c);
    norni_gbdt back;
    norni_buf b, again;
    norn_err err;
    double x[K];
    saved(&m, &b);
    assert_int_equal(norni_gbdt_load(&arena, (norni_str){b.p, b.n}, &back, &err), NORN_OK);
    for (size_t i = 0; i < N; i++) {
        row_of(&t, i, x);
        assert_true(norni_gbdt_predict(&m, x) == norni_gbdt_predict(&back, x));
    }
    saved(&back, &again);
    assert_int_equal(b.n, again.n);
    assert_memory_equal(b.p, again.p, b.n);
    for (size_t n = 0; n < b.n; n += 1 + n / 9) /* every cut-off text is refused */
        assert_int_equal(norni_gbdt_load(&arena, (norni_str){b.p, n}, &back, &err), NORN_E_FORMAT);
    size_t n_read = 0;
    for (size_t at = 0; at < b.n; at += 7) { /* and none breaks the reader or the forecast */
        b.p[at] = (char)(b.p[at] ^ 0x55);
        if (norni_gbdt_load(&arena, (norni_str){b.p, b.n}, &back, &err) == NORN_OK) {
            n_read++;
            (void)norni_gbdt_predict(&back, x);
            double *scratch =
                norni_arena_get(&arena, norni_gbdt_shap_scratch(&back), sizeof *scratch);
            double *shap = norni_arena_get(&arena, back.n_columns, sizeof *shap), mean;
            assert_true(scratch && shap);
            if (back.n_columns == K) norni_gbdt_shap(&back, x, shap, &mean, scratch);
        }
        b.p[at] = (char)(b.p[at] ^ 0x55);
    }
    assert_true(n_read > 0);
    norni_buf_clear(&b);
    norni_buf_clear(&again);
}

static bool say_stop(void *user) {
    return ++*(size_t *)user > 20;
}

static void cancelled(void **state) {
    (void)state;
    static table t;
    make_table(&t, 9);
    norni_gbdt_opt o = short_fit(100);
    const gbdt_case c = case_of(&t, &o);
    const norni_bins bins = bins_of(&c);
    const norni_gbdt_task task = {.n = N, .bins = &bins, .y = t.y};
    size_t asked = 0;
    norn_err err;
    norni_gbdt m;
    norni_env env = {.arena = &arena, .poll = {say_stop, &asked}};
    assert_int_equal(norni_gbdt_fit(&env, &o, &task, &m, &err), NORN_E_CANCEL);
    norni_effort effort = {.limit = 10};
    env = (norni_env){.arena = &arena, .effort = &effort};
    assert_int_equal(norni_gbdt_fit(&env, &o, &task, &m, &err), NORN_OK);
    assert_int_equal(m.n_trees, 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(learns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_worker_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_bookkeeping, set_up, tear_down),
        cmocka_unit_test_setup_teardown(samples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(losses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(monotone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(odd_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cancelled, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("gbdt_fit", tests, NULL, NULL);
}
