/* How a report's metrics move together: correlation matrices, scatters, regressions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_figure_parts.h"
#include "finance/finance_matrix.h"

enum { LEAST = 3 };

/* Sums of products of two columns' distances from their means, each column first brought to a size of 1. */
typedef struct spread {
    size_t n;
    double size_x, size_y, mean_x, mean_y; /* of the values divided by their column's size */
    double xx, xy, yy;
} spread;

static bool both(const double *x, const double *y, size_t i) {
    return isfinite(x[i]) && isfinite(y[i]);
}

static spread spread_of(const double *x, const double *y, size_t n) {
    spread s = {0};
    for (size_t i = 0; i < n; i++) {
        if (!both(x, y, i)) continue;
        s.n++;
        s.size_x = fmax(s.size_x, fabs(x[i])), s.size_y = fmax(s.size_y, fabs(y[i]));
    }
    if (s.n == 0 || s.size_x == 0 || s.size_y == 0) return s;
    norni_sum sum_x = {0, 0}, sum_y = {0, 0}, xx = {0, 0}, xy = {0, 0}, yy = {0, 0};
    for (size_t i = 0; i < n; i++) {
        if (!both(x, y, i)) continue;
        sum_x = norni_sum_add(sum_x, x[i] / s.size_x);
        sum_y = norni_sum_add(sum_y, y[i] / s.size_y);
    }
    s.mean_x = norni_sum_get(sum_x) / (double)s.n, s.mean_y = norni_sum_get(sum_y) / (double)s.n;
    for (size_t i = 0; i < n; i++) {
        if (!both(x, y, i)) continue;
        double a = x[i] / s.size_x - s.mean_x, b = y[i] / s.size_y - s.mean_y;
        if (fabs(a) < 4e-16) a = 0; /* what division alone leaves of a constant */
        if (fabs(b) < 4e-16) b = 0;
        xx = norni_sum_add(xx, a * a), xy = norni_sum_add(xy, a * b), yy = norni_sum_add(yy, b * b);
    }
    s.xx = norni_sum_get(xx), s.xy = norni_sum_get(xy), s.yy = norni_sum_get(yy);
    return s;
}

double norni_fin_pearson(const double *x, const double *y, size_t n) {
    const spread s = spread_of(x, y, n);
    if (s.n < LEAST || !(s.xx > 0) || !(s.yy > 0)) return NORNI_NAN;
    const double r = s.xy / (sqrt(s.xx) * sqrt(s.yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

norni_fin_line norni_fin_line_fit(const double *x, const double *y, size_t n) {
    const spread s = spread_of(x, y, n);
    norni_fin_line line = {NORNI_NAN, NORNI_NAN, NORNI_NAN};
    if (s.n < LEAST || !(s.xx > 0)) return line;
    const double slope = s.xy / s.xx; /* in sizes */
    line.slope = slope * (s.size_y / s.size_x);
    line.intercept = (s.mean_y - slope * s.mean_x) * s.size_y;
    if (s.yy > 0) line.r_squared = fmin(1, s.xy / s.xx * (s.xy / s.yy));
    return line;
}

static void matrix_json(norni_json *j, const norni_fin_months *m, const norni_fin_metric *metric,
                        size_t n) {
    norni_json_open(j, '{');
    norni_json_key(j, "columns");
    norni_json_open(j, '[');
    for (size_t a = 0; a < n; a++) {
        if (m->value[metric[a]] != NULL)
            norni_json_str(j, norni_str_of(norni_fin_metric_name(metric[a])));
    }
    norni_json_close(j, ']');
    norni_json_key(j, "values");
    norni_json_open(j, '[');
    for (size_t a = 0; a < n; a++) {
        if (m->value[metric[a]] == NULL) continue;
        norni_json_open(j, '[');
        for (size_t b = 0; b < n; b++) {
            const double *x = m->value[metric[a]], *y = m->value[metric[b]];
            if (y == NULL) continue;
            const double r = norni_fin_pearson(a < b ? x : y, a < b ? y : x, m->n);
            norni_json_num(j, a == b && !isnan(r) ? 1 : r);
        }
        norni_json_close(j, ']');
    }
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

/* {date, x, y} of the months that have both. */
static void scatter_json(norni_json *j, const norni_fin_months *m, norni_fin_metric x,
                         norni_fin_metric y) {
    norni_json_open(j, '[');
    const double *a = m->value[x], *b = m->value[y];
    for (size_t i = 0; a != NULL && b != NULL && i < m->n; i++) {
        if (!both(a, b, i)) continue;
        norni_json_open(j, '{');
        norni_fin_date_json(j, norni_fin_month_of(m, i));
        norni_json_key_num(j, norni_fin_metric_name(x), a[i]);
        norni_json_key_num(j, norni_fin_metric_name(y), b[i]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

static void regression_json(norni_json *j, const norni_fin_months *m, norni_fin_metric x,
                            norni_fin_metric y) {
    norni_fin_line line = {NORNI_NAN, NORNI_NAN, NORNI_NAN};
    if (m->value[x] != NULL && m->value[y] != NULL)
        line = norni_fin_line_fit(m->value[x], m->value[y], m->n);
    norni_json_open(j, '{');
    norni_json_key_num(j, "slope", line.slope);
    norni_json_key_num(j, "intercept", line.intercept);
    norni_json_key_num(j, "r_squared", line.r_squared);
    norni_json_close(j, '}');
}

norn_status norni_fin_related_json(norni_json *j, const norni_fin_book *book, norni_arena *arena,
                                   norn_err *err) {
    static const norni_fin_metric all[] = {NORNI_FIN_METRIC(NORNI_FIN_REVENUE),
                                           NORNI_FIN_METRIC(NORNI_FIN_EXPENSES),
                                           NORNI_FIN_METRIC(NORNI_FIN_PROFIT),
                                           NORNI_FIN_METRIC(NORNI_FIN_CASHFLOW),
                                           NORNI_FIN_METRIC(NORNI_FIN_MARKETING),
                                           NORNI_FIN_METRIC(NORNI_FIN_ASSETS),
                                           NORNI_FIN_METRIC(NORNI_FIN_LIABILITIES),
                                           NORNI_FIN_METRIC(NORNI_FIN_AR),
                                           NORNI_FIN_METRIC(NORNI_FIN_AP),
                                           NORNI_FIN_PROFIT_MARGIN,
                                           NORNI_FIN_WORKING_CAPITAL,
                                           NORNI_FIN_CURRENT_RATIO,
                                           NORNI_FIN_DEBT_TO_EQUITY_RATIO,
                                           NORNI_FIN_DSO,
                                           NORNI_FIN_DPO,
                                           NORNI_FIN_ROAS};
    const norni_fin_metric revenue = NORNI_FIN_METRIC(NORNI_FIN_REVENUE);
    const norni_fin_metric marketing = NORNI_FIN_METRIC(NORNI_FIN_MARKETING);
    const norni_fin_metric profit = NORNI_FIN_METRIC(NORNI_FIN_PROFIT);
    const norni_fin_metric assets = NORNI_FIN_METRIC(NORNI_FIN_ASSETS);
    const norni_fin_months *m = &book->all;
    norni_json_open(j, '{');
    norni_json_key(j, "correlation_matrix");
    matrix_json(j, m, all, sizeof all / sizeof *all);
    norni_json_key(j, "revenue_vs_marketing_scatter");
    scatter_json(j, m, marketing, revenue);
    norni_json_key(j, "revenue_vs_marketing_regression");
    regression_json(j, m, marketing, revenue);
    norni_json_key(j, "ar_vs_cashflow_scatter");
    scatter_json(j, m, NORNI_FIN_METRIC(NORNI_FIN_AR), NORNI_FIN_METRIC(NORNI_FIN_CASHFLOW));
    norni_json_key(j, "profit_vs_assets_scatter");
    scatter_json(j, m, assets, profit);
    norni_json_key(j, "profit_vs_assets_regression");
    regression_json(j, m, assets, profit);
    norni_json_key(j, "regional_correlations");
    norni_json_open(j, '{');
    for (size_t k = 0; book->region != NULL && k < book->table.region.n; k++) {
        const norni_str name = book->table.region.name[k];
        const char *text = norni_arena_text(arena, name.p, name.n);
        if (text == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
        norni_json_key(j, text);
        matrix_json(j, &book->region[k], all, NORNI_FIN_ASSETS); /* the flows */
    }
    norni_json_close(j, '}');
    norni_json_close(j, '}');
    return NORN_OK;
}
