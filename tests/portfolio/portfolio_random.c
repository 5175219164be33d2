/* Random markets, rules and targets for the simulator's tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio_random.h"

#include "base/fp.h"

double random_uniform(random_draws *d) {
    return norni_rng_uniform(d->rng, d->at++);
}
size_t random_below(random_draws *d, size_t n) {
    return (size_t)(random_uniform(d) * (double)n);
}
static bool often(random_draws *d, double share) {
    return random_uniform(d) < share;
}

static void make_clocks(random_draws *d, norni_arena *arena, norni_port_market *m) {
    const double step[3] = {1.0 / 24, 0.25, 1}, length[NORNI_PORT_CLOCKS] = {1, 7, 30, 91, 365, 1};
    const double each = step[random_below(d, 3)], jump = often(d, 0.5) ? 0.05 : 0;
    const double **clock = norni_arena_get(arena, NORNI_PORT_CLOCKS, sizeof *clock);
    double *all = norni_arena_get(arena, NORNI_PORT_CLOCKS * m->n_bars, sizeof *all);
    double day = 18000 + random_uniform(d);
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
        clock[c] = all + c * m->n_bars;
    for (size_t t = 0; t < m->n_bars; t++) {
        day += each * (often(d, jump) ? 1 + (double)random_below(d, 40) : 1);
        for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
            all[c * m->n_bars + t] = c == 0                       ? day
                                     : c == NORNI_PORT_CLOCK_BARS ? (double)t
                                                                  : (double)(long)(day / length[c]);
    }
    m->clock = clock;
    m->periods_per_year = 365 / each;
}

static void make_gaps(random_draws *d, double *price, uint8_t *traded, size_t bars, size_t n,
                      size_t a) {
    const size_t start = often(d, 0.3) ? random_below(d, bars / 2) : 0;
    const size_t end = often(d, 0.2) ? bars / 2 + random_below(d, bars / 2) : bars;
    const bool worthless = often(d, 0.7), holes = often(d, 0.5);
    for (size_t t = 0; t < bars; t++) {
        const size_t i = t * n + a;
        traded[i] = 1;
        if (t < start || (t >= end && worthless)) price[i] = 0, traded[i] = 0;
        if (t > start && t < end && holes && often(d, 0.1)) price[i] = price[i - n], traded[i] = 0;
        if (t >= end && !worthless) price[i] = price[i - n], traded[i] = 0;
    }
}

norni_port_market random_market(random_draws *d, norni_arena *arena, size_t bars, size_t assets,
                                bool gaps) {
    norni_port_market m = {.n_bars = bars, .n_assets = assets};
    double *price = norni_arena_get(arena, bars * assets, sizeof *price);
    uint8_t *traded = gaps ? norni_arena_get(arena, bars * assets, 1) : NULL;
    make_clocks(d, arena, &m);
    for (size_t a = 0; a < assets; a++) {
        const double size = 0.002 + 0.08 * random_uniform(d), jumps = often(d, 0.2) ? 0.01 : 0;
        double p = norni_exp(8 * random_uniform(d) - 2);
        for (size_t t = 0; t < bars; t++) {
            p *= norni_exp(size * norni_rng_normal(d->rng, d->at++));
            if (often(d, jumps)) p *= often(d, 0.5) ? 100 : 0.01;
            price[t * assets + a] = p;
        }
        if (gaps) make_gaps(d, price, traded, bars, assets, a);
    }
    m.price = price;
    m.traded = traded;
    return m;
}

static double pick(random_draws *d, const double *x, size_t n) {
    return x[random_below(d, n)];
}
#define PICK(...) \
    pick(d, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

norni_port_rule random_rule(random_draws *d, bool plain) {
    norni_port_rule r = norni_port_rule_default();
    r.method = (norni_port_method)random_below(d, plain ? 3 : 5);
    r.threshold = PICK(0.005, 0.02, 0.05, 0.1, 0.2);
    r.relative = often(d, 0.3);
    r.clock = (norni_port_clock)random_below(d, NORNI_PORT_CLOCKS);
    r.every = r.clock == NORNI_PORT_CLOCK_DAYS || r.clock == NORNI_PORT_CLOCK_BARS
                  ? PICK(0.5, 1, 7, 14, 30, 90)
                  : PICK(1, 1, 2, 3);
    r.min_interval_hours = PICK(0, 12, 24, 48, 72, 200);
    r.momentum_days = often(d, 0.3) ? PICK(2, 10, 30) : 0;
    r.momentum_limit = PICK(0.01, 0.05, 0.2);
    r.fee = PICK(0, 0, 0.001, 0.01, 0.2);
    r.slippage = PICK(0, 0, 0.0005);
    r.capital = PICK(10000, 1, 1e6);
    if (plain) return r;
    r.edge = often(d, 0.3);
    r.turnover_cap = often(d, 0.2) ? PICK(0.02, 0.1, 0.5) : 0;
    r.delay = often(d, 0.3) ? (int32_t)(1 + random_below(d, 6)) : 0;
    r.min_trade = often(d, 0.2) ? PICK(0.001, 0.01, 0.03) : 0;
    r.fixed_fee = often(d, 0.2) ? PICK(0.01, 1, 30) : 0;
    r.cash_rate = often(d, 0.2) ? PICK(0.02, -0.01) : 0;
    r.borrow_rate = often(d, 0.3) ? PICK(0.05, 0.5) : 0;
    return r;
}

norni_port_targets *random_targets(random_draws *d, norni_arena *arena, size_t first, size_t end,
                                   size_t assets, bool plain) {
    norni_port_targets *t = norni_arena_get(arena, 1, sizeof *t);
    const size_t most = often(d, 0.4) ? 8 : 1;
    size_t *bar = norni_arena_get(arena, most, sizeof *bar), n = 1;
    double *weight = norni_arena_get(arena, most * assets, sizeof *weight);
    bar[0] = first;
    while (n < most && bar[n - 1] + 1 < end) {
        bar[n] = bar[n - 1] + 1 + random_below(d, (end - first) / 6 + 1);
        n++;
    }
    const double whole = plain ? 1 : PICK(1, 1, 0.8, 1.5, 3, 0);
    const bool shorts = !plain && often(d, 0.1);
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        for (size_t a = 0; a < assets; a++)
            sum += weight[k * assets + a] = often(d, 0.1) ? 0 : random_uniform(d) + 0.05;
        for (size_t a = 0; a < assets; a++)
            weight[k * assets + a] *=
                sum > 0 ? whole / sum * (shorts && often(d, 0.3) ? -1 : 1) : 0;
    }
    *t = (norni_port_targets){n, bar, weight};
    return t;
}
