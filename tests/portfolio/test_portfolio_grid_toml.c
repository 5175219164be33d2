/* Tests of grids from TOML: sets, combinations, ranges, allocations, counts by structure, and what is said of mistakes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "portfolio/portfolio_grid.h"

static const norni_port_grid_opt open_opt = {
    .fee = 0.001, .slippage = 0.0005, .capital = 10000, .periods_per_year = 365};

typedef struct world {
    norn_alloc alloc;
    norni_arena arena;
    norni_str symbol[70];
    size_t n;
    norni_port_grid *g;
    norni_buf text;
    norn_err err;
} world;

static norn_status make(world *w, const char *symbols, const char *text,
                        const norni_port_grid_opt *opt) {
    norni_toml toml;
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
    assert_int_equal(norni_toml_parse(&w->arena, text, strlen(text), &toml, &w->err), NORN_OK);
    return norni_port_grid_toml(&w->arena, &toml, w->symbol, w->n, opt, &w->g, &w->err);
}

static void begin(world *w, const char *symbols, const char *text) {
    if (make(w, symbols, text, &open_opt) != NORN_OK) fail_msg("%s", w->err.text);
}

static void end(world *w) {
    norni_buf_clear(&w->text);
    norni_arena_clear(&w->arena);
}

static void expect_counts(const world *w, uint64_t all, uint64_t usable, uint64_t distinct) {
    const norni_port_grid_counts c = norni_port_grid_count(w->g);
    assert_int_equal(c.n_all, all);
    assert_int_equal(c.n_usable, usable);
    assert_int_equal(c.n_distinct, distinct);
}

static uint64_t walk_distinct(const world *w) {
    uint64_t n = 0;
    for (uint64_t i = 0; i < norni_port_grid_count(w->g).n_all; i++) {
        const uint64_t same = norni_port_grid_same(w->g, i);
        n += same == i;
        if (same == UINT64_MAX) continue;
        assert_true(same <= i);
        assert_int_equal(norni_port_grid_same(w->g, same), same);
    }
    return n;
}

static void expect_text(world *w, const char *want) {
    norni_buf_add(&w->text, "", 1);
    assert_string_equal(w->text.p, want);
    w->text.n = 0;
}

static void expect_config(world *w, uint64_t index, const char *assets, const char *weights) {
    norni_port_config c;
    norni_port_grid_at(w->g, index, &c);
    norni_port_config_assets(&c, w->symbol, &w->text);
    expect_text(w, assets);
    norni_port_config_weights(&c, &w->text);
    expect_text(w, weights);
}

static void an_empty_grid_is_one_equal_portfolio(void **state) {
    world w;
    norni_port_config c;
    (void)state;
    begin(&w, "A B C", "");
    expect_counts(&w, 1, 1, 1);
    norni_port_grid_at(w.g, 0, &c);
    assert_int_equal(c.alloc.kind, NORNI_PORT_EQUAL);
    assert_true(c.rule.fee == 0.001 && c.rule.slippage == 0.0005 && c.rule.capital == 10000);
    assert_true(c.rule.threshold == 0.10 && c.rule.every == 30);
    expect_config(&w, 0, "A|B|C", "0.3333|0.3333|0.3333");
    end(&w);
}

static void ranges_lists_and_scalars(void **state) {
    world w;
    norni_port_config c;
    (void)state;
    begin(&w, "A B",
          "[rebalance]\nmethod = 'threshold'\nmin_interval_hours = [0, 24]\n"
          "[threshold]\nmin = 0.05\nmax = 0.20\nstep = 0.01\n"
          "['costs.fee_bps']\nmin = 0\nmax = 15\nstep = 7.5\n");
    expect_counts(&w, 16 * 2 * 3, 96, 96);
    norni_port_grid_at(w.g, 95, &c);
    assert_true(c.rule.threshold == 0.20 && c.rule.fee == 0.0015);
    norni_port_grid_at(w.g, 3 * 6, &c);
    assert_true(c.rule.threshold == 0.08 && c.rule.fee == 0 && c.rule.slippage == 0.0005);
    end(&w);
}

static void combinations_keep_the_order(void **state) {
    world w;
    (void)state;
    begin(&w, "A B C D",
          "[universe]\ncombinations = [2, 3]\nassets = [['D/USDT', 'a']]\n"
          "[allocation]\nkinds = ['fixed', 'equal']\nweights = [[0.6, 0.4], [0.5, 0.3, 0.2]]\n");
    /* D|A, six pairs and four triples, each fixed and equal */
    expect_counts(&w, 22, 22, 22);
    expect_config(&w, 0, "D|A", "0.6000|0.4000");
    expect_config(&w, 1, "D|A", "0.5000|0.5000");
    expect_config(&w, 2, "A|B", "0.6000|0.4000");
    expect_config(&w, 12, "C|D", "0.6000|0.4000");
    expect_config(&w, 14, "A|B|C", "0.5000|0.3000|0.2000");
    expect_config(&w, 21, "B|C|D", "0.3333|0.3333|0.3333");
    end(&w);
    begin(&w, "A B C D E",
          "[universe]\nsymbols = ['E', 'C', 'B', 'X', 'A']\ncombinations = 3\nrequire = ['B']\n");
    expect_counts(&w, 3, 3, 3);
    expect_config(&w, 0, "E|C|B", "0.3333|0.3333|0.3333");
    expect_config(&w, 1, "E|B|A", "0.3333|0.3333|0.3333");
    expect_config(&w, 2, "C|B|A", "0.3333|0.3333|0.3333");
    norni_port_grid_notes(w.g, &w.text);
    expect_text(&w, "X is not in the prices\n");
    end(&w);
}

static void weights_of_the_rest_keep_their_proportions(void **state) {
    world w;
    norni_port_config c;
    (void)state;
    begin(&w, "A B C",
          "[universe]\nassets = [['A', 'B', 'X'], ['A', 'B'], ['X', 'C'], ['B', 'A']]\n"
          "[allocation]\nweights = [[0.25, 0.25, 0.5], [0.5, 0.5], [0.7, 0.3]]\n");
    expect_counts(&w, 1 + 3 * 2, 5, 4);
    norni_port_grid_at(w.g, 0, &c); /* 0.25 and 0.25 of 1: halves, which is what set 2 has */
    assert_int_equal(c.alloc.kind, NORNI_PORT_EQUAL);
    assert_int_equal(norni_port_grid_same(w.g, 1), 0);
    assert_true(norni_port_grid_same(w.g, 3) == UINT64_MAX);
    assert_int_equal(norni_port_grid_same(w.g, 5), 5); /* the other order is another portfolio */
    end(&w);
}

static void kinds_are_multiplied_by_what_they_look_at(void **state) {
    world w;
    (void)state;
    begin(&w, "A B C",
          "[allocation]\nkinds = ['equal', 'inverse_vol', 'min_variance', 'mean_variance', "
          "'momentum']\nlookback_days = [60, 120]\nshrinkage = ['ledoit_wolf', 'sample']\n"
          "risk_aversion = [1, 5, 25]\nmax_weight = 0.6\ntop_k = [1, 3, 5]\nvol_target = [0, 0.2]\n"
          "leverage = [1, 2]\nmax_leverage = [1.5, 2]\n");
    /* With targets, everything looks at lookback, shrinkage and both leverages: 2 * 2 * 2 * 2 * 2 = 32, times its own */
    const uint64_t all = 32 * (1 + 1 + 1 + 3 + 3);
    /* per kind, without a target: what it looks at x 2 leverages; with: lookback x shrinkage x 2 max_leverages */
    const uint64_t distinct = (2 + 8) + (2 * 2 + 8) + (4 * 2 + 8) + 3 * (4 * 2 + 8) +
                              2 * (2 * 2 + 8); /* top 5 of 3 is top 3 */
    expect_counts(&w, all, all, distinct);
    assert_int_equal(walk_distinct(&w), distinct);
    expect_config(&w, 0, "A|B|C", "0.3333|0.3333|0.3333");
    expect_config(&w, all - 1, "A|B|C",
                  "momentum(lookback_days=120, estimate_days=30, shrinkage=sample, top_k=3, "
                  "vol_target=0.2, max_leverage=2)");
    end(&w);
    begin(&w, "A B C",
          "[universe]\ncombinations = [2, 3]\n[allocation]\nkinds = 'min_variance'\nmax_weight = "
          "[0.4, 0.5]\n");
    expect_counts(&w, 8, 3 + 2, 5); /* two assets cannot keep 0.4 */
    norni_port_grid_notes(w.g, &w.text);
    assert_non_null(strstr((norni_buf_add(&w.text, "", 1), w.text.p), "3 pairs"));
    end(&w);
}

static const char *const everything =
    "[universe]\ncombinations = 2\n"
    "[allocation]\nkinds = ['equal', 'erc']\nestimate_days = [0, 30]\n"
    "[rebalance]\nmethod = ['never', 'on_target', 'hybrid', 'calendar', 'threshold']\n"
    "threshold = [0.2, 0.1]\nband = ['absolute', 'relative']\nto = ['target', 'edge']\n"
    "clock = ['months', 'days', 'weeks', 'bars']\nevery = [1, 2, 30]\n"
    "min_interval_hours = [72, 12, 24, 0]\nmomentum_days = [0, 30]\nmomentum_limit = [0.2, 0.3]\n"
    "delay_bars = [0, 1]\nturnover_cap = [0, 0.5]\nmin_trade = [0, 0.01]\n";

static void counting_by_structure_is_walking(void **state) {
    world w;
    norni_port_grid_opt opt = open_opt;
    (void)state;
    for (int daily = 0; daily < 2; daily++) {
        opt.bar_days = daily;
        assert_int_equal(make(&w, "A B", everything, &opt), NORN_OK);
        const norni_port_grid_counts c = norni_port_grid_count(w.g);
        assert_int_equal(c.n_all, 4ULL * 5 * 8 * 12 * 4 * 4 * 8);
        assert_int_equal(c.n_usable, c.n_all);
        assert_int_equal(c.n_distinct, walk_distinct(&w));
        print_message("# %llu configurations, %llu distinct\n", (unsigned long long)c.n_all,
                      (unsigned long long)c.n_distinct);
        end(&w);
    }
}

static void free_borrowing_is_told(void **state) {
    static const struct {
        const char *text;
        bool told;
    } one[] = {
        {"[allocation]\nleverage = 2", true},
        {"[allocation]\nleverage = 2\n[capital]\nborrow_rate = 0.05", false},
        {"[allocation]\nleverage = 1", false},
        {"[universe]\nassets = ['A', 'B']\n[allocation]\nweights = [1, 0.2]", true},
        {"[universe]\nassets = ['A', 'B']\n[allocation]\nweights = [0.6, 0.4]", false},
        {"[allocation]\nkinds = 'erc'\nvol_target = 0.2\nmax_leverage = 1.5", true},
        {"[allocation]\nkinds = 'erc'\nvol_target = 0.2\nmax_leverage = 1", false},
    };
    world w;
    (void)state;
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        begin(&w, "A B", one[i].text);
        norni_port_grid_notes(w.g, &w.text);
        norni_buf_text(&w.text, "");
        norni_buf_add(&w.text, "", 1);
        if ((strstr(w.text.p, "set borrow_rate") != NULL) != one[i].told)
            fail_msg("%s: %s", one[i].text, w.text.p);
        end(&w);
    }
}

static void large_grids_are_counted(void **state) {
    char names[70 * 4], *at = names;
    world w;
    norni_port_config c;
    (void)state;
    for (int i = 0; i < 64; i++)
        at += norni_format(at, 8, "%sS%d", i > 0 ? " " : "", i);
    begin(&w, names,
          "[universe]\ncombinations = [2, 3]\n[allocation]\nkinds = ['erc', 'hrp']\n"
          "[rebalance]\nmethod = ['hybrid', 'calendar']\n[threshold]\nmin = 0.001\nmax = 1\nstep = "
          "0.001\n[every]\nmin = 1\nmax = 100\nstep = 1\n[min_interval_hours]\nmin = 24\nmax = "
          "2400\nstep = 24\n");
    const uint64_t sets = 64 * 63 / 2 + 64 * 63 * 62 / 6, rules = 2ULL * 1000 * 100 * 100;
    const norni_port_grid_counts n = norni_port_grid_count(w.g);
    assert_true(n.n_all > 1000000000000 && n.n_all == sets * 2 * rules);
    /* calendar: no thresholds; every e days keeps the intervals of 1 to e days alike */
    const uint64_t left = 1000ULL * 100 * 100 + (100 * 101 / 2);
    assert_int_equal(n.n_distinct, sets * 2 * left);
    norni_port_grid_at(w.g, n.n_all - 1, &c);
    assert_true(c.asset[2] == 63 && c.rule.threshold == 1 && c.rule.min_interval_hours == 2400);
    assert_int_equal(c.id, n.n_all);
    end(&w);
}

typedef struct mistake {
    const char *text, *says;
} mistake;

static void mistakes_are_told(void **state) {
    static const mistake list[] = {
        {"[rebalance]\ntreshold = 1",
         "line 2: [rebalance] knows no 'treshold'; it has threshold, "},
        {"[fees]\nx = 1", "line 2: fees: not known here; the tables are [universe], "},
        {"x = 1", "line 1: x: not known here"},
        {"[rebalance]\nthreshold = 'a'", "line 2: threshold: it takes a number, a list of numbers"},
        {"[rebalance]\nthreshold = [0.1, -1]",
         "line 2: threshold: -1 is not allowed; it takes "
         "numbers from 0, at most 100"},
        {"[rebalance]\nthreshold = [0.1, 0.2, 0.1]", "line 2: threshold: values 1 and 3"},
        {"[rebalance]\nthreshold = []", "line 2: threshold: a list of 0 values"},
        {"[rebalance]\ndelay_bars = 1.5",
         "line 2: delay_bars: 1.5 is not allowed; it takes whole "
         "numbers from 0"},
        {"[rebalance]\nmethod = 'treshold'",
         "line 2: method: 'treshold' is not allowed; it takes "
         "threshold|calendar|hybrid|on_target|never in quotes"},
        {"[rebalance]\nmomentum_filter = 'yes'", "line 2: momentum_filter: 'yes' is not allowed"},
        {"[rebalance]\nmomentum_filter = true\nmomentum_days = 3",
         "line 3: momentum_days: "
         "momentum_filter has given it"},
        {"[rebalance]\nclock = 'months'", "line 2: clock: clock counts more than days"},
        {"[rebalance]\nclock = 'months'\nevery = [1, 1.5]", "line 3: every: 1.5 is not allowed"},
        {"[threshold]\nmin = 0.1\nmax = 0.2",
         "line 3: threshold: a range needs min, max and step; "
         "2 of them"},
        {"[threshold]\nmin = 0.1\nmax = 0.2\nstep = 0", "line 4: threshold: min 0.1, max 0.2"},
        {"[threshold]\nmin = 0.1\nmax = 0.2\nstep = 1e-6",
         "line 4: threshold: min, max and step "
         "give more than 1000"},
        {"[threshold]\nlow = 0.1", "line 2: low: not known here; a range [threshold] has"},
        {"[threshold]\nmin = 0.1\nmax = 0.2\nstep = 0.1\n[rebalance]\nthreshold = 1",
         "line 6: threshold: another table or key has given it"},
        {"[universe]\nassets = [['A', 'B'], ['A']]", "line 2: assets: a set of 1 assets; 2 to 64"},
        {"[universe]\nassets = ['A', 'a/USDT']", "line 2: assets: a set names 'a/USDT' twice"},
        {"[universe]\nassets = ['A', 3]", "line 2: assets: it takes symbols in quotes"},
        {"[universe]\ncombinations = 1", "line 2: combinations: 1 is not allowed"},
        {"[universe]\ncombinations = 2\nrequire = ['Z']", "line 3: require: a symbol is not in"},
        {"[universe]\nsymbols = ['A', 'B']\ncombinations = 2\nrequire = ['C']",
         "line 4: require: a symbol is not among symbols"},
        {"[universe]\nsymbols = ['A', 'B']\ncombinations = 4",
         "line 3: combinations: 4 of 2 symbols cannot be combined"},
        {"[universe]\nassets = ['A', 'B']\n[allocation]\nkinds = 'min_variance'\nmax_weight = 0.2",
         "line 5: max_weight: 2 assets of at most 0.2 cannot sum to 1"},
        {"[universe]\nassets = ['A', 'B']\n[allocation]\nkinds = 'min_variance'\nmin_weight = 0.6",
         "line 5: min_weight: 2 assets of at least 0.6 cannot sum to 1"},
        {"[allocation]\nkinds = 'min_variance'\nmin_weight = 0.5\nmax_weight = 0.4",
         "line 3: min_weight: min_weight is 0.5, above max_weight 0.4"},
        {"[allocation]\nweights = [-3, 3]",
         "line 2: weights: the weights of a list sum to 0; above"},
        {"[rebalance]\nclock = 'weeks'\ncalendar_days = 7", "line 3: calendar_days: clock counts"},
        {"[universe]\nrequire = ['A']", "line 2: require: it is of combinations"},
        {"[allocation]\nkinds = 'fixed'", "line 2: kinds: \"fixed\" needs weights"},
        {"[allocation]\nkinds = 'erc'\nweights = [1, 1]",
         "line 3: weights: kinds has no \"fixed\""},
        {"[allocation]\nweights = [0.5, 'a']", "line 2: weights: 'a' is no weight"},
        {"[allocation]\nweights = [0.5, -101]", "line 2: weights: '-101' is no weight"},
        {"[allocation]\nweights = [0, 0]", "line 2: weights: the weights of a list sum to 0"},
        {"[allocation]\nweights = [0.5]", "line 2: weights: a list of 1 weights"},
        {"[universe]\nassets = ['A', 'B', 'C']\n[allocation]\nweights = [0.5, 0.5]",
         "line 4: weights: a set has 3 assets, but no list has 3 weights"},
        {"[allocation]\nkinds = 'momentum'\nskip_days = 100", "allocation: skip_days is 100"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        world w;
        if (make(&w, "A B C", list[i].text, &open_opt) == NORN_OK) fail_msg("%s", list[i].text);
        if (strncmp(w.err.text, list[i].says, strlen(list[i].says)) != 0)
            fail_msg("%s\n  said    %s\n  wanted  %s", list[i].text, w.err.text, list[i].says);
        end(&w);
    }
}

/* Gives memory so many times, then none. */
static void *limited(void *user, void *ptr, size_t old, size_t size) {
    const norn_alloc real = norni_alloc_default();
    size_t *left = user;
    if (size > old || ptr == NULL) {
        if (*left == 0) return NULL;
        --*left;
    }
    return real.resize(real.user, ptr, old, size);
}

static void without_memory_it_says_so(void **state) {
    norni_str symbol[70];
    size_t failed = 0;
    norn_status st = NORN_E_MEM;
    char names[70][4];
    (void)state;
    for (size_t i = 0; i < 64; i++)
        symbol[i] = (norni_str){names[i], norni_format(names[i], 4, "S%zu", i)};
    for (size_t allowed = 0; st == NORN_E_MEM; allowed++) {
        size_t left = allowed;
        const norn_alloc alloc = {limited, &left};
        const char *text =
            "[universe]\ncombinations = 2\nassets = ['S0', 'X']\n[allocation]\n"
            "kinds = ['equal', 'erc']\n[threshold]\nmin = 0.1\nmax = 0.3\nstep = "
            "0.1\n";
        norni_arena arena;
        norni_toml toml;
        norni_port_grid *g = NULL;
        norn_err err = {NORN_OK, ""};
        norni_arena_init(&arena, &alloc);
        st = norni_toml_parse(&arena, text, strlen(text), &toml, &err);
        if (st == NORN_OK)
            st = norni_port_grid_toml(&arena, &toml, symbol, 64, &open_opt, &g, &err);
        assert_int_equal(err.code, st);
        failed += st == NORN_E_MEM;
        if (st == NORN_OK) assert_int_equal(norni_port_grid_count(g).n_usable, 2 * 3 * 64 * 63 / 2);
        norni_arena_clear(&arena);
    }
    assert_int_equal(st, NORN_OK);
    assert_true(failed > 10);
}

static void axes_tell_what_varies(void **state) {
    world w;
    (void)state;
    begin(&w, "A B",
          "[allocation]\nkinds = ['equal', 'erc']\n[rebalance]\nto = ['edge', 'target']\n"
          "momentum_filter = [true, false]\n[costs]\nslippage_bps = [2.5, 3]\n");
    const char *want[] = {"assets",          "weights",
                          "threshold",       "method",
                          "calendar_days",   "min_interval_hours",
                          "momentum_filter", "to",
                          "slippage_bps"};
    assert_int_equal(norni_port_grid_axes(w.g), 9);
    for (size_t i = 0; i < 9; i++)
        assert_string_equal(norni_port_grid_axis_name(w.g, i), want[i]);
    const char *texts[] = {
        "A|B", "erc(lookback_days=90, estimate_days=30)", NULL, NULL, NULL, NULL, "false", "target",
        "3"};
    for (size_t i = 0; i < 9; i++) {
        const size_t n = norni_port_grid_axis_size(w.g, i);
        assert_int_equal(n, i == 1 || i > 5 ? 2 : 1);
        assert_int_equal(norni_port_grid_axis_of(w.g, i, 15), n - 1);
        if (texts[i] == NULL) continue;
        norni_port_grid_axis_text(w.g, i, n - 1, &w.text);
        expect_text(&w, texts[i]);
    }
    end(&w);
}

static void words_read_well(void **state) {
    world w;
    norni_port_config c;
    (void)state;
    begin(&w, "BTC ETH",
          "[allocation]\nweights = [0.6, 0.4]\n[rebalance]\nmethod = ['threshold', 'hybrid', "
          "'never']\nclock = 'months'\nevery = 1\n");
    norni_port_grid_at(w.g, 0, &c);
    norni_port_config_words(&c, w.symbol, &w.text);
    expect_text(&w,
                "BTC 60 %, ETH 40 %; when a weight is 10 points off, at least 24 h apart; "
                "costs 15 bps");
    norni_port_grid_at(w.g, 1, &c);
    norni_port_config_words(&c, w.symbol, &w.text);
    expect_text(&w,
                "BTC 60 %, ETH 40 %; when a weight is 10 points off or every month, at least "
                "24 h apart; costs 15 bps");
    norni_port_grid_at(w.g, 2, &c);
    norni_port_config_words(&c, w.symbol, &w.text);
    expect_text(&w, "BTC 60 %, ETH 40 %; bought and held; costs 15 bps");
    c.rule.fee = 0.0005; /* 0.0005 + 0.0002 is not the double nearest to 0.0007 */
    c.rule.slippage = 0.0002;
    norni_port_config_words(&c, w.symbol, &w.text);
    expect_text(&w, "BTC 60 %, ETH 40 %; bought and held; costs 7 bps");
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_grid_is_one_equal_portfolio),
        cmocka_unit_test(ranges_lists_and_scalars),
        cmocka_unit_test(combinations_keep_the_order),
        cmocka_unit_test(weights_of_the_rest_keep_their_proportions),
        cmocka_unit_test(kinds_are_multiplied_by_what_they_look_at),
        cmocka_unit_test(counting_by_structure_is_walking),
        cmocka_unit_test(free_borrowing_is_told),
        cmocka_unit_test(large_grids_are_counted),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(without_memory_it_says_so),
        cmocka_unit_test(axes_tell_what_varies),
        cmocka_unit_test(words_read_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
