/* Reading a panel: as a stream of whole-series batches, or at once. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A series too short to show its frequency takes the commonest one of the first 256 KiB of the
 * text (cut at a record's end), in both ways of reading and at any size of chunk: so no result depends on
 * how the text was cut. */
#include "io/panel_read.h"

#include "base/map.h"
#include "io/panel_chunk.h"
#include "io/panel_gather.h"

static uint64_t chunk_line(const void *arg, size_t row) {
    return norni_row_line(arg, row);
}

/* The runs' ids numbered by first appearance; *ids lie in the arena. */
static norn_status number_ids(const norni_table *t, norni_chunk_rows *c, norni_map *map,
                              norni_arena *arena, norni_str **ids, norn_err *err) {
    for (size_t k = 0; k < c->runs.n; k++) {
        bool added = false;
        const int64_t id = norni_map_add(map, c->runs.id[k], &added);
        if (id < 0) return norni_alloc_fail(err, "input", map->n, 32);
        if (!added && t->opt.layout == NORNI_LAYOUT_ROWS)
            return norni_fail_twice(t, c->runs.id[k], norni_row_line(c, k), c->input, err);
        c->runs.run[k].id = (uint32_t)id;
    }
    *ids = norni_arena_get(arena, map->n, sizeof **ids);
    if (*ids == NULL) return norni_alloc_fail(err, "input", map->n, sizeof **ids);
    memcpy(*ids, map->keys, map->n * sizeof **ids);
    return NORN_OK;
}

norn_status norni_reader_parse(const norni_reader *t, norni_worker *worker,
                               const norni_chunk *chunk, norni_arena *scratch, norni_panel *out,
                               norni_align_report *report, norn_err *err) {
    norni_chunk_rows c;
    norni_map map;
    norni_str *ids = NULL;
    memset(report, 0, sizeof *report);
    NORN_TRY(norni_parse_chunk(t, chunk, scratch, &c, err));
    norni_borrow_names(t, out);
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

/* The frequency of series too short to show one: see the head of this file. */
static norn_status probe_freq(norni_table *t, norn_err *err) {
    norni_panel panel = {.n_series = 0};
    norni_align_report report;
    norni_arena scratch;
    norn_err ignored;
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
    norni_chunk head = norni_table_rest(t);
    if (!t->cut.source_over) { /* whole records alone */
        norni_csv_marks *m = norni_arena_get(&t->arena, 1, sizeof *m);
        const char *at, *last = head.p;
        if (m == NULL) return norni_alloc_fail(err, "input", 1, sizeof *m);
        norni_csv_marks_init(m, &t->cut.syntax, head.quoting, head.p, head.p + head.n);
        while ((at = norni_csv_mark(m)) != m->end) {
            if (norni_csv_is_eol(&t->cut.syntax, *at)) last = at + 1;
        }
        head.n = (size_t)(last - head.p);
        head.count = norni_csv_count_bytes(&t->cut.syntax, head.p, head.n);
    }
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

norn_status norni_reader_again(norni_reader *t, norn_err *err) {
    return norni_cutter_rewind(&t->cut, err);
}

norn_status norni_reader_gather(norni_reader *t, norni_panel *out, norni_align_report *report,
                                norn_err *err) {
    t->cut.by_series = false;
    NORN_TRY(norni_cutter_rewind(&t->cut, err));
    memset(out, 0, sizeof *out);
    norni_arena_init(&out->arena, &t->cut.ctx->alloc);
    const norn_status st = norni_gather(t, out, report, err);
    if (st != NORN_OK) norni_panel_clear(out);
    return st;
}

static norn_status read_all(norni_table *t, norni_panel *out, norni_align_report *report,
                            norn_err *err) {
    norn_status st = open_table(t, err);
    memset(out, 0, sizeof *out);
    if (st == NORN_OK) {
        norni_arena_init(&out->arena, &t->cut.ctx->alloc);
        st = norni_gather(t, out, report, err);
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
