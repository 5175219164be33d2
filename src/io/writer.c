/* Output that is whole or absent: files written beside their name and renamed, stdout as a stream; CSV fields. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/numtext.h"

static const char *shown(const norni_out *o) { return o->path ? o->path : "standard output"; }

static norn_status fail_errno(norn_err *err, const char *what, const char *path, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot %s %s: %s", what, path, strerror_r(code, text, sizeof text));
}

static char *copy_path(const norn_alloc *alloc, const char *path, const char *tail, size_t *size) {
    *size = strlen(path) + strlen(tail) + 1;
    char *p = norni_alloc_get(alloc, *size, 1);
    if (p != NULL) {
        memcpy(p, path, strlen(path));
        memcpy(p + strlen(path), tail, strlen(tail) + 1);
    }
    return p;
}

static void forget(norni_out *o) {
    norni_buf_clear(&o->buf);
    if (o->path) norni_alloc_drop(o->alloc, o->path, strlen(o->path) + 1, 1);
    if (o->temp) norni_alloc_drop(o->alloc, o->temp, strlen(o->temp) + 1, 1);
    o->path = o->temp = NULL;
    o->fd = -1;
}

norn_status norni_out_open(norni_out *o, const norn_alloc *alloc, const char *path, norn_err *err) {
    struct stat st;
    size_t size;
    *o = (norni_out){.fd = STDOUT_FILENO, .alloc = alloc};
    norni_buf_init(&o->buf, alloc);
    if (path == NULL || strcmp(path, "-") == 0) return NORN_OK;
    o->fd = -1;
    const bool exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode)) return norn_fail(err, NORN_E_IO, "cannot write %s: it is a directory", path);
    o->path = copy_path(alloc, path, "", &size);
    if (o->path == NULL) return norni_alloc_fail(err, "output", size, 1);
    if (exists && !S_ISREG(st.st_mode)) { /* a device or a pipe cannot be renamed over */
        o->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        o->temp = copy_path(alloc, path, ".XXXXXX", &size);
        if (o->temp == NULL) {
            forget(o);
            return norni_alloc_fail(err, "output", size, 1);
        }
        o->fd = mkostemp(o->temp, O_CLOEXEC);
        if (o->fd >= 0) {
            const mode_t mask = umask(0);
            umask(mask);
            (void)fchmod(o->fd, exists ? st.st_mode & 07777 : 0666 & ~mask);
        }
    }
    if (o->fd >= 0) return NORN_OK;
    const int code = errno;
    forget(o);
    return fail_errno(err, "write", path, code);
}

norn_status norni_out_flush(norni_out *o, size_t least, norn_err *err) {
    if (o->buf.failed) return norni_alloc_fail(err, "output", o->buf.cap, 2);
    if (o->buf.n < least) return NORN_OK;
    for (size_t done = 0; done < o->buf.n;) {
        const ssize_t n = write(o->fd, o->buf.p + done, o->buf.n - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(err, "write", shown(o), errno);
        done += (size_t)n;
    }
    o->buf.n = 0;
    return NORN_OK;
}

norn_status norni_out_commit(norni_out *o, norn_err *err) {
    norn_status st = norni_out_flush(o, 0, err);
    if (st == NORN_OK && o->temp != NULL && fsync(o->fd) != 0) st = fail_errno(err, "write", shown(o), errno);
    if (o->path != NULL && close(o->fd) != 0 && st == NORN_OK) st = fail_errno(err, "write", shown(o), errno);
    if (o->path != NULL) o->fd = -1;
    if (st == NORN_OK && o->temp != NULL && rename(o->temp, o->path) != 0) st = fail_errno(err, "write", shown(o), errno);
    if (st != NORN_OK) {
        norni_out_abort(o);
        return st;
    }
    forget(o);
    return NORN_OK;
}

void norni_out_abort(norni_out *o) {
    if (o->path != NULL && o->fd >= 0) (void)close(o->fd);
    if (o->temp != NULL) (void)unlink(o->temp);
    if (o->alloc != NULL) forget(o);
}

/* Spreadsheets run what begins like a formula; a number never does. */
static bool looks_like_formula(norni_str s) {
    double x;
    if (s.n == 0 || memchr("=+-@\t\r", s.p[0], 6) == NULL) return false;
    return norni_num_parse(s.p, s.n, &x) != NORNI_NUM_OK;
}

void norni_csv_text(norni_buf *b, norni_str s) {
    const bool formula = looks_like_formula(s);
    bool quote = s.n > 0 && (s.p[0] == ' ' || s.p[s.n - 1] == ' ');
    for (size_t i = 0; i < s.n && !quote; i++) quote = s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
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
