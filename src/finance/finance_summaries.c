/* Tables of a report: quarters, years, regions, departments, marketing, working capital. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A quarter or year is made as a month is: flows summed over its months, balances of its last month that has some, ratios once
 * from those, days of the months that are there. Its growth is told only where it and the one it is set against have all their
 * months. */
#include <math.h>

#include "base/fp.h"
#include "data/calendar.h"
#include "finance/finance_figure_parts.h"
#include "finance/finance_metrics.h"

enum { QUARTER = 3, YEAR = 12 };

typedef struct period {
    int32_t months; /* that have rows */
    bool part;      /* one of them is not whole */
    double value[NORNI_FIN_METRICS];
} period;

/* Adds month i of m to p, whose flows begin at NaN. */
static void add_month(const norni_fin_months *m, size_t i, norni_sum *sum, period *p,
                      double *days) {
    if (m->rows[i] == 0) return;
    const int64_t month = norni_fin_month_of(m, i);
    p->months++;
    p->part = p->part || i < norni_fin_whole_from(m) || i >= norni_fin_whole_end(m);
    *days += m->days != NULL
                 ? m->days[i]
                 : norni_days_in_month((int32_t)(month / 12), (int32_t)(month % 12) + 1);
    for (int k = 0; k < NORNI_FIN_NUMBERS; k++) {
        if (m->value[k] == NULL || isnan(m->value[k][i])) continue;
        if (k < NORNI_FIN_ASSETS) {
            sum[k] = norni_sum_add(sum[k], m->value[k][i]);
            p->value[k] = norni_sum_get(sum[k]);
        } else {
            p->value[k] = m->value[k][i];
        }
    }
}

static bool is_whole(const period *p, int32_t months) {
    return p->months == months && !p->part;
}

/* Periods of `length` months from the first month's to the last's. */
static norn_status make_periods(const norni_fin_months *m, int32_t length, norni_arena *arena,
                                int32_t *first, size_t *n, period **out, norn_err *err) {
    *first = m->first / length;
    *n = m->n == 0 ? 0 : (size_t)((m->first + (int32_t)m->n - 1) / length - *first) + 1;
    period *made = norni_arena_zero(arena, *n + 1, sizeof *made);
    if (made == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    size_t i = 0;
    for (size_t k = 0; k < *n; k++) {
        norni_sum sum[NORNI_FIN_NUMBERS] = {{0, 0}};
        double days = 0;
        for (int v = 0; v < NORNI_FIN_METRICS; v++)
            made[k].value[v] = NORNI_NAN;
        for (; i < m->n && (m->first + (int32_t)i) / length == *first + (int32_t)k; i++)
            add_month(m, i, sum, &made[k], &days);
        const size_t year = (size_t)(YEAR / length);
        const int32_t of = m->step > 1 && length % m->step == 0 ? length / m->step : length;
        const bool whole = is_whole(&made[k], of);
        const period *before = whole && k >= 1 && is_whole(&made[k - 1], of) ? &made[k - 1] : NULL;
        const period *ago =
            whole && k >= year && is_whole(&made[k - year], of) ? &made[k - year] : NULL;
        norni_fin_period_derive(made[k].value, days, before == NULL ? NULL : before->value,
                                ago == NULL ? NULL : ago->value);
    }
    *out = made;
    return NORN_OK;
}

static void period_json(norni_json *j, const period *p, bool quarter) {
    static const struct {
        const char *key; /* NULL: the metric's own name */
        norni_fin_metric metric;
    } column[] = {
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_REVENUE)},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_EXPENSES)},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_PROFIT)},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_CASHFLOW)},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_MARKETING)},
        {NULL, NORNI_FIN_PROFIT_MARGIN},
        {NULL, NORNI_FIN_EXPENSE_RATIO},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_ASSETS)},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_LIABILITIES)},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_AR)},
        {NULL, NORNI_FIN_METRIC(NORNI_FIN_AP)},
        {NULL, NORNI_FIN_WORKING_CAPITAL},
        {NULL, NORNI_FIN_CURRENT_RATIO},
        {NULL, NORNI_FIN_DEBT_TO_EQUITY_RATIO},
        {NULL, NORNI_FIN_DSO},
        {NULL, NORNI_FIN_DPO},
        {NULL, NORNI_FIN_CASH_CONVERSION_CYCLE},
        {NULL, NORNI_FIN_FREE_CASH_FLOW},
        {NULL, NORNI_FIN_ROAS},
        {"revenue_growth", NORNI_FIN_REVENUE_MOM_GROWTH},
        {"profit_growth", NORNI_FIN_PROFIT_MOM_GROWTH},
        {"expenses_growth", NORNI_FIN_EXPENSES_MOM_GROWTH},
    };
    norni_json_key_int(j, "months", p->months);
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) {
        const norni_fin_metric metric = column[i].metric;
        norni_json_key_num(j, column[i].key == NULL ? norni_fin_metric_name(metric) : column[i].key,
                           p->value[metric]);
    }
    if (!quarter) return; /* of a year both growths are one */
    norni_json_key_num(j, "revenue_yoy_growth", p->value[NORNI_FIN_REVENUE_YOY_GROWTH]);
    norni_json_key_num(j, "profit_yoy_growth", p->value[NORNI_FIN_PROFIT_YOY_GROWTH]);
}

static norn_status periods_json(norni_json *j, const norni_fin_months *m, int32_t length,
                                norni_arena *arena, norn_err *err) {
    int32_t first = 0;
    size_t n = 0;
    period *made = NULL;
    NORN_TRY(make_periods(m, length, arena, &first, &n, &made, err));
    norni_json_open(j, '[');
    for (size_t k = 0; k < n; k++) {
        const int32_t at = first + (int32_t)k;
        norni_json_open(j, '{');
        if (length == QUARTER) {
            char text[16];
            (void)norni_format(text, sizeof text, "%d-Q%d", at / 4, at % 4 + 1);
            norni_json_key_str(j, "quarter", norni_str_of(text));
        } else {
            norni_json_key_int(j, "year", at);
        }
        period_json(j, &made[k], length == QUARTER);
        if (length == YEAR) {
            norni_json_key_num(j, "revenue_cagr", m->revenue_cagr);
            norni_json_key_num(j, "profit_cagr", m->profit_cagr);
        }
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    return NORN_OK;
}

/* Sums, means and, of regions, spreads over months of the four core flows. */
static void performance_json(norni_json *j, const char *part, const norni_fin_shares *s,
                             bool spread) {
    static const struct {
        norni_fin_key key;
        const char *sum, *mean, *std;
    } column[] = {
        {NORNI_FIN_REVENUE, "revenue_sum", "revenue_mean", "revenue_std"},
        {NORNI_FIN_EXPENSES, "expenses_sum", "expenses_mean", "expenses_std"},
        {NORNI_FIN_PROFIT, "profit_sum", "profit_mean", "profit_std"},
        {NORNI_FIN_CASHFLOW, "cashflow_sum", "cashflow_mean", "cashflow_std"},
    };
    norni_json_open(j, '[');
    for (size_t k = 0; k < s->n; k++) {
        norni_fin_stats v[4];
        norni_json_open(j, '{');
        norni_fin_share_json(j, part, s->name[k]);
        for (size_t c = 0; c < 4; c++) {
            v[c] = norni_fin_stats_make(&s->share[k], NORNI_FIN_METRIC(column[c].key));
            norni_json_key_num(j, column[c].sum, v[c].sum);
            norni_json_key_num(j, column[c].mean, v[c].mean);
            if (spread) norni_json_key_num(j, column[c].std, v[c].std);
        }
        norni_json_key_num(j, "profit_margin", norni_fin_over(v[2].sum, v[0].sum));
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

static void marketing_json(norni_json *j, const norni_fin_months *m) {
    static const norni_fin_metric column[] = {NORNI_FIN_METRIC(NORNI_FIN_MARKETING),
                                              NORNI_FIN_METRIC(NORNI_FIN_REVENUE),
                                              NORNI_FIN_METRIC(NORNI_FIN_PROFIT),
                                              NORNI_FIN_MARKETING_SPEND_RATIO,
                                              NORNI_FIN_ROAS,
                                              NORNI_FIN_MARKETING_EFFICIENCY};
    norni_json_open(j, '[');
    for (size_t i = 0; m->value[NORNI_FIN_MARKETING] != NULL && i < m->n; i++) {
        if (m->rows[i] == 0) continue;
        norni_json_open(j, '{');
        norni_fin_date_json(j, norni_fin_month_of(m, i));
        for (size_t c = 0; c < sizeof column / sizeof *column; c++)
            norni_json_key_num(j, norni_fin_metric_name(column[c]),
                               m->value[column[c]] == NULL ? NORNI_NAN : m->value[column[c]][i]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

static void capital_json(norni_json *j, const norni_fin_months *m) {
    static const norni_fin_metric row[] = {NORNI_FIN_WORKING_CAPITAL,
                                           NORNI_FIN_WORKING_CAPITAL_CHANGE,
                                           NORNI_FIN_CURRENT_RATIO,
                                           NORNI_FIN_QUICK_RATIO,
                                           NORNI_FIN_METRIC(NORNI_FIN_ASSETS),
                                           NORNI_FIN_METRIC(NORNI_FIN_LIABILITIES),
                                           NORNI_FIN_METRIC(NORNI_FIN_AR),
                                           NORNI_FIN_METRIC(NORNI_FIN_AP)};
    norni_json_open(j, '[');
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        if (m->value[row[i]] == NULL) continue;
        const norni_fin_stats v = norni_fin_stats_make(m, row[i]);
        norni_json_open(j, '{');
        norni_json_key_str(j, "metric", norni_str_of(norni_fin_metric_name(row[i])));
        norni_json_key_num(j, "mean", v.mean);
        norni_json_key_num(j, "min", v.min);
        norni_json_key_num(j, "max", v.max);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

norn_status norni_fin_summaries_json(norni_json *j, const norni_fin_book *book, norni_arena *arena,
                                     norn_err *err) {
    const norni_fin_table *t = &book->table;
    norni_fin_shares region, department;
    NORN_TRY(norni_fin_shares_make(t, &t->region, book->region, arena, &region, err));
    NORN_TRY(norni_fin_shares_make(t, &t->department, book->department, arena, &department, err));
    norni_json_open(j, '{');
    norni_json_key(j, "quarterly_summary");
    NORN_TRY(periods_json(j, &book->all, QUARTER, arena, err));
    norni_json_key(j, "annual_summary");
    NORN_TRY(periods_json(j, &book->all, YEAR, arena, err));
    norni_json_key(j, "regional_performance");
    performance_json(j, "region", &region, true);
    norni_json_key(j, "departmental_breakdown");
    performance_json(j, "department", &department, false);
    norni_json_key(j, "marketing_effectiveness");
    marketing_json(j, &book->all);
    norni_json_key(j, "working_capital_breakdown");
    capital_json(j, &book->all);
    norni_json_close(j, '}');
    return NORN_OK;
}
