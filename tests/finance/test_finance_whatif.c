/* What-if by the accounts' identities: signs, rests, columns that touch nothing, names that are not there. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "finance/finance_kpis.h"
#include "finance_books.h"

/* Reported profit is 100 less than revenue - expenses: taxes, say. */
static const char *const BOOK =
    "date,region,revenue,expenses,profit,cashflow,marketing_spend,ar\n"
    "2024-01-31,A,1000,600,350,200,100,70\n"
    "2024-02-29,B,1000,700,250,100,100,80\n";

static void near(double got, double want) {
    if (!book_near(got, want)) fail_msg("%.17g is not %.17g", got, want);
}

static norni_fin_whatif change(const book_box *b, const char *parameter, double pct) {
    norni_fin_whatif w;
    norn_err err = {0};
    if (norni_fin_whatif_make(&b->book, norni_str_of(parameter), pct, &w, &err) != NORN_OK)
        fail_msg("%s: %s", parameter, err.text);
    return w;
}

static void hold(const book_box *b, const char *parameter, double pct, double profit,
                 double cashflow, const char *word) {
    const norni_fin_whatif w = change(b, parameter, pct);
    near(w.base_profit, 600);
    near(w.base_cashflow, 300);
    near(w.profit, profit);
    near(w.cashflow, cashflow);
    if (strstr(w.summary, word) == NULL) fail_msg("no '%s' in: %s", word, w.summary);
}

static void identities(void **state) {
    (void)state;
    book_box *b = book_new(BOOK);
    hold(b, "expenses", 15, 405, 105,
         "Expenses +15 %: Total profit falls from 600 to 405 (-32.5 %).");
    hold(b, "revenue", 10, 800, 500, "Total cash flow rises from 300 to 500 (+66.67 %).");
    hold(b, "revenue", -100, -1400, -1700, "falls from 600 to -1,400");
    hold(b, "profit", 10, 660, 360, "Cash flow moves by the change of profit");
    hold(b, "marketing_spend", 50, 500, 200, "Marketing is part of expenses");
    hold(b, "Marketing Spend", -50, 700, 400, "Marketing Spend -50 %");
    hold(b, "cashflow", 10, 600, 330, "Profit does not depend on cash flow");
    hold(b, "ar", 10, 600, 300,
         "Total profit stays at 600. Total cash flow stays at 300. It is a balance");
    hold(b, "expenses", 0, 600, 300, "stays at 600");
    book_free(b);
}

static void headers_and_extras(void **state) {
    (void)state;
    book_box *b = book_new(BOOK);
    const norni_fin_mapping mapping[] = {
        {norni_str_of("Operating Costs"), "expenses", "synonym"},
        {norni_str_of("Market"), "region", "synonym"},
        {norni_str_of("Headcount"), NULL, "kept"},
        {norni_str_of("Remarks"), NULL, "notes"},
    };
    const double heads[2] = {5, 6};
    const norni_str remarks[2] = {{"a", 1}, {"b", 1}};
    const norni_fin_extra extra[] = {{norni_str_of("Headcount"), heads, remarks},
                                     {norni_str_of("Remarks"), NULL, remarks}};
    b->book.table.mapping = mapping, b->book.table.n_mapping = 4;
    b->book.table.extra = extra, b->book.table.n_extra = 2;
    hold(b, " operating_costs ", 15, 405, 105, "Operating_costs +15 %");
    hold(b, "HEADCOUNT", 15, 600, 300, "no part of profit");

    norni_fin_whatif w;
    norn_err err;
    const struct {
        const char *name;
        double pct;
        const char *want;
    } bad[] = {
        {"expnses", 1, "parameter='expnses' is not a column of this table; near it: expenses"},
        {"Operatin Cost", 1, "near it: Operating Costs"},
        {"headcnt", 1, "near it: Headcount"},
        {"liabilities", 1,
         "there are: revenue, expenses, profit, cashflow, marketing_spend, ar, Headcount"},
        {"arr", 1, "near it: ar"},
        {"foo", 1, "there are: revenue"},
        {"", 1, "'' is not a column"},
        {"Remarks", 1, "is no column of numbers"},
        {"Market", 1, "is no column of numbers"},
        {"date", 1, "is no column of numbers"},
        {"expenses", -101, "change_pct=-101"},
        {"expenses", INFINITY, "change_pct=inf"},
        {"expenses", NAN, "change_pct=nan"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            norni_fin_whatif_make(&b->book, norni_str_of(bad[i].name), bad[i].pct, &w, &err),
            NORN_E_ARG);
        if (strstr(err.text, bad[i].want) == NULL)
            fail_msg("no '%s' in: %s", bad[i].want, err.text);
    }
    book_free(b);
}

/* Without some of the columns: what cannot be known is unknown, what can is told. */
static void less_there(void **state) {
    (void)state;
    book_box *b = book_new("date,revenue,cashflow,marketing_spend\n2024-01-31,1000,-200,10\n");
    norni_fin_whatif w = change(b, "revenue", 5);
    assert_true(isnan(w.base_profit) && isnan(w.profit));
    near(w.cashflow, -150);
    assert_non_null(strstr(
        w.summary,
        "Total profit is not in this table. Total cash flow rises from -200 to -150 (+25 %)"));
    near(change(b, "marketing_spend", 5).cashflow, -200);
    book_free(b);
    b = book_new("date,revenue,expenses,profit,marketing_spend\n2024-01-31,100,10,90,40\n");
    w = change(b, "marketing_spend", 100); /* more than all expenses: not inside them */
    near(w.profit, 90);
    assert_true(isnan(w.cashflow));
    assert_non_null(strstr(w.summary, "not part of this table's expenses"));
    book_free(b);
    b = book_new("date,revenue,expenses,profit\n2024-01-31,10,10,0\n");
    assert_non_null(strstr(change(b, "revenue", 100).summary, "rises from 0 to 10."));
    book_free(b);
}

/* Nothing to say the change of: no answer of nulls. */
static void neither(void **state) {
    (void)state;
    book_box *b = book_new("date,revenue\n2024-01-31,1000\n");
    norni_fin_whatif w;
    norn_err err;
    assert_int_equal(norni_fin_whatif_make(&b->book, norni_str_of("revenue"), 10, &w, &err),
                     NORN_E_DATA);
    assert_non_null(strstr(err.text, "neither profit"));
    book_free(b);
}

static void json(void **state) {
    (void)state;
    book_box *box = book_new(BOOK);
    const norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &alloc);
    norni_json_init(&j, &b);
    const norni_fin_whatif w = change(box, "expenses", 15);
    norni_fin_whatif_json(&j, norni_str_of("expenses"), 15, &w);
    norni_buf_add(&b, "", 1);
    assert_string_equal(
        b.p,
        "{\"scenario\":{\"parameter_changed\":\"expenses\",\"change_percentage\":15},"
        "\"baseline\":{\"total_profit\":600,\"total_cashflow\":300},"
        "\"simulation_results\":{\"total_profit\":405,\"total_cashflow\":105},"
        "\"impact\":{\"profit_impact_absolute\":-195,\"profit_impact_percentage\":-32.5,"
        "\"cashflow_impact_absolute\":-195,\"cashflow_impact_percentage\":-65},"
        "\"summary_text\":\"Expenses +15 %: Total profit falls from 600 to 405 (-32.5 %). Total "
        "cash flow falls from 300 to 105 (-65 %). By profit = revenue - expenses; cash flow moves "
        "by the change of profit.\"}");
    norni_buf_clear(&b);
    book_free(box);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities), cmocka_unit_test(headers_and_extras),
        cmocka_unit_test(less_there), cmocka_unit_test(neither),
        cmocka_unit_test(json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
