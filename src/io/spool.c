/* Bytes put aside: in memory while they are few, in a nameless temporary file when they are many. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static const char *folder(void) {
    const char *dir = getenv("TMPDIR");
    return dir && dir[0] ? dir : "/tmp";
}

static norn_status fail_spool(norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO,
                     "cannot put results aside in %s: %s; set TMPDIR to a folder with room",
                     folder(), strerror_r(code, text, sizeof text));
}

void norni_spool_init(norni_spool *s, const norn_alloc *alloc, size_t keep) {
    *s = (norni_spool){.keep = keep, .fd = -1};
    norni_buf_init(&s->head, alloc);
}

norn_status norni_temp_open(int *fd, norn_err *err) {
    char name[PATH_MAX];
    *fd = open(folder(), O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (*fd >= 0) return NORN_OK;
    norni_format(name, sizeof name, "%s/norn-XXXXXX", folder());
    *fd = mkostemp(name, O_CLOEXEC);
    if (*fd < 0) return fail_spool(err, errno);
    (void)unlink(name);
    return NORN_OK;
}

norn_status norni_temp_keep(int fd, const char *name, char *out, size_t size, norn_err *err) {
    char link[32], path[PATH_MAX];
    const int length = (int)strnlen(name, 100);
    norni_format(link, sizeof link, "/proc/self/fd/%d", fd);
    for (unsigned k = 0; k < 100; k++) {
        const int serial = (int)getpid();
        norni_format(path, sizeof path, "%s/norn-kept-%d-%u-%.*s", folder(), serial, k, length,
                     name);
        if (linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) {
            norni_format(out, size, "%s", path);
            return NORN_OK;
        }
        if (errno != EEXIST) break;
    }
    return fail_spool(err, errno);
}

static norn_status write_out(norni_spool *s, const char *p, size_t n, norn_err *err) {
    for (size_t done = 0; done < n;) {
        const ssize_t wrote = write(s->fd, p + done, n - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return fail_spool(err, errno);
        done += (size_t)wrote;
        s->n_file += (uint64_t)wrote;
    }
    return NORN_OK;
}

norn_status norni_spool_add(norni_spool *s, const void *p, size_t n, norn_err *err) {
    if (s->head.n > 0 && n > s->keep - (s->head.n < s->keep ? s->head.n : s->keep)) {
        if (s->fd < 0) NORN_TRY(norni_temp_open(&s->fd, err));
        NORN_TRY(write_out(s, s->head.p, s->head.n, err));
        s->head.n = 0;
    }
    norni_buf_add(&s->head, p, n);
    return s->head.failed ? norni_alloc_fail(err, "results put aside", n, 1) : NORN_OK;
}

norn_status norni_spool_read(const norni_spool *s, uint64_t at, void *to, size_t n, norn_err *err) {
    char *out = to;
    while (n > 0 && at < s->n_file) {
        const uint64_t left = s->n_file - at;
        const size_t want = left < n ? (size_t)left : n;
        const ssize_t got = pread(s->fd, out, want, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail_spool(err, got < 0 ? errno : EIO);
        out += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    if (n > 0) memcpy(out, s->head.p + (at - s->n_file), n);
    return NORN_OK;
}

void norni_spool_clear(norni_spool *s) {
    if (s->head.alloc == NULL) return;
    norni_buf_clear(&s->head);
    if (s->fd >= 0) (void)close(s->fd);
    *s = (norni_spool){.fd = -1};
}
