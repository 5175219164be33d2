/* Small dense least squares: Householder QR with column pivoting, and Cholesky. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEAST_SQUARES_H
#define NORNI_LEAST_SQUARES_H

#include "base/poll.h"

#include <stddef.h>

/* a'b over four fixed lanes: the same bits on every machine. */
double norni_dot(const double *a, const double *b, size_t n);

typedef enum norni_qr_pivot {
    /* The column with the largest rest comes next: the rank is the safest. */
    NORNI_QR_LARGEST,
    /* Columns keep their order, and one that the earlier ones explain goes to the end: R's lm. */
    NORNI_QR_IN_ORDER,
} norni_qr_pivot;

/* Q R of a matrix with its columns reordered. Everything belongs to the caller. */
typedef struct norni_qr {
    size_t n, p, rank;
    double *a;     /* (n, p) column-major: R on and above the diagonal, reflectors below */
    double *work;  /* (3p): a reflector's head, its factor, a column's power-of-two scale */
    size_t *pivot; /* (p): the given column pivot[j] stands at j; the first `rank` are kept */
} norni_qr;

/* Doubles that `work` must hold. */
static inline size_t norni_qr_work(size_t p) {
    return 3 * p;
}
/* Factors q->a (n, p), which q, work and pivot must point to, in place. A column whose rest is below
 * `tol` times its length is left out (R's lm: 1e-7). n < p is allowed. Columns of any size.
 * false: stopped by poll (may be NULL). */
bool norni_qr_factor(norni_qr *q, norni_qr_pivot how, double tol, const norni_poll *poll);
/* y (n) = Q'y: the first `rank` entries are the fit's coordinates, the squares of the others add up
 * to the residual sum of squares. */
void norni_qr_rotate(const norni_qr *q, double *y);
/* y (n) = Qy */
void norni_qr_rotate_back(const norni_qr *q, double *y);
/* coef (p) in the given order from `rotated` = Q'y; 0 for a column left out. */
void norni_qr_solve(const norni_qr *q, const double *rotated, double *coef);
/* The residuals, in place of `rotated`. */
void norni_qr_residuals(const norni_qr *q, double *rotated);
/* Diagonal (p) of (A'A)^-1 in the given order; NaN for a column left out. scratch (p). */
void norni_qr_inverse_diag(const norni_qr *q, double *diag, double *scratch);

/* A regression, its columns taken in order as R's lm takes them. */
typedef struct norni_lm {
    norni_qr qr;
    double *coef;   /* (p); 0 for a column left out */
    double *diag;   /* (p), of (A'A)^-1; NaN for a column left out */
    double squares; /* of the residuals */
} norni_lm;

/* Doubles of scratch for p columns. */
#define NORNI_LM_SCRATCH(p) (6 * (p))
/* Regresses response (n), which becomes the residuals, on x (n, p), column-major, which is spoilt.
 * Residuals below `rounding` each count as that: an exact fit has no t values of chance. pivot (p),
 * scratch (NORNI_LM_SCRATCH(p)) live as long as the fit. false: stopped by poll. */
bool norni_lm_fit(norni_lm *fit, double *x, size_t n, size_t p, double *response, double rounding,
                  double *scratch, size_t *pivot, const norni_poll *poll);
/* (coefficient j - against) / its standard error; NaN without freedom or for a column left out. */
double norni_lm_t(const norni_lm *fit, size_t j, double against);

/* Lower Cholesky factor of a symmetric matrix a (n, n), row-major, in place; what stands above the
 * diagonal is neither read nor written. 0, or 1 + the row whose pivot is not above `tol` times its
 * diagonal entry (NaN too): a is then spoilt. */
size_t norni_cholesky(double *a, size_t n, double tol);
/* x (n) = L^-1 x, x = L'^-1 x: both are the solution of L L' x = b. */
void norni_cholesky_forward(const double *l, size_t n, double *x);
void norni_cholesky_backward(const double *l, size_t n, double *x);
/* log det(L L') */
double norni_cholesky_log_det(const double *l, size_t n);

#endif
