/* Counter-based random numbers (Philox4x32-10): a draw is a function of (seed, item, index) alone.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_RNG_H
#define NORNI_RNG_H

#include <stdint.h>

/* Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
void norni_philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A stream: key = seed, counter's upper half = item; `draw` counts within the item. */
typedef struct norni_rng {
    uint64_t seed;
    uint64_t item;
} norni_rng;

/* The two 64-bit words of block `block` of the stream. */
void norni_rng_block(norni_rng rng, uint64_t block, uint64_t out[2]);
uint64_t norni_rng_u64(norni_rng rng, uint64_t draw);
/* Uniform in (0,1), never 0 or 1: (k + 0.5) / 2^52. */
double norni_rng_uniform(norni_rng rng, uint64_t draw);
/* Standard normal by inverse CDF of the same draw. */
double norni_rng_normal(norni_rng rng, uint64_t draw);
/* Standard normals for draws [first, first + n). */
void norni_rng_normals(norni_rng rng, uint64_t first, double *out, uint64_t n);

#endif
