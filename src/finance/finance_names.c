/* Names of a report's columns, metrics and months, and where a series stands. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "data/calendar.h"
#include "finance/finance_forecast.h"

const char *norni_fin_key_name(norni_fin_key key) {
    static const char *const name[NORNI_FIN_KEYS] = {
        "revenue",     "expenses", "profit", "cashflow", "marketing_spend", "assets",
        "liabilities", "ar",       "ap",     "date",     "region",          "department"};
    assert(key < NORNI_FIN_KEYS);
    return name[key];
}

const char *norni_fin_metric_name(norni_fin_metric metric) {
    static const char *const name[NORNI_FIN_METRICS - NORNI_FIN_NUMBERS] = {
        "profit_margin",
        "expense_ratio",
        "marketing_spend_ratio",
        "working_capital",
        "current_ratio",
        "working_capital_ratio",
        "quick_ratio",
        "working_capital_change",
        "free_cash_flow",
        "ar_turnover",
        "dso",
        "ap_turnover",
        "dpo",
        "cash_conversion_cycle",
        "revenue_mom_growth",
        "profit_mom_growth",
        "expenses_mom_growth",
        "revenue_yoy_growth",
        "profit_yoy_growth",
        "debt_to_asset_ratio",
        "equity",
        "debt_to_equity_ratio",
        "solvency_ratio",
        "roas",
        "marketing_efficiency"};
    assert(metric < NORNI_FIN_METRICS);
    const unsigned m = (unsigned)metric;
    return m < NORNI_FIN_NUMBERS ? norni_fin_key_name((norni_fin_key)m)
                                 : name[m - NORNI_FIN_NUMBERS];
}

void norni_fin_month_text(int64_t month, char out[11]) {
    const norni_time_style date = {.kind = NORNI_TIME_DATE, .sep = '-'};
    char text[40];
    const int64_t day = norni_days_from_civil((int32_t)(month / 12), (int32_t)(month % 12) + 1, 1);
    const size_t n = norni_time_print(text, day * NORNI_US_DAY, &date);
    (void)norni_format(out, 11, "%.*s", (int)n, text);
}

const norni_fin_series *norni_fin_series_find(const norni_fin_forecasts *f, norni_fin_part part,
                                              norni_str name) {
    for (size_t i = 0; i < f->n; i++) {
        if (f->series[i].part == part && norni_str_cmp(f->series[i].name, name) == 0)
            return &f->series[i];
    }
    return NULL;
}
