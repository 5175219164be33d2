/* A frame's rows as a panel: ids, times and values out of columns in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The same alignment as a file's: a frame and a CSV of the same rows give the same panel, bit by bit. */
#include <math.h>

#include "app/frame.h"
#include "base/fp.h"
#include "base/grow.h"
#include "base/map.h"
#include "base/numtext.h"
#include "io/panel_cells.h"

typedef struct frame_job {
    const norni_frame *frame;
    const norni_read_opt *opt;
    norni_arena *scratch, *keep; /* keep: the panel's */
    norni_map ids;
    norni_run *run;
    size_t n_runs, cap_runs;
    norni_rows rows;
    norni_time_style style;
} frame_job;

const norni_frame_column *norni_frame_find(const norni_frame *frame, norni_str name) {
    for (size_t k = 0; k < frame->n_columns; k++) {
        if (norni_str_cmp(frame->column[k].name, name) == 0) return &frame->column[k];
    }
    return NULL;
}

static int shown(norni_str s) {
    return (int)(s.n > 60 ? 60 : s.n);
}

/* The named column, or the default's; NULL: there is none. NORN_E_ARG when it was named. */
static norn_status find_column(const frame_job *job, const char *name, const char *usual,
                               const norni_frame_column **out, norn_err *err) {
    *out = norni_frame_find(job->frame, norni_str_of(name ? name : usual));
    if (*out != NULL || name == NULL) return NORN_OK;
    return norn_fail(err, NORN_E_ARG, "the data have no column '%s'", name);
}

static norn_status add_run(frame_job *job, int64_t id, size_t first, size_t n, norn_err *err) {
    norni_run *run =
        norni_list_grow(job->scratch, job->run, job->n_runs, &job->cap_runs, 256, sizeof *run);
    if (run == NULL) return norni_alloc_fail(err, "data", job->cap_runs, sizeof *run);
    job->run = run;
    run[job->n_runs++] = (norni_run){(uint32_t)id, first, n};
    return NORN_OK;
}

static norn_status fail_missing(const norni_frame_column *c, size_t row, norn_err *err) {
    return norn_fail(err, NORN_E_DATA, "column %.*s: row %zu is missing", shown(c->name), c->name.p,
                     row + 1);
}

/* The id of a row as text, in the arena where it is made here. */
static norn_status id_text(frame_job *job, const norni_frame_column *c, size_t row, norni_str *out,
                           norn_err *err) {
    char text[NORNI_NUM_MAX];
    size_t n = 0;
    if (c->kind == NORNI_FRAME_TEXT) {
        if (c->code[row] == UINT32_MAX) return fail_missing(c, row, err);
        *out = c->text[c->code[row]];
        return NORN_OK;
    }
    if (c->kind == NORNI_FRAME_NUMBER) {
        if (isnan(c->number[row])) return fail_missing(c, row, err);
        n = norni_num_print(text, c->number[row]);
    } else {
        if (c->integer[row] == NORNI_TIME_NONE) return fail_missing(c, row, err);
        n = norni_int_print(text, c->integer[row]);
    }
    const char *p = norni_arena_text(job->scratch, text, n);
    *out = (norni_str){p, n};
    return p ? NORN_OK : norni_alloc_fail(err, "data", n, 1);
}

static bool same_id(const norni_frame_column *c, size_t a, size_t b) {
    if (c->kind == NORNI_FRAME_TEXT) return c->code[a] == c->code[b];
    if (c->kind == NORNI_FRAME_NUMBER) return c->number[a] == c->number[b];
    return c->integer[a] == c->integer[b];
}

/* Rows of one id that follow each other are a run. */
static norn_status find_runs(frame_job *job, const norni_frame_column *c, norn_err *err) {
    const size_t n = job->frame->n;
    if (c == NULL) {
        if (norni_map_add(&job->ids, norni_str_of(""), NULL) == NORNI_MAP_NONE)
            return norni_alloc_fail(err, "data", 1, 1);
        return add_run(job, 0, 0, n, err);
    }
    if (c->kind == NORNI_FRAME_TIME)
        return norn_fail(err, NORN_E_ARG, "column %.*s: ids are texts or integers, not times",
                         shown(c->name), c->name.p);
    for (size_t first = 0; first < n;) {
        norni_str id;
        size_t end = first + 1;
        NORN_TRY(id_text(job, c, first, &id, err));
        while (end < n && same_id(c, first, end))
            end++;
        const int64_t at = norni_map_add(&job->ids, id, NULL);
        if (at == NORNI_MAP_NONE) return norni_alloc_fail(err, "data", n, sizeof id);
        NORN_TRY(add_run(job, at, first, end - first, err));
        first = end;
    }
    return NORN_OK;
}

static norn_status check_range(const norni_frame_column *c, const int64_t *time, size_t n,
                               int64_t least, int64_t most, norn_err *err) {
    for (size_t i = 0; i < n; i++) {
        if (time[i] == NORNI_TIME_NONE) return fail_missing(c, i, err);
        if (time[i] < least || time[i] > most)
            return norn_fail(err, NORN_E_DATA,
                             "column %.*s: row %zu lies outside the times that are "
                             "served (the years 1 to 9999)",
                             shown(c->name), c->name.p, i + 1);
    }
    return NORN_OK;
}

/* Integers are an index, or seconds or milliseconds when the call says so. */
static norn_status integer_times(frame_job *job, const norni_frame_column *c, norn_err *err) {
    const norni_epoch epoch = job->opt->epoch;
    const size_t n = job->frame->n;
    job->style = (norni_time_style){.kind = NORNI_TIME_INDEX};
    if (epoch == NORNI_EPOCH_NONE) {
        NORN_TRY(check_range(c, c->integer, n, -NORNI_INDEX_MAX, NORNI_INDEX_MAX, err));
        job->rows.time = c->integer;
        return NORN_OK;
    }
    const int64_t unit = epoch == NORNI_EPOCH_S ? NORNI_US_SECOND : 1000;
    job->style.kind = epoch == NORNI_EPOCH_S ? NORNI_TIME_EPOCH_S : NORNI_TIME_EPOCH_MS;
    NORN_TRY(check_range(c, c->integer, n, NORNI_TIME_MIN / unit, NORNI_TIME_MAX / unit, err));
    int64_t *time = norni_arena_get(job->scratch, n, sizeof *time);
    if (time == NULL) return norni_alloc_fail(err, "data", n, sizeof *time);
    for (size_t i = 0; i < n; i++)
        time[i] = c->integer[i] * unit;
    job->rows.time = time;
    return NORN_OK;
}

/* Each distinct text is read once. */
static norn_status text_times(frame_job *job, const norni_frame_column *c, norn_err *err) {
    const size_t n = job->frame->n;
    int64_t *of = norni_arena_get(job->scratch, c->n_text, sizeof *of),
            *time = norni_arena_get(job->scratch, n, sizeof *time);
    norni_cell_clock clock = {.epoch = NORNI_EPOCH_NONE};
    norn_err cell = {NORN_OK, ""};
    if (!of || !time) return norni_alloc_fail(err, "data", n, sizeof *time);
    for (size_t k = 0; k < c->n_text; k++)
        of[k] = NORNI_TIME_NONE;
    for (size_t i = 0; i < n; i++) {
        const uint32_t code = c->code[i];
        if (code == UINT32_MAX) return fail_missing(c, i, err);
        if (i == 0) NORN_TRY(norni_cell_style(c->text[code], c->name, job->opt, &clock.style, err));
        if (of[code] == NORNI_TIME_NONE &&
            !norni_cell_time(&clock, c->text[code], c->name, &of[code], &cell))
            return norn_fail(err, NORN_E_DATA, "row %zu, %s", i + 1, cell.text);
        time[i] = of[code];
    }
    job->style = clock.style;
    job->rows.time = time;
    return NORN_OK;
}

static norn_status find_times(frame_job *job, const norni_frame_column *c, norn_err *err) {
    if (c == NULL) {
        job->style = (norni_time_style){.kind = NORNI_TIME_INDEX};
        return NORN_OK;
    }
    switch (c->kind) {
        case NORNI_FRAME_INTEGER: return integer_times(job, c, err);
        case NORNI_FRAME_TEXT: return text_times(job, c, err);
        case NORNI_FRAME_TIME:
            NORN_TRY(
                check_range(c, c->integer, job->frame->n, NORNI_TIME_MIN, NORNI_TIME_MAX, err));
            job->style = (norni_time_style){.kind = c->date ? NORNI_TIME_DATE : NORNI_TIME_DATETIME,
                                            .sep = c->date ? '-' : ' ',
                                            .seconds = true,
                                            .zone = c->zoned};
            job->rows.time = c->integer;
            return NORN_OK;
        case NORNI_FRAME_NUMBER: break;
    }
    return norn_fail(err, NORN_E_ARG,
                     "column %.*s: times are dates, time stamps, integers or texts, not floats",
                     shown(c->name), c->name.p);
}

norn_status norni_frame_times(const norni_frame *frame, const norni_frame_column *c,
                              const norni_read_opt *opt, norni_arena *arena,
                              norni_time_style *style, const int64_t **time, norn_err *err) {
    frame_job job = {.frame = frame, .opt = opt, .scratch = arena};
    NORN_TRY(find_times(&job, c, err));
    *style = job.style;
    *time = job.rows.time;
    if (c != NULL) return NORN_OK;
    int64_t *index = norni_arena_get(arena, frame->n, sizeof *index);
    if (index == NULL) return norni_alloc_fail(err, "data", frame->n, sizeof *index);
    for (size_t i = 0; i < frame->n; i++)
        index[i] = (int64_t)i + 1;
    *time = index;
    return NORN_OK;
}

/* The column's values as doubles, copied. */
static norn_status take_numbers(norni_arena *arena, const norni_frame_column *c, size_t n,
                                double **out, norn_err *err) {
    double *y = norni_arena_get(arena, n, sizeof *y);
    if (y == NULL) return norni_alloc_fail(err, "data", n, sizeof *y);
    if (c->kind != NORNI_FRAME_NUMBER && c->kind != NORNI_FRAME_INTEGER)
        return norn_fail(err, NORN_E_ARG, "column %.*s: these are not numbers", shown(c->name),
                         c->name.p);
    for (size_t i = 0; i < n; i++) {
        y[i] = c->kind == NORNI_FRAME_NUMBER      ? c->number[i]
               : c->integer[i] == NORNI_TIME_NONE ? NORNI_NAN
                                                  : (double)c->integer[i];
        if (isinf(y[i]))
            return norn_fail(err, NORN_E_DATA,
                             "column %.*s: row %zu is infinite; use NaN or null for missing",
                             shown(c->name), c->name.p, i + 1);
        if (y[i] == 0) y[i] = 0; /* no negative zero, as files are read */
    }
    *out = y;
    return NORN_OK;
}

static norn_status find_values(frame_job *job, norn_err *err) {
    const norni_read_opt *opt = job->opt;
    const norni_frame_column *c;
    const double **x = norni_arena_get(job->scratch, opt->n_x_cols, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "data", opt->n_x_cols, sizeof *x);
    NORN_TRY(find_column(job, opt->target_col, "y", &c, err));
    if (c == NULL) return norn_fail(err, NORN_E_ARG, "the data have no column 'y' (target_col)");
    NORN_TRY(take_numbers(job->keep, c, job->frame->n, &job->rows.y, err));
    for (size_t k = 0; k < opt->n_x_cols; k++) {
        double *values = NULL;
        const norni_str name = opt->x_cols[k];
        c = norni_frame_find(job->frame, name);
        if (c == NULL)
            return norn_fail(err, NORN_E_ARG, "the data have no exogenous column '%.*s'",
                             shown(name), name.p);
        NORN_TRY(take_numbers(job->scratch, c, job->frame->n, &values, err));
        x[k] = values;
    }
    job->rows.n_x = opt->n_x_cols;
    job->rows.x_names = opt->x_cols;
    job->rows.x = x;
    return NORN_OK;
}

/* A name that outlives the frame. */
static bool keep_name(norni_arena *arena, const norni_frame_column *c, norni_str *out) {
    if (c == NULL) return true;
    *out = (norni_str){norni_arena_text(arena, c->name.p, c->name.n), c->name.n};
    return out->p != NULL;
}

static norn_status make(norn_ctx *ctx, frame_job *job, norni_panel *out, norni_align_report *report,
                        norn_err *err) {
    const norni_frame_column *id, *time, *y;
    const norni_read_opt *opt = job->opt;
    NORN_TRY(find_column(job, opt->id_col, "unique_id", &id, err));
    NORN_TRY(find_column(job, opt->time_col, "ds", &time, err));
    NORN_TRY(find_column(job, opt->target_col, "y", &y, err));
    if (job->frame->n == 0) return norn_fail(err, NORN_E_DATA, "the data have no rows");
    NORN_TRY(find_runs(job, id, err));
    NORN_TRY(find_times(job, time, err));
    NORN_TRY(find_values(job, err));
    job->rows.n = job->frame->n;
    job->rows.n_runs = job->n_runs;
    job->rows.runs = job->run;
    job->rows.n_ids = job->ids.n;
    job->rows.ids = job->ids.keys;
    NORN_TRY(norni_panel_align(ctx, NULL, &job->rows, &job->style, &opt->align, out, report, err));
    out->has_id = id != NULL;
    if (!keep_name(&out->arena, id, &out->id_name) ||
        !keep_name(&out->arena, time, &out->time_name) ||
        !keep_name(&out->arena, y, &out->target_name))
        return norni_alloc_fail(err, "data", 3, sizeof(norni_str));
    out->x_names = norni_arena_get(&out->arena, out->n_x, sizeof *out->x_names);
    if (out->x_names == NULL) return norni_alloc_fail(err, "data", out->n_x, sizeof(norni_str));
    for (size_t c = 0; c < out->n_x; c++) {
        const norni_str name = opt->x_cols[c];
        out->x_names[c] = (norni_str){norni_arena_text(&out->arena, name.p, name.n), name.n};
        if (out->x_names[c].p == NULL) return norni_alloc_fail(err, "data", name.n, 1);
    }
    return NORN_OK;
}

norn_status norni_frame_panel(norn_ctx *ctx, const norni_frame *frame, const norni_read_opt *opt,
                              norni_panel *out, norni_align_report *report, norn_err *err) {
    norni_arena scratch;
    memset(out, 0, sizeof *out);
    memset(report, 0, sizeof *report);
    norni_arena_init(&scratch, &ctx->alloc);
    norni_arena_init(&out->arena, &ctx->alloc);
    frame_job job = {.frame = frame, .opt = opt, .scratch = &scratch, .keep = &out->arena};
    norni_map_init(&job.ids, &ctx->alloc);
    const norn_status st = make(ctx, &job, out, report, err);
    norni_map_clear(&job.ids);
    norni_arena_clear(&scratch);
    return st;
}
