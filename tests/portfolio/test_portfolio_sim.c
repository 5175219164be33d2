/* Tests of the simulator by hand: two assets and known numbers, each rule, costs, errors, cancelling, no memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fp.h"
#include "portfolio/portfolio_sim.h"
#include "portfolio_random.h"

enum { BARS = 12 };

/* Two assets at daily bars: A doubles at bar 2 and falls back at bar 6; B stays at 50. */
static const double two[BARS][2] = {{100, 50}, {100, 50}, {200, 50}, {200, 50},
                                    {200, 50}, {200, 50}, {100, 50}, {100, 50},
                                    {100, 50}, {100, 50}, {100, 50}, {100, 50}};
static const double halves[2] = {0.5, 0.5};
static const size_t start[1] = {0};

typedef struct hand {
    norn_alloc alloc;
    norni_arena arena;
    double days[BARS];
    const double *clock[NORNI_PORT_CLOCKS];
    norni_port_market m;
    norni_port_window w;
    size_t mark[1];
    norni_port_targets t;
    norni_port_rule r;
    norni_port_path p;
} hand;

static void set_up(hand *h) {
    memset(h, 0, sizeof *h);
    h->alloc = norni_alloc_default();
    norni_arena_init(&h->arena, &h->alloc);
    for (size_t i = 0; i < BARS; i++)
        h->days[i] = 18262 + (double)i;
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
        h->clock[c] = h->days;
    h->m = (norni_port_market){BARS, 2, two[0], NULL, h->clock, 365, NULL};
    h->mark[0] = BARS;
    h->w = (norni_port_window){.mark = h->mark, .n_marks = 1};
    h->t = (norni_port_targets){1, start, halves};
    h->r = norni_port_rule_default();
    h->r.min_interval_hours = 0;
}

static void record(hand *h) {
    norn_err err = {0};
    assert_int_equal(norni_port_record(&h->m, &h->w, &h->r, &h->t, &h->arena, &h->p, &err),
                     NORN_OK);
    norni_port_stats s;
    const norni_port_targets *t = &h->t;
    assert_int_equal(
        norni_port_simulate(&h->m, &h->w, &h->r, &t, 1, &h->arena, NULL, &s, NULL, &err), NORN_OK);
    assert_memory_equal(&s, &h->p.stats, offsetof(norni_port_stats, unbought) + 1);
}

static void near(double got, double want) {
    if (!(fabs(got - want) <= 1e-9 * (fabs(want) + 1))) fail_msg("%.17g is not %.17g", got, want);
}

/* 10,000 is 50 A and 100 B. At bar 2 A is worth 10,000 of 15,000, two thirds: 0.167 above its half. Back to halves:
 * 37.5 A and 150 B. At bar 6: 3,750 + 7,500 = 11,250; a third, again rebalanced: 56.25 A, 112.5 B. */
static void hand_threshold(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    record(&h);
    assert_int_equal(h.p.n_events, 2);
    assert_int_equal(h.p.event[0].bar, 2);
    near(h.p.event[0].total_value, 15000);
    near(h.p.event[0].max_deviation, 1.0 / 6);
    near(h.p.event[0].weights_before[0], 2.0 / 3);
    near(h.p.event[0].turnover, 1.0 / 3);
    near(h.p.event[0].cost, 0);
    assert_int_equal(h.p.event[1].bar, 6);
    near(h.p.value[6 * 2], 5625);
    near(h.p.equity[1], 10000), near(h.p.equity[2], 15000), near(h.p.equity[11], 11250);
    near(h.p.buyhold[2], 15000), near(h.p.buyhold[11], 10000);
    const norni_port_stats *s = &h.p.stats;
    near(s->total_return, 0.125), near(s->buyhold_return, 0);
    near(s->max_drawdown, -0.25), near(s->turnover, 2.0 / 3);
    near(s->longest_drawdown, 6); /* from bar 5, the last of the peak, to the end */
    near(s->ulcer, sqrt(6 * 0.0625 / 12));
    near(s->cagr, pow(1.125, 365.0 / 11) - 1);
    const double mean = 0.25 / 11, var = (0.25 + 0.0625 - 11 * mean * mean) / 10;
    near(s->volatility, sqrt(var * 365)), near(s->sharpe, mean * 365 / sqrt(var * 365));
    near(s->sortino, mean * 365 / (sqrt(0.0625 / 11) * sqrt(365)));
    near(s->omega, 0.5 / 0.25), near(s->calmar, s->cagr / 0.25);
    assert_int_equal(s->n_returns, 11);
    h.r.threshold =
        0.17; /* two thirds are in the band; a third is not met: 50 A and 100 B all along */
    record(&h);
    assert_int_equal(h.p.n_events, 0);
    h.r.threshold = 0.4, h.r.relative = true; /* 0.4 of 0.5 is 0.2 */
    record(&h);
    assert_int_equal(h.p.n_events, 0);
    h.r.threshold = 0.3; /* 0.15: out */
    record(&h);
    assert_int_equal(h.p.n_events, 2);
    norni_arena_clear(&h.arena);
}

/* The clock counts from the purchase: every 4 days is bars 4 and 8. */
static void hand_calendar(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    h.r.method = NORNI_PORT_CALENDAR;
    h.r.every = 4;
    record(&h);
    assert_int_equal(h.p.n_events, 2);
    assert_int_equal(h.p.event[0].bar, 4);
    assert_int_equal(h.p.event[1].bar, 8);
    /* at bar 4: 15,000, to 37.5 A and 150 B; bar 6: 11,250; at bar 8 to 56.25 A */
    near(h.p.equity[6], 11250), near(h.p.value[8 * 2], 5625), near(h.p.value[7 * 2], 3750);
    /* hybrid: the band at bar 2 starts the calendar again: 2, 6 (both), 10 */
    h.r.method = NORNI_PORT_HYBRID;
    record(&h);
    assert_int_equal(h.p.n_events, 3);
    assert_int_equal(h.p.event[2].bar, 10);
    /* hours of a clock in days: sixths of a day are not exact, every fourth hour is there all the same */
    size_t early = 0;
    h.r.method = NORNI_PORT_CALENDAR, h.r.every = 4.0 / 24, h.r.min_interval_hours = 4;
    for (size_t k = 0; k < 20; k++) {
        for (size_t i = 0; i < BARS; i++)
            h.days[i] = 18262 + 0.0137 * (double)k + (double)i / 24;
        early += h.days[4] - h.days[0] < 4.0 / 24 || h.days[8] - h.days[4] < 4.0 / 24;
        record(&h);
        assert_int_equal(h.p.n_events, 2);
        assert_int_equal(h.p.event[1].bar, 8);
        assert_int_equal(h.p.stats.n_blocked, 0);
    }
    assert_true(early > 0);
    norni_arena_clear(&h.arena);
}

/* An interval and the momentum filter hold back, and what was held back is counted. */
static void hand_blocked(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    h.r.min_interval_hours = 72; /* due at bar 2, done at bar 3 */
    record(&h);
    assert_int_equal(h.p.event[0].bar, 3);
    assert_int_equal(h.p.stats.n_blocked, 1);
    assert_int_equal(h.p.n_events, 2);
    assert_int_equal(h.p.event[1].bar, 6);
    /* holdings 15,000 against 10,000 two days before: +50 % at bars 2 and 3; at bar 4 the same: go */
    h.r.min_interval_hours = 0;
    h.r.momentum_days = 2;
    record(&h);
    assert_int_equal(h.p.event[0].bar, 4);
    assert_int_equal(h.p.stats.n_blocked, 2);
    h.r.momentum_limit = 0.5; /* not above */
    record(&h);
    assert_int_equal(h.p.event[0].bar, 2);
    h.r.momentum_limit = 0.2,
    h.r.momentum_days = 3; /* bar 2: the window does not reach back: no filter */
    record(&h);
    assert_int_equal(h.p.event[0].bar, 2);
    norni_arena_clear(&h.arena);
}

/* Costs of 1 %: 10,000 / 1.01 is bought. At bar 2 with x = 10,000 / 1.01 / 2: 2x + x = 3x is the equity e; sold is d of A, bought of B
 * what makes both half of e': e' = e - 0.01 (2x - e'/2 + e'/2 - x) = 3x - 0.01 x. */
static void hand_costs(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    h.r.fee = 0.006, h.r.slippage = 0.004;
    record(&h);
    const double x = 10000 / 1.01 / 2, after = 2.99 * x;
    near(h.p.equity[0], 2 * x), near(h.p.value[0], x), near(h.p.cash[0], 0);
    near(h.p.equity[2], after), near(h.p.value[2 * 2], after / 2);
    near(h.p.event[0].cost, 0.01 * x);
    near(h.p.event[0].turnover, x / (3 * x));
    near(h.p.stats.buyhold_return, 2 * x / 10000 - 1);
    h.r.fee = h.r.slippage = 0, h.r.fixed_fee = 10; /* 20 to buy both, 20 for each rebalance */
    record(&h);
    near(h.p.equity[1], 9980), near(h.p.equity[2], 1.5 * 9980 - 20);
    near(h.p.stats.costs, 60);
    h.r.fixed_fee = 6000; /* the purchase cannot be paid: all stays cash */
    record(&h);
    near(h.p.equity[11], 10000), near(h.p.stats.costs, 0);
    assert_int_equal(h.p.n_events, 0);
    norni_arena_clear(&h.arena);
}

static void hand_more_rules(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    h.r.edge = true; /* A falls from two thirds to 0.6 of 15,000, B rises to 0.4 */
    record(&h);
    near(h.p.value[2 * 2], 9000), near(h.p.value[2 * 2 + 1], 6000);
    h.r.edge = false, h.r.delay = 2; /* decided at bar 2, done at bar 4 */
    record(&h);
    assert_int_equal(h.p.event[0].bar, 4);
    h.r.delay = 0, h.r.turnover_cap = 0.1; /* 1,500 of trades: 750 of A sold, 750 of B bought */
    record(&h);
    near(h.p.value[2 * 2], 9250), near(h.p.value[2 * 2 + 1], 5750);
    h.r.turnover_cap = 0, h.r.min_trade = 0.2; /* 2,500 is less than 3,000: nothing is traded */
    record(&h);
    assert_int_equal(h.p.n_events, 0);
    h.r.min_trade = 0, h.r.method = NORNI_PORT_NEVER;
    record(&h);
    near(h.p.equity[11], 10000);
    /* half of it in cash at 10 % a year; owed at 20 % */
    const double half[2] = {0.5, 0}, twice[2] = {0, 2};
    h.t.weight = half, h.r.cash_rate = 0.1, h.r.borrow_rate = 0.2;
    record(&h);
    near(h.p.equity[11], 5000 + 5000 * pow(1.1, 11.0 / 365));
    near(h.p.stats.buyhold_return, h.p.stats.total_return);
    h.t.weight = twice;
    record(&h);
    near(h.p.equity[11], 20000 - 10000 * pow(1.2, 11.0 / 365));
    norni_arena_clear(&h.arena);
}

/* Targets that change: 100 % A, from bar 3 on 100 % B. */
static void hand_targets(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    const double weight[4] = {1, 0, 0, 1};
    const size_t bar[2] = {0, 3};
    h.t = (norni_port_targets){2, bar, weight};
    h.r.method = NORNI_PORT_ON_TARGET;
    record(&h);
    assert_int_equal(h.p.n_events, 1);
    assert_int_equal(h.p.event[0].bar, 3);
    near(h.p.equity[11], 20000), near(h.p.value[11 * 2], 0);
    h.r.min_interval_hours = 120; /* held back until bar 5, not forgotten */
    record(&h);
    assert_int_equal(h.p.event[0].bar, 5);
    assert_int_equal(h.p.stats.n_blocked, 2);
    norni_arena_clear(&h.arena);
}

/* An asset that is worth nothing from bar 6 on; one that has no price before bar 3; debts that eat everything. */
static void hand_gaps(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    double price[BARS * 2];
    memcpy(price, two, sizeof price);
    for (size_t t = 6; t < BARS; t++)
        price[2 * t] = 0;
    h.m.price = price;
    record(&h); /* 7,500 of B stay; A cannot be bought: no further trades */
    assert_int_equal(h.p.n_events, 2);
    near(h.p.equity[6], 7500), near(h.p.equity[11], 7500);
    near(h.p.value[11 * 2 + 1], 3750); /* B was brought to its half at bar 6 */
    memcpy(price, two, sizeof price);
    for (size_t t = 0; t < 3; t++)
        price[2 * t] = 0;
    record(&h); /* half stays cash until A trades, at bar 3 */
    near(h.p.cash[0], 5000), near(h.p.cash[2], 5000), near(h.p.cash[3], 0);
    assert_int_equal(h.p.event[0].bar, 3);
    const double owed[2] = {
        3, 0}; /* 300 A for 10,000 and 20,000 owed: at bar 6 worth half of the bought */
    memcpy(price, two, sizeof price);
    for (size_t t = 0; t < 6; t++)
        price[2 * t] = 200;
    h.t.weight = owed;
    h.r.method = NORNI_PORT_NEVER;
    record(&h);
    assert_true(h.p.stats.ruined);
    near(h.p.equity[5], 10000), near(h.p.equity[6], 0), near(h.p.equity[11], 0);
    near(h.p.stats.total_return, -1), near(h.p.stats.buyhold_return, -1);
    near(h.p.stats.max_drawdown, -1), near(h.p.stats.cagr, -1);
    norni_arena_clear(&h.arena);
}

/* Marks and blocks of one run are those of runs of their own. */
static void marks_and_blocks(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    const size_t mark[3] = {5, 8, 12}, block[3] = {4, 7, 12};
    const norni_port_targets *t = &h.t;
    norni_port_stats s[3], one;
    norni_port_block b[3];
    const norni_port_window w = {0, mark, 3, block, 3};
    assert_int_equal(norni_port_simulate(&h.m, &w, &h.r, &t, 1, &h.arena, NULL, s, b, NULL),
                     NORN_OK);
    for (size_t i = 0; i < 3; i++) {
        const norni_port_window own = {.mark = mark + i, .n_marks = 1};
        assert_int_equal(
            norni_port_simulate(&h.m, &own, &h.r, &t, 1, &h.arena, NULL, &one, NULL, NULL),
            NORN_OK);
        assert_memory_equal(&s[i], &one, offsetof(norni_port_stats, unbought) + 1);
    }
    near(b[0].n, 3), near(b[1].n, 3), near(b[2].n, 5);
    near(b[0].sum, 0.5), near(b[1].sum, -0.25), near(b[1].sum_squares, 0.0625), near(b[2].sum, 0);
    double growth = 0,
           active = 0; /* they add up to what the whole window gained, the purchase included */
    for (size_t i = 0; i < 3; i++)
        growth += b[i].growth, active += b[i].active;
    near(growth, log(1 + s[2].total_return));
    near(active, log(1 + s[2].total_return) - log(1 + s[2].buyhold_return));
    norni_arena_clear(&h.arena);
}

static bool stop_now(void *user) {
    ++*(size_t *)user;
    return true;
}

static bool first_time(void *user) {
    int64_t *at = user;
    if (at[0] == 0) at[0] = norni_clock_ns();
    at[1] = norni_clock_ns();
    return true;
}

/* A long window asks often, and gives up where it is told to. */
static void cancelled(void **state) {
    (void)state;
    enum { LONG = 400000 };
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    norni_arena_init(&a, &alloc);
    random_draws d = {{3, 1}, 0};
    const norni_port_market m = random_market(&d, &a, LONG, 4, false);
    const norni_port_targets *t = random_targets(&d, &a, 0, LONG, 4, true);
    const size_t mark = LONG;
    const norni_port_window w = {.mark = &mark, .n_marks = 1};
    const norni_port_rule r = norni_port_rule_default();
    norni_port_stats s;
    size_t asked = 0;
    norn_err err;
    const norni_arena_mark before = norni_arena_mark_get(&a);
    norni_poll poll = {stop_now, &asked};
    assert_int_equal(norni_port_simulate(&m, &w, &r, &t, 1, &a, &poll, &s, NULL, &err),
                     NORN_E_CANCEL);
    assert_int_equal(asked, 1);
    assert_ptr_equal(before.head, norni_arena_mark_get(&a).head);
    assert_int_equal(before.used, norni_arena_mark_get(&a).used);
    int64_t at[2] = {0, 0};
    poll = (norni_poll){first_time, at};
    const int64_t start_ns = norni_clock_ns();
    assert_int_equal(norni_port_simulate(&m, &w, &r, &t, 1, &a, &poll, &s, NULL, &err),
                     NORN_E_CANCEL);
    assert_true(at[0] - start_ns < 100000000); /* a few ms; more on a shared machine */
    norni_arena_clear(&a);
}

typedef struct failing {
    size_t left;
    norn_alloc under;
} failing;
static void *resize_or_fail(void *user, void *ptr, size_t old, size_t size) {
    failing *f = user;
    if (size > 0 && f->left == 0) return NULL;
    f->left -= size > 0;
    return f->under.resize(f->under.user, ptr, old, size);
}

static void no_memory(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    bool simulated = false, recorded = false;
    for (size_t k = 0; k < 64 && !(simulated && recorded); k++) {
        failing f = {k, norni_alloc_default()};
        const norn_alloc alloc = {resize_or_fail, &f};
        const norni_port_targets *t = &h.t;
        norni_port_stats s;
        norni_arena a;
        norni_arena_init(&a, &alloc);
        norn_status st = norni_port_simulate(&h.m, &h.w, &h.r, &t, 1, &a, NULL, &s, NULL, NULL);
        assert_int_equal(st, k == 0 ? NORN_E_MEM : st);
        assert_true(st == NORN_OK || st == NORN_E_MEM);
        simulated |= st == NORN_OK;
        norni_arena_clear(&a);
        f.left = k;
        st = norni_port_record(&h.m, &h.w, &h.r, &h.t, &a, &h.p, NULL);
        assert_true((st == NORN_OK && k > 0) || st == NORN_E_MEM);
        recorded |= st == NORN_OK;
        norni_arena_clear(&a);
    }
    assert_true(simulated && recorded);
    norni_arena_clear(&h.arena);
}

static void refused(const hand *h, const norni_port_rule *r, const norni_port_window *w,
                    const norni_port_targets *t, const char *word) {
    norn_err err = {0};
    norni_port_stats s[2];
    norni_arena a = h->arena;
    assert_int_equal(norni_port_simulate(&h->m, w, r, &t, 1, &a, NULL, s, NULL, &err), NORN_E_ARG);
    if (!strstr(err.text, word)) fail_msg("%s: no %s", err.text, word);
}

static void arguments(void **state) {
    hand h;
    (void)state;
    set_up(&h);
    norn_err err;
    assert_int_equal(norni_port_rule_check(&h.r, &err), NORN_OK);
    norni_port_rule r = h.r;
    r.fee = -0.001, refused(&h, &r, &h.w, &h.t, "fee");
    r = h.r, r.slippage = NORNI_NAN, refused(&h, &r, &h.w, &h.t, "slippage");
    r = h.r, r.capital = 0, refused(&h, &r, &h.w, &h.t, "capital");
    r = h.r, r.threshold = -1, refused(&h, &r, &h.w, &h.t, "threshold");
    r = h.r, r.delay = -1, refused(&h, &r, &h.w, &h.t, "delay");
    r = h.r, r.cash_rate = -1, refused(&h, &r, &h.w, &h.t, "cash_rate");
    r = h.r, r.momentum_limit = NORNI_INF, refused(&h, &r, &h.w, &h.t, "momentum_limit");
    const size_t one[1] = {1}, past[1] = {BARS + 1}, up[2] = {8, 6};
    refused(&h, &h.r, &(norni_port_window){.mark = one, .n_marks = 1}, &h.t, "mark 1");
    refused(&h, &h.r, &(norni_port_window){.mark = past, .n_marks = 1}, &h.t, "mark 13");
    refused(&h, &h.r, &(norni_port_window){.mark = up, .n_marks = 2}, &h.t, "mark 6");
    refused(&h, &h.r, &h.w, &(norni_port_targets){1, one, halves}, "bar 0");
    const double odd[2] = {NORNI_NAN, 1};
    refused(&h, &h.r, &h.w, &(norni_port_targets){1, start, odd}, "weight");
    norni_arena_clear(&h.arena);
}

/* A panel of three symbols of which two are held, the second with a gap. */
static void market_of_a_panel(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    norni_arena_init(&a, &alloc);
    double price[6] = {1, 2, 3, 4, 5, 6}, clock[2] = {0, 1};
    uint8_t traded[6] = {1, 1, 1, 1, 0, 1};
    norni_port_prices p = {.n_bars = 2, .n_assets = 3, .price = price, .traded = traded};
    p.periods_per_year = 252;
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
        p.clock[c] = clock;
    norni_port_market m;
    const size_t held[2] = {2, 1}, whole[2] = {0, 2}, none[1] = {3};
    norn_err err;
    assert_int_equal(norni_port_market_of(&p, held, 2, &a, &m, &err), NORN_OK);
    const double want[4] = {3, 2, 6, 5};
    const uint8_t gaps[4] = {1, 1, 1, 0};
    assert_memory_equal(m.price, want, sizeof want);
    assert_memory_equal(m.traded, gaps, sizeof gaps);
    assert_ptr_equal(m.clock[NORNI_PORT_CLOCK_YEARS], clock);
    near(m.periods_per_year, 252);
    assert_int_equal(norni_port_market_of(&p, whole, 2, &a, &m, &err), NORN_OK);
    assert_null(m.traded);
    assert_int_equal(norni_port_market_of(&p, none, 1, &a, &m, &err), NORN_E_ARG);
    norni_arena_clear(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hand_threshold),  cmocka_unit_test(hand_calendar),
        cmocka_unit_test(hand_blocked),    cmocka_unit_test(hand_costs),
        cmocka_unit_test(hand_more_rules), cmocka_unit_test(hand_targets),
        cmocka_unit_test(hand_gaps),       cmocka_unit_test(marks_and_blocks),
        cmocka_unit_test(cancelled),       cmocka_unit_test(no_memory),
        cmocka_unit_test(arguments),       cmocka_unit_test(market_of_a_panel),
    };
    return cmocka_run_group_tests_name("portfolio_sim", tests, NULL, NULL);
}
