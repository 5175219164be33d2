/* The run folder of --resume: what a run has computed, item by item, safe against its death. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_RUN_STORE_H
#define NORNI_RUN_STORE_H

#include "base/hash.h"
#include "base/str.h"
#include "par/pool.h"

typedef struct norni_run_store norni_run_store;

/* Makes `folder` a run folder, or goes on with one whose header is this one. `header` is text, a line
 * for each thing that must be the same ("horizon: 12"). NORN_E_ARG: the folder belongs to another run
 * (the first line that differs is named), holds other files, or is in use. */
NORN_CHECKED norn_status norni_run_store_open(norn_ctx *ctx, const char *folder, norni_str header,
                                              norni_run_store **out, norn_err *err);
/* Items that earlier runs left, and those that this one added. */
size_t norni_run_store_found(const norni_run_store *s);
size_t norni_run_store_added(const norni_run_store *s);
/* An earlier run's record of the item, read into the arena; false: there is none. Any thread. */
bool norni_run_store_get(norni_run_store *s, norni_hash128 key, norni_arena *arena,
                         norni_str *record);
/* Appends a record; small ones are gathered per worker, for at most 0.2 s while items are short;
 * `at_once` writes them now. */
NORN_CHECKED norn_status norni_run_store_add(norni_run_store *s, norni_worker *w, norni_hash128 key,
                                             norni_str record, bool at_once, norn_err *err);
/* Writes out what is gathered, and closes. */
norn_status norni_run_store_close(norni_run_store *s, norn_err *err);

#endif
