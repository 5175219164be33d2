/* Fitting one seasonal ARIMA model of given orders, with regressors and missing values. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_FIT_H
#define NORNI_ARIMA_FIT_H

#include "models/model.h"

/* phi(B) Phi(B^m) (1-B)^d (1-B^m)^D (y_t - x_t b) = theta(B) Theta(B^m) e_t, with
 * phi(B) = 1 - phi_1 B - ..., theta(B) = 1 + theta_1 B + ... (R's signs). */
typedef struct norni_arima_order {
    int32_t p, d, q, P, D, Q, m; /* m >= 1; P = D = Q = 0 with m = 1 */
} norni_arima_order;

typedef enum norni_arima_constant {
    NORNI_ARIMA_NO_CONSTANT,
    NORNI_ARIMA_MEAN,  /* a regressor of ones; for d + D = 0 */
    NORNI_ARIMA_DRIFT, /* a regressor 1, 2, 3 ...; for d + D = 1 */
} norni_arima_constant;

typedef enum norni_arima_method {
    NORNI_ARIMA_CSS,    /* conditional sum of squares, first d + D m + p + P m residuals 0 (R) */
    NORNI_ARIMA_ML,     /* exact likelihood, from `start` */
    NORNI_ARIMA_CSS_ML, /* exact likelihood, started from CSS */
} norni_arima_method;

/* The series and its regressors; borrowed. */
typedef struct norni_arima_data {
    size_t n;
    const double *y; /* (n), NaN = missing */
    size_t n_x;
    const double *const *x; /* (n_x) columns of (n) */
} norni_arima_data;

/* What a fit gives. coef: ar (p), ma (q), sar (P), sma (Q), constant (0 or 1), x (n_x). */
typedef struct norni_arima_fit {
    norni_arima_order order;
    norni_arima_constant constant;
    norni_arima_method method; /* whose numbers these are: CSS or ML */
    size_t n_x, n_coef;
    double *coef;    /* (n_coef), in the arena */
    double *se;      /* (n_coef) standard errors (of the linearised fit; may be NaN), or NULL */
    double loglik;   /* exact Gaussian log likelihood of the differenced series; NaN after CSS */
    double sigma2;   /* ML: the maximum likelihood estimate; CSS: mean of the squared residuals */
    size_t n_used;   /* observed values less d + D m */
    double min_root; /* least modulus of the roots of phi, Phi, theta, Theta (of B, not B^m); inf */
    norn_stop stop;
} norni_arima_fit;

/* Fits by least squares of the residuals or by exact likelihood, inside the stationary and
 * invertible region. `start` (n_coef) or NULL: where the search begins (a neighbour's estimates);
 * without it, places as different as can be are tried. env->effort counts passes over the series (with its
 * regressors): one for a value of an objective, one for each column that a slope is made of.
 * NORN_E_NUMERIC: no admissible estimate was found; NORN_E_DATA: too few values for the orders. The
 * result lies in env->arena. */
NORN_CHECKED norn_status norni_arima_fit_run(norni_env *env, const norni_arima_data *data,
                                             norni_arima_order order, norni_arima_constant constant,
                                             norni_arima_method method, const double *start,
                                             norni_arima_fit *out, norn_err *err);

/* The same, ended behind `patience` values of objectives (slopes do not count; 0: none): *out_of it. */
NORN_CHECKED norn_status norni_arima_fit_patient(norni_env *env, const norni_arima_data *data,
                                                 norni_arima_order order,
                                                 norni_arima_constant constant,
                                                 norni_arima_method method, const double *start,
                                                 uint64_t patience, norni_arima_fit *out,
                                                 bool *out_of, norn_err *err);

/* The exact likelihood at given estimates (n_coef, all of them fixed): loglik, sigma2, min_root; se
 * is NULL. NORN_E_NUMERIC: not stationary. */
NORN_CHECKED norn_status norni_arima_fit_at(norni_env *env, const norni_arima_data *data,
                                            norni_arima_order order, norni_arima_constant constant,
                                            const double *coef, norni_arima_fit *out,
                                            norn_err *err);

/* A fitted model that can predict: what models/arima/arima.c and auto_arima.c hand to the vtable. */
typedef struct norni_arima_state norni_arima_state;

/* Takes a fit (of method ML, or CSS) and the series it was made from; the filter's last state is in
 * it. Lies in env->arena; s is borrowed (fitted reads it). */
NORN_CHECKED norn_status norni_arima_state_make(norni_env *env, const norni_series *s,
                                                const norni_arima_fit *fit, norni_arima_state **out,
                                                norn_err *err);
/* The vtable's functions over a norni_arima_state, shared by arima and auto_arima. */
norn_status norni_arima_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                bool want_levels, norni_dist *out, norn_err *err);
norn_status norni_arima_fitted(norni_env *env, const void *state, size_t g, double *out,
                               norn_err *err);
void norni_arima_describe(const void *state, size_t g, char *out, size_t size);
norn_status norni_arima_save(const void *state, size_t g, norni_buf *out, norn_err *err);
norn_status norni_arima_load(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err);
norn_status norni_arima_update(norni_env *env, void *state, const norni_series *more,
                               norn_err *err);
norn_status norni_arima_estimates(norni_env *env, const void *state, size_t g, norni_estimates *out,
                                  norn_err *err);
norn_status norni_arima_apply(norni_env *env, const void *from, const norni_series *s, void **state,
                              norn_err *err);

#endif
