/* The deterministic parallel runtime: a pool of workers, and `for` over items that gives the same
 * bits at any worker count. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_POOL_H
#define NORNI_POOL_H

#include "base/arena.h"
#include "base/ctx.h"

/* What an item's function gets: never shared between two items that run at once. */
typedef struct norni_worker {
    norn_ctx *ctx;
    norni_arena arena; /* scratch, reset before each top-level item */
    uint32_t index;    /* for reports only: a result must never depend on it */
    uint64_t n_items;
    double busy_seconds;
    bool alone; /* nobody joins its nested loops */
    void *slot; /* the pool's own */
} norni_worker;

typedef norn_status (*norni_item_fn)(norni_worker *worker, size_t item, void *arg, norn_err *err);

typedef struct norni_for_opt {
    size_t grain;       /* items handed out at once; 0 = 1 */
    const double *cost; /* (n_items) or NULL; given: the costliest first, ties by index */
    bool keep_going;    /* true: all items run, whatever fails; false: stop handing out at the first
                           failure */
    norni_poll poll;    /* more reasons to stop, besides the context's flag */
    /* From outside the pool: one item after another on the caller, nested loops too; what the workers
     * keep for scratch is freed before each. */
    bool alone;
    bool plumbing; /* not work that the workers' counters should show: lanes, copies */
} norni_for_opt;

/* Runs fn for every item in [0, n). `worker` NULL: called from outside the pool; else a nested call
 * from inside an item: the caller works on its own subtree, idle workers join in. Returns NORN_OK,
 * NORN_E_CANCEL, or the failure of the lowest failed item. */
NORN_CHECKED norn_status norni_for(norn_ctx *ctx, norni_worker *worker, size_t n, norni_item_fn fn,
                                   void *arg, const norni_for_opt *opt, norn_err *err);

/* min(affinity, cgroup v1/v2 CPU quota rounded up), at least 1. `root` NULL means "" (tests give a
 * fake tree). */
int32_t norni_cpu_usable(const char *root);
/* Workers this context runs with: asked, else the environment's, else norni_cpu_usable. */
int32_t norni_pool_threads(norn_ctx *ctx);
/* Per-worker counters since the last reset, out (norni_pool_threads). */
typedef struct norni_worker_stat {
    uint64_t n_items;
    double busy_seconds;
} norni_worker_stat;
NORN_CHECKED norn_status norni_pool_stats(norn_ctx *ctx, norni_worker_stat *out, int32_t n,
                                          bool reset, norn_err *err);

#endif
