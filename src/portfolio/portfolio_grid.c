/* Grids: the table of (assets, weights), mixed-radix indices into the product of the rule's axes, counts. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration's index is pair * n_rules + rule. Pairs lie in a table, for a set that lacks a symbol may have become the same as
 * another; the rule's index is read digit by digit, one for each axis. Both are constant time. */
#include "base/pack.h"
#include "portfolio/portfolio_grid_parts.h"

norni_port_digits norni_port_grid_digits(const norni_port_grid *g, uint64_t rule) {
    norni_port_digits x = {{0}};
    for (size_t a = NORNI_PORT_AXES; a-- > 0;) {
        const size_t n = g->axis[a].n;
        if (n == 1) continue;
        x.d[a] = (size_t)(rule % n);
        rule /= n;
    }
    return x;
}

uint64_t norni_port_grid_rule(const norni_port_grid *g, const norni_port_digits *x) {
    uint64_t rule = 0;
    for (size_t a = 0; a < NORNI_PORT_AXES; a++)
        rule = rule * g->axis[a].n + x->d[a];
    return rule;
}

static double value_of(const norni_port_grid *g, const norni_port_digits *x, norni_port_axis axis) {
    return g->axis[axis].v[x->d[axis]];
}

static void fill_rule(const norni_port_grid *g, uint64_t index, norni_port_rule *r) {
    const norni_port_digits x = norni_port_grid_digits(g, index);
    *r = (norni_port_rule){
        .method = (norni_port_method)value_of(g, &x, NORNI_PORT_AX_METHOD),
        .threshold = value_of(g, &x, NORNI_PORT_AX_THRESHOLD),
        .relative = value_of(g, &x, NORNI_PORT_AX_RELATIVE) > 0,
        .edge = value_of(g, &x, NORNI_PORT_AX_EDGE) > 0,
        .clock = (norni_port_clock)value_of(g, &x, NORNI_PORT_AX_CLOCK),
        .every = value_of(g, &x, NORNI_PORT_AX_EVERY),
        .min_interval_hours = value_of(g, &x, NORNI_PORT_AX_INTERVAL),
        .momentum_days = value_of(g, &x, NORNI_PORT_AX_MOMENTUM_DAYS),
        .momentum_limit = value_of(g, &x, NORNI_PORT_AX_MOMENTUM_LIMIT),
        .turnover_cap = value_of(g, &x, NORNI_PORT_AX_TURNOVER_CAP),
        .delay = (int32_t)value_of(g, &x, NORNI_PORT_AX_DELAY),
        .min_trade = value_of(g, &x, NORNI_PORT_AX_MIN_TRADE),
        .fee = value_of(g, &x, NORNI_PORT_AX_FEE),
        .slippage = value_of(g, &x, NORNI_PORT_AX_SLIPPAGE),
        .fixed_fee = value_of(g, &x, NORNI_PORT_AX_FIXED_FEE),
        .capital = value_of(g, &x, NORNI_PORT_AX_CAPITAL),
        .cash_rate = value_of(g, &x, NORNI_PORT_AX_CASH_RATE),
        .borrow_rate = value_of(g, &x, NORNI_PORT_AX_BORROW_RATE),
    };
}

void norni_port_grid_at(const norni_port_grid *g, uint64_t index, norni_port_config *out) {
    const norni_port_grid_pair *p = &g->pair[index / g->n_rules];
    out->id = index + 1;
    out->usable = p->set != UINT32_MAX;
    out->n_assets = out->set = out->allocation = 0;
    out->alloc = (norni_port_alloc){.kind = NORNI_PORT_EQUAL, .leverage = 1, .max_leverage = 1};
    if (out->usable) {
        const size_t first = g->set_first[p->set];
        out->n_assets = g->set_first[p->set + 1] - first;
        memcpy(out->asset, g->set_asset + first, out->n_assets * sizeof *out->asset);
        out->set = p->set;
        out->allocation = p->alloc;
        out->alloc = g->alloc[p->alloc];
    }
    fill_rule(g, index % g->n_rules, &out->rule);
}

uint64_t norni_port_grid_same(const norni_port_grid *g, uint64_t index) {
    const norni_port_grid_pair *p = &g->pair[index / g->n_rules];
    if (p->set == UINT32_MAX) return UINT64_MAX;
    norni_port_digits x = norni_port_grid_digits(g, index % g->n_rules);
    norni_port_digits_least(g, &g->alloc[p->alloc], &x);
    return p->same * g->n_rules + norni_port_grid_rule(g, &x);
}

/* The classes of a pair's rules depend on its allocation alone, so a look at each pair counts them all. */
norni_port_grid_counts norni_port_grid_count(const norni_port_grid *g) {
    norni_port_grid_counts c = {g->n_pairs * g->n_rules, 0, 0};
    uint64_t rules[2] = {0, 0}; /* of allocations that change, that stay */
    for (size_t i = 0; i < g->n_pairs; i++) {
        const norni_port_grid_pair *p = &g->pair[i];
        if (p->set == UINT32_MAX) continue;
        c.n_usable += g->n_rules;
        if (p->same != i) continue;
        const bool still = norni_port_alloc_is_still(&g->alloc[p->alloc]);
        if (rules[still] == 0)
            rules[still] = norni_port_grid_rules_distinct(g, &g->alloc[p->alloc]);
        c.n_distinct += rules[still];
    }
    return c;
}

size_t norni_port_grid_sets(const norni_port_grid *g) {
    return g->n_sets;
}

size_t norni_port_grid_allocations(const norni_port_grid *g) {
    return g->n_allocs;
}

void norni_port_grid_notes(const norni_port_grid *g, norni_buf *out) {
    norni_buf_add(out, g->notes.p, g->notes.n);
}

static void pack_alloc(const norni_port_alloc *a, norni_buf *b) {
    norni_pack_i32(b, (int32_t)a->kind);
    norni_pack_i64(b, (int64_t)a->n_weights);
    norni_pack_f64s(b, a->weight, a->n_weights);
    const double number[] = {a->lookback_days, a->estimate_days, a->risk_aversion,
                             a->min_weight,    a->max_weight,    a->skip_days,
                             a->leverage,      a->vol_target,    a->max_leverage};
    norni_pack_f64s(b, number, sizeof number / sizeof *number);
    norni_pack_i32(b, (int32_t)a->shrinkage);
    norni_pack_i32(b, a->top_k);
}

norni_hash128 norni_port_grid_hash(const norni_port_grid *g) {
    norni_hash_stream s;
    norni_buf b;
    norni_buf_init(&b, g->arena->alloc);
    norni_hash_stream_init(&s);
    for (size_t i = 0; i < g->n_pairs; i++) {
        const norni_port_grid_pair *p = &g->pair[i];
        b.n = 0;
        if (p->set != UINT32_MAX && p->same == i) {
            for (size_t k = g->set_first[p->set]; k < g->set_first[p->set + 1]; k++)
                norni_pack_str(&b, g->symbol[g->set_asset[k]]);
            pack_alloc(&g->alloc[p->alloc], &b);
        }
        norni_pack_i64(&b, p->set == UINT32_MAX ? -1 : (int64_t)p->same);
        norni_hash_stream_add(&s, b.p, b.n);
    }
    b.n = 0;
    for (size_t a = 0; a < NORNI_PORT_AXES; a++) {
        norni_pack_i64(&b, (int64_t)g->axis[a].n);
        norni_pack_f64s(&b, g->axis[a].v, g->axis[a].n);
        norni_hash_stream_add(&s, b.p, b.n);
        b.n = 0;
    }
    norni_pack_f64(&b, g->opt.periods_per_year);
    norni_hash_stream_add(&s, b.p, b.n);
    norni_buf_clear(&b);
    return norni_hash_stream_get(&s);
}
