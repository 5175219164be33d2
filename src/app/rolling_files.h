/* The files that a rolling run writes: the table and the items. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLLING_FILES_H
#define NORNI_ROLLING_FILES_H

#include "app/rolling_write.h"
#include "io/spool.h"
#include "io/writer.h"

typedef struct norni_rolling_files {
    norn_ctx *ctx; /* NULL: nothing is open */
    const norni_rolling_plan *plan;
    norni_out out, items;
    norni_xlsx_out *sheet; /* in place of out, or NULL */
    bool has_items, json, is_sheet, to_stdout, opened, any_rows;
    norni_spool spool; /* of standard output */
} norni_rolling_files;

/* One batch's share of them, made by a worker. */
typedef struct norni_rolling_part {
    norni_buf text, packed, items;
    bool late; /* too long for one piece: the text is made while it is written */
} norni_rolling_part;

void norni_rolling_part_init(norni_rolling_part *b, const norn_alloc *a);
void norni_rolling_part_clear(norni_rolling_part *b);
/* `worker` as in norni_for; scratch comes from the arena. */
NORN_CHECKED norn_status norni_rolling_part_make(const norni_rolling_files *o, norni_worker *worker,
                                                 const norni_rolled *r, norni_arena *arena,
                                                 norni_rolling_part *b, norn_err *err);

/* norni_rolling_files_abort is due after a failure, too. */
NORN_CHECKED norn_status norni_rolling_files_open(norni_rolling_files *o, norn_ctx *ctx,
                                                  const norni_common_opt *opt,
                                                  const norni_rolling_plan *plan, norn_err *err);
/* The batches in their order. */
NORN_CHECKED norn_status norni_rolling_files_write(norni_rolling_files *o, const norni_rolled *r,
                                                   norni_rolling_part *b, norn_err *err);
/* partial: what is there under names with `.partial`. */
NORN_CHECKED norn_status norni_rolling_files_commit(norni_rolling_files *o, bool partial,
                                                    norn_err *err);
void norni_rolling_files_abort(norni_rolling_files *o); /* legal after commit */

#endif
