/* The incomplete gamma function, the chi-square distribution, and Ljung and Box's test. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: N. Temme, "The asymptotic expansion of the incomplete gamma functions", SIAM J. Math.
 * Anal. 10 (1979) for the front factor; the power series (DLMF 8.7.1) below x = a + 1 and the
 * continued fraction (DLMF 8.9.2, by W. Lentz's method) above; Stirling's series (DLMF 5.11.1).
 * G. Ljung, G. Box, "On a measure of lack of fit in time series models", Biometrika 65 (1978).
 *   front  x^a e^-x / Gamma(a) = sqrt(a / 2 pi) exp(-a (m - log(1 + m))) / c(a),  m = (x - a) / a
 * which loses no digits to large a log x - x - log Gamma(a); c(a) = exp(1/(12 a) - ..) */
#include "num/chi2.h"
#include "base/fp.h"

#include <math.h>
#include <stdbool.h>

static const double HALF_LOG_2PI = 0.91893853320467274178, MOST_SHAPE = 1e12;
enum { STIRLING_FROM = 16 };

/* log Gamma(a) - ((a - 1/2) log a - a + log(2 pi)/2), a >= STIRLING_FROM */
static double stirling_rest(double a) {
    static const double c[6] = {1.0 / 12,    -1.0 / 360, 1.0 / 1260,
                                -1.0 / 1680, 1.0 / 1188, -691.0 / 360360};
    const double inverse = 1 / (a * a);
    double sum = c[5];
    for (int i = 4; i >= 0; i--)
        sum = sum * inverse + c[i];
    return sum / a;
}

double norni_log_gamma(double a) {
    double below = 1; /* a (a + 1) .. */
    if (!(a > 0)) return NORNI_NAN;
    if (isinf(a)) return a;
    while (a < STIRLING_FROM) {
        below *= a;
        a += 1;
    }
    return (a - 0.5) * norni_log(a) - a + HALF_LOG_2PI + stirling_rest(a) - norni_log(below);
}

/* m - log(1 + m), m > -1 */
static double less_log(double m) {
    if (m < -0.5 || m > 1) return m - norni_log(1 + m);
    /* With r = m/(2 + m): m r - 2 r^3 (1/3 + r^2/5 + ..), |r| <= 1/3. */
    const double r = m / (2 + m), square = r * r;
    double sum = 0, power = 1;
    for (int k = 3; k < 45; k += 2) {
        sum += power / k;
        power *= square;
    }
    return r * (m - 2 * square * sum);
}

/* x^a e^-x / Gamma(a) */
static double front(double a, double x) {
    if (a < STIRLING_FROM) return norni_exp(a * norni_log(x) - x - norni_log_gamma(a));
    const double m = (x - a) / a;
    /* 1 + m has no digits left where x is far below a. */
    const double apart = m < -0.5 ? a * m - a * norni_log(x / a) : a * less_log(m);
    return sqrt(a) * norni_exp(-apart - HALF_LOG_2PI - stirling_rest(a));
}

/* Lower function over the front: (1/a) sum x^k / ((a + 1) .. (a + k)) */
static double series(double a, double x) {
    double term = 1 / a, sum = term;
    for (double k = 1; term > 0x1p-55 * sum; k++) {
        term *= x / (a + k);
        sum += term;
    }
    return sum;
}

/* Upper function over the front: 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ..))) */
static double fraction(double a, double x) {
    double b = x + 1 - a, c = 1e300, d = 1 / b, value = d;
    for (double k = 1; k < 1e8; k++) {
        const double p = -k * (k - a);
        b += 2;
        d = p * d + b;
        if (fabs(d) < 1e-300) d = 1e-300;
        c = b + p / c;
        if (fabs(c) < 1e-300) c = 1e-300;
        d = 1 / d;
        const double by = c * d;
        value *= by;
        if (fabs(by - 1) <= 0x1p-52) break;
    }
    return value;
}

static bool inside(double a, double x) {
    return a > 0 && a <= MOST_SHAPE && x >= 0;
}

double norni_gamma_lower(double a, double x) {
    if (!inside(a, x)) return NORNI_NAN;
    if (x == 0) return 0;
    if (isinf(x)) return 1;
    return x < a + 1 ? front(a, x) * series(a, x) : 1 - front(a, x) * fraction(a, x);
}

double norni_gamma_upper(double a, double x) {
    if (!inside(a, x)) return NORNI_NAN;
    if (x == 0) return 1;
    if (isinf(x)) return 0;
    return x < a + 1 ? 1 - front(a, x) * series(a, x) : front(a, x) * fraction(a, x);
}

double norni_chi2_cdf(double x, double df) {
    return x < 0 ? 0 : norni_gamma_lower(0.5 * df, 0.5 * x);
}

double norni_chi2_tail(double x, double df) {
    return x < 0 ? 1 : norni_gamma_upper(0.5 * df, 0.5 * x);
}

/* The mean product of e with itself `lag` before, less the mean; R's divisor where there are gaps. */
static double covariance(const double *e, size_t n, double mean, size_t lag) {
    double sum = 0;
    size_t count = 0;
    for (size_t t = lag; t < n; t++) {
        if (isnan(e[t]) || isnan(e[t - lag])) continue;
        sum += (e[t] - mean) * (e[t - lag] - mean);
        count++;
    }
    return count ? sum / (double)(count + lag) : NORNI_NAN;
}

norni_ljung_box_result norni_ljung_box(const double *residuals, size_t n, size_t lag,
                                       size_t fitdf) {
    norni_ljung_box_result out = {NORNI_NAN, NORNI_NAN};
    double mean, var, sum = 0;
    const size_t seen = norni_mean_var(residuals, n, 0, &mean, &var);
    if (lag == 0 || lag >= seen || !(var > 0)) return out;
    for (size_t k = 1; k <= lag; k++) {
        double r = covariance(residuals, n, mean, k) / var;
        r = r > 1 ? 1 : r < -1 ? -1 : r;
        sum += r * r / (double)(seen - k);
    }
    out.statistic = (double)seen * (double)(seen + 2) * sum;
    if (lag > fitdf) out.p = norni_chi2_tail(out.statistic, (double)(lag - fitdf));
    return out;
}
