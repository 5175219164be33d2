/* A zip file written as a stream: small parts stored, large ones deflated as they come. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_PACK_H
#define NORNI_XLSX_PACK_H

#include <zlib.h>

#include "io/writer.h"

enum { NORNI_PACK_MOST_PARTS = 8 };
/* Bytes of a part, and of the archive, that fit without zip64. */
#define NORNI_PACK_MOST_BYTES ((UINT64_C(4) << 30) - (1 << 20))

typedef struct norni_pack_part {
    const char *name; /* borrowed */
    uint32_t crc, n_raw, n_packed, at;
    uint16_t method, flags;
} norni_pack_part;

/* Must not move while a part is open. */
typedef struct norni_pack {
    norni_out out;
    norni_pack_part part[NORNI_PACK_MOST_PARTS];
    size_t n_parts;
    uint64_t at; /* bytes of the archive so far */
    z_stream z;
    uint64_t n_raw; /* of the open part */
    uint32_t crc;
    bool open;
} norni_pack;

NORN_CHECKED norn_status norni_pack_open(norni_pack *p, const norn_alloc *alloc, const char *path,
                                         norn_err *err);
NORN_CHECKED norn_status norni_pack_store(norni_pack *p, const char *name, norni_str bytes,
                                          norn_err *err);
/* A part in pieces: begin, add, end. NORN_E_LIMIT beyond NORNI_PACK_MOST_BYTES. */
NORN_CHECKED norn_status norni_pack_begin(norni_pack *p, const char *name, norn_err *err);
NORN_CHECKED norn_status norni_pack_add(norni_pack *p, const char *bytes, size_t n, norn_err *err);
NORN_CHECKED norn_status norni_pack_end(norni_pack *p, norn_err *err);
/* Writes the list of parts and commits (partial: norni_out_commit_partial). Nothing is left open. */
NORN_CHECKED norn_status norni_pack_commit(norni_pack *p, bool partial, norn_err *err);
void norni_pack_abort(norni_pack *p);

#endif
