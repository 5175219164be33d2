/* Minimisers with a poll, no allocation and no global: golden section, Brent, bounded Nelder-Mead.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MINIMISE_H
#define NORNI_MINIMISE_H

#include <stddef.h>
#include <stdint.h>

#include <norn/status.h>
#include "base/poll.h"

typedef double (*norni_fn1)(double x, void *arg);
typedef double (*norni_fnv)(const double *x, size_t n, void *arg); /* NaN counts as +inf */

typedef struct norni_min_info {
    norn_stop stop;
    uint32_t n_evals;
    double value;
} norni_min_info;

/* Brent's minimiser on [lo, hi] to `tol` in x. */
double norni_brent(norni_fn1 f, void *arg, double lo, double hi, double tol, uint32_t max_evals,
                   norni_min_info *info);
/* Nelder-Mead inside a box (points are clamped); step (n) is the first simplex' size per
 * coordinate; stops when the simplex' spread in f is below ftol*(|f|+ftol) and in x below xtol per
 * coordinate (relative to step). work (norni_nm_work(n)). */
size_t norni_nm_work(size_t n);
void norni_nelder_mead(norni_fnv f, void *arg, double *x, size_t n, const double *lo,
                       const double *hi, const double *step, double ftol, double xtol,
                       uint32_t max_evals, const norni_poll *poll, double *work,
                       norni_min_info *info);

#endif
