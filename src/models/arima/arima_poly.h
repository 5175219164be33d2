/* The lag polynomials of a seasonal ARIMA model: free parameters, factors, sparse products, roots. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_POLY_H
#define NORNI_ARIMA_POLY_H

#include "models/arima/arima_fit.h"

/* A factor is 1 - sum c_j B^j with its roots outside the unit circle; theta_j = -c_j. */
enum { ARIMA_MOST_FACTOR = 64 }; /* largest p, q, P, Q */

/* Nonzero coefficients by ascending lag. */
typedef struct arima_poly {
    size_t n;
    size_t *lag; /* (n) each >= 1 */
    double *c;   /* (n) */
} arima_poly;

static inline size_t arima_n_arma(const norni_arima_order *o) {
    return (size_t)o->p + (size_t)o->q + (size_t)o->P + (size_t)o->Q;
}
static inline size_t arima_lag_ar(const norni_arima_order *o) {
    return (size_t)o->p + (size_t)o->m * (size_t)o->P;
}
static inline size_t arima_lag_ma(const norni_arima_order *o) {
    return (size_t)o->q + (size_t)o->m * (size_t)o->Q;
}
static inline size_t arima_lag_diff(const norni_arima_order *o) {
    return (size_t)o->d + (size_t)o->m * (size_t)o->D;
}

/* Reflection coefficient of a free parameter, within [-1, 1], and back. */
double arima_reflect(double v);
double arima_unreflect(double k);
/* Factor (n) of free parameters v (n); jac (n, n) row-major, d c_i / d v_j, or NULL. */
void arima_factor_from_free(const double *v, size_t n, double *c, double *jac);
/* Free parameters of a factor; drawn inside the region when it lies outside. */
void arima_free_from_factor(const double *c, size_t n, double *v);
/* Reflection coefficients k (n) of a factor; false outside the region. */
bool arima_step_down(const double *c, size_t n, double *k);

/* coef (n_arma: ar, ma, sar, sma in R's signs) of v (n_arma) and back. */
void arima_coef_from_free(const norni_arima_order *o, const double *v, double *coef);
void arima_free_from_coef(const norni_arima_order *o, const double *coef, double *v);

/* Room for one factor's product: (1 + small)(1 + seasonal) terms. */
bool arima_poly_get(norni_arena *arena, size_t small, size_t seasonal, arima_poly *out);
/* Product: w_t = sum c w_{t-lag} + ..., for (1 - sum a_i B^i)(1 - sum b_j B^{jm}) = 1 - sum c B^lag.
 * With sign -1: (1 + sum a B)(1 + sum b B) = 1 + sum c B^lag. */
void arima_poly_multiply(const double *a, size_t na, const double *b, size_t nb, size_t m, int sign,
                         arima_poly *out);
/* Least modulus of the roots (of B) of phi, Phi, theta, Theta; inf without any. */
double arima_min_root(const norni_arima_order *o, const double *coef);
/* x (n) becomes its (1-B)^d (1-B^m)^D; returns the values left, at x[0]. */
size_t arima_difference(double *x, size_t n, int32_t d, int32_t D, int32_t m);
/* y_t = (1-B)^d (1-B^m)^D y_t + sum c y_{t-lag}; d, D <= 8. false: out of memory. */
bool arima_difference_poly(norni_arena *arena, const norni_arima_order *o, arima_poly *out);

#endif
