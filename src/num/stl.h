/* STL: a series as season + trend + remainder by loess (Cleveland and others 1990). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_STL_H
#define NORNI_STL_H

#include "base/arena.h"
#include "base/poll.h"

/* Windows are odd and at least 3 (others are raised), degrees 0 or 1, jumps at least 1. */
typedef struct norni_stl_opt {
    int32_t period;        /* m >= 2 */
    int32_t season_window; /* in cycles; 0: periodic, every cycle has the same season */
    int32_t trend_window, low_window;
    int32_t season_degree, trend_degree, low_degree;
    int32_t season_jump, trend_jump, low_jump; /* loess is computed at every jump-th point only */
    int32_t inner, outer;                      /* passes; outer > 0: robust */
} norni_stl_opt;

/* R's stl(x, s.window): degrees 0, 1, 1; trend window nextodd(1.5 m / (1 - 1.5/s.window)), low
 * window nextodd(m), jumps of a tenth of the windows; inner 2 and outer 0, robust: 1 and 15. */
norni_stl_opt norni_stl_opt_r(int32_t period, int32_t season_window, bool robust);
/* The same windows without jumps; inner 5 and outer 0, robust: 2 and 15 (statsmodels' passes). */
norni_stl_opt norni_stl_opt_fine(int32_t period, int32_t season_window, bool robust);

/* Splits y (n > 2m, NaN = missing, otherwise finite and below 1e290) into season (n) and trend (n);
 * both are given at missing points, too. weight (n, may be NULL) gets the robustness weights, 1
 * without outer passes. `poll` may be NULL; `scratch` is rewound before the return. Takes
 * O(inner (outer + 1) n window / jump). Errors: NORN_E_DATA (n <= 2m, nothing observed), NORN_E_MEM,
 * NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_stl(const double *y, size_t n, const norni_stl_opt *opt,
                                   const norni_poll *poll, norni_arena *scratch, double *season,
                                   double *trend, double *weight, norn_err *err);

#endif
