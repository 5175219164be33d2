/* Tests of the reference's grid: its counts, its order, what becomes of it when symbols are missing, its axes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "portfolio/portfolio_grid.h"

static const norni_port_grid_opt open_opt = {
    .fee = 0.001, .slippage = 0.0005, .capital = 10000, .periods_per_year = 8760};

typedef struct world {
    norn_alloc alloc;
    norni_arena arena;
    norni_str symbol[16];
    size_t n;
    norni_port_grid *g;
    norni_buf text;
} world;

static void begin_with(world *w, bool quick, const char *symbols, double bar_days) {
    norni_port_grid_opt opt = open_opt;
    opt.bar_days = bar_days;
    norn_err err;
    w->alloc = norni_alloc_default();
    norni_arena_init(&w->arena, &w->alloc);
    norni_buf_init(&w->text, &w->alloc);
    w->n = 0;
    while (*symbols != '\0') {
        const char *end = strchr(symbols, ' ');
        const size_t n = end ? (size_t)(end - symbols) : strlen(symbols);
        w->symbol[w->n++] = (norni_str){symbols, n};
        symbols += n + (end != NULL);
    }
    assert_int_equal(
        norni_port_grid_reference(&w->arena, quick, w->symbol, w->n, &opt, &w->g, &err), NORN_OK);
}

static void begin(world *w, bool quick, const char *symbols) {
    begin_with(w, quick, symbols, 0);
}

static void end(world *w) {
    norni_buf_clear(&w->text);
    norni_arena_clear(&w->arena);
}

static const char *all_eight = "BTC ETH BNB SOL ADA XRP MATIC DOT";

static void counts_are_the_references(void **state) {
    world w;
    (void)state;
    begin(&w, true, all_eight);
    norni_port_grid_counts c = norni_port_grid_count(w.g);
    assert_int_equal(c.n_all, 12);
    assert_int_equal(c.n_usable, 12);
    assert_int_equal(c.n_distinct, 12);
    end(&w);
    begin(&w, false, all_eight);
    c = norni_port_grid_count(w.g);
    assert_int_equal(c.n_all, 58320);
    assert_int_equal(c.n_usable, 58320);
    /* of 720 rules: threshold 6 x 4 x 2, calendar 5 x 1 x 2 (each interval is shorter than a week), hybrid 6 x 5 x 4 x 2 */
    assert_int_equal(c.n_distinct, 81 * (48 + 10 + 240));
    assert_int_equal(norni_port_grid_sets(w.g), 20);
    assert_int_equal(norni_port_grid_allocations(w.g), 4 + 4 + 5 + 3);
    end(&w);
}

/* The number of configurations that are their own class, by a walk over all. */
static uint64_t walk_distinct(const norni_port_grid *g) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < norni_port_grid_count(g).n_all; i++) {
        const uint64_t same = norni_port_grid_same(g, i);
        n += same == i;
        if (same == UINT64_MAX) continue;
        assert_true(same <= i);
        assert_int_equal(norni_port_grid_same(g, same), same);
    }
    return n;
}

static void counting_by_structure_is_walking(void **state) {
    const char *panels[] = {"BTC ETH BNB SOL ADA XRP MATIC DOT", "BTC ETH BNB ADA", "ADA XRP",
                            "DOT", "XRP MATIC SOL BTC"};
    (void)state;
    for (size_t i = 0; i < sizeof panels / sizeof *panels; i++) {
        for (int quick = 0; quick < 2; quick++) {
            world w;
            begin(&w, quick == 1, panels[i]);
            const norni_port_grid_counts c = norni_port_grid_count(w.g);
            assert_int_equal(c.n_distinct, walk_distinct(w.g));
            print_message("# %s%s: %llu of %llu usable, %llu distinct\n", panels[i],
                          quick ? ", quick" : "", (unsigned long long)c.n_usable,
                          (unsigned long long)c.n_all, (unsigned long long)c.n_distinct);
            end(&w);
        }
    }
}

/* One configuration as the oracle writes it. */
static void put_line(world *w, uint64_t index) {
    norni_port_config c;
    norni_port_grid_at(w->g, index, &c);
    w->text.n = 0;
    norni_buf_format(&w->text, "%llu|", (unsigned long long)c.id);
    if (!c.usable) {
        norni_buf_text(&w->text, "-\n");
        return;
    }
    norni_port_config_assets(&c, w->symbol, &w->text);
    norni_buf_text(&w->text, "|");
    norni_port_config_weights(&c, &w->text);
    for (size_t i = 0, bars = 0; i < w->text.n; i++) { /* within the lists blanks, as there */
        const bool before_list = bars == 0, between = bars == c.n_assets;
        if (w->text.p[i] != '|') continue;
        if (!before_list && !between) w->text.p[i] = ' ';
        bars++;
    }
    norni_buf_format(&w->text, "|%g|%s|%g|%g|%d|%llu\n", c.rule.threshold,
                     norni_port_method_name(c.rule.method), c.rule.every, c.rule.min_interval_hours,
                     c.rule.momentum_days > 0,
                     (unsigned long long)norni_port_grid_same(w->g, index) + 1);
}

static uint64_t fnv(uint64_t state, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        state = (state ^ (unsigned char)p[i]) * UINT64_C(0x100000001b3);
    return state;
}

/* tests/oracle/make_portfolio_grid.py writes every configuration and, by comparing all, the first one of the same effect. */
static void every_configuration_is_the_oracles(void **state) {
    FILE *f = fopen(NORN_FIXTURES "/portfolio_grid.csv", "r");
    char line[256];
    size_t looked = 0;
    (void)state;
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        char *field[7], *at = line;
        world w;
        if (line[0] == '#' || line[0] == 'p') continue;
        for (size_t i = 0; i < 7; i++) {
            field[i] = at;
            at += strcspn(at, ",\n");
            *at++ = '\0';
        }
        begin_with(&w, field[1][0] == '1', field[0], strtod(field[2], NULL) / 24);
        const norni_port_grid_counts c = norni_port_grid_count(w.g);
        assert_int_equal(c.n_all, strtoull(field[3], NULL, 10));
        assert_int_equal(c.n_usable, strtoull(field[4], NULL, 10));
        assert_int_equal(c.n_distinct, strtoull(field[5], NULL, 10));
        uint64_t hash = UINT64_C(0xcbf29ce484222325);
        for (uint64_t i = 0; i < c.n_all; i++) {
            put_line(&w, i);
            hash = fnv(hash, w.text.p, w.text.n);
        }
        if (hash != strtoull(field[6], NULL, 16)) fail_msg("%s: another grid", field[0]);
        end(&w);
        looked++;
    }
    (void)fclose(f);
    assert_int_equal(looked, 20);
}

static void expect(world *w, uint64_t id, const char *assets, double first_weight,
                   norni_port_rule rule) {
    norni_port_config c;
    norni_port_grid_at(w->g, id - 1, &c);
    assert_int_equal(c.id, id);
    w->text.n = 0;
    norni_port_config_assets(&c, w->symbol, &w->text);
    assert_int_equal(w->text.n, strlen(assets));
    assert_memory_equal(w->text.p, assets, w->text.n);
    assert_true(c.alloc.weight[0] == first_weight);
    assert_int_equal(c.alloc.n_weights, c.n_assets);
    assert_true(c.rule.threshold == rule.threshold && c.rule.every == rule.every);
    assert_int_equal(c.rule.method, rule.method);
    assert_true(c.rule.min_interval_hours == rule.min_interval_hours);
    assert_true(c.rule.momentum_days == rule.momentum_days && c.rule.momentum_limit == 0.20);
    assert_true(c.rule.fee == 0.001 && c.rule.slippage == 0.0005 && c.rule.capital == 10000);
    assert_int_equal(c.rule.clock, NORNI_PORT_CLOCK_DAYS);
}

static void ids_follow_the_nested_order(void **state) {
    world w;
    (void)state;
    begin(&w, false, all_eight);
    expect(&w, 1, "BTC|ETH", 0.50,
           (norni_port_rule){.threshold = .05, .every = 7, .min_interval_hours = 12});
    expect(&w, 2, "BTC|ETH", 0.50,
           (norni_port_rule){
               .threshold = .05, .every = 7, .min_interval_hours = 12, .momentum_days = 30});
    expect(&w, 3, "BTC|ETH", 0.50,
           (norni_port_rule){.threshold = .05, .every = 7, .min_interval_hours = 24});
    expect(&w, 9, "BTC|ETH", 0.50,
           (norni_port_rule){.threshold = .05, .every = 14, .min_interval_hours = 12});
    expect(
        &w, 41, "BTC|ETH", 0.50,
        (norni_port_rule){
            .threshold = .05, .method = NORNI_PORT_CALENDAR, .every = 7, .min_interval_hours = 12});
    expect(&w, 121, "BTC|ETH", 0.50,
           (norni_port_rule){.threshold = .08, .every = 7, .min_interval_hours = 12});
    expect(&w, 721, "BTC|ETH", 0.60,
           (norni_port_rule){.threshold = .05, .every = 7, .min_interval_hours = 12});
    expect(&w, 3 * 4 * 720 + 1, "BTC|ETH|BNB", 0.33,
           (norni_port_rule){.threshold = .05, .every = 7, .min_interval_hours = 12});
    expect(&w, 58320, "BTC|ETH|BNB|SOL|MATIC", 0.30,
           (norni_port_rule){.threshold = .20,
                             .method = NORNI_PORT_HYBRID,
                             .every = 90,
                             .min_interval_hours = 72,
                             .momentum_days = 30});
    end(&w);
}

static void missing_symbols_shrink_sets(void **state) {
    world w;
    norni_port_config c;
    (void)state;
    begin(&w, false, "ADA BNB ETH BTC");
    /* BTC ETH SOL: 50/50 of the pairs; the same as configuration 1's */
    const uint64_t btc_eth_sol = (3 + 1) * 4 * 720;
    norni_port_grid_at(w.g, btc_eth_sol, &c);
    assert_true(c.usable && c.n_assets == 2 && c.asset[0] == 3 && c.asset[1] == 2);
    assert_true(c.alloc.weight[0] == 0.5 && c.alloc.weight[1] == 0.5);
    assert_int_equal(norni_port_grid_same(w.g, btc_eth_sol), 0);
    /* BTC SOL XRP: one is left */
    const uint64_t btc_sol_xrp = (3 + 8) * 4 * 720;
    norni_port_grid_at(w.g, btc_sol_xrp, &c);
    assert_false(c.usable);
    assert_true(norni_port_grid_same(w.g, btc_sol_xrp) == UINT64_MAX);
    /* the fifth scheme of BTC ETH SOL BNB: triples have four, so a third each; that is no scheme of the triples */
    const uint64_t quad_five = (15 * 4 + 4) * 720;
    norni_port_grid_at(w.g, quad_five, &c);
    assert_true(c.usable && c.n_assets == 3 && c.alloc.weight[2] == 1.0 / 3);
    assert_int_equal(norni_port_grid_same(w.g, quad_five), quad_five);
    /* the fifth of BTC ETH SOL MATIC: equal weights of a pair are the pairs' first scheme */
    assert_int_equal(norni_port_grid_same(w.g, (15 * 4 + 10 + 4) * 720), 0);
    norni_port_grid_notes(w.g, &w.text);
    norni_buf_add(&w.text, "", 1);
    assert_string_equal(w.text.p,
                        "SOL, XRP, MATIC are not in the prices: of 20 sets of assets 11 hold fewer "
                        "assets (with the weights of the smaller count), 1 is left out, with fewer "
                        "than two\n");
    end(&w);
}

static void left_out_is_not_missing(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    const norni_str there[] = {{"BTC", 3}, {"ETH", 3}, {"ADA", 3}, {"DOT", 3}},
                    gone[] = {{"XRP", 3}, {"BNB", 3}};
    const norni_port_grid_opt opt = {.capital = 1, .left_out = gone, .n_left_out = 2};
    norni_arena arena;
    norni_port_grid *g;
    norni_buf b;
    norn_err err;
    (void)state;
    norni_arena_init(&arena, &alloc);
    norni_buf_init(&b, &alloc);
    assert_int_equal(norni_port_grid_reference(&arena, false, there, 4, &opt, &g, &err), NORN_OK);
    norni_port_grid_notes(g, &b);
    norni_buf_add(&b, "", 1);
    assert_non_null(strstr(b.p, "SOL, MATIC are not in the prices; BNB, XRP are left out: of "));
    norni_buf_clear(&b);
    norni_arena_clear(&arena);
}

static void methods_ignore_what_they_do_not_see(void **state) {
    world w;
    norni_port_config a, b;
    (void)state;
    begin(&w, false, all_eight);
    for (uint64_t i = 0; i < 720; i++) {
        norni_port_grid_at(w.g, i, &a);
        norni_port_grid_at(w.g, norni_port_grid_same(w.g, i), &b);
        const bool calendar = a.rule.method == NORNI_PORT_CALENDAR;
        const bool threshold = a.rule.method == NORNI_PORT_THRESHOLD;
        assert_int_equal(a.rule.method, b.rule.method);
        assert_true(b.rule.threshold == (calendar ? 0.05 : a.rule.threshold));
        assert_true(b.rule.every == (threshold ? 7 : a.rule.every));
        assert_true(b.rule.min_interval_hours == (calendar ? 12 : a.rule.min_interval_hours));
        assert_true(b.rule.momentum_days == a.rule.momentum_days);
    }
    end(&w);
}

static void hash_tells_grids_apart(void **state) {
    world w, v;
    (void)state;
    begin(&w, false, all_eight);
    begin(&v, false, all_eight);
    norni_hash128 a = norni_port_grid_hash(w.g), b = norni_port_grid_hash(v.g);
    assert_true(a.hi == b.hi && a.lo == b.lo);
    end(&v);
    begin(&v, false, "BTC ETH BNB SOL ADA XRP MATIK DOT");
    b = norni_port_grid_hash(v.g);
    assert_false(a.hi == b.hi && a.lo == b.lo);
    end(&v);
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_the_references),
        cmocka_unit_test(counting_by_structure_is_walking),
        cmocka_unit_test(every_configuration_is_the_oracles),
        cmocka_unit_test(ids_follow_the_nested_order),
        cmocka_unit_test(missing_symbols_shrink_sets),
        cmocka_unit_test(methods_ignore_what_they_do_not_see),
        cmocka_unit_test(hash_tells_grids_apart),
        cmocka_unit_test(left_out_is_not_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
