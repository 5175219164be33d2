/* Numbers, months and metrics as people read them: 1.2M, 12.3 %, December 2024. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_words.h"

#include <math.h>

#include "base/fp.h"

/* Half away from zero, to `unit` decimals of a power of ten. */
static double rounded(double x, double unit) {
    const double size = floor(fabs(x) * unit + 0.5) / unit;
    return x < 0 && size > 0 ? -size : size;
}

static const char *missing(char *out) {
    (void)norni_format(out, NORNI_FIN_WORD, "n/a");
    return out;
}

/* Two digits that count, of 0 < |x| < .1. */
static double small(double x) {
    double unit = 100;
    while (fabs(x) * unit < 10 && unit < 1e300)
        unit *= 10;
    return rounded(x, unit);
}

/* "1.23e18": three digits, of what no unit serves. */
static const char *huge(double x, char *out) {
    int tens = 0;
    double size = fabs(x);
    while (size >= 999.5)
        size /= 10, tens++;
    while (rounded(size, 100) >= 10)
        size /= 10, tens++;
    (void)norni_format(out, NORNI_FIN_WORD, "%s%ge%d", x < 0 ? "-" : "", rounded(size, 100), tens);
    return out;
}

/* Three digits that count or more: both ends of an interval are told apart. */
const char *norni_fin_amount_text(double x, char *out) {
    static const char *const unit[] = {"", "K", "M", "B", "T"};
    if (!isfinite(x)) return missing(out);
    if (fabs(x) >= 1e18) return huge(x, out);
    size_t k = 0;
    double shown = x != 0 && fabs(x) < 0.1 ? small(x) : rounded(x, fabs(x) < 100 ? 100 : 1);
    while (fabs(shown) >= 1000 && k < 4) {
        x /= 1000, k++;
        shown = rounded(x, fabs(x) < 9.995 ? 100 : fabs(x) < 1000 ? 10 : 1);
    }
    (void)norni_format(out, NORNI_FIN_WORD, "%g%s", shown, unit[k]);
    return out;
}

const char *norni_fin_number_text(double x, char *out) {
    if (!isfinite(x)) return missing(out);
    if (fabs(x) >= 1e6) return norni_fin_amount_text(x, out);
    const double shown = rounded(x, 100), whole = floor(fabs(shown));
    const int cents = (int)floor((fabs(shown) - whole) * 100 + 0.5);
    (void)norni_format(out, NORNI_FIN_WORD, "%s%g.%d%d", shown < 0 ? "-" : "", whole, cents / 10,
                       cents % 10);
    return out;
}

const char *norni_fin_percent_text(double x, char *out) {
    char number[NORNI_FIN_WORD];
    if (!isfinite(x)) return missing(out);
    if (fabs(x) >= 1000)
        (void)norni_fin_amount_text(x, number);
    else
        (void)norni_format(number, sizeof number, "%g", rounded(x, 10));
    (void)norni_format(out, NORNI_FIN_WORD, "%s %%", number);
    return out;
}

const char *norni_fin_signed_text(double x, char *out) {
    char number[NORNI_FIN_WORD];
    if (!isfinite(x)) return missing(out);
    (void)norni_fin_percent_text(x, number);
    (void)norni_format(out, NORNI_FIN_WORD, "%s%s", rounded(x, 10) > 0 ? "+" : "", number);
    return out;
}

const char *norni_fin_month_words(int64_t month, char *out) {
    static const char *const name[] = {"January",   "February", "March",    "April",
                                       "May",       "June",     "July",     "August",
                                       "September", "October",  "November", "December"};
    (void)norni_format(out, NORNI_FIN_WORD, "%s %lld", name[((month % 12) + 12) % 12],
                       (long long)(month / 12));
    return out;
}

typedef enum unit { AMOUNT, PERCENT, DAYS, RATIO, GROWTH } unit;

static unit unit_of(norni_fin_metric metric) {
    if ((int)metric <= (int)NORNI_FIN_AP) return AMOUNT;
    switch ((int)metric) {
        case NORNI_FIN_PROFIT_MARGIN:
        case NORNI_FIN_EXPENSE_RATIO:
        case NORNI_FIN_MARKETING_SPEND_RATIO:
        case NORNI_FIN_WORKING_CAPITAL_RATIO:
        case NORNI_FIN_DEBT_TO_ASSET_RATIO: return PERCENT;
        case NORNI_FIN_DSO:
        case NORNI_FIN_DPO:
        case NORNI_FIN_CASH_CONVERSION_CYCLE: return DAYS;
        case NORNI_FIN_REVENUE_MOM_GROWTH:
        case NORNI_FIN_PROFIT_MOM_GROWTH:
        case NORNI_FIN_EXPENSES_MOM_GROWTH:
        case NORNI_FIN_REVENUE_YOY_GROWTH:
        case NORNI_FIN_PROFIT_YOY_GROWTH: return GROWTH;
        case NORNI_FIN_WORKING_CAPITAL:
        case NORNI_FIN_WORKING_CAPITAL_CHANGE:
        case NORNI_FIN_FREE_CASH_FLOW:
        case NORNI_FIN_EQUITY: return AMOUNT;
        default: return RATIO;
    }
}

bool norni_fin_is_share(norni_fin_metric metric) {
    return unit_of(metric) == PERCENT;
}

const char *norni_fin_value_text(norni_fin_metric metric, double x, char *out) {
    char number[NORNI_FIN_WORD];
    if (!isfinite(x)) return missing(out);
    switch (unit_of(metric)) {
        case AMOUNT: return norni_fin_amount_text(x, out);
        case PERCENT: return norni_fin_percent_text(100 * x, out);
        case GROWTH: return norni_fin_percent_text(x, out);
        case RATIO: return norni_fin_number_text(x, out);
        case DAYS: break;
    }
    if (fabs(x) < 1e6)
        (void)norni_format(number, sizeof number, "%g", rounded(x, 10));
    else
        (void)norni_fin_amount_text(x, number);
    (void)norni_format(out, NORNI_FIN_WORD, "%s %s", number,
                       norni_str_is(norni_str_of(number), "1") ? "day" : "days");
    return out;
}

const char *norni_fin_points_text(double distance, char *out) {
    char number[NORNI_FIN_WORD];
    const double points = 100 * fabs(distance);
    if (!isfinite(points)) return missing(out);
    if (points < 1e6)
        (void)norni_format(number, sizeof number, "%g", rounded(points, points < 0.1 ? 1000 : 10));
    else
        (void)norni_fin_amount_text(points, number);
    (void)norni_format(out, NORNI_FIN_WORD, "%s %s", number,
                       norni_str_is(norni_str_of(number), "1") ? "point" : "points");
    return out;
}

typedef struct word {
    norni_fin_metric metric;
    const char *label, *said;
} word;
static const word WORD[] = {
    {(norni_fin_metric)NORNI_FIN_REVENUE, "Revenue", "revenue"},
    {(norni_fin_metric)NORNI_FIN_EXPENSES, "Expenses", "expenses"},
    {(norni_fin_metric)NORNI_FIN_PROFIT, "Profit", "profit"},
    {(norni_fin_metric)NORNI_FIN_CASHFLOW, "Cashflow", "cash flow"},
    {(norni_fin_metric)NORNI_FIN_MARKETING, "Marketing spend", "marketing spend"},
    {(norni_fin_metric)NORNI_FIN_ASSETS, "Assets", "assets"},
    {(norni_fin_metric)NORNI_FIN_LIABILITIES, "Liabilities", "liabilities"},
    {(norni_fin_metric)NORNI_FIN_AR, "AR", "accounts receivable"},
    {(norni_fin_metric)NORNI_FIN_AP, "AP", "accounts payable"},
    {NORNI_FIN_PROFIT_MARGIN, "Profit margin", "profit margin"},
    {NORNI_FIN_EXPENSE_RATIO, "Expense ratio", "expense ratio"},
    {NORNI_FIN_WORKING_CAPITAL, "Working capital", "working capital"},
    {NORNI_FIN_DSO, "DSO", "DSO"},
    {NORNI_FIN_DPO, "DPO", "DPO"},
    {NORNI_FIN_CASH_CONVERSION_CYCLE, "Cash conversion cycle", "cash conversion cycle"},
    {NORNI_FIN_DEBT_TO_EQUITY_RATIO, "Debt to equity ratio", "debt to equity ratio"},
    {NORNI_FIN_CURRENT_RATIO, "Current ratio", "current ratio"},
};

static const word *find_word(norni_fin_metric metric) {
    for (size_t k = 0; k < sizeof WORD / sizeof WORD[0]; k++) {
        if (WORD[k].metric == metric) return &WORD[k];
    }
    return NULL;
}

const char *norni_fin_label(norni_fin_metric metric) {
    const word *w = find_word(metric);
    return w ? w->label : norni_fin_metric_name(metric);
}

const char *norni_fin_said(norni_fin_metric metric) {
    const word *w = find_word(metric);
    return w ? w->said : norni_fin_metric_name(metric);
}

const char *norni_fin_count_text(size_t n, const char *one, char *out) {
    (void)norni_format(out, NORNI_FIN_WORD, "%zu %s%s", n, one, n == 1 ? "" : "s");
    return out;
}
