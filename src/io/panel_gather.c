/* A whole panel in memory: chunks parsed in parallel, rows joined, series gathered. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/panel_gather.h"

#include <math.h>

#include "base/map.h"
#include "io/panel_chunk.h"
#include "par/pipe.h"

typedef struct gather_token {
    norni_chunk chunk;
    norni_arena arena;
    norni_chunk_rows rows;
} gather_token;

/* What is left of a chunk when its text is gone. */
typedef struct gather_part {
    norni_arena arena;
    norni_chunk_rows rows;
    size_t base; /* its first row (ROWS: value; WIDE: line) */
    size_t n;
} gather_part;

typedef struct gather_job {
    norni_table *t;
    const norn_alloc *alloc;
    gather_part *part;
    size_t n_parts, cap;
    norni_map map;
    norni_arena keys;
    norni_run *run; /* (n_runs) in file order */
    size_t n_runs, cap_runs, n_rows;
    int64_t *time;
    double *y, **x;
    norn_err twice; /* ROWS: the first id that stands twice */
} gather_job;

static norn_status gather_source(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    (void)k;
    return norni_cutter_next(&((gather_job *)arg)->t->cut, &((gather_token *)token)->chunk, end,
                             err);
}

static norn_status gather_work(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)w;
    (void)k;
    const gather_job *job = arg;
    gather_token *g = token;
    norni_arena_init(&g->arena, job->alloc);
    return norni_parse_chunk(job->t, &g->chunk, &g->arena, &g->rows, err);
}

static norn_status add_run(gather_job *job, const norni_chunk_rows *c, size_t k, norn_err *err) {
    const norni_str id = c->runs.id[k];
    const size_t first = job->n_rows + c->runs.run[k].first;
    const bool is_long = job->t->opt.layout == NORNI_LAYOUT_LONG;
    norni_run *before = job->n_runs ? &job->run[job->n_runs - 1] : NULL;
    if (is_long && before && norni_str_cmp(job->map.keys[before->id], id) == 0) {
        before->n += c->runs.run[k].n;
        return NORN_OK;
    }
    int64_t number = norni_map_find(&job->map, id);
    if (number >= 0 && !is_long && job->twice.code == NORN_OK) /* raised when all is parsed */
        (void)norni_fail_twice(job->t, id, norni_row_line(c, k), c->input, &job->twice);
    if (number < 0) {
        const norni_str key = {norni_arena_text(&job->keys, id.p, id.n), id.n};
        number = key.p ? norni_map_add(&job->map, key, NULL) : -1;
    }
    if (number < 0) return norni_alloc_fail(err, "input", job->map.n, 32);
    if (job->n_runs == job->cap_runs) {
        const size_t cap = job->cap_runs ? 2 * job->cap_runs : 1024;
        norni_run *grown =
            norni_alloc_resize(job->alloc, job->run, job->cap_runs, cap, sizeof *grown);
        if (grown == NULL) return norni_alloc_fail(err, "input", cap, sizeof *grown);
        job->run = grown;
        job->cap_runs = cap;
    }
    job->run[job->n_runs++] = (norni_run){(uint32_t)number, first, c->runs.run[k].n};
    return NORN_OK;
}

static norn_status keep_part(gather_job *job, gather_token *g, norn_err *err) {
    if (job->n_parts == job->cap) {
        const size_t cap = job->cap ? 2 * job->cap : 64;
        gather_part *grown =
            norni_alloc_resize(job->alloc, job->part, job->cap, cap, sizeof *grown);
        if (grown == NULL) return norni_alloc_fail(err, "input", cap, sizeof *grown);
        job->part = grown;
        job->cap = cap;
    }
    const norni_chunk_rows *c = &g->rows;
    for (size_t k = 0; k < c->runs.n; k++)
        NORN_TRY(add_run(job, c, k, err));
    size_t n = c->n;
    if (job->t->opt.layout == NORNI_LAYOUT_ROWS)
        n = c->runs.n ? c->runs.run[c->runs.n - 1].first + c->runs.run[c->runs.n - 1].n : 0;
    job->part[job->n_parts++] = (gather_part){g->arena, *c, job->n_rows, n};
    job->n_rows += n;
    norni_arena_init(&g->arena, job->alloc);
    return NORN_OK;
}

static norn_status gather_sink(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)k;
    gather_job *job = arg;
    gather_token *g = token;
    const norn_status st = failed ? NORN_OK : keep_part(job, g, err);
    if (g->arena.alloc != NULL) norni_arena_clear(&g->arena);
    return st;
}

static void gather_forget(void *token, void *arg) {
    norni_chunk_clear(((gather_job *)arg)->alloc, &((gather_token *)token)->chunk);
}

/* The row's line; of several files, the file's number stands above its 48 bits (as data/align.c reads it). */
static uint64_t gather_line(const void *arg, size_t row) {
    const gather_job *job = arg;
    size_t lo = 0, hi = job->n_parts;
    while (hi - lo > 1) { /* the last part that begins at or before the row */
        const size_t mid = lo + (hi - lo) / 2;
        if (job->part[mid].base <= row)
            lo = mid;
        else
            hi = mid;
    }
    const norni_chunk_rows *rows = &job->part[lo].rows;
    const uint64_t file = job->t->cut.n_inputs > 1 ? (uint64_t)rows->input + 1 : 0;
    return file << 48 | norni_row_line(rows, row - job->part[lo].base);
}

static norn_status copy_part(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    const gather_job *job = arg;
    const gather_part *p = &job->part[item];
    if (p->n == 0) return NORN_OK;
    memcpy(job->y + p->base, p->rows.y, p->n * sizeof *job->y);
    if (job->time) memcpy(job->time + p->base, p->rows.time, p->n * sizeof *job->time);
    for (size_t k = 0; k < job->t->n_x; k++)
        memcpy(job->x[k] + p->base, p->rows.x[k], p->n * sizeof *job->y);
    return NORN_OK;
}

/* The parts' rows behind each other; y may become the panel's own. */
static norn_status join_parts(gather_job *job, norni_arena *arena, norni_panel *out,
                              norn_err *err) {
    const norni_table *t = job->t;
    const norni_for_opt loop = {.plumbing = true};
    job->y = norni_arena_get(&out->arena, job->n_rows, sizeof *job->y);
    job->x = norni_arena_zero(arena, t->n_x, sizeof *job->x);
    bool good = job->y && job->x;
    if (good && t->opt.layout == NORNI_LAYOUT_LONG)
        good = (job->time = norni_arena_get(arena, job->n_rows, sizeof *job->time)) != NULL;
    for (size_t k = 0; good && k < t->n_x; k++)
        good = (job->x[k] = norni_arena_get(arena, job->n_rows, sizeof(double))) != NULL;
    if (!good) return norni_alloc_fail(err, "input", job->n_rows, sizeof *job->y);
    return norni_for(t->cut.ctx, NULL, job->n_parts, copy_part, job, &loop, err);
}

/* Columns become series: each from its first to its last value that is not missing. */
static norn_status turn_wide(gather_job *job, norni_arena *arena, norni_panel *out, norn_err *err) {
    const norni_table *t = job->t;
    const size_t n_series = t->cut.n_header - 1;
    size_t numbers, to = 0;
    if (!norni_mul_size(job->n_rows, n_series, &numbers)) numbers = SIZE_MAX;
    job->y = norni_arena_get(&out->arena, numbers, sizeof *job->y);
    job->time = norni_arena_get(arena, numbers, sizeof *job->time);
    job->run = norni_alloc_get(job->alloc, n_series, sizeof *job->run);
    job->cap_runs = job->run ? n_series : 0;
    if (!job->y || !job->time || !job->run)
        return norni_alloc_fail(err, "input", numbers, sizeof *job->y);
    for (size_t k = 0; k < n_series; k++) {
        const size_t begin = to;
        size_t end = to; /* behind the last value that is not missing */
        for (size_t i = 0; i < job->n_parts; i++) {
            const norni_chunk_rows *c = &job->part[i].rows;
            for (size_t r = 0; r < c->n; r++) {
                const double v = c->y[r * n_series + k];
                if (to == begin && isnan(v)) continue;
                job->y[to] = v;
                job->time[to++] = c->time[r];
                if (!isnan(v)) end = to;
            }
        }
        if (end == begin) { /* all missing: kept, so that the item can say so */
            for (size_t i = 0; i < job->n_parts; i++) {
                for (size_t r = 0; r < job->part[i].rows.n; r++, end++) {
                    job->y[end] = job->part[i].rows.y[r * n_series + k];
                    job->time[end] = job->part[i].rows.time[r];
                }
            }
        }
        to = end;
        job->run[k] = (norni_run){(uint32_t)k, begin, to - begin};
    }
    job->n_runs = n_series;
    job->n_rows = to;
    return NORN_OK;
}

static norn_status copy_name(norni_arena *arena, norni_str *name, norn_err *err) {
    if (name->p == NULL) return NORN_OK;
    name->p = norni_arena_text(arena, name->p, name->n);
    return name->p ? NORN_OK : norni_alloc_fail(err, "panel", name->n, 1);
}

/* A gathered panel outlives its reader. */
static norn_status copy_names(norni_panel *out, norn_err *err) {
    const norni_str *names = out->x_names;
    NORN_TRY(copy_name(&out->arena, &out->id_name, err));
    NORN_TRY(copy_name(&out->arena, &out->time_name, err));
    NORN_TRY(copy_name(&out->arena, &out->target_name, err));
    out->x_names = norni_arena_get(&out->arena, out->n_x, sizeof *out->x_names);
    if (out->x_names == NULL) return norni_alloc_fail(err, "panel", out->n_x, sizeof *names);
    for (size_t k = 0; k < out->n_x; k++) {
        out->x_names[k] = names[k];
        NORN_TRY(copy_name(&out->arena, &out->x_names[k], err));
    }
    return NORN_OK;
}

static norn_status build_panel(gather_job *job, norni_arena *arena, norni_panel *out,
                               norni_align_report *report, norn_err *err) {
    const norni_table *t = job->t;
    const bool wide = t->opt.layout == NORNI_LAYOUT_WIDE;
    if (job->twice.code != NORN_OK) return norn_fail(err, job->twice.code, "%s", job->twice.text);
    if (job->n_rows == 0 && job->n_runs == 0)
        return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
    NORN_TRY(wide ? turn_wide(job, arena, out, err) : join_parts(job, arena, out, err));
    /* Their numbers are copied; lines and runs stay in small arrays of their own. */
    const norni_rows rows = {.n = job->n_rows,
                             .n_runs = job->n_runs,
                             .n_ids = wide ? job->n_runs : job->map.n,
                             .runs = job->run,
                             .ids = wide ? t->cut.header + 1 : job->map.keys,
                             .time = job->time,
                             .y = job->y,
                             .n_x = t->n_x,
                             .x_names = t->x_names,
                             .x = (const double *const *)job->x,
                             .line_of = wide ? NULL : gather_line,
                             .line_arg = job};
    norni_borrow_names(t, out);
    NORN_TRY(
        norni_panel_align(t->cut.ctx, NULL, &rows, &t->style, &t->opt.align, out, report, err));
    norni_borrow_names(t, out);
    return copy_names(out, err);
}

norn_status norni_gather(norni_table *t, norni_panel *out, norni_align_report *report,
                         norn_err *err) {
    gather_job job = {.t = t, .alloc = &t->cut.ctx->alloc};
    norni_arena arena;
    memset(report, 0, sizeof *report);
    norni_map_init(&job.map, job.alloc);
    norni_arena_init(&job.keys, job.alloc);
    norni_arena_init(&arena, job.alloc);
    const norni_pipe pipe = {.source = gather_source,
                             .work = gather_work,
                             .sink = gather_sink,
                             .clear = gather_forget,
                             .arg = &job,
                             .token_size = sizeof(gather_token),
                             .n_tokens = 2 * (size_t)norni_pool_threads(t->cut.ctx) + 2};
    norn_status st = norni_pipe_run(t->cut.ctx, &pipe, err);
    if (st == NORN_OK) st = build_panel(&job, &arena, out, report, err);
    for (size_t i = 0; i < job.n_parts; i++)
        norni_arena_clear(&job.part[i].arena);
    norni_alloc_drop(job.alloc, job.part, job.cap, sizeof *job.part);
    norni_alloc_drop(job.alloc, job.run, job.cap_runs, sizeof *job.run);
    norni_map_clear(&job.map);
    norni_arena_clear(&job.keys);
    norni_arena_clear(&arena);
    return st;
}
