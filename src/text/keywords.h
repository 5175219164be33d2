/* Words and phrases of two lists found in a text: whole words, longest first, and whether they are negated. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_KEYWORDS_H
#define NORNI_KEYWORDS_H

#include "base/arena.h"
#include "text/tweet_tokens.h"

enum { NORNI_BULLISH, NORNI_BEARISH, NORNI_N_SIDES };

typedef struct norni_keywords norni_keywords; /* shared by all workers once it is made */

/* n phrases (lower case, words parted by one blank), each with its side; the phrases are copied. */
NORN_CHECKED norn_status norni_keywords_make(const norn_alloc *alloc, const norni_str *phrase,
                                             const uint8_t *side, size_t n, norni_keywords **out,
                                             norn_err *err);
/* The reference's lists (../shared/spec/market-signals.md 3.3), kept as data in this file's own words. */
NORN_CHECKED norn_status norni_keywords_finance(const norn_alloc *alloc, norni_keywords **out,
                                                norn_err *err);
void norni_keywords_free(norni_keywords *k); /* NULL is legal */
norni_str norni_keywords_phrase(const norni_keywords *k, size_t phrase);

typedef struct norni_keyword_hit {
    uint32_t phrase;
    uint8_t side; /* as the list has it; a negated one counts for the other side */
    bool
        negated; /* "not bullish", "never buy", "isn't a breakout": rules and source stand in keywords.c */
    uint32_t token, n; /* first token, and how many */
} norni_keyword_hit;

/* Hits in order; each token in one hit at most, the longest phrase first. A hashtag or cashtag counts as its word (#bullish). Case is folded as
 * str.lower has it. *out in the arena. */
NORN_CHECKED norn_status norni_keywords_find(const norni_keywords *k, norni_str text,
                                             const norni_tweet_token *token, size_t n_tokens,
                                             norni_arena *arena, norni_keyword_hit **out, size_t *n,
                                             norn_err *err);
/* How many of the text's words stand in a hit, and how many words (words, numbers, tags) there are: for finance_term_density. */
typedef struct norni_keyword_density {
    size_t n_hit_words, n_words;
} norni_keyword_density;
norni_keyword_density norni_keywords_density(const norni_tweet_token *token, size_t n_tokens,
                                             const norni_keyword_hit *hit, size_t n_hits);

#endif
