/* Where uploads wait: folders of mode 0700, known by name and lock, so that a killed server's are swept by the next. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A folder has the first name until its lock is held. */
#define FRESH "norn-http-new-"
#define READY "norn-http-"

enum { MOST_DEPTH = 8, FRESH_SECONDS = 3600 };

static void remove_below(int parent, const char *name, int depth) {
    const int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL && fd >= 0) (void)close(fd);
    for (struct dirent *e = NULL; d != NULL && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        if (unlinkat(fd, e->d_name, 0) != 0 && depth < MOST_DEPTH)
            remove_below(fd, e->d_name, depth + 1);
    }
    if (d != NULL) (void)closedir(d);
    (void)unlinkat(parent, name, AT_REMOVEDIR);
}

void http_spool_remove(int parent, const char *name) {
    remove_below(parent, name, 0);
}

/* Whether no living server holds the folder. */
static bool is_stale(int parent, const char *name) {
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISDIR(st.st_mode) ||
        st.st_uid != geteuid())
        return false;
    if (strncmp(name, FRESH, strlen(FRESH)) == 0) return st.st_mtime + FRESH_SECONDS < time(NULL);
    const int dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int lock = dir >= 0 ? openat(dir, "lock", O_RDWR | O_NOFOLLOW | O_CLOEXEC) : -1;
    const bool stale = dir >= 0 && (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) == 0);
    if (lock >= 0) (void)close(lock);
    if (dir >= 0) (void)close(dir);
    return stale;
}

static void sweep(const char *dir) {
    DIR *d = opendir(dir);
    for (struct dirent *e = NULL; d != NULL && (e = readdir(d)) != NULL;)
        if (strncmp(e->d_name, READY, strlen(READY)) == 0 && is_stale(dirfd(d), e->d_name))
            http_spool_remove(dirfd(d), e->d_name);
    if (d != NULL) (void)closedir(d);
}

static norn_status fail_folder(norn_err *err, const char *dir) {
    char why[128];
    return norn_fail(err, NORN_E_IO,
                     "server: cannot keep uploads in %s: %s; give another folder in TMPDIR", dir,
                     strerror_r(errno, why, sizeof why));
}

norn_status http_spool_open(http_spool *s, const char *dir, norn_err *err) {
    s->fd = s->lock = -1;
    if (dir == NULL) dir = getenv("TMPDIR");
    if (dir == NULL || dir[0] == '\0') dir = "/tmp";
    if (strlen(dir) + 64 > sizeof s->path) {
        errno = ENAMETOOLONG;
        return fail_folder(err, "the folder given");
    }
    sweep(dir);
    char fresh[PATH_MAX];
    norni_format(fresh, sizeof fresh, "%s/" FRESH "XXXXXX", dir);
    if (mkdtemp(fresh) == NULL) return fail_folder(err, dir);
    s->fd = open(fresh, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (s->fd >= 0)
        s->lock = openat(s->fd, "lock", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    norni_format(s->path, sizeof s->path, "%s/" READY "%s", dir, fresh + strlen(fresh) - 6);
    if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) != 0 || rename(fresh, s->path) != 0) {
        const norn_status st = fail_folder(err, dir);
        norni_format(s->path, sizeof s->path, "%s", fresh);
        http_spool_close(s);
        return st;
    }
    return NORN_OK;
}

void http_spool_close(http_spool *s) {
    if (s->fd < 0) return;
    http_spool_remove(AT_FDCWD, s->path);
    if (s->lock >= 0) (void)close(s->lock);
    (void)close(s->fd);
    s->fd = s->lock = -1;
}
