/* Axes of a grid for sensitivity tables: their names, their values as text, and where a configuration stands on them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The reference's seven are always told; of the others those that vary. `assets` and `weights` are what is held after
 * missing symbols are gone. */
#include <math.h>

#include "portfolio/portfolio_grid_parts.h"

enum { ASSETS, WEIGHTS, FIRST_RULE };

static bool only_days(const norni_port_grid *g) {
    const norni_port_values c = g->axis[NORNI_PORT_AX_CLOCK];
    return c.n == 1 && (norni_port_clock)c.v[0] == NORNI_PORT_CLOCK_DAYS;
}

/* The filter is on or off: no two spans. */
static bool is_switch(const norni_port_grid *g) {
    const norni_port_values m = g->axis[NORNI_PORT_AX_MOMENTUM_DAYS];
    return m.n == 1 || (m.n == 2 && (m.v[0] <= 0 || m.v[1] <= 0));
}

static bool is_shown(const norni_port_grid *g, norni_port_axis a) {
    return a == NORNI_PORT_AX_THRESHOLD || a == NORNI_PORT_AX_METHOD || a == NORNI_PORT_AX_EVERY ||
           a == NORNI_PORT_AX_INTERVAL || a == NORNI_PORT_AX_MOMENTUM_DAYS || g->axis[a].n > 1;
}

size_t norni_port_grid_axes(const norni_port_grid *g) {
    size_t n = FIRST_RULE;
    for (size_t a = 0; a < NORNI_PORT_AXES; a++)
        n += is_shown(g, (norni_port_axis)a);
    return n;
}

/* The rule's axis at this place. */
static norni_port_axis rule_axis(const norni_port_grid *g, size_t axis) {
    size_t left = axis - FIRST_RULE, a = 0;
    while (!is_shown(g, (norni_port_axis)a) || left > 0) {
        left -= is_shown(g, (norni_port_axis)a);
        a++;
    }
    return (norni_port_axis)a;
}

const char *norni_port_grid_axis_name(const norni_port_grid *g, size_t axis) {
    static const char *const name[NORNI_PORT_AXES] = {
        [NORNI_PORT_AX_THRESHOLD] = "threshold",
        [NORNI_PORT_AX_METHOD] = "method",
        [NORNI_PORT_AX_CLOCK] = "clock",
        [NORNI_PORT_AX_EVERY] = "every",
        [NORNI_PORT_AX_INTERVAL] = "min_interval_hours",
        [NORNI_PORT_AX_MOMENTUM_DAYS] = "momentum_days",
        [NORNI_PORT_AX_MOMENTUM_LIMIT] = "momentum_limit",
        [NORNI_PORT_AX_RELATIVE] = "band",
        [NORNI_PORT_AX_EDGE] = "to",
        [NORNI_PORT_AX_TURNOVER_CAP] = "turnover_cap",
        [NORNI_PORT_AX_DELAY] = "delay_bars",
        [NORNI_PORT_AX_MIN_TRADE] = "min_trade",
        [NORNI_PORT_AX_FEE] = "fee_bps",
        [NORNI_PORT_AX_SLIPPAGE] = "slippage_bps",
        [NORNI_PORT_AX_FIXED_FEE] = "fixed_fee",
        [NORNI_PORT_AX_CAPITAL] = "capital",
        [NORNI_PORT_AX_CASH_RATE] = "cash_rate",
        [NORNI_PORT_AX_BORROW_RATE] = "borrow_rate",
    };
    if (axis == ASSETS) return "assets";
    if (axis == WEIGHTS) return "weights";
    const norni_port_axis a = rule_axis(g, axis);
    if (a == NORNI_PORT_AX_EVERY && only_days(g)) return "calendar_days";
    if (a == NORNI_PORT_AX_MOMENTUM_DAYS && is_switch(g)) return "momentum_filter";
    return name[a];
}

size_t norni_port_grid_axis_size(const norni_port_grid *g, size_t axis) {
    if (axis == ASSETS) return g->n_sets;
    return axis == WEIGHTS ? g->n_allocs : g->axis[rule_axis(g, axis)].n;
}

size_t norni_port_grid_axis_of(const norni_port_grid *g, size_t axis, uint64_t index) {
    const norni_port_grid_pair *p = &g->pair[index / g->n_rules];
    if (axis < FIRST_RULE && p->set == UINT32_MAX) return SIZE_MAX;
    if (axis < FIRST_RULE) return axis == ASSETS ? p->set : p->alloc;
    return norni_port_grid_digits(g, index % g->n_rules).d[rule_axis(g, axis)];
}

void norni_port_axis_value_text(const norni_port_grid *g, norni_port_axis axis, double value,
                                norni_buf *out) {
    if (axis == NORNI_PORT_AX_METHOD)
        norni_buf_text(out, norni_port_method_name((norni_port_method)value));
    else if (axis == NORNI_PORT_AX_CLOCK)
        norni_buf_text(out, norni_port_clock_name((norni_port_clock)value));
    else if (axis == NORNI_PORT_AX_RELATIVE)
        norni_buf_text(out, value > 0 ? "relative" : "absolute");
    else if (axis == NORNI_PORT_AX_EDGE)
        norni_buf_text(out, value > 0 ? "edge" : "target");
    else if (axis == NORNI_PORT_AX_MOMENTUM_DAYS && is_switch(g))
        norni_buf_text(out, value > 0 ? "true" : "false");
    else if (axis == NORNI_PORT_AX_FEE || axis == NORNI_PORT_AX_SLIPPAGE)
        norni_buf_num(out, floor(value * 1e10 + 0.5) / 1e6);
    else
        norni_buf_num(out, value);
}

void norni_port_grid_axis_text(const norni_port_grid *g, size_t axis, size_t value,
                               norni_buf *out) {
    if (axis == ASSETS) {
        for (size_t k = g->set_first[value]; k < g->set_first[value + 1]; k++) {
            const norni_str s = g->symbol[g->set_asset[k]];
            norni_buf_format(out, "%s%.*s", k > g->set_first[value] ? "|" : "", (int)s.n, s.p);
        }
    } else if (axis == WEIGHTS) {
        norni_port_alloc_text(&g->alloc[value], out);
    } else {
        const norni_port_axis a = rule_axis(g, axis);
        norni_port_axis_value_text(g, a, g->axis[a].v[value], out);
    }
}
