/* A minimiser that asks for values only: Nelder and Mead's simplex, with restarts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIMPLEX_H
#define NORNI_SIMPLEX_H

#include "num/objective.h"

typedef struct norni_simplex_opt {
    const double *step; /* (n) first simplex's edges, not 0; NULL: 0.05 max(|x_i|, 1) */
    bool adaptive;      /* coefficients that suit many variables (n > 2) */
    uint32_t restarts;  /* new simplices around the best, as long as they gain */
    uint32_t max_steps; /* of all simplices; 0 = none */
    /* Converged: values within value_tol max(|f|, 1) and points within x_tol max(|x_i|, 1). */
    double value_tol, x_tol;
    norni_bounds bounds;
} norni_simplex_opt;

static inline norni_simplex_opt norni_simplex_opt_default(void) {
    return (norni_simplex_opt){
        .adaptive = true, .restarts = 3, .max_steps = 0, .value_tol = 1e-10, .x_tol = 1e-7};
}

/* Doubles of scratch. */
static inline size_t norni_simplex_scratch(size_t n) {
    return (n + 1) * (n + 1) + 3 * n;
}

/* Minimises fn (which is never asked for a gradient) from x (n), which gets the best point seen.
 * Points where fn is +inf or NaN are left; without bounds on the work max_steps 0 is 1000 n.
 * scratch (norni_simplex_scratch). Allocates nothing; the same input gives the same bits. */
norni_found norni_simplex(norni_objective fn, void *arg, double *x, size_t n,
                          const norni_simplex_opt *opt, double *scratch);

#endif
