/* The zip container of a workbook: entries by name, inflated bytes counted against bombs. */
/* SPDX-License-Identifier: Apache-2.0 */
/* libzip reads the archive through a source of ours, so that what an entry inflates to is weighed
 * against the archive bytes really read for it while it is read: a bomb is refused after its first
 * MiB, whatever its headers say. libzip takes its own memory from malloc (about 300 bytes an entry
 * and 64 KiB for an open one); it offers no hook. */
#include "io/xlsx_zip.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The end record, its comment of at most 64 KiB behind it, the zip64 locator before it. */
enum { END_BYTES = 22, LOCATOR_BYTES = 20, END64_BYTES = 56, TAIL_BYTES = 65535 + 42 };

static norn_status fail_io(norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot read: %s", strerror_r(code, text, sizeof text));
}

static int64_t read_at(norni_zip *z, uint64_t at, void *to, uint64_t n) {
    if (at >= z->size) return 0;
    if (n > z->size - at) n = z->size - at;
    if (z->bytes != NULL) {
        memcpy(to, z->bytes + at, (size_t)n);
        return (int64_t)n;
    }
    for (;;) {
        const ssize_t got = pread(z->fd, to, (size_t)n, (off_t)at);
        if (got >= 0) return got;
        if (errno == EINTR) continue;
        z->io_error = errno;
        return -1;
    }
}

static zip_int64_t serve_read(norni_zip *z, void *data, zip_uint64_t n) {
    const int64_t got = read_at(z, z->at, data, n);
    if (got < 0) {
        zip_error_set(&z->error, ZIP_ER_READ, z->io_error);
        return -1;
    }
    z->at += (uint64_t)got;
    z->n_read += (uint64_t)got;
    return got;
}

/* libzip's view of the archive. */
static zip_int64_t serve(void *user, void *data, zip_uint64_t n, zip_source_cmd_t command) {
    norni_zip *z = user;
    switch ((int)command) {
        case ZIP_SOURCE_OPEN: z->at = 0; return 0;
        case ZIP_SOURCE_READ: return serve_read(z, data, n);
        case ZIP_SOURCE_TELL: return (zip_int64_t)z->at;
        case ZIP_SOURCE_ERROR: return zip_error_to_data(&z->error, data, n);
        case ZIP_SOURCE_CLOSE:
        case ZIP_SOURCE_FREE: return 0;
        case ZIP_SOURCE_STAT: {
            zip_stat_t *st = data;
            if (n < sizeof *st) break;
            zip_stat_init(st);
            st->size = z->size;
            st->valid = ZIP_STAT_SIZE;
            return (zip_int64_t)sizeof *st;
        }
        case ZIP_SOURCE_SEEK: {
            const zip_int64_t to =
                zip_source_seek_compute_offset(z->at, z->size, data, n, &z->error);
            if (to < 0) return -1;
            z->at = (uint64_t)to;
            return 0;
        }
        case ZIP_SOURCE_SUPPORTS:
            return zip_source_make_command_bitmap(
                ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
                ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK, ZIP_SOURCE_TELL, -1);
        default: break;
    }
    zip_error_set(&z->error, ZIP_ER_OPNOTSUPP, 0);
    return -1;
}

static uint64_t little_endian(const unsigned char *p, size_t n) {
    uint64_t x = 0;
    while (n-- > 0)
        x = x << 8 | p[n];
    return x;
}

/* The entries that the end record claims, before libzip makes room for them; 0: no end record. */
static uint64_t claimed_entries(norni_zip *z, const unsigned char *tail, size_t n) {
    if (n < END_BYTES) return 0;
    for (size_t i = n - END_BYTES + 1; i-- > 0;) {
        if (memcmp(tail + i, "PK\5\6", 4) != 0) continue;
        unsigned char end64[END64_BYTES];
        if (i >= LOCATOR_BYTES && memcmp(tail + i - LOCATOR_BYTES, "PK\6\7", 4) == 0) {
            const uint64_t at = little_endian(tail + i - LOCATOR_BYTES + 8, 8);
            if (read_at(z, at, end64, sizeof end64) == END64_BYTES &&
                memcmp(end64, "PK\6\6", 4) == 0)
                return little_endian(end64 + 32, 8);
        }
        return little_endian(tail + i + 10, 2);
    }
    return 0;
}

static norn_status fail_entries(norn_err *err) {
    return norn_fail(err, NORN_E_LIMIT, "xlsx: the file holds more than %d parts",
                     (int)NORNI_ZIP_MOST_ENTRIES);
}

/* What the first and the last bytes tell. */
static norn_status check_archive(norni_zip *z, norn_err *err) {
    static const unsigned char ole[4] = {0xD0, 0xCF, 0x11, 0xE0};
    unsigned char head[4] = {0};
    if (z->size == 0) return norn_fail(err, NORN_E_FORMAT, "xlsx: the file is empty");
    if (read_at(z, 0, head, sizeof head) < 0) return fail_io(err, z->io_error);
    if (memcmp(head, ole, sizeof ole) == 0) {
        return norn_fail(err, NORN_E_FORMAT,
                         "xlsx: this is an old .xls workbook or one with a password; save as .xlsx "
                         "without a password");
    }
    const uint64_t n = z->size < TAIL_BYTES ? z->size : TAIL_BYTES;
    unsigned char *tail = norni_alloc_get(&z->ctx->alloc, (size_t)n, 1);
    if (tail == NULL) return norni_alloc_fail(err, "xlsx", (size_t)n, 1);
    const int64_t got = read_at(z, z->size - n, tail, n);
    const uint64_t claimed = got == (int64_t)n ? claimed_entries(z, tail, (size_t)n) : 0;
    norni_alloc_drop(&z->ctx->alloc, tail, (size_t)n, 1);
    if (got < 0) return fail_io(err, z->io_error);
    return claimed > NORNI_ZIP_MOST_ENTRIES ? fail_entries(err) : NORN_OK;
}

static norn_status fail_open(const norni_zip *z, zip_error_t *error, norn_err *err) {
    const int code = zip_error_code_zip(error);
    if (code == ZIP_ER_MEMORY) return norn_fail(err, NORN_E_MEM, "xlsx: out of memory");
    if (code == ZIP_ER_READ && z->io_error != 0) return fail_io(err, z->io_error);
    return norn_fail(err, NORN_E_FORMAT,
                     "xlsx: this is no whole workbook (a zip file that ends early, or none): %s",
                     zip_error_strerror(error));
}

static norn_status open_zip(norni_zip *z, norn_err *err) {
    NORN_TRY(check_archive(z, err));
    zip_error_t error;
    zip_error_init(&error);
    norn_status st = NORN_OK;
    zip_source_t *source = zip_source_function_create(serve, z, &error);
    if (source != NULL) z->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (z->zip == NULL) {
        st = fail_open(z, &error, err);
        zip_source_free(source);
    } else if (zip_get_num_entries(z->zip, 0) > NORNI_ZIP_MOST_ENTRIES) {
        st = fail_entries(err);
    }
    zip_error_fini(&error);
    return st;
}

norn_status norni_zip_open_bytes(norni_zip *z, norn_ctx *ctx, const void *bytes, size_t n,
                                 norn_err *err) {
    *z = (norni_zip){.ctx = ctx, .bytes = bytes ? bytes : (const void *)"", .fd = -1, .size = n};
    zip_error_init(&z->error);
    const norn_status st = open_zip(z, err);
    if (st != NORN_OK) norni_zip_close(z);
    return st;
}

norn_status norni_zip_open(norni_zip *z, norn_ctx *ctx, const char *path, norn_err *err) {
    *z = (norni_zip){.ctx = ctx, .fd = -1};
    zip_error_init(&z->error);
    struct stat file;
    /* not blocking: the name may be a pipe's */
    z->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (z->fd < 0) return fail_io(err, errno);
    norn_status st = NORN_OK;
    if (fstat(z->fd, &file) != 0)
        st = fail_io(err, errno);
    else if (S_ISDIR(file.st_mode))
        st = fail_io(err, EISDIR);
    else if (!S_ISREG(file.st_mode))
        st = norn_fail(err, NORN_E_ARG, "xlsx: a workbook is read from a regular file only");
    if (st == NORN_OK) {
        z->size = (uint64_t)file.st_size;
        st = open_zip(z, err);
    }
    if (st != NORN_OK) norni_zip_close(z);
    return st;
}

void norni_zip_close(norni_zip *z) {
    if (z->zip != NULL) zip_discard(z->zip);
    if (z->bytes == NULL && z->ctx != NULL && z->fd >= 0) (void)close(z->fd);
    if (z->ctx != NULL) zip_error_fini(&z->error);
    *z = (norni_zip){.fd = -1};
}

static zip_int64_t locate(const norni_zip *z, const char *name) {
    const zip_int64_t exact = zip_name_locate(z->zip, name, 0);
    return exact >= 0 ? exact : zip_name_locate(z->zip, name, ZIP_FL_NOCASE);
}

bool norni_zip_has(const norni_zip *z, const char *name) {
    return locate(z, name) >= 0;
}

norn_status norni_zip_entry_open(norni_zip *z, const char *name, norni_zip_entry *out,
                                 norn_err *err) {
    *out = (norni_zip_entry){.zip = z, .name = name};
    const zip_int64_t i = locate(z, name);
    if (i < 0) return norn_fail(err, NORN_E_FORMAT, "xlsx: the workbook lacks its part %s", name);
    zip_stat_t st;
    zip_stat_init(&st);
    if (zip_stat_index(z->zip, (zip_uint64_t)i, 0, &st) != 0)
        return norn_fail(err, NORN_E_FORMAT, "xlsx: %s: %s", name, zip_strerror(z->zip));
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && st.encryption_method != ZIP_EM_NONE) {
        return norn_fail(err, NORN_E_FORMAT,
                         "xlsx: %s is encrypted; save the workbook without a password", name);
    }
    /* other methods are not OOXML's, and some ask for a dictionary of any size */
    if ((st.valid & ZIP_STAT_COMP_METHOD) == 0 ||
        (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE)) {
        return norn_fail(err, NORN_E_FORMAT, "xlsx: %s is neither stored nor deflated", name);
    }
    out->file = zip_fopen_index(z->zip, (zip_uint64_t)i, 0);
    if (out->file == NULL) {
        if (z->io_error != 0) return fail_io(err, z->io_error);
        return norn_fail(err, NORN_E_FORMAT, "xlsx: %s: %s", name, zip_strerror(z->zip));
    }
    out->read_before = z->n_read;
    return NORN_OK;
}

static norn_status check_inflated(const norni_zip_entry *e, norn_err *err) {
    const uint64_t read = e->zip->n_read - e->read_before,
                   most = NORNI_ZIP_FREE_BYTES + NORNI_ZIP_MOST_RATIO * read;
    if (e->n_inflated > most) {
        return norn_fail(err, NORN_E_LIMIT,
                         "xlsx: %s grows to more than %d times its compressed size; refused as a "
                         "zip bomb",
                         e->name, (int)NORNI_ZIP_MOST_RATIO);
    }
    if (e->zip->n_inflated > NORNI_ZIP_MOST_BYTES) {
        return norn_fail(err, NORN_E_LIMIT,
                         "xlsx: the workbook inflates to more than 4 GiB; save the sheet as CSV");
    }
    return NORN_OK;
}

norn_status norni_zip_entry_read(norni_zip_entry *e, char *to, size_t cap, size_t *got,
                                 norn_err *err) {
    *got = 0;
    const zip_int64_t n = zip_fread(e->file, to, cap);
    if (n < 0) {
        if (e->zip->io_error != 0) return fail_io(err, e->zip->io_error);
        return norn_fail(err, NORN_E_FORMAT, "xlsx: %s is damaged: %s", e->name,
                         zip_file_strerror(e->file));
    }
    *got = (size_t)n;
    e->n_inflated += (uint64_t)n;
    e->zip->n_inflated += (uint64_t)n;
    return check_inflated(e, err);
}

void norni_zip_entry_close(norni_zip_entry *e) {
    if (e->file != NULL) (void)zip_fclose(e->file);
    *e = (norni_zip_entry){0};
}
