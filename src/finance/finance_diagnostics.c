/* Months of a report that stand out at an end: largest, slowest to be paid, short of cash. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "finance/finance_figure_parts.h"

enum { TOP = 5, RISKS = 10 };

/* The largest values' months, the largest first, of equals the earlier; returns how many. */
static size_t largest(const double *x, size_t n, size_t out[TOP]) {
    size_t found = 0;
    while (x != NULL && found < TOP) {
        size_t best = n;
        for (size_t i = 0; i < n; i++) {
            bool taken = isnan(x[i]);
            for (size_t k = 0; k < found; k++)
                taken = taken || out[k] == i;
            if (!taken && (best == n || x[i] > x[best])) best = i;
        }
        if (best == n) break;
        out[found++] = best;
    }
    return found;
}

static void rows_json(norni_json *j, const norni_fin_months *m, const size_t *at, size_t n,
                      const norni_fin_metric *metric, size_t n_metrics) {
    norni_json_open(j, '[');
    for (size_t i = 0; i < n; i++) {
        norni_json_open(j, '{');
        norni_fin_date_json(j, norni_fin_month_of(m, at[i]));
        for (size_t k = 0; k < n_metrics; k++)
            norni_json_key_num(
                j, norni_fin_metric_name(metric[k]),
                m->value[metric[k]] == NULL ? NORNI_NAN : m->value[metric[k]][at[i]]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

static void tops_json(norni_json *j, const norni_fin_months *m) {
    static const struct {
        const char *key;
        norni_fin_metric metric[3]; /* by the first */
        size_t n;
    } row[] = {
        {"top_revenue_spikes",
         {NORNI_FIN_METRIC(NORNI_FIN_REVENUE), NORNI_FIN_REVENUE_MOM_GROWTH},
         2},
        {"top_expense_spikes",
         {NORNI_FIN_METRIC(NORNI_FIN_EXPENSES), NORNI_FIN_EXPENSES_MOM_GROWTH},
         2},
        {"biggest_ar_delays",
         {NORNI_FIN_DSO, NORNI_FIN_METRIC(NORNI_FIN_AR), NORNI_FIN_METRIC(NORNI_FIN_REVENUE)},
         3},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        size_t at[TOP];
        const size_t n = largest(m->value[row[i].metric[0]], m->n, at);
        norni_json_key(j, row[i].key);
        rows_json(j, m, at, n, row[i].metric, row[i].n);
    }
}

/* The months whose payables fell most against the month before. */
static norn_status drops_json(norni_json *j, const norni_fin_months *m, norni_arena *arena,
                              norn_err *err) {
    const double *ap = m->value[NORNI_FIN_AP];
    double *drop = norni_arena_get(arena, m->n + 1, sizeof *drop);
    if (drop == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    for (size_t i = 0; ap != NULL && i < m->n; i++)
        drop[i] = i > 0 && ap[i] < ap[i - 1] ? ap[i - 1] - ap[i] : NORNI_NAN;
    size_t at[TOP];
    const size_t n = largest(ap == NULL ? NULL : drop, m->n, at);
    norni_json_key(j, "largest_ap_drops");
    norni_json_open(j, '[');
    for (size_t i = 0; i < n; i++) {
        norni_json_open(j, '{');
        norni_fin_date_json(j, norni_fin_month_of(m, at[i]));
        norni_json_key_num(j, "ap", ap[at[i]]);
        norni_json_key_num(j, "ap_change", -drop[at[i]]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    return NORN_OK;
}

/* Quantile q of the whole months there are, linear between two; NaN: none. scratch (m->n). */
static double quantile(const norni_fin_months *m, norni_fin_metric metric, double q,
                       double *scratch) {
    const double *x = m->value[metric];
    size_t n = 0;
    for (size_t i = norni_fin_whole_from(m); x != NULL && i < norni_fin_whole_end(m); i++) {
        if (!isnan(x[i])) scratch[n++] = x[i];
    }
    if (n == 0) return NORNI_NAN;
    norni_sort_doubles(scratch, n);
    const double at = q * (double)(n - 1);
    const size_t low = (size_t)at;
    if (low + 1 >= n) return scratch[n - 1];
    const double share = at - (double)low;
    return scratch[low] * (1 - share) + scratch[low + 1] * share;
}

static double value_at(const norni_fin_months *m, norni_fin_metric metric, size_t i) {
    return m->value[metric] == NULL ? NORNI_NAN : m->value[metric][i];
}

/* Working capital below 0, cash flow in its lowest tenth, or collection in its slowest: the first ten. */
static norn_status risks_json(norni_json *j, const norni_fin_months *m, norni_arena *arena,
                              norn_err *err) {
    const norni_fin_metric cash = NORNI_FIN_METRIC(NORNI_FIN_CASHFLOW);
    double *scratch = norni_arena_get(arena, m->n + 1, sizeof *scratch);
    if (scratch == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    const double low = quantile(m, cash, 0.1, scratch);
    const double slow = quantile(m, NORNI_FIN_DSO, 0.9, scratch);
    norni_json_key(j, "high_risk_periods");
    norni_json_open(j, '[');
    const size_t end = norni_fin_whole_end(m);
    for (size_t i = norni_fin_whole_from(m), found = 0; i < end && found < RISKS; i++) {
        const double capital = value_at(m, NORNI_FIN_WORKING_CAPITAL, i);
        const double cashflow = value_at(m, cash, i), dso = value_at(m, NORNI_FIN_DSO, i);
        if (!(capital < 0 || cashflow < low || dso > slow)) continue;
        found++;
        norni_json_open(j, '{');
        norni_fin_date_json(j, norni_fin_month_of(m, i));
        norni_json_key_num(j, "working_capital", capital);
        norni_json_key_num(j, "cashflow", cashflow);
        norni_json_key_num(j, "dso", dso);
        norni_json_key(j, "reasons");
        norni_json_open(j, '[');
        if (capital < 0) norni_json_str(j, norni_str_of("working capital below 0"));
        if (cashflow < low) norni_json_str(j, norni_str_of("cash flow in its lowest tenth"));
        if (dso > slow)
            norni_json_str(j, norni_str_of("days sales outstanding in their highest tenth"));
        norni_json_close(j, ']');
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    return NORN_OK;
}

norn_status norni_fin_diagnostics_json(norni_json *j, const norni_fin_months *m, norni_arena *arena,
                                       norn_err *err) {
    norni_json_open(j, '{');
    tops_json(j, m);
    NORN_TRY(drops_json(j, m, arena, err));
    NORN_TRY(risks_json(j, m, arena, err));
    norni_json_close(j, '}');
    return NORN_OK;
}
