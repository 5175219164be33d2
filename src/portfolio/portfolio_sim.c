/* Many portfolios over one window: rules are checked, ordered into groups of like ones, run and read off. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_sim.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_lanes.h"

/* Bars times assets between two polls. */
enum { WORK = 1 << 15 };

norni_port_rule norni_port_rule_default(void) {
    return (norni_port_rule){.method = NORNI_PORT_THRESHOLD,
                             .threshold = 0.10,
                             .clock = NORNI_PORT_CLOCK_DAYS,
                             .every = 30,
                             .min_interval_hours = 24,
                             .momentum_limit = 0.20,
                             .capital = 10000};
}

typedef struct bound {
    size_t offset;
    const char *name;
    double least, most;
} bound;
#define ROW(field, least, most) \
    { offsetof(norni_port_rule, field), #field, least, most }

norn_status norni_port_rule_check(const norni_port_rule *rule, norn_err *err) {
    static const bound rows[] = {
        ROW(threshold, 0, 1e6),          ROW(every, 0, 1e9),
        ROW(min_interval_hours, 0, 1e9), ROW(momentum_days, 0, 1e9),
        ROW(momentum_limit, -1, 1e9),    ROW(turnover_cap, 0, 1e9),
        ROW(min_trade, 0, 1e9),          ROW(fee, 0, 0.5),
        ROW(slippage, 0, 0.5),           ROW(fixed_fee, 0, 1e15),
        ROW(capital, 1e-9, 1e18),        ROW(cash_rate, -0.999, 10),
        ROW(borrow_rate, -0.999, 10),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double x;
        memcpy(&x, (const char *)rule + rows[i].offset, sizeof x);
        if (!(x >= rows[i].least && x <= rows[i].most))
            return norn_fail(err, NORN_E_ARG, "rule: %s is %g, it must be from %g to %g",
                             rows[i].name, x, rows[i].least, rows[i].most);
    }
    if ((unsigned)rule->method > NORNI_PORT_NEVER)
        return norn_fail(err, NORN_E_ARG, "rule: method %d does not exist", (int)rule->method);
    if ((unsigned)rule->clock >= NORNI_PORT_CLOCKS)
        return norn_fail(err, NORN_E_ARG, "rule: clock %d does not exist", (int)rule->clock);
    if (rule->delay < 0)
        return norn_fail(err, NORN_E_ARG, "rule: delay is %d bars, it must not be negative",
                         (int)rule->delay);
    return NORN_OK;
}

static norn_status check_targets(const norni_port_market *m, const norni_port_targets *t,
                                 size_t first, norn_err *err) {
    if (!t || t->n == 0 || t->bar[0] != first)
        return norn_fail(err, NORN_E_ARG, "portfolio: the first target must stand at bar %zu",
                         first);
    for (size_t k = 1; k < t->n; k++)
        if (t->bar[k] <= t->bar[k - 1])
            return norn_fail(err, NORN_E_ARG, "portfolio: the targets' bars must ascend");
    for (size_t i = 0; i < t->n * m->n_assets; i++)
        if (!(fabs(t->weight[i]) <= 1e6))
            return norn_fail(err, NORN_E_ARG, "portfolio: a weight is %g, it must be finite",
                             t->weight[i]);
    return NORN_OK;
}

norn_status norni_port_run_check(const norni_port_market *m, const norni_port_window *w,
                                 const norni_port_rule *rule,
                                 const norni_port_targets *const *targets, size_t n,
                                 norn_err *err) {
    if (m->n_assets == 0 || !(m->periods_per_year > 0))
        return norn_fail(err, NORN_E_ARG, "portfolio: %zu assets, %g bars a year", m->n_assets,
                         m->periods_per_year);
    if (w->n_marks == 0) return norn_fail(err, NORN_E_ARG, "portfolio: a window without a mark");
    for (size_t i = 0; i < w->n_marks; i++)
        if (w->mark[i] < (i ? w->mark[i - 1] + 1 : w->first + 2) || w->mark[i] > m->n_bars)
            return norn_fail(err, NORN_E_ARG, "portfolio: mark %zu in a window from bar %zu of %zu",
                             w->mark[i], w->first, m->n_bars);
    for (size_t i = 0; i < w->n_blocks; i++)
        if (w->block[i] <= (i ? w->block[i - 1] : w->first) ||
            w->block[i] > w->mark[w->n_marks - 1])
            return norn_fail(err, NORN_E_ARG, "portfolio: a block ends at bar %zu", w->block[i]);
    for (size_t i = 0; i < n; i++) {
        NORN_TRY(norni_port_rule_check(&rule[i], err));
        if (i == 0 || targets[i] != targets[i - 1])
            NORN_TRY(check_targets(m, targets[i], w->first, err));
    }
    return NORN_OK;
}

int norni_port_rule_kind(const norni_port_rule *r, bool gaps) {
    int kind = 0;
    if (r->method == NORNI_PORT_THRESHOLD || r->method == NORNI_PORT_HYBRID)
        kind |= NORNI_PORT_BANDS | (r->relative ? NORNI_PORT_RELATIVE : 0);
    if (gaps || r->edge || r->turnover_cap > 0 || r->delay > 0 || r->min_trade > 0 ||
        r->fixed_fee > 0 || r->cash_rate != 0 || r->borrow_rate != 0)
        kind |= NORNI_PORT_FULL;
    return kind;
}

norn_status norni_port_live(const norni_port_market *m, size_t first, size_t end,
                            norni_arena *arena, const uint8_t **live, norn_err *err) {
    const size_t n = m->n_assets, from = first * n, to = end * n;
    bool all = true;
    for (size_t i = from; i < to && all; i++)
        all = m->price[i] > 0 && (!m->traded || m->traded[i]);
    *live = NULL;
    if (all) return NORN_OK;
    uint8_t *out = norni_arena_zero(arena, to, 1);
    if (!out) return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu bars", end - first);
    for (size_t i = from; i < to; i++)
        out[i] = m->price[i] > 0 && (!m->traded || m->traded[i]);
    *live = out;
    return NORN_OK;
}

/* What tells how alike two portfolios are: those that trade at the same bars belong together. */
typedef struct alike {
    uint64_t what; /* kind, calendar, clock and units */
    uint64_t when; /* targets, momentum, band */
} alike;

static uint32_t bits_of(double x) {
    const float narrow = (float)x;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    return bits;
}

/* nth: how many other targets came before. */
static alike alike_of(const norni_port_rule *r, int kind, size_t nth) {
    const bool calendar = r->method == NORNI_PORT_CALENDAR || r->method == NORNI_PORT_HYBRID;
    const uint64_t clock = calendar ? r->clock : 0, momentum = r->momentum_days > 0;
    return (alike){(uint64_t)kind << 60 | (uint64_t)calendar << 59 | clock << 56 |
                       (uint64_t)(calendar ? bits_of(r->every) : 0) << 24,
                   (uint64_t)nth << 33 | momentum << 32 | bits_of(r->threshold)};
}

static bool goes_first(alike a, alike b) {
    return a.what != b.what ? a.what < b.what : a.when <= b.when;
}

/* order (n): stable, by key (n); spare (n). Merges runs of 1, 2, 4, ... */
static size_t *sort_alike(const alike *key, size_t *order, size_t *spare, size_t n) {
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t lo = 0; lo < n; lo += 2 * run) {
            const size_t mid = lo + run < n ? lo + run : n, hi = mid + run < n ? mid + run : n;
            size_t i = lo, j = mid;
            for (size_t o = lo; o < hi; o++)
                spare[o] = j >= hi || (i < mid && goes_first(key[order[i]], key[order[j]]))
                               ? order[i++]
                               : order[j++];
        }
        size_t *t = order;
        order = spare, spare = t;
    }
    return order;
}

typedef struct job {
    const norni_port_kernel *kernel;
    const norni_port_window *w;
    const norni_poll *poll;
    size_t chunk;
    norni_port_stats *stats;
    norni_port_block *blocks;
} job;

/* Equities at the end of the last block. */
typedef struct ends {
    double own[NORNI_PORT_LANES], hold[NORNI_PORT_LANES];
} ends;

static double growth(double from, double to) {
    const double ratio = from > 0 ? to / from : 1;
    return norni_log(ratio > NORNI_PORT_TINY ? ratio : NORNI_PORT_TINY);
}

static void read_block(norni_port_group *g, const job *j, const size_t *at, size_t lanes, size_t b,
                       ends *last) {
    const norni_port_window *w = j->w;
    const size_t from = b ? w->block[b - 1] : w->first + 1;
    double hold[NORNI_PORT_LANES];
    norni_port_group_hold(g, w->block[b] - 1, hold);
    for (size_t i = 0; i < lanes && j->blocks; i++) {
        const double own = growth(last->own[i], g->equity[i]);
        j->blocks[at[i] * w->n_blocks + b] =
            (norni_port_block){(double)(w->block[b] - from), norni_canonical(g->sum[i]),
                               norni_canonical(g->squares[i]), norni_canonical(own),
                               norni_canonical(own - growth(last->hold[i], hold[i]))};
    }
    memcpy(last->own, g->equity, sizeof last->own);
    memcpy(last->hold, hold, sizeof hold);
    memset(g->sum, 0, sizeof g->sum);
    memset(g->squares, 0, sizeof g->squares);
}

/* One group through the window; at (lanes): where its portfolios stand. */
static norn_status run_group(norni_port_group *g, const job *j, const size_t *at, size_t lanes,
                             norn_err *err) {
    const norni_port_window *w = j->w;
    size_t mark = 0, block = 0, t = w->first + 1;
    ends last;
    for (size_t i = 0; i < NORNI_PORT_LANES; i++)
        last.own[i] = last.hold[i] = g->lane[i].rule->capital;
    while (block < w->n_blocks && w->block[block] <= t)
        read_block(g, j, at, lanes, block++, &last);
    while (mark < w->n_marks) {
        size_t to = t + j->chunk < w->mark[mark] ? t + j->chunk : w->mark[mark];
        if (block < w->n_blocks && w->block[block] < to) to = w->block[block];
        norni_port_group_run(g, j->kernel, t, to);
        t = to;
        if (g->hold_risky) { /* bar by bar: between polls, not all at the mark */
            double hold[NORNI_PORT_LANES];
            norni_port_group_hold(g, t - 1, hold);
        }
        if (block < w->n_blocks && w->block[block] == t)
            read_block(g, j, at, lanes, block++, &last);
        if (w->mark[mark] == t) {
            norni_port_stats s[NORNI_PORT_LANES];
            norni_port_group_stats(g, t, s);
            for (size_t i = 0; i < lanes; i++)
                j->stats[at[i] * w->n_marks + mark] = s[i];
            mark++;
        }
        if (norni_poll_stop(j->poll)) return norn_fail(err, NORN_E_CANCEL, "portfolio: cancelled");
    }
    return NORN_OK;
}

static norn_status run_all(const norni_port_market *m, const job *j, int kind,
                           const norni_port_rule *rule, const norni_port_targets *const *targets,
                           size_t n, norni_arena *scratch, norn_err *err) {
    const size_t end = j->w->mark[j->w->n_marks - 1];
    const uint8_t *live;
    norni_port_group *g;
    NORN_TRY(norni_port_live(m, j->w->first, end, scratch, &live, err));
    NORN_TRY(norni_port_group_make(m, j->w->first, end, live, scratch, &g, err));
    size_t *order = norni_arena_get(scratch, n, sizeof *order);
    size_t *spare = norni_arena_get(scratch, n, sizeof *spare);
    alike *key = norni_arena_get(scratch, n, sizeof *key);
    if (!order || !spare || !key)
        return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu configurations", n);
    for (size_t i = 0, nth = 0; i < n; i++) {
        nth += i > 0 && targets[i] != targets[i - 1];
        key[i] = alike_of(
            &rule[i], norni_port_rule_kind(&rule[i], live != NULL || m->out != NULL) | kind, nth);
    }
    order = sort_alike(key, order, spare, n);
    for (size_t i = 0; i < n; i += NORNI_PORT_LANES) {
        const size_t lanes = n - i < NORNI_PORT_LANES ? n - i : NORNI_PORT_LANES;
        const norni_port_rule *r[NORNI_PORT_LANES];
        const norni_port_targets *t[NORNI_PORT_LANES];
        int all = 0;
        for (size_t l = 0; l < NORNI_PORT_LANES; l++) { /* lanes too many repeat the last */
            const size_t at = order[i + (l < lanes ? l : lanes - 1)];
            r[l] = &rule[at], t[l] = targets[at];
            all |= (int)(key[at].what >> 60);
        }
        norni_port_group_start(g, j->kernel, all, r, t);
        NORN_TRY(run_group(g, j, order + i, lanes, err));
    }
    return NORN_OK;
}

norn_status norni_port_simulate_on(norni_port_simd widest, int kind, const norni_port_market *m,
                                   const norni_port_window *w, const norni_port_rule *rule,
                                   const norni_port_targets *const *targets, size_t n,
                                   norni_arena *scratch, const norni_poll *poll,
                                   norni_port_stats *stats, norni_port_block *blocks,
                                   norn_err *err) {
    NORN_TRY(norni_port_run_check(m, w, rule, targets, n, err));
    if (n == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    const job j = {.kernel = norni_port_kernel_get(widest),
                   .w = w,
                   .poll = poll,
                   .chunk = WORK / m->n_assets + 16,
                   .stats = stats,
                   .blocks = blocks};
    const norn_status st = run_all(m, &j, kind, rule, targets, n, scratch, err);
    norni_arena_rewind(scratch, mark);
    return st;
}

norn_status norni_port_simulate(const norni_port_market *m, const norni_port_window *w,
                                const norni_port_rule *rule,
                                const norni_port_targets *const *targets, size_t n,
                                norni_arena *scratch, const norni_poll *poll,
                                norni_port_stats *stats, norni_port_block *blocks, norn_err *err) {
    return norni_port_simulate_on(NORNI_PORT_AVX512, 0, m, w, rule, targets, n, scratch, poll,
                                  stats, blocks, err);
}
