/* Reduction over a fixed tree: order comes from indices, never from arrival. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_REDUCE_H
#define NORNI_REDUCE_H

#include "par/pool.h"

/* out = fold over a binary tree whose shape depends on n alone. leaf fills one value of `size`
 * bytes for block [first, last). */
typedef norn_status (*norni_leaf_fn)(norni_worker *worker, size_t first, size_t last, void *value,
                                     void *arg, norn_err *err);
typedef void (*norni_join_fn)(void *left, const void *right, void *arg); /* left = left (+) right */
NORN_CHECKED norn_status norni_reduce(norn_ctx *ctx, norni_worker *worker, size_t n, size_t block,
                                      size_t size, norni_leaf_fn leaf, norni_join_fn join,
                                      void *arg, void *out, norn_err *err);

#endif
