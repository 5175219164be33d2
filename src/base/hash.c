/* XXH3: hashes of bytes, and the 128-bit digest that proves equal results. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#ifdef NORNI_OWN_XXH3 /* the machine has no libxxhash: the Python package alone is built so */
#    include "base/xxh3.h"

uint64_t norni_hash64(const void *p, size_t n) {
    return norni_xxh3_64(p, n);
}

norni_hash128 norni_hash_128(const void *p, size_t n) {
    return norni_xxh3_128(p, n);
}

_Static_assert(sizeof(norni_xxh3) <= sizeof(norni_hash_stream), "the state must fit");

void norni_hash_stream_init(norni_hash_stream *s) {
    norni_xxh3_init((norni_xxh3 *)(void *)s->state);
}

void norni_hash_stream_add(norni_hash_stream *s, const void *p, size_t n) {
    norni_xxh3_add((norni_xxh3 *)(void *)s->state, p, n);
}

norni_hash128 norni_hash_stream_get(const norni_hash_stream *s) {
    return norni_xxh3_get((const norni_xxh3 *)(const void *)s->state);
}

#else
/* The library's header is compiled in, so that libnorn has no run-time dependency; its own code is
 * outside our warnings. */
#    pragma GCC diagnostic push
#    pragma GCC diagnostic ignored "-Wconversion"
#    pragma GCC diagnostic ignored "-Wcast-qual"
#    pragma GCC diagnostic ignored "-Wundef"
#    pragma GCC diagnostic ignored "-Wswitch-enum"
#    pragma GCC diagnostic ignored "-Wpedantic"
#    pragma GCC diagnostic ignored "-Wunused-function"
#    define XXH_INLINE_ALL
#    include <xxhash.h>
#    pragma GCC diagnostic pop

uint64_t norni_hash64(const void *p, size_t n) {
    return XXH3_64bits(p, n);
}

norni_hash128 norni_hash_128(const void *p, size_t n) {
    const XXH128_hash_t h = XXH3_128bits(p, n);
    return (norni_hash128){h.high64, h.low64};
}

_Static_assert(sizeof(XXH3_state_t) <= sizeof(norni_hash_stream), "the state must fit");

void norni_hash_stream_init(norni_hash_stream *s) {
    (void)XXH3_128bits_reset((XXH3_state_t *)(void *)s->state);
}

void norni_hash_stream_add(norni_hash_stream *s, const void *p, size_t n) {
    (void)XXH3_128bits_update((XXH3_state_t *)(void *)s->state, p, n);
}

norni_hash128 norni_hash_stream_get(const norni_hash_stream *s) {
    const XXH128_hash_t h = XXH3_128bits_digest((const XXH3_state_t *)(const void *)s->state);
    return (norni_hash128){h.high64, h.low64};
}

#endif

void norni_hash_text(norni_hash128 h, char out[NORNI_DIGEST_TEXT]) {
    static const char digit[] = "0123456789abcdef";
    const uint64_t half[2] = {h.hi, h.lo};
    char *to = out;
    for (const char *p = "xxh3:"; *p != '\0'; p++)
        *to++ = *p;
    for (int i = 0; i < 32; i++)
        *to++ = digit[half[i / 16] >> (60 - 4 * (i % 16)) & 15];
    *to = '\0';
}
