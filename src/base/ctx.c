/* The context: allocator, threads, log and cancellation of everything that runs under it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ctx.h"

#include "base/alloc.h"
#include "base/str.h"

norn_ctx_opt norn_ctx_opt_default(void) {
    return (norn_ctx_opt){.log_level = NORN_LOG_WARN};
}

norn_status norn_ctx_new(const norn_ctx_opt *opt, norn_ctx **out, norn_err *err) {
    const norn_ctx_opt o = opt ? *opt : norn_ctx_opt_default();
    if (out == NULL)
        return norn_fail(err, NORN_E_ARG, "ctx: no place for the new context was given");
    *out = NULL;
    if (o.n_threads < 0 || o.n_threads > 4096) {
        return norn_fail(err, NORN_E_ARG, "ctx: n_threads=%d is outside [0, 4096]",
                         (int)o.n_threads);
    }
    const norn_alloc alloc = o.alloc.resize ? o.alloc : norni_alloc_default();
    norn_ctx *ctx = norni_alloc_zero(&alloc, 1, sizeof *ctx);
    if (ctx == NULL) return norni_alloc_fail(err, "ctx", 1, sizeof *ctx);
    ctx->alloc = alloc;
    ctx->n_threads = o.n_threads;
    ctx->log = o.log;
    ctx->log_user = o.log_user;
    ctx->log_level = o.log_level;
    atomic_init(&ctx->cancel, false);
    if (pthread_mutex_init(&ctx->lock, NULL) != 0) {
        norni_alloc_drop(&alloc, ctx, 1, sizeof *ctx);
        return norn_fail(err, NORN_E_MEM, "ctx: no mutex could be made");
    }
    *out = ctx;
    return NORN_OK;
}

void norn_ctx_free(norn_ctx *ctx) {
    if (ctx == NULL) return;
    if (ctx->pool != NULL) ctx->pool_free(ctx, ctx->pool);
    pthread_mutex_destroy(&ctx->lock);
    const norn_alloc alloc = ctx->alloc;
    norni_alloc_drop(&alloc, ctx, 1, sizeof *ctx);
}

void norn_ctx_cancel(norn_ctx *ctx) {
    atomic_store(&ctx->cancel, true);
}
bool norn_ctx_cancelled(const norn_ctx *ctx) {
    return atomic_load_explicit(&ctx->cancel, memory_order_relaxed);
}
void norn_ctx_rearm(norn_ctx *ctx) {
    atomic_store(&ctx->cancel, false);
}

static bool poll_cancel(void *user) {
    return norn_ctx_cancelled(user);
}

norni_poll norni_ctx_poll(norn_ctx *ctx) {
    return (norni_poll){poll_cancel, ctx};
}

void norni_log_line(norn_ctx *ctx, norn_log_level level, const char *fmt, ...) {
    if (ctx->log == NULL || level > ctx->log_level) return;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&ctx->lock);
    ctx->log(ctx->log_user, level, text);
    pthread_mutex_unlock(&ctx->lock);
}
