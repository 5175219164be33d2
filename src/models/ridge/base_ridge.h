/* A small ridge of one part: the target's newest values and those a season back, against its last one. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BASE_RIDGE_H
#define NORNI_BASE_RIDGE_H

#include "models/learner_base.h"

enum { BASE_WINDOW = 32, BASE_SEASONS = 3, BASE_ROUNDS = 3 };
enum { BASE_MOST = BASE_WINDOW + BASE_SEASONS * BASE_ROUNDS }; /* columns */

struct norni_base {
    norni_base_kind kind;
    uint32_t target, step, season; /* season 0: none */
    uint32_t n;                    /* columns of the ridge */
    uint32_t lag[BASE_MOST];       /* (n) ascending, in rows before the origin */
    double coef[BASE_MOST];        /* (n) of (value `lag` rows back - last value) */
    double intercept;
};

/* Examples of a part: origins, oldest first, and where the newest fifth begins. */
typedef struct base_examples {
    size_t n;            /* origins whose target and last value are known */
    const size_t *row;   /* (n) */
    size_t n_old, tail;  /* [0, n_old) are known before row[tail], [tail, n) is the newest fifth */
    const double *carry; /* (rows) the newest value observed up to each row; NaN: none yet */
    const double *y;     /* (rows) */
} base_examples;

/* The last observed value of y up to row t; *at its row. NaN: there is none. */
double base_last(const double *y, size_t t, size_t *at);
/* Fills lag, coef and intercept; *tail_error the mean squared error over the tail of the fit to the
 * older examples (NaN: there is no tail). */
norn_status base_ridge_fit(norni_env *env, const norni_lesson *l, const base_examples *e,
                           norni_base *b, double *tail_error, norn_err *err);

#endif
