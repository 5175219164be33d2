/* Rows of price files: the layout told by the header, chunks parsed in parallel, quotes gathered in order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_rows.h"

#include <math.h>

#include "io/panel_chunk.h"
#include "par/pipe.h"

enum { FIRST_CAP = 64 };

void norni_port_book_init(norni_port_book *b, norn_ctx *ctx, const norni_port_read_opt *opt) {
    *b = (norni_port_book){.ctx = ctx, .opt = opt};
    norni_arena_init(&b->arena, &ctx->alloc);
    norni_map_init(&b->map, &ctx->alloc);
    norni_map_init(&b->wanted, &ctx->alloc);
    norni_buf_init(&b->notes, &ctx->alloc);
}

void norni_port_book_clear(norni_port_book *b) {
    const norn_alloc *a = &b->ctx->alloc;
    for (size_t k = 0; k < b->n; k++) {
        norni_alloc_drop(a, b->column[k].time, b->column[k].cap_time, sizeof(int64_t));
        norni_alloc_drop(a, b->column[k].close, b->column[k].cap, sizeof(double));
    }
    norni_alloc_drop(a, b->column, b->cap, sizeof *b->column);
    norni_map_clear(&b->map);
    norni_map_clear(&b->wanted);
    norni_buf_clear(&b->notes);
    norni_arena_clear(&b->arena);
}

/* A file being read. */
typedef struct rows_job {
    norni_port_book *book;
    const norni_port_file *file;
    norni_table *table;
    bool any_nameless;
    int64_t *column; /* (n_header - 1) WIDE: the book's, or SKIP, NAMELESS */
    int64_t unit;    /* of integer times: microseconds; 0: not known yet; NANO, INDEX */
    norni_time_kind kind;
    /* What is wrong with rows that could be parsed: raised when all are, so that it does not matter how the text was cut. */
    norn_err late;
} rows_job;
enum { SKIP = -1, NAMELESS = -2 };
enum { UNIT_INDEX = -1, UNIT_NANO = -2 };

typedef struct rows_token {
    norni_chunk chunk;
    norni_arena arena;
    norni_chunk_rows rows;
} rows_token;

/* Whether the name is among those asked for. */
static norn_status is_wanted(norni_port_book *b, norni_str name, bool *out, norn_err *err) {
    norni_arena scratch;
    norni_str symbol;
    *out = true;
    if (b->wanted.n == 0) return NORN_OK;
    norni_arena_init(&scratch, &b->ctx->alloc);
    const norn_status st = norni_port_symbol(&scratch, name, &symbol, err);
    *out = st == NORN_OK && norni_map_find(&b->wanted, symbol) >= 0;
    norni_arena_clear(&scratch);
    return st;
}

/* The book's column of a name; SKIP: it is not wanted. */
static norn_status find_book(norni_port_book *b, norni_str name, int64_t *out, norn_err *err) {
    bool wanted;
    name = norni_str_trim(name);
    *out = norni_map_find(&b->map, name);
    if (*out >= 0) return NORN_OK;
    NORN_TRY(is_wanted(b, name, &wanted, err));
    *out = SKIP;
    if (!wanted) return NORN_OK;
    if (b->n >= NORNI_PORT_MOST_SYMBOLS)
        return norn_fail(err, NORN_E_LIMIT, "more than %d symbols; take some of them (--symbols)",
                         (int)NORNI_PORT_MOST_SYMBOLS);
    if (b->n == b->cap) {
        const size_t cap = b->cap ? 2 * b->cap : FIRST_CAP;
        norni_port_column *grown =
            norni_alloc_resize(&b->ctx->alloc, b->column, b->cap, cap, sizeof *grown);
        if (grown == NULL) return norni_alloc_fail(err, "prices", cap, sizeof *grown);
        b->column = grown;
        b->cap = cap;
    }
    const norni_str kept = {norni_arena_text(&b->arena, name.p, name.n), name.n};
    *out = kept.p ? norni_map_add(&b->map, kept, NULL) : -1;
    if (*out < 0) return norni_alloc_fail(err, "prices", b->n, 32);
    b->column[b->n++] = (norni_port_column){.name = kept};
    return NORN_OK;
}

static norn_status reserve(norni_port_book *b, norni_port_column *c, size_t more, norn_err *err) {
    if (c->n + more <= c->cap) return NORN_OK;
    size_t cap = c->cap ? c->cap : FIRST_CAP;
    while (cap < c->n + more)
        cap *= 2;
    if (c->cap_time < cap) { /* it may have grown where the other could not */
        int64_t *time = norni_alloc_resize(&b->ctx->alloc, c->time, c->cap_time, cap, sizeof *time);
        if (time == NULL) return norni_alloc_fail(err, "prices", cap, sizeof *time);
        c->time = time;
        c->cap_time = cap;
    }
    double *close = norni_alloc_resize(&b->ctx->alloc, c->close, c->cap, cap, sizeof *close);
    if (close == NULL) return norni_alloc_fail(err, "prices", cap, sizeof *close);
    c->close = close;
    c->cap = cap;
    return NORN_OK;
}

/* Integers by their size: 1e8 to 1e11 are seconds since 1970 (1973 to 5138), then milli-, micro-, nanoseconds; smaller
 * ones an index. */
static void find_unit(rows_job *job, int64_t t) {
    const int64_t most = INT64_C(100000000000);
    job->kind = NORNI_TIME_EPOCH_S;
    if (t < most / 1000) {
        job->unit = UNIT_INDEX;
        job->kind = NORNI_TIME_INDEX;
    } else if (t < most) {
        job->unit = NORNI_US_SECOND;
    } else {
        job->kind = NORNI_TIME_EPOCH_MS;
        job->unit = t < most * 1000 ? 1000 : t < most * 1000000 ? 1 : UNIT_NANO;
    }
}

static bool to_time(const rows_job *job, int64_t *t) {
    if (job->unit == UNIT_INDEX) return true;
    if (job->unit == UNIT_NANO) {
        *t /= 1000;
    } else if (__builtin_mul_overflow(*t, job->unit, t)) {
        return false;
    }
    return *t >= NORNI_TIME_MIN && *t <= NORNI_TIME_MAX;
}

/* Integer times of a chunk become what they mean; *n: how many rows do. */
static norn_status mean_times(rows_job *job, norni_chunk_rows *c, size_t *n, norn_err *err) {
    *n = c->n;
    if (job->table->style.kind != NORNI_TIME_INDEX || c->n == 0) return NORN_OK;
    if (job->unit == 0) find_unit(job, c->time[0]);
    for (size_t i = 0; i < c->n; i++) {
        const int64_t was = c->time[i];
        if (to_time(job, &c->time[i])) continue;
        *n = i;
        return norn_fail(
            err, NORN_E_DATA,
            "line %llu: the time %lld lies outside the years 1 to 9999, counted as the "
            "first one is",
            (unsigned long long)norni_row_line(c, i), (long long)was);
    }
    return NORN_OK;
}

/* `n` prices, `stride` apart; missing ones are left out. */
static norn_status append(norni_port_book *b, int64_t column, const int64_t *time,
                          const double *close, size_t n, size_t stride, norn_err *err) {
    norni_port_column *c = &b->column[column];
    NORN_TRY(reserve(b, c, n, err));
    size_t to = c->n;
    for (size_t i = 0; i < n; i++) {
        const double v = close[i * stride];
        c->time[to] = time[i];
        c->close[to] = v;
        if (!isnan(v)) to++;
    }
    c->n = to;
    return NORN_OK;
}

static norn_status add_long(rows_job *job, const norni_chunk_rows *c, size_t n, norn_err *err) {
    for (size_t k = 0; k < c->runs.n && c->runs.run[k].first < n; k++) {
        const norni_run *run = &c->runs.run[k];
        const size_t rest = n - run->first;
        int64_t column;
        NORN_TRY(find_book(job->book, job->table->has_id ? c->runs.id[k] : job->file->symbol,
                           &column, err));
        if (column == SKIP) continue;
        NORN_TRY(append(job->book, column, c->time + run->first, c->y + run->first,
                        run->n < rest ? run->n : rest, 1, err));
    }
    return NORN_OK;
}

/* The first price, line by line, that stands under no name. */
static norn_status check_nameless(const rows_job *job, const norni_chunk_rows *c, size_t n,
                                  norn_err *err) {
    const size_t w = job->table->cut.n_header - 1;
    for (size_t i = 0; i < n && job->any_nameless; i++) {
        for (size_t k = 0; k < w; k++) {
            if (job->column[k] != NAMELESS || isnan(c->y[i * w + k])) continue;
            return norn_fail(
                err, NORN_E_DATA,
                "line %llu: column %zu holds a price, but the header has no symbol for it",
                (unsigned long long)norni_row_line(c, i), k + 2);
        }
    }
    return NORN_OK;
}

static norn_status add_wide(rows_job *job, const norni_chunk_rows *c, size_t n, norn_err *err) {
    const size_t w = job->table->cut.n_header - 1;
    NORN_TRY(check_nameless(job, c, n, err));
    for (size_t k = 0; k < w; k++) {
        if (job->column[k] >= 0)
            NORN_TRY(append(job->book, job->column[k], c->time, c->y + k, n, w, err));
    }
    return NORN_OK;
}

static norn_status rows_source(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    (void)k;
    return norni_cutter_next(&((rows_job *)arg)->table->cut, &((rows_token *)token)->chunk, end,
                             err);
}

static norn_status rows_work(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)w, (void)k;
    const rows_job *job = arg;
    rows_token *r = token;
    norni_arena_init(&r->arena, &job->book->ctx->alloc);
    return norni_parse_chunk(job->table, &r->chunk, &r->arena, &r->rows, err);
}

static norn_status add_rows(rows_job *job, norni_chunk_rows *c, norn_err *err) {
    norn_err time = {NORN_OK, ""};
    size_t n;
    const norn_status st = mean_times(job, c, &n, &time);
    /* What is wrong in a line before is told instead. */
    if (job->table->opt.layout == NORNI_LAYOUT_WIDE)
        NORN_TRY(add_wide(job, c, n, err));
    else
        NORN_TRY(add_long(job, c, n, err));
    return st == NORN_OK ? st : norn_fail(err, st, "%s", time.text);
}

static norn_status rows_sink(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)k;
    rows_job *job = arg;
    rows_token *r = token;
    norn_status st = NORN_OK;
    if (!failed && job->late.code == NORN_OK) {
        norn_err why = {NORN_OK, ""};
        st = add_rows(job, &r->rows, &why);
        if (st == NORN_E_MEM) {
            st = norn_fail(err, st, "%s", why.text);
        } else if (st != NORN_OK) {
            job->late = why;
            st = NORN_OK;
        }
    }
    if (!failed) job->book->report.n_rows += r->rows.n;
    if (r->arena.alloc != NULL) norni_arena_clear(&r->arena);
    return st;
}

static void rows_forget(void *token, void *arg) {
    norni_chunk_clear(&((rows_job *)arg)->book->ctx->alloc, &((rows_token *)token)->chunk);
}

/* Whether the column is left out as a part of a bar; asked for by name it never is. */
static bool is_of_bar(rows_job *job, norni_str name) {
    const norni_port_bar_word word = job->book->wanted.n > 0 || job->book->opt->wide
                                         ? NORNI_PORT_NO_BAR
                                         : norni_port_layout_bar(job->table, name);
    if (word == NORNI_PORT_NO_BAR) return false;
    norni_buf_format(&job->book->notes,
                     word == NORNI_PORT_A_BAR
                         ? "%s: column '%.*s' is left out: it names a part of a bar, no symbol "
                           "(--symbols takes it)\n"
                         : "%s: column '%.*s' is taken for a symbol; if it is a part of a bar, say "
                           "which columns are symbols (--symbols)\n",
                     job->file->name, (int)(name.n > 40 ? 40 : name.n), name.p);
    return word == NORNI_PORT_A_BAR;
}

/* Which of the book's columns the wide ones are. */
static norn_status name_columns(rows_job *job, norn_err *err) {
    const norni_cutter *cut = &job->table->cut;
    if (job->table->opt.layout != NORNI_LAYOUT_WIDE) return NORN_OK;
    job->column = norni_arena_get(&job->table->arena, cut->n_header, sizeof *job->column);
    if (job->column == NULL) return norni_alloc_fail(err, "prices", cut->n_header, 8);
    for (size_t k = 1; k < cut->n_header; k++) {
        job->column[k - 1] = NAMELESS;
        if (is_of_bar(job, cut->header[k])) {
            job->column[k - 1] = SKIP;
        } else if (norni_str_trim(cut->header[k]).n > 0)
            NORN_TRY(find_book(job->book, cut->header[k], &job->column[k - 1], err));
        else
            job->any_nameless = true;
        for (size_t i = 1; i < k && job->column[k - 1] >= 0; i++) {
            if (job->column[i - 1] != job->column[k - 1]) continue;
            return norn_fail(
                err, NORN_E_DATA, "line %llu: symbol '%.*s' stands twice in the header",
                (unsigned long long)cut->header_line,
                (int)(cut->header[k].n > 40 ? 40 : cut->header[k].n), cut->header[k].p);
        }
    }
    return NORN_OK;
}

/* The file's times must be of the kind of the first file's. */
static norn_status join_style(rows_job *job, norn_err *err) {
    norni_port_book *b = job->book;
    norni_time_style style = job->table->style;
    if (style.kind == NORNI_TIME_INDEX && job->unit != 0)
        style = (norni_time_style){.kind = job->kind};
    if (b->first == NULL) {
        b->first = job->file->name;
        b->style = style;
        return NORN_OK;
    }
    const bool index = style.kind == NORNI_TIME_INDEX, was = b->style.kind == NORNI_TIME_INDEX;
    if (index != was)
        return norn_fail(err, NORN_E_DATA, "its times are %s, those of %.80s %s",
                         index ? "integers" : "dates", b->first, was ? "integers" : "dates");
    if (style.kind != NORNI_TIME_DATETIME) return NORN_OK;
    if (b->style.kind == NORNI_TIME_DATETIME && b->style.zone != style.zone)
        return norn_fail(
            err, NORN_E_DATA,
            "its times %s a time zone, those of %.80s %s; write one in all files or in "
            "none",
            style.zone ? "name" : "lack", b->first, b->style.zone ? "do" : "do not");
    if (b->style.kind == NORNI_TIME_DATE) b->style = style;
    return NORN_OK;
}

/* Nothing but a header. */
static bool is_empty(const norni_table *t) {
    if (t->cut.source == NULL || !t->cut.source_over || t->cut.rest.p == NULL) return false;
    return norni_str_trim(
               (norni_str){t->cut.rest.p + t->cut.rest_at, t->cut.rest.n - t->cut.rest_at})
               .n == 0;
}

static norn_status read_rows(rows_job *job, norn_err *err) {
    const norni_pipe pipe = {.source = rows_source,
                             .work = rows_work,
                             .sink = rows_sink,
                             .clear = rows_forget,
                             .arg = job,
                             .token_size = sizeof(rows_token),
                             .n_tokens = 2 * (size_t)norni_pool_threads(job->book->ctx) + 2};
    NORN_TRY(name_columns(job, err));
    NORN_TRY(norni_pipe_run(job->book->ctx, &pipe, err));
    if (job->late.code != NORN_OK) return norn_fail(err, job->late.code, "%s", job->late.text);
    return join_style(job, err);
}

norn_status norni_port_book_read(norni_port_book *b, const norni_port_file *file, norn_err *err) {
    norni_table *t = norni_alloc_zero(&b->ctx->alloc, 1, sizeof *t);
    norn_err why = {NORN_OK, ""};
    if (t == NULL) return norni_alloc_fail(err, "prices", 1, sizeof *t);
    rows_job job = {.book = b, .file = file, .table = t};
    t->cut.ctx = b->ctx;
    t->cut.delimiter = b->opt->delimiter;
    t->cut.source_opt.sheet = b->opt->sheet;
    t->cut.target = b->opt->chunk_bytes;
    t->cut.n_inputs = 1;
    if (file->bytes != NULL) {
        t->cut.bytes = file->bytes->p;
        t->cut.n_bytes = file->bytes->n;
    } else {
        t->cut.path = &file->path;
    }
    norni_arena_init(&t->arena, &b->ctx->alloc);
    norn_status st = norni_port_layout_open(b, file, t, &why);
    const bool empty = st == NORN_E_DATA && b->many && is_empty(t);
    if (st == NORN_OK) st = read_rows(&job, &why);
    if (t->cut.source != NULL) b->report.n_bytes += norni_source_size(t->cut.source);
    b->report.n_files++;
    norni_cutter_close(&t->cut);
    norni_arena_clear(&t->arena);
    norni_alloc_drop(&b->ctx->alloc, t, 1, sizeof *t);
    if (empty) {
        norni_buf_format(&b->notes, "%s: it holds no rows and is left out\n", file->name);
        return NORN_OK;
    }
    if (st == NORN_OK) return st;
    return b->many ? norn_fail(err, st, "%.100s: %s", file->name, why.text)
                   : norn_fail(err, st, "%s", why.text);
}
