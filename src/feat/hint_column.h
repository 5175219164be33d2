/* One target's past and what it leaves, as the search for columns that may know the future sees them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_HINT_COLUMN_H
#define NORNI_HINT_COLUMN_H

#include "feat/leak_hint.h"

enum { NORNI_HINT_OWN = 7, NORNI_HINT_STEPS = 5 };

typedef struct norni_hint_job {
    const norni_wide *wide;
    const norni_leak_hint_opt *opt;
    const double *y;        /* (n_rows) the target */
    double *last;           /* (n_rows) its last observed value */
    size_t target, from, m; /* rows from .. from + m - 1, those not used have weight 0 */
    bool *used;             /* (m) */
    size_t n_used, n_past, n_steps, step[NORNI_HINT_STEPS];
    double *past[NORNI_HINT_OWN + NORNI_HINT_STEPS]; /* (m) orthonormal */
    double *rest[NORNI_HINT_STEPS];                  /* (m) r_h; NULL: nothing to explain */
    double power[NORNI_HINT_STEPS];                  /* r_h'r_h */
    const size_t *column;                            /* (n_columns) */
    size_t n_columns;
    double *own;            /* (n_columns, m) newest values, the past taken out; NULL: too many */
    norni_leak_hint *found; /* (n_columns) share 0: none */
} norni_hint_job;

/* v without the past, centred; false: nothing but rounding is left. */
bool norni_hint_without_past(const norni_hint_job *j, double *v);
/* Of `item`, a number in j->column, into j->found; norni_for. */
NORN_CHECKED norn_status norni_hint_column(norni_worker *w, size_t item, void *arg, norn_err *err);
/* A column of the table or a sum of two, x (n_rows): its newest value alone at step number s. */
NORN_CHECKED norn_status norni_hint_sum(const norni_hint_job *j, const double *x, size_t s,
                                        norni_arena *arena, double *share, norn_err *err);

#endif
