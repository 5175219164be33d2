/* The long layout: one row an observation, id, time and value in named columns. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/map.h"
#include "io/panel_cells.h"

enum {
    ROLE_SKIP = -1,
    ROLE_ID = -2,
    ROLE_TIME = -3,
    ROLE_TARGET = -4
}; /* or the index of an exogenous column */

typedef struct long_chunk {
    norni_run_list
        runs; /* ids of the chunk's runs; `first` counts from the chunk's own first row */
    size_t n_rows;
    norni_cell_fail fail;
    bool no_memory;
} long_chunk;

typedef struct long_job {
    norni_table *t;
    int32_t *role;     /* (n_header) */
    long_chunk *chunk; /* (n_chunks) */
    int64_t *time;     /* (n rows reserved) */
    double *y;
    double **x;     /* (n_x) */
    norni_run *run; /* all runs */
    size_t n_runs;
    norni_map map;
} long_job;

static norn_status fail_column(const norni_table *t, const char *name, const char *flag,
                               norn_err *err) {
    char found[120];
    size_t n = 0;
    found[0] = '\0';
    for (size_t k = 0; k < t->csv.n_header && n + 40 < sizeof found; k++) {
        const norni_str h = t->csv.header[k];
        n += norni_format(found + n, sizeof found - n, "%s%.*s", k ? ", " : "",
                          (int)(h.n > 30 ? 30 : h.n), h.p);
    }
    return norn_fail(err, NORN_E_DATA, "column '%s' is missing; name yours with %s (found: %s)",
                     name, flag, found);
}

static norn_status find_required(const norni_table *t, const char *given, const char *usual,
                                 const char *flag, size_t *out, norn_err *err) {
    const int64_t k = norni_table_column(t, given ? given : usual);
    if (k < 0) return fail_column(t, given ? given : usual, flag, err);
    *out = (size_t)k;
    return NORN_OK;
}

static norn_status check_header(const norni_table *t, norn_err *err) {
    for (size_t a = 0; a < t->csv.n_header; a++) {
        const norni_str h = t->csv.header[a];
        if (h.n == 0)
            return norn_fail(err, NORN_E_DATA, "line %llu: column %zu has no name",
                             (unsigned long long)t->csv.header_line, a + 1);
        for (size_t b = 0; b < a; b++) {
            if (norni_str_cmp(h, t->csv.header[b]) == 0) {
                return norn_fail(
                    err, NORN_E_DATA, "line %llu: column '%.*s' stands twice in the header",
                    (unsigned long long)t->csv.header_line, (int)(h.n > 40 ? 40 : h.n), h.p);
            }
        }
    }
    return NORN_OK;
}

static norn_status assign_roles(long_job *job, norn_err *err) {
    norni_table *t = job->t;
    size_t time = 0, target = 0;
    NORN_TRY(check_header(t, err));
    NORN_TRY(find_required(t, t->opt->time_col, "ds", "--time-col", &time, err));
    NORN_TRY(find_required(t, t->opt->target_col, "y", "--target-col", &target, err));
    const int64_t id = norni_table_column(t, t->opt->id_col ? t->opt->id_col : "unique_id");
    if (id < 0 && t->opt->id_col) return fail_column(t, t->opt->id_col, "--id-col", err);
    job->role = norni_arena_get(&t->arena, t->csv.n_header, sizeof *job->role);
    norni_str *names = norni_arena_get(&t->arena, t->csv.n_header, sizeof *names);
    if (!job->role || !names) return norni_alloc_fail(err, "input", t->csv.n_header, sizeof *names);
    int32_t n_x = 0;
    for (size_t k = 0; k < t->csv.n_header; k++) {
        if (id >= 0 && k == (size_t)id)
            job->role[k] = ROLE_ID;
        else if (k == time)
            job->role[k] = ROLE_TIME;
        else if (k == target)
            job->role[k] = ROLE_TARGET;
        else if (t->opt->no_exogenous)
            job->role[k] = ROLE_SKIP;
        else {
            names[n_x] = t->csv.header[k];
            job->role[k] = n_x++;
        }
    }
    t->has_id = id >= 0;
    t->id_name = id >= 0 ? t->csv.header[id] : norni_str_of("unique_id");
    t->time_name = t->csv.header[time];
    t->target_name = t->csv.header[target];
    t->rows.n_x = (size_t)n_x;
    t->rows.x_names = names;
    return NORN_OK;
}

static bool fail_ragged(const norni_table *t, size_t found, bool more, norn_err *err) {
    (void)norn_fail(err, NORN_E_FORMAT, "%s%zu fields where the header has %zu",
                    more ? "more than " : "", found, t->csv.n_header);
    return false;
}

/* One record into its row; false leaves the reason in err. `from` moves behind the record. */
static bool parse_record(const long_job *job, norni_csv_walk *walk, const char **from,
                         const char *end, norni_cell_clock *clock, size_t row, norni_str *id,
                         norn_err *err) {
    const norni_table *t = job->t;
    const size_t n = t->csv.n_header;
    const char *p = *from;
    for (size_t k = 0; k < n; k++) {
        const char *at = norni_csv_next(walk);
        const bool is_end = at == end || *at == t->csv.eol, last = k + 1 == n;
        const norni_str field = norni_csv_field(&t->csv, p, at, is_end);
        if (is_end && !last) return fail_ragged(t, k + 1, false, err);
        if (!is_end && last) return fail_ragged(t, n, true, err);
        const int32_t role = job->role[k];
        if (role == ROLE_ID) {
            *id = field;
        } else if (role == ROLE_TIME) {
            if (!norni_cell_time(clock, field, t->csv.header[k], &job->time[row], err))
                return false;
        } else if (role != ROLE_SKIP) {
            double *to = role == ROLE_TARGET ? job->y : job->x[role];
            if (!norni_cell_value(field, t->csv.header[k], &to[row], err)) return false;
        }
        p = at + 1;
    }
    *from = p;
    return true;
}

static norn_status parse_chunk(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    long_job *job = arg;
    norni_table *t = job->t;
    const norni_csv_chunk *c = &t->csv.chunk[item];
    long_chunk *out = &job->chunk[item];
    norni_cell_clock clock = {.style = t->style, .epoch = t->opt->epoch};
    norni_csv_walk walk;
    norni_str id = {"", 0}, last = {NULL, 0};
    size_t run_first = 0, row = 0;
    const size_t base = t->row_base[item];
    out->runs = (norni_run_list){.alloc = &t->csv.ctx->alloc};
    norni_csv_walk_init(&walk, &t->csv, c);
    for (const char *p = c->p; p < c->end;) {
        if (norni_csv_blank(&t->csv, p, c->end)) {
            p = norni_csv_next(&walk) + 1;
            continue;
        }
        if (!parse_record(job, &walk, &p, c->end, &clock, base + row, &id, &out->fail.err)) {
            out->fail.failed = true;
            out->fail.record = row;
            return NORN_OK;
        }
        if (last.p == NULL || id.n != last.n || memcmp(id.p, last.p, id.n) != 0) {
            if (last.p != NULL && !norni_run_add(&out->runs, last, run_first, row - run_first))
                goto fail;
            last = id;
            run_first = row;
        }
        row++;
    }
    if (last.p != NULL && !norni_run_add(&out->runs, last, run_first, row - run_first)) goto fail;
    out->n_rows = row;
    return NORN_OK;
fail:
    out->no_memory = true;
    return NORN_OK;
}

/* Rows of a chunk with blank lines leave holes: the following rows move up. */
static void close_holes(long_job *job) {
    norni_table *t = job->t;
    size_t to = 0;
    for (size_t c = 0; c < t->csv.n_chunks; c++) {
        const size_t from = t->row_base[c], n = job->chunk[c].n_rows;
        if (from != to) {
            memmove(job->y + to, job->y + from, n * sizeof *job->y);
            memmove(job->time + to, job->time + from, n * sizeof *job->time);
            for (size_t k = 0; k < t->rows.n_x; k++)
                memmove(job->x[k] + to, job->x[k] + from, n * sizeof *job->y);
        }
        t->row_base[c] = to;
        to += n;
    }
    t->row_base[t->csv.n_chunks] = to;
    t->rows.n = to;
}

/* The chunks' runs in order, neighbours of one id joined, ids numbered by first appearance. */
static norn_status join_runs(long_job *job, norn_err *err) {
    norni_table *t = job->t;
    size_t most = 0;
    for (size_t c = 0; c < t->csv.n_chunks; c++)
        most += job->chunk[c].runs.n;
    job->run = norni_arena_get(&t->arena, most, sizeof *job->run);
    if (job->run == NULL) return norni_alloc_fail(err, "input", most, sizeof *job->run);
    for (size_t c = 0; c < t->csv.n_chunks; c++) {
        const norni_run_list *list = &job->chunk[c].runs;
        for (size_t k = 0; k < list->n; k++) {
            norni_run *before = job->n_runs ? &job->run[job->n_runs - 1] : NULL;
            if (before && norni_str_cmp(job->map.keys[before->id], list->id[k]) == 0) {
                before->n += list->run[k].n;
                continue;
            }
            const int64_t id = norni_map_add(&job->map, list->id[k], NULL);
            if (id < 0) return norni_alloc_fail(err, "input", job->map.n, 32);
            job->run[job->n_runs++] =
                (norni_run){(uint32_t)id, t->row_base[c] + list->run[k].first, list->run[k].n};
        }
    }
    return NORN_OK;
}

static norn_status reserve_rows(long_job *job, norn_err *err) {
    norni_table *t = job->t;
    const size_t n_chunks = t->csv.n_chunks;
    t->row_base = norni_arena_get(&t->arena, n_chunks + 1, sizeof *t->row_base);
    job->chunk = norni_arena_zero(&t->arena, n_chunks, sizeof *job->chunk);
    if (!t->row_base || !job->chunk)
        return norni_alloc_fail(err, "input", n_chunks, sizeof *job->chunk);
    size_t n = 0;
    for (size_t c = 0; c < n_chunks; c++) {
        t->row_base[c] = n;
        n += t->csv.chunk[c].n_records;
    }
    t->row_base[n_chunks] = n;
    job->time = norni_arena_get(&t->arena, n, sizeof *job->time);
    job->y = norni_arena_get(t->keep, n, sizeof *job->y);
    job->x = norni_arena_get(&t->arena, t->rows.n_x, sizeof *job->x);
    bool good = job->time && job->y && job->x;
    for (size_t k = 0; good && k < t->rows.n_x; k++)
        good = (job->x[k] = norni_arena_get(&t->arena, n, sizeof(double))) != NULL;
    return good ? NORN_OK : norni_alloc_fail(err, "input", n, sizeof(double) * (2 + t->rows.n_x));
}

/* The time field of the first record decides the style. */
static norn_status first_style(long_job *job, norn_err *err) {
    norni_table *t = job->t;
    for (size_t c = 0; c < t->csv.n_chunks; c++) {
        const norni_csv_chunk *chunk = &t->csv.chunk[c];
        norni_csv_walk walk;
        norni_csv_walk_init(&walk, &t->csv, chunk);
        const char *p = chunk->p;
        while (p < chunk->end && norni_csv_blank(&t->csv, p, chunk->end))
            p = norni_csv_next(&walk) + 1;
        if (p >= chunk->end) continue;
        for (size_t k = 0; k < t->csv.n_header; k++) {
            const char *at = norni_csv_next(&walk);
            const bool is_end = at == chunk->end || *at == t->csv.eol;
            if (job->role[k] == ROLE_TIME) {
                norni_cell_fail fail = {.failed = true};
                const norn_status st =
                    norni_cell_style(norni_csv_field(&t->csv, p, at, is_end), t->time_name,
                                     t->opt->epoch, &t->style, &fail.err);
                return st == NORN_OK ? st : norni_cell_raise(&t->csv, c, &fail, err);
            }
            if (is_end) break; /* ragged: the parser will say so */
            p = at + 1;
        }
        return NORN_OK;
    }
    return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
}

norn_status norni_table_long(norni_table *t, norn_err *err) {
    long_job job = {.t = t};
    norn_status st;
    norni_map_init(&job.map, &t->csv.ctx->alloc);
    NORN_TRY_GOTO(assign_roles(&job, err), fail);
    NORN_TRY_GOTO(first_style(&job, err), fail);
    NORN_TRY_GOTO(reserve_rows(&job, err), fail);
    NORN_TRY_GOTO(norni_for(t->csv.ctx, NULL, t->csv.n_chunks, parse_chunk, &job, NULL, err), fail);
    for (size_t c = 0; c < t->csv.n_chunks; c++) {
        if (job.chunk[c].no_memory)
            NORN_TRY_GOTO(norni_alloc_fail(err, "input", job.chunk[c].runs.cap, 32), fail);
        if (job.chunk[c].fail.failed)
            NORN_TRY_GOTO(norni_cell_raise(&t->csv, c, &job.chunk[c].fail, err), fail);
    }
    close_holes(&job);
    if (t->rows.n == 0)
        NORN_TRY_GOTO(norn_fail(err, NORN_E_DATA, "no data rows behind the header"), fail);
    NORN_TRY_GOTO(join_runs(&job, err), fail);
    norni_str *ids = norni_arena_get(&t->arena, job.map.n, sizeof *ids);
    if (ids == NULL) NORN_TRY_GOTO(norni_alloc_fail(err, "input", job.map.n, sizeof *ids), fail);
    memcpy(ids, job.map.keys, job.map.n * sizeof *ids);
    t->rows.runs = job.run;
    t->rows.n_runs = job.n_runs;
    t->rows.ids = ids;
    t->rows.n_ids = job.map.n;
    t->rows.time = job.time;
    t->rows.y = job.y;
    t->rows.x = (const double *const *)job.x;
    t->rows.line_of = norni_table_line;
    t->rows.line_arg = t;
fail:
    for (size_t c = 0; job.chunk && c < t->csv.n_chunks; c++)
        norni_run_clear(&job.chunk[c].runs);
    norni_map_clear(&job.map);
    return st;
}
