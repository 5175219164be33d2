/* One sheet of a workbook as delimited text: fields end with 0x1F, records with 0x1E (bytes no text
 * holds), so that the CSV parser reads it on. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_READ_H
#define NORNI_XLSX_READ_H

#include "base/arena.h"
#include "base/ctx.h"

typedef struct norni_xlsx norni_xlsx;

/* Opens `path` (a regular file). sheet NULL: the first visible sheet; else by name (exact), an unknown
 * name is NORN_E_ARG naming the sheets there are. NORN_E_IO, NORN_E_FORMAT (not a whole .xlsx),
 * NORN_E_LIMIT (a bomb, or beyond what a workbook may hold). */
NORN_CHECKED norn_status norni_xlsx_open(norn_ctx *ctx, const char *path, const char *sheet,
                                         norni_xlsx **out, norn_err *err);
/* From memory; the bytes are borrowed until it is closed. */
NORN_CHECKED norn_status norni_xlsx_open_bytes(norn_ctx *ctx, const void *bytes, size_t n,
                                               const char *sheet, norni_xlsx **out, norn_err *err);
/* Up to cap (at least 1) bytes of the text; *got 0: the end. A record for every row that shows
 * anything, with as many fields as the first or more. Numbers as they stand, dates as 2020-01-31 or
 * 2020-01-31 12:30:00, truth as 1 and 0, #N/A and what shows nothing empty; any other error value is
 * NORN_E_DATA naming the cell. An error stays: a further call says it again. */
NORN_CHECKED norn_status norni_xlsx_text(norni_xlsx *x, char *to, size_t cap, size_t *got,
                                         norn_err *err);
/* Names of the sheets that hold cells, in the workbook's order, hidden ones too; *name (*n) in `arena`. */
NORN_CHECKED norn_status norni_xlsx_sheets(norn_ctx *ctx, const char *path, norni_arena *arena,
                                           const char *const **name, size_t *n, norn_err *err);
/* The k-th of those names, NULL: there are no more; the sheet that is read. The book's memory. */
const char *norni_xlsx_name(const norni_xlsx *x, size_t k);
const char *norni_xlsx_chosen(const norni_xlsx *x);
void norni_xlsx_close(norni_xlsx *x); /* NULL is legal */

#endif
