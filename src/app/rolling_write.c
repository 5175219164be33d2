/* Rolling columns as CSV, JSON or the rows of a workbook, and the row for each item. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/rolling_write.h"

#include <math.h>

#include "base/fp.h"
#include "base/numtext.h"
#include "io/writer.h"

static norni_str or_else(norni_str name, const char *other) {
    return name.p ? name : norni_str_of(other);
}

/* Columns behind id and time: the rolled ones, then the results. */
static size_t n_columns(const norni_rolled *r) {
    return 1 + r->plan->n_cols + r->plan->n_out;
}

static norni_str column_name(const norni_rolled *r, size_t c) {
    if (c == 0) return or_else(r->panel->target_name, "y");
    return c <= r->plan->n_cols ? r->plan->x_names[c - 1] : r->plan->names[c - 1 - r->plan->n_cols];
}

/* The column's values of series i. */
static const double *column_at(const norni_rolled *r, size_t c, size_t i) {
    const norni_panel *p = r->panel;
    if (c <= r->plan->n_cols) return norni_rolled_input(r, c) + p->offsets[i];
    return r->out[c - 1 - r->plan->n_cols] + (p->offsets[i] - p->offsets[0]);
}

static void csv_header(const norni_rolled *r, norni_buf *b) {
    norni_csv_text(b, or_else(r->panel->id_name, "unique_id"), r->plan->escape);
    norni_buf_text(b, ",");
    norni_csv_text(b, or_else(r->panel->time_name, "ds"), r->plan->escape);
    for (size_t c = 0; c < n_columns(r); c++) {
        norni_buf_text(b, ",");
        norni_csv_text(b, column_name(r, c), r->plan->escape);
    }
    norni_buf_text(b, "\n");
}

void norni_rolling_opening(const norni_rolled *r, bool json, norni_buf *b) {
    norni_json j;
    if (!json) {
        csv_header(r, b);
        return;
    }
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "window");
    norni_json_str(&j, norni_str_of(r->plan->window));
    norni_json_key(&j, "series");
    norni_buf_text(b, "[\n");
}

void norni_rolling_closing(bool json, norni_buf *b) {
    if (json) norni_buf_text(b, "\n]}\n");
}

void norni_rolling_csv(const norni_rolled *r, size_t i, size_t from, size_t to, norni_buf *b) {
    const norni_panel *p = r->panel;
    const size_t n = n_columns(r), id_start = b->n;
    char time[48];
    if (from >= to) return;
    norni_csv_text(b, norni_panel_id(p, i), r->plan->escape);
    const size_t id_len = b->n - id_start;
    for (size_t t = from; t < to && !b->failed; t++) {
        if (t > from && norni_buf_reserve(b, id_len)) norni_buf_add(b, b->p + id_start, id_len);
        norni_buf_text(b, ",");
        norni_buf_add(b, time, norni_time_print(time, norni_panel_time(p, i, t), &p->style));
        for (size_t c = 0; c < n; c++) {
            norni_buf_text(b, ",");
            norni_csv_num(b, column_at(r, c, i)[t]);
        }
        norni_buf_text(b, "\n");
    }
}

static void json_time(norni_json *j, const norni_panel *p, int64_t t) {
    char text[48];
    const size_t n = norni_time_print(text, t, &p->style);
    int64_t value = 0;
    const bool number = p->style.kind == NORNI_TIME_INDEX || p->style.kind == NORNI_TIME_EPOCH_S ||
                        p->style.kind == NORNI_TIME_EPOCH_MS;
    if (number && norni_int_parse(text, n, &value) == NORNI_NUM_OK)
        norni_json_int(j, value);
    else
        norni_json_str(j, (norni_str){text, n});
}

void norni_rolling_json(const norni_rolled *r, size_t i, norni_buf *b) {
    const norni_panel *p = r->panel;
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, "unique_id");
    norni_json_str(&j, norni_panel_id(p, i));
    norni_json_key(&j, "ds");
    norni_json_open(&j, '[');
    for (size_t t = 0; t < norni_panel_n(p, i); t++)
        json_time(&j, p, norni_panel_time(p, i, t));
    norni_json_close(&j, ']');
    norni_json_key(&j, "columns");
    norni_json_open(&j, '{');
    for (size_t c = 0; c < n_columns(r); c++) {
        norni_json_key(&j, c == 0 ? r->plan->target.p : column_name(r, c).p);
        norni_json_open(&j, '[');
        for (size_t t = 0; t < norni_panel_n(p, i); t++)
            norni_json_num(&j, column_at(r, c, i)[t]);
        norni_json_close(&j, ']');
    }
    norni_json_close(&j, '}');
    norni_json_close(&j, '}');
}

norn_status norni_rolling_sheet_head(const norni_rolled *r, norni_xlsx_out *x, norn_err *err) {
    NORN_TRY(norni_xlsx_out_text(x, or_else(r->panel->id_name, "unique_id"), err));
    NORN_TRY(norni_xlsx_out_text(x, or_else(r->panel->time_name, "ds"), err));
    for (size_t c = 0; c < n_columns(r); c++)
        NORN_TRY(norni_xlsx_out_text(x, column_name(r, c), err));
    return norni_xlsx_out_row(x, err);
}

/* Integer times are numbers, all others text as in the input. */
static norn_status put_time(const norni_panel *p, norni_xlsx_out *x, int64_t t, norn_err *err) {
    char text[48];
    if (p->style.kind == NORNI_TIME_INDEX && t > -(INT64_C(1) << 53) && t < (INT64_C(1) << 53))
        return norni_xlsx_out_num(x, (double)t, err);
    return norni_xlsx_out_text(x, (norni_str){text, norni_time_print(text, t, &p->style)}, err);
}

norn_status norni_rolling_sheet_rows(const norni_rolled *r, norni_xlsx_out *x, norn_err *err) {
    const norni_panel *p = r->panel;
    for (size_t i = 0; i < p->n_series; i++) {
        for (size_t t = 0; t < norni_panel_n(p, i); t++) {
            NORN_TRY(norni_xlsx_out_text(x, norni_panel_id(p, i), err));
            NORN_TRY(put_time(p, x, norni_panel_time(p, i, t), err));
            for (size_t c = 0; c < n_columns(r); c++)
                NORN_TRY(norni_xlsx_out_num(x, column_at(r, c, i)[t], err));
            NORN_TRY(norni_xlsx_out_row(x, err));
        }
    }
    return NORN_OK;
}

void norni_rolling_item_header(norni_buf *b) {
    norni_buf_text(b, "unique_id,column,status,attempts,seconds,rows,values\n");
}

void norni_rolling_item_rows(const norni_rolled *r, norni_buf *b) {
    const norni_panel *p = r->panel;
    const double each = r->seconds / (double)(r->n_rows ? r->n_rows : 1) / (double)r->plan->n_out;
    for (size_t i = 0; i < p->n_series; i++) {
        const size_t n = norni_panel_n(p, i);
        for (size_t c = 0; c < r->plan->n_out; c++) {
            const double *v = r->out[c] + (p->offsets[i] - p->offsets[0]);
            size_t n_values = 0;
            for (size_t t = 0; t < n; t++)
                n_values += isnan(v[t]) ? 0 : 1;
            norni_csv_text(b, norni_panel_id(p, i), r->plan->escape);
            norni_buf_text(b, ",");
            norni_csv_text(b, r->plan->names[c], r->plan->escape);
            norni_buf_text(b, ",ok,1,");
            norni_csv_num(b, each * (double)n);
            norni_buf_format(b, ",%zu,%zu\n", n, n_values);
        }
    }
}
