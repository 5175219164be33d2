/* Headers as people write them: which key each becomes, how surely, and which become none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "finance/finance_headers.h"

static const char *role_name(unsigned role) {
    return role < NORNI_FIN_KEYS           ? norni_fin_key_name((norni_fin_key)role)
           : role == NORNI_FIN_ROLE_YEAR   ? "year"
           : role == NORNI_FIN_ROLE_AMOUNT ? "amount"
           : role == NORNI_FIN_ROLE_TYPE   ? "type"
                                           : "none";
}

typedef struct expected {
    const char *header, *key;
    norni_fin_rank rank;
} expected;

static void check(const expected *row, size_t n) {
    for (size_t i = 0; i < n; i++) {
        norni_fin_rank rank = NORNI_FIN_BY_CELLS;
        const norni_str header = norni_str_of(row[i].header);
        const char *const got = role_name(norni_fin_header_role(header, &rank));
        if (strcmp(got, row[i].key) != 0)
            fail_msg("%s: %s, not %s", row[i].header, got, row[i].key);
        if (strcmp(got, "none") != 0 && rank != row[i].rank)
            fail_msg("%s: rank %d, not %d", row[i].header, (int)rank, (int)row[i].rank);
    }
}

/* Every word of the spec's lists. */
static void lists_of_the_spec(void **state) {
    (void)state;
    static const expected row[] = {
        {"date", "date", NORNI_FIN_EXACT},
        {"timestamp", "date", NORNI_FIN_SYNONYM},
        {"period", "date", NORNI_FIN_SYNONYM},
        {"Transaction Date", "date", NORNI_FIN_SYNONYM},
        {"date of sale", "date", NORNI_FIN_SYNONYM},
        {"revenue", "revenue", NORNI_FIN_EXACT},
        {"sales", "revenue", NORNI_FIN_SYNONYM},
        {"income", "revenue", NORNI_FIN_SYNONYM},
        {"turnover", "revenue", NORNI_FIN_SYNONYM},
        {"Sales Revenue", "revenue", NORNI_FIN_SYNONYM},
        {"total income", "revenue", NORNI_FIN_SYNONYM},
        {"expenses", "expenses", NORNI_FIN_EXACT},
        {"costs", "expenses", NORNI_FIN_SYNONYM},
        {"expenditure", "expenses", NORNI_FIN_SYNONYM},
        {"overheads", "expenses", NORNI_FIN_SYNONYM},
        {"Operating Costs", "expenses", NORNI_FIN_SYNONYM},
        {"operational expenses", "expenses", NORNI_FIN_SYNONYM},
        {"profit", "profit", NORNI_FIN_EXACT},
        {"net_income", "profit", NORNI_FIN_SYNONYM},
        {"earnings", "profit", NORNI_FIN_SYNONYM},
        {"Net Profit", "profit", NORNI_FIN_SYNONYM},
        {"profit (pre-tax)", "profit", NORNI_FIN_EXACT},
        {"cashflow", "cashflow", NORNI_FIN_EXACT},
        {"cash flow", "cashflow", NORNI_FIN_SYNONYM},
        {"Cash Flow from Operations", "cashflow", NORNI_FIN_SYNONYM},
        {"liabilities", "liabilities", NORNI_FIN_EXACT},
        {"debt", "liabilities", NORNI_FIN_SYNONYM},
        {"Total Liabilities", "liabilities", NORNI_FIN_SYNONYM},
        {"assets", "assets", NORNI_FIN_EXACT},
        {"Total Assets", "assets", NORNI_FIN_SYNONYM},
        {"Accounts Receivable", "ar", NORNI_FIN_SYNONYM},
        {"ar", "ar", NORNI_FIN_EXACT},
        {"Accounts Payable", "ap", NORNI_FIN_SYNONYM},
        {"ap", "ap", NORNI_FIN_EXACT},
        {"Marketing Spend", "marketing_spend", NORNI_FIN_EXACT},
        {"marketing budget", "marketing_spend", NORNI_FIN_SYNONYM},
        {"ad spend", "marketing_spend", NORNI_FIN_SYNONYM},
        {"advertising costs", "marketing_spend", NORNI_FIN_SYNONYM},
        {"region", "region", NORNI_FIN_EXACT},
        {"country", "region", NORNI_FIN_SYNONYM},
        {"market", "region", NORNI_FIN_SYNONYM},
        {"location", "region", NORNI_FIN_SYNONYM},
        {"department", "department", NORNI_FIN_EXACT},
        {"business_unit", "department", NORNI_FIN_SYNONYM},
        {"cost center", "department", NORNI_FIN_SYNONYM},
    };
    check(row, sizeof row / sizeof *row);
}

static void as_people_write_them(void **state) {
    (void)state;
    static const expected row[] = {
        {"Order Date", "date", NORNI_FIN_SYNONYM},
        {"Posting Date", "date", NORNI_FIN_SYNONYM},
        {"  MONTH ", "date", NORNI_FIN_SYNONYM},
        {"Ship Date", "date", NORNI_FIN_STAND_IN},
        {"Net Sales", "revenue", NORNI_FIN_SYNONYM},
        {"Total Revenue", "revenue", NORNI_FIN_SYNONYM},
        {"Revenue (USD)", "revenue", NORNI_FIN_EXACT},
        {"Revenue in kEUR", "revenue", NORNI_FIN_WORDS},
        {"Revenue, total", "revenue", NORNI_FIN_WORDS},
        {"monthly_sales", "revenue", NORNI_FIN_WORDS},
        {"Sales_Revenue", "revenue", NORNI_FIN_SYNONYM},
        {"salesRevenue", "revenue", NORNI_FIN_SYNONYM},
        {"SalesREVENUE", "revenue", NORNI_FIN_SYNONYM},
        {"SALES-REVENUE", "revenue", NORNI_FIN_SYNONYM},
        {"Revenue [\xE2\x82\xAC]", "revenue", NORNI_FIN_EXACT},
        {"OPEX", "expenses", NORNI_FIN_SYNONYM},
        {"OpEx", "expenses", NORNI_FIN_SYNONYM},
        {"Operating Expenses", "expenses", NORNI_FIN_SYNONYM},
        {"Cost of Goods Sold", "expenses", NORNI_FIN_STAND_IN},
        {"Cash Flow", "cashflow", NORNI_FIN_SYNONYM},
        {"CashFlow", "cashflow", NORNI_FIN_SYNONYM},
        {"operating_cash_flow", "cashflow", NORNI_FIN_SYNONYM},
        {"Net Income", "profit", NORNI_FIN_SYNONYM},
        {"Profit/Loss", "profit", NORNI_FIN_SYNONYM},
        {"Gross Profit", "profit", NORNI_FIN_STAND_IN},
        {"EBITDA", "profit", NORNI_FIN_STAND_IN},
        {"Business Unit", "department", NORNI_FIN_SYNONYM},
        {"Dept.", "department", NORNI_FIN_SYNONYM},
        {"Category", "department", NORNI_FIN_STAND_IN},
        {"Segment", "department", NORNI_FIN_LAST_RESORT},
        {"Country/Region", "region", NORNI_FIN_SYNONYM},
        {"A/R", "ar", NORNI_FIN_SYNONYM},
        {"AR (USD)", "ar", NORNI_FIN_EXACT},
        {"Accounts Receivable (AR)", "ar", NORNI_FIN_SYNONYM},
        {"marketing_spend", "marketing_spend", NORNI_FIN_EXACT},
        {"MarketingSpendUSD", "marketing_spend", NORNI_FIN_WORDS},
        {"Marketing Expenses", "marketing_spend", NORNI_FIN_SYNONYM},
        {"Umsatz", "revenue", NORNI_FIN_SYNONYM},
        {"Umsatzerl\xC3\xB6se (EUR)", "revenue", NORNI_FIN_SYNONYM},
        {"P&L", "profit", NORNI_FIN_SYNONYM},
        {"Trade Debtors", "ar", NORNI_FIN_SYNONYM},
        {"AR Balance", "ar", NORNI_FIN_SYNONYM},
        {"Accts Receivable", "ar", NORNI_FIN_SYNONYM},
        {"Outstanding", "ar", NORNI_FIN_STAND_IN},
        {"Function", "department", NORNI_FIN_STAND_IN},
        {"R\xC3\xA9gion", "region", NORNI_FIN_SYNONYM},
        {"Year", "year", NORNI_FIN_SYNONYM},
        {"Amount", "amount", NORNI_FIN_SYNONYM},
        {"Transaction Type", "type", NORNI_FIN_SYNONYM},
    };
    check(row, sizeof row / sizeof *row);
}

/* Near words are no key: a likeness would map each of these. */
static void likenesses_are_none(void **state) {
    (void)state;
    static const char *const header[] = {"Sales Rep",
                                         "Sales Tax",
                                         "Revenue Growth",
                                         "Profit Margin",
                                         "Product Name",
                                         "Customer Name",
                                         "Unit Cost",
                                         "Shipping Cost",
                                         "Quantity",
                                         "Discount",
                                         "Marketing Lead",
                                         "Tax",
                                         "Sales Target",
                                         "Budgeted Revenue",
                                         "",
                                         "()",
                                         "123",
                                         "\xFF\xFE",
                                         "Current Ratio",
                                         "Head Count",
                                         "Free Cash Flow",
                                         "Order ID",
                                         "Outstanding Debt Ratio",
                                         "P&L Owner",
                                         "Row ID",
                                         "Postal Code"};
    for (size_t i = 0; i < sizeof header / sizeof *header; i++) {
        norni_fin_rank rank;
        const unsigned role = norni_fin_header_role(norni_str_of(header[i]), &rank);
        if (role != NORNI_FIN_ROLE_NONE) fail_msg("%s became %s", header[i], role_name(role));
    }
}

static void notes_are_blocked(void **state) {
    (void)state;
    static const char *const blocked[] = {"note",         "Notes",    "Sales Notes",
                                          "comment",      "Comments", "description",
                                          "revenue_memo", "MEMO",     "incomeDescription"};
    static const char *const open[] = {"Notebook Sales", "Commentary", "Revenue", "Denote",
                                       "memory"};
    for (size_t i = 0; i < sizeof blocked / sizeof *blocked; i++)
        assert_true(norni_fin_header_blocked(norni_str_of(blocked[i])));
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        assert_false(norni_fin_header_blocked(norni_str_of(open[i])));
}

static void long_headers_are_cut(void **state) {
    (void)state;
    char long_one[5000], out[NORNI_FIN_HEADER_MOST];
    norni_fin_rank rank;
    memset(long_one, 'a', sizeof long_one);
    assert_true(norni_fin_header_plain((norni_str){long_one, sizeof long_one}, out) <
                NORNI_FIN_HEADER_MOST);
    assert_int_equal(norni_fin_header_role((norni_str){long_one, sizeof long_one}, &rank),
                     NORNI_FIN_ROLE_NONE);
    memset(long_one, '(', sizeof long_one);
    assert_int_equal(norni_fin_header_role((norni_str){long_one, sizeof long_one}, &rank),
                     NORNI_FIN_ROLE_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_the_spec),    cmocka_unit_test(as_people_write_them),
        cmocka_unit_test(likenesses_are_none),  cmocka_unit_test(notes_are_blocked),
        cmocka_unit_test(long_headers_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
