/* What the other points of a series say of each point: trend and season by least squares, suspects left out. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_DELETED_FIT_H
#define NORNI_DELETED_FIT_H

#include "base/arena.h"
#include "base/poll.h"

typedef struct norni_deleted_opt {
    size_t period;   /* 0 or 1: no season */
    size_t most_out; /* points left out at most */
    double
        alpha; /* chance that anything is left out of a series of normal noise about its trend and season */
} norni_deleted_opt;

typedef struct norni_deleted_fit {
    double *expected; /* (n) what trend and season of the points kept say */
    double *
        z; /* (n) distance from it in standard errors of that distance (on the scale fitted); NaN = missing */
    bool *out; /* (n) left out: beyond what chance gives */
    size_t n_seen, n_out;
    size_t degree, n_season; /* terms of the trend above the mean, and of the season */
    bool log;                /* fitted to logarithms */
    bool ok;                 /* false: fewer than NORNI_DELETED_LEAST points, nothing is given */
} norni_deleted_fit;
enum { NORNI_DELETED_LEAST = 10 };

/* y (n), NaN = missing, else finite. All in `arena`. */
NORN_CHECKED norn_status norni_deleted_fit_make(const double *y, size_t n,
                                                const norni_deleted_opt *opt,
                                                const norni_poll *poll, norni_arena *arena,
                                                norni_deleted_fit *out, norn_err *err);

#endif
