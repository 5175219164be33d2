/* What Prophet's rooms hand to each other: what was asked, what the fit fixed, features, estimates. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_TYPES_H
#define NORNI_PROPHET_TYPES_H

#include "base/arena.h"
#include "base/poll.h"
#include "data/holidays.h"

/* The model (Taylor and Letham 2018, "Forecasting at scale"), on scaled data:
 *   y_i ~ N(trend_i (1 + X_i b_m) + X_i b_a, sigma)
 *   linear:   trend = (k + A delta) t + (m - A (s delta))         A_ij = [t_i >= s_j]
 *   logistic: trend = cap / (1 + exp(-(k + A delta) (t - (m + A gamma))))
 *   flat:     trend = m
 *   k, m ~ N(0, 5), delta ~ Laplace(0, tau), b ~ N(0, prior), sigma ~ half-normal(0.5)
 * and the log posterior, without constants, as Stan's lp__:
 *   -k^2/50 - m^2/50 - sum|delta|/tau - sum b^2/(2 prior^2) - 2 sigma^2 - n log sigma - R/(2 sigma^2),
 *   R = sum of squared residuals. */

typedef enum norni_prophet_growth {
    NORNI_PROPHET_LINEAR,
    NORNI_PROPHET_LOGISTIC,
    NORNI_PROPHET_FLAT,
} norni_prophet_growth;

/* One seasonality. */
typedef struct norni_prophet_season {
    norni_str name;      /* "yearly" */
    double period;       /* days, > 0 */
    int32_t order;       /* Fourier pairs, >= 1 */
    double prior;        /* scale, > 0 */
    bool multiplicative;
    norni_str condition; /* the column that switches it on (0 or 1); n = 0: always on */
} norni_prophet_season;

typedef struct norni_prophet_regressor {
    norni_str name; /* of its column */
    double prior;   /* scale, > 0 */
    int32_t standardise; /* 1, 0, or -1: unless it holds only 0 and 1 */
    bool multiplicative;
    double mu, sd; /* set by the plan; 0 and 1 where not standardised (see prophet_scale.c) */
} norni_prophet_regressor;

/* All that a user may ask for. Prior scales are resolved (no "default" markers) but those of
 * holidays, whose NaN means holidays_prior. */
typedef struct norni_prophet_spec {
    norni_prophet_growth growth;
    bool changepoints_given;
    size_t n_changepoint; /* given */
    const int64_t *changepoint; /* (n_changepoint) microseconds, any order */
    int32_t n_changepoints;     /* placed automatically, >= 0 */
    double changepoint_range;   /* [0, 1] */
    int32_t yearly, weekly, daily; /* Fourier pairs, 0 = off, -1 = auto, -2 = on with the default order */
    bool multiplicative, holidays_multiplicative;
    bool minmax; /* scaling */
    double seasonality_prior, holidays_prior, changepoint_prior; /* > 0 */
    size_t n_season;
    const norni_prophet_season *season;
    size_t n_holiday;
    const norni_holiday *holiday;
    norni_str country; /* "US"; n = 0: none */
    size_t n_regressor;
    const norni_prophet_regressor *regressor;
} norni_prophet_spec;

/* Rows to fit on or to predict. All borrowed. */
typedef struct norni_prophet_rows {
    size_t n;
    const int64_t *ds; /* (n) microseconds since 1970, ascending, may repeat */
    const double *y;   /* (n), NaN = not seen; NULL when predicting */
    const double *cap, *floor; /* (n) or NULL */
    size_t n_x;                /* regressors and conditions */
    const norni_str *x_name;   /* (n_x) */
    const double *const *x;    /* (n_x) columns of (n) */
} norni_prophet_rows;

typedef enum norni_prophet_kind {
    NORNI_PROPHET_SEASON,
    NORNI_PROPHET_HOLIDAY,
    NORNI_PROPHET_REGRESSOR,
    NORNI_PROPHET_ZEROS, /* the one column of a model without any other */
} norni_prophet_kind;

/* One feature column. */
typedef struct norni_prophet_column {
    norni_prophet_kind kind;
    norni_str component; /* "yearly", the holiday's or the regressor's name */
    size_t source;       /* its place in plan->season, plan->holiday_name or plan->regressor */
    int32_t part;        /* season: 0-based place (sin 1, cos 1, sin 2, ...); holiday: days off */
    double prior;
    bool multiplicative;
} norni_prophet_column;

/* What a fit fixed for good: with it features of any rows can be made. Lives in the arena it was
 * made in; borrows nothing. */
typedef struct norni_prophet_plan {
    norni_prophet_growth growth;
    bool minmax, floor; /* floor: logistic growth with a floor column */
    bool multiplicative, holidays_multiplicative;
    int64_t start, t_scale; /* microseconds; t = (ds - start) / t_scale */
    double y_scale, y_min;
    double tau, holidays_prior;
    size_t n_change;         /* 0: none were asked for, or there is no room */
    const int64_t *change;   /* (n_change) in the order placed (given ones: as given) */
    const double *change_t;  /* (n_change) ascending, scaled */
    size_t n_season;
    const norni_prophet_season *season; /* own ones first, then yearly, weekly, daily */
    size_t n_regressor;
    const norni_prophet_regressor *regressor; /* with mu and sd */
    size_t n_holiday; /* the user's rows */
    const norni_holiday *holiday;
    norni_str country;
    size_t n_holiday_name; /* seen in training, in order of first appearance */
    const norni_str *holiday_name;
    size_t n_column; /* >= 1 */
    const norni_prophet_column *column;
} norni_prophet_plan;

/* Scaled rows and their features. */
typedef struct norni_prophet_design {
    size_t n;
    const size_t *row; /* (n) place of each in the rows given: those without y are left out; NULL
                          when none is */
    const int64_t *ds; /* (n) */
    const double *t;   /* (n) */
    const double *y;   /* (n) scaled; NULL when predicting */
    const double *cap; /* (n) scaled; NULL unless logistic */
    const double *cap_given, *floor; /* (n) in the data's units, or NULL: cap as given; floor also
                                        where it is 0 or the least y */
    size_t n_x;                      /* plan->n_column */
    const double *const *x;          /* (n_x) columns of (n) */
} norni_prophet_design;

/* What the solvers need; made from a plan and a design by norni_prophet_problem_of. */
typedef struct norni_prophet_problem {
    norni_prophet_growth growth;
    size_t n;
    const double *t, *y, *cap; /* (n), ascending t */
    size_t n_change;
    const double *change; /* (n_change) ascending */
    double tau;
    size_t n_x;
    const double *const *x;     /* (n_x) columns of (n) */
    const double *prior;        /* (n_x) > 0 */
    const bool *multiplicative; /* (n_x) */
} norni_prophet_problem;

/* A fit. Arrays are the caller's. */
typedef struct norni_prophet_fit {
    double k, m, sigma; /* scaled */
    double *delta;      /* (n_change) */
    double *beta;       /* (n_x) */
    double log_posterior; /* as above */
    double kkt;         /* the certificate: the largest violation of the first-order conditions, as
                           the solver's header defines it */
    bool exact;         /* convex given sigma, and solved to kkt: a global optimum given sigma */
    int32_t passes;
    norn_stop stop;
} norni_prophet_fit;

#endif
