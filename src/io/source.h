/* Where input bytes come from: a file, a pipe, memory, compressed or not, or a workbook's sheet. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SOURCE_H
#define NORNI_SOURCE_H

#include "base/ctx.h"
#include "base/hash.h"
#include "base/str.h"

typedef struct norni_source norni_source;

typedef struct norni_source_opt {
    const char *sheet; /* of a workbook; NULL: the first visible one */
    /* Bytes of a pipe that are kept, so that a second pass is possible when the pipe is no longer
     * than that; 0 = 64 MiB. */
    size_t keep_bytes;
} norni_source_opt;

/* Opens `path` ("-" = standard input, s3://bucket/key = an object, fetched); gzip, Zstandard and xlsx are told by their first bytes.
 * NORN_E_IO, NORN_E_FORMAT. *out is the caller's (norni_source_close). */
NORN_CHECKED norn_status norni_source_open(norn_ctx *ctx, const char *path,
                                           const norni_source_opt *opt, norni_source **out,
                                           norn_err *err);
/* The same over bytes in memory, borrowed until it is closed. */
NORN_CHECKED norn_status norni_source_bytes(norn_ctx *ctx, const void *bytes, size_t n,
                                            const norni_source_opt *opt, norni_source **out,
                                            norn_err *err);
/* Up to cap bytes; *got 0: the end. At the end of a file that changed meanwhile: NORN_E_IO. */
NORN_CHECKED norn_status norni_source_read(norni_source *s, char *to, size_t cap, size_t *got,
                                           norn_err *err);
/* All bytes of a source, unpacked, behind what the buffer holds. NORN_E_LIMIT: more than `most`. */
NORN_CHECKED norn_status norni_source_all(norn_ctx *ctx, const char *path, size_t most,
                                          norni_buf *out, norn_err *err);
/* Back to the first byte; NORN_E_LIMIT when a pipe was too long to be kept. */
NORN_CHECKED norn_status norni_source_rewind(norni_source *s, norn_err *err);
bool norni_source_can_rewind(const norni_source *s);
/* The text is a table of 0x1F and 0x1E (csv_marks.h). */
bool norni_source_is_table(const norni_source *s);
/* Name of the workbook's k-th sheet that holds cells (NULL: there are no more), and of the one that is read;
 * valid until the source is rewound or closed. */
const char *norni_source_sheet(const norni_source *s, size_t k);
const char *norni_source_sheet_read(const norni_source *s);
/* Share of the raw bytes read so far, in [0,1], or -1 when their number is unknown. */
double norni_source_share(const norni_source *s);
/* Bytes of the file or of memory, or 0 when unknown. */
uint64_t norni_source_size(const norni_source *s);
void norni_source_close(norni_source *s); /* NULL is legal */

/* A descriptor of a file, or of an object of S3 that is fetched; the caller closes it. */
NORN_CHECKED norn_status norni_path_open(norn_ctx *ctx, const char *path, int *fd, norn_err *err);
/* Size and XXH3-128 of a file's bytes as they lie on the disk. */
NORN_CHECKED norn_status norni_file_hash(norn_ctx *ctx, const char *path, uint64_t *size,
                                         norni_hash128 *hash, norn_err *err);

#endif
