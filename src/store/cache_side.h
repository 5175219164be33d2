/* One connection to the cache's database: opened when needed, closed when it fails, its damaged file put aside. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_SIDE_H
#define NORNI_CACHE_SIDE_H

#include <pthread.h>
#include <sqlite3.h>

#include "store/cache_files.h"
#include "store/cache_value.h"

#define NORNI_CACHE_FILE "/cache-1.db" /* another layout gets another number */
enum { NORNI_SIDE_BUSY_MS = 2000 };    /* so long another's lock is waited for */

/* Statements that a connection keeps ready. */
enum { GET, TOUCH, PUT, DROP, OLD, EVICT, PAGES, UNUSED, COUNT, BEGIN, COMMIT, ROLLBACK, N_STMT };

typedef struct norni_side {
    const char *dir, *path; /* borrowed */
    pthread_mutex_t lock;
    sqlite3 *db; /* NULL: not opened yet */
    sqlite3_stmt *stmt[N_STMT];
    norni_file_id id;   /* of the file that db is */
    int64_t rest_until; /* monotonic ns: a side that failed is not asked before */
    int64_t page;       /* bytes */
} norni_side;

void norni_side_close(norni_side *d);
void norni_side_rest(norni_side *d); /* under the lock: it is not asked for a while */
/* Takes the side's lock and sees that it is open on the file that has the name now. Anything but DONE: the lock is released;
 * NONE: there is no database and `make` is false. */
norni_keep_end norni_side_enter(norni_side *d, bool make, norn_err *err);
/* What became of a call by SQLite's code, under the side's lock, which is released. */
norni_keep_end norni_side_leave(norni_side *d, int rc, norn_err *err);

/* Under the lock. Ready, with the key (or NULL) bound as ?1; NULL: *rc says why not. */
sqlite3_stmt *norni_side_ready(norni_side *d, int which, const norni_cache_key *key, int *rc);
/* Steps to the end; SQLITE_OK or what failed. */
int norni_side_run(norni_side *d, int which);
int norni_side_number(norni_side *d, int which, int64_t *out);

#endif
