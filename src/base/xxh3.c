/* XXH3 with seed 0 in 64 and 128 bits, for builds without libxxhash; equal to it bit by bit. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Y. Collet's algorithm as its specification lays it out (xxHash, doc/xxhash_spec.md, version 0.2.0):
 * short inputs (up to 16, 128, 240 bytes) are multiplied with pieces of a secret of 192 bytes; long
 * ones run through eight lanes of 64 bits, a stripe of 64 bytes at a time, scrambled after every
 * 16 stripes. The secret is the specification's. Plain C: a digest is no hot path here. */
#include "base/xxh3.h"

#include <string.h>

enum { STRIPE = 64, BLOCK_STRIPES = 16, SECRET = 192, BUFFER = NORNI_XXH3_BUFFER };

static const uint64_t P32_1 = 0x9E3779B1U, P32_2 = 0x85EBCA77U, P32_3 = 0xC2B2AE3DU,
                      P64_1 = 0x9E3779B185EBCA87U, P64_2 = 0xC2B2AE3D27D4EB4FU,
                      P64_3 = 0x165667B19E3779F9U, P64_4 = 0x85EBCA77C2B2AE63U,
                      P64_5 = 0x27D4EB2F165667C5U, MIX_1 = 0x165667919E3779F9U,
                      MIX_2 = 0x9FB21C651E98DF25U;

static const unsigned char secret[SECRET] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};

static uint32_t u32(const unsigned char *p) {
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
static uint64_t u64(const unsigned char *p) {
    return (uint64_t)u32(p) | (uint64_t)u32(p + 4) << 32;
}
static uint64_t key(size_t at) {
    return u64(secret + at);
}

static uint64_t swap(uint64_t x) {
    return __builtin_bswap64(x);
}
static uint64_t turn(uint64_t x, unsigned by) {
    return x << by | x >> (64 - by);
}

/* The product's low and high half. */
static norni_hash128 times(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    const wide m = (wide)a * b;
    return (norni_hash128){(uint64_t)(m >> 64), (uint64_t)m};
}
static uint64_t fold(uint64_t a, uint64_t b) {
    const norni_hash128 m = times(a, b);
    return m.lo ^ m.hi;
}

static uint64_t avalanche(uint64_t x) {
    x = (x ^ x >> 37) * MIX_1;
    return x ^ x >> 32;
}
static uint64_t avalanche_64(uint64_t x) { /* of the older XXH64 */
    x = (x ^ x >> 33) * P64_2;
    x = (x ^ x >> 29) * P64_3;
    return x ^ x >> 32;
}

/* 16 bytes with 16 of the secret. */
static uint64_t mix(const unsigned char *p, size_t at) {
    return fold(u64(p) ^ key(at), u64(p + 8) ^ key(at + 8));
}

/* Three bytes and the length of an input of 1 to 3. */
static uint32_t combine(const unsigned char *p, size_t n) {
    return (uint32_t)p[n - 1] | (uint32_t)n << 8 | (uint32_t)p[0] << 16 | (uint32_t)p[n / 2] << 24;
}

/* ---- 64 bits, up to 240 bytes ---- */

static uint64_t tiny_64(const unsigned char *p, size_t n) {
    if (n == 0) return avalanche_64(key(56) ^ key(64));
    if (n <= 3) return avalanche_64((uint64_t)(u32(secret) ^ u32(secret + 4)) ^ combine(p, n));
    if (n <= 8) {
        uint64_t x = ((uint64_t)u32(p) << 32 | u32(p + n - 4)) ^ key(8) ^ key(16);
        x ^= turn(x, 49) ^ turn(x, 24);
        x *= MIX_2;
        x ^= (x >> 35) + n;
        x *= MIX_2;
        return x ^ x >> 28;
    }
    const uint64_t lo = key(24) ^ key(32) ^ u64(p), hi = key(40) ^ key(48) ^ u64(p + n - 8);
    return avalanche(n + swap(lo) + hi + fold(lo, hi));
}

static uint64_t medium_64(const unsigned char *p, size_t n) {
    uint64_t sum = n * P64_1;
    if (n <= 128) {
        for (size_t i = (n - 1) / 32 + 1; i-- > 0;) {
            sum += mix(p + 16 * i, 32 * i);
            sum += mix(p + n - 16 * i - 16, 32 * i + 16);
        }
        return avalanche(sum);
    }
    for (size_t i = 0; i < 8; i++)
        sum += mix(p + 16 * i, 16 * i);
    sum = avalanche(sum);
    for (size_t i = 8; i < n / 16; i++)
        sum += mix(p + 16 * i, 16 * (i - 8) + 3);
    return avalanche(sum + mix(p + n - 16, 119));
}

/* ---- 128 bits, up to 240 bytes ---- */

static norni_hash128 tiny_128(const unsigned char *p, size_t n) {
    if (n == 0)
        return (norni_hash128){avalanche_64(key(80) ^ key(88)), avalanche_64(key(64) ^ key(72))};
    if (n <= 3) {
        const uint32_t lo = combine(p, n), s = __builtin_bswap32(lo), hi = s << 13 | s >> 19;
        return (norni_hash128){avalanche_64((uint64_t)(u32(secret + 8) ^ u32(secret + 12)) ^ hi),
                               avalanche_64((uint64_t)(u32(secret) ^ u32(secret + 4)) ^ lo)};
    }
    if (n <= 8) {
        const uint64_t x = ((uint64_t)u32(p + n - 4) << 32 | u32(p)) ^ key(16) ^ key(24);
        norni_hash128 m = times(x, P64_1 + (n << 2));
        m.hi += m.lo << 1;
        m.lo ^= m.hi >> 3;
        m.lo = (m.lo ^ m.lo >> 35) * MIX_2;
        m.lo ^= m.lo >> 28;
        m.hi = avalanche(m.hi);
        return m;
    }
    const uint64_t a = key(32) ^ key(40) ^ u64(p) ^ u64(p + n - 8),
                   b = key(48) ^ key(56) ^ u64(p + n - 8);
    norni_hash128 m = times(a, P64_1);
    m.lo += (uint64_t)(n - 1) << 54;
    m.hi += (b & 0xFFFFFFFF00000000U) + (b & 0xFFFFFFFFU) * P32_2;
    m.lo ^= swap(m.hi);
    norni_hash128 r = times(m.lo, P64_2);
    r.hi += m.hi * P64_2;
    return (norni_hash128){avalanche(r.hi), avalanche(r.lo)};
}

/* Two pieces of 16 bytes into both sums. */
static void mix_both(uint64_t sum[2], const unsigned char *p, const unsigned char *q, size_t at) {
    sum[0] = (sum[0] + mix(p, at)) ^ (u64(q) + u64(q + 8));
    sum[1] = (sum[1] + mix(q, at + 16)) ^ (u64(p) + u64(p + 8));
}

static norni_hash128 medium_128(const unsigned char *p, size_t n) {
    uint64_t sum[2] = {n * P64_1, 0};
    if (n <= 128) {
        for (size_t i = (n - 1) / 32 + 1; i-- > 0;)
            mix_both(sum, p + 16 * i, p + n - 16 * i - 16, 32 * i);
    } else {
        for (size_t i = 0; i < 4; i++)
            mix_both(sum, p + 32 * i, p + 32 * i + 16, 32 * i);
        sum[0] = avalanche(sum[0]), sum[1] = avalanche(sum[1]);
        for (size_t i = 4; i < n / 32; i++)
            mix_both(sum, p + 32 * i, p + 32 * i + 16, 32 * (i - 4) + 3);
        mix_both(sum, p + n - 16, p + n - 32, 103);
    }
    return (norni_hash128){(uint64_t)0 - avalanche(sum[0] * P64_1 + sum[1] * P64_4 + n * P64_2),
                           avalanche(sum[0] + sum[1])};
}

/* ---- long inputs ---- */

static void stripe(uint64_t lane[8], const unsigned char *p, size_t at) {
    for (size_t i = 0; i < 8; i++) {
        const uint64_t x = u64(p + 8 * i), k = x ^ key(at + 8 * i);
        lane[i ^ 1] += x;
        lane[i] += (k & 0xFFFFFFFFU) * (k >> 32);
    }
}

static void scramble(uint64_t lane[8]) {
    for (size_t i = 0; i < 8; i++)
        lane[i] = (lane[i] ^ lane[i] >> 47 ^ key(SECRET - STRIPE + 8 * i)) * P32_1;
}

/* n stripes; *in_block counts those of the block. More input must follow. */
static void stripes(uint64_t lane[8], const unsigned char *p, size_t n, size_t *in_block) {
    for (size_t i = 0; i < n; i++, p += STRIPE) {
        stripe(lane, p, 8 * *in_block);
        if (++*in_block < BLOCK_STRIPES) continue;
        scramble(lane);
        *in_block = 0;
    }
}

static uint64_t merge(const uint64_t lane[8], uint64_t sum, size_t at) {
    for (size_t i = 0; i < 4; i++)
        sum += fold(lane[2 * i] ^ key(at + 16 * i), lane[2 * i + 1] ^ key(at + 16 * i + 8));
    return avalanche(sum);
}

static void begin(uint64_t lane[8]) {
    const uint64_t first[8] = {P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1};
    memcpy(lane, first, sizeof first);
}

static norni_hash128 finish(uint64_t lane[8], const unsigned char *last, uint64_t n) {
    stripe(lane, last, SECRET - STRIPE - 7);
    return (norni_hash128){merge(lane, ~(n * P64_2), SECRET - STRIPE - 11),
                           merge(lane, n * P64_1, 11)};
}

static norni_hash128 long_128(const unsigned char *p, size_t n) {
    uint64_t lane[8];
    size_t in_block = 0;
    begin(lane);
    stripes(lane, p, (n - 1) / STRIPE, &in_block);
    return finish(lane, p + n - STRIPE, n);
}

uint64_t norni_xxh3_64(const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    if (n <= 16) return tiny_64(p, n);
    return n <= 240 ? medium_64(p, n) : long_128(p, n).lo; /* the same sum */
}

norni_hash128 norni_xxh3_128(const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    if (n <= 16) return tiny_128(p, n);
    return n <= 240 ? medium_128(p, n) : long_128(p, n);
}

/* ---- pieces ---- */

void norni_xxh3_init(norni_xxh3 *s) {
    begin(s->lane);
    s->n = 0;
    s->n_held = s->in_block = 0;
}

/* The buffer is worked off when more is to come, so that the last stripe is never among what was: and
 * what was stays in it, so that a last stripe that begins there can be made. */
void norni_xxh3_add(norni_xxh3 *s, const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    s->n += n;
    while (n > 0) {
        if (s->n_held == BUFFER) {
            size_t in_block = (size_t)s->in_block;
            stripes(s->lane, s->buffer, BUFFER / STRIPE, &in_block);
            s->in_block = in_block;
            s->n_held = 0;
        }
        const size_t room = BUFFER - (size_t)s->n_held, part = n < room ? n : room;
        memcpy(s->buffer + s->n_held, p, part);
        s->n_held += part;
        p += part;
        n -= part;
    }
}

norni_hash128 norni_xxh3_get(const norni_xxh3 *s) {
    uint64_t lane[8];
    unsigned char last[STRIPE];
    const size_t held = (size_t)s->n_held;
    size_t in_block = (size_t)s->in_block;
    if (s->n <= 240) return norni_xxh3_128(s->buffer, (size_t)s->n);
    memcpy(lane, s->lane, sizeof lane);
    if (held >= STRIPE) {
        stripes(lane, s->buffer, (held - 1) / STRIPE, &in_block);
        return finish(lane, s->buffer + held - STRIPE, s->n);
    }
    memcpy(last, s->buffer + BUFFER - (STRIPE - held), STRIPE - held);
    memcpy(last + STRIPE - held, s->buffer, held);
    return finish(lane, last, s->n);
}
