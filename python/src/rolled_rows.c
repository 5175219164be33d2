/* Rolling operations over rows in any order: sorted by series and time on the way in, back into their order on the way out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/rolled_rows.h"

#include "par/pool.h"
#include "python/src/row_order.h"

enum { BLOCK = 1 << 15 };

/* Columns moved by the order: to[i] = from[row[i]] on the way in, to[row[i]] = from[i] on the way back. */
typedef struct move_job {
    const uint32_t *row; /* (n) */
    const double *const *from;
    double *const *to;
    const int64_t *times; /* with the columns on the way in; or NULL */
    int64_t *times_to;
    size_t n, n_blocks;
    bool back;
} move_job;

static norn_status move_block(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w, (void)err;
    const move_job *job = arg;
    const size_t c = item / job->n_blocks, first = item % job->n_blocks * BLOCK;
    const size_t last = job->n - first < BLOCK ? job->n : first + BLOCK;
    const uint32_t *row = job->row;
    if (job->times != NULL && c == 0) {
        for (size_t i = first; i < last; i++)
            job->times_to[i] = job->times[row[i]];
        return NORN_OK;
    }
    const size_t k = c - (job->times != NULL);
    const double *from = job->from[k];
    double *to = job->to[k];
    for (size_t i = first; i < last; i++) {
        if (job->back)
            to[row[i]] = from[i];
        else
            to[i] = from[row[i]];
    }
    return NORN_OK;
}

static norn_status move_columns(norn_ctx *ctx, move_job *job, size_t n_columns, norn_err *err) {
    job->n_blocks = (job->n + BLOCK - 1) / BLOCK;
    return norni_for(ctx, NULL, job->n_blocks * (n_columns + (job->times != NULL)), move_block, job,
                     &(norni_for_opt){.plumbing = true}, err);
}

/* (count) of (n) */
static norn_status new_columns(norni_arena *arena, size_t count, size_t n, double ***out,
                               norn_err *err) {
    double **c = norni_arena_get(arena, count, sizeof *c);
    *out = c;
    if (c == NULL) return norni_alloc_fail(err, "rolling", count, sizeof *c);
    for (size_t k = 0; k < count; k++) {
        c[k] = norni_arena_get(arena, n, sizeof **c);
        if (c[k] == NULL) return norni_alloc_fail(err, "rolling", n, sizeof **c);
    }
    return NORN_OK;
}

/* Rows that stand elsewhere: everything is copied into its order and back. */
static norn_status roll_moved(norn_ctx *ctx, const nornpy_roll_rows *rows, norn_rolling_data *data,
                              const uint32_t *row, norni_arena *arena, double *const *out,
                              norn_err *err) {
    const size_t n_out = rows->n_rolled * rows->n_ops;
    double **columns, **answers;
    int64_t *times = NULL;
    NORN_TRY(new_columns(arena, rows->n_columns, rows->n, &columns, err));
    NORN_TRY(new_columns(arena, n_out, rows->n, &answers, err));
    if (data->times != NULL) {
        times = norni_arena_get(arena, rows->n, sizeof *times);
        if (times == NULL) return norni_alloc_fail(err, "rolling", rows->n, sizeof *times);
    }
    move_job in = {.row = row,
                   .from = rows->columns,
                   .to = columns,
                   .times = data->times,
                   .times_to = times,
                   .n = rows->n};
    NORN_TRY(move_columns(ctx, &in, rows->n_columns, err));
    data->columns = (const double *const *)columns;
    data->times = times;
    NORN_TRY(norn_rolling_columns(ctx, data, rows->ops, rows->n_ops, &rows->opt, answers, err));
    move_job back = {
        .row = row, .from = (const double *const *)answers, .to = out, .n = rows->n, .back = true};
    return move_columns(ctx, &back, n_out, err);
}

norn_status nornpy_roll_rows_run(norn_ctx *ctx, const nornpy_roll_rows *rows, double *const *out,
                                 norn_err *err) {
    norn_rolling_data data = {.n = rows->n,
                              .n_columns = rows->n_columns,
                              .n_rolled = rows->n_rolled,
                              .columns = rows->columns,
                              .names = rows->names,
                              .times = rows->opt.kind == NORN_ROLLING_SPAN ? rows->times : NULL};
    nornpy_row_order order;
    norni_arena arena;
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st =
        nornpy_row_order_find(ctx, rows->ids, rows->times, rows->n, &arena, &order, err);
    if (st == NORN_OK) {
        data.offsets = order.offsets;
        data.n_groups = order.n_groups;
        st = order.row
                 ? roll_moved(ctx, rows, &data, order.row, &arena, out, err)
                 : norn_rolling_columns(ctx, &data, rows->ops, rows->n_ops, &rows->opt, out, err);
    }
    norni_arena_clear(&arena);
    return st;
}
