/* What a group's running sums say at a mark, and what buying and holding would have come to. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_lanes.h"

void norni_port_group_hold_start(norni_port_group *g) {
    g->hold_at = g->first;
    g->hold_broke = g->hold_risky = 0;
    for (size_t i = 0; i < NORNI_PORT_LANES; i++) {
        const double cash = g->cash[i], bars = (double)(g->end - g->first);
        /* A bound below all the window's equities; 1.001: the powers' rounding. */
        double least = !(g->kind & NORNI_PORT_FULL) ? cash
                       : cash >= 0                  ? 0
                       : g->debt[i] > 1             ? 1.001 * cash * norni_pow(g->debt[i], bars)
                                                    : cash;
        bool risky = false;
        g->hold_cash[i] = g->cash[i];
        for (size_t a = 0; a < g->market->n_assets; a++) {
            g->hold[8 * a + i] = g->shares[8 * a + i];
            least += g->shares[8 * a + i] * g->lowest[a];
            risky |= g->shares[8 * a + i] < 0;
        }
        risky |= !(least > NORNI_PORT_TINY);
        g->hold_risky |= (unsigned)risky << i;
    }
}

static double held(const norni_port_group *g, size_t i, size_t t) {
    const double *p = g->market->price + t * g->market->n_assets;
    double e = g->hold_cash[i];
    for (size_t a = 0; a < g->market->n_assets; a++)
        e += g->hold[8 * a + i] * p[a];
    return e;
}

/* Interest on what was not spent, bar by bar; where nothing can be ruined. */
static void add_interest(norni_port_group *g, size_t bars) {
    double cash[NORNI_PORT_LANES], rate[NORNI_PORT_LANES];
    for (size_t i = 0; i < NORNI_PORT_LANES; i++)
        cash[i] = g->hold_cash[i], rate[i] = cash[i] < 0 ? g->debt[i] : g->interest[i];
    for (size_t u = 0; u < bars; u++)
        for (size_t i = 0; i < NORNI_PORT_LANES; i++)
            cash[i] *= rate[i];
    for (size_t i = 0; i < NORNI_PORT_LANES; i++)
        if (!(g->hold_risky >> i & 1)) g->hold_cash[i] = cash[i];
}

void norni_port_group_hold(norni_port_group *g, size_t t, double out[NORNI_PORT_LANES]) {
    if (g->kind & NORNI_PORT_FULL) add_interest(g, t - g->hold_at);
    for (size_t i = 0; i < NORNI_PORT_LANES; i++) {
        const unsigned bit = 1U << i;
        if (g->hold_risky & bit)
            for (size_t u = g->hold_at + 1; u <= t && !(g->hold_broke & bit); u++) {
                g->hold_cash[i] *= g->hold_cash[i] < 0 ? g->debt[i] : g->interest[i];
                if (held(g, i, u) <= NORNI_PORT_TINY) g->hold_broke |= bit;
            }
        const double e = g->hold_broke & bit ? 0 : held(g, i, t);
        out[i] = e > NORNI_PORT_TINY ? e : 0;
    }
    g->hold_at = t;
}

static double ratio(double above, double below) {
    return below > 0 ? norni_canonical(above / below) : NORNI_NAN;
}

void norni_port_group_stats(norni_port_group *g, size_t mark,
                            norni_port_stats out[NORNI_PORT_LANES]) {
    double hold[NORNI_PORT_LANES];
    norni_port_group_hold(g, mark - 1, hold);
    const size_t count = mark - 1 - g->first;
    const double n = (double)count, year = g->market->periods_per_year, root = sqrt(year);
    for (size_t i = 0; i < NORNI_PORT_LANES; i++) {
        const norni_port_lane *l = &g->lane[i];
        const double capital = l->rule->capital, value = g->equity[i];
        const double sd = n > 1 ? sqrt(g->m2[i] / (n - 1)) : NORNI_NAN;
        const double fall = sqrt(g->down[i] / n), mean = g->mean[i] * year;
        norni_port_stats *s = &out[i];
        *s = (norni_port_stats){.n_returns = count, .ruined = l->ruined};
        s->final_value = norni_canonical(value);
        s->total_return = norni_canonical(value / capital - 1);
        s->buyhold_return = norni_canonical(hold[i] / capital - 1);
        s->cagr = norni_canonical(norni_pow(value / capital, year / n) - 1);
        s->volatility = norni_canonical(sd * root);
        s->sharpe = ratio(mean, sd * root);
        s->sortino = ratio(mean, fall * root);
        s->max_drawdown = norni_canonical(g->worst[i]);
        s->calmar = ratio(s->cagr, -s->max_drawdown);
        s->omega = ratio(g->gain[i], -g->loss[i]);
        s->ulcer = norni_canonical(sqrt(g->ulcer[i] / (n + 1)));
        /* A streak counts the bars since the last peak; one bar is a drawdown only where it has not ended. */
        s->longest_drawdown = g->longest[i] > 1 ? g->longest[i] : g->streak[i];
        s->turnover = norni_canonical(g->turnover[i]);
        s->costs = norni_canonical(g->costs[i]);
        s->n_rebalances = l->rebalances;
        s->unbought = l->unbought && l->rebalances == 0 && l->filtered == 0;
        s->n_filtered = l->filtered;
        s->n_blocked = l->blocked + (size_t)g->held_back[i];
    }
}
