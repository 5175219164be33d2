/* A fitted ARIMA model that can predict, and what its files share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_STATE_H
#define NORNI_ARIMA_STATE_H

#include "models/arima/arima_track.h"

struct norni_arima_state {
    norni_arima_fit fit; /* its coef in the arena; se is NULL */
    int exponent;        /* the tracked series = (y - regressors) 2^-exponent */
    double variance;     /* of the tracked innovations, over what the estimates left of n_used */
    size_t n;            /* periods from the first one given to the last */
    size_t ahead;        /* of them missing at the end: the track stands before them */
    size_t steps;        /* the track's */
    size_t n_paths;      /* intervals by so many sample paths; 0: by formula */
    double box;          /* p value of Ljung and Box's test of the innovations; NaN: too few */
    arima_poly ar, ma;
    arima_track track; /* one linear column */
    /* Only behind a fit: */
    const norni_series *s;
    size_t first;   /* leading values that are missing */
    size_t n_first; /* of the values that differences start from, unknown ones */
    double *start;  /* (n_diff) those values, tracked, with estimates of the unknown ones */
    const double *const *x_future; /* (n_x) columns, or NULL */
    size_t n_future;
};

/* The regressors' part of period t (0 is the first one given), of columns x at `row`, scaled. */
double arima_state_effect(const norni_arima_state *st, const double *const *x, size_t row,
                          size_t t);
/* arima_paths.c: sample paths around out->mean; scratch stays in the arena. */
NORN_CHECKED norn_status arima_paths(norni_env *env, const norni_arima_state *st, size_t n_paths,
                                     norni_dist *out, norn_err *err);
/* The polynomials of st->fit, in the arena. */
NORN_CHECKED norn_status arima_state_polys(norni_arena *arena, norni_arima_state *st,
                                           norn_err *err);
/* A track with one linear column like the first of `from`, and room for `more` values missing. */
NORN_CHECKED norn_status arima_state_move_track(norni_arena *arena, const norni_arima_order *o,
                                                const arima_track *from, size_t more,
                                                arima_track *to, norn_err *err);

#endif
