/* From raw rows to a table on its grid: the steps in their order, and tables given in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/wide.h"

#include "data/wide_job.h"

/* The result's columns, with their names and roles. */
static norn_status head_columns(norni_wide_job *job, norn_err *err) {
    const norni_wide_raw *raw = job->raw;
    norni_wide *out = job->out;
    const size_t n = raw->n_columns;
    job->role = norni_arena_get(&job->scratch, n, sizeof *job->role);
    out->column = norni_arena_zero(job->arena, n, sizeof *out->column);
    if (job->role == NULL || out->column == NULL)
        return norni_alloc_fail(err, "table", n, sizeof *out->column);
    NORN_TRY(norni_wide_roles(raw->name, raw->in_future, n, job->opt, job->role, err));
    out->n_columns = n;
    for (size_t k = 0; k < n; k++) {
        norni_wide_column *c = &out->column[k];
        const char *name = norni_arena_text(job->arena, raw->name[k].p, raw->name[k].n);
        if (name == NULL) return norni_alloc_fail(err, "table", raw->name[k].n, 1);
        c->name = (norni_str){name, raw->name[k].n};
        c->role = job->role[k];
        if (c->role == NORNI_ROLE_DROPPED) c->why = "not wanted";
        if (raw->why != NULL && raw->why[k] != NULL && c->role != NORNI_ROLE_DROPPED) {
            c->why = norni_arena_text(job->arena, raw->why[k], strlen(raw->why[k]));
            if (c->why == NULL) return norni_alloc_fail(err, "table", strlen(raw->why[k]), 1);
            c->role = NORNI_ROLE_DROPPED;
        }
    }
    out->style = raw->style;
    const char *name = norni_arena_text(job->arena, raw->time_name.p, raw->time_name.n);
    if (name == NULL) return norni_alloc_fail(err, "table", raw->time_name.n, 1);
    out->time_name = (norni_str){name, raw->time_name.n};
    return NORN_OK;
}

static norn_status check_options(const norni_wide_opt *o, norn_err *err) {
    if (!(o->max_missing >= 0 && o->max_missing <= 1))
        return norn_fail(err, NORN_E_ARG, "max-missing=%g is outside [0,1]", o->max_missing);
    if (o->outliers == NORNI_OUTLIERS_CLIP && !(o->clip_width >= 1))
        return norn_fail(err, NORN_E_ARG, "clip-width=%g is below 1", o->clip_width);
    if (o->horizon > 100000)
        return norn_fail(err, NORN_E_LIMIT, "a horizon of %zu rows; at most 100000 are allowed",
                         o->horizon);
    return NORN_OK;
}

norn_status norni_wide_make(norn_ctx *ctx, norni_worker *worker, const norni_wide_raw *raw,
                            const norni_wide_opt *opt, norni_arena *arena, norni_wide *out,
                            norni_wide_report *report, norn_err *err) {
    norni_wide_job job = {.ctx = ctx,
                          .worker = worker,
                          .raw = raw,
                          .opt = opt,
                          .arena = arena,
                          .out = out,
                          .report = report};
    norn_status st = NORN_OK;
    memset(out, 0, sizeof *out);
    report->n_notes = 0;
    report->note = NULL;
    NORN_TRY(check_options(opt, err));
    norni_arena_init(&job.scratch, &ctx->alloc);
    NORN_TRY_GOTO(head_columns(&job, err), fail);
    NORN_TRY_GOTO(norni_wide_place(&job, err), fail);
    NORN_TRY_GOTO(norni_wide_scatter(&job, err), fail);
    NORN_TRY_GOTO(norni_wide_clean(&job, err), fail);
fail:
    norni_arena_clear(&job.scratch);
    return st;
}

/* Columns of a table in memory as one part; names are joined with those that are there already. */
static norn_status take_arrays(norni_arena *arena, const norni_wide_array *a, size_t n,
                               norni_wide_raw *raw, norni_str *name, const norni_str **category,
                               size_t *n_categories, norni_wide_part *part, norn_err *err) {
    const double **col = norni_arena_get(arena, n, sizeof *col);
    uint32_t *column = norni_arena_get(arena, n, sizeof *column);
    if (col == NULL || column == NULL) return norni_alloc_fail(err, "table", n, sizeof *col);
    const size_t before = raw->n_columns;
    for (size_t k = 0; k < n; k++) {
        size_t at = 0;
        while (at < raw->n_columns && norni_str_cmp(name[at], a[k].name) != 0)
            at++;
        if (at < raw->n_columns && at >= before)
            return norn_fail(err, NORN_E_DATA, "two columns are named %.*s", (int)a[k].name.n,
                             a[k].name.p);
        if (at == raw->n_columns) {
            name[at] = a[k].name;
            category[at] = a[k].category;
            n_categories[at] = a[k].n_categories;
            raw->n_columns++;
        }
        col[k] = a[k].v;
        column[k] = (uint32_t)at;
    }
    part->n_columns = n;
    part->col = col;
    part->column = column;
    part->first_line = 1;
    return NORN_OK;
}

norn_status norni_wide_of_arrays(norn_ctx *ctx, norni_worker *worker, const norni_wide_arrays *in,
                                 const norni_wide_opt *opt, norni_arena *arena, norni_wide *out,
                                 norni_wide_report *report, norn_err *err) {
    const size_t most = in->n_columns + in->n_future_columns;
    norni_arena scratch;
    norni_arena_init(&scratch, &ctx->alloc);
    norni_str *name = norni_arena_get(&scratch, most, sizeof *name);
    const norni_str **category = norni_arena_zero(&scratch, most, sizeof *category);
    size_t *n_categories = norni_arena_zero(&scratch, most, sizeof *n_categories);
    bool *in_future = norni_arena_zero(&scratch, most, sizeof *in_future);
    norni_wide_part part[2] = {{.n = in->n, .time = in->time},
                               {.n = in->n_future, .time = in->future_time, .future = true}};
    norni_wide_raw raw = {.n_parts = in->n_future > 0 ? 2 : 1,
                          .part = part,
                          .name = name,
                          .in_future = in_future,
                          .category = category,
                          .n_categories = n_categories,
                          .style = in->style,
                          .time_name = norni_str_of("ds")};
    norn_status st = name && category && n_categories && in_future
                         ? NORN_OK
                         : norni_alloc_fail(err, "table", most, sizeof *name);
    memset(report, 0, sizeof *report);
    report->n_lines = in->n;
    if (st == NORN_OK)
        st = take_arrays(&scratch, in->column, in->n_columns, &raw, name, category, n_categories,
                         &part[0], err);
    if (st == NORN_OK && in->n_future > 0)
        st = take_arrays(&scratch, in->future, in->n_future_columns, &raw, name, category,
                         n_categories, &part[1], err);
    for (size_t k = 0; st == NORN_OK && in->n_future > 0 && k < in->n_future_columns; k++)
        in_future[part[1].column[k]] = true;
    if (st == NORN_OK) st = norni_wide_make(ctx, worker, &raw, opt, arena, out, report, err);
    norni_arena_clear(&scratch);
    return st;
}
