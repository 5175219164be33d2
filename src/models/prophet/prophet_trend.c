/* Prophet's trend at any times, and how it moves with its argument. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Taylor and Letham 2018, "Forecasting at scale", section 3.1:
 *   linear    (k + A delta) t + (m + A gamma),                     gamma_j = -s_j delta_j
 *   logistic  cap / (1 + exp(-(k + A delta) (t - (m + A gamma)))),
 *             gamma_j = (s_j - m - sum_{l<j} gamma_l) (1 - k_{j-1} / k_j),  k_j = k + sum_{l<=j} delta_l
 *   flat      m
 * Departing from the paper, gamma is never formed. The recursion makes the argument of the logistic
 * curve continuous, with slope k_j behind s_j, and that alone fixes it:
 *   z(t) = k (t - m) + sum_j delta_j max(t - s_j, 0)
 * which says the same wherever the paper's formula has a value, and has one where a rate k_j is 0
 * and the recursion divides by it. Linear growth has z(t) = k t + m + sum_j delta_j max(t - s_j, 0).
 * Both are read off one table of slopes and intercepts, a row per stretch between changepoints. */
#include "models/prophet/prophet_trend.h"

#include "base/fp.h"

typedef struct table {
    size_t n;             /* changepoints; stretches 0 .. n */
    const double *change; /* (n) */
    double *rate, *from;  /* (n + 1): z = rate t + from */
} table;

static table make_table(norni_prophet_growth growth, double k, double m, size_t n_change,
                        const double *change, const double *delta, double *scratch) {
    const bool flat = growth == NORNI_PROPHET_FLAT;
    table s = {flat ? 0 : n_change, change, scratch, scratch + n_change + 2};
    s.rate[0] = flat ? 0 : k;
    s.from[0] = growth == NORNI_PROPHET_LOGISTIC ? -k * m : m;
    for (size_t j = 0; j < s.n; j++) {
        s.rate[j + 1] = s.rate[j] + delta[j];
        s.from[j + 1] = s.from[j] - delta[j] * change[j];
    }
    return s;
}

/* The stretch that holds t, sought onwards from `at`. */
static size_t stretch_of(const table *s, size_t at, double t) {
    if (at > 0 && t < s->change[at - 1]) { /* out of order: halve */
        size_t lo = 0, hi = at;            /* change[hi - 1] > t; all below lo are not */
        while (lo < hi) {
            const size_t mid = lo + (hi - lo) / 2;
            if (s->change[mid] <= t)
                lo = mid + 1;
            else
                hi = mid;
        }
        return lo;
    }
    while (at < s->n && t >= s->change[at])
        at++;
    return at;
}

static void arguments(const table *s, size_t n, const double *t, double *z) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        at = stretch_of(s, at, t[i]);
        z[i] = s->rate[at] * t[i] + s->from[at];
    }
}

/* cap / (1 + e^-z) and its derivative, from the smaller tail: neither factor is lost to rounding. */
static double curve(double cap, double z, double *slope) {
    const double e = norni_exp(z < 0 ? z : -z);
    const double small = e / (1 + e), large = 1 / (1 + e);
    *slope = cap * small * large;
    return cap * (z < 0 ? small : large);
}

void norni_prophet_trend(norni_prophet_growth growth, size_t n, const double *t, const double *cap,
                         double k, double m, size_t n_change, const double *change,
                         const double *delta, double *scratch, double *out) {
    const table s = make_table(growth, k, m, n_change, change, delta, scratch);
    double slope;
    arguments(&s, n, t, out);
    if (growth != NORNI_PROPHET_LOGISTIC) return;
    for (size_t i = 0; i < n; i++)
        out[i] = curve(cap[i], out[i], &slope);
}

void norni_prophet_trend_slope(norni_prophet_growth growth, size_t n, const double *t,
                               const double *cap, double k, double m, size_t n_change,
                               const double *change, const double *delta, double *scratch,
                               double *out, double *slope) {
    const table s = make_table(growth, k, m, n_change, change, delta, scratch);
    arguments(&s, n, t, out);
    for (size_t i = 0; i < n; i++) {
        slope[i] = 1;
        if (growth == NORNI_PROPHET_LOGISTIC) out[i] = curve(cap[i], out[i], &slope[i]);
    }
}
