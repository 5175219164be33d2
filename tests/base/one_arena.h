/* The arena of a test program, fresh for each test or group. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ONE_ARENA_H
#define ONE_ARENA_H

#include "base/arena.h"

static norn_alloc alloc;
static norni_arena arena;

static inline int set_up(void **state) {
    (void)state;
    alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    return 0;
}

static inline int tear_down(void **state) {
    (void)state;
    norni_arena_clear(&arena);
    return 0;
}

#endif
