/* A set of 64-bit hashes: was this one seen before? */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SEEN_H
#define NORNI_SEEN_H

#include "base/alloc.h"

typedef struct norni_seen {
    const norn_alloc *alloc;
    uint64_t *slot; /* (n_slots), a power of two; 0 = empty */
    size_t n, n_slots;
} norni_seen;

void norni_seen_init(norni_seen *s, const norn_alloc *alloc);
/* Adds the hash; *before: it was there. */
NORN_CHECKED norn_status norni_seen_add(norni_seen *s, uint64_t hash, bool *before, norn_err *err);
void norni_seen_clear(norni_seen *s);

#endif
