/* Keywords in memory: words, the phrases they make, and what a word does to a negation. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_KEYWORDS_PARTS_H
#define NORNI_KEYWORDS_PARTS_H

#include "base/map.h"
#include "text/keywords.h"

/* Bits of a word; the rules stand in keywords.c. */
enum {
    KEYWORD_CUE = 1,       /* negates what follows */
    KEYWORD_NEVER = 2,     /* a cue that "so" and "this" end */
    KEYWORD_NOT = 4,       /* a cue that none is before "only" */
    KEYWORD_NO = 8,        /* a cue that none is before "doubt" */
    KEYWORD_ONLY = 16,     /* only, just */
    KEYWORD_DOUBT = 32,    /* doubt, question */
    KEYWORD_SO = 64,       /* so, this */
    KEYWORD_ARTICLE = 128, /* not counted: a, the, this */
    KEYWORD_TURN = 256,    /* but: ends every negation */
};

#define KEYWORD_NO_PHRASE UINT32_MAX

struct norni_keywords {
    norn_alloc alloc;
    norni_arena arena;
    size_t n;
    norni_str *phrase; /* (n) folded */
    uint8_t *side;     /* (n) */
    norni_map word;    /* the phrases' and the rules' words */
    uint16_t *bits;    /* (word.n) */
    size_t cap_bits;
    norni_map edge;      /* from (node, word) to node: the edge's place + 1; the root is 0 */
    uint32_t *phrase_at; /* (edge.n + 1) the phrase that ends at the node */
    size_t cap_phrase_at;
    size_t longest;    /* bytes of the longest word */
    uint64_t first[4]; /* bytes that words begin with, a bit each */
};

typedef struct norni_keyword_edge {
    uint32_t node, word;
} norni_keyword_edge;

/* A token's bytes as they are looked up: lower case (str.lower), U+2019 as an apostrophe. false: out of memory. */
bool norni_keywords_fold(norni_str word, norni_buf *out);
/* The word negates by its form alone: don't, isn't. */
static inline bool norni_keywords_is_nt(norni_str word) {
    return word.n > 3 && memcmp(word.p + word.n - 3, "n't", 3) == 0;
}
/* The node behind `node` over the word, or 0: none. */
uint32_t norni_keywords_step(const norni_keywords *k, uint32_t node, uint32_t word);

#endif
