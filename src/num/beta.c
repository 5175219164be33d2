/* The incomplete beta function by its continued fraction, and the F and t distributions made of it. */
/* SPDX-License-Identifier: Apache-2.0 */
/* DLMF 8.17.22, by W. Lentz's method, for x < (a + 1) / (a + b + 2); 8.17.4 beyond. DLMF 8.17(iii):
 *   I_x(a, b) = x^a y^b / (a B(a, b)) / (1 + d1/(1 + d2/(1 + ...))),   y = 1 - x
 *   d(2m) = m (b - m) x / ((a + 2m - 1)(a + 2m)),  d(2m + 1) = -(a + m)(a + b + m) x / ((a + 2m)(a + 2m + 1))
 *   P(F > x) = I(d2/2, d1/2) at d2 / (d2 + d1 x);   P(T > t) = I(df/2, 1/2) at df / (df + t^2), halved.
 * x and y are both handed on, so that neither loses its digits. */
#include "num/beta.h"

#include <math.h>

#include "base/fp.h"
#include "num/chi2.h"

static const double MOST_SHAPE = 1e8;

static double fraction(double a, double b, double x) {
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (fabs(d) < 1e-300) d = 1e-300;
    d = 1 / d;
    double value = d;
    for (int k = 1; k < 1000000; k++) {
        const double m = k;
        double by = 1;
        for (int odd = 0; odd < 2; odd++) {
            const double next = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                                    : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + next * d;
            if (fabs(d) < 1e-300) d = 1e-300;
            c = 1 + next / c;
            if (fabs(c) < 1e-300) c = 1e-300;
            d = 1 / d;
            by = c * d;
            value *= by;
        }
        if (fabs(by - 1) <= 0x1p-52) break;
    }
    return value;
}

/* I at x = 1 - y, both above 0, by the fraction. */
static double by_fraction(double a, double b, double x, double y) {
    const double log_beta = norni_log_gamma(a) + norni_log_gamma(b) - norni_log_gamma(a + b);
    return norni_exp(a * norni_log(x) + b * norni_log(y) - log_beta) / a * fraction(a, b, x);
}

static double lower(double a, double b, double x, double y) {
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    if (x < (a + 1) / (a + b + 2)) return by_fraction(a, b, x, y);
    return 1 - by_fraction(b, a, y, x);
}

double norni_beta_lower(double a, double b, double x) {
    if (!(a > 0 && a <= MOST_SHAPE && b > 0 && b <= MOST_SHAPE && x >= 0 && x <= 1))
        return NORNI_NAN;
    return lower(a, b, x, 1 - x);
}

double norni_f_tail(double x, double d1, double d2) {
    if (!(d1 > 0 && d1 <= MOST_SHAPE && d2 > 0 && d2 <= MOST_SHAPE) || isnan(x)) return NORNI_NAN;
    if (x <= 0) return 1;
    if (isinf(x)) return 0;
    const double ratio = d1 * x / d2; /* 1 / (1 + ratio) */
    return lower(0.5 * d2, 0.5 * d1, 1 / (1 + ratio), ratio / (1 + ratio));
}

double norni_t_tail(double t, double df) {
    if (isnan(t)) return NORNI_NAN;
    const double half = 0.5 * norni_f_tail(t * t, 1, df);
    return t < 0 ? 1 - half : half;
}

double norni_t_upper(double p, double df) {
    if (!(p > 0 && p <= 0.5 && df > 0 && df <= MOST_SHAPE)) return NORNI_NAN;
    double below = 0, above = 1;
    if (p == 0.5) return 0;
    while (norni_t_tail(above, df) > p && above < 1e150) {
        below = above;
        above *= 2;
    }
    const double log_const = norni_log_gamma(0.5 * (df + 1)) - norni_log_gamma(0.5 * df) -
                             0.5 * norni_log(df * 3.14159265358979323846);
    double t = 0.5 * (below + above);
    for (int k = 0; k < 200 && above - below > 0x1p-52 * above; k++) {
        const double tail = norni_t_tail(t, df);
        if (tail > p)
            below = t;
        else
            above = t;
        /* Newton's step for log tail, kept inside */
        const double density = norni_exp(log_const - 0.5 * (df + 1) * norni_log(1 + t * t / df));
        const double next = t + tail / density * norni_log(tail / p);
        if (fabs(next - t) <= 0x1p-51 * t) return next;
        t = next > below && next < above ? next : 0.5 * (below + above);
    }
    return t;
}
