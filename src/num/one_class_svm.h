/* One-class support vector machine with a Gaussian kernel: the region that holds most points. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ONE_CLASS_SVM_H
#define NORNI_ONE_CLASS_SVM_H

#include "base/arena.h"
#include "base/poll.h"

typedef struct norni_one_class_opt {
    double nu;    /* (0, 1]: share of points outside at most, of support vectors at least */
    double gamma; /* > 0 of exp(-gamma |a - b|^2); scikit-learn's "scale": 1 / (d variance) */
    double tol;   /* of the conditions of optimality: 1e-3 in libsvm */
} norni_one_class_opt;

/* decision (n) of x (n, d), row-major, finite: below 0 is outside. In libsvm's units (weights in [0, 1]). Holds the kernel:
 * n^2 doubles. NORN_E_ARG: options out of their domain. */
NORN_CHECKED norn_status norni_one_class(const double *x, size_t n, size_t d,
                                         const norni_one_class_opt *opt, const norni_poll *poll,
                                         norni_arena *scratch, double *decision, norn_err *err);

#endif
