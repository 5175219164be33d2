/* Reading a panel: as a stream of whole-series batches, or at once. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A series too short to show its frequency takes the commonest one of the first 256 KiB of the
 * text (cut at a record's end), in both ways of reading and at any size of chunk: so no result depends on
 * how the text was cut. */
#include "io/panel_read.h"

#include <math.h>

#include "base/map.h"
#include "io/panel_cells.h"
#include "par/pipe.h"

static norn_status parse_chunk(const norni_table *t, const norni_chunk *chunk, norni_arena *arena,
                               norni_chunk_rows *out, norn_err *err) {
    switch (t->opt.layout) {
        case NORNI_LAYOUT_LONG: return norni_parse_long(t, chunk, arena, out, err);
        case NORNI_LAYOUT_ROWS: return norni_parse_rows(t, chunk, arena, out, err);
        case NORNI_LAYOUT_WIDE: break;
    }
    return norni_parse_wide(t, chunk, arena, out, err);
}

static uint64_t chunk_line(const void *arg, size_t row) {
    return norni_row_line(arg, row);
}

static norn_status fail_twice(const norni_table *t, norni_str id, uint64_t line, size_t input,
                              norn_err *err) {
    char place[160];
    const norni_chunk at = {.input = input};
    norni_chunk_place(&t->cut, &at, place);
    return norn_fail(err, NORN_E_DATA, "%sline %llu: series '%.*s' stands twice", place,
                     (unsigned long long)line, (int)(id.n > 60 ? 60 : id.n), id.p);
}

/* The runs' ids numbered by first appearance; *ids lie in the arena. */
static norn_status number_ids(const norni_table *t, norni_chunk_rows *c, norni_map *map,
                              norni_arena *arena, norni_str **ids, norn_err *err) {
    for (size_t k = 0; k < c->runs.n; k++) {
        bool added = false;
        const int64_t id = norni_map_add(map, c->runs.id[k], &added);
        if (id < 0) return norni_alloc_fail(err, "input", map->n, 32);
        if (!added && t->opt.layout == NORNI_LAYOUT_ROWS)
            return fail_twice(t, c->runs.id[k], norni_row_line(c, k), c->input, err);
        c->runs.run[k].id = (uint32_t)id;
    }
    *ids = norni_arena_get(arena, map->n, sizeof **ids);
    if (*ids == NULL) return norni_alloc_fail(err, "input", map->n, sizeof **ids);
    memcpy(*ids, map->keys, map->n * sizeof **ids);
    return NORN_OK;
}

static void borrow_names(const norni_table *t, norni_panel *out) {
    out->has_id = t->has_id;
    out->id_name = t->id_name;
    out->time_name = t->time_name;
    out->target_name = t->target_name;
    out->x_names = t->x_names;
    out->n_x = t->n_x;
    out->style = t->style;
}

norn_status norni_reader_parse(const norni_reader *t, norni_worker *worker,
                               const norni_chunk *chunk, norni_arena *scratch, norni_panel *out,
                               norni_align_report *report, norn_err *err) {
    norni_chunk_rows c;
    norni_map map;
    norni_str *ids = NULL;
    memset(report, 0, sizeof *report);
    NORN_TRY(parse_chunk(t, chunk, scratch, &c, err));
    borrow_names(t, out);
    if (c.runs.n == 0) return NORN_OK; /* blank lines alone */
    norni_map_init(&map, &t->cut.ctx->alloc);
    norn_status st = number_ids(t, &c, &map, scratch, &ids, err);
    if (st == NORN_OK) {
        const bool by_run = t->opt.layout == NORNI_LAYOUT_ROWS;
        const norni_run *last = &c.runs.run[c.runs.n - 1];
        const norni_rows rows = {.n = by_run ? last->first + last->n : c.n,
                                 .n_runs = c.runs.n,
                                 .n_ids = map.n,
                                 .runs = c.runs.run,
                                 .ids = ids,
                                 .time = c.time,
                                 .y = c.y,
                                 .n_x = t->n_x,
                                 .x_names = t->x_names,
                                 .x = (const double *const *)c.x,
                                 .line_of = chunk_line,
                                 .line_arg = &c};
        st = norni_panel_align(t->cut.ctx, worker, &rows, &t->style, &t->opt.align, out, report,
                               err);
    }
    norni_map_clear(&map);
    return st;
}

/* ---- everything in memory ---- */

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
    return parse_chunk(job->t, &g->chunk, &g->arena, &g->rows, err);
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
        (void)fail_twice(job->t, id, norni_row_line(c, k), c->input, &job->twice);
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
    return norni_row_line(&job->part[lo].rows, row - job->part[lo].base);
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
    borrow_names(t, out);
    NORN_TRY(
        norni_panel_align(t->cut.ctx, NULL, &rows, &t->style, &t->opt.align, out, report, err));
    borrow_names(t, out);
    return copy_names(out, err);
}

static norn_status gather(norni_table *t, norni_panel *out, norni_align_report *report,
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

/* ---- the reader ---- */

/* The frequency of series too short to show one: see the head of this file. */
static norn_status probe_freq(norni_table *t, norn_err *err) {
    norni_panel panel = {.n_series = 0};
    norni_align_report report;
    norni_arena scratch;
    norni_chunk head = t->cut.rest; /* borrowed */
    norn_err ignored;
    bool open;
    t->opt.align.lone_known = true;
    t->opt.align.lone = (norni_freq){
        t->style.kind == NORNI_TIME_INDEX ? NORNI_UNIT_INDEX : NORNI_UNIT_IRREGULAR, 1, 0};
    if (t->opt.layout == NORNI_LAYOUT_ROWS) {
        const norni_chunk *r = &t->cut.rest;
        const norni_csv_count count =
            norni_csv_count_bytes(&t->cut.syntax, r->p + t->cut.rest_at, r->n - t->cut.rest_at);
        t->sample = (norni_reader_sample){r->n - t->cut.rest_at, count.lines + 1,
                                          norni_chunk_delimiters(r)};
        return NORN_OK;
    }
    if (t->opt.layout == NORNI_LAYOUT_WIDE) { /* always whole: its own commonest */
        t->opt.align.lone_known = false;
        return NORN_OK;
    }
    head.p += t->cut.rest_at;
    head.n -= t->cut.rest_at;
    head.quoting = norni_csv_quoting_of(&t->cut.syntax, head.p, head.n, &open);
    if (!t->cut.source_over) { /* whole records alone */
        norni_csv_marks *m = norni_arena_get(&t->arena, 1, sizeof *m);
        const char *at, *last = head.p;
        if (m == NULL) return norni_alloc_fail(err, "input", 1, sizeof *m);
        norni_csv_marks_init(m, &t->cut.syntax, head.quoting, head.p, head.p + head.n);
        while ((at = norni_csv_mark(m)) != m->end) {
            if (norni_csv_is_eol(&t->cut.syntax, *at)) last = at + 1;
        }
        head.n = (size_t)(last - head.p);
    }
    head.count = norni_csv_count_bytes(&t->cut.syntax, head.p, head.n);
    head.count.lines++;
    norni_arena_init(&panel.arena, &t->cut.ctx->alloc);
    norni_arena_init(&scratch, &t->cut.ctx->alloc);
    /* What fails here fails again, with its place, when the batch is read. */
    const norn_status st = norni_reader_parse(t, NULL, &head, &scratch, &panel, &report, &ignored);
    if (st == NORN_OK) {
        (void)norni_panel_common_freq(&panel, &t->opt.align.lone);
        t->sample = (norni_reader_sample){head.n, panel.n_series, panel.n_obs};
    }
    norni_panel_clear(&panel);
    norni_arena_clear(&scratch);
    if (st == NORN_E_MEM || st == NORN_E_CANCEL) return norn_fail(err, st, "%s", ignored.text);
    return NORN_OK;
}

static norn_status open_table(norni_table *t, norn_err *err) {
    NORN_TRY(norni_cutter_open(&t->cut, err));
    norn_status st = NORN_OK;
    switch (t->opt.layout) {
        case NORNI_LAYOUT_LONG: st = norni_table_open_long(t, err); break;
        case NORNI_LAYOUT_WIDE: st = norni_table_open_wide(t, err); break;
        case NORNI_LAYOUT_ROWS: st = norni_table_open_rows(t, err); break;
    }
    if (st == NORN_OK) st = probe_freq(t, err);
    if (st != NORN_OK) norni_cutter_close(&t->cut);
    return st;
}

static norni_table *new_table(norn_ctx *ctx, const norni_read_opt *opt) {
    norni_table *t = norni_alloc_zero(&ctx->alloc, 1, sizeof *t);
    if (t == NULL) return NULL;
    t->opt = *opt;
    t->cut.ctx = ctx;
    t->cut.delimiter = opt->delimiter;
    t->cut.target = opt->chunk_bytes;
    t->cut.source_opt = opt->source;
    norni_arena_init(&t->arena, &ctx->alloc);
    return t;
}

static void free_table(norni_table *t) {
    norni_arena_clear(&t->arena);
    norni_alloc_drop(&t->cut.ctx->alloc, t, 1, sizeof *t);
}

norn_status norni_reader_open(norn_ctx *ctx, const norni_inputs *in, const norni_read_opt *opt,
                              norni_reader **out, norn_err *err) {
    *out = NULL;
    norni_table *t = new_table(ctx, opt);
    if (t == NULL) return norni_alloc_fail(err, "input", 1, sizeof *t);
    t->cut.path = in->path;
    t->cut.n_inputs = in->n;
    t->cut.by_series = opt->layout == NORNI_LAYOUT_LONG;
    const norn_status st = open_table(t, err);
    if (st != NORN_OK) {
        free_table(t);
        return st;
    }
    *out = t;
    return NORN_OK;
}

void norni_reader_close(norni_reader *t) {
    if (t == NULL) return;
    norni_cutter_close(&t->cut);
    free_table(t);
}

bool norni_reader_streams(const norni_reader *t) {
    return t->opt.layout != NORNI_LAYOUT_WIDE && !t->cut.whole;
}

norn_status norni_reader_next(norni_reader *t, norni_chunk *chunk, bool *end, norn_err *err) {
    return norni_cutter_next(&t->cut, chunk, end, err);
}

norni_reader_sample norni_reader_look(const norni_reader *t) {
    return t->sample;
}

void norni_reader_set_batch(norni_reader *t, size_t bytes) {
    t->cut.target = bytes;
}

double norni_reader_share(const norni_reader *t) {
    return norni_cutter_share(&t->cut);
}

bool norni_reader_can_gather(const norni_reader *t) {
    return norni_cutter_can_rewind(&t->cut);
}

norn_status norni_reader_gather(norni_reader *t, norni_panel *out, norni_align_report *report,
                                norn_err *err) {
    t->cut.by_series = false;
    NORN_TRY(norni_cutter_rewind(&t->cut, err));
    memset(out, 0, sizeof *out);
    norni_arena_init(&out->arena, &t->cut.ctx->alloc);
    const norn_status st = gather(t, out, report, err);
    if (st != NORN_OK) norni_panel_clear(out);
    return st;
}

static norn_status read_all(norni_table *t, norni_panel *out, norni_align_report *report,
                            norn_err *err) {
    norn_status st = open_table(t, err);
    memset(out, 0, sizeof *out);
    if (st == NORN_OK) {
        norni_arena_init(&out->arena, &t->cut.ctx->alloc);
        st = gather(t, out, report, err);
        if (st != NORN_OK) norni_panel_clear(out);
        norni_cutter_close(&t->cut);
    }
    free_table(t);
    return st;
}

norn_status norni_panel_read(norn_ctx *ctx, const char *path, const norni_read_opt *opt,
                             norni_panel *out, norni_align_report *report, norn_err *err) {
    norni_table *t = new_table(ctx, opt);
    if (t == NULL) return norni_alloc_fail(err, "input", 1, sizeof *t);
    t->cut.path = &path;
    t->cut.n_inputs = 1;
    return read_all(t, out, report, err);
}

norn_status norni_panel_parse(norn_ctx *ctx, const char *bytes, size_t n, const norni_read_opt *opt,
                              norni_panel *out, norni_align_report *report, norn_err *err) {
    norni_table *t = new_table(ctx, opt);
    if (t == NULL) return norni_alloc_fail(err, "input", 1, sizeof *t);
    t->cut.bytes = bytes;
    t->cut.n_bytes = n;
    t->cut.n_inputs = 1;
    return read_all(t, out, report, err);
}
