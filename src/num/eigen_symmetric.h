/* Eigenvalues and eigenvectors of a symmetric matrix. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EIGEN_SYMMETRIC_H
#define NORNI_EIGEN_SYMMETRIC_H

#include "base/arena.h"
#include "base/poll.h"

/* a (n, n) row-major, full and symmetric, any size of entry: row k becomes the eigenvector (of length
 * 1) that belongs to value[k]; value (n) ascends. An entry that is not finite: NORN_E_NUMERIC; also
 * NORN_E_MEM, NORN_E_CANCEL. Scratch from the arena, rewound. About 9 n^3 operations: for n up to
 * some hundreds. */
NORN_CHECKED norn_status norni_eigen_symmetric(norni_arena *arena, const norni_poll *poll, size_t n,
                                               double *a, double *value, norn_err *err);

#endif
