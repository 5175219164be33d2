/* The simulator's slow twin: one portfolio, one scalar after the other, written from docs/portfolio-simulator.md. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plain_simulator.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

#define TINY  1e-300
#define SLACK 1e-9
#define ROOM  1e-12

typedef struct account {
    double cash, shares[PLAIN_MAX_ASSETS];
} account;

typedef struct twin {
    const norni_port_market *m;
    const norni_port_rule *r;
    size_t first, n;
    account a;
    double weight[PLAIN_MAX_ASSETS];
    double interest, debt;
    size_t last; /* rebalance or purchase */
    bool fresh, pending, ruined, unbought;
    size_t execute;
    double later[PLAIN_MAX_ASSETS];
    bool later_in[PLAIN_MAX_ASSETS];
    double turnover, costs;
    size_t rebalances, blocked, filtered;
    bool sees; /* the filter; what is bought and held does not */
    double target[PLAIN_MAX_ASSETS];
    bool owed[PLAIN_MAX_ASSETS], serving[PLAIN_MAX_ASSETS], filtering;
} twin;

static bool live(const twin *s, size_t t, size_t a) {
    const size_t i = t * s->n + a;
    return s->m->price[i] > 0 && (!s->m->traded || s->m->traded[i]);
}
static double worth(const twin *s, size_t t, size_t a) {
    return s->a.shares[a] * s->m->price[t * s->n + a];
}
static double equity_of(const twin *s, size_t t) {
    double e = s->a.cash;
    for (size_t a = 0; a < s->n; a++)
        e += worth(s, t, a);
    return e;
}
static double size_of(double x) {
    return x < 0 ? -x : x;
}
static bool gone(const twin *s, norni_port_clock c, size_t t, double units) {
    return s->m->clock[c][t] - s->m->clock[c][s->last] >= units - SLACK;
}

/* What the longs or the shorts may hold: their goals are shares of k x - m. */
typedef struct side {
    double k, m;
} side;

static side side_of(const twin *s, size_t t, const double *goal, bool shorts, double x) {
    const double sign = shorts ? -1 : 1;
    double open = 0, held = 0, own = 0;
    for (size_t a = 0; a < s->n; a++) {
        const double w = sign * goal[a], h = sign * worth(s, t, a), asked = w > 0 ? w : 0;
        if (live(s, t, a)) open += asked;
        if (!live(s, t, a) && h > asked * x) held += h, own += asked;
    }
    if (!(held > 0 && open > ROOM)) return (side){1, 0};
    const side free = {1 + own / open, held / open};
    return free.k * x - free.m < 0 ? (side){0, 0} : free;
}

/* Worth that goals ask for at equity x. */
static double asked_of(const twin *s, size_t t, const double *goal, size_t a, double x) {
    const side r = side_of(s, t, goal, !(goal[a] > 0), x);
    return goal[a] * (r.k * x - r.m);
}

static bool out_of_band(const twin *s, size_t t, size_t a, double e) {
    const double w = s->weight[a], d = worth(s, t, a) - asked_of(s, t, s->weight, a, e);
    const double band = s->r->relative ? s->r->threshold * size_of(w) : s->r->threshold;
    return live(s, t, a) && size_of(d) > band * e;
}

/* Equity after costs; false when they would take everything. */
static bool solve(const twin *s, size_t t, double e, const double *goal, const bool *in, double fee,
                  double *out) {
    const double rate = s->r->fee + s->r->slippage;
    double x = e;
    for (int i = 0; i < 8; i++) {
        double a = 0, b = 0;
        for (size_t j = 0; j < s->n; j++) {
            if (!in[j]) continue;
            const side r = side_of(s, t, goal, !(goal[j] > 0), x);
            const bool up = goal[j] * (r.k * x - r.m) > worth(s, t, j);
            const double base = worth(s, t, j) + goal[j] * r.m, slope = goal[j] * r.k;
            a += up ? base : -base;
            b += up ? slope : -slope;
        }
        const double y = ((e - fee) + rate * a) / (1 + rate * b);
        const bool same = y == x;
        x = y;
        if (same) break;
    }
    *out = x;
    return x > TINY && x < e + e;
}

/* Trades of the assets `in`; whether there were any. */
static bool trade(twin *s, size_t t, const double *goal, const bool *chosen, bool purchase,
                  bool whole) {
    const norni_port_rule *r = s->r;
    const double e = equity_of(s, t), rate = r->fee + r->slippage;
    bool in[PLAIN_MAX_ASSETS], any = false;
    double count = 0;
    for (size_t a = 0; a < s->n; a++) {
        const double d = asked_of(s, t, goal, a, e) - worth(s, t, a);
        in[a] = chosen[a] && live(s, t, a) && (whole || !(size_of(d) < r->min_trade * e));
        any |= in[a];
        if (in[a] && d != 0) count += 1;
    }
    const double fee = r->fixed_fee * count;
    double x = e, all = 0, share = 1;
    if (!any || !solve(s, t, e, goal, in, fee, &x)) return false;
    for (size_t a = 0; a < s->n; a++)
        if (in[a]) all += size_of(asked_of(s, t, goal, a, x) - worth(s, t, a));
    if (!whole && r->turnover_cap > 0 && all > r->turnover_cap * e)
        share = r->turnover_cap * e / all;
    double total = 0, traded = 0, to[PLAIN_MAX_ASSETS];
    for (size_t a = 0; a < s->n; a++)
        to[a] = asked_of(s, t, goal, a, x);
    for (size_t a = 0; a < s->n; a++) {
        if (!in[a]) continue;
        const double h = worth(s, t, a), p = s->m->price[t * s->n + a];
        if (share < 1) to[a] = h + share * (to[a] - h);
        s->a.shares[a] = to[a] * (1 / p);
        const double d = s->a.shares[a] * p - h;
        total += d;
        traded += size_of(d);
    }
    const double cost = rate * traded + fee;
    s->a.cash = (s->a.cash - total) - cost;
    s->costs += cost;
    if (!purchase) s->turnover += traded / e;
    return true;
}

static bool rises(const twin *s, size_t t) {
    if (!(s->r->momentum_days > 0)) return false;
    const double *day = s->m->clock[NORNI_PORT_CLOCK_DAYS];
    const double most = day[t] - s->r->momentum_days + SLACK;
    if (!(day[s->first] <= most)) return false;
    size_t u = t;
    while (!(day[u] <= most))
        u--;
    double now = 0, then = 0;
    for (size_t a = 0; a < s->n; a++) {
        now += worth(s, t, a);
        then += s->a.shares[a] * s->m->price[u * s->n + a];
    }
    return then > 0 && now > (1 + s->r->momentum_limit) * then;
}

static void decide(twin *s, size_t t, double *goal, bool *in, bool *go) {
    const norni_port_rule *r = s->r;
    const norni_port_method way = r->method;
    const double e = equity_of(s, t);
    bool out[PLAIN_MAX_ASSETS], far = false;
    for (size_t a = 0; a < s->n; a++)
        far |= out[a] = out_of_band(s, t, a, e);
    const bool timed = ((way == NORNI_PORT_CALENDAR || way == NORNI_PORT_HYBRID) &&
                        gone(s, r->clock, t, r->every)) ||
                       (way == NORNI_PORT_ON_TARGET && s->fresh);
    const bool banded = (way == NORNI_PORT_THRESHOLD || way == NORNI_PORT_HYBRID) && far;
    if (!timed && !banded) return;
    if ((r->min_interval_hours > 0 &&
         !gone(s, NORNI_PORT_CLOCK_DAYS, t, r->min_interval_hours / 24)) ||
        rises(s, t)) {
        s->blocked++;
        return;
    }
    const bool edges = r->edge && !timed;
    for (size_t a = 0; a < s->n; a++) {
        const double w = s->weight[a],
                     band = r->relative ? r->threshold * size_of(w) : r->threshold;
        in[a] = !edges || out[a];
        goal[a] = !edges                                                 ? w
                  : worth(s, t, a) - asked_of(s, t, s->weight, a, e) > 0 ? w + band
                                                                         : w - band;
    }
    s->fresh = false;
    *go = true;
}

/* ---- the filter ---- */

static bool is_out(const twin *s, size_t t, size_t a) {
    return s->sees && s->m->out && s->m->out[t * s->n + a];
}

static void weigh(twin *s, size_t t) {
    for (size_t a = 0; a < s->n; a++)
        s->weight[a] = is_out(s, t, a) ? 0 : s->target[a];
}

/* Whether bar t has a trade of the filter, and which. */
static bool decide_filter(twin *s, size_t t, double *goal, bool *in) {
    bool any = false, back = false;
    for (size_t a = 0; a < s->n; a++) {
        const bool nothing = s->weight[a] == 0 && s->a.shares[a] == 0;
        s->serving[a] = s->owed[a] && !nothing && live(s, t, a);
        if (nothing || s->serving[a]) s->owed[a] = false;
        any |= s->serving[a];
        back |= s->serving[a] && !is_out(s, t, a);
    }
    for (size_t a = 0; any && a < s->n; a++)
        goal[a] = s->weight[a], in[a] = back || s->serving[a];
    return any;
}

static void trade_filter(twin *s, size_t t, const double *goal, const bool *in) {
    const bool did = trade(s, t, goal, in, false, true);
    s->filtered += did;
    s->filtering = false;
    for (size_t a = 0; a < s->n; a++)
        s->owed[a] |= s->serving[a] && !(did && live(s, t, a));
}

static void ruin(twin *s) {
    memset(&s->a, 0, sizeof s->a);
    s->ruined = true;
}

static void step(twin *s, size_t t) {
    s->a.cash *= s->a.cash < 0 ? s->debt : s->interest;
    if (s->ruined) return;
    if (equity_of(s, t) <= TINY) {
        ruin(s);
        return;
    }
    double goal[PLAIN_MAX_ASSETS];
    bool in[PLAIN_MAX_ASSETS], go = false;
    if (s->pending) {
        if (s->execute != t) return;
        memcpy(goal, s->later, sizeof goal), memcpy(in, s->later_in, sizeof in);
        s->pending = false;
        go = true;
    } else {
        s->filtering = decide_filter(s, t, goal, in);
        if (s->filtering)
            go = true;
        else
            decide(s, t, goal, in, &go);
        if (go && s->r->delay > 0) {
            memcpy(s->later, goal, sizeof goal), memcpy(s->later_in, in, sizeof in);
            s->pending = true, s->execute = t + (size_t)s->r->delay;
            return;
        }
    }
    if (!go) return;
    if (s->filtering) {
        trade_filter(s, t, goal, in);
    } else if (trade(s, t, goal, in, false, false)) {
        s->rebalances++;
        s->last = t;
    } else {
        s->fresh = true;
    }
}

static double ratio(double above, double below) {
    return below > 0 ? norni_canonical(above / below) : NORNI_NAN;
}

/* Everything again from the equities of bars [0, n]. */
static norni_port_stats numbers(const twin *s, const double *v, size_t n, double hold) {
    double mean = 0, m2 = 0, down = 0, gain = 0, loss = 0, peak = v[0], worst = 0, squares = 0;
    double longest = 0;
    size_t top = 0;
    for (size_t i = 1; i <= n; i++) {
        const double r = (v[i] - v[i - 1]) * (1 / (v[i - 1] > TINY ? v[i - 1] : TINY));
        const double delta = r - mean, fall = r < 0 ? r : 0;
        mean += delta * (1 / (double)i);
        m2 += delta * (r - mean);
        down += fall * fall, loss += fall, gain += r > 0 ? r : 0;
        if (v[i] >= peak) {
            if (i - top > 1 && (double)(i - top) > longest) longest = (double)(i - top);
            peak = v[i], top = i;
        }
        const double depth = (v[i] - peak) * (1 / (peak > TINY ? peak : TINY));
        worst = depth < worst ? depth : worst;
        squares += depth * depth;
    }
    if ((double)(n - top) > longest) longest = (double)(n - top);
    const double c = (double)n, year = s->m->periods_per_year, root = sqrt(year);
    const double sd = n > 1 ? sqrt(m2 / (c - 1)) : NORNI_NAN;
    norni_port_stats o = {.n_returns = n, .ruined = s->ruined};
    o.final_value = norni_canonical(v[n]);
    o.total_return = norni_canonical(v[n] / s->r->capital - 1);
    o.buyhold_return = norni_canonical(hold / s->r->capital - 1);
    o.cagr = norni_canonical(norni_pow(v[n] / s->r->capital, year / c) - 1);
    o.volatility = norni_canonical(sd * root);
    o.sharpe = ratio(mean * year, sd * root);
    o.sortino = ratio(mean * year, sqrt(down / c) * root);
    o.max_drawdown = norni_canonical(worst);
    o.calmar = ratio(o.cagr, -o.max_drawdown);
    o.omega = ratio(gain, -loss);
    o.ulcer = norni_canonical(sqrt(squares / (c + 1)));
    o.longest_drawdown = longest;
    o.turnover = norni_canonical(s->turnover), o.costs = norni_canonical(s->costs);
    o.unbought = s->unbought && s->rebalances == 0 && s->filtered == 0;
    o.n_filtered = s->filtered;
    o.n_rebalances = s->rebalances, o.n_blocked = s->blocked;
    return o;
}

static double growth(double from, double to) {
    const double ratio = from > 0 ? to / from : 1;
    return norni_log(ratio > TINY ? ratio : TINY);
}

/* Bars [from, to); growth since bar from - 1, or since the capital. */
static norni_port_block block_of(const double *v, const double *held, size_t from, size_t to,
                                 double capital) {
    norni_port_block b = {.n = (double)(to - from)};
    const double own = growth(capital > 0 ? capital : v[from - 1], v[to - 1]);
    b.growth = norni_canonical(own);
    b.active = norni_canonical(own - growth(capital > 0 ? capital : held[from - 1], held[to - 1]));
    for (size_t i = from; i < to; i++) {
        const double r = (v[i] - v[i - 1]) * (1 / (v[i - 1] > TINY ? v[i - 1] : TINY));
        b.sum += r, b.sum_squares += r * r;
    }
    b.sum = norni_canonical(b.sum), b.sum_squares = norni_canonical(b.sum_squares);
    return b;
}

static void begin(twin *s, const norni_port_market *m, size_t first, const norni_port_rule *r,
                  const double *weight, bool sees) {
    *s = (twin){.m = m, .r = r, .first = first, .n = m->n_assets, .last = first, .sees = sees};
    s->a.cash = r->capital;
    s->interest = norni_pow(1 + r->cash_rate, 1 / m->periods_per_year);
    s->debt = norni_pow(1 + r->borrow_rate, 1 / m->periods_per_year);
    memcpy(s->target, weight, s->n * sizeof *weight);
    weigh(s, first);
    bool in[PLAIN_MAX_ASSETS];
    memset(in, 1, sizeof in);
    s->unbought = !trade(s, first, s->weight, in, true, true);
}

void plain_simulate(const norni_port_market *m, const norni_port_window *w,
                    const norni_port_rule *rule, const norni_port_targets *targets,
                    norni_port_stats *stats, norni_port_block *blocks, double *equity) {
    const size_t end = w->mark[w->n_marks - 1];
    static double own[1 << 16], held[1 << 16];
    double *v = equity ? equity : own;
    norni_port_rule never = *rule;
    never.method = NORNI_PORT_NEVER;
    twin s, hold;
    begin(&s, m, w->first, rule, targets->weight, true);
    begin(&hold, m, w->first, &never, targets->weight, false);
    v[0] = equity_of(&s, w->first);
    held[0] = equity_of(&hold, w->first);
    size_t target = 0, mark = 0;
    for (size_t t = w->first + 1; t < end; t++) {
        if (target + 1 < targets->n && targets->bar[target + 1] == t) {
            target++;
            memcpy(s.target, targets->weight + target * s.n, s.n * sizeof *s.target);
            s.fresh = true;
        }
        weigh(&s, t);
        for (size_t a = 0; a < s.n; a++)
            s.owed[a] |= is_out(&s, t, a) != is_out(&s, t - 1, a);
        step(&s, t);
        step(&hold, t);
        v[t - w->first] = equity_of(&s, t);
        held[t - w->first] = equity_of(&hold, t);
        if (t + 1 == w->mark[mark])
            stats[mark++] = numbers(&s, v, t - w->first, held[t - w->first]);
    }
    for (size_t b = 0; blocks && b < w->n_blocks; b++)
        blocks[b] = block_of(v, held, b ? w->block[b - 1] - w->first : 1, w->block[b] - w->first,
                             b ? 0 : rule->capital);
}
