/* The rows of a rolling run in its files: the table and the items. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLLING_FILES_H
#define NORNI_ROLLING_FILES_H

#include "app/out_files.h"
#include "app/rolling_write.h"

/* One batch's share of them, made by a worker. */
typedef struct norni_rolling_part {
    norni_out_part out;
    bool late; /* too long for one piece: the text is made while it is written */
} norni_rolling_part;

/* `worker` as in norni_for; scratch comes from the arena. */
NORN_CHECKED norn_status norni_rolling_part_make(const norni_out_files *o, norni_worker *worker,
                                                 const norni_rolled *r, norni_arena *arena,
                                                 norni_rolling_part *b, norn_err *err);

/* The batches in their order. */
NORN_CHECKED norn_status norni_rolling_files_write(norni_out_files *o, const norni_rolled *r,
                                                   norni_rolling_part *b, norn_err *err);
/* partial: what is there under names with `.partial`. */
NORN_CHECKED norn_status norni_rolling_files_commit(norni_out_files *o, bool partial,
                                                    norn_err *err);

#endif
