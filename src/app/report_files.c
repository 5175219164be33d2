/* What a report writes beside its answer: its series, and a row for each of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/report_files.h"

#include "app/evaluate_table.h"
#include "base/fp.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static norn_status series_rows(norni_table_out *t, const norni_fin_forecasts *f, norn_err *err) {
    static const char *const column[] = {"unique_id", "ds", "y"};
    char date[11];
    NORN_TRY(norni_table_begin(t, "series", column, COUNT(column), err));
    for (size_t i = 0; i < f->n; i++) {
        const norni_fin_series *s = &f->series[i];
        for (size_t k = 0; k < s->n; k++) {
            norni_fin_month_text(s->first + (int64_t)k, date);
            NORN_TRY(norni_table_text(t, s->id, err));
            NORN_TRY(norni_table_text(t, norni_str_of(date), err));
            NORN_TRY(norni_table_num(t, s->y[k], err));
            NORN_TRY(norni_table_row(t, err));
        }
    }
    return norni_table_commit(t, err);
}

static norn_status item_row(norni_table_out *t, const norni_fin_forecasts *f,
                            const norni_fin_series *s, norn_err *err) {
    const norni_fin_score *best = s->best < f->n_candidates ? &s->score[s->best] : NULL;
    NORN_TRY(norni_table_text(t, s->id, err));
    NORN_TRY(norni_table_text(t, norni_str_of(norn_status_name(s->status)), err));
    NORN_TRY(norni_table_text(t, norni_fin_series_model(f, s), err));
    NORN_TRY(norni_table_text(t, s->fitted.p ? s->fitted : norni_str_of(""), err));
    NORN_TRY(norni_table_num(t, (double)s->holdout, err));
    NORN_TRY(norni_table_num(t, best ? best->rmse : NORNI_NAN, err));
    NORN_TRY(norni_table_num(t, best ? best->mae : NORNI_NAN, err));
    NORN_TRY(norni_table_num(t, best ? best->mape : NORNI_NAN, err));
    NORN_TRY(norni_table_num(t, s->accuracy_percentage, err));
    NORN_TRY(norni_table_num(t, s->cached ? 1 : 0, err));
    NORN_TRY(norni_table_num(t, s->seconds, err));
    NORN_TRY(norni_table_text(t, s->reason.p ? s->reason : norni_str_of(""), err));
    return norni_table_row(t, err);
}

static norn_status item_rows(norni_table_out *t, const norni_fin_forecasts *f, norn_err *err) {
    static const char *const column[] = {"unique_id", "status", "model",   "parameters",
                                         "holdout",   "rmse",   "mae",     "mape",
                                         "accuracy",  "cached", "seconds", "message"};
    NORN_TRY(norni_table_begin(t, "items", column, COUNT(column), err));
    for (size_t i = 0; i < f->n; i++)
        NORN_TRY(item_row(t, f, &f->series[i], err));
    return norni_table_commit(t, err);
}

static norn_status write(norn_ctx *ctx, const norni_fin_forecasts *f, const char *path, bool escape,
                         norn_status (*rows)(norni_table_out *t, const norni_fin_forecasts *f,
                                             norn_err *err),
                         norn_err *err) {
    norni_table_out t;
    NORN_TRY(norni_table_open(ctx, path, NORNI_FORMAT_CSV, "Report", &t, err));
    t.escape = escape;
    const norn_status st = rows(&t, f, err);
    norni_table_abort(&t);
    return st;
}

norn_status norni_report_series_write(norn_ctx *ctx, const norni_fin_forecasts *f, const char *path,
                                      bool escape, norn_err *err) {
    return write(ctx, f, path, escape, series_rows, err);
}

norn_status norni_report_items_write(norn_ctx *ctx, const norni_fin_forecasts *f, const char *path,
                                     bool escape, norn_err *err) {
    return write(ctx, f, path, escape, item_rows, err);
}
