/* A Cholesky factor that grows and loses rows one at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: G. Golub and C. Van Loan, "Matrix computations", 6.5.4 (a row more is one substitution; a row less leaves one entry
 * above the diagonal in each row behind it, which plane rotations of neighbouring columns take away). */
#include "num/cholesky_rows.h"

#include <math.h>
#include <string.h>

#include "num/least_squares.h"

bool norni_chol_append(norni_chol *c, const double *beside, double own, double least) {
    const size_t n = c->n;
    double *row = c->l + n * c->most;
    for (size_t i = 0; i < n; i++) {
        const double *l = c->l + i * c->most;
        row[i] = (beside[i] - norni_dot(l, row, i)) / l[i];
    }
    const double pivot = own - norni_dot(row, row, n);
    if (!(pivot > least) || !isfinite(pivot)) return false;
    row[n] = sqrt(pivot);
    c->n++;
    return true;
}

/* Turns columns j and j + 1 of rows j.. so that the entry above the diagonal of row j vanishes. */
static void turn_columns(norni_chol *c, size_t j) {
    const double a = c->l[j * c->most + j], b = c->l[j * c->most + j + 1];
    const double r = sqrt(a * a + b * b);
    if (!(r > 0)) return;
    const double cs = a / r, sn = b / r;
    for (size_t i = j; i < c->n; i++) {
        double *p = c->l + i * c->most + j;
        const double x = p[0], y = p[1];
        p[0] = cs * x + sn * y;
        p[1] = cs * y - sn * x;
    }
}

void norni_chol_remove(norni_chol *c, size_t row) {
    for (size_t i = row + 1; i < c->n; i++)
        memcpy(c->l + (i - 1) * c->most, c->l + i * c->most, (i + 1) * sizeof *c->l);
    c->n--;
    for (size_t j = row; j < c->n; j++)
        turn_columns(c, j);
}

void norni_chol_solve(const norni_chol *c, double *x) {
    for (size_t i = 0; i < c->n; i++)
        x[i] = (x[i] - norni_dot(c->l + i * c->most, x, i)) / c->l[i * c->most + i];
    for (size_t i = c->n; i-- > 0;) {
        const double *l = c->l + i * c->most;
        x[i] /= l[i];
        for (size_t j = 0; j < i; j++)
            x[j] -= l[j] * x[i];
    }
}
