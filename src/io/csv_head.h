/* The beginning of a delimited text: its form, its header, its first record. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CSV_HEAD_H
#define NORNI_CSV_HEAD_H

#include "io/csv_chunk.h"

/* The beginning of the input just opened: its form, and a whole record read. */
NORN_CHECKED norn_status norni_cutter_head(norni_cutter *cut, norn_err *err);
/* Its first record dropped (unless keep_head), and a whole record read behind it. */
NORN_CHECKED norn_status norni_cutter_drop_head(norni_cutter *cut, norn_err *err);

/* A field without its quotes; doubled quotes inside become one, in the arena. p NULL: no memory. */
norni_str norni_csv_unquote(norni_arena *arena, const char *p, const char *end);

#endif
