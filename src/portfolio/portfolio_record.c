/* One portfolio with everything that happened to it: equity, holdings, rebalances. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_lanes.h"

/* The first lane of a group, before a bar. */
typedef struct before {
    double *shares; /* (n_assets) */
    double cash, costs;
    size_t rebalances, filtered;
} before;

static norn_status make_path(norni_port_path *p, size_t n, size_t assets, norni_arena *arena,
                             norn_err *err) {
    *p = (norni_port_path){.n = n, .n_assets = assets};
    p->equity = norni_arena_get(arena, n, sizeof *p->equity);
    p->cash = norni_arena_get(arena, n, sizeof *p->cash);
    p->buyhold = norni_arena_get(arena, n, sizeof *p->buyhold);
    p->value = norni_arena_get(arena, n, assets * sizeof *p->value);
    if (!p->equity || !p->cash || !p->buyhold || !p->value)
        return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu bars of %zu assets", n,
                         assets);
    return NORN_OK;
}

/* State after bar t. */
static void note(norni_port_path *p, norni_port_group *g, size_t t) {
    const size_t n = p->n_assets, at = t - g->first;
    double hold[NORNI_PORT_LANES];
    norni_port_group_hold(g, t, hold);
    p->equity[at] = g->equity[0];
    p->cash[at] = g->cash[0];
    p->buyhold[at] = hold[0];
    for (size_t a = 0; a < n; a++)
        p->value[at * n + a] = g->shares[8 * a] * g->market->price[t * n + a];
}

static norni_port_event *next_event(norni_port_path *p, norni_arena *arena) {
    const size_t n = p->n_events;
    if ((n & (n - 1)) == 0) { /* full at the powers of two */
        norni_port_event *more = norni_arena_get(arena, n ? 2 * n : 1, sizeof *more);
        if (!more) return NULL;
        if (n) memcpy(more, p->event, n * sizeof *more);
        p->event = more;
    }
    norni_port_event *e = &p->event[n];
    e->weights_before = norni_arena_get(arena, p->n_assets, sizeof *e->weights_before);
    if (!e->weights_before) return NULL;
    p->n_events++;
    return e;
}

static norn_status note_event(norni_port_path *p, const norni_port_group *g, const before *b,
                              size_t t, norni_arena *arena, norn_err *err) {
    const size_t n = p->n_assets;
    const double *price = g->market->price + t * n;
    const double cash = b->cash * (b->cash < 0 ? g->debt[0] : g->interest[0]);
    norni_port_event *e = next_event(p, arena);
    if (!e) return norn_fail(err, NORN_E_MEM, "portfolio: no memory for rebalances");
    double total = cash, traded = 0, far = 0;
    for (size_t a = 0; a < n; a++)
        total += b->shares[a] * price[a];
    for (size_t a = 0; a < n; a++) {
        const double h = b->shares[a] * price[a], d = g->shares[8 * a] * price[a] - h;
        const double w = h / total, off = w - g->weight[8 * a];
        traded += d < 0 ? -d : d;
        e->weights_before[a] = w;
        if (!g->live || g->live[t * n + a]) far = off > far ? off : -off > far ? -off : far;
    }
    e->bar = t;
    e->total_value = total;
    e->max_deviation = far;
    e->turnover = traded / total;
    e->cost = g->costs[0] - b->costs;
    e->filtered = g->lane[0].filtered != b->filtered;
    return NORN_OK;
}

norn_status norni_port_record(const norni_port_market *m, const norni_port_window *w,
                              const norni_port_rule *rule, const norni_port_targets *targets,
                              norni_arena *arena, norni_port_path *out, norn_err *err) {
    NORN_TRY(norni_port_run_check(m, w, rule, &targets, 1, err));
    const size_t end = w->mark[w->n_marks - 1], n = m->n_assets;
    const norni_port_kernel *k = norni_port_kernel_get(NORNI_PORT_AVX512);
    const norni_port_rule *rules[NORNI_PORT_LANES];
    const norni_port_targets *targetss[NORNI_PORT_LANES];
    const uint8_t *live;
    norni_port_group *g;
    before b = {.shares = norni_arena_get(arena, n, sizeof *b.shares)};
    if (!b.shares) return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu assets", n);
    NORN_TRY(make_path(out, end - w->first, n, arena, err));
    NORN_TRY(norni_port_live(m, w->first, end, arena, &live, err));
    NORN_TRY(norni_port_group_make(m, w->first, end, live, arena, &g, err));
    for (size_t i = 0; i < NORNI_PORT_LANES; i++)
        rules[i] = rule, targetss[i] = targets;
    norni_port_group_start(g, k, norni_port_rule_kind(rule, live != NULL || m->out != NULL), rules,
                           targetss);
    note(out, g, w->first);
    for (size_t t = w->first + 1; t < end; t++) {
        for (size_t a = 0; a < n; a++)
            b.shares[a] = g->shares[8 * a];
        b.cash = g->cash[0], b.costs = g->costs[0], b.rebalances = g->lane[0].rebalances;
        b.filtered = g->lane[0].filtered;
        norni_port_group_run(g, k, t, t + 1);
        note(out, g, t);
        if (g->lane[0].rebalances != b.rebalances || g->lane[0].filtered != b.filtered)
            NORN_TRY(note_event(out, g, &b, t, arena, err));
    }
    norni_port_stats s[NORNI_PORT_LANES];
    norni_port_group_stats(g, end, s);
    out->stats = s[0];
    return NORN_OK;
}
