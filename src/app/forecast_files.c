/* The files that a forecast writes: the table, the items, the kept models. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_files.h"

#include "app/forecast_sheet.h"
#include "app/forecast_write.h"
#include "app/version.h"

enum { STDOUT_KEEP = 16 << 20 };

void norni_forecast_part_init(norni_forecast_part *b, const norn_alloc *a) {
    norni_buf_init(&b->text, a);
    norni_buf_init(&b->packed, a);
    norni_buf_init(&b->items, a);
    norni_buf_init(&b->failures, a);
    norni_buf_init(&b->models, a);
}

void norni_forecast_part_clear(norni_forecast_part *b) {
    norni_buf_clear(&b->text);
    norni_buf_clear(&b->packed);
    norni_buf_clear(&b->items);
    norni_buf_clear(&b->failures);
    norni_buf_clear(&b->models);
}

norn_status norni_forecast_part_make(const norni_forecast_files *o, const norni_forecast *f,
                                     const norni_taken *taken, norni_forecast_part *b,
                                     norn_err *err) {
    b->text.n = b->packed.n = b->items.n = b->failures.n = b->models.n = 0;
    if (!o->is_sheet) norni_forecast_table(f, o->json, &b->text);
    if (o->has_items) norni_forecast_item_rows(f, &b->items);
    norni_forecast_failures(f, &b->failures);
    if (o->plan->keep) NORN_TRY(norni_models_frames(f, taken, &b->models, err));
    if (b->text.failed || b->items.failed || b->failures.failed)
        return norni_alloc_fail(err, "output", f->panel->n_series, 1);
    if (o->out.codec == NORNI_CODEC_NONE || b->text.n == 0) return NORN_OK;
    return norni_encode(o->out.codec, b->text.p, b->text.n, &b->packed, err);
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
    norni_buf *b = &o->out.buf;
    if (o->is_sheet)
        NORN_TRY(norni_forecast_sheet_head(f, o->sheet, err));
    else
        norni_forecast_opening(f, o->json, b);
    if (o->has_items) norni_forecast_item_header(&o->items.buf);
    if (o->plan->keep) NORN_TRY(open_models(o, f->panel, err));
    o->opened = true;
    if (b->failed || o->items.buf.failed) return norni_alloc_fail(err, "output", 1, 1);
    return NORN_OK;
}

/* What is buffered goes to the file; or aside, when it is for standard output. */
static norn_status push(norni_forecast_files *o, norn_err *err) {
    if (!o->to_stdout) return norni_out_flush(&o->out, (size_t)1 << 20, err);
    if (o->out.buf.failed) return norni_alloc_fail(err, "output", 1, 1);
    NORN_TRY(norni_spool_add(&o->spool, o->out.buf.p, o->out.buf.n, err));
    o->out.buf.n = 0;
    return NORN_OK;
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
    if (!o->opened) NORN_TRY(open_outputs(o, f, err));
    if (o->json && o->any_rows) norni_buf_text(&o->out.buf, ",\n");
    o->any_rows = true;
    NORN_TRY(write_models(o, f, taken, b, err));
    if (o->is_sheet) {
        NORN_TRY(norni_forecast_sheet_rows(f, o->sheet, err));
    } else if (o->out.codec != NORNI_CODEC_NONE) {
        NORN_TRY(norni_out_packed(&o->out, b->packed.p, b->packed.n, err));
    } else {
        norni_buf_add(&o->out.buf, b->text.p, b->text.n);
        NORN_TRY(push(o, err));
    }
    if (!o->has_items) return NORN_OK;
    norni_buf_add(&o->items.buf, b->items.p, b->items.n);
    return norni_out_flush(&o->items, (size_t)1 << 20, err);
}

/* Standard output gets everything at once: a run that starts again must not have begun to write. */
static norn_status copy_spool(norni_forecast_files *o, norn_err *err) {
    const uint64_t n = norni_spool_size(&o->spool);
    const size_t step = (size_t)1 << 18;
    for (uint64_t at = 0; at < n;) {
        const size_t part = n - at < step ? (size_t)(n - at) : step;
        if (!norni_buf_reserve(&o->out.buf, part)) return norni_alloc_fail(err, "output", part, 1);
        NORN_TRY(norni_spool_read(&o->spool, at, o->out.buf.p, part, err));
        o->out.buf.n = part;
        NORN_TRY(norni_out_flush(&o->out, 0, err));
        at += part;
    }
    return NORN_OK;
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
    if (o->is_sheet) {
        norni_xlsx_out *sheet = o->sheet;
        o->sheet = NULL;
        NORN_TRY(partial ? norni_xlsx_out_commit_partial(sheet, err)
                         : norni_xlsx_out_commit(sheet, err));
    } else {
        norni_forecast_closing(o->json, &o->out.buf);
        if (o->to_stdout) {
            NORN_TRY(push(o, err));
            NORN_TRY(copy_spool(o, err));
        }
        NORN_TRY(partial ? norni_out_commit_partial(&o->out, err) : norni_out_commit(&o->out, err));
    }
    if (!o->has_items) return NORN_OK;
    return partial ? norni_out_commit_partial(&o->items, err) : norni_out_commit(&o->items, err);
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
    const norni_common_opt *common = &o->opt->panel.common;
    const norn_alloc *alloc = &o->ctx->alloc;
    const int32_t format = norni_format_of(common);
    o->json = format == NORNI_FORMAT_JSON;
    o->is_sheet = format == NORNI_FORMAT_XLSX;
    o->has_items = common->items != NULL;
    o->out = o->items = (norni_out){.fd = -1};
    norni_spool_init(&o->spool, alloc, STDOUT_KEEP);
    NORN_TRY(remember_models(o, err));
    if (o->opt->save) NORN_TRY(norni_model_writer_open(&o->models, alloc, o->opt->save, err));
    if (o->is_sheet) {
        NORN_TRY(norni_xlsx_out_open(o->ctx, common->out, "Forecast", &o->sheet, err));
    } else {
        NORN_TRY(norni_out_open(&o->out, alloc, common->out, err));
        o->to_stdout = o->out.path == NULL;
    }
    return o->has_items ? norni_out_open(&o->items, alloc, common->items, err) : NORN_OK;
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
    norni_out_abort(&o->out);
    norni_out_abort(&o->items);
    norni_xlsx_out_abort(o->sheet);
    forget_models(o);
    norni_spool_clear(&o->spool);
    memset(o, 0, sizeof *o);
}
