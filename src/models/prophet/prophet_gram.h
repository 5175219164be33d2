/* Products of a calendar: what every fit on the same rows, features and changepoints shares. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_GRAM_H
#define NORNI_PROPHET_GRAM_H

#include "models/prophet/prophet_types.h"

/* Columns Z: 1, then (linear) t and (t - s_j)+ for each changepoint, then the features, each times a
 * power of two that brings its largest entry into [1, 2). Linear growth without changepoints has one
 * at 0, as Prophet has. Holds nothing of y; borrows t, change and x of the problem it was made from.
 * Not for multiplicative features or logistic growth. */
typedef struct norni_prophet_gram {
    bool flat;
    size_t n, n_hinge, n_x;
    size_t n_trend;       /* 1 when flat, else 2 + n_hinge: columns before the features */
    size_t n_z;           /* n_trend + n_x */
    const double *t;      /* (n) */
    const double *change; /* (the problem's n_change) */
    size_t n_change;
    const double *const *x; /* (n_x) */
    size_t *first;          /* (n_hinge + 2) where stretch q begins (t >= its anchor); last: n */
    double *anchor;         /* (n_hinge + 1) 0, then the changepoints */
    double *t_rest;         /* (n) t less its stretch's anchor */
    double *scale;          /* (n_x) of each feature */
    const double **column;  /* (n_x) the features; copies of those too large to be summed */
    double *near;           /* (n_x) what those are still to be multiplied with */
    double *products;       /* (n_z, n_z) Z'Z */
    double *whole;          /* (n_x, n_x) features' products over rows [0, n_whole), for _extend */
    size_t n_whole;
} norni_prophet_gram;

/* All of *out in the arena. `earlier` (may be NULL): the products of a problem whose features are the
 * first rows of these, as at an earlier cut-off; what fits of them is taken over, with the same bits
 * as without. Errors: NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_prophet_gram_make(norni_arena *arena, const norni_poll *poll,
                                                 const norni_prophet_problem *p,
                                                 const norni_prophet_gram *earlier,
                                                 norni_prophet_gram *out, norn_err *err);
/* Whether the products are those of problem p: same pointers, or same contents. */
bool norni_prophet_gram_serves(const norni_prophet_gram *g, const norni_prophet_problem *p);
/* Whether a fit of `rows` by the specification behind `plan` would have the plan's features: no
 * regressors, conditions or caps, and the same time stamps where y is seen. */
bool norni_prophet_same_calendar(const norni_prophet_plan *plan, const norni_prophet_design *design,
                                 const norni_prophet_rows *rows);
/* out (n_z) = Z'v for v (n). false: stopped by poll. */
bool norni_prophet_gram_times(const norni_prophet_gram *g, const norni_poll *poll, const double *v,
                              double *out);
/* rest (n) = y - Z theta; coef (n_x) is scratch. false: stopped by poll. */
bool norni_prophet_gram_rest(const norni_prophet_gram *g, const norni_poll *poll, const double *y,
                             const double *theta, double *coef, double *rest);

#endif
