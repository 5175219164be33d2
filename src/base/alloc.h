/* The only door to memory: the context's callback, with sizes checked for overflow. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ALLOC_H
#define NORNI_ALLOC_H

#include <norn/ctx.h>

/* The process' own allocator: malloc family, huge-page advice from 4 MiB on. */
norn_alloc norni_alloc_default(void);

/* true and *out = a*b, or false when the product does not fit. */
static inline bool norni_mul_size(size_t a, size_t b, size_t *out) {
    return !__builtin_mul_overflow(a, b, out);
}

/* n*size bytes, uninitialised; NULL when it overflows or memory is out. n*size == 0 gives a block
 * of 1. */
void *norni_alloc_get(const norn_alloc *a, size_t n, size_t size);
/* The same, zeroed. */
void *norni_alloc_zero(const norn_alloc *a, size_t n, size_t size);
/* Resizes a block got with (n_old, size) to n_new elements; NULL leaves the old block valid. */
void *norni_alloc_resize(const norn_alloc *a, void *ptr, size_t n_old, size_t n_new, size_t size);
/* Frees a block got with (n, size); NULL is legal. */
void norni_alloc_drop(const norn_alloc *a, void *ptr, size_t n, size_t size);

/* "part: out of memory (wanted n x size bytes)" */
NORN_CHECKED norn_status norni_alloc_fail(norn_err *err, const char *part, size_t n, size_t size);

#endif
