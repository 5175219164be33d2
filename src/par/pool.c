/* The deterministic parallel runtime: a pool of workers, and `for` over items that gives the same
 * bits at any worker count. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A call of norni_for is a job on its caller's stack, listed while it has items left. The caller
 * works on it as one of the workers; idle workers join any listed job, the newest first. A caller
 * that waits for the last items of its job helps only jobs below its own, so that no wait can
 * depend on itself. Which worker runs an item never shows in a result. */
#include "par/pool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/numtext.h"
#include "base/sort.h"
#include "base/str.h"

enum { STACK_BYTES = 4 << 20 };

typedef struct job {
    struct job *newer, *older, *parent;
    norni_item_fn fn;
    void *arg;
    size_t n, grain;
    const size_t *order; /* (n) items, costliest first, or NULL */
    bool keep_going, plumbing;
    norni_poll poll;
    atomic_size_t next;   /* first position not handed out */
    atomic_size_t lowest; /* lowest failed item, or SIZE_MAX */
    atomic_bool cancelled;
    size_t active;      /* workers inside; guarded by the pool's lock */
    norn_status status; /* of the lowest failed item; guarded by the pool's lock, as err */
    norn_err err;
} job;

typedef struct worker_slot {
    job *current; /* the innermost job this worker is inside */
    uint32_t depth;
} worker_slot;

typedef struct thread_start {
    struct norni_pool *pool;
    norni_worker *worker;
} thread_start;

struct norni_pool {
    norn_ctx *ctx;
    pid_t pid;
    int32_t n;               /* workers, the outside caller's included */
    int32_t n_started;       /* threads that could be had: n - 1 or fewer */
    pthread_t *thread;       /* (n) */
    norni_worker *worker;    /* (n); 0 is the outside caller's */
    worker_slot *slot;       /* (n) */
    thread_start *start;     /* (n) */
    pthread_mutex_t outside; /* one outside caller at a time */
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    job *newest;
    bool quit;
};

int32_t norni_pool_threads(norn_ctx *ctx) {
    static const char *const names[] = {"NORN_NUM_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS"};
    if (ctx->n_threads > 0) return ctx->n_threads;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *text = getenv(names[i]);
        int64_t n = 0;
        if (text != NULL && norni_int_parse(text, strlen(text), &n) == NORNI_NUM_OK && n >= 1 &&
            n <= 4096)
            return (int32_t)n;
    }
    return norni_cpu_usable(NULL);
}

int32_t norn_ctx_threads(norn_ctx *ctx) {
    return norni_pool_threads(ctx);
}

static void record_failure(struct norni_pool *pool, job *j, size_t item, norn_status st,
                           const norn_err *err) {
    pthread_mutex_lock(&pool->lock);
    if (item < atomic_load_explicit(&j->lowest, memory_order_relaxed)) {
        atomic_store_explicit(&j->lowest, item, memory_order_relaxed);
        j->status = st;
        j->err = *err;
    }
    pthread_mutex_unlock(&pool->lock);
}

static bool should_stop(const struct norni_pool *pool, job *j) {
    if (norn_ctx_cancelled(pool->ctx) || norni_poll_stop(&j->poll))
        atomic_store_explicit(&j->cancelled, true, memory_order_relaxed);
    return atomic_load_explicit(&j->cancelled, memory_order_relaxed);
}

static void run_item(struct norni_pool *pool, job *j, norni_worker *w, size_t item) {
    norn_err err;
    const worker_slot *slot = w->slot;
    /* After a failure only items before it still matter: so the lowest failed item is the same at
     * any worker count. */
    if (!j->keep_going && item > atomic_load_explicit(&j->lowest, memory_order_relaxed)) return;
    norn_status st;
    if (!j->plumbing) w->n_items++;
    if (slot->depth == 1) {
        norni_arena_reset(&w->arena);
        err.text[0] = '\0';
        st = j->fn(w, item, j->arg, &err);
    } else {
        const norni_arena_mark mark = norni_arena_mark_get(&w->arena);
        err.text[0] = '\0';
        st = j->fn(w, item, j->arg, &err);
        norni_arena_rewind(&w->arena, mark);
    }
    if (st == NORN_OK) return;
    err.code = st;
    if (st == NORN_E_CANCEL)
        atomic_store_explicit(&j->cancelled, true, memory_order_relaxed);
    else
        record_failure(pool, j, item, st, &err);
}

/* Works on the job until nothing is left to hand out. */
static void work_on(struct norni_pool *pool, job *j, norni_worker *w) {
    worker_slot *slot = w->slot;
    job *outer = slot->current;
    const int64_t start = slot->depth == 0 ? norni_clock_ns() : 0;
    slot->current = j;
    slot->depth++;
    for (;;) {
        const size_t first = atomic_fetch_add_explicit(&j->next, j->grain, memory_order_relaxed);
        if (first >= j->n) break;
        const size_t last = j->n - first < j->grain ? j->n : first + j->grain;
        for (size_t k = first; k < last && !should_stop(pool, j); k++)
            run_item(pool, j, w, j->order ? j->order[k] : k);
        if (atomic_load_explicit(&j->cancelled, memory_order_relaxed)) {
            atomic_store_explicit(&j->next, j->n, memory_order_relaxed);
            break;
        }
    }
    slot->depth--;
    slot->current = outer;
    if (slot->depth == 0) w->busy_seconds += (double)(norni_clock_ns() - start) / 1e9;
}

static bool has_items(job *j) {
    return atomic_load_explicit(&j->next, memory_order_relaxed) < j->n;
}

static bool is_below(const job *j, const job *top) {
    for (j = j->parent; j != NULL; j = j->parent) {
        if (j == top) return true;
    }
    return false;
}

/* The newest listed job with items left; below `top` when that is given. Called under the lock. */
static job *find_job(struct norni_pool *pool, const job *top) {
    for (job *j = pool->newest; j != NULL; j = j->older) {
        if (has_items(j) && (top == NULL || is_below(j, top))) return j;
    }
    return NULL;
}

/* Joins a job; called under the lock, returns under it. */
static void help(struct norni_pool *pool, job *j, norni_worker *w) {
    j->active++;
    pthread_mutex_unlock(&pool->lock);
    work_on(pool, j, w);
    pthread_mutex_lock(&pool->lock);
    if (--j->active == 0) pthread_cond_broadcast(&pool->done);
}

static void *worker_main(void *arg) {
    const thread_start *start = arg;
    struct norni_pool *pool = start->pool;
    norni_worker *w = start->worker;
    pthread_mutex_lock(&pool->lock);
    while (!pool->quit) {
        job *j = find_job(pool, NULL);
        if (j != NULL)
            help(pool, j, w);
        else
            pthread_cond_wait(&pool->wake, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static void free_memory(norn_ctx *ctx, struct norni_pool *pool) {
    for (int32_t i = 0; pool->worker != NULL && i < pool->n; i++)
        norni_arena_clear(&pool->worker[i].arena);
    const size_t n = (size_t)pool->n;
    norni_alloc_drop(&ctx->alloc, pool->thread, n, sizeof *pool->thread);
    norni_alloc_drop(&ctx->alloc, pool->worker, n, sizeof *pool->worker);
    norni_alloc_drop(&ctx->alloc, pool->slot, n, sizeof *pool->slot);
    norni_alloc_drop(&ctx->alloc, pool->start, n, sizeof *pool->start);
    norni_alloc_drop(&ctx->alloc, pool, 1, sizeof *pool);
}

static void free_pool(norn_ctx *ctx, struct norni_pool *pool) {
    if (pool->pid == getpid()) {
        pthread_mutex_lock(&pool->lock);
        pool->quit = true;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
        for (int32_t i = 0; i < pool->n_started; i++)
            pthread_join(pool->thread[i], NULL);
        pthread_cond_destroy(&pool->wake);
        pthread_cond_destroy(&pool->done);
        pthread_mutex_destroy(&pool->lock);
        pthread_mutex_destroy(&pool->outside);
    }
    free_memory(ctx, pool); /* in a forked child the threads are gone, and their locks with them */
}

/* Starts the threads with all signals blocked, so that handlers run in the host's threads. */
static void start_threads(struct norni_pool *pool) {
    pthread_attr_t attr;
    sigset_t all, before;
    if (pthread_attr_init(&attr) != 0) return;
    (void)pthread_attr_setstacksize(&attr, STACK_BYTES);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int32_t i = 1; i < pool->n; i++) {
        char name[16];
        pool->start[i] = (thread_start){pool, &pool->worker[i]};
        if (pthread_create(&pool->thread[pool->n_started], &attr, worker_main, &pool->start[i]) !=
            0)
            break;
        norni_format(name, sizeof name, "norn-%d", (int)i);
        (void)pthread_setname_np(pool->thread[pool->n_started++], name);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
}

/* Workers, slots and the threads' starting words in one go; the words live as long as the pool. */
static struct norni_pool *new_pool(norn_ctx *ctx) {
    struct norni_pool *pool = norni_alloc_zero(&ctx->alloc, 1, sizeof *pool);
    if (pool == NULL) return NULL;
    const int32_t n = norni_pool_threads(ctx);
    pool->ctx = ctx;
    pool->pid = getpid();
    pool->n = n;
    pool->thread = norni_alloc_zero(&ctx->alloc, (size_t)n, sizeof *pool->thread);
    pool->worker = norni_alloc_zero(&ctx->alloc, (size_t)n, sizeof *pool->worker);
    pool->slot = norni_alloc_zero(&ctx->alloc, (size_t)n, sizeof *pool->slot);
    pool->start = norni_alloc_zero(&ctx->alloc, (size_t)n, sizeof *pool->start);
    if (!pool->thread || !pool->worker || !pool->slot || !pool->start) {
        free_memory(ctx, pool);
        return NULL;
    }
    for (int32_t i = 0; i < n; i++) {
        pool->worker[i] = (norni_worker){.ctx = ctx, .index = (uint32_t)i, .slot = &pool->slot[i]};
        norni_arena_init(&pool->worker[i].arena, &ctx->alloc);
    }
    pthread_mutex_init(&pool->outside, NULL);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->done, NULL);
    return pool;
}

static struct norni_pool *pool_of(norn_ctx *ctx) {
    if (ctx->pool != NULL && ctx->pool->pid != getpid()) {
        pthread_mutex_init(&ctx->lock, NULL); /* a forked child: whoever held it is not here */
        free_memory(ctx, ctx->pool);
        ctx->pool = NULL;
    }
    pthread_mutex_lock(&ctx->lock);
    if (ctx->pool == NULL) {
        ctx->pool = new_pool(ctx);
        ctx->pool_free = free_pool;
        if (ctx->pool != NULL && ctx->pool->n > 1) start_threads(ctx->pool);
    }
    struct norni_pool *pool = ctx->pool;
    pthread_mutex_unlock(&ctx->lock);
    return pool;
}

static void list_job(struct norni_pool *pool, job *j) {
    pthread_mutex_lock(&pool->lock);
    j->older = pool->newest;
    if (pool->newest != NULL) pool->newest->newer = j;
    pool->newest = j;
    pthread_cond_broadcast(&pool->wake);
    if (j->parent != NULL) pthread_cond_broadcast(&pool->done); /* who waits above may help below */
    pthread_mutex_unlock(&pool->lock);
}

/* Unlists the job and waits for its last items, working below it meanwhile. */
static void finish_job(struct norni_pool *pool, job *j, norni_worker *w) {
    pthread_mutex_lock(&pool->lock);
    if (j->newer != NULL)
        j->newer->older = j->older;
    else
        pool->newest = j->older;
    if (j->older != NULL) j->older->newer = j->newer;
    while (j->active > 0) {
        job *below = find_job(pool, j);
        if (below != NULL)
            help(pool, below, w);
        else
            pthread_cond_wait(&pool->done, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

static int compare_costs(const void *arg, size_t a, size_t b) {
    const double *cost = arg;
    return (cost[a] < cost[b]) - (cost[a] > cost[b]);
}

static norn_status make_order(norn_ctx *ctx, job *j, const double *cost, size_t **order,
                              norn_err *err) {
    *order = norni_alloc_get(&ctx->alloc, j->n, 2 * sizeof **order);
    if (*order == NULL) return norni_alloc_fail(err, "parallel for", j->n, 2 * sizeof **order);
    for (size_t i = 0; i < j->n; i++)
        (*order)[i] = i;
    norni_sort_index(*order, j->n, compare_costs, cost, *order + j->n);
    j->order = *order;
    return NORN_OK;
}

/* From outside, and no job is listed: every worker is out of its last item, its scratch nobody's. */
static void free_scratch(struct norni_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    for (int32_t i = 0; i < pool->n; i++)
        norni_arena_clear(&pool->worker[i].arena);
    pthread_mutex_unlock(&pool->lock);
}

static norn_status work_alone(struct norni_pool *pool, job *j, norn_err *err) {
    norni_worker *w = &pool->worker[0];
    pthread_mutex_lock(&pool->outside);
    w->alone = true;
    const size_t n = j->n;
    for (size_t k = 0; k < n; k++) {
        free_scratch(pool);
        j->n = k + 1;
        j->grain = 1;
        atomic_store_explicit(&j->next, k, memory_order_relaxed);
        work_on(pool, j, w);
    }
    w->alone = false;
    free_scratch(pool);
    pthread_mutex_unlock(&pool->outside);
    if (atomic_load(&j->cancelled)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    if (j->status != NORN_OK && err != NULL) *err = j->err;
    return j->status;
}

norn_status norni_for(norn_ctx *ctx, norni_worker *worker, size_t n, norni_item_fn fn, void *arg,
                      const norni_for_opt *opt, norn_err *err) {
    if (n == 0) return NORN_OK;
    struct norni_pool *pool = pool_of(ctx);
    if (pool == NULL) return norni_alloc_fail(err, "thread pool", 1, sizeof *pool);
    job j = {.fn = fn, .arg = arg, .n = n, .grain = 1};
    size_t *order = NULL;
    atomic_init(&j.next, 0);
    atomic_init(&j.lowest, SIZE_MAX);
    atomic_init(&j.cancelled, false);
    if (opt != NULL) {
        if (opt->grain > 1) j.grain = opt->grain;
        j.keep_going = opt->keep_going;
        j.plumbing = opt->plumbing;
        j.poll = opt->poll;
        if (opt->alone && worker == NULL) return work_alone(pool, &j, err);
        if (opt->cost != NULL) NORN_TRY(make_order(ctx, &j, opt->cost, &order, err));
    }
    norni_worker *w = worker;
    if (w == NULL) {
        pthread_mutex_lock(&pool->outside);
        w = &pool->worker[0];
    }
    j.parent = ((worker_slot *)w->slot)->current;
    const bool shared = pool->n_started > 0 && n > j.grain && !w->alone;
    if (shared) list_job(pool, &j);
    work_on(pool, &j, w);
    if (shared) finish_job(pool, &j, w);
    if (worker == NULL) {
        norni_arena_reset(&w->arena);
        pthread_mutex_unlock(&pool->outside);
    }
    norni_alloc_drop(&ctx->alloc, order, n, 2 * sizeof *order);
    if (atomic_load(&j.cancelled)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    if (j.status != NORN_OK && err != NULL) *err = j.err;
    return j.status;
}

norn_status norni_pool_stats(norn_ctx *ctx, norni_worker_stat *out, int32_t n, bool reset,
                             norn_err *err) {
    struct norni_pool *pool = pool_of(ctx);
    if (pool == NULL) return norni_alloc_fail(err, "thread pool", 1, sizeof *pool);
    pthread_mutex_lock(&pool->outside);
    pthread_mutex_lock(&pool->lock);
    for (int32_t i = 0; i < n; i++)
        out[i] = (norni_worker_stat){0, 0};
    for (int32_t i = 0; i < n && i < pool->n; i++) {
        out[i] = (norni_worker_stat){pool->worker[i].n_items, pool->worker[i].busy_seconds};
        if (reset) {
            pool->worker[i].n_items = 0;
            pool->worker[i].busy_seconds = 0;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    pthread_mutex_unlock(&pool->outside);
    return NORN_OK;
}
