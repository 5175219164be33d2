/* Nonlinear least squares for an ARMA objective: Gauss and Newton with a secant part, damped. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The Hessian of half the squares is J'J + S. Gauss and Newton take S = 0, which converges slowly
 * where residuals are large and the model does not fit well; S is learned from the steps taken
 * (Dennis, Gay, Welsch 1981: structured secant with sizing), and the better of the two predictors of
 * the last step serves for the next. Damping: Levenberg 1944, Marquardt 1963, by the gain ratio.
 * Steps are in the free parameters of arima_poly.c, where every point is admissible; a parameter
 * beyond +-2 is folded back to the same reflection coefficient. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_work.h"

enum { MOST_STEPS = 60, MOST_TRIES = 12 };
static const double longest_step =
    0.25; /* longer ones lose the minimum that the start is near to */

typedef struct descent {
    size_t k;
    double *jj, *je;    /* (k, k), (k) at the current point */
    double *s;          /* (k, k) secant part */
    double *h, *a;      /* (k, k) Hessian in use, its damped factor */
    double *step;       /* (k) */
    double *next, *old; /* (k) trial point, last je */
    double *y, *r;      /* (k) of the update */
    double lambda;
    bool secant; /* S is in use */
} descent;

static void mirror(double *a, size_t n) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++)
            a[i * n + j] = a[j * n + i];
    }
}

static double quadratic(const double *a, const double *x, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            s += x[i] * a[i * n + j] * x[j];
    }
    return s;
}

static double inner(const double *x, const double *y, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i] * y[i];
    return s;
}

/* The damped step; the fall in the squares that the model promises, 0 when none. */
static double damped_step(descent *d) {
    const size_t k = d->k;
    double most = 0;
    for (size_t i = 0; i < k; i++)
        most = fmax(most, d->jj[i * k + i]);
    if (!(most > 0) || !isfinite(most)) return 0;
    for (;;) {
        memcpy(d->a, d->h, k * k * sizeof *d->a);
        for (size_t i = 0; i < k; i++) {
            d->a[i * k + i] += d->lambda * fmax(d->jj[i * k + i], 1e-3 * most);
            d->step[i] = -d->je[i];
        }
        if (arima_cholesky(d->a, k)) break;
        d->lambda = fmax(10 * d->lambda, 1e-4);
        if (d->lambda > 1e12) return 0;
    }
    arima_cholesky_solve(d->a, k, d->step);
    double norm = 0;
    for (size_t i = 0; i < k; i++)
        norm = fmax(norm, fabs(d->step[i]));
    const double cut = norm > longest_step ? longest_step / norm : 1;
    for (size_t i = 0; i < k; i++)
        d->step[i] *= cut;
    const double promise = -2 * inner(d->step, d->je, k) - quadratic(d->h, d->step, k);
    return promise > 0 ? promise : 0;
}

/* The same coefficients by parameters within +-2; true when one was moved. */
static bool fold(double *v, size_t k) {
    bool moved = false;
    for (size_t i = 0; i < k; i++) {
        if (fabs(v[i]) > 2) {
            v[i] = 4 / v[i];
            moved = true;
        }
    }
    return moved;
}

/* Steps until one is accepted: the fall; 0 when none is left that is worth it. */
static double descend(arima_objective *f, descent *d, double *v, double tol, double *value) {
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        const double promise = damped_step(d);
        if (!(promise > tol * *value)) return 0;
        for (size_t i = 0; i < d->k; i++)
            d->next[i] = v[i] + d->step[i];
        if (!arima_work_spend_value(f->w)) return 0;
        const double s = f->value(f, d->next), fall = *value - s;
        if (f->w->cancelled) return 0;
        if (fall > 0) {
            f->accept(f);
            memcpy(v, d->next, d->k * sizeof *v);
            *value = s;
            if (fall > 0.75 * promise) d->lambda *= 0.1;
            if (fall < 0.25 * promise) d->lambda = fmax(4 * d->lambda, 1e-6);
            if (d->lambda < 1e-10) d->lambda = 0;
            return fall;
        }
        d->lambda = fmax(8 * d->lambda, 1e-3);
    }
    return 0;
}

static void forget(descent *d) {
    memset(d->s, 0, d->k * d->k * sizeof *d->s);
    d->secant = false;
}

/* S from the step just taken; d->old is the gradient before, d->je after it. */
static void learn(descent *d, const double *old_je, double fall) {
    const size_t k = d->k;
    double *const y = d->y, *const r = d->r;
    for (size_t i = 0; i < k; i++) {
        y[i] = d->je[i] - d->old[i];
        r[i] = d->je[i] - old_je[i];
    }
    const double along = inner(d->step, y, k);
    const double bent = quadratic(d->s, d->step, k), want = inner(d->step, r, k);
    /* Which model foretold the fall better? h was one of the two. */
    const double slope = -2 * inner(d->step, d->old, k), now = quadratic(d->h, d->step, k);
    const double plain = slope - (d->secant ? now - bent : now);
    const double full = slope - (d->secant ? now : now + bent);
    if (!(along > 1e-12 * fabs(inner(d->step, d->step, k)))) {
        forget(d);
        return;
    }
    const double size = fabs(bent) > fabs(want) ? fabs(want / bent) : 1;
    for (size_t i = 0; i < k * k; i++)
        d->s[i] *= size;
    for (size_t i = 0; i < k; i++)
        r[i] -= inner(d->s + i * k, d->step, k);
    const double lead = inner(d->step, r, k) / along;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++)
            d->s[i * k + j] += (r[i] * y[j] + y[i] * r[j] - lead * y[i] * y[j]) / along;
    }
    d->secant = bent == 0 || fabs(full - fall) <= 1.5 * fabs(plain - fall);
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

/* J'J and J'e stand for v at the end where *fresh. */
static norn_status search(arima_objective *f, descent *d, double *v, double tol, double *value,
                          bool *fresh, norn_stop *stop, norn_err *err) {
    arima_work *const w = f->w;
    const size_t k = d->k;
    double fall = 0;
    bool same = false; /* the last step and slope are in the same parameters */
    *fresh = false;
    for (int i = 0;; i++) {
        if (w->cancelled) return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
        *stop = NORN_STOP_MAXITER;
        if (w->cut || i == MOST_STEPS) return NORN_OK;
        *stop = NORN_STOP_CONVERGED;
        if (*value <= w->floor) return NORN_OK;
        if (!arima_work_spend_slope(w, f->slope_passes)) {
            *stop = NORN_STOP_MAXITER;
            return NORN_OK;
        }
        f->slope(f, v, d->jj, d->je);
        mirror(d->jj, k);
        *fresh = true;
        if (same) learn(d, f->old_je, fall);
        memcpy(d->old, d->je, k * sizeof *d->old);
        for (size_t j = 0; j < k * k; j++)
            d->h[j] = d->jj[j] + (d->secant ? d->s[j] : 0);
        fall = descend(f, d, v, tol, value);
        if (!(fall > 0) && !w->cut && !w->cancelled) return NORN_OK;
        *fresh = !(fall > 0);
        same = !fold(v, k);
        if (!same) forget(d);
    }
}

norn_status arima_minimise(arima_objective *f, double *v, double tol, double *value, double *cov,
                           norn_stop *stop, norn_err *err) {
    arima_work *const w = f->w;
    const size_t k = w->k;
    descent d = {.k = k, .lambda = 1e-3};
    d.jj = norni_arena_zero(w->arena, 4 * k * k + 6 * k + 1, sizeof *d.jj);
    if (!d.jj) return norni_alloc_fail(err, "arima", 4 * k * k + 6 * k + 1, sizeof *d.jj);
    d.s = d.jj + k * k;
    d.h = d.s + k * k;
    d.a = d.h + k * k;
    d.je = d.a + k * k;
    d.step = d.je + k;
    d.next = d.step + k;
    d.old = d.next + k;
    d.y = d.old + k;
    d.r = d.y + k;
    (void)arima_work_spend_value(w); /* the start is valued in any case */
    *value = f->value(f, v);
    *stop = k == 0 ? NORN_STOP_CLOSED_FORM : NORN_STOP_STALLED;
    if (w->cancelled) return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    if (!(*value < NORNI_INF)) return NORN_OK;
    f->accept(f);
    if (k == 0) return NORN_OK;
    bool fresh = false;
    NORN_TRY(search(f, &d, v, tol, value, &fresh, stop, err));
    if (cov && !fresh && arima_work_spend_slope(w, f->slope_passes)) {
        f->slope(f, v, d.jj, d.je);
        mirror(d.jj, k);
        fresh = true;
    }
    for (size_t i = 0; i < k * k && !fresh; i++)
        d.jj[i] = NORNI_NAN; /* no work is left for standard errors */
    if (cov) invert(&d, cov);
    return NORN_OK;
}
