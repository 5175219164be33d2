/* The reference's grid: quick 12 and full 58,320 configurations, in its order. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Asset sets, weight schemes and axes are those of the reference optimiser (docs/portfolio-grid.md). A set that names a symbol which the
 * panel lacks keeps the others, and scheme k of the smaller count's list; where k lies beyond that list (quads have five
 * schemes, triples four), equal weights. */
#include "portfolio/portfolio_grid_parts.h"

enum { MOST = 5, SCHEMES = 5 };

typedef enum coin { BTC, ETH, BNB, SOL, ADA, XRP, MATIC, DOT, COINS } coin;
static const char *const coin_name[COINS] = {"BTC", "ETH", "BNB",   "SOL",
                                             "ADA", "XRP", "MATIC", "DOT"};

typedef struct coin_set {
    size_t n;
    coin coin[MOST];
} coin_set;

static const coin_set quick_sets[] = {
    {2, {BTC, ETH}}, {3, {BTC, ETH, BNB}}, {4, {BTC, ETH, SOL, BNB}}};

static const coin_set full_sets[] = {
    {2, {BTC, ETH}},
    {2, {BTC, BNB}},
    {2, {ETH, BNB}},
    /* the first twelve combinations of three of BTC ETH BNB SOL ADA XRP */
    {3, {BTC, ETH, BNB}},
    {3, {BTC, ETH, SOL}},
    {3, {BTC, ETH, ADA}},
    {3, {BTC, ETH, XRP}},
    {3, {BTC, BNB, SOL}},
    {3, {BTC, BNB, ADA}},
    {3, {BTC, BNB, XRP}},
    {3, {BTC, SOL, ADA}},
    {3, {BTC, SOL, XRP}},
    {3, {BTC, ADA, XRP}},
    {3, {ETH, BNB, SOL}},
    {3, {ETH, BNB, ADA}},
    {4, {BTC, ETH, SOL, BNB}},
    {4, {BTC, ETH, ADA, BNB}},
    {4, {BTC, ETH, SOL, MATIC}},
    {5, {BTC, ETH, BNB, SOL, ADA}},
    {5, {BTC, ETH, BNB, SOL, MATIC}},
};

typedef struct scheme_list {
    size_t n;
    double weight[SCHEMES][MOST];
} scheme_list;

static const scheme_list schemes[MOST + 1] = {
    [2] = {4, {{0.50, 0.50}, {0.60, 0.40}, {0.70, 0.30}, {0.40, 0.60}}},
    [3] = {4, {{0.33, 0.33, 0.34}, {0.50, 0.30, 0.20}, {0.40, 0.35, 0.25}, {0.60, 0.25, 0.15}}},
    [4] = {5,
           {{0.25, 0.25, 0.25, 0.25},
            {0.40, 0.30, 0.15, 0.15},
            {0.35, 0.35, 0.15, 0.15},
            {0.50, 0.25, 0.15, 0.10},
            {0.30, 0.30, 0.20, 0.20}}},
    [5] = {3,
           {{0.20, 0.20, 0.20, 0.20, 0.20},
            {0.35, 0.25, 0.20, 0.10, 0.10},
            {0.30, 0.25, 0.20, 0.15, 0.10}}},
};

static norn_status add_axes(norni_port_draft *d, bool quick) {
    static const double thresholds[] = {0.05, 0.08, 0.10, 0.12, 0.15, 0.20};
    static const double few_thresholds[] = {0.10, 0.15};
    static const double methods[] = {NORNI_PORT_THRESHOLD, NORNI_PORT_CALENDAR, NORNI_PORT_HYBRID};
    static const double days[] = {7, 14, 30, 60, 90};
    static const double hours[] = {12, 24, 48, 72};
    static const double momentum[] = {0, 30};
    if (quick) return norni_port_draft_axis(d, NORNI_PORT_AX_THRESHOLD, few_thresholds, 2);
    NORN_TRY(norni_port_draft_axis(d, NORNI_PORT_AX_THRESHOLD, thresholds, 6));
    NORN_TRY(norni_port_draft_axis(d, NORNI_PORT_AX_METHOD, methods, 3));
    NORN_TRY(norni_port_draft_axis(d, NORNI_PORT_AX_EVERY, days, 5));
    NORN_TRY(norni_port_draft_axis(d, NORNI_PORT_AX_INTERVAL, hours, 4));
    return norni_port_draft_axis(d, NORNI_PORT_AX_MOMENTUM_DAYS, momentum, 2);
}

static norn_status add_set(norni_port_draft *d, const coin_set *s, bool quick) {
    size_t asset[MOST], n = 0;
    for (size_t i = 0; i < s->n; i++) {
        size_t at;
        NORN_TRY(norni_port_draft_find(d, norni_str_of(coin_name[s->coin[i]]), &at));
        if (at != SIZE_MAX) asset[n++] = at;
    }
    norni_port_draft_named(d, s->n, n);
    for (size_t k = 0; k < schemes[s->n].n && (k < 2 || !quick); k++) {
        double equal[MOST];
        for (size_t i = 0; i < n; i++)
            equal[i] = 1 / (double)n;
        const norni_port_alloc a = {.kind = NORNI_PORT_FIXED,
                                    .weight = k < schemes[n].n ? schemes[n].weight[k] : equal,
                                    .n_weights = n,
                                    .max_weight = 1,
                                    .leverage = 1,
                                    .max_leverage = 1};
        NORN_TRY(norni_port_draft_pair(d, asset, n, &a));
    }
    return NORN_OK;
}

static norn_status fill(norni_port_draft *d, bool quick, norni_port_grid **out) {
    const coin_set *s = quick ? quick_sets : full_sets;
    const size_t n = quick ? sizeof quick_sets / sizeof *s : sizeof full_sets / sizeof *s;
    NORN_TRY(add_axes(d, quick));
    for (size_t i = 0; i < n; i++)
        NORN_TRY(add_set(d, &s[i], quick));
    return norni_port_draft_end(d, "with the weights of the smaller count", out);
}

norn_status norni_port_grid_reference(norni_arena *arena, bool quick, const norni_str *symbol,
                                      size_t n, const norni_port_grid_opt *opt,
                                      norni_port_grid **out, norn_err *err) {
    norni_port_draft d;
    norn_status st = norni_port_draft_begin(&d, arena, symbol, n, opt, err);
    if (st == NORN_OK) st = fill(&d, quick, out);
    norni_port_draft_clear(&d);
    return st;
}
