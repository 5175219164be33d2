/* Dates as people write them, one cell at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "finance/finance_dates.h"

static void text_of(int64_t us, char out[40]) {
    const norni_time_style day = {.kind = NORNI_TIME_DATE, .sep = '-'};
    const norni_time_style clock = {.kind = NORNI_TIME_DATETIME, .sep = ' ', .seconds = true};
    const size_t n = us == NORNI_TIME_NONE
                         ? 0
                         : norni_time_print(out, us, us % NORNI_US_DAY == 0 ? &day : &clock);
    out[n] = '\0';
}

typedef struct expected {
    const char *cell;
    norni_fin_date_form form;
    const char *day_first, *month_first;
} expected;

static void check(const expected *row, size_t n) {
    for (size_t i = 0; i < n; i++) {
        char day[40], month[40];
        const norni_fin_date d = norni_fin_date_read(norni_str_of(row[i].cell));
        text_of(d.day_first, day);
        text_of(d.month_first, month);
        const char *const other = row[i].month_first ? row[i].month_first : row[i].day_first;
        if (d.form != row[i].form || strcmp(day, row[i].day_first) != 0 ||
            strcmp(month, other) != 0)
            fail_msg("\"%s\": form %d, %s, %s", row[i].cell, (int)d.form, day, month);
    }
}

static void fault_32_one_reading(void **state) {
    (void)state;
    static const expected row[] = {
        {"2024-01-31", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"2024-1-5", NORNI_FIN_DATE_SURE, "2024-01-05", NULL},
        {"20240131", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"202401", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"2024-01", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"2024/01/31", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"2024.01.31", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"2024-01-31 12:30:00", NORNI_FIN_DATE_SURE, "2024-01-31 12:30:00", NULL},
        {"2024-01-31T12:30:00Z", NORNI_FIN_DATE_SURE, "2024-01-31 12:30:00", NULL},
        {"2024-01-01T00:30:00+02:00", NORNI_FIN_DATE_SURE, "2024-01-01 00:30:00", NULL},
        {"2024-01-31T23:30:00-0500", NORNI_FIN_DATE_SURE, "2024-01-31 23:30:00", NULL},
        {"2024/01/31 08:05", NORNI_FIN_DATE_SURE, "2024-01-31 08:05:00", NULL},
        {"Jan 2024", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"Jan-24", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"January 2024", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"2024 Jan", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"31-Jan-24", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"31-JAN-2024", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"31 January 2024", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"January 31, 2024", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"Jan 31st, 2024", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"2024-Jan-31", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"Wed, 31 Jan 2024", NORNI_FIN_DATE_SURE, "2024-01-31", NULL},
        {"Wed, 31 Jan 2024 10:00:00", NORNI_FIN_DATE_SURE, "2024-01-31 10:00:00", NULL},
        {"Sept 2024", NORNI_FIN_DATE_SURE, "2024-09-01", NULL},
        {"03/2024", NORNI_FIN_DATE_SURE, "2024-03-01", NULL},
        {"2024/3", NORNI_FIN_DATE_SURE, "2024-03-01", NULL},
        {"2024-Q1", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"2024Q3", NORNI_FIN_DATE_SURE, "2024-07-01", NULL},
        {"Q1 2024", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"Q4/24", NORNI_FIN_DATE_SURE, "2024-10-01", NULL},
        {"2Q24", NORNI_FIN_DATE_SURE, "2024-04-01", NULL},
        {"05/05/2024", NORNI_FIN_DATE_SURE, "2024-05-05", NULL},
        {"1704067200", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"1704067200000", NORNI_FIN_DATE_SURE, "2024-01-01", NULL},
        {"45292", NORNI_FIN_DATE_SERIAL, "2024-01-01", NULL},
        {"45292.5", NORNI_FIN_DATE_SERIAL, "2024-01-01 12:00:00", NULL},
        {"2024", NORNI_FIN_DATE_YEAR, "2024-01-01", NULL},
        {"29/02/2024", NORNI_FIN_DATE_SPLIT, "2024-02-29", ""},
    };
    check(row, sizeof row / sizeof *row);
}

static void fault_32_two_readings(void **state) {
    (void)state;
    static const expected row[] = {
        {"03/04/2024", NORNI_FIN_DATE_SPLIT, "2024-04-03", "2024-03-04"},
        {"03-04-2024", NORNI_FIN_DATE_SPLIT, "2024-04-03", "2024-03-04"},
        {"03.04.2024", NORNI_FIN_DATE_SPLIT, "2024-04-03", "2024-03-04"},
        {"3. 4. 2024", NORNI_FIN_DATE_SPLIT, "2024-04-03", "2024-03-04"},
        {"3/4/24", NORNI_FIN_DATE_SPLIT, "2024-04-03", "2024-03-04"},
        {"3/4/68", NORNI_FIN_DATE_SPLIT, "2068-04-03", "2068-03-04"},
        {"3/4/69", NORNI_FIN_DATE_SPLIT, "1969-04-03", "1969-03-04"},
        {"12/31/24", NORNI_FIN_DATE_SPLIT, "", "2024-12-31"},
        {"31/12/24", NORNI_FIN_DATE_SPLIT, "2024-12-31", ""},
        {"03/04/2024 1:05 PM", NORNI_FIN_DATE_SPLIT, "2024-04-03 13:05:00", "2024-03-04 13:05:00"},
        {"03/04/2024 12:05:06 am", NORNI_FIN_DATE_SPLIT, "2024-04-03 00:05:06",
         "2024-03-04 00:05:06"},
    };
    check(row, sizeof row / sizeof *row);
}

static void fault_32_no_dates(void **state) {
    (void)state;
    static const char *const cell[] = {"",
                                       "x",
                                       "NA",
                                       "Total",
                                       "31/02/2024",
                                       "2023-02-29",
                                       "13/13/2024",
                                       "00/01/2024",
                                       "2024-13-01",
                                       "12345",
                                       "90000",
                                       "1",
                                       "99999999",
                                       "Foo 2024",
                                       "Jan",
                                       "31 Foo 24",
                                       "1/2/3",
                                       "1/2",
                                       "Q5 2024",
                                       "12:30",
                                       "31/12/2024 x",
                                       "2024-01-31T25:00:00",
                                       "1.234.567",
                                       "9999999999999",
                                       "-45292",
                                       "2024-01-31T00:00:00+99:99x",
                                       "\xFF\xFF\xFF\xFF\xFF",
                                       "January 32, 2024",
                                       "=TODAY()",
                                       "(1/2/2024)"};
    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++) {
        const norni_fin_date d = norni_fin_date_read(norni_str_of(cell[i]));
        if (d.form != NORNI_FIN_DATE_NONE || d.day_first != NORNI_TIME_NONE)
            fail_msg("\"%s\" became a date of form %d", cell[i], (int)d.form);
    }
    assert_true(norni_fin_date_read(norni_str_of("9999-12-31")).far);
    assert_true(norni_fin_date_read(norni_str_of("31/12/9999")).far);
}

static void what_is_told_beside(void **state) {
    (void)state;
    assert_true(norni_fin_date_read(norni_str_of("2024-01-31T00:00:00+02:00")).zoned);
    assert_false(norni_fin_date_read(norni_str_of("2024-01-31T00:00:00")).zoned);
    assert_true(norni_fin_date_read(norni_str_of("03.04.24")).dots);
    assert_true(norni_fin_date_read(norni_str_of("03.04.24")).short_year);
    assert_false(norni_fin_date_read(norni_str_of("03/04/2024")).short_year);
    assert_int_equal(norni_fin_month_name(norni_str_of("MARCH")), 3);
    assert_int_equal(norni_fin_month_name(norni_str_of("ma")), 0);
    assert_int_equal(norni_fin_month_name(norni_str_of("marches")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_32_one_reading),
        cmocka_unit_test(fault_32_two_readings),
        cmocka_unit_test(fault_32_no_dates),
        cmocka_unit_test(what_is_told_beside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
