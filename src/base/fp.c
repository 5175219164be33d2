/* One home for floating point: elementary functions with the same bits on every machine. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Plain IEEE operations and explicit fma() only, both correctly rounded everywhere, so that no
 * result depends on the CPU. The series are Taylor's; arguments are reduced until they converge to
 * 2^-60: log  x = 2^k z, z in [sqrt(1/2), sqrt 2), s = (z-1)/(z+1): log z = 2 atanh s = f - (f^2/2
 * - s (f^2/2 + R)), f = z - 1 exp  x = k log 2 + r, |r| <= log(2)/2 pow  exp(y log x) with log x
 * and the product in double-double */
#include "base/fp.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const double ln2_hi = 0x1.62e42feep-1,
                    ln2_lo = 0x1.a39ef35793c76p-33; /* hi has 21 trailing zero bits */

static uint64_t bits_of(double x) {
    uint64_t b;
    memcpy(&b, &x, sizeof b);
    return b;
}

static double from_bits(uint64_t b) {
    double x;
    memcpy(&x, &b, sizeof x);
    return x;
}

/* x 2^k for any k, rounded once at the end. */
static double scale(double x, int k) {
    if (k > 1023) {
        x *= 0x1p1023;
        k -= 1023;
        if (k > 1023) k = 1023;
    } else if (k < -1022) {
        x *= 0x1p-969; /* keeps 53 bits until the last product */
        k += 969;
        if (k < -1022) k = -1022;
    }
    return x * from_bits((uint64_t)(k + 1023) << 52);
}

/* x = 2^k z with z in [sqrt(1/2), sqrt 2); x finite and positive. */
static double split_exponent(double x, int *k) {
    uint64_t b = bits_of(x);
    int e = 0;
    if (b < UINT64_C(1) << 52) {
        b = bits_of(x * 0x1p54);
        e = -54;
    }
    const uint64_t mantissa = b & ((UINT64_C(1) << 52) - 1);
    const bool above = mantissa > UINT64_C(0x6A09E667F3BCD); /* sqrt 2 */
    *k = e + (int)(b >> 52) - 1023 + above;
    return from_bits(mantissa | (above ? UINT64_C(0x3FE) : UINT64_C(0x3FF)) << 52);
}

/* 2 (u/3 + u^2/5 + ... + u^11/23), u = s^2 <= 0.0295: the rest of 2 atanh(s)/s. */
static double atanh_tail(double u) {
    const double u2 = u * u, u4 = u2 * u2;
    const double a = (2.0 / 3 + u * (2.0 / 5)) + u2 * (2.0 / 7 + u * (2.0 / 9));
    const double b = (2.0 / 11 + u * (2.0 / 13)) + u2 * (2.0 / 15 + u * (2.0 / 17));
    const double c = (2.0 / 19 + u * (2.0 / 21)) + u2 * (2.0 / 23);
    return u * (a + u4 * (b + u4 * c));
}

double norni_log(double x) {
    if (!(x > 0)) return x == 0 ? -NORNI_INF : NORNI_NAN;
    if (x == NORNI_INF) return x;
    int k;
    const double f = split_exponent(x, &k) - 1, s = f / (2 + f), half = 0.5 * f * f;
    const double tail = s * (half + atanh_tail(s * s));
    if (k == 0) return f - (half - tail);
    return k * ln2_hi + ((f - (half - (tail + k * ln2_lo))));
}

/* e^r - 1 - r for |r| <= 0.35, Taylor to r^14. */
static double exp_tail(double r) {
    const double r2 = r * r, r4 = r2 * r2;
    const double a = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
    const double b = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
    const double c =
        (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800.0));
    return r2 * (a + r4 * (b + r4 * (c + r4 * (1.0 / 87178291200.0))));
}

/* exp(hi + lo), |lo| far below hi. */
static double exp_pair(double hi, double lo) {
    if (hi > 709.8) return NORNI_INF;
    if (hi < -745.2) return 0;
    const double k = nearbyint(hi * 1.4426950408889634);
    const double r_hi = hi - k * ln2_hi, r_lo = lo - k * ln2_lo; /* k ln2_hi is exact */
    const double r = r_hi + r_lo, rest = (r_hi - r) + r_lo;
    return scale(1 + (r + (rest + exp_tail(r) + rest * r)), (int)k);
}

double norni_exp(double x) {
    return x != x ? x : exp_pair(x, 0);
}

/* Double-double: an unevaluated sum hi + lo. */
typedef struct pair {
    double hi, lo;
} pair;

static pair quick_sum(double a, double b) { /* |a| >= |b| */
    const double s = a + b;
    return (pair){s, b - (s - a)};
}

static pair pair_mul(pair a, pair b) {
    const double p = a.hi * b.hi;
    return quick_sum(p, fma(a.hi, b.hi, -p) + (a.hi * b.lo + a.lo * b.hi));
}

static pair pair_add(pair a, pair b) {
    const double s = a.hi + b.hi, t = s - a.hi;
    return quick_sum(s, ((a.hi - (s - t)) + (b.hi - t)) + (a.lo + b.lo));
}

/* log x to about 2^-66 relative; x finite and positive. */
static pair log_pair(double x) {
    int k;
    const double f = split_exponent(x, &k) - 1, den = 2 + f, den_lo = f - (den - 2);
    const double s_hi = f / den, s_lo = (fma(-s_hi, den, f) - s_hi * den_lo) / den;
    const pair s = {s_hi, s_lo}, u = pair_mul(s, s), third = {1.0 / 3, 0x1.5555555555555p-56};
    const double v = u.hi;
    double rest = 1.0 / 25;
    for (int n = 23; n >= 5; n -= 2)
        rest = 1.0 / n + v * rest;
    pair sum = pair_add(pair_mul(u, third), (pair){v * v * rest, 0});
    sum = pair_add((pair){1, 0}, sum);
    sum = pair_mul((pair){2 * s.hi, 2 * s.lo}, sum);
    if (k == 0) return sum;
    const pair ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
    return pair_add(pair_mul((pair){k, 0}, ln2), sum);
}

static bool is_odd_integer(double y) {
    return fabs(y) < 0x1p53 && y == nearbyint(y) && fabs(fmod(y, 2)) == 1;
}

double norni_pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (x != x || y != y) return NORNI_NAN;
    const bool odd = is_odd_integer(y), negative = signbit(x) && odd;
    if (x == 0) return y < 0 ? (negative ? -NORNI_INF : NORNI_INF) : (negative ? -0.0 : 0.0);
    if (fabs(y) == NORNI_INF) {
        if (x == -1) return 1;
        return (fabs(x) > 1) == (y > 0) ? NORNI_INF : 0;
    }
    if (fabs(x) == NORNI_INF)
        return y < 0 ? (negative ? -0.0 : 0.0) : (negative ? -NORNI_INF : NORNI_INF);
    if (x < 0 && y != nearbyint(y)) return NORNI_NAN;
    const pair l = log_pair(fabs(x));
    const double p = l.hi * y;
    if (!(fabs(p) < 1e4))
        return p > 0 ? (negative ? -NORNI_INF : NORNI_INF) : (negative ? -0.0 : 0.0);
    const double value = exp_pair(p, fma(l.hi, y, -p) + l.lo * y);
    return negative ? -value : value;
}

/* x minus the nearest multiple of pi/2, as a pair; *quadrant counts them. Three parts of pi/2 with
 * explicit fma. */
static pair reduce_quadrant(double x, int *quadrant) {
    const double k = nearbyint(x * 0.6366197723675814);
    const double p1 = 0x1.921fb54442d18p0, p2 = 0x1.1a62633145c07p-54, p3 = -0x1.f1976b7ed8fbcp-110;
    const double a = fma(-k, p1, x), w = k * p2, w_lo = fma(k, p2, -w);
    const double r = a - w, lo = ((a - r) - w) - w_lo - k * p3;
    *quadrant = (int)((int64_t)k & 3);
    return quick_sum(r, lo);
}

static double sin_series(pair r) {
    const double x = r.hi, u = x * x;
    double p = -1.0 / 121645100408832000.0;
    p = 1.0 / 355687428096000.0 + u * p;
    p = -1.0 / 1307674368000.0 + u * p;
    p = 1.0 / 6227020800.0 + u * p;
    p = -1.0 / 39916800.0 + u * p;
    p = 1.0 / 362880.0 + u * p;
    p = -1.0 / 5040.0 + u * p;
    p = 1.0 / 120.0 + u * p;
    p = -1.0 / 6.0 + u * p;
    return x + (x * u * p + r.lo * (1 - 0.5 * u));
}

static double cos_series(pair r) {
    const double x = r.hi, u = x * x;
    double p = 1.0 / 20922789888000.0;
    p = -1.0 / 87178291200.0 + u * p;
    p = 1.0 / 479001600.0 + u * p;
    p = -1.0 / 3628800.0 + u * p;
    p = 1.0 / 40320.0 + u * p;
    p = -1.0 / 720.0 + u * p;
    p = 1.0 / 24.0 + u * p;
    const double half = 0.5 * u, w = 1 - half;
    return w + (((1 - w) - half) + (u * u * p - x * r.lo));
}

static double sin_quadrant(double x, int shift) {
    if (!(fabs(x) <= 0x1p30)) return NORNI_NAN; /* outside the documented domain */
    int quadrant;
    const pair r = reduce_quadrant(x, &quadrant);
    quadrant = (quadrant + shift) & 3;
    const double value = quadrant % 2 ? cos_series(r) : sin_series(r);
    return quadrant >= 2 ? -value : value;
}

double norni_sin(double x) {
    return sin_quadrant(x, 0);
}
double norni_cos(double x) {
    return sin_quadrant(x, 1);
}

double norni_tanh(double x) {
    const double a = fabs(x);
    double t;
    if (x != x) return x;
    if (a < 0.55) { /* Lambert's continued fraction x/(1 + u/(3 + u/(5 + ...))) */
        const double u = x * x;
        double d = 19;
        for (double n = 17; n >= 3; n -= 2)
            d = n + u / d;
        const double q = u / d;
        return x - x * q / (1 + q);
    }
    t = a > 20 ? 1 : 1 - 2 / (norni_exp(2 * a) + 1);
    return x < 0 ? -t : t;
}

/* c[0] + c[1] x + ... + c[7] x^7 */
static double poly7(const double c[8], double x) {
    double p = c[7];
    for (int i = 6; i >= 0; i--)
        p = p * x + c[i];
    return p;
}

/* Source: M. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
 * Statistics 37 (1988). */
double norni_normal_quantile(double p) {
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
    if (fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * poly7(a, r) / poly7(b, r);
    }
    const double r = sqrt(-norni_log(q < 0 ? p : 1 - p));
    const double x =
        r <= 5 ? poly7(c, r - 1.6) / poly7(d, r - 1.6) : poly7(e, r - 5) / poly7(f, r - 5);
    return q < 0 ? -x : x;
}

double norni_sum_tree(const double *x, size_t n) {
    if (n <= 8) {
        double s = 0;
        for (size_t i = 0; i < n; i++)
            s += x[i];
        return s;
    }
    size_t half = 8;
    while (2 * half < n)
        half *= 2;
    return norni_sum_tree(x, half) + norni_sum_tree(x + half, n - half);
}

size_t norni_mean_var(const double *x, size_t n, size_t ddof, double *mean, double *var) {
    norni_sum sum = {0, 0}, squares = {0, 0};
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] != x[i]) continue;
        sum = norni_sum_add(sum, x[i]);
        count++;
    }
    *mean = count ? norni_sum_get(sum) / (double)count : NORNI_NAN;
    for (size_t i = 0; i < n; i++) {
        if (x[i] == x[i]) squares = norni_sum_add(squares, (x[i] - *mean) * (x[i] - *mean));
    }
    *var = count > ddof ? norni_sum_get(squares) / (double)(count - ddof) : NORNI_NAN;
    return count;
}

double norni_canonical(double x) {
    if (x != x) return from_bits(UINT64_C(0x7FF8000000000000));
    return x == 0 ? 0.0 : x;
}
