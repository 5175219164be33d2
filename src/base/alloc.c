/* The only door to memory: the context's callback, with sizes checked for overflow. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* From here on blocks are mapped and ask for huge pages: fresh 4 KiB pages cost more than many
 * kernels. */
#define HUGE_FROM ((size_t)4 << 20)

static size_t mapped_size(size_t size) {
    const size_t page = (size_t)2 << 20;
    return size > SIZE_MAX - page ? 0 : (size + page - 1) / page * page;
}

static void *map_block(size_t size) {
    const size_t bytes = mapped_size(size);
    if (bytes == 0) return NULL;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    (void)madvise(p, bytes, MADV_HUGEPAGE); /* only a wish */
    return p;
}

static void free_block(void *p, size_t size) {
    if (size < HUGE_FROM) {
        free(p);
    } else {
        (void)munmap(p, mapped_size(size));
    }
}

/* A mapped block in another size, its bytes kept; NULL: it stays as it was. */
static void *remap_block(void *p, size_t old, size_t size) {
#ifdef __SANITIZE_THREAD__ /* TSan does not see mremap: it would take a place's next owner for a race */
    void *moved = map_block(size);
    if (moved == NULL) return NULL;
    memcpy(moved, p, old < size ? old : size);
    free_block(p, old);
    return moved;
#else
    void *moved = mremap(p, mapped_size(old), mapped_size(size), MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
#endif
}

static void *default_resize(void *user, void *ptr, size_t old, size_t size) {
    (void)user;
    if (size == 0) {
        if (ptr != NULL) free_block(ptr, old);
        return NULL;
    }
    if (ptr == NULL) return size < HUGE_FROM ? malloc(size) : map_block(size);
    if (old < HUGE_FROM && size < HUGE_FROM) return realloc(ptr, size);
    if (old >= HUGE_FROM && size >= HUGE_FROM) {
        if (mapped_size(size) == 0) return NULL;
        if (mapped_size(old) == mapped_size(size)) return ptr;
        return remap_block(ptr, old, size);
    }
    void *fresh = size < HUGE_FROM ? malloc(size) : map_block(size);
    if (fresh == NULL) return NULL;
    memcpy(fresh, ptr, old < size ? old : size);
    free_block(ptr, old);
    return fresh;
}

norn_alloc norni_alloc_default(void) {
    return (norn_alloc){default_resize, NULL};
}

static bool block_size(size_t n, size_t size, size_t *out) {
    if (!norni_mul_size(n, size, out)) return false;
    if (*out == 0) *out = 1;
    return true;
}

void *norni_alloc_get(const norn_alloc *a, size_t n, size_t size) {
    size_t bytes;
    return block_size(n, size, &bytes) ? a->resize(a->user, NULL, 0, bytes) : NULL;
}

void *norni_alloc_zero(const norn_alloc *a, size_t n, size_t size) {
    void *p = norni_alloc_get(a, n, size);
    if (p != NULL) memset(p, 0, n * size);
    return p;
}

void *norni_alloc_resize(const norn_alloc *a, void *ptr, size_t n_old, size_t n_new, size_t size) {
    size_t old_bytes, new_bytes;
    if (!block_size(n_old, size, &old_bytes) || !block_size(n_new, size, &new_bytes)) return NULL;
    return a->resize(a->user, ptr, ptr ? old_bytes : 0, new_bytes);
}

void norni_alloc_drop(const norn_alloc *a, void *ptr, size_t n, size_t size) {
    size_t bytes;
    if (ptr != NULL && block_size(n, size, &bytes)) (void)a->resize(a->user, ptr, bytes, 0);
}
