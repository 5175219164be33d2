/* Deflated Sharpe ratios against ffn, probabilities of overfitting against plain numpy; any workers, any instruction set, broken trials. */
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

#include "base/fp.h"
#include "portfolio/portfolio_overfit.h"
#include "portfolio/portfolio_overfit_lanes.h"

enum { MOST_RETURNS = 400 * 1000 };

/* As make_portfolio_overfit.py draws them. */
static void draws(uint64_t seed, double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        x[i] = (double)(seed >> 44) / 1048576 - 0.5;
    }
}

static void returns_of(uint64_t seed, size_t t, size_t n, int kind, double *x) {
    draws(seed, x, t * n);
    for (size_t i = 0; i < t; i++) {
        double *r = x + i * n;
        for (size_t k = 0; k < n; k++)
            r[k] = r[k] * 0.04 + (kind == 1 ? (double)k * 0x1p-13 : 0);
        if (kind != 2) continue;
        r[5] = r[6] = r[2];
        r[7] = r[8] = 0;
        r[9] = -0x1p-10;
        r[n - 1] = r[0];
    }
}

static void blocks_of(const double *x, size_t t, size_t n, size_t n_blocks, norni_pbo_block *b) {
    for (size_t k = 0; k < n; k++) {
        for (size_t j = 0; j < n_blocks; j++) {
            norni_pbo_block *one = &b[k * n_blocks + j];
            *one = (norni_pbo_block){0};
            for (size_t i = t * j / n_blocks; i < t * (j + 1) / n_blocks; i++) {
                one->n++;
                one->sum += x[i * n + k];
                one->sum_squares += x[i * n + k] * x[i * n + k];
            }
        }
    }
}

typedef struct bench {
    norni_arena arena;
    double *x;
    norni_pbo_block *blocks;
} bench;

static norn_ctx *workers(int32_t n) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = n;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}

static norni_port_pbo judge_by(bench *b, norn_ctx *ctx, norni_port_measure by, size_t n,
                               size_t n_blocks) {
    norni_port_pbo p;
    norn_err err = {0};
    if (norni_port_pbo_of(ctx, NULL, by, b->blocks, n, n_blocks, &b->arena, &p, &err) != NORN_OK)
        fail_msg("%s", err.text);
    assert_int_equal(p.measure, by);
    return p;
}
static norni_port_pbo judge(bench *b, norn_ctx *ctx, size_t n, size_t n_blocks) {
    return judge_by(b, ctx, NORNI_PORT_OF_SHARPE, n, n_blocks);
}

static double number(FILE *f) {
    char word[64];
    assert_int_equal(fscanf(f, "%63s", word), 1);
    return strtod(word, NULL);
}

static void near(const char *what, double row, double got, double want, double tolerance) {
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= tolerance * fmax(1e-3, fabs(want))))
        fail_msg("%s of row %g is %.17g, not %.17g", what, row, got, want);
}

/* 1e-10 of ffn's; of probabilities to 1e-300 too, since the tails are computed as such. Moments of three or four returns cancel: 1e-9. */
static void dsr_row(bench *b, FILE *f) {
    const double seed = number(f);
    const size_t n = (size_t)number(f), kind = (size_t)number(f);
    const double trials = number(f), sd = number(f);
    norni_port_deflated d;
    draws((uint64_t)seed, b->x, n);
    for (size_t i = 0; i < n; i++) {
        const double u = b->x[i];
        b->x[i] = kind == 0   ? u * 0.04 + 0.003
                  : kind == 1 ? u * u * u * 0.1 + 0.001
                              : exp(3 * u) * 0.01 - 0.02;
    }
    b->x[n] = NORNI_NAN; /* left out */
    assert_int_equal(norni_port_deflate(b->x, n + 1, trials, sd, &d, NULL), NORN_OK);
    assert_int_equal(d.n_returns, n);
    near("sharpe", seed, d.sharpe, number(f), 1e-12);
    near("expected_max", seed, d.expected_max, number(f), 1e-10);
    near("skew", seed, d.skew, number(f), 1e-10);
    near("kurtosis", seed, d.kurtosis, number(f), 1e-10);
    const double probabilistic = number(f), deflated = number(f);
    const double record = number(f);
    if (!isnan(probabilistic)) near("record", seed, d.min_track_record, record, 1e-10);
    near("probabilistic", seed, d.probabilistic, probabilistic, 1e-10);
    near("deflated", seed, d.deflated, deflated, 1e-10);
}

static void pbo_row(bench *b, norn_ctx *ctx, norni_port_measure by, FILE *f) {
    const double seed = number(f);
    const size_t t = (size_t)number(f), n = (size_t)number(f), n_blocks = (size_t)number(f);
    const int kind = (int)number(f);
    assert_true(t * n <= MOST_RETURNS);
    returns_of((uint64_t)seed, t, n, kind, b->x);
    blocks_of(b->x, t, n, n_blocks, b->blocks);
    for (size_t i = 0; by != NORNI_PORT_OF_SHARPE && i < n * n_blocks; i++)
        b->blocks[i].sum_squares = 0;
    const norni_port_pbo p = judge_by(b, ctx, by, n, n_blocks);
    double ranks = 0;
    for (size_t i = 0; i < p.n_splits; i++) /* logit = ln(r / (N + 1 - r)) */
        ranks += floor(2 * (double)(n + 1) / (1 + exp(-p.logit[i])) + 0.5);
    near("low", seed, p.pbo * (double)p.n_splits, number(f), 1e-14);
    near("lost", seed, p.loss_probability * (double)p.n_splits, number(f), 1e-14);
    assert_true(ranks == number(f));
    near("median", seed, p.median_logit, number(f), 1e-12);
    const double slope = number(f), intercept = number(f), r2 = number(f);
    if (isnan(slope)) return;
    near("slope", seed, p.slope, slope, 1e-9);
    near("intercept", seed, p.intercept, intercept, 1e-9);
    near("r_squared", seed, p.r_squared, r2, 1e-9);
}

static void as_oracles(void **state) {
    bench *b = *state;
    norn_ctx *ctx = workers(2);
    FILE *f = fopen(NORN_FIXTURES "/portfolio_overfit.txt", "r");
    char word[16];
    size_t rows = 0;
    assert_non_null(f);
    for (; fscanf(f, "%15s", word) == 1; rows++) {
        if (!strcmp(word, "dsr"))
            dsr_row(b, f);
        else
            pbo_row(b, ctx, strcmp(word, "sum") ? NORNI_PORT_OF_SHARPE : NORNI_PORT_OF_ACTIVE, f);
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rows, 48 + 9 + 5);
    norn_ctx_free(ctx);
}

static void any_workers(void **state) {
    bench *b = *state;
    enum { N = 900 };
    const int32_t counts[] = {1, 2, 3, 7, 64};
    double *first = NULL;
    returns_of(3, 160, N, 2, b->x);
    blocks_of(b->x, 160, N, 16, b->blocks);
    for (size_t i = 0; i < 5; i++) {
        norn_ctx *ctx = workers(counts[i]);
        const norni_port_pbo p = judge(b, ctx, N, 16);
        if (!first) first = p.logit;
        assert_memory_equal(first, p.logit, p.n_splits * sizeof *first);
        assert_int_equal(p.n_splits, 12870);
        norn_ctx_free(ctx);
    }
}

/* Each instruction set chooses the same trials and counts the same ranks; a trial's value alone has the lanes' bits. */
static void lanes_by(bench *b, norni_port_measure by) {
    static norni_pbo_plan plan;
    static double best[3][NORNI_PBO_SPLITS];
    static uint32_t who[3][NORNI_PBO_SPLITS], twice[3][NORNI_PBO_SPLITS];
    enum { N = 50, BLOCKS = 12 };
    memset(twice, 0, sizeof twice);
    returns_of(11, 130, N, 2, b->x);
    blocks_of(b->x, 130, N, BLOCKS, b->blocks);
    norni_pbo_plan_make(&plan, by, b->blocks, BLOCKS);
    assert_int_equal(plan.n_splits, 924);
    norni_pbo_sums *sums = norni_arena_get(&b->arena, 1, sizeof *sums);
    assert_non_null(sums);
    norni_pbo_sums_fill(&plan, b->blocks, N, sums);
    for (int cap = 0; cap < 3; cap++) {
        for (size_t s = 0; s < plan.n_splits; s++)
            best[cap][s] = -HUGE_VAL;
        norni_pbo_best_capped(cap, &plan, sums, 1000, best[cap], who[cap]);
        norni_pbo_count_capped(cap, &plan, sums, best[cap], twice[cap]);
        assert_memory_equal(best[0], best[cap], sizeof best[0]);
        assert_memory_equal(who[0], who[cap], sizeof who[0]);
        assert_memory_equal(twice[0], twice[cap], sizeof twice[0]);
    }
    for (size_t s = 0; s < plan.n_splits; s++) {
        const size_t k = who[0][s] - 1000;
        assert_true(norni_pbo_value(&plan, b->blocks + k * BLOCKS, s) == best[0][s]);
        assert_true(twice[0][s] >= 2 * (N - 3) &&
                    twice[0][s] < 2 * N); /* the best, with at most two twins */
        assert_int_equal(norni_pbo_split(&plan, plan.mask[s]), s);
    }
}

static void any_lanes(void **state) {
    lanes_by(*state, NORNI_PORT_OF_SHARPE);
    lanes_by(*state, NORNI_PORT_OF_GROWTH);
}

/* A trial with a number that is none is never chosen and ranks last; twins rank as the mean; skill everywhere is no overfitting. */
static void broken_and_sure(void **state) {
    bench *b = *state;
    norn_ctx *ctx = workers(2);
    enum { N = 70, T = 64 };
    returns_of(5, T, N, 0, b->x);
    for (size_t i = 0; i < T; i++)
        b->x[i * N + 40] = 0.05 + b->x[i * N + 40] / 64; /* the best in every block */
    blocks_of(b->x, T, N, 8, b->blocks);
    b->blocks[13 * 8 + 3].sum = NORNI_NAN;
    b->blocks[14 * 8].sum_squares = HUGE_VAL;
    norni_port_pbo p = judge(b, ctx, N, 8);
    assert_true(p.pbo == 0 && p.loss_probability == 0);
    for (size_t i = 0; i < p.n_splits; i++)
        assert_true(fabs(p.logit[i] - log(70.0)) < 1e-14);
    p = judge_by(b, ctx, NORNI_PORT_OF_GROWTH, N, 8);
    assert_true(p.pbo == 0 && p.loss_probability == 0 && fabs(p.median_logit - log(70.0)) < 1e-14);
    /* all broken but one, and two that are equal */
    for (size_t k = 0; k < N; k++) {
        if (k != 40 && k != 41) b->blocks[k * 8].sum = NORNI_NAN;
    }
    memcpy(b->blocks + 41 * 8, b->blocks + 40 * 8, 8 * sizeof *b->blocks);
    p = judge(b, ctx, N, 8);
    assert_true(fabs(p.median_logit - log(69.5 / 1.5)) < 1e-14);
    memset(b->blocks, 0,
           N * 8 *
               sizeof *b
                   ->blocks); /* nothing ever moves: the first is chosen, its rank is the middle */
    for (size_t i = 0; i < N * 8; i++)
        b->blocks[i].n = 8;
    p = judge(b, ctx, N, 8);
    assert_true(p.pbo == 1 && p.median_logit == 0 && p.in_sample[0] == 0 && isnan(p.slope));
    norn_ctx_free(ctx);
}

static void refuses(void **state) {
    bench *b = *state;
    norn_ctx *ctx = workers(1);
    norni_port_pbo p;
    norni_port_deflated d;
    norn_err err;
    returns_of(1, 40, 4, 0, b->x);
    blocks_of(b->x, 40, 4, 4, b->blocks);
    assert_int_equal(norni_port_pbo_of(ctx, NULL, NORNI_PORT_OF_SHARPE, b->blocks, 1, 4, &b->arena, &p, &err),
                     NORN_E_DATA);
    assert_int_equal(norni_port_pbo_of(ctx, NULL, NORNI_PORT_OF_SHARPE, b->blocks, 4, 3, &b->arena, &p, &err),
                     NORN_E_ARG);
    assert_int_equal(norni_port_pbo_of(ctx, NULL, NORNI_PORT_OF_SHARPE, b->blocks, 4, 18, &b->arena, &p, &err),
                     NORN_E_ARG);
    b->blocks[9].n = 9;
    assert_int_equal(norni_port_pbo_of(ctx, NULL, NORNI_PORT_OF_SHARPE, b->blocks, 4, 4, &b->arena, &p, &err),
                     NORN_E_DATA);
    assert_non_null(strstr(err.text, "block 2 of trial 3"));
    for (size_t i = 0; i < 16; i++)
        b->blocks[i].n = 1;
    assert_int_equal(norni_port_pbo_of(ctx, NULL, NORNI_PORT_OF_SHARPE, b->blocks, 4, 4, &b->arena, &p, &err),
                     NORN_E_DATA);
    assert_int_equal(norni_port_deflate(b->x, 40, 0.5, 0, &d, &err), NORN_E_ARG);
    assert_int_equal(norni_port_deflate(b->x, 40, 5, -1, &d, &err), NORN_E_ARG);
    for (size_t i = 0; i < 5; i++)
        b->x[i] = 0.25;
    assert_int_equal(norni_port_deflate(b->x, 5, 5, 0.1, &d, &err),
                     NORN_OK); /* a constant has no ratio */
    assert_true(isnan(d.sharpe) && isnan(d.deflated) && d.expected_max > 0);
    norn_ctx_free(ctx);
}

static int set_up(void **state) {
    static bench b;
    static norn_alloc alloc;
    alloc = norni_alloc_default();
    norni_arena_init(&b.arena, &alloc);
    b.x = norni_arena_get(&b.arena, MOST_RETURNS, sizeof *b.x);
    b.blocks = norni_arena_get(&b.arena, 16 * 1000, sizeof *b.blocks);
    *state = &b;
    return b.x && b.blocks ? 0 : 1;
}

static int tear_down(void **state) {
    norni_arena_clear(&((bench *)*state)->arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_oracles), cmocka_unit_test(any_workers),
        cmocka_unit_test(any_lanes),  cmocka_unit_test(broken_and_sure),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
