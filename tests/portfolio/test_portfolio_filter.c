/* Tests of a filter from signals: what is known at a bar against a slow search, columns by symbol, ages, what is wrong, lack of memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fp.h"
#include "portfolio/portfolio_filter.h"
#include "portfolio_random.h"

#define HOUR (NORNI_US_DAY / 24)
enum { BARS = 120, MOST = 300 };

typedef struct panel {
    norn_alloc alloc;
    norni_arena arena;
    norni_port_prices p;
    int64_t time[BARS];
    norni_str symbol[3];
    norni_time_style style;
} panel;

/* Hourly bars of BTC, ETH and LO from 2024-01-01 on. */
static void set_up(panel *x) {
    memset(x, 0, sizeof *x);
    x->alloc = norni_alloc_default();
    norni_arena_init(&x->arena, &x->alloc);
    x->style = (norni_time_style){.kind = NORNI_TIME_DATETIME, .sep = 'T', .zone = true};
    for (size_t t = 0; t < BARS; t++)
        x->time[t] = INT64_C(1704067200) * NORNI_US_SECOND + (int64_t)t * HOUR;
    x->symbol[0] = norni_str_of("BTC");
    x->symbol[1] = norni_str_of("ETH");
    x->symbol[2] = norni_str_of("LO");
    x->p.n_bars = BARS, x->p.n_assets = 3;
    x->p.time = x->time, x->p.symbol = x->symbol, x->p.style = x->style;
}

static norni_port_quotes column(const char *name, size_t n, const int64_t *time,
                                const double *value) {
    return (norni_port_quotes){norni_str_of(name), n, time, value};
}

/* The last of all values that are not younger than the bar. */
static double last_known(const norni_port_quotes *q, int64_t t, double hours) {
    int64_t best = INT64_MIN;
    double v = NORNI_NAN;
    for (size_t i = 0; i < q->n; i++)
        if (q->time[i] <= t && q->time[i] > best) best = q->time[i], v = q->close[i];
    return hours > 0 && (double)t - (double)best > hours * (double)HOUR ? NORNI_NAN : v;
}

static void as_a_slow_search(void **state) {
    (void)state;
    size_t known = 0, out = 0;
    for (size_t trial = 0; trial < 200; trial++) {
        random_draws d = {{21, trial}, 0};
        int64_t time[2][MOST];
        double value[2][MOST];
        panel x;
        norn_err err;
        norni_port_filter f;
        set_up(&x);
        const size_t n = 1 + random_below(&d, MOST);
        for (size_t k = 0; k < 2; k++)
            for (size_t i = 0; i < n; i++) { /* at any minute, some outside the prices, each once */
                time[k][i] = x.time[0] + ((int64_t)random_below(&d, 9) - 1) * NORNI_US_DAY +
                             (int64_t)random_below(&d, 1440) * (HOUR / 60) + (int64_t)i;
                value[k][i] = random_uniform(&d) - 0.5;
            }
        const norni_port_quotes q[] = {column("Signal_BTCUSDT", n, time[0], value[0]),
                                       column("signal", n, time[1], value[1])};
        const double age[] = {0, 1, 24, 3.5};
        const norni_port_filter_opt opt = {.least = 0.1 * (double)random_below(&d, 3),
                                           .max_age_hours = age[trial % 4],
                                           .unknown_holds = trial % 3 == 0};
        const norn_status st =
            norni_port_filter_make(&x.p, q, 2, x.style, &opt, &x.arena, &f, &err);
        bool any = false;
        size_t n_out = 0;
        for (size_t t = 0; t < BARS; t++)
            for (size_t a = 0; a < 3; a++) {
                const double v = last_known(&q[a == 0 ? 0 : 1], x.time[t], opt.max_age_hours);
                const bool want = isnan(v) ? !opt.unknown_holds : v < opt.least;
                any |= !isnan(v);
                n_out += want;
                if (st == NORN_OK) assert_int_equal(f.out[t * 3 + a], want);
            }
        assert_int_equal(st, any ? NORN_OK : NORN_E_DATA);
        known += any, out += n_out;
        if (any) assert_true(f.share_out == (double)n_out / (3.0 * BARS));
        norni_arena_clear(&x.arena);
    }
    assert_true(known > 150 && out > 10000);
}

/* A later value, a microsecond after the bar, is not known; at the bar itself it is. */
static void nothing_younger_than_the_bar(void **state) {
    (void)state;
    panel x;
    norn_err err;
    norni_port_filter f;
    set_up(&x);
    const int64_t time[] = {x.time[0], x.time[50] + 1, x.time[80]};
    const double value[] = {1, -1, 1};
    const norni_port_quotes q = column("signal", 3, time, value);
    const norni_port_filter_opt opt = {.max_age_hours = 0};
    assert_int_equal(norni_port_filter_make(&x.p, &q, 1, x.style, &opt, &x.arena, &f, &err),
                     NORN_OK);
    assert_int_equal(f.out[50 * 3], 0);
    assert_int_equal(f.out[51 * 3], 1);
    assert_int_equal(f.out[79 * 3], 1);
    assert_int_equal(f.out[80 * 3], 0);
    norni_arena_clear(&x.arena);
}

static void columns_and_keys(void **state) {
    (void)state;
    panel x;
    norn_err err;
    norni_port_filter f, g;
    norni_buf words;
    set_up(&x);
    norni_buf_init(&words, &x.alloc);
    const int64_t time[] = {x.time[0], x.time[9]};
    const double value[] = {1, -1}, other[] = {1, -2};
    norni_port_quotes q[] = {column("signal", 2, time, value), column("signal_lo", 2, time, value),
                             column("signal_eth", 2, time, value)};
    norni_port_filter_opt opt = {.max_age_hours = 24};
    assert_int_equal(norni_port_filter_make(&x.p, q, 3, x.style, &opt, &x.arena, &f, &err),
                     NORN_OK);
    assert_true(norni_str_is(f.column[0], "signal") && norni_str_is(f.column[1], "signal_eth"));
    assert_true(norni_str_is(f.column[2], "signal")); /* the interval's end is of no symbol */
    f.file = norni_str_of("s.csv");
    norni_port_filter_words(&f, &x.p, &words);
    norni_buf_add(&words, "", 1);
    assert_string_equal(words.p,
                        "held while signal (BTC, LO) or signal_eth (ETH) of s.csv is 0 or "
                        "more; out at 92.5 % of all bars, unknown at 71.7 % (then out)");
    q[1].close = other; /* of a column that filters nothing */
    assert_int_equal(norni_port_filter_make(&x.p, q, 3, x.style, &opt, &x.arena, &g, &err),
                     NORN_OK);
    assert_memory_equal(&f.key, &g.key, sizeof f.key);
    q[2].close = other;
    assert_int_equal(norni_port_filter_make(&x.p, q, 3, x.style, &opt, &x.arena, &g, &err),
                     NORN_OK);
    assert_memory_not_equal(&f.key, &g.key, sizeof f.key);
    assert_memory_equal(f.out, g.out, sizeof(uint8_t) * BARS * 3);
    opt.column = "SIGNAL_lo";
    assert_int_equal(norni_port_filter_make(&x.p, q, 3, x.style, &opt, &x.arena, &g, &err),
                     NORN_OK);
    assert_true(norni_str_is(g.column[0], "signal_lo"));
    opt.column = NULL; /* the tag lo has a column of its own */
    q[2] = column("Signal_tag_LO", 2, time, value);
    assert_int_equal(norni_port_filter_make(&x.p, q, 3, x.style, &opt, &x.arena, &g, &err),
                     NORN_OK);
    assert_true(norni_str_is(g.column[2], "Signal_tag_LO") && norni_str_is(g.column[1], "signal"));
    norni_buf_clear(&words);
    norni_arena_clear(&x.arena);
}

static void refused(const panel *x, const norni_port_quotes *q, size_t n, norni_time_style style,
                    const char *column, const char *word) {
    const norni_port_filter_opt opt = {.column = column, .max_age_hours = 24};
    norni_arena arena;
    norni_port_filter f;
    norn_err err;
    norni_arena_init(&arena, &x->alloc);
    assert_int_equal(norni_port_filter_make(&x->p, q, n, style, &opt, &arena, &f, &err),
                     NORN_E_DATA);
    if (strstr(err.text, word) == NULL) fail_msg("'%s' is not in: %s", word, err.text);
    norni_arena_clear(&arena);
}

static void what_is_wrong(void **state) {
    (void)state;
    panel x;
    set_up(&x);
    const int64_t time[] = {x.time[0], x.time[9], x.time[9]},
                  far[] = {x.time[0] + NORNI_US_DAY * 9};
    const double value[] = {1, -1, -2};
    const norni_time_style index = {.kind = NORNI_TIME_INDEX};
    const norni_port_quotes two = column("signal", 3, time, value),
                            late = column("signal", 1, far, value),
                            none = column("signal", 0, NULL, NULL);
    const norni_port_quotes same[] = {column("signal_btc", 2, time, value),
                                      column("signal_BTCUSDT", 2, time, value)};
    refused(&x, &two, 1, x.style, NULL, "two values at 2024-01-01T09:00");
    refused(&x, &late, 1, x.style, NULL, "no bar of the prices has a signal");
    refused(&x, &none, 1, x.style, NULL, "no value at all");
    refused(&x, &two, 1, index, NULL, "whole numbers, not dates");
    refused(&x, &two, 1, x.style, "mood", "no column 'mood'; there are signal");
    refused(&x, same, 2, x.style, NULL, "are both of BTC");
    refused(&x, same, 1, x.style, NULL, "no column 'signal'");
    refused(&x, NULL, 0, x.style, NULL, "there are none");
    norni_arena_clear(&x.arena);
}

typedef struct failing {
    size_t left;
    norn_alloc whole;
} failing;

static void *resize_or_fail(void *user, void *old, size_t old_n, size_t n) {
    failing *f = user;
    if (n > 0 && f->left-- == 0) {
        f->left = 0;
        return NULL;
    }
    return f->whole.resize(f->whole.user, old, old_n, n);
}

static void no_memory(void **state) {
    (void)state;
    static double value[20000];
    static int64_t time[20000];
    panel x;
    norn_status st = NORN_E_MEM;
    size_t k = 0;
    set_up(&x);
    for (size_t i = 0; i < 20000; i++)
        time[i] = x.time[0] + (int64_t)i;
    const norni_port_quotes q = column("signal", 20000, time, value);
    const norni_port_filter_opt opt = {.max_age_hours = 0};
    for (; st != NORN_OK && k < 64; k++) {
        failing f = {k, norni_alloc_default()};
        const norn_alloc alloc = {resize_or_fail, &f};
        norni_arena arena;
        norni_port_filter out;
        norn_err err;
        norni_arena_init(&arena, &alloc);
        st = norni_port_filter_make(&x.p, &q, 1, x.style, &opt, &arena, &out, &err);
        assert_true(st == NORN_OK || st == NORN_E_MEM);
        norni_arena_clear(&arena);
    }
    assert_true(st == NORN_OK && k > 3);
    norni_arena_clear(&x.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_a_slow_search), cmocka_unit_test(nothing_younger_than_the_bar),
        cmocka_unit_test(columns_and_keys), cmocka_unit_test(what_is_wrong),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("portfolio_filter", tests, NULL, NULL);
}
