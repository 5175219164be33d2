/* The zip container of a workbook: entries by name, inflated bytes counted against bombs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_ZIP_H
#define NORNI_XLSX_ZIP_H

#include <zip.h>

#include "base/ctx.h"
#include "base/str.h"

/* What a workbook may hold. No header's word is taken for any of it. */
enum {
    NORNI_ZIP_MOST_ENTRIES = 2000,
    NORNI_ZIP_MOST_RATIO = 100,     /* inflated bytes for each byte read from the archive ... */
    NORNI_ZIP_FREE_BYTES = 1 << 20, /* ... beyond the first of an entry */
};
#define NORNI_ZIP_MOST_BYTES (UINT64_C(4) << 30) /* inflated, of all entries together */

/* Must not move while open: libzip keeps a pointer to it. */
typedef struct norni_zip {
    norn_ctx *ctx;
    zip_t *zip;
    const unsigned char *bytes; /* borrowed; NULL: the file behind fd */
    int fd;
    uint64_t size, at;   /* of the archive */
    uint64_t n_read;     /* archive bytes read so far */
    uint64_t n_inflated; /* by all entries so far */
    int io_error;        /* errno of a failed read, or 0 */
    zip_error_t error;
} norni_zip;

typedef struct norni_zip_entry {
    norni_zip *zip;
    zip_file_t *file;
    const char *name;     /* borrowed, for messages */
    uint64_t read_before; /* zip->n_read when it was opened */
    uint64_t n_inflated;
} norni_zip_entry;

/* NORN_E_IO, NORN_E_FORMAT (no zip, a torn one, an old or encrypted workbook), NORN_E_LIMIT. After
 * an error nothing is left open. */
NORN_CHECKED norn_status norni_zip_open(norni_zip *z, norn_ctx *ctx, const char *path,
                                        norn_err *err);
NORN_CHECKED norn_status norni_zip_open_bytes(norni_zip *z, norn_ctx *ctx, const void *bytes,
                                              size_t n, norn_err *err);
void norni_zip_close(norni_zip *z); /* legal on a zeroed one */

bool norni_zip_has(const norni_zip *z, const char *name); /* ASCII letters in any case */
NORN_CHECKED norn_status norni_zip_entry_open(norni_zip *z, const char *name, norni_zip_entry *out,
                                              norn_err *err);
/* Up to cap bytes; *got 0: the end, checksum verified. */
NORN_CHECKED norn_status norni_zip_entry_read(norni_zip_entry *e, char *to, size_t cap, size_t *got,
                                              norn_err *err);
void norni_zip_entry_close(norni_zip_entry *e); /* legal on a zeroed one */

#endif
