/* The cache's folder: one SQLite database that may be damaged, locked, full or gone at any time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Two connections, one that reads and one that writes, each under its own lock: in WAL mode a reader never waits for a writer,
 * and a get takes microseconds, so that more connections bring nothing (docs/cache.md). */
#include "store/cache_sqlite.h"

#include <limits.h>

#include "store/cache_side.h"

enum {
    TOUCH_SECONDS = 60,  /* how exactly "last used" is kept */
    PRUNE_SECONDS = 600, /* how often what is too old is looked for */
    PRUNE_ROWS = 1000,
    EVICT_ROWS = 4096,   /* that one put may have to remove: some 40 ms */
    VACUUM_PAGES = 4096, /* given back after one put: 16 MiB */
    ROW_BYTES = 128      /* of a row besides its value, about */
};
enum { READ, WRITE, N_SIDES };

struct norni_shelf {
    norn_alloc alloc;
    norni_buf dir, path; /* with their NUL */
    uint64_t most;
    int64_t keep;
    int64_t pruned; /* under the writing side's lock */
    norni_side side[N_SIDES];
};

void norni_shelf_free(norni_shelf *s, bool forked) {
    if (s == NULL) return;
    norn_alloc alloc = s->alloc;
    for (size_t i = 0; i < N_SIDES && !forked; i++) {
        norni_side_close(&s->side[i]);
        (void)pthread_mutex_destroy(&s->side[i].lock);
    }
    norni_buf_clear(&s->dir);
    norni_buf_clear(&s->path);
    norni_alloc_drop(&alloc, s, 1, sizeof *s);
}

const char *norni_shelf_dir(const norni_shelf *s) {
    return s->dir.p;
}

norn_status norni_shelf_new(const norn_alloc *alloc, const char *dir, uint64_t most_bytes,
                            int64_t keep_seconds, norni_shelf **out, norn_err *err) {
    norni_shelf *s = norni_alloc_zero(alloc, 1, sizeof *s);
    norn_status st = NORN_OK;
    *out = NULL;
    if (s == NULL) return norni_alloc_fail(err, "cache", 1, sizeof *s);
    s->alloc = *alloc;
    s->most = most_bytes;
    s->keep = keep_seconds;
    norni_buf_init(&s->dir, &s->alloc);
    norni_buf_init(&s->path, &s->alloc);
    for (size_t i = 0; i < N_SIDES; i++)
        if (pthread_mutex_init(&s->side[i].lock, NULL) != 0)
            st = norn_fail(err, NORN_E_INTERNAL, "cache: the system gives no lock");
    NORN_TRY_GOTO(st, fail);
    NORN_TRY_GOTO(norni_cache_dir(dir, &s->dir, err), fail);
    norni_buf_text(&s->path, s->dir.p);
    norni_buf_add(&s->path, NORNI_CACHE_FILE, sizeof NORNI_CACHE_FILE);
    if (s->path.failed) {
        st = norni_alloc_fail(err, "cache", s->dir.n + sizeof NORNI_CACHE_FILE, 1);
        goto fail;
    }
    for (size_t i = 0; i < N_SIDES; i++) {
        s->side[i].dir = s->dir.p;
        s->side[i].path = s->path.p;
    }
    NORN_TRY_GOTO(norni_cache_dir_make(s->dir.p, err), fail);
    *out = s;
    return NORN_OK;
fail:
    norni_shelf_free(s, false);
    return st;
}

/* Never waits: that a thing was used need not be known. */
static void touch(norni_shelf *s, const norni_cache_key *key, int64_t now) {
    norni_side *d = &s->side[WRITE];
    norni_file_id id;
    int rc = SQLITE_OK;
    if (pthread_mutex_trylock(&d->lock) != 0) return;
    if (d->db != NULL && norni_file_id_get(s->path.p, &id) && norni_file_id_is(id, d->id)) {
        (void)sqlite3_busy_timeout(d->db, 0);
        sqlite3_stmt *q = norni_side_ready(d, TOUCH, key, &rc);
        if (q != NULL && sqlite3_bind_int64(q, 2, now) == SQLITE_OK) (void)norni_side_run(d, TOUCH);
        (void)sqlite3_busy_timeout(d->db, NORNI_SIDE_BUSY_MS);
    }
    (void)pthread_mutex_unlock(&d->lock);
}

/* Who could not even read need not wait once more to write. */
static void rest_writer(norni_shelf *s) {
    norni_side *d = &s->side[WRITE];
    if (pthread_mutex_trylock(&d->lock) != 0) return;
    norni_side_rest(d);
    (void)pthread_mutex_unlock(&d->lock);
}

norni_keep_end norni_shelf_get(norni_shelf *s, const norni_cache_key *key, int64_t now,
                               norni_buf *blob, norn_err *err) {
    norni_side *d = &s->side[READ];
    int rc = SQLITE_OK;
    int64_t used = now;
    bool found = false;
    const norni_keep_end begun = norni_side_enter(d, false, err);
    if (begun == NORNI_KEEP_FAILED) rest_writer(s);
    if (begun != NORNI_KEEP_DONE) return begun;
    sqlite3_stmt *q = norni_side_ready(d, GET, key, &rc);
    if (q != NULL && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        const void *p = sqlite3_column_blob(q, 0);
        const int n = sqlite3_column_bytes(q, 0);
        used = sqlite3_column_int64(q, 1);
        found = p != NULL && n > 0; /* anything else is damaged, or memory is out */
        if (found) norni_buf_add(blob, p, (size_t)n);
    }
    if (q != NULL) {
        const int reset = sqlite3_reset(q);
        if (rc == SQLITE_ROW && reset != SQLITE_OK) rc = reset;
    }
    const norni_keep_end end = norni_side_leave(d, rc, err);
    if (end == NORNI_KEEP_FAILED) rest_writer(s);
    if (end != NORNI_KEEP_DONE) return end;
    if (!found || blob->failed) return NORNI_KEEP_NONE;
    if (now - used >= TOUCH_SECONDS || used - now >= TOUCH_SECONDS) touch(s, key, now);
    return NORNI_KEEP_DONE;
}
/* Pages that hold something. */
static int pages_used(norni_side *d, int64_t *out) {
    int64_t pages = 0, unused = 0;
    int rc = norni_side_number(d, PAGES, &pages);
    if (rc == SQLITE_OK) rc = norni_side_number(d, UNUSED, &unused);
    *out = pages - unused;
    return rc;
}

/* The longest unused go until 1/16 below the cap, and the file gives back what that frees. */
static int keep_within(norni_shelf *s, norni_side *d) {
    int64_t used = 0;
    const int64_t most = (int64_t)(s->most / (uint64_t)d->page);
    int rc = pages_used(d, &used);
    if (rc != SQLITE_OK || used <= most) return rc;
    rc = norni_side_run(d, BEGIN);
    if (rc != SQLITE_OK) return rc;
    for (int n = 0; rc == SQLITE_OK && n < EVICT_ROWS && used > most - most / 16; n++) {
        rc = norni_side_run(d, EVICT);
        if (rc == SQLITE_OK && sqlite3_changes(d->db) == 0) break;
        if (rc == SQLITE_OK) rc = pages_used(d, &used);
    }
    if (rc == SQLITE_OK) rc = norni_side_run(d, COMMIT);
    if (rc != SQLITE_OK) {
        (void)norni_side_run(d, ROLLBACK);
        return rc;
    }
    char text[64];
    norni_format(text, sizeof text, "PRAGMA incremental_vacuum(%d)", (int)VACUUM_PAGES);
    return sqlite3_exec(d->db, text, NULL, NULL, NULL);
}

/* What nobody has used for as long as things are kept is too old whatever its date. */
static int prune(norni_shelf *s, norni_side *d, int64_t now) {
    int rc = SQLITE_OK;
    if (s->pruned != 0 && now - s->pruned < PRUNE_SECONDS && s->pruned <= now) return SQLITE_OK;
    sqlite3_stmt *q = norni_side_ready(d, OLD, NULL, &rc);
    if (q == NULL) return rc;
    rc = sqlite3_bind_int64(q, 1, now - s->keep);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(q, 2, PRUNE_ROWS);
    if (rc == SQLITE_OK) rc = norni_side_run(d, OLD);
    if (rc == SQLITE_OK && sqlite3_changes(d->db) < PRUNE_ROWS) s->pruned = now;
    return rc;
}

norni_keep_end norni_shelf_put(norni_shelf *s, const norni_cache_key *key, norni_str blob,
                               int64_t now, norn_err *err) {
    norni_side *d = &s->side[WRITE];
    int rc = SQLITE_OK;
    if (blob.n > s->most / 2 || blob.n > INT_MAX) return NORNI_KEEP_NONE;
    const norni_keep_end begun = norni_side_enter(d, true, err);
    if (begun != NORNI_KEEP_DONE) return begun;
    sqlite3_stmt *q = norni_side_ready(d, PUT, key, &rc);
    if (q != NULL) rc = sqlite3_bind_blob(q, 2, blob.p, (int)blob.n, SQLITE_STATIC);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(q, 3, now);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(q, 4, (int64_t)blob.n + ROW_BYTES);
    if (rc == SQLITE_OK) rc = norni_side_run(d, PUT);
    if (q != NULL) (void)sqlite3_clear_bindings(q);
    if (rc == SQLITE_OK) rc = prune(s, d, now);
    if (rc == SQLITE_OK) rc = keep_within(s, d);
    return norni_side_leave(d, rc, err);
}

norni_keep_end norni_shelf_drop(norni_shelf *s, const norni_cache_key *key, norn_err *err) {
    norni_side *d = &s->side[WRITE];
    int rc = SQLITE_OK;
    const norni_keep_end begun = norni_side_enter(d, false, err);
    if (begun != NORNI_KEEP_DONE) return begun;
    if (norni_side_ready(d, DROP, key, &rc) != NULL) rc = norni_side_run(d, DROP);
    return norni_side_leave(d, rc, err);
}

norni_keep_end norni_shelf_count(norni_shelf *s, uint64_t *entries, uint64_t *bytes,
                                 norn_err *err) {
    norni_side *d = &s->side[READ];
    int64_t n = 0, pages = 0;
    *entries = *bytes = 0;
    const norni_keep_end begun = norni_side_enter(d, false, err);
    if (begun != NORNI_KEEP_DONE) return begun;
    int rc = norni_side_number(d, COUNT, &n);
    if (rc == SQLITE_OK) rc = norni_side_number(d, PAGES, &pages);
    *entries = (uint64_t)n;
    *bytes = (uint64_t)(pages * d->page);
    return norni_side_leave(d, rc, err);
}

norni_keep_end norni_shelf_clear(norni_shelf *s, uint64_t *removed, norn_err *err) {
    norni_side *d = &s->side[WRITE];
    int64_t n = 0;
    *removed = 0;
    (void)pthread_mutex_lock(&d->lock);
    d->rest_until = 0; /* asked for by hand: tried at any rate */
    (void)pthread_mutex_unlock(&d->lock);
    const norni_keep_end begun = norni_side_enter(d, false, err);
    if (begun != NORNI_KEEP_DONE) return begun;
    int rc = norni_side_run(d, BEGIN);
    if (rc == SQLITE_OK) {
        rc = norni_side_number(d, COUNT, &n);
        if (rc == SQLITE_OK) rc = sqlite3_exec(d->db, "DELETE FROM entry", NULL, NULL, NULL);
        if (rc == SQLITE_OK) rc = norni_side_run(d, COMMIT);
        if (rc != SQLITE_OK) (void)norni_side_run(d, ROLLBACK);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(d->db, "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)", NULL,
                          NULL, NULL);
    if (rc == SQLITE_OK) *removed = (uint64_t)n;
    return norni_side_leave(d, rc, err);
}
