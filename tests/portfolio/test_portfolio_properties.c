/* Properties of the simulator: accounts that balance at every bar, a past that the future does not touch, lanes without effect. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fp.h"
#include "portfolio/portfolio_sim.h"
#include "portfolio_random.h"

enum { TRIALS = 300, LANES = 21 };

typedef struct scene {
    norn_alloc alloc;
    norni_arena arena;
    random_draws d;
    norni_port_market m;
    size_t first, mark[1];
    norni_port_window w;
    norni_port_rule r;
    norni_port_targets *t;
} scene;

static void make(scene *s, size_t trial) {
    memset(s, 0, sizeof *s);
    s->alloc = norni_alloc_default();
    norni_arena_init(&s->arena, &s->alloc);
    s->d = (random_draws){{77, trial}, 0};
    const size_t bars = 20 + random_below(&s->d, 150), assets = 1 + random_below(&s->d, 8);
    s->m = random_market(&s->d, &s->arena, bars, assets, trial % 2);
    s->first = random_below(&s->d, 5);
    s->mark[0] = bars;
    s->w = (norni_port_window){.first = s->first, .mark = s->mark, .n_marks = 1};
    s->r = random_rule(&s->d, trial % 3 == 0);
    s->t = random_targets(&s->d, &s->arena, s->first, bars, assets, trial % 3 == 0);
}

static norni_port_path record(scene *s) {
    norni_port_path p;
    norn_err err;
    assert_int_equal(norni_port_record(&s->m, &s->w, &s->r, s->t, &s->arena, &p, &err), NORN_OK);
    return p;
}

static double holdings(const norni_port_path *p, size_t at) {
    double sum = 0;
    for (size_t a = 0; a < p->n_assets; a++)
        sum += p->value[at * p->n_assets + a];
    return sum;
}

/* What the bar may change: holdings by their prices, cash by interest, everything by the costs of a trade. */
static double expected(const scene *s, const norni_port_path *p, size_t at, double cost) {
    const size_t n = p->n_assets, t = s->first + at;
    const double year = s->m.periods_per_year, cash = p->cash[at - 1];
    double e = cash * norni_pow(1 + (cash < 0 ? s->r.borrow_rate : s->r.cash_rate), 1 / year);
    for (size_t a = 0; a < n; a++) {
        const double old = s->m.price[(t - 1) * n + a], now = s->m.price[t * n + a];
        if (old > 0) e += p->value[(at - 1) * n + a] * (now / old);
    }
    return e - cost;
}

static void accounts_balance(void **state) {
    (void)state;
    size_t events = 0, ruined = 0;
    for (size_t trial = 0; trial < TRIALS; trial++) {
        scene s;
        make(&s, trial);
        const norni_port_path p = record(&s);
        double total = 0, turnover = 0;
        bool dead = false;
        size_t k = 0;
        for (size_t at = 0; at < p.n; at++) {
            const double e = p.equity[at], size = fabs(p.cash[at]) + fabs(holdings(&p, at)) + e;
            assert_true(e >= 0);
            assert_true(fabs(p.cash[at] + holdings(&p, at) - (e)) <= 1e-12 * size);
            double cost = 0;
            if (k < p.n_events && p.event[k].bar == s.first + at) {
                cost = p.event[k].cost, turnover += p.event[k].turnover;
                assert_true(cost >= -1e-12 * e && p.event[k].turnover >= 0);
                assert_true(at > 0);
                k++;
            }
            total += cost;
            if (at == 0) {
                total += s.r.capital - e;
            } else {
                const double want = expected(&s, &p, at, cost);
                dead |= e == 0 && want < 1e-9;
                const double scale = size + fabs(p.cash[at - 1]) + p.equity[at - 1];
                if (!dead && fabs(want - e) > 1e-11 * (scale + s.r.capital))
                    fail_msg("trial %zu, bar %zu: %.17g, expected %.17g", trial, at, e, want);
                if (dead) assert_true(e == 0);
            }
        }
        assert_int_equal(k, p.n_events);
        assert_int_equal(p.stats.n_rebalances, p.n_events);
        assert_int_equal(p.stats.ruined, dead);
        assert_true(fabs(total - (p.stats.costs)) <= 1e-9 * (s.r.capital + p.stats.costs));
        assert_true(fabs(turnover - (p.stats.turnover)) <= 1e-9 * (1 + turnover));
        events += p.n_events, ruined += dead;
        norni_arena_clear(&s.arena);
    }
    if (events < 1500 || ruined < 4) fail_msg("%zu rebalances, %zu ruined", events, ruined);
}

/* Everything after bar t is put through a mill; nothing up to t changes by a bit. */
static void no_look_ahead(void **state) {
    (void)state;
    size_t changed = 0;
    for (size_t trial = 0; trial < TRIALS; trial++) {
        scene s;
        make(&s, trial);
        const norni_port_path p = record(&s);
        const size_t cells = s.m.n_bars * s.m.n_assets, n = s.m.n_assets;
        const size_t keep = s.first + 1 + random_below(&s.d, s.m.n_bars - s.first - 1);
        double *other = norni_arena_get(&s.arena, cells, sizeof *other);
        uint8_t *gaps = norni_arena_get(&s.arena, cells, 1);
        memcpy(other, s.m.price, cells * sizeof *other);
        for (size_t i = 0; i < cells; i++) {
            gaps[i] = s.m.traded ? s.m.traded[i] : 1;
            if (i < keep * n) continue;
            other[i] *= 0.2 + 3 * random_uniform(&s.d);
            gaps[i] = random_uniform(&s.d) < 0.9;
        }
        s.m.price = other, s.m.traded = gaps;
        const norni_port_path q = record(&s);
        const size_t m = keep - s.first;
        assert_memory_equal(p.equity, q.equity, m * sizeof *p.equity);
        assert_memory_equal(p.cash, q.cash, m * sizeof *p.cash);
        assert_memory_equal(p.buyhold, q.buyhold, m * sizeof *p.buyhold);
        assert_memory_equal(p.value, q.value, m * n * sizeof *p.value);
        size_t k = 0;
        for (; k < p.n_events && p.event[k].bar < keep; k++)
            assert_true(k < q.n_events && p.event[k].bar == q.event[k].bar);
        assert_true(k >= q.n_events || q.event[k].bar >= keep);
        changed += p.equity[p.n - 1] != q.equity[q.n - 1];
        norni_arena_clear(&s.arena);
    }
    assert_true(changed > TRIALS / 2);
}

/* The same portfolio alone, among others, in each lane, recorded. */
static void lanes_have_no_effect(void **state) {
    (void)state;
    for (size_t trial = 0; trial < 60; trial++) {
        scene s;
        make(&s, trial);
        const norni_port_path p = record(&s);
        norni_port_rule rule[LANES];
        const norni_port_targets *t[LANES];
        norni_port_stats got[LANES];
        for (size_t n = 1; n <= LANES; n += 1 + n / 3) {
            const size_t place = random_below(&s.d, n);
            for (size_t i = 0; i < n; i++) {
                const bool same = i == place || i % 5 == 4;
                rule[i] = same ? s.r : random_rule(&s.d, i % 2);
                t[i] =
                    same ? s.t
                         : random_targets(&s.d, &s.arena, s.first, s.m.n_bars, s.m.n_assets, false);
            }
            norn_err err;
            assert_int_equal(
                norni_port_simulate(&s.m, &s.w, rule, t, n, &s.arena, NULL, got, NULL, &err),
                NORN_OK);
            for (size_t i = 0; i < n; i++)
                if (i == place || i % 5 == 4)
                    assert_memory_equal(&got[i], &p.stats,
                                        offsetof(norni_port_stats, unbought) + 1);
        }
        norni_arena_clear(&s.arena);
    }
}

/* What cannot be sold is not bought a second time: where weights of longs sum to 1 at most, nothing is ever owed. */
static void longs_never_borrow(void **state) {
    (void)state;
    size_t stuck = 0, events = 0;
    for (size_t trial = 0; trial < 2 * TRIALS; trial++) {
        scene s;
        make(&s, 2 * trial + 1); /* with gaps */
        s.t = random_targets(&s.d, &s.arena, s.first, s.m.n_bars, s.m.n_assets, true);
        s.r.edge = false,
        s.r.min_trade = s.r.fixed_fee = 0; /* these leave weights where they are */
        const norni_port_path p = record(&s);
        for (size_t at = 0; at < p.n; at++)
            if (!(p.cash[at] >= -1e-9 * p.equity[at]))
                fail_msg("trial %zu, bar %zu: cash %g of %g", trial, at, p.cash[at], p.equity[at]);
        for (size_t k = 0; k < p.n_events; k++) {
            const size_t at = p.event[k].bar - s.first, row = p.event[k].bar * s.m.n_assets;
            for (size_t a = 0; a < p.n_assets; a++)
                stuck += !s.m.traded[row + a] && p.value[at * p.n_assets + a] > 0;
        }
        events += p.n_events;
        norni_arena_clear(&s.arena);
    }
    if (stuck < 300 || events < 1500) fail_msg("%zu stuck, %zu rebalances", stuck, events);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_balance),
        cmocka_unit_test(no_look_ahead),
        cmocka_unit_test(longs_never_borrow),
        cmocka_unit_test(lanes_have_no_effect),
    };
    return cmocka_run_group_tests_name("portfolio_properties", tests, NULL, NULL);
}
