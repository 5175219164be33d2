/* One connection to the cache's database: opened when needed, closed when it fails, its damaged file put aside. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The database's name is looked at before each use: who removes the folder or puts a damaged database aside need not tell. A
 * side that failed rests for a while, so that a database that is locked or full costs its 2 s once and not for each of a report's
 * series. */
#include "store/cache_side.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

enum { APPLICATION = 0x4e4f524e /* "NORN" */, LAYOUT = 1 };
#define REST_NS (INT64_C(5) * 1000000000)

static const char *const sql[N_STMT] = {
    [GET] = "SELECT value, used FROM entry WHERE key = ?1",
    [TOUCH] = "UPDATE entry SET used = ?2 WHERE key = ?1",
    [PUT] =
        "INSERT OR REPLACE INTO entry(key, value, created, used, size) "
        "VALUES(?1, ?2, ?3, ?3, ?4)",
    [DROP] = "DELETE FROM entry WHERE key = ?1",
    [OLD] = "DELETE FROM entry WHERE rowid IN (SELECT rowid FROM entry WHERE used < ?1 LIMIT ?2)",
    [EVICT] = "DELETE FROM entry WHERE rowid = (SELECT rowid FROM entry ORDER BY used LIMIT 1)",
    [PAGES] = "PRAGMA page_count",
    [UNUSED] = "PRAGMA freelist_count",
    [COUNT] = "SELECT count(*) FROM entry",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

void norni_side_rest(norni_side *d) {
    d->rest_until = norni_clock_ns() + REST_NS;
}

void norni_side_close(norni_side *d) {
    for (size_t i = 0; i < N_STMT; i++) {
        (void)sqlite3_finalize(d->stmt[i]);
        d->stmt[i] = NULL;
    }
    (void)sqlite3_close_v2(d->db);
    d->db = NULL;
}

sqlite3_stmt *norni_side_ready(norni_side *d, int which, const norni_cache_key *key, int *rc) {
    if (d->stmt[which] == NULL)
        *rc = sqlite3_prepare_v3(d->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &d->stmt[which],
                                 NULL);
    if (*rc == SQLITE_OK && key != NULL)
        *rc = sqlite3_bind_blob(d->stmt[which], 1, key->byte, sizeof key->byte, SQLITE_STATIC);
    return *rc == SQLITE_OK ? d->stmt[which] : NULL;
}

int norni_side_run(norni_side *d, int which) {
    int rc = SQLITE_OK;
    if (norni_side_ready(d, which, NULL, &rc) == NULL) return rc;
    rc = sqlite3_step(d->stmt[which]);
    while (rc == SQLITE_ROW)
        rc = sqlite3_step(d->stmt[which]);
    (void)sqlite3_reset(d->stmt[which]);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int norni_side_number(norni_side *d, int which, int64_t *out) {
    int rc = SQLITE_OK;
    if (norni_side_ready(d, which, NULL, &rc) == NULL) return rc;
    rc = sqlite3_step(d->stmt[which]);
    if (rc == SQLITE_ROW) *out = sqlite3_column_int64(d->stmt[which], 0);
    (void)sqlite3_reset(d->stmt[which]);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int ask(sqlite3 *db, const char *text, int64_t *out) {
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(db, text, -1, &q, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) *out = sqlite3_column_int64(q, 0);
    (void)sqlite3_finalize(q);
    return rc == SQLITE_ROW ? SQLITE_OK : rc == SQLITE_DONE ? SQLITE_ERROR : rc;
}

static int open_file(const char *path, sqlite3 **db) {
    const int rc = sqlite3_open_v2(
        path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (rc == SQLITE_OK) (void)sqlite3_busy_timeout(*db, NORNI_SIDE_BUSY_MS);
    return rc;
}

/* Made whole under another name: whoever dies here leaves no half database. */
static norn_status make_database(const norni_side *d, norn_err *err) {
    char temp[PATH_MAX], text[512];
    sqlite3 *db = NULL;
    NORN_TRY(norni_cache_temp(d->path, temp, sizeof temp, err));
    norni_format(text, sizeof text,
                 "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; BEGIN;"
                 "PRAGMA application_id = %d; PRAGMA user_version = %d;"
                 "CREATE TABLE entry(key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL, created "
                 "INTEGER NOT NULL, used INTEGER NOT NULL, size INTEGER NOT NULL);"
                 "CREATE INDEX by_use ON entry(used); COMMIT;",
                 (int)APPLICATION, (int)LAYOUT);
    int rc = open_file(temp, &db);
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, text, NULL, NULL, NULL);
    const int closed = sqlite3_close(db);
    if (rc == SQLITE_OK) rc = closed;
    if (rc == SQLITE_OK) return norni_cache_place(temp, d->path, err);
    (void)unlink(temp);
    return norn_fail(err, NORN_E_IO, "cache: cannot make %s: %s", d->path, sqlite3_errstr(rc));
}

/* SQLite's word on whether the file is a database of ours. */
static int look_over(norni_side *d) {
    int64_t application = 0, layout = 0;
    int rc = sqlite3_exec(d->db,
                          "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;"
                          "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;"
                          "PRAGMA temp_store = MEMORY;",
                          NULL, NULL, NULL);
    if (rc == SQLITE_OK) rc = ask(d->db, "PRAGMA application_id", &application);
    if (rc == SQLITE_OK) rc = ask(d->db, "PRAGMA user_version", &layout);
    if (rc == SQLITE_OK) rc = ask(d->db, "PRAGMA page_size", &d->page);
    if (rc == SQLITE_OK && (application != APPLICATION || layout != LAYOUT)) rc = SQLITE_NOTADB;
    return rc;
}

/* Who may write a folder may not hand Norn another user's database, nor a name that leads elsewhere. */
static norn_status check_file(const char *path, norn_err *err) {
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return norn_fail(err, NORN_E_IO, "cache: %s is no plain file; remove it", path);
    if (st.st_uid != geteuid() && geteuid() != 0)
        return norn_fail(err, NORN_E_IO, "cache: %s belongs to another user; give another folder",
                         path);
    return NORN_OK;
}

/* Under norni_cache_lock. *rc: SQLite's word where it comes to that. */
static norn_status open_locked(norni_side *d, bool make, int *rc, norn_err *err) {
    if (!norni_file_id_get(d->path, &d->id)) {
        if (!make) return NORN_OK;
        NORN_TRY(make_database(d, err));
        if (!norni_file_id_get(d->path, &d->id))
            return norn_fail(err, NORN_E_IO, "cache: %s is gone", d->path);
    }
    NORN_TRY(check_file(d->path, err));
    *rc = open_file(d->path, &d->db);
    if (*rc == SQLITE_OK) *rc = look_over(d);
    return NORN_OK;
}

static bool is_damage(int rc) {
    const int plain = rc & 0xff;
    return plain == SQLITE_CORRUPT || plain == SQLITE_NOTADB || plain == SQLITE_FORMAT;
}

static norn_status put_aside(const norni_side *d, norni_file_id id, norn_err *err) {
    char aside[PATH_MAX];
    norni_file_id now;
    int fd = -1;
    NORN_TRY(norni_cache_lock(d->path, &fd, err));
    norn_status st = NORN_OK;
    if (norni_file_id_get(d->path, &now) && norni_file_id_is(now, id))
        st = norni_cache_put_aside(d->path, aside, sizeof aside, err);
    norni_cache_unlock(fd);
    if (st == NORN_OK)
        (void)norn_fail(err, NORN_E_IO,
                        "cache: %s was damaged; it is put aside (.corrupt-N) and begun anew",
                        d->path);
    return st;
}

norni_keep_end norni_side_leave(norni_side *d, int rc, norn_err *err) {
    norni_keep_end end = NORNI_KEEP_DONE;
    const norni_file_id id = d->id;
    if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE) {
        (void)pthread_mutex_unlock(&d->lock);
        return NORNI_KEEP_DONE;
    }
    end = is_damage(rc) ? NORNI_KEEP_ANEW : NORNI_KEEP_FAILED;
    (void)norn_fail(err, NORN_E_IO, "cache: %s: %s", d->path, sqlite3_errstr(rc));
    if (end == NORNI_KEEP_FAILED) norni_side_rest(d);
    norni_side_close(d);
    (void)pthread_mutex_unlock(&d->lock);
    if (end == NORNI_KEEP_ANEW && put_aside(d, id, err) != NORN_OK) {
        (void)pthread_mutex_lock(&d->lock);
        norni_side_rest(d);
        (void)pthread_mutex_unlock(&d->lock);
        end = NORNI_KEEP_FAILED;
    }
    return end;
}

norni_keep_end norni_side_enter(norni_side *d, bool make, norn_err *err) {
    norni_file_id now;
    int fd = -1, rc = SQLITE_OK;
    (void)pthread_mutex_lock(&d->lock);
    if (d->rest_until > 0 && norni_clock_ns() < d->rest_until) {
        (void)pthread_mutex_unlock(&d->lock);
        return NORNI_KEEP_RESTING;
    }
    const bool there = norni_file_id_get(d->path, &now);
    if (d->db != NULL && (!there || !norni_file_id_is(now, d->id))) norni_side_close(d);
    if (d->db != NULL) return NORNI_KEEP_DONE;
    if (!there && !make) {
        (void)pthread_mutex_unlock(&d->lock);
        return NORNI_KEEP_NONE;
    }
    norn_status st = there ? NORN_OK : norni_cache_dir_make(d->dir, err);
    if (st == NORN_OK) st = norni_cache_lock(d->path, &fd, err);
    if (st == NORN_OK) st = open_locked(d, make, &rc, err);
    if (fd >= 0) norni_cache_unlock(fd);
    if (st == NORN_OK && rc == SQLITE_OK && d->db != NULL) return NORNI_KEEP_DONE;
    if (st == NORN_OK && rc != SQLITE_OK) return norni_side_leave(d, rc, err);
    if (st != NORN_OK) norni_side_rest(d);
    (void)pthread_mutex_unlock(&d->lock);
    return st == NORN_OK ? NORNI_KEEP_NONE : NORNI_KEEP_FAILED;
}
