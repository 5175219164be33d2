/* A minimiser of one variable, without allocation and without globals. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MINIMISE_H
#define NORNI_MINIMISE_H

#include <stddef.h>
#include <stdint.h>

typedef double (*norni_fn1)(double x, void *arg);

/* Brent's minimiser on [lo, hi] to `tol` in x; a NaN value counts as +inf. *value (may be NULL)
 * gets the least one seen. */
double norni_brent(norni_fn1 f, void *arg, double lo, double hi, double tol, uint32_t max_evals,
                   double *value);

#endif
