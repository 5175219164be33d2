/* The incomplete beta function, and the F and t distributions made of it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BETA_H
#define NORNI_BETA_H

/* Regularised incomplete beta function I_x(a, b), 0 <= x <= 1; NaN outside, or for a, b outside (0, 1e8].
 * Relative error below 1e-11 for a, b <= 1000, down to 1e-290. */
double norni_beta_lower(double a, double b, double x);
/* P(F > x), d1 and d2 > 0 degrees of freedom; 1 for x <= 0. */
double norni_f_tail(double x, double d1, double d2);
/* P(T > t), df > 0. */
double norni_t_tail(double t, double df);
/* The t >= 0 with P(T > t) = p, p in (0, 1/2]; NaN outside. */
double norni_t_upper(double p, double df);

#endif
