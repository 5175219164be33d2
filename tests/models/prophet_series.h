/* Generated series for tests of Prophet's solvers, and a problem made of any series. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The same bits as tests/oracle/make_prophet_map.py: a 64-bit congruential generator and + - * /. */
#ifndef PROPHET_SERIES_H
#define PROPHET_SERIES_H

#include <math.h>
#include <string.h>

#include "models/prophet/prophet_plan.h"
#include "prophet_defaults.h"

enum { SERIES_MOST = 2000 };

typedef struct prophet_series {
    size_t n;
    int64_t ds[SERIES_MOST];
    double y[SERIES_MOST];
    double tau, prior;
    int32_t changes;
    bool flat, minmax;
} prophet_series;

static const int64_t series_day = INT64_C(86400000000);

static inline double series_u(uint64_t *s) {
    *s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*s >> 11) * 0x1p-53;
}

static inline int series_pick(uint64_t *s, int n) {
    return (int)(series_u(s) * n);
}

/* Days since 1970 of month i, 0 = January 1990. */
static inline int64_t series_month(int i) {
    static const int before[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const int year = 1990 + i / 12, m = i % 12;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int past = year - 1;
    const int days = 365 * (year - 1970) + (past / 4 - 1969 / 4) - (past / 100 - 1969 / 100) +
                     (past / 400 - 1969 / 400);
    return days + before[m] + (leap && m > 1);
}

static inline double series_triangle(double day, double period) {
    const double x = day / period, f = x - (double)(int64_t)floor(x);
    return 4.0 * fabs(f - 0.5) - 1.0;
}

static inline void series_make(uint64_t seed, prophet_series *o) {
    static const double taus[6] = {0.001, 0.05, 0.05, 0.05, 0.5, 5.0};
    static const double priors[3] = {10, 10, 0.1}, gaps[4] = {0, 0, 0.1, 0.5};
    static const double outliers[4] = {0, 0, 0.01, 0.05}, levels[4] = {0, 1, 5, 100};
    static const double noises[4] = {0.02, 0.1, 0.5, 2};
    static const int changes[6] = {25, 25, 25, 0, 5, 60};
    uint64_t r = seed * UINT64_C(0x9E3779B97F4A7C15) + 12345, *s = &r;
    for (int i = 0; i < 4; i++)
        (void)series_u(s);
    const int kind = series_pick(s, 4);
    const double u = series_u(s);
    o->n = 10 + (size_t)(kind == 3 ? u * 300.0 : u * u * 1990.0);
    o->tau = taus[series_pick(s, 6)];
    o->prior = priors[series_pick(s, 3)];
    o->changes = changes[series_pick(s, 6)];
    o->flat = series_pick(s, 10) == 0;
    o->minmax = series_pick(s, 8) == 0;
    const double gap = gaps[series_pick(s, 4)], outlier = outliers[series_pick(s, 4)];
    const int power = series_pick(s, 16) - 6;
    const double level = levels[series_pick(s, 4)], noise = noises[series_pick(s, 4)];
    const double yearly = series_u(s), weekly = series_u(s), daily = series_u(s);
    const double slope = 4.0 * (series_u(s) - 0.5);
    const int breaks = series_pick(s, 5);
    double at[5], by[5], scale = 1;
    for (int b = 0; b < breaks; b++)
        at[b] = series_u(s);
    for (int b = 0; b < breaks; b++)
        by[b] = 8.0 * (series_u(s) - 0.5);
    for (int b = 0; b < (power < 0 ? -power : power); b++)
        scale = power > 0 ? scale * 10.0 : scale / 10.0;
    const int64_t start = 7000 + series_pick(s, 10000);
    size_t n = 0;
    for (int i = 0; n < o->n; i++) {
        const bool out = series_u(s) < gap;
        double sum = series_u(s);
        for (int k = 0; k < 3; k++)
            sum += series_u(s);
        double e = noise * ((sum - 2.0) * 1.7320508075688772);
        if (series_u(s) < outlier) e = e * 10.0;
        const int64_t us = kind == 3   ? series_month(i) * series_day
                           : kind == 2 ? start * series_day + i * (series_day / 24)
                                       : (start + i) * series_day;
        if (out) continue;
        const double x = (double)n / (double)o->n, day = (double)us / (double)series_day;
        double v = level + slope * x;
        for (int b = 0; b < breaks; b++)
            if (x > at[b]) v = v + by[b] * (x - at[b]);
        v = v + yearly * series_triangle(day, 365.25);
        v = v + weekly * series_triangle(day, 7.0);
        v = v + daily * series_triangle(day, 1.0);
        o->ds[n] = us;
        o->y[n++] = (v + e) * scale;
    }
}

static inline norni_prophet_spec series_spec_of(const prophet_series *o) {
    norni_prophet_spec spec = prophet_defaults();
    spec.growth = o->flat ? NORNI_PROPHET_FLAT : NORNI_PROPHET_LINEAR;
    spec.changepoint_prior = o->tau;
    spec.seasonality_prior = o->prior;
    spec.n_changepoints = o->changes;
    spec.minmax = o->minmax;
    return spec;
}

#endif
