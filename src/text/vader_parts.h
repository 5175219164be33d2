/* VADER's lexicon and words in memory, for the files that make them and judge by them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_VADER_PARTS_H
#define NORNI_VADER_PARTS_H

#include "base/map.h"
#include "text/vader.h"

struct norni_vader {
    norn_alloc alloc;
    norni_arena arena;
    norni_map word;  /* the lexicon's and the rules' */
    double *valence; /* (word.n); NaN: no word of the lexicon */
    double *boost;   /* (word.n): what it adds to the valence of what follows; 0: nothing */
    bool *negates;   /* (word.n) */
    size_t cap, boost_cap, negates_cap;
};

/* A token of a text. */
typedef struct norni_vader_token {
    norni_str lower;
    double valence, boost; /* as in norni_vader */
    bool negates, upper;   /* upper: ALL CAPITALS */
} norni_vader_token;

/* The description of an emoji, or an empty one. */
norni_str norni_vader_emoji(uint32_t c);
/* The text's tokens, in the arena. */
NORN_CHECKED norn_status norni_vader_tokens(const norni_vader *v, norni_str text,
                                            norni_arena *scratch, norni_vader_token **out,
                                            size_t *n, norn_err *err);
/* norni_vader_score_of, and the valence of each of the out->n_words words after the rules, in the arena. */
NORN_CHECKED norn_status norni_vader_judge(const norni_vader *v, norni_str text,
                                           norni_arena *scratch, norni_vader_score *out,
                                           double **valence, norn_err *err);

#endif
