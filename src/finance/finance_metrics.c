/* The metrics of a period, each made from the period's sums and its closing balances. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Flows (revenue … marketing_spend) are sums over the period, stocks (assets … ap) what stands at its end. A ratio is taken once,
 * of those: the mean of the rows' ratios is another number, and their sum is none. */
#include <assert.h>

#include "base/fp.h"
#include "finance/finance_metrics.h"

typedef struct metric_rule {
    uint32_t needs;
    const char *text;
} metric_rule;

#define R   (1u << NORNI_FIN_REVENUE)
#define E   (1u << NORNI_FIN_EXPENSES)
#define P   (1u << NORNI_FIN_PROFIT)
#define C   (1u << NORNI_FIN_CASHFLOW)
#define M   (1u << NORNI_FIN_MARKETING)
#define A   (1u << NORNI_FIN_ASSETS)
#define L   (1u << NORNI_FIN_LIABILITIES)
#define AR  (1u << NORNI_FIN_AR)
#define AP  (1u << NORNI_FIN_AP)
#define SUM "sum of the month's rows"
#define END "balances at the month's end, added over regions and departments"

static const metric_rule rule[NORNI_FIN_METRICS] = {
    [NORNI_FIN_REVENUE] = {R, SUM},
    [NORNI_FIN_EXPENSES] = {E, SUM},
    [NORNI_FIN_PROFIT] = {P, SUM},
    [NORNI_FIN_CASHFLOW] = {C, SUM},
    [NORNI_FIN_MARKETING] = {M, SUM},
    [NORNI_FIN_ASSETS] = {A, END},
    [NORNI_FIN_LIABILITIES] = {L, END},
    [NORNI_FIN_AR] = {AR, END},
    [NORNI_FIN_AP] = {AP, END},
    [NORNI_FIN_PROFIT_MARGIN] = {P | R, "profit / revenue"},
    [NORNI_FIN_EXPENSE_RATIO] = {E | R, "expenses / revenue"},
    [NORNI_FIN_MARKETING_SPEND_RATIO] = {M | R, "marketing_spend / revenue"},
    [NORNI_FIN_WORKING_CAPITAL] = {A | L, "assets - liabilities"},
    [NORNI_FIN_CURRENT_RATIO] = {A | L, "assets / liabilities"},
    [NORNI_FIN_WORKING_CAPITAL_RATIO] = {A | L, "(assets - liabilities) / assets"},
    [NORNI_FIN_QUICK_RATIO] = {C | AR | L, "(cashflow + ar) / liabilities"},
    [NORNI_FIN_WORKING_CAPITAL_CHANGE] = {A | L, "working_capital less that of the month before"},
    [NORNI_FIN_FREE_CASH_FLOW] = {C | A | L, "cashflow - working_capital_change"},
    [NORNI_FIN_AR_TURNOVER] = {R | AR, "revenue / ar"},
    [NORNI_FIN_DSO] = {R | AR, "ar / revenue * days of the month"},
    [NORNI_FIN_AP_TURNOVER] = {E | AP, "expenses / ap"},
    [NORNI_FIN_DPO] = {E | AP, "ap / expenses * days of the month"},
    [NORNI_FIN_CASH_CONVERSION_CYCLE] = {R | AR | E | AP, "dso - dpo"},
    [NORNI_FIN_REVENUE_MOM_GROWTH] = {R, "per cent against the month before"},
    [NORNI_FIN_PROFIT_MOM_GROWTH] = {P, "per cent against the month before"},
    [NORNI_FIN_EXPENSES_MOM_GROWTH] = {E, "per cent against the month before"},
    [NORNI_FIN_REVENUE_YOY_GROWTH] = {R, "per cent against the same month a year before"},
    [NORNI_FIN_PROFIT_YOY_GROWTH] = {P, "per cent against the same month a year before"},
    [NORNI_FIN_DEBT_TO_ASSET_RATIO] = {A | L, "liabilities / assets"},
    [NORNI_FIN_EQUITY] = {A | L, "assets - liabilities"},
    [NORNI_FIN_DEBT_TO_EQUITY_RATIO] = {A | L, "liabilities / (assets - liabilities)"},
    [NORNI_FIN_SOLVENCY_RATIO] = {P | L, "profit / liabilities"},
    [NORNI_FIN_ROAS] = {R | M, "revenue / marketing_spend"},
    [NORNI_FIN_MARKETING_EFFICIENCY] = {P | M, "profit / marketing_spend"},
};

#undef R
#undef E
#undef P
#undef C
#undef M
#undef A
#undef L
#undef AR
#undef AP

uint32_t norni_fin_metric_needs(norni_fin_metric metric) {
    assert(metric < NORNI_FIN_METRICS);
    return rule[metric].needs;
}

const char *norni_fin_metric_rule(norni_fin_metric metric) {
    assert(metric < NORNI_FIN_METRICS);
    return rule[metric].text;
}

bool norni_fin_metric_there(const norni_fin_table *t, norni_fin_metric metric) {
    const uint32_t needs = norni_fin_metric_needs(metric);
    for (uint32_t k = 0; k < NORNI_FIN_NUMBERS; k++) {
        if ((needs >> k & 1) != 0 && t->number[k] == NULL) return false;
    }
    return true;
}

static void grow(double *value, norni_fin_metric growth, norni_fin_key key, const double *before) {
    value[growth] = before == NULL ? NORNI_NAN : norni_fin_growth(before[key], value[key]);
}

void norni_fin_period_derive(double *value, double days, const double *before,
                             const double *year_ago) {
    double *v = value;
    const double revenue = v[NORNI_FIN_REVENUE], expenses = v[NORNI_FIN_EXPENSES];
    const double profit = v[NORNI_FIN_PROFIT], cashflow = v[NORNI_FIN_CASHFLOW];
    const double marketing = v[NORNI_FIN_MARKETING], assets = v[NORNI_FIN_ASSETS];
    const double debt = v[NORNI_FIN_LIABILITIES], ar = v[NORNI_FIN_AR], ap = v[NORNI_FIN_AP];
    const double capital = assets - debt;
    const double change = before == NULL ? NORNI_NAN : capital - before[NORNI_FIN_WORKING_CAPITAL];

    v[NORNI_FIN_PROFIT_MARGIN] = norni_fin_over(profit, revenue);
    v[NORNI_FIN_EXPENSE_RATIO] = norni_fin_over(expenses, revenue);
    v[NORNI_FIN_MARKETING_SPEND_RATIO] = norni_fin_over(marketing, revenue);
    v[NORNI_FIN_WORKING_CAPITAL] = capital;
    v[NORNI_FIN_CURRENT_RATIO] = norni_fin_over(assets, debt);
    v[NORNI_FIN_WORKING_CAPITAL_RATIO] = norni_fin_over(capital, assets);
    v[NORNI_FIN_QUICK_RATIO] = norni_fin_over(cashflow + ar, debt);
    v[NORNI_FIN_WORKING_CAPITAL_CHANGE] = change;
    v[NORNI_FIN_FREE_CASH_FLOW] = cashflow - change;
    v[NORNI_FIN_AR_TURNOVER] = norni_fin_over(revenue, ar);
    v[NORNI_FIN_DSO] = norni_fin_over(ar, revenue) * days;
    v[NORNI_FIN_AP_TURNOVER] = norni_fin_over(expenses, ap);
    v[NORNI_FIN_DPO] = norni_fin_over(ap, expenses) * days;
    v[NORNI_FIN_CASH_CONVERSION_CYCLE] = v[NORNI_FIN_DSO] - v[NORNI_FIN_DPO];
    grow(v, NORNI_FIN_REVENUE_MOM_GROWTH, NORNI_FIN_REVENUE, before);
    grow(v, NORNI_FIN_PROFIT_MOM_GROWTH, NORNI_FIN_PROFIT, before);
    grow(v, NORNI_FIN_EXPENSES_MOM_GROWTH, NORNI_FIN_EXPENSES, before);
    grow(v, NORNI_FIN_REVENUE_YOY_GROWTH, NORNI_FIN_REVENUE, year_ago);
    grow(v, NORNI_FIN_PROFIT_YOY_GROWTH, NORNI_FIN_PROFIT, year_ago);
    v[NORNI_FIN_DEBT_TO_ASSET_RATIO] = norni_fin_over(debt, assets);
    v[NORNI_FIN_EQUITY] = capital;
    v[NORNI_FIN_DEBT_TO_EQUITY_RATIO] = norni_fin_over(debt, capital);
    v[NORNI_FIN_SOLVENCY_RATIO] = norni_fin_over(profit, debt);
    v[NORNI_FIN_ROAS] = norni_fin_over(revenue, marketing);
    v[NORNI_FIN_MARKETING_EFFICIENCY] = norni_fin_over(profit, marketing);
    for (int m = 0; m < NORNI_FIN_METRICS; m++) {
        if (!(v[m] - v[m] == 0)) v[m] = NORNI_NAN; /* out of range: as good as missing */
    }
}
