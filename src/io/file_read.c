/* A whole file in memory, read in parallel into pages of its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/csv_scan.h"

#define READ_BLOCK ((size_t)8 << 20)

typedef struct read_job {
    int fd;
    char *to;
    size_t n;
} read_job;

static norn_status fail_read(norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot read: %s", strerror_r(code, text, sizeof text));
}

static norn_status read_block(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    const read_job *job = arg;
    const size_t end = (item + 1) * READ_BLOCK < job->n ? (item + 1) * READ_BLOCK : job->n;
    for (size_t at = item * READ_BLOCK; at < end;) {
        const ssize_t got = pread(job->fd, job->to + at, end - at, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_read(err, errno);
        if (got == 0)
            return norn_fail(err, NORN_E_IO,
                             "cannot read: the file became shorter while it was read");
        at += (size_t)got;
    }
    return NORN_OK;
}

/* A pipe: nobody knows its length. */
static norn_status read_stream(norn_ctx *ctx, int fd, char **bytes, size_t *n, size_t *cap,
                               norn_err *err) {
    *cap = (size_t)1 << 16;
    *n = 0;
    *bytes = norni_alloc_get(&ctx->alloc, *cap, 1);
    while (*bytes != NULL) {
        if (*cap - *n <= NORNI_CSV_PAD) {
            const size_t more = *cap > SIZE_MAX / 2 ? 0 : 2 * *cap;
            char *grown = more ? norni_alloc_resize(&ctx->alloc, *bytes, *cap, more, 1) : NULL;
            if (grown == NULL) break;
            *bytes = grown;
            *cap = more;
        }
        const ssize_t got = read(fd, *bytes + *n, *cap - *n - NORNI_CSV_PAD);
        if (got < 0 && errno == EINTR && !norn_ctx_cancelled(ctx)) continue;
        if (got == 0) {
            memset(*bytes + *n, 0, NORNI_CSV_PAD);
            return NORN_OK;
        }
        if (got < 0) {
            const int code = errno;
            norni_alloc_drop(&ctx->alloc, *bytes, *cap, 1);
            *bytes = NULL;
            return code == EINTR ? norn_fail(err, NORN_E_CANCEL, "cancelled")
                                 : fail_read(err, code);
        }
        *n += (size_t)got;
    }
    norni_alloc_drop(&ctx->alloc, *bytes, *cap, 1);
    *bytes = NULL;
    return norni_alloc_fail(err, "input", *cap, 2);
}

static norn_status read_open(norn_ctx *ctx, int fd, char **bytes, size_t *n, size_t *cap,
                             norn_err *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_read(err, errno);
    if (S_ISDIR(st.st_mode)) return fail_read(err, EISDIR);
    if (!S_ISREG(st.st_mode) || st.st_size == 0) return read_stream(ctx, fd, bytes, n, cap, err);
    *n = (size_t)st.st_size;
    *cap = *n + NORNI_CSV_PAD;
    *bytes = norni_alloc_get(&ctx->alloc, *cap, 1);
    if (*bytes == NULL) return norni_alloc_fail(err, "input", *cap, 1);
    read_job job = {fd, *bytes, *n};
    const norn_status result =
        norni_for(ctx, NULL, (*n - 1) / READ_BLOCK + 1, read_block, &job, NULL, err);
    if (result != NORN_OK) {
        norni_alloc_drop(&ctx->alloc, *bytes, *cap, 1);
        *bytes = NULL;
        return result;
    }
    memset(*bytes + *n, 0, NORNI_CSV_PAD);
    return NORN_OK;
}

norn_status norni_file_read(norn_ctx *ctx, const char *path, char **bytes, size_t *n, size_t *cap,
                            norn_err *err) {
    *bytes = NULL;
    if (strcmp(path, "-") == 0) return read_open(ctx, STDIN_FILENO, bytes, n, cap, err);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_read(err, errno);
    const norn_status st = read_open(ctx, fd, bytes, n, cap, err);
    close(fd);
    return st;
}
