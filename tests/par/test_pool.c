/* The runtime: the same bits at any worker count, nested calls, forks, cancel, retries, fallbacks, quotas. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workers.h"
#include "base/clock.h"
#include "base/fp.h"
#include "base/rng.h"
#include "par/batch.h"
#include "par/budget.h"
#include "par/pipe.h"
#include "par/reduce.h"

enum { ITEMS = 500 };
static const int32_t worker_counts[] = {1, 2, 3, 7, 64};
enum { COUNTS = sizeof worker_counts / sizeof worker_counts[0] };

typedef struct loop_data {
    double out[ITEMS];
    bool delays;
    atomic_int seen[64]; /* items by worker */
    atomic_int alive;
    int32_t wanted;
} loop_data;

/* Unequal work, a random delay, and once a wait until all workers have an item: proof that they live. */
static norn_status unequal_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    loop_data *d = arg;
    (void)err;
    if (atomic_fetch_add(&d->seen[w->index], 1) == 0) atomic_fetch_add(&d->alive, 1);
    const int64_t until = norni_clock_ns() + INT64_C(2000000000);
    while (d->delays && atomic_load(&d->alive) < d->wanted && norni_clock_ns() < until)
        usleep(50);
    double *scratch = norni_arena_get(&w->arena, 1 + item % 97, sizeof *scratch);
    assert_non_null(scratch);
    const size_t rounds = 20 + item * 7919 % 400;
    double x = (double)item;
    for (size_t k = 0; k < rounds; k++)
        x = norni_log(2 + x * x) + norni_rng_normal((norni_rng){1, item}, k);
    if (d->delays)
        usleep((useconds_t)(norni_rng_u64((norni_rng){(uint64_t)w->index + 5, item}, 0) % 200));
    d->out[item] = x;
    return NORN_OK;
}

static void same_bits(void **state) {
    (void)state;
    static loop_data base, d;
    double cost[ITEMS];
    for (size_t i = 0; i < ITEMS; i++)
        cost[i] = (double)(i * 7919 % 400);
    norn_ctx *one = ctx_of_threads(1);
    assert_int_equal(norni_for(one, NULL, ITEMS, unequal_item, &base, NULL, NULL), NORN_OK);
    norn_ctx_free(one);
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        for (int costly = 0; costly < 2; costly++) {
            const norni_for_opt opt = {.cost = costly ? cost : NULL, .grain = 1};
            memset(&d, 0, sizeof d);
            d.delays = true;
            d.wanted = worker_counts[k];
            assert_int_equal(norni_for(ctx, NULL, ITEMS, unequal_item, &d, &opt, NULL), NORN_OK);
            assert_memory_equal(d.out, base.out, sizeof d.out);
            assert_int_equal(atomic_load(&d.alive), worker_counts[k]);
        }
        norn_ctx_free(ctx);
    }
}

typedef struct nested_data {
    norn_ctx *ctx;
    int depth;
    double sum[8];
} nested_data;

static norn_status nested_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    nested_data *d = arg;
    double *kept = norni_arena_get(&w->arena, 64, sizeof *kept); /* must survive the inner loop */
    kept[63] = (double)item;
    if (d->depth == 0) {
        d->sum[item] = norni_exp((double)item / 3);
    } else {
        nested_data inner = {d->ctx, d->depth - 1, {0}};
        NORN_TRY(norni_for(d->ctx, w, 8, nested_item, &inner, NULL, err));
        d->sum[item] = (double)item + norni_sum_tree(inner.sum, 8);
    }
    assert_true(kept[63] == (double)item);
    return NORN_OK;
}

static void nested_calls(void **state) {
    (void)state;
    double want = 0;
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        for (int round = 0; round < 10; round++) {
            nested_data d = {ctx, 3, {0}};
            assert_int_equal(norni_for(ctx, NULL, 8, nested_item, &d, NULL, NULL), NORN_OK);
            const double got = norni_sum_tree(d.sum, 8);
            if (want == 0) want = got;
            assert_true(got == want);
        }
        norn_ctx_free(ctx);
    }
}

static norn_status failing_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)arg;
    if (item % 100 == 57) return norn_fail(err, NORN_E_DATA, "item %zu is bad", item);
    usleep((useconds_t)(item % 7 * 30));
    return NORN_OK;
}

static void lowest_failure_wins(void **state) {
    (void)state;
    double cost[ITEMS];
    for (size_t i = 0; i < ITEMS; i++)
        cost[i] = (double)i; /* handed out from the end */
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        for (int costly = 0; costly < 2; costly++) {
            const norni_for_opt opt = {.cost = costly ? cost : NULL};
            norn_err err;
            assert_int_equal(norni_for(ctx, NULL, ITEMS, failing_item, NULL, &opt, &err),
                             NORN_E_DATA);
            assert_string_equal(err.text, "item 57 is bad");
        }
        norn_ctx_free(ctx);
    }
}

#if !defined(__SANITIZE_THREAD__)
static void forked_child(void **state) {
    (void)state;
    static loop_data d;
    norn_ctx *ctx = ctx_of_threads(4);
    assert_int_equal(norni_for(ctx, NULL, ITEMS, unequal_item, &d, NULL, NULL), NORN_OK);
    const pid_t child = fork();
    if (child == 0) {
        alarm(20); /* a hang is a failure */
        static loop_data inner;
        const norn_status st = norni_for(ctx, NULL, ITEMS, unequal_item, &inner, NULL, NULL);
        _exit(st == NORN_OK && memcmp(inner.out, d.out, sizeof d.out) == 0 ? 0 : 1);
    }
    int status = 1;
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(norni_for(ctx, NULL, ITEMS, unequal_item, &d, NULL, NULL),
                     NORN_OK); /* the parent's pool is whole */
    norn_ctx_free(ctx);
}
#endif

static norn_status slow_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)w;
    (void)item;
    (void)err;
    atomic_fetch_add((atomic_int *)arg, 1);
    usleep(1000);
    return NORN_OK;
}

static void *cancel_later(void *arg) {
    usleep(100000);
    norn_ctx_cancel(arg);
    return NULL;
}

static void cancel_is_quick(void **state) {
    (void)state;
    norn_ctx *ctx = ctx_of_threads(3);
    atomic_int done = 0;
    pthread_t thread;
    const int64_t start = norni_clock_ns();
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, ctx), 0);
    assert_int_equal(
        norni_for(ctx, NULL, 1000000, slow_item, &done, &(norni_for_opt){.grain = 64}, NULL),
        NORN_E_CANCEL);
    pthread_join(thread, NULL);
    assert_true(norni_clock_ns() - start <
                INT64_C(1000000000)); /* 0.1 s until the cancel, the rest is a loaded machine's */
    assert_true(atomic_load(&done) < 1000);
    norn_ctx_rearm(ctx);
    assert_int_equal(norni_for(ctx, NULL, 3, slow_item, &done, NULL, NULL), NORN_OK);
    norn_ctx_free(ctx);
}

/* Items 0 mod 10 fail for good, 1 mod 10 recover at the third attempt, 2 mod 10 are wrong data. */
static norn_status try_one(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                           norn_err *err) {
    (void)w;
    (void)arg;
    if (item % 10 == 0 || (item % 10 == 1 && attempt < 2))
        return norn_fail(err, NORN_E_NUMERIC, "item %zu broke down at %u", item, attempt);
    if (item % 10 == 2) return norn_fail(err, NORN_E_DATA, "item %zu is empty", item);
    return NORN_OK;
}

static norn_status serve(norni_worker *w, size_t item, uint32_t attempt, void *arg, norn_err *err) {
    (void)w;
    (void)arg;
    (void)attempt;
    return item % 20 == 0 ? norn_fail(err, NORN_E_DATA, "no fallback either") : NORN_OK;
}

static void count_reports(void *user, const norni_progress *p) {
    int *reports = user;
    assert_true(p->n_done <= p->n_total && p->n_total == 200);
    if (p->last) assert_int_equal(p->n_done, 200);
    reports[0]++;
    reports[1] += p->last;
}

static void batch_outcomes(void **state) {
    (void)state;
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        int reports[2] = {0, 0};
        norni_batch b;
        norni_tally tally;
        norni_reporter reporter;
        const norni_batch_opt opt = {.loop = {.keep_going = true},
                                     .max_attempts = 3,
                                     .error_threshold = 0.05,
                                     .tally = &tally};
        norni_tally_init(&tally);
        norni_reporter_start(&reporter, count_reports, reports, &tally, 200);
        assert_int_equal(norni_batch_run(ctx, NULL, 200, try_one, serve, NULL, &opt, &b, NULL),
                         NORN_OK);
        norni_reporter_stop(&reporter);
        assert_int_equal(b.n_failed, 10);
        assert_int_equal(b.n_fallback, 30);
        assert_int_equal(b.n_ok, 190);
        assert_false(b.above_threshold);
        assert_int_equal(b.outcome[0].attempts, 4);
        assert_string_equal(b.outcome[0].message, "item 0 broke down at 0");
        assert_int_equal(b.outcome[1].attempts, 3);
        assert_false(b.outcome[1].fallback);
        assert_int_equal(b.outcome[2].attempts, 2); /* data are not asked twice */
        assert_true(b.outcome[2].fallback && b.outcome[2].status == NORN_OK);
        assert_int_equal(reports[1], 1);
        norni_batch_clear(&b);
        assert_int_equal(norni_batch_run(ctx, NULL, 200, try_one, NULL, NULL, &opt, &b, NULL),
                         NORN_OK);
        assert_int_equal(b.n_failed, 40);
        assert_true(b.above_threshold);
        norni_batch_clear(&b);
        norn_ctx_free(ctx);
    }
}

typedef struct room_data {
    atomic_int inside;
    atomic_int crowded; /* items that found others beside them */
} room_data;

/* Every third item needs all the memory there is: it fails as long as others run. */
static norn_status greedy_item(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                               norn_err *err) {
    (void)w;
    (void)attempt;
    room_data *d = arg;
    const int beside = atomic_fetch_add(&d->inside, 1);
    usleep(200);
    const bool alone = beside == 0 && atomic_load(&d->inside) == 1;
    if (!alone) atomic_fetch_add(&d->crowded, 1);
    norn_status st = NORN_OK;
    if (item % 3 == 0 && !alone) st = norn_fail(err, NORN_E_MEM, "item %zu: out of memory", item);
    atomic_fetch_sub(&d->inside, 1);
    return st;
}

/* Items that ran out of memory beside others run again alone on one worker, without a fallback. */
static norn_status later_item(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                              norn_err *err) {
    const bool *never = arg;
    if (item % 3 != 0 || (w->alone && !*never)) return NORN_OK;
    if (attempt > 0) return norn_fail(err, NORN_E_INTERNAL, "the first attempt counts alone");
    return norn_fail(err, NORN_E_MEM, "item %zu: out of memory", item);
}

static void memory_ends(void **state) {
    (void)state;
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        norni_batch b;
        norn_err err = {NORN_OK, ""};
        bool never = false;
        const norni_batch_opt opt = {
            .loop = {.keep_going = true}, .max_attempts = 3, .memory_ends = true};
        assert_int_equal(norni_batch_run(ctx, NULL, 60, later_item, serve, &never, &opt, &b, &err),
                         NORN_OK);
        assert_int_equal(b.n_ok, 60);
        assert_int_equal(b.n_fallback, 0);
        assert_int_equal(b.outcome[3].attempts, 1);
        assert_null(b.outcome[3].message);
        norni_batch_clear(&b);
        never = true;
        assert_int_equal(norni_batch_run(ctx, NULL, 60, later_item, serve, &never, &opt, &b, &err),
                         NORN_E_MEM);
        assert_string_equal(err.text, "item 0: out of memory");
        norn_ctx_free(ctx);
    }
}

static void memory_alone(void **state) {
    (void)state;
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        room_data d = {0};
        norni_batch b;
        pthread_rwlock_t room = PTHREAD_RWLOCK_INITIALIZER;
        const norni_batch_opt opt = {.max_attempts = 1, .room = &room};
        assert_int_equal(norni_batch_run(ctx, NULL, 60, greedy_item, NULL, &d, &opt, &b, NULL),
                         NORN_OK);
        assert_int_equal(b.n_failed, 0);
        if (worker_counts[k] > 1) assert_true(atomic_load(&d.crowded) > 0);
        norni_batch_clear(&b);
        pthread_rwlock_destroy(&room);
        norn_ctx_free(ctx);
    }
}

static void budget_counts_and_refuses(void **state) {
    (void)state;
    norni_budget b;
    norni_budget_init(&b, norni_alloc_default(), 1000);
    const norn_alloc a = norni_budget_alloc(&b);
    void *p = norni_alloc_get(&a, 600, 1), *q;
    assert_non_null(p);
    assert_null(norni_alloc_get(&a, 401, 1));
    assert_int_equal(atomic_load(&b.used), 600);
    assert_non_null(q = norni_alloc_get(&a, 400, 1));
    assert_null(norni_alloc_resize(&a, q, 400, 401, 1));
    assert_non_null(p = norni_alloc_resize(&a, p, 600, 100, 1));
    assert_non_null(q = norni_alloc_resize(&a, q, 400, 900, 1));
    norni_alloc_drop(&a, p, 100, 1);
    norni_alloc_drop(&a, q, 900, 1);
    assert_int_equal(atomic_load(&b.used), 0);
    assert_int_equal(atomic_load(&b.peak), 1000);
    assert_true(norni_memory_usable(NULL) > 1 << 20);
    assert_int_equal(norni_memory_limit((norni_memsize){0, 12345}, NULL), 12345);
    assert_true(norni_memory_limit((norni_memsize){0.5, 0}, NULL) <= norni_memory_usable(NULL) / 2);
}

static norn_status sum_leaf(norni_worker *w, size_t first, size_t last, void *value, void *arg,
                            norn_err *err) {
    (void)w;
    (void)err;
    const double *x = arg;
    *(double *)value = norni_sum_tree(x + first, last - first);
    return NORN_OK;
}

static void sum_join(void *left, const void *right, void *arg) {
    (void)arg;
    *(double *)left += *(const double *)right;
}

static void reduce_is_fixed(void **state) {
    (void)state;
    static double x[10007];
    double want = 0, got;
    for (size_t i = 0; i < 10007; i++)
        x[i] = norni_rng_normal((norni_rng){3, 4}, i) * 1e6;
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        assert_int_equal(
            norni_reduce(ctx, NULL, 10007, 64, sizeof got, sum_leaf, sum_join, x, &got, NULL),
            NORN_OK);
        if (k == 0) want = got;
        assert_true(got == want);
        norn_ctx_free(ctx);
    }
    assert_true(want != 0);
}

typedef struct pipe_data {
    size_t next, freed, fail_at, made;
} pipe_data;

static norn_status make_token(size_t k, void *token, bool *end, void *arg, norn_err *err) {
    (void)err;
    *(size_t *)token = k * k;
    *end = k == 100;
    if (!*end) ((pipe_data *)arg)->made++;
    return NORN_OK;
}

static norn_status work_token(norni_worker *w, size_t k, void *token, void *arg, norn_err *err) {
    (void)w;
    const pipe_data *d = arg;
    usleep((useconds_t)(k * 37 % 11 * 20));
    if (k == d->fail_at) return norn_fail(err, NORN_E_IO, "token %zu", k);
    *(size_t *)token += 1;
    return NORN_OK;
}

static norn_status take_token(size_t k, void *token, bool failed, void *arg, norn_err *err) {
    (void)err;
    pipe_data *d = arg;
    d->freed++;
    if (failed) return NORN_OK;
    assert_int_equal(k, d->next);
    assert_int_equal(*(size_t *)token, k * k + 1);
    d->next++;
    return NORN_OK;
}

static void pipe_keeps_order(void **state) {
    (void)state;
    for (size_t k = 0; k < COUNTS; k++) {
        norn_ctx *ctx = ctx_of_threads(worker_counts[k]);
        pipe_data d = {.fail_at = 1000};
        norni_pipe pipe = {.source = make_token,
                           .work = work_token,
                           .sink = take_token,
                           .arg = &d,
                           .token_size = sizeof(size_t),
                           .n_tokens = 7};
        assert_int_equal(norni_pipe_run(ctx, &pipe, NULL), NORN_OK);
        assert_int_equal(d.next, 100);
        d = (pipe_data){.fail_at = 50};
        norn_err err;
        assert_int_equal(norni_pipe_run(ctx, &pipe, &err), NORN_E_IO);
        assert_string_equal(err.text, "token 50");
        assert_int_equal(d.next, 50); /* every token before it, none behind it */
        assert_int_equal(d.freed, d.made);
        norn_ctx_free(ctx);
    }
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[512], command[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s')\"", path);
    assert_int_equal(system(command), 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Control groups as files: the process's own, and two of the limits above it. */
typedef struct group_tree {
    const char *cgroup, *file, *text, *file2, *text2;
} group_tree;
#define TREE "/tmp/norn-cgroup-XXXXXX"

static void make_tree(char root[], const group_tree *tree) {
    assert_non_null(mkdtemp(root));
    write_file(root, "proc/self/cgroup", tree->cgroup);
    write_file(root, tree->file, tree->text);
    write_file(root, tree->file2, tree->text2);
}

static void remove_tree(const char *root) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

static void fault_17_quotas(void **state) {
    (void)state;
    static const struct {
        group_tree tree;
        int32_t most;
    } cases[] = {
        {{"0::/job/a\n", "sys/fs/cgroup/job/a/cpu.max", "100000 100000\n",
          "sys/fs/cgroup/job/cpu.max", "max 100000\n"},
         1},
        {{"0::/job/a\n", "sys/fs/cgroup/job/a/cpu.max", "max 100000\n", "sys/fs/cgroup/job/cpu.max",
          "50000 100000\n"},
         1},
        {{"3:cpu,cpuacct:/d\n", "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_quota_us", "100000\n",
          "sys/fs/cgroup/cpu,cpuacct/d/cpu.cfs_period_us", "100000\n"},
         1},
        {{"0::/\n", "sys/fs/cgroup/cpu.max", "max 100000\n", "unused", ""}, 0},
    };
    const int32_t free_cores = norni_cpu_usable("/nowhere");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char root[] = TREE;
        make_tree(root, &cases[i].tree);
        assert_int_equal(norni_cpu_usable(root), cases[i].most ? cases[i].most : free_cores);
        remove_tree(root);
    }
}

/* The same of memory: the tightest limit on the path upward counts, v2 and v1, a word and a huge number mean none. */
static void fault_12_memory_of_control_groups(void **state) {
    (void)state;
    static const struct {
        group_tree tree;
        uint64_t most;
    } cases[] = {
        {{"0::/job/a\n", "sys/fs/cgroup/job/a/memory.max", "67108864\n",
          "sys/fs/cgroup/job/memory.max", "max\n"},
         67108864},
        {{"0::/job/a\n", "sys/fs/cgroup/job/a/memory.max", "max\n", "sys/fs/cgroup/job/memory.max",
          "33554432\n"},
         33554432},
        {{"4:memory:/d\n", "sys/fs/cgroup/memory/d/memory.limit_in_bytes", "16777216\n", "unused",
          ""},
         16777216},
        {{"4:memory:/d\n", "sys/fs/cgroup/memory/d/memory.limit_in_bytes", "9223372036854771712\n",
          "unused", ""},
         0},
        {{"0::/\n", "sys/fs/cgroup/memory.max", "max\n", "unused", ""}, 0},
    };
    const uint64_t whole = norni_memory_usable("/nowhere");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char root[] = TREE;
        make_tree(root, &cases[i].tree);
        assert_int_equal(norni_memory_usable(root), cases[i].most ? cases[i].most : whole);
        assert_int_equal(norni_memory_limit((norni_memsize){0.5, 0}, root),
                         (cases[i].most ? cases[i].most : whole) / 2);
        remove_tree(root);
    }
}

static void thread_counts(void **state) {
    (void)state;
    norn_ctx *ctx = ctx_of_threads(0);
    assert_int_equal(setenv("OMP_NUM_THREADS", "5", 1), 0);
    assert_int_equal(norn_ctx_threads(ctx), 5);
    assert_int_equal(setenv("NORN_NUM_THREADS", "3", 1), 0);
    assert_int_equal(norn_ctx_threads(ctx), 3);
    assert_int_equal(setenv("NORN_NUM_THREADS", "many", 1), 0); /* nonsense is passed over */
    assert_int_equal(norn_ctx_threads(ctx), 5);
    assert_int_equal(unsetenv("NORN_NUM_THREADS") | unsetenv("OMP_NUM_THREADS"), 0);
    norn_ctx_free(ctx);
    norn_ctx_opt opt = norn_ctx_opt_default();
    opt.n_threads = -1;
    norn_err err;
    assert_int_equal(norn_ctx_new(&opt, &ctx, &err), NORN_E_ARG);
    assert_string_equal(err.text, "ctx: n_threads=-1 is outside [0, 4096]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bits),
        cmocka_unit_test(nested_calls),
        cmocka_unit_test(lowest_failure_wins),
#if !defined(__SANITIZE_THREAD__) /* TSan itself cannot start threads in a forked child */
        cmocka_unit_test(forked_child),
#endif
        cmocka_unit_test(cancel_is_quick),
        cmocka_unit_test(batch_outcomes),
        cmocka_unit_test(reduce_is_fixed),
        cmocka_unit_test(pipe_keeps_order),
        cmocka_unit_test(memory_alone),
        cmocka_unit_test(memory_ends),
        cmocka_unit_test(budget_counts_and_refuses),
        cmocka_unit_test(fault_17_quotas),
        cmocka_unit_test(fault_12_memory_of_control_groups),
        cmocka_unit_test(thread_counts)
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
