/* Rows of a table's inputs, gathered or folded chunk by chunk: what reading whole and thinning share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WIDE_GATHER_H
#define NORNI_WIDE_GATHER_H

#include "base/map.h"
#include "io/wide_chunk.h"
#include "par/pool.h"

typedef struct norni_wide_input {
    norni_table *t;
    norni_wide_head head;
    uint32_t *column; /* (head.n) number among all inputs' columns; UINT32_MAX: time, no name */
    uint32_t *slot;   /* (head.n) place in a row that is read */
    size_t n_slots;
    uint32_t *slot_column; /* (n_slots) */
    bool future, fresh;    /* fresh: nothing was read behind the head */
} norni_wide_input;

/* A chunk's rows that are kept. */
typedef struct norni_wide_piece {
    void *block; /* (size) holds the arrays of rows */
    size_t size;
    norni_wide_rows rows;
    uint32_t *word; /* (rows.n_words) numbers among all words */
    size_t input;
} norni_wide_piece;

typedef struct norni_wide_gather {
    norn_ctx *ctx;
    norni_worker *worker;
    const norni_wide_opt *opt;
    norni_wide_report *report;
    norni_arena arena; /* of names, words, inputs */
    norni_wide_input *in;
    size_t n_in;
    norni_map names;
    bool *in_future, *in_table; /* (names.n) */
    norni_wide_piece *piece;
    size_t n_pieces, cap_pieces, n_bytes, most_bytes; /* most_bytes: beyond, too_large; 0: any */
    bool too_large;
    norni_map words; /* key: column and text */
    norni_wide_token *word;
    size_t cap_words, *words_of; /* words_of (names.n): different ones */
    const char **why;            /* (names.n) of columns that are not read, or NULL */
    norni_wide_profile *profile; /* (names.n), or NULL */
} norni_wide_gather;

/* Called with each chunk's rows in the input's order; they are gone when it returns. */
typedef norn_status (*norni_wide_sink)(norni_wide_gather *g, size_t input,
                                       const norni_wide_rows *rows, void *arg, norn_err *err);
/* Reads one input's rows through `sink`, with its slots. */
NORN_CHECKED norn_status norni_wide_scan(norni_wide_gather *g, size_t input, norni_wide_sink sink,
                                         void *arg, norn_err *err);
/* Chooses the columns that are read: those of wanted (names.n), or all when NULL. */
NORN_CHECKED norn_status norni_wide_choose(norni_wide_gather *g, const bool *wanted, norn_err *err);
/* Keeps the rows of all inputs (again); g->too_large: most_bytes were reached, nothing is kept. */
NORN_CHECKED norn_status norni_wide_keep(norni_wide_gather *g, norn_err *err);
void norni_wide_forget(norni_wide_gather *g);
/* The table of what is kept. */
NORN_CHECKED norn_status norni_wide_finish(norni_wide_gather *g, const norni_wide_opt *opt,
                                           norni_arena *arena, norni_wide *out, norn_err *err);
/* wide_thin.c: which drivers are kept of a table too large, then all rows of those. */
NORN_CHECKED norn_status norni_wide_thin(norni_wide_gather *g, norn_err *err);

#endif
