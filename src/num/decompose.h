/* Classical decomposition, autocorrelation and the M4 season test. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_DECOMPOSE_H
#define NORNI_DECOMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sample autocorrelations r_1..r_k of y (n): out (k), divisor n, as R's acf. NaN entries are left
 * out pairwise. */
void norni_acf(const double *y, size_t n, size_t k, double *out);
/* M4's SeasonalityTest: n >= min_cycles*m and |r_m| > 1.645/sqrt(n) * sqrt(1 + 2 sum_{i<m} r_i^2).
 * scratch (m). */
bool norni_season_test(const double *y, size_t n, int32_t m, size_t min_cycles, double *scratch);
/* R's decompose(): centred moving average of order m, figure (m) normalised to mean 0 (additive) or
 * 1 (multiplicative); figure[j] belongs to t % m == j. trend (n) may be NULL. scratch (n). false:
 * fewer than 2m points. NaN entries are left out of means. */
bool norni_decompose(const double *y, size_t n, int32_t m, bool multiplicative, double *figure,
                     double *trend, double *scratch);
/* Least squares of y (n, NaN left out) on 1, t = 1..n: level and slope. */
void norni_line_fit(const double *y, size_t n, double *level, double *slope);

#endif
