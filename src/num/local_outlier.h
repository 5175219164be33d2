/* Local outlier factor: how much thinner points lie around a point than around its neighbours. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LOCAL_OUTLIER_H
#define NORNI_LOCAL_OUTLIER_H

#include "base/arena.h"
#include "base/poll.h"

/* factor (n) of x (n, d), row-major, finite, with k neighbours (1 <= k < n): about 1 inside a cloud, above it outside. Of
 * equally far points those of lower index are neighbours. Takes O(n^2 d + n k). */
NORN_CHECKED norn_status norni_local_outlier(const double *x, size_t n, size_t d, size_t k,
                                             const norni_poll *poll, norni_arena *scratch,
                                             double *factor, norn_err *err);

#endif
