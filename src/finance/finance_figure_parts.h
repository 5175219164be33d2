/* What the makers of a report's figures share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_FIGURE_PARTS_H
#define NORNI_FINANCE_FIGURE_PARTS_H

#include "finance/finance_forecast.h"
#include "finance/finance_metrics.h"

/* "date": "2024-03-01" */
void norni_fin_date_json(norni_json *j, int64_t month);

/* A group's months with its name; the last may be that of rows without one, whose name is empty with p NULL. */
typedef struct norni_fin_shares {
    size_t n;
    const norni_str *name;         /* (n) */
    const norni_fin_months *share; /* (n) */
} norni_fin_shares;
NORN_CHECKED norn_status norni_fin_shares_make(const norni_fin_table *t, const norni_fin_groups *g,
                                               const norni_fin_months *made, norni_arena *arena,
                                               norni_fin_shares *out, norn_err *err);
/* key: name, or null of rows without one */
void norni_fin_share_json(norni_json *j, const char *key, norni_str name);

/* What months have of a metric. NaN where none has it. */
typedef struct norni_fin_stats {
    size_t n;
    double sum, mean, std, min, max; /* std with n - 1 */
} norni_fin_stats;
norni_fin_stats norni_fin_stats_make(const norni_fin_months *m, norni_fin_metric metric);

/* finance_series_figures.c */
NORN_CHECKED norn_status norni_fin_breakdowns_json(norni_json *j, const norni_fin_book *book,
                                                   norni_arena *arena, norn_err *err);
NORN_CHECKED norn_status norni_fin_trends_json(norni_json *j, const norni_fin_months *m,
                                               norni_arena *arena, norn_err *err);
/* finance_summaries.c, finance_diagnostics.c */
NORN_CHECKED norn_status norni_fin_summaries_json(norni_json *j, const norni_fin_book *book,
                                                  norni_arena *arena, norn_err *err);
NORN_CHECKED norn_status norni_fin_diagnostics_json(norni_json *j, const norni_fin_months *m,
                                                    norni_arena *arena, norn_err *err);

#endif
