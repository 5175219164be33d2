/* Where input bytes come from: a file, a pipe, memory, compressed or not, or a workbook's sheet. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Two layers: raw bytes (a descriptor, what was kept of a pipe, or memory), and a decoder over them.
 * A regular file is read, not mapped: a mapped file that is cut while it is read kills the process,
 * a read one is an error. */
#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/decoder.h"
#include "io/s3_client.h"
#include "io/xlsx_read.h"

enum { KEEP_BYTES = 64 << 20, FIRST_BLOCK = 1 << 16 };

struct norni_source {
    norn_ctx *ctx;
    int fd; /* -1: memory alone */
    bool regular, closes, pipe_over;
    struct stat before;
    const char *memory; /* borrowed bytes, or the kept part of a pipe */
    size_t n_memory, at_memory;
    char *kept; /* own block behind `memory`, or NULL */
    size_t cap_kept;
    uint64_t n_raw;
    bool raw_over;
    norni_decoder *decoder; /* NULL: plain */
    norni_xlsx *book;       /* NULL: no workbook */
    const char *path;
    char fetched[32]; /* path of an object of S3: its temporary file has no name */
    norni_source_opt opt;
};

static norn_status fail_read(norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot read: %s", strerror_r(code, text, sizeof text));
}

/* read() until something comes, the end, or the context is cancelled. */
static norn_status read_some(norni_source *s, char *to, size_t cap, size_t *got, norn_err *err) {
    for (;;) {
        if (norn_ctx_cancelled(s->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        const ssize_t n = read(s->fd, to, cap);
        if (n >= 0) {
            *got = (size_t)n;
            return NORN_OK;
        }
        if (errno != EINTR) return fail_read(err, errno);
    }
}

static norn_status check_unchanged(const norni_source *s, norn_err *err) {
    struct stat now;
    if (!s->regular) return NORN_OK;
    if (fstat(s->fd, &now) != 0) return fail_read(err, errno);
    const bool same = now.st_size == s->before.st_size &&
                      now.st_mtim.tv_sec == s->before.st_mtim.tv_sec &&
                      now.st_mtim.tv_nsec == s->before.st_mtim.tv_nsec;
    if (same && s->n_raw == (uint64_t)now.st_size) return NORN_OK;
    return norn_fail(
        err, NORN_E_IO,
        "the file changed while it was read (%llu bytes at first, %llu now); run again "
        "when nobody writes to it",
        (unsigned long long)s->before.st_size, (unsigned long long)now.st_size);
}

/* The raw layer: a norni_decoder's source, too. */
static norn_status read_raw(void *arg, char *to, size_t cap, size_t *got, norn_err *err) {
    norni_source *s = arg;
    *got = 0;
    if (s->at_memory < s->n_memory) {
        const size_t left = s->n_memory - s->at_memory;
        *got = left < cap ? left : cap;
        memcpy(to, s->memory + s->at_memory, *got);
        s->at_memory += *got;
    } else if (s->fd >= 0 && !s->pipe_over && !s->raw_over) {
        if (s->kept != NULL) { /* a long pipe: what was kept is used up, and no way leads back */
            norni_alloc_drop(&s->ctx->alloc, s->kept, s->cap_kept, 1);
            s->kept = NULL;
            s->memory = NULL;
            s->n_memory = s->at_memory = 0;
        }
        NORN_TRY(read_some(s, to, cap, got, err));
        if (*got == 0) {
            NORN_TRY(check_unchanged(s, err));
            s->raw_over = true;
        }
    }
    s->n_raw += *got;
    return NORN_OK;
}

/* Reads a pipe's beginning into memory: all of it, when it is short enough. */
static norn_status keep_pipe(norni_source *s, size_t most, norn_err *err) {
    s->cap_kept = FIRST_BLOCK;
    s->kept = norni_alloc_get(&s->ctx->alloc, s->cap_kept, 1);
    if (s->kept == NULL) return norni_alloc_fail(err, "input", s->cap_kept, 1);
    while (s->n_memory < most) {
        size_t got = 0;
        if (s->n_memory == s->cap_kept) {
            const size_t more = s->cap_kept > most / 2 ? most : 2 * s->cap_kept;
            char *grown = norni_alloc_resize(&s->ctx->alloc, s->kept, s->cap_kept, more, 1);
            if (grown == NULL) return norni_alloc_fail(err, "input", more, 1);
            s->kept = grown;
            s->cap_kept = more;
        }
        NORN_TRY(read_some(s, s->kept + s->n_memory, s->cap_kept - s->n_memory, &got, err));
        if (got == 0) {
            s->pipe_over = true;
            break;
        }
        s->n_memory += got;
    }
    s->memory = s->kept;
    return NORN_OK;
}

norn_status norni_path_open(norn_ctx *ctx, const char *path, int *fd, norn_err *err) {
    if (norni_is_s3(path)) {
        const norni_poll poll = norni_ctx_poll(ctx);
        return norni_s3_fetch(&ctx->alloc, &poll, path, fd, err);
    }
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return *fd >= 0 ? NORN_OK : fail_read(err, errno);
}

static norn_status open_descriptor(norni_source *s, const char *path, norn_err *err) {
    if (strcmp(path, "-") == 0) {
        s->fd = STDIN_FILENO;
    } else {
        NORN_TRY(norni_path_open(s->ctx, path, &s->fd, err));
        s->closes = true;
        if (norni_is_s3(path)) {
            norni_format(s->fetched, sizeof s->fetched, "/proc/self/fd/%d", s->fd);
            s->path = s->fetched;
        }
    }
    if (fstat(s->fd, &s->before) != 0) return fail_read(err, errno);
    if (S_ISDIR(s->before.st_mode)) return fail_read(err, EISDIR);
    /* Files of /proc say they are empty; standard input may have been read from already. */
    s->regular =
        S_ISREG(s->before.st_mode) && s->before.st_size > 0 && lseek(s->fd, 0, SEEK_CUR) == 0;
    if (!s->regular) return keep_pipe(s, s->opt.keep_bytes ? s->opt.keep_bytes : KEEP_BYTES, err);
    (void)posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return NORN_OK;
}

/* The first bytes tell the format. */
static norn_status open_decoder(norni_source *s, norn_err *err) {
    unsigned char head[8] = {0};
    size_t n = 0;
    if (s->memory != NULL) {
        n = s->n_memory < sizeof head ? s->n_memory : sizeof head;
        memcpy(head, s->memory, n);
    } else if (s->regular) {
        ssize_t got = 1;
        while (got != 0 && n < sizeof head) {
            got = pread(s->fd, head + n, sizeof head - n, (off_t)n);
            if (got < 0 && errno != EINTR) return fail_read(err, errno);
            if (got > 0) n += (size_t)got;
        }
    }
    static const unsigned char zip[4] = {'P', 'K', 3, 4}, ole[4] = {0xD0, 0xCF, 0x11, 0xE0};
    if (n >= 4 && (memcmp(head, zip, 4) == 0 || memcmp(head, ole, 4) == 0)) {
        if (s->memory == NULL) return norni_xlsx_open(s->ctx, s->path, s->opt.sheet, &s->book, err);
        if (s->fd >= 0 && !s->pipe_over) {
            return norn_fail(
                err, NORN_E_LIMIT,
                "the workbook on standard input is longer than %zu bytes; give it as a "
                "file",
                s->n_memory);
        }
        return norni_xlsx_open_bytes(s->ctx, s->memory, s->n_memory, s->opt.sheet, &s->book, err);
    }
    const norni_codec codec = norni_codec_of(head, n);
    if (codec == NORNI_CODEC_NONE) return NORN_OK;
    return norni_decoder_open(s->ctx, codec, read_raw, s, &s->decoder, err);
}

static norn_status open_any(norn_ctx *ctx, const char *path, const void *bytes, size_t n,
                            const norni_source_opt *opt, norni_source **out, norn_err *err) {
    norn_status st = NORN_OK;
    *out = NULL;
    norni_source *s = norni_alloc_zero(&ctx->alloc, 1, sizeof *s);
    if (s == NULL) return norni_alloc_fail(err, "input", 1, sizeof *s);
    s->ctx = ctx;
    s->fd = -1;
    s->path = path;
    if (opt != NULL) s->opt = *opt;
    if (path != NULL) {
        st = open_descriptor(s, path, err);
    } else {
        s->memory = bytes ? bytes : "";
        s->n_memory = n;
    }
    if (st == NORN_OK) st = open_decoder(s, err);
    if (st != NORN_OK) {
        norni_source_close(s);
        return st;
    }
    *out = s;
    return NORN_OK;
}

norn_status norni_source_open(norn_ctx *ctx, const char *path, const norni_source_opt *opt,
                              norni_source **out, norn_err *err) {
    return open_any(ctx, path, NULL, 0, opt, out, err);
}

norn_status norni_source_bytes(norn_ctx *ctx, const void *bytes, size_t n,
                               const norni_source_opt *opt, norni_source **out, norn_err *err) {
    return open_any(ctx, NULL, bytes, n, opt, out, err);
}

norn_status norni_source_read(norni_source *s, char *to, size_t cap, size_t *got, norn_err *err) {
    if (s->book != NULL) return norni_xlsx_text(s->book, to, cap, got, err);
    if (s->decoder != NULL) return norni_decoder_read(s->decoder, to, cap, got, err);
    return read_raw(s, to, cap, got, err);
}

bool norni_source_can_rewind(const norni_source *s) {
    return s->fd < 0 || s->regular || (s->pipe_over && s->memory != NULL);
}

norn_status norni_source_rewind(norni_source *s, norn_err *err) {
    if (!norni_source_can_rewind(s)) {
        return norn_fail(err, NORN_E_LIMIT,
                         "a pipe of this length can be read only once; give the data as a file");
    }
    if (s->regular && lseek(s->fd, 0, SEEK_SET) != 0) return fail_read(err, errno);
    s->at_memory = 0;
    s->n_raw = 0;
    s->raw_over = false;
    norni_decoder_close(s->decoder);
    norni_xlsx_close(s->book);
    s->decoder = NULL;
    s->book = NULL;
    return open_decoder(s, err);
}

bool norni_source_is_table(const norni_source *s) {
    return s->book != NULL;
}

const char *norni_source_sheet(const norni_source *s, size_t k) {
    return norni_xlsx_name(s->book, k);
}

const char *norni_source_sheet_read(const norni_source *s) {
    return norni_xlsx_chosen(s->book);
}

uint64_t norni_source_size(const norni_source *s) {
    if (s->regular) return (uint64_t)s->before.st_size;
    return s->fd < 0 || s->pipe_over ? s->n_memory : 0;
}

double norni_source_share(const norni_source *s) {
    const uint64_t size = norni_source_size(s);
    if (size == 0 || s->book != NULL) return -1;
    return s->n_raw >= size ? 1 : (double)s->n_raw / (double)size;
}

void norni_source_close(norni_source *s) {
    if (s == NULL) return;
    norn_ctx *ctx = s->ctx;
    norni_decoder_close(s->decoder);
    norni_xlsx_close(s->book);
    norni_alloc_drop(&ctx->alloc, s->kept, s->cap_kept, 1);
    if (s->closes) (void)close(s->fd);
    norni_alloc_drop(&ctx->alloc, s, 1, sizeof *s);
}

norn_status norni_file_hash(norn_ctx *ctx, const char *path, uint64_t *size, norni_hash128 *hash,
                            norn_err *err) {
    const size_t step = (size_t)1 << 20;
    norni_hash_stream h;
    *size = 0;
    int fd = -1;
    NORN_TRY(norni_path_open(ctx, path, &fd, err));
    char *block = norni_alloc_get(&ctx->alloc, step, 1);
    norn_status st = block ? NORN_OK : norni_alloc_fail(err, "input", step, 1);
    norni_hash_stream_init(&h);
    while (st == NORN_OK) {
        const ssize_t n = read(fd, block, step);
        if (norn_ctx_cancelled(ctx)) st = norn_fail(err, NORN_E_CANCEL, "cancelled");
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) st = fail_read(err, errno);
        if (n <= 0) break;
        norni_hash_stream_add(&h, block, (size_t)n);
        *size += (uint64_t)n;
    }
    *hash = norni_hash_stream_get(&h);
    norni_alloc_drop(&ctx->alloc, block, step, 1);
    (void)close(fd);
    return st;
}

norn_status norni_source_all(norn_ctx *ctx, const char *path, size_t most, norni_buf *out,
                             norn_err *err) {
    enum { PART = 1 << 18 };
    const norni_source_opt opt = {.sheet = NULL};
    const size_t begin = out->n;
    norni_source *s = NULL;
    size_t got = 1;
    norn_status st = norni_source_open(ctx, path, &opt, &s, err);
    while (st == NORN_OK && got > 0 && out->n - begin <= most && norni_buf_reserve(out, PART)) {
        st = norni_source_read(s, out->p + out->n, PART, &got, err);
        if (st == NORN_OK) out->n += got;
    }
    norni_source_close(s);
    NORN_TRY(st);
    if (out->failed) return norni_alloc_fail(err, "file", out->cap, 2);
    if (out->n - begin > most) return norn_fail(err, NORN_E_LIMIT, "more than %zu MiB", most >> 20);
    return NORN_OK;
}
