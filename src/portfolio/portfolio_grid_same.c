/* Equivalence: which rules are the same in effect, by what each method looks at, and how many are left. */
/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule does not look at takes the first value of its axis; so the least digits of a class are its lowest index.
 *   threshold   the clock is not looked at
 *   calendar    band and edge are not looked at; an interval that the clock alone keeps is no interval
 *   hybrid      everything is
 *   on target   as calendar, and no clock; with targets that never change it is `never`
 *   never       of the rule only costs, capital and rates count; with a filter its delay does, too
 *   momentum    without days there is no limit
 *   interval    up to the time between two bars it is none, for decisions lie a bar or more apart
 * tests/portfolio/test_portfolio_grid_same.c simulates whole classes and compares bits. */
#include <math.h>

#include "portfolio/portfolio_grid_parts.h"

static double value_of(const norni_port_grid *g, norni_port_axis axis, size_t k) {
    return g->axis[axis].v[k];
}

bool norni_port_alloc_is_still(const norni_port_alloc *a) {
    return a->estimate_days <= 0;
}

/* The shortest time in days between two bars that lie `every` units of the clock apart: an interval up to it is always kept. */
static double days_kept(norni_port_clock clock, double every) {
    const double whole =
        ceil(every - 1e-9) - 1; /* full units between the two, of clocks that count */
    switch (clock) {
        case NORNI_PORT_CLOCK_DAYS: return every;
        case NORNI_PORT_CLOCK_WEEKS: return 7 * whole;
        case NORNI_PORT_CLOCK_MONTHS: return 28 * whole;
        case NORNI_PORT_CLOCK_QUARTERS: return 90 * whole;
        case NORNI_PORT_CLOCK_YEARS: return 365 * whole;
        case NORNI_PORT_CLOCK_BARS:
        case NORNI_PORT_CLOCKS: break;
    }
    return 0;
}

static norni_port_method method_of(const norni_port_grid *g, const norni_port_alloc *a, size_t k) {
    const norni_port_method m = (norni_port_method)value_of(g, NORNI_PORT_AX_METHOD, k);
    return m == NORNI_PORT_ON_TARGET && norni_port_alloc_is_still(a) ? NORNI_PORT_NEVER : m;
}

static bool sees_band(norni_port_method m) {
    return m == NORNI_PORT_THRESHOLD || m == NORNI_PORT_HYBRID;
}

static bool sees_clock(norni_port_method m) {
    return m == NORNI_PORT_CALENDAR || m == NORNI_PORT_HYBRID;
}

double norni_port_grid_bar_days(const double *day, size_t n) {
    double least = 0;
    for (size_t t = 1; t < n; t++) {
        if (t == 1 || day[t] - day[t - 1] < least) least = day[t] - day[t - 1];
    }
    return least;
}

/* Intervals of up to so many days are never felt. */
static double interval_kept(const norni_port_grid *g, norni_port_method m, size_t clock,
                            size_t every) {
    const double bar = g->opt.bar_days > 0 ? g->opt.bar_days : 0;
    if (m != NORNI_PORT_CALENDAR) return bar;
    const double days = days_kept((norni_port_clock)value_of(g, NORNI_PORT_AX_CLOCK, clock),
                                  value_of(g, NORNI_PORT_AX_EVERY, every));
    return days > bar ? days : bar;
}

/* As the simulator has it: hours as days. */
static bool is_felt(double hours, double kept) {
    return hours / 24 > kept;
}

static void least_never(const norni_port_grid *g, const norni_port_alloc *a, norni_port_digits *x) {
    size_t k = 0;
    while (method_of(g, a, k) != NORNI_PORT_NEVER)
        k++;
    for (size_t i = 0; i < NORNI_PORT_AX_FEE; i++)
        if (i != NORNI_PORT_AX_DELAY || !g->opt.filtered) x->d[i] = 0;
    x->d[NORNI_PORT_AX_METHOD] = k;
}

void norni_port_digits_least(const norni_port_grid *g, const norni_port_alloc *a,
                             norni_port_digits *x) {
    size_t *d = x->d;
    const norni_port_method m = method_of(g, a, d[NORNI_PORT_AX_METHOD]);
    if (m == NORNI_PORT_NEVER) {
        least_never(g, a, x);
        return;
    }
    if (!sees_band(m))
        d[NORNI_PORT_AX_THRESHOLD] = d[NORNI_PORT_AX_RELATIVE] = d[NORNI_PORT_AX_EDGE] = 0;
    const double kept = interval_kept(g, m, d[NORNI_PORT_AX_CLOCK], d[NORNI_PORT_AX_EVERY]);
    const double *hours = g->axis[NORNI_PORT_AX_INTERVAL].v;
    if (!is_felt(hours[d[NORNI_PORT_AX_INTERVAL]], kept)) {
        size_t k = 0;
        while (is_felt(hours[k], kept))
            k++;
        d[NORNI_PORT_AX_INTERVAL] = k;
    }
    if (!sees_clock(m)) d[NORNI_PORT_AX_CLOCK] = d[NORNI_PORT_AX_EVERY] = 0;
    if (value_of(g, NORNI_PORT_AX_MOMENTUM_DAYS, d[NORNI_PORT_AX_MOMENTUM_DAYS]) <= 0)
        d[NORNI_PORT_AX_MOMENTUM_LIMIT] = 0;
}

/* ---- counting by the same structure: the parts of a method are independent of each other ---- */
static uint64_t size_of(const norni_port_grid *g, norni_port_axis axis) {
    return g->axis[axis].n;
}

/* Intervals that are felt, and one for all the others. */
static uint64_t intervals(const norni_port_grid *g, double kept) {
    const norni_port_values axis = g->axis[NORNI_PORT_AX_INTERVAL];
    uint64_t felt = 0;
    for (size_t k = 0; k < axis.n; k++)
        felt += is_felt(axis.v[k], kept);
    return felt < axis.n ? felt + 1 : felt;
}

static uint64_t clocks(const norni_port_grid *g, norni_port_method m) {
    uint64_t n = 0;
    if (!sees_clock(m)) return intervals(g, interval_kept(g, m, 0, 0));
    for (size_t c = 0; c < g->axis[NORNI_PORT_AX_CLOCK].n; c++) {
        for (size_t e = 0; e < g->axis[NORNI_PORT_AX_EVERY].n; e++)
            n += intervals(g, interval_kept(g, m, c, e));
    }
    return n;
}

static uint64_t filters(const norni_port_grid *g) {
    uint64_t n = 0;
    for (size_t k = 0; k < g->axis[NORNI_PORT_AX_MOMENTUM_DAYS].n; k++)
        n += value_of(g, NORNI_PORT_AX_MOMENTUM_DAYS, k) > 0
                 ? size_of(g, NORNI_PORT_AX_MOMENTUM_LIMIT)
                 : 1;
    return n;
}

uint64_t norni_port_grid_rules_distinct(const norni_port_grid *g, const norni_port_alloc *a) {
    const uint64_t bands = size_of(g, NORNI_PORT_AX_THRESHOLD) *
                           size_of(g, NORNI_PORT_AX_RELATIVE) * size_of(g, NORNI_PORT_AX_EDGE);
    uint64_t n = 0, trades = 1, costs = 1;
    bool idle = false;
    for (size_t k = NORNI_PORT_AX_TURNOVER_CAP; k < NORNI_PORT_AX_FEE; k++)
        trades *= g->axis[k].n;
    for (size_t k = NORNI_PORT_AX_FEE; k < NORNI_PORT_AXES; k++)
        costs *= g->axis[k].n;
    for (size_t k = 0; k < g->axis[NORNI_PORT_AX_METHOD].n; k++) {
        const norni_port_method m = method_of(g, a, k);
        if (m != NORNI_PORT_NEVER)
            n += (sees_band(m) ? bands : 1) * clocks(g, m) * filters(g) * trades;
        else if (!idle)
            n += g->opt.filtered ? g->axis[NORNI_PORT_AX_DELAY].n : 1;
        idle = idle || m == NORNI_PORT_NEVER;
    }
    return n * costs;
}
