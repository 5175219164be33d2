/* A user's holidays from delimited text. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/holidays_read.h"

#include <math.h>

#include "base/fp.h"
#include "base/map.h"
#include "io/panel_cells.h"

enum { HOLIDAY, DAY, LOWER, UPPER, PRIOR, N_COLUMNS };
static const char *const column_name[N_COLUMNS] = {"holiday", "ds", "lower_window", "upper_window",
                                                   "prior_scale"};

/* A row as read, and its line. Where a name's first prior stands is kept as such a row, too. */
typedef struct read_row {
    norni_holiday h;
    uint64_t line;
} read_row;

typedef struct holiday_reader {
    norni_table table; /* its cutter alone is used */
    norni_chunk chunk;
    norni_arena *arena;
    int64_t field[N_COLUMNS]; /* of each column, or -1 */
    size_t n_fields;
    read_row *row; /* (n) */
    size_t n, cap;
    norni_map days, names; /* "day name" and name */
    size_t *first;         /* (cap) row of each of `days` */
    read_row *named;       /* (cap) row of each of `names` */
} holiday_reader;

static int shown(norni_str s) {
    return (int)(s.n > 60 ? 60 : s.n);
}

/* ---- the header ---- */

/* A column that nobody knows is passed over, unless it is a known one misspelt. */
static norn_status check_unknown(norni_str name, norn_err *err) {
    for (int c = 0; c < N_COLUMNS; c++) {
        const norni_str known = norni_str_of(column_name[c]);
        const size_t near = known.n > 4 ? 2 : 0;
        if (norni_str_is_nocase(name, column_name[c]) || norni_str_distance(name, known) <= near)
            return norn_fail(err, NORN_E_DATA, "column '%.*s' is not known; did you mean %s?",
                             shown(name), name.p, column_name[c]);
    }
    return NORN_OK;
}

static norn_status find_columns(holiday_reader *r, norn_err *err) {
    const norni_cutter *const cut = &r->table.cut;
    for (int c = 0; c < N_COLUMNS; c++)
        r->field[c] = -1;
    r->n_fields = cut->n_header;
    for (size_t k = 0; k < cut->n_header; k++) {
        const norni_str name = norni_str_trim(cut->header[k]);
        int c = 0;
        while (c < N_COLUMNS && !norni_str_is(name, column_name[c]))
            c++;
        if (c == N_COLUMNS) {
            NORN_TRY(check_unknown(name, err));
        } else if (r->field[c] >= 0) {
            return norn_fail(err, NORN_E_DATA, "column '%s' stands twice", column_name[c]);
        } else {
            r->field[c] = (int64_t)k;
        }
    }
    for (int c = HOLIDAY; c <= DAY; c++) {
        if (r->field[c] < 0)
            return norn_fail(err, NORN_E_DATA,
                             "column '%s' is missing; the columns are holiday, ds and, if wanted, "
                             "lower_window with upper_window, prior_scale",
                             column_name[c]);
    }
    if ((r->field[LOWER] < 0) == (r->field[UPPER] < 0)) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "column '%s' is missing: both lower_window and upper_window, or neither",
                     column_name[r->field[LOWER] < 0 ? LOWER : UPPER]);
}

/* ---- cells: false leaves "column ds: …" in err ---- */

static bool read_name(norni_str cell, norni_str *out, norn_err *err) {
    *out = cell;
    if (norni_str_trim(cell).n > 0) return true;
    (void)norn_fail(err, NORN_E_DATA, "column holiday: the name is empty");
    return false;
}

static bool read_day(norni_str cell, int64_t *out, norn_err *err) {
    norni_time_style style;
    int64_t us;
    bool zoned;
    if (norni_time_parse(cell, &us, &style, &zoned) &&
        (style.kind == NORNI_TIME_DATE || style.kind == NORNI_TIME_DATETIME)) {
        *out = us / NORNI_US_DAY - (us % NORNI_US_DAY < 0);
        return true;
    }
    (void)norn_fail(err, NORN_E_DATA, "column ds: '%.*s' is not a day; write it as 2020-12-25",
                    shown(cell), cell.p);
    return false;
}

/* A whole number of days in [least, most]; nothing is 0. */
static bool read_window(norni_str cell, int c, int32_t least, int32_t most, int32_t *out,
                        norn_err *err) {
    double x;
    if (!norni_cell_value(cell, norni_str_of(column_name[c]), &x, err)) return false;
    if (isnan(x)) x = 0;
    if (x >= least && x <= most && x == floor(x)) {
        *out = (int32_t)x;
        return true;
    }
    (void)norn_fail(err, NORN_E_DATA,
                    "column %s: '%.*s' is outside [%d, %d], whole days %s the holiday",
                    column_name[c], shown(cell), cell.p, least, most,
                    c == LOWER ? "before (negative)" : "behind");
    return false;
}

static bool read_prior(norni_str cell, double *out, norn_err *err) {
    if (!norni_cell_value(cell, norni_str_of(column_name[PRIOR]), out, err)) return false;
    if (isnan(*out) || *out > 0) return true;
    (void)norn_fail(err, NORN_E_DATA,
                    "column prior_scale: '%.*s' is not > 0; leave it empty for the model's own",
                    shown(cell), cell.p);
    return false;
}

/* ---- rows ---- */

static norn_status make_room(holiday_reader *r, norn_err *err) {
    const size_t cap = r->cap ? 2 * r->cap : 64;
    if (r->n < r->cap) return NORN_OK;
    read_row *const row = norni_arena_get(r->arena, cap, sizeof *row);
    read_row *const named = norni_arena_get(r->arena, cap, sizeof *named);
    size_t *const first = norni_arena_get(r->arena, cap, sizeof *first);
    if (!row || !first || !named) return norni_alloc_fail(err, "holidays", cap, sizeof *row);
    if (r->n > 0) {
        memcpy(row, r->row, r->n * sizeof *row);
        memcpy(first, r->first, r->n * sizeof *first);
        memcpy(named, r->named, r->n * sizeof *named);
    }
    r->row = row;
    r->first = first;
    r->named = named;
    r->cap = cap;
    return NORN_OK;
}

/* *out: the earlier row of this name and day (its own place: there was none). */
static norn_status find_twin(holiday_reader *r, const norni_holiday *h, size_t *out,
                             norn_err *err) {
    char *const key = norni_arena_get(r->arena, sizeof h->day + h->name.n, 1);
    bool fresh = false;
    if (key == NULL) return norni_alloc_fail(err, "holidays", h->name.n, 1);
    memcpy(key, &h->day, sizeof h->day);
    memcpy(key + sizeof h->day, h->name.p, h->name.n);
    const int64_t k = norni_map_add(&r->days, (norni_str){key, sizeof h->day + h->name.n}, &fresh);
    if (k == NORNI_MAP_NONE) return norni_alloc_fail(err, "holidays", r->days.n, 1);
    if (fresh) r->first[k] = r->n;
    *out = r->first[k];
    return NORN_OK;
}

/* Rows of one name share their prior. */
static norn_status check_prior(holiday_reader *r, const norni_holiday *h, uint64_t line,
                               norn_err *err) {
    bool fresh = false;
    if (isnan(h->prior)) return NORN_OK;
    const int64_t k = norni_map_add(&r->names, h->name, &fresh);
    if (k == NORNI_MAP_NONE) return norni_alloc_fail(err, "holidays", r->names.n, 1);
    if (fresh) r->named[k] = (read_row){*h, line};
    const read_row *const other = &r->named[k];
    if (other->h.prior == h->prior) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "column prior_scale: holiday '%.*s' has %g here and %g in line %llu; a "
                     "holiday has one prior scale",
                     shown(h->name), h->name.p, h->prior, other->h.prior,
                     (unsigned long long)other->line);
}

static norn_status add_row(holiday_reader *r, norni_holiday h, uint64_t line, norn_err *err) {
    size_t twin = 0;
    h.name.p = norni_arena_text(r->arena, h.name.p, h.name.n);
    if (h.name.p == NULL) return norni_alloc_fail(err, "holidays", h.name.n, 1);
    NORN_TRY(make_room(r, err));
    NORN_TRY(check_prior(r, &h, line, err));
    NORN_TRY(find_twin(r, &h, &twin, err));
    if (twin == r->n) {
        r->row[r->n++] = (read_row){h, line};
        return NORN_OK;
    }
    norni_holiday *const other = &r->row[twin].h;
    if (isnan(other->prior)) other->prior = h.prior;
    if (other->lower == h.lower && other->upper == h.upper) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "column holiday: '%.*s' stands for the same day in line %llu, with another "
                     "window",
                     shown(h.name), h.name.p, (unsigned long long)r->row[twin].line);
}

static bool read_cell(int c, norni_str cell, norni_holiday *h, norn_err *err) {
    const int32_t most = NORNI_HOLIDAY_WINDOW_MAX;
    switch (c) {
        case HOLIDAY: return read_name(cell, &h->name, err);
        case DAY: return read_day(cell, &h->day, err);
        case LOWER: return read_window(cell, c, -most, 0, &h->lower, err);
        case UPPER: return read_window(cell, c, 0, most, &h->upper, err);
        default: return read_prior(cell, &h->prior, err);
    }
}

static norn_status fail_fields(const holiday_reader *r, size_t n, norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "%zu field%s where the header has %zu", n,
                     n == 1 ? "" : "s", r->n_fields);
}

/* One record: all of its fields first, since one of them may hide the others. */
static norn_status read_record(holiday_reader *r, norni_fields *f, const char *at, norn_err *err) {
    norni_str cell[N_COLUMNS] = {{NULL, 0}};
    norni_holiday h = {.prior = NORNI_NAN};
    norn_err why = {NORN_OK, ""};
    size_t n = 0;
    for (bool is_end = false; !is_end; n++) {
        const norni_str field = norni_field(f, at);
        if (field.p == NULL) return norni_alloc_fail(err, "holidays", 1, 1);
        for (int c = 0; c < N_COLUMNS; c++) {
            if (r->field[c] == (int64_t)n) cell[c] = field;
        }
        is_end = at == f->end || norni_csv_is_eol(&f->marks->syntax, *at);
        if (is_end && norni_fields_odd(f, at)) NORN_TRY(norni_fields_check(f, at, err));
        f->p = at + 1;
        if (!is_end) at = norni_csv_mark(f->marks);
    }
    norn_status st = n == r->n_fields ? NORN_OK : fail_fields(r, n, &why);
    for (int c = 0; c < N_COLUMNS && st == NORN_OK; c++) {
        if (r->field[c] >= 0 && !read_cell(c, cell[c], &h, &why)) st = why.code;
    }
    if (st == NORN_OK) st = add_row(r, h, norni_chunk_line(f->chunk, f->record), &why);
    if (st == NORN_OK) return st;
    return st == NORN_E_MEM ? norn_fail(err, st, "%s", why.text) : norni_fields_raise(f, &why, err);
}

static norn_status read_rows(holiday_reader *r, norn_err *err) {
    norni_fields f;
    const char *at = NULL;
    bool end = false;
    NORN_TRY(find_columns(r, err));
    NORN_TRY(norni_cutter_begin(&r->table.cut, err));
    for (;;) {
        NORN_TRY(norni_cutter_next(&r->table.cut, &r->chunk, &end, err));
        if (end) break;
        NORN_TRY(norni_fields_init(&f, &r->table, &r->chunk, r->arena, err));
        while (norni_fields_record(&f, &at))
            NORN_TRY(read_record(r, &f, at, err));
    }
    return r->n > 0 ? NORN_OK : norn_fail(err, NORN_E_DATA, "no data rows behind the header");
}

static norn_status take_rows(holiday_reader *r, norni_holidays *out, norn_err *err) {
    norni_holiday *const row = norni_arena_get(r->arena, r->n, sizeof *row);
    if (row == NULL) return norni_alloc_fail(err, "holidays", r->n, sizeof *row);
    for (size_t i = 0; i < r->n; i++)
        row[i] = r->row[i].h;
    *out = (norni_holidays){r->n, row};
    return NORN_OK;
}

static norn_status read_input(norni_cutter cut, norni_arena *arena, norni_holidays *out,
                              norn_err *err) {
    const norn_alloc *const alloc = &cut.ctx->alloc;
    holiday_reader r = {.table = {.cut = cut}, .arena = arena};
    *out = (norni_holidays){0, NULL};
    NORN_TRY(norni_cutter_open(&r.table.cut, err));
    norni_map_init(&r.days, alloc);
    norni_map_init(&r.names, alloc);
    norn_status st = read_rows(&r, err);
    if (st == NORN_OK) st = take_rows(&r, out, err);
    norni_map_clear(&r.names);
    norni_map_clear(&r.days);
    norni_chunk_clear(alloc, &r.chunk);
    norni_cutter_close(&r.table.cut);
    return st;
}

norn_status norni_holidays_read(norn_ctx *ctx, const char *path, norni_arena *arena,
                                norni_holidays *out, norn_err *err) {
    return read_input((norni_cutter){.ctx = ctx, .path = &path, .n_inputs = 1}, arena, out, err);
}

norn_status norni_holidays_parse(norn_ctx *ctx, const void *bytes, size_t n, norni_arena *arena,
                                 norni_holidays *out, norn_err *err) {
    return read_input((norni_cutter){.ctx = ctx, .bytes = bytes, .n_bytes = n, .n_inputs = 1},
                      arena, out, err);
}
