/* Reading a panel from a file: long, wide or rows layout. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_READ_H
#define NORNI_PANEL_READ_H

#include "data/panel.h"
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
    bool no_exogenous;  /* skip further columns instead of parsing them as numbers */
    size_t chunk_bytes; /* 0 = 1 MiB; never changes a result */
} norni_read_opt;

/* Reads `path` ("-" = stdin) into *out (owned by the caller, norni_panel_clear). Errors carry line
 * and column, not the path: the face adds it. NORN_E_IO: cannot be read; NORN_E_FORMAT: not such a
 * file; NORN_E_DATA: values that cannot be used. */
NORN_CHECKED norn_status norni_panel_read(norn_ctx *ctx, const char *path,
                                          const norni_read_opt *opt, norni_panel *out,
                                          norni_align_report *report, norn_err *err);
/* The same from memory; `bytes` are borrowed. */
NORN_CHECKED norn_status norni_panel_parse(norn_ctx *ctx, const char *bytes, size_t n,
                                           const norni_read_opt *opt, norni_panel *out,
                                           norni_align_report *report, norn_err *err);

#endif
