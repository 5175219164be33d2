/* Counter-based random numbers (Philox4x32-10): a draw is a function of (seed, item, index) alone.
 */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
#include "base/rng.h"

#include "base/fp.h"

void norni_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c[4] = {counter[0], counter[1], counter[2], counter[3]}, k[2] = {key[0], key[1]};
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = UINT64_C(0xD2511F53) * c[0], p1 = UINT64_C(0xCD9E8D57) * c[2];
        const uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ c[1] ^ k[0], (uint32_t)p1,
                                  (uint32_t)(p0 >> 32) ^ c[3] ^ k[1], (uint32_t)p0};
        for (int i = 0; i < 4; i++)
            c[i] = next[i];
        k[0] += 0x9E3779B9; /* the golden ratio and sqrt 3 - 1 */
        k[1] += 0xBB67AE85;
    }
    for (int i = 0; i < 4; i++)
        out[i] = c[i];
}

void norni_rng_block(norni_rng rng, uint64_t block, uint64_t out[2]) {
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)rng.item,
                                 (uint32_t)(rng.item >> 32)};
    const uint32_t key[2] = {(uint32_t)rng.seed, (uint32_t)(rng.seed >> 32)};
    uint32_t word[4];
    norni_philox4x32(counter, key, word);
    out[0] = word[0] | (uint64_t)word[1] << 32;
    out[1] = word[2] | (uint64_t)word[3] << 32;
}

uint64_t norni_rng_u64(norni_rng rng, uint64_t draw) {
    uint64_t pair[2];
    norni_rng_block(rng, draw / 2, pair);
    return pair[draw % 2];
}

static double open_uniform(uint64_t word) {
    return ((double)(word >> 12) + 0.5) * 0x1p-52;
}

double norni_rng_uniform(norni_rng rng, uint64_t draw) {
    return open_uniform(norni_rng_u64(rng, draw));
}

double norni_rng_normal(norni_rng rng, uint64_t draw) {
    return norni_normal_quantile(norni_rng_uniform(rng, draw));
}
