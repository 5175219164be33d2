/* Cuts a stream of delimited text into chunks of whole records, or of whole series. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CSV_CUT_H
#define NORNI_CSV_CUT_H

#include "io/csv_chunk.h"

/* Opens the first input and reads its first record. On failure nothing is left to close. */
NORN_CHECKED norn_status norni_cutter_open(norni_cutter *c, norn_err *err);
/* Once keep_head, by_series and id_field are set: what follows are the chunks. */
NORN_CHECKED norn_status norni_cutter_begin(norni_cutter *c, norn_err *err);
/* The next chunk; *c keeps its memory between calls. *end: there is none. */
NORN_CHECKED norn_status norni_cutter_next(norni_cutter *cut, norni_chunk *chunk, bool *end,
                                           norn_err *err);
/* Begins anew, as after open. */
NORN_CHECKED norn_status norni_cutter_rewind(norni_cutter *c, norn_err *err);
bool norni_cutter_can_rewind(const norni_cutter *c);
/* Share of the input that was cut, or -1. */
double norni_cutter_share(const norni_cutter *c);
void norni_cutter_close(norni_cutter *c);

#endif
