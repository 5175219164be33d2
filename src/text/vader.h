/* VADER: sentiment by a lexicon and rules, with the scores of its reference implementation. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_VADER_H
#define NORNI_VADER_H

#include "base/arena.h"
#include "base/str.h"

/* The lexicon, shared by all workers once it is made. */
typedef struct norni_vader norni_vader;

/* The embedded lexicon, and over it `own` (may be empty): lines "word<TAB>valence", valences from -4 to 4 by custom, # begins a comment. A
 * word of it replaces the lexicon's. NORN_E_FORMAT names the line. */
NORN_CHECKED norn_status norni_vader_make(const norn_alloc *alloc, norni_str own, norni_vader **out,
                                          norn_err *err);
void norni_vader_free(norni_vader *v); /* NULL is legal */

/* Bytes that are read of a text; what lies behind is passed over, and `cut` says so. */
enum { NORNI_VADER_BYTES = 1 << 16 };

typedef struct norni_vader_score {
    double neg, neu, pos; /* shares, rounded to 3 digits */
    double compound;      /* [-1, 1], rounded to 4 */
    size_t n_words;
    size_t n_positive, n_negative; /* words whose valence is not 0 after the rules */
    double strongest;              /* the valence of largest size, 0: none */
    bool cut;
} norni_vader_score;

/* A text (UTF-8; what is not becomes U+FFFD). Scratch in the arena, given back. */
NORN_CHECKED norn_status norni_vader_score_of(const norni_vader *v, norni_str text,
                                              norni_arena *scratch, norni_vader_score *out,
                                              norn_err *err);
/* Valence of a word in lower case; false: the lexicon does not have it. */
bool norni_vader_valence(const norni_vader *v, norni_str word, double *out);

#endif
