/* The files of a report: read, cleaned, and put into months. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_REPORT_READ_H
#define NORNI_REPORT_READ_H

#include "app/common.h"
#include "finance/finance_months.h"
#include "finance/finance_read.h"

/* What to read. */
typedef struct norni_report_files {
    norni_inputs in; /* paths */
    const norni_str
        *bytes; /* (in.n) what stands in them, where that is in memory already; or NULL */
    const char *const *name; /* (in.n) what people call them; NULL: the paths' last parts */
    const char *sheet;
} norni_report_files;

/* The table of the files, cleaned, and its months, in the arena. A failure's text names the file where there are many.
 * *input_failed: it is about the input. */
NORN_CHECKED norn_status norni_report_read(norn_ctx *ctx, const norni_report_files *files,
                                           const norni_fin_read_opt *read, norni_arena *arena,
                                           norni_fin_book *book, bool *input_failed, norn_err *err);

#endif
