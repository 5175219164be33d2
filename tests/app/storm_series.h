/* Small series of every unpleasant kind, each a function of (seed, number) alone: what the storms are made of. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORM_SERIES_H
#define STORM_SERIES_H

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"

enum { N_KINDS = 20 };

typedef struct draws {
    uint64_t seed, item, n;
} draws;

static inline double uniform(draws *d) {
    return (double)(norni_rng_u64((norni_rng){d->seed, d->item}, d->n++) >> 11) * 0x1p-53;
}

static inline double normal(draws *d) {
    return norni_normal_quantile(0.5 / 9007199254740992.0 + uniform(d) * (1 - 0x1p-52));
}

/* A whole number in [0, n). */
static inline size_t below(draws *d, size_t n) {
    return (size_t)(uniform(d) * (double)n);
}

static inline bool chance(draws *d, double share) {
    return uniform(d) < share;
}

/* Observation t of a series of the kind; what needs the past takes it from y. */
static inline double observation(draws *d, int kind, size_t t, size_t n, const double *y) {
    const double last = t > 0 ? y[t - 1] : 100, sign = t % 2 ? -1 : 1, season = (double)(t % 4);
    switch (kind) {
        case 0: return 7;
        case 1: return 0;
        case 2: return t == n / 2 ? 5 : 0;
        case 3: return last + normal(d);
        case 4: return 100 + 10 * season + normal(d);
        case 5: return sign * (1 + uniform(d));
        case 6: return t == n / 2 ? 1e300 : 100 + normal(d);
        case 7: return 1e-300 * (1 + uniform(d));
        case 8: return uniform(d) < 0.2 ? 1 + (double)(int)(5 * uniform(d)) : 0;
        case 9: return uniform(d) < 0.3 ? NORNI_NAN : 50 + season + normal(d);
        case 10: return norni_exp(0.9 * (double)t);
        case 11: return norni_exp(-20 * (double)t);
        case 12: return t < n / 2 ? 1 : 1e6;
        case 13: return 5e-324 * (double)(int)(9 * uniform(d));
        case 14: return sign * 1.7e308 * uniform(d);
        case 15: return t + 1 < n ? NORNI_NAN : 3;
        case 16: return (double)t;
        case 17: return 1e15 + (double)(t % 2);
        case 18: return t < 2 ? NORNI_NAN : t == n - 1 ? NORNI_NAN : -5 * season;
        default: return norni_exp(40 * normal(d)) * (uniform(d) < 0.5 ? -1 : 1);
    }
}

#endif
