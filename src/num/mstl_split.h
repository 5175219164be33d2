/* MSTL: a series as any number of seasons + trend + remainder (Bandara, Hyndman, Bergmeir 2021). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MSTL_SPLIT_H
#define NORNI_MSTL_SPLIT_H

#include "base/arena.h"
#include "base/poll.h"

typedef struct norni_mstl_opt {
    bool fine;       /* norni_stl_opt_fine in place of norni_stl_opt_r */
    bool robust;     /* outer passes */
    int32_t iterate; /* rounds over the seasons, as R 2; one season: 1 whatever is said */
} norni_mstl_opt;

/* The parts of a series; arrays are the caller's. */
typedef struct norni_mstl_parts {
    size_t n_season; /* seasons kept */
    int32_t *period; /* (n_periods); of the seasons kept */
    double *season;  /* (n_periods, n) row-major */
    double *trend;   /* (n) */
} norni_mstl_parts;

/* Splits y (n, NaN = missing) by `periods` (n_periods, ascending, each >= 2); those with n <= 2m
 * are left out. Parts are given at missing points, too; the remainder is y less them. Without a
 * season the trend is a loess line over the span (0.05, 0.2 or 0.5 of the points) with the least
 * error when points are left out. Values of any size. `poll` may be NULL; `scratch` is rewound.
 * Errors: NORN_E_DATA (nothing observed, an infinite value), NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_mstl_split(const double *y, size_t n, const int32_t *periods,
                                          size_t n_periods, const norni_mstl_opt *opt,
                                          const norni_poll *poll, norni_arena *scratch,
                                          norni_mstl_parts *out, norn_err *err);

#endif
