/* A sheet's XML as delimited text: rows to records, cells to fields. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_SHEET_H
#define NORNI_XLSX_SHEET_H

#include "io/xlsx_book.h"
#include "io/xlsx_xml.h"

enum {
    NORNI_SHEET_MOST_COLUMNS = 16384,
    NORNI_SHEET_MOST_ROWS = 1048576,
    NORNI_SHEET_MOST_RECORD = 16 << 20, /* bytes of a row's text */
};

/* Must not move while open. */
typedef struct norni_sheet {
    const norni_book *book;
    norni_xml xml;
    norni_buf text; /* records not yet fetched */
    norni_buf cell; /* the text of the cell being read */
    size_t taken;   /* bytes of `text` already fetched */
    uint64_t n_text, most_text;
    uint32_t row, column;   /* of the cell being read, from 1 */
    uint32_t n_fields;      /* of the record being written; 0: it has none yet */
    uint32_t n_header;      /* fields of the first record */
    size_t record;          /* where the record begins in `text` */
    uint32_t skip;          /* depth of a tag whose content does not count, or 0 */
    uint8_t place, kind;    /* what we are in; the cell's type */
    bool in_run, row_named; /* a rich text run; the row told its number */
    bool formula, valued;   /* the cell has one; it has a value */
    uint32_t style;
} norni_sheet;

NORN_CHECKED norn_status norni_sheet_open(norni_sheet *s, const norni_book *book, norn_err *err);
/* Up to cap bytes; *got 0: the end. */
NORN_CHECKED norn_status norni_sheet_text(norni_sheet *s, char *to, size_t cap, size_t *got,
                                          norn_err *err);
void norni_sheet_close(norni_sheet *s); /* legal on a zeroed one */

#endif
