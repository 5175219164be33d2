/* A bump allocator for scratch and for objects that die together. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#    define WATCHED 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define WATCHED 1
#    endif
#endif
/* Under AddressSanitizer what nobody asked for is out of bounds, and a gap lies behind each piece. */
#ifdef WATCHED
#    include <sanitizer/asan_interface.h>
enum { GAP = 64 };
#else
#    define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#    define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
enum { GAP = 0 };
#endif

enum { ALIGN = 64, FIRST_BLOCK = 1 << 16 };

struct norni_arena_block {
    norni_arena_block *older;
    size_t size; /* of the whole block, this head included */
};

void norni_arena_init(norni_arena *arena, const norn_alloc *alloc) {
    *arena = (norni_arena){.alloc = alloc};
}

static void free_block(norni_arena *arena, norni_arena_block *block) {
    arena->total -= block->size;
    ASAN_UNPOISON_MEMORY_REGION(block, block->size);
    norni_alloc_drop(arena->alloc, block, block->size, 1);
}

static void drop_head(norni_arena *arena) {
    norni_arena_block *older = arena->head->older;
    free_block(arena, arena->head);
    arena->head = older;
}

/* Nothing behind `used` is anyone's. */
static void close_rest(norni_arena_block *block, size_t used) {
    ASAN_POISON_MEMORY_REGION((char *)block + used, block->size - used);
}

/* Takes the newest block out of use; the larger of it and the spare one stays. */
static void retire_head(norni_arena *arena) {
    norni_arena_block *block = arena->head, *other = arena->spare;
    arena->head = block->older;
    if (other != NULL && other->size >= block->size) {
        other = block;
        block = arena->spare;
    }
    arena->spare = block;
    close_rest(block, sizeof *block);
    if (other != NULL) free_block(arena, other);
}

void norni_arena_clear(norni_arena *arena) {
    while (arena->head != NULL)
        drop_head(arena);
    if (arena->spare != NULL) free_block(arena, arena->spare);
    arena->spare = NULL;
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
    if (arena->spare != NULL && arena->spare->size >= bytes + head) {
        arena->spare->older = arena->head;
        arena->head = arena->spare;
        arena->spare = NULL;
        arena->used = sizeof *arena->head;
        return true;
    }
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
    close_rest(block, sizeof *block);
    return true;
}

/* The piece of `bytes` at offset `at` of the newest block, which has the room. */
static void *take(norni_arena *arena, size_t at, size_t bytes) {
    char *p = (char *)arena->head + at;
    const size_t left = arena->head->size - at - bytes;
    arena->used = at + bytes + (left <= GAP ? left : GAP);
    ASAN_UNPOISON_MEMORY_REGION(p, bytes);
    return p;
}

void *norni_arena_get(norni_arena *arena, size_t n, size_t size) {
    size_t bytes;
    if (!norni_mul_size(n, size, &bytes)) return NULL;
    if (arena->head != NULL) {
        const size_t at = aligned_offset(arena->head, arena->used);
        if (at <= arena->head->size && bytes <= arena->head->size - at)
            return take(arena, at, bytes);
    }
    if (!add_block(arena, bytes)) return NULL;
    return take(arena, aligned_offset(arena->head, arena->used), bytes);
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
        retire_head(arena);
    arena->used = mark.used;
    if (arena->head != NULL) close_rest(arena->head, mark.used);
}

void norni_arena_reset(norni_arena *arena) {
    const size_t total = arena->total;
    const bool one = (arena->head == NULL) != (arena->spare == NULL) &&
                     (arena->head == NULL || arena->head->older == NULL);
    if (one) {
        if (arena->head != NULL) retire_head(arena);
    } else if (total > 0) {
        norni_arena_clear(arena);
        if (!add_block(arena, total)) return; /* it will be asked for again, in smaller pieces */
        retire_head(arena);
    }
    arena->used = 0;
}

void norni_arena_adopt(norni_arena *to, norni_arena *from) {
    norni_arena_block *last = from->head;
    if (from->spare != NULL) free_block(from, from->spare);
    from->spare = NULL;
    if (last != NULL) {
        while (last->older != NULL)
            last = last->older;
        if (to->head == NULL) {
            to->head = from->head;
            to->used = from->used;
        } else { /* behind the block in use */
            last->older = to->head->older;
            to->head->older = from->head;
        }
        to->total += from->total;
    }
    norni_arena_init(from, from->alloc);
}
