/* A byte-pair encoding in memory, for the files that make it and use it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BPE_PARTS_H
#define NORNI_BPE_PARTS_H

#include "base/map.h"
#include "text/bpe.h"

/* What two symbols become. */
typedef struct norni_bpe_pair {
    uint32_t left, right;
    uint32_t rank;   /* the lowest is merged first */
    uint32_t merged; /* symbol */
} norni_bpe_pair;

/* A symbol is the index of a token, or n_tokens + byte for a byte that is no token. */
struct norni_bpe {
    norn_alloc alloc;
    norni_arena arena;
    norni_map token;      /* bytes of the tokens */
    int32_t *id;          /* (token.n) */
    uint32_t byte[256];   /* symbol of a byte */
    norni_bpe_pair *pair; /* (n_slots) open addressing; rank UINT32_MAX: empty */
    size_t n_slots;       /* a power of two */
    int32_t unknown;      /* id of <unk>, or -1 */
};

static inline size_t norni_bpe_slot(const norni_bpe *b, uint32_t left, uint32_t right) {
    uint64_t h = ((uint64_t)left << 32 | right) * UINT64_C(0x9E3779B97F4A7C15);
    h ^= h >> 29;
    return (size_t)(h * UINT64_C(0xBF58476D1CE4E5B9) >> 32) & (b->n_slots - 1);
}
/* The pair, or NULL. */
static inline const norni_bpe_pair *norni_bpe_find(const norni_bpe *b, uint32_t left,
                                                   uint32_t right) {
    size_t k = norni_bpe_slot(b, left, right);
    for (; b->pair[k].rank != UINT32_MAX; k = (k + 1) & (b->n_slots - 1))
        if (b->pair[k].left == left && b->pair[k].right == right) return &b->pair[k];
    return NULL;
}

#endif
