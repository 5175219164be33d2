/* A minimiser that asks for values only: Nelder and Mead's simplex, with restarts. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: J. Nelder, R. Mead, Computer J. 7 (1965), in the order of tests of J. Lagarias and
 * others, SIAM J. Optimization 9 (1998); F. Gao, L. Han, Comput. Optim. Appl. 51 (2012) for
 * coefficients that depend on n:
 *   reflect 1, expand 1 + 2/n, contract 3/4 - 1/(2n), shrink 1 - 1/n    (plain: 1, 2, 1/2, 1/2)
 * A simplex may end where it has merely become flat. So it is set up anew around its best point,
 * edges turned round, until that gains no more than the tolerance. Ties go to the vertex of the
 * lower index. */
#include "num/simplex.h"

#include <math.h>
#include <string.h>

typedef struct search {
    norni_objective fn;
    void *arg;
    const norni_simplex_opt *opt;
    norni_found *found;
    size_t n, best, worst;
    double *v;                      /* (n + 1, n) vertices */
    double *f;                      /* (n + 1) */
    double *centre, *trial, *other; /* (n) each */
    double next_worst;              /* value of the second worst */
    double expand, contract, shrink;
    uint64_t most;
} search;

/* false: a bound is met. */
static bool evaluate(search *r, const double *x, double *f) {
    return norni_objective_call(r->fn, r->arg, x, NULL, &r->opt->bounds, r->found, f);
}

static void rank(search *r) {
    r->best = r->worst = 0;
    for (size_t i = 1; i <= r->n; i++) {
        if (r->f[i] < r->f[r->best]) r->best = i;
        if (r->f[i] >= r->f[r->worst]) r->worst = i;
    }
    r->next_worst = -NORNI_INF;
    for (size_t i = 0; i <= r->n; i++)
        if (i != r->worst && r->f[i] > r->next_worst) r->next_worst = r->f[i];
}

/* to (n) = centre + t (worst - centre) */
static void point_at(const search *r, double t, double *to) {
    const double *w = r->v + r->worst * r->n;
    for (size_t j = 0; j < r->n; j++)
        to[j] = r->centre[j] + t * (w[j] - r->centre[j]);
}

static void replace_worst(search *r, const double *x, double f) {
    memcpy(r->v + r->worst * r->n, x, r->n * sizeof *x);
    r->f[r->worst] = f;
}

/* Of all vertices but the worst. */
static void find_centre(search *r) {
    for (size_t j = 0; j < r->n; j++) {
        double sum = 0;
        for (size_t i = 0; i <= r->n; i++)
            if (i != r->worst) sum += r->v[i * r->n + j];
        r->centre[j] = sum / (double)r->n;
    }
}

static bool shrink(search *r) {
    const double *best = r->v + r->best * r->n;
    for (size_t i = 0; i <= r->n; i++) {
        double *v = r->v + i * r->n;
        if (i == r->best) continue;
        for (size_t j = 0; j < r->n; j++)
            v[j] = best[j] + r->shrink * (v[j] - best[j]);
        /* Of the vertex that a bound leaves without a value nobody shall think the old one. */
        r->f[i] = NORNI_INF;
        if (!evaluate(r, v, &r->f[i])) return false;
    }
    return true;
}

/* One change of the simplex. false: a bound is met. */
static bool step(search *r) {
    double f, g;
    find_centre(r);
    point_at(r, -1, r->trial);
    if (!evaluate(r, r->trial, &f)) return false;
    if (f < r->f[r->best]) {
        point_at(r, -r->expand, r->other);
        if (!evaluate(r, r->other, &g)) {
            replace_worst(r, r->trial, f);
            return false;
        }
        if (g < f)
            replace_worst(r, r->other, g);
        else
            replace_worst(r, r->trial, f);
        return true;
    }
    if (f < r->next_worst) {
        replace_worst(r, r->trial, f);
        return true;
    }
    const bool outside = f < r->f[r->worst];
    point_at(r, outside ? -r->contract : r->contract, r->other);
    if (!evaluate(r, r->other, &g)) return false;
    if (outside ? g <= f : g < r->f[r->worst]) {
        replace_worst(r, r->other, g);
        return true;
    }
    return shrink(r);
}

static double size_of(double x) {
    return fabs(x) > 1 ? fabs(x) : 1;
}

static bool small(const search *r) {
    const double *best = r->v + r->best * r->n, f = r->f[r->best];
    if (!(r->f[r->worst] - f <= r->opt->value_tol * size_of(f))) return false;
    for (size_t i = 0; i <= r->n; i++)
        for (size_t j = 0; j < r->n; j++)
            if (fabs(r->v[i * r->n + j] - best[j]) > r->opt->x_tol * size_of(best[j])) return false;
    return true;
}

/* All vertices on one spot, as far as doubles tell. */
static bool collapsed(const search *r) {
    for (size_t i = 1; i <= r->n; i++)
        if (memcmp(r->v, r->v + i * r->n, r->n * sizeof *r->v) != 0) return false;
    return true;
}

/* Vertex 0 stays; `share` of the given edges. false: a bound is met. */
static bool set_up(search *r, double share) {
    for (size_t i = 1; i <= r->n; i++)
        r->f[i] = NORNI_INF;
    for (size_t i = 1; i <= r->n; i++) {
        double *v = r->v + i * r->n, *own = v + i - 1;
        memcpy(v, r->v, r->n * sizeof *v);
        *own += share * (r->opt->step ? r->opt->step[i - 1] : 0.05 * size_of(*own));
        if (!evaluate(r, v, &r->f[i])) return false;
    }
    return true;
}

/* One simplex to its end. false: the search is over. */
static bool run(search *r, double share) {
    const bool ready = set_up(r, share);
    rank(r);
    if (!ready) return false;
    for (;;) {
        if (small(r) || r->f[r->best] == -NORNI_INF) return true;
        if (collapsed(r)) return isfinite(r->f[r->best]);
        if (r->found->n_steps >= r->most) {
            r->found->stop = NORN_STOP_MAXITER;
            return false;
        }
        r->found->n_steps++;
        const bool more = step(r);
        rank(r);
        if (!more) return false;
    }
}

/* The best vertex becomes the first. */
static void best_first(search *r) {
    if (r->best == 0) return;
    memcpy(r->v, r->v + r->best * r->n, r->n * sizeof *r->v);
    r->f[0] = r->f[r->best];
    r->best = 0;
}

static void descend(search *r) {
    double share = 1;
    for (uint32_t k = 0;; k++) {
        const double before = r->f[0];
        const bool ended = run(r, share);
        best_first(r);
        if (!ended) return;
        const bool gain = before - r->f[0] > r->opt->value_tol * size_of(r->f[0]);
        if (k >= r->opt->restarts || (k > 0 && !gain) || r->f[0] == -NORNI_INF) break;
        share *= -0.5;
    }
    r->found->stop = NORN_STOP_CONVERGED;
}

norni_found norni_simplex(norni_objective fn, void *arg, double *x, size_t n,
                          const norni_simplex_opt *opt, double *scratch) {
    norni_found found = {.value = NORNI_INF, .stop = NORN_STOP_STALLED};
    search r = {.fn = fn, .arg = arg, .opt = opt, .found = &found, .n = n};
    const double size = (double)n;
    const bool many = opt->adaptive && n > 2;
    r.expand = many ? 1 + 2 / size : 2;
    r.contract = many ? 0.75 - 0.5 / size : 0.5;
    r.shrink = many ? 1 - 1 / size : 0.5;
    const bool bounded = opt->bounds.max_evals || opt->bounds.effort;
    r.most = opt->max_steps ? opt->max_steps : bounded ? UINT64_MAX : 1000 * (uint64_t)n;
    r.v = scratch;
    r.f = r.v + (n + 1) * n;
    r.centre = r.f + n + 1;
    r.trial = r.centre + n;
    r.other = r.trial + n;
    memcpy(r.v, x, n * sizeof *x);
    for (size_t i = 0; i <= n; i++)
        r.f[i] = NORNI_INF;
    (void)evaluate(&r, x, &r.f[0]); /* the start is evaluated in any case */
    if (n > 0)
        descend(&r);
    else
        found.stop = NORN_STOP_CONVERGED;
    memcpy(x, r.v, n * sizeof *x);
    found.value = r.f[0];
    if (!(found.value < NORNI_INF) && found.stop == NORN_STOP_CONVERGED)
        found.stop = NORN_STOP_STALLED;
    return found;
}
