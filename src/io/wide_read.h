/* Reading a table of targets and drivers: CSV, compressed or not, or a workbook's sheet. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WIDE_READ_H
#define NORNI_WIDE_READ_H

#include "data/wide.h"
#include "par/pool.h"

/* Reads opt->path (joined by time and by column name) and opt->future_path. Errors and statuses as of
 * norni_panel_read and norni_wide_make; NORN_E_LIMIT: targets, statics and known columns alone are more
 * than opt->memory, or a pipe would have to be read twice. `worker` NULL: chunks are parsed in parallel;
 * else one after the other. Everything of *out lies in `arena`. */
NORN_CHECKED norn_status norni_wide_read(norn_ctx *ctx, norni_worker *worker,
                                         const norni_wide_opt *opt, norni_arena *arena,
                                         norni_wide *out, norni_wide_report *report, norn_err *err);
/* The same of bytes in memory, borrowed; opt->path is not looked at. */
NORN_CHECKED norn_status norni_wide_parse_bytes(norn_ctx *ctx, norni_worker *worker,
                                                const char *bytes, size_t n,
                                                const norni_wide_opt *opt, norni_arena *arena,
                                                norni_wide *out, norni_wide_report *report,
                                                norn_err *err);

#endif
