/* Months of a report: rows added up, balances taken at the month's end, ratios made from those. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_MONTHS_H
#define NORNI_FINANCE_MONTHS_H

#include "finance/finance_table.h"
#include "io/writer.h"

/* The first NORNI_FIN_NUMBERS metrics are the keys themselves (same numbers). */
typedef enum norni_fin_metric {
    NORNI_FIN_PROFIT_MARGIN = NORNI_FIN_NUMBERS,
    NORNI_FIN_EXPENSE_RATIO,
    NORNI_FIN_MARKETING_SPEND_RATIO,
    NORNI_FIN_WORKING_CAPITAL,
    NORNI_FIN_CURRENT_RATIO,
    NORNI_FIN_WORKING_CAPITAL_RATIO,
    NORNI_FIN_QUICK_RATIO,
    NORNI_FIN_WORKING_CAPITAL_CHANGE,
    NORNI_FIN_FREE_CASH_FLOW,
    NORNI_FIN_AR_TURNOVER,
    NORNI_FIN_DSO,
    NORNI_FIN_AP_TURNOVER,
    NORNI_FIN_DPO,
    NORNI_FIN_CASH_CONVERSION_CYCLE,
    NORNI_FIN_REVENUE_MOM_GROWTH, /* per cent, as all growths */
    NORNI_FIN_PROFIT_MOM_GROWTH,
    NORNI_FIN_EXPENSES_MOM_GROWTH,
    NORNI_FIN_REVENUE_YOY_GROWTH,
    NORNI_FIN_PROFIT_YOY_GROWTH,
    NORNI_FIN_DEBT_TO_ASSET_RATIO,
    NORNI_FIN_EQUITY,
    NORNI_FIN_DEBT_TO_EQUITY_RATIO,
    NORNI_FIN_SOLVENCY_RATIO,
    NORNI_FIN_ROAS,
    NORNI_FIN_MARKETING_EFFICIENCY,
    NORNI_FIN_METRICS
} norni_fin_metric;

/* "profit_margin", "dso" …, as in the reports' JSON. */
const char *norni_fin_metric_name(norni_fin_metric metric);

/* What the months of some rows come to. Flows are summed. A balance is that of the month's end: each entity's (region and
 * department) last one, carried over months in which it has no row (behind its last row for three months, or its longest silence before), added
 * up. Ratios are made from those. A month without any
 * row is missing (NaN), never 0; a ratio whose denominator is not above 0 is NaN. */
typedef struct norni_fin_months {
    size_t n;                         /* from the first month with rows to the last */
    int32_t first;                    /* year * 12 + month - 1 */
    size_t *rows;                     /* (n) */
    double *value[NORNI_FIN_METRICS]; /* (n) each, or NULL: a column that it needs is not there */
    double revenue_cagr,
        profit_cagr; /* per cent, of whole years' sums; NaN: fewer than two, or of a sign that has none */
    /* The first or last month is one of a table with several dated days a month, and its rows begin late or stop early: it is not
     * whole. Its sums are told, but neither growth, means, forecasts nor findings are made of it; its growths are NaN. */
    bool part_first, part_last;
    const double *
        days; /* (n) that a month's flows are of: its own, those with rows, a quarter's; NULL: its own */
    int32_t
        step; /* months from one with rows to the next: 3 of quarterly books; 0 and 1: the usual */
} norni_fin_months;

/* The whole months are those from norni_fin_whole_from to before norni_fin_whole_end. */
static inline size_t norni_fin_whole_from(const norni_fin_months *m) {
    return m->n > 0 && m->part_first ? 1 : 0;
}
static inline size_t norni_fin_whole_end(const norni_fin_months *m) {
    const size_t end = m->n > 0 && m->part_last ? m->n - 1 : m->n;
    return end < norni_fin_whole_from(m) ? norni_fin_whole_from(m) : end;
}

/* `of` and `group`: only rows with of[row] == group; of NULL: all. */
NORN_CHECKED norn_status norni_fin_months_make(const norni_fin_table *t, const uint32_t *of,
                                               uint32_t group, norni_arena *arena,
                                               norni_fin_months *out, norn_err *err);
static inline int64_t norni_fin_month_of(const norni_fin_months *m, size_t i) {
    return m->first + (int64_t)i;
}
/* "2024-03-01" into out (11 bytes with its NUL). */
void norni_fin_month_text(int64_t month, char out[11]);

/* Everything that sections of a report are made from. All in one arena. */
typedef struct norni_fin_book {
    norni_fin_table table;
    norni_fin_months all;
    norni_fin_months *region;     /* (table.region.n) */
    norni_fin_months *department; /* (table.department.n) */
} norni_fin_book;
/* From book->table, which is filled, to its months. */
NORN_CHECKED norn_status norni_fin_book_make(norni_fin_book *book, norni_arena *arena,
                                             norn_err *err);

/* feature_schema: {feature, type, source[], transformation} of every metric that is there. */
void norni_fin_schema_json(norni_json *j, const norni_fin_book *book);

#endif
