/* The files that a rolling run writes: the table and the items. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/rolling_files.h"

enum { STDOUT_KEEP = 16 << 20, PIECE_CELLS = 1 << 16 };

void norni_rolling_part_init(norni_rolling_part *b, const norn_alloc *a) {
    norni_buf_init(&b->text, a);
    norni_buf_init(&b->packed, a);
    norni_buf_init(&b->items, a);
}

void norni_rolling_part_clear(norni_rolling_part *b) {
    norni_buf_clear(&b->text);
    norni_buf_clear(&b->packed);
    norni_buf_clear(&b->items);
}

static size_t cells_of_row(const norni_rolled *r) {
    return 3 + r->plan->n_cols + r->plan->n_out;
}

/* A batch's rows as CSV, in pieces of some rows that workers make side by side. */
typedef struct text_job {
    const norni_rolled *r;
    norni_buf *piece; /* (n_pieces) */
    size_t n_pieces, step;
} text_job;

static norn_status make_piece(norni_worker *w, size_t k, void *arg, norn_err *err) {
    (void)w;
    const text_job *job = arg;
    const norni_panel *p = job->r->panel;
    const size_t from = k * job->step,
                 to = job->r->n_rows - from < job->step ? job->r->n_rows : from + job->step;
    size_t lo = 0, hi = p->n_series; /* the first series that ends behind `from` */
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (p->offsets[mid + 1] - p->offsets[0] > from)
            hi = mid;
        else
            lo = mid + 1;
    }
    for (size_t i = lo; i < p->n_series; i++) {
        const size_t a = p->offsets[i] - p->offsets[0], z = p->offsets[i + 1] - p->offsets[0];
        if (a >= to) break;
        norni_rolling_csv(job->r, i, a < from ? from - a : 0, (z < to ? z : to) - a,
                          &job->piece[k]);
    }
    return job->piece[k].failed ? norni_alloc_fail(err, "output", to - from, cells_of_row(job->r))
                                : NORN_OK;
}

static norn_status make_text(norn_ctx *ctx, norni_worker *worker, const norni_rolled *r,
                             norni_arena *arena, norni_buf *text, norn_err *err) {
    text_job job = {.r = r, .step = PIECE_CELLS / cells_of_row(r) + 1};
    job.n_pieces = (r->n_rows + job.step - 1) / job.step;
    job.piece = norni_arena_get(arena, job.n_pieces, sizeof *job.piece);
    if (job.piece == NULL) return norni_alloc_fail(err, "output", job.n_pieces, sizeof *job.piece);
    for (size_t k = 0; k < job.n_pieces; k++)
        norni_buf_init(&job.piece[k], &ctx->alloc);
    const norn_status st = norni_for(ctx, worker, job.n_pieces, make_piece, &job,
                                     &(norni_for_opt){.plumbing = true}, err);
    for (size_t k = 0; k < job.n_pieces; k++) {
        if (st == NORN_OK) norni_buf_add(text, job.piece[k].p, job.piece[k].n);
        norni_buf_clear(&job.piece[k]);
    }
    return st;
}

norn_status norni_rolling_part_make(const norni_rolling_files *o, norni_worker *worker,
                                    const norni_rolled *r, norni_arena *arena,
                                    norni_rolling_part *b, norn_err *err) {
    b->text.n = b->packed.n = b->items.n = 0;
    b->late = !o->json && r->n_rows > r->plan->late_cells / cells_of_row(r);
    if (o->has_items) norni_rolling_item_rows(r, &b->items);
    if (o->json) {
        for (size_t i = 0; i < r->panel->n_series; i++) {
            if (i > 0) norni_buf_text(&b->text, ",\n");
            norni_rolling_json(r, i, &b->text);
        }
    } else if (!o->is_sheet && !b->late) {
        NORN_TRY(make_text(o->ctx, worker, r, arena, &b->text, err));
    }
    if (b->text.failed || b->items.failed)
        return norni_alloc_fail(err, "output", r->n_rows, cells_of_row(r));
    if (o->out.codec == NORNI_CODEC_NONE || b->text.n == 0) return NORN_OK;
    return norni_encode(o->out.codec, b->text.p, b->text.n, &b->packed, err);
}

static norn_status open_outputs(norni_rolling_files *o, const norni_rolled *r, norn_err *err) {
    if (o->is_sheet)
        NORN_TRY(norni_rolling_sheet_head(r, o->sheet, err));
    else
        norni_rolling_opening(r, o->json, &o->out.buf);
    if (o->has_items) norni_rolling_item_header(&o->items.buf);
    o->opened = true;
    if (o->out.buf.failed || o->items.buf.failed) return norni_alloc_fail(err, "output", 1, 1);
    return NORN_OK;
}

/* What is buffered goes to the file; or aside, when it is for standard output. */
static norn_status push(norni_rolling_files *o, norn_err *err) {
    if (!o->to_stdout) return norni_out_flush(&o->out, (size_t)1 << 20, err);
    if (o->out.buf.failed) return norni_alloc_fail(err, "output", 1, 1);
    NORN_TRY(norni_spool_add(&o->spool, o->out.buf.p, o->out.buf.n, err));
    o->out.buf.n = 0;
    return NORN_OK;
}

/* The text of b behind what was written. */
static norn_status put_text(norni_rolling_files *o, const norni_rolling_part *b, norn_err *err) {
    if (o->out.codec != NORNI_CODEC_NONE)
        return norni_out_packed(&o->out, b->packed.p, b->packed.n, err);
    norni_buf_add(&o->out.buf, b->text.p, b->text.n);
    return push(o, err);
}

/* A series that no batch can cut: its text never lies in memory whole. */
static norn_status write_late(norni_rolling_files *o, const norni_rolled *r, norni_rolling_part *b,
                              norn_err *err) {
    const size_t step = PIECE_CELLS / cells_of_row(r) + 1;
    const norni_poll poll = norni_ctx_poll(o->ctx);
    for (size_t i = 0; i < r->panel->n_series; i++) {
        const size_t n = norni_panel_n(r->panel, i);
        for (size_t from = 0; from < n; from += step) {
            b->text.n = b->packed.n = 0;
            if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
            norni_rolling_csv(r, i, from, n - from < step ? n : from + step, &b->text);
            if (b->text.failed) return norni_alloc_fail(err, "output", step, cells_of_row(r));
            if (o->out.codec != NORNI_CODEC_NONE)
                NORN_TRY(norni_encode(o->out.codec, b->text.p, b->text.n, &b->packed, err));
            NORN_TRY(put_text(o, b, err));
        }
    }
    return NORN_OK;
}

norn_status norni_rolling_files_write(norni_rolling_files *o, const norni_rolled *r,
                                      norni_rolling_part *b, norn_err *err) {
    if (!o->opened) NORN_TRY(open_outputs(o, r, err));
    if (o->json && o->any_rows) norni_buf_text(&o->out.buf, ",\n");
    o->any_rows = true;
    if (o->is_sheet)
        NORN_TRY(norni_rolling_sheet_rows(r, o->sheet, err));
    else
        NORN_TRY(b->late ? write_late(o, r, b, err) : put_text(o, b, err));
    if (!o->has_items) return NORN_OK;
    norni_buf_add(&o->items.buf, b->items.p, b->items.n);
    return norni_out_flush(&o->items, (size_t)1 << 20, err);
}

/* Standard output gets everything at once: a run that starts again must not have begun to write. */
static norn_status copy_spool(norni_rolling_files *o, norn_err *err) {
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

norn_status norni_rolling_files_commit(norni_rolling_files *o, bool partial, norn_err *err) {
    if (o->is_sheet) {
        norni_xlsx_out *sheet = o->sheet;
        o->sheet = NULL;
        NORN_TRY(partial ? norni_xlsx_out_commit_partial(sheet, err)
                         : norni_xlsx_out_commit(sheet, err));
    } else {
        norni_rolling_closing(o->json, &o->out.buf);
        if (o->to_stdout) {
            NORN_TRY(push(o, err));
            NORN_TRY(copy_spool(o, err));
        }
        NORN_TRY(partial ? norni_out_commit_partial(&o->out, err) : norni_out_commit(&o->out, err));
    }
    if (!o->has_items) return NORN_OK;
    return partial ? norni_out_commit_partial(&o->items, err) : norni_out_commit(&o->items, err);
}

norn_status norni_rolling_files_open(norni_rolling_files *o, norn_ctx *ctx,
                                     const norni_common_opt *opt, const norni_rolling_plan *plan,
                                     norn_err *err) {
    *o = (norni_rolling_files){.ctx = ctx, .plan = plan};
    const int32_t format = norni_format_of(opt);
    o->json = format == NORNI_FORMAT_JSON;
    o->is_sheet = format == NORNI_FORMAT_XLSX;
    o->has_items = opt->items != NULL;
    o->out = o->items = (norni_out){.fd = -1};
    norni_spool_init(&o->spool, &ctx->alloc, STDOUT_KEEP);
    if (o->is_sheet) {
        NORN_TRY(norni_xlsx_out_open(ctx, opt->out, "Rolling", &o->sheet, err));
    } else {
        NORN_TRY(norni_out_open(&o->out, &ctx->alloc, opt->out, err));
        o->to_stdout = o->out.path == NULL;
    }
    return o->has_items ? norni_out_open(&o->items, &ctx->alloc, opt->items, err) : NORN_OK;
}

void norni_rolling_files_abort(norni_rolling_files *o) {
    if (o->ctx == NULL) return;
    norni_out_abort(&o->out);
    norni_out_abort(&o->items);
    norni_xlsx_out_abort(o->sheet);
    norni_spool_clear(&o->spool);
    memset(o, 0, sizeof *o);
}
