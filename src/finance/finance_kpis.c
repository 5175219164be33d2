/* Key figures and the health score of a report. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Totals are sums over all rows; means are over the whole months that have the metric, each month once. growth_rate sets the last
 * calendar year against the one before; months that only one of the two has are left out of both, so that a year that has just
 * begun is compared with the same months of the last. */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_kpis.h"
#include "finance/finance_metrics.h"

double norni_fin_total(const norni_fin_table *t, norni_fin_key key) {
    if (t->number[key] == NULL) return NORNI_NAN;
    norni_sum s = {0, 0};
    for (size_t i = 0; i < t->n; i++)
        s = norni_sum_add(s, t->number[key][i]);
    return norni_canonical(norni_sum_get(s));
}

/* Mean over the months that have it; NaN: none. */
static double mean(const norni_fin_months *m, norni_fin_metric metric) {
    if (m->value[metric] == NULL) return NORNI_NAN;
    const size_t from = norni_fin_whole_from(m), n = norni_fin_whole_end(m) - from;
    double out = NORNI_NAN, var;
    return norni_mean_var(m->value[metric] + from, n, 0, &out, &var) > 0 ? out : NORNI_NAN;
}

/* The last whole month's that has it. */
static double last(const norni_fin_months *m, norni_fin_metric metric) {
    for (size_t i = m->value[metric] == NULL ? 0 : norni_fin_whole_end(m); i > 0; i--) {
        if (!isnan(m->value[metric][i - 1])) return m->value[metric][i - 1];
    }
    return NORNI_NAN;
}

/* The last calendar year's revenue against that of the same months of the year before, per cent. */
static double growth(const norni_fin_months *m) {
    const double *x = m->value[NORNI_FIN_REVENUE];
    const size_t from = norni_fin_whole_from(m), end = norni_fin_whole_end(m);
    if (x == NULL || end == 0) return NORNI_NAN;
    const size_t of_year = (size_t)(norni_fin_month_of(m, end - 1) % 12) + 1;
    norni_sum now = {0, 0}, before = {0, 0};
    for (size_t i = end < of_year ? 0 : end - of_year; i < end; i++) {
        if (i < from + 12 || isnan(x[i]) || isnan(x[i - 12])) continue;
        now = norni_sum_add(now, x[i]), before = norni_sum_add(before, x[i - 12]);
    }
    return norni_fin_growth(norni_sum_get(before), norni_sum_get(now));
}

static double least(double a, double b) {
    return a < b ? a : b;
}

double norni_fin_health(double margin, double current_ratio, double debt_to_asset,
                        double growth_rate, double part[4]) {
    part[0] = isnan(margin) ? NORNI_NAN : 25 * least(margin / 0.20, 1);
    part[1] = isnan(current_ratio) ? NORNI_NAN
              : current_ratio > 0  ? 25 * least((current_ratio - 1) / 1.5, 1)
                                   : 0;
    part[2] = isnan(debt_to_asset) ? NORNI_NAN : 25 * (1 - least(debt_to_asset / 0.6, 1));
    part[3] = isnan(growth_rate) ? NORNI_NAN
              : growth_rate > 0  ? 25 * least(growth_rate / 0.25, 1)
                                 : 0;
    double sum = 0, there = 0;
    for (int k = 0; k < 4; k++) {
        if (!isnan(part[k])) sum += part[k], there += 25;
    }
    if (there < 50) return NORNI_NAN; /* one part is not the whole's health */
    const double score = there == 100 ? sum : sum / there * 100;
    return score <= 0 ? 0 : score >= 100 ? 100 : floor(score * 100 + 0.5) / 100;
}

int32_t norni_fin_health_count(const norni_fin_kpis *k) {
    return !isnan(k->health_margin) + !isnan(k->health_liquidity) + !isnan(k->health_debt) +
           !isnan(k->health_growth);
}

void norni_fin_kpis_make(const norni_fin_book *book, norni_fin_kpis *out) {
    const norni_fin_table *t = &book->table;
    const norni_fin_months *m = &book->all;
    *out = (norni_fin_kpis){
        .total_revenue = norni_fin_total(t, NORNI_FIN_REVENUE),
        .total_expenses = norni_fin_total(t, NORNI_FIN_EXPENSES),
        .cashflow = norni_fin_total(t, NORNI_FIN_CASHFLOW),
        .growth_rate = growth(m),
        .dso = mean(m, NORNI_FIN_DSO),
        .roas = mean(m, NORNI_FIN_ROAS),
        .marketing_efficiency = mean(m, NORNI_FIN_MARKETING_EFFICIENCY),
        .current_ratio = mean(m, NORNI_FIN_CURRENT_RATIO),
        .quick_ratio = mean(m, NORNI_FIN_QUICK_RATIO),
        .working_capital = mean(m, NORNI_FIN_WORKING_CAPITAL),
        .debt_to_equity_ratio = mean(m, NORNI_FIN_DEBT_TO_EQUITY_RATIO),
        .ar_turnover = mean(m, NORNI_FIN_AR_TURNOVER),
        .ap_turnover = mean(m, NORNI_FIN_AP_TURNOVER),
        .cash_conversion_cycle = mean(m, NORNI_FIN_CASH_CONVERSION_CYCLE),
        .free_cash_flow = mean(m, NORNI_FIN_FREE_CASH_FLOW),
        .expense_ratio = mean(m, NORNI_FIN_EXPENSE_RATIO),
        .solvency_ratio = mean(m, NORNI_FIN_SOLVENCY_RATIO),
    };
    out->profit_margin = norni_fin_over(norni_fin_total(t, NORNI_FIN_PROFIT), out->total_revenue);
    double part[4];
    out->financial_health_score =
        norni_fin_health(out->profit_margin, last(m, NORNI_FIN_CURRENT_RATIO),
                         last(m, NORNI_FIN_DEBT_TO_ASSET_RATIO), out->growth_rate / 100, part);
    out->health_margin = part[0], out->health_liquidity = part[1];
    out->health_debt = part[2], out->health_growth = part[3];
}

void norni_fin_kpis_json(norni_json *j, const norni_fin_kpis *k, double forecast_accuracy) {
    norni_json_open(j, '{');
    norni_json_key_num(j, "total_revenue", k->total_revenue);
    norni_json_key_num(j, "total_expenses", k->total_expenses);
    norni_json_key_num(j, "profit_margin", k->profit_margin);
    norni_json_key_num(j, "cashflow", k->cashflow);
    norni_json_key_num(j, "growth_rate", k->growth_rate);
    norni_json_key_num(j, "forecast_accuracy", forecast_accuracy);
    norni_json_key_num(j, "financial_health_score", k->financial_health_score);
    norni_json_key_num(j, "dso", k->dso);
    norni_json_key(j, "financial_health_parts");
    norni_json_open(j, '{');
    norni_json_key_num(j, "margin", k->health_margin);
    norni_json_key_num(j, "liquidity", k->health_liquidity);
    norni_json_key_num(j, "debt", k->health_debt);
    norni_json_key_num(j, "growth", k->health_growth);
    norni_json_close(j, '}');
    norni_json_key_int(j, "financial_health_parts_known", norni_fin_health_count(k)); /* of 4 */
    norni_json_close(j, '}');
}

void norni_fin_enhanced_json(norni_json *j, const norni_fin_kpis *k) {
    norni_json_open(j, '{');
    norni_json_key_num(j, "roas", k->roas);
    norni_json_key_num(j, "marketing_efficiency", k->marketing_efficiency);
    norni_json_key_num(j, "current_ratio", k->current_ratio);
    norni_json_key_num(j, "quick_ratio", k->quick_ratio);
    norni_json_key_num(j, "working_capital", k->working_capital);
    norni_json_key_num(j, "debt_to_equity_ratio", k->debt_to_equity_ratio);
    norni_json_key_num(j, "ar_turnover", k->ar_turnover);
    norni_json_key_num(j, "ap_turnover", k->ap_turnover);
    norni_json_key_num(j, "cash_conversion_cycle", k->cash_conversion_cycle);
    norni_json_key_num(j, "free_cash_flow", k->free_cash_flow);
    norni_json_key_num(j, "expense_ratio", k->expense_ratio);
    norni_json_key_num(j, "solvency_ratio", k->solvency_ratio);
    norni_json_close(j, '}');
}
