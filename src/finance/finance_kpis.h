/* Key figures of a report, its health score, and what they would be if one column were different. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_KPIS_H
#define NORNI_FINANCE_KPIS_H

#include "finance/finance_months.h"

/* NaN where the columns for it are not there (null in JSON). */
typedef struct norni_fin_kpis {
    double total_revenue, total_expenses, profit_margin, cashflow;
    /* per cent: the last calendar year against the one before, over the months that both have */
    double growth_rate;
    double dso;                    /* mean over months */
    double financial_health_score; /* 0 to 100, two digits; NaN: fewer than two of its parts */
    /* Its parts, 25 each at most, the first two below 0 for losses and a current ratio below 1; NaN: not there, and the score is
     * scaled to what is. */
    double health_margin, health_liquidity, health_debt, health_growth;
    /* enhanced_kpis: means over months */
    double roas, marketing_efficiency, current_ratio, quick_ratio, working_capital,
        debt_to_equity_ratio;
    double ar_turnover, ap_turnover, cash_conversion_cycle, free_cash_flow, expense_ratio,
        solvency_ratio;
} norni_fin_kpis;

/* (margin share, current ratio, debt to assets, growth share) to the score: .311, 1.9264, .5191, .04551 give 48.36. */
double norni_fin_health(double margin, double current_ratio, double debt_to_asset, double growth,
                        double part[4]);
/* Of the score's four parts, those that are there. */
int32_t norni_fin_health_count(const norni_fin_kpis *k);
void norni_fin_kpis_make(const norni_fin_book *book, norni_fin_kpis *out);
/* forecast_accuracy: mean of the forecasts' measured accuracy_percentage, NaN: none. */
void norni_fin_kpis_json(norni_json *j, const norni_fin_kpis *k, double forecast_accuracy);
void norni_fin_enhanced_json(norni_json *j, const norni_fin_kpis *k);

/* What-if: one column times 1 + change_pct / 100, everything that follows from it by identities. */
typedef struct norni_fin_whatif {
    double base_profit, base_cashflow, profit, cashflow; /* cashflow NaN: no such column */
    char summary[512];
} norni_fin_whatif;
/* NORN_E_ARG: `parameter` (a key's name or a header) is not there, or a change that is not finite or under -100. Names near it are named. NORN_E_DATA: the
 * table has neither profit nor cash flow. */
NORN_CHECKED norn_status norni_fin_whatif_make(const norni_fin_book *book, norni_str parameter,
                                               double change_pct, norni_fin_whatif *out,
                                               norn_err *err);
/* {scenario, baseline, simulation_results, impact, summary_text} */
void norni_fin_whatif_json(norni_json *j, norni_str parameter, double change_pct,
                           const norni_fin_whatif *w);

#endif
