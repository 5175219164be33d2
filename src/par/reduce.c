/* Reduction over a fixed tree: order comes from indices, never from arrival. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "par/reduce.h"

#include <string.h>

typedef struct reduce_run {
    norni_leaf_fn leaf;
    void *arg;
    size_t n, block, size;
    char *value; /* (n_blocks, size) */
} reduce_run;

static norn_status run_leaf(norni_worker *w, size_t item, void *arg, norn_err *err) {
    const reduce_run *r = arg;
    const size_t first = item * r->block, last = r->n - first < r->block ? r->n : first + r->block;
    return r->leaf(w, first, last, r->value + item * r->size, r->arg, err);
}

norn_status norni_reduce(norn_ctx *ctx, norni_worker *worker, size_t n, size_t block, size_t size,
                         norni_leaf_fn leaf, norni_join_fn join, void *arg, void *out,
                         norn_err *err) {
    if (n == 0 || block == 0)
        return norn_fail(err, NORN_E_ARG, "reduce: nothing to reduce (n=%zu, block=%zu)", n, block);
    const size_t n_blocks = (n - 1) / block + 1;
    reduce_run r = {leaf, arg, n, block, size, NULL};
    r.value = norni_alloc_zero(&ctx->alloc, n_blocks, size);
    if (r.value == NULL) return norni_alloc_fail(err, "reduce", n_blocks, size);
    const norn_status st = norni_for(ctx, worker, n_blocks, run_leaf, &r, NULL, err);
    if (st == NORN_OK) {
        for (size_t width = 1; width < n_blocks; width *= 2) {
            for (size_t i = 0; i + width < n_blocks; i += 2 * width) {
                join(r.value + i * size, r.value + (i + width) * size, arg);
            }
        }
        memcpy(out, r.value, size);
    }
    norni_alloc_drop(&ctx->alloc, r.value, n_blocks, size);
    return st;
}
