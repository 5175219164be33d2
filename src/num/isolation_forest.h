/* Isolation forest: how few random cuts set a point apart. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ISOLATION_FOREST_H
#define NORNI_ISOLATION_FOREST_H

#include "base/arena.h"
#include "base/poll.h"
#include "base/rng.h"

typedef struct norni_isolation_opt {
    size_t n_trees; /* 100 in the paper and in scikit-learn */
    size_t sample;  /* points of a tree, drawn without replacement; at most n; 256 in both */
    norni_rng rng;
} norni_isolation_opt;

/* score (n) in (0, 1) of x (n, d), row-major, finite: 2^(-mean path / c(sample)); near 1 stands apart, below 0.5 does not.
 * The same bits for the same x, options and stream. */
NORN_CHECKED norn_status norni_isolation_scores(const double *x, size_t n, size_t d,
                                                const norni_isolation_opt *opt,
                                                const norni_poll *poll, norni_arena *scratch,
                                                double *score, norn_err *err);

#endif
