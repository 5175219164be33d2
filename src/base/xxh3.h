/* XXH3 with seed 0 in 64 and 128 bits, for builds without libxxhash; equal to it bit by bit. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XXH3_H
#define NORNI_XXH3_H

#include "base/hash.h"

uint64_t norni_xxh3_64(const void *p, size_t n);
norni_hash128 norni_xxh3_128(const void *p, size_t n);

enum { NORNI_XXH3_BUFFER = 256 };
/* The 128-bit hash over pieces. */
typedef struct norni_xxh3 {
    uint64_t lane[8], n, n_held, in_block;
    unsigned char buffer[NORNI_XXH3_BUFFER];
} norni_xxh3;
void norni_xxh3_init(norni_xxh3 *s);
void norni_xxh3_add(norni_xxh3 *s, const void *p, size_t n);
norni_hash128 norni_xxh3_get(const norni_xxh3 *s);

#endif
