/* One item of a search: up to 64 configurations of one set, over every window, to rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "portfolio/portfolio_optimise_parts.h"

/* Squares of growths that are rounding alone: of a trial that never trades. */
#define ROUNDING 1e-24

typedef struct item_work {
    norni_port_search *s;
    norni_arena *arena;
    norni_port_market market;
    size_t n;      /* configurations that run */
    size_t *entry; /* (n) in the batch */
    norni_port_rule *rule;
    const norni_port_targets **target; /* (n) of one window */
    norni_port_stats *train, *test;    /* (n, n_splits) */
    norni_port_block *block;           /* (n, n_blocks) */
    norni_port_stats *stats;           /* (n, n_splits) of one window */
    norni_port_block *piece;           /* (n, pieces of one window) */
} item_work;

static norn_status get_work(norni_port_search *s, size_t n, norni_arena *arena, item_work *w,
                            norn_err *err) {
    const size_t n_splits = s->windows.n_splits, n_blocks = s->windows.n_blocks;
    *w = (item_work){.s = s, .arena = arena};
    w->entry = norni_arena_get(arena, n, sizeof *w->entry);
    w->rule = norni_arena_get(arena, n, sizeof *w->rule);
    w->target = norni_arena_get(arena, n, sizeof *w->target);
    w->train = norni_arena_get(arena, n * n_splits, sizeof *w->train);
    w->test = norni_arena_get(arena, n * n_splits, sizeof *w->test);
    w->stats = norni_arena_get(arena, n * n_splits, sizeof *w->stats);
    w->block = norni_arena_zero(arena, n * (n_blocks + 1), sizeof *w->block);
    w->piece = norni_arena_get(arena, n * (n_blocks + 2), sizeof *w->piece);
    if (w->entry == NULL || w->rule == NULL || w->target == NULL || w->train == NULL ||
        w->test == NULL || w->stats == NULL || w->block == NULL || w->piece == NULL)
        return norni_alloc_fail(err, "search", n * n_splits, sizeof *w->train);
    return NORN_OK;
}

norn_status norni_port_outcome_fail(norni_port_search *s, size_t entry, const norn_err *why,
                                    norn_err *err) {
    norni_port_outcome *o = &s->outcome[entry];
    if (o->why != NULL) return NORN_OK;
    o->why = norni_alloc_get(&s->ctx->alloc, 1, sizeof *o->why);
    if (o->why == NULL) return norni_alloc_fail(err, "search", 1, sizeof *o->why);
    *o->why = *why;
    return NORN_OK;
}

void norni_port_outcomes_clear(norni_port_search *s) {
    for (size_t k = 0; k < s->n; k++) {
        if (s->outcome[k].why != NULL)
            norni_alloc_drop(&s->ctx->alloc, s->outcome[k].why, 1, sizeof(norn_err));
        s->outcome[k].why = NULL;
    }
}

/* What failed before it was simulated is no part of the work. */
static norn_status take_up(item_work *w, const norni_port_chunk *c, norn_err *err) {
    norni_port_search *s = w->s;
    norni_port_config config;
    for (size_t k = 0; k < c->n; k++) {
        const size_t at = s->order[c->from + k];
        const norni_port_entry *e = &s->entry[at];
        norni_port_outcome *o = &s->outcome[at];
        norni_port_grid_at(s->grid, e->index, &config);
        if (k == 0) NORN_TRY(norni_port_set_market(s, &config, w->arena, &w->market, err));
        *o = (norni_port_outcome){.row = {.id = e->index + 1, .same = e->index + 1, .set = e->set}};
        norn_err why = s->pair[e->pair].why;
        if (why.code == NORN_OK && norni_port_rule_check(&config.rule, &why) == NORN_OK)
            why.code = NORN_OK;
        if (why.code != NORN_OK) {
            NORN_TRY(norni_port_outcome_fail(s, at, &why, err));
            continue;
        }
        w->entry[w->n] = at;
        w->rule[w->n++] = config.rule;
    }
    return NORN_OK;
}

static bool is_own(norn_status st) {
    return st == NORN_E_ARG || st == NORN_E_DATA || st == NORN_E_NUMERIC || st == NORN_E_LIMIT;
}

/* Side by side; where that fails by a fault of one of them, one after another. */
static norn_status simulate(item_work *w, size_t window, norn_err *err) {
    norni_port_search *s = w->s;
    const norni_port_window *win = &s->windows.window[window];
    const norni_poll poll = norni_ctx_poll(s->ctx);
    for (size_t k = 0; k < w->n; k++)
        w->target[k] = &s->pair[s->entry[w->entry[k]].pair].targets[window];
    norn_status st = norni_port_simulate(&w->market, win, w->rule, w->target, w->n, w->arena, &poll,
                                         w->stats, win->n_blocks ? w->piece : NULL, err);
    for (size_t k = 0; is_own(st) && k < w->n; k++) {
        norn_err why = {.code = NORN_OK};
        const norn_status one = norni_port_simulate(
            &w->market, win, &w->rule[k], &w->target[k], 1, w->arena, &poll,
            w->stats + k * win->n_marks, win->n_blocks ? w->piece + k * win->n_blocks : NULL, &why);
        if (one == NORN_OK) continue;
        if (!is_own(one)) return norn_fail(err, one, "%s", why.text);
        NORN_TRY(norni_port_outcome_fail(s, w->entry[k], &why, err));
        memset(w->stats + k * win->n_marks, 0, win->n_marks * sizeof *w->stats);
        if (win->n_blocks)
            memset(w->piece + k * win->n_blocks, 0, win->n_blocks * sizeof *w->piece);
    }
    return is_own(st) ? NORN_OK : st;
}

static void add_block(norni_port_block *to, const norni_port_block *b) {
    to->n += b->n;
    to->sum += b->sum;
    to->sum_squares += b->sum_squares;
    to->growth += b->growth;
    to->active += b->active;
}

static norn_status run_windows(item_work *w, norn_err *err) {
    const norni_port_windows *all = &w->s->windows;
    const size_t n_splits = all->n_splits;
    for (size_t i = 0; i < all->n_trains; i++) {
        const size_t n_marks = all->window[i].n_marks;
        NORN_TRY(simulate(w, i, err));
        for (size_t k = 0; k < w->n; k++)
            memcpy(w->train + k * n_splits + i, w->stats + k * n_marks, n_marks * sizeof *w->train);
    }
    for (size_t i = 0; i < n_splits; i++) {
        const size_t part = all->part[i], n_parts = all->part[i + 1] - part;
        NORN_TRY(simulate(w, all->n_trains + i, err));
        for (size_t k = 0; k < w->n; k++) {
            w->test[k * n_splits + i] = w->stats[k];
            for (size_t p = 0; p < n_parts; p++) {
                const size_t b = all->part_of[part + p];
                add_block(&w->block[k * all->n_blocks + b], &w->piece[k * n_parts + p]);
            }
        }
    }
    return NORN_OK;
}

/* ---- to rows ---- */

/* The mean of what is defined; NaN where nothing is. */
typedef struct mean {
    double sum, n;
} mean;
static void mean_add(mean *m, double x) {
    if (isnan(x)) return;
    m->sum += x;
    m->n += 1;
}
static double mean_get(mean m) {
    return m.n > 0 ? m.sum / m.n : NORNI_NAN;
}

static double outperformance(const norni_port_stats *s) {
    return s->total_return - s->buyhold_return;
}

/* Log growth above the purchase held, per bar. */
static double active_growth(const norni_port_stats *s) {
    const double own = 1 + s->total_return, hold = 1 + s->buyhold_return;
    if (!(own > 0 && hold > 0)) return NORNI_NAN;
    return (norni_log(own) - norni_log(hold)) / (double)s->n_returns;
}

/* The metric of one train, larger is better. */
static double metric_of(const norni_port_stats *s, norni_port_metric m) {
    const norni_port_row row = {.unbought = s->unbought,
                                .outperformance = outperformance(s),
                                .train_outperformance = outperformance(s),
                                .total_return = s->total_return,
                                .sharpe = s->sharpe,
                                .train_sharpe = s->sharpe,
                                .max_drawdown = s->max_drawdown,
                                .cagr = s->cagr,
                                .volatility = s->volatility,
                                .sortino = s->sortino,
                                .calmar = s->calmar,
                                .omega = s->omega,
                                .ulcer = s->ulcer};
    return norni_port_row_metric(&row, m);
}

static double mean_of(const norni_port_stats *s, size_t n, size_t offset) {
    mean m = {0, 0};
    for (size_t i = 0; i < n; i++) {
        double x;
        memcpy(&x, (const char *)&s[i] + offset, sizeof x);
        mean_add(&m, x);
    }
    return mean_get(m);
}
#define MEAN(stats, field) mean_of(stats, n, offsetof(norni_port_stats, field))

static void fill_row(const norni_port_stats *train, const norni_port_stats *test, size_t n,
                     norni_port_row *r) {
    mean in = {0, 0}, out = {0, 0}, times = {0, 0}, gap = {0, 0}, trades = {0, 0};
    double won = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        mean_add(&in, outperformance(&train[i]));
        mean_add(&out, outperformance(&test[i]));
        mean_add(&gap,
                 (active_growth(&train[i]) - active_growth(&test[i])) * (double)test[i].n_returns);
        mean_add(&times, (double)test[i].n_rebalances);
        mean_add(&trades, (double)test[i].n_filtered);
        won += outperformance(&test[i]) > 0;
        r->unbought += train[i].unbought || test[i].unbought;
    }
    r->n_splits = (uint32_t)n;
    r->train_outperformance = mean_get(in);
    r->outperformance = mean_get(out);
    for (size_t i = 0; i < n; i++) {
        const double d = outperformance(&test[i]) - r->outperformance;
        squares += d * d;
    }
    r->consistency = sqrt(squares / (double)n);
    r->win_rate = won / (double)n;
    r->generalization_gap = r->train_outperformance - r->outperformance;
    r->gap_per_window = gap.n < (double)n ? NORNI_NAN : mean_get(gap);
    r->n_rebalances = mean_get(times);
    r->n_filtered = mean_get(trades);
    r->total_return = MEAN(test, total_return);
    r->sharpe = MEAN(test, sharpe);
    r->max_drawdown = MEAN(test, max_drawdown);
    r->train_return = MEAN(train, total_return);
    r->train_sharpe = MEAN(train, sharpe);
    r->train_drawdown = MEAN(train, max_drawdown);
    r->cagr = MEAN(test, cagr);
    r->volatility = MEAN(test, volatility);
    r->sortino = MEAN(test, sortino);
    r->calmar = MEAN(test, calmar);
    r->omega = MEAN(test, omega);
    r->ulcer = MEAN(test, ulcer);
    r->turnover = MEAN(test, turnover);
    r->costs = MEAN(test, costs);
}

static void hash_stats(norni_hash_stream *h, const norni_port_stats *s, size_t n) {
    for (size_t i = 0; i < n; i++, s++) {
        const double x[] = {(double)s->n_returns,
                            s->final_value,
                            s->total_return,
                            s->buyhold_return,
                            s->cagr,
                            s->volatility,
                            s->sharpe,
                            s->sortino,
                            s->calmar,
                            s->omega,
                            s->max_drawdown,
                            s->ulcer,
                            s->longest_drawdown,
                            s->turnover,
                            s->costs,
                            (double)s->n_rebalances,
                            (double)s->n_blocked,
                            s->ruined,
                            s->unbought};
        double canonical[sizeof x / sizeof x[0]];
        for (size_t k = 0; k < sizeof x / sizeof x[0]; k++)
            canonical[k] = norni_canonical(x[k]);
        norni_hash_stream_add(h, canonical, sizeof canonical);
        if (s->n_filtered == 0) continue; /* as if there were no filter */
        const uint64_t filtered = s->n_filtered;
        norni_hash_stream_add(h, &filtered, sizeof filtered);
    }
}

/* Per period, over the stitched tests; NaN where the returns do not vary. */
static double sharpe_of(const norni_port_block *block, size_t n_blocks) {
    norni_port_block b = {0};
    for (size_t k = 0; k < n_blocks; k++)
        add_block(&b, &block[k]);
    if (!(b.n >= 2)) return NORNI_NAN;
    const double m = b.sum / b.n, var = (b.sum_squares - b.sum * m) / (b.n - 1);
    return var > 0 ? m / sqrt(var) : NORNI_NAN;
}

/* The same of growths above the purchase held, from their mean and deviation over the blocks: of L bars each, they have L times a bar's mean
 * and sqrt(L) times its deviation. */
static double active_sharpe_of(const norni_port_block *block, size_t n_blocks) {
    double bars = 0, sum = 0, squares = 0;
    for (size_t k = 0; k < n_blocks; k++)
        bars += block[k].n, sum += block[k].active;
    for (size_t k = 0; k < n_blocks; k++) {
        const double d = block[k].active - sum * block[k].n / bars;
        squares += d * d;
    }
    if (n_blocks < 2 || !(squares > ROUNDING)) return NORNI_NAN;
    return sum / bars * sqrt(bars / (double)n_blocks) / sqrt(squares / (double)(n_blocks - 1));
}

/* What a trial is chosen by. */
static norni_pbo_block judged(norni_port_measure by, const norni_port_block *b) {
    switch (by) {
        case NORNI_PORT_OF_GROWTH: return (norni_pbo_block){b->n, b->growth, 0};
        case NORNI_PORT_OF_ACTIVE: return (norni_pbo_block){b->n, b->active, 0};
        case NORNI_PORT_OF_SHARPE: break;
    }
    return (norni_pbo_block){b->n, b->sum, b->sum_squares};
}

static void tell(const item_work *w, size_t k) {
    norni_port_search *s = w->s;
    const norni_port_windows *all = &s->windows;
    const size_t n = all->n_splits, at = w->entry[k];
    const norni_port_stats *train = w->train + k * n, *test = w->test + k * n;
    const norni_port_block *block = w->block + k * all->n_blocks;
    norni_port_outcome *o = &s->outcome[at];
    norni_hash_stream h;
    if (o->why != NULL) return;
    fill_row(train, test, n, &o->row);
    norni_hash_stream_init(&h);
    hash_stats(&h, train, n);
    hash_stats(&h, test, n);
    o->hash = norni_hash_stream_get(&h);
    o->sharpe = sharpe_of(block, all->n_blocks);
    o->active_sharpe = active_sharpe_of(block, all->n_blocks);
    const uint64_t trial = s->entry[at].trial;
    const norni_port_measure by = norni_port_metric_measure(s->out->metric);
    for (size_t b = 0; trial != UINT64_MAX && b < all->n_blocks; b++)
        s->trial[trial * all->n_blocks + b] = judged(by, &block[b]);
    for (size_t i = 0; i < n; i++) {
        const double bars = (double)test[i].n_returns;
        s->score[at * n + i] =
            (norni_port_score){metric_of(&train[i], s->out->metric), outperformance(&test[i]),
                               bars * active_growth(&train[i]), bars * active_growth(&test[i])};
    }
}

norn_status norni_port_chunk_run(norni_worker *worker, size_t item, void *search, norn_err *err) {
    norni_port_search *s = search;
    const norni_port_chunk *c = &s->chunk[item];
    item_work w;
    NORN_TRY(get_work(s, c->n, &worker->arena, &w, err));
    NORN_TRY(take_up(&w, c, err));
    if (w.n > 0) NORN_TRY(run_windows(&w, err));
    size_t n_failed = c->n - w.n;
    for (size_t k = 0; k < w.n; k++) {
        tell(&w, k);
        n_failed += s->outcome[w.entry[k]].why != NULL;
    }
    if (s->tally != NULL) {
        atomic_fetch_add(&s->tally->n_done, c->n);
        atomic_fetch_add(&s->tally->n_failed, n_failed);
    }
    return NORN_OK;
}
