/* Functions that minimisers are tried on, and what to watch while they run. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_TESTS_HARD_FUNCTIONS_H
#define NORN_TESTS_HARD_FUNCTIONS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "num/objective.h"

/* What a function is told, and what it saw. */
typedef struct watch {
    size_t n;
    double scale;    /* of the quadratics' last axis */
    uint64_t calls;  /* so far */
    uint64_t beyond; /* calls out of the domain */
} watch;

/* sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2: least at 1, 1, ... */
static inline double rosenbrock(const double *x, double *g, void *arg) {
    watch *w = arg;
    double f = 0;
    w->calls++;
    if (g) memset(g, 0, w->n * sizeof *g);
    for (size_t i = 0; i + 1 < w->n; i++) {
        const double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        f += 100 * a * a + b * b;
        if (!g) continue;
        g[i] += -400 * a * x[i] - 2 * b;
        g[i + 1] += 200 * a;
    }
    return f;
}

/* Beale (1958): least, 0, at (3, 0.5); flat far away. */
static inline double beale(const double *x, double *g, void *arg) {
    static const double c[3] = {1.5, 2.25, 2.625};
    double f = 0, power = 1;
    ((watch *)arg)->calls++;
    if (g) g[0] = g[1] = 0;
    for (int i = 0; i < 3; i++) {
        const double slope = (i + 1) * power;
        power *= x[1];
        const double e = c[i] - x[0] * (1 - power);
        f += e * e;
        if (!g) continue;
        g[0] -= 2 * e * (1 - power);
        g[1] += 2 * e * x[0] * slope;
    }
    return f;
}

/* Axes from 1 to `scale`, turned by a reflection; least, -1, at 1, 2, .. */
static inline double quadratic(const double *x, double *g, void *arg) {
    watch *w = arg;
    const size_t n = w->n;
    double d[64], z[64], mean = 0, back = 0, f = -1;
    w->calls++;
    for (size_t i = 0; i < n; i++) {
        d[i] = x[i] - (double)(i + 1);
        mean += d[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        const double axis = pow(w->scale, n > 1 ? (double)i / (double)(n - 1) : 0);
        z[i] = d[i] - 2 * mean;
        f += 0.5 * axis * z[i] * z[i];
        z[i] *= axis;
        back += z[i] / (double)n;
    }
    for (size_t i = 0; g && i < n; i++)
        g[i] = z[i] - 2 * back;
    return f;
}

/* x_0 - log x_0 + sum (x_i - 1)^2 / sqrt(2 - x_i): NaN below 0 and above 2; least, 1, at 1, 1, .. */
static inline double walled(const double *x, double *g, void *arg) {
    watch *w = arg;
    double f = x[0] - log(x[0]);
    w->calls++;
    if (g) g[0] = 1 - 1 / x[0];
    for (size_t i = 1; i < w->n; i++) {
        const double e = x[i] - 1, r = sqrt(2 - x[i]);
        f += e * e / r;
        if (g) g[i] = 2 * e / r + 0.5 * e * e / (r * r * r);
    }
    if (isnan(f)) w->beyond++;
    return f;
}

static inline double flat(const double *x, double *g, void *arg) {
    (void)x;
    ((watch *)arg)->calls++;
    if (g) memset(g, 0, ((watch *)arg)->n * sizeof *g);
    return 7;
}

static inline double nowhere(const double *x, double *g, void *arg) {
    (void)x;
    ((watch *)arg)->calls++;
    if (g) memset(g, 0, ((watch *)arg)->n * sizeof *g);
    return NORNI_NAN;
}

/* Falls without end. */
static inline double cliff(const double *x, double *g, void *arg) {
    ((watch *)arg)->calls++;
    if (g) g[0] = 1;
    return x[0] < -50 ? -NORNI_INF : x[0];
}

typedef struct alarm_clock {
    uint64_t after; /* calls */
    const watch *w;
} alarm_clock;

static inline bool rings(void *user) {
    const alarm_clock *a = user;
    return a->w->calls >= a->after;
}

#endif
