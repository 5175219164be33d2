/* The rows layout (a series a line, ragged) and the wide one (a series a column). */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/map.h"
#include "io/panel_cells.h"

typedef struct cells_chunk {
    norni_run_list runs; /* ROWS: one a line */
    size_t n_values, n_records;
    norni_cell_fail fail;
    bool no_memory;
} cells_chunk;

typedef struct cells_job {
    norni_table *t;
    cells_chunk *chunk; /* (n_chunks) */
    size_t *base;       /* (n_chunks) first value of each chunk */
    double *y;
    int64_t *time; /* WIDE: (n_records) */
} cells_job;

static void value_name(char out[32], size_t k) {
    norni_format(out, 32, "%zu", k + 1);
}

/* One line of the rows layout: its id and its values, without the missing ones at its end. */
static bool parse_line(const cells_job *job, norni_csv_walk *walk, const char **from,
                       const char *end, double *to, norni_str *id, size_t *n, norn_err *err) {
    const norni_csv *csv = &job->t->csv;
    const char *p = *from;
    size_t last = 0;
    bool is_end = false;
    char name[32];
    for (size_t k = 0; !is_end; k++) {
        const char *at = norni_csv_next(walk);
        is_end = at == end || *at == csv->eol;
        const norni_str field = norni_csv_field(csv, p, at, is_end);
        if (k == 0) {
            *id = field;
        } else {
            if (!norni_cell_value(field, (norni_str){"", 0}, &to[k - 1], err)) {
                value_name(name, k);
                (void)norni_cell_value(field, norni_str_of(name), &to[k - 1], err);
                return false;
            }
            if (!isnan(to[k - 1])) last = k;
        }
        p = at + 1;
    }
    *n = last;
    *from = p;
    return true;
}

static norn_status parse_rows_chunk(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    cells_job *job = arg;
    const norni_csv *csv = &job->t->csv;
    const norni_csv_chunk *c = &csv->chunk[item];
    cells_chunk *out = &job->chunk[item];
    norni_csv_walk walk;
    norni_str id;
    size_t n;
    out->runs = (norni_run_list){.alloc = &csv->ctx->alloc};
    norni_csv_walk_init(&walk, csv, c);
    for (const char *p = c->p; p < c->end;) {
        if (norni_csv_blank(csv, p, c->end)) {
            p = norni_csv_next(&walk) + 1;
            continue;
        }
        if (!parse_line(job, &walk, &p, c->end, job->y + job->base[item] + out->n_values, &id, &n,
                        &out->fail.err)) {
            out->fail.failed = true;
            out->fail.record = out->n_records;
            return NORN_OK;
        }
        if (!norni_run_add(&out->runs, id, out->n_values, n)) {
            out->no_memory = true;
            return NORN_OK;
        }
        out->n_values += n;
        out->n_records++;
    }
    return NORN_OK;
}

static norn_status parse_wide_chunk(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    cells_job *job = arg;
    const norni_table *t = job->t;
    const norni_csv *csv = &t->csv;
    const norni_csv_chunk *c = &csv->chunk[item];
    cells_chunk *out = &job->chunk[item];
    norni_cell_clock clock = {.style = t->style, .epoch = t->opt->epoch};
    norni_csv_walk walk;
    const size_t n_cols = csv->n_header;
    norni_csv_walk_init(&walk, csv, c);
    for (const char *p = c->p; p < c->end;) {
        if (norni_csv_blank(csv, p, c->end)) {
            p = norni_csv_next(&walk) + 1;
            continue;
        }
        const size_t row = t->row_base[item] + out->n_records;
        bool good = true;
        for (size_t k = 0; k < n_cols && good; k++) {
            const char *at = norni_csv_next(&walk);
            const bool is_end = at == c->end || *at == csv->eol;
            const norni_str field = norni_csv_field(csv, p, at, is_end);
            if (is_end != (k + 1 == n_cols)) {
                (void)norn_fail(&out->fail.err, NORN_E_FORMAT,
                                "%s%zu fields where the header has %zu", is_end ? "" : "more than ",
                                k + 1, n_cols);
                good = false;
            } else if (k == 0) {
                good =
                    norni_cell_time(&clock, field, csv->header[0], &job->time[row], &out->fail.err);
            } else {
                good = norni_cell_value(field, csv->header[k], &job->y[row * (n_cols - 1) + k - 1],
                                        &out->fail.err);
            }
            p = at + 1;
        }
        if (!good) {
            out->fail.failed = true;
            out->fail.record = out->n_records;
            return NORN_OK;
        }
        out->n_records++;
    }
    return NORN_OK;
}

static norn_status raise_first(const cells_job *job, norn_err *err) {
    for (size_t c = 0; c < job->t->csv.n_chunks; c++) {
        if (job->chunk[c].no_memory)
            return norni_alloc_fail(err, "input", job->chunk[c].runs.cap, 32);
        if (job->chunk[c].fail.failed)
            return norni_cell_raise(&job->t->csv, c, &job->chunk[c].fail, err);
    }
    return NORN_OK;
}

/* A header has a value field that is no number; otherwise the first line is a series, and the text
 * is opened anew with a line before it. */
static bool has_header(const norni_csv *csv) {
    double x;
    for (size_t k = 1; k < csv->n_header; k++) {
        if (!norni_cell_value(csv->header[k], (norni_str){"", 0}, &x, NULL)) return true;
    }
    return csv->n_header == 1;
}

/* The header line as one more chunk in front, when it is data. */
static norn_status chunks_with_head(norni_csv *csv, norn_err *err) {
    if (has_header(csv)) return NORN_OK;
    norni_csv_chunk *grown = norni_alloc_resize(&csv->ctx->alloc, csv->chunk, csv->n_chunks,
                                                csv->n_chunks + 1, sizeof *grown);
    if (grown == NULL) return norni_alloc_fail(err, "input", csv->n_chunks + 1, sizeof *grown);
    memmove(grown + 1, grown, csv->n_chunks * sizeof *grown);
    grown[0] = csv->head;
    grown[0].n_separators = csv->n_header - 1;
    csv->chunk = grown;
    csv->n_chunks++;
    csv->head_is_data = true;
    for (size_t c = 1; c < csv->n_chunks; c++)
        csv->chunk[c].first_line++;
    csv->header_line--; /* lines count from the record behind the header */
    return NORN_OK;
}

static norn_status collect_rows(cells_job *job, norn_err *err) {
    norni_table *t = job->t;
    norni_map map;
    size_t n = 0, to = 0;
    for (size_t c = 0; c < t->csv.n_chunks; c++)
        n += job->chunk[c].runs.n;
    norni_run *run = norni_arena_get(&t->arena, n, sizeof *run);
    norni_str *ids = norni_arena_get(&t->arena, n, sizeof *ids);
    if (!run || !ids) return norni_alloc_fail(err, "input", n, sizeof *run + sizeof *ids);
    norni_map_init(&map, &t->csv.ctx->alloc);
    norn_status st = NORN_OK;
    for (size_t c = 0, k = 0; c < t->csv.n_chunks && st == NORN_OK; c++) {
        const cells_chunk *chunk = &job->chunk[c];
        memmove(job->y + to, job->y + job->base[c],
                chunk->n_values * sizeof *job->y); /* padded lines leave holes */
        for (size_t i = 0; i < chunk->runs.n && st == NORN_OK; i++, k++) {
            bool added = false;
            const norni_str id = chunk->runs.id[i];
            if (norni_map_add(&map, id, &added) < 0) {
                st = norni_alloc_fail(err, "input", n, 32);
            } else if (!added) {
                st = norn_fail(err, NORN_E_DATA, "line %llu: series '%.*s' stands twice",
                               (unsigned long long)norni_csv_line(&t->csv, c, i),
                               (int)(id.n > 60 ? 60 : id.n), id.p);
            }
            ids[k] = id;
            run[k] = (norni_run){(uint32_t)k, to + chunk->runs.run[i].first, chunk->runs.run[i].n};
        }
        to += chunk->n_values;
    }
    norni_map_clear(&map);
    t->rows.n = to;
    t->rows.runs = run;
    t->rows.ids = ids;
    t->rows.n_runs = t->rows.n_ids = n;
    t->rows.y = job->y;
    return st;
}

norn_status norni_table_rows(norni_table *t, norn_err *err) {
    cells_job job = {.t = t};
    norn_status st;
    NORN_TRY(chunks_with_head(&t->csv, err));
    const size_t n_chunks = t->csv.n_chunks;
    job.chunk = norni_arena_zero(&t->arena, n_chunks, sizeof *job.chunk);
    job.base = norni_arena_get(&t->arena, n_chunks, sizeof *job.base);
    if (!job.chunk || !job.base) return norni_alloc_fail(err, "input", n_chunks, sizeof *job.chunk);
    size_t n = 0;
    for (size_t c = 0; c < n_chunks; c++) {
        job.base[c] = n;
        n += t->csv.chunk[c].n_separators;
    }
    job.y = norni_arena_get(t->keep, n, sizeof *job.y);
    if (job.y == NULL) return norni_alloc_fail(err, "input", n, sizeof *job.y);
    NORN_TRY_GOTO(norni_for(t->csv.ctx, NULL, n_chunks, parse_rows_chunk, &job, NULL, err), done);
    NORN_TRY_GOTO(raise_first(&job, err), done);
    NORN_TRY_GOTO(collect_rows(&job, err), done);
    if (t->rows.n_ids == 0)
        NORN_TRY_GOTO(norn_fail(err, NORN_E_DATA, "no data rows behind the header"), done);
    t->has_id = true;
    t->style = (norni_time_style){.kind = NORNI_TIME_INDEX};
done:
    for (size_t c = 0; c < n_chunks; c++)
        norni_run_clear(&job.chunk[c].runs);
    return st;
}

/* Columns become series: each from its first to its last value that is not missing. */
static norn_status turn_wide(cells_job *job, size_t n_rows, norn_err *err) {
    norni_table *t = job->t;
    const size_t n_series = t->csv.n_header - 1;
    double *y = norni_arena_get(t->keep, n_rows * n_series, sizeof *y);
    int64_t *time = norni_arena_get(&t->arena, n_rows * n_series, sizeof *time);
    norni_run *run = norni_arena_get(&t->arena, n_series, sizeof *run);
    if (!y || !time || !run) return norni_alloc_fail(err, "input", n_rows * n_series, sizeof *y);
    size_t to = 0;
    for (size_t k = 0; k < n_series; k++) {
        size_t first = 0, last = n_rows;
        while (last > 0 && isnan(job->y[(last - 1) * n_series + k]))
            last--;
        while (first < last && isnan(job->y[first * n_series + k]))
            first++;
        if (first == last) { /* all missing: kept, so that the item can say so */
            first = 0;
            last = n_rows;
        }
        run[k] = (norni_run){(uint32_t)k, to, last - first};
        for (size_t r = first; r < last; r++, to++) {
            y[to] = job->y[r * n_series + k];
            time[to] = job->time[r];
        }
    }
    t->rows.n = to;
    t->rows.y = y;
    t->rows.time = time;
    t->rows.runs = run;
    t->rows.ids = t->csv.header + 1;
    t->rows.n_runs = t->rows.n_ids = n_series;
    return NORN_OK;
}

static norn_status wide_style(norni_table *t, norn_err *err) {
    for (size_t c = 0; c < t->csv.n_chunks; c++) {
        const norni_csv_chunk *chunk = &t->csv.chunk[c];
        const char *p = chunk->p;
        while (p < chunk->end && (*p == t->csv.eol || *p == '\r'))
            p++;
        if (p >= chunk->end) continue;
        const char *at = p;
        while (at < chunk->end && *at != t->csv.delimiter && *at != t->csv.eol)
            at++;
        norni_cell_fail fail = {.failed = true};
        const norn_status st = norni_cell_style((norni_str){p, (size_t)(at - p)}, t->csv.header[0],
                                                t->opt->epoch, &t->style, &fail.err);
        return st == NORN_OK ? st : norni_cell_raise(&t->csv, c, &fail, err);
    }
    return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
}

norn_status norni_table_wide(norni_table *t, norn_err *err) {
    cells_job job = {.t = t};
    const size_t n_chunks = t->csv.n_chunks, n_cols = t->csv.n_header;
    if (n_cols < 2)
        return norn_fail(err, NORN_E_DATA,
                         "the wide layout needs a time column and a column a series");
    NORN_TRY(wide_style(t, err));
    t->row_base = norni_arena_get(&t->arena, n_chunks + 1, sizeof *t->row_base);
    job.chunk = norni_arena_zero(&t->arena, n_chunks, sizeof *job.chunk);
    if (!t->row_base || !job.chunk)
        return norni_alloc_fail(err, "input", n_chunks, sizeof *job.chunk);
    size_t n = 0;
    for (size_t c = 0; c < n_chunks; c++) {
        t->row_base[c] = n;
        n += t->csv.chunk[c].n_records;
    }
    t->row_base[n_chunks] = n;
    job.time = norni_arena_get(&t->arena, n, sizeof *job.time);
    job.y = norni_arena_get(&t->arena, n * (n_cols - 1), sizeof *job.y);
    if (!job.time || !job.y) return norni_alloc_fail(err, "input", n, n_cols * sizeof *job.y);
    NORN_TRY(norni_for(t->csv.ctx, NULL, n_chunks, parse_wide_chunk, &job, NULL, err));
    NORN_TRY(raise_first(&job, err));
    size_t to = 0;
    for (size_t c = 0; c < n_chunks; c++) { /* blank lines leave holes */
        const size_t got = job.chunk[c].n_records;
        memmove(job.time + to, job.time + t->row_base[c], got * sizeof *job.time);
        memmove(job.y + to * (n_cols - 1), job.y + t->row_base[c] * (n_cols - 1),
                got * (n_cols - 1) * sizeof *job.y);
        to += got;
    }
    t->has_id = true;
    t->time_name = t->csv.header[0];
    return turn_wide(&job, to, err);
}
