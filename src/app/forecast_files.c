/* The files that a forecast writes: the table, the items, the kept models. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_files.h"

#include "app/forecast_sheet.h"
#include "app/forecast_write.h"
#include "app/version.h"

void norni_forecast_part_init(norni_forecast_part *b, const norn_alloc *a) {
    norni_out_part_init(&b->out, a);
    norni_buf_init(&b->failures, a);
    norni_buf_init(&b->models, a);
}

void norni_forecast_part_clear(norni_forecast_part *b) {
    norni_out_part_clear(&b->out);
    norni_buf_clear(&b->failures);
    norni_buf_clear(&b->models);
}

norn_status norni_forecast_part_make(const norni_forecast_files *o, const norni_forecast *f,
                                     const norni_taken *taken, norni_forecast_part *b,
                                     norn_err *err) {
    norni_out_part_reset(&b->out);
    b->failures.n = b->models.n = 0;
    if (!o->to.is_sheet) norni_forecast_table(f, o->to.json, &b->out.text);
    if (o->to.has_items) norni_forecast_item_rows(f, &b->out.items);
    norni_forecast_failures(f, &b->failures);
    if (o->plan->keep) NORN_TRY(norni_models_frames(f, taken, &b->models, err));
    if (b->failures.failed) return norni_alloc_fail(err, "output", f->panel->n_series, 1);
    return norni_out_part_end(&o->to, &b->out, f->panel->n_series, 1, err);
}

/* What stands before the first record. */
static norn_status open_models(norni_forecast_files *o, const norni_panel *p, norn_err *err) {
    norni_buf header;
    norni_buf_init(&header, &o->ctx->alloc);
    norni_models_header(o->opt, o->plan, p, &header);
    const norn_status st = header.failed
                               ? norni_alloc_fail(err, "save", header.cap, 2)
                               : norni_model_writer_head(&o->models, norni_str_of(NORNI_VERSION),
                                                         (norni_str){header.p, header.n}, err);
    norni_buf_clear(&header);
    return st;
}

static norn_status open_outputs(norni_forecast_files *o, const norni_forecast *f, norn_err *err) {
    if (o->to.is_sheet)
        NORN_TRY(norni_forecast_sheet_head(f, o->to.sheet, err));
    else
        norni_forecast_opening(f, o->to.json, &o->to.out.buf);
    if (o->to.has_items) norni_forecast_item_header(&o->to.items.buf);
    if (o->plan->keep) NORN_TRY(open_models(o, f->panel, err));
    return norni_out_files_begun(&o->to, err);
}

static norn_status write_models(norni_forecast_files *o, const norni_forecast *f,
                                const norni_taken *taken, const norni_forecast_part *b,
                                norn_err *err) {
    for (size_t i = 0; o->seen_models != NULL && i < f->panel->n_series; i++) {
        const uint64_t at = taken->record[i];
        if (at != UINT64_MAX) o->seen_models[at / 8] |= (uint8_t)(1U << at % 8);
    }
    if (!o->plan->keep) return NORN_OK;
    return norni_model_writer_add(&o->models, (norni_str){b->models.p, b->models.n},
                                  f->panel->n_series, err);
}

norn_status norni_forecast_files_write(norni_forecast_files *o, const norni_forecast *f,
                                       const norni_taken *taken, const norni_forecast_part *b,
                                       norn_err *err) {
    if (!o->to.opened) NORN_TRY(open_outputs(o, f, err));
    norni_out_files_between(&o->to);
    NORN_TRY(write_models(o, f, taken, b, err));
    NORN_TRY(o->to.is_sheet ? norni_forecast_sheet_rows(f, o->to.sheet, err)
                            : norni_out_files_text(&o->to, &b->out, err));
    return norni_out_files_items(&o->to, &b->out, err);
}

/* The kept models are whole before anything is said to be done. */
static norn_status close_models(norni_forecast_files *o, norn_err *err) {
    const norni_models *m = o->loaded;
    if (!o->plan->keep) return NORN_OK;
    if (m != NULL) NORN_TRY(norni_models_carry(m, o->plan, o->seen_models, &o->models, err));
    return norni_model_writer_commit(&o->models, err);
}

norn_status norni_forecast_files_commit(norni_forecast_files *o, bool partial, norn_err *err) {
    if (!partial) NORN_TRY(close_models(o, err));
    if (!o->to.is_sheet) norni_forecast_closing(o->to.json, &o->to.out.buf);
    return norni_out_files_commit(&o->to, partial, err);
}

static norn_status remember_models(norni_forecast_files *o, norn_err *err) {
    const norni_models *m = o->loaded;
    if (m == NULL || !o->plan->keep) return NORN_OK;
    const size_t n = (size_t)norni_model_store_n(m->store) / 8 + 1;
    o->seen_models = norni_alloc_zero(&o->ctx->alloc, n, 1);
    return o->seen_models ? NORN_OK : norni_alloc_fail(err, "load", n, 1);
}

norn_status norni_forecast_files_open(norni_forecast_files *o, norn_ctx *ctx,
                                      const norni_forecast_opt *opt,
                                      const norni_forecast_plan *plan, const norni_models *loaded,
                                      norn_err *err) {
    *o = (norni_forecast_files){.ctx = ctx, .opt = opt, .plan = plan, .loaded = loaded};
    NORN_TRY(remember_models(o, err));
    if (opt->save) NORN_TRY(norni_model_writer_open(&o->models, &ctx->alloc, opt->save, err));
    return norni_out_files_open(&o->to, ctx, &opt->panel.common, "Forecast", err);
}

static void forget_models(norni_forecast_files *o) {
    const norni_models *m = o->loaded;
    norni_model_writer_abort(&o->models);
    if (o->seen_models != NULL)
        norni_alloc_drop(&o->ctx->alloc, o->seen_models,
                         (size_t)norni_model_store_n(m->store) / 8 + 1, 1);
    o->seen_models = NULL;
}

void norni_forecast_files_abort(norni_forecast_files *o) {
    if (o->ctx == NULL) return;
    norni_out_files_abort(&o->to);
    forget_models(o);
    memset(o, 0, sizeof *o);
}
