/* A whole file as text: mapped where it is a regular file, read where it is a stream. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/csv_scan.h"

static norn_status fail_read(norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot read: %s", strerror_r(code, text, sizeof text));
}

/* A pipe: nobody knows its length. */
static norn_status read_stream(norn_ctx *ctx, int fd, norni_text *out, norn_err *err) {
    *out = (norni_text){NULL, 0, (size_t)1 << 16, false};
    out->p = norni_alloc_get(&ctx->alloc, out->cap, 1);
    while (out->p != NULL) {
        if (out->cap - out->n <= NORNI_CSV_PAD) {
            const size_t more = out->cap > SIZE_MAX / 2 ? 0 : 2 * out->cap;
            char *grown = more ? norni_alloc_resize(&ctx->alloc, out->p, out->cap, more, 1) : NULL;
            if (grown == NULL) break;
            out->p = grown;
            out->cap = more;
        }
        const ssize_t got = read(fd, out->p + out->n, out->cap - out->n - NORNI_CSV_PAD);
        if (got < 0 && errno == EINTR && !norn_ctx_cancelled(ctx)) continue;
        if (got == 0) {
            memset(out->p + out->n, 0, NORNI_CSV_PAD);
            return NORN_OK;
        }
        if (got < 0) {
            const int code = errno;
            norni_text_clear(ctx, out);
            return code == EINTR ? norn_fail(err, NORN_E_CANCEL, "cancelled")
                                 : fail_read(err, code);
        }
        out->n += (size_t)got;
    }
    norn_status st = norni_alloc_fail(err, "input", out->cap, 2);
    norni_text_clear(ctx, out);
    return st;
}

/* The file's pages over a reserve of zero pages, so that reading behind the end is legal even where
 * the end fills its page. */
static norn_status map_file(int fd, size_t n, norni_text *out, norn_err *err) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (n > SIZE_MAX - 3 * page) return fail_read(err, EFBIG);
    const size_t cap = (n + NORNI_CSV_PAD + page - 1) / page * page;
    char *p = mmap(NULL, cap, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return fail_read(err, errno);
    if (mmap(p, n, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED) {
        const int code = errno;
        (void)munmap(p, cap);
        return fail_read(err, code);
    }
    (void)madvise(p, n, MADV_SEQUENTIAL);
    *out = (norni_text){p, n, cap, true};
    return NORN_OK;
}

static norn_status read_open(norn_ctx *ctx, int fd, norni_text *out, norn_err *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_read(err, errno);
    if (S_ISDIR(st.st_mode)) return fail_read(err, EISDIR);
    if (!S_ISREG(st.st_mode) || st.st_size == 0) return read_stream(ctx, fd, out, err);
    if (lseek(fd, 0, SEEK_CUR) != 0)
        return read_stream(ctx, fd, out, err); /* stdin, partly read already */
    return map_file(fd, (size_t)st.st_size, out, err);
}

norn_status norni_file_read(norn_ctx *ctx, const char *path, norni_text *out, norn_err *err) {
    memset(out, 0, sizeof *out);
    if (strcmp(path, "-") == 0) return read_open(ctx, STDIN_FILENO, out, err);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_read(err, errno);
    const norn_status st = read_open(ctx, fd, out, err);
    close(fd);
    return st;
}

void norni_text_clear(norn_ctx *ctx, norni_text *text) {
    if (text->p == NULL) return;
    if (text->mapped)
        (void)munmap(text->p, text->cap);
    else
        norni_alloc_drop(&ctx->alloc, text->p, text->cap, 1);
    memset(text, 0, sizeof *text);
}
