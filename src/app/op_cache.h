/* The operation `cache`: what is kept between runs, and its end. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OP_CACHE_H
#define NORNI_OP_CACHE_H

#include "app/cache_door.h"

typedef struct norni_cache_op_opt {
    norni_cache_door_opt door;
    const char *what; /* stats or clear */
} norni_cache_op_opt;

/* Common rows that it refuses. */
#define NORNI_CACHE_UNLISTED                                                                  \
    "|threads|seed|format|summary|items|resume|plot|no-escape-formulas|retry-attempts|error-" \
    "threshold|chunk-size|cache|parallel|progress|memory-limit|"

NORN_CHECKED norn_status norni_op_cache(const norni_op_env *env, const void *opt,
                                        norni_op_result *out, norn_err *err);

#endif
