/* The long layout: one row an observation, id, time and value in named columns. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/panel_cells.h"

enum {
    ROLE_SKIP = -1,
    ROLE_ID = -2,
    ROLE_TIME = -3,
    ROLE_TARGET = -4
}; /* or the index of an exogenous column */

enum { MOST_COLUMNS = 4096 };

static norn_status fail_column(const norni_table *t, const char *name, const char *flag,
                               norn_err *err) {
    char found[240];
    size_t n = 0;
    found[0] = '\0';
    for (size_t k = 0; k < t->cut.n_header && n < 80; k++) {
        const norni_str h = t->cut.header[k];
        n += norni_format(found + n, sizeof found - n, "%s", k ? ", " : "");
        for (size_t i = 0; i < h.n && i < 30; i++) { /* control bytes as \x00 */
            static const char digit[] = "0123456789abcdef";
            const unsigned char c = (unsigned char)h.p[i];
            if (c < 32 || c == 127) {
                memcpy(found + n, "\\x", 2);
                found[n + 2] = digit[c >> 4];
                found[n + 3] = digit[c & 15];
                n += 4;
            } else {
                found[n++] = (char)c;
            }
        }
        found[n] = '\0';
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
    const unsigned long long line = t->cut.header_line;
    if (t->cut.n_header > MOST_COLUMNS) {
        return norn_fail(err, NORN_E_LIMIT,
                         "line %llu: %zu columns; at most %d are allowed (see --layout)", line,
                         t->cut.n_header, (int)MOST_COLUMNS);
    }
    for (size_t a = 0; a < t->cut.n_header; a++) {
        const norni_str h = t->cut.header[a];
        if (h.n == 0) continue; /* of no use, as the row numbers of a data frame */
        for (size_t b = 0; b < a; b++) {
            if (norni_str_cmp(h, t->cut.header[b]) == 0) {
                return norn_fail(err, NORN_E_DATA,
                                 "line %llu: column '%.*s' stands twice in the header", line,
                                 (int)(h.n > 40 ? 40 : h.n), h.p);
            }
        }
    }
    return NORN_OK;
}

static norn_status find_target(const norni_table *t, size_t time, int64_t id, size_t *out,
                               norn_err *err) {
    if (!t->opt.any_target)
        return find_required(t, t->opt.target_col, "y", "--target-col", out, err);
    for (size_t k = 0; k < t->cut.n_header; k++) {
        if (k == time || (int64_t)k == id || t->cut.header[k].n == 0) continue;
        *out = k;
        return NORN_OK;
    }
    return norn_fail(err, NORN_E_DATA, "there is no column beside id and time");
}

/* Which of the chosen columns the k-th one is; all further ones in turn where none are chosen. */
static int32_t exogenous_role(const norni_table *t, size_t k, size_t n_before) {
    const norni_read_opt *opt = &t->opt;
    if (opt->no_exogenous || t->cut.header[k].n == 0) return ROLE_SKIP;
    if (opt->n_x_cols == 0) return (int32_t)n_before;
    for (size_t c = 0; c < opt->n_x_cols; c++) {
        if (norni_str_cmp(opt->x_cols[c], t->cut.header[k]) == 0) return (int32_t)c;
    }
    return ROLE_SKIP;
}

static norn_status assign_roles(norni_table *t, int64_t id, size_t time, size_t target,
                                norn_err *err) {
    t->role = norni_arena_get(&t->arena, t->cut.n_header, sizeof *t->role);
    t->x_names = norni_arena_get(&t->arena, t->cut.n_header, sizeof *t->x_names);
    if (!t->role || !t->x_names)
        return norni_alloc_fail(err, "input", t->cut.n_header, sizeof *t->x_names);
    for (size_t k = 0; k < t->cut.n_header; k++) {
        t->role[k] = (int64_t)k == id ? ROLE_ID
                     : k == time      ? ROLE_TIME
                     : k == target    ? ROLE_TARGET
                                      : exogenous_role(t, k, t->n_x);
        if (t->role[k] < 0) continue;
        t->x_names[t->role[k]] = t->cut.header[k];
        t->n_x++;
    }
    for (size_t c = 0; c < t->opt.n_x_cols && t->n_x < t->opt.n_x_cols; c++) {
        const norni_str name = t->opt.x_cols[c];
        size_t k = 0;
        while (k < t->cut.n_header &&
               (t->role[k] < 0 || norni_str_cmp(name, t->cut.header[k]) != 0))
            k++;
        if (k == t->cut.n_header)
            return norn_fail(err, NORN_E_DATA, "column '%.*s' is missing",
                             (int)(name.n > 60 ? 60 : name.n), name.p);
    }
    return NORN_OK;
}

size_t norni_reader_skipped(const norni_reader *t, char *out, size_t size) {
    size_t found = 0, n = 0;
    out[0] = '\0';
    for (size_t k = 0; t->role != NULL && k < t->cut.n_header; k++) {
        const norni_str h = t->cut.header[k];
        if (t->role[k] != ROLE_SKIP || h.n == 0) continue;
        if (n + 44 < size)
            n += norni_format(out + n, size - n, "%s%.*s", found ? ", " : "",
                              (int)(h.n > 30 ? 30 : h.n), h.p);
        else if (n + 6 < size)
            n += norni_format(out + n, size - n, ", …"), size = n;
        found++;
    }
    return found;
}

norn_status norni_table_open_long(norni_table *t, norn_err *err) {
    size_t time = 0, target = 0;
    const norni_read_opt *opt = &t->opt;
    NORN_TRY(check_header(t, err));
    NORN_TRY(find_required(t, opt->time_col, "ds", "--time-col", &time, err));
    const int64_t id = norni_table_column(t, opt->id_col ? opt->id_col : "unique_id");
    if (id < 0 && opt->id_col) return fail_column(t, opt->id_col, "--id-col", err);
    NORN_TRY(find_target(t, time, id, &target, err));
    NORN_TRY(assign_roles(t, id, time, target, err));
    t->has_id = id >= 0;
    t->id_name = id >= 0 ? t->cut.header[id] : norni_str_of("unique_id");
    t->time_name = t->cut.header[time];
    t->target_name = t->cut.header[target];
    t->cut.id_field = id >= 0 ? (size_t)id : t->cut.n_header; /* no such field: one series */
    NORN_TRY(norni_cutter_begin(&t->cut, err));
    return norni_table_style(t, time, err);
}

/* Ids are short, and eight bytes behind them are readable. */
static inline bool same_id(norni_str a, norni_str b) {
    uint64_t x, y;
    if (a.n != b.n) return false;
    if (a.n > 8) return memcmp(a.p, b.p, a.n) == 0;
    memcpy(&x, a.p, 8);
    memcpy(&y, b.p, 8);
    return a.n == 0 || (x ^ y) << (64 - 8 * a.n) == 0;
}

static norn_status fail_ragged(const norni_fields *f, size_t found, bool more, norn_err *err) {
    norn_err cell = {NORN_OK, ""};
    (void)norn_fail(&cell, NORN_E_FORMAT, "%s%zu fields where the header has %zu",
                    more ? "more than " : "", found, f->t->cut.n_header);
    return norni_fields_raise(f, &cell, err);
}

/* The record's failure: what hides in it counts before what its cells say. */
static norn_status fail_record(norni_fields *f, const char *at, const norn_err *cell,
                               norn_err *err) {
    while (at != f->end && !norni_csv_is_eol(&f->marks->syntax, *at))
        at = norni_csv_mark(f->marks);
    NORN_TRY(norni_fields_check(f, at, err));
    return norni_fields_raise(f, cell, err);
}

typedef struct plain_columns {
    size_t n; /* of the header; 0: the detour is taken always */
    size_t id, time, value;
    bool has_id;
} plain_columns;

typedef struct long_parse {
    norni_fields f;
    norni_cell_clock clock;
    norni_chunk_rows *out;
    norni_str id;
    plain_columns plain;
} long_parse;

static inline bool parse_value(const norni_fields *f, const char *at, size_t column, double *to,
                               norn_err *cell) {
    const norni_str field = norni_field(f, at);
    if (field.p == f->p && norni_cell_short(field.p, field.n, to)) return true;
    return norni_cell_value(field, f->t->cut.header[column], to, cell);
}

/* One record into its row; `at` is its first mark. */
static norn_status parse_record(long_parse *job, const char *at, size_t row, norn_err *err) {
    norni_fields *f = &job->f;
    const norni_table *t = f->t;
    const size_t n = t->cut.n_header;
    norn_err cell;
    for (size_t k = 0;;) {
        const int32_t role = t->role[k];
        bool good = true;
        if (role == ROLE_ID) {
            job->id = norni_field(f, at);
        } else if (role == ROLE_TIME) {
            const norni_str field = norni_field(f, at);
            good =
                norni_cell_day(&job->clock, field, &job->out->time[row]) ||
                norni_cell_time(&job->clock, field, t->cut.header[k], &job->out->time[row], &cell);
        } else if (role != ROLE_SKIP) {
            double *to = role == ROLE_TARGET ? job->out->y : job->out->x[role];
            good = parse_value(f, at, k, &to[row], &cell);
        }
        const bool is_end = at == f->end || norni_csv_is_eol(&f->marks->syntax, *at);
        if (is_end && norni_fields_odd(f, at)) NORN_TRY(norni_fields_check(f, at, err));
        if (is_end && k + 1 < n && good) return fail_ragged(f, k + 1, false, err);
        if (!good) return fail_record(f, at, &cell, err);
        f->p = at + 1;
        if (++k == n) {
            if (is_end) return NORN_OK;
            while (at != f->end && !norni_csv_is_eol(&f->marks->syntax, *at))
                at = norni_csv_mark(f->marks);
            NORN_TRY(norni_fields_check(f, at, err));
            return fail_ragged(f, n, true, err);
        }
        at = norni_csv_mark(f->marks);
    }
}

/* The common record without detours: all its marks are at hand, nothing is quoted, time and value are
 * short. false: nothing is consumed, and parse_record decides. */
static inline bool parse_plain(long_parse *job, size_t row) {
    norni_fields *f = &job->f;
    norni_csv_marks *m = f->marks;
    const plain_columns *c = &job->plain;
    const char *base = m->base;
    if (m->n - m->i < c->n) return false;
    const uint32_t *at = m->at + m->i; /* at[k]: the end of column k */
    for (size_t k = 0; k + 1 < c->n; k++) {
        if (base[at[k]] != m->syntax.delimiter) return false;
    }
    if (!norni_csv_is_eol(&m->syntax, base[at[c->n - 1]])) return false;
    const char *from = f->p;
    const char *time = c->time ? base + at[c->time - 1] + 1 : from,
               *value = c->value ? base + at[c->value - 1] + 1 : from;
    const norni_str ds = {time, (size_t)(base + at[c->time] - time)};
    if (!norni_cell_day(&job->clock, ds, &job->out->time[row])) {
        norn_err cell;
        if (!norni_cell_time(&job->clock, ds, f->t->time_name, &job->out->time[row], &cell))
            return false;
    }
    if (!norni_cell_short(value, (size_t)(base + at[c->value] - value), &job->out->y[row]))
        return false;
    if (c->has_id) {
        const char *id = c->id ? base + at[c->id - 1] + 1 : from;
        job->id = (norni_str){id, (size_t)(base + at[c->id] - id)};
    }
    f->record = from;
    f->p = base + at[c->n - 1] + 1;
    m->i += c->n;
    return true;
}

/* Where the three columns stand, when nothing else is read and no byte needs a second look. */
static void find_plain(long_parse *job, const norni_chunk *chunk) {
    const norni_table *t = job->f.t;
    plain_columns *c = &job->plain;
    if (chunk->quoting != NORNI_CSV_PLAIN || chunk->count.has_nul || t->n_x > 0) return;
    for (size_t k = 0; k < t->cut.n_header; k++) {
        if (t->role[k] == ROLE_ID) {
            c->id = k;
            c->has_id = true;
        }
        if (t->role[k] == ROLE_TIME) c->time = k;
        if (t->role[k] == ROLE_TARGET) c->value = k;
    }
    c->n = t->cut.n_header;
}

static norn_status reserve_rows(const norni_table *t, size_t n, norni_arena *arena,
                                norni_chunk_rows *out, norn_err *err) {
    out->time = norni_arena_get(arena, n, sizeof *out->time);
    out->y = norni_arena_get(arena, n, sizeof *out->y);
    out->x = norni_arena_get(arena, t->n_x, sizeof *out->x);
    bool good = out->time && out->y && out->x;
    for (size_t k = 0; good && k < t->n_x; k++)
        good = (out->x[k] = norni_arena_get(arena, n, sizeof(double))) != NULL;
    return good ? NORN_OK : norni_alloc_fail(err, "input", n, sizeof(double) * (2 + t->n_x));
}

static norn_status fail_no_id(long_parse *job, norn_err *err) {
    norn_err cell = {NORN_OK, ""};
    const norni_str name = job->f.t->id_name;
    if (job->plain.n > 0) job->f.record = job->id.p;
    (void)norn_fail(&cell, NORN_E_DATA, "column %.*s: the id is empty",
                    (int)(name.n > 60 ? 60 : name.n), name.p);
    return norni_fields_raise(&job->f, &cell, err);
}

norn_status norni_parse_long(const norni_table *t, const norni_chunk *chunk, norni_arena *arena,
                             norni_chunk_rows *out, norn_err *err) {
    long_parse job = {.clock = {.style = t->style, .epoch = t->opt.epoch}, .out = out};
    norni_str last = {NULL, 0};
    size_t first = 0, row = 0;
    const char *at = NULL;
    *out = (norni_chunk_rows){.n = 0};
    job.id = (norni_str){chunk->p, 0};
    NORN_TRY(norni_fields_init(&job.f, t, chunk, arena, err));
    NORN_TRY(reserve_rows(t, chunk->count.lines + 1, arena, out, err));
    find_plain(&job, chunk);
    for (;;) {
        if (job.plain.n == 0 || !parse_plain(&job, row)) {
            if (!norni_fields_record(&job.f, &at)) break;
            NORN_TRY(parse_record(&job, at, row, err));
        }
        const bool same = last.p != NULL &&
                          (job.f.quoted ? norni_str_cmp(job.id, last) == 0 : same_id(job.id, last));
        if (!same) {
            if (t->has_id && norni_str_trim(job.id).n == 0) return fail_no_id(&job, err);
            if (last.p != NULL && !norni_run_add(&out->runs, arena, last, first, row - first))
                return norni_alloc_fail(err, "input", out->runs.cap, 64);
            last = job.id;
            first = row;
        }
        row++;
    }
    if (last.p != NULL && !norni_run_add(&out->runs, arena, last, first, row - first))
        return norni_alloc_fail(err, "input", out->runs.cap, 64);
    out->n = row;
    return norni_fields_lines(&job.f, out, err);
}
