/* Rows of price files gathered as quotes, a growing list for each symbol. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_ROWS_H
#define NORNI_PORTFOLIO_ROWS_H

#include "app/portfolio_read.h"
#include "base/map.h"
#include "io/panel_cells.h"

/* Quotes of one symbol, in the order in which they were read. */
typedef struct norni_port_column {
    norni_str name;          /* as the input has it */
    size_t n, cap, cap_time; /* cap: of both */
    int64_t *time;           /* (n) */
    double *close;           /* (n) */
} norni_port_column;

typedef struct norni_port_book {
    norn_ctx *ctx;
    const norni_port_read_opt *opt;
    norni_arena arena; /* of names */
    norni_map map;     /* names to columns */
    norni_map wanted;  /* canonical names asked for; empty: all */
    norni_port_column *column;
    size_t n, cap;
    norni_time_style style; /* of the first file's times */
    const char *first;      /* that file; NULL: nothing was read */
    bool many;              /* errors name the file */
    norni_buf notes;
    norni_port_read_report report;
} norni_port_book;

enum { NORNI_PORT_MOST_SYMBOLS = 100000 };

/* One file, or what stands in one. */
typedef struct norni_port_file {
    const char *path;
    const norni_str *bytes; /* NULL: the path is read */
    const char *name;       /* for people */
    norni_str symbol;       /* of whose prices it holds, where it has no names of its own */
    int64_t step;           /* by its name, as of "1h.csv", microseconds; 0: none */
} norni_port_file;

void norni_port_book_init(norni_port_book *b, norn_ctx *ctx, const norni_port_read_opt *opt);
void norni_port_book_clear(norni_port_book *b);
/* Reads the file into the book. Errors as of norni_port_read. */
NORN_CHECKED norn_status norni_port_book_read(norni_port_book *b, const norni_port_file *file,
                                              norn_err *err);

/* Opens the table, whose source is set, in the layout that its header tells. norni_cutter_close is due after a failure, too. */
NORN_CHECKED norn_status norni_port_layout_open(norni_port_book *b, const norni_port_file *file,
                                                norni_table *t, norn_err *err);

/* Whether a column of a wide table is a part of a bar (its volume, say) and no symbol. */
typedef enum norni_port_bar_word {
    NORNI_PORT_NO_BAR,
    NORNI_PORT_MAYBE_BAR,
    NORNI_PORT_A_BAR
} norni_port_bar_word;
norni_port_bar_word norni_port_layout_bar(const norni_table *t, norni_str name);

#endif
