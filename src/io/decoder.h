/* gzip and Zstandard: reading as a stream, writing block by block. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_DECODER_H
#define NORNI_DECODER_H

#include "base/ctx.h"
#include "base/str.h"

typedef enum norni_codec { NORNI_CODEC_NONE, NORNI_CODEC_GZIP, NORNI_CODEC_ZSTD } norni_codec;

/* By the first bytes of a file. */
norni_codec norni_codec_of(const unsigned char *head, size_t n);
/* By a name's ending (.gz, .zst); *n_stem: length of the name without it. */
norni_codec norni_codec_of_name(const char *path, size_t *n_stem);

/* Gives up to cap bytes; *got 0 = the end. */
typedef norn_status (*norni_read_fn)(void *arg, char *to, size_t cap, size_t *got, norn_err *err);

typedef struct norni_decoder norni_decoder;
/* Decodes what `read` gives; members and frames that follow each other are one text. */
NORN_CHECKED norn_status norni_decoder_open(norn_ctx *ctx, norni_codec codec, norni_read_fn read,
                                            void *arg, norni_decoder **out, norn_err *err);
NORN_CHECKED norn_status norni_decoder_read(norni_decoder *d, char *to, size_t cap, size_t *got,
                                            norn_err *err);
void norni_decoder_close(norni_decoder *d); /* NULL is legal */

/* Appends `n` bytes as one gzip member or one Zstandard frame, so that blocks compressed in parallel
 * and written in order are one valid file. NONE copies. */
NORN_CHECKED norn_status norni_encode(norni_codec codec, const char *p, size_t n, norni_buf *out,
                                      norn_err *err);

#endif
