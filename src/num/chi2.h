/* The incomplete gamma function, the chi-square distribution, and Ljung and Box's test. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CHI2_H
#define NORNI_CHI2_H

#include <stddef.h>

/* log Gamma(a), a > 0; absolute error below 1e-14 max(1, |value|). */
double norni_log_gamma(double a);
/* Regularised lower and upper incomplete gamma functions, 0 < a <= 1e12, x >= 0 (inf is allowed);
 * NaN outside. Relative error below 1e-12 each for 1e-3 <= a <= 1e6, down to the smallest doubles. */
double norni_gamma_lower(double a, double x);
double norni_gamma_upper(double a, double x);
/* P(X <= x) and P(X > x) of a chi-square variable with df > 0 degrees of freedom. */
double norni_chi2_cdf(double x, double df);
double norni_chi2_tail(double x, double df);

typedef struct norni_ljung_box_result {
    double statistic; /* NaN: nothing to test (no lag, a constant series, nothing seen) */
    double p;         /* NaN also with lag <= fitdf: no degree of freedom is left */
} norni_ljung_box_result;

/* Are the first `lag` autocorrelations of residuals (n) zero? n (n + 2) sum r_k^2 / (n - k), against
 * chi-square with lag - fitdf degrees: R's Box.test(type = "Ljung"). NaN = missing: n counts what
 * was seen, and pairs that hold a gap are left out. No answer where lag reaches that count. */
norni_ljung_box_result norni_ljung_box(const double *residuals, size_t n, size_t lag, size_t fitdf);

#endif
