/* A memory budget: an allocator that counts and refuses, and how much memory there is. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "par/budget.h"

#include <unistd.h>

#include "par/cgroup.h"

static void *budget_resize(void *user, void *ptr, size_t old, size_t size) {
    norni_budget *b = user;
    if (ptr == NULL) old = 0;
    if (size > old) {
        const size_t more = size - old;
        const size_t used = atomic_fetch_add_explicit(&b->used, more, memory_order_relaxed) + more;
        if (b->limit > 0 && used > b->limit) {
            atomic_fetch_sub_explicit(&b->used, more, memory_order_relaxed);
            return NULL;
        }
        size_t peak = atomic_load_explicit(&b->peak, memory_order_relaxed);
        while (used > peak &&
               !atomic_compare_exchange_weak_explicit(&b->peak, &peak, used, memory_order_relaxed,
                                                      memory_order_relaxed)) {
        }
    }
    void *p = b->below.resize(b->below.user, ptr, old, size);
    if (size > old && p == NULL)
        atomic_fetch_sub_explicit(&b->used, size - old, memory_order_relaxed);
    else if (size < old && (p != NULL || size == 0))
        atomic_fetch_sub_explicit(&b->used, old - size, memory_order_relaxed);
    return p;
}

void norni_budget_init(norni_budget *b, norn_alloc below, size_t limit) {
    b->below = below;
    b->limit = limit;
    atomic_init(&b->used, 0);
    atomic_init(&b->peak, 0);
}

norn_alloc norni_budget_alloc(norni_budget *b) {
    return (norn_alloc){budget_resize, b};
}

/* "max" reads as no number, hence as no limit; v1 writes a huge one. */
static double read_v2(const char *folder) {
    return norni_cgroup_number(folder, "memory.max");
}
static double read_v1(const char *folder) {
    return norni_cgroup_number(folder, "memory.limit_in_bytes");
}

uint64_t norni_memory_usable(const char *root) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    double bytes = pages > 0 && page > 0 ? (double)pages * (double)page : 4294967296.0;
    const double limit = norni_cgroup_tightest(root ? root : "", "memory", read_v2, read_v1);
    if (limit > 0 && limit < bytes) bytes = limit;
    return (uint64_t)bytes;
}

uint64_t norni_memory_limit(norni_memsize asked, const char *root) {
    if (asked.bytes > 0) return asked.bytes;
    const double share = asked.share > 0 ? asked.share : 0.8;
    return (uint64_t)(share * (double)norni_memory_usable(root));
}
