/* Forecasts as the rows of a workbook's sheet. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_sheet.h"

#include "base/fp.h"

static norn_status level_head(const norni_forecast *f, norni_xlsx_out *x, norni_str column,
                              norn_err *err) {
    norni_buf name;
    norn_status st = NORN_OK;
    norni_buf_init(&name, &f->ctx->alloc);
    for (size_t l = 0; l < 2 * f->plan->levels.n && st == NORN_OK; l++) {
        name.n = 0;
        norni_buf_add(&name, column.p, column.n);
        norni_buf_text(&name, l % 2 ? "-hi-" : "-lo-");
        norni_buf_num(&name, f->plan->levels.v[l / 2]);
        st = name.failed ? norni_alloc_fail(err, "output", column.n, 1)
                         : norni_xlsx_out_text(x, (norni_str){name.p, name.n}, err);
    }
    norni_buf_clear(&name);
    return st;
}

norn_status norni_forecast_sheet_head(const norni_forecast *f, norni_xlsx_out *x, norn_err *err) {
    const norni_panel *p = f->panel;
    NORN_TRY(norni_xlsx_out_text(x, p->id_name.p ? p->id_name : norni_str_of("unique_id"), err));
    NORN_TRY(norni_xlsx_out_text(x, p->time_name.p ? p->time_name : norni_str_of("ds"), err));
    if (f->fitted)
        NORN_TRY(
            norni_xlsx_out_text(x, p->target_name.p ? p->target_name : norni_str_of("y"), err));
    for (size_t k = 0; k < f->plan->n_specs; k++) {
        NORN_TRY(norni_xlsx_out_text(x, f->plan->specs[k].column, err));
        NORN_TRY(level_head(f, x, f->plan->specs[k].column, err));
    }
    return norni_xlsx_out_row(x, err);
}

/* Integer times are numbers, all others text as in the input. */
static norn_status put_time(const norni_panel *p, norni_xlsx_out *x, int64_t t, norn_err *err) {
    char text[48];
    if (t == NORNI_TIME_NONE) return norni_xlsx_out_num(x, NORNI_NAN, err); /* an empty cell */
    if (p->style.kind == NORNI_TIME_INDEX && t > -(INT64_C(1) << 53) && t < (INT64_C(1) << 53))
        return norni_xlsx_out_num(x, (double)t, err);
    return norni_xlsx_out_text(x, (norni_str){text, norni_time_print(text, t, &p->style)}, err);
}

static norn_status put_row(const norni_forecast *f, norni_xlsx_out *x, size_t i, size_t t,
                           norn_err *err) {
    const norni_panel *p = f->panel;
    const size_t n = norni_panel_n(p, i), h = (size_t)f->plan->horizon,
                 n_levels = f->plan->levels.n;
    const bool past = t < n;
    NORN_TRY(norni_xlsx_out_text(x, norni_panel_id(p, i), err));
    NORN_TRY(
        put_time(p, x, past ? norni_panel_time(p, i, t) : norni_panel_future(p, i, t - n), err));
    if (f->fitted) NORN_TRY(norni_xlsx_out_num(x, past ? norni_panel_y(p, i)[t] : NORNI_NAN, err));
    for (size_t k = 0; k < f->plan->n_specs; k++) {
        const size_t item = i * f->plan->n_specs + k;
        NORN_TRY(norni_xlsx_out_num(
            x, past ? norni_forecast_fitted(f, item)[t] : f->mean[item * h + t - n], err));
        for (size_t l = 0; l < 2 * n_levels; l++) {
            const double *side = l % 2 ? f->hi : f->lo;
            NORN_TRY(norni_xlsx_out_num(
                x, past ? NORNI_NAN : side[(item * n_levels + l / 2) * h + t - n], err));
        }
    }
    return norni_xlsx_out_row(x, err);
}

norn_status norni_forecast_sheet_rows(const norni_forecast *f, norni_xlsx_out *x, norn_err *err) {
    for (size_t i = 0; i < f->panel->n_series; i++) {
        const size_t n = norni_panel_n(f->panel, i);
        for (size_t t = f->fitted ? 0 : n; t < n + (size_t)f->plan->horizon; t++)
            NORN_TRY(put_row(f, x, i, t, err));
    }
    return NORN_OK;
}
