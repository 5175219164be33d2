/* Reading a table of targets and drivers: whole where it fits, else thinned first. */
/* SPDX-License-Identifier: Apache-2.0 */
/* While rows are gathered the pieces' rows and the table's columns stand side by side for a moment; so a
 * table is read whole when its pieces take at most two fifths of the memory that is allowed. */
#include "io/wide_read.h"

#include "io/wide_gather.h"

static norn_status new_table(norni_wide_gather *g, const char *const *path, const void *bytes,
                             size_t n_bytes, norni_table **out, norn_err *err) {
    const norni_wide_opt *opt = g->opt;
    norni_table *t = norni_arena_zero(&g->arena, 1, sizeof *t);
    if (t == NULL) return norni_alloc_fail(err, "input", 1, sizeof *t);
    size_t chunk = opt->chunk_bytes;
    if (chunk == 0 && opt->memory > 0) { /* many chunks are alive at once */
        const uint64_t part = opt->memory / 256;
        chunk = part < 1 << 14 ? 1 << 14 : part < NORNI_CHUNK_BYTES ? (size_t)part : 0;
    }
    t->cut.ctx = g->ctx;
    t->cut.path = path;
    t->cut.bytes = bytes;
    t->cut.n_bytes = n_bytes;
    t->cut.n_inputs = 1;
    t->cut.delimiter = opt->delimiter;
    t->cut.target = chunk;
    t->cut.source_opt.sheet = opt->sheet;
    t->opt.align.has_freq = opt->has_freq;
    t->opt.align.freq = opt->freq;
    norni_arena_init(&t->arena, &g->ctx->alloc);
    *out = t;
    return NORN_OK;
}

/* An error of an input among several, or of the future, names its file. */
static norn_status name_input(const norni_wide_gather *g, const char *path, const norn_err *e,
                              bool future, norn_err *err) {
    if (path == NULL || (g->opt->n_paths < 2 && !future)) {
        if (err != NULL) *err = *e;
        return e->code;
    }
    return norn_fail(err, e->code, "%s: %s", path, e->text);
}

/* Opens one input and gives its columns their numbers. */
static norn_status open_input(norni_wide_gather *g, const char *const *path, const void *bytes,
                              size_t n_bytes, bool future, norn_err *err) {
    norni_wide_input *in = &g->in[g->n_in];
    norn_err e = {NORN_OK, ""};
    *in = (norni_wide_input){.future = future, .fresh = true};
    NORN_TRY(new_table(g, path, bytes, n_bytes, &in->t, err));
    if (norni_wide_head_read(in->t, g->opt, &in->head, &e) != NORN_OK) {
        norni_arena_clear(&in->t->arena);
        return name_input(g, path ? *path : NULL, &e, future, err);
    }
    g->n_in++;
    if (g->n_in > 1) {
        const bool index = in->t->style.kind == NORNI_TIME_INDEX;
        if (index != (g->in[0].t->style.kind == NORNI_TIME_INDEX))
            return norn_fail(err, NORN_E_DATA,
                             "%s: its times are %s, those of the first table are not",
                             path ? *path : "input", index ? "numbers" : "dates");
    }
    in->column = norni_arena_get(&g->arena, in->head.n, sizeof *in->column);
    if (in->column == NULL) return norni_alloc_fail(err, "input", in->head.n, sizeof(uint32_t));
    for (size_t k = 0; k < in->head.n; k++) {
        in->column[k] = UINT32_MAX;
        if (k == in->head.time) continue;
        const int64_t c = norni_map_add(&g->names, in->head.name[k], NULL);
        if (c < 0) return norni_alloc_fail(err, "input", g->names.n, 32);
        in->column[k] = (uint32_t)c;
    }
    return NORN_OK;
}

static norn_status open_all(norni_wide_gather *g, const void *bytes, size_t n_bytes,
                            norn_err *err) {
    const norni_wide_opt *opt = g->opt;
    const size_t n_paths = bytes ? 1 : opt->n_paths;
    if (n_paths == 0) return norn_fail(err, NORN_E_ARG, "no table was given");
    g->in = norni_arena_zero(&g->arena, n_paths + 1, sizeof *g->in);
    if (g->in == NULL) return norni_alloc_fail(err, "input", n_paths + 1, sizeof *g->in);
    for (size_t i = 0; i < n_paths; i++)
        NORN_TRY(open_input(g, bytes ? NULL : &opt->path[i], bytes, n_bytes, false, err));
    if (opt->future_path != NULL) NORN_TRY(open_input(g, &opt->future_path, NULL, 0, true, err));
    if (g->names.n == 0) return norn_fail(err, NORN_E_DATA, "the table has no column but the time");
    g->in_future = norni_arena_zero(&g->arena, g->names.n, sizeof *g->in_future);
    if (g->in_future == NULL) return norni_alloc_fail(err, "input", g->names.n, 1);
    for (size_t i = 0; i < g->n_in; i++) {
        for (size_t k = 0; g->in[i].future && k < g->in[i].head.n; k++) {
            if (g->in[i].column[k] != UINT32_MAX) g->in_future[g->in[i].column[k]] = true;
        }
    }
    return NORN_OK;
}

/* Columns that are wanted by their names; whether there are more drivers than may be. */
static norn_status choose_wanted(norni_wide_gather *g, bool *many, norn_err *err) {
    size_t n = 0;
    bool *wanted = norni_arena_get(&g->arena, g->names.n, sizeof *wanted);
    norni_role *role = norni_arena_get(&g->arena, g->names.n, sizeof *role);
    if (role == NULL || wanted == NULL)
        return norni_alloc_fail(err, "input", g->names.n, sizeof *role);
    NORN_TRY(norni_wide_roles(g->names.keys, g->in_future, g->names.n, g->opt, role, err));
    for (size_t c = 0; c < g->names.n; c++) {
        n += role[c] == NORNI_ROLE_DRIVER;
        wanted[c] = role[c] != NORNI_ROLE_DROPPED;
    }
    *many = g->opt->max_columns > 0 && n > g->opt->max_columns;
    return norni_wide_choose(g, wanted, err);
}

/* Columns without a name and a single cell are none; the others keep the number of their place. */
static norn_status say_input(norni_wide_gather *g, norni_arena *arena, norn_err *err) {
    norni_wide_report *r = g->report;
    norni_str *note = norni_arena_get(arena, r->n_notes + 3, sizeof *note);
    if (note == NULL) return norni_alloc_fail(err, "table", r->n_notes + 3, sizeof *note);
    size_t n = 0;
    char text[3][240];
    size_t length[3];
    if (r->n_head_rows > 0)
        length[n] = norni_format(text[n], sizeof text[n],
                                 "%zu rows beside the header hold no data (titles, units): skipped",
                                 r->n_head_rows),
        n++;
    if (r->n_untimed > 0)
        length[n] = norni_format(text[n], sizeof text[n],
                                 "%zu rows have no time (first: line %llu): left out", r->n_untimed,
                                 (unsigned long long)r->first_untimed),
        n++;
    if (r->streamed)
        length[n] =
            norni_format(text[n], sizeof text[n],
                         "the table is larger than the memory limit lets it be: of %zu drivers "
                         "the %zu that correlate most with a target are kept; another limit "
                         "gives another table and another digest",
                         r->n_drivers_seen, r->n_drivers_kept),
        n++;
    for (size_t k = 0; k < n; k++) {
        note[k] = (norni_str){norni_arena_text(arena, text[k], length[k]), length[k]};
        if (note[k].p == NULL) return norni_alloc_fail(err, "table", length[k], 1);
    }
    if (r->n_notes > 0) memcpy(note + n, r->note, r->n_notes * sizeof *note);
    r->note = note;
    r->n_notes += n;
    return NORN_OK;
}

static norn_status read_table(norni_wide_gather *g, const void *bytes, size_t n_bytes,
                              norni_arena *arena, norni_wide *out, norn_err *err) {
    bool thin = false;
    NORN_TRY(open_all(g, bytes, n_bytes, err));
    NORN_TRY(choose_wanted(g, &thin, err));
    if (!thin) {
        g->most_bytes = (size_t)(g->opt->memory / 5 * 2);
        NORN_TRY(norni_wide_keep(g, err));
        thin = g->too_large;
    }
    if (thin) {
        NORN_TRY(norni_wide_thin(g, err));
        g->report->streamed = true;
    }
    NORN_TRY(norni_wide_finish(g, g->opt, arena, out, err));
    if (g->profile != NULL) {
        norni_wide_profile *kept = norni_arena_get(arena, g->names.n, sizeof *kept);
        if (kept == NULL) return norni_alloc_fail(err, "table", g->names.n, sizeof *kept);
        memcpy(kept, g->profile, g->names.n * sizeof *kept);
        g->report->profile = kept;
    }
    return say_input(g, arena, err);
}

static norn_status read_any(norn_ctx *ctx, norni_worker *worker, const void *bytes, size_t n_bytes,
                            const norni_wide_opt *opt, norni_arena *arena, norni_wide *out,
                            norni_wide_report *report, norn_err *err) {
    norni_wide_gather g = {.ctx = ctx, .worker = worker, .opt = opt, .report = report};
    memset(out, 0, sizeof *out);
    memset(report, 0, sizeof *report);
    norni_arena_init(&g.arena, &ctx->alloc);
    norni_map_init(&g.names, &ctx->alloc);
    norni_map_init(&g.words, &ctx->alloc);
    const norn_status st = read_table(&g, bytes, n_bytes, arena, out, err);
    norni_wide_forget(&g);
    for (size_t i = 0; i < g.n_in; i++) {
        norni_cutter_close(&g.in[i].t->cut);
        norni_arena_clear(&g.in[i].t->arena);
    }
    norni_map_clear(&g.words);
    norni_map_clear(&g.names);
    norni_arena_clear(&g.arena);
    return st;
}

norn_status norni_wide_read(norn_ctx *ctx, norni_worker *worker, const norni_wide_opt *opt,
                            norni_arena *arena, norni_wide *out, norni_wide_report *report,
                            norn_err *err) {
    return read_any(ctx, worker, NULL, 0, opt, arena, out, report, err);
}

norn_status norni_wide_parse_bytes(norn_ctx *ctx, norni_worker *worker, const char *bytes, size_t n,
                                   const norni_wide_opt *opt, norni_arena *arena, norni_wide *out,
                                   norni_wide_report *report, norn_err *err) {
    return read_any(ctx, worker, bytes ? bytes : "", n, opt, arena, out, report, err);
}
