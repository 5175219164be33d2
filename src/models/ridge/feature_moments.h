/* Second moments of features, known-ahead columns and responses of every step, over ranges of origins. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FEATURE_MOMENTS_H
#define NORNI_FEATURE_MOMENTS_H

#include "models/model.h"
#include "models/ridge/feature_columns.h"

/* Z holds what is the same for every step: the standardised columns of the origin row or, where they
 * outnumber the rows, the lower factor R of X X' = R R', which spans the same fits. */
typedef struct feature_rows {
    const norni_features *x;
    const ridge_columns *columns;
    size_t from, to; /* origins */
    size_t width;    /* of Z */
    const double *r; /* (to - from, to - from), or NULL: Z is X */
    double *block;   /* (FEATURE_BLOCK, n_columns + 1) scratch */
    void *scratch;   /* of products */
} feature_rows;
enum { FEATURE_BLOCK = 256 };

/* Responses of origin t and all of `step` (1, 2, ...): out (n_step, n_response), NaN = missing. */
typedef struct feature_response {
    size_t n;
    void (*at)(void *user, size_t t, const size_t *step, size_t n_step, double *out);
    void *user;
} feature_response;

/* s columns of a step: the shifted ones, and ones. */
typedef struct feature_moments {
    size_t width, s, n_step, n_response;
    const size_t *step; /* (n_step) */
    double n;           /* rows */
    double *gram;       /* (width, width): Z'Z */
    double *wide;   /* (width, n_step s + n_step n_response): Z'S of all steps, Z'Y of all steps */
    double *own;    /* (n_step, s, s): S'S */
    double *cross;  /* (n_step, s, n_response): S'Y */
    double *square; /* (n_step, n_response): Y'Y */
} feature_moments;

NORN_CHECKED norn_status feature_rows_init(norni_env *env, const norni_features *x,
                                           const ridge_columns *columns, size_t from, size_t to,
                                           feature_rows *out, norn_err *err);
/* Over origins [from, to) inside rows' range. Sums with a missing response are scaled to all rows.
 * All in env->arena. */
NORN_CHECKED norn_status feature_moments_make(norni_env *env, const feature_rows *rows, size_t from,
                                              size_t to, const size_t *step, size_t n_step,
                                              const feature_response *response,
                                              feature_moments *out, norn_err *err);

/* Weights of one penalty: of Z, and of each step's own columns. */
typedef struct feature_weights {
    double *z; /* (width, n_step n_response) */
    double *s; /* (n_step, s, n_response) */
} feature_weights;

NORN_CHECKED norn_status feature_weights_init(norni_arena *arena, const feature_moments *m,
                                              feature_weights *w, norn_err *err);
/* penalty: per row, of all but the ones. Scratch rewound. */
NORN_CHECKED norn_status feature_solve(norni_env *env, const feature_moments *m, double penalty,
                                       feature_weights *w, norn_err *err);
/* error (n_step, n_response): mean squared error of the weights over the rows of `m`. */
NORN_CHECKED norn_status feature_errors(norni_env *env, const feature_moments *m,
                                        const feature_weights *w, void *scratch, double *error,
                                        norn_err *err);
/* beta (n_origin, m) of the plain columns that do what z (rows' width, m) of Z does; z is spoilt. */
NORN_CHECKED norn_status feature_plain(norni_env *env, const feature_rows *rows, double *z,
                                       size_t m, double *beta, norn_err *err);

#endif
