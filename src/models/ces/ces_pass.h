/* Complex exponential smoothing over a whole series: starts, passes, squares, derivatives. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_PASS_H
#define NORNI_CES_PASS_H

#include "base/arena.h"
#include "base/poll.h"
#include "models/ces/ces_kernel.h"

/* alpha_0, alpha_1, beta_0, beta_1. */
typedef struct ces_param {
    double v[CES_PARTS];
} ces_param;

/* Free parameters: 2, 2, 3, 4. */
static inline size_t ces_n_param(ces_form form) {
    return form == CES_FULL ? 4 : form == CES_PARTIAL ? 3 : 2;
}

/* What happens between passes: ces_pass.c. */
typedef enum ces_turn { CES_TURN_SEASON, CES_TURN_PEER } ces_turn;

/* A series and the scratch of passes over it. */
typedef struct ces_data {
    size_t n, m, n_seen;
    const double *y;      /* (n) scaled, NaN = missing */
    double largest;       /* absolute value */
    double head, cycle;   /* means of the first ten observed values, of the first season */
    const double *figure; /* (m) classical additive season of t % m; NULL: no seasonal form */
    const double *early;  /* (m) first observed value of every season */
    const ces_kernel *kernel;
    ces_lanes *lanes; /* of the last pass: the state behind the end */
    double *rows;     /* (CES_SEGMENT, 8) innovations of a segment */
    norni_poll poll;
    ces_turn turn; /* CES_TURN_SEASON, unless the caller says otherwise */
} ces_data;

enum { CES_SEGMENT = 2048 };

/* Reads what starts and passes need; y (n) outlives *d. False: out of memory. */
bool ces_data_init(ces_data *d, const double *y, size_t n, size_t m, const norni_poll *poll,
                   norni_arena *arena);

/* Where a lane's parameters are those of lane `base` but for one, moved by CES_STEP. */
#define CES_STEP 0x1p-20
typedef struct ces_group {
    size_t base, n_param;                           /* lanes base .. base + n_param */
    double jj[CES_PARTS][CES_PARTS], je[CES_PARTS]; /* out: J'J, J'e of the innovations */
} ces_group;

/* Leaves the first states of all eight lanes in d->lanes. False: cancelled. */
bool ces_backcast(ces_data *d, ces_form form, const ces_param par[CES_LANES]);
/* The pass that counts, from there; groups (n_group) may be NULL. False: cancelled. */
bool ces_count(ces_data *d, ces_group *groups, size_t n_group);
/* Both. */
bool ces_pass(ces_data *d, ces_form form, const ces_param par[CES_LANES], ces_group *groups,
              size_t n_group);

#endif
