/* What each metric is made of, and its arithmetic for one period: a month, a quarter, a year. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_METRICS_H
#define NORNI_FINANCE_METRICS_H

#include "finance/finance_months.h"

/* The metric that is a key itself. */
#define NORNI_FIN_METRIC(key) ((norni_fin_metric)(key))

/* Columns that a metric needs: a bit for each key (1 << key). */
uint32_t norni_fin_metric_needs(norni_fin_metric metric);
/* Its rule in words: "ar / revenue * days". */
const char *norni_fin_metric_rule(norni_fin_metric metric);
/* Whether the table has the columns for it. */
bool norni_fin_metric_there(const norni_fin_table *t, norni_fin_metric metric);

/* Sum of a column over all rows; NaN: no such column. */
double norni_fin_total(const norni_fin_table *t, norni_fin_key key);

/* a / b; NaN unless b is above 0 and the quotient is a number. */
static inline double norni_fin_over(double a, double b) {
    const double q = b > 0 ? a / b : __builtin_nan("");
    return q - q == 0 ? q : __builtin_nan("");
}
/* Growth from `before` to `now` in per cent; NaN unless `before` is above 0. */
static inline double norni_fin_growth(double before, double now) {
    return 100 * norni_fin_over(now - before, before);
}

/* From a period's sums and closing balances, value (NORNI_FIN_NUMBERS), to all its metrics, behind them (NORNI_FIN_METRICS);
 * NaN: not there. `before`: the period right before, `year_ago`: that of the same name a year before, each (NORNI_FIN_METRICS)
 * or NULL. */
void norni_fin_period_derive(double *value, double days, const double *before,
                             const double *year_ago);

#endif
