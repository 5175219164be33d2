/* Tests of price panels: names, missing and wrong prices, duplicates, splits, larger bars, one time axis, clocks. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "portfolio/portfolio_prices.h"

#define DAY  NORNI_US_DAY
#define HOUR (NORNI_US_DAY / 24)

static const norni_time_style dates = {.kind = NORNI_TIME_DATE, .sep = '-'};

/* Quotes at `first`, one every `step`. */
typedef struct given {
    const char *name;
    int64_t first, step;
    size_t n;
    double close[24];
} given;

static norn_status make_of(const norn_alloc *alloc, const given *g, size_t n,
                           const norni_port_prices_opt *opt, norni_port_prices *out,
                           norn_err *err) {
    norni_port_quotes q[8];
    static int64_t time[8][24];
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < g[k].n; i++)
            time[k][i] = g[k].first + (int64_t)i * g[k].step;
        q[k] = (norni_port_quotes){norni_str_of(g[k].name), g[k].n, time[k], g[k].close};
    }
    return norni_port_prices_make(alloc, q, n, opt, dates, out, err);
}

static norni_port_prices make(const given *g, size_t n, norni_port_prices_opt opt) {
    static norn_alloc alloc;
    norni_port_prices p;
    norn_err err = {NORN_OK, ""};
    alloc = norni_alloc_default();
    const norn_status st = make_of(&alloc, g, n, &opt, &p, &err);
    if (st != NORN_OK) fail_msg("%s", err.text);
    for (size_t i = 0; i < p.n_bars * p.n_assets; i++) { /* what holds of every panel */
        assert_true(isfinite(p.price[i]) && p.price[i] >= 0);
        assert_true(!p.traded[i] || p.price[i] > 0);
    }
    for (size_t i = 1; i < p.n_bars; i++)
        assert_true(p.time[i] > p.time[i - 1]);
    return p;
}

static void refuse(const given *g, size_t n, norni_port_prices_opt opt, norn_status want,
                   const char *words) {
    const norn_alloc alloc = norni_alloc_default();
    norni_port_prices p;
    norn_err err = {NORN_OK, ""};
    assert_int_equal(make_of(&alloc, g, n, &opt, &p, &err), want);
    if (strstr(err.text, words) == NULL) fail_msg("'%s' is not in '%s'", words, err.text);
    assert_null(p.arena.head);
}

static void noted(const norni_port_prices *p, const char *words) {
    char text[4000];
    snprintf(text, sizeof text, "%.*s", (int)p->notes.n, p->notes.n ? p->notes.p : "");
    if (strstr(text, words) == NULL) fail_msg("'%s' is not in '%s'", words, text);
}

static void prices_are(const norni_port_prices *p, size_t k, const double *want,
                       const char *traded) {
    for (size_t i = 0; i < p->n_bars; i++) {
        if (p->price[i * p->n_assets + k] != want[i])
            fail_msg("bar %zu: %g, not %g", i, p->price[i * p->n_assets + k], want[i]);
        assert_int_equal(p->traded[i * p->n_assets + k], traded[i] == '1');
    }
    assert_int_equal(strlen(traded), p->n_bars);
}

static const norni_port_prices_opt as_is = {.align = NORNI_PORT_INTERSECT};
static const norni_port_prices_opt all = {.align = NORNI_PORT_UNION};

static void names_are_one(void **state) {
    static const char *const pairs[][2] = {
        {"BTC/USDT", "BTC"}, {"BTC_USDT", "BTC"}, {"btc-usdt", "BTC"},
        {"BTCUSDT", "BTC"},  {" Btc ", "BTC"},    {"BTC/USDT:USDT", "BTC"},
        {"BTC-USD", "BTC"},  {"ETH/EUR", "ETH"},  {"ETH/BTC", "ETH/BTC"},
        {"BNBUSD", "BNB"},   {"DOTUSD", "DOT"},   {"BTCFDUSD", "BTC"},
        {"BTC_BUSD", "BTC"}, {"BTC USDC", "BTC"}, {"USDT", "USDT"},
        {"TUSD", "TUSD"},    {"BUSD", "BUSD"},    {"brk-b", "BRK-B"},
        {"^gspc", "^GSPC"},  {"AAPL", "AAPL"},    {"/USDT", "/USDT"},
        {"USDTUSD", "USDT"}, {"ES=F", "ES=F"},    {"BTC/USD:BTC", "BTC/USD:BTC"},
    };
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    norni_str s;
    norn_err err;
    (void)state;
    norni_arena_init(&a, &alloc);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(norni_port_symbol(&a, norni_str_of(pairs[i][0]), &s, &err), NORN_OK);
        if (!norni_str_is(s, pairs[i][1])) fail_msg("%s: %s", pairs[i][0], s.p);
    }
    assert_int_equal(norni_port_symbol(&a, norni_str_of("  "), &s, &err), NORN_E_DATA);
    assert_int_equal(norni_port_symbol(&a, norni_str_of("A\tB"), &s, &err), NORN_E_DATA);
    norni_arena_clear(&a);
    const given two[] = {{"BTC/USDT", 0, DAY, 2, {1, 2}}, {"btcusdt", 0, DAY, 2, {1, 2}}};
    refuse(two, 2, as_is, NORN_E_DATA, "'BTC/USDT' and 'btcusdt' are both BTC");
    const given mixed[] = {{"BTC/USDT", 0, DAY, 2, {1, 2}}, {"ETH/EUR", 0, DAY, 2, {1, 2}}};
    norni_port_prices p = make(mixed, 2, as_is);
    noted(&p, "'BTC/USDT' and 'ETH/EUR' are in different currencies");
    assert_int_equal(norni_port_prices_find(&p, norni_str_of("ETH")), 1);
    assert_true(norni_port_prices_find(&p, norni_str_of("ETH/EUR")) == SIZE_MAX);
    norni_port_prices_clear(&p);
}

static void wrong_prices_are_missing(void **state) {
    const double nan = NAN;
    const given g[] = {{"A", 0, DAY, 6, {1, 0, 3, -4, nan, 6}},
                       {"B", 0, DAY, 6, {1, 2, 3, 4, INFINITY, 6}}};
    (void)state;
    norni_port_prices p = make(g, 2, all);
    prices_are(&p, 0, (double[]){1, 1, 3, 3, 6}, "10101");
    prices_are(&p, 1, (double[]){1, 2, 3, 4, 6}, "11111"); /* at the fifth nobody has one: no bar */
    noted(&p, "A: 2 prices of 0 or less are taken as missing (first 1970-01-02)");
    noted(&p, "B: 1 infinite prices");
    noted(&p, "A: no price at 2 bars between its first and its last");
    norni_port_prices_clear(&p);
    p = make(g, 2, as_is);
    assert_int_equal(p.n_bars, 3); /* 1, 3, 6 */
    prices_are(&p, 0, (double[]){1, 3, 6}, "111");
    noted(&p, "3 bars are common to all 2 symbols, of 5\n");
    norni_port_prices_clear(&p);
    const given none[] = {{"A", 0, DAY, 3, {1, 2, 3}}, {"B", 0, DAY, 3, {0, -1, nan}}};
    p = make(none, 2, as_is);
    assert_int_equal(p.n_assets, 1);
    noted(&p, "B: it has no price above 0 and is left out");
    norni_port_prices_clear(&p);
    refuse(none + 1, 1, as_is, NORN_E_DATA, "no symbol has a price above 0");
    refuse(none, 0, as_is, NORN_E_DATA, "there is no symbol");
}

static void zeros_to_the_end_are_worthless(void **state) {
    const given g[] = {{"LUNA", 0, DAY, 6, {8, 0, 4, 0, -1, 0}},
                       {"B", 0, DAY, 6, {1, 2, 3, 4, 5, 6}}};
    (void)state;
    norni_port_prices p = make(g, 2, all);
    prices_are(&p, 0, (double[]){8, 8, 4, 0, 0, 0}, "101000");
    noted(&p, "LUNA: its price is 0 from 1970-01-04 to the end");
    noted(&p, "LUNA: 2 prices of 0 or less are taken as missing (first 1970-01-02)");
    assert_int_equal(p.last[0], 2);
    norni_port_prices_clear(&p);
    p = make(g, 2, as_is); /* a worthless asset's zeros are bars that it has */
    prices_are(&p, 0, (double[]){8, 4, 0, 0}, "1100");
    prices_are(&p, 1, (double[]){1, 3, 4, 6}, "1111");
    norni_port_prices_clear(&p);
    norni_port_prices_opt newest = all;
    newest.max_bars = 2;
    p = make(g, 2, newest);
    assert_int_equal(p.n_assets, 1);
    noted(&p, "LUNA: it has no price above 0 from 1970-01-05 on and is left out");
    norni_port_prices_clear(&p);
}

static void ends_are_ragged(void **state) {
    const given g[] = {{"LATE", 2 * DAY, DAY, 3, {30, 31, 32}},
                       {"GONE", 0, DAY, 3, {10, 11, 12}},
                       {"FULL", 0, DAY, 5, {1, 2, 3, 4, 5}}};
    (void)state;
    norni_port_prices p = make(g, 3, all);
    prices_are(&p, 0, (double[]){0, 0, 30, 31, 32}, "00111");
    prices_are(&p, 1, (double[]){10, 11, 12, 12, 12}, "11100");
    assert_int_equal(p.first[0], 2);
    assert_int_equal(p.last[1], 2);
    assert_int_equal(p.last[2], 4);
    noted(&p, "LATE: its prices begin at 1970-01-03, 2 bars late");
    noted(&p, "GONE: its prices end at 1970-01-03, 2 bars early (delisted?)");
    norni_port_prices_clear(&p);
    p = make(g, 3, as_is);
    assert_int_equal(p.n_bars, 1);
    noted(&p, "LATE begins last (1970-01-03); GONE ends first (1970-01-03)");
    norni_port_prices_clear(&p);
    norni_port_prices_opt newest = all;
    newest.max_bars = 2; /* what was known before the bars that are kept is known in them */
    p = make(g, 3, newest);
    assert_int_equal(p.n_assets, 2);
    noted(&p, "GONE: it has no price above 0 from 1970-01-04 on");
    noted(&p, "the newest 2 of 5 bars are taken");
    norni_port_prices_clear(&p);
    const given gap[] = {{"A", 0, 3 * DAY, 3, {1, 2, 3}}, {"B", 0, DAY, 7, {1, 2, 3, 4, 5, 6, 7}}};
    newest.max_bars = 3;
    p = make(gap, 2, newest);
    prices_are(&p, 0, (double[]){2, 2, 3}, "001");
    norni_port_prices_clear(&p);
    const given apart[] = {{"A", 0, DAY, 2, {1, 2}}, {"B", 5 * DAY, DAY, 2, {1, 2}}};
    refuse(apart, 2, as_is, NORN_E_DATA, "A ends at 1970-01-02, before B begins at 1970-01-06");
    const given off[] = {{"A", 0, DAY, 4, {1, 2, 3, 4}}, {"B", HOUR, DAY, 4, {1, 2, 3, 4}}};
    refuse(off, 2, as_is, NORN_E_DATA, "(--timeframe)");
}

static void rows_come_in_any_order(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    static const int64_t time[] = {3 * DAY, 0, DAY, DAY, 2 * DAY, 0};
    static const double close[] = {4, 1, 2, 2, 3, 1}, other[] = {4, 1, 2, 2.5, 3, 1};
    norni_port_quotes q = {norni_str_of("A"), 6, time, close};
    norni_port_prices p;
    norn_err err;
    norni_port_prices_opt opt = norni_port_prices_opt_default();
    (void)state;
    assert_int_equal(norni_port_prices_make(&alloc, &q, 1, NULL, dates, &p, &err), NORN_OK);
    prices_are(&p, 0, (double[]){1, 2, 3, 4}, "1111");
    noted(&p, "A: 2 rows say again what others say: they are one (first 1970-01-01)");
    norni_port_prices_clear(&p);
    q.close = other;
    assert_int_equal(norni_port_prices_make(&alloc, &q, 1, &opt, dates, &p, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "A has two prices at 1970-01-02, 2 and 2.5"));
    opt.duplicates_last = true;
    assert_int_equal(norni_port_prices_make(&alloc, &q, 1, &opt, dates, &p, &err), NORN_OK);
    prices_are(&p, 0, (double[]){1, 2.5, 3, 4}, "1111");
    noted(&p, "A: 1 time has two prices: the later row holds (1970-01-02)");
    norni_port_prices_clear(&p);
    static const int64_t far[] = {INT64_MAX};
    q = (norni_port_quotes){norni_str_of("A"), 1, far, close};
    assert_int_equal(norni_port_prices_make(&alloc, &q, 1, &opt, dates, &p, &err), NORN_E_DATA);
    opt.periods_per_year = -1;
    assert_int_equal(norni_port_prices_make(&alloc, &q, 1, &opt, dates, &p, &err), NORN_E_ARG);
}

static void splits_are_told_or_taken_out(void **state) {
    const given g[] = {{"A", 0, DAY, 6, {300, 303, 3, 3.03, 6.1, 6.0}},
                       {"B", 0, DAY, 6, {10, 10, 100, 10, 10, 11}},
                       {"C", 0, DAY, 6, {10, 10, 5.5, 5.4, 3, 3}}}; /* falls, but by no split */
    norni_port_prices_opt opt = as_is;
    (void)state;
    norni_port_prices p = make(g, 3, opt);
    prices_are(&p, 0, g[0].close, "111111");
    noted(&p, "A: the price falls to 1/100 at 1970-01-03, as by a split of 100:1; it counts");
    noted(&p, "A: the price rises to 2 times at 1970-01-05, as by a split of 1:2; it counts");
    noted(&p, "B: 1 price jumps to twice or half and straight back (first 1970-01-03)");
    const norni_hash128 told = norni_port_prices_key(&p);
    norni_port_prices_clear(&p);
    opt.adjust_splits = true;
    p = make(g, 3, opt);
    for (size_t i = 0; i < 6; i++) {
        static const double want[] = {6, 6.06, 6, 6.06, 6.1, 6};
        assert_true(fabs(p.price[3 * i] - want[i]) < 1e-12);
        assert_true(p.price[3 * i + 1] == g[1].close[i] && p.price[3 * i + 2] == g[2].close[i]);
    }
    noted(&p, "prices before it are put on the new scale");
    const norni_hash128 taken = norni_port_prices_key(&p);
    assert_true(told.hi != taken.hi || told.lo != taken.lo);
    norni_port_prices_clear(&p);
}

static void far_jumps_are_told(void **state) {
    const given g[] = {{"A", 0, DAY, 6, {5, 5.1, 5100, 5050, 5100, 5000}},
                       {"B", 0, DAY, 6, {5, 5, 0.04, 0.06, 0.1, 0.1}},
                       {"C", 0, DAY, 6, {5, 5, 45, 46, 47, 40}}};
    (void)state;
    norni_port_prices p = make(g, 3, as_is);
    noted(&p, "A: the price goes from 5.1 to 5100 in one bar at 1970-01-03; it counts as");
    noted(&p, "B: the price goes from 5 to 0.04 in one bar at 1970-01-03");
    p.notes.p[p.notes.n - 1] = '\0';
    assert_null(strstr(p.notes.p, "C: ")); /* nine times may be */
    norni_port_prices_clear(&p);
}

/* Midnight in London over the last of March: 00:00 UTC, then 23:00. */
static void days_of_summer_stay(void **state) {
    const given g[] = {{"A", 0, DAY, 3, {1, 2, 3}}, {"A", 3 * DAY - HOUR, DAY, 3, {4, 5, 6}}};
    const norn_alloc alloc = norni_alloc_default();
    int64_t time[6];
    double close[6];
    norni_port_prices p;
    norn_err err;
    norni_port_prices_opt opt = as_is;
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        time[i] = g[i / 3].first + (int64_t)(i % 3) * DAY;
        close[i] = g[i / 3].close[i % 3];
    }
    const norni_port_quotes q = {norni_str_of("A"), 6, time, close};
    assert_int_equal(norni_port_prices_make(&alloc, &q, 1, &opt, dates, &p, &err), NORN_OK);
    noted(&p, "1 step between daily bars is 23 or 25 hours (first at ");
    norni_port_prices_clear(&p);
    opt.frame = NORNI_PORT_1D;
    assert_int_equal(norni_port_prices_make(&alloc, &q, 1, &opt, dates, &p, &err), NORN_OK);
    assert_int_equal(p.n_bars, 6);
    for (size_t i = 0; i < 6; i++)
        assert_true(p.time[i] == (int64_t)i * DAY && p.price[i] == close[i]);
    norni_port_prices_clear(&p);
}

static void bars_become_larger(void **state) {
    given g[] = {{"A", 22 * HOUR, HOUR, 8, {1, 2, 3, 4, 5, 6, 7, 8}},
                 {"B", 22 * HOUR + HOUR / 2, HOUR, 8, {1, 2, 3, 4, 5, 6, 7, 8}}};
    norni_port_prices_opt opt = as_is;
    (void)state;
    opt.frame = NORNI_PORT_4H;
    norni_port_prices p = make(g, 2, opt);
    assert_int_equal(p.n_bars, 3); /* 20:00, 00:00, 04:00 */
    assert_true(p.time[0] == 20 * HOUR && p.time[1] == 24 * HOUR && p.time[2] == 28 * HOUR);
    prices_are(&p, 0, (double[]){2, 6, 8}, "111");
    assert_true(p.bars_per_day == 6 && p.periods_per_year == 2190);
    assert_int_equal(p.style.kind, NORNI_TIME_DATETIME); /* dates could not tell them */
    norni_port_prices_clear(&p);
    opt.frame = NORNI_PORT_1D;
    p = make(g, 2, opt);
    prices_are(&p, 0, (double[]){2, 8}, "11");
    assert_int_equal(p.style.kind, NORNI_TIME_DATE);
    norni_port_prices_clear(&p);
    g[0].first = -25 * HOUR; /* before 1970 bars begin at their beginnings, too */
    p = make(g, 1, opt);
    assert_true(p.time[0] == -2 * DAY && p.time[1] == -DAY);
    prices_are(&p, 0, (double[]){1, 8}, "11");
    norni_port_prices_clear(&p);
    opt.frame = NORNI_PORT_1H;
    g[0].step = DAY;
    refuse(g, 1, opt, NORN_E_DATA,
           "A has its bars 1 day apart or more; that is coarser than the 1h asked for");
    g[0].n = 2; /* too few to tell */
    p = make(g, 1, opt);
    assert_int_equal(p.n_bars, 2);
    norni_port_prices_clear(&p);
    g[0].n = 8;
    g[0].close[7] = 0; /* worthless within a larger bar */
    g[0].close[6] = 0;
    g[0].step = HOUR;
    g[0].first = 0;
    opt.frame = NORNI_PORT_4H;
    p = make(g, 1, opt);
    prices_are(&p, 0, (double[]){4, 0}, "10");
    norni_port_prices_clear(&p);
}

static void short_symbols_are_left_out(void **state) {
    const given g[] = {{"A", 0, DAY, 10, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
                       {"B", 6 * DAY, DAY, 4, {1, 2, 3, 4}},
                       {"C", 5 * DAY, DAY, 5, {1, 2, 3, 4, 5}}};
    norni_port_prices_opt opt = as_is;
    (void)state;
    opt.want_days = 10;
    norni_port_prices p = make(g, 3, opt);
    assert_int_equal(p.n_assets, 2);
    assert_int_equal(p.n_bars, 5);
    noted(&p, "B: 4 prices, fewer than half of the 10 bars wanted: it is left out");
    assert_true(p.n_left_out == 1 && norni_str_is(p.left_out[0], "B"));
    norni_port_prices_clear(&p);
    opt.want_days = 21;
    p = make(g, 3, opt); /* what no symbol has is asked of none */
    assert_int_equal(p.n_assets, 2);
    noted(&p, "B: 4 prices, fewer than half of the 10 of the longest symbol: it is left out");
    norni_port_prices_clear(&p);
    opt.want_days = NAN;
    refuse(g, 3, opt, NORN_E_ARG, "days wanted");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_one),
        cmocka_unit_test(wrong_prices_are_missing),
        cmocka_unit_test(zeros_to_the_end_are_worthless),
        cmocka_unit_test(ends_are_ragged),
        cmocka_unit_test(rows_come_in_any_order),
        cmocka_unit_test(splits_are_told_or_taken_out),
        cmocka_unit_test(far_jumps_are_told),
        cmocka_unit_test(days_of_summer_stay),
        cmocka_unit_test(bars_become_larger),
        cmocka_unit_test(short_symbols_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
