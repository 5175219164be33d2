/* Reports of a search: sections and figures, verdicts, extreme results, hostile names, the same bytes twice, too little memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../plot/svg_check.h"
#include "portfolio/portfolio_report_facts.h"
#include "portfolio_report_box.h"

typedef norn_status (*writer)(const norni_port_result *, const norni_port_stamp *, norni_buf *,
                              norn_err *);
enum { FILES = 3 };
static const writer all[FILES] = {norni_port_report_text, norni_port_summary_text,
                                  norni_port_report_html};

/* NUL behind it; free with norni_buf_clear. */
static norni_buf written(const report_box *b, writer write) {
    static norn_alloc own;
    norni_buf out;
    norn_err err = {NORN_OK, ""};
    own = norni_alloc_default();
    norni_buf_init(&out, &own);
    if (write(&b->r, &b->stamp, &out, &err) != NORN_OK) fail_msg("%s", err.text);
    norni_buf_add(&out, "", 1);
    assert_false(out.failed);
    return out;
}

/* Whether the text goes on with the words, however its lines are broken. */
static bool goes_on(const char *text, const char *words) {
    while (*words != '\0') {
        if (*text != *words && !(*text == '\n' && *words == ' ')) return false;
        const bool blank = *text == '\n';
        text++, words++;
        while (blank && *text == ' ')
            text++;
    }
    return true;
}

static void has(const char *text, const char *part) {
    for (const char *p = text; *p != '\0'; p++)
        if (goes_on(p, part)) return;
    fail_msg("not there: %s", part);
}

static void has_not(const char *text, const char *part) {
    const char *at = strstr(text, part);
    if (at != NULL) fail_msg("there: %.60s", at);
}

/* No line wider than the page but where one word is; no blanks at ends; no control characters. */
static void is_tidy(const char *text) {
    size_t width = 0, blanks = 0;
    for (const char *p = text; *p != '\0'; p++) {
        assert_true((unsigned char)*p >= 0x20 || *p == '\n');
        if (*p == '\n') {
            assert_false(p > text && p[-1] == ' ');
            if (width > NORNI_PORT_WIDTH && blanks > 40) fail_msg("wide: %.110s", p - width);
            width = blanks = 0;
            continue;
        }
        width++;
        blanks += *p == ' ';
    }
}

static void is_page(const char *page) {
    const char *const top = "<!DOCTYPE html>\n";
    assert_memory_equal(page, top, strlen(top));
    const char *fault = fault_of(page + strlen(top));
    if (fault != NULL) fail_msg("%s", fault);
    assert_int_equal(count_of(page, "<script"), 0);
    assert_int_equal(count_of(page, "<img"), 0);
    assert_int_equal(count_of(page, "http-equiv=\"Content-Security-Policy\""), 1);
    assert_int_equal(count_of(page, "<svg "), count_of(page, "</desc>"));
    assert_int_equal(count_of(page, "<table>"), count_of(page, "<caption>"));
}

/* A number that is none, or words that do not fit their number. */
static void makes_sense(const char *text) {
    static const char *const never[] = {
        "nan",      " inf ",   "-inf",     "- %",    "1 splits", " 1 tests",    "1 windows",
        ", 1 bars", " 1 days", "- points", "(null)", "per year", "1 rebalances"};
    for (size_t k = 0; k < sizeof never / sizeof *never; k++)
        has_not(text, never[k]);
}

static void sections(void **state) {
    (void)state;
    static const char *const title[] = {"\nTL;DR\n",
                                        "\nIS IT LUCK? OVERFITTING\n",
                                        "\nPERIODS\n",
                                        "\nWALK-FORWARD: THE BEST ON TRAIN, ON ITS TEST\n",
                                        "\nTOP 5 CONFIGURATIONS\n",
                                        "\nSENSITIVITY\n",
                                        "\nBEST AGAINST MEDIAN\n",
                                        "\nCOSTS AND TURNOVER\n",
                                        "\nRECOMMENDATIONS\n",
                                        "\nNOTES\n"};
    report_box *b = box_new(&(box_wish){.n_events = 75, .hourly = true});
    norni_buf_text(&b->prices.notes, "BTC: 3 prices are taken as missing\n");
    norni_buf out = written(b, norni_port_report_text);
    const char *at = out.p;
    for (size_t k = 0; k < sizeof title / sizeof *title; k++) {
        has(at, title[k]);
        at = strstr(at, title[k]);
    }
    is_tidy(out.p);
    makes_sense(out.p);
    /* of the box: pbo 0.46, 12,870 ways, 16 blocks; the deflated ratio 0.56; 0.071 per hour */
    has(out.p, "in every one of 12,870 ways");
    has(out.p,
        "in 46 % the configuration that beat buying and holding its assets by most in one half");
    has(out.p,
        "the returns of the best configuration, less those of buying and holding the same assets, "
        "have a Sharpe ratio of 6.65 a year");
    has(out.p,
        "The chance that its mean return is above that of buying and holding the same "
        "assets is 81 %");
    has(out.p, "Deflated Sharpe probability: 56 %");
    has(out.p, "6.65 a year (0.0710 per bar)");
    has(out.p, "The best of 24,138 configurations without any skill");
    has(out.p, "Minimum track record: 537 bars (about 23 days)");
    has(out.p, "58,320 configurations; 58,320 can be run");
    has(out.p, "BTC: 3 prices are taken as missing");
    has(out.p, "xxh3:0123456789abcdeffedcba9876543210");
    has(out.p, "the table of metrics: empyrical");
    has(out.p, "would have beaten buying and holding by 1.12 % per test window on average");
    has(out.p, "Walk-forward efficiency: 37.00 %");
    has(out.p, "2020-12-25");
    has(out.p, "By calendar days: test outperformance");
    norni_buf_clear(&out);
    out = written(b, norni_port_summary_text);
    is_tidy(out.p);
    makes_sense(out.p);
    has(out.p, "Initial capital                        10,000.00         10,000.00");
    has(out.p, "(7,195 returns), convention: empyrical");
    has(out.p, "The first 20 of 75 rebalances");
    norni_buf_clear(&out);
    box_free(b);
}

static void page(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.n_events = 75});
    norni_buf out = written(b, norni_port_report_html);
    is_page(out.p);
    makes_sense(out.p);
    /* last split, stitched, four of luck, splits, heat, seven axes */
    assert_int_equal(count_of(out.p, "<svg "), 15);
    has(out.p,
        ": equity curves above, drawdowns below; of the test window; best configuration from "
        "10,000.00 to ");
    has_not(out.p, "panel: .");
    has_not(out.p, "forecast");
    has(out.p, ">Test window</text>");
    has(out.p, ">Buy and hold</text>");
    has(out.p, "The best 20 configurations, by test outperformance");
    has(out.p, "The first 60 of 75 rebalances");
    has(out.p, "wealth^(periods / all r) - 1"); /* a formula of the convention */
    has(out.p, "mean by assets and threshold");
    has(out.p, "<dd>56 %</dd>");
    assert_int_equal(count_of(out.p, "<h1>"), 1);
    norni_buf_clear(&out);
    box_free(b);
}

static void extremes(void **state) {
    (void)state;
    const box_wish wish[] = {{.nan = true, .quick = true},
                             {.n_splits = 1, .n_top = 1, .quick = true, .no_luck = true},
                             {.ruined = true, .n_events = 1, .free = true, .quick = true},
                             {.n_symbols = 64, .held = 64, .n_events = 3},
                             {.n_splits = 60, .quick = true, .n_events = 200},
                             {.metric = NORNI_PORT_BY_VOLATILITY, .quick = true},
                             {.metric = NORNI_PORT_BY_TRAIN_SHARPE, .quick = true},
                             {.n_symbols = 2, .quick = true, .n_splits = 2}};
    for (size_t i = 0; i < sizeof wish / sizeof *wish; i++) {
        report_box *b = box_new(&wish[i]);
        assert_non_null(b);
        for (size_t k = 0; k < FILES; k++) {
            norni_buf out = written(b, all[k]);
            makes_sense(out.p);
            if (k == 2) is_page(out.p);
            if (k < 2 && wish[i].held == 0) is_tidy(out.p);
            norni_buf_clear(&out);
        }
        box_free(b);
    }
}

static void huge_numbers(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.quick = true, .n_events = 4});
    b->r.counts = (norni_port_grid_counts){UINT64_C(1000000), UINT64_C(999999), 1};
    b->r.top[0].row.total_return = 1e300;
    b->r.top[0].row.outperformance = -1e300;
    b->r.top[0].row.sharpe = INFINITY;
    b->r.best = 1e308;
    b->r.median = -1e308;
    b->r.test_path.equity[5] = 1e300;
    b->r.test_path.equity[6] = NORNI_NAN;
    b->r.oos_returns[3] = 1e200;
    b->r.oos_returns[9] = 1e200;
    for (size_t k = 0; k < FILES; k++) {
        norni_buf out = written(b, all[k]);
        makes_sense(out.p);
        if (k == 2) is_page(out.p);
        has(out.p, "1,000,000 configurations");
        norni_buf_clear(&out);
    }
    box_free(b);
}

static void hostile_names(void **state) {
    (void)state;
    const char *const name = "A<script>x()</script>\"'&\x1b[31m\tB";
    report_box *b =
        box_new(&(box_wish){.n_symbols = 20, .held = 12, .n_events = 2, .symbol = name});
    norni_buf_text(&b->prices.notes, "<b>note</b> \x07\n");
    b->stamp.timeframe = norni_str_of("1h<i>");
    for (size_t k = 0; k < FILES; k++) {
        norni_buf out = written(b, all[k]);
        if (k == 2) {
            is_page(out.p);
            has(out.p, "A&lt;script&gt;");
            has_not(out.p, "<b>note");
            has_not(out.p, "<i>");
        } else {
            for (const char *p = out.p; *p != '\0'; p++)
                assert_true((unsigned char)*p >= 0x20 || *p == '\n');
            has(out.p, "A<script>");
        }
        norni_buf_clear(&out);
    }
    box_free(b);
}

static const char *verdict(report_box *b) {
    return norni_port_robustness(&b->r);
}

static void verdicts(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.robust = true, .quick = true});
    norni_port_row *row = &b->r.top[0].row;
    assert_string_equal(verdict(b), "highly robust");
    norni_buf out = written(b, norni_port_report_text);
    has(out.p, "Deployment: full capital.");
    /* the worst test drawdown of the box is -20 % */
    has(out.p, "-30.00 %, 1.5 times the worst");
    has(out.p, "drawdown of -40.00 %, twice");
    norni_buf_clear(&out);
    b->r.deflated.deflated = 0.94; /* the reference's bounds alone do not suffice */
    assert_string_equal(verdict(b), "moderately robust");
    out = written(b, norni_port_report_text);
    has(out.p, "Deployment: 50-75 % of the capital");
    norni_buf_clear(&out);
    b->r.deflated.deflated = 0.49;
    assert_string_equal(verdict(b), "use with caution");
    out = written(b, norni_port_report_text);
    has(out.p, "Deployment: on paper only");
    norni_buf_clear(&out);
    b->r.deflated.deflated = 0.96;
    b->r.pbo.pbo = 0.2;
    assert_string_equal(verdict(b), "moderately robust");
    b->r.pbo.pbo = 0.39;
    assert_string_equal(verdict(b), "moderately robust");
    b->r.pbo.pbo = 0.4;
    assert_string_equal(verdict(b), "use with caution");
    b->r.pbo.pbo = 0.5;
    assert_string_equal(verdict(b), "use with caution");
    b->r.pbo.pbo = 0.19;
    assert_string_equal(verdict(b), "highly robust");
    /* a bull market gives a high Sharpe ratio to whoever does no better than it */
    b->r.excess.probabilistic = 0.94;
    assert_string_equal(verdict(b), "moderately robust");
    out = written(b, norni_port_report_text);
    has(out.p, "it is not sure that it beats buying and holding");
    norni_buf_clear(&out);
    b->r.excess.probabilistic = 0.4;
    assert_string_equal(verdict(b), "use with caution");
    b->r.excess.probabilistic = NORNI_NAN; /* the same as its purchase held */
    assert_string_equal(verdict(b), "use with caution");
    b->r.excess.probabilistic = 0.95;
    assert_string_equal(verdict(b), "highly robust");
    row->win_rate = 0.79;
    assert_string_equal(verdict(b), "moderately robust");
    row->win_rate = 0.59;
    assert_string_equal(verdict(b), "use with caution");
    row->win_rate = 0.8;
    row->gap_per_window = -0.05;
    assert_string_equal(verdict(b), "moderately robust");
    row->gap_per_window = 0.10;
    assert_string_equal(verdict(b), "use with caution");
    row->gap_per_window = 0;
    row->n_splits = 1; /* the reference's winner had 1 of 3 splits */
    assert_string_equal(verdict(b), "use with caution");
    b->r.n_splits = row->n_splits = 2;
    assert_string_equal(verdict(b), "use with caution");
    b->r.n_splits = 1;
    assert_string_equal(verdict(b), "use with caution");
    b->r.n_splits = row->n_splits = 5;
    assert_string_equal(verdict(b), "highly robust");
    for (size_t i = 0; i < 5; i++) /* what was best on train did worse than the purchase held */
        b->r.walk_forward[i] -= 0.05;
    assert_string_equal(verdict(b), "use with caution");
    for (size_t i = 0; i < 5; i++)
        b->r.walk_forward[i] += 0.05;
    row->outperformance = -0.001;
    assert_string_equal(verdict(b), "use with caution");
    row->outperformance = NORNI_NAN;
    assert_string_equal(verdict(b), "use with caution");
    box_free(b);
}

/* A later train contains the earlier tests. */
static void chosen_in_sample(void **state) {
    (void)state;
    report_box *b = box_new(
        &(box_wish){.quick = true, .n_splits = 3, .metric = NORNI_PORT_BY_TRAIN_OUTPERFORMANCE});
    norni_buf out = written(b, norni_port_report_text);
    has(out.p,
        "chosen by its train outperformance, the mean over all trains. The train of a "
        "later split contains the tests before it: only the last test is untouched by the "
        "choice");
    has(out.p, "chosen by all trains together, has ");
    has(out.p, "and in the last test, which no train contains, ");
    has_not(out.p, "known only afterwards");
    norni_buf_clear(&out);
    box_free(b);
    b = box_new(
        &(box_wish){.quick = true, .n_splits = 1, .metric = NORNI_PORT_BY_TRAIN_OUTPERFORMANCE});
    out = written(b, norni_port_report_text);
    has(out.p, "There is one train alone, so the test is untouched by the choice.");
    norni_buf_clear(&out);
    box_free(b);
}

static void plateaus(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.quick = true});
    char words[160];
    const char *one = norni_port_grid_axis_name(b->grid, 2);
    norni_buf out = written(b, norni_port_report_text);
    has(out.p, "Its 4 neighbours, one step away on ");
    has(out.p, ", reach 87 % of its value on average: it stands on a plateau");
    norni_buf_clear(&out);
    b->r.n_neighbours = 1;
    b->r.neighbour_axes = 1U << 2;
    b->r.plateau = NORNI_NAN;
    (void)norni_format(words, sizeof words, "It has a single neighbour, one step away on %s: too",
                       one);
    out = written(b, norni_port_report_text);
    has(out.p, words);
    norni_buf_clear(&out);
    b->r.n_neighbours = b->r.neighbour_axes = 0;
    out = written(b, norni_port_report_text);
    has(out.p,
        "It has no neighbour, one step away on an axis of numbers (costs are no choice): "
        "too few to say");
    norni_buf_clear(&out);
    box_free(b);
}

/* What is judged follows what ranks, and is told. */
static void measures(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.quick = true, .metric = NORNI_PORT_BY_SHARPE});
    norni_buf out = written(b, norni_port_report_text);
    has(out.p, "the configuration of the highest Sharpe ratio in one half");
    has(out.p,
        "That judges the whole return, the market's own rise included: in a rising market "
        "any configuration may pass.");
    has(out.p, "the chance that its Sharpe ratio, the market's rise included");
    has(out.p, "One unit more of Sharpe ratio in sample");
    norni_buf_clear(&out);
    box_free(b);
    b = box_new(&(box_wish){.quick = true, .metric = NORNI_PORT_BY_RETURN});
    out = written(b, norni_port_report_text);
    has(out.p, "the configuration that grew most in one half");
    has(out.p, "One point more of growth in sample");
    norni_buf_clear(&out);
    box_free(b);
}

static void deep_drawdowns(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.quick = true, .n_splits = 2});
    b->r.top[0].test[1].max_drawdown = -0.62;
    norni_buf out = written(b, norni_port_report_text);
    has(out.p, "Largest drawdown to plan for: -93.00 %, 1.5 times the worst of the tests (-62.00");
    has(out.p,
        "twice the worst drawdown of the tests would be everything, so name a limit of "
        "your own");
    has_not(out.p, "-100.00 %");
    norni_buf_clear(&out);
    b->r.top[0].test[1].max_drawdown = -0.7;
    out = written(b, norni_port_report_text);
    has(out.p, "to plan for: the whole capital; 1.5 times");
    norni_buf_clear(&out);
    b->r.walk_forward[0] = b->r.walk_forward[1] = 1e-9;
    out = written(b, norni_port_report_text);
    has(out.p, "would have done as well as buying and holding per test window");
    has_not(out.p, "by 0.00 %");
    norni_buf_clear(&out);
    box_free(b);
}

static void labels_and_years(void **state) {
    (void)state;
    assert_string_equal(norni_port_gap_label(0.0499), "low");
    assert_string_equal(norni_port_gap_label(-0.0501), "moderate");
    assert_string_equal(norni_port_gap_label(0.0999), "moderate");
    assert_string_equal(norni_port_gap_label(-0.1), "high");
    assert_string_equal(norni_port_gap_label(NORNI_NAN), "not known");
    /* seven tests of 60 days: 419 days, in which the box grew by 31 %, its purchase held by 21 % */
    report_box *b = box_new(&(box_wish){.quick = true, .n_splits = 7});
    norni_port_row *row = &b->r.top[0].row;
    row->total_return = 0.10, row->outperformance = 0.04;
    norni_buf out = written(b, norni_port_report_text);
    has(out.p, "10.00 % per test window of 60 days (26.54 % a year over all tests");
    has(out.p, "+4.00 % per test window of 60 days (+8.46 % a year over all tests");
    norni_buf_clear(&out);
    out = written(b, norni_port_summary_text);
    has_not(out.p, "shorter than a year");
    norni_buf_clear(&out);
    /* shares: windows are counted in bars, years by the calendar, whatever the convention says */
    b->prices.periods_per_year = 252;
    b->stamp.convention = NORNI_PORT_LIKE_VECTORBT;
    out = written(b, norni_port_report_text);
    has(out.p, "10.00 % per test window of 60 trading days (26.54 % a year");
    has(out.p, "a window is 60 trading days, about 60 days by the calendar");
    has(out.p, "537 bars (about 537 trading days)");
    has(out.p, "by empyrical's definitions, the table of metrics by vectorbt's");
    norni_buf_clear(&out);
    out = written(b, norni_port_summary_text);
    has(out.p, "its figures a year are of 365 bars, which here are more than a year");
    norni_buf_clear(&out);
    box_free(b);
    /* less than a year: nothing is made of it */
    b = box_new(&(box_wish){.quick = true, .n_splits = 3});
    b->r.top[0].row.total_return = 0.6;
    out = written(b, norni_port_report_text);
    has(out.p, "60.00 % per test window of 60 days\n");
    has_not(out.p, "a year over all tests");
    norni_buf_clear(&out);
    out = written(b, norni_port_summary_text);
    has(out.p, "All tests together are shorter than a year");
    norni_buf_clear(&out);
    box_free(b);
}

/* What is borrowed is named with its price, by every part of the first page. */
static void borrowed(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.quick = true});
    norni_port_config *c = &b->r.top[0].config;
    norni_buf out = written(b, norni_port_report_text);
    has_not(out.p, "Leverage");
    norni_buf_clear(&out);
    c->alloc = (norni_port_alloc){.kind = NORNI_PORT_EQUAL, .leverage = 2, .max_leverage = 1};
    out = written(b, norni_port_report_text);
    has(out.p,
        "2.00 times the equity is held; what is owed costs nothing (borrow_rate 0), which no "
        "lender offers");
    has(out.p,
        "losses grow by the 2.00 times that are held: a fall of 50.00 % between two "
        "rebalances takes everything");
    has(out.p, "Borrowing                 what is owed costs nothing");
    norni_buf_clear(&out);
    c->alloc = (norni_port_alloc){
        .kind = NORNI_PORT_HRP, .leverage = 1, .vol_target = 0.3, .max_leverage = 1.5};
    c->rule.borrow_rate = 0.06;
    out = written(b, norni_port_report_text);
    has(out.p, "up to 1.50 times the equity is held; what is owed costs 6.00 % a year");
    norni_buf_clear(&out);
    box_free(b);
}

static void values(void **state) {
    (void)state;
    char a[NORNI_PORT_WORD];
    assert_string_equal(norni_port_fixed(1234567.891, 2, a), "1,234,567.89");
    assert_string_equal(norni_port_fixed(-0.004, 2, a), "0.00");
    assert_string_equal(norni_port_fixed(-999.995, 2, a), "-1,000.00");
    assert_string_equal(norni_port_fixed(0.05, 3, a), "0.050");
    assert_string_equal(norni_port_fixed(NORNI_NAN, 2, a), "-");
    assert_string_equal(norni_port_fixed(1.5e200, 2, a), "1.50e200");
    assert_string_equal(norni_port_percent(0.1234, a), "12.34 %");
    assert_string_equal(norni_port_percent(0.00012, a), "0.012 %");
    assert_string_equal(norni_port_percent_plus(0.5, a), "+50.00 %");
    assert_string_equal(norni_port_percent_plus(-0.5, a), "-50.00 %");
    assert_string_equal(norni_port_percent_plus(0, a), "0.00 %");
    assert_string_equal(norni_port_percent(-INFINITY, a), "-");
    assert_string_equal(norni_port_chance(0.46, a), "46 %");
    assert_string_equal(norni_port_chance(0.9999, a), "over 99.9 %");
    assert_string_equal(norni_port_chance(0.0001, a), "under 0.1 %");
    assert_string_equal(norni_port_chance(1, a), "100 %");
    assert_string_equal(norni_port_chance(0, a), "0 %");
    assert_string_equal(norni_port_count_text(UINT64_C(58320), a), "58,320");
    assert_string_equal(norni_port_count_text(UINT64_MAX, a), "18,446,744,073,709,551,615");
    assert_string_equal(norni_port_metric_text(NORNI_PORT_BY_VOLATILITY, -0.5, a), "50.00 %");
    assert_string_equal(norni_port_metric_text(NORNI_PORT_BY_SHARPE, 1.25, a), "1.25");
}

static void same_bytes(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.n_events = 9, .quick = true});
    for (size_t k = 0; k < FILES; k++) {
        norni_buf one = written(b, all[k]), two = written(b, all[k]);
        assert_int_equal(one.n, two.n);
        assert_memory_equal(one.p, two.p, one.n);
        norni_buf_clear(&one);
        norni_buf_clear(&two);
    }
    box_free(b);
}

/* Refuses what is asked for after so many calls; counts those that live. */
typedef struct scarce {
    norn_alloc own;
    size_t left;
    long live;
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size) {
    scarce *s = user;
    if (size > 0) {
        if (s->left == 0) return NULL;
        s->left--;
    }
    void *p = s->own.resize(s->own.user, ptr, old, size);
    if (size == 0)
        s->live -= ptr != NULL;
    else if (p != NULL && ptr == NULL)
        s->live++;
    return p;
}

static void little_memory(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.n_events = 5, .quick = true});
    for (size_t k = 0; k < FILES; k++) {
        norn_status st = NORN_E_MEM;
        size_t calls = 0;
        for (; st != NORN_OK && calls < 4000; calls++) {
            scarce memory = {.own = norni_alloc_default(), .left = calls};
            const norn_alloc alloc = {scarce_resize, &memory};
            norn_err err = {NORN_OK, ""};
            norni_buf out;
            norni_buf_init(&out, &alloc);
            st = all[k](&b->r, &b->stamp, &out, &err);
            norni_buf_clear(&out);
            assert_int_equal(memory.live, 0);
            if (st == NORN_OK) break;
            assert_int_equal(st, NORN_E_MEM);
            assert_true(err.text[0] != '\0');
        }
        assert_int_equal(st, NORN_OK);
        assert_true(calls > 8);
    }
    box_free(b);
}

static void nothing_ran(void **state) {
    (void)state;
    report_box *b = box_new(&(box_wish){.quick = true});
    const norn_alloc own = norni_alloc_default();
    b->r.n_top = 0;
    for (size_t k = 0; k < FILES; k++) {
        norni_buf out;
        norn_err err = {NORN_OK, ""};
        norni_buf_init(&out, &own);
        assert_int_equal(all[k](&b->r, &b->stamp, &out, &err), NORN_E_DATA);
        norni_buf_clear(&out);
    }
    assert_string_equal(verdict(b), "use with caution");
    box_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections),       cmocka_unit_test(page),
        cmocka_unit_test(extremes),       cmocka_unit_test(huge_numbers),
        cmocka_unit_test(hostile_names),  cmocka_unit_test(verdicts),
        cmocka_unit_test(values),         cmocka_unit_test(labels_and_years),
        cmocka_unit_test(same_bytes),     cmocka_unit_test(little_memory),
        cmocka_unit_test(nothing_ran),    cmocka_unit_test(chosen_in_sample),
        cmocka_unit_test(deep_drawdowns), cmocka_unit_test(plateaus),
        cmocka_unit_test(borrowed),       cmocka_unit_test(measures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
