/* The parts of a workbook: its sheets, the one that is wanted, and what that one's cells refer to. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_XLSX_BOOK_H
#define NORNI_XLSX_BOOK_H

#include "base/arena.h"
#include "io/xlsx_refs.h"

typedef struct norni_book_link norni_book_link;   /* a relationship of the workbook */
typedef struct norni_book_sheet norni_book_sheet; /* a row of its list of sheets */

typedef struct norni_book {
    norni_zip *zip;
    norni_arena arena; /* names */
    norni_book_link *links;
    norni_book_sheet *sheets;
    size_t n_links, n_sheets;
    norni_xlsx_refs refs;
    const char *sheet_name, *sheet_part; /* the chosen sheet's; the book's memory */
} norni_book;

void norni_book_init(norni_book *b, norni_zip *zip);
/* Chooses the sheet (norni_xlsx_open says how) and reads styles and shared strings. */
NORN_CHECKED norn_status norni_book_read(norni_book *b, const char *sheet, norn_err *err);
/* Reads the list of sheets alone. */
NORN_CHECKED norn_status norni_book_list(norni_book *b, norn_err *err);
/* Name of the k-th sheet that holds cells, visible or not; NULL: there are no more. */
const char *norni_book_name(const norni_book *b, size_t k);
void norni_book_clear(norni_book *b);

#endif
