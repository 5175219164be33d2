/* What a lane's rebalance is to reach, beside what cannot be traded. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_lanes.h"

/* What a weight of w is worth at equity e, beside the holdings of its side that cannot be traded at bar t. */
static double asked_of(const norni_port_group *g, size_t i, size_t t, double w) {
    const size_t n = g->market->n_assets;
    const double *p = g->market->price + t * n, e = g->before[i], sign = w > 0 ? 1 : -1;
    double open = 0, held = 0, own = 0;
    for (size_t a = 0; g->live && a < n; a++) {
        const double wanted = g->weight[8 * a + i] * sign, asked = wanted > 0 ? wanted : 0;
        const double h = g->shares[8 * a + i] * p[a] * sign;
        if (g->live[t * n + a])
            open += asked;
        else if (h > asked * e)
            held += h, own += asked;
    }
    if (!(held > 0 && open > NORNI_PORT_ROOM)) return w * e;
    const double left = (1.0 + own / open) * e - held / open;
    return left < 0 ? 0 : w * left;
}

void norni_port_goal_set(norni_port_group *g, size_t i, size_t t, double *goal, uint8_t *chosen) {
    const norni_port_rule *r = g->lane[i].rule;
    const size_t n = g->market->n_assets;
    const unsigned bit = 1U << i;
    const bool edges = r->edge && !(g->timed & bit);
    const double *p = g->market->price + t * n;
    for (size_t a = 0; a < n; a++) {
        const double w = g->weight[8 * a + i];
        const double d = g->shares[8 * a + i] * p[a] - asked_of(g, i, t, w);
        const double band = g->band[8 * a + i];
        const bool out =
            (d < 0 ? -d : d) > band * g->before[i] && !(g->live && !g->live[t * n + a]);
        goal[8 * a + i] = !edges ? w : d > 0 ? w + band : w - band;
        chosen[a] = (uint8_t)(!edges || out ? chosen[a] | bit : chosen[a] & ~bit);
    }
}

void norni_port_goal_take(norni_port_group *g, size_t i) {
    const unsigned bit = 1U << i;
    for (size_t a = 0; a < g->market->n_assets; a++) {
        g->goal[8 * a + i] = g->later[8 * a + i];
        g->chosen[a] = (uint8_t)((g->chosen[a] & ~bit) | (g->chosen_later[a] & bit));
    }
}
