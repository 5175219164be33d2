/* A minimiser of smooth functions of many variables in little memory (L-BFGS). */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: J. Nocedal, "Updating quasi-Newton matrices with limited storage", Math. Comp. 35
 * (1980); J. Nocedal, S. Wright, "Numerical optimization" (2006), algorithms 7.4 (two loops), 3.5 and
 * 3.6 (line search, strong Wolfe: c1 = 1e-4, c2 = 0.9); W. Hager, H. Zhang, SIAM J. Optimization 16
 * (2005) for the test that rounding of the value cannot spoil: near the minimum a step is also taken
 * when the value has not risen beyond rounding and the slope has fallen as far as the first Wolfe
 * condition asks of a parabola. A line search that finds no such step takes the lowest point it saw;
 * one that saw none begins anew from the gradient alone, once. */
#include "num/lbfgs.h"
#include "num/least_squares.h"

#include <math.h>
#include <string.h>

static const double c1 = 1e-4, c2 = 0.9;
enum { MOST_TRIALS = 40 };

/* A point of the line: how far, the value and the slope there. */
typedef struct point {
    double at, f, slope;
} point;

typedef struct search {
    norni_objective fn;
    void *arg;
    const norni_lbfgs_opt *opt;
    norni_found *found;
    size_t n, n_pairs, newest;
    double *x, *g;      /* (n) each: where we are; x is the caller's */
    double *to, *g_to;  /* (n) each: the trial */
    double *dir, *best; /* (n) each */
    double *s, *y;      /* (memory, n) each */
    double *rho, *a;    /* (memory) each */
    double f;
} search;

/* The value at x, which is changed and put back; g may be NULL. false: a bound is met. */
static bool evaluate(search *r, double *x, double *g, double *f) {
    const norni_lbfgs_opt *o = r->opt;
    norni_found *found = r->found;
    if (!norni_objective_call(r->fn, r->arg, x, o->differences ? NULL : g, &o->bounds, found, f))
        return false;
    if (*f < found->value) {
        found->value = *f;
        memcpy(r->best, x, r->n * sizeof *x);
    }
    if (*f == -NORNI_INF) { /* nothing is lower */
        found->stop = NORN_STOP_CONVERGED;
        return false;
    }
    for (size_t i = 0; o->differences && isfinite(*f) && i < r->n; i++) {
        const double own = x[i], width = 0x1.965fea53d6e41p-18 * fmax(fabs(own), o->typical);
        double up, down;
        x[i] = own + width;
        const double above = x[i];
        const bool first = norni_objective_call(r->fn, r->arg, x, NULL, &o->bounds, found, &up);
        x[i] = own - width;
        const double below = x[i];
        const bool both =
            first && norni_objective_call(r->fn, r->arg, x, NULL, &o->bounds, found, &down);
        x[i] = own;
        if (!both) return false;
        /* At the domain's edge from one side. */
        g[i] = isfinite(up) && isfinite(down) ? (up - down) / (above - below)
               : isfinite(up)                 ? (up - *f) / (above - own)
               : isfinite(down)               ? (*f - down) / (own - below)
                                              : 0;
    }
    return true;
}

static bool finite_all(const double *g, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(g[i])) return false;
    return true;
}

/* The trial `at` along dir. A gradient that is not finite makes the value +inf. */
static bool try_at(search *r, double at, point *p) {
    for (size_t i = 0; i < r->n; i++)
        r->to[i] = r->x[i] + at * r->dir[i];
    *p = (point){at, NORNI_INF, 0};
    if (!evaluate(r, r->to, r->g_to, &p->f)) return false;
    if (isfinite(p->f) && !finite_all(r->g_to, r->n)) p->f = NORNI_INF;
    if (isfinite(p->f)) p->slope = norni_dot(r->g_to, r->dir, r->n);
    return true;
}

static double rounding(double f) {
    return 0x1p-50 * fabs(f);
}

static bool low_enough(const point *start, const point *p) {
    if (p->f <= start->f + c1 * p->at * start->slope) return true;
    return p->f <= start->f + rounding(start->f) && p->slope <= (2 * c1 - 1) * start->slope;
}

static bool flat_enough(const point *start, const point *p) {
    return fabs(p->slope) <= -c2 * start->slope;
}

/* The minimum of the cubic through two points, kept a tenth away from both; the middle when one is
 * not finite. */
static double between(const point *lo, const point *hi) {
    const double width = hi->at - lo->at;
    if (!isfinite(hi->f)) return lo->at + 0.3 * width;
    const double d = lo->slope + hi->slope - 3 * (hi->f - lo->f) / width;
    const double square = d * d - lo->slope * hi->slope;
    double at = 0.5;
    if (square >= 0) {
        const double root = width > 0 ? sqrt(square) : -sqrt(square);
        const double share = 1 - (hi->slope + root - d) / (hi->slope - lo->slope + 2 * root);
        if (isfinite(share)) at = share;
    }
    at = at < 0.1 ? 0.1 : at > 0.9 ? 0.9 : at;
    return lo->at + at * width;
}

typedef enum outcome { FOUND, LOWER, NOTHING, BOUND } outcome;

/* lo is low enough and the lowest so far, a Wolfe point lies between it and hi. */
static outcome zoom(search *r, const point *start, point lo, point hi, uint32_t trials,
                    point *out) {
    for (; trials < MOST_TRIALS; trials++) {
        point p;
        const double at = between(&lo, &hi);
        if (at == lo.at || at == hi.at) break;
        if (!try_at(r, at, &p)) return BOUND;
        if (!low_enough(start, &p) || p.f > lo.f + rounding(lo.f)) {
            hi = p;
            continue;
        }
        if (flat_enough(start, &p)) {
            *out = p;
            return FOUND;
        }
        if (p.slope * (hi.at - lo.at) >= 0) hi = lo;
        lo = p;
    }
    *out = lo;
    return lo.at > 0 && lo.f < start->f ? LOWER : NOTHING;
}

/* From `first` on; FOUND: to and g_to hold the point. */
static outcome line_search(search *r, double first, point *out) {
    const point start = {0, r->f, norni_dot(r->g, r->dir, r->n)};
    point before = start, p;
    double at = first, wall = NORNI_INF; /* +inf was seen there */
    for (uint32_t trials = 0; trials < MOST_TRIALS; trials++) {
        if (!try_at(r, at, &p)) return BOUND;
        if (!isfinite(p.f)) {
            wall = at;
            at = before.at + 0.1 * (at - before.at);
            if (at == before.at) break;
            continue;
        }
        if (!low_enough(&start, &p) || (before.at > 0 && p.f >= before.f))
            return zoom(r, &start, before, p, trials, out);
        if (flat_enough(&start, &p)) {
            *out = p;
            return FOUND;
        }
        if (p.slope >= 0) return zoom(r, &start, p, before, trials, out);
        before = p;
        at = 4 * at < wall ? 4 * at : 0.5 * (at + wall);
        if (at == before.at) break;
    }
    *out = before;
    return before.at > 0 ? LOWER : NOTHING;
}

/* dir = -H g by the two loops over the kept pairs, newest first. */
static void direction(search *r) {
    const size_t n = r->n, memory = r->opt->memory;
    for (size_t i = 0; i < n; i++)
        r->dir[i] = -r->g[i];
    for (size_t k = 0; k < r->n_pairs; k++) {
        const size_t j = (r->newest + memory - k) % memory;
        r->a[j] = r->rho[j] * norni_dot(r->s + j * n, r->dir, n);
        for (size_t i = 0; i < n; i++)
            r->dir[i] -= r->a[j] * r->y[j * n + i];
    }
    if (r->n_pairs) {
        const double *y = r->y + r->newest * n;
        const double scale = 1 / (r->rho[r->newest] * norni_dot(y, y, n));
        for (size_t i = 0; i < n; i++)
            r->dir[i] *= scale;
    }
    for (size_t k = r->n_pairs; k-- > 0;) {
        const size_t j = (r->newest + memory - k) % memory;
        const double b = r->a[j] - r->rho[j] * norni_dot(r->y + j * n, r->dir, n);
        for (size_t i = 0; i < n; i++)
            r->dir[i] += b * r->s[j * n + i];
    }
}

/* Moves to the trial and keeps the pair, if its curvature is positive. */
static void move(search *r, double f) {
    const size_t n = r->n, j = r->n_pairs ? (r->newest + 1) % r->opt->memory : 0;
    double *s = r->s + j * n, *y = r->y + j * n;
    for (size_t i = 0; i < n; i++) {
        s[i] = r->to[i] - r->x[i];
        y[i] = r->g_to[i] - r->g[i];
        r->x[i] = r->to[i];
        r->g[i] = r->g_to[i];
    }
    r->f = f;
    r->found->n_steps++;
    const double sy = norni_dot(s, y, n), ss = norni_dot(s, s, n), yy = norni_dot(y, y, n);
    if (!(sy > 0x1p-52 * sqrt(ss) * sqrt(yy)) || !isfinite(1 / sy)) return;
    r->rho[j] = 1 / sy;
    r->newest = j;
    if (r->n_pairs < r->opt->memory) r->n_pairs++;
}

static double size_of(double f) {
    return fabs(f) > 1 ? fabs(f) : 1;
}

static bool gradient_small(const search *r) {
    for (size_t i = 0; i < r->n; i++)
        if (!(fabs(r->g[i]) * fmax(fabs(r->x[i]), 1) <= r->opt->gradient_tol * size_of(r->f)))
            return false;
    return true;
}

/* One step down; NOTHING: there is none, and *promise is what the model expected of it. */
static outcome step(search *r, double *promise) {
    *promise = NORNI_INF;
    for (;;) {
        point p = {0};
        direction(r);
        const double slope = norni_dot(r->g, r->dir, r->n);
        outcome o = NOTHING;
        if (slope < 0 && isfinite(slope)) {
            /* A first step of unit length at most; later ones know their length. */
            const double first = r->n_pairs ? 1 : fmin(1, 1 / sqrt(norni_dot(r->g, r->g, r->n)));
            if (r->n_pairs) *promise = -slope;
            o = line_search(r, first, &p);
        }
        if (o == BOUND) return o;
        if (o == LOWER && !try_at(r, p.at, &p)) return BOUND; /* back to it */
        if (o != NOTHING) {
            move(r, p.f);
            return o;
        }
        if (r->n_pairs == 0) return NOTHING;
        r->n_pairs = 0;
    }
}

static void descend(search *r) {
    const norni_lbfgs_opt *o = r->opt;
    uint32_t small = 0;
    for (;;) {
        const double before = r->f;
        if (gradient_small(r)) {
            r->found->stop = NORN_STOP_CONVERGED;
            return;
        }
        if (o->max_steps && r->found->n_steps >= o->max_steps) {
            r->found->stop = NORN_STOP_MAXITER;
            return;
        }
        double promise;
        const outcome out = step(r, &promise);
        if (out == BOUND) return;
        if (out == NOTHING) { /* what remains may be below the value's rounding */
            const bool done = promise <= 16 * rounding(size_of(r->f));
            r->found->stop = done ? NORN_STOP_CONVERGED : NORN_STOP_STALLED;
            return;
        }
        small = before - r->f <= o->value_tol * size_of(r->f) ? small + 1 : 0;
        if (small == 2) {
            r->found->stop = NORN_STOP_CONVERGED;
            return;
        }
    }
}

norni_found norni_lbfgs(norni_objective fn, void *arg, double *x, size_t n,
                        const norni_lbfgs_opt *opt, double *scratch) {
    norni_found found = {.value = NORNI_INF, .stop = NORN_STOP_STALLED};
    search r = {.fn = fn, .arg = arg, .opt = opt, .found = &found, .n = n, .x = x, .f = NORNI_INF};
    r.g = scratch;
    r.to = r.g + n;
    r.g_to = r.to + n;
    r.dir = r.g_to + n;
    r.best = r.dir + n;
    r.s = r.best + n;
    r.y = r.s + opt->memory * n;
    r.rho = r.y + opt->memory * n;
    r.a = r.rho + opt->memory;
    memcpy(r.best, x, n * sizeof *x);
    if (evaluate(&r, x, r.g, &r.f) && isfinite(r.f) && finite_all(r.g, n)) descend(&r);
    /* Of points with the same value the last: its gradient is the smaller one. */
    if (!(r.f <= found.value)) memcpy(x, r.best, n * sizeof *x);
    return found;
}
