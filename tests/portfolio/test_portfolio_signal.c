/* Tests of the simulator's filter: every bit as the plain twin, accounts that balance, costs, nothing of what comes later, the purchase held. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#include "plain_simulator.h"
#include "portfolio/portfolio_lanes.h"
#include "portfolio_random.h"

enum { N = 25, MARKS = 3, BLOCKS = 4, BARS = 40 };

/* Assets that go out and come back, each by itself or all at once; often for long. */
static uint8_t *random_filter(random_draws *d, norni_arena *arena, size_t bars, size_t n) {
    uint8_t *out = norni_arena_zero(arena, bars * n, 1);
    const double flips = 0.02 + 0.3 * random_uniform(d);
    const bool together = random_below(d, 3) == 0;
    for (size_t a = 0; a < n; a++)
        for (size_t t = 0; t < bars; t++) {
            const size_t i = t * n + a;
            const uint8_t was = t ? out[i - n] : (uint8_t)random_below(d, 2);
            out[i] = together && a > 0           ? out[t * n]
                     : random_uniform(d) < flips ? (uint8_t)!was
                                                 : was;
        }
    return out;
}

static void compare(const norni_port_stats *a, const norni_port_stats *b, size_t n,
                    const char *what, size_t trial) {
    for (size_t i = 0; i < n; i++) {
        if (memcmp(&a[i], &b[i], sizeof *a) == 0) continue;
        print_error(
            "%s, trial %zu, portfolio %zu, mark %zu: value %.17g, twin %.17g; trades of "
            "the filter %zu, twin %zu; rebalances %zu, %zu\n",
            what, trial, i / MARKS, i % MARKS, a[i].final_value, b[i].final_value, a[i].n_filtered,
            b[i].n_filtered, a[i].n_rebalances, b[i].n_rebalances);
        fail();
    }
}

/* Bytes between the members are nobody's. */
static void clean(norni_port_stats *s, size_t n) {
    for (size_t i = 0; i < n; i++) {
        norni_port_stats k;
        memset(&k, 0, sizeof k);
        memcpy(&k, &s[i], offsetof(norni_port_stats, ruined));
        k.ruined = s[i].ruined, k.unbought = s[i].unbought, k.n_filtered = s[i].n_filtered;
        memcpy(&s[i], &k, sizeof k);
    }
}

typedef struct counts {
    size_t filtered, rebalances, ruined, held;
} counts;

static void run_trial(size_t trial, bool plain, counts *c) {
    random_draws d = {{10, trial}, 0};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    const size_t bars = 20 + random_below(&d, 180), assets = 1 + random_below(&d, 12);
    norni_port_market m = random_market(&d, &arena, bars, assets, !plain && trial % 2);
    const size_t first = random_below(&d, 4);
    const size_t mark[MARKS] = {first + 2 + random_below(&d, 5), bars / 2 + 1, bars};
    size_t block[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
        block[i] = first + 1 + (bars - first - 1) * i / BLOCKS + (i > 0);
    const norni_port_window w = {first, mark, MARKS, block, BLOCKS};
    norni_port_rule rule[N];
    const norni_port_targets *target[N];
    static norni_port_stats want[N * MARKS], got[N * MARKS], bare[N * MARKS];
    static norni_port_block sums[N * BLOCKS], sums_got[N * BLOCKS];
    norn_err err;
    m.out = random_filter(&d, &arena, bars, assets);
    for (size_t i = 0; i < N; i++) {
        rule[i] = random_rule(&d, plain);
        target[i] = i % 3 ? target[i - 1] : random_targets(&d, &arena, first, bars, assets, plain);
        plain_simulate(&m, &w, &rule[i], target[i], want + i * MARKS, sums + i * BLOCKS, NULL);
        const norni_port_stats *s = &want[i * MARKS + MARKS - 1];
        c->rebalances += s->n_rebalances, c->filtered += s->n_filtered, c->ruined += s->ruined;
    }
    clean(want, N * MARKS);
    const norni_port_kernel *done = NULL;
    for (int simd = NORNI_PORT_PLAIN; simd <= NORNI_PORT_AVX512; simd++) {
        const norni_port_kernel *k = norni_port_kernel_get((norni_port_simd)simd);
        if (k == done) continue; /* the machine has no wider one */
        done = k;
        assert_int_equal(norni_port_simulate_on((norni_port_simd)simd, 0, &m, &w, rule, target, N,
                                                &arena, NULL, got, sums_got, &err),
                         NORN_OK);
        clean(got, N * MARKS);
        compare(got, want, N * MARKS, k->name, trial);
        assert_memory_equal(sums_got, sums, sizeof sums);
    }
    m.out = NULL; /* what is bought and held knows no filter */
    assert_int_equal(norni_port_simulate(&m, &w, rule, target, N, &arena, NULL, bare, NULL, &err),
                     NORN_OK);
    for (size_t i = 0; i < N * MARKS; i++) {
        assert_memory_equal(&bare[i].buyhold_return, &got[i].buyhold_return, sizeof(double));
        assert_int_equal(bare[i].n_filtered, 0);
        c->held += bare[i].total_return != got[i].total_return;
    }
    norni_arena_clear(&arena);
}

static void twin_of_plain_rules(void **state) {
    (void)state;
    counts c = {0};
    for (size_t trial = 0; trial < 150; trial++)
        run_trial(trial, true, &c);
    assert_true(c.filtered > 20000 && c.rebalances > 3000 && c.held > 5000);
}

static void twin_of_everything(void **state) {
    (void)state;
    counts c = {0};
    for (size_t trial = 1000; trial < 1150; trial++)
        run_trial(trial, false, &c);
    assert_true(c.filtered > 20000 && c.rebalances > 3000 && c.ruined > 20);
}

/* ---- by hand ---- */

typedef struct hand {
    norni_arena arena;
    norni_port_market m;
    double price[BARS * 2], clock[NORNI_PORT_CLOCKS][BARS];
    const double *clocks[NORNI_PORT_CLOCKS];
    uint8_t out[BARS * 2];
    size_t first, end;
    double weight[2];
    norni_port_targets targets;
    norni_port_window w;
    norni_port_rule rule;
} hand;

/* Two assets, the second one still; half and half, bought and held but for the filter. */
static void set_up(hand *h) {
    static norn_alloc alloc;
    alloc = norni_alloc_default();
    memset(h, 0, sizeof *h);
    norni_arena_init(&h->arena, &alloc);
    for (size_t t = 0; t < BARS; t++) {
        h->price[2 * t] = 100 + 2 * (double)t + 10 * (double)(t % 3);
        h->price[2 * t + 1] = 50;
        for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
            h->clock[c][t] = (double)t;
    }
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
        h->clocks[c] = h->clock[c];
    h->weight[0] = h->weight[1] = 0.5;
    h->end = BARS;
    h->targets = (norni_port_targets){1, &h->first, h->weight};
    h->w = (norni_port_window){.first = 0, .mark = &h->end, .n_marks = 1};
    h->rule = norni_port_rule_default();
    h->rule.method = NORNI_PORT_NEVER;
    h->m = (norni_port_market){.n_bars = BARS,
                               .n_assets = 2,
                               .price = h->price,
                               .clock = h->clocks,
                               .periods_per_year = 365,
                               .out = h->out};
}

static norni_port_path record(hand *h) {
    norni_port_path p;
    norn_err err;
    assert_int_equal(norni_port_record(&h->m, &h->w, &h->rule, &h->targets, &h->arena, &p, &err),
                     NORN_OK);
    return p;
}

static void goes_out_and_comes_back(void **state) {
    (void)state;
    hand h;
    set_up(&h);
    h.rule.fee = 0.01;
    for (size_t t = 5; t < 12; t++)
        h.out[2 * t] = 1;
    const norni_port_path p = record(&h);
    assert_int_equal(p.stats.n_filtered, 2);
    assert_int_equal(p.stats.n_rebalances, 0);
    assert_int_equal(p.n_events, 2);
    assert_int_equal(p.event[0].bar, 5);
    assert_int_equal(p.event[1].bar, 12);
    assert_true(p.event[0].filtered && p.event[1].filtered);
    assert_true(p.value[2 * 4] > 0);
    for (size_t t = 5; t < 12; t++) {
        assert_true(p.value[2 * t] == 0);
        assert_true(p.value[2 * t + 1] == p.value[1]); /* the other one is not touched */
    }
    /* The sale at bar 5 pays a hundredth of what was sold at that bar's close. */
    const double sold = p.value[0] / h.price[0] * h.price[2 * 5];
    assert_true(fabs(p.event[0].cost - 0.01 * sold) < 1e-9);
    assert_true(fabs(p.cash[5] - p.cash[4] - 0.99 * sold) < 1e-9);
    /* Back at half of the equity, and so is the other one. */
    assert_true(fabs(p.value[2 * 12] / p.equity[12] - 0.5) < 1e-12);
    assert_true(fabs(p.value[2 * 12 + 1] / p.equity[12] - 0.5) < 1e-12);
    assert_true(p.cash[12] > -1e-9);
    for (size_t t = 0; t < BARS; t++)
        assert_true(p.equity[t] == p.cash[t] + p.value[2 * t] + p.value[2 * t + 1]);
    const double costs = p.event[0].cost + p.event[1].cost;
    assert_true(fabs(p.stats.costs - costs - h.rule.capital * 0.01 / 1.01) < 1e-6);
    norni_arena_clear(&h.arena);
}

/* Out from the first bar on: nothing of it is bought until it comes back; the benchmark holds it all along. */
static void out_at_the_purchase(void **state) {
    (void)state;
    hand h;
    set_up(&h);
    for (size_t t = 0; t < 20; t++)
        h.out[2 * t] = h.out[2 * t + 1] = 1;
    const norni_port_path p = record(&h);
    for (size_t t = 0; t < 20; t++)
        assert_true(p.equity[t] == h.rule.capital && p.cash[t] == h.rule.capital);
    assert_true(p.value[2 * 20] == 5000 && p.value[2 * 20 + 1] == 5000);
    assert_true(p.buyhold[19] != p.equity[19]);
    h.m.out = NULL;
    const norni_port_path bare = record(&h);
    assert_memory_equal(p.buyhold, bare.buyhold, BARS * sizeof(double));
    norni_arena_clear(&h.arena);
}

/* A filter of nothing is no filter, to the bit, whatever the rule. */
static void lets_all_through(void **state) {
    (void)state;
    hand h;
    set_up(&h);
    h.rule.method = NORNI_PORT_HYBRID;
    h.rule.threshold = 0.02, h.rule.every = 7, h.rule.fee = 0.001;
    const norni_port_path with = record(&h);
    h.m.out = NULL;
    const norni_port_path without = record(&h);
    assert_true(with.stats.n_rebalances > 3);
    assert_memory_equal(with.equity, without.equity, BARS * sizeof(double));
    assert_memory_equal(with.cash, without.cash, BARS * sizeof(double));
    norni_arena_clear(&h.arena);
}

/* With a delay what is decided at bar 5 is traded at bar 7. */
static void waits_for_a_delay(void **state) {
    (void)state;
    hand h;
    set_up(&h);
    h.rule.delay = 2;
    for (size_t t = 5; t < BARS; t++)
        h.out[2 * t] = 1;
    const norni_port_path p = record(&h);
    assert_int_equal(p.n_events, 1);
    assert_int_equal(p.event[0].bar, 7);
    assert_true(p.value[2 * 6] > 0 && p.value[2 * 7] == 0);
    norni_arena_clear(&h.arena);
}

/* An asset that does not trade cannot be sold: at the first bar at which it does, it is. */
static void owes_what_cannot_be_traded(void **state) {
    (void)state;
    uint8_t traded[BARS * 2];
    hand h;
    set_up(&h);
    memset(traded, 1, sizeof traded);
    for (size_t t = 5; t < 9; t++) {
        traded[2 * t] = 0;
        h.price[2 * t] = h.price[2 * 4];
    }
    for (size_t t = 5; t < 20; t++)
        h.out[2 * t] = 1;
    h.m.traded = traded;
    const norni_port_path p = record(&h);
    assert_int_equal(p.n_events, 2);
    assert_int_equal(p.event[0].bar, 9);
    assert_int_equal(p.event[1].bar, 20);
    assert_true(p.value[2 * 8] > 0 && p.value[2 * 9] == 0);
    norni_arena_clear(&h.arena);
}

/* What the filter says from some bar on changes nothing before it, and mostly the bar itself. */
static void nothing_of_what_comes_later(void **state) {
    (void)state;
    size_t at_once = 0;
    for (size_t trial = 0; trial < 200; trial++) {
        random_draws d = {{11, trial}, 0};
        const norn_alloc alloc = norni_alloc_default();
        norni_arena arena;
        norn_err err;
        norni_arena_init(&arena, &alloc);
        norni_port_market m = random_market(&d, &arena, 60, 4, trial % 2);
        const size_t end = 60, at = 5 + random_below(&d, 50);
        const norni_port_window w = {.first = 0, .mark = &end, .n_marks = 1};
        const norni_port_rule rule = random_rule(&d, false);
        const norni_port_targets *t = random_targets(&d, &arena, 0, 60, 4, false);
        uint8_t *out = random_filter(&d, &arena, 60, 4);
        norni_port_path a, b;
        m.out = out;
        assert_int_equal(norni_port_record(&m, &w, &rule, t, &arena, &a, &err), NORN_OK);
        for (size_t i = at * 4; i < 60 * 4; i++)
            out[i] = !out[i];
        assert_int_equal(norni_port_record(&m, &w, &rule, t, &arena, &b, &err), NORN_OK);
        assert_memory_equal(a.equity, b.equity, at * sizeof(double));
        assert_memory_equal(a.cash, b.cash, at * sizeof(double));
        assert_memory_equal(a.value, b.value, at * 4 * sizeof(double));
        at_once += memcmp(a.value + at * 4, b.value + at * 4, 4 * sizeof(double)) != 0;
        norni_arena_clear(&arena);
    }
    assert_true(at_once > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twin_of_plain_rules),        cmocka_unit_test(twin_of_everything),
        cmocka_unit_test(goes_out_and_comes_back),    cmocka_unit_test(out_at_the_purchase),
        cmocka_unit_test(lets_all_through),           cmocka_unit_test(waits_for_a_delay),
        cmocka_unit_test(owes_what_cannot_be_traded), cmocka_unit_test(nothing_of_what_comes_later),
    };
    return cmocka_run_group_tests_name("portfolio_signal", tests, NULL, NULL);
}
