/* Where the cache's database lies: its folder, its file made whole before it has its name, a damaged one put aside. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_FILES_H
#define NORNI_CACHE_FILES_H

#include <sys/types.h>

#include "base/str.h"

/* Which file stands under a name. */
typedef struct norni_file_id {
    dev_t dev;
    ino_t ino;
} norni_file_id;

/* The folder that `dir` (or NULL) means, appended to *out with its end (NUL). NORN_E_IO: neither HOME nor another word on it. */
NORN_CHECKED norn_status norni_cache_dir(const char *dir, norni_buf *out, norn_err *err);
/* Makes it and its parents with 0700. */
NORN_CHECKED norn_status norni_cache_dir_make(const char *dir, norn_err *err);
/* False: there is no such file. */
bool norni_file_id_get(const char *path, norni_file_id *out);
static inline bool norni_file_id_is(norni_file_id a, norni_file_id b) {
    return a.dev == b.dev && a.ino == b.ino;
}
/* Held while the database is opened, made or put aside, by one process and thread at a time; it waits 2 s at most. A
 * descriptor for norni_cache_unlock. */
NORN_CHECKED norn_status norni_cache_lock(const char *path, int *fd, norn_err *err);
void norni_cache_unlock(int fd);
/* The next three under the lock. An empty file of mode 0600 to make the database in: path.new, whose name goes to temp (size). */
NORN_CHECKED norn_status norni_cache_temp(const char *path, char *temp, size_t size, norn_err *err);
/* Gives it the name `path`. */
NORN_CHECKED norn_status norni_cache_place(const char *temp, const char *path, norn_err *err);
/* Renames the damaged database `path` to path.corrupt-<n>, with what belongs to it; the last three are kept. aside (size) gets
 * the name. */
NORN_CHECKED norn_status norni_cache_put_aside(const char *path, char *aside, size_t size,
                                               norn_err *err);

#endif
