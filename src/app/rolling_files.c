/* The rows of a rolling run in its files: the table and the items. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/rolling_files.h"

enum { PIECE_CELLS = 1 << 16 };

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

norn_status norni_rolling_part_make(const norni_out_files *o, norni_worker *worker,
                                    const norni_rolled *r, norni_arena *arena,
                                    norni_rolling_part *b, norn_err *err) {
    norni_out_part_reset(&b->out);
    b->late = !o->json && r->n_rows > r->plan->late_cells / cells_of_row(r);
    if (o->has_items) norni_rolling_item_rows(r, &b->out.items);
    if (o->json) {
        for (size_t i = 0; i < r->panel->n_series; i++) {
            if (i > 0) norni_buf_text(&b->out.text, ",\n");
            norni_rolling_json(r, i, &b->out.text);
        }
    } else if (!o->is_sheet && !b->late) {
        NORN_TRY(make_text(o->ctx, worker, r, arena, &b->out.text, err));
    }
    return norni_out_part_end(o, &b->out, r->n_rows, cells_of_row(r), err);
}

static norn_status open_outputs(norni_out_files *o, const norni_rolled *r, norn_err *err) {
    if (o->is_sheet)
        NORN_TRY(norni_rolling_sheet_head(r, o->sheet, err));
    else
        norni_rolling_opening(r, o->json, &o->out.buf);
    if (o->has_items) norni_rolling_item_header(&o->items.buf);
    return norni_out_files_begun(o, err);
}

/* A series that no batch can cut: its text never lies in memory whole. */
static norn_status write_late(norni_out_files *o, const norni_rolled *r, norni_rolling_part *b,
                              norn_err *err) {
    const size_t step = PIECE_CELLS / cells_of_row(r) + 1;
    const norni_poll poll = norni_ctx_poll(o->ctx);
    for (size_t i = 0; i < r->panel->n_series; i++) {
        const size_t n = norni_panel_n(r->panel, i);
        for (size_t from = 0; from < n; from += step) {
            b->out.text.n = b->out.packed.n = 0;
            if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
            norni_rolling_csv(r, i, from, n - from < step ? n : from + step, &b->out.text);
            NORN_TRY(norni_out_part_end(o, &b->out, step, cells_of_row(r), err));
            NORN_TRY(norni_out_files_text(o, &b->out, err));
        }
    }
    return NORN_OK;
}

norn_status norni_rolling_files_write(norni_out_files *o, const norni_rolled *r,
                                      norni_rolling_part *b, norn_err *err) {
    if (!o->opened) NORN_TRY(open_outputs(o, r, err));
    norni_out_files_between(o);
    if (o->is_sheet)
        NORN_TRY(norni_rolling_sheet_rows(r, o->sheet, err));
    else
        NORN_TRY(b->late ? write_late(o, r, b, err) : norni_out_files_text(o, &b->out, err));
    return norni_out_files_items(o, &b->out, err);
}

norn_status norni_rolling_files_commit(norni_out_files *o, bool partial, norn_err *err) {
    if (!o->is_sheet) norni_rolling_closing(o->json, &o->out.buf);
    return norni_out_files_commit(o, partial, err);
}
