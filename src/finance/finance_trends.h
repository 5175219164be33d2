/* Growths of a report's months that narratives speak of. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_TRENDS_H
#define NORNI_FINANCE_TRENDS_H

#include "finance/finance_months.h"

/* Per cent; NaN: a month of the two stretches is missing, or the earlier one is not above 0. Months that are not whole do
 * not count. */
typedef struct norni_fin_trends {
    /* the last 3 months against the same 3 a year before; with fewer than 24 months against the 3 before */
    double revenue_quarter, expenses_quarter, ar_quarter, ap_quarter;
    bool on_year; /* which of the two */
    int32_t step; /* as that of the months: 3 of books of quarters */
    double revenue_year, expenses_year, profit_year; /* the last 12 against the 12 before */
    double liabilities_step, equity_step; /* mean growth from month to month over the last 6 */
    int64_t last_month;                   /* the last that counts */
} norni_fin_trends;
enum { NORNI_FIN_QUARTER = 64 };
/* "October to December 2024", or "the quarter of December 2024" of books of quarters, into out
 * (NORNI_FIN_QUARTER bytes), which it returns. */
const char *norni_fin_quarter_text(const norni_fin_trends *t, char *out);
/* "the same months a year before" or "the three months before" */
const char *norni_fin_quarter_before(const norni_fin_trends *t);
void norni_fin_trends_make(const norni_fin_months *m, norni_fin_trends *out);
/* The metric in the last month that counts and has it; NaN: none. */
double norni_fin_latest(const norni_fin_months *m, norni_fin_metric metric, int64_t *month);

#endif
