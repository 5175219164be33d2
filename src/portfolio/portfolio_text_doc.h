/* A document that is written once and comes out as plain text or as HTML: headings, words, facts, lists, tables. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_TEXT_DOC_H
#define NORNI_PORTFOLIO_TEXT_DOC_H

#include "base/str.h"

enum { NORNI_PORT_WIDTH = 96 }; /* columns of the plain text */

typedef enum norni_port_block_kind {
    NORNI_PORT_DOC_NOTHING,
    NORNI_PORT_DOC_LIST,
    NORNI_PORT_DOC_FACTS,
} norni_port_block_kind;

typedef struct norni_port_doc {
    norni_buf *out;
    norni_buf words; /* being put together */
    bool html;
    bool in_section;
    norni_port_block_kind open;
} norni_port_doc;

/* A lack of memory anywhere shows in out->failed. Every doc is ended. */
void norni_port_doc_init(norni_port_doc *d, norni_buf *out, bool html);
void norni_port_doc_end(norni_port_doc *d);
/* Ends a list or facts, so that what follows may be written to `out` as it is. */
void norni_port_doc_settle(norni_port_doc *d);
void norni_port_doc_title(norni_port_doc *d, const char *title);
void norni_port_doc_section(norni_port_doc *d, const char *title);
void norni_port_doc_part(norni_port_doc *d, const char *title);
/* An empty buffer to write words to, which the next of these then puts out. */
norni_buf *norni_port_doc_words(norni_port_doc *d);
void norni_port_doc_para(norni_port_doc *d);
void norni_port_doc_item(norni_port_doc *d);
/* Words that begin with a figure that is not there ("-") become "not defined". */
void norni_port_doc_fact(norni_port_doc *d, const char *name);
void norni_port_doc_say(norni_port_doc *d, const char *words); /* a paragraph */

/* A column: its head ('\n': a second line of it in plain text) and how wide it may become there. */
typedef struct norni_port_column {
    const char *head;
    bool left;   /* words; else numbers, right-aligned */
    size_t most; /* columns of plain text, longer cells are cut; 0: any */
} norni_port_column;

typedef struct norni_port_table {
    norni_port_doc *doc;
    const char *caption;
    const norni_port_column *column;
    size_t n_columns, n_cells;
    norni_buf cells; /* each with a NUL behind it */
} norni_port_table;

void norni_port_table_begin(norni_port_table *t, norni_port_doc *d, const char *caption,
                            const norni_port_column *column, size_t n_columns);
void norni_port_table_put(norni_port_table *t, norni_str cell); /* row by row */
void norni_port_table_say(norni_port_table *t, const char *cell);
void norni_port_table_words(norni_port_table *t); /* the doc's words */
void norni_port_table_end(norni_port_table *t);

#endif
