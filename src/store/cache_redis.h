/* Values kept in Redis: asked within 200 ms, left alone for a while when it fails. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_REDIS_H
#define NORNI_CACHE_REDIS_H

#include "store/cache_value.h"

typedef struct norni_redis norni_redis;

enum { NORNI_REDIS_VALUE_MOST = 4 << 20 }; /* bytes; larger ones live in the folder alone */

/* `place` is host:port or [v6]:port; the first call connects. NORN_E_ARG: it is no place. */
NORN_CHECKED norn_status norni_redis_new(const norn_alloc *alloc, const char *place,
                                         norni_redis **out, norn_err *err);
void norni_redis_free(norni_redis *r);
/* In a forked child: the parent's connection is the parent's. */
void norni_redis_forget(norni_redis *r);

/* All are safe for many threads, one at a time. get appends at most NORNI_REDIS_VALUE_MOST + 1 bytes to *blob. */
norni_keep_end norni_redis_get(norni_redis *r, const norni_cache_key *key, norni_buf *blob,
                               norn_err *err);
norni_keep_end norni_redis_put(norni_redis *r, const norni_cache_key *key, norni_str blob,
                               int64_t seconds, norn_err *err);
/* Removes what Norn put there. */
norni_keep_end norni_redis_clear(norni_redis *r, uint64_t *removed, norn_err *err);
/* Whether it answered when last asked; asks when it never was. */
bool norni_redis_up(norni_redis *r);

#endif
