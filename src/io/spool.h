/* Bytes put aside: in memory while they are few, in a nameless temporary file when they are many. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SPOOL_H
#define NORNI_SPOOL_H

#include "base/str.h"

typedef struct norni_spool {
    norni_buf head; /* not yet in the file */
    size_t keep;    /* bytes the head may hold */
    uint64_t n_file;
    int fd; /* -1: no file yet */
} norni_spool;

void norni_spool_init(norni_spool *s, const norn_alloc *alloc, size_t keep);
/* NORN_E_IO names the folder (TMPDIR, else /tmp) and the remedy. */
NORN_CHECKED norn_status norni_spool_add(norni_spool *s, const void *p, size_t n, norn_err *err);
static inline uint64_t norni_spool_size(const norni_spool *s) {
    return s->n_file + s->head.n;
}
/* n bytes from `at`; all of them must have been added. */
NORN_CHECKED norn_status norni_spool_read(const norni_spool *s, uint64_t at, void *to, size_t n,
                                          norn_err *err);
void norni_spool_clear(norni_spool *s);

/* A file without a name in TMPDIR (else /tmp), open for reading and writing; the caller closes it. */
NORN_CHECKED norn_status norni_temp_open(int *fd, norn_err *err);
/* Gives such a file a name there that ends in `name`; out (size): its path. NORN_E_IO: the file system
 * has no nameless files. */
NORN_CHECKED norn_status norni_temp_keep(int fd, const char *name, char *out, size_t size,
                                         norn_err *err);

#endif
