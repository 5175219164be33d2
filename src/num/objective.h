/* What the minimisers share: an objective, bounds on the work, and how a search ended. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_OBJECTIVE_H
#define NORNI_OBJECTIVE_H

#include <norn/status.h>

#include "base/effort.h"
#include "base/fp.h"
#include "base/poll.h"

#include <math.h>
#include <stddef.h>

/* The value at x (n), which it must not change; gradient (n) is wanted unless NULL. NaN counts as
 * +inf: a place where nobody can be. */
typedef double (*norni_objective)(const double *x, double *gradient, void *arg);

/* Bounds on a search, and who may stop it. The start is evaluated in any case. */
typedef struct norni_bounds {
    uint64_t max_evals;     /* calls of the objective; 0 = none */
    norni_effort *effort;   /* each call spends 1; may be NULL */
    const norni_poll *poll; /* asked before each call; may be NULL */
} norni_bounds;

/* Where a search ended: x (n) is the best point seen. */
typedef struct norni_found {
    double value;     /* +inf with NORN_STOP_STALLED: every point seen was out of the domain */
    uint64_t n_evals; /* calls of the objective */
    uint64_t n_steps;
    norn_stop stop; /* MAXITER: a bound was met; STALLED: no way down, but no minimum either */
} norni_found;

/* One call within bounds. false: they are met, f->stop says which; nothing was evaluated. */
static inline bool norni_objective_call(norni_objective fn, void *arg, const double *x,
                                        double *gradient, const norni_bounds *bounds,
                                        norni_found *f, double *value) {
    if (f->n_evals > 0) {
        if (norni_poll_stop(bounds->poll)) {
            f->stop = NORN_STOP_CANCELLED;
            return false;
        }
        if ((bounds->max_evals && f->n_evals >= bounds->max_evals) ||
            !norni_effort_spend(bounds->effort, 1)) {
            f->stop = NORN_STOP_MAXITER;
            return false;
        }
    } else {
        (void)norni_effort_spend(bounds->effort, 1);
    }
    f->n_evals++;
    const double v = fn(x, gradient, arg);
    *value = isnan(v) ? NORNI_INF : v;
    return true;
}

#endif
