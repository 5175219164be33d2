/* Output that is whole or absent: files written beside their name and renamed, stdout as a stream;
 * CSV fields. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/numtext.h"
#include "io/s3_client.h"
#include "io/spool.h"

static const char *shown(const norni_out *o) {
    return o->path ? o->path : "standard output";
}

static norn_status fail_errno(norn_err *err, const char *what, const char *path, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot %s %s: %s", what, path,
                     strerror_r(code, text, sizeof text));
}

/* The bytes of head and tail as one text; NULL when memory is out. */
static char *join_path(const norn_alloc *alloc, const char *head, size_t n, const char *tail) {
    char *p = norni_alloc_get(alloc, n + strlen(tail) + 1, 1);
    if (p != NULL) {
        memcpy(p, head, n);
        memcpy(p + n, tail, strlen(tail) + 1);
    }
    return p;
}

static void forget(norni_out *o) {
    norni_buf_clear(&o->buf);
    norni_buf_clear(&o->packed);
    if (o->path) norni_alloc_drop(o->alloc, o->path, strlen(o->path) + 1, 1);
    if (o->temp) norni_alloc_drop(o->alloc, o->temp, strlen(o->temp) + 1, 1);
    o->path = o->temp = NULL;
    o->fd = -1;
}

/* Makes a new file in o->path's folder. Its mode comes from the umask, as any new file's; asking
 * for the umask would mean setting it, for every thread. The name does not grow with the target's,
 * so that it fits wherever the target's does. */
static norn_status name_temp(norni_out *o, norn_err *err) {
    const char *slash = strrchr(o->path, '/');
    const size_t folder = slash ? (size_t)(slash - o->path) + 1 : 0;
    char link[32];
    norni_format(link, sizeof link, "/proc/self/fd/%d", o->fd);
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        struct timespec now;
        char name[64];
        (void)clock_gettime(CLOCK_REALTIME, &now);
        norni_format(name, sizeof name, ".norn-%x-%x-%x.tmp", (unsigned)getpid(),
                     (unsigned)now.tv_nsec, attempt);
        o->temp = join_path(o->alloc, o->path, folder, name);
        if (o->temp == NULL) return norni_alloc_fail(err, "output", folder + sizeof name, 1);
        if (o->nameless) {
            if (linkat(AT_FDCWD, link, AT_FDCWD, o->temp, AT_SYMLINK_FOLLOW) == 0) return NORN_OK;
        } else {
            o->fd = open(o->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
            if (o->fd >= 0) return NORN_OK;
        }
        const int code = errno;
        norni_alloc_drop(o->alloc, o->temp, strlen(o->temp) + 1, 1);
        o->temp = NULL;
        if (code != EEXIST) return fail_errno(err, "write", o->path, code);
    }
    return fail_errno(err, "write", o->path, EEXIST);
}

/* A file without a name where the system has such (a killed process then leaves nothing behind), else
 * one with a temporary name. */
static norn_status open_temp(norni_out *o, norn_err *err) {
    char folder[PATH_MAX];
    const char *slash = strrchr(o->path, '/');
    const size_t n = slash ? (size_t)(slash - o->path) + 1 : 0;
    if (n + 2 <= sizeof folder && access("/proc/self/fd", X_OK) == 0) {
        memcpy(folder, n ? o->path : ".", n ? n : 1);
        folder[n ? n : 1] = '\0';
        o->fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
        o->nameless = o->fd >= 0;
        if (o->nameless) return NORN_OK;
    }
    return name_temp(o, err);
}

/* An object of S3 is a file without a name until it is sent. */
static norn_status open_remote(norni_out *o, const char *url, norn_err *err) {
    o->path = join_path(o->alloc, url, strlen(url), "");
    if (o->path == NULL) return norni_alloc_fail(err, "output", strlen(url), 1);
    o->remote = true;
    return norni_temp_open(&o->fd, err);
}

/* What cannot be sent is kept here, and the error says where. */
static norn_status send_remote(norni_out *o, norn_err *err) {
    norn_err why, kept;
    char place[PATH_MAX];
    const char *name = strrchr(o->path, '/');
    const norn_status st = norni_s3_send(o->alloc, NULL, o->fd, o->path, &why);
    if (st == NORN_OK) return NORN_OK;
    if (norni_temp_keep(o->fd, name + 1, place, sizeof place, &kept) != NORN_OK)
        return norn_fail(err, st, "cannot write %s: %s", o->path, why.text);
    return norn_fail(err, st, "cannot write %s (kept as %s): %s", o->path, place, why.text);
}

/* Fills path, temp and fd for the file named `path`. */
static norn_status open_file(norni_out *o, const char *path, norn_err *err) {
    char real[PATH_MAX];
    struct stat st;
    if (norni_is_s3(path)) return open_remote(o, path, err);
    const bool exists = stat(path, &st) == 0;
    if (!exists && errno != ENOENT) return fail_errno(err, "write", path, errno);
    if (exists && S_ISDIR(st.st_mode)) return fail_errno(err, "write", path, EISDIR);
    if (exists && access(path, W_OK) != 0)
        return fail_errno(err, "write", path, errno); /* a rename would not ask */
    const bool whole =
        !exists || S_ISREG(st.st_mode); /* a device or a pipe cannot be renamed over */
    if (exists && whole && realpath(path, real) != NULL) path = real; /* a link stays a link */
    o->path = join_path(o->alloc, path, strlen(path), "");
    if (o->path == NULL) return norni_alloc_fail(err, "output", strlen(path), 1);
    if (!whole) {
        o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return o->fd >= 0 ? NORN_OK : fail_errno(err, "write", path, errno);
    }
    NORN_TRY(open_temp(o, err));
    if (exists) (void)fchmod(o->fd, st.st_mode & 0777);
    return NORN_OK;
}

norn_status norni_out_open(norni_out *o, const norn_alloc *alloc, const char *path, norn_err *err) {
    *o = (norni_out){.fd = STDOUT_FILENO, .alloc = alloc};
    size_t n_stem;
    norni_buf_init(&o->buf, alloc);
    norni_buf_init(&o->packed, alloc);
    o->codec = norni_codec_of_name(path, &n_stem);
    if (path == NULL || strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0) return NORN_OK;
    o->fd = -1;
    const norn_status st = open_file(o, path, err);
    if (st != NORN_OK) forget(o);
    return st;
}

static norn_status write_all(norni_out *o, const char *p, size_t n, norn_err *err) {
    for (size_t done = 0; done < n;) {
        const ssize_t wrote = write(o->fd, p + done, n - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return fail_errno(err, "write", shown(o), errno);
        done += (size_t)wrote;
    }
    return NORN_OK;
}

norn_status norni_out_flush(norni_out *o, size_t least, norn_err *err) {
    if (o->buf.failed) return norni_alloc_fail(err, "output", o->buf.cap, 2);
    if (o->buf.n < least || o->buf.n == 0) return NORN_OK;
    const norni_buf *from = &o->buf;
    if (o->codec != NORNI_CODEC_NONE) {
        o->packed.n = 0;
        NORN_TRY(norni_encode(o->codec, o->buf.p, o->buf.n, &o->packed, err));
        from = &o->packed;
    }
    NORN_TRY(write_all(o, from->p, from->n, err));
    o->buf.n = 0;
    return NORN_OK;
}

norn_status norni_out_packed(norni_out *o, const char *p, size_t n, norn_err *err) {
    NORN_TRY(norni_out_flush(o, 0, err));
    return write_all(o, p, n, err);
}

/* Gives the nameless file the output's name: at once where it is free, else by way of a temporary one,
 * since a link never replaces. */
static norn_status name_file(norni_out *o, norn_err *err) {
    char link[32];
    if (o->nameless) {
        norni_format(link, sizeof link, "/proc/self/fd/%d", o->fd);
        if (linkat(AT_FDCWD, link, AT_FDCWD, o->path, AT_SYMLINK_FOLLOW) == 0) return NORN_OK;
        if (errno != EEXIST) return fail_errno(err, "write", shown(o), errno);
        NORN_TRY(name_temp(o, err));
    }
    if (o->temp != NULL && rename(o->temp, o->path) != 0)
        return fail_errno(err, "write", shown(o), errno);
    return NORN_OK;
}

norn_status norni_out_commit(norni_out *o, norn_err *err) {
    const bool whole = o->temp != NULL || o->nameless;
    norn_status st = norni_out_flush(o, 0, err);
    /* EINVAL: a file system that cannot sync */
    if (st == NORN_OK && whole && fsync(o->fd) != 0 && errno != EINVAL)
        st = fail_errno(err, "write", shown(o), errno);
    if (st == NORN_OK && whole) st = name_file(o, err);
    if (st == NORN_OK && o->remote) st = send_remote(o, err);
    if (st == NORN_OK && o->temp != NULL) { /* renamed: nothing to remove */
        norni_alloc_drop(o->alloc, o->temp, strlen(o->temp) + 1, 1);
        o->temp = NULL;
    }
    if (o->path != NULL && close(o->fd) != 0 && st == NORN_OK)
        st = fail_errno(err, "write", shown(o), errno);
    if (o->path != NULL) o->fd = -1;
    if (st != NORN_OK) {
        norni_out_abort(o);
        return st;
    }
    forget(o);
    return NORN_OK;
}

norn_status norni_out_commit_partial(norni_out *o, norn_err *err) {
    if (o->path != NULL && (o->temp != NULL || o->nameless || o->remote)) {
        char *path = join_path(o->alloc, o->path, strlen(o->path), ".partial");
        if (path == NULL) return norni_alloc_fail(err, "output", strlen(o->path), 1);
        norni_alloc_drop(o->alloc, o->path, strlen(o->path) + 1, 1);
        o->path = path;
    }
    return norni_out_commit(o, err);
}

void norni_out_abort(norni_out *o) {
    if (o->path != NULL && o->fd >= 0) (void)close(o->fd);
    if (o->temp != NULL) (void)unlink(o->temp);
    if (o->alloc != NULL) forget(o);
}

norn_status norni_folder_make(const char *path, const char *part, norn_err *err) {
    char why[128];
    if (norni_is_s3(path) || mkdir(path, 0777) == 0 || errno == EEXIST) return NORN_OK;
    return norn_fail(err, NORN_E_IO, "%s: cannot make the folder %s: %s", part, path,
                     strerror_r(errno, why, sizeof why));
}

/* Spreadsheets run what begins like a formula; a number never does. */
static bool looks_like_formula(norni_str s) {
    double x;
    if (s.n == 0 || memchr("=+-@\t\r", s.p[0], 6) == NULL) return false;
    return norni_num_parse(s.p, s.n, &x) != NORNI_NUM_OK;
}

void norni_csv_text(norni_buf *b, norni_str s, bool escape) {
    const bool formula = escape && looks_like_formula(s);
    bool quote = s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
    for (size_t i = 0; i < s.n && !quote; i++)
        quote = s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
    if (!quote) {
        if (formula) norni_buf_text(b, "'");
        norni_buf_add(b, s.p, s.n);
        return;
    }
    norni_buf_text(b, formula ? "\"'" : "\"");
    for (size_t from = 0; from < s.n;) {
        const char *q = memchr(s.p + from, '"', s.n - from);
        const size_t to = q ? (size_t)(q - s.p) + 1 : s.n;
        norni_buf_add(b, s.p + from, to - from);
        if (q) norni_buf_text(b, "\"");
        from = to;
    }
    norni_buf_text(b, "\"");
}

void norni_csv_num(norni_buf *b, double x) {
    if (isfinite(x)) norni_buf_num(b, x);
}
