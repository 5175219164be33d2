/* The cache's folder: one SQLite database that may be damaged, locked, full or gone at any time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_SQLITE_H
#define NORNI_CACHE_SQLITE_H

#include "store/cache_value.h"

typedef struct norni_shelf norni_shelf;

/* Makes the folder (0700) where it is not there; the database is opened by the first call that needs it. NORN_E_IO names the
 * folder. dir NULL: NORN_CACHE_DIR, $XDG_CACHE_HOME/norn, ~/.cache/norn. */
NORN_CHECKED norn_status norni_shelf_new(const norn_alloc *alloc, const char *dir,
                                         uint64_t most_bytes, int64_t keep_seconds,
                                         norni_shelf **out, norn_err *err);
/* `forked`: the parent's connections are left alone. */
void norni_shelf_free(norni_shelf *s, bool forked);
const char *norni_shelf_dir(const norni_shelf *s);

/* All are safe for many threads. `now`: seconds. get appends to *blob. */
norni_keep_end norni_shelf_get(norni_shelf *s, const norni_cache_key *key, int64_t now,
                               norni_buf *blob, norn_err *err);
norni_keep_end norni_shelf_put(norni_shelf *s, const norni_cache_key *key, norni_str blob,
                               int64_t now, norn_err *err);
norni_keep_end norni_shelf_drop(norni_shelf *s, const norni_cache_key *key, norn_err *err);
/* Bytes: the database's size. */
norni_keep_end norni_shelf_count(norni_shelf *s, uint64_t *entries, uint64_t *bytes, norn_err *err);
norni_keep_end norni_shelf_clear(norni_shelf *s, uint64_t *removed, norn_err *err);

#endif
