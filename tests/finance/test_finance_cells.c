/* Numbers as people write them in books, and which decimal mark a column shows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "finance/finance_cells.h"

static void number(const char *text, char decimal, double want) {
    double x = -1;
    const norni_fin_cell kind = norni_fin_number_parse(norni_str_of(text), decimal, &x);
    if (kind != NORNI_FIN_CELL_NUMBER || x != want)
        fail_msg("\"%s\" is %g (kind %d), not %g", text, x, (int)kind, want);
}

static void kind_of(const char *text, norni_fin_cell want) {
    double x = -1;
    const norni_fin_cell kind = norni_fin_number_parse(norni_str_of(text), '.', &x);
    if (kind != want || !isnan(x)) fail_msg("\"%s\": kind %d, not %d", text, (int)kind, (int)want);
}

static void plain_numbers(void **state) {
    (void)state;
    number("0", '.', 0);
    number("-12.5", '.', -12.5);
    number("+7", '.', 7);
    number("1e3", '.', 1000);
    number("1.5E-2", '.', 0.015);
    number(".5", '.', 0.5);
    number("16.448", '.', 16.448);
    number("16.448", ',', 16448);
    number(" 42 ", '.', 42);
    number("1e-400", '.', 0);
}

static void signs_and_currencies(void **state) {
    (void)state;
    number("$1,234.50", '.', 1234.5);
    number("-$5", '.', -5);
    number("$-5", '.', -5);
    number("($1,234.50)", '.', -1234.5);
    number("$(1,234)", '.', -1234);
    number("(12)", '.', -12);
    number("12-", '.', -12);
    number("1.234,50-", ',', -1234.5);
    number(
        "\xE2\x88\x92"
        "7",
        '.', -7);
    number("\xE2\x82\xAC 1.234,50", ',', 1234.5);
    number("1.234,50 \xE2\x82\xAC", ',', 1234.5);
    number(
        "\xC2\xA3"
        "99",
        '.', 99);
    number(
        "\xC2\xA5"
        "1000",
        '.', 1000);
    number(
        "\xE2\x82\xB9"
        "1,23,456.70",
        '.', 123456.7);
    number("USD 5", '.', 5);
    number("5 usd", '.', 5);
    number("EUR-5", '.', -5);
    number("US$ 1,000", '.', 1000);
    number("45%", '.', 0.45);
    number("12,5 %", ',', 0.125);
    number("7%", '.', 0.07);
    number("$1.2M", '.', 1200000);
    number("250k", '.', 250000);
    number("3 bn", '.', 3e9);
}

static void thousands(void **state) {
    (void)state;
    number("1,234", '.', 1234);
    number("1,234,567.8", '.', 1234567.8);
    number("12,34,56,789", '.', 123456789);
    number("1.234.567", ',', 1234567);
    number("1 234,5", ',', 1234.5);
    number(
        "1\xC2\xA0"
        "234\xC2\xA0"
        "567",
        '.', 1234567);
    number(
        "1\xE2\x80\xAF"
        "234,5",
        ',', 1234.5);
    number("1'234.5", '.', 1234.5);
    number(
        "1\xE2\x80\x99"
        "234.5",
        '.', 1234.5);
    kind_of("1,23", NORNI_FIN_CELL_OTHER);
    kind_of("1,2345", NORNI_FIN_CELL_OTHER);
    kind_of("1234,567", NORNI_FIN_CELL_OTHER);
    kind_of("1,234 567", NORNI_FIN_CELL_OTHER);
    kind_of("1,,234", NORNI_FIN_CELL_OTHER);
    kind_of(",234", NORNI_FIN_CELL_OTHER);
    kind_of("1.2.3", NORNI_FIN_CELL_OTHER);
}

static void fault_31_nothing_and_nonsense(void **state) {
    (void)state;
    static const char *const missing[] = {"",    "  ",           "NA",    "n/a",     "N/A",  "#N/A",
                                          "NaN", "nan",          "null",  "NULL",    "None", "-",
                                          "--",  "\xE2\x80\x94", "#REF!", "#DIV/0!", "<NA>", "?"};
    static const char *const other[] = {
        "abc",        "=SUM(A1:A3)", "12 apples", "1e999", "--5", "((5))", "5$$x", "0x10", "1_000",
        "2024-01-31", "inf",         "(-)",       "$",     "%",   "e5",    "1e",   "nap"};
    char digits[200];
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        kind_of(missing[i], NORNI_FIN_CELL_MISSING);
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        kind_of(other[i], NORNI_FIN_CELL_OTHER);
    memset(digits, ',', sizeof digits - 1);
    digits[0] = '1';
    digits[sizeof digits - 1] = '\0';
    kind_of(digits, NORNI_FIN_CELL_OTHER);
}

static void decided(const char *cells, char want, bool want_unsure) {
    norni_fin_marks m = {.columns = 1};
    bool unsure = false;
    const char *from = cells;
    for (;;) {
        const char *const bar = strchr(from, '|');
        norni_fin_marks_add(&m, (norni_str){from, bar ? (size_t)(bar - from) : strlen(from)});
        if (bar == NULL) break;
        from = bar + 1;
    }
    const char got = norni_fin_marks_decide(&m, &m, &unsure);
    if (got != want || unsure != want_unsure) fail_msg("%s: %c %d", cells, got, (int)unsure);
}

static void the_column_decides(void **state) {
    (void)state;
    decided("1|2|300", '.', false);
    decided("1,234|5,678.9", '.', false);
    decided("1.234|5.678,9", ',', false);
    decided("1,5|1.234", ',', false);
    decided("1.5|1,234", '.', false);
    decided("1,234,567", '.', false);
    decided("1.234.567", ',', false);
    decided("0.123", '.', false);
    decided("0,123", ',', false);
    decided("1234.567", '.', false);
    decided("12,34,567", '.', false);
    decided("1.234", '.', true);
    decided("1,234|12,500", '.', true);
    decided("1.234|2.345|3.456|4.567|5.678|6.789|7.891|8.912|9.123|1.234|2.345", '.', true);
    decided("1.234|2.345|3.456|4.567|5.678|6.789|7.891|8.912|9.123|1.234|2.345|500|3.456", ',',
            true);
    decided("1.234|2.345|3.456|4.567|5.678|6.789|7.891|8.912|9.123|1.234|2.345|3.4|3.456", '.',
            false);
    decided("\xE2\x82\xAC 1.234,50-", ',', false);
    decided("abc, def|1.5", '.', false);
}

static void other_columns_decide(void **state) {
    (void)state;
    const norni_fin_marks own = {.maybe_point = 4}, file = {.comma = 9};
    bool unsure = true;
    assert_int_equal(norni_fin_marks_decide(&own, &file, &unsure), ',');
    assert_false(unsure);
    const norni_fin_marks two = {.maybe_point = 4, .columns = 2},
                          few = {.maybe_point = 3, .columns = 2},
                          us = {.maybe_point = 40, .maybe_comma = 2, .columns = 2};
    assert_int_equal(norni_fin_marks_decide(&own, &two, &unsure), ',');
    assert_true(unsure);
    assert_int_equal(norni_fin_marks_decide(&own, &few, &unsure), '.');
    assert_int_equal(norni_fin_marks_decide(&own, &us, &unsure), '.');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_numbers),      cmocka_unit_test(signs_and_currencies),
        cmocka_unit_test(thousands),          cmocka_unit_test(fault_31_nothing_and_nonsense),
        cmocka_unit_test(the_column_decides), cmocka_unit_test(other_columns_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
