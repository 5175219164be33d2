/* Tests of a panel's clocks and of its bars in a day and a year, and what happens when memory ends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "portfolio/portfolio_prices.h"

#define DAY  NORNI_US_DAY
#define HOUR (NORNI_US_DAY / 24)
enum { MOST = 3000 };

static norni_port_prices make(const int64_t *time, size_t n, norni_time_kind kind, double periods) {
    static norn_alloc alloc;
    static double close[MOST];
    norni_port_prices p;
    norn_err err = {NORN_OK, ""};
    alloc = norni_alloc_default();
    for (size_t i = 0; i < n; i++)
        close[i] = 100 + (double)(i % 7);
    const norni_port_quotes q = {norni_str_of("A"), n, time, close};
    norni_port_prices_opt opt = norni_port_prices_opt_default();
    opt.periods_per_year = periods;
    if (norni_port_prices_make(&alloc, &q, 1, &opt, (norni_time_style){.kind = kind}, &p, &err) !=
        NORN_OK)
        fail_msg("%s", err.text);
    return p;
}

static void year_is(const int64_t *time, size_t n, double bars_per_day, double periods) {
    norni_port_prices p = make(time, n, NORNI_TIME_DATETIME, 0);
    if (p.bars_per_day != bars_per_day || p.periods_per_year != periods)
        fail_msg("%g a day, %g a year; not %g, %g", p.bars_per_day, p.periods_per_year,
                 bars_per_day, periods);
    norni_port_prices_clear(&p);
}

/* Every `step` from 2024-01-01, a Monday; only where `keep` says so. */
static size_t fill(int64_t *time, size_t n, int64_t step, bool (*keep)(int64_t)) {
    const int64_t first = norni_days_from_civil(2024, 1, 1) * DAY;
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        const int64_t t = first + (int64_t)i * step;
        if (keep == NULL || keep(t)) time[to++] = t;
    }
    return to;
}
static bool weekdays(int64_t t) {
    return norni_weekday(t / DAY) < 5;
}
static bool sessions(int64_t t) { /* seven bars on weekdays, three on Fridays */
    const int64_t hour = t % DAY / HOUR;
    return weekdays(t) && hour >= 14 && hour < (norni_weekday(t / DAY) == 4 ? 17 : 21);
}
static bool currencies(int64_t t) { /* Sunday 22:00 to Friday 22:00 */
    const int32_t day = norni_weekday(t / DAY);
    const int64_t hour = t % DAY / HOUR;
    return day < 4 || (day == 4 && hour < 22) || (day == 6 && hour >= 22);
}

static void years_by_bars(void **state) {
    static int64_t t[MOST];
    (void)state;
    year_is(t, fill(t, 500, HOUR, NULL), 24, 8760);
    year_is(t, fill(t, 500, 4 * HOUR, NULL), 6, 2190);
    year_is(t, fill(t, 500, DAY, NULL), 1, 365);
    year_is(t, fill(t, 500, DAY, weekdays), 1, 252);
    year_is(t, fill(t, 5, DAY, NULL), 1, 365); /* Monday to Friday: nothing is known of weekends */
    year_is(t, fill(t, 1, DAY, NULL), 1, 365);
    year_is(t, fill(t, 100, 7 * DAY, NULL), 1.0 / 7, 52);
    year_is(t, fill(t, 1000, HOUR, sessions), 24, 252 * 7);
    year_is(t, fill(t, 2000, HOUR, currencies), 24, 252 * 24);
    year_is(t, fill(t, 400, 2 * DAY, NULL), 0.5, 182.5);
    for (int32_t i = 0; i < 30; i++)
        t[i] = norni_days_from_civil(2020 + i / 12, i % 12 + 1, 1) * DAY;
    year_is(t, 30, 12 / 365.25, 12);
    for (int32_t i = 0; i < 30; i++)
        t[i] = norni_days_from_civil(2000 + i / 4, 3 * (i % 4) + 1, 1) * DAY;
    year_is(t, 30, 4 / 365.25, 4);
    for (int32_t i = 0; i < 30; i++)
        t[i] = norni_days_from_civil(2000 + i, 1, 1) * DAY;
    year_is(t, 30, 1 / 365.25, 1);
    (void)fill(t, 500, DAY, NULL);
    norni_port_prices p = make(t, 500, NORNI_TIME_DATE, 260);
    assert_true(p.periods_per_year == 260);
    norni_port_prices_clear(&p);
}

static void commonest_step_decides(void **state) {
    static int64_t t[MOST];
    (void)state;
    /* 3 h twice, 2 h three times, 1 h three times: of the commonest the smallest */
    static const int64_t steps[] = {3, 2, 1, 2, 3, 1, 2, 1};
    t[0] = 0;
    for (size_t i = 0; i < 8; i++)
        t[i + 1] = t[i] + steps[i] * HOUR;
    year_is(t, 9, 24, 8760);
}

static void clocks_count(void **state) {
    static int64_t t[] = {0, 0, 0, 0, 0, 0};
    (void)state;
    t[0] = norni_days_from_civil(1969, 12, 28) * DAY;            /* a Sunday */
    t[1] = norni_days_from_civil(1969, 12, 29) * DAY + 6 * HOUR; /* Monday */
    t[2] = norni_days_from_civil(1970, 1, 4) * DAY;              /* Sunday of the same week */
    t[3] = norni_days_from_civil(1970, 1, 5) * DAY;
    t[4] = norni_days_from_civil(2020, 12, 31) * DAY;
    t[5] = norni_days_from_civil(2021, 1, 1) * DAY; /* the same ISO week */
    norni_port_prices p = make(t, 6, NORNI_TIME_DATETIME, 0);
    const double *days = p.clock[NORNI_PORT_CLOCK_DAYS], *weeks = p.clock[NORNI_PORT_CLOCK_WEEKS],
                 *months = p.clock[NORNI_PORT_CLOCK_MONTHS],
                 *quarters = p.clock[NORNI_PORT_CLOCK_QUARTERS];
    assert_true(days[0] == -4 && days[1] == -2.75 && days[2] == 3);
    assert_true(weeks[0] == -1 && weeks[1] == 0 && weeks[2] == 0 && weeks[3] == 1);
    assert_true(weeks[4] == weeks[5]);
    assert_true(months[0] == 12 * 1969 + 11 && months[2] == 12 * 1970 &&
                months[5] - months[4] == 1);
    assert_true(quarters[1] == 4 * 1969 + 3 && quarters[5] == 4 * 2021);
    assert_true(p.clock[NORNI_PORT_CLOCK_YEARS][4] == 2020);
    assert_true(p.clock[NORNI_PORT_CLOCK_BARS][5] == 5);
    norni_port_prices_clear(&p);
}

static void integers_are_days(void **state) {
    static const int64_t t[] = {-1, 0, 6, 7, 30, 400};
    (void)state;
    norni_port_prices p = make(t, 6, NORNI_TIME_INDEX, 0);
    assert_true(p.bars_per_day == 1 && p.periods_per_year == 365);
    assert_true(p.clock[NORNI_PORT_CLOCK_DAYS][0] == -1 &&
                p.clock[NORNI_PORT_CLOCK_WEEKS][0] == -1);
    assert_true(p.clock[NORNI_PORT_CLOCK_WEEKS][2] == 0 && p.clock[NORNI_PORT_CLOCK_WEEKS][3] == 1);
    assert_true(p.clock[NORNI_PORT_CLOCK_MONTHS][4] == 1 &&
                p.clock[NORNI_PORT_CLOCK_YEARS][5] == 1);
    norni_port_prices_clear(&p);
}

typedef struct counting {
    norn_alloc below;
    long calls, live, fail_at;
    bool onwards;
} counting;

static void *resize(void *user, void *ptr, size_t old, size_t size) {
    counting *c = user;
    if (size == 0) {
        if (ptr) c->live--;
        return c->below.resize(c->below.user, ptr, old, 0);
    }
    c->calls++;
    if (c->calls == c->fail_at || (c->onwards && c->calls > c->fail_at)) return NULL;
    void *p = c->below.resize(c->below.user, ptr, old, size);
    if (p && !ptr) c->live++;
    return p;
}

/* Unordered, twice, wrong, split, resampled: every step takes memory. */
static norn_status make_hard(counting *c, norni_port_align align, norni_hash128 *key,
                             norn_err *err) {
    static int64_t t[MOST];
    static double close[MOST];
    static char name[40][4];
    norni_port_quotes q[40];
    norni_port_prices p;
    const norn_alloc alloc = {resize, c};
    const norni_port_prices_opt opt = {.align = align,
                                       .frame = NORNI_PORT_4H,
                                       .adjust_splits = true,
                                       .duplicates_last = true,
                                       .max_bars = 400,
                                       .want_days = 20};
    for (size_t i = 0; i < MOST; i++) {
        t[i] = (int64_t)((i * 7) % MOST) * HOUR / 2;
        close[i] = t[i] > 1000 * HOUR ? 10 : i % 50 == 0 ? 0 : 100 + (double)(t[i] / HOUR % 5);
    }
    for (size_t k = 0; k < 40; k++) {
        norni_format(name[k], sizeof name[k], "S%zu", k);
        q[k] = (norni_port_quotes){norni_str_of(name[k]), MOST - 40 * k, t, close};
    }
    const norn_status st = norni_port_prices_make(
        &alloc, q, 40, &opt, (norni_time_style){.kind = NORNI_TIME_DATETIME}, &p, err);
    if (st == NORN_OK) {
        *key = norni_port_prices_key(&p);
        norni_port_prices_clear(&p);
    }
    return st;
}

static void memory_ends(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) {
        counting c = {.below = norni_alloc_default()};
        norni_hash128 key, other;
        norn_err err = {NORN_OK, ""};
        if (make_hard(&c, (norni_port_align)k, &key, &err) != NORN_OK) fail_msg("%s", err.text);
        assert_int_equal(c.live, 0);
        const long n = c.calls;
        long refused = 0;
        assert_true(n > 12);
        for (long i = 1; i <= n; i++) {
            /* An arena asks for less when it is refused much: one refusal may do no harm. */
            counting once = {.below = norni_alloc_default(), .fail_at = i}, all = once;
            all.onwards = true;
            const norn_status st = make_hard(&once, (norni_port_align)k, &other, &err);
            assert_true(st == NORN_E_MEM ||
                        (st == NORN_OK && key.hi == other.hi && key.lo == other.lo));
            refused += st == NORN_E_MEM;
            assert_int_equal(make_hard(&all, (norni_port_align)k, &other, &err), NORN_E_MEM);
            assert_int_equal(once.live, 0);
            assert_int_equal(all.live, 0);
        }
        assert_true(refused > n / 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(years_by_bars), cmocka_unit_test(commonest_step_decides),
        cmocka_unit_test(clocks_count),  cmocka_unit_test(integers_are_days),
        cmocka_unit_test(memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
