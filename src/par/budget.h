/* A memory budget: an allocator that counts and refuses, and how much memory there is. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BUDGET_H
#define NORNI_BUDGET_H

#include <stdatomic.h>

#include "base/alloc.h"
#include "base/param.h"

/* Counts what goes through it; beyond `limit` it says no, as a machine without memory does. */
typedef struct norni_budget {
    norn_alloc below;
    size_t limit; /* bytes; 0: none */
    atomic_size_t used, peak;
} norni_budget;

void norni_budget_init(norni_budget *b, norn_alloc below, size_t limit);
/* Must outlive everything that was got through it. */
norn_alloc norni_budget_alloc(norni_budget *b);

/* min(physical memory, cgroup v1/v2 limit), in bytes. `root` as in norni_cpu_usable. */
uint64_t norni_memory_usable(const char *root);
/* The limit in bytes that "0.8" or "4GiB" means here. */
uint64_t norni_memory_limit(norni_memsize asked, const char *root);

#endif
