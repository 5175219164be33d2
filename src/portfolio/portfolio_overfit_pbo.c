/* The probability of backtest overfitting by combinatorially symmetric cross-validation. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Bailey, Borwein, Lopez de Prado and Zhu (2017), "The probability of backtest overfitting", J. of Computational Finance 20(4). Every half
 * of the blocks is in sample once. Of all trials the one with the highest measure in sample is chosen (the first, where several tie);
 * r is its rank out of sample (ties share the mean of their ranks), w = r / (N + 1), logit = ln(w / (1 - w)); the probability is the share
 * of splits whose logit is at most 0.
 *
 * The measure is the paper's Sharpe ratio, or a growth, which over blocks is a sum. A Sharpe ratio over blocks needs their sums alone, and a split's values are wanted twice: to choose in it, and, of the chosen, to be
 * ranked in its complement. So two passes over tiles of 64 trials; memory: one tile and one row for each of at most 64 groups of tiles.
 * Groups are joined in their order and values are totally ordered: no bit depends on the workers, or on how many groups there are. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"
#include "portfolio/portfolio_overfit.h"
#include "portfolio/portfolio_overfit_lanes.h"

enum { MOST_BLOCKS = 2 * NORNI_PBO_HALF, MOST_GROUPS = 64 };

typedef struct job {
    const norni_pbo_plan *plan;
    const norni_pbo_block *blocks;
    size_t n_trials, n_tiles, n_groups;
    const double
        *mark;    /* (n_splits) second pass: value of the chosen, in the split where it is ranked */
    double *best; /* (n_groups, n_splits) */
    uint32_t *who; /* (n_groups, n_splits): first pass the chosen, second pass 2 below + equal */
} job;

static norn_status check(const norni_pbo_block *blocks, size_t n_trials, size_t n_blocks,
                         norn_err *err) {
    if (n_blocks < 2 || n_blocks > MOST_BLOCKS || n_blocks % 2)
        return norn_fail(err, NORN_E_ARG, "overfitting: %zu blocks; an even number from 2 to %d",
                         n_blocks, (int)MOST_BLOCKS);
    if (n_trials < 2)
        return norn_fail(err, NORN_E_DATA, "overfitting: %zu trials; at least 2", n_trials);
    if (n_trials > UINT32_MAX / 4)
        return norn_fail(err, NORN_E_LIMIT, "overfitting: %zu trials", n_trials);
    for (size_t i = 0; i < n_trials * n_blocks; i++) {
        if (blocks[i].n == blocks[i % n_blocks].n && blocks[i].n >= 2) continue;
        return norn_fail(
            err, NORN_E_DATA,
            "overfitting: block %zu of trial %zu has %g returns; at least 2, and as many "
            "as the first trial's (%g)",
            i % n_blocks + 1, i / n_blocks + 1, blocks[i].n, blocks[i % n_blocks].n);
    }
    return NORN_OK;
}

static norn_status one_group(norni_worker *worker, size_t group, void *arg, norn_err *err) {
    const job *j = arg;
    const size_t n_blocks = j->plan->n_blocks, n_splits = j->plan->n_splits;
    const size_t from = j->n_tiles * group / j->n_groups,
                 to = j->n_tiles * (group + 1) / j->n_groups;
    const norni_arena_mark mark = norni_arena_mark_get(&worker->arena);
    norni_pbo_sums *sums = norni_arena_get(&worker->arena, 1, sizeof *sums);
    if (!sums) return norn_fail(err, NORN_E_MEM, "overfitting: sums of a tile");
    double *best = j->best + group * n_splits;
    uint32_t *who = j->who + group * n_splits;
    for (size_t s = 0; s < n_splits; s++) {
        best[s] = -NORNI_INF;
        who[s] = 0;
    }
    for (size_t tile = from; tile < to; tile++) {
        const size_t first = tile * NORNI_PBO_TILE;
        const size_t n =
            j->n_trials - first < NORNI_PBO_TILE ? j->n_trials - first : NORNI_PBO_TILE;
        norni_pbo_sums_fill(j->plan, j->blocks + first * n_blocks, n, sums);
        if (j->mark)
            norni_pbo_count(j->plan, sums, j->mark, who);
        else
            norni_pbo_best(j->plan, sums, (uint32_t)first, best, who);
    }
    norni_arena_rewind(&worker->arena, mark);
    return NORN_OK;
}

/* Chosen trials of each split into who's first row; ties stay with the earlier group. */
static void join_best(const job *j) {
    const size_t n = j->plan->n_splits;
    for (size_t g = 1; g < j->n_groups; g++) {
        for (size_t s = 0; s < n; s++) {
            if (!(j->best[g * n + s] > j->best[s])) continue;
            j->best[s] = j->best[g * n + s];
            j->who[s] = j->who[g * n + s];
        }
    }
}

/* The measure per period from a value. Of the Sharpe ratio t = (sum r)^2 / sum r^2 has s^2 = t (n - 1) / (n (n - t)). */
static double measure_of(const norni_pbo_plan *plan, const norni_pbo_block *b, size_t split) {
    const double n = floor(plan->cap[split] + 0.5), v = norni_pbo_value(plan, b, split);
    const double t = fabs(v);
    if (plan->adds) return v / n;
    return copysign(sqrt(t * (n - 1) / (n * (n - t))), v);
}

static double median_of(double *x, size_t n) {
    norni_sort_doubles(x, n);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* Least squares of the out-of-sample values on those in sample. */
static void line(norni_port_pbo *out) {
    const size_t n = out->n_splits;
    const double mx = norni_sum_tree(out->in_sample, n) / (double)n;
    const double my = norni_sum_tree(out->out_of_sample, n) / (double)n;
    norni_sum xx = {0, 0}, xy = {0, 0}, yy = {0, 0};
    for (size_t i = 0; i < n; i++) {
        const double x = out->in_sample[i] - mx, y = out->out_of_sample[i] - my;
        xx = norni_sum_add(xx, x * x);
        xy = norni_sum_add(xy, x * y);
        yy = norni_sum_add(yy, y * y);
    }
    const double sxx = norni_sum_get(xx), sxy = norni_sum_get(xy), syy = norni_sum_get(yy);
    out->slope = sxx > 0 ? sxy / sxx : NORNI_NAN;
    out->intercept = my - out->slope * mx;
    out->r_squared = sxx > 0 && syy > 0 ? sxy * sxy / (sxx * syy) : NORNI_NAN;
}

/* The next half of the blocks in lexicographic order, as itertools.combinations has them. */
static void next_half(size_t *pick, size_t half, size_t n_blocks) {
    size_t i = half;
    while (i-- > 0 && pick[i] == n_blocks - half + i) {
    }
    if (i >= half) return;
    pick[i]++;
    for (size_t k = i + 1; k < half; k++)
        pick[k] = pick[k - 1] + 1;
}

/* twice (n_splits): 2 below + equal of the chosen, at the split where it is ranked. */
static void judge(const job *j, const uint32_t *chosen, const uint32_t *twice, double *work,
                  norni_port_pbo *out) {
    const norni_pbo_plan *p = j->plan;
    const size_t n = p->n_splits, half = p->n_blocks / 2, full = ((size_t)1 << p->n_blocks) - 1;
    size_t pick[MOST_BLOCKS], low = 0, lost = 0;
    for (size_t k = 0; k < half; k++)
        pick[k] = k;
    for (size_t i = 0; i < n; i++, next_half(pick, half, p->n_blocks)) {
        unsigned mask = 0;
        for (size_t k = 0; k < half; k++)
            mask |= 1U << pick[k];
        const size_t in = norni_pbo_split(p, mask);
        const size_t away = norni_pbo_split(p, (unsigned)full ^ mask);
        const norni_pbo_block *b = j->blocks + (size_t)chosen[in] * p->n_blocks;
        /* rank (1 the worst) = below + (equal + 1) / 2 */
        const double rank = ((double)twice[away] + 1) / 2, rest = (double)j->n_trials + 1 - rank;
        out->logit[i] = work[i] = norni_log(rank / rest);
        out->in_sample[i] = measure_of(p, b, in);
        out->out_of_sample[i] = measure_of(p, b, away);
        low += rank <= rest;
        lost += out->out_of_sample[i] < 0;
    }
    out->pbo = (double)low / (double)n;
    out->loss_probability = (double)lost / (double)n;
    out->median_logit = median_of(work, n);
    line(out);
}

/* Both passes. chosen, mark, twice (n_splits). */
static norn_status run(norn_ctx *ctx, norni_worker *worker, job *j, uint32_t *chosen, double *mark,
                       uint32_t *twice, norn_err *err) {
    const norni_for_opt opt = {.grain = 1, .poll = norni_ctx_poll(ctx)};
    const size_t n = j->plan->n_splits;
    const unsigned full = (1U << j->plan->n_blocks) - 1;
    NORN_TRY(norni_for(ctx, worker, j->n_groups, one_group, j, &opt, err));
    join_best(j);
    for (size_t s = 0; s < n; s++) {
        const size_t away = norni_pbo_split(j->plan, full ^ j->plan->mask[s]);
        chosen[s] = j->who[s];
        mark[away] =
            norni_pbo_value(j->plan, j->blocks + (size_t)chosen[s] * j->plan->n_blocks, away);
        twice[s] = 0;
    }
    j->mark = mark;
    NORN_TRY(norni_for(ctx, worker, j->n_groups, one_group, j, &opt, err));
    for (size_t g = 0; g < j->n_groups; g++) {
        for (size_t s = 0; s < n; s++)
            twice[s] += j->who[g * n + s];
    }
    return NORN_OK;
}

/* As many groups as there is memory for. */
static void get_groups(job *j, norni_arena *arena) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const size_t n = j->plan->n_splits;
    for (;; j->n_groups /= 2) {
        j->who = norni_arena_get(arena, j->n_groups * n, sizeof *j->who); /* the smaller first */
        j->best = norni_arena_get(arena, j->n_groups * n, sizeof *j->best);
        if ((j->best && j->who) || j->n_groups == 1) return;
        norni_arena_rewind(arena, mark);
    }
}

const char *norni_port_measure_name(norni_port_measure m) {
    return m == NORNI_PORT_OF_SHARPE   ? "sharpe"
           : m == NORNI_PORT_OF_GROWTH ? "growth"
                                       : "active_growth";
}

norn_status norni_port_pbo_of(norn_ctx *ctx, norni_worker *worker, norni_port_measure measure,
                              const norni_pbo_block *blocks, size_t n_trials, size_t n_blocks,
                              norni_arena *arena, norni_port_pbo *out, norn_err *err) {
    NORN_TRY(check(blocks, n_trials, n_blocks, err));
    norni_pbo_plan *plan = norni_arena_get(arena, 1, sizeof *plan);
    if (!plan) return norn_fail(err, NORN_E_MEM, "overfitting: the plan of the splits");
    norni_pbo_plan_make(plan, measure, blocks, n_blocks);
    const size_t n = plan->n_splits, n_tiles = (n_trials + NORNI_PBO_TILE - 1) / NORNI_PBO_TILE;
    *out = (norni_port_pbo){
        .n_trials = n_trials, .n_blocks = n_blocks, .n_splits = n, .measure = measure};
    out->logit = norni_arena_get(arena, n, sizeof *out->logit);
    out->in_sample = norni_arena_get(arena, n, sizeof *out->in_sample);
    out->out_of_sample = norni_arena_get(arena, n, sizeof *out->out_of_sample);
    const norni_arena_mark rewind = norni_arena_mark_get(arena);
    job j = {.plan = plan,
             .blocks = blocks,
             .n_trials = n_trials,
             .n_tiles = n_tiles,
             .n_groups = n_tiles < MOST_GROUPS ? n_tiles : MOST_GROUPS};
    uint32_t *chosen = norni_arena_get(arena, 2 * n, sizeof *chosen);
    double *mark = norni_arena_get(arena, n, sizeof *mark);
    get_groups(&j, arena);
    norn_status st = NORN_E_MEM;
    if (!out->logit || !out->in_sample || !out->out_of_sample || !j.best || !j.who || !chosen ||
        !mark)
        st = norn_fail(err, NORN_E_MEM, "overfitting: %zu trials, %zu splits", n_trials, n);
    else
        st = run(ctx, worker, &j, chosen, mark, chosen + n, err);
    if (st == NORN_OK) judge(&j, chosen, chosen + n, j.best, out);
    norni_arena_rewind(arena, rewind);
    return st;
}
