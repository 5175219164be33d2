/* One home for floating point: elementary functions with the same bits on every machine, and sums
 * of fixed order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FP_H
#define NORNI_FP_H

#include <stddef.h>

/* As doubles: math.h's INFINITY and NAN are floats. */
#define NORNI_INF (__builtin_inf())
#define NORNI_NAN (__builtin_nan(""))

/* glibc's versions change their last bit with the CPU's features; these do not. Errors stay below 1
 * ulp. */
double norni_exp(double x);
double norni_log(double x);
double norni_pow(double x, double y); /* C99 special cases */
double norni_sin(double x);           /* |x| <= 2^30 */
double norni_cos(double x);           /* |x| <= 2^30 */
double norni_tanh(double x);

/* Normal distribution function; the relative error stays below 1e-15 in the lower tail too. */
double norni_normal_cdf(double x);
/* Inverse of the normal distribution function (p in (0,1); 0 and 1 give -inf and inf). */
double norni_normal_quantile(double p);

/* Compensated (Neumaier) sum, left to right. */
typedef struct norni_sum {
    double hi, lo;
} norni_sum;
static inline norni_sum norni_sum_add(norni_sum s, double x) {
    const double t = s.hi + x;
    const double ah = s.hi < 0 ? -s.hi : s.hi, ax = x < 0 ? -x : x;
    s.lo += ah >= ax ? (s.hi - t) + x : (x - t) + s.hi;
    s.hi = t;
    return s;
}
static inline double norni_sum_get(norni_sum s) {
    return s.hi + s.lo;
}

/* Pairwise sum over a tree whose shape depends on n alone. */
double norni_sum_tree(const double *x, size_t n);
/* Mean and two-pass variance (divisor n - ddof) of x (n); NaN entries are left out. Returns the
 * count used. */
size_t norni_mean_var(const double *x, size_t n, size_t ddof, double *mean, double *var);

/* The bits that files and digests carry: every NaN is one NaN, -0 is 0. */
double norni_canonical(double x);

#endif
