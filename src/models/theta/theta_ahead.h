/* A fitted Theta model's forecast: point, variance, sample paths. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_THETA_AHEAD_H
#define NORNI_THETA_AHEAD_H

#include "models/theta/theta_fit.h"

typedef struct theta_state {
    const norni_series *s;
    theta_data data;
    theta_fit fit;
    theta_line line; /* of the whole series */
    size_t m;        /* (m) indices by t % m; 0 = no season taken out */
    const double *figure;
    bool multiplicative;
    double shift; /* adjusted, scaled value = x + shift */
    int exponent; /* y = value 2^exponent */
    double sigma2;
    size_t n_paths;
} theta_state;

/* x of period t on the user's scale. */
double norni_theta_restore(const theta_state *st, double x, size_t t);
norn_status norni_theta_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                bool want_levels, norni_dist *out, norn_err *err);

#endif
