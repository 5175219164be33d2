/* Fitting one Theta model to one adjusted series: shapes shared by search, forecast and table. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_THETA_FIT_H
#define NORNI_THETA_FIT_H

#include "models/model.h"

typedef enum theta_kind {
    THETA_STANDARD, /* SES; the drift is added by the forecast */
    THETA_STM,
    THETA_OTM,
    THETA_DSTM,
    THETA_DOTM,
} theta_kind;

static inline bool norni_theta_is_dynamic(theta_kind k) {
    return k == THETA_DSTM || k == THETA_DOTM;
}
static inline bool norni_theta_is_optimised(theta_kind k) {
    return k == THETA_OTM || k == THETA_DOTM;
}

/* Least-squares line through what was seen so far, at times 1, 2, ... */
typedef struct theta_line {
    double n, mean_t, mean_x, stt, stx;
    double a, b; /* A + B t */
} theta_line;

static inline void norni_theta_line_add(theta_line *l, double t, double x) {
    l->n += 1;
    const double dt = t - l->mean_t, dx = x - l->mean_x, share = 1 / l->n;
    l->mean_t += dt * share;
    l->mean_x += dx * share;
    l->stt += dt * (t - l->mean_t);
    l->stx += dt * (x - l->mean_x);
    l->b = l->n > 1 ? l->stx / l->stt : 0;
    l->a = l->mean_x - l->b * l->mean_t;
}

/* The series as the search sees it: free of its season, scaled, less its first value. */
typedef struct theta_data {
    size_t n;        /* up to the last observed value */
    size_t first;    /* squares count from here on */
    size_t n_seen;   /* observed values */
    size_t n_square; /* of those, from `first` on */
    bool gaps;
    const double *x; /* (n), NaN = missing */
    /* (n) line before each point; constant for the static models. The standard model needs none. */
    double *line_a, *line_b;
} theta_data;

typedef struct theta_fit {
    theta_kind kind;
    double alpha, level0, weight, sse; /* weight = 1 - 1/theta */
    double level, power;               /* after the last observed value; power = (1-alpha)^n */
    norn_stop stop;
} theta_fit;

/* Fills line_a and line_b for a static or a dynamic model. */
void norni_theta_lines(const theta_data *d, bool dynamic);
/* What bounds and helps a search. */
typedef struct theta_search {
    const norni_poll *poll; /* asked before each pass; NULL: never */
    norni_effort *effort;   /* spent once for each pass; or NULL */
    double near;            /* an earlier fit's alpha; 0: none */
} theta_search;

/* The best alpha, and the level and weight that go with it. The lines must be those of `kind`. stop
 * says NORN_STOP_CANCELLED when the poll ended the search. */
theta_fit norni_theta_search(const theta_data *d, theta_kind kind, const theta_search *how);
/* One period: the one-step value, then level and power behind x (NaN = missing, which counts as that
 * value). (a, b) is the line before the period. */
static inline double norni_theta_step(theta_fit *f, double a, double b, double x) {
    const double keep = 1 - f->alpha, next = f->power * keep;
    double mu = f->level;
    if (f->kind != THETA_STANDARD) mu += f->weight * (a * f->power + b * (1 - next) / f->alpha);
    f->level = f->alpha * (x == x ? x : mu) + keep * f->level;
    f->power = next;
    return mu;
}

/* Residuals of a given model: sets f->sse, f->level and f->power, and the one-step values fitted (n), which
 * may be NULL. */
void norni_theta_pass(const theta_data *d, theta_fit *f, double *fitted);

#endif
