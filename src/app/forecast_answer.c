/* What a forecast of a panel asks for and answers, and the slots of its items. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_answer.h"

#include "base/fp.h"

void norni_forecast_blank(norni_forecast *f, size_t item) {
    const size_t h = (size_t)f->plan->horizon, n_levels = f->plan->levels.n;
    for (size_t k = 0; k < h; k++)
        f->mean[item * h + k] = norni_canonical(NORNI_NAN);
    for (size_t k = 0; k < h * n_levels; k++) {
        f->lo[item * n_levels * h + k] = f->hi[item * n_levels * h + k] =
            norni_canonical(NORNI_NAN);
    }
    if (f->plan->conformal.windows > 0) norni_conformal_blank(&f->conformal, item);
    for (size_t k = 0; k < h * f->plan->n_paths; k++)
        f->paths[item * f->plan->n_paths * h + k] = norni_canonical(NORNI_NAN);
    if (f->fitted == NULL) return;
    const size_t i = norni_forecast_series_of(f, item), n = norni_panel_n(f->panel, i);
    double *out = norni_forecast_fitted(f, item);
    for (size_t t = 0; t < n; t++)
        out[t] = norni_canonical(NORNI_NAN);
}

norni_str norni_forecast_model(const norni_forecast *f, size_t item) {
    const norni_outcome *o = &f->batch.outcome[item];
    if (o->status != NORN_OK) return (norni_str){"", 0};
    return o->fallback ? f->plan->fallback->column : norni_forecast_spec(f, item)->column;
}

const char *norni_forecast_stop(const norni_forecast *f, size_t item) {
    const norni_effort *e = f->effort ? &f->effort[item] : NULL;
    return e == NULL || !e->cut ? "" : e->late ? "budget_ms" : "budget_evals";
}

norn_status norni_forecast_describe(norni_forecast *f, size_t item, norni_str text, norn_err *err) {
    const norn_alloc *alloc = &f->ctx->alloc;
    char *kept = norni_alloc_get(alloc, text.n + 1, 1);
    if (kept == NULL) return norni_alloc_fail(err, "forecast", text.n + 1, 1);
    if (text.n > 0) memcpy(kept, text.p, text.n);
    kept[text.n] = '\0';
    char *before = f->served[item];
    if (before) norni_alloc_drop(alloc, before, strlen(before) + 1, 1);
    f->served[item] = kept;
    return NORN_OK;
}

static void drop_model(norni_forecast *f, size_t item) {
    norni_str *m = &f->saved[item];
    norni_alloc_drop(&f->ctx->alloc, (char *)(uintptr_t)m->p, m->n, 1);
    *m = (norni_str){NULL, 0};
}

norn_status norni_forecast_keep(norni_forecast *f, size_t item, norni_str model, norn_err *err) {
    char *own = norni_alloc_get(&f->ctx->alloc, model.n, 1);
    if (own == NULL) return norni_alloc_fail(err, "save", model.n, 1);
    if (model.n > 0) memcpy(own, model.p, model.n);
    drop_model(f, item);
    f->saved[item] = (norni_str){own, model.n};
    return NORN_OK;
}

void norni_forecast_clear(norni_forecast *f) {
    if (f->ctx == NULL) return;
    for (size_t item = 0; f->served != NULL && item < f->n_items; item++) {
        char *text = f->served[item];
        if (text) norni_alloc_drop(&f->ctx->alloc, text, strlen(text) + 1, 1);
    }
    for (size_t item = 0; f->saved != NULL && item < f->n_items; item++)
        drop_model(f, item);
    if (f->batch.ctx) norni_batch_clear(&f->batch);
    memset(f, 0, sizeof *f);
}
