/* TF-IDF's insides: texts cut into counted terms by blocks, the blocks merged by hash, terms put in order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TFIDF_PARTS_H
#define NORNI_TFIDF_PARTS_H

#include "base/arena.h"
#include "base/poll.h"
#include "text/tfidf.h"

/* Fixed, whatever the number of workers: texts of a block, and parts of the hash's range. */
enum { NORNI_TFIDF_BLOCK = 1024, NORNI_TFIDF_PARTS = 64, NORNI_TFIDF_PART_SHIFT = 58 };
#define NORNI_TFIDF_ABSENT     UINT32_MAX
#define NORNI_TFIDF_TEXT_BYTES ((size_t)1 << 28) /* of one text */

/* ---- how texts are cut ---- */

typedef struct norni_tfidf_cutter {
    norni_tfidf_opt opt; /* `stop` is NULL */
    norni_arena arena;
    norni_str *stop; /* (n_slots) open addressing by the token's hash; p NULL: empty */
    size_t n_slots;  /* 0: no stop words */
    size_t n_stop;
} norni_tfidf_cutter;

/* Checks the options and takes the stop words over. */
NORN_CHECKED norn_status norni_tfidf_cutter_init(norni_tfidf_cutter *c, const norn_alloc *alloc,
                                                 const norni_tfidf_opt *opt, norn_err *err);
void norni_tfidf_cutter_clear(norni_tfidf_cutter *c);

/* Hash of a token; `p` has 8 readable bytes behind it. Never in a result: orders go by bytes. */
static inline uint64_t norni_tfidf_hash(const char *p, size_t n) {
    uint64_t h = (n + 1) * UINT64_C(0x9E3779B97F4A7C15), w;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&w, p, 8);
        h = (h ^ w) * UINT64_C(0xBF58476D1CE4E5B9);
        h ^= h >> 29;
    }
    if (n > 0) {
        memcpy(&w, p, 8);
        w &= (UINT64_C(1) << 8 * n) - 1; /* of a little-endian machine: the token's own bytes */
        h = (h ^ w) * UINT64_C(0xBF58476D1CE4E5B9);
        h ^= h >> 29;
    }
    h *= UINT64_C(0x94D049BB133111EB);
    return h ^ h >> 32;
}
/* Whether n bytes are the same; both have 8 readable bytes behind them. */
static inline bool norni_tfidf_same(const char *a, const char *b, size_t n) {
    uint64_t x, y;
    for (; n > 8; a += 8, b += 8, n -= 8) {
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        if (x != y) return false;
    }
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    return n == 0 || (x ^ y) << (64 - 8 * n) == 0; /* of a little-endian machine */
}
/* Hash of an n-gram of tokens from that of its first n - 1 and its last one's. */
static inline uint64_t norni_tfidf_hash_more(uint64_t h, uint64_t token) {
    h = ((h << 23 | h >> 41) ^ token) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

static inline bool norni_tfidf_is_ascii(norni_str s) {
    uint64_t all = 0, w;
    size_t k = 0;
    for (; k + 8 <= s.n; k += 8) {
        memcpy(&w, s.p + k, 8);
        all |= w;
    }
    for (; k < s.n; k++)
        all |= (unsigned char)s.p[k];
    return (all & UINT64_C(0x8080808080808080)) == 0;
}

/* ---- blocks ---- */

typedef struct norni_tfidf_gram {
    uint64_t hash, count; /* count: over all texts */
    const char *p;
    uint32_t n, df;
} norni_tfidf_gram;

typedef struct norni_tfidf_entry {
    uint32_t term, tf;
} norni_tfidf_entry;

/* What a block of texts has: its own terms, and of each text which and how often. One piece of memory. */
typedef struct norni_tfidf_block {
    norni_tfidf_gram *gram; /* (n_grams) those of one part of the hash's range side by side */
    uint32_t *map;          /* (n_grams) where a term went in what all blocks share */
    norni_tfidf_entry *entry;
    size_t *row; /* (n_texts + 1) */
    size_t n_grams, n_entries, n_texts;
    size_t part[NORNI_TFIDF_PARTS + 1];
    void *memory;
    size_t n_memory;
} norni_tfidf_block;

/* time: NULL, or texts of INT64_MIN have no terms. */
NORN_CHECKED norn_status norni_tfidf_cut(const norni_tfidf_cutter *how, const norn_alloc *alloc,
                                         norni_arena *scratch, norni_poll poll,
                                         const norni_str *texts, const int64_t *time, size_t n,
                                         norni_tfidf_block *out, norn_err *err);

/* ---- all texts ---- */

typedef struct norni_tfidf_part {
    norni_tfidf_gram *gram;
    uint64_t *slots;
    size_t n, cap, n_slots;
} norni_tfidf_part;

typedef struct norni_tfidf_count {
    const norn_alloc *alloc;
    const norni_tfidf_cutter *how;
    const norni_str *texts;
    const int64_t *time;
    size_t n_texts, n_blocks;
    norni_tfidf_block *block;
    norni_tfidf_part part[NORNI_TFIDF_PARTS];
    size_t base[NORNI_TFIDF_PARTS + 1]; /* a term's number: its part's base and its place in it */
} norni_tfidf_count;

/* Cuts all texts; merge: and numbers the terms of all. */
NORN_CHECKED norn_status norni_tfidf_count_texts(norn_ctx *ctx, norni_worker *worker,
                                                 const norni_tfidf_cutter *how,
                                                 const norni_str *texts, const int64_t *time,
                                                 size_t n, bool merge, norni_tfidf_count *out,
                                                 norn_err *err);
void norni_tfidf_count_clear(norni_tfidf_count *c);

/* ---- orders ---- */

typedef struct norni_tfidf_ref {
    uint64_t key; /* the first 8 bytes, the first one highest */
    const char *p;
    uint32_t n, id;
} norni_tfidf_ref;
norni_tfidf_ref norni_tfidf_ref_of(const char *p, size_t n, uint32_t id);
/* Ascending by bytes, which is by code points; no two are equal. */
NORN_CHECKED norn_status norni_tfidf_sort(norn_ctx *ctx, norni_worker *worker, norni_tfidf_ref *ref,
                                          size_t n, norn_err *err);
/* The largest x such that k or more of the n counts are x or more; k from 1 to n. `counts` is used up. */
uint64_t norni_tfidf_kth(uint64_t *counts, size_t n, size_t k);

/* A term of a text before it has its weight. */
typedef struct norni_tfidf_cell {
    uint32_t index, tf;
    double idf;
} norni_tfidf_cell;
/* One row, ascending; `scratch` (n). Sums go by ascending index. */
void norni_tfidf_row(const norni_tfidf_opt *opt, norni_tfidf_cell *cell, norni_tfidf_cell *scratch,
                     size_t n, uint32_t *index, double *value);
/* Whether a document frequency is within min_df and max_df of n texts. */
typedef struct norni_tfidf_bounds {
    double low, high;
} norni_tfidf_bounds;
norni_tfidf_bounds norni_tfidf_bounds_of(const norni_tfidf_opt *opt, size_t n);
double norni_tfidf_idf_of(const norni_tfidf_opt *opt, uint64_t df, size_t n);

/* Rows of n texts: first each row's length goes to start[i + 1], then there is room for the values. */
NORN_CHECKED norn_status norni_tfidf_rows_begin(const norn_alloc *alloc, size_t n,
                                                norni_tfidf_rows *out, norn_err *err);
NORN_CHECKED norn_status norni_tfidf_rows_room(norni_tfidf_rows *out, norn_err *err);

#endif
