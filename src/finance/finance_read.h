/* From files as people keep them to the table of a report: headers, cells, dates, gaps. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_READ_H
#define NORNI_FINANCE_READ_H

#include "finance/finance_table.h"
#include "io/grid_read.h"
#include "io/writer.h"

typedef enum norni_fin_dates {
    NORNI_FIN_DATES_AUTO, /* by what no other order can be: 25/12/2024; else an error says which flag decides */
    NORNI_FIN_DATES_DAY_FIRST,
    NORNI_FIN_DATES_MONTH_FIRST
} norni_fin_dates;

typedef struct norni_fin_read_opt {
    norni_fin_dates dates;
    norni_str
        map; /* "Umsatz=revenue,Kosten=expenses": headers by hand, over the synonyms; or empty */
} norni_fin_read_opt;

/* One file's cells; `name` is for messages. The first row is the header. */
typedef struct norni_fin_source {
    const char *name;
    norni_grid grid;
} norni_fin_source;

/* Reads sources (n >= 1), whose rows are put together, in time. Files need the same set of headers (case and order aside).
 * NORN_E_DATA names file, line and column: no header row, no number column, no date that can be read, ambiguous dates …
 * Everything lives in `arena`. Same table whatever the order of the files. */
NORN_CHECKED norn_status norni_fin_read(norn_ctx *ctx, const norni_fin_source *source, size_t n,
                                        const norni_fin_read_opt *opt, norni_arena *arena,
                                        norni_fin_table *out, norn_err *err);

/* validation_report, corrections_log as JSON values. `when` is an ISO time, `unix_seconds` the same. */
void norni_fin_validation_json(norni_json *j, const norni_fin_table *t, int64_t unix_seconds);
void norni_fin_corrections_json(norni_json *j, const norni_fin_table *t, norni_str when);

#endif
