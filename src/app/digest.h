/* The digest of a run: its items' hashes in the order of their ids' bytes, in bounded memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_DIGEST_H
#define NORNI_DIGEST_H

#include "base/hash.h"
#include "io/spool.h"

typedef struct norni_digest {
    const norn_alloc *alloc;
    size_t n_hashes;   /* of each id */
    size_t keep;       /* bytes held in memory before they are sorted and put aside */
    norni_buf records; /* u32 length, id, hashes */
    norni_spool spool; /* sorted runs */
    uint64_t *run;     /* (n_runs + 1) where each begins in the spool */
    size_t n_runs, cap_runs;
    norni_hash_stream stream; /* of everything, while the ids come in order */
    norni_buf last;           /* the last id */
    bool any, in_order;
} norni_digest;

/* keep 0: 8 MiB. */
void norni_digest_init(norni_digest *d, const norn_alloc *alloc, size_t n_hashes, size_t keep);
/* One id, distinct from the others, and its n_hashes hashes. */
NORN_CHECKED norn_status norni_digest_add(norni_digest *d, norni_str id, const norni_hash128 *hash,
                                          norn_err *err);
/* Whether `id` lies behind every id added so far, as far as that is known without looking them up. */
bool norni_digest_is_next(const norni_digest *d, norni_str id);
/* Calls fn for every id added so far, in no order. */
typedef norn_status (*norni_digest_id_fn)(void *arg, norni_str id, norn_err *err);
NORN_CHECKED norn_status norni_digest_each(const norni_digest *d, norni_digest_id_fn fn, void *arg,
                                           norn_err *err);
NORN_CHECKED norn_status norni_digest_get(norni_digest *d, norni_hash128 *out, norn_err *err);
void norni_digest_clear(norni_digest *d);

#endif
