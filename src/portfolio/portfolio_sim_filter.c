/* A filter's trades: assets that go out are sold at once, and where one comes back all go to their targets. */
/* SPDX-License-Identifier: Apache-2.0 */
/* While an asset is out its weight is 0, so that every rule of rebalancing looks at what the filter leaves. What flips is owed by each
 * lane until it has been traded: a trade that is pending is waited for, an asset that cannot be traded stays owed. */
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_lanes.h"

norn_status norni_port_filter_flips(norni_port_group *g, norni_arena *arena, norn_err *err) {
    const uint8_t *out = g->market->out;
    const size_t n = g->market->n_assets;
    size_t count = 0;
    if (!out) return NORN_OK;
    for (size_t t = g->first + 1; t < g->end; t++)
        count += memcmp(out + t * n, out + (t - 1) * n, n) != 0;
    g->flip = norni_arena_get(arena, count + 1, sizeof *g->flip);
    if (!g->flip) return norn_fail(err, NORN_E_MEM, "portfolio: no memory for a filter");
    for (size_t t = g->first + 1; t < g->end; t++)
        if (memcmp(out + t * n, out + (t - 1) * n, n) != 0) g->flip[g->n_flips++] = t;
    return NORN_OK;
}

static double target_of(const norni_port_group *g, size_t i, size_t a) {
    const norni_port_lane *l = &g->lane[i];
    return l->targets->weight[l->target * g->market->n_assets + a];
}

static double band_of(const norni_port_rule *r, double w) {
    if (r->method != NORNI_PORT_THRESHOLD && r->method != NORNI_PORT_HYBRID) return NORNI_INF;
    return r->relative ? r->threshold * (w < 0 ? -w : w) : r->threshold;
}

void norni_port_filter_flip(norni_port_group *g, size_t t) {
    const size_t n = g->market->n_assets;
    const uint8_t *now = g->market->out + t * n;
    if (t == g->first) {
        memset(g->owed, 0, n), memset(g->serving, 0, n);
    } else {
        g->next_flip++;
    }
    for (size_t i = 0; i < 8; i++) {
        if (g->lane[i].ruined) continue;
        for (size_t a = 0; a < n; a++) {
            const double w = now[a] ? 0 : target_of(g, i, a);
            g->weight[8 * a + i] = w;
            g->band[8 * a + i] = band_of(g->lane[i].rule, w);
            if (t == g->first || now[a] == g->out[a]) continue;
            g->owed[a] |= (uint8_t)(1U << i);
            g->owing |= 1U << i;
        }
    }
    g->out = now;
}

/* What a lane owes and can trade at bar t goes from owed to serving; whether anything does, and whether some of it comes back. */
static bool take_up(norni_port_group *g, size_t i, size_t t, bool *back) {
    const size_t n = g->market->n_assets;
    const uint8_t bit = (uint8_t)(1U << i);
    const uint8_t *live = g->live ? g->live + t * n : NULL;
    bool any = false, rest = false;
    *back = false;
    for (size_t a = 0; a < n; a++) {
        if (!(g->owed[a] & bit)) continue;
        const bool none = g->weight[8 * a + i] == 0 && g->shares[8 * a + i] == 0;
        if (!none && live && !live[a]) {
            rest = true;
            continue;
        }
        g->owed[a] &= (uint8_t)~bit;
        if (none) continue;
        g->serving[a] |= bit;
        *back |= !g->out[a];
        any = true;
    }
    if (!rest) g->owing &= ~(1U << i);
    return any;
}

/* An exit is the asset's alone; to come back all go to their targets, for the others may have grown into its share. */
static void set_goal(norni_port_group *g, size_t i, bool back, double *goal, uint8_t *chosen) {
    const unsigned bit = 1U << i;
    for (size_t a = 0; a < g->market->n_assets; a++) {
        goal[8 * a + i] = g->weight[8 * a + i];
        chosen[a] = (uint8_t)(back || g->serving[a] & bit ? chosen[a] | bit : chosen[a] & ~bit);
    }
}

unsigned norni_port_filter_decide(norni_port_group *g, size_t t, unsigned *go) {
    unsigned told = 0;
    for (unsigned left = g->owing & ~g->broke; left; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctz(left);
        norni_port_lane *l = &g->lane[i];
        bool back;
        if (l->execute != SIZE_MAX || !take_up(g, i, t, &back)) continue;
        told |= 1U << i;
        if (l->rule->delay == 0) {
            set_goal(g, i, back, g->goal, g->chosen);
            *go |= 1U << i;
            continue;
        }
        set_goal(g, i, back, g->later, g->chosen_later);
        l->filtering = true;
        l->execute = t + (size_t)l->rule->delay;
        if (l->execute < g->event) g->event = l->execute;
        g->next[i] = g->armed[i] = NORNI_INF;
    }
    return told;
}

void norni_port_filter_done(norni_port_group *g, size_t i, size_t t, bool did) {
    const size_t n = g->market->n_assets;
    const uint8_t bit = (uint8_t)(1U << i);
    const uint8_t *live = g->live ? g->live + t * n : NULL;
    g->lane[i].filtering = false;
    g->lane[i].filtered += did;
    for (size_t a = 0; a < n; a++) {
        if (!(g->serving[a] & bit)) continue;
        g->serving[a] &= (uint8_t)~bit;
        if (did && (!live || live[a])) continue;
        g->owed[a] |= bit;
        g->owing |= 1U << i;
    }
}

void norni_port_filter_close(norni_port_group *g, size_t i) {
    for (size_t a = 0; a < g->market->n_assets; a++) {
        g->owed[a] &= (uint8_t) ~(1U << i);
        g->serving[a] &= (uint8_t) ~(1U << i);
    }
    g->owing &= ~(1U << i);
    g->lane[i].filtering = false;
}
