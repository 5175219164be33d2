/* The calendar against a day-by-day walk, times in every style there and back, frequencies inferred, stepped and printed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "data/freq.h"

/* Slow twin: counts days one by one from 1600 to 2400. */
static void every_day(void **state) {
    (void)state;
    int32_t year = 1600, month = 1, day = 1, weekday = 5; /* 1600-01-01 was a Saturday */
    for (int64_t n = norni_days_from_civil(1600, 1, 1); year < 2400; n++) {
        assert_int_equal(norni_days_from_civil(year, month, day), n);
        const norni_civil c = norni_civil_from_us(n * NORNI_US_DAY + NORNI_US_DAY - 1);
        assert_true(c.year == year && c.month == month && c.day == day && c.hour == 23 &&
                    c.micro == 999999);
        assert_int_equal(norni_weekday(n), weekday);
        weekday = (weekday + 1) % 7;
        if (++day > norni_days_in_month(year, month)) {
            day = 1;
            if (++month > 12) month = 1, year++;
        }
    }
    assert_int_equal(norni_days_from_civil(1970, 1, 1), 0);
}

static void fault_32_styles_round_trip(void **state) {
    static const char *const texts[] = {"0",
                                        "17",
                                        "-3",
                                        "20200131",
                                        "2020-01-31",
                                        "2020/01/31",
                                        "1976 Jul",
                                        "1976-07",
                                        "1976M07",
                                        "2020-Q3",
                                        "2020 Q3",
                                        "2020Q4",
                                        "2021W05",
                                        "2021-W05",
                                        "2020 W53",
                                        "2020-01-31T12:30",
                                        "2020-01-31 12:30:45",
                                        "2020-01-31T12:30:45.25",
                                        "2020-01-31T12:30:45.123456Z",
                                        "0001-01-01",
                                        "9999-12-31",
                                        "2000-02-29"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t t;
        norni_time_style style;
        bool zoned;
        char out[48];
        if (!norni_time_parse(norni_str_of(texts[i]), &t, &style, &zoned))
            fail_msg("%s is refused", texts[i]);
        out[norni_time_print(out, t, &style)] = '\0';
        assert_string_equal(out, texts[i]);
    }
}

static void fault_32_bad_times(void **state) {
    static const char *const texts[] = {"",
                                        "x",
                                        "2021-02-29",
                                        "2020-13-01",
                                        "2020-00-01",
                                        "2020-01-32",
                                        "2020-1-1",
                                        "01/02/2020",
                                        "2020-Q5",
                                        "2020W54",
                                        "2021W53",
                                        "2020W00",
                                        "1976 Jux",
                                        "2020-01-31T24:00",
                                        "2020-01-31T12:60",
                                        "2020-01-31T12",
                                        "2020-01-31T12:00+99:00",
                                        "2020-01-31X12:00",
                                        "2020-01-31T12:00:00.",
                                        "0000-01-01",
                                        "0001-01-01T00:00:00+02:00",
                                        "9999-12-31T23:00:00-05:00",
                                        "4611686018427387904",
                                        "1e5",
                                        "2020-01-31Z",
                                        "20 20"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t t;
        norni_time_style style;
        bool zoned;
        if (norni_time_parse(norni_str_of(texts[i]), &t, &style, &zoned))
            fail_msg("%s is accepted", texts[i]);
    }
}

static int64_t time_of(const char *text) {
    int64_t t = 0;
    norni_time_style style;
    bool zoned;
    assert_true(norni_time_parse(norni_str_of(text), &t, &style, &zoned));
    return t;
}

/* A step beyond the served times says so, whatever the unit, and prints as nothing. */
static void end_of_time(void **state) {
    static const char *const freqs[] = {"us", "s",  "15min", "h", "D", "B",
                                        "W",  "MS", "ME",    "Q", "Y"};
    const int64_t last = time_of("9999-12-31"), first = time_of("0001-01-01");
    const norni_time_style style = {.kind = NORNI_TIME_DATE};
    char text[48];
    (void)state;
    for (size_t i = 0; i < sizeof freqs / sizeof freqs[0]; i++) {
        norni_freq f;
        assert_true(norni_freq_parse(norni_str_of(freqs[i]), &f));
        assert_true(norni_freq_at(f, first, -1) == NORNI_TIME_NONE);
        assert_true(norni_freq_at(f, first, INT64_MAX) == NORNI_TIME_NONE);
        assert_true(norni_freq_at(f, last, INT64_MIN) == NORNI_TIME_NONE);
        assert_true(norni_freq_at(f, last, NORNI_US_DAY) == NORNI_TIME_NONE);
        assert_true(norni_freq_at(f, time_of("2024-02-29"), 1) != NORNI_TIME_NONE);
    }
    const norni_freq index = {NORNI_UNIT_INDEX, 2, 0};
    assert_true(norni_freq_at(index, NORNI_INDEX_MAX - 2, 1) == NORNI_INDEX_MAX);
    assert_true(norni_freq_at(index, NORNI_INDEX_MAX - 2, 2) == NORNI_TIME_NONE);
    assert_int_equal(norni_time_print(text, NORNI_TIME_NONE, &style), 0);
}

/* at and index are inverse on every unit, forwards and backwards. */
static void steps_are_inverse(void **state) {
    static const struct {
        const char *freq, *start;
    } cases[] = {{"I", "5"},
                 {"3I", "5"},
                 {"s", "2020-02-28T23:59:58"},
                 {"15min", "2020-02-28T23:45"},
                 {"h", "2020-02-28T23:00"},
                 {"D", "2019-12-31"},
                 {"B", "2020-01-03"},
                 {"2B", "2020-01-06"},
                 {"W", "2020-01-05"},
                 {"MS", "2020-01-01"},
                 {"ME", "2020-01-31"},
                 {"M", "2020-01-15"},
                 {"QE", "2019-11-30"},
                 {"QS", "2020-01-01"},
                 {"YE", "2019-12-31"},
                 {"YS", "2020-01-01"},
                 {"2M", "2020-01-01"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        norni_freq f;
        assert_true(norni_freq_parse(norni_str_of(cases[i].freq), &f));
        const int64_t start = time_of(cases[i].start);
        int64_t before = norni_freq_at(f, start, -101), k;
        for (int64_t j = -100; j <= 400; j++) {
            const int64_t t = norni_freq_at(f, start, j);
            assert_true(t > before);
            if (!norni_freq_index(f, start, t, &k) || k != j)
                fail_msg("%s from %s: period %d", cases[i].freq, cases[i].start, (int)j);
            before = t;
        }
    }
}

static void month_ends(void **state) {
    (void)state;
    norni_freq f;
    assert_true(norni_freq_parse(norni_str_of("ME"), &f));
    static const char *const ends[] = {"2019-12-31", "2020-01-31", "2020-02-29", "2020-03-31",
                                       "2020-04-30"};
    for (int k = 0; k < 5; k++)
        assert_true(norni_freq_at(f, time_of("2019-12-31"), k) == time_of(ends[k]));
    static const char *const last[] = {
        "2018-03-30", "2018-04-30", "2018-05-31", "2018-06-29",
        "2018-07-31", "2018-08-31", "2018-09-28"}; /* no Saturdays, no Sundays */
    assert_true(norni_freq_parse(norni_str_of("BME"), &f));
    for (int k = 0; k < 7; k++) {
        int64_t at = -1;
        assert_true(norni_freq_at(f, time_of("2018-03-30"), k) == time_of(last[k]));
        assert_true(norni_freq_index(f, time_of("2018-03-30"), time_of(last[k]), &at) && at == k);
    }
    assert_false(norni_freq_index(f, time_of("2018-03-30"), time_of("2018-06-30"), &(int64_t){0}));
    f = (norni_freq){NORNI_UNIT_YEAR, 1, 29}; /* 29 February comes back */
    assert_true(norni_freq_at(f, time_of("2020-02-29"), 1) == time_of("2021-02-28"));
    assert_true(norni_freq_at(f, time_of("2020-02-29"), 4) == time_of("2024-02-29"));
}

static void expect_freq(const char *const *texts, size_t n, const char *want, int32_t season) {
    int64_t times[32];
    norni_time_style style = {0};
    bool zoned;
    char got[48];
    for (size_t i = 0; i < n; i++)
        assert_true(norni_time_parse(norni_str_of(texts[i]), &times[i], &style, &zoned));
    const norni_freq f = norni_freq_infer(times, n, &style);
    norni_freq_print(got, sizeof got, f, times[0]);
    assert_string_equal(got, want);
    assert_int_equal(norni_freq_season(f), season);
}
#define FREQ(want, season, ...)                                           \
    do {                                                                  \
        static const char *const texts[] = {__VA_ARGS__};                 \
        expect_freq(texts, sizeof texts / sizeof texts[0], want, season); \
    } while (0)

static void inference(void **state) {
    (void)state;
    FREQ("MS", 12, "2020-01-01", "2020-02-01", "2020-03-01", "2020-05-01");
    FREQ("ME", 12, "2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30");
    FREQ("M", 12, "2020-01-15", "2020-02-15", "2020-03-15");
    FREQ("QE", 4, "2019-12-31", "2020-03-31", "2020-06-30");
    FREQ("BME", 12, "2018-03-30", "2018-04-30", "2018-05-31", "2018-07-31");
    FREQ("BQE", 4, "2018-03-30", "2018-06-29", "2018-09-28", "2018-12-31");
    FREQ("M", 12, "2018-01-30", "2018-02-28", "2018-03-30");
    FREQ("YS", 1, "2018-01-01", "2019-01-01", "2020-01-01");
    FREQ("W-SUN", 52, "2020-01-05", "2020-01-12", "2020-01-26");
    FREQ("B", 5, "2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08");
    FREQ("D", 7, "2020-01-03", "2020-01-04", "2020-01-05", "2020-01-08");
    FREQ("h", 24, "2020-01-01T22:00", "2020-01-01T23:00", "2020-01-02T00:00");
    FREQ("6h", 4, "2020-01-01T00:00", "2020-01-01T06:00", "2020-01-01T12:00");
    FREQ("15min", 96, "2020-01-01T00:00", "2020-01-01T00:15", "2020-01-01T00:30");
    FREQ("min", 60, "2020-01-01T00:00", "2020-01-01T00:01", "2020-01-01T00:02");
    FREQ("2I", 1, "1", "3", "7");
    FREQ("irregular", 1, "2020-01-01T00:00:00", "2020-01-01T00:10:00", "2020-01-01T00:20:00",
         "2020-01-01T00:23:07", "2020-01-01T00:41:13");
    FREQ("irregular", 1, "2020-01-01");
}

/* The textbook's way, in 64 bits: years that begin in March, 400 of them 146,097 days. */
static int64_t slow_days(int64_t year, int64_t month, int64_t day) {
    const int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400,
                  of_era = y - era * 400;
    const int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void every_day_of_11000_years(void **state) {
    (void)state;
    int64_t expected = slow_days(-500, 1, 1);
    for (int32_t year = -500; year <= 10500; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            for (int32_t day = 1; day <= norni_days_in_month(year, month); day++, expected++) {
                const int64_t days = norni_days_from_civil(year, month, day);
                const norni_civil c = norni_civil_from_us(days * NORNI_US_DAY);
                if (days != expected || c.year != year || c.month != month || c.day != day)
                    fail_msg("%d-%d-%d", (int)year, (int)month, (int)day);
            }
        }
    }
    for (int32_t year = -290000; year <= 290000; year += 7) { /* what int64 microseconds can hold */
        const int64_t days = norni_days_from_civil(year, 2, 28);
        const norni_civil c = norni_civil_from_us(days * NORNI_US_DAY + NORNI_US_DAY - 1);
        assert_int_equal(days, slow_days(year, 2, 28));
        if (c.year != year || c.month != 2 || c.day != 28 || c.micro != 999999)
            fail_msg("%d: %d-%d-%d %d", (int)year, (int)c.year, (int)c.month, (int)c.day,
                     (int)c.micro);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_day_of_11000_years),
                                       cmocka_unit_test(every_day),
                                       cmocka_unit_test(fault_32_styles_round_trip),
                                       cmocka_unit_test(end_of_time),
                                       cmocka_unit_test(fault_32_bad_times),
                                       cmocka_unit_test(steps_are_inverse),
                                       cmocka_unit_test(month_ends),
                                       cmocka_unit_test(inference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
