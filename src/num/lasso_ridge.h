/* Least squares with an absolute and a squared penalty, exactly, from a Gram matrix. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LASSO_RIDGE_H
#define NORNI_LASSO_RIDGE_H

#include "base/arena.h"
#include "base/poll.h"

/* minimise over x:  x'Gx/2 - c'x + sum_i ridge_i (x_i - centre_i)^2 / 2 + sum_i lasso_i |x_i|
 * G (n, n) symmetric positive semidefinite, row-major, full; ridge_i, lasso_i >= 0; every direction in
 * which G is flat needs a penalty of its own. centre NULL: 0. */
typedef struct norni_lasso_ridge {
    size_t n;
    const double *gram;   /* (n, n) */
    const double *c;      /* (n) */
    const double *ridge;  /* (n) */
    const double *centre; /* (n) or NULL */
    const double *lasso;  /* (n) */
} norni_lasso_ridge;

/* x (n): the start in (its nonzero pattern is the first active set), the optimum out. *kkt: the
 * largest violation of the first-order conditions at x, in the objective's units per unit of x.
 * *steps (may be NULL): changes of the active set. Scratch from the arena, rewound. */
NORN_CHECKED norn_status norni_lasso_ridge_solve(norni_arena *arena, const norni_poll *poll,
                                                 const norni_lasso_ridge *p, double *x,
                                                 double *kkt, int32_t *steps, norn_err *err);

#endif
