/* An ordered pipeline: tokens made in order, worked on in parallel, sunk in order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PIPE_H
#define NORNI_PIPE_H

#include "par/pool.h"

/* `source` makes token k (one caller at a time, in order; *end ends it), `work` runs in parallel and
 * may call norni_for with its worker, `sink` receives the tokens one at a time in order. At most
 * `n_tokens` are alive. A token's slot is zeroed before its first use only, so that it may keep warm
 * buffers, which `clear` frees. */
typedef struct norni_pipe {
    norn_status (*source)(size_t k, void *token, bool *end, void *arg, norn_err *err);
    norn_status (*work)(norni_worker *worker, size_t k, void *token, void *arg, norn_err *err);
    /* failed: token k or an earlier one failed; only what it owns must go */
    norn_status (*sink)(size_t k, void *token, bool failed, void *arg, norn_err *err);
    void (*clear)(void *token, void *arg); /* NULL: nothing to free */
    void *arg;
    size_t token_size, n_tokens;
} norni_pipe;

/* Returns the failure of the earliest token that failed, whatever the number of workers. */
NORN_CHECKED norn_status norni_pipe_run(norn_ctx *ctx, const norni_pipe *pipe, norn_err *err);

#endif
