/* The public EBM: a whole fit against interpret's, the same bits at any worker count, edits, bytes, merging. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <norn/ebm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../par/workers.h"
#include "base/alloc.h"
#include "base/rng.h"

enum { MOST = 700, MOST_F = 12 };

/* ---- interpret's numbers ---- */

static double next_number(FILE *f) {
    double v;
    assert_int_equal(fscanf(f, "%lf", &v), 1);
    return v;
}

typedef struct whole_case {
    double x[MOST_F][MOST], y[MOST];
    int8_t bag[2][MOST];
    double cut[2][MOST_F][MOST];
    size_t n_cut[2][MOST_F];
    const double *x_at[MOST_F], *cut_at[2][MOST_F];
    const int8_t *bag_at[2];
    norn_ebm_problem p;
} whole_case;

static whole_case *read_whole(FILE *f) {
    whole_case *c = calloc(1, sizeof *c);
    assert_non_null(c);
    const size_t n = (size_t)next_number(f), k = (size_t)next_number(f);
    assert_true(n <= MOST && k <= MOST_F);
    for (size_t a = 0; a < 2; a++) {
        for (size_t j = 0; j < k; j++) {
            c->n_cut[a][j] = (size_t)next_number(f);
            for (size_t i = 0; i < c->n_cut[a][j]; i++)
                c->cut[a][j][i] = next_number(f) + 0.5;
        }
    }
    for (size_t i = 0; i < n; i++) {
        c->y[i] = next_number(f);
        for (size_t b = 0; b < 2; b++)
            c->bag[b][i] = (int8_t)next_number(f);
        for (size_t j = 0; j < k; j++)
            c->x[j][i] = next_number(f);
    }
    for (size_t j = 0; j < k; j++) {
        c->x_at[j] = c->x[j];
        for (int a = 0; a < 2; a++)
            c->cut_at[a][j] = c->cut[a][j];
    }
    for (size_t b = 0; b < 2; b++)
        c->bag_at[b] = c->bag[b];
    c->p = (norn_ebm_problem){.rows = {n, k, c->x_at},
                              .y = c->y,
                              .bag = c->bag_at,
                              .cut = c->cut_at[0],
                              .n_cut = c->n_cut[0],
                              .pair_cut = c->cut_at[1],
                              .n_pair_cut = c->n_cut[1]};
    return c;
}

static size_t find_term(const norn_ebm *m, int a, int b, norn_ebm_term *out) {
    norn_ebm_view v;
    norn_ebm_view_get(m, &v);
    for (size_t t = 0; t < v.n_terms; t++) {
        assert_int_equal(norn_ebm_term_get(m, t, out, NULL), NORN_OK);
        if ((int)out->axis[0].feature == a &&
            (b < 0 ? out->n_axes == 1 : out->n_axes == 2 && (int)out->axis[1].feature == b))
            return t;
    }
    fail_msg("no term of %d and %d", a, b);
    return 0;
}

static void whole_as_interpret(void **state) {
    (void)state;
    FILE *f = fopen(NORN_FIXTURES "/ebm_whole.txt", "r");
    assert_non_null(f);
    whole_case *c = read_whole(f);
    norn_ebm_opt o = norn_ebm_opt_default();
    norn_ctx *ctx = ctx_of_threads(2);
    norn_ebm *m;
    norn_err err;
    o.interactions = 5;
    o.outer_bags = 2;
    o.smoothing_rounds = o.interaction_smoothing_rounds = 0;
    o.shuffle = false;
    if (norn_ebm_fit(ctx, &c->p, &o, &m, &err) != NORN_OK) fail_msg("%s", err.text);
    norn_ebm_view v;
    norn_ebm_view_get(m, &v);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(v.best_iteration[i], (int32_t)next_number(f));
    const double intercept = next_number(f);
    const size_t n_terms = (size_t)next_number(f);
    assert_int_equal(v.n_terms, n_terms);
    /* Bins are few, so that hardly any cuts are equal: interpret draws one of those. Steps are the same;
     * scores agree to what some thousand sums in another order make. */
    assert_true(fabs(v.intercept - intercept) <= 1e-9 * fabs(intercept));
    for (size_t t = 0; t < n_terms; t++) {
        const int a = (int)next_number(f), b = (int)next_number(f);
        const double importance = next_number(f);
        norn_ebm_term term;
        (void)find_term(m, a, b, &term);
        assert_true(fabs(term.importance - importance) <= 1e-8);
        for (size_t i = 0; i < 24; i++) {
            const size_t cell = (size_t)next_number(f);
            const double score = next_number(f), sd = next_number(f);
            assert_true(cell < term.n_cells);
            if (!(fabs(term.score[cell] - score) <= 1e-8 && fabs(term.sd[cell] - sd) <= 1e-8))
                fail_msg("term %d %d cell %zu: %.15g sd %.15g, not %.15g sd %.15g", a, b, cell,
                         term.score[cell], term.sd[cell], score, sd);
        }
    }
    norn_ebm_free(m);
    norn_ctx_free(ctx);
    free(c);
    (void)fclose(f);
}

/* ---- a table of one's own ---- */

typedef struct own_table {
    double x[5][MOST], y[MOST];
    const double *at[5];
    bool nominal[5];
    const char *name[5];
    norn_ebm_problem p;
    norn_ebm_opt o;
} own_table;

/* Steps, a bend, a pair, names, holes. */
static void make_table(own_table *t, size_t n, uint64_t seed) {
    static const char *const names[] = {"feed", "heat", "mode", "idle", "holes"};
    const norni_rng rng = {seed, 1};
    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < 5; j++)
            t->x[j][i] = norni_rng_uniform(rng, 8 * i + j);
        t->x[2][i] = floor(4 * t->x[2][i]);
        if (norni_rng_uniform(rng, 8 * i + 6) < 0.2) t->x[4][i] = (double)NAN;
        t->y[i] = 3 * (t->x[0][i] > 0.4) + t->x[1][i] * t->x[1][i] + (t->x[2][i] > 2) +
                  2 * (t->x[0][i] > 0.5 && t->x[1][i] > 0.5) + (isnan(t->x[4][i]) ? 0.5 : 0) +
                  0.1 * norni_rng_normal(rng, 8 * i + 7);
    }
    for (size_t j = 0; j < 5; j++)
        t->at[j] = t->x[j], t->name[j] = names[j];
    t->nominal[2] = true;
    t->p = (norn_ebm_problem){
        .rows = {n, 5, t->at}, .name = t->name, .nominal = t->nominal, .y = t->y};
    t->o = norn_ebm_opt_default();
    t->o.outer_bags = 4;
    t->o.smoothing_rounds = 30;
    t->o.interaction_smoothing_rounds = 10;
    t->o.early_stopping_rounds = 20;
    t->o.interactions = 2;
}

static norn_ebm *fit_table(norn_ctx *ctx, const own_table *t) {
    norn_ebm *m = NULL;
    norn_err err;
    if (norn_ebm_fit(ctx, &t->p, &t->o, &m, &err) != NORN_OK) fail_msg("%s", err.text);
    return m;
}

static norn_ebm_bytes bytes_of(const norn_ebm *m) {
    norn_ebm_bytes b;
    assert_int_equal(norn_ebm_save(m, &b, NULL), NORN_OK);
    return b;
}

static void any_worker_count(void **state) {
    (void)state;
    static own_table t;
    static const int32_t workers[] = {1, 2, 3, 7, 64};
    norn_ebm_bytes first = {0};
    make_table(&t, 400, 1);
    t.o.outer_bags = 9;
    for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
        norn_ctx *ctx = ctx_of_threads(workers[w]);
        norn_ebm *m = fit_table(ctx, &t);
        norn_ebm_bytes b = bytes_of(m);
        if (w == 0)
            first = b;
        else {
            assert_int_equal(b.n, first.n);
            assert_memory_equal(b.p, first.p, b.n);
            norn_ebm_bytes_free(&b);
        }
        norn_ebm_free(m);
        norn_ctx_free(ctx);
    }
    norn_ebm_bytes_free(&first);
}

static void finds_what_is_there(void **state) {
    (void)state;
    static own_table t, later;
    static double said[MOST], part[MOST * 16], mean[MOST], sd[MOST];
    norn_ctx *ctx = ctx_of_threads(2);
    make_table(&t, 600, 1);
    make_table(&later, 500, 2);
    norn_ebm *m = fit_table(ctx, &t);
    norn_ebm_view v;
    norn_ebm_view_get(m, &v);
    assert_int_equal(v.n_terms, 7);
    assert_int_equal(v.n_bags, 4);
    assert_string_equal(v.name[2], "mode");
    assert_true(v.nominal[2] && !v.nominal[0]);
    const norn_ebm_rows *rows = &later.p.rows;
    assert_int_equal(norn_ebm_predict(ctx, m, rows, said, NULL), NORN_OK);
    double off = 0, all = 0, level = 0;
    for (size_t i = 0; i < 500; i++)
        level += later.y[i] / 500;
    for (size_t i = 0; i < 500; i++) {
        off += (said[i] - later.y[i]) * (said[i] - later.y[i]);
        all += (level - later.y[i]) * (level - later.y[i]);
    }
    assert_true(off < 0.06 * all); /* of rows that it never saw */
    norn_ebm_term feed, idle, pair;
    (void)find_term(m, 0, -1, &feed);
    (void)find_term(m, 3, -1, &idle);
    (void)find_term(m, 0, 1, &pair);
    assert_true(feed.importance > 10 * idle.importance);
    /* What both axes give in their high quarter, less what one of them alone does. */
    const size_t low = 8, high0 = pair.axis[0].n_bins - 8, high1 = pair.axis[1].n_bins - 8,
                 stride = pair.axis[1].n_bins;
    assert_true(pair.score[high0 * stride + high1] + pair.score[low * stride + low] >
                pair.score[high0 * stride + low] + pair.score[low * stride + high1] + 0.5);
    assert_int_equal(norn_ebm_contribute(ctx, m, rows, part, NULL), NORN_OK);
    assert_int_equal(norn_ebm_spread(ctx, m, rows, mean, sd, NULL), NORN_OK);
    for (size_t i = 0; i < 500; i++) {
        double sum = v.intercept;
        for (size_t k = 0; k < v.n_terms; k++)
            sum += part[i * v.n_terms + k];
        assert_true(fabs(sum - said[i]) < 1e-12);
        assert_true(fabs(mean[i] - said[i]) < 0.05 && sd[i] >= 0);
    }
    norn_ebm_free(m);
    norn_ctx_free(ctx);
}

static void options_count(void **state) {
    (void)state;
    static own_table t;
    static const uint32_t pair[][2] = {{3, 1}, {0, 1}};
    static const int8_t monotone[] = {1, 0, 0, 0, -1};
    norn_ctx *ctx = ctx_of_threads(1);
    make_table(&t, 300, 3);
    t.p.pairs_given = true, t.p.pair = pair, t.p.n_pair = 2, t.p.monotone = monotone;
    t.o.validation = NORN_EBM_TAIL;
    norn_ebm *m = fit_table(ctx, &t);
    norn_ebm_view v;
    norn_ebm_term term;
    norn_ebm_view_get(m, &v);
    assert_int_equal(v.n_terms, 7);
    (void)find_term(m, 3, 1, &term);
    assert_true(term.importance > 0);
    (void)find_term(m, 0, 1, &term); /* would break what is promised of feature 0 */
    assert_true(term.importance < 1e-12);
    (void)find_term(m, 0, -1, &term);
    for (size_t i = 2; i + 1 < term.n_cells; i++)
        assert_true(term.score[i] >= term.score[i - 1]);
    norn_ebm_free(m);
    t.p.n_pair = 0;
    m = fit_table(ctx, &t);
    norn_ebm_view_get(m, &v);
    assert_int_equal(v.n_terms, 5);
    norn_ebm_free(m);
    norn_ctx_free(ctx);
}

static void edits_add_up(void **state) {
    (void)state;
    static own_table t;
    static double before[MOST], after[MOST], part[MOST * 16], score[2048];
    norn_ctx *ctx = ctx_of_threads(1);
    make_table(&t, 300, 4);
    norn_ebm *m = fit_table(ctx, &t), *copy;
    norn_ebm_view v;
    norn_ebm_term term;
    norn_ebm_view_get(m, &v);
    const size_t n_terms = v.n_terms;
    assert_int_equal(norn_ebm_copy(m, &copy, NULL), NORN_OK);
    assert_int_equal(norn_ebm_predict(ctx, m, &t.p.rows, before, NULL), NORN_OK);
    assert_int_equal(norn_ebm_contribute(ctx, m, &t.p.rows, part, NULL), NORN_OK);
    assert_int_equal(norn_ebm_scale(m, 1, -2, NULL), NORN_OK);
    assert_int_equal(norn_ebm_remove(m, (const size_t[]){0, 0}, 2, NULL), NORN_OK);
    assert_int_equal(norn_ebm_intercept_set(m, v.intercept + 7, NULL), NORN_OK);
    assert_int_equal(norn_ebm_predict(ctx, m, &t.p.rows, after, NULL), NORN_OK);
    for (size_t i = 0; i < 300; i++)
        assert_true(fabs(before[i] - part[i * n_terms] - 3 * part[i * n_terms + 1] + 7 - after[i]) <
                    1e-12);
    /* Monotone upwards, its weighted mean kept. */
    const size_t at = find_term(m, 3, -1, &term);
    double mean = 0, moved = 0, weight = 0;
    for (size_t i = 1; i + 1 < term.n_cells; i++)
        mean += term.weight[i] * term.score[i], weight += term.weight[i];
    assert_int_equal(norn_ebm_monotonise(m, at, 1, NULL), NORN_OK);
    (void)find_term(m, 3, -1, &term);
    for (size_t i = 1; i + 1 < term.n_cells; i++) {
        moved += term.weight[i] * term.score[i];
        if (i > 1) assert_true(term.score[i] >= term.score[i - 1]);
    }
    assert_true(fabs(mean - moved) <= 1e-12 * weight);
    /* A term set to 0 is swept away. */
    size_t n_gone;
    norn_ebm_sweep(m, &n_gone);
    assert_int_equal(n_gone, 0);
    assert_int_equal(norn_ebm_term_get(m, 0, &term, NULL), NORN_OK);
    assert_int_equal(norn_ebm_score_set(m, 0, score, term.n_cells, NULL), NORN_OK);
    norn_ebm_sweep(m, &n_gone);
    assert_int_equal(n_gone, 1);
    /* The copy is as it was. */
    assert_int_equal(norn_ebm_predict(ctx, copy, &t.p.rows, after, NULL), NORN_OK);
    assert_memory_equal(before, after, 300 * sizeof *after);
    norn_ebm_free(copy);
    norn_ebm_free(m);
    norn_ctx_free(ctx);
}

static void bytes_come_back(void **state) {
    (void)state;
    static own_table t;
    norn_ctx *ctx = ctx_of_threads(1);
    make_table(&t, 200, 5);
    norn_ebm *m = fit_table(ctx, &t), *back;
    norn_ebm_bytes b = bytes_of(m), again, json;
    assert_int_equal(norn_ebm_load(ctx, b.p, b.n, &back, NULL), NORN_OK);
    again = bytes_of(back);
    assert_int_equal(b.n, again.n);
    assert_memory_equal(b.p, again.p, b.n);
    norn_ebm_bytes_free(&again);
    assert_int_equal(norn_ebm_json(back, true, &json, NULL), NORN_OK);
    assert_true(json.n > 1000 && json.p[json.n] == 0);
    assert_non_null(strstr(json.p, "{\"format\":\"norn-ebm\",\"version\":1,\"rows\":200,"));
    assert_non_null(strstr(json.p, "\"bagged_scores\""));
    norn_ebm_bytes_free(&json);
    norn_ebm_free(back);
    /* Any byte changed, any end cut off: named. */
    char *bad = malloc(b.n);
    assert_non_null(bad);
    for (size_t i = 0; i < b.n; i += 1 + b.n / 400) {
        memcpy(bad, b.p, b.n);
        bad[i] = (char)(bad[i] ^ 0x41);
        assert_int_equal(norn_ebm_load(ctx, bad, b.n, &back, NULL), NORN_E_FORMAT);
        assert_null(back);
        memcpy(bad, b.p, b.n);
        assert_int_equal(norn_ebm_load(ctx, bad, i, &back, NULL), NORN_E_FORMAT);
    }
    free(bad);
    norn_ebm_bytes_free(&b);
    norn_ebm_free(m);
    norn_ctx_free(ctx);
}

/* Merged models say the mean of what they said by themselves. */
static void merges_to_the_mean(void **state) {
    (void)state;
    static own_table t[3];
    static double said[3][MOST], all[MOST];
    norn_ctx *ctx = ctx_of_threads(1);
    norn_ebm *m[3], *one;
    for (size_t k = 0; k < 3; k++) {
        make_table(&t[k], 200 + 40 * k, 10 + k);
        t[k].o.interactions = k == 1 ? 0 : 3;
        m[k] = fit_table(ctx, &t[k]);
        assert_int_equal(norn_ebm_predict(ctx, m[k], &t[0].p.rows, said[k], NULL), NORN_OK);
    }
    assert_int_equal(norn_ebm_merge((const norn_ebm *const *)m, 3, &one, NULL), NORN_OK);
    assert_int_equal(norn_ebm_predict(ctx, one, &t[0].p.rows, all, NULL), NORN_OK);
    norn_ebm_view v;
    norn_ebm_term term;
    norn_ebm_view_get(one, &v);
    assert_int_equal(v.n_bags, 12);
    assert_int_equal(v.n_rows, 200 + 240 + 280);
    for (size_t i = 0; i < 200; i++)
        assert_true(fabs(all[i] - (said[0][i] + said[1][i] + said[2][i]) / 3) < 1e-2);
    double weight = 0;
    (void)find_term(one, 0, -1, &term);
    for (size_t i = 0; i < term.n_cells; i++)
        weight += term.weight[i];
    assert_true(fabs(weight - 720) < 1e-9);
    static const char *const other[] = {"feed", "heat", "mode", "idle", "gaps"};
    norn_ebm *odd, *both;
    norn_err err;
    t[1].p.name = other;
    odd = fit_table(ctx, &t[1]);
    assert_int_equal(norn_ebm_merge((const norn_ebm *const[]){m[0], odd}, 2, &both, &err),
                     NORN_E_ARG);
    assert_non_null(strstr(err.text, "gaps"));
    assert_null(both);
    norn_ebm_free(odd);
    norn_ebm_free(one);
    for (size_t k = 0; k < 3; k++)
        norn_ebm_free(m[k]);
    norn_ctx_free(ctx);
}

static void wrong_use_is_named(void **state) {
    (void)state;
    static own_table t;
    norn_ctx *ctx = ctx_of_threads(1);
    norn_ebm *m;
    norn_err err;
    make_table(&t, 100, 6);
#define REFUSED(set, undo, status, word)                                             \
    do {                                                                             \
        set;                                                                         \
        assert_int_equal(norn_ebm_fit(ctx, &t.p, &t.o, &m, &err), status);           \
        assert_null(m);                                                              \
        if (strstr(err.text, word) == NULL) fail_msg("%s lacks %s", err.text, word); \
        undo;                                                                        \
    } while (0)
    REFUSED(t.y[3] = (double)NAN, t.y[3] = 0, NORN_E_DATA, "row 3");
    REFUSED(t.x[1][7] = (double)INFINITY, t.x[1][7] = 0, NORN_E_DATA, "heat is infinite in row 7");
    REFUSED(t.x[2][7] = 1.5, t.x[2][7] = 1, NORN_E_DATA, "mode");
    REFUSED(t.o.outer_bags = 0, t.o.outer_bags = 2, NORN_E_ARG, "outer_bags");
    REFUSED(t.o.max_bins = 2, t.o.max_bins = 64, NORN_E_ARG, "max_bins");
    REFUSED(t.o.learning_rate = 0, t.o.learning_rate = 0.1, NORN_E_ARG, "learning-rate");
    REFUSED(t.o.interactions = (double)NAN, t.o.interactions = 1, NORN_E_ARG, "interactions");
    REFUSED(t.p.rows.n = 0, t.p.rows.n = 100, NORN_E_DATA, "0 rows");
    m = fit_table(ctx, &t);
    const norn_ebm_rows four = {100, 4, t.at};
    double out[MOST];
    assert_int_equal(norn_ebm_predict(ctx, m, &four, out, &err), NORN_E_ARG);
    assert_int_equal(norn_ebm_term_get(m, 99, &(norn_ebm_term){0}, &err), NORN_E_ARG);
    assert_int_equal(norn_ebm_monotonise(m, 2, 1, &err), NORN_E_ARG); /* names have no order */
    assert_int_equal(norn_ebm_scale(m, 0, (double)INFINITY, &err), NORN_E_ARG);
    /* Names that were not there at the fit are unseen, not refused. */
    t.x[2][0] = 77, t.x[2][1] = -1;
    assert_int_equal(norn_ebm_predict(ctx, m, &t.p.rows, out, &err), NORN_OK);
    norn_ebm_free(m);
    norn_ebm_free(NULL);
    norn_ctx_free(ctx);
}

/* Tables without much to learn from. */
static void bare_tables_are_served(void **state) {
    (void)state;
    static own_table t;
    double out[MOST];
    norn_ctx *ctx = ctx_of_threads(1);
    for (int k = 0; k < 5; k++) {
        make_table(&t, k == 0 ? 1 : k == 1 ? 2 : 50, 7);
        for (size_t i = 0; i < 50; i++) {
            if (k == 2) t.y[i] = 5;
            for (size_t j = 0; j < 5; j++) {
                if (k == 3) t.x[j][i] = (double)NAN;
                if (k == 4) t.x[j][i] = 1;
            }
            if (k == 1) t.y[i] *= 1e300;
        }
        norn_ebm *m = fit_table(ctx, &t);
        assert_int_equal(norn_ebm_predict(ctx, m, &t.p.rows, out, NULL), NORN_OK);
        double mean = 0;
        for (size_t i = 0; i < t.p.rows.n; i++) {
            assert_true(isfinite(out[i]));
            mean += t.y[i] / (double)t.p.rows.n;
        }
        if (k >= 2) assert_true(fabs(out[0] - mean) < (k == 2 ? 1e-9 : 2));
        norn_ebm_free(m);
    }
    norn_ctx_free(ctx);
}

/* ---- memory ---- */

/* Fails the request number `at`, and counts what is not given back. */
typedef struct few {
    norn_alloc own;
    long calls, live, at;
} few;

static void *few_resize(void *user, void *ptr, size_t old, size_t size) {
    few *f = user;
    if (size > 0 && ++f->calls == f->at) return NULL;
    void *p = f->own.resize(f->own.user, ptr, old, size);
    if (size == 0) f->live -= ptr != NULL;
    if (size > 0 && ptr == NULL && p != NULL) f->live++;
    return p;
}

/* Everything that asks for memory, one after the other. */
static norn_status use_all(norn_ctx *ctx, const own_table *t, norn_err *err) {
    norn_ebm *m = NULL, *copy = NULL, *both = NULL, *back = NULL;
    norn_ebm_bytes bytes = {0}, json = {0};
    static double out[MOST];
    norn_status st = norn_ebm_fit(ctx, &t->p, &t->o, &m, err);
    if (st == NORN_OK) st = norn_ebm_copy(m, &copy, err);
    if (st == NORN_OK) st = norn_ebm_monotonise(copy, 0, 0, err);
    if (st == NORN_OK) st = norn_ebm_merge((const norn_ebm *const[]){m, copy}, 2, &both, err);
    if (st == NORN_OK) st = norn_ebm_save(both, &bytes, err);
    if (st == NORN_OK) st = norn_ebm_load(ctx, bytes.p, bytes.n, &back, err);
    if (st == NORN_OK) st = norn_ebm_json(back, false, &json, err);
    if (st == NORN_OK) st = norn_ebm_predict(ctx, back, &t->p.rows, out, err);
    norn_ebm_bytes_free(&bytes);
    norn_ebm_bytes_free(&json);
    norn_ebm_free(m);
    norn_ebm_free(copy);
    norn_ebm_free(both);
    norn_ebm_free(back);
    return st;
}

static void out_of_memory_at_every_call(void **state) {
    (void)state;
    static own_table t;
    make_table(&t, 60, 8);
    t.o.outer_bags = 2, t.o.max_rounds = 3, t.o.smoothing_rounds = 1;
    t.o.interaction_smoothing_rounds = 1;
    long enough = 0;
    for (long at = 1; at < 1000 && !enough; at++) {
        few f = {norni_alloc_default(), 0, 0, at};
        norn_ctx_opt opt = norn_ctx_opt_default();
        norn_ctx *ctx = NULL;
        opt.alloc = (norn_alloc){few_resize, &f};
        opt.n_threads = 1;
        norn_status st = norn_ctx_new(&opt, &ctx, NULL);
        if (st == NORN_OK) st = use_all(ctx, &t, NULL);
        if (ctx) norn_ctx_free(ctx);
        assert_true(st == NORN_OK || st == NORN_E_MEM);
        assert_int_equal(f.live, 0);
        if (f.calls < at) enough = at;
    }
    assert_true(enough > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_as_interpret),     cmocka_unit_test(any_worker_count),
        cmocka_unit_test(finds_what_is_there),    cmocka_unit_test(options_count),
        cmocka_unit_test(edits_add_up),           cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(merges_to_the_mean),     cmocka_unit_test(wrong_use_is_named),
        cmocka_unit_test(bare_tables_are_served), cmocka_unit_test(out_of_memory_at_every_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
