/* Tests of schedules: no look-ahead, dates, lookbacks, assets that come and go, too little history. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "portfolio/portfolio_risk.h"

enum { BARS = 400, ASSETS = 5 };

typedef struct bed {
    norn_alloc alloc;
    norni_arena arena;
    double price[BARS * ASSETS], day[BARS];
    uint8_t traded[BARS * ASSETS];
    const double *clock[NORNI_PORT_CLOCKS];
    norni_port_market market;
} bed;

/* Daily prices of five random walks with a common part. */
static int open_bed(void **state) {
    static bed b;
    const norni_rng rng = {.seed = 77, .item = 1};
    b.alloc = norni_alloc_default();
    norni_arena_init(&b.arena, &b.alloc);
    for (size_t t = 0; t < BARS; t++) {
        b.day[t] = 18000 + (double)t;
        const double all = 0.01 * norni_rng_normal(rng, 9 * t);
        for (size_t i = 0; i < ASSETS; i++) {
            const double own = 0.004 * (double)(1 + i) * norni_rng_normal(rng, 9 * t + 1 + i);
            b.price[t * ASSETS + i] =
                t == 0 ? 100 : b.price[(t - 1) * ASSETS + i] * (1 + all + own);
            b.traded[t * ASSETS + i] = 1;
        }
    }
    b.clock[NORNI_PORT_CLOCK_DAYS] = b.day;
    b.market = (norni_port_market){.n_bars = BARS,
                                   .n_assets = ASSETS,
                                   .price = b.price,
                                   .clock = b.clock,
                                   .periods_per_year = 365};
    *state = &b;
    return 0;
}

static int close_bed(void **state) {
    bed *b = *state;
    norni_arena_clear(&b->arena);
    return 0;
}

static norni_port_targets targets(bed *b, const norni_port_alloc *a, size_t first, size_t end,
                                  size_t *fallback) {
    norni_port_targets t = {0};
    norn_err err;
    if (norni_port_alloc_targets(a, &b->market, first, end, &b->arena, &t, fallback, &err))
        fail_msg("%s", err.text);
    return t;
}

static norni_port_alloc alloc_of(int kind) {
    static const double fixed[ASSETS] = {0.1, 0.2, 0.3, 0.3, 0.1};
    norni_port_alloc a = norni_port_alloc_default();
    a.kind = (norni_port_alloc_kind)kind;
    a.weight = fixed;
    a.n_weights = ASSETS;
    a.lookback_days = 60;
    a.estimate_days = 20;
    return a;
}

/* Whatever comes after a bar leaves the targets up to it as they are, to the bit; and what comes before changes them. */
static void later_prices_change_nothing_earlier(void **state) {
    bed *b = *state;
    for (int kind = 0; kind < NORNI_PORT_ALLOCS; kind++)
        for (int target = 0; target < 2; target++) {
            norni_port_alloc a = alloc_of(kind);
            a.vol_target = target ? 0.05 : 0;
            size_t fallback = 9;
            const norni_port_targets was = targets(b, &a, 100, 300, &fallback);
            assert_int_equal(was.n, 10);
            assert_int_equal(fallback, 0);
            double keep[BARS * ASSETS];
            memcpy(keep, b->price, sizeof keep);
            for (size_t at = 0; at < was.n; at++) {
                for (size_t i = (was.bar[at] + 1) * ASSETS; i < (size_t)BARS * ASSETS; i++)
                    b->price[i] = i % 3 == 0 ? keep[i] * 3 : i % 3 == 1 ? 0 : keep[i] / 7;
                const norni_port_targets now = targets(b, &a, 100, 300, NULL);
                for (size_t i = 0; i < (at + 1) * ASSETS; i++)
                    if (was.weight[i] != now.weight[i])
                        fail_msg("kind %d: target %zu knows bar %zu", kind, i / ASSETS,
                                 was.bar[at] + 1);
                memcpy(b->price, keep, sizeof keep);
            }
            for (size_t i = 0; i < ASSETS; i++) /* the estimate does look at its own bar */
                b->price[was.bar[3] * ASSETS + i] *= was.weight[3 * ASSETS + i] > 0.2 ? 0.3 : 1.9;
            const norni_port_targets now = targets(b, &a, 100, 300, NULL);
            memcpy(b->price, keep, sizeof keep);
            if (norni_port_alloc_estimates(&a))
                assert_memory_not_equal(was.weight + 3 * ASSETS, now.weight + 3 * ASSETS,
                                        ASSETS * sizeof(double));
        }
}

/* A target is what the returns of the lookback give: 60 of them, up to the bar. */
static void estimates_see_their_lookback(void **state) {
    bed *b = *state;
    double x[60 * ASSETS], want[ASSETS];
    norn_err err;
    for (int kind = NORNI_PORT_INVERSE_VOL; kind < NORNI_PORT_ALLOCS; kind++) {
        norni_port_alloc a = alloc_of(kind);
        a.skip_days = 7;
        const norni_port_targets t = targets(b, &a, 100, 200, NULL);
        for (size_t j = 0; j < t.n; j++) {
            for (size_t r = 0; r < 60; r++)
                for (size_t i = 0; i < ASSETS; i++) {
                    const double *p = b->price + (t.bar[j] - 60 + r) * ASSETS + i;
                    x[r * ASSETS + i] = p[ASSETS] / p[0] - 1;
                }
            assert_int_equal(
                norni_port_alloc_weights(&a, x, 60, ASSETS, 365, &b->arena, want, &err), NORN_OK);
            assert_memory_equal(want, t.weight + j * ASSETS, sizeof want);
        }
    }
}

static void dates_are_every_so_many_days(void **state) {
    bed *b = *state;
    norni_port_alloc a = alloc_of(NORNI_PORT_EQUAL);
    norni_port_targets t = targets(b, &a, 7, 68, NULL);
    assert_int_equal(t.n, 4);
    for (size_t j = 0; j < t.n; j++)
        assert_int_equal(t.bar[j], 7 + 20 * j);
    a.estimate_days = 0;
    t = targets(b, &a, 7, 68, NULL);
    assert_int_equal(t.n, 1);
    /* a hole in the clock: what fell due in it is done once, at its end, and the rhythm stays */
    double keep[BARS];
    memcpy(keep, b->day, sizeof keep);
    for (size_t i = 30; i < BARS; i++)
        b->day[i] += 45;
    a.estimate_days = 20;
    t = targets(b, &a, 7, 68, NULL);
    memcpy(b->day, keep, sizeof keep);
    assert_int_equal(t.n, 5);
    assert_int_equal(t.bar[1], 27);
    assert_int_equal(t.bar[2], 30); /* day 68 after the first */
    assert_int_equal(t.bar[3], 42); /* day 80 */
    assert_int_equal(t.bar[4], 62);
}

static void short_histories_fall_back(void **state) {
    bed *b = *state;
    norni_port_alloc a = alloc_of(NORNI_PORT_HRP);
    size_t fallback;
    const norni_port_targets t = targets(b, &a, 0, 100, &fallback);
    assert_int_equal(t.n, 5); /* bars 0 and 20 see less than 40 days */
    assert_int_equal(fallback, 2);
    assert_true(t.weight[0] == 0.2 && t.weight[ASSETS + 4] == 0.2);
    assert_true(t.weight[2 * ASSETS] != 0.2);
}

static void assets_come_and_go(void **state) {
    bed *b = *state;
    double keep[BARS * ASSETS];
    memcpy(keep, b->price, sizeof keep);
    for (size_t t = 0; t < BARS; t++) {
        b->traded[t * ASSETS + 2] = t >= 90; /* comes at 90 */
        if (t < 90) b->price[t * ASSETS + 2] = 0;
        b->traded[t * ASSETS + 4] = t < 130; /* its last price stands from 130 on */
        if (t >= 130) b->price[t * ASSETS + 4] = keep[129 * ASSETS + 4];
    }
    b->market.traded = b->traded;
    for (int kind = 0; kind < NORNI_PORT_ALLOCS; kind++) {
        norni_port_alloc a = alloc_of(kind);
        a.max_weight = 0.3; /* three assets of five cannot keep that: 1/3 each, then */
        a.top_k = 9;
        size_t fallback;
        const norni_port_targets t = targets(b, &a, 80, 200, &fallback);
        const double *w = t.weight;
        const bool waits = norni_port_alloc_estimates(&a);
        assert_int_equal(t.n, 6);
        assert_int_equal(fallback, 0);
        for (size_t j = 0; j < t.n; j++) {
            double sum = 0;
            for (size_t i = 0; i < ASSETS; i++)
                sum += w[j * ASSETS + i];
            assert_true(fabs(sum - 1) < 1e-12);
        }
        assert_true(w[2] == 0 && w[4] > 0); /* not there yet */
        /* there at bar 100, but with ten days of its own; at 140 with fifty */
        assert_true((w[ASSETS + 2] > 0) == !waits);
        assert_true(w[3 * ASSETS + 2] > 0);
        assert_true(w[3 * ASSETS + 4] == 0); /* gone for more than a week */
        if (kind == NORNI_PORT_FIXED) assert_true(fabs(w[0] - 0.1 / 0.7) < 1e-15);
    }
    b->market.traded = NULL;
    memcpy(b->price, keep, sizeof keep);
    memset(b->traded, 1, sizeof b->traded);
}

static void nothing_there_is_cash(void **state) {
    bed *b = *state;
    double price[3 * 2] = {0, 0, 0, 0, 1, 0}, day[] = {1, 2, 3};
    const double *clock[NORNI_PORT_CLOCKS] = {[NORNI_PORT_CLOCK_DAYS] = day};
    const norni_port_market m = {
        .n_bars = 3, .n_assets = 2, .price = price, .clock = clock, .periods_per_year = 365};
    norni_port_alloc a = norni_port_alloc_default();
    norni_port_targets t;
    norn_err err;
    a.kind = NORNI_PORT_ERC;
    a.estimate_days = 1;
    size_t fallback;
    assert_int_equal(norni_port_alloc_targets(&a, &m, 0, 3, &b->arena, &t, &fallback, &err),
                     NORN_OK);
    assert_true(t.weight[0] == 0 && t.weight[1] == 0);
    assert_true(t.weight[4] == 1 && t.weight[5] == 0);
    assert_int_equal(fallback, 1);
    assert_int_equal(norni_port_alloc_targets(&a, &m, 2, 2, &b->arena, &t, &fallback, &err),
                     NORN_E_ARG);
    a.kind = NORNI_PORT_MIN_VARIANCE;
    a.max_weight = 0.4;
    assert_int_equal(norni_port_alloc_targets(&a, &m, 0, 3, &b->arena, &t, &fallback, &err),
                     NORN_E_ARG);
}

static bool third_time(void *user) {
    size_t *n = user;
    return ++*n == 3;
}

static void it_stops_when_told(void **state) {
    bed *b = *state;
    const norni_port_alloc a = alloc_of(NORNI_PORT_HRP);
    norni_port_targets t;
    norn_err err;
    size_t asked = 0;
    const norni_poll poll = {third_time, &asked};
    assert_int_equal(
        norni_port_alloc_targets_polled(&a, &b->market, 100, 300, &b->arena, &poll, &t, NULL, &err),
        NORN_E_CANCEL);
    assert_int_equal(asked, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_prices_change_nothing_earlier),
        cmocka_unit_test(estimates_see_their_lookback),
        cmocka_unit_test(dates_are_every_so_many_days),
        cmocka_unit_test(short_histories_fall_back),
        cmocka_unit_test(assets_come_and_go),
        cmocka_unit_test(nothing_there_is_cash),
        cmocka_unit_test(it_stops_when_told),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
