/* XXH3: hashes of bytes, and the 128-bit digest that proves equal results. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_HASH_H
#define NORNI_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct norni_hash128 {
    uint64_t hi, lo;
} norni_hash128;

uint64_t norni_hash64(const void *p, size_t n);
norni_hash128 norni_hash_128(const void *p, size_t n);
/* The same hash over pieces that come one after the other. */
typedef struct norni_hash_stream {
    _Alignas(64) unsigned char state[640];
} norni_hash_stream;
void norni_hash_stream_init(norni_hash_stream *s);
void norni_hash_stream_add(norni_hash_stream *s, const void *p, size_t n);
norni_hash128 norni_hash_stream_get(const norni_hash_stream *s);
/* "xxh3:" and 32 lower-case hex digits, NUL-terminated: 38 bytes. */
enum { NORNI_DIGEST_TEXT = 38 };
void norni_hash_text(norni_hash128 h, char out[NORNI_DIGEST_TEXT]);

#endif
