/* The workload `portfolio` of `norn bench`: the reference's whole grid over generated prices of eight coins. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The prices are made by Philox from the seed, so that everybody measures the same work: 58,320 configurations, three tests of 60
 * days, hours (--quick: days instead), fees and slippage on. A run is the whole search: every distinct configuration in every
 * train and test, ranks, sensitivities, overfitting. Rates count backtests that were simulated, never what equals another one. */
#include "app/bench_parts.h"
#include "app/bench_prices.h"
#include "portfolio/portfolio_optimise.h"

enum { COINS = 8, WINDOW_DAYS = 60, TESTS = 3, HOURS = 24 };
static const norni_str coin[COINS] = {{"BTC", 3}, {"ETH", 3}, {"BNB", 3},   {"SOL", 3},
                                      {"ADA", 3}, {"XRP", 3}, {"MATIC", 5}, {"DOT", 3}};

typedef struct search_data {
    norni_port_prices prices;
    bool has_prices;
    norni_port_grid *grid;
    norni_port_grid_counts counts;
    norni_port_optimise_opt opt;
} search_data;

static norn_status prepare(norni_bench *b, norn_err *err) {
    const bool quick = b->opt->quick;
    search_data *d = norni_arena_zero(&b->arena, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *d);
    b->data = d;
    NORN_TRY(norni_bench_prices(&b->env->ctx->alloc, coin, COINS,
                                (size_t)WINDOW_DAYS * (TESTS + 1) * (quick ? 1 : HOURS),
                                quick ? NORNI_US_DAY : NORNI_US_DAY / HOURS,
                                (uint64_t)b->opt->common.seed, &d->prices, err));
    d->has_prices = true;
    const norni_port_grid_opt how = {.fee = 0.001,
                                     .slippage = 0.0005,
                                     .capital = 10000,
                                     .periods_per_year = d->prices.periods_per_year};
    NORN_TRY(norni_port_grid_reference(&b->arena, false, d->prices.symbol, d->prices.n_assets, &how,
                                       &d->grid, err));
    d->counts = norni_port_grid_count(d->grid);
    d->opt = (norni_port_optimise_opt){.splits = {.window_days = WINDOW_DAYS, .n_tests = TESTS},
                                       .seed = (uint64_t)b->opt->common.seed};
    norni_say(b->env, "%zu bars of %zu coins, %llu configurations, of which %llu are distinct",
              d->prices.n_bars, d->prices.n_assets, (unsigned long long)d->counts.n_all,
              (unsigned long long)d->counts.n_distinct);
    return NORN_OK;
}

static norn_status run(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err) {
    const search_data *d = b->data;
    norni_port_result r;
    (void)workers;
    const norn_status st = norni_port_optimise(ctx, &d->prices, d->grid, &d->opt, NULL, &r, err);
    if (st == NORN_OK) {
        out->digest = r.digest;
        out->n_items = out->n_ok = (size_t)r.n_simulated;
        out->extra[0] = r.simulate_seconds;
    }
    norni_port_result_clear(&r);
    return st;
}

static void facts(const norni_bench *b, norni_json *j) {
    const search_data *d = b->data;
    norni_json_key_count(j, "n_bars", d->prices.n_bars);
    norni_json_key_count(j, "n_assets", d->prices.n_assets);
    norni_json_key_int(j, "n_configurations", (int64_t)d->counts.n_all);
    norni_json_key_int(j, "n_distinct", (int64_t)d->counts.n_distinct);
    norni_json_key_int(j, "window_days", WINDOW_DAYS);
    norni_json_key_int(j, "test_windows", TESTS);
}

static void clear(norni_bench *b) {
    search_data *d = b->data;
    if (d != NULL && d->has_prices) norni_port_prices_clear(&d->prices);
}

const norni_bench_work norni_bench_search = {.name = "portfolio",
                                             .item = "backtests",
                                             .rate_key = "backtests_per_second",
                                             .prepare = prepare,
                                             .run = run,
                                             .facts = facts,
                                             .clear = clear};
