/* A run from reader to files: batch by batch of whole series, in bounded memory, in input order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_STREAM_H
#define NORNI_PANEL_STREAM_H

#include <stdatomic.h>

#include "app/digest.h"
#include "app/out_files.h"
#include "base/seen.h"

/* What a run was, in numbers. */
typedef struct norni_stream_totals {
    size_t n_series, n_obs, n_items;
    norni_align_report report;
    norni_hash128 digest;
} norni_stream_totals;

/* What every operation's token begins with: one batch of whole series. */
typedef struct norni_stream_batch {
    norni_chunk chunk;
    norni_arena scratch, answer; /* empty when `work` is called */
    norni_panel panel;           /* never empty in a call */
    norni_align_report report;
    bool used; /* the buffers are initialised */
} norni_stream_batch;

/* What an operation does with a batch and around a run; `job` is its own. */
typedef struct norni_stream_calls {
    size_t token_size;
    void (*init)(norni_stream_batch *b, const norn_alloc *alloc); /* what it adds to a token */
    void (*clear)(norni_stream_batch *b);
    /* Several at once: the answer, and its part of the files. */
    norn_status (*work)(norni_worker *w, norni_stream_batch *b, void *job, norn_err *err);
    /* One by one in input order: adds n_obs and what the operation counts to the totals. */
    norn_status (*count)(norni_stream_batch *b, bool first, void *job, norn_err *err);
    const norni_hash128 *(*hashes)(const norni_stream_batch *b); /* (n_series, n_hashes) */
    norn_status (*write)(norni_stream_batch *b, void *job, norn_err *err);
    void (*drop)(norni_stream_batch *b); /* the answer; after a failure, too; or NULL */
    /* A run may begin again: fresh totals, fresh files. */
    norn_status (*open)(void *job, norn_err *err);
    norn_status (*commit)(void *job, bool partial, norn_err *err);
    void (*abort)(void *job); /* after everything, and after a failure to open */
} norni_stream_calls;

typedef struct norni_panel_stream {
    const norni_op_env *env;
    const norni_common_opt *common;
    norni_reader *reader; /* or NULL, when a panel in memory is run */
    const norni_stream_calls *calls;
    void *job;
    norni_stream_totals *t;
    const norni_out_files *files;
    norni_tally *tally; /* or NULL */
    size_t n_hashes;    /* items of each series */
    size_t n_batches;   /* alive at once; 1 afterwards where so many did not fit into memory */
    bool at_once;       /* all series must be one batch, so that all lie in memory */

    const char *why;          /* what a run in memory came of, or NULL: afterwards */
    bool gathered;            /* the whole input was brought into memory: afterwards */
    atomic_bool input_failed; /* the failure is about the input: afterwards */

    const norni_panel *whole; /* what follows is the run's own */
    size_t next_series;       /* of whole */
    norni_digest digest;
    norni_seen seen;
    bool remembers; /* the ids are in `seen`: they do not come in order */
    bool came_back; /* an id stands in two batches */
} norni_panel_stream;

/* Runs the reader's whole input. Rows of a series that do not stand together, a series too long for a
 * batch and the wide layout make it a run with everything in memory. After NORN_E_CANCEL what was done
 * is committed as partial. */
NORN_CHECKED norn_status norni_panel_stream_run(norni_panel_stream *s, norn_err *err);
/* Runs a panel in memory. */
NORN_CHECKED norn_status norni_panel_stream_whole(norni_panel_stream *s, const norni_panel *panel,
                                                  norn_err *err);
/* A failure that is about the input, wherever a worker met it. */
void norni_panel_stream_blame(norni_panel_stream *s, norn_status st);
/* NORN_E_MEM of a run that s->why brought into memory: says so around `text`. */
norn_status norni_panel_stream_short(const norni_panel_stream *s, const char *text, norn_err *err);

/* Bytes that a batch costs while it is alive, beside its text. */
typedef struct norni_stream_cost {
    double obs, series; /* each of them */
    double byte; /* each byte of text and all that comes of it, where the input is not known */
} norni_stream_cost;

/* The memory that all batches may take together: half of the memory limit. */
double norni_stream_room(const norni_op_env *env);
/* Sets how much text a batch has (reader NULL: none) and returns how many may be alive at once, so that
 * they fit into the room. Neither shows in a result. */
size_t norni_stream_admit(const norni_op_env *env, norni_reader *reader,
                          const norni_stream_cost *cost);

#endif
