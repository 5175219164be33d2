/* Configuration text: a strict subset of TOML 1.0 as a flat list of rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TOML_H
#define NORNI_TOML_H

#include "base/arena.h"
#include "base/str.h"

/* Tables, strings, whole and decimal numbers, booleans, arrays of these (of mixed types, over
 * several lines). Anything else of TOML is an error with its line: dates, inline tables, arrays of
 * tables, dotted keys and table names, multi-line strings, hex, octal and binary numbers, inf and
 * nan. Decimal numbers may have underscores between digits, as in TOML. */
typedef enum norni_toml_type {
    NORNI_TOML_STRING,
    NORNI_TOML_INT, /* fits int64 */
    NORNI_TOML_NUMBER,
    NORNI_TOML_BOOL,
    NORNI_TOML_ARRAY
} norni_toml_type;

typedef struct norni_toml_value {
    norni_toml_type type;
    norni_str text; /* a string's bytes unescaped (UTF-8, never a NUL); a number's or boolean's own
                       text (underscores removed); "" for an array */
    double num;     /* of a number; 1 or 0 of a boolean; else 0 */
    const struct norni_toml_value *item; /* (n_items), NULL when there are none */
    size_t n_items;
} norni_toml_value;

typedef struct norni_toml_row {
    norni_str table; /* "" for the top */
    norni_str key;
    norni_toml_value value;
    size_t line; /* of the key, from 1 */
} norni_toml_row;

typedef struct norni_toml {
    norni_toml_row *row;
    size_t n_rows;
} norni_toml; /* in file order; a table without rows does not show */

/* Bytes are copied into the arena, and everything in *out lives there. NORN_E_FORMAT "line 7: ..."
 * names what stands there and what is allowed. NORN_E_LIMIT, likewise with its line, above 1 MiB,
 * arrays nested deeper than 4, more than 10,000 rows or tables. A name that stands twice (a key in
 * its table, a table, a table and a top key) is an error that names both lines. After an error *out
 * is empty and the arena as before. */
NORN_CHECKED norn_status norni_toml_parse(norni_arena *arena, const char *bytes, size_t n,
                                          norni_toml *out, norn_err *err);

#endif
