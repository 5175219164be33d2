/* One table as a workbook: a sheet streamed into a zip file, numbers exact, bytes the same each time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_WRITE_H
#define NORNI_XLSX_WRITE_H

#include "base/ctx.h"
#include "base/str.h"

typedef struct norni_xlsx_out norni_xlsx_out;

/* A workbook of one sheet (`sheet` NULL: Sheet1; NORN_E_ARG for a name that spreadsheets refuse). The
 * file appears under its name at commit only; path "-" is standard output. Memory does not grow with
 * the sheet. The first row is the header: bold, and it stays when the sheet scrolls. */
NORN_CHECKED norn_status norni_xlsx_out_open(norn_ctx *ctx, const char *path, const char *sheet,
                                             norni_xlsx_out **out, norn_err *err);
/* The row's next cell as text, never a formula; invalid UTF-8 becomes U+FFFD. NORN_E_LIMIT beyond
 * 32,767 characters or 16,384 columns. */
NORN_CHECKED norn_status norni_xlsx_out_text(norni_xlsx_out *x, norni_str s, norn_err *err);
/* The row's next cell as a number that reads back as the same double; NaN and infinities: an empty
 * cell. */
NORN_CHECKED norn_status norni_xlsx_out_num(norni_xlsx_out *x, double v, norn_err *err);
/* Ends the row. NORN_E_LIMIT beyond 1,048,576 rows or 4 GiB of sheet. */
NORN_CHECKED norn_status norni_xlsx_out_row(norni_xlsx_out *x, norn_err *err);
/* Ends the file, syncs, renames it into place. Frees x, also on failure, which leaves nothing behind. */
NORN_CHECKED norn_status norni_xlsx_out_commit(norni_xlsx_out *x, norn_err *err);
/* The same under the name with `.partial` behind it: what an interrupted run has. */
NORN_CHECKED norn_status norni_xlsx_out_commit_partial(norni_xlsx_out *x, norn_err *err);
void norni_xlsx_out_abort(norni_xlsx_out *x); /* frees, nothing left behind; NULL is legal */

#endif
