/* Tests of what a search says of luck: prices without an edge are not praised, an edge that lasts loses nothing from train to test. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_optimise_parts.h"
#include "portfolio/portfolio_report.h"

enum { WINDOW = 120, TESTS = 6, BARS = WINDOW * (TESTS + 1), ASSETS = 8 };

typedef struct bed {
    norn_ctx *ctx;
    norni_arena arena;
    norni_port_prices prices;
    norni_port_grid *grid;
    norni_port_result r;
    norn_err err;
} bed;

/* Near a standard normal: twelve uniforms. */
static double draw(uint64_t *s) {
    double x = -6;
    for (int i = 0; i < 12; i++) {
        *s = *s * 6364136223846793005u + 1442695040888963407u;
        x += (double)(*s >> 11) / 9007199254740992.0;
    }
    return x;
}

/* Logs of prices, one bar after the other, into close (BARS, ASSETS) by asset. */
typedef void (*walk_fn)(double *close, uint64_t seed);

/* Pairs of equal drift, a market in common: rebalancing has no edge, but pairs differ in what the market gives them. */
static void pairs(double *close, uint64_t seed) {
    static const double drift[ASSETS] = {.001, .001, .001, .002, .002, .005, .005, .002};
    double log_price[ASSETS] = {0};
    for (size_t t = 0; t < BARS; t++) {
        const double market = 0.0225 * draw(&seed);
        for (size_t k = 0; k < ASSETS; k++) {
            log_price[k] += drift[k] - 0.00045 + market + 0.02 * draw(&seed);
            close[k * BARS + t] = 100 * exp(log_price[k]);
        }
    }
}

/* The ratio of two prices returns to 1: rebalancing gains as much in every bar. */
static void returning(double *close, uint64_t seed) {
    double x = 0, both = 0;
    for (size_t t = 0; t < BARS; t++) {
        x = 0.9 * x + 0.04 * draw(&seed);
        both += 0.005 * draw(&seed);
        for (size_t k = 0; k < ASSETS; k++)
            close[k * BARS + t] = 100 * exp(both + (k % 2 ? x : -x) / 2);
    }
}

static void begin(bed *b, walk_fn walk, uint64_t seed, norni_port_metric metric, const char *text) {
    static const char *const name[ASSETS] = {"BTC", "ETH", "BNB",   "SOL",
                                             "ADA", "XRP", "MATIC", "DOT"};
    double *close = test_malloc(BARS * ASSETS * sizeof *close);
    int64_t *time = test_malloc(BARS * sizeof *time);
    norni_port_quotes q[ASSETS];
    norni_toml toml;
    norn_ctx_opt how = norn_ctx_opt_default();
    memset(b, 0, sizeof *b);
    how.n_threads = 2;
    assert_int_equal(norn_ctx_new(&how, &b->ctx, &b->err), NORN_OK);
    norni_arena_init(&b->arena, &b->ctx->alloc);
    walk(close, seed);
    for (size_t t = 0; t < BARS; t++)
        time[t] = ((int64_t)18262 + (int64_t)t) * 86400 * 1000000;
    for (size_t k = 0; k < ASSETS; k++)
        q[k] = (norni_port_quotes){{name[k], strlen(name[k])}, BARS, time, close + k * BARS};
    const norni_port_prices_opt opt = {.max_bars = 0};
    const norni_time_style style = {.kind = NORNI_TIME_DATE};
    assert_int_equal(
        norni_port_prices_make(&b->ctx->alloc, q, ASSETS, &opt, style, &b->prices, &b->err),
        NORN_OK);
    test_free(close);
    test_free(time);
    const norni_port_grid_opt grid = {.capital = 10000,
                                      .periods_per_year = b->prices.periods_per_year};
    const norni_port_optimise_opt search = {.splits = {.window_days = WINDOW, .n_tests = TESTS},
                                            .metric = metric};
    norn_status st = norni_toml_parse(&b->arena, text, strlen(text), &toml, &b->err);
    if (st == NORN_OK)
        st = norni_port_grid_toml(&b->arena, &toml, b->prices.symbol, b->prices.n_assets, &grid,
                                  &b->grid, &b->err);
    if (st == NORN_OK)
        st = norni_port_optimise(b->ctx, &b->prices, b->grid, &search, NULL, &b->r, &b->err);
    if (st != NORN_OK) fail_msg("%s", b->err.text);
}

static void end(bed *b) {
    norni_port_result_clear(&b->r);
    norni_port_prices_clear(&b->prices);
    norni_arena_clear(&b->arena);
    norn_ctx_free(b->ctx);
}

/* By what it ranks: above buying and holding there is nothing to find, though the pairs' own Sharpe ratios last from block to block. */
static void no_edge_is_not_praised(void **state) {
    static const char grid[] =
        "[universe]\nassets = [[\"BTC\", \"ETH\"], [\"ETH\", \"BNB\"], [\"SOL\", \"ADA\"], "
        "[\"XRP\", \"MATIC\"]]\n[rebalance]\nthreshold = [0.02, 0.04, 0.08]\nmethod = "
        "[\"threshold\", \"calendar\", \"hybrid\"]\ncalendar_days = [3, 14, 30]\n"
        "min_interval_hours = [12, 96]\n";
    double active = 0, sharpe = 0, growth = 0, deflated = 0, raw = 0;
    size_t praised = 0;
    enum { SEEDS = 6 };
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        bed b;
        begin(&b, pairs, seed, NORNI_PORT_BY_OUTPERFORMANCE, grid);
        assert_int_equal(b.r.pbo.measure, NORNI_PORT_OF_ACTIVE);
        assert_true(b.r.deflated_active);
        assert_int_equal(b.r.deflated.n_returns, b.r.n_oos);
        active += b.r.pbo.pbo / SEEDS, deflated += b.r.deflated.deflated / SEEDS;
        praised += strcmp(norni_port_robustness(&b.r), "use with caution") != 0;
        end(&b);
        begin(&b, pairs, seed, NORNI_PORT_BY_SHARPE, grid);
        assert_int_equal(b.r.pbo.measure, NORNI_PORT_OF_SHARPE);
        assert_true(!b.r.deflated_active && b.r.raw.sharpe == b.r.deflated.sharpe);
        sharpe += b.r.pbo.pbo / SEEDS, raw += b.r.raw.probabilistic / SEEDS;
        end(&b);
        begin(&b, pairs, seed, NORNI_PORT_BY_RETURN, grid);
        assert_int_equal(b.r.pbo.measure, NORNI_PORT_OF_GROWTH);
        growth += b.r.pbo.pbo / SEEDS;
        end(&b);
    }
    if (!(active > 0.3 && sharpe < 0.1 && growth < 0.1))
        fail_msg("PBO above buying and holding %g, by Sharpe ratio %g, by growth %g", active,
                 sharpe, growth);
    if (!(deflated < 0.6 && raw > 0.95 && praised <= 1))
        fail_msg("deflated %g, the whole return's %g, praised %zu times", deflated, raw, praised);
}

/* One configuration, an edge of the same size in every bar: trains of one to six windows promise no more than the tests keep. */
static void what_lasts_loses_nothing(void **state) {
    static const char grid[] =
        "[universe]\nassets = [[\"BTC\", \"ETH\"]]\n[rebalance]\nmethod = "
        "\"calendar\"\ncalendar_days = 1\nmin_interval_hours = 0\n";
    double kept = 0, gap = 0, whole = 0;
    enum { SEEDS = 12 };
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        bed b;
        begin(&b, returning, seed, NORNI_PORT_BY_OUTPERFORMANCE, grid);
        const norni_port_best *best = &b.r.top[0];
        double got = 0, promised = 0;
        for (size_t i = 0; i < TESTS; i++) {
            const norni_port_stats *in = &best->train[i], *out = &best->test[i];
            got += log((1 + out->total_return) / (1 + out->buyhold_return));
            promised += log((1 + in->total_return) / (1 + in->buyhold_return)) *
                        (double)out->n_returns / (double)in->n_returns;
        }
        assert_true(fabs(b.r.efficiency - got / promised) < 1e-9 * fabs(got / promised));
        assert_true(fabs(best->row.gap_per_window - (promised - got) / TESTS) < 1e-12);
        kept += b.r.efficiency / SEEDS;
        gap += best->row.gap_per_window / SEEDS;
        whole += best->row.generalization_gap / SEEDS;
        end(&b);
    }
    if (!(kept > 0.8 && kept < 1.25 && fabs(gap) < 0.01 && whole > 0.02))
        fail_msg("efficiency %g, gap per window %g, of whole windows %g", kept, gap, whole);
}

/* Blocks hold every return of the tests, and differ by one at most. */
static void blocks_hold_all(void **state) {
    static const size_t bars[][3] = {{120, 120, 120}, {50, 7, 31}, {2, 2, 40}, {3, 3, 3}};
    (void)state;
    for (size_t c = 0; c < sizeof bars / sizeof *bars; c++) {
        const norn_alloc alloc = norni_alloc_default();
        norni_arena arena;
        norni_port_split split[3];
        norni_port_windows w;
        size_t at = 10, all = 0, size[NORNI_PORT_BLOCKS] = {0}, least = SIZE_MAX, most = 0;
        norni_arena_init(&arena, &alloc);
        for (size_t i = 0; i < 3; i++) {
            split[i] =
                (norni_port_split){.train_end = at, .test_first = at, .test_end = at + bars[c][i]};
            at += bars[c][i];
            all += bars[c][i] - 1;
        }
        assert_int_equal(norni_port_windows_make(split, 3, false, &arena, &w, NULL), NORN_OK);
        for (size_t i = 0; i < 3; i++) {
            const norni_port_window *one = &w.window[w.n_trains + i];
            assert_int_equal(one->n_blocks, w.part[i + 1] - w.part[i]);
            assert_int_equal(one->block[one->n_blocks - 1], split[i].test_end);
            for (size_t p = 0; p < one->n_blocks; p++)
                size[w.part_of[w.part[i] + p]] +=
                    one->block[p] - (p ? one->block[p - 1] : one->first + 1);
        }
        for (size_t k = 0; k < w.n_blocks; k++) {
            least = size[k] < least ? size[k] : least;
            most = size[k] > most ? size[k] : most;
            all -= size[k];
        }
        assert_int_equal(all, 0);
        assert_true(least >= 2 && most - least <= 1);
        norni_arena_clear(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_edge_is_not_praised),
        cmocka_unit_test(what_lasts_loses_nothing),
        cmocka_unit_test(blocks_hold_all),
    };
    return cmocka_run_group_tests_name("portfolio_luck", tests, NULL, NULL);
}
