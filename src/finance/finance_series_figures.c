/* Breakdowns by region and department, and the months of a report as lines. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fp.h"
#include "finance/finance_figure_parts.h"
#include "roll/roll.h"

/* The mean of a rolling average goes over a year, so that no season is left in it; at the begin over the months there are. */
enum { ROLLED = 12 };

typedef struct breakdown {
    const char *key;
    norni_fin_key value;
    bool department, mean; /* of the months' ends; else the sum over all months */
} breakdown;

norn_status norni_fin_breakdowns_json(norni_json *j, const norni_fin_book *book, norni_arena *arena,
                                      norn_err *err) {
    static const breakdown row[] = {
        {"revenue_by_region", NORNI_FIN_REVENUE, false, false},
        {"profit_by_region", NORNI_FIN_PROFIT, false, false},
        {"expenses_by_department", NORNI_FIN_EXPENSES, true, false},
        {"cashflow_by_department", NORNI_FIN_CASHFLOW, true, false},
        {"marketing_spend_by_region", NORNI_FIN_MARKETING, false, false},
        {"ar_by_region", NORNI_FIN_AR, false, true},
        {"ap_by_region", NORNI_FIN_AP, false, true},
    };
    const norni_fin_table *t = &book->table;
    norni_fin_shares region, department;
    NORN_TRY(norni_fin_shares_make(t, &t->region, book->region, arena, &region, err));
    NORN_TRY(norni_fin_shares_make(t, &t->department, book->department, arena, &department, err));
    norni_json_open(j, '{');
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const norni_fin_shares *s = row[i].department ? &department : &region;
        norni_json_key(j, row[i].key);
        norni_json_open(j, '[');
        for (size_t k = 0; t->number[row[i].value] != NULL && k < s->n; k++) {
            const norni_fin_stats v =
                norni_fin_stats_make(&s->share[k], NORNI_FIN_METRIC(row[i].value));
            norni_json_open(j, '{');
            norni_fin_share_json(j, row[i].department ? "department" : "region", s->name[k]);
            norni_json_key_num(j, norni_fin_key_name(row[i].value), row[i].mean ? v.mean : v.sum);
            norni_json_close(j, '}');
        }
        norni_json_close(j, ']');
    }
    norni_json_close(j, '}');
    return NORN_OK;
}

/* {date, metric …} of every month; no rows where neither column is there. */
static void trend(norni_json *j, const char *key, const norni_fin_months *m,
                  const norni_fin_metric *metric, size_t n) {
    bool there = false;
    for (size_t k = 0; k < n; k++)
        there = there || m->value[metric[k]] != NULL;
    norni_json_key(j, key);
    norni_json_open(j, '[');
    for (size_t i = 0; there && i < m->n; i++) {
        norni_json_open(j, '{');
        norni_fin_date_json(j, norni_fin_month_of(m, i));
        for (size_t k = 0; k < n; k++)
            norni_json_key_num(j, norni_fin_metric_name(metric[k]),
                               m->value[metric[k]] == NULL ? NORNI_NAN : m->value[metric[k]][i]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

static norn_status rolling(norni_json *j, const char *key, const norni_fin_months *m,
                           norni_fin_key of, norni_arena *arena, norn_err *err) {
    const double *x = m->value[of];
    norni_json_key(j, key);
    norni_json_open(j, '[');
    if (x != NULL && m->n > 0) {
        double *mean = norni_arena_get(arena, m->n, sizeof *mean);
        if (mean == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
        const norni_roll_windows windows = {
            .n = m->n, .n_out = m->n, .length = ROLLED, .first_end = 1, .min_periods = 1};
        const norni_roll_arg arg = {0};
        NORN_TRY(norni_roll_mean(x, &windows, &arg, arena, NULL, mean, err));
        for (size_t i = 0; i < m->n; i++) {
            norni_json_open(j, '{');
            norni_fin_date_json(j, norni_fin_month_of(m, i));
            norni_json_key_num(j, "actual", x[i]);
            norni_json_key_num(j, "rolling_avg", mean[i]);
            norni_json_close(j, '}');
        }
    }
    norni_json_close(j, ']');
    return NORN_OK;
}

norn_status norni_fin_trends_json(norni_json *j, const norni_fin_months *m, norni_arena *arena,
                                  norn_err *err) {
    static const struct {
        const char *key;
        norni_fin_metric metric[2];
        size_t n;
    } row[] = {
        {"revenue_vs_marketing",
         {NORNI_FIN_METRIC(NORNI_FIN_REVENUE), NORNI_FIN_METRIC(NORNI_FIN_MARKETING)},
         2},
        {"ar_trend", {NORNI_FIN_METRIC(NORNI_FIN_AR)}, 1},
        {"ap_trend", {NORNI_FIN_METRIC(NORNI_FIN_AP)}, 1},
        {"working_capital_trend", {NORNI_FIN_WORKING_CAPITAL}, 1},
        {"assets_vs_liabilities",
         {NORNI_FIN_METRIC(NORNI_FIN_ASSETS), NORNI_FIN_METRIC(NORNI_FIN_LIABILITIES)},
         2},
        {"profit_margin_trend", {NORNI_FIN_PROFIT_MARGIN}, 1},
        {"cashflow_trend", {NORNI_FIN_METRIC(NORNI_FIN_CASHFLOW)}, 1},
    };
    norni_json_open(j, '{');
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        trend(j, row[i].key, m, row[i].metric, row[i].n);
    NORN_TRY(rolling(j, "revenue_rolling_avg", m, NORNI_FIN_REVENUE, arena, err));
    NORN_TRY(rolling(j, "profit_rolling_avg", m, NORNI_FIN_PROFIT, arena, err));
    NORN_TRY(rolling(j, "expenses_rolling_avg", m, NORNI_FIN_EXPENSES, arena, err));
    norni_json_close(j, '}');
    return NORN_OK;
}
