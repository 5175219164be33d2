/* How operations that keep results open the cache: rows, folder, Redis, where warnings go. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_DOOR_H
#define NORNI_CACHE_DOOR_H

#include "app/common.h"
#include "store/cache.h"

/* First member of the options of operations with these rows. */
typedef struct norni_cache_door_opt {
    norni_common_opt common;
    const char *cache_dir, *redis;
    norni_memsize cache_limit; /* share 0: bytes */
} norni_cache_door_opt;

extern const norni_param norni_cache_rows[];
extern const size_t norni_n_cache_rows;

/* What the cache is to be; NULL and 0: the usual. */
typedef struct norni_cache_door {
    const char *dir, *redis;
    uint64_t most_bytes;
    bool strict; /* a folder that cannot be used is an error, else a warning */
} norni_cache_door;

/* Warnings go through env->say, which must hold as long as the cache. NORN_E_ARG: --redis is no place. */
NORN_CHECKED norn_status norni_cache_door_open(const norni_op_env *env,
                                               const norni_cache_door *door, norni_cache **out,
                                               norn_err *err);

#endif
