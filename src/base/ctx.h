/* The context's inside, for the house only. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CTX_H
#define NORNI_CTX_H

#include <pthread.h>
#include <stdatomic.h>

#include <norn/ctx.h>
#include "base/poll.h"

struct norni_pool; /* par/ defines it; base/ only keeps and drops it */

struct norn_ctx {
    norn_alloc alloc;
    int32_t n_threads; /* as asked; 0 = automatic */
    norn_log_fn log;
    void *log_user;
    norn_log_level log_level;
    pthread_mutex_t lock; /* guards pool creation and the log */
    atomic_bool cancel;
    struct norni_pool *pool; /* started at the first parallel call */
    void (*pool_free)(norn_ctx *ctx, struct norni_pool *pool);
};

/* A poll that reads the context's cancel flag. */
norni_poll norni_ctx_poll(norn_ctx *ctx);
void norni_log_line(norn_ctx *ctx, norn_log_level level, const char *fmt, ...) NORN_PRINTF(3, 4);

#endif
