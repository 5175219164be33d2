/* What a run folder's header says, so that another run is told apart. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_RUN_HEADER_H
#define NORNI_RUN_HEADER_H

#include "app/common.h"

/* The rows as "name: value" lines, but those of the names in `skip` (ends with NULL; may be NULL):
 * what only chooses what is shown. */
void norni_header_rows(const norni_param *rows, size_t n, const void *opt, const char *const *skip,
                       norni_buf *b);
/* How the data are read, and what else bears on every operation's results. */
void norni_header_panel(const norni_panel_opt *opt, norni_buf *b);
/* "what: 123 bytes xxh3:…" of a file; standard input is only named. */
NORN_CHECKED norn_status norni_header_file(norn_ctx *ctx, const char *what, const char *path,
                                           norni_buf *b, norn_err *err);

/* What tells one series from another in the keys of items: its id, calendar, values and times. */
void norni_header_series(const norni_panel *p, size_t i, norni_hash_stream *h);

#endif
