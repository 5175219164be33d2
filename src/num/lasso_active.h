/* The active set behind lasso_ridge.c: least squares with an absolute penalty on every coordinate. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LASSO_ACTIVE_H
#define NORNI_LASSO_ACTIVE_H

#include "base/arena.h"
#include "base/poll.h"

/* minimise over z:  z'Sz/2 - q'z + sum lasso_j |z_j|, and the factor of the coordinates in use. */
typedef struct norni_lasso_active {
    size_t n, stride;    /* row j of S begins at s + j * stride */
    const double *s;     /* symmetric, positive semidefinite, full; diagonals about 1 or below */
    const double *q;     /* (n) */
    const double *lasso; /* (n) > 0 */
    const double *slack; /* (n) what a condition may be violated by before it counts */
    double *z;           /* (n) start in, optimum out */
    size_t k;            /* coordinates in use */
    size_t *active;      /* (k of n) which, in the order they came */
    double *sign;        /* (n) of those in use; 0 elsewhere */
    double *factor;      /* (n, n): its first k rows hold the lower Cholesky factor */
    double *work;        /* (4n) */
    bool *barred;        /* (n) */
    int32_t steps;       /* coordinates that came or went */
} norni_lasso_active;

/* Room for everything but s, q, lasso, slack and z. */
NORN_CHECKED norn_status norni_lasso_active_init(norni_arena *arena, norni_lasso_active *a,
                                                 norn_err *err);
/* false: stopped by poll. */
bool norni_lasso_active_run(norni_lasso_active *a, const norni_poll *poll);
/* x (k) = (S over the coordinates in use)^-1 x */
void norni_lasso_active_solve(const norni_lasso_active *a, double *x);

#endif
