/* Tests of optimized_config.yaml and of what --dry-run says. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "portfolio/portfolio_yaml.h"

typedef struct world {
    norn_alloc alloc;
    norni_arena arena;
    norni_str symbol[3];
    int64_t time[400];
    norni_port_prices prices;
    norni_port_best best;
    norni_port_result r;
    norni_port_stamp stamp;
    norni_buf out;
} world;

static const double weights[] = {0.6, 0.4};

static void begin(world *w) {
    const int64_t day = INT64_C(86400000000);
    memset(w, 0, sizeof *w);
    w->alloc = norni_alloc_default();
    norni_arena_init(&w->arena, &w->alloc);
    norni_buf_init(&w->out, &w->alloc);
    w->symbol[0] = norni_str_of("BTC");
    w->symbol[1] = norni_str_of("ETH");
    w->symbol[2] = norni_str_of("A\"\\\x01: é#");
    for (int i = 0; i < 400; i++)
        w->time[i] = (19723 + i) * day; /* from 2024-01-01 on */
    w->prices = (norni_port_prices){.n_bars = 400,
                                    .n_assets = 3,
                                    .time = w->time,
                                    .symbol = w->symbol,
                                    .bars_per_day = 1,
                                    .periods_per_year = 365,
                                    .style = {.kind = NORNI_TIME_DATE}};
    w->best.config = (norni_port_config){.id = 721,
                                         .usable = true,
                                         .n_assets = 2,
                                         .asset = {2, 0},
                                         .alloc = {.kind = NORNI_PORT_FIXED,
                                                   .weight = weights,
                                                   .n_weights = 2,
                                                   .leverage = 1,
                                                   .max_weight = 1},
                                         .rule = {.method = NORNI_PORT_HYBRID,
                                                  .threshold = 0.1,
                                                  .every = 30,
                                                  .min_interval_hours = 24,
                                                  .momentum_limit = 0.2,
                                                  .fee = 0.001,
                                                  .slippage = 0.0005,
                                                  .capital = 10000}};
    w->best.row = (norni_port_row){.id = 721,
                                   .n_splits = 3,
                                   .outperformance = 0.0125,
                                   .total_return = 0.25,
                                   .sharpe = NAN,
                                   .max_drawdown = -0.3,
                                   .train_outperformance = 0.0625,
                                   .consistency = 0.01,
                                   .win_rate = 1,
                                   .generalization_gap = 0.05};
    w->r = (norni_port_result){.prices = &w->prices, .top = &w->best, .n_top = 1, .n_splits = 3};
    w->stamp = (norni_port_stamp){.now = INT64_C(1795310400) * 1000000, /* 2026-11-22 01:20 */
                                  .version = "0.1.0",
                                  .window_days = 90,
                                  .timeframe = norni_str_of("1d")};
}

static void end(world *w) {
    norni_buf_clear(&w->out);
    norni_arena_clear(&w->arena);
}

static void expect(world *w, const char *want) {
    norn_err err = {NORN_OK, ""};
    assert_int_equal(norni_port_config_yaml(&w->r, &w->stamp, &w->out, &err), NORN_OK);
    norni_buf_add(&w->out, "", 1);
    assert_string_equal(w->out.p, want);
}

static void contains(world *w, const char *part) {
    norn_err err = {NORN_OK, ""};
    w->out.n = 0;
    assert_int_equal(norni_port_config_yaml(&w->r, &w->stamp, &w->out, &err), NORN_OK);
    norni_buf_add(&w->out, "", 1);
    if (strstr(w->out.p, part) == NULL) fail_msg("no '%s' in\n%s", part, w->out.p);
}

/* Days of shares are trading days, and estimated weights are those of a day. */
static void yaml_names_units_and_dates(void **state) {
    static const int64_t time[3] = {INT64_C(1795305600) * 1000000, INT64_C(1795392000) * 1000000,
                                    INT64_C(1795478400) * 1000000};
    norni_port_split split = {0, 1, 1, 3};
    double value[4] = {50, 50, 75, 25}, equity[2] = {100, 100};
    world w;
    (void)state;
    begin(&w);
    w.prices.periods_per_year = 252;
    w.prices.bars_per_day = 1;
    w.prices.n_bars = 3;
    w.prices.time = (int64_t *)(uintptr_t)time;
    w.best.config.alloc.kind = NORNI_PORT_HRP;
    w.r.split = &split;
    w.r.n_splits = 1;
    w.r.test_path.n = 2;
    w.r.test_path.n_assets = 2;
    w.r.test_path.value = value;
    w.r.test_path.equity = equity;
    contains(&w, "\n  days: 90 # trading days, 252 of which are a year\n");
    contains(&w, "\n  window_days: 90 # trading days, 252 of which are a year\n");
    contains(&w, "      weight: 0.75\n");
    contains(&w, "\n  weights_held_at: \"2026-11-24\"\n");
    end(&w);
}

static void yaml_has_the_references_fields(void **state) {
    world w;
    (void)state;
    begin(&w);
    expect(
        &w,
        "run:\n"
        "  name: \"optimized_20261122_0120\"\n"
        "  description: \"A\\\"\\\\\\u0001: é# 60 %, BTC 40 %; when a weight is 10 points off or "
        "every 30 days, at least 24 h apart; costs 15 bps\"\n"
        "  mode: \"portfolio\"\n"
        "data:\n"
        "  timeframe: \"1d\"\n"
        "  days: 90\n"
        "portfolio:\n"
        "  # weights are shares of the equity, leverage included: above 1 in all, the rest is "
        "owed\n"
        "  assets:\n"
        "    - symbol: \"A\\\"\\\\\\u0001: é#\"\n"
        "      weight: 0.6\n"
        "    - symbol: \"BTC\"\n"
        "      weight: 0.4\n"
        "  rebalancing:\n"
        "    enabled: true\n"
        "    threshold: 0.1\n"
        "    rebalance_method: \"hybrid\"\n"
        "    calendar_period_days: 30\n"
        "    min_rebalance_interval_hours: 24\n"
        "    use_momentum_filter: false\n"
        "capital: 10000\n"
        "costs:\n"
        "  commission: 0.001\n"
        "  slippage: 0.0005\n"
        "output:\n"
        "  directory: \"results_optimized\"\n"
        "logging:\n"
        "  level: \"INFO\"\n"
        "optimization_metadata:\n"
        "  date: \"2026-11-22 01:20 UTC\"\n"
        "  method: \"walk_forward_grid_search\"\n"
        "  metric: \"out_of_sample_outperformance\"\n"
        "  window_days: 90\n"
        "  splits_tested: 3\n"
        "  config_id: 721\n"
        "  test_outperformance: 0.0125\n"
        "  test_return: 0.25\n"
        "  test_sharpe: .nan\n"
        "  test_drawdown: -0.3\n"
        "  test_win_rate: 1\n"
        "  test_consistency: 0.01\n"
        "  train_outperformance: 0.0625\n"
        "  generalization_gap: 0.05\n"
        "  norn_version: \"0.1.0\"\n");
    end(&w);
}

static void yaml_tells_what_the_reference_does_not_know(void **state) {
    world w;
    double equity[] = {100, 200}, value[] = {60, 40, 150, 50};
    (void)state;
    begin(&w);
    w.best.config.alloc = norni_port_alloc_default();
    w.best.config.alloc.kind = NORNI_PORT_MIN_VARIANCE;
    w.best.config.rule.clock = NORNI_PORT_CLOCK_MONTHS;
    w.best.config.rule.every = 2;
    w.best.config.rule.edge = w.best.config.rule.relative = true;
    w.best.config.rule.delay = 1;
    w.r.metric = NORNI_PORT_BY_TRAIN_SHARPE;
    contains(&w, "weight: .nan\n");
    contains(
        &w,
        "    weights_include_leverage: true # leverage is of the next estimate\n    leverage: ");
    w.r.test_path = (norni_port_path){.n = 2, .n_assets = 2, .equity = equity, .value = value};
    contains(&w, "      weight: 0.75\n    - symbol: \"BTC\"\n      weight: 0.25\n");
    contains(&w, "  allocation:\n    kind: \"min_variance\"\n    lookback_days: 90\n");
    contains(&w, "    calendar_period_days: 60.875\n");
    contains(&w,
             "    clock: \"months\"\n    every: 2\n    band: \"relative\"\n    to: \"edge\"\n"
             "    delay_bars: 1\n");
    contains(&w, "  metric: \"in_sample_sharpe\"\n");
    w.best.row.outperformance = 1e-7;
    w.best.row.total_return = -2.5e-9;
    w.best.config.rule.capital = 1e17;
    contains(&w, "test_outperformance: 1.0e-7\n  test_return: -2.5e-9\n");
    contains(&w, "capital: 1.0e+17\n");
    end(&w);
}

static void nothing_found_is_no_file(void **state) {
    world w;
    (void)state;
    begin(&w);
    w.r.n_top = 0;
    norn_err err = {NORN_OK, ""};
    assert_int_equal(norni_port_config_yaml(&w.r, &w.stamp, &w.out, &err), NORN_OK);
    assert_int_equal(w.out.n, 0);
    end(&w);
}

static void a_dry_run_tells_the_work(void **state) {
    world w;
    norni_port_grid *g;
    norn_err err;
    const norni_port_grid_opt opt = {.capital = 10000, .periods_per_year = 365};
    const norni_port_split splits[] = {{0, 100, 100, 200}, {0, 200, 200, 300}};
    (void)state;
    begin(&w);
    assert_int_equal(norni_port_grid_reference(&w.arena, true, w.symbol, 3, &opt, &g, &err),
                     NORN_OK);
    norni_port_dry d = {.grid = g,
                        .counts = norni_port_grid_count(g),
                        .prices = &w.prices,
                        .split = splits,
                        .n_splits = 2};
    const norni_port_effort e = norni_port_effort_of(&d);
    assert_int_equal(e.backtests, 4 * 3);
    assert_int_equal(e.bars,
                     4 * (200 + 100 + 100)); /* the first train is the start of the second */
    assert_true(e.memory_bytes > 0 && e.file_bytes == 0);
    norni_port_dry_text(&d, &w.out);
    norni_buf_add(&w.out, "", 1);
    const char *want =
        "configurations    12\n"
        "  usable          12 with the symbols BTC ETH A\"\\\x01: é#\n"
        "  distinct        4; those that are the same in effect are simulated once\n"
        "BNB, SOL are not in the prices: of 3 sets of assets 2 hold fewer assets (with the weights "
        "of the smaller count)\n"
        "trains            2, one run: they begin together\n"
        "tests             2\n"
        "  train 1         2024-01-01 to 2024-04-09, 100 bars\n"
        "  test 1          2024-04-10 to 2024-07-18, 100 bars\n"
        "  train 2         2024-01-01 to 2024-07-18, 200 bars\n"
        "  test 2          2024-07-19 to 2024-10-26, 100 bars\n"
        "backtests         12: distinct configurations, by runs of trains and tests\n"
        "bars              1,600\n"
        "memory            about ";
    assert_memory_equal(w.out.p, want, strlen(want));
    d.counts.n_all = 1000000000; /* more rows than may be kept: they lie in files */
    assert_true(norni_port_effort_of(&d).file_bytes > (uint64_t)100e9);
    assert_true(norni_port_effort_of(&d).memory_bytes < (uint64_t)300 << 20);
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml_has_the_references_fields),
        cmocka_unit_test(yaml_names_units_and_dates),
        cmocka_unit_test(yaml_tells_what_the_reference_does_not_know),
        cmocka_unit_test(nothing_found_is_no_file),
        cmocka_unit_test(a_dry_run_tells_the_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
