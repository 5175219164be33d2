/* A chunk of a table's text as rows of numbers and words. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_WIDE_CHUNK_H
#define NORNI_WIDE_CHUNK_H

#include "io/wide_head.h"

/* Which columns are read, in which place of a row. */
typedef struct norni_wide_plan {
    const norni_table *t;
    const norni_wide_head *head;
    const uint32_t *slot; /* (head->n) place in a row, or UINT32_MAX: not read */
    size_t n_slots;
} norni_wide_plan;

typedef struct norni_wide_rows {
    size_t n;
    int64_t *time; /* (n) */
    double *v;     /* (n, n_slots) row-major; a word is norni_wide_word of its number */
    uint64_t first_line;
    uint32_t *line; /* (n) behind first_line, or NULL: in step */
    norni_wide_token *word;
    size_t n_words;   /* column: the slot */
    size_t n_untimed; /* rows without a time */
    uint64_t untimed; /* line of the first */
    size_t n_above;   /* rows above the data */
} norni_wide_rows;

/* All in `arena`, but words' texts may lie in the chunk. A cell that is no number is a word; a row whose
 * time has no digit is left out; any other fault is NORN_E_FORMAT or NORN_E_DATA with line and column. */
NORN_CHECKED norn_status norni_wide_parse(const norni_wide_plan *plan, const norni_chunk *chunk,
                                          norni_arena *arena, norni_wide_rows *out, norn_err *err);

#endif
