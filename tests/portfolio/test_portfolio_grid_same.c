/* Tests of equivalence by simulation: configurations that a grid calls the same give the same bits on random prices. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/rng.h"
#include "portfolio/portfolio_grid.h"

enum { ASSETS = 8, BARS = 900, FIRST = 200 };

/* Four-hourly or daily prices of all assets; clocks as a real year has them at the least. */
typedef struct world {
    norn_alloc alloc;
    norni_arena arena;
    norni_str symbol[ASSETS];
    size_t n;
    double price[BARS * ASSETS];
    double clock[NORNI_PORT_CLOCKS][BARS];
    const double *clocks[NORNI_PORT_CLOCKS];
    norni_port_grid *g;
    norni_map outcomes;
} world;

static void make_prices(world *w, double bar_days, uint64_t seed) {
    static const double days[NORNI_PORT_CLOCKS] = {1, 7, 30.4, 91.3, 365.25, 1};
    const norni_rng rng = {seed, 9};
    uint64_t draw = 0;
    for (size_t t = 0; t < BARS; t++) {
        for (size_t a = 0; a < w->n; a++) {
            double *p = &w->price[t * w->n + a];
            *p = t == 0 ? 100 : p[-(ptrdiff_t)w->n];
            *p *= exp(0.03 * sqrt(bar_days * 6) * norni_rng_normal(rng, draw++) + 0.004 * bar_days);
        }
        for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++) {
            const double at = (double)t * bar_days;
            w->clock[c][t] = c == NORNI_PORT_CLOCK_DAYS   ? 20000 + at
                             : c == NORNI_PORT_CLOCK_BARS ? (double)t
                                                          : floor((20000 + at) / days[c]);
        }
    }
    for (size_t c = 0; c < NORNI_PORT_CLOCKS; c++)
        w->clocks[c] = w->clock[c];
}

static void begin(world *w, const char *symbols) {
    w->alloc = norni_alloc_default();
    norni_arena_init(&w->arena, &w->alloc);
    norni_map_init(&w->outcomes, &w->alloc);
    w->n = 0;
    while (*symbols != '\0') {
        const char *end = strchr(symbols, ' ');
        const size_t n = end ? (size_t)(end - symbols) : strlen(symbols);
        w->symbol[w->n++] = (norni_str){symbols, n};
        symbols += n + (end != NULL);
    }
}

static void end(world *w) {
    norni_map_clear(&w->outcomes);
    norni_arena_clear(&w->arena);
}

enum { NUMBERS = 20 };

/* Everything that the simulator tells of one configuration. */
static void simulate(world *w, uint64_t index, double out[NUMBERS]) {
    const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
    norni_port_config c;
    norni_port_stats s;
    norni_port_targets targets;
    norn_err err = {NORN_OK, ""};
    norni_port_grid_at(w->g, index, &c);
    assert_true(c.usable);
    double *price = norni_arena_get(&w->arena, BARS * c.n_assets, sizeof *price);
    for (size_t t = 0; t < BARS; t++) {
        for (size_t i = 0; i < c.n_assets; i++)
            price[t * c.n_assets + i] = w->price[t * w->n + c.asset[i]];
    }
    const norni_port_market m = {.n_bars = BARS,
                                 .n_assets = c.n_assets,
                                 .price = price,
                                 .clock = w->clocks,
                                 .periods_per_year = 2190};
    const size_t last = BARS;
    const norni_port_window window = {.first = FIRST, .mark = &last, .n_marks = 1};
    const norni_port_targets *const one = &targets;
    norn_status st =
        norni_port_alloc_targets(&c.alloc, &m, FIRST, BARS, &w->arena, &targets, NULL, &err);
    if (st == NORN_OK)
        st = norni_port_simulate(&m, &window, &c.rule, &one, 1, &w->arena, NULL, &s, NULL, &err);
    if (st != NORN_OK) fail_msg("configuration %llu: %s", (unsigned long long)c.id, err.text);
    const double number[NUMBERS] = {(double)s.n_returns,
                                    s.final_value,
                                    s.total_return,
                                    s.buyhold_return,
                                    s.cagr,
                                    s.volatility,
                                    s.sharpe,
                                    s.sortino,
                                    s.calmar,
                                    s.omega,
                                    s.max_drawdown,
                                    s.ulcer,
                                    s.longest_drawdown,
                                    s.turnover,
                                    s.costs,
                                    (double)s.n_rebalances,
                                    (double)s.n_blocked,
                                    (double)s.ruined,
                                    c.rule.capital,
                                    (double)c.set};
    memcpy(out, number, sizeof number);
    norni_arena_rewind(&w->arena, mark);
}

/* Every step-th configuration against the one it is called the same as; how many were looked at. */
static size_t compare(world *w, uint64_t step) {
    const norni_port_grid_counts n = norni_port_grid_count(w->g);
    size_t looked = 0, classes = 0;
    for (uint64_t i = 0; i < n.n_all; i += step) {
        const uint64_t same = norni_port_grid_same(w->g, i);
        double a[NUMBERS], b[NUMBERS];
        if (same == UINT64_MAX) continue;
        simulate(w, i, a);
        if (same != i) simulate(w, same, b);
        if (same != i && memcmp(a, b, sizeof a) != 0)
            fail_msg("configurations %llu and %llu are called the same and are not",
                     (unsigned long long)i + 1, (unsigned long long)same + 1);
        looked++;
        classes += same == i;
        if (same != i) continue;
        const char *key = norni_arena_text(&w->arena, (const char *)a, sizeof a);
        assert_true(norni_map_add(&w->outcomes, (norni_str){key, sizeof a}, NULL) >= 0);
    }
    print_message("# %zu simulated: %zu first of their class, %zu outcomes among these\n", looked,
                  classes, w->outcomes.n);
    return looked;
}

static const char *const all_eight = "BTC ETH BNB SOL ADA XRP MATIC DOT";

static void reference_on(const char *symbols, bool quick, double bar_days, uint64_t step) {
    const norni_port_grid_opt opt = {.fee = 0.001,
                                     .slippage = 0.0005,
                                     .capital = 10000,
                                     .periods_per_year = 2190,
                                     .bar_days = bar_days};
    norn_err err;
    static world w;
    begin(&w, symbols);
    make_prices(&w, bar_days, 11);
    assert_int_equal(norni_port_grid_reference(&w.arena, quick, w.symbol, w.n, &opt, &w.g, &err),
                     NORN_OK);
    const norni_port_grid_counts c = norni_port_grid_count(w.g);
    print_message("# %s%s: of %llu configurations %llu are usable, %llu distinct\n", symbols,
                  bar_days >= 1 ? ", daily" : "", (unsigned long long)c.n_all,
                  (unsigned long long)c.n_usable, (unsigned long long)c.n_distinct);
    assert_true(compare(&w, step) > 0);
    end(&w);
}

static void the_reference_grid_on_all_symbols(void **state) {
    (void)state;
    reference_on(all_eight, true, 1.0 / 6, 1);
    reference_on(all_eight, false, 1.0 / 6, 11);
}

static void the_reference_grid_on_four_symbols(void **state) {
    (void)state;
    reference_on("BTC ETH BNB ADA", true, 1.0 / 6, 1);
    reference_on("BTC ETH BNB ADA", false, 1.0 / 6, 11);
}

static void the_reference_grid_on_days(void **state) {
    (void)state;
    reference_on("BTC ETH BNB ADA", false, 1, 11);
}

static const char *const everything =
    "[universe]\nassets = [['BTC', 'ETH', 'SOL'], ['BTC', 'ETH']]\n"
    "[allocation]\nkinds = ['equal', 'erc', 'momentum', 'fixed']\nestimate_days = [0, 30]\n"
    "weights = [[0.5, 0.5], [0.25, 0.25, 0.5], [0.6, 0.3, 0.1]]\nvol_target = [0, 0.5]\n"
    "lookback_days = [20, 30]\nleverage = [1, 1.5]\ntop_k = [2, 4]\n"
    "[rebalance]\nmethod = ['never', 'on_target', 'hybrid', 'calendar', 'threshold']\n"
    "threshold = [0.2, 0.1]\nband = ['absolute', 'relative']\nto = ['target', 'edge']\n"
    "clock = ['months', 'days', 'weeks', 'bars', 'quarters', 'years']\nevery = [1, 2, 30]\n"
    "min_interval_hours = [72, 12, 4, 24, 0]\nmomentum_days = [0, 10]\nmomentum_limit = [0.02, "
    "0.1]\ndelay_bars = [0, 1]\nturnover_cap = [0, 0.1]\nmin_trade = [0, 0.05]\n"
    "[costs]\nfixed_fee = [0, 1]\n[capital]\nborrow_rate = [0, 0.05]\n";

static void every_axis_of_toml(void **state) {
    static world w;
    norni_toml toml;
    norn_err err;
    (void)state;
    for (int daily = 0; daily < 2; daily++) {
        const norni_port_grid_opt opt = {.fee = 0.001,
                                         .capital = 10000,
                                         .periods_per_year = daily ? 365 : 2190,
                                         .bar_days = daily ? 1 : 1.0 / 6};
        begin(&w, "ETH BTC");
        make_prices(&w, opt.bar_days, 12);
        assert_int_equal(norni_toml_parse(&w.arena, everything, strlen(everything), &toml, &err),
                         NORN_OK);
        assert_int_equal(norni_port_grid_toml(&w.arena, &toml, w.symbol, w.n, &opt, &w.g, &err),
                         NORN_OK);
        const norni_port_grid_counts c = norni_port_grid_count(w.g);
        print_message("# TOML: of %llu configurations %llu are usable, %llu distinct\n",
                      (unsigned long long)c.n_all, (unsigned long long)c.n_usable,
                      (unsigned long long)c.n_distinct);
        assert_true(compare(&w, c.n_all / 3000 | 1) > 2000);
        end(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_grid_on_all_symbols),
        cmocka_unit_test(the_reference_grid_on_four_symbols),
        cmocka_unit_test(the_reference_grid_on_days),
        cmocka_unit_test(every_axis_of_toml),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
