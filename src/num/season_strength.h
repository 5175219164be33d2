/* How strong a season and a trend are (Wang, Smith, Hyndman 2006), as R's nsdiffs(test = "seas"). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SEASON_STRENGTH_H
#define NORNI_SEASON_STRENGTH_H

#include "base/arena.h"
#include "base/poll.h"

/* R: remainder, S: season, T: trend of an STL; both in [0, 1]. */
typedef struct norni_strength {
    double season; /* max(0, 1 - var(R) / var(R + S)) */
    double trend;  /* max(0, 1 - var(R) / var(R + T)) */
} norni_strength;

/* Strengths in y (n, NaN = missing, finite otherwise; any size of values) at season length m. One
 * STL as R's mstl() makes of one period: s.window 11, s.degree 0, inner 2, jumps of a tenth of the
 * windows. R takes D = 1 where season > 0.64. Both are 0 where there is nothing to measure: m < 2,
 * n <= 2m, fewer than 3 values seen, or no variation beyond rounding. `poll` may be NULL; `scratch`
 * (about 6n + 6m doubles) is rewound before the return. Errors: NORN_E_DATA (an infinite value), NORN_E_MEM,
 * NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_season_strength(const double *y, size_t n, int32_t m,
                                               const norni_poll *poll, norni_arena *scratch,
                                               norni_strength *out, norn_err *err);

#endif
