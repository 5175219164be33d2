/* Where the cache's database lies: its folder, its file made whole before it has its name, a damaged one put aside. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ASIDE_KEPT = 3, LOCK_TRIES = 100, LOCK_PAUSE_NS = 20000000 };

norn_status norni_cache_dir(const char *dir, norni_buf *out, norn_err *err) {
    const char *more = "";
    if (dir == NULL) dir = getenv("NORN_CACHE_DIR");
    if (dir == NULL || dir[0] == '\0') {
        dir = getenv("XDG_CACHE_HOME"); /* a relative one is to be passed over: XDG's own rule */
        more = "/norn";
        if (dir == NULL || dir[0] != '/') {
            dir = getenv("HOME");
            more = "/.cache/norn";
        }
        if (dir == NULL || dir[0] != '/')
            return norn_fail(err, NORN_E_IO,
                             "cache: neither NORN_CACHE_DIR, XDG_CACHE_HOME nor HOME names a "
                             "folder; give --cache-dir DIR");
    }
    norni_buf_text(out, dir);
    norni_buf_text(out, more);
    norni_buf_add(out, "", 1);
    if (out->failed) return norni_alloc_fail(err, "cache", strlen(dir) + strlen(more) + 1, 1);
    if (out->n > PATH_MAX - 64)
        return norn_fail(err, NORN_E_IO, "cache: the folder's name is longer than %d bytes",
                         PATH_MAX - 64);
    return NORN_OK;
}

static norn_status fail_dir(const char *dir, const char *what, norn_err *err) {
    char why[64];
    return norn_fail(err, NORN_E_IO, "cache: %s %s: %s; give another folder with --cache-dir", what,
                     dir, strerror_r(errno, why, sizeof why));
}

norn_status norni_cache_dir_make(const char *dir, norn_err *err) {
    char part[PATH_MAX];
    struct stat st;
    if (stat(dir, &st) != 0) {
        const size_t n = norni_format(part, sizeof part, "%s", dir);
        for (size_t i = 1; i <= n; i++) {
            if (part[i] != '/' && part[i] != '\0') continue;
            const char c = part[i];
            part[i] = '\0';
            if (mkdir(part, 0700) != 0 && errno != EEXIST && stat(part, &st) != 0)
                return fail_dir(dir, "cannot make the folder", err);
            part[i] = c;
        }
        if (stat(dir, &st) != 0) return fail_dir(dir, "cannot make the folder", err);
    }
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return fail_dir(dir, "cannot use", err);
    }
    if (access(dir, R_OK | W_OK | X_OK) != 0) return fail_dir(dir, "cannot write in", err);
    return NORN_OK;
}

bool norni_file_id_get(const char *path, norni_file_id *out) {
    struct stat st;
    if (lstat(path, &st) != 0) return false;
    *out = (norni_file_id){st.st_dev, st.st_ino};
    return true;
}

static norn_status fail_file(const char *what, const char *path, int why, norn_err *err) {
    char text[64];
    return norn_fail(err, NORN_E_IO, "cache: cannot %s %s: %s", what, path,
                     strerror_r(why, text, sizeof text));
}

norn_status norni_cache_lock(const char *path, int *fd, norn_err *err) {
    char name[PATH_MAX];
    norni_format(name, sizeof name, "%s.lock", path);
    *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0) return fail_file("open", name, errno, err);
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return NORN_OK;
        const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
        (void)nanosleep(&pause, NULL);
    }
    (void)close(*fd);
    return fail_file("lock", name, ETIMEDOUT, err);
}

void norni_cache_unlock(int fd) {
    (void)close(fd);
}

/* What belongs to a database by its name. */
static const char *const belongs[] = {"", "-wal", "-shm", "-journal"};
enum { N_BELONGS = sizeof belongs / sizeof belongs[0] };

/* The file is closed before it gets the database's name: closing any descriptor of a file drops all of a process' POSIX
 * locks on it, SQLite's among them. */
norn_status norni_cache_temp(const char *path, char *temp, size_t size, norn_err *err) {
    char name[PATH_MAX];
    for (size_t i = 0; i < N_BELONGS; i++) { /* of one that was killed here */
        norni_format(name, sizeof name, "%s.new%s", path, belongs[i]);
        (void)unlink(name);
    }
    norni_format(temp, size, "%s.new", path);
    const int fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return fail_file("make", temp, errno, err);
    (void)close(fd);
    return NORN_OK;
}

norn_status norni_cache_place(const char *temp, const char *path, norn_err *err) {
    char name[PATH_MAX];
    for (size_t i = 1; i < N_BELONGS; i++) { /* a log without its database: not of the new one */
        norni_format(name, sizeof name, "%s%s", path, belongs[i]);
        (void)unlink(name);
    }
    return rename(temp, path) == 0 ? NORN_OK : fail_file("make", path, errno, err);
}

/* Renames a database and what belongs to it; 0, or errno. */
static int rename_all(const char *from, const char *to) {
    char a[PATH_MAX], b[PATH_MAX];
    int why = 0;
    for (size_t i = 0; i < N_BELONGS; i++) {
        norni_format(a, sizeof a, "%s%s", from, belongs[i]);
        norni_format(b, sizeof b, "%s%s", to, belongs[i]);
        (void)unlink(b); /* of an older one */
        if (rename(a, b) != 0 && errno != ENOENT) why = errno;
    }
    return why;
}

norn_status norni_cache_put_aside(const char *path, char *aside, size_t size, norn_err *err) {
    char older[PATH_MAX], newer[PATH_MAX];
    int n = 1;
    for (; n <= ASIDE_KEPT; n++) {
        norni_format(newer, sizeof newer, "%s.corrupt-%d", path, n);
        if (access(newer, F_OK) != 0) break;
    }
    for (int i = 1; n > ASIDE_KEPT && i < ASIDE_KEPT; i++) { /* the oldest goes */
        norni_format(older, sizeof older, "%s.corrupt-%d", path, i);
        norni_format(newer, sizeof newer, "%s.corrupt-%d", path, i + 1);
        (void)rename_all(newer, older);
    }
    norni_format(aside, size, "%s.corrupt-%d", path, n > ASIDE_KEPT ? ASIDE_KEPT : n);
    const int why = rename_all(path, aside);
    return why == 0 ? NORN_OK : fail_file("put aside", path, why, err);
}
