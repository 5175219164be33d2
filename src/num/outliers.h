/* Classical tests for values that stand apart: fences by quartiles, modified z, Grubbs' test. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OUTLIERS_H
#define NORNI_OUTLIERS_H

#include <stdbool.h>
#include <stddef.h>

/* Quantile q in [0, 1] of sorted x (n >= 1), linear between order statistics (numpy's default, R's type 7). */
double norni_sorted_quantile(const double *x, size_t n, double q);
/* Median of x (n >= 1, no NaN); scratch (n). */
double norni_median(const double *x, size_t n, double *scratch);

/* out (n): x outside [Q1 - k IQR, Q3 + k IQR]. scratch (n). */
void norni_iqr_outliers(const double *x, size_t n, double k, bool *out, double *scratch);
/* out (n): 0.6745 |x - median| / MAD > most; all that differ from the median where MAD is 0. scratch (n). */
void norni_modified_z_outliers(const double *x, size_t n, double most, bool *out, double *scratch);
/* Critical value of Grubbs' two-sided test for n >= 3 values at level alpha. */
double norni_grubbs_critical(size_t n, double alpha);
/* out (n): the value farthest from the mean is taken out while Grubbs' test at alpha speaks for it, `most` times at most. */
void norni_grubbs_outliers(const double *x, size_t n, double alpha, size_t most, bool *out);

#endif
