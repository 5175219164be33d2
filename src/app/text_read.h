/* Texts of a table, of JSON, or of plain lines, with the rows that they stand in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEXT_READ_H
#define NORNI_TEXT_READ_H

#include "app/text_plan.h"
#include "io/grid_read.h"

typedef struct norni_texts {
    norni_text_format format; /* never AUTO */
    norni_grid grid;          /* of a table: row 0 is the header */
    norni_str *object;        /* (n) of JSON: each row's own text */
    size_t n;
    norni_str *text; /* (n) UTF-8, mended */
    norni_str *id;   /* (n) or NULL: numbers */
    norni_str *time; /* (n) as it stands, or NULL: none was asked for */
    norni_str id_name;
    bool guessed_lines; /* nobody said so: a file of one column without a known header */
    size_t n_mended;    /* texts that were not UTF-8 */
} norni_texts;

/* All in the arena; a whole file of at most NORNI_GRID_MOST_BYTES. NORN_E_FORMAT names line or byte, NORN_E_DATA the columns that are there. */
NORN_CHECKED norn_status norni_texts_read(norn_ctx *ctx, const norni_text_opt *opt,
                                          norni_arena *arena, norni_texts *out, norn_err *err);

#endif
