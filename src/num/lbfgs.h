/* A minimiser of smooth functions of many variables in little memory (L-BFGS). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LBFGS_H
#define NORNI_LBFGS_H

#include "num/objective.h"

typedef struct norni_lbfgs_opt {
    uint32_t memory;    /* pairs of steps that are kept, >= 1 */
    uint32_t max_steps; /* 0 = none */
    /* Converged: every |g_i| max(|x_i|, 1) <= gradient_tol max(|f|, 1), or two steps in a row fall
     * by value_tol max(|f|, 1) or less. */
    double gradient_tol, value_tol;
    /* The objective gives no gradient: central differences, 2 n calls each, of a width of
     * eps^(1/3) max(|x_i|, typical). */
    bool differences;
    double typical;
    norni_bounds bounds;
} norni_lbfgs_opt;

static inline norni_lbfgs_opt norni_lbfgs_opt_default(void) {
    return (norni_lbfgs_opt){
        .memory = 8, .max_steps = 500, .gradient_tol = 1e-8, .value_tol = 1e-13, .typical = 1};
}

/* Doubles of scratch. */
static inline size_t norni_lbfgs_scratch(size_t n, uint32_t memory) {
    return (2 * (size_t)memory + 5) * n + 2 * (size_t)memory;
}

/* Minimises fn from x (n), which gets the best point seen. Points where fn is +inf or NaN are
 * stepped back from; the start must not be one (STALLED). scratch (norni_lbfgs_scratch). Allocates
 * nothing; the same input gives the same bits. */
norni_found norni_lbfgs(norni_objective fn, void *arg, double *x, size_t n,
                        const norni_lbfgs_opt *opt, double *scratch);

#endif
