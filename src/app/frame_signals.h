/* Signals of callers in memory: tweets as columns, as lines of JSON or in files; records, columns, the report and the hours out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FRAME_SIGNALS_H
#define NORNI_FRAME_SIGNALS_H

#include "app/frame.h"
#include "app/signals_run.h"

enum { /* what is wanted */
       NORNI_SIGNALS_RECORDS = 1,
       NORNI_SIGNALS_COLUMNS = 2,
       NORNI_SIGNALS_REPORT = 4,
       NORNI_SIGNALS_HOURS = 8
};

typedef struct norni_frame_signals_call {
    norni_frame_call
        frame; /* options of `norn signals`; data: columns of one value a tweet, or NULL */
    const norni_frame *lists; /* columns of texts that are JSON (lists, objects), or NULL */
    norni_str lines; /* without both: a tweet's object of JSON on each line; p NULL: files */
    norni_inputs files;
    int64_t unix_seconds; /* of the report's time; 0: now */
    uint32_t want;
    const norni_str *have; /* (n_have) COLUMNS: fields that the caller has and does not want */
    size_t n_have;
} norni_frame_signals_call;

/* A column of lists: tweet i has the items start[i] … start[i + 1] of the one column of `items`. */
typedef struct norni_frame_list {
    norni_frame items;
    int64_t *start; /* (n + 1) */
} norni_frame_list;

enum { NORNI_FRAME_LISTS = 8 };

/* Everything lies in the run or in the arena. */
typedef struct norni_frame_signals_result {
    norni_arena arena;
    norni_signals_opt opt;
    norni_signals_run run;
    int64_t *row; /* (n) from 0: where tweet i stands in data or lines, where those were given */
    size_t n;
    norni_frame frame; /* COLUMNS: the fields of one value */
    norni_frame_list list[NORNI_FRAME_LISTS];
    size_t n_lists;
    norni_buf records; /* one array of objects */
    norni_buf report, hours, said;
    norni_op_result counts;
} norni_frame_signals_result;

/* *out is the caller's (norni_frame_signals_clear), before the context ends, whatever is returned. Errors as the operation's; options that
 * name files to write, but output and store, are refused. */
NORN_CHECKED norn_status norni_frame_signals(norn_ctx *ctx, const norni_frame_signals_call *call,
                                             norni_frame_signals_result *out, norn_err *err);
void norni_frame_signals_clear(norni_frame_signals_result *r);
/* Which of the names (n) mean something of a tweet, by the options text-col, id-col …; NORN_E_ARG for an option that is none. */
NORN_CHECKED norn_status norni_frame_signals_names(norn_ctx *ctx, const norni_frame_call *call,
                                                   const norni_str *name, size_t n, bool *means,
                                                   norn_err *err);

/* ---- several analysed tweets as one number ---- */

typedef struct norni_frame_flat {
    norni_signal_group all;
    double std; /* of the scores that weigh */
    double level;
} norni_frame_flat;
/* call->data: signal_score and confidence, and where they are known tweet_id and username, by which the interval draws. Options
 * min-confidence, interval-level, bootstrap, author-cap, seed. The numbers of the report's tweet_level. */
NORN_CHECKED norn_status norni_frame_signals_flat(norn_ctx *ctx, const norni_frame_call *call,
                                                  norni_frame_flat *out, norn_err *err);

/* ---- what the files share ---- */

/* frame_signals_lines.c: rows as lines of JSON, appended; missing values are null. */
NORN_CHECKED norn_status norni_frame_signals_lines(norn_ctx *ctx, const norni_frame *data,
                                                   const norni_frame *lists, norni_buf *out,
                                                   norn_err *err);
/* frame_signals_columns.c: the run's fields but `have` into frame and list. */
NORN_CHECKED norn_status norni_frame_signals_columns(const norni_frame_signals_call *call,
                                                     norni_frame_signals_result *out,
                                                     norn_err *err);

#endif
