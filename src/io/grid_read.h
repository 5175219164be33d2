/* A small sheet or delimited text whole, as rows of text cells. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GRID_READ_H
#define NORNI_GRID_READ_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"

typedef struct norni_grid_row {
    size_t n;
    const norni_str *cell; /* (n) blanks around left out; a NUL stands behind each */
    uint64_t line;         /* of a text; of a sheet the number among rows that show anything */
} norni_grid_row;

typedef struct norni_grid {
    size_t n;
    const norni_grid_row *row;      /* (n) blank rows left out */
    const char *sheet;              /* that was read of a workbook; NULL: a text */
    const char *const *sheet_names; /* (n_sheets) all of the workbook's */
    size_t n_sheets;
    bool sheet_in_vain; /* a sheet was asked for, and there is no workbook */
    size_t n_decoded;   /* cells that are not UTF-8 and were read as Windows-1252 */
    norni_str first_decoded;
    uint64_t first_decoded_line;
} norni_grid;

enum { NORNI_GRID_MOST_BYTES = 256 << 20 };

/* Opens `path` (sheet NULL: the first visible one, or a text) and reads all of it into `arena`. Errors as
 * of norni_source_open and norni_xlsx_text; NORN_E_LIMIT beyond NORNI_GRID_MOST_BYTES of text. */
NORN_CHECKED norn_status norni_grid_read(norn_ctx *ctx, const char *path, const char *sheet,
                                         norni_arena *arena, norni_grid *out, norn_err *err);
/* The same of a file's bytes in memory, borrowed for the call only. */
NORN_CHECKED norn_status norni_grid_parse(norn_ctx *ctx, const void *bytes, size_t n,
                                          const char *sheet, norni_arena *arena, norni_grid *out,
                                          norn_err *err);
/* The same of a delimited text whose cells keep the blanks around them, and whose rows of empty cells stay; only empty lines go. */
NORN_CHECKED norn_status norni_grid_parse_whole(norn_ctx *ctx, const void *bytes, size_t n,
                                                norni_arena *arena, norni_grid *out, norn_err *err);
/* The cell, or an empty text beyond the row's end. */
static inline norni_str norni_grid_cell(const norni_grid_row *row, size_t k) {
    return k < row->n ? row->cell[k] : (norni_str){"", 0};
}

#endif
