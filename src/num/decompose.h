/* Classical decomposition, autocorrelation and the M4 season test. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_DECOMPOSE_H
#define NORNI_DECOMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/poll.h"

/* Sample autocorrelations r_1..r_k of y (n): out (k), divisor n, as R's acf. NaN entries are left
 * out pairwise. */
void norni_acf(const double *y, size_t n, size_t k, double *out);
/* Is r_m beyond Bartlett's band: |r_m| > critical/sqrt(n) * sqrt(1 + 2 sum_{i<m} r_i^2)? false with
 * m < 2 or fewer than 2m points. M4's SeasonalityTest: n >= 3m (the caller's), critical 1.645. R's
 * thetaf: n > 2m, critical qnorm(0.95). scratch (m). */
bool norni_season_test(const double *y, size_t n, int32_t m, double critical, double *scratch);
/* The same; false, too, when told to stop: long seasons of long series take n m steps. */
bool norni_season_test_polled(const double *y, size_t n, int32_t m, double critical,
                              double *scratch, const norni_poll *poll);
/* R's decompose(): centred moving average of order m, figure (m) normalised to mean 0 (additive) or
 * 1 (multiplicative); figure[j] belongs to t % m == j. trend (n) may be NULL. scratch (n). false:
 * fewer than 2m points. NaN entries are left out of means. */
bool norni_decompose(const double *y, size_t n, int32_t m, bool multiplicative, double *figure,
                     double *trend, double *scratch);
/* The same; false, too, when told to stop. */
bool norni_decompose_polled(const double *y, size_t n, int32_t m, bool multiplicative,
                            double *figure, double *trend, double *scratch, const norni_poll *poll);
/* Least squares of y (n, NaN left out) on 1, t = 1..n: level and slope. */
void norni_line_fit(const double *y, size_t n, double *level, double *slope);

#endif
