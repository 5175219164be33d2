/* Central moments of one window by itself, in twice the precision. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Values are taken from the window's first one and scaled by its range; their sums in pairs of
 * doubles, then those of powers of the distances from the mean (Dekker, "A floating-point technique
 * for extending the available precision", Numer. Math. 18, 1971). */
#include "roll/roll_var_one.h"

static inline __attribute__((always_inline)) one_pair normal(double a, double b) {
    const double s = a + b, t = s - a;
    return (one_pair){s, (a - (s - t)) + (b - t)};
}

static inline __attribute__((always_inline)) one_pair plus(one_pair a, one_pair b) {
    const one_pair s = normal(a.hi, b.hi);
    return normal(s.hi, s.lo + (a.lo + b.lo));
}

static inline __attribute__((always_inline)) one_pair times(one_pair a, one_pair b) {
    const one_pair p = one_times(a, b);
    return normal(p.hi, p.lo);
}

enum { POLLED = 1 << 15 }; /* values between two polls */

static inline bool stop_at(const norni_poll *poll, size_t i) {
    return i % POLLED == POLLED - 1 && norni_poll_stop(poll);
}

/* The values' range: 0 where all are equal. */
static bool extent(const double *x, size_t n, double *first, int *e) {
    bool any = false, equal = true;
    double most = 0, far = 0;
    for (size_t i = 0; i < n; i++) {
        if (norni_roll_missing(x[i])) continue;
        if (!any) *first = x[i];
        any = true;
        equal = equal && x[i] == *first;
        most = fmax(most, fabs(x[i]));
        far = fmax(far, fabs(x[i] * 0.25 - *first * 0.25));
    }
    /* Denormal differences vanish in a quarter: then the values themselves are small. */
    frexp(far > 0 ? far : most, e);
    *e += far > 0 ? 2 : 0;
    return !equal;
}

typedef struct frame {
    double first, mean, half, scale; /* y = x half scale - first, distance y - mean */
} frame;

static inline __attribute__((always_inline)) one_pair distance(const frame *f, double x) {
    const one_pair y = normal(x * f->half * f->scale, -f->first);
    return plus(y, (one_pair){-f->mean, 0});
}

static inline __attribute__((always_inline)) bool window(const double *x, size_t n,
                                                         norni_roll_central kind, int32_t ddof,
                                                         const norni_poll *poll, double *out,
                                                         int *e) {
    one_pair t[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}}, sum = {0, 0}, d = {0, 0};
    frame f = {0, 0, 0, 0};
    size_t count = 0;
    const bool spread = extent(x, n, &f.first, e);
    *out = kind <= NORNI_ROLL_SEM ? 0 : NORNI_NAN;
    if (!spread) return true;
    f.half = ldexp(1, -*e / 2), f.scale = ldexp(1, -*e - -*e / 2);
    f.first = f.first * f.half * f.scale;
    for (size_t i = 0; i < n; i++) {
        if (stop_at(poll, i)) return false;
        if (norni_roll_missing(x[i])) continue;
        sum = plus(sum, distance(&f, x[i]));
        count++;
    }
    f.mean = sum.hi / (double)count;
    for (size_t i = 0; i < n; i++) {
        if (stop_at(poll, i)) return false;
        if (norni_roll_missing(x[i])) continue;
        const one_pair y = distance(&f, x[i]), q = times(y, y);
        t[0] = plus(t[0], y);
        t[1] = plus(t[1], q);
        if (kind < NORNI_ROLL_SKEW) continue;
        t[2] = plus(t[2], times(q, y));
        t[3] = plus(t[3], times(q, q));
    }
    const double c = (double)count;
    const one_pair nt2 = one_scaled(c, t[1]), t1t1 = times(t[0], t[0]), d2 = one_minus(nt2, t1t1);
    if (kind == NORNI_ROLL_ZSCORE) {
        const one_pair last = one_scaled(c, distance(&f, x[n - 1]));
        d = one_minus(normal(last.hi, last.lo), t[0]);
    }
    if (kind == NORNI_ROLL_SKEW) d = one_third(c, nt2, t1t1, t[0], t[2]);
    if (kind == NORNI_ROLL_KURT) d = one_fourth(c, nt2, t1t1, t[0], t[2], t[3]);
    *out = one_result(kind, c, (double)ddof, one_rounded(normal(d2.hi, d2.lo), 0), d, 0);
    return true;
}

#if NORNI_ROLL_WIDE
NORNI_ROLL_AVX2 static bool window_fma(const double *x, size_t n, norni_roll_central kind,
                                       int32_t ddof, const norni_poll *poll, double *out, int *e) {
    return window(x, n, kind, ddof, poll, out, e);
}
#endif

bool norni_roll_var_window(const double *x, size_t n, norni_roll_central kind, int32_t ddof,
                           const norni_poll *poll, double *out, int *e) {
#if NORNI_ROLL_WIDE
    if (norni_roll_has_avx2()) return window_fma(x, n, kind, ddof, poll, out, e);
#endif
    return window(x, n, kind, ddof, poll, out, e);
}
