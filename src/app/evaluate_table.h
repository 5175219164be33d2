/* Rows of texts and numbers as CSV, JSON or a workbook's sheet. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_TABLE_H
#define NORNI_EVALUATE_TABLE_H

#include "io/writer.h"
#include "io/xlsx_write.h"

/* CSV and workbooks hold one table. JSON is one object with as many named tables as are begun, each an
 * array of objects. */
typedef struct norni_table_out {
    norni_out out;
    norni_xlsx_out *sheet; /* in place of out, or NULL */
    bool json, any_row, open;
    bool escape; /* CSV: texts that look like formulas get a ' in front (as opened: yes) */
    const char *const *column; /* (n_columns) names, borrowed */
    size_t n_columns, at;
    norni_json j;
} norni_table_out;

/* path and format as in norni_common_opt (never auto). *t is the caller's (norni_table_abort). */
NORN_CHECKED norn_status norni_table_open(norn_ctx *ctx, const char *path, int32_t format,
                                          const char *sheet, norni_table_out *t, norn_err *err);
/* JSON: a number or text beside the tables, before the first one. Otherwise nothing. */
void norni_table_fact(norni_table_out *t, const char *key, double x);
void norni_table_fact_text(norni_table_out *t, const char *key, norni_str s);
/* Begins a table; an earlier one ends. */
NORN_CHECKED norn_status norni_table_begin(norni_table_out *t, const char *name,
                                           const char *const *column, size_t n_columns,
                                           norn_err *err);
/* The row's next cell. */
NORN_CHECKED norn_status norni_table_text(norni_table_out *t, norni_str s, norn_err *err);
NORN_CHECKED norn_status norni_table_num(norni_table_out *t, double x, norn_err *err);
/* Ends a row that has all its cells. */
NORN_CHECKED norn_status norni_table_row(norni_table_out *t, norn_err *err);
NORN_CHECKED norn_status norni_table_commit(norni_table_out *t, norn_err *err);
void norni_table_abort(norni_table_out *t); /* legal after commit, and on a zeroed one */

#endif
