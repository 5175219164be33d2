/* The whole of `visualizations` and `tables`, and what their parts share. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_figure_parts.h"
#include "finance/finance_figures.h"
#include "finance/finance_matrix.h"

void norni_fin_date_json(norni_json *j, int64_t month) {
    char text[11];
    norni_fin_month_text(month, text);
    norni_json_key_str(j, "date", norni_str_of(text));
}

norn_status norni_fin_shares_make(const norni_fin_table *t, const norni_fin_groups *g,
                                  const norni_fin_months *made, norni_arena *arena,
                                  norni_fin_shares *out, norn_err *err) {
    *out = (norni_fin_shares){0};
    if (g->of == NULL) return NORN_OK;
    *out = (norni_fin_shares){g->n, g->name, made};
    size_t nameless = 0;
    for (size_t i = 0; i < t->n; i++)
        nameless += g->of[i] == UINT32_MAX;
    if (nameless == 0) return NORN_OK;
    norni_str *name = norni_arena_zero(arena, g->n + 1, sizeof *name);
    norni_fin_months *share = norni_arena_zero(arena, g->n + 1, sizeof *share);
    if (name == NULL || share == NULL) return norn_fail(err, NORN_E_MEM, "report: out of memory");
    for (size_t k = 0; k < g->n; k++)
        name[k] = g->name[k], share[k] = made[k];
    NORN_TRY(norni_fin_months_make(t, g->of, UINT32_MAX, arena, &share[g->n], err));
    *out = (norni_fin_shares){g->n + 1, name, share};
    return NORN_OK;
}

void norni_fin_share_json(norni_json *j, const char *key, norni_str name) {
    norni_json_key(j, key);
    if (name.p == NULL)
        norni_json_null(j);
    else
        norni_json_str(j, name);
}

norni_fin_stats norni_fin_stats_make(const norni_fin_months *m, norni_fin_metric metric) {
    norni_fin_stats out = {0, NORNI_NAN, NORNI_NAN, NORNI_NAN, NORNI_NAN, NORNI_NAN};
    const double *x = m->value[metric];
    if (x == NULL || m->n == 0) return out;
    const size_t from = norni_fin_whole_from(m), end = norni_fin_whole_end(m);
    size_t there = 0;
    double var;
    norni_sum sum = {0, 0};
    out.n = norni_mean_var(x + from, end - from, 1, &out.mean, &var);
    if (out.n > 0)
        out.std = sqrt(var);
    else
        out.mean = NORNI_NAN;
    for (size_t i = 0; i < m->n; i++) {
        if (isnan(x[i])) continue;
        sum = norni_sum_add(sum, x[i]), there++; /* of every month; all else of the whole ones */
        if (i >= from && i < end) out.min = fmin(out.min, x[i]), out.max = fmax(out.max, x[i]);
    }
    if (there == 0) return out;
    out.sum = norni_sum_get(sum);
    return out;
}

norn_status norni_fin_visuals_json(norni_json *j, const norni_fin_book *book, norni_arena *arena,
                                   norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norni_json_open(j, '{');
    norni_json_key(j, "breakdowns");
    NORN_TRY(norni_fin_breakdowns_json(j, book, arena, err));
    norni_json_key(j, "time_series");
    NORN_TRY(norni_fin_trends_json(j, &book->all, arena, err));
    norni_json_key(j, "correlations");
    NORN_TRY(norni_fin_related_json(j, book, arena, err));
    norni_json_close(j, '}');
    norni_arena_rewind(arena, mark);
    return NORN_OK;
}

static void points_json(norni_json *j, const char *part, const norni_fin_series *s) {
    for (size_t i = 0; s != NULL && i < s->n_points; i++) {
        norni_json_open(j, '{');
        if (part != NULL) norni_json_key_str(j, part, s->name);
        norni_fin_date_json(j, s->point[i].month);
        norni_json_key_num(j, "predicted", s->point[i].predicted);
        norni_json_key_num(j, "lower", s->point[i].lower);
        norni_json_key_num(j, "upper", s->point[i].upper);
        norni_json_close(j, '}');
    }
}

static void parts_json(norni_json *j, const char *key, const char *part_key,
                       const norni_fin_forecasts *f, norni_fin_part part) {
    norni_json_key(j, key);
    norni_json_open(j, '[');
    for (size_t i = 0; i < f->n; i++) {
        if (f->series[i].part == part) points_json(j, part_key, &f->series[i]);
    }
    norni_json_close(j, ']');
}

static void forecast_tables_json(norni_json *j, const norni_fin_forecasts *f) {
    static const struct {
        const char *key, *metric;
    } row[] = {{"revenue_3month_forecast", "revenue"},
               {"profit_3month_forecast", "profit"},
               {"cashflow_3month_forecast", "cashflow"},
               {"expenses_3month_forecast", "expenses"}};
    norni_json_open(j, '{');
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        norni_json_key(j, row[i].key);
        norni_json_open(j, '[');
        points_json(j, NULL,
                    norni_fin_series_find(f, NORNI_FIN_OF_ALL, norni_str_of(row[i].metric)));
        norni_json_close(j, ']');
    }
    parts_json(j, "regional_forecast", "region", f, NORNI_FIN_OF_REGION);
    parts_json(j, "departmental_forecast", "department", f, NORNI_FIN_OF_DEPARTMENT);
    norni_json_close(j, '}');
}

norn_status norni_fin_tables_json(norni_json *j, const norni_fin_book *book,
                                  const norni_fin_forecasts *forecasts, norni_arena *arena,
                                  norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norni_json_open(j, '{');
    norni_json_key(j, "summaries");
    NORN_TRY(norni_fin_summaries_json(j, book, arena, err));
    norni_json_key(j, "diagnostics");
    NORN_TRY(norni_fin_diagnostics_json(j, &book->all, arena, err));
    norni_json_key(j, "forecast_tables");
    forecast_tables_json(j, forecasts);
    norni_json_close(j, '}');
    norni_arena_rewind(arena, mark);
    return NORN_OK;
}
