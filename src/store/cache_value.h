/* A kept value as bytes: packed, checked when it comes back, good in a folder and in Redis alike. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_VALUE_H
#define NORNI_CACHE_VALUE_H

#include <stdatomic.h>

#include "store/cache.h"

/* version byte, i64 when it was made, i64 plain bytes, XXH3-128 over key and all the rest (version, time, size, plain
 * bytes), then a zstd frame. Numbers little-endian. */
enum {
    NORNI_CACHE_VERSION = 1,
    NORNI_CACHE_HEAD = 1 + 8 + 8 + 16,
    NORNI_CACHE_VALUE_MOST = 256 << 20 /* plain bytes */
};

/* How a call to the folder or to Redis ended. */
typedef enum norni_keep_end {
    NORNI_KEEP_DONE,
    NORNI_KEEP_NONE,    /* there is no such thing, or it is too large to be kept */
    NORNI_KEEP_RESTING, /* failed a moment ago: not asked */
    NORNI_KEEP_FAILED,  /* *err says why */
    NORNI_KEEP_ANEW     /* was damaged, was put aside (*err says where): begun anew */
} norni_keep_end;

/* zstd's contexts, kept from one value to the next; each is taken by one thread at a time. */
typedef struct norni_cache_coder {
    _Atomic(void *) packer, unpacker;
} norni_cache_coder;
void norni_cache_coder_clear(norni_cache_coder *c);

/* Appends the value's bytes to *blob; false: it is too large, or memory is out. */
bool norni_cache_value_pack(norni_cache_coder *c, const norni_cache_key *key, int64_t made,
                            norni_str plain, norni_buf *blob);
/* Appends the plain bytes to *value; false: these bytes are not what was packed under the key, or memory is out (*value is as
 * it was). */
bool norni_cache_value_unpack(norni_cache_coder *c, const norni_cache_key *key, norni_str blob,
                              int64_t *made, norni_buf *value);

#endif
