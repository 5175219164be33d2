/* Many standard normals at once: the bits of norni_rng_normal, a group of draws side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Philox in lanes of LANES blocks (gcc unrolls fewer into something slower), then the inverse
 * distribution function's middle, which serves 85 % of all draws, for every draw, and its tails for
 * those that lie there. Loops that a compiler can put into vectors; each operation is the scalar one. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/fp.h"
#include "base/normal_centre.h"
#include "base/rng.h"

enum { LANES = 32, BLOCKS = 128, DRAWS = 2 * BLOCKS };

/* As norni_philox4x32, the words (2 LANES) of blocks [first, first + LANES). */
static void draw_words(norni_rng rng, uint64_t first, uint64_t *out) {
    uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
    uint32_t k0 = (uint32_t)rng.seed, k1 = (uint32_t)(rng.seed >> 32);
    for (size_t i = 0; i < LANES; i++) {
        c0[i] = (uint32_t)(first + i);
        c1[i] = (uint32_t)((first + i) >> 32);
        c2[i] = (uint32_t)rng.item;
        c3[i] = (uint32_t)(rng.item >> 32);
    }
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < LANES; i++) {
            const uint64_t p0 = UINT64_C(0xD2511F53) * c0[i], p1 = UINT64_C(0xCD9E8D57) * c2[i];
            c0[i] = (uint32_t)(p1 >> 32) ^ c1[i] ^ k0;
            c2[i] = (uint32_t)(p0 >> 32) ^ c3[i] ^ k1;
            c1[i] = (uint32_t)p1;
            c3[i] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
    for (size_t i = 0; i < LANES; i++) {
        out[2 * i] = c0[i] | (uint64_t)c1[i] << 32;
        out[2 * i + 1] = c2[i] | (uint64_t)c3[i] << 32;
    }
}

/* (k + 0.5) / 2^52 of the words' upper 52 bits, without a conversion, which has no vector form. */
static void to_uniforms(const uint64_t *word, double *u, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = word[i] >> 12 | UINT64_C(0x3FF0000000000000); /* 1 + k / 2^52 */
        double one;
        memcpy(&one, &bits, sizeof one);
        u[i] = (one - 1) + 0x1p-53; /* both exact */
    }
}

static void to_normals(const double *u, double *out, size_t n) {
    uint32_t tail[DRAWS];
    size_t n_tail = 0;
    for (size_t i = 0; i < n; i++)
        out[i] = norni_normal_centre(u[i] - 0.5);
    for (size_t i = 0; i < n; i++) {
        tail[n_tail] = (uint32_t)i;
        n_tail += fabs(u[i] - 0.5) > NORNI_NORMAL_CENTRE;
    }
    for (size_t k = 0; k < n_tail; k++)
        out[tail[k]] = norni_normal_quantile(u[tail[k]]);
}

void norni_rng_normals(norni_rng rng, uint64_t first, double *out, uint64_t n) {
    uint64_t word[DRAWS];
    double u[DRAWS];
    while (n > 0) {
        const size_t skip = (size_t)(first % 2);
        const size_t take = n < DRAWS - skip ? (size_t)n : DRAWS - skip;
        for (size_t at = 0; at < skip + take; at += 2 * LANES)
            draw_words(rng, first / 2 + at / 2, word + at);
        to_uniforms(word + skip, u, take);
        to_normals(u, out, take);
        first += take;
        out += take;
        n -= take;
    }
}
