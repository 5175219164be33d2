/* Contexts of so many workers, and how quickly a run of theirs stops. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_WORKERS_H
#define NORNI_TEST_WORKERS_H

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "par/pool.h"

static inline norn_ctx *ctx_of_threads(int32_t threads) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = threads;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}

typedef struct workers_later {
    norn_ctx *ctx;
    int64_t at;
} workers_later;

static inline void *workers_cancel_later(void *arg) {
    workers_later *l = arg;
    nanosleep(&(struct timespec){0, 150000000}, NULL);
    l->at = norni_clock_ns();
    norn_ctx_cancel(l->ctx);
    return NULL;
}

/* One item, which takes seconds, is cancelled 150 ms after its beginning: it stops within 200 ms. */
static inline void assert_cancel_is_quick(int32_t threads, norni_item_fn fn, void *arg) {
    int64_t took = INT64_MAX;
    for (int try = 0; try < 3 && took > 200000000; try++) { /* the machine may be busy */
        workers_later l = {ctx_of_threads(threads), 0};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, workers_cancel_later, &l), 0);
        assert_int_equal(norni_for(l.ctx, NULL, 1, fn, arg, NULL, NULL), NORN_E_CANCEL);
        const int64_t end = norni_clock_ns();
        pthread_join(thread, NULL);
        took = end - l.at < took ? end - l.at : took;
        norn_ctx_free(l.ctx);
    }
    print_message("# cancelled within %.1f ms\n", (double)took / 1e6);
    assert_true(took <= 200000000);
}

#endif
