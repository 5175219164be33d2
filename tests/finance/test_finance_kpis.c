/* Key figures and the health score, worked by hand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "finance/finance_kpis.h"
#include "finance_books.h"

static void near(double got, double want) {
    if (!book_near(got, want)) fail_msg("%.17g is not %.17g", got, want);
}

/* The captured response of the spec: 25 + 15.44 + 3.37 + 4.55. */
static void health(void **state) {
    (void)state;
    const double gone = nan("");
    double part[4];
    near(norni_fin_health(.311, 1.9264, .5191, .04551, part), 48.36);
    near(part[0], 25);
    near(part[1], .9264 / 1.5 * 25);
    near(part[2], (1 - .5191 / .6) * 25);
    near(part[3], 4.551);
    near(norni_fin_health(.2, 2.5, 0, .25, part), 100);
    near(norni_fin_health(-1, 2.5, 0, .25, part), 0); /* -125 of losses weigh all else down */
    near(norni_fin_health(.1, .4, .3, -1, part), 12.5 - 10 + 12.5);
    near(norni_fin_health(.1, -1, 7, 0, part), 12.5);
    near(norni_fin_health(.1, gone, gone, .125, part), 50); /* 25 of 50 */
    near(norni_fin_health(gone, 1.75, .3, gone, part), 50);
    assert_true(
        isnan(norni_fin_health(gone, gone, .2, gone, part))); /* of one part there is none */
    assert_true(isnan(part[0]) && isnan(part[1]) && isnan(part[3]));
    assert_true(isnan(norni_fin_health(gone, gone, gone, gone, part)));
}

static norni_fin_kpis kpis_of(const char *lines) {
    book_box *b = book_new(lines);
    norni_fin_kpis k;
    norni_fin_kpis_make(&b->book, &k);
    book_free(b);
    return k;
}

/* 2022 and the first quarter of 2023, where March of 2022 is missing: January and February count. */
static void year_not_whole(void **state) {
    (void)state;
    const norni_fin_kpis k = kpis_of(
        "date,revenue,expenses,profit,cashflow,marketing_spend,assets,liabilities,ar,ap\n"
        "2022-01-31,100,90,10,5,10,200,100,31,30\n"
        "2022-02-28,100,90,10,5,20,200,100,50,30\n"
        "2022-04-30,900,90,810,5,30,200,100,30,30\n"
        "2023-01-31,120,90,30,5,40,300,100,120,30\n"
        "2023-02-28,130,90,40,5,50,300,100,65,30\n"
        "2023-03-31,500,90,410,5,0,300,100,0,0\n");
    near(k.growth_rate, 25);
    near(k.total_revenue, 1850);
    near(k.total_expenses, 540);
    near(k.profit_margin, 1310. / 1850);
    near(k.cashflow, 30);
    near(k.dso, (.31 * 31 + .5 * 28 + 1 + 31 + 14 + 0) / 6);
    near(k.roas, (10 + 5 + 30 + 3 + 2.6) / 5);
    near(k.marketing_efficiency, (1 + .5 + 27 + .75 + .8) / 5);
    near(k.current_ratio, 2.5);
    near(k.working_capital, 150);
    near(k.debt_to_equity_ratio, .75);
    near(k.quick_ratio, (36 + 55 + 35 + 125 + 70 + 5) / 600.);
    near(k.free_cash_flow, 5); /* changes are known in February '22 and '23 and March '23, and 0 */
    near(k.expense_ratio, (.9 + .9 + .1 + .75 + 9. / 13 + .18) / 6);
    near(k.solvency_ratio, 1310. / 600);
    near(k.ap_turnover, 3);
    near(k.ar_turnover, (100. / 31 + 2 + 30 + 1 + 2) / 5);
    near(k.health_margin, 25);
    near(k.health_liquidity, 25);
    near(k.health_debt, (1 - (1. / 3) / .6) * 25);
    near(k.health_growth, 25);
    near(k.financial_health_score, floor((75 + k.health_debt) * 100 + .5) / 100);
}

static void whole_years(void **state) {
    (void)state;
    char lines[2048] = "date,revenue\n";
    size_t n = strlen(lines);
    for (int i = 0; i < 24; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, "%d-%02d-28,%d\n", 2023 + i / 12,
                              i % 12 + 1, i / 12 == 0 ? 1000 + 100 * i : 1045);
    const norni_fin_kpis k = kpis_of(lines);
    near(k.growth_rate, (12 * 1045. / (12000 + 6600) - 1) * 100);
    assert_true(isnan(k.financial_health_score)); /* growth alone, which is below 0 */
    near(k.health_growth, 0);
    assert_int_equal(norni_fin_health_count(&k), 1);
    assert_true(isnan(k.total_expenses) && isnan(k.profit_margin) && isnan(k.dso) && isnan(k.roas));
}

/* One year, negative revenue, no revenue at all: nothing is made up. */
static void not_there(void **state) {
    (void)state;
    norni_fin_kpis k = kpis_of("date,revenue,profit\n2024-01-31,5,1\n2024-02-29,6,1\n");
    assert_true(isnan(k.growth_rate));
    near(k.health_margin, 25 * 2. / 11 / .2);
    assert_true(isnan(k.financial_health_score)); /* of margin alone */
    k = kpis_of("date,revenue,profit\n2023-01-31,-5,1\n2024-01-31,6,1\n2024-02-29,-9,1\n");
    assert_true(isnan(k.growth_rate) && isnan(k.profit_margin) && isnan(k.financial_health_score));
    k = kpis_of("date,assets,liabilities\n2023-01-31,10,0\n2024-01-31,10,0\n");
    assert_true(isnan(k.total_revenue) && isnan(k.current_ratio));
    near(k.working_capital, 10);
    near(k.health_debt, 25);
    assert_true(isnan(k.financial_health_score)); /* of debt alone */
}

/* Daily books that end on the 9th: the month that is not over is in the totals, and in nothing else. */
static void running_month(void **state) {
    (void)state;
    enum { DAYS = 366 + 365 + 9 }; /* 2024, 2025, nine days of 2026 */
    static char lines[DAYS * 32 + 64];
    size_t n = (size_t)snprintf(lines, sizeof lines, "date,revenue,ar\n");
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int year = 2024; year <= 2026; year++) {
        for (int m = 0; m < 12; m++) {
            const int of_month =
                year == 2026 ? (m == 0 ? 9 : 0) : days[m] + (m == 1 && year == 2024);
            for (int d = 1; d <= of_month; d++)
                n += (size_t)snprintf(lines + n, sizeof lines - n, "%d-%02d-%02d,%d,600\n", year,
                                      m + 1, d, year == 2024 ? 100 : 110);
        }
    }
    book_box *b = book_new(lines);
    const norni_fin_months *m = &b->book.all;
    norni_fin_kpis k;
    norni_fin_kpis_make(&b->book, &k);
    assert_true(m->part_last && !m->part_first);
    assert_int_equal(norni_fin_whole_end(m), 24);
    near(k.total_revenue, 36600 + 40150 + 990);
    near(k.growth_rate, (40150. / 36600 - 1) * 100); /* not nine days against January */
    near(m->value[NORNI_FIN_DSO][24], 600. / 990 * 9);
    near(k.dso, (12 * 600. / 100 + 12 * 600. / 110) / 24);
    assert_true(isnan(m->value[NORNI_FIN_REVENUE_MOM_GROWTH][24]));
    assert_true(isnan(m->value[NORNI_FIN_REVENUE_YOY_GROWTH][24]));
    near(m->revenue_cagr, (40150. / 36600 - 1) * 100);
    book_free(b);
}

static void json(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &alloc);
    norni_json_init(&j, &b);
    const norni_fin_kpis k = kpis_of("date,revenue,profit\n2024-01-31,5,1\n2024-02-29,6,1\n");
    norni_json_open(&j, '[');
    norni_fin_kpis_json(&j, &k, nan(""));
    norni_fin_enhanced_json(&j, &k);
    norni_json_close(&j, ']');
    norni_buf_add(&b, "", 1);
    assert_string_equal(
        b.p,
        "[{\"total_revenue\":11,\"total_expenses\":null,\"profit_margin\":0.18181818181818182,"
        "\"cashflow\":null,\"growth_rate\":null,\"forecast_accuracy\":null,"
        "\"financial_health_score\":null,\"dso\":null,"
        "\"financial_health_parts\":{\"margin\":22.727272727272727,\"liquidity\":null,"
        "\"debt\":null,\"growth\":null},\"financial_health_parts_known\":1},"
        "{\"roas\":null,\"marketing_efficiency\":null,\"current_ratio\":null,"
        "\"quick_ratio\":null,\"working_capital\":null,\"debt_to_equity_ratio\":null,"
        "\"ar_turnover\":null,\"ap_turnover\":null,\"cash_conversion_cycle\":null,"
        "\"free_cash_flow\":null,\"expense_ratio\":null,\"solvency_ratio\":null}]");
    norni_buf_clear(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(health),        cmocka_unit_test(year_not_whole),
        cmocka_unit_test(whole_years),   cmocka_unit_test(not_there),
        cmocka_unit_test(running_month), cmocka_unit_test(json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
