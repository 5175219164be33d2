/* Forecasts as CSV or JSON, and the row for each item. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_write.h"

#include "app/failure.h"
#include <math.h>

#include "base/numtext.h"

static void level_name(norni_buf *b, norni_str column, const char *side, double level) {
    norni_buf_add(b, column.p, column.n);
    norni_buf_text(b, side);
    norni_buf_num(b, level);
}

static void csv_header(const norni_forecast *f, norni_buf *b) {
    norni_buf name;
    norni_buf_init(&name, b->alloc);
    norni_csv_text(b, f->panel->id_name.p ? f->panel->id_name : norni_str_of("unique_id"),
                   f->plan->escape);
    norni_buf_text(b, ",");
    norni_csv_text(b, f->panel->time_name.p ? f->panel->time_name : norni_str_of("ds"),
                   f->plan->escape);
    if (f->fitted) {
        norni_buf_text(b, ",");
        norni_csv_text(b, f->panel->target_name.p ? f->panel->target_name : norni_str_of("y"),
                       f->plan->escape);
    }
    for (size_t k = 0; k < f->plan->n_specs; k++) {
        const norni_str column = f->plan->specs[k].column;
        norni_buf_text(b, ",");
        norni_csv_text(b, column, f->plan->escape);
        for (size_t l = 0; l < 2 * f->plan->levels.n; l++) {
            name.n = 0;
            level_name(&name, column, l % 2 ? "-hi-" : "-lo-", f->plan->levels.v[l / 2]);
            norni_buf_text(b, ",");
            norni_csv_text(b, (norni_str){name.p, name.n}, f->plan->escape);
        }
    }
    norni_buf_text(b, "\n");
    if (name.failed) b->failed = true;
    norni_buf_clear(&name);
}

static double interval_end(const norni_forecast *f, size_t item, size_t l, size_t h) {
    const size_t horizon = (size_t)f->plan->horizon, n_levels = f->plan->levels.n;
    return (l % 2 ? f->hi : f->lo)[(item * n_levels + l / 2) * horizon + h];
}

/* The time of history period t, or of the future when t >= n. */
static int64_t time_at(const norni_panel *p, size_t i, size_t t) {
    const size_t n = norni_panel_n(p, i);
    return t >= n ? norni_panel_future(p, i, t - n) : norni_panel_time(p, i, t);
}

static void csv_series(const norni_forecast *f, size_t i, norni_buf *b) {
    const norni_panel *p = f->panel;
    const size_t n_specs = f->plan->n_specs, n = norni_panel_n(p, i),
                 horizon = (size_t)f->plan->horizon;
    char time[48];
    const size_t id_start = b->n;
    norni_csv_text(b, norni_panel_id(p, i), f->plan->escape);
    const size_t id_len = b->n - id_start;
    for (size_t t = f->fitted ? 0 : n; t < n + horizon; t++) {
        if (b->n != id_start + id_len && norni_buf_reserve(b, id_len))
            norni_buf_add(b, b->p + id_start, id_len);
        norni_buf_text(b, ",");
        norni_buf_add(b, time, norni_time_print(time, time_at(p, i, t), &p->style));
        if (f->fitted) {
            norni_buf_text(b, ",");
            if (t < n) norni_csv_num(b, norni_panel_y(p, i)[t]);
        }
        for (size_t k = 0; k < n_specs; k++) {
            const size_t item = i * n_specs + k;
            norni_buf_text(b, ",");
            if (t < n) {
                norni_csv_num(b, norni_forecast_fitted(f, item)[t]);
                for (size_t l = 0; l < 2 * f->plan->levels.n; l++)
                    norni_buf_text(b, ",");
                continue;
            }
            norni_csv_num(b, f->mean[item * horizon + t - n]);
            for (size_t l = 0; l < 2 * f->plan->levels.n; l++) {
                norni_buf_text(b, ",");
                norni_csv_num(b, interval_end(f, item, l, t - n));
            }
        }
        norni_buf_text(b, "\n");
    }
}

static void json_time(norni_json *j, const norni_panel *p, int64_t t) {
    char time[48];
    if (t == NORNI_TIME_NONE) {
        norni_json_null(j);
        return;
    }
    if (p->style.kind == NORNI_TIME_INDEX || p->style.kind == NORNI_TIME_EPOCH_S ||
        p->style.kind == NORNI_TIME_EPOCH_MS) {
        const size_t len = norni_time_print(time, t, &p->style);
        int64_t value = t;
        if (norni_int_parse(time, len, &value) == NORNI_NUM_OK)
            norni_json_int(j, value);
        else
            norni_json_str(j, (norni_str){time, len});
        return;
    }
    norni_json_str(j, (norni_str){time, norni_time_print(time, t, &p->style)});
}

/* {"unique_id":…,"ds":[…],"models":{"MODEL":{"mean":[…],"lo-80":[…],"hi-80":[…]}}}, arrays over the
 * horizon. */
static void json_series(const norni_forecast *f, size_t i, norni_buf *b) {
    const norni_panel *p = f->panel;
    const size_t horizon = (size_t)f->plan->horizon, n = norni_panel_n(p, i);
    norni_json j;
    char key[48];
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "unique_id");
    norni_json_str(&j, norni_panel_id(p, i));
    norni_json_key(&j, "ds");
    norni_json_open(&j, '[');
    for (size_t t = f->fitted ? 0 : n; t < n + horizon; t++)
        json_time(&j, p, time_at(p, i, t));
    norni_json_close(&j, ']');
    if (f->fitted) {
        norni_json_key(&j, "y");
        norni_json_open(&j, '[');
        for (size_t t = 0; t < n; t++)
            norni_json_num(&j, norni_panel_y(p, i)[t]);
        norni_json_close(&j, ']');
    }
    norni_json_key(&j, "models");
    norni_json_open(&j, '{');
    for (size_t k = 0; k < f->plan->n_specs; k++) {
        const size_t item = i * f->plan->n_specs + k;
        norni_json_key(&j, f->plan->specs[k].column.p);
        norni_json_open(&j, '{');
        if (f->fitted) {
            norni_json_key(&j, "fitted");
            norni_json_open(&j, '[');
            for (size_t t = 0; t < n; t++)
                norni_json_num(&j, norni_forecast_fitted(f, item)[t]);
            norni_json_close(&j, ']');
        }
        norni_json_key(&j, "mean");
        norni_json_open(&j, '[');
        for (size_t h = 0; h < horizon; h++)
            norni_json_num(&j, f->mean[item * horizon + h]);
        norni_json_close(&j, ']');
        for (size_t l = 0; l < 2 * f->plan->levels.n; l++) {
            norni_format(key, sizeof key, "%s-%g", l % 2 ? "hi" : "lo", f->plan->levels.v[l / 2]);
            norni_json_key(&j, key);
            norni_json_open(&j, '[');
            for (size_t h = 0; h < horizon; h++)
                norni_json_num(&j, interval_end(f, item, l, h));
            norni_json_close(&j, ']');
        }
        norni_json_close(&j, '}');
    }
    norni_json_close(&j, '}');
    norni_json_close(&j, '}');
}

/* {"horizon":…,"levels":[…],"series":[ */
static void json_opening(const norni_forecast *f, norni_buf *b) {
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "horizon");
    norni_json_int(&j, f->plan->horizon);
    norni_json_key(&j, "levels");
    norni_json_open(&j, '[');
    for (size_t l = 0; l < f->plan->levels.n; l++)
        norni_json_num(&j, f->plan->levels.v[l]);
    norni_json_close(&j, ']');
    norni_json_key(&j, "series");
    norni_buf_text(b, "[\n");
}

void norni_forecast_opening(const norni_forecast *f, bool json, norni_buf *b) {
    if (json)
        json_opening(f, b);
    else
        csv_header(f, b);
}

void norni_forecast_table(const norni_forecast *f, bool json, norni_buf *b) {
    for (size_t i = 0; i < f->panel->n_series; i++) {
        if (json && i > 0) norni_buf_text(b, ",\n");
        if (json)
            json_series(f, i, b);
        else
            csv_series(f, i, b);
    }
}

void norni_forecast_closing(bool json, norni_buf *b) {
    if (json) norni_buf_text(b, "\n]}\n");
}

void norni_forecast_item_header(norni_buf *b) {
    norni_buf_text(b, "unique_id,model,status,served,attempts,seconds,parameters,message,stop\n");
}

void norni_forecast_item_rows(const norni_forecast *f, norni_buf *b) {
    for (size_t item = 0; item < f->n_items; item++) {
        const norni_outcome *o = &f->batch.outcome[item];
        const char *served = f->served && o->status == NORN_OK ? f->served[item] : NULL;
        norni_csv_text(b, norni_panel_id(f->panel, item / f->plan->n_specs), f->plan->escape);
        norni_buf_text(b, ",");
        norni_csv_text(b, f->plan->specs[item % f->plan->n_specs].column, f->plan->escape);
        norni_buf_format(b, ",%s,", norn_status_name(o->status));
        norni_csv_text(b, norni_forecast_model(f, item), f->plan->escape);
        norni_buf_format(b, ",%u,", (unsigned)o->attempts);
        norni_csv_num(b, o->seconds);
        norni_buf_text(b, ",");
        norni_csv_text(b, norni_str_of(served ? served : ""), f->plan->escape);
        norni_buf_text(b, ",");
        norni_csv_text(b, norni_str_of(o->message ? o->message : ""), f->plan->escape);
        norni_buf_format(b, ",%s\n", norni_forecast_stop(f, item));
    }
}

static norni_str column_of(const norni_forecast *f, size_t item) {
    return f->plan->specs[item % f->plan->n_specs].column;
}

void norni_forecast_failures(const norni_forecast *f, norni_buf *b) {
    for (size_t item = 0; f->batch.n_failed > 0 && item < f->n_items; item++) {
        const norni_outcome *o = &f->batch.outcome[item];
        if (o->status != NORN_OK)
            norni_failure_json(norni_panel_id(f->panel, item / f->plan->n_specs),
                               column_of(f, item), NULL, o, b);
    }
}

void norni_forecast_reason(const norni_forecast *f, size_t item, norni_buf *b) {
    norni_failure_line(norni_panel_id(f->panel, item / f->plan->n_specs), column_of(f, item),
                       &f->batch.outcome[item], b);
}
