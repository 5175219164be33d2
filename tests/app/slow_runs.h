/* An operation run with memory that now and then takes its time, so that its workers meet in ever new orders. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLOW_RUNS_H
#define SLOW_RUNS_H

#include <stdatomic.h>
#include <unistd.h>

#include "app/registry.h"

typedef struct slow_memory {
    norn_alloc below;
    atomic_uint calls;
} slow_memory;

static void *slow_resize(void *user, void *p, size_t old, size_t size) {
    slow_memory *m = user;
    const unsigned k = atomic_fetch_add(&m->calls, 1) * 2654435761u;
    if (size > 0 && k >> 30 == 0) (void)usleep(k >> 20 & 1023);
    return m->below.resize(m->below.user, p, old, size);
}

static void run_slowly(const char *name, void (*fill)(void *opt, int how), int how, int threads,
                       char digest[NORNI_DIGEST_TEXT]) {
    slow_memory m = {.below = norni_alloc_default()};
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_arena arena;
    norni_op_result result = {0};
    norn_err err = {NORN_OK, ""};
    const norni_op *op = norni_registry_op(norni_str_of(name));
    opt.alloc = (norn_alloc){slow_resize, &m};
    opt.n_threads = threads;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    norni_arena_init(&arena, &opt.alloc);
    void *o = norni_arena_zero(&arena, 1, op->opt_size);
    for (size_t g = 0; g < op->n_groups; g++)
        assert_int_equal(
            norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, o, &arena, NULL),
            NORN_OK);
    fill(o, how);
    const norni_op_env env = {.ctx = ctx};
    if (op->run(&env, o, &result, &err) != NORN_OK) fail_msg("%s", err.text);
    memcpy(digest, result.digest, sizeof result.digest);
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
}

/* The digest of slow runs with 1, 2, 3, 7 and 64 workers is one. */
static void delays_leave_the_digest(const char *name, void (*fill)(void *opt, int how), int how) {
    static const int threads[] = {1, 2, 3, 7, 64};
    char first[NORNI_DIGEST_TEXT], digest[NORNI_DIGEST_TEXT];
    run_slowly(name, fill, how, 1, first);
    for (size_t k = 0; k < sizeof threads / sizeof threads[0]; k++) {
        run_slowly(name, fill, how, threads[k], digest);
        assert_string_equal(digest, first);
    }
}

#endif
