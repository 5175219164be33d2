/* The best configurations again, split by split; the very best one's paths, and what luck may have done for it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "portfolio/portfolio_optimise_parts.h"

static norn_status targets_of(const norni_port_search *s, const norni_port_config *c,
                              const norni_port_market *m, const norni_port_window *w,
                              norni_arena *arena, norni_port_targets *out, norn_err *err) {
    size_t n_fallback;
    const norni_poll poll = norni_ctx_poll(s->ctx);
    return norni_port_alloc_targets_polled(&c->alloc, m, w->first, w->mark[w->n_marks - 1], arena,
                                           &poll, out, &n_fallback, err);
}

/* One of the best, over every window. */
static norn_status again(norni_worker *worker, size_t item, void *search, norn_err *err) {
    norni_port_search *s = search;
    norni_port_best *b = &s->out->top[item];
    const norni_port_windows *all = &s->windows;
    const norni_poll poll = norni_ctx_poll(s->ctx);
    norni_port_market m;
    NORN_TRY(norni_port_set_market(s, &b->config, &worker->arena, &m, err));
    for (size_t k = 0; k < all->n; k++) {
        const norni_port_window *w = &all->window[k];
        const norni_port_window plain = {.first = w->first, .mark = w->mark, .n_marks = w->n_marks};
        norni_port_targets targets;
        const norni_port_targets *one = &targets;
        norni_port_stats *to = k < all->n_trains ? b->train + k : b->test + (k - all->n_trains);
        NORN_TRY(targets_of(s, &b->config, &m, w, &worker->arena, &targets, err));
        NORN_TRY(norni_port_simulate(&m, &plain, &b->config.rule, &one, 1, &worker->arena, &poll,
                                     to, NULL, err));
    }
    return NORN_OK;
}

static norn_status list_top(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    const norni_for_opt how = {.poll = norni_ctx_poll(s->ctx)};
    r->n_top = s->n_top;
    r->top = norni_arena_zero(&r->arena, s->n_top + 1, sizeof *r->top);
    norni_port_stats *stats =
        norni_arena_zero(&r->arena, 2 * s->n_top * r->n_splits + 1, sizeof *stats);
    if (r->top == NULL || stats == NULL)
        return norni_alloc_fail(err, "best ones", s->n_top * r->n_splits, sizeof *stats);
    for (size_t k = 0; k < s->n_top; k++, stats += 2 * r->n_splits) {
        norni_port_best *b = &r->top[k];
        b->row = s->top_row[k];
        b->train = stats;
        b->test = stats + r->n_splits;
        norni_port_grid_at(s->grid, b->row.id - 1, &b->config);
    }
    return norni_for(s->ctx, NULL, s->n_top, again, s, &how, err);
}

/* ---- paths of the best one ---- */

typedef struct stitch {
    double *returns, *buyhold; /* (n_oos) */
    int64_t *time;             /* (n_oos + 1) */
    size_t n;
} stitch;

static double change(double from, double to) {
    return from > 0 ? to / from - 1 : 0;
}

/* The returns of one test behind those of the tests before it. The first is from the capital: what the purchase cost is in it. */
static void join(const norni_port_search *s, const norni_port_path *p, size_t first, stitch *to) {
    const double capital = s->out->top[0].config.rule.capital;
    if (to->n == 0) to->time[0] = s->prices->time[first];
    for (size_t k = 1; k < p->n; k++) {
        to->returns[to->n] = change(k > 1 ? p->equity[k - 1] : capital, p->equity[k]);
        to->buyhold[to->n] = change(k > 1 ? p->buyhold[k - 1] : capital, p->buyhold[k]);
        to->time[++to->n] = s->prices->time[first + k];
    }
}

static norn_status record(norni_port_search *s, const norni_port_market *m, size_t window,
                          norni_arena *arena, norni_port_path *out, norn_err *err) {
    const norni_port_config *c = &s->out->top[0].config;
    const norni_port_window *w = &s->windows.window[window];
    const norni_port_window plain = {
        .first = w->first, .mark = &w->mark[w->n_marks - 1], .n_marks = 1};
    norni_port_targets targets;
    NORN_TRY(targets_of(s, c, m, w, arena, &targets, err));
    return norni_port_record(m, &plain, &c->rule, &targets, arena, out, err);
}

/* The tests one after another; the last one's path stays. */
static norn_status record_tests(norni_port_search *s, const norni_port_market *m, stitch *to,
                                norn_err *err) {
    norni_port_result *r = s->out;
    for (size_t i = 0; i < r->n_splits; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(&r->arena);
        NORN_TRY(record(s, m, s->windows.n_trains + i, &r->arena, &r->test_path, err));
        join(s, &r->test_path, r->split[i].test_first, to);
        if (i + 1 < r->n_splits) norni_arena_rewind(&r->arena, mark);
    }
    return NORN_OK;
}

static norn_status measure(norni_port_search *s, const stitch *t, norn_err *err) {
    norni_port_result *r = s->out;
    norni_port_metrics_opt opt = norni_port_metrics_opt_default();
    opt.convention = s->opt->convention;
    opt.periods_per_year = s->prices->periods_per_year;
    NORN_TRY(
        norni_port_metrics_of(t->returns, t->n, t->time, &opt, &r->arena, &r->best_metrics, err));
    return norni_port_metrics_of(t->buyhold, t->n, t->time, &opt, &r->arena, &r->buyhold_metrics,
                                 err);
}

static norn_status record_best(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    norni_port_market m;
    stitch t = {.n = 0};
    size_t n = 0;
    for (size_t i = 0; i < r->n_splits; i++)
        n += r->split[i].test_end - r->split[i].test_first - 1;
    t.returns = norni_arena_get(&r->arena, n, sizeof *t.returns);
    t.buyhold = norni_arena_get(&r->arena, n, sizeof *t.buyhold);
    t.time = norni_arena_get(&r->arena, n + 1, sizeof *t.time);
    if (t.returns == NULL || t.buyhold == NULL || t.time == NULL)
        return norni_alloc_fail(err, "paths", n, sizeof *t.returns);
    NORN_TRY(norni_port_set_market(s, &r->top[0].config, &r->arena, &m, err));
    NORN_TRY(record_tests(s, &m, &t, err));
    NORN_TRY(record(s, &m, s->windows.n_trains - 1, &r->arena, &r->train_path, err));
    r->oos_returns = t.returns;
    r->oos_buyhold = t.buyhold;
    r->oos_time = t.time;
    r->n_oos = t.n;
    return measure(s, &t, err);
}

norn_status norni_port_best_make(norni_port_search *s, norn_err *err) {
    NORN_TRY(list_top(s, err));
    return s->n_top > 0 ? record_best(s, err) : NORN_OK;
}

/* ---- luck ---- */

static norn_status say_why(norni_port_result *r, norn_status st, const norn_err *why,
                           norn_err *err) {
    if (st == NORN_E_MEM || st == NORN_E_CANCEL || st == NORN_E_INTERNAL)
        return norn_fail(err, st, "%s", why->text);
    r->pbo = (norni_port_pbo){.pbo = NORNI_NAN};
    norni_format(r->pbo_why, sizeof r->pbo_why, "%s", why->text);
    return NORN_OK;
}

/* Trials that failed are taken out; the others keep their order. */
static size_t close_ranks(norni_port_search *s) {
    const size_t each = s->windows.n_blocks;
    size_t n = 0;
    for (size_t k = 0; k < s->n_trials; k++) {
        if (s->trial_failed[k]) continue;
        if (n != k) memcpy(s->trial + n * each, s->trial + k * each, each * sizeof *s->trial);
        n++;
    }
    return n;
}

static norn_status judge_search(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    norn_err why = {.code = NORN_E_DATA};
    const size_t n = close_ranks(s), n_blocks = s->windows.n_blocks;
    if (n < 2 || n_blocks < 2) {
        norni_format(why.text, sizeof why.text,
                     n < 2 ? "fewer than two distinct configurations"
                           : "the tests are too short to be cut into blocks");
        return say_why(r, NORN_E_DATA, &why, err);
    }
    const norn_status st = norni_port_pbo_of(s->ctx, NULL, norni_port_metric_measure(r->metric),
                                             s->trial, n, n_blocks, &r->arena, &r->pbo, &why);
    return st == NORN_OK ? NORN_OK : say_why(r, st, &why, err);
}

static norni_port_deflated not_known(size_t n_returns, double n_trials, double spread) {
    return (norni_port_deflated){.n_returns = n_returns,
                                 .n_trials = n_trials,
                                 .sharpe = NORNI_NAN,
                                 .sharpe_std = spread,
                                 .expected_max = NORNI_NAN,
                                 .skew = NORNI_NAN,
                                 .kurtosis = NORNI_NAN,
                                 .probabilistic = NORNI_NAN,
                                 .deflated = NORNI_NAN,
                                 .min_track_record = NORNI_NAN};
}

static double deviation(const norni_port_spread *w) {
    return w->n > 1 ? sqrt(w->m2 / (w->n - 1)) : 0;
}

static norn_status deflate(const norni_port_result *r, const double *x, double n_trials,
                           double spread, norni_port_deflated *out, norn_err *err) {
    norn_err why;
    const norn_status st = norni_port_deflate(x, r->n_oos, n_trials, spread, out, &why);
    if (st == NORN_E_MEM || st == NORN_E_CANCEL) return norn_fail(err, st, "%s", why.text);
    if (st != NORN_OK) *out = not_known(r->n_oos, n_trials, spread);
    return NORN_OK;
}

/* The best one's returns less those of its purchase held: in a rising market any configuration has a high Sharpe ratio. What is not above
 * rounding is 0. */
static double *active_returns(norni_port_result *r) {
    double *x = norni_arena_get(&r->arena, r->n_oos, sizeof *x);
    for (size_t k = 0; x != NULL && k < r->n_oos; k++) {
        const double d = r->oos_returns[k] - r->oos_buyhold[k];
        x[k] = fabs(d) > 1e-14 ? d : 0;
    }
    return x;
}

/* The trials' ratios are of the same returns as the best one's. */
static norn_status judge_best(norni_port_search *s, norn_err *err) {
    norni_port_result *r = s->out;
    const norni_arena_mark mark = norni_arena_mark_get(&r->arena);
    const double n = r->n_trials_total < 1 ? 1 : (double)r->n_trials_total;
    double *active = active_returns(r);
    if (active == NULL) return norni_alloc_fail(err, "active returns", r->n_oos, sizeof *active);
    r->deflated_active = norni_port_metric_measure(r->metric) == NORNI_PORT_OF_ACTIVE;
    norn_status st = deflate(r, r->oos_returns, 1, 0, &r->raw, err);
    if (st == NORN_OK) st = deflate(r, active, 1, 0, &r->excess, err);
    if (st == NORN_OK)
        st = deflate(r, r->deflated_active ? active : r->oos_returns, n,
                     deviation(r->deflated_active ? &s->active_sharpes : &s->sharpes), &r->deflated,
                     err);
    norni_arena_rewind(&r->arena, mark);
    return st;
}

norn_status norni_port_judge(norni_port_search *s, norn_err *err) {
    NORN_TRY(judge_search(s, err));
    return judge_best(s, err);
}
