/* Numbers as text and back: shortest, exact, and every kind of refusal. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numtext.h"
#include "base/rng.h"

/* Random bit patterns per test: 1000000, or NORN_TEST_POINTS (1e8 by hand). */
static uint64_t points(void) {
    const char *text = getenv("NORN_TEST_POINTS");
    return text ? strtoull(text, NULL, 10) : 1000000;
}

static double random_double(uint64_t i) {
    const uint64_t bits = norni_rng_u64((norni_rng){1, 1}, i);
    double x;
    memcpy(&x, &bits, sizeof x);
    return isfinite(x) ? x : 0;
}

static const char *printed(char *out, double x) {
    const size_t n = norni_num_print(out, x);
    assert_true(n < NORNI_NUM_MAX);
    out[n] = '\0';
    return out;
}

static void assert_parses_to(const char *text, double want) {
    double x = -7;
    const norni_num_result result = norni_num_parse(text, strlen(text), &x);
    if (result != NORNI_NUM_OK || x != want)
        print_message("%.60s: result %d, %a, not %a\n", text, (int)result, x, want);
    assert_true(result == NORNI_NUM_OK && x == want);
}

static void random_bits_make_the_round_trip(void **state) {
    char text[NORNI_NUM_MAX];
    (void)state;
    for (uint64_t i = 0; i < points(); i++) {
        const double x = random_double(i);
        assert_parses_to(printed(text, x), x);
    }
}

/* Significant digits of a printed number, without sign, point, exponent and outer zeros. */
static size_t digits_of(const char *text, char *out) {
    size_t n = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text >= '0' && *text <= '9' && (n > 0 || *text != '0')) out[n++] = *text;
    }
    while (n > 0 && out[n - 1] == '0')
        n--;
    out[n] = '\0';
    return n;
}

/* No text of fewer digits reads back as x; of the texts with as many, the nearest was chosen (as
 * Python's repr does). */
static void assert_shortest(double x) {
    char text[NORNI_NUM_MAX], mine[40], other[64], theirs[64];
    const size_t n = digits_of(printed(text, x), mine);
    assert_true(strtod(text, NULL) == x);
    if (x == 0) return;
    snprintf(other, sizeof other, "%.*e", (int)n - 1, x);
    digits_of(other, theirs);
    if (strtod(other, NULL) == x && strcmp(mine, theirs) != 0)
        fail_msg("%s, but nearer is %s", text, other);
    for (size_t shorter = 1; shorter < n; shorter++) {
        snprintf(other, sizeof other, "%.*e", (int)shorter - 1, x);
        if (strtod(other, NULL) == x) fail_msg("%s, but shorter is %s", text, other);
    }
}

static void digits_are_the_fewest_and_nearest(void **state) {
    (void)state;
    for (uint64_t i = 0; i < points() / 50; i++)
        assert_shortest(random_double(i));
    for (uint64_t i = 0; i < points() / 50; i++) {
        const double u = norni_rng_uniform((norni_rng){1, 2}, i);
        assert_shortest(floor(u * 1e7) / 100);
        assert_shortest(u * 1e6);
    }
    for (int e = -1074; e <= 1023; e++) {
        const double x = ldexp(1, e);
        assert_shortest(x);
        assert_shortest(nextafter(x, (double)INFINITY));
        assert_shortest(nextafter(x, 0));
    }
}

static void notation_follows_the_rules(void **state) {
    static const struct {
        double x;
        const char *want;
    } rows[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {-12, "-12"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {100, "100"},
        {123.456, "123.456"},
        {1e-5, "0.00001"},
        {1.5e-5, "0.000015"},
        {9.9e-6, "9.9e-6"},
        {1.5e-7, "1.5e-7"},
        {9007199254740992, "9007199254740992"},
        {9999999999999998, "9999999999999998"},
        {1e15, "1000000000000000"},
        {1e16, "1e16"},
        {1.25e20, "1.25e20"},
        {1e22, "1e22"},
        {1e23, "1e23"},
        {5e-324, "5e-324"},
        {0x1.fffffffffffffp1023, "1.7976931348623157e308"},
        {0x1p-1022, "2.2250738585072014e-308"},
        {-0x1.fffffffffffffp1023, "-1.7976931348623157e308"},
        {1234567890123456.7, "1234567890123456.8"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {2e-3, "0.002"},
        {-(double)INFINITY, "-inf"},
        {(double)INFINITY, "inf"},
        {(double)NAN, "nan"},
    };
    char text[NORNI_NUM_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(printed(text, rows[i].x), rows[i].want);
    static const int64_t whole[] = {0, 7, -7, 10, 99, 100, -12345, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        char want[32], got[NORNI_NUM_MAX];
        snprintf(want, sizeof want, "%lld", (long long)whole[i]);
        got[norni_int_print(got, whole[i])] = '\0';
        assert_string_equal(got, want);
    }
}

/* 17 and 25 digits, the second between the doubles, against the C library's exact rounding. */
static void long_texts_round_exactly(void **state) {
    char text[64];
    (void)state;
    for (uint64_t i = 0; i < points() / 10; i++) {
        const double x = random_double(i);
        snprintf(text, sizeof text, "%.16e", x);
        assert_parses_to(text, x);
        snprintf(
            text, sizeof text, "%.24Le",
            (long double)x * (1 + 1e-16L * (long double)norni_rng_uniform((norni_rng){1, 3}, i)));
        const double want = strtod(text, NULL);
        if (isfinite(want)) assert_parses_to(text, want);
        snprintf(text, sizeof text, "%llue%d",
                 (unsigned long long)(norni_rng_u64((norni_rng){1, 4}, i) >> (i % 64)),
                 (int)(i % 700) - 350);
        const double short_want = strtod(text, NULL);
        if (isfinite(short_want)) assert_parses_to(text, short_want);
    }
}

/* The exact decimal of the midpoint above x (a long double holds it), then a hair above and a hair
 * below. */
static void check_halfway(double x) {
    static char text[1300];
    const double next = nextafter(x, (double)INFINITY);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (!isfinite(next) || next <= 0) return;
    const long double middle = (long double)x + ((long double)next - (long double)x) / 2;
    const int n = snprintf(text, sizeof text, "%.1100Le", middle);
    assert_parses_to(text, bits % 2 ? next : x);
    char *e = memchr(text, 'e', (size_t)n);
    memmove(e + 1, e, strlen(e) + 1);
    *e = '1';
    assert_parses_to(text, next);
    char *last = e; /* the last non-zero digit, one less: below the middle */
    for (*last = '0'; *last == '0' || *last == '.';)
        last--;
    --*last;
    assert_parses_to(text, x);
}

static void halfway_cases_go_to_even(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 3000; i++)
        check_halfway(fabs(random_double(i)));
    for (uint64_t i = 1; i < 500; i++)
        check_halfway((double)i * 0x1p-1074);
    for (int e = -1074; e < 1023; e += 7)
        check_halfway(ldexp(1, e));
    check_halfway(0);
    check_halfway(0x1.fffffffffffffp-1023);
    assert_parses_to("9007199254740993", 9007199254740992);
    assert_parses_to("9007199254740993.00000000000000000000000000000000000000000000000000001",
                     9007199254740994);
    assert_parses_to("9007199254740992.99999999999999999999999999999999999999999999999999999",
                     9007199254740992);
}

static void ten_thousand_digits_are_read(void **state) {
    static char text[10100];
    (void)state;
    memset(text, '3', 10000);
    text[1] = '.';
    strcpy(text + 10000, "e-5");
    assert_parses_to(text, strtod(text, NULL));
    memset(text, '0', 10000);
    text[0] = '1';
    strcpy(text + 10000, "e-9999");
    assert_parses_to(text, 1);
    memcpy(text, "0.0", 3);
    text[1] = '.';
    strcpy(text + 10000, "25e9999");
    assert_parses_to(text, 2.5);
    /* half of the least subnormal, exactly, and with a digit 1 ten thousand places on */
    snprintf(text, sizeof text, "%.1100Le", 0x1p-1075L);
    assert_parses_to(text, 0);
    char *e = strchr(text, 'e'), exponent[16];
    strcpy(exponent, e);
    memset(e, '0', 8000);
    e[8000] = '1';
    strcpy(e + 8001, exponent);
    assert_parses_to(text, 0x1p-1074);
}

static void plain_texts_are_read(void **state) {
    static const struct {
        const char *text;
        double want;
    } rows[] = {
        {"0", 0},
        {"-0", 0},
        {"+1", 1},
        {" 12 ", 12},
        {"\t-1.5\t", -1.5},
        {"1.", 1},
        {".5", 0.5},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"1e-3", 0.001},
        {"007", 7},
        {"0.1", 0.1},
        {"1e22", 1e22},
        {"1e23", 1e23},
        {"1e-400", 0},
        {"-1e-400", 0},
        {"0e999999", 0},
        {"1e-99999999999999999999", 0},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
        {"4.9e-324", 0x1p-1074},
        {"2.4703282292062327e-324", 0},
        {"2.4703282292062328e-324", 0x1p-1074},
        {"1.7976931348623158e308", 0x1.fffffffffffffp1023},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_parses_to(rows[i].text, rows[i].want);
    double x;
    assert_int_equal(norni_num_parse("12345", 3, &x), NORNI_NUM_OK);
    assert_true(x == 123);
    assert_int_equal(norni_num_parse("-0.0", 4, &x), NORNI_NUM_OK);
    assert_false(signbit(x));
}

static void fault_31_other_texts_are_refused(void **state) {
    static const char *const bad[] = {"nan",
                                      "NaN",
                                      "inf",
                                      "-inf",
                                      "Infinity",
                                      "0x10",
                                      "1_000",
                                      "1,5",
                                      "1 2",
                                      "1e",
                                      "1e+",
                                      "e5",
                                      ".",
                                      "-",
                                      "+",
                                      "--1",
                                      "1.2.3",
                                      "1e5.0",
                                      "1e400x",
                                      "12a",
                                      "1d5",
                                      "\xC2\xA0"
                                      "1",
                                      "1\n"};
    static const char *const large[] = {"1e400", "-1e400", "1.7976931348623159e308", "1e310",
                                        "1e99999999999999999999"};
    double x;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (norni_num_parse(bad[i], strlen(bad[i]), &x) != NORNI_NUM_BAD)
            fail_msg("%s was taken", bad[i]);
    }
    for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
        assert_int_equal(norni_num_parse(large[i], strlen(large[i]), &x), NORNI_NUM_OVERFLOW);
    }
    assert_int_equal(norni_num_parse("", 0, &x), NORNI_NUM_EMPTY);
    assert_int_equal(norni_num_parse(" \t ", 3, &x), NORNI_NUM_EMPTY);
}

/* 2^1024 - 2^970 lies half way between the largest double and the first that is none. */
static void fault_31_the_largest_double_is_the_limit(void **state) {
    char text[] =
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
        "342711559699508093042880177904174497792";
    double x;
    (void)state;
    assert_int_equal(norni_num_parse(text, strlen(text), &x), NORNI_NUM_OVERFLOW);
    --text[strlen(text) - 1];
    assert_parses_to(text, 0x1.fffffffffffffp1023);
}

static norni_num_result whole(const char *text, int64_t *out) {
    return norni_int_parse(text, strlen(text), out);
}

static void integers_are_read(void **state) {
    static const char *const bad[] = {"1.0", "1e3", "x", "-", "+", "0x1", "1 2"};
    int64_t x;
    (void)state;
    assert_int_equal(whole("9223372036854775807", &x), NORNI_NUM_OK);
    assert_true(x == INT64_MAX);
    assert_int_equal(whole("-9223372036854775808", &x), NORNI_NUM_OK);
    assert_true(x == INT64_MIN);
    assert_int_equal(whole(" +42 ", &x), NORNI_NUM_OK);
    assert_true(x == 42);
    assert_int_equal(whole("9223372036854775808", &x), NORNI_NUM_OVERFLOW);
    assert_int_equal(whole("-9223372036854775809", &x), NORNI_NUM_OVERFLOW);
    assert_int_equal(whole("99999999999999999999999", &x), NORNI_NUM_OVERFLOW);
    assert_int_equal(whole("", &x), NORNI_NUM_EMPTY);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(whole(bad[i], &x), NORNI_NUM_BAD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bits_make_the_round_trip),
        cmocka_unit_test(digits_are_the_fewest_and_nearest),
        cmocka_unit_test(notation_follows_the_rules),
        cmocka_unit_test(long_texts_round_exactly),
        cmocka_unit_test(halfway_cases_go_to_even),
        cmocka_unit_test(ten_thousand_digits_are_read),
        cmocka_unit_test(plain_texts_are_read),
        cmocka_unit_test(fault_31_other_texts_are_refused),
        cmocka_unit_test(fault_31_the_largest_double_is_the_limit),
        cmocka_unit_test(integers_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
