/* A bump allocator for scratch and for objects that die together. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <string.h>

enum { ALIGN = 64, FIRST_BLOCK = 1 << 16 };

struct norni_arena_block {
    norni_arena_block *older;
    size_t size; /* of the whole block, this head included */
};

void norni_arena_init(norni_arena *arena, const norn_alloc *alloc) {
    *arena = (norni_arena){.alloc = alloc};
}

static void drop_head(norni_arena *arena) {
    norni_arena_block *older = arena->head->older;
    arena->total -= arena->head->size;
    norni_alloc_drop(arena->alloc, arena->head, arena->head->size, 1);
    arena->head = older;
}

void norni_arena_clear(norni_arena *arena) {
    while (arena->head != NULL)
        drop_head(arena);
    arena->used = 0;
}

/* The first offset behind `used` at which the address is aligned. */
static size_t aligned_offset(const norni_arena_block *block, size_t used) {
    const uintptr_t at = (uintptr_t)block + used;
    return used + (size_t)((ALIGN - at % ALIGN) % ALIGN);
}

static bool add_block(norni_arena *arena, size_t bytes) {
    const size_t head = sizeof(norni_arena_block) + ALIGN;
    if (bytes > SIZE_MAX - head) return false;
    size_t size = bytes + head;
    if (size < FIRST_BLOCK) size = FIRST_BLOCK;
    if (size < arena->total && arena->total <= SIZE_MAX / 2) size = arena->total; /* doubling */
    norni_arena_block *block = norni_alloc_get(arena->alloc, size, 1);
    if (block == NULL && size > bytes + head) {
        size = bytes + head;
        block = norni_alloc_get(arena->alloc, size, 1);
    }
    if (block == NULL) return false;
    *block = (norni_arena_block){arena->head, size};
    arena->head = block;
    arena->used = sizeof *block;
    arena->total += size;
    return true;
}

void *norni_arena_get(norni_arena *arena, size_t n, size_t size) {
    size_t bytes;
    if (!norni_mul_size(n, size, &bytes)) return NULL;
    if (arena->head != NULL) {
        const size_t at = aligned_offset(arena->head, arena->used);
        if (at <= arena->head->size && bytes <= arena->head->size - at) {
            arena->used = at + bytes;
            return (char *)arena->head + at;
        }
    }
    if (!add_block(arena, bytes)) return NULL;
    const size_t at = aligned_offset(arena->head, arena->used);
    arena->used = at + bytes;
    return (char *)arena->head + at;
}

void *norni_arena_zero(norni_arena *arena, size_t n, size_t size) {
    void *p = norni_arena_get(arena, n, size);
    if (p != NULL) memset(p, 0, n * size);
    return p;
}

char *norni_arena_text(norni_arena *arena, const char *text, size_t len) {
    char *p = len == SIZE_MAX ? NULL : norni_arena_get(arena, len + 1, 1);
    if (p == NULL) return NULL;
    if (len > 0) memcpy(p, text, len);
    p[len] = '\0';
    return p;
}

norni_arena_mark norni_arena_mark_get(const norni_arena *arena) {
    return (norni_arena_mark){arena->head, arena->used};
}

void norni_arena_rewind(norni_arena *arena, norni_arena_mark mark) {
    while (arena->head != mark.head)
        drop_head(arena);
    arena->used = mark.used;
}

void norni_arena_reset(norni_arena *arena) {
    if (arena->head == NULL) return;
    /* Blocks grow, so the newest is the largest but for one giant request in between: keep the
     * newest. */
    while (arena->head->older != NULL) {
        norni_arena_block *second = arena->head->older;
        arena->head->older = second->older;
        arena->total -= second->size;
        norni_alloc_drop(arena->alloc, second, second->size, 1);
    }
    arena->used = sizeof(norni_arena_block);
}
