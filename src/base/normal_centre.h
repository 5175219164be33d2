/* The middle of the normal distribution's inverse, for one number and for many in a row. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_NORMAL_CENTRE_H
#define NORNI_NORMAL_CENTRE_H

/* Source: M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
 * Statistics 37 (1988). */
#define NORNI_NORMAL_CENTRE 0.425

/* c[0] + c[1] x + ... + c[7] x^7 */
static inline double norni_poly7(const double c[8], double x) {
    double p = c[7];
    for (int i = 6; i >= 0; i--)
        p = p * x + c[i];
    return p;
}

/* The quantile of 0.5 + q, |q| <= NORNI_NORMAL_CENTRE; beyond it a number of no meaning. */
static inline double norni_normal_centre(double q) {
    static const double a[8] = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                1.9715909503065514427e3, 1.3731693765509461125e4,
                                4.5921953931549871457e4, 6.7265770927008700853e4,
                                3.3430575583588128105e4, 2.5090809287301226727e3};
    static const double b[8] = {1,
                                4.2313330701600911252e1,
                                6.8718700749205790830e2,
                                5.3941960214247511077e3,
                                2.1213794301586595867e4,
                                3.9307895800092710610e4,
                                2.8729085735721942674e4,
                                5.2264952788528545610e3};
    const double r = 0.180625 - q * q;
    return q * norni_poly7(a, r) / norni_poly7(b, r);
}

#endif
