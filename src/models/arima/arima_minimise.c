/* Levenberg and Marquardt for an ARMA objective that is a sum of squares. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Levenberg 1944; Marquardt 1963; damping by the gain ratio as Nielsen 1999. Steps are in the free
 * parameters of arima_poly.c, where every point is admissible; a parameter beyond +-2 is folded back
 * to the same reflection coefficient. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_work.h"

enum { MOST_STEPS = 60 };
static const double smallest_gain = 1e-10; /* of the squares, relative: ends the search */
static const double longest_step = 1.0;

static bool spend(arima_work *w, uint64_t n) {
    if (norni_effort_spend(w->env->effort, n)) return true;
    w->cut = true;
    return false;
}

static void mirror(double *a, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++)
            a[i * n + j] = a[j * n + i];
    }
}

typedef struct descent {
    size_t k;
    double *jj, *je, *a, *step, *next; /* (k, k), (k), (k, k), (k), (k) */
    double lambda;
} descent;

/* The damped step; the fall in the squares that the model promises, 0 when none. */
static double damped_step(descent *d) {
    const size_t k = d->k;
    double most = 0;
    for (size_t i = 0; i < k; i++)
        most = fmax(most, d->jj[i * k + i]);
    if (!(most > 0) || !isfinite(most)) return 0;
    for (;;) {
        memcpy(d->a, d->jj, k * k * sizeof *d->a);
        for (size_t i = 0; i < k; i++) {
            d->a[i * k + i] += d->lambda * fmax(d->jj[i * k + i], 1e-3 * most);
            d->step[i] = -d->je[i];
        }
        if (arima_cholesky(d->a, k)) break;
        d->lambda = fmax(10 * d->lambda, 1e-8);
        if (d->lambda > 1e12) return 0;
    }
    arima_cholesky_solve(d->a, k, d->step);
    double norm = 0;
    for (size_t i = 0; i < k; i++)
        norm = fmax(norm, fabs(d->step[i]));
    const double cut = norm > longest_step ? longest_step / norm : 1;
    double promise = 0;
    for (size_t i = 0; i < k; i++) {
        d->step[i] *= cut;
        promise -= 2 * d->step[i] * d->je[i];
    }
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++)
            promise -= d->step[i] * d->jj[i * k + j] * d->step[j];
    }
    return promise > 0 ? promise : 0;
}

static void fold(double *v, size_t k) {
    for (size_t i = 0; i < k; i++) {
        if (fabs(v[i]) > 2) v[i] = 4 / v[i];
    }
}

/* Steps until one is accepted: the relative fall, or -1 when there is none. */
static double descend(arima_objective *f, descent *d, double *v, double *value) {
    for (int tries = 0; tries < 12; tries++) {
        const double promise = damped_step(d);
        if (!(promise > 1e-14 * *value)) return -1;
        for (size_t i = 0; i < d->k; i++)
            d->next[i] = v[i] + d->step[i];
        if (!spend(f->w, 1)) return -1;
        const double s = f->value(f, d->next);
        if (f->w->cancelled) return -1;
        if (s < *value) {
            const double fall = (*value - s) / *value, ratio = (*value - s) / promise;
            f->accept(f);
            memcpy(v, d->next, d->k * sizeof *v);
            fold(v, d->k);
            *value = s;
            if (ratio > 0.75) d->lambda *= 0.1;
            if (ratio < 0.25) d->lambda = fmax(4 * d->lambda, 1e-6);
            if (d->lambda < 1e-10) d->lambda = 0;
            return fall;
        }
        if (promise < smallest_gain * *value) return -1;
        d->lambda = fmax(8 * d->lambda, 1e-3);
    }
    return -1;
}

static void invert(const descent *d, double *cov) {
    const size_t k = d->k;
    memcpy(d->a, d->jj, k * k * sizeof *d->a);
    const bool regular = arima_cholesky(d->a, k);
    for (size_t j = 0; j < k; j++) {
        for (size_t i = 0; i < k; i++)
            d->step[i] = i == j;
        if (regular) arima_cholesky_solve(d->a, k, d->step);
        for (size_t i = 0; i < k; i++)
            cov[i * k + j] = regular ? d->step[i] : NORNI_NAN;
    }
}

norn_status arima_minimise(arima_objective *f, double *v, double *value, double *cov,
                           norn_stop *stop, norn_err *err) {
    arima_work *const w = f->w;
    const size_t k = w->k;
    descent d = {.k = k, .lambda = 1e-3};
    d.jj = norni_arena_get(w->arena, 2 * k * k + 3 * k + 1, sizeof *d.jj);
    if (!d.jj) return norni_alloc_fail(err, "arima", 2 * k * k + 3 * k + 1, sizeof *d.jj);
    d.je = d.jj + k * k;
    d.a = d.je + k;
    d.step = d.a + k * k;
    d.next = d.step + k;
    (void)spend(w, 1); /* the start is valued in any case */
    *value = f->value(f, v);
    *stop = k == 0 ? NORN_STOP_CLOSED_FORM : NORN_STOP_MAXITER;
    if (!(*value < NORNI_INF)) {
        *stop = NORN_STOP_STALLED;
    } else {
        f->accept(f);
    }
    int small = 0;
    for (int i = 0; i < MOST_STEPS && k > 0 && *value < NORNI_INF && !w->cancelled; i++) {
        if (w->cut || *value <= w->floor) break;
        f->slope(f, v, d.jj, d.je);
        mirror(d.jj, k);
        const double fall = descend(f, &d, v, value);
        small = fall < smallest_gain ? small + 1 : 0;
        if (fall < 0 || small >= 2) {
            *stop = w->cut ? NORN_STOP_MAXITER : NORN_STOP_CONVERGED;
            break;
        }
    }
    if (w->cancelled) {
        *stop = NORN_STOP_CANCELLED;
        return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    }
    if (cov && k > 0 && *value < NORNI_INF) {
        f->slope(f, v, d.jj, d.je);
        mirror(d.jj, k);
        invert(&d, cov);
    }
    return NORN_OK;
}
