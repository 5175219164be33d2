/* The normal distribution function and its inverse. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "base/normal_centre.h"

/* Source: M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
 * Statistics 37 (1988). */
double norni_normal_quantile(double p) {
    static const double c[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                5.76949722146069140550e0,  3.64784832476320460504e0,
                                1.27045825245236838258e0,  2.41780725177450611770e-1,
                                2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double d[8] = {1,
                                2.05319162663775882187e0,
                                1.67638483018380384940e0,
                                6.89767334985100004550e-1,
                                1.48103976427480074590e-1,
                                1.51986665636164571966e-2,
                                5.47593808499534494600e-4,
                                1.05075007164441684324e-9};
    static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                1.78482653991729133580e0,  2.96560571828504891230e-1,
                                2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double f[8] = {1,
                                5.99832206555887937690e-1,
                                1.36929880922735805310e-1,
                                1.48753612908506148525e-2,
                                7.86869131145613259100e-4,
                                1.84631831751005468180e-5,
                                1.42151175831644588870e-7,
                                2.04426310338993978564e-15};
    if (!(p > 0 && p < 1)) return p == 0 ? -NORNI_INF : p == 1 ? NORNI_INF : NORNI_NAN;
    const double q = p - 0.5;
    if (fabs(q) <= NORNI_NORMAL_CENTRE) return norni_normal_centre(q);
    const double r = sqrt(-norni_log(q < 0 ? p : 1 - p));
    const double x = r <= 5 ? norni_poly7(c, r - 1.6) / norni_poly7(d, r - 1.6)
                            : norni_poly7(e, r - 5) / norni_poly7(f, r - 5);
    return q < 0 ? -x : x;
}

/* The normal distribution function by W. Cody, "Rational Chebyshev approximations for the error
 * function", Math. Comp. 23 (1969): erf below |x|/sqrt 2 = 0.46875, erfc with exp(-x^2/2) above,
 * split at 4. */

/* p[0] x^n + p[1] x^(n-1) + ... + p[n] */
static double horner(const double *p, int n, double x) {
    double v = p[0];
    for (int i = 1; i <= n; i++)
        v = v * x + p[i];
    return v;
}

/* erf(y) for |y| <= 0.46875 */
static double erf_near(double y) {
    static const double num[5] = {1.85777706184603153e-1, 3.16112374387056560e0,
                                  1.13864154151050156e2, 3.77485237685302021e2,
                                  3.20937758913846947e3};
    static const double den[5] = {1, 2.36012909523441209e1, 2.44024637934444173e2,
                                  1.28261652607737228e3, 2.84423683343917062e3};
    return y * horner(num, 4, y * y) / horner(den, 4, y * y);
}

/* exp(y^2) erfc(y) for y > 0.46875 */
static double erfc_scaled(double y) {
    static const double c[9] = {
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
        6.61191906371416295e1,  2.98635138197400131e2,  8.81952221241769090e2,
        1.71204761263407058e3,  2.05107837782607147e3,  1.23033935479799725e3};
    static const double d[9] = {1,
                                1.57449261107098347e1,
                                1.17693950891312499e2,
                                5.37181101862009858e2,
                                1.62138957456669019e3,
                                3.29079923573345963e3,
                                4.36261909014324716e3,
                                3.43936767414372164e3,
                                1.23033935480374942e3};
    static const double p[6] = {1.63153871373020978e-2, 3.05326634961232344e-1,
                                3.60344899949804439e-1, 1.25781726111229246e-1,
                                1.60837851487422766e-2, 6.58749161529837803e-4};
    static const double q[6] = {1,
                                2.56852019228982242e0,
                                1.87295284992346725e0,
                                5.27905102951428412e-1,
                                6.05183413124413191e-2,
                                2.33520497626869185e-3};
    if (y <= 4) return horner(c, 8, y) / horner(d, 8, y);
    const double inverse = 1 / (y * y);
    return (0x1.20dd750429b6dp-1 - inverse * horner(p, 5, inverse) / horner(q, 5, inverse)) /
           y; /* 1/sqrt(pi) */
}

double norni_normal_cdf(double x) {
    const double y = fabs(x) * 0x1.6a09e667f3bcdp-1; /* 1/sqrt 2 */
    if (x != x) return x;
    if (y <= 0.46875) return 0.5 + 0.5 * erf_near(x * 0x1.6a09e667f3bcdp-1);
    if (y > 28) return x < 0 ? 0 : 1;
    /* exp(-x^2/2) with an exact square of x cut at 1/16: the rounding of x^2 would cost |x|^2/2
     * ulp. */
    const double cut = floor(fabs(x) * 16) / 16, rest = (fabs(x) - cut) * (fabs(x) + cut);
    const double tail =
        0.5 * (norni_exp(-0.5 * cut * cut) * norni_exp(-0.5 * rest) * erfc_scaled(y));
    return x < 0 ? tail : 1 - tail;
}
