/* What learning from a table takes, before the table is there. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_ROOM_H
#define NORNI_MULTI_ROOM_H

#include "app/multi_plan.h"

typedef struct norni_multi_room {
    const norni_multi_plan *plan;
    norni_arena *arena; /* scratch, left as it was */
} norni_multi_room;

/* Features, bins of every fit, answers and the largest single part of a table of so many rows, in bytes:
 * norni_wide_opt's `made`; user is a norni_multi_room. Grows with each argument. */
size_t norni_multi_room_made(const void *user, size_t n_rows, size_t n_fixed, size_t n_drivers);
/* Bytes of the limit that table and learning may share. */
uint64_t norni_multi_room_memory(const norni_multi_plan *plan);

#endif
