/* The context: allocator, threads, log and cancellation of everything that runs under it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_CTX_H
#define NORN_CTX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <norn/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One reallocate callback: `ptr` NULL allocates `size` bytes, `size` 0 frees, else resizes from
/// `old` to `size`. Returns NULL when it cannot (the old block then stays valid). Memory is aligned
/// to 16 bytes or more. Must be callable from several threads at once.
typedef struct norn_alloc {
    void *(*resize)(void *user, void *ptr, size_t old, size_t size);
    void *user;
} norn_alloc;

typedef enum norn_log_level {
    NORN_LOG_ERROR,
    NORN_LOG_WARN,
    NORN_LOG_INFO,
    NORN_LOG_DEBUG
} norn_log_level;

/// Receives one log line (no newline). May be called from any thread, one at a time.
typedef void (*norn_log_fn)(void *user, norn_log_level level, const char *text);

typedef struct norn_ctx_opt {
    norn_alloc alloc;   ///< zeroed: the default allocator (huge pages from 4 MiB)
    int32_t n_threads;  ///< 0: NORN_NUM_THREADS, RAYON_NUM_THREADS, OMP_NUM_THREADS, else the
                        ///< usable cores
    norn_log_fn log;    ///< NULL: silent
    void *log_user;
    norn_log_level log_level;
} norn_ctx_opt;

typedef struct norn_ctx norn_ctx;

/// Defaults: default allocator, automatic thread count, no log.
NORN_API norn_ctx_opt norn_ctx_opt_default(void);

/// A new context in `*out`, owned by the caller (norn_ctx_free). `opt` NULL means defaults.
/// Errors: NORN_E_ARG for n_threads below 0 or above 4096, NORN_E_MEM.
NORN_API NORN_CHECKED norn_status norn_ctx_new(const norn_ctx_opt *opt, norn_ctx **out,
                                               norn_err *err);

/// Frees the context and joins its threads; NULL is legal. Nothing may run under it any more.
NORN_API void norn_ctx_free(norn_ctx *ctx);

/// Asks everything under the context to stop within 200 ms with NORN_E_CANCEL. Safe in a signal
/// handler and from any thread. Holds until norn_ctx_rearm.
NORN_API void norn_ctx_cancel(norn_ctx *ctx);
NORN_API bool norn_ctx_cancelled(const norn_ctx *ctx);
NORN_API void norn_ctx_rearm(norn_ctx *ctx);

/// How many workers run items in parallel under this context (at least 1).
NORN_API int32_t norn_ctx_threads(norn_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
