/* A group of eight portfolios from its purchase on: what is decided between the kernels' bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_lanes.h"

norn_status norni_port_group_make(const norni_port_market *m, size_t first, size_t end,
                                  const uint8_t *live, norni_arena *arena, norni_port_group **out,
                                  norn_err *err) {
    const size_t n = m->n_assets, row = 8 * sizeof(double);
    norni_port_group *g = norni_arena_zero(arena, 1, sizeof *g);
    double *v = norni_arena_zero(arena, 7 * n + NORNI_PORT_BURST, row);
    uint8_t *b = norni_arena_zero(arena, 5 * n, 1);
    if (!g || !v || !b) return norn_fail(err, NORN_E_MEM, "portfolio: no memory for %zu assets", n);
    *g = (norni_port_group){.market = m, .first = first, .end = end, .live = live};
    g->asked_every.from = g->asked_pause.from = SIZE_MAX;
    g->shares = v, g->weight = v + 8 * n, g->band = v + 16 * n, g->hold = v + 24 * n;
    g->goal = v + 32 * n, g->later = v + 40 * n, g->price_inverse = v + 48 * n;
    g->curve = v + 56 * n, g->lowest = v + 49 * n;
    memcpy(g->lowest, m->price + first * n, n * sizeof *v);
    for (size_t t = first + 1; t < end; t++)
        for (size_t a = 0; a < n; a++)
            g->lowest[a] = m->price[t * n + a] < g->lowest[a] ? m->price[t * n + a] : g->lowest[a];
    g->member = b, g->chosen = b + n, g->chosen_later = b + 2 * n;
    g->owed = b + 3 * n, g->serving = b + 4 * n;
    *out = g;
    return norni_port_filter_flips(g, arena, err);
}

/* First bar after `from` at which the clock has gone `units`; g->end when none has. The guess of how many bars that
 * is only saves steps. */
static size_t search_after(const norni_port_group *g, norni_port_clock which, size_t from,
                           double units, size_t *guess) {
    const double *clock = g->market->clock[which], start = clock[from];
    const double least = units - NORNI_PORT_CLOCK_SLACK;
    size_t lo = from + 1, hi = g->end, u = from + *guess;
    if (u < lo) u = lo;
    if (u > hi) u = hi;
    if (u == hi || clock[u] - start >= least) { /* the answer is u or before it */
        hi = u;
        for (int i = 0; i < 8 && hi > lo; i++, hi--)
            if (!(clock[hi - 1] - start >= least)) {
                lo = hi;
                break;
            }
    } else {
        lo = u + 1;
        for (int i = 0; i < 8 && lo < hi; i++, lo++)
            if (clock[lo] - start >= least) {
                hi = lo;
                break;
            }
    }
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (clock[mid] - start >= least)
            hi = mid;
        else
            lo = mid + 1;
    }
    if (lo < g->end) *guess = lo - from;
    return lo;
}

/* The same, for lanes that trade together: they mostly ask the same. */
static double bar_after(norni_port_group *g, norni_port_asked *asked, norni_port_clock which,
                        size_t from, double units, size_t *guess) {
    if (asked->from != from || asked->units != units || asked->clock != which) {
        const size_t bar = search_after(g, which, from, units, guess);
        *asked = (norni_port_asked){which, units, from, (double)bar};
    }
    return asked->bar;
}

/* Last bar that is `days` old at bar t; SIZE_MAX when the window does not reach so far back. */
static size_t bar_before(const norni_port_group *g, size_t t, double days, size_t *guess) {
    const double *clock = g->market->clock[NORNI_PORT_CLOCK_DAYS];
    const double most = clock[t] - days + NORNI_PORT_CLOCK_SLACK;
    if (!(clock[g->first] <= most)) return SIZE_MAX;
    size_t lo = g->first, hi = t,
           u = t - g->first > *guess ? t - *guess : g->first; /* in [lo, hi] */
    if (clock[u] <= most) {
        lo = u;
        if (u == t || !(clock[u + 1] <= most)) hi = u;
    } else {
        hi = u - 1;
        if (clock[hi] <= most) lo = hi;
    }
    while (lo < hi) {
        const size_t mid = hi - (hi - lo) / 2;
        if (clock[mid] <= most)
            lo = mid;
        else
            hi = mid - 1;
    }
    *guess = t - lo;
    return lo;
}

static bool uses_bands(const norni_port_rule *r) {
    return r->method == NORNI_PORT_THRESHOLD || r->method == NORNI_PORT_HYBRID;
}
static bool uses_calendar(const norni_port_rule *r) {
    return r->method == NORNI_PORT_CALENDAR || r->method == NORNI_PORT_HYBRID;
}

/* The clocks of a lane start again at bar t. */
static void restart(norni_port_group *g, size_t i, size_t t) {
    norni_port_lane *l = &g->lane[i];
    const norni_port_rule *r = l->rule;
    l->last = t;
    g->allow[i] = 0;
    if (r->min_interval_hours > 0)
        g->allow[i] = bar_after(g, &g->asked_pause, NORNI_PORT_CLOCK_DAYS, t,
                                r->min_interval_hours / 24, &l->pause);
    g->next[i] = l->fresh ? 0 : NORNI_INF;
    if (uses_calendar(r))
        g->next[i] = bar_after(g, &g->asked_every, r->clock, t, r->every, &l->gap);
    g->armed[i] = 0;
    l->execute = SIZE_MAX;
}

/* Target k of a lane holds from now on. */
static void aim_at(norni_port_group *g, size_t i, size_t k) {
    norni_port_lane *l = &g->lane[i];
    const norni_port_rule *r = l->rule;
    const size_t n = g->market->n_assets;
    const double *w = l->targets->weight + k * n;
    l->target = k;
    for (size_t a = 0; a < n; a++)
        g->weight[8 * a + i] = g->out && g->out[a] ? 0 : w[a];
    if (!(g->kind & NORNI_PORT_RELATIVE)) return;
    for (size_t a = 0; a < n; a++) {
        const double own = g->weight[8 * a + i];
        g->band[8 * a + i] = !uses_bands(r) ? NORNI_INF
                             : r->relative  ? r->threshold * (own < 0 ? -own : own)
                                            : r->threshold;
    }
}

static void clear_lane(norni_port_group *g, size_t i, const norni_port_rule *r,
                       const norni_port_targets *targets) {
    const double year = g->market->periods_per_year;
    g->lane[i] = (norni_port_lane){
        .rule = r, .targets = targets, .execute = SIZE_MAX, .gap = 1, .pause = 1, .history = 1};
    aim_at(g, i, 0);
    g->cash_now[i] = g->before[i] = g->cash[i] = r->capital;
    g->threshold[i] = uses_bands(r) ? r->threshold : NORNI_INF;
    g->floor[i] = NORNI_PORT_TINY;
    g->rate[i] = r->fee + r->slippage;
    g->fixed[i] = r->fixed_fee;
    g->cap[i] = r->turnover_cap > 0 ? r->turnover_cap : NORNI_INF;
    g->min_trade[i] = r->min_trade;
    g->interest[i] = r->cash_rate == 0 ? 1 : norni_pow(1 + r->cash_rate, 1 / year);
    g->debt[i] = r->borrow_rate == 0 ? 1 : norni_pow(1 + r->borrow_rate, 1 / year);
    g->costly |= g->rate[i] > 0 || r->fixed_fee > 0;
    g->held_back[i] = g->turnover[i] = g->costs[i] = 0;
    for (size_t a = 0; a < g->market->n_assets; a++)
        g->shares[8 * a + i] = 0;
}

/* Running sums at nought; the first equity is a peak. */
static void clear_sums(norni_port_group *g, const double *equity) {
    for (size_t i = 0; i < 8; i++) {
        g->mean[i] = g->m2[i] = g->down[i] = g->gain[i] = g->loss[i] = g->sum[i] = 0;
        g->squares[i] = g->worst[i] = g->ulcer[i] = g->streak[i] = g->longest[i] = 0;
        g->equity[i] = g->peak[i] = equity[i];
        g->inverse[i] = g->peak_inverse[i] =
            1.0 / (equity[i] > NORNI_PORT_TINY ? equity[i] : NORNI_PORT_TINY);
    }
}

/* The next bar after t at which a lane has a new target or a pending trade. */
static size_t next_event(const norni_port_group *g, size_t t) {
    size_t at = SIZE_MAX;
    for (size_t i = 0; i < 8; i++) {
        const norni_port_lane *l = &g->lane[i];
        const norni_port_targets *w = l->targets;
        if (l->execute > t && l->execute < at) at = l->execute;
        if (l->target + 1 < w->n && w->bar[l->target + 1] < at) at = w->bar[l->target + 1];
    }
    if (g->next_flip < g->n_flips && g->flip[g->next_flip] < at) at = g->flip[g->next_flip];
    return at;
}

/* All lanes buy what they aim at. */
static unsigned buy(norni_port_group *g, const norni_port_kernel *k) {
    double cap[8], least[8]; /* the purchase knows no caps, smallest trades or edges */
    memcpy(cap, g->cap, sizeof cap), memcpy(least, g->min_trade, sizeof least);
    for (size_t i = 0; i < 8; i++)
        g->cap[i] = NORNI_INF, g->min_trade[i] = 0;
    memset(g->chosen, 0xff, g->market->n_assets);
    g->aim = g->weight;
    const unsigned bought = k->trade(g, g->first, 0xff);
    memcpy(g->cap, cap, sizeof cap), memcpy(g->min_trade, least, sizeof least);
    memset(g->turnover, 0, sizeof g->turnover);
    return bought;
}

/* What is bought and held knows no filter: it was bought first, now the account is made anew. */
static unsigned buy_filtered(norni_port_group *g, const norni_port_kernel *k) {
    const size_t n = g->market->n_assets;
    memset(g->shares, 0, 8 * n * sizeof *g->shares);
    memset(g->costs, 0, sizeof g->costs);
    norni_port_filter_flip(g, g->first);
    for (size_t i = 0; i < 8; i++)
        g->cash_now[i] = g->before[i] = g->cash[i] = g->lane[i].rule->capital;
    return buy(g, k);
}

void norni_port_group_start(norni_port_group *g, const norni_port_kernel *k, int kind,
                            const norni_port_rule *const rule[NORNI_PORT_LANES],
                            const norni_port_targets *const targets[NORNI_PORT_LANES]) {
    g->kind = kind & NORNI_PORT_FULL ? 7 : kind;
    g->costly = false;
    g->out = NULL, g->owing = 0, g->next_flip = 0;
    for (size_t i = 0; i < 8; i++)
        clear_lane(g, i, rule[i], targets[i]);
    unsigned bought = buy(g, k);
    norni_port_group_hold_start(g);
    if (g->market->out) bought = buy_filtered(g, k);
    for (size_t i = 0; i < 8; i++)
        g->lane[i].unbought = !(bought >> i & 1);
    if (g->kind & NORNI_PORT_FULL) g->aim = g->goal;
    clear_sums(g, g->curve + 8 * (g->first & NORNI_PORT_BURST_MASK));
    for (size_t i = 0; i < 8; i++)
        restart(g, i, g->first);
    g->event = next_event(g, g->first);
}

/* Equity fell to 0 or below: nothing is left, nothing happens any more. */
static void close_lane(norni_port_group *g, size_t i) {
    g->lane[i].ruined = true;
    g->lane[i].execute = SIZE_MAX;
    g->cash_now[i] = g->before[i] = 0;
    g->floor[i] = -NORNI_INF;
    g->next[i] = g->armed[i] = NORNI_INF;
    g->threshold[i] = NORNI_INF;
    for (size_t a = 0; a < g->market->n_assets; a++)
        g->shares[8 * a + i] = 0;
    if (g->kind & NORNI_PORT_RELATIVE)
        for (size_t a = 0; a < g->market->n_assets; a++)
            g->band[8 * a + i] = NORNI_INF;
    if (g->market->out) norni_port_filter_close(g, i);
}

/* Whether the holdings have risen too far to be touched. */
static bool runs(norni_port_group *g, size_t i, size_t t) {
    norni_port_lane *l = &g->lane[i];
    const norni_port_rule *r = l->rule;
    if (!(r->momentum_days > 0)) return false;
    const size_t u = bar_before(g, t, r->momentum_days, &l->history), n = g->market->n_assets;
    if (u == SIZE_MAX) return false;
    const double *p = g->market->price + t * n, *old = g->market->price + u * n;
    double now = 0, then = 0;
    for (size_t a = 0; a < n; a++) {
        now += g->shares[8 * a + i] * p[a];
        then += g->shares[8 * a + i] * old[a];
    }
    return then > 0 && now > (1 + r->momentum_limit) * then;
}

/* Lanes that are due: held back, put off or to be traded now. told: those of which the filter has decided. */
static unsigned decide(norni_port_group *g, size_t t, unsigned told) {
    unsigned go = 0;
    for (unsigned left = g->due & ~g->broke & ~told; left; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctz(left);
        norni_port_lane *l = &g->lane[i];
        if (l->execute != SIZE_MAX) continue; /* one trade is pending */
        if (!(g->ready >> i & 1) || runs(g, i, t)) {
            l->blocked++;
            continue;
        }
        l->fresh = false;
        if (l->rule->delay > 0) {
            norni_port_goal_set(g, i, t, g->later, g->chosen_later);
            l->execute = t + (size_t)l->rule->delay;
            if (l->execute < g->event) g->event = l->execute;
            g->next[i] = g->armed[i] = NORNI_INF;
            continue;
        }
        if (g->kind & NORNI_PORT_FULL) norni_port_goal_set(g, i, t, g->goal, g->chosen);
        go |= 1U << i;
    }
    if (g->kind & NORNI_PORT_FULL)
        for (size_t i = 0; i < 8; i++)
            if (g->lane[i].execute == t) {
                norni_port_goal_take(g, i);
                go |= 1U << i;
            }
    return go;
}

/* A filter's trades are made whole, as the purchase is. */
static unsigned trade(norni_port_group *g, const norni_port_kernel *k, size_t t, unsigned go,
                      unsigned filter) {
    double cap[8], least[8];
    if (!filter) return k->trade(g, t, go);
    memcpy(cap, g->cap, sizeof cap), memcpy(least, g->min_trade, sizeof least);
    for (size_t i = 0; i < 8; i++)
        if (filter >> i & 1) g->cap[i] = NORNI_INF, g->min_trade[i] = 0;
    const unsigned did = k->trade(g, t, go);
    memcpy(g->cap, cap, sizeof cap), memcpy(g->min_trade, least, sizeof least);
    return did;
}

static void act(norni_port_group *g, const norni_port_kernel *k, size_t t) {
    for (unsigned left = g->broke; left; left &= left - 1)
        close_lane(g, (size_t)__builtin_ctz(left));
    unsigned filter = 0; /* lanes whose filter trades now */
    const unsigned told = g->owing ? norni_port_filter_decide(g, t, &filter) : 0;
    const unsigned go = decide(g, t, told) | filter;
    for (unsigned left = go & ~filter; left; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctz(left);
        if (g->lane[i].filtering) filter |= 1U << i;
    }
    const unsigned did = trade(g, k, t, go, filter);
    for (unsigned left = go; left; left &= left - 1) {
        const size_t i = (size_t)__builtin_ctz(left);
        if (filter >> i & 1) { /* clocks of rebalances go on */
            norni_port_filter_done(g, i, t, did >> i & 1);
            restart(g, i, g->lane[i].last);
        } else if (did >> i & 1) {
            g->lane[i].rebalances++;
            restart(g, i, t);
        } else { /* nothing could be traded: it stays due */
            g->lane[i].fresh = g->lane[i].rule->method == NORNI_PORT_ON_TARGET;
            restart(g, i, g->lane[i].last);
        }
    }
}

/* Targets that come at bar t. */
static void retarget(norni_port_group *g, size_t t) {
    for (size_t i = 0; i < 8; i++) {
        norni_port_lane *l = &g->lane[i];
        if (l->target + 1 >= l->targets->n || l->targets->bar[l->target + 1] != t) continue;
        if (l->ruined) {
            l->target++;
            continue;
        }
        aim_at(g, i, l->target + 1);
        if (l->rule->method != NORNI_PORT_ON_TARGET) continue;
        l->fresh = true;
        if (l->execute == SIZE_MAX) g->next[i] = 0;
    }
}

void norni_port_group_run(norni_port_group *g, const norni_port_kernel *k, size_t t, size_t to) {
    size_t done = t; /* bars before it are digested */
    while (t < to) {
        bool force = false;
        if (t == g->event) {
            if (g->next_flip < g->n_flips && g->flip[g->next_flip] == t)
                norni_port_filter_flip(g, t);
            retarget(g, t);
            for (size_t i = 0; i < 8; i++)
                force |= g->lane[i].execute == t;
            force |= g->owing != 0;
            g->event = next_event(g, t);
        }
        const size_t full = done + NORNI_PORT_BURST;
        size_t end = to < full ? to : full;
        if (g->event < end) end = g->event;
        t = k->scan(g, t, end, force);
        if (t < end) act(g, k, t++);
        if (g->owing && t < g->event) g->event = t; /* until nothing is owed */
        if (t == to || t == full) {
            k->digest(g, done, t);
            done = t;
        }
    }
}
