/* Months of small books, each worked by hand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "finance_books.h"

static const double gone = __builtin_nan("");

static void hold(const norni_fin_months *m, norni_fin_metric metric, size_t n, const double *want) {
    assert_int_equal(m->n, n);
    assert_non_null(m->value[metric]);
    for (size_t i = 0; i < n; i++) {
        if (!book_near(m->value[metric][i], want[i]))
            fail_msg("%s[%zu] is %.17g, not %.17g", norni_fin_metric_name(metric), i,
                     m->value[metric][i], want[i]);
    }
}
#define HOLD(m, metric, ...) \
    hold(m, metric, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

/* One entity: Jan and Feb 2024 (29 days), no March, April; every metric of it. */
static void one_entity(void **state) {
    (void)state;
    book_box *b = book_new(
        "date,revenue,expenses,profit,cashflow,marketing_spend,assets,liabilities,ar,ap\n"
        "2024-01-31,100,60,40,30,10,500,250,50,30\n"
        "2024-02-10,60,30,30,10,0,520,240,70,20\n"
        "2024-02-29,60,50,10,5,0,550,250,60,40\n"
        "2024-04-30,-20,40,-60,-5,5,400,400,10,8\n");
    const norni_fin_months *m = &b->book.all;
    assert_int_equal(m->first, 2024 * 12);
    assert_int_equal(m->rows[1], 2);
    assert_int_equal(m->rows[2], 0);
    HOLD(m, (norni_fin_metric)NORNI_FIN_REVENUE, 100, 120, gone, -20);
    HOLD(m, (norni_fin_metric)NORNI_FIN_ASSETS, 500, 550, gone, 400);
    HOLD(m, NORNI_FIN_PROFIT_MARGIN, .4, 40. / 120, gone, gone);
    HOLD(m, NORNI_FIN_EXPENSE_RATIO, .6, 80. / 120, gone, gone);
    HOLD(m, NORNI_FIN_MARKETING_SPEND_RATIO, .1, 0, gone, gone);
    HOLD(m, NORNI_FIN_WORKING_CAPITAL, 250, 300, gone, 0);
    HOLD(m, NORNI_FIN_CURRENT_RATIO, 2, 2.2, gone, 1);
    HOLD(m, NORNI_FIN_WORKING_CAPITAL_RATIO, .5, 300. / 550, gone, 0);
    HOLD(m, NORNI_FIN_QUICK_RATIO, 80. / 250, 75. / 250, gone, 5. / 400);
    HOLD(m, NORNI_FIN_WORKING_CAPITAL_CHANGE, gone, 50, gone, gone);
    HOLD(m, NORNI_FIN_FREE_CASH_FLOW, gone, 15 - 50, gone, gone);
    HOLD(m, NORNI_FIN_AR_TURNOVER, 2, 2, gone, -2);
    HOLD(m, NORNI_FIN_DSO, 15.5, .5 * 29, gone, gone);
    HOLD(m, NORNI_FIN_AP_TURNOVER, 2, 2, gone, 5);
    HOLD(m, NORNI_FIN_DPO, 15.5, 14.5, gone, 6);
    HOLD(m, NORNI_FIN_CASH_CONVERSION_CYCLE, 0, 0, gone, gone);
    HOLD(m, NORNI_FIN_REVENUE_MOM_GROWTH, gone, 20, gone, gone);
    HOLD(m, NORNI_FIN_PROFIT_MOM_GROWTH, gone, 0, gone, gone);
    HOLD(m, NORNI_FIN_EXPENSES_MOM_GROWTH, gone, 100. / 3, gone, gone);
    HOLD(m, NORNI_FIN_DEBT_TO_ASSET_RATIO, .5, 250. / 550, gone, 1);
    HOLD(m, NORNI_FIN_EQUITY, 250, 300, gone, 0);
    HOLD(m, NORNI_FIN_DEBT_TO_EQUITY_RATIO, 1, 250. / 300, gone, gone);
    HOLD(m, NORNI_FIN_SOLVENCY_RATIO, .16, .16, gone, -.15);
    HOLD(m, NORNI_FIN_ROAS, 10, gone, gone, -4);
    HOLD(m, NORNI_FIN_MARKETING_EFFICIENCY, 4, gone, gone, -12);
    assert_true(isnan(m->revenue_cagr));
    book_free(b);
}

/* Days of February in common and leap years, and growth over a year. */
static void years(void **state) {
    (void)state;
    book_box *b = book_new(
        "date,revenue,ar\n"
        "2023-02-28,280,10\n"
        "2024-02-29,290,20\n"
        "2100-01-31,310,1\n"
        "2100-02-28,140,10\n");
    const norni_fin_months *m = &b->book.all;
    assert_int_equal(m->n, (2100 - 2023) * 12 + 1);
    const double *dso = m->value[NORNI_FIN_DSO];
    assert_true(book_near(dso[0], 1) && book_near(dso[12], 2) && book_near(dso[m->n - 1], 2));
    assert_true(book_near(m->value[NORNI_FIN_REVENUE_YOY_GROWTH][12], 1000. / 280));
    assert_true(isnan(m->value[NORNI_FIN_REVENUE_YOY_GROWTH][11]));
    assert_true(isnan(m->value[NORNI_FIN_REVENUE_YOY_GROWTH][m->n - 1]));
    assert_true(book_near(m->value[NORNI_FIN_REVENUE_MOM_GROWTH][m->n - 1], -17000. / 310));
    book_free(b);
}

/* Two regions by two departments, interleaved; one is silent in between, one is closed. */
static void entities(void **state) {
    (void)state;
    book_box *b = book_new(
        "date,region,department,revenue,expenses,ar\n"
        "2024-01-05,A,X,10,5,100\n"
        "2024-01-05,B,X,20,10,200\n"
        "2024-01-05,A,Y,30,15,300\n"
        "2024-01-05,B,Y,40,20,400\n"
        "2024-01-20,A,X,11,5,110\n"
        "2024-02-05,B,X,21,10,210\n"
        "2024-02-06,A,Y,31,15,310\n"
        "2024-03-05,A,X,12,5,120\n"
        "2024-03-05,A,Y,32,15,320\n"
        "2024-03-05,A,Y,33,15,340\n"
        "2024-04-05,A,X,13,5,130\n"
        "2024-05-05,A,X,14,5,140\n"
        "2024-06-05,A,X,15,5,150\n");
    const norni_fin_months *m = &b->book.all;
    HOLD(m, (norni_fin_metric)NORNI_FIN_REVENUE, 111, 52, 77, 13, 14, 15);
    /* A/X carried over February; of A/Y's two at one moment the mean; B/Y holds to April, B/X to May, A/Y to June. */
    HOLD(m, (norni_fin_metric)NORNI_FIN_AR, 110 + 200 + 300 + 400, 110 + 210 + 310 + 400,
         120 + 210 + 330 + 400, 130 + 210 + 330 + 400, 140 + 210 + 330, 150 + 330);
    HOLD(m, NORNI_FIN_DSO, 1010. / 111 * 31, 1030. / 52 * 29, 1060. / 77 * 31, 1070. / 13 * 30,
         680. / 14 * 31, 480. / 15 * 30);
    HOLD(m, NORNI_FIN_EXPENSE_RATIO, 55. / 111, 25. / 52, 35. / 77, 5. / 13, 5. / 14, 5. / 15);
    assert_int_equal(b->book.table.region.n, 2);
    HOLD(&b->book.region[0], (norni_fin_metric)NORNI_FIN_AR, 410, 420, 450, 460, 470, 480);
    HOLD(&b->book.region[1], (norni_fin_metric)NORNI_FIN_AR, 600, 610);
    HOLD(&b->book.region[1], (norni_fin_metric)NORNI_FIN_REVENUE, 60, 21);
    HOLD(&b->book.department[1], (norni_fin_metric)NORNI_FIN_AR, 700, 710, 730);
    norni_fin_months alone;
    assert_int_equal(
        norni_fin_months_make(&b->book.table, b->book.table.region.of, 1, &b->arena, &alone, NULL),
        NORN_OK);
    HOLD(&alone, (norni_fin_metric)NORNI_FIN_AR, 600, 610);
    assert_int_equal(
        norni_fin_months_make(&b->book.table, b->book.table.region.of, 7, &b->arena, &alone, NULL),
        NORN_OK);
    assert_int_equal(alone.n, 0);
    book_free(b);
}

/* Balances by the half-year are held for as long as the silence before. */
static void silence(void **state) {
    (void)state;
    book_box *b = book_new(
        "date,region,assets\n"
        "2024-01-31,A,1\n2024-01-31,B,100\n2024-02-29,A,2\n2024-07-31,B,200\n"
        "2024-08-31,A,3\n2024-09-30,A,4\n2024-10-31,A,5\n2024-11-30,A,6\n"
        "2024-12-31,A,7\n2025-01-31,A,8\n2025-02-28,A,9\n");
    HOLD(&b->book.all, (norni_fin_metric)NORNI_FIN_ASSETS, 101, 102, gone, gone, gone, gone, 202,
         203, 204, 205, 206, 207, 208, 9);
    assert_null(b->book.all.value[NORNI_FIN_REVENUE]);
    assert_null(b->book.all.value[NORNI_FIN_CURRENT_RATIO]);
    assert_null(b->book.department);
    book_free(b);
}

/* Whole years only, both sums above 0: 2022's 1200 to 2024's 1452 is 10 % a year. */
static void cagr(void **state) {
    (void)state;
    char lines[4096] = "date,revenue,profit\n";
    size_t n = strlen(lines);
    for (int month = 2021 * 12 + 6; month < 2025 * 12 + 3; month++) {
        const int year = month / 12;
        if (year == 2023 && month % 12 == 4) continue; /* so 2023 is not whole */
        const double revenue = year == 2022 ? 100 : year == 2024 ? 121 : 1e6;
        n += (size_t)snprintf(lines + n, sizeof lines - n, "%04d-%02d-15,%g,%d\n", year,
                              month % 12 + 1, revenue, year == 2022 ? -1 : 5);
    }
    book_box *b = book_new(lines);
    assert_true(book_near(b->book.all.revenue_cagr, 10));
    assert_true(isnan(b->book.all.profit_cagr));
    book_free(b);
}

/* Money times ten: sums tenfold, ratios as they were. Rows of a time turned round: all as it was. */
static void scaled_and_shuffled(void **state) {
    (void)state;
    enum { ROWS = 240 };
    char lines[32768] =
        "date,region,department,revenue,expenses,profit,cashflow,marketing_spend,assets,"
        "liabilities,ar,ap\n";
    size_t n = strlen(lines);
    uint32_t x = 7;
    for (int i = 0; i < ROWS; i++) {
        n += (size_t)snprintf(lines + n, sizeof lines - n, "%04d-%02d-%02d,%c,%c", 2022 + i / 120,
                              i / 10 % 12 + 1, i / 5 % 2 + 3, "AB"[i % 2], "XYZ"[i % 3]);
        for (int k = 0; k < 9; k++) {
            x = x * 1664525u + 1013904223u;
            n += (size_t)snprintf(lines + n, sizeof lines - n, ",%u", 100 + (x >> 20));
        }
        n += (size_t)snprintf(lines + n, sizeof lines - n, "\n");
    }
    book_box *a = book_new(lines), *b = book_rows(lines), *c = book_rows(lines);
    for (int k = 0; k < NORNI_FIN_NUMBERS; k++) {
        for (int i = 0; i < ROWS; i++) {
            b->number[k][i] *= 10;
            c->number[k][i] = a->number[k][i / 5 * 5 + 4 - i % 5];
        }
    }
    for (int i = 0; i < ROWS; i++) {
        c->region[i] = a->region[i / 5 * 5 + 4 - i % 5];
        c->department[i] = a->department[i / 5 * 5 + 4 - i % 5];
    }
    assert_int_equal(norni_fin_book_make(&b->book, &b->arena, NULL), NORN_OK);
    assert_int_equal(norni_fin_book_make(&c->book, &c->arena, NULL), NORN_OK);
    for (unsigned m = 0; m < NORNI_FIN_METRICS; m++) {
        const bool money = m < NORNI_FIN_NUMBERS || m == NORNI_FIN_WORKING_CAPITAL ||
                           m == NORNI_FIN_WORKING_CAPITAL_CHANGE || m == NORNI_FIN_FREE_CASH_FLOW ||
                           m == NORNI_FIN_EQUITY;
        for (size_t i = 0; i < a->book.all.n; i++) {
            const double v = a->book.all.value[m][i];
            assert_true(book_near(b->book.all.value[m][i], money ? 10 * v : v));
            assert_true(book_near(c->book.all.value[m][i], v));
        }
    }
    book_free(a), book_free(b), book_free(c);
}

static void refused(void **state) {
    (void)state;
    book_box *b = book_rows("date,revenue\n1900-01-01,5\n2024-01-01,7\n");
    norn_err err = {0};
    assert_int_equal(norni_fin_book_make(&b->book, &b->arena, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "1900-01 to 2024-01"));
    book_free(b);

    enum { MANY = 1001 };
    static int64_t time[2 * MANY];
    static double revenue[2 * MANY];
    static uint32_t city[2 * MANY];
    static norni_str name[MANY];
    const norni_fin_mapping mapping[] = {{norni_str_of("Town"), "region", "synonym"}};
    for (uint32_t i = 0; i < 2 * MANY; i++) {
        time[i] = (i / MANY) * 90 * 365 * NORNI_US_DAY;
        city[i] = i % MANY;
    }
    b = book_rows("date,revenue\n2024-01-01,7\n");
    b->book.table.n = 2 * MANY;
    b->book.table.time = time, b->book.table.number[NORNI_FIN_REVENUE] = revenue;
    b->book.table.region = (norni_fin_groups){MANY, name, city};
    b->book.table.mapping = mapping, b->book.table.n_mapping = 1;
    assert_int_equal(norni_fin_book_make(&b->book, &b->arena, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "'Town', read as region, has 1001 different values"));
    b->book.table.region.n = MANY - 1; /* of 1081 months each */
    for (uint32_t i = 0; i < 2 * MANY; i++)
        city[i] %= MANY - 1;
    assert_int_equal(norni_fin_book_make(&b->book, &b->arena, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "more than 250000 months together"));
    book_free(b);
}

/* Sums of sizes that doubles alone would lose, and what no number holds. */
static void sizes(void **state) {
    (void)state;
    book_box *b = book_new(
        "date,region,revenue,assets\n"
        "2024-01-01,A,1e16,1e16\n2024-01-02,A,1,1e16\n2024-01-03,B,-1e16,1\n"
        "2024-02-01,A,1e308,0\n2024-02-02,A,1e308,0\n");
    HOLD(&b->book.all, (norni_fin_metric)NORNI_FIN_REVENUE, 1, gone);
    HOLD(&b->book.all, (norni_fin_metric)NORNI_FIN_ASSETS, 1e16 + 1, 1);
    book_free(b);
}

/* ---- months that are not whole ---- */

/* A row on each day from 2024-`from` on that `has` says, up to the day `to` of the year (1 = January 1). */
static book_box *dated(int from, int to, bool (*has)(int day_of_year, int day_of_month)) {
    static char lines[400 * 24 + 64];
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    size_t n = (size_t)snprintf(lines, sizeof lines, "date,revenue\n");
    for (int m = 0, day = 1; m < 12; m++) {
        for (int d = 1; d <= days[m]; d++, day++) {
            if (day < from || day > to || !has(day, d)) continue;
            n += (size_t)snprintf(lines + n, sizeof lines - n, "2024-%02d-%02d,10\n", m + 1, d);
        }
    }
    return book_new(lines);
}
static bool daily(int day, int d) {
    (void)day, (void)d;
    return true;
}
static bool working(int day, int d) {
    (void)d;
    return day % 7 != 6 && day % 7 != 0; /* 2024-01-01 was a Monday */
}
static bool weekly(int day, int d) {
    (void)d;
    return day % 7 == 1;
}
static bool on_first(int day, int d) {
    (void)day;
    return d == 1;
}
static bool anywhere(int day, int d) { /* one day a month, another each month */
    return d == 1 + (day / 29 * 11) % 28;
}
static bool twice(int day, int d) {
    (void)day;
    return d == 1 || d == 15;
}

static void part_months(void **state) {
    (void)state;
    const struct {
        bool (*has)(int day_of_year, int day_of_month);
        int from, to;
        bool part_first, part_last;
    } want[] = {
        {daily, 1, 366, false, false},    {daily, 1, 354, false, true},  /* to 19 December */
        {daily, 1, 335 + 3, false, true}, {daily, 1, 364, false, false}, /* but for two days */
        {daily, 20, 366, true, false},    {daily, 20, 345, true, true},
        {working, 1, 365, false, false},  {working, 1, 355, false, true},
        {working, 15, 366, true, false},  {weekly, 1, 366, false, false},
        {weekly, 1, 350, false, true},    {weekly, 1, 359, false, true}, /* the 30th is missing */
        {on_first, 1, 366, false, false}, {anywhere, 1, 366, false, false},
        {twice, 1, 336, false, false},    {daily, 20, 80, false, false}, /* too few months */
    };
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        book_box *b = dated(want[k].from, want[k].to, want[k].has);
        const norni_fin_months *m = &b->book.all;
        if (m->part_first != want[k].part_first || m->part_last != want[k].part_last)
            fail_msg("%zu: %d %d", k, (int)m->part_first, (int)m->part_last);
        assert_int_equal(norni_fin_whole_from(m), want[k].part_first);
        assert_int_equal(norni_fin_whole_end(m), m->n - want[k].part_last);
        assert_int_equal(b->book.table.n_notes, want[k].part_first + want[k].part_last);
        book_free(b);
    }
}

/* Rows of no region: their sums count, their balances are nobody's. */
static void stray_rows(void **state) {
    (void)state;
    book_box *b = book_new(
        "date,region,department,revenue,ar\n"
        "2024-01-31,,X,1,50\n"
        "2024-02-28,A,X,2,100\n"
        "2024-02-28,B,,4,200\n"
        "2024-03-31,,X,8,110\n"
        "2024-03-31,B,,16,220\n"
        "2024-04-30,A,X,32,120\n"
        "2024-04-30,A,,64,130\n");
    const norni_fin_months *m = &b->book.all;
    HOLD(m, (norni_fin_metric)NORNI_FIN_REVENUE, 1, 6, 24, 96);
    HOLD(m, (norni_fin_metric)NORNI_FIN_AR, gone, 300, 100 + 220, 120 + 220);
    HOLD(&b->book.region[0], (norni_fin_metric)NORNI_FIN_AR, 100, gone, 120);
    HOLD(&b->book.department[0], (norni_fin_metric)NORNI_FIN_REVENUE, 1, 2, 8, 32);
    HOLD(&b->book.department[0], (norni_fin_metric)NORNI_FIN_AR, gone, 100, 100, 120);
    assert_int_equal(b->book.table.n_notes, 1);
    assert_non_null(strstr(b->book.table.note[0].p, "3 rows have no region or department"));
    book_free(b);
    b = book_new("date,region,ar\n2024-01-31,,50\n2024-02-29,,60\n"); /* nobody has one */
    HOLD(&b->book.all, (norni_fin_metric)NORNI_FIN_AR, 50, 60);
    assert_int_equal(b->book.table.n_notes, 0);
    book_free(b);
}

/* A quarter's row stands for three months: turnovers take their days, years have four of them. */
static void quarters(void **state) {
    (void)state;
    static const char lines[] =
        "date,revenue,ar\n2022-03-31,90,45\n2022-06-30,91,45.5\n2022-09-30,92,46\n"
        "2022-12-31,92,46\n2023-03-31,99,49.5\n2023-06-30,101,50.5\n2023-09-30,101,50.5\n"
        "2023-12-31,101,50.5\n2024-03-31,100,50\n";
    book_box *b = book_rows(lines);
    b->book.table.months_apart = 3;
    assert_int_equal(norni_fin_book_make(&b->book, &b->arena, NULL), NORN_OK);
    const norni_fin_months *m = &b->book.all;
    const double *dso = m->value[NORNI_FIN_DSO];
    assert_int_equal(m->step, 3);
    assert_true(book_near(dso[0], 45) && book_near(dso[3], 45.5) && book_near(dso[6], 46));
    assert_true(book_near(dso[24], 45.5) && isnan(dso[1])); /* of a leap year */
    assert_true(book_near(m->value[NORNI_FIN_REVENUE_YOY_GROWTH][12], 10));
    book_free(b);
    b = book_rows("date,revenue,ar\n2023-01-01,90,45\n2023-04-01,91,45.5\n2023-07-01,92,46\n");
    b->book.table.months_apart = 3; /* dated at its begin */
    assert_int_equal(norni_fin_book_make(&b->book, &b->arena, NULL), NORN_OK);
    dso = b->book.all.value[NORNI_FIN_DSO];
    assert_true(book_near(dso[0], 45) && book_near(dso[3], 45.5) && book_near(dso[6], 46));
    book_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_entity),  cmocka_unit_test(years),
        cmocka_unit_test(entities),    cmocka_unit_test(silence),
        cmocka_unit_test(cagr),        cmocka_unit_test(scaled_and_shuffled),
        cmocka_unit_test(refused),     cmocka_unit_test(sizes),
        cmocka_unit_test(part_months), cmocka_unit_test(stray_rows),
        cmocka_unit_test(quarters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
