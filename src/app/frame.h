/* Columns in memory in, columns out: the door of callers whose data are no files. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_H
#define NORNI_FRAME_H

#include "app/common.h"

typedef enum norni_frame_kind {
    NORNI_FRAME_NUMBER,  /* double, NaN = missing */
    NORNI_FRAME_INTEGER, /* int64_t, NORNI_TIME_NONE = missing */
    NORNI_FRAME_TIME,    /* int64_t microseconds, NORNI_TIME_NONE = missing */
    NORNI_FRAME_TEXT,    /* codes into texts, UINT32_MAX = missing */
} norni_frame_kind;

typedef struct norni_frame_column {
    norni_str name;
    norni_frame_kind kind;
    const double *number;   /* (n) */
    const int64_t *integer; /* (n) INTEGER and TIME */
    const uint32_t *code;   /* (n) TEXT */
    const norni_str *text;  /* (n_text); a text may stand there twice */
    size_t n_text;
    bool date; /* TIME: calendar days */
    bool zoned;
} norni_frame_column;

typedef struct norni_frame {
    size_t n, n_columns;
    norni_frame_column *column; /* (n_columns) */
} norni_frame;

/* An operation on frames: options as name and text, as on the command line and in its rows. */
typedef struct norni_frame_call {
    const norni_frame
        *data; /* id, time, target and exogenous columns; NULL where a call can do without */
    const norni_frame *future; /* exogenous values over the horizon, or NULL */
    const norni_frame *like;   /* without data: in what kind ids and times go out, or NULL */
    const char *const *option, *const *value; /* (n_options) */
    size_t n_options;
    size_t n_paths;            /* norni_frame_simulate: of each series and model */
    const norn_alloc *alloc;   /* of the answer, which outlives the context; NULL: the context's */
    norni_tally *tally;        /* or NULL */
    atomic_size_t *n_expected; /* items that the tally will reach, or NULL */
    const struct norni_learner_set *learners; /* norni_frame_multi; NULL: the registry's */
} norni_frame_call;

/* Everything lies in the arena. */
typedef struct norni_frame_result {
    norni_arena arena;
    norni_frame frame;   /* [id,] ds, [cutoff, y,] MODEL, MODEL-lo-80, MODEL-hi-80 … */
    norni_frame history; /* fitted: id, ds, y, MODEL …; n_columns 0: not asked for */
    norni_op_result counts;
    norni_buf said;            /* lines for people */
    norni_buf failed;          /* "id, model: message" lines */
    norn_status first_failure; /* the first line's; NORN_OK: there is none */
} norni_frame_result;

/* *out is the caller's (norni_frame_result_clear), whatever is returned. Errors as the operation's. */
NORN_CHECKED norn_status norni_frame_forecast(norn_ctx *ctx, const norni_frame_call *call,
                                              norni_frame_result *out, norn_err *err);
/* call->n_paths joint sample paths of each series and model: [id,] ds, sample_id (0, 1 …), MODEL …; path
 * k is the same however many there are. NORN_E_ARG: a model that has none. Options are forecast's,
 * without levels, fitted values and files to save. */
NORN_CHECKED norn_status norni_frame_simulate(norn_ctx *ctx, const norni_frame_call *call,
                                              norni_frame_result *out, norn_err *err);
/* Every forecast of a cross-validation, with its cut-off and what happened. */
NORN_CHECKED norn_status norni_frame_evaluate(norn_ctx *ctx, const norni_frame_call *call,
                                              norni_frame_result *out, norn_err *err);
void norni_frame_result_clear(norni_frame_result *r);

/* ---- frame_panel.c: a frame's rows as series ---- */

/* The panel of id, time and target columns (names as in opt; ids may be absent: one series; times
 * too: 1, 2, 3 …) and of opt->x_cols. *out is the caller's (norni_panel_clear), whatever is returned. */
NORN_CHECKED norn_status norni_frame_panel(norn_ctx *ctx, const norni_frame *frame,
                                           const norni_read_opt *opt, norni_panel *out,
                                           norni_align_report *report, norn_err *err);
/* Times of a column (NULL: 1, 2, 3 …) in microseconds or as an index, *time (n) and how they are
 * written; borrowed or in the arena. */
NORN_CHECKED norn_status norni_frame_times(const norni_frame *frame, const norni_frame_column *c,
                                           const norni_read_opt *opt, norni_arena *arena,
                                           norni_time_style *style, const int64_t **time,
                                           norn_err *err);
/* The column of that name, or NULL. */
const norni_frame_column *norni_frame_find(const norni_frame *frame, norni_str name);

/* ---- frame_out.c: an answer's rows as columns ---- */

/* A frame of `n` rows and room for columns, which are added one by one. */
NORN_CHECKED norn_status norni_frame_begin(norni_frame *frame, norni_arena *arena, size_t n,
                                           size_t room, norn_err *err);
/* A column of numbers, *out (n), to be filled in. */
NORN_CHECKED norn_status norni_frame_add_number(norni_frame *frame, norni_arena *arena,
                                                norni_str name, double **out, norn_err *err);
/* Ids: row r is of series of_row[r]. Integers where `like` is a column of integers. */
NORN_CHECKED norn_status norni_frame_add_ids(norni_frame *frame, norni_arena *arena,
                                             const norni_panel *p, const norni_frame_column *like,
                                             const size_t *of_row, norn_err *err);
/* Times in the kind of `like` (NULL: as the panel's style asks): texts as the panel's style writes
 * them. */
NORN_CHECKED norn_status norni_frame_add_times(norni_frame *frame, norni_arena *arena,
                                               norni_str name, const norni_panel *p,
                                               const norni_frame_column *like, const int64_t *time,
                                               norn_err *err);
/* A column of integers, *out (n), to be filled in. */
NORN_CHECKED norn_status norni_frame_add_integer(norni_frame *frame, norni_arena *arena,
                                                 norni_str name, int64_t **out, norn_err *err);
/* The names that a model's columns bear: COLUMN, COLUMN-lo-80, COLUMN-hi-80 …; `end` 0 is the
 * forecast, 2l+1 and 2l+2 the ends of level l. */
norni_str norni_frame_name(norni_arena *arena, norni_str column, const norni_doubles *levels,
                           size_t end);
/* Ids and times of rows: row r is of series of_row[r]. data: the columns that came in, or NULL. */
NORN_CHECKED norn_status norni_frame_add_keys(norni_frame *frame, norni_arena *arena,
                                              const norni_panel *p, const norni_frame *data,
                                              const size_t *of_row, const int64_t *time,
                                              norn_err *err);
/* Ids and times of the horizons of a panel's series, each `n_paths` times over. */
NORN_CHECKED norn_status norni_frame_add_horizon(norni_frame *frame, norni_arena *arena,
                                                 const norni_panel *p, const norni_frame *data,
                                                 size_t horizon, size_t n_paths, norn_err *err);
/* The options' struct by the operation's rows: defaults, then what the call says. */
NORN_CHECKED norn_status norni_frame_options(const char *op, const norni_frame_call *call,
                                             norni_arena *arena, void *opt, size_t size,
                                             norn_err *err);
/* A line for people: norni_op_env's `say`; `said` is a norni_buf. */
void norni_frame_say(void *said, const char *text);
void norni_frame_say_panel(norni_buf *said, const norni_panel *p, const norni_align_report *report,
                           const norni_ints *seasons);

#endif
