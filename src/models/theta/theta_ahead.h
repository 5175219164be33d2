/* A fitted Theta model's forecast: point, variance, sample paths. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_THETA_AHEAD_H
#define NORNI_THETA_AHEAD_H

#include "models/theta/theta_fit.h"

typedef struct theta_state {
    size_t n;        /* periods so far; data.n of them up to the last observed one */
    theta_data data; /* of a loaded state: n alone */
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

/* x of period t on the user's scale, and back. */
double norni_theta_restore(const theta_state *st, double x, size_t t);
double norni_theta_adjust(const theta_state *st, double y, size_t t);
norn_status norni_theta_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                bool want_levels, norni_dist *out, norn_err *err);

/* theta_keep.c: what is kept, and moved on. `least`, `most`: the kinds that the model can have. */
norn_status norni_theta_save(const void *state, size_t g, norni_buf *out, norn_err *err);
norn_status norni_theta_load(norni_env *env, theta_kind least, theta_kind most, size_t n_paths,
                             norni_str saved, void **state, norn_err *err);
norn_status norni_theta_update(norni_env *env, void *state, const norni_series *more,
                               norn_err *err);
/* alpha of a kept fit of this kind, or 0. */
double norni_theta_kept_alpha(norni_str saved, theta_kind kind);

#endif
