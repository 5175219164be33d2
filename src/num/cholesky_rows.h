/* A Cholesky factor that grows and loses rows one at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CHOLESKY_ROWS_H
#define NORNI_CHOLESKY_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* L L' of a symmetric matrix of n rows; room for `most`. Belongs to the caller. */
typedef struct norni_chol {
    size_t n, most;
    double *l; /* (most, most) row-major: the lower factor in its first n rows */
} norni_chol;

/* Appends a row: beside (n) are its entries with the rows there, own the one on the diagonal. false, nothing changed: the
 * pivot is not above `least` (NaN too). O(n^2). */
bool norni_chol_append(norni_chol *c, const double *beside, double own, double least);
/* Takes row (and column) `row` out; those behind it move up. O(n^2). */
void norni_chol_remove(norni_chol *c, size_t row);
/* x (n) = (L L')^-1 x */
void norni_chol_solve(const norni_chol *c, double *x);

#endif
