/* The table and the items that a streamed run writes: batch by batch, whole at the end or absent. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/out_files.h"

enum { STDOUT_KEEP = 16 << 20 };

void norni_out_part_init(norni_out_part *b, const norn_alloc *a) {
    norni_buf_init(&b->text, a);
    norni_buf_init(&b->packed, a);
    norni_buf_init(&b->items, a);
}

void norni_out_part_clear(norni_out_part *b) {
    norni_buf_clear(&b->text);
    norni_buf_clear(&b->packed);
    norni_buf_clear(&b->items);
}

void norni_out_part_reset(norni_out_part *b) {
    b->text.n = b->packed.n = b->items.n = 0;
}

norn_status norni_out_part_end(const norni_out_files *o, norni_out_part *b, size_t n, size_t size,
                               norn_err *err) {
    if (b->text.failed || b->items.failed) return norni_alloc_fail(err, "output", n, size);
    if (o->out.codec == NORNI_CODEC_NONE || b->text.n == 0) return NORN_OK;
    return norni_encode(o->out.codec, b->text.p, b->text.n, &b->packed, err);
}

norn_status norni_out_files_open(norni_out_files *o, norn_ctx *ctx, const norni_common_opt *opt,
                                 const char *sheet, norn_err *err) {
    const int32_t format = norni_format_of(opt);
    *o = (norni_out_files){.ctx = ctx,
                           .out = {.fd = -1},
                           .items = {.fd = -1},
                           .json = format == NORNI_FORMAT_JSON,
                           .is_sheet = format == NORNI_FORMAT_XLSX,
                           .has_items = opt->items != NULL};
    norni_spool_init(&o->spool, &ctx->alloc, STDOUT_KEEP);
    if (o->is_sheet) {
        NORN_TRY(norni_xlsx_out_open(ctx, opt->out, sheet, &o->sheet, err));
    } else {
        NORN_TRY(norni_out_open(&o->out, &ctx->alloc, opt->out, err));
        o->to_stdout = o->out.path == NULL;
    }
    return o->has_items ? norni_out_open(&o->items, &ctx->alloc, opt->items, err) : NORN_OK;
}

norn_status norni_out_files_begun(norni_out_files *o, norn_err *err) {
    o->opened = true;
    if (o->out.buf.failed || o->items.buf.failed) return norni_alloc_fail(err, "output", 1, 1);
    return NORN_OK;
}

void norni_out_files_between(norni_out_files *o) {
    if (o->json && o->any_rows) norni_buf_text(&o->out.buf, ",\n");
    o->any_rows = true;
}

/* What is buffered goes to the file; or aside, when it is for standard output. */
static norn_status push(norni_out_files *o, norn_err *err) {
    if (!o->to_stdout) return norni_out_flush(&o->out, (size_t)1 << 20, err);
    if (o->out.buf.failed) return norni_alloc_fail(err, "output", 1, 1);
    NORN_TRY(norni_spool_add(&o->spool, o->out.buf.p, o->out.buf.n, err));
    o->out.buf.n = 0;
    return NORN_OK;
}

norn_status norni_out_files_text(norni_out_files *o, const norni_out_part *b, norn_err *err) {
    if (o->out.codec != NORNI_CODEC_NONE)
        return norni_out_packed(&o->out, b->packed.p, b->packed.n, err);
    norni_buf_add(&o->out.buf, b->text.p, b->text.n);
    return push(o, err);
}

norn_status norni_out_files_items(norni_out_files *o, const norni_out_part *b, norn_err *err) {
    if (!o->has_items) return NORN_OK;
    norni_buf_add(&o->items.buf, b->items.p, b->items.n);
    return norni_out_flush(&o->items, (size_t)1 << 20, err);
}

/* Standard output gets everything at once: a run that starts again must not have begun to write. */
static norn_status copy_spool(norni_out_files *o, norn_err *err) {
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

norn_status norni_out_files_commit(norni_out_files *o, bool partial, norn_err *err) {
    if (o->is_sheet) {
        norni_xlsx_out *sheet = o->sheet;
        o->sheet = NULL;
        NORN_TRY(partial ? norni_xlsx_out_commit_partial(sheet, err)
                         : norni_xlsx_out_commit(sheet, err));
    } else {
        if (o->to_stdout) {
            NORN_TRY(push(o, err));
            NORN_TRY(copy_spool(o, err));
        }
        NORN_TRY(partial ? norni_out_commit_partial(&o->out, err) : norni_out_commit(&o->out, err));
    }
    if (!o->has_items) return NORN_OK;
    return partial ? norni_out_commit_partial(&o->items, err) : norni_out_commit(&o->items, err);
}

void norni_out_files_abort(norni_out_files *o) {
    if (o->ctx == NULL) return;
    norni_out_abort(&o->out);
    norni_out_abort(&o->items);
    norni_xlsx_out_abort(o->sheet);
    norni_spool_clear(&o->spool);
    memset(o, 0, sizeof *o);
}
