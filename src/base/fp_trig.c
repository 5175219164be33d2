/* sin and cos with the same bits on every machine, for |x| <= 2^30. */
/* SPDX-License-Identifier: Apache-2.0 */
/* W. Cody and W. Waite, "Software manual for the elementary functions" (1980): x - k pi/2 with pi/2
 * in parts short enough that k times a part is exact, then the Taylor series on [-pi/4, pi/4].
 * Departing from the book, there are five parts and every difference keeps its rounding error, so
 * that x next to a multiple of pi loses nothing either. */
#include <math.h>
#include <stdint.h>

#include "base/fp.h"

typedef struct reduced {
    double hi, lo;
} reduced;

/* a - b; the rounding error is added to *lost. */
static double subtract(double a, double b, double *lost) {
    const double s = a - b, t = s - a;
    *lost += (a - (s - t)) - (b + t);
    return s;
}

/* x minus the nearest multiple of pi/2, as a sum; *quadrant counts them. */
static reduced reduce_quadrant(double x, int *quadrant) {
    const double p1 = 0x1.921fb40000000p+0, p2 = 0x1.4442d00000000p-24, p3 = 0x1.8469800000000p-48,
                 p4 = 0x1.3198a00000000p-69,
                 p5 = 0x1.701b839a25205p-92; /* 23 bits each, the last 53 */
    const double round = 0x1.8p52;
    const double k = (x * 0x1.45f306dc9c883p-1 + round) - round;
    double lost = 0;
    double r = subtract(x - k * p1, k * p2, &lost);
    r = subtract(r, k * p3, &lost);
    r = subtract(r, k * p4, &lost);
    lost -= k * p5;
    *quadrant = (int)((int64_t)k & 3);
    const double hi = r + lost;
    return (reduced){hi, (r - hi) + lost};
}

static double sin_series(reduced r) {
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

static double cos_series(reduced r) {
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
    if (!(fabs(x) <= 0x1p30)) return (double)NAN; /* outside the documented domain */
    int quadrant;
    const reduced r = reduce_quadrant(x, &quadrant);
    quadrant = (quadrant + shift) & 3;
    const double value = quadrant % 2 ? cos_series(r) : sin_series(r);
    return quadrant >= 2 ? -value : value;
}

double norni_sin(double x) {
    return fabs(x) < 0x1p-27 ? x : sin_quadrant(x, 0); /* keeps the sign of zero */
}

double norni_cos(double x) {
    return sin_quadrant(x, 1);
}
