/* A chunk of any layout, and what its panel takes from the table. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANEL_CHUNK_H
#define NORNI_PANEL_CHUNK_H

#include "io/panel_cells.h"

/* The chunk's rows, by the table's layout. */
NORN_CHECKED norn_status norni_parse_chunk(const norni_table *t, const norni_chunk *chunk,
                                           norni_arena *arena, norni_chunk_rows *out,
                                           norn_err *err);
void norni_borrow_names(const norni_table *t, norni_panel *out);
norn_status norni_fail_twice(const norni_table *t, norni_str id, uint64_t line, size_t input,
                             norn_err *err);

#endif
