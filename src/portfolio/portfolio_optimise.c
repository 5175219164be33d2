/* A walk-forward search over a grid: every distinct configuration simulated once, ranked, judged for overfitting. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of indices of the grid go through four phases: a look at each (equivalent ones are left to the first of them), target
 * weights once for each set, allocation and window, simulation in items of 64 configurations of one set, and a fold in the
 * order of the ids. Rows lie in a spool, so that memory does not grow with the grid; what is folded is a sum, a rank or a hash.
 *
 * A configuration's numbers are means over the splits of what is defined there. Every test and every train starts from fresh
 * capital. The stitched returns of the tests, cut into 16 blocks, are what PBO is told from, by the ranking's own
 * measure; the deflated Sharpe ratio takes the best one's own (less those of buying and holding where the ranking is by outperformance) and
 * the spread of all distinct ones' ratios of the same returns. The choice on train: of each split what its own train shows as the best by
 * the metric, and what it then did in the test, which nothing has chosen. */
#include <math.h>

#include "base/clock.h"
#include "portfolio/portfolio_filter.h"
#include "portfolio/portfolio_optimise_parts.h"

/* ---- before ---- */

static norn_status open_batch(norni_port_search *s, norn_err *err) {
    const norn_alloc *a = &s->ctx->alloc;
    const size_t n = s->most = s->room.batch;
    s->entry = norni_alloc_get(a, n, sizeof *s->entry);
    s->order = norni_alloc_get(a, n, sizeof *s->order);
    s->scratch = norni_alloc_get(a, n, sizeof *s->scratch);
    s->chunk = norni_alloc_get(a, n, sizeof *s->chunk);
    s->outcome = norni_alloc_get(a, n, sizeof *s->outcome);
    s->score = norni_alloc_get(a, n * s->windows.n_splits, sizeof *s->score);
    if (s->entry == NULL || s->order == NULL || s->scratch == NULL || s->chunk == NULL ||
        s->outcome == NULL || s->score == NULL)
        return norni_alloc_fail(err, "search", n, norni_port_entry_bytes(s->windows.n_splits));
    return NORN_OK;
}

/* What is judged at the end needs the memory that batches took. */
static void close_batch(norni_port_search *s) {
    const norn_alloc *a = &s->ctx->alloc;
    const size_t n = s->most;
    norni_port_outcomes_clear(s);
    norni_port_pairs_clear(s);
    norni_alloc_drop(a, s->entry, n, sizeof *s->entry);
    norni_alloc_drop(a, s->order, n, sizeof *s->order);
    norni_alloc_drop(a, s->scratch, n, sizeof *s->scratch);
    norni_alloc_drop(a, s->chunk, n, sizeof *s->chunk);
    norni_alloc_drop(a, s->outcome, n, sizeof *s->outcome);
    norni_alloc_drop(a, s->score, n * s->windows.n_splits, sizeof *s->score);
    s->entry = NULL, s->order = NULL, s->scratch = NULL;
    s->chunk = NULL, s->outcome = NULL, s->score = NULL;
    s->n = 0;
}

static norn_status open_spools(norni_port_search *s, norn_err *err) {
    norni_spool *rows = &s->out->rows, *values = &s->values;
    rows->keep = s->room.rows;
    values->keep = s->room.values;
    if (!norni_buf_reserve(&rows->head, rows->keep) ||
        !norni_buf_reserve(&values->head, values->keep))
        return norni_alloc_fail(err, "results put aside", rows->keep, 1);
    return NORN_OK;
}

static norn_status open_markets(norni_port_search *s, norn_err *err) {
    const norni_port_prices *p = s->prices;
    const double each = (double)p->n_bars * (double)p->n_assets * (p->filter ? 10 : 9) + 65536;
    s->n_sets = norni_port_grid_sets(s->grid);
    if ((double)s->n_sets * each > (double)s->room.markets) return NORN_OK;
    s->market = norni_arena_zero(&s->arena, s->n_sets + 1, sizeof *s->market);
    s->market_arena = norni_arena_zero(&s->arena, s->n_sets + 1, sizeof *s->market_arena);
    if (s->market == NULL || s->market_arena == NULL) {
        s->n_sets = 0;
        return norni_alloc_fail(err, "search", s->n_sets, sizeof *s->market);
    }
    for (size_t k = 0; k < s->n_sets; k++)
        norni_arena_init(&s->market_arena[k], &s->ctx->alloc);
    return NORN_OK;
}

static norn_status open_trials(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    const uint64_t n = r->counts.n_distinct;
    s->n_trials = s->windows.n_blocks == 0 ? 0 : n < NORNI_PORT_TRIALS ? n : NORNI_PORT_TRIALS;
    s->trial_failed = norni_arena_zero(&s->arena, s->n_trials + 1, 1);
    s->best_train = norni_arena_zero(&s->arena, r->n_splits, sizeof *s->best_train);
    s->chosen_train = norni_arena_zero(&s->arena, r->n_splits, sizeof *s->chosen_train);
    s->chosen_test = norni_arena_zero(&s->arena, r->n_splits, sizeof *s->chosen_test);
    r->walk_forward = norni_arena_zero(&r->arena, r->n_splits, sizeof *r->walk_forward);
    r->walk_forward_id = norni_arena_zero(&r->arena, r->n_splits, sizeof *r->walk_forward_id);
    s->trial = norni_arena_zero(&s->arena, s->n_trials * s->windows.n_blocks + 1, sizeof *s->trial);
    if (s->trial == NULL || s->trial_failed == NULL || s->best_train == NULL ||
        s->chosen_train == NULL || s->chosen_test == NULL || r->walk_forward == NULL ||
        r->walk_forward_id == NULL)
        return norni_alloc_fail(err, "search", s->n_trials * s->windows.n_blocks, sizeof *s->trial);
    return NORN_OK;
}

static norn_status open_search(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    r->counts = norni_port_grid_count(s->grid);
    if (r->counts.n_usable == 0)
        return norn_fail(err, NORN_E_DATA,
                         "grid: not one of its %llu configurations has two symbols or more that "
                         "the prices have",
                         (unsigned long long)r->counts.n_all);
    NORN_TRY(norni_port_splits_make(s->prices->n_bars, s->prices->bars_per_day, &s->opt->splits,
                                    &r->arena, &r->split, &r->n_splits, err));
    NORN_TRY(norni_port_windows_make(r->split, r->n_splits, s->opt->splits.rolling, &r->arena,
                                     &s->windows, err));
    s->room = norni_port_room_of(s->opt->memory, r->counts.n_all, r->n_splits);
    NORN_TRY(open_markets(s, err));
    NORN_TRY(open_trials(s, err));
    NORN_TRY(open_spools(s, err));
    return open_batch(s, err);
}

/* ---- after ---- */

/* How much of what train promised the tests then gave: log growths add up, and a bar of a train is a bar of a test. */
static void tell_efficiency(norni_port_search *s) {
    norni_port_result *r = s->out;
    double got = 0, promised = 0;
    for (size_t i = 0; i < r->n_splits; i++) {
        got += s->chosen_test[i];
        promised += s->chosen_train[i];
    }
    r->efficiency = promised > 0 ? got / promised : NORNI_NAN;
}

static void add_number(norni_hash_stream *h, double x) {
    const double c = norni_canonical(x);
    norni_hash_stream_add(h, &c, sizeof c);
}

/* Every configuration's numbers, then what was told of them together. */
static void close_digest(norni_port_search *s) {
    norni_port_result *r = s->out;
    for (size_t i = 0; i < r->n_splits; i++) {
        norni_hash_stream_add(&s->digest, &r->walk_forward_id[i], sizeof r->walk_forward_id[i]);
        add_number(&s->digest, r->walk_forward[i]);
    }
    for (size_t k = 0; k < r->n_oos; k++)
        add_number(&s->digest, r->oos_returns[k]);
    add_number(&s->digest, r->median);
    add_number(&s->digest, r->mean);
    add_number(&s->digest, r->pbo.pbo);
    add_number(&s->digest, r->deflated.deflated);
    add_number(&s->digest, r->plateau);
    if (s->prices->filter)
        norni_hash_stream_add(&s->digest, &s->prices->filter->key, sizeof s->prices->filter->key);
    r->digest = norni_hash_stream_get(&s->digest);
}

static norn_status fail_all(const norni_port_result *r, norn_err *err) {
    norni_port_failed f;
    memcpy(&f, r->failed.p, sizeof f);
    return norn_fail(err, f.why.code, "all %llu configurations failed; number %llu: %s",
                     (unsigned long long)r->n_failed, (unsigned long long)f.id, f.why.text);
}

static norn_status finish(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    if (s->n_top == 0) return fail_all(r, err);
    r->positive_share = (double)s->n_positive / (double)s->n_used;
    r->n_simulated = r->n_trials_total * s->windows.n;
    tell_efficiency(s);
    NORN_TRY(norni_port_best_make(s, err));
    NORN_TRY(norni_port_axes_make(s, err));
    NORN_TRY(norni_port_judge(s, err));
    close_digest(s);
    return NORN_OK;
}

static norn_status run(norni_port_search *s, norn_err *err) {
    const int64_t start = norni_clock_ns();
    for (uint64_t first = 0; first < s->out->counts.n_all; first += s->most) {
        const uint64_t left = s->out->counts.n_all - first;
        NORN_TRY(norni_port_batch_run(s, first, left < s->most ? (size_t)left : s->most, err));
        NORN_TRY(norni_port_fold(s, err));
        norni_port_outcomes_clear(s);
    }
    s->out->simulate_seconds = (double)(norni_clock_ns() - start) / 1e9;
    close_batch(s);
    return finish(s, err);
}

static void close_search(norni_port_search *s) {
    for (size_t k = 0; s->market_arena != NULL && k < s->n_sets; k++)
        norni_arena_clear(&s->market_arena[k]);
    close_batch(s);
    norni_spool_clear(&s->values);
    norni_arena_clear(&s->arena);
}

norn_status norni_port_optimise(norn_ctx *ctx, const norni_port_prices *prices,
                                const norni_port_grid *grid, const norni_port_optimise_opt *opt,
                                norni_tally *tally, norni_port_result *out, norn_err *err) {
    norni_port_search s = {.ctx = ctx,
                           .prices = prices,
                           .grid = grid,
                           .opt = opt,
                           .tally = tally,
                           .out = out,
                           .windows = {.n = 0}};
    memset(out, 0, sizeof *out);
    out->prices = prices;
    out->grid = grid;
    out->metric = opt->metric;
    norni_arena_init(&out->arena, &ctx->alloc);
    norni_arena_init(&s.arena, &ctx->alloc);
    norni_buf_init(&out->failed, &ctx->alloc);
    norni_spool_init(&out->rows, &ctx->alloc, 0); /* open_spools says how much */
    norni_spool_init(&s.values, &ctx->alloc, 0);
    norni_hash_stream_init(&s.digest);
    norn_status st = open_search(&s, err);
    if (st == NORN_OK) st = run(&s, err);
    close_search(&s);
    return st;
}

void norni_port_result_clear(norni_port_result *r) {
    norni_spool_clear(&r->rows);
    norni_buf_clear(&r->failed);
    norni_arena_clear(&r->arena);
}
