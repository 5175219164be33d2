/* Tests of the simulator against its plain twin: every bit, over 10,000 random portfolios, on every instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "plain_simulator.h"
#include "portfolio/portfolio_lanes.h"
#include "portfolio_random.h"

enum { N = 25, MARKS = 3, BLOCKS = 4 };

static void compare(const norni_port_stats *a, const norni_port_stats *b, size_t n,
                    const char *what, size_t trial) {
    for (size_t i = 0; i < n; i++) {
        const char *p = (const char *)&a[i], *q = (const char *)&b[i];
        const size_t whole = offsetof(norni_port_stats, unbought) + sizeof a->ruined;
        if (memcmp(p, q, whole) == 0) continue;
        size_t at = 0;
        while (p[at] == q[at])
            at++;
        const size_t row = at / 8 * 8;
        double x, y;
        memcpy(&x, p + row, 8), memcpy(&y, q + row, 8);
        print_error(
            "%s, trial %zu, portfolio %zu, mark %zu: field at %zu: %.17g, "
            "twin %.17g\n",
            what, trial, i / MARKS, i % MARKS, row, x, y);
        fail();
    }
}

typedef struct counts {
    size_t rebalances, blocked, ruined, costly;
} counts;

/* One window, N portfolios: the twin's numbers and those of each instruction set and kind. */
static void run_trial(size_t trial, bool plain, counts *c) {
    random_draws d = {{9, trial}, 0};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    const size_t bars = 20 + random_below(&d, 180), assets = 1 + random_below(&d, 12);
    const norni_port_market m = random_market(&d, &arena, bars, assets, !plain && trial % 2);
    const size_t first = random_below(&d, 4);
    const size_t mark[MARKS] = {first + 2 + random_below(&d, 5), bars / 2 + 1, bars};
    size_t block[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++)
        block[i] = first + 1 + (bars - first - 1) * i / BLOCKS + (i > 0);
    const norni_port_window w = {first, mark, MARKS, block, BLOCKS};
    norni_port_rule rule[N];
    const norni_port_targets *target[N];
    static norni_port_stats want[N * MARKS], got[N * MARKS];
    static norni_port_block sums[N * BLOCKS], sums_got[N * BLOCKS];
    for (size_t i = 0; i < N; i++) {
        rule[i] = random_rule(&d, plain);
        target[i] = i % 3 ? target[i - 1] : random_targets(&d, &arena, first, bars, assets, plain);
        memset(want + i * MARKS, 0, MARKS * sizeof *want);
        plain_simulate(&m, &w, &rule[i], target[i], want + i * MARKS, sums + i * BLOCKS, NULL);
        const norni_port_stats *s = &want[i * MARKS + MARKS - 1];
        c->rebalances += s->n_rebalances, c->blocked += s->n_blocked > 0, c->ruined += s->ruined;
        c->costly += s->costs > 0;
    }
    norn_err err;
    const norni_port_kernel *done = NULL;
    for (int simd = NORNI_PORT_PLAIN; simd <= NORNI_PORT_AVX512; simd++) {
        const norni_port_kernel *k = norni_port_kernel_get((norni_port_simd)simd);
        if (k == done) continue; /* the machine has no wider one */
        done = k;
        for (int kind = 0; kind <= 7; kind += 7) {
            memset(sums_got, 0, sizeof sums_got);
            assert_int_equal(norni_port_simulate_on((norni_port_simd)simd, kind, &m, &w, rule,
                                                    target, N, &arena, NULL, got, sums_got, &err),
                             NORN_OK);
            compare(got, want, N * MARKS, k->name, trial);
            assert_memory_equal(sums_got, sums, sizeof sums);
        }
    }
    norni_arena_clear(&arena);
}

static void twin_of_plain_rules(void **state) {
    (void)state;
    counts c = {0};
    for (size_t trial = 0; trial < 200; trial++)
        run_trial(trial, true, &c);
    assert_true(c.rebalances > 5000 && c.blocked > 500 && c.costly > 2000);
}

static void twin_of_everything(void **state) {
    (void)state;
    counts c = {0};
    for (size_t trial = 1000; trial < 1200; trial++)
        run_trial(trial, false, &c);
    assert_true(c.rebalances > 5000 && c.blocked > 500 && c.costly > 2000 && c.ruined > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twin_of_plain_rules),
        cmocka_unit_test(twin_of_everything),
    };
    return cmocka_run_group_tests_name("portfolio_sim_twin", tests, NULL, NULL);
}
