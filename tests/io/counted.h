/* Memory for tests that fails on demand and is counted. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_COUNTED_H
#define TESTS_COUNTED_H

#include "base/alloc.h"

typedef struct counted_memory {
    norn_alloc real;
    size_t calls, until; /* the call `until` and all behind it fail; 0: none */
    int64_t held;        /* bytes that were not given back */
} counted_memory;

static inline void *counted_resize(void *user, void *ptr, size_t old, size_t size) {
    counted_memory *m = user;
    if (size > 0 && m->until > 0 && ++m->calls >= m->until) return NULL;
    void *got = m->real.resize(m->real.user, ptr, old, size);
    if (size == 0 || got != NULL) m->held += (int64_t)size - (int64_t)old;
    return got;
}

#endif
