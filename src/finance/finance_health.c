/* What stands behind the forecasts of a report, as JSON: points, and model_health_report. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_forecast.h"

void norni_fin_points_json(norni_json *j, const norni_fin_point *p, size_t n) {
    char date[11];
    norni_json_open(j, '[');
    for (size_t k = 0; k < n; k++) {
        norni_fin_month_text(p[k].month, date);
        norni_json_open(j, '{');
        norni_json_key_str(j, "date", norni_str_of(date));
        norni_json_key_num(j, "predicted", p[k].predicted);
        norni_json_key_num(j, "lower", p[k].lower);
        norni_json_key_num(j, "upper", p[k].upper);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

/* A key that is a name of the data. */
static void key_of(norni_json *j, norni_str name) {
    norni_json_str(j, name);
    norni_buf_text(j->b, ":");
    j->after_key = true;
}

static void part_json(norni_json *j, const norni_fin_forecasts *f, norni_fin_part part,
                      const char *key) {
    bool any = false;
    for (size_t i = 0; i < f->n; i++) {
        if (f->series[i].part != part) continue;
        if (!any) {
            norni_json_key(j, key);
            norni_json_open(j, '{');
        }
        any = true;
        key_of(j, f->series[i].name);
        norni_fin_points_json(j, f->series[i].point, f->series[i].n_points);
    }
    if (any) norni_json_close(j, '}');
}

void norni_fin_chart_json(norni_json *j, const norni_fin_forecasts *f) {
    norni_json_open(j, '{');
    for (size_t i = 0; i < f->n; i++) {
        const norni_fin_series *s = &f->series[i];
        if (s->part != NORNI_FIN_OF_ALL) continue;
        key_of(j, s->name);
        norni_fin_points_json(j, s->point, s->n_points);
    }
    if (f->has_growth) {
        norni_json_key(j, "growth_rate");
        norni_fin_points_json(j, f->growth, f->n_growth);
    }
    part_json(j, f, NORNI_FIN_OF_REGION, "regional_revenue");
    part_json(j, f, NORNI_FIN_OF_DEPARTMENT, "departmental_revenue");
    norni_json_close(j, '}');
}

/* ---- model_health_report ---- */

/* {"AutoARIMA": x, "Prophet": x}: a candidate that failed is "N/A", as in the reference. */
static void scores_json(norni_json *j, const char *key, const norni_fin_series *s,
                        const norni_fin_forecasts *f, size_t field) {
    norni_json_key(j, key);
    norni_json_open(j, '{');
    for (size_t k = 0; k < f->n_candidates; k++) {
        const norni_fin_score *c = &s->score[k];
        key_of(j, f->candidate[k].name);
        if (!c->ok)
            norni_json_str(j, norni_str_of("N/A"));
        else
            norni_json_num(j, field == 0 ? c->rmse : field == 1 ? c->mae : c->mape);
    }
    norni_json_close(j, '}');
}

static void tried_json(norni_json *j, const norni_fin_series *s, const norni_fin_forecasts *f) {
    norni_json_key(j, "models_tried");
    norni_json_open(j, '[');
    for (size_t k = 0; k < f->n_candidates; k++) {
        const norni_fin_score *c = &s->score[k];
        norni_json_open(j, '{');
        norni_json_key_str(j, "name", f->candidate[k].name);
        norni_json_key_str(j, "spec", f->candidate[k].spec);
        norni_json_key(j, "fitted_on_training_months");
        if (c->described.n > 0)
            norni_json_str(j, c->described);
        else
            norni_json_null(j);
        if (c->message.n > 0) norni_json_key_str(j, "message", c->message);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

/* The months that the forecast was made from, for charts: {"start", "values"}. */
static void past_json(norni_json *j, const norni_fin_series *s) {
    char start[11];
    norni_fin_month_text(s->first, start);
    norni_json_key(j, "history");
    norni_json_open(j, '{');
    norni_json_key_str(j, "start", norni_str_of(start));
    norni_json_key(j, "values");
    norni_json_open(j, '[');
    for (size_t i = 0; i < s->n; i++)
        norni_json_num(j, s->y[i]);
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

/* The keys of one series, inside an object that is open. */
static void series_json(norni_json *j, const norni_fin_series *s, const norni_fin_forecasts *f) {
    const bool good = s->status == NORN_OK;
    norni_json_key_str(j, "status",
                       norni_str_of(!good         ? "Failed"
                                    : s->fallback ? "Fallback"
                                                  : "Success"));
    if (s->reason.n > 0) norni_json_key_str(j, "reason", s->reason);
    norni_json_key_str(j, "best_model_selected", norni_fin_series_model(f, s));
    norni_json_key(j, "model");
    if (s->fitted.n > 0)
        norni_json_str(j, s->fitted);
    else
        norni_json_null(j);
    if (s->score != NULL) {
        scores_json(j, "backtesting_rmse", s, f, 0);
        scores_json(j, "backtesting_mae", s, f, 1);
        scores_json(j, "backtesting_mape", s, f, 2);
        tried_json(j, s, f);
    }
    norni_json_key_num(j, "accuracy_percentage", s->accuracy_percentage);
    norni_json_key_count(j, "months", s->n);
    norni_json_key_count(j, "holdout_months", s->holdout);
    norni_json_key_str(j, "series_id", s->id);
    past_json(j, s);
}

static void head_json(norni_json *j, norni_str name, int64_t unix_seconds) {
    char text[160];
    norni_format(text, sizeof text, "model_%.*s_%lld", (int)(name.n > 100 ? 100 : name.n), name.p,
                 (long long)unix_seconds);
    norni_json_key_str(j, "model_id", norni_str_of(text));
    norni_json_key_str(j, "forecast_metric", name);
}

static const norni_fin_series *metric_of(const norni_fin_forecasts *f, const char *name) {
    return norni_fin_series_find(f, NORNI_FIN_OF_ALL, norni_str_of(name));
}

/* What most parts are served by; of equals the earlier. */
static norni_str most_served(const norni_fin_forecasts *f, norni_fin_part part) {
    norni_str best = norni_str_of("none");
    size_t most = 0;
    for (size_t i = 0; i < f->n; i++) {
        const norni_str name = norni_fin_series_model(f, &f->series[i]);
        size_t n = 0;
        if (f->series[i].part != part || f->series[i].status != NORN_OK) continue;
        for (size_t k = 0; k < f->n; k++)
            n += f->series[k].part == part && f->series[k].status == NORN_OK &&
                 norni_str_cmp(norni_fin_series_model(f, &f->series[k]), name) == 0;
        if (n > most) {
            most = n;
            best = name;
        }
    }
    return best;
}

static void mean_scores_json(norni_json *j, const norni_fin_forecasts *f, norni_fin_part part) {
    norni_json_key(j, "backtesting_rmse");
    norni_json_open(j, '{');
    for (size_t k = 0; k < f->n_candidates; k++) {
        norni_sum sum = {0, 0};
        size_t n = 0;
        for (size_t i = 0; i < f->n; i++) {
            if (f->series[i].part != part || !f->series[i].score[k].ok) continue;
            sum = norni_sum_add(sum, f->series[i].score[k].rmse);
            n++;
        }
        key_of(j, f->candidate[k].name);
        if (n == 0)
            norni_json_str(j, norni_str_of("N/A"));
        else
            norni_json_num(j, norni_sum_get(sum) / (double)n);
    }
    norni_json_close(j, '}');
}

/* Regions or departments: one entry of the reference's shape, with a row for each of them. */
static void group_json(norni_json *j, const norni_fin_forecasts *f, norni_fin_part part,
                       const char *key, const char *rows, int64_t unix_seconds) {
    size_t n = 0, good = 0;
    for (size_t i = 0; i < f->n; i++) {
        n += f->series[i].part == part;
        good += f->series[i].part == part && f->series[i].status == NORN_OK;
    }
    if (n == 0) return;
    norni_json_key(j, key);
    norni_json_open(j, '{');
    head_json(j, norni_str_of(key), unix_seconds);
    norni_json_key_str(j, "status",
                       norni_str_of(good == n  ? "Success"
                                    : good > 0 ? "Partial"
                                               : "Failed"));
    norni_json_key_str(j, "best_model_selected", most_served(f, part));
    mean_scores_json(j, f, part);
    norni_json_key(j, rows);
    norni_json_open(j, '[');
    for (size_t i = 0; i < f->n; i++) {
        if (f->series[i].part != part) continue;
        norni_json_open(j, '{');
        norni_json_key_str(j, "name", f->series[i].name);
        series_json(j, &f->series[i], f);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

void norni_fin_health_json(norni_json *j, const norni_fin_forecasts *f, int64_t unix_seconds) {
    const norni_fin_series *revenue = metric_of(f, "revenue");
    norni_json_open(j, '{');
    for (size_t i = 0; i < f->n; i++) {
        const norni_fin_series *s = &f->series[i];
        if (s->part != NORNI_FIN_OF_ALL) continue;
        key_of(j, s->name);
        norni_json_open(j, '{');
        head_json(j, s->name, unix_seconds);
        series_json(j, s, f);
        norni_json_close(j, '}');
    }
    if (revenue != NULL) {
        norni_json_key(j, "growth_rate");
        norni_json_open(j, '{');
        head_json(j, norni_str_of("growth_rate"), unix_seconds);
        norni_json_key_str(j, "status", norni_str_of(f->has_growth ? "Success" : "Failed"));
        if (!f->has_growth) norni_json_key_str(j, "reason", revenue->reason);
        norni_json_key_str(j, "best_model_selected", norni_str_of("Derived from Revenue"));
        norni_json_close(j, '}');
    }
    group_json(j, f, NORNI_FIN_OF_REGION, "regional_revenue", "regions", unix_seconds);
    group_json(j, f, NORNI_FIN_OF_DEPARTMENT, "departmental_revenue", "departments", unix_seconds);
    norni_json_close(j, '}');
}

void norni_fin_item_json(norni_json *j, const norni_fin_series *s, const norni_fin_forecasts *f) {
    static const char *const part[] = {"metric", "region", "department"};
    norni_json_open(j, '{');
    norni_json_key_str(j, "id", s->id);
    norni_json_key_str(j, "status", norni_str_of(norn_status_name(s->status)));
    norni_json_key_str(j, "model", norni_fin_series_model(f, s));
    norni_json_key_str(j, "part", norni_str_of(part[s->part]));
    norni_json_key_str(j, "name", s->name);
    if (s->reason.n > 0) norni_json_key_str(j, "reason", s->reason);
    if (s->best < f->n_candidates) norni_json_key_num(j, "rmse", s->score[s->best].rmse);
    norni_json_key_num(j, "accuracy_percentage", s->accuracy_percentage);
    norni_json_key(j, "points");
    norni_fin_points_json(j, s->point, s->n_points);
    norni_json_close(j, '}');
}
