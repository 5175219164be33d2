/* Moments, downside and the path of wealth of one series of returns. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Two passes, eight accumulators of fixed order (the same bits for every instruction set). The product of 1 + x carries what each addition
 * and multiplication rounds away (Dekker 1971, "A floating-point technique for extending the available precision"), so a total return
 * near 0 keeps its digits. */
#include "portfolio/portfolio_metrics_sums.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/fp.h"
#include "portfolio/portfolio_metrics_lanes.h"

enum { LANES = NORNI_PORT_METRIC_LANES, WIDEST = 2 };

static double fold(const double *lane) {
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
           ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* The power of two that brings `most` near 1. */
static double scale_for(double most) {
    int exponent;
    if (!(most > 0)) return 1;
    (void)frexp(most, &exponent);
    if (exponent > -120 && exponent < 120) return 1;
    return ldexp(1, exponent < -1020 ? 1020 : -exponent);
}

static void powers(const double *x, size_t n, norni_port_moments *m) {
    double s[4][LANES];
    norni_port_passes_of(WIDEST)->powers(x, n, m->scale, m->mean * m->scale, s);
    /* the mean was rounded: what is left of the first power is taken out of the higher ones */
    const double e = fold(s[0]) / (double)n, p2 = fold(s[1]), p3 = fold(s[2]), p4 = fold(s[3]);
    m->m2 = p2 - (double)n * e * e;
    m->m3 = p3 - 3 * e * p2;
    m->m4 = p4 - 4 * e * p3;
}

norni_port_moments norni_port_moments_of(const double *x, size_t n) {
    norni_port_moments m = {.least = x[0], .most = x[0], .scale = 1};
    for (size_t i = 0; i < n; i++) {
        m.least = x[i] < m.least ? x[i] : m.least;
        m.most = x[i] > m.most ? x[i] : m.most;
        m.n_above += x[i] > 0;
        m.n_not_zero += x[i] != 0;
    }
    const double size = fmax(fabs(m.least), fabs(m.most));
    m.flat = !(m.most - m.least > 4 * 0x1p-52 * size);
    m.scale = scale_for(size);
    m.mean = norni_sum_tree(x, n) / (double)n;
    if (!isfinite(m.mean)) { /* the sum overflowed, the mean does not */
        norni_sum s = {0, 0};
        for (size_t i = 0; i < n; i++)
            s = norni_sum_add(s, x[i] / (double)n);
        m.mean = norni_sum_get(s);
    }
    if (m.flat) m.mean = m.least;
    powers(x, n, &m);
    return m;
}

double norni_port_deviation(const norni_port_moments *m, size_t n) {
    if (n < 2) return NORNI_NAN;
    return m->flat ? 0 : sqrt(m->m2 / (double)(n - 1)) / m->scale;
}

void norni_port_shape(const norni_port_moments *m, size_t n, bool corrected, double *skew,
                      double *excess) {
    const double c = (double)n;
    *skew = *excess = NORNI_NAN;
    if (m->flat || !(m->m2 > 0)) return;
    const double v = m->m2 / c, g1 = m->m3 / c / (v * sqrt(v)), g2 = m->m4 / c / (v * v) - 3;
    if (!corrected) {
        *skew = g1;
        *excess = g2;
        return;
    }
    if (n > 2) *skew = g1 * sqrt(c * (c - 1)) / (c - 2);
    if (n > 3) *excess = ((c + 1) * g2 + 6) * (c - 1) / ((c - 2) * (c - 3));
}

norni_port_sides norni_port_sides_of(const double *x, size_t n, double target, double threshold) {
    double s[3][LANES];
    norni_port_passes_of(WIDEST)->sides(x, n, target, threshold, s);
    return (norni_port_sides){fold(s[0]) / (double)n, fold(s[1]), -fold(s[2])};
}

/* a b = p + the result, exactly (no overflow: both below 2^900). */
static double lost_in_product(double a, double b, double p) {
    const double split = 0x1p27 + 1, ca = split * a, cb = split * b;
    const double ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
    return al * bl - (((p - ah * bh) - al * bh) - ah * bl);
}

/* y (n): cumulated logs of 1 + x. NaN where one x is -1 or below. */
static void cumulate_logs(const double *x, size_t n, double *y) {
    norni_port_passes_of(WIDEST)->logs(x, n, y);
    double at = 0, lost = 0;
    for (size_t i = 0; i < n; i++) {
        const double l = x[i] > -1 ? y[i] : NORNI_NAN, sum = at + l, back = sum - at;
        lost += (at - (sum - back)) + (l - back);
        at = sum;
        y[i] = at + lost;
    }
}

/* R squared of the cumulated logs on a line; y (n) is scratch. */
static double stability_of(const double *x, size_t n, double *y) {
    cumulate_logs(x, n, y);
    const double c = (double)n, mean = norni_sum_tree(y, n) / c, centre = (c - 1) / 2;
    if (n < 2 || !isfinite(mean)) return NORNI_NAN;
    double s[2][LANES];
    norni_port_passes_of(WIDEST)->line(y, n, mean, centre, s);
    const double sxx = c * (c * c - 1) / 12, sxy = fold(s[0]), syy = fold(s[1]);
    return syy > 0 ? fmin(1, sxy * sxy / (sxx * syy)) : NORNI_NAN;
}

norni_port_wealth norni_port_wealth_of(const double *x, size_t n, bool anchored, double *scratch) {
    norni_port_wealth w = {0};
    double hi = 1, lo = 0, /* the product and what it has lost */
        peak = anchored ? 1 : -NORNI_INF;
    const double least = -0x1p-50; /* a peak is reached again but for what returns round away */
    size_t under = 0,
           longest = 0; /* bars under water; of those that ended at a peak, that one too */
    for (size_t i = 0; i < n; i++) {
        const double g = 1 + x[i], back = g - 1, e = (1 - (g - back)) + (x[i] - back);
        const double p = hi * g;
        double rest = hi * e;
        if (fabs(p) < 0x1p900 && fabs(g) < 0x1p900) rest += lost_in_product(hi, g, p);
        hi = p;
        lo = lo * g + rest;
        const double wealth = isfinite(hi) ? hi + lo : hi;
        peak = wealth > peak ? wealth : peak;
        const double below = (wealth - peak) / peak, fall = below < least ? below : 0;
        const bool dry = !(below < least); /* no branches: they would be guessed wrong */
        const size_t ended = dry && under > 0 ? under + 1 : 0;
        longest = ended > longest ? ended : longest;
        under = dry ? 0 : under + 1;
        w.max_drawdown = fall < w.max_drawdown ? fall : w.max_drawdown;
        w.squares += fall * fall;
    }
    w.longest = (double)(under > longest ? under : longest);
    w.growth = isfinite(hi) ? hi + lo : hi;
    w.stability = stability_of(x, n, scratch);
    return w;
}
