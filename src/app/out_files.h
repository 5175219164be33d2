/* The table and the items that a streamed run writes: batch by batch, whole at the end or absent. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OUT_FILES_H
#define NORNI_OUT_FILES_H

#include "app/common.h"
#include "io/spool.h"
#include "io/writer.h"
#include "io/xlsx_write.h"

typedef struct norni_out_files {
    norn_ctx *ctx; /* NULL: nothing is open */
    norni_out out, items;
    norni_xlsx_out *sheet; /* in place of out, or NULL */
    bool has_items, json, is_sheet, to_stdout, opened, any_rows;
    norni_spool spool; /* of standard output */
} norni_out_files;

/* One batch's share of them, made by a worker. */
typedef struct norni_out_part {
    norni_buf text, packed, items;
} norni_out_part;

void norni_out_part_init(norni_out_part *b, const norn_alloc *a);
void norni_out_part_clear(norni_out_part *b);
void norni_out_part_reset(norni_out_part *b);
/* Ends a part whose text and items are there: packs the text as the table's file wants it. NORN_E_MEM
 * speaks of n times size bytes when a buffer could not grow. */
NORN_CHECKED norn_status norni_out_part_end(const norni_out_files *o, norni_out_part *b, size_t n,
                                            size_t size, norn_err *err);

/* Opens --out (a workbook with one sheet of that name, where the format asks for it) and --items.
 * norni_out_files_abort is due after a failure, too. */
NORN_CHECKED norn_status norni_out_files_open(norni_out_files *o, norn_ctx *ctx,
                                              const norni_common_opt *opt, const char *sheet,
                                              norn_err *err);
/* To be called when what stands before the first row is in the buffers. */
NORN_CHECKED norn_status norni_out_files_begun(norni_out_files *o, norn_err *err);
/* To be called before a batch's rows: what stands between two batches. */
void norni_out_files_between(norni_out_files *o);
/* A part's text behind what was written, and its items. */
NORN_CHECKED norn_status norni_out_files_text(norni_out_files *o, const norni_out_part *b,
                                              norn_err *err);
NORN_CHECKED norn_status norni_out_files_items(norni_out_files *o, const norni_out_part *b,
                                               norn_err *err);
/* What stands behind the last row is in the buffers. partial: what is there under names with
 * `.partial`. */
NORN_CHECKED norn_status norni_out_files_commit(norni_out_files *o, bool partial, norn_err *err);
void norni_out_files_abort(norni_out_files *o); /* legal after commit */

#endif
