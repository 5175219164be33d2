/* A bump allocator for scratch and for objects that die together. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARENA_H
#define NORNI_ARENA_H

#include "base/alloc.h"

typedef struct norni_arena_block norni_arena_block;

typedef struct norni_arena {
    const norn_alloc *alloc;
    norni_arena_block *head;  /* the block in use; older ones behind it */
    size_t used;              /* bytes used in head */
    size_t total;             /* bytes of all blocks, for the memory report */
    norni_arena_block *spare; /* the largest block that a rewind left over */
} norni_arena;

typedef struct norni_arena_mark {
    norni_arena_block *head;
    size_t used;
} norni_arena_mark;

void norni_arena_init(norni_arena *arena, const norn_alloc *alloc);
void norni_arena_clear(norni_arena *arena); /* frees every block */
/* n*size bytes aligned to 64, uninitialised; NULL when out of memory or overflowing. */
void *norni_arena_get(norni_arena *arena, size_t n, size_t size);
void *norni_arena_zero(norni_arena *arena, size_t n, size_t size);
char *norni_arena_text(norni_arena *arena, const char *text, size_t len); /* copies, adds NUL */
norni_arena_mark norni_arena_mark_get(const norni_arena *arena);
void norni_arena_rewind(norni_arena *arena, norni_arena_mark mark);
/* Empties the arena but keeps its memory as one block, so that the next item of the size allocates
 * nothing. */
void norni_arena_reset(norni_arena *arena);
/* What lies in `from` lives on in `to`; `from` is empty then. Both have the same allocator. */
void norni_arena_adopt(norni_arena *to, norni_arena *from);

#endif
