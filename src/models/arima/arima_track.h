/* The exact filter one observation at a time: gaps inside, and the state that a fit leaves behind. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ARIMA_TRACK_H
#define NORNI_ARIMA_TRACK_H

#include "models/arima/arima_work.h"

enum { ARIMA_MOST_LOOSE = 512 }; /* values missing that are kept apart at a time */

/* Columns: n_lin linear ones (a series, regressors), then n_loose unknown values that the past left
 * behind. All share an origin `at` that moves by one a step. */
typedef struct arima_track {
    arima_sweeps sweeps;
    size_t r, n_diff; /* lengths of pending states and of the values that differences need */
    const arima_poly *ar, *ma;
    arima_poly diff; /* y_t = w_t + sum c y_{t-lag} */
    double *k, *l;   /* gain (r) and its change, L_t[0] at l[at] */
    double f;        /* F_t */
    bool settled;    /* F = 1 for good, k and l are not used */
    size_t at, room; /* of each moving array: room behind its r or n_diff */
    size_t n_lin, n_loose, cap, n_root, wide;
    double **a, **y; /* (n_lin + cap) pending states a[j][at ..], last values y[j][at ..] */
    double *est;     /* (n_lin, cap) estimates of the loose values for each linear column */
    double *root;    /* (cap, wide) S, S S' their covariance over sigma2; n_root columns in use */
    double *c;       /* (cap) what they expect next */
    double *sc;      /* (wide) S'c */
    double *spare;   /* ((r + n_diff) wide) where columns may outnumber the state */
    size_t since_drop;
} arima_track;

/* Room for `now` loose columns; `more` values will be missing at most. */
NORN_CHECKED norn_status arima_track_get(norni_arena *arena, const norni_arima_order *o,
                                         size_t n_lin, size_t now, size_t more, arima_track *out,
                                         norn_err *err);
/* At the stationary start, all columns empty; the polynomials stay borrowed. */
void arima_track_begin(arima_track *t, const arima_poly *ar, const arima_poly *ma,
                       const arima_start *start);
/* One of the first n_diff values (n_lin) of the columns. */
void arima_track_seed(arima_track *t, const double *y);
/* What is expected of each linear column next: out (n_lin); the variance over sigma2. */
double arima_track_expect(arima_track *t, double *out);
/* Moves on by the columns' values y (n_lin); v (n_lin) gets what was not expected, *f its variance. */
void arima_track_see(arima_track *t, const double *y, double *v, double *f);
/* Moves on past a missing value. */
void arima_track_miss(arima_track *t);
/* Moves the gain alone: a step of a track without columns. */
void arima_track_idle(arima_track *t);
/* One more loose column, its arrays and its row of the root not set; its place among them. */
size_t arima_track_grow(arima_track *t);
/* The root with as many columns as rows. */
void arima_track_narrow(arima_track *t);
/* Linear column 0 with its estimates put in; they become 0. The root is narrow. */
void arima_track_settle_estimates(arima_track *t);
/* arima_respond.c: levels h steps ahead, out (h), of a pending state a (r) and last values y (n_diff):
 * work (r + h) and (n_diff + h). */
void arima_respond(const arima_track *t, const double *a, const double *y, size_t h, double *work,
                   double *out);
/* arima_respond.c: whether the filter counts as settled for h steps ahead. */
bool arima_is_settled(const arima_track *t, size_t h);

#endif
