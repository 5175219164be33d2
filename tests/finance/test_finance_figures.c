/* The data behind charts and tables: shapes and numbers of small books, worked by hand. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "finance/finance_figures.h"
#include "finance/finance_matrix.h"
#include "finance_books.h"

typedef enum section { VISUALS, TABLES, PREVIEW, SCHEMA } section;

static const norni_fin_forecasts none = {0};

/* The section's JSON; the caller frees it. */
static char *text_of(book_box *box, section what, const norni_fin_forecasts *f) {
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &box->alloc);
    norni_json_init(&j, &b);
    if (what == VISUALS)
        assert_int_equal(norni_fin_visuals_json(&j, &box->book, &box->arena, NULL), NORN_OK);
    else if (what == TABLES)
        assert_int_equal(norni_fin_tables_json(&j, &box->book, f, &box->arena, NULL), NORN_OK);
    else if (what == PREVIEW)
        norni_fin_preview_json(&j, &box->book, 2);
    else
        norni_fin_schema_json(&j, &box->book);
    assert_false(b.failed);
    assert_int_equal(j.depth, 0);
    char *text = malloc(b.n + 1);
    assert_non_null(text);
    memcpy(text, b.p, b.n);
    text[b.n] = 0;
    norni_buf_clear(&b);
    return text;
}

/* The value of the first such key is `want`, up to the same nesting's end. */
static void has(const char *text, const char *key, const char *want) {
    char quoted[64];
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = strstr(text, quoted);
    if (at == NULL) fail_msg("no %s in %s", key, text);
    at += strlen(quoted);
    if (strncmp(at, want, strlen(want)) != 0) fail_msg("%s is %.*s, not %s", key, 300, at, want);
}

static const char *const TWO_BY_TWO =
    "date,region,department,revenue,expenses,profit,cashflow,marketing_spend,assets,liabilities,ar,"
    "ap\n"
    "2023-01-31,A,X,100,60,40,30,10,500,250,50,30\n"
    "2023-01-31,B,Y,200,90,110,80,20,300,100,60,40\n"
    "2023-02-28,A,X,110,60,50,20,10,510,250,70,20\n"
    "2023-02-28,B,Y,190,95,95,60,25,310,100,50,45\n"
    "2023-03-31,A,X,120,70,50,40,12,520,260,60,25\n"
    "2023-05-31,A,X,-20,40,-60,-5,5,400,700,10,8\n"
    "2023-05-31,B,Y,210,80,130,90,0,330,90,40,30\n";

static void breakdowns(void **state) {
    (void)state;
    book_box *b = book_new(TWO_BY_TWO);
    char *t = text_of(b, VISUALS, NULL);
    assert_int_equal(strncmp(t, "{\"breakdowns\":{", 15), 0);
    has(t, "revenue_by_region",
        "[{\"region\":\"A\",\"revenue\":310},{\"region\":\"B\",\"revenue\":600}]");
    has(t, "profit_by_region",
        "[{\"region\":\"A\",\"profit\":80},{\"region\":\"B\",\"profit\":335}]");
    has(t, "expenses_by_department",
        "[{\"department\":\"X\",\"expenses\":230},{\"department\":\"Y\",\"expenses\":265}]");
    has(t, "cashflow_by_department",
        "[{\"department\":\"X\",\"cashflow\":85},{\"department\":\"Y\",\"cashflow\":230}]");
    has(t, "marketing_spend_by_region",
        "[{\"region\":\"A\",\"marketing_spend\":37},{\"region\":\"B\",\"marketing_spend\":45}]");
    has(t, "ar_by_region", "[{\"region\":\"A\",\"ar\":47.5},{\"region\":\"B\",\"ar\":50}]");
    has(t, "ap_by_region",
        "[{\"region\":\"A\",\"ap\":20.75},{\"region\":\"B\",\"ap\":38.3333333333333");
    free(t);
    b->region[6] = UINT32_MAX; /* a row of no region */
    assert_int_equal(norni_fin_book_make(&b->book, &b->arena, NULL), NORN_OK);
    t = text_of(b, VISUALS, NULL);
    has(t, "revenue_by_region",
        "[{\"region\":\"A\",\"revenue\":310},{\"region\":\"B\",\"revenue\":390},"
        "{\"region\":null,\"revenue\":210}]");
    has(t, "ar_by_region",
        "[{\"region\":\"A\",\"ar\":47.5},{\"region\":\"B\",\"ar\":55},"
        "{\"region\":null,\"ar\":null}]");
    free(t);
    book_free(b);
}

static void time_series(void **state) {
    (void)state;
    book_box *b = book_new(TWO_BY_TWO);
    char *t = text_of(b, VISUALS, NULL);
    has(t, "revenue_vs_marketing",
        "[{\"date\":\"2023-01-01\",\"revenue\":300,\"marketing_spend\":30},");
    has(t, "ar_trend",
        "[{\"date\":\"2023-01-01\",\"ar\":110},{\"date\":\"2023-02-01\",\"ar\":120},"
        "{\"date\":\"2023-03-01\",\"ar\":110},{\"date\":\"2023-04-01\",\"ar\":null},"
        "{\"date\":\"2023-05-01\",\"ar\":50}]");
    has(t, "assets_vs_liabilities",
        "[{\"date\":\"2023-01-01\",\"assets\":800,\"liabilities\":350}");
    has(t, "profit_margin_trend", "[{\"date\":\"2023-01-01\",\"profit_margin\":0.5}");
    has(t, "working_capital_trend", "[{\"date\":\"2023-01-01\",\"working_capital\":450}");
    has(t, "revenue_rolling_avg",
        "[{\"date\":\"2023-01-01\",\"actual\":300,\"rolling_avg\":300},"
        "{\"date\":\"2023-02-01\",\"actual\":300,\"rolling_avg\":300},"
        "{\"date\":\"2023-03-01\",\"actual\":120,\"rolling_avg\":240},"
        "{\"date\":\"2023-04-01\",\"actual\":null,\"rolling_avg\":240},"
        "{\"date\":\"2023-05-01\",\"actual\":190,\"rolling_avg\":227.5}]");
    free(t);
    book_free(b);
}

static void near(double got, double want) {
    if (!book_near(got, want)) fail_msg("%.17g is not %.17g", got, want);
}

static void lines_and_correlations(void **state) {
    (void)state;
    const double x[] = {1, 2, nan(""), 3, 4}, y[] = {3, 5, 9, 7, nan("")}, z[] = {1, 0, 5, -4, 2};
    const double huge[] = {1e308, -1e308, 0, 1e308, -1e308}, flat[] = {.1, .1, .1, .1, .1};
    near(norni_fin_pearson(x, y, 5), 1);
    near(norni_fin_pearson(x, x, 2), nan(""));
    near(norni_fin_pearson(x, flat, 5), nan(""));
    near(norni_fin_pearson(huge, huge, 5), 1);
    near(norni_fin_pearson(x, z, 4), -5 / sqrt(2 * 14));
    norni_fin_line line = norni_fin_line_fit(x, y, 5);
    near(line.slope, 2), near(line.intercept, 1), near(line.r_squared, 1);
    line = norni_fin_line_fit(z, flat, 5);
    near(line.slope, 0), near(line.intercept, .1), near(line.r_squared, nan(""));
    line = norni_fin_line_fit(flat, z, 5);
    near(line.slope, nan("")), near(line.intercept, nan(""));
    /* By hand: x 30 35 12 5 of mean 20.5, y 300 300 120 190 of mean 227.5. */
    const double m[] = {30, 35, 12, 5}, r[] = {300, 300, 120, 190};
    line = norni_fin_line_fit(m, r, 4);
    near(line.slope, 3235. / 613);
    near(line.intercept, 227.5 - 3235. / 613 * 20.5);
    near(line.r_squared, 3235. * 3235 / (613. * 23475));
    near(norni_fin_pearson(m, r, 4), 3235 / sqrt(613. * 23475));

    book_box *b = book_new(TWO_BY_TWO);
    char *t = text_of(b, VISUALS, NULL);
    has(t, "correlation_matrix",
        "{\"columns\":[\"revenue\",\"expenses\",\"profit\",\"cashflow\",\"marketing_spend\","
        "\"assets\","
        "\"liabilities\",\"ar\",\"ap\",\"profit_margin\",\"working_capital\",\"current_ratio\","
        "\"debt_to_equity_ratio\",\"dso\",\"dpo\",\"roas\"],\"values\":[[1,");
    has(t, "revenue_vs_marketing_scatter",
        "[{\"date\":\"2023-01-01\",\"marketing_spend\":30,\"revenue\":300},"
        "{\"date\":\"2023-02-01\",\"marketing_spend\":35,\"revenue\":300},"
        "{\"date\":\"2023-03-01\",\"marketing_spend\":12,\"revenue\":120},"
        "{\"date\":\"2023-05-01\",\"marketing_spend\":5,\"revenue\":190}]");
    has(t, "revenue_vs_marketing_regression", "{\"slope\":5.277324632952");
    has(t, "ar_vs_cashflow_scatter", "[{\"date\":\"2023-01-01\",\"ar\":110,\"cashflow\":110}");
    has(t, "profit_vs_assets_scatter", "[{\"date\":\"2023-01-01\",\"assets\":800,\"profit\":150}");
    has(t, "regional_correlations",
        "{\"A\":{\"columns\":[\"revenue\",\"expenses\",\"profit\","
        "\"cashflow\",\"marketing_spend\"],\"values\":[[1,");
    free(t);
    book_free(b);
}

static void summaries(void **state) {
    (void)state;
    book_box *b = book_new(TWO_BY_TWO);
    char *t = text_of(b, TABLES, &none);
    has(t, "quarterly_summary",
        "[{\"quarter\":\"2023-Q1\",\"months\":3,\"revenue\":720,\"expenses\":375,\"profit\":345,"
        "\"cashflow\":230,\"marketing_spend\":77,\"profit_margin\":0.4791666666666667,"
        "\"expense_ratio\":0.5208333333333334,\"assets\":830,\"liabilities\":360,\"ar\":110,\"ap\":"
        "70,"
        "\"working_capital\":470,");
    assert_non_null(strstr(t, "{\"quarter\":\"2023-Q2\",\"months\":1,\"revenue\":190,"));
    has(t, "annual_summary", "[{\"year\":2023,\"months\":4,\"revenue\":910,");
    has(t, "regional_performance",
        "[{\"region\":\"A\",\"revenue_sum\":310,\"revenue_mean\":77.5,"
        "\"revenue_std\":65.510813356778");
    has(t, "departmental_breakdown",
        "[{\"department\":\"X\",\"revenue_sum\":310,\"revenue_mean\":77.5,"
        "\"expenses_sum\":230,\"expenses_mean\":57.5,");
    has(t, "marketing_effectiveness",
        "[{\"date\":\"2023-01-01\",\"marketing_spend\":30,\"revenue\":300,\"profit\":150,"
        "\"marketing_spend_ratio\":0.1,\"roas\":10,\"marketing_efficiency\":5}");
    has(t, "working_capital_breakdown",
        "[{\"metric\":\"working_capital\",\"mean\":332.5,\"min\":-60,\"max\":470},");
    free(t);
    book_free(b);
}

/* Two whole years of 100 and 110 a month, and two months of a third: growth only between whole ones. */
static void periods(void **state) {
    (void)state;
    char lines[4096] = "date,revenue,ar\n";
    size_t n = strlen(lines);
    for (int i = 0; i < 26; i++)
        n += (size_t)snprintf(lines + n, sizeof lines - n, "%d-%02d-28,%d,%d\n", 2023 + i / 12,
                              i % 12 + 1, 100 + i / 12 * 10, i);
    book_box *b = book_new(lines);
    char *t = text_of(b, TABLES, &none);
    const char *q = strstr(t, "\"2024-Q1\"");
    assert_non_null(q);
    has(q, "months", "3");
    has(q, "revenue", "330");
    has(q, "ar", "14");
    has(q, "dso", "3.8606060606060"); /* 14 / 330 * 91 days */
    has(q, "revenue_growth", "10,");
    has(q, "revenue_yoy_growth", "10,");
    has(q, "profit", "null");
    q = strstr(t, "\"2025-Q1\"");
    assert_non_null(q);
    has(q, "months", "2");
    has(q, "revenue_growth", "null");
    q = strstr(t, "\"year\":2024");
    assert_non_null(q);
    has(q, "revenue", "1320");
    has(q, "dso", "6.37727272727272"); /* 23 / 1320 * 366 */
    has(q, "revenue_growth", "10,");
    has(q, "revenue_cagr", "10.0000000000000");
    q = strstr(t, "\"year\":2025");
    assert_non_null(q);
    has(q, "revenue_growth", "null");
    free(t);
    book_free(b);
    /* Without January 2023 its quarter and year are not whole. */
    const char *second = strchr(strchr(lines, '\n') + 1, '\n') + 1;
    memmove(strchr(lines, '\n') + 1, second, strlen(second) + 1);
    b = book_new(lines);
    t = text_of(b, TABLES, &none);
    q = strstr(t, "\"2024-Q1\"");
    assert_non_null(q);
    has(q, "revenue_growth", "10,");
    has(q, "revenue_yoy_growth", "null");
    free(t);
    book_free(b);
}

static void diagnostics(void **state) {
    (void)state;
    book_box *b = book_new(TWO_BY_TWO);
    char *t = text_of(b, TABLES, &none);
    has(t, "top_revenue_spikes",
        "[{\"date\":\"2023-01-01\",\"revenue\":300,\"revenue_mom_growth\":null},"
        "{\"date\":\"2023-02-01\",\"revenue\":300,\"revenue_mom_growth\":0},"
        "{\"date\":\"2023-05-01\",\"revenue\":190,\"revenue_mom_growth\":null},"
        "{\"date\":\"2023-03-01\",\"revenue\":120,\"revenue_mom_growth\":-60}]");
    has(t, "top_expense_spikes", "[{\"date\":\"2023-02-01\",\"expenses\":155,");
    has(t, "biggest_ar_delays", "[{\"date\":\"2023-03-01\",\"dso\":28.4166666666666");
    has(t, "largest_ap_drops", "[{\"date\":\"2023-02-01\",\"ap\":65,\"ap_change\":-5}]");
    has(t, "high_risk_periods",
        "[{\"date\":\"2023-03-01\",\"working_capital\":470,\"cashflow\":40,\"dso\":28."
        "416666666666");
    assert_non_null(strstr(t, "\"reasons\":[\"working capital below 0\"]}]"));
    free(t);
    book_free(b);
}

/* Only what is there: keys stay, arrays are empty, nothing is 0. */
static void absent(void **state) {
    (void)state;
    static const char *const empty[] = {"revenue_by_region",
                                        "profit_by_region",
                                        "expenses_by_department",
                                        "cashflow_by_department",
                                        "marketing_spend_by_region",
                                        "ar_by_region",
                                        "ap_by_region",
                                        "ar_trend",
                                        "ap_trend",
                                        "working_capital_trend",
                                        "assets_vs_liabilities",
                                        "profit_margin_trend",
                                        "cashflow_trend",
                                        "profit_rolling_avg",
                                        "expenses_rolling_avg",
                                        "revenue_vs_marketing_scatter",
                                        "ar_vs_cashflow_scatter",
                                        "profit_vs_assets_scatter"};
    static const char *const empty_tables[] = {
        "regional_performance",      "departmental_breakdown",   "marketing_effectiveness",
        "working_capital_breakdown", "top_expense_spikes",       "biggest_ar_delays",
        "largest_ap_drops",          "high_risk_periods",        "revenue_3month_forecast",
        "profit_3month_forecast",    "cashflow_3month_forecast", "expenses_3month_forecast",
        "regional_forecast",         "departmental_forecast"};
    book_box *b = book_new("date,revenue\n2024-01-31,0\n2024-02-29,5\n");
    char *v = text_of(b, VISUALS, NULL), *t = text_of(b, TABLES, &none);
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        has(v, empty[i], "[]");
    for (size_t i = 0; i < sizeof empty_tables / sizeof *empty_tables; i++)
        has(t, empty_tables[i], "[]");
    has(v, "revenue_vs_marketing",
        "[{\"date\":\"2024-01-01\",\"revenue\":0,\"marketing_spend\":null}");
    has(v, "revenue_vs_marketing_regression",
        "{\"slope\":null,\"intercept\":null,\"r_squared\":null}");
    has(v, "correlation_matrix",
        "{\"columns\":[\"revenue\"],\"values\":[[null]]}"); /* of two months */
    has(v, "regional_correlations", "{}");
    has(t, "top_revenue_spikes",
        "[{\"date\":\"2024-02-01\",\"revenue\":5,\"revenue_mom_growth\":null}");
    free(v), free(t);
    book_free(b);
}

static void forecast_tables(void **state) {
    (void)state;
    book_box *b = book_new("date,revenue\n2024-01-31,0\n");
    norni_fin_series series[4] = {
        {.part = NORNI_FIN_OF_ALL, .name = norni_str_of("revenue"), .n_points = 2},
        {.part = NORNI_FIN_OF_ALL, .name = norni_str_of("profit")},
        {.part = NORNI_FIN_OF_REGION, .name = norni_str_of("revenue"), .n_points = 1},
        {.part = NORNI_FIN_OF_DEPARTMENT, .name = norni_str_of("Ops"), .n_points = 1}};
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 2; k++)
            series[i].point[k] =
                (norni_fin_point){2024 * 12 + 1 + k, 10 * i + k, 10 * i - 1, 10 * i + 2};
    }
    const norni_fin_forecasts f = {.n = 4, .series = series};
    char *t = text_of(b, TABLES, &f);
    has(t, "revenue_3month_forecast",
        "[{\"date\":\"2024-02-01\",\"predicted\":0,\"lower\":-1,\"upper\":2},"
        "{\"date\":\"2024-03-01\",\"predicted\":1,\"lower\":-1,\"upper\":2}]");
    has(t, "profit_3month_forecast", "[]");
    has(t, "regional_forecast",
        "[{\"region\":\"revenue\",\"date\":\"2024-02-01\",\"predicted\":20,\"lower\":19,\"upper\":"
        "22}]");
    has(t, "departmental_forecast",
        "[{\"department\":\"Ops\",\"date\":\"2024-02-01\",\"predicted\":30,\"lower\":29,\"upper\":"
        "32}]}}");
    free(t);
    book_free(b);
}

static void preview_and_schema(void **state) {
    (void)state;
    book_box *b = book_new(
        "date,region,revenue,profit\n2024-01-31,A,1.5,2\n2024-02-29,B,3,4\n"
        "2024-03-31,B,3,4\n");
    const double heads[3] = {5, nan(""), 6};
    const norni_str notes[3] = {norni_str_of("a \"b\""), {"", 0}, {"", 0}};
    const norni_fin_extra extra[] = {{norni_str_of("Heads"), heads, notes},
                                     {norni_str_of("revenue"), NULL, notes}};
    const norni_fin_mapping mapping[] = {{norni_str_of("Umsatz"), "revenue", "synonym"},
                                         {norni_str_of("Heads"), NULL, "kept"}};
    norni_fin_table *t = &b->book.table;
    t->extra = extra, t->n_extra = 2, t->mapping = mapping, t->n_mapping = 2;
    t->derived[NORNI_FIN_PROFIT] = true;
    b->time[1] += 3600 * NORNI_US_SECOND;
    b->region[1] = UINT32_MAX;
    char *p = text_of(b, PREVIEW, NULL);
    assert_string_equal(
        p,
        "[{\"date\":\"2024-01-31\",\"region\":\"A\",\"revenue\":1.5,\"profit\":2,\"Heads\":5,"
        "\"revenue (column 2 of the others)\":\"a \\\"b\\\"\"},"
        "{\"date\":\"2024-02-29T01:00:00\",\"region\":null,\"revenue\":3,\"profit\":4,"
        "\"Heads\":null,\"revenue (column 2 of the others)\":null}]");
    free(p);
    p = text_of(b, SCHEMA, NULL);
    assert_non_null(strstr(p,
                           "{\"feature\":\"revenue\",\"type\":\"float64\",\"source\":[\"Umsatz\"],"
                           "\"transformation\":\"sum of the month's rows\"}"));
    assert_non_null(strstr(p,
                           "{\"feature\":\"profit\",\"type\":\"float64\",\"source\":[\"revenue\","
                           "\"expenses\"],\"transformation\":\"revenue - expenses in each row"));
    assert_non_null(strstr(p,
                           "{\"feature\":\"profit_margin\",\"type\":\"float64\",\"source\":"
                           "[\"revenue\",\"profit\"],\"transformation\":\"profit / revenue\"}"));
    assert_null(strstr(p, "\"feature\":\"dso\""));
    assert_null(strstr(p, "\"feature\":\"department\""));
    free(p);
    book_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(breakdowns),
        cmocka_unit_test(time_series),
        cmocka_unit_test(lines_and_correlations),
        cmocka_unit_test(summaries),
        cmocka_unit_test(periods),
        cmocka_unit_test(diagnostics),
        cmocka_unit_test(absent),
        cmocka_unit_test(forecast_tables),
        cmocka_unit_test(preview_and_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
