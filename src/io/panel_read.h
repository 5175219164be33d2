/* Reading a panel: as a stream of whole-series batches, or at once. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_READ_H
#define NORNI_PANEL_READ_H

#include "data/panel.h"
#include "io/csv_cut.h"
#include "par/pool.h"

typedef enum norni_layout { NORNI_LAYOUT_LONG, NORNI_LAYOUT_WIDE, NORNI_LAYOUT_ROWS } norni_layout;
typedef enum norni_epoch { NORNI_EPOCH_NONE, NORNI_EPOCH_S, NORNI_EPOCH_MS } norni_epoch;

typedef struct norni_read_opt {
    norni_layout layout;
    const char *id_col, *time_col,
        *target_col;   /* NULL: unique_id, ds, y (unique_id may be absent: one series) */
    char delimiter;    /* 0: ',' unless the header has none and one of ; tab | */
    norni_epoch epoch; /* integers in the time column are seconds or milliseconds */
    norni_align_opt align;
    bool no_exogenous;       /* skip further columns instead of parsing them as numbers */
    bool any_target;         /* the first column that is neither id nor time is the target */
    const norni_str *x_cols; /* (n_x_cols), borrowed: these columns alone are exogenous, in this */
    size_t n_x_cols;         /* order; 0: every further one. Long layout */
    size_t chunk_bytes;      /* 0 = 1 MiB; never changes a result */
    norni_source_opt source;
} norni_read_opt;

/* Files that are read one behind the other as one panel. */
typedef struct norni_inputs {
    const char *const *path; /* (n); "-" = standard input */
    size_t n;
} norni_inputs;

/* A panel's file, opened: header and first time are read. Its batches hold whole series, so that one
 * batch at a time is in memory; that works when a series' rows follow each other. */
typedef struct norni_table norni_reader;
NORN_CHECKED norn_status norni_reader_open(norn_ctx *ctx, const norni_inputs *in,
                                           const norni_read_opt *opt, norni_reader **out,
                                           norn_err *err);
void norni_reader_close(norni_reader *r); /* NULL is legal */
/* Whether batches can be cut: not for the wide layout, and not behind a series too long. */
bool norni_reader_streams(const norni_reader *r);
/* The next batch's text (one caller at a time); the chunk keeps its memory from call to call. */
NORN_CHECKED norn_status norni_reader_next(norni_reader *r, norni_chunk *chunk, bool *end,
                                           norn_err *err);
/* The batch's panel (several callers at once). out->arena must be initialised; names are borrowed
 * from the reader, ids are not. `scratch` is the caller's. */
NORN_CHECKED norn_status norni_reader_parse(const norni_reader *r, norni_worker *worker,
                                            const norni_chunk *chunk, norni_arena *scratch,
                                            norni_panel *out, norni_align_report *report,
                                            norn_err *err);
/* Everything from the beginning as one panel in memory; rows of one series may stand anywhere.
 * NORN_E_LIMIT when a pipe cannot be read twice. */
NORN_CHECKED norn_status norni_reader_gather(norni_reader *r, norni_panel *out,
                                             norni_align_report *report, norn_err *err);
/* What the first bytes held, to plan by: bytes, series and observations of a sample. */
typedef struct norni_reader_sample {
    size_t n_bytes, n_series, n_obs;
} norni_reader_sample;
norni_reader_sample norni_reader_look(const norni_reader *r);
/* Text of a batch in bytes; never changes a result. */
void norni_reader_set_batch(norni_reader *r, size_t bytes);
double norni_reader_share(const norni_reader *r); /* read so far, in [0,1], or -1 */
/* The named columns that are not read, as "promo, price"; their number. Long layout. */
size_t norni_reader_skipped(const norni_reader *r, char *out, size_t size);
bool norni_reader_can_gather(const norni_reader *r);
/* Back to the first row; what norni_reader_can_gather says is asked before. */
NORN_CHECKED norn_status norni_reader_again(norni_reader *r, norn_err *err);

/* Open, gather, close. Errors carry line and column, not the path of a single input: the face adds
 * it. NORN_E_IO: cannot be read; NORN_E_FORMAT: not such a file; NORN_E_DATA: values that cannot be
 * used. */
NORN_CHECKED norn_status norni_panel_read(norn_ctx *ctx, const char *path,
                                          const norni_read_opt *opt, norni_panel *out,
                                          norni_align_report *report, norn_err *err);
/* The same from memory; `bytes` are borrowed. */
NORN_CHECKED norn_status norni_panel_parse(norn_ctx *ctx, const char *bytes, size_t n,
                                           const norni_read_opt *opt, norni_panel *out,
                                           norni_align_report *report, norn_err *err);

#endif
